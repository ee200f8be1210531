"""Everything that can go wrong, as one small tree.

    DosingError           exit code 1
      RegimenError        3   a regimen, a drug, a source or a choice is wrong or unknown
        RegimenFileError  3   problems in a file, all of them, each with its line and path
      PatientError        4   a measurement or a date of the patient is missing or impossible
        TooManyRejectsError 4   more rows of a table could not be used than may be
      ScheduleError       5   the schedule can't be drawn
      DoseError           6   an amount can't be computed, because nobody stated the dose
      OutputError         7   the output can't be written
      RejectedError       8   rows of a table could not be used; the others were

Exit code 2 is click's own, for a command line it can't read. A message says what is wrong, where, and what to do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


class DosingError(Exception):
    """Base of all errors that are somebody's to mend; its text is a message for a user."""

    exit_code = 1


class RegimenError(DosingError):
    """A regimen, a drug, a source or a choice of variants is wrong or unknown."""

    exit_code = 3


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in one file: `line` counts from 1, `path` leads from the file's top to the value."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"


class RegimenFileError(RegimenError):
    """A file has problems; `problems` lists all of them in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type["RegimenFileError"], tuple[tuple[Problem, ...]]]:
        """How it comes whole from another process."""
        return type(self), (self.problems,)


class PatientError(DosingError):
    """A measurement or a date of the patient is missing or impossible."""

    exit_code = 4


class TooManyRejectsError(PatientError):
    """More rows of a table could not be used than may be; `rejects` are those up to there."""

    def __init__(self, message: str, rejects: Sequence[Any]) -> None:
        self.rejects = tuple(rejects)
        super().__init__(message)


class ScheduleError(DosingError):
    """The schedule can't be drawn as asked."""

    exit_code = 5


class DoseError(DosingError):
    """An amount was asked for that can't be computed."""

    exit_code = 6


class OutputError(DosingError):
    """The output can't be written; what was there before is untouched."""

    exit_code = 7


class RejectedError(DosingError):
    """Rows of a table could not be used; those of the others are written."""

    exit_code = 8


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """`; did you mean X?` for the known word nearest to `word`, or nothing; `cutoff` is how alike they must be (1: the same)."""
    from difflib import get_close_matches

    found = get_close_matches(word.lower(), list(known), n=1, cutoff=cutoff)
    return f"; did you mean {found[0]!r}?" if found else ""
