"""Worked cases: patients worked by hand from the sources, beside each regimen, and the machine that holds the program against them.

`read` turns a cases file into cases, `run` draws each and lists every difference.
"""
