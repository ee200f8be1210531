"""What the table of patients says, column by column: which patient, which regimen with which choices, from when on, and how big.

A column has the name of the option that says the same for one patient (`variant`, `sex`, `phase_start:asct`), with its unit where a bare
number stands in it (`height_cm`). Several values in one cell are parted by `|`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from dosing.asked import Asked
from dosing.errors import PatientError, RegimenError, ScheduleError, nearest
from dosing.export.columns import Column
from dosing.plan.names import CHANGING_LISTS, PATIENT_LISTS, PATIENT_TEXTS
from dosing.regimen.values import parse_count, parse_date

if TYPE_CHECKING:
    import pyarrow as pa

PATIENT_ID, REGIMEN, START = "patient_id", "regimen", "start"
SEVERAL = "|"
_SET, _PHASE_START = "set:", "phase_start:"

# The name of a column -> that of the option.
_MEASURED = {"height_cm": "height", "weight_kg": "weight", "bsa_m2": "bsa", "gfr_ml_min": "gfr", "crcl_ml_min": "crcl"}
_TEXTS = {**_MEASURED, **{name: name for name in PATIENT_TEXTS if name not in ("height", "weight")}}
_LISTS = (*PATIENT_LISTS, *CHANGING_LISTS, "rule", "weigh")
_CHOICES = ("variant", "proxy", "base", "base_days")
_REACH = ("cycles", "until")

PATIENTS: tuple[Column, ...] = (
    Column(PATIENT_ID, "text", "", "", "Names the patient in every row that comes out; each only once."),
    Column(REGIMEN, "text", "", "", "Id or alias of a regimen, or the path of a regimen file."),
    Column(START, "date", "", "", "Cycle 1 day 1, as YYYY-MM-DD."),
    Column("height_cm", "decimal", "cm", "where not measured", "Height."),
    Column("weight_kg", "decimal", "kg", "where not measured", "Weight."),
    *(
        Column(name, "text", "", "where not given", f"As `--{name.replace('_', '-')}` for one patient.")
        for name in _TEXTS
        if name not in _MEASURED
    ),
    Column("bsa_m2", "decimal", "m2", "where not given", "Body surface, instead of height and weight; also as `bsa`."),
    Column("gfr_ml_min", "decimal", "mL/min", "where not given", "Filtration rate; also as `gfr`."),
    Column("crcl_ml_min", "decimal", "mL/min", "where not given", "Creatinine clearance; also as `crcl`."),
    *(
        Column(name, "text", "", "where not given", f"As `--{name.replace('_', '-')}`; several parted by `|`.")
        for name in (*_CHOICES, *_LISTS)
    ),
    Column("cycles", "whole", "", "where not given", "Draw the first cycles of each phase."),
    Column("until", "date", "", "where not given", "Draw nothing after this day."),
    Column("set:ACTIVITY.FIELD", "text", "", "where not given", "A value of one's own, as `--set`: `set:carfilzomib.dose` with 56mg/m2."),
    Column("phase_start:PHASE", "date", "", "where not given", "The date of a phase that waits, as `--phase-start`."),
)
_NAMES = frozenset((PATIENT_ID, REGIMEN, START, *_TEXTS, *_LISTS, *_CHOICES, *_REACH))

# What differs from patient to patient; all else makes up groups of patients who share a pattern.
OWN = frozenset((PATIENT_ID, START, *_TEXTS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for every patient, unless the table says something else of one: options by their names, and how far to draw."""

    texts: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    starts: Mapping[str, date] = field(default_factory=dict)
    cycles: int | None = None
    until: date | None = None
    phases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise PatientError for a measurement, which is one patient's own and stands in the table."""
        own = [name for name in self.texts if name in PATIENT_TEXTS]
        if own:
            raise PatientError(f"{own[0]!r} can't hold for every patient of a table; give the table such a column")


