"""Writing results: to the terminal, or to a file that is complete or not there at all."""

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from dosing.errors import OutputError


def write(data: bytes, *, output: str | None, force: bool) -> None:
    """To standard output, or to `output` by way of a temporary file beside it, so that a failed run destroys nothing.

    Raises OutputError for a file that exists (without `force`), or that can't be written.
    """
    try:
        if output is None:
            _print(data)
        else:
            _save(data, output, force=force)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"can't write {output or 'to standard output'}: {error.strerror or error}") from None


def _print(data: bytes) -> None:
    if sys.stdout is None:
        raise OutputError("there is no standard output; give -o FILE")
    stream = sys.stdout.buffer
    rest = memoryview(data)
    try:
        # An unbuffered stream (PYTHONUNBUFFERED, as in many containers) may write a part and say so only by its number.
        while rest:
            rest = rest[_some(stream.write(rest)) :]
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError:
        # What could not be written is still in the buffer; without this, Python tries it again when it ends, and says so.
        sys.stdout = None
        raise


def _some(written: int | None) -> int:
    if not written:
        raise OSError("it takes no more")
    return written


def _save(data: bytes, output: str, *, force: bool) -> None:
    target = Path(os.path.realpath(output))
    there = target.exists()
    if there and not target.is_file():
        raise OutputError(f"{output} is not a file; leave out -o to write to standard output")
    if there and not force:
        raise OutputError(f"{output} exists already; give --force to replace it")
    temporary = target.with_name(f".{target.name[:40]}.{os.getpid()}.tmp")
    with temporary.open("xb") as stream:
        try:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
            if there:
                shutil.copymode(target, temporary)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def tell(lines: Iterable[str]) -> None:
    """Say something about the result on standard error, one line each."""
    for line in lines:
        click.echo(line, err=True)


def head(site: str, said: Iterable[str]) -> list[str]:
    """What an output itself must say, wherever it is kept: the site, and stops that somebody let pass."""
    return [*([f"site {site}"] if site else []), *(line for line in said if line.startswith("OVERRIDDEN"))]


def fold_below(lines: Sequence[str]) -> list[str]:
    """A table as it is, and what stands below it, after an empty line, in lines of at most 100 characters."""
    from dosing.export.text import folded

    end = lines.index("") if "" in lines else len(lines)
    return [*lines[:end], *(each for line in lines[end:] for each in folded(line))]


def table(headings: Sequence[str], lines: Sequence[Sequence[str]], *, output: str | None, force: bool, above: Iterable[str] = ()) -> None:
    """A table, with lines `above` it: drawn on a terminal, plain columns in a file or a pipe."""
    from dosing.export.table import plain, print_rich

    first = "".join(f"{line}\n" for line in above)
    if output is None and sys.stdout is not None and sys.stdout.isatty():
        click.echo(first, nl=False)
        print_rich(headings, lines)
    else:
        write(f"{first}{plain(headings, lines)}".encode(), output=output, force=force)
