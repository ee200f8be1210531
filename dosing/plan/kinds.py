"""The kinds of change that a log knows, the fields of each, and how their text is read.

A field is kept as text in one normal form (`7d` becomes `7 days`), so that the same change always gives the same bytes. Whether a change
makes sense for the patient's schedule is seen where it is applied, not here.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from dosing.dose.kidney import read_age, read_creatinine
from dosing.dose.patient import read_clearance, read_height, read_weight
from dosing.dose.reduction import Since
from dosing.errors import PatientError
from dosing.regimen.conditions import CHILD_PUGH, LIVER
from dosing.regimen.values import parse_count, parse_date, parse_id, parse_percent, parse_yes
from dosing.schedule.changes import Mode, Where
from dosing.units import parse_amount, parse_number

ALL = "all"
MODES = {"dose": Mode.DOSE, "cycle": Mode.CYCLE, "all": Mode.ALL}

_NUMBER = "[1-9][0-9]{0,3}"
_ID = "[a-z0-9]+(?:-[a-z0-9]+)*"
_CYCLE_DAY = re.compile(rf"(?P<cycle>C{_NUMBER})?(?P<day>D(?:0|-?{_NUMBER}))?", re.ASCII)
_SPACED = re.compile(rf"(?<![^ ])(C{_NUMBER}) (?=D)", re.ASCII)
_SINCE = re.compile(rf"(?:(?P<phase>{_ID}) )?C(?P<cycle>{_NUMBER})(?: ?D(?P<day>{_NUMBER}))?", re.ASCII)
_BY = re.compile(rf"({_NUMBER}) ?(d|days?|w|weeks?)", re.ASCII)
_LEVEL = re.compile(r"level -?([1-9])", re.ASCII)
_LIMIT = re.compile(rf"{_ID}(?:\.{_ID})?", re.ASCII)
_HASH = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
_BILIRUBIN = ("mg/dL", "umol/L")
_WHOLE_PERCENT = 100
_MOST_DAYS = 9_999


# -- values -------------------------------------------------------------------------------------------------------


def parse_at(text: str) -> Where:
    """`C2 D1`, `induction C2 D8 carfilzomib`, `C2`, `D-2 melphalan`; a visit by its id and number: `follow-up visit 3`, `response`.

    Raises ValueError.
    """
    before, when, after = _around(_SPACED.sub(r"\1", text))
    *rest, last = [*before, *after] or [""]
    n = last if rest and not when and re.fullmatch(_NUMBER, last, re.ASCII) else ""
    names = rest if n else [*before, *after]
    if (len(before) > 1 or len(after) > 1 if when else not 1 <= len(names) <= 2) or not all(map(_is_id, names)):
        raise ValueError(f"{text!r} names no entry; write it as `C2 D1`, `induction C2 D8 carfilzomib`, or `follow-up visit 3` for a visit")
    if when:
        return Where("".join(before), _number(when["cycle"]), _number(when["day"]), "".join(after))
    return Where(names[0] if len(names) == 2 else "", activity=names[-1], n=int(n) if n else None)


def _around(text: str) -> tuple[list[str], re.Match[str] | None, list[str]]:
    """The words before the cycle and day, the cycle and day, and the words after them."""
    words = text.split(" ")
    for number, word in enumerate(words):
        if word and (match := _CYCLE_DAY.fullmatch(word)):
            return words[:number], match, words[number + 1 :]
    return words, None, []


def _number(mark: str | None) -> int | None:
    return int(mark[1:]) if mark else None


def _is_id(word: str) -> bool:
    return re.fullmatch(_ID, word, re.ASCII) is not None


def parse_by(text: str) -> int:
    """How many days: `7 days`, `1 day`, `7d`, `1 week`. Raises ValueError."""
    match = _BY.fullmatch(text)
    days = int(match[1]) * (7 if match[2].startswith("w") else 1) if match else 0
    if not 0 < days <= _MOST_DAYS:
        raise ValueError(f"{text!r} is not a number of days above zero such as `7 days`")
    return days


def parse_since(text: str) -> Since:
    """From when on: `C3`, `C3 D8`, `maintenance C3`, or a date. Raises ValueError."""
    match = _SINCE.fullmatch(text)
    if match:
        return Since(phase=match["phase"] or "", cycle=int(match["cycle"]), cycle_day=int(match["day"] or 1))
    try:
        return Since(day=parse_date(text))
    except ValueError as error:
        raise ValueError(f"{error}, or as C3, C3 D8, `maintenance C3`") from None


def parse_definition(text: str) -> str:
    """`sha256:` and 64 digits. Raises ValueError."""
    if not _HASH.fullmatch(text):
        raise ValueError(f"{text!r} is not `sha256:` with 64 hexadecimal digits")
    return text


def _at(text: str) -> str:
    return str(parse_at(text))


def _mode(text: str) -> str:
    if text not in MODES:
        said = "; ".join(f"{name}: {mode}" for name, mode in MODES.items())
        raise ValueError(f"{text!r} is none of the three modes of a delay ({said})")
    return text


def _by(text: str) -> str:
    days = parse_by(text)
    return f"{days} day" if days == 1 else f"{days} days"


def _since(text: str) -> str:
    return str(parse_since(text))


def _to_dose(text: str) -> str:
    level = _LEVEL.fullmatch(text)
    if level:
        return f"level {level[1]}"
    try:
        percent = parse_percent(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither a level nor a percentage; write `level 1` or `75 %`") from None
    if percent.value >= _WHOLE_PERCENT:
        raise ValueError(f"{text!r} reduces nothing; a percentage is below 100 %")
    return str(percent)


def _date(text: str) -> str:
    return str(parse_date(text))


def _count(text: str) -> str:
    return str(parse_count(text))


def _amount(text: str) -> str:
    return str(parse_amount(text))


def _yes(text: str) -> str:
    if text != "yes":
        raise ValueError(f"{text!r} is not yes; leave it out where it isn't so")
    return text


def _yes_or_no(text: str) -> str:
    parse_yes(text)
    return text


def _name(text: str) -> str:
    """What an override names: a measurement, or a limit of a drug."""
    if not _LIMIT.fullmatch(text):
        raise ValueError(f"{text!r} is no name of a stop such as `weight` or `carfilzomib.usual`")
    return text


def parse_setting(text: str) -> tuple[str, str]:
    """`carfilzomib.dose=56 mg/m2`: the path and the value. Raises ValueError."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not name or not value:
        raise ValueError(f"{text!r} must have the form A.F=VALUE, such as carfilzomib.dose=56mg/m2")
    return name, value