@dataclass(frozen=True, slots=True)
class Asking:
    """What a group of patients shares: the regimen, its choices, lists of options, and how far to draw."""

    regimen: str
    choices: Mapping[str, str]
    values: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]
    starts: Mapping[str, date]
    cycles: int | None
    until: date | None
    phases: tuple[str, ...]
    texts: Mapping[str, str]

    def several(self, name: str) -> tuple[str, ...]:
        """A choice that can be made more than once."""
        return parts(self.choices.get(name, ""))

    def asked(self, own: Mapping[str, str]) -> Asked:
        """The options for one patient; `own` are that patient's texts."""
        return Asked({**self.texts, **own}, self.lists)


def checked_names(names: Iterable[str], *, what: str) -> None:
    """Raise PatientError for a table that lacks a column, or has one that nothing would read."""
    have = list(names)
    absent = [name for name in (PATIENT_ID, REGIMEN, START) if name not in have]
    if absent:
        raise PatientError(f"{what} has no column {' and no column '.join(map(repr, absent))}; it has {', '.join(have) or 'none'}")
    for name in have:
        known = name in _NAMES or any(name.startswith(start) and name != start for start in (_SET, _PHASE_START))
        if not known:
            raise PatientError(
                f"{what} has a column {name!r} that is not known{nearest(name, _NAMES)}; remove it, for it would not be looked at"
            )
    for option in set(_TEXTS.values()):
        both = [name for name in have if _TEXTS.get(name) == option]
        if len(both) > 1:
            raise PatientError(f"{what} has both {both[0]!r} and {both[1]!r}; keep one")


def parts(text: str) -> tuple[str, ...]:
    """The values of a cell that may hold several."""
    return tuple(part.strip() for part in text.split(SEVERAL) if part.strip())


def own_texts(row: Mapping[str, str | None]) -> dict[str, str]:
    """A patient's own texts, by the names of the options."""
    return {option: text for name, option in _TEXTS.items() if (text := row.get(name)) is not None}


def asking(row: Mapping[str, str | None], terms: Terms) -> Asking:
    """What a row asks for that others may share. Raises RegimenError without a regimen, ScheduleError for a day or a count."""
    given = {name: text for name, text in row.items() if text is not None}
    regimen = given.get(REGIMEN) or terms.choices.get(REGIMEN)
    if not regimen:
        raise RegimenError("no regimen is given")
    lists = {name: parts(given[name]) for name in _LISTS if name in given}
    return Asking(
        regimen=regimen,
        choices={**terms.choices, **{name: given[name] for name in _CHOICES if name in given}},
        values={**terms.values, **dict(_tail(given, _SET))},
        lists={**terms.lists, **lists},
        starts={**terms.starts, **{phase: _day(f"phase_start:{phase}", text) for phase, text in _tail(given, _PHASE_START)}},
        cycles=_cycles(given["cycles"]) if "cycles" in given else terms.cycles,
        until=_day("until", given["until"]) if "until" in given else terms.until,
        phases=terms.phases,
        texts=terms.texts,
    )


def read_start(text: str | None) -> date:
    """Cycle 1 day 1. Raises PatientError."""
    if text is None:
        raise PatientError("no start is given; write it as 2026-01-05")
    try:
        return parse_date(text)
    except ValueError as error:
        raise PatientError(f"start: {error}") from None


def _tail(given: Mapping[str, str], start: str) -> Iterator[tuple[str, str]]:
    yield from ((name[len(start) :], text) for name, text in given.items() if name.startswith(start))


def _day(name: str, text: str) -> date:
    try:
        return parse_date(text)
    except ValueError as error:
        raise ScheduleError(f"{name}: {error}") from None


def _cycles(text: str) -> int:
    try:
        return parse_count(text)
    except ValueError as error:
        raise ScheduleError(f"cycles: {error}") from None


def shared(table: "pa.Table") -> list[str]:
    """The columns of a table that make up groups."""
    return [name for name in table.column_names if name not in OWN]


def with_site(terms: Terms, site: str) -> Terms:
    """The terms at a site, by its file."""
    return replace(terms, texts={**terms.texts, "site": site}) if site else terms
