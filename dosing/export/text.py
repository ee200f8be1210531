"""Words for people that several outputs share: an entry in a line, a place, a list cleaned of what can't be shown."""

import re
import unicodedata
from textwrap import wrap

from dosing.dose.schedule import Dosed
from dosing.regimen.facts import Dose
from dosing.regimen.library import find_drug
from dosing.regimen.model import Regimen
from dosing.schedule.clinic import at_home
from dosing.schedule.entries import Entry

_WIDTH = 100
# What stands between a number and its unit, where no line may end.
_GLUE = "\xa0"
_OPTIONS = re.compile(r" \(--[^()]*\)$")
CLINIC, HOME = "clinic", "home"


def clean(text: str) -> str:
    """The text without control characters and odd line ends; line feeds stay."""
    tidy = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n").replace("\x85", "\n")
    return "".join(letter for letter in tidy if letter == "\n" or unicodedata.category(letter) != "Cc")


def folded(text: str, *, hanging: int | None = None) -> list[str]:
    """A line as lines of at most 100 characters, the further ones indented (by `hanging`, if given).

    No word is broken, nor a number parted from what follows it: half a dose is another dose.
    """
    words = text.lstrip()
    indent = len(text) - len(words) + (2 if words.startswith(("* ", "- ")) else 4) if hanging is None else hanging
    glued = re.sub(r"(?<=[0-9]) (?=[a-z%])|(?<=[0-9] x) (?=[0-9])", _GLUE, text, flags=re.IGNORECASE)
    lines = wrap(glued, _WIDTH, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)
    return [line.replace(_GLUE, " ") for line in lines] or [""]


def without_options(note: str) -> str:
    """The note for people who have no command line: without the options that it names in brackets at its end."""
    return _OPTIONS.sub("", note)


def place(entry: Entry, regimen: Regimen) -> str:
    """Where an entry happens: at home where the drug can be taken by mouth, else in the clinic.

    Where the route is not stated, the drug's own routes decide.
    """
    return HOME if at_home(entry, drug_of=lambda id: find_drug(id, regimen=regimen)) else CLINIC


def ordered(dosed: Dosed) -> Dose | None:
    """The dose as ordered: the regimen's, or the level that it was reduced to."""
    return dosed.order.dose if dosed.order else dosed.entry.dose


def named(dosed: Dosed) -> str:
    """The drug as it is printed, in tall-man letters where it has them; the activity, where the drug is not stated."""
    return dosed.order.drug.shown if dosed.order else dosed.entry.drug or dosed.entry.activity


def in_words(dosed: Dosed) -> str:
    """`carfilzomib 49.1 mg IV over 10 min`; without an amount, the regimen's dose; without a dose, that it is not stated."""
    entry = dosed.entry
    optional = "(optional)" if entry.optional else ""
    if entry.kind != "drug":
        return " ".join(part for part in (entry.what, optional) if part)
    much = str(dosed.amount) if dosed.amount else str(ordered(dosed) or "(dose not stated)")
    times = f"{entry.times.per_day} times a day" if entry.times and entry.times.per_day > 1 else ""
    over = f"over {entry.over}" if entry.over else ""
    return " ".join(part for part in (named(dosed), much, entry.route, over, times, optional) if part)