def _setting(text: str) -> str:
    return "=".join(parse_setting(text))


def _named(text: str) -> str:
    """What is chosen of alternative rules: whether the drug has them is seen where it is applied."""
    if not all(part.strip() for part in text.partition("=")):
        raise ValueError(f"{text!r} must have the form DRUG=GROUP, such as lenalidomide=eu")
    return text


def _line(text: str) -> str:
    return text


def _read_by(read: Callable[[str], object]) -> Callable[[str], str]:
    """A check by a function that raises PatientError; the text stays as it was given."""

    def check(text: str) -> str:
        try:
            read(text)
        except PatientError as error:
            raise ValueError(str(error)) from None
        return text

    return check


def _one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in words:
            raise ValueError(f"{text!r} is not one of {', '.join(words)}")
        return text

    return check


def _bilirubin(text: str) -> str:
    unit = next((unit for unit in _BILIRUBIN if text.endswith(unit)), "")
    try:
        if not unit:
            raise ValueError
        parse_number(text.removesuffix(unit).rstrip())
    except ValueError:
        raise ValueError(f"bilirubin {text!r} can't be read; write it with its unit: 2mg/dL or 34umol/L") from None
    return text


def _clearance(text: str) -> object:
    return read_clearance(text, what="creatinine clearance")


