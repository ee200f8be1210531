"""`python -m dosing` is the console command."""

from dosing.cli import main

main()
