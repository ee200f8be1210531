"""Words for people that several outputs share: an entry in a line, what became of it, a text cleaned of what can't be shown."""

import re
import unicodedata
from textwrap import wrap

from dosing.dose.schedule import Dosed
from dosing.regimen.facts import Dose
from dosing.schedule.clinic import day_text
from dosing.schedule.entries import Entry

_WIDTH = 100
# What stands between a number and its unit, where no line may end.
_GLUE = "\xa0"
_OPTIONS = re.compile(r" \(--[^()]*\)$")


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
    over = f"over {entry.over}" if entry.over else ""
    return " ".join(part for part in (named(dosed), much, entry.route, over, _often(entry), optional) if part)


def as_given(dosed: Dosed) -> str:
    """`carfilzomib given: 49 mg on 2026-02-03; planned 49.1 mg on 2026-02-02`; the plan only where it differs."""
    entry = dosed.entry
    often = _often(entry)
    much = f"{dosed.given} {often}".rstrip() if dosed.given else "amount not noted,"
    planned = f"{dosed.amount or ordered(dosed) or '(dose not stated)'} {often}".rstrip()
    if (much, entry.happens_on) == (planned, entry.date):
        return f"{named(dosed)} given as planned: {much} on {entry.date}"
    return f"{named(dosed)} given: {much} on {entry.happens_on}; planned {planned} on {entry.date}"


def moved_from(entry: Entry) -> list[str]:
    """`moved from Thu 1 Jan 2026`, where an entry was moved and the reasons don't name that date as the one it came from."""
    if entry.planned_on is None:
        return []
    old = day_text(entry.planned_on)
    return [] if any(f"{old} ->" in why for why in entry.why) else [f"moved from {old}"]


def _often(entry: Entry) -> str:
    return f"{entry.times.per_day} times a day" if entry.times and entry.times.per_day > 1 else ""