# -- kinds --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of change: how each field is read, which must be there, of which exactly one (`one`), of which at least one (`some`).

    A field in `needs` may stand only beside the one it names.
    """

    fields: Mapping[str, Callable[[str], str]]
    required: tuple[str, ...] = ()
    one: tuple[str, ...] = ()
    some: tuple[str, ...] = ()
    needs: tuple[tuple[str, str], ...] = ()

    def problems(self, given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """What is wrong with the fields of a change: the field, or nothing for the change as a whole, and what to do."""
        for name, read in self.fields.items():
            try:
                if name in given:
                    read(given[name])
            except ValueError as error:
                yield name, str(error)
        yield from self._wrong_together(given)

    def _wrong_together(self, given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        for name in self.required:
            if name not in given:
                yield "", f"{name!r} is missing"
        if self.one and len([name for name in self.one if name in given]) != 1:
            yield "", f"give exactly one of {', '.join(self.one)}"
        if self.some and not any(name in given for name in self.some):
            yield "", f"give at least one of {', '.join(self.some)}"
        for name, beside in self.needs:
            if name in given and beside not in given:
                yield name, f"stands only beside {beside!r}"

    def normal(self, given: Mapping[str, str]) -> dict[str, str]:
        """The fields in their order and normal form. Raises ValueError, as `problems` would say."""
        return {name: read(given[name]) for name, read in self.fields.items() if name in given}


_WEIGHED = {"weight": _read_by(read_weight), "height": _read_by(read_height)}
_CHOSEN: dict[str, Callable[[str], str]] = {
    "set": _setting,
    "rule": _named,
    "weigh": _line,
    "sex": _one_of(("female", "male")),
}
_LAB: dict[str, Callable[[str], str]] = {
    "creatinine": _read_by(read_creatinine),
    "crcl": _read_by(_clearance),
    "age": _read_by(read_age),
    "bilirubin": _bilirubin,
    "dialysis": _yes_or_no,
    "child_pugh": _one_of(CHILD_PUGH),
    "liver": _one_of(LIVER),
}
# Of what `choose` says, what a plan has several of.
CHOSEN_LISTS = ("rule", "weigh")
CHOOSE, UNDO, UPGRADE = "choose", "undo", "upgrade"
KINDS: dict[str, Kind] = {
    "delay": Kind({"at": _at, "mode": _mode, "by": _by, "to": _date}, required=("at", "mode"), one=("by", "to")),
    "hold": Kind({"drug": parse_id, "since": _date}, required=("drug", "since")),
    "resume": Kind({"drug": parse_id, "since": _date}, required=("drug", "since")),
    "omit": Kind({"at": _at}, required=("at",)),
    "reduce": Kind({"drug": parse_id, "to": _to_dose, "since": _since}, required=("drug", "to", "since")),
    "restore": Kind({"drug": parse_id, "since": _since}, required=("drug", "since")),
    "weigh": Kind({"since": _date, **_WEIGHED}, required=("since",), some=tuple(_WEIGHED)),
    "lab": Kind({"since": _date, **_LAB}, required=("since",), some=tuple(_LAB)),
    "given": Kind(
        {"at": _at, "date": _date, "amount": _amount, "not_given": _yes},
        required=("at",),
        one=("date", "not_given"),
        needs=(("amount", "date"), ("date", "amount")),
    ),
    CHOOSE: Kind(_CHOSEN, some=tuple(_CHOSEN)),
    "override": Kind({"name": _name}, required=("name",)),
    "stop": Kind({"since": _date}, required=("since",)),
    "phase": Kind({"phase": parse_id, "start": _date, "skip": _yes}, required=("phase",), one=("start", "skip")),
    UNDO: Kind({"undoes": _count}, required=("undoes",)),
    UPGRADE: Kind({"version": _count, "definition": parse_definition}, required=("version", "definition")),
}
