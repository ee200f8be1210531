"""Writing results: to the terminal, or to a file that is complete or not there at all."""

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from dosing.errors import OutputError


def write(data: bytes, *, output: str | None, force: bool) -> None:
    """To standard output, or to `output` by way of a temporary file beside it, so that a failed run destroys nothing.

    Raises OutputError for a file that exists (without `force`), or that can't be written.
    """
    if output is None:
        click.echo(data, nl=False)
        return
    target = Path(os.path.realpath(output))
    if target.exists() and not target.is_file():
        raise OutputError(f"{output} is not a file; leave out -o to write to standard output")
    if target.exists() and not force:
        raise OutputError(f"{output} exists already; give --force to replace it")
    temporary = target.with_name(f".{target.name[:100]}.{os.getpid()}.tmp")
    try:
        with temporary.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(f"can't write {output}: {error.strerror or error}") from None


def tell(lines: Iterable[str]) -> None:
    """Say something about the result on standard error, one line each."""
    for line in lines:
        click.echo(line, err=True)


def table(headings: Sequence[str], lines: Sequence[Sequence[str]], *, output: str | None, force: bool) -> None:
    """A table: drawn on a terminal, plain columns in a file or a pipe."""
    from dosing.export.table import plain, print_rich

    if output is None and sys.stdout.isatty():
        print_rich(headings, lines)
    else:
        write(plain(headings, lines).encode(), output=output, force=force)
