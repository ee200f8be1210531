"""The text of a plan file: one way to write each plan, so that the same plan is the same bytes, and the seals of its log."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias

from dosing.plan.names import PATIENT_LISTS, PATIENT_TEXTS, PRACTICE_LISTS, PRACTICE_TEXTS

if TYPE_CHECKING:
    from dosing.plan.model import LogEntry, Plan

FORMAT = "1"
SEAL_DIGITS = 16
LONGEST_LINE = 1_000

# Read by every YAML reader as it stands. Everything else goes into quotes.
_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._/%+()=;,-]|:(?=[A-Za-z0-9]))*(?<! )", re.ASCII)
_UNREADABLE = frozenset("\ufeff\ufffe\uffff")
# Marks of direction, with which text can be shown in another order than it is read.
_TURNING = frozenset(("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))

_Value: TypeAlias = "str | tuple[str, ...] | Mapping[str, _Value]"


def checked_line(text: str) -> str:
    """A text that fits on one line of the file and reads back as it is. Raises ValueError, to follow the name of what it is."""
    if not text.strip():
        raise ValueError("is empty")
    if text != text.strip():
        raise ValueError("begins or ends with a space")
    if len(text) > LONGEST_LINE:
        raise ValueError(f"has {len(text):,} characters; the most is {LONGEST_LINE:,}")
    for letter in "" if text.isprintable() else text:
        control = unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp")
        if control or letter in _UNREADABLE or unicodedata.bidirectional(letter) in _TURNING:
            raise ValueError(f"holds the control character U+{ord(letter):04X}; take it out")
    return text


def plan_bytes(plan: "Plan") -> bytes:
    """The whole file, as it stands: nothing is checked here (`dosing.plan.file.write_plan` does)."""
    return _bytes("".join([_head(plan), *(f"{_body(entry)}{_seal_line(entry.follows)}" for entry in plan.log)]))


def seals(plan: "Plan") -> Iterator[str]:
    """What `follows` must be in each entry of the log, in order: the beginning of the SHA-256 of all that stands above it."""
    above = sha256(_bytes(_head(plan)))
    for entry in plan.log:
        above.update(_bytes(_body(entry)))
        yield above.hexdigest()[:SEAL_DIGITS]
        above.update(_bytes(_seal_line(entry.follows)))


def _bytes(text: str) -> bytes:
    # What is no character at all is refused when the bytes are read back, with its line.
    return text.encode("utf-8", "surrogatepass")


def _head(plan: "Plan") -> str:
    choices, reach = plan.choices, plan.reach
    values: dict[str, _Value] = {
        "dosing_plan": FORMAT,
        "id": plan.id,
        "regimen": plan.regimen,
        "version": str(plan.version),
        "definition": plan.definition,
        "start": str(plan.start),
        "choices": {
            "variant": choices.variant,
            "proxy": choices.proxy,
            "set": choices.set,
            "base": choices.base,
            "base_days": choices.base_days,
        },
        "patient": _in_order({**plan.patient.texts, **plan.patient.lists}, (*PATIENT_TEXTS, *PATIENT_LISTS)),
        "practice": _in_order({**plan.practice.texts, **plan.practice.lists}, (*PRACTICE_TEXTS, *PRACTICE_LISTS)),
        "reach": {
            "cycles": "" if reach.cycles is None else str(reach.cycles),
            "until": "" if reach.until is None else str(reach.until),
            "phase_start": {phase: str(day) for phase, day in reach.phase_start.items()},
        },
    }
    return "".join(f"{line}\n" for line in [*_lines(values, ""), "log:"])


def _in_order(values: Mapping[str, _Value], known: Sequence[str]) -> dict[str, _Value]:
    """The values in the order of the known names; others stay, at the end, so that reading finds them."""
    return {name: values[name] for name in (*known, *values) if name in values}


def _lines(values: Mapping[str, _Value], indent: str) -> Iterator[str]:
    """A mapping in block style; what is empty is left out."""
    for key, value in values.items():
        if not value:
            continue
        if isinstance(value, str):
            yield f"{indent}{_scalar(key)}: {_scalar(value)}"
            continue
        inner = list(_lines(value, f"{indent}  ") if isinstance(value, Mapping) else (f"{indent}  - {_scalar(each)}" for each in value))
        if inner:
            yield f"{indent}{_scalar(key)}:"
            yield from inner


def _body(entry: "LogEntry") -> str:
    """The lines of an entry without its seal."""
    values = {
        "n": str(entry.n),
        "on": str(entry.on),
        "change": entry.kind,
        **entry.fields,
        "reason": entry.reason,
        "author": entry.author,
    }
    first, *rest = _lines(values, "    ")
    return "".join(f"{line}\n" for line in [f"  - {first.strip()}", *rest])


def _seal_line(seal: str) -> str:
    return f"    follows: {_scalar(seal)}\n"


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
