"""What the changes of a log say, in words."""

import re
from collections.abc import Callable, Mapping, Sequence

from dosing.plan.kinds import ALL
from dosing.plan.model import LogEntry

_MODES = {"dose": "alone", "cycle": "and the rest of its cycle", "all": "and all that follow"}
_UNITS = {"height": "cm", "weight": "kg", "bsa": "m2", "gfr": "mL/min", "crcl": "mL/min", "age": "years"}
_BARE = re.compile("[0-9]+([.][0-9]+)?", re.ASCII)
# Enough of a hash to know it by.
_HASH = len("sha256:") + 16


def with_unit(name: str, text: str) -> str:
    """A measurement as it was given, with the unit in which a bare number is read: `70` is 70 kg."""
    return f"{text} {_UNITS[name]}" if name in _UNITS and _BARE.fullmatch(text) else text


def short(definition: str) -> str:
    """The beginning of the hash of a definition, as its folder is named."""
    return definition[:_HASH]


def in_words(entry: LogEntry, log: Sequence[LogEntry]) -> str:
    """What a change says, as `carfilzomib to level 1 from C3`; an undo, also what it took back, which stands in `log`."""
    if entry.kind == "undo":
        undone = log[int(entry.fields["undoes"]) - 1]
        what = undone.kind if undone.kind == "undo" else f"{undone.kind}: {in_words(undone, log)}"
        return f"takes back change {undone.n} ({what})"
    return _WORDS[entry.kind](entry.fields)


def _delay(fields: Mapping[str, str]) -> str:
    return f"{fields['at']} {_MODES[fields['mode']]}, {fields['by']} later" if "by" in fields else _delay_to(fields)


def _delay_to(fields: Mapping[str, str]) -> str:
    return f"{fields['at']} {_MODES[fields['mode']]}, to {fields['to']}"


def _who(fields: Mapping[str, str]) -> str:
    return "every drug" if fields["drug"] == ALL else fields["drug"]


def _measured(fields: Mapping[str, str]) -> str:
    values = [f"{name.replace('_', ' ')} {with_unit(name, text)}" for name, text in fields.items() if name != "since"]
    return f"{', '.join(values)}, from {fields['since']} on"


def _given(fields: Mapping[str, str]) -> str:
    return f"{fields['at']} given on {fields['date']}, {fields['amount']}" if "date" in fields else f"{fields['at']} not given"


def _phase(fields: Mapping[str, str]) -> str:
    return f"{fields['phase']} starts on {fields['start']}" if "start" in fields else f"{fields['phase']} left out"


_WORDS: dict[str, Callable[[Mapping[str, str]], str]] = {
    "delay": _delay,
    "hold": lambda fields: f"{_who(fields)} held from {fields['since']} on",
    "resume": lambda fields: f"{_who(fields)} given again from {fields['since']} on",
    "omit": lambda fields: f"{fields['at']} omitted",
    "reduce": lambda fields: f"{fields['drug']} to {fields['to']} from {fields['since']}",
    "restore": lambda fields: f"{fields['drug']} to the full dose from {fields['since']}",
    "weigh": _measured,
    "lab": _measured,
    "given": _given,
    "choose": lambda fields: ", ".join(f"{name} {text}" for name, text in fields.items()),
    "override": lambda fields: f"{fields['name']} let pass",
    "stop": lambda fields: f"nothing given from {fields['since']} on",
    "phase": _phase,
    "upgrade": lambda fields: f"by version {fields['version']} ({short(fields['definition'])})",
}
