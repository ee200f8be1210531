"""What somebody asks for in text, on the command line or in a cases file, as a patient, a course and a practice.

Each key has the name of the option (dosing.plan.names): `height`, `crcl_weight`, ...
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dosing.dose.bodysize import find_formula
from dosing.dose.bodyweight import read_loss
from dosing.dose.course import Course
from dosing.dose.patient import Patient, read_area, read_clearance, read_height, read_weight
from dosing.dose.practice import USUAL, Practice
from dosing.dose.reduction import Reduction, parse_reduction
from dosing.errors import DoseError, PatientError, RegimenError, ScheduleError
from dosing.regimen.facts import Fact
from dosing.regimen.library import find_drug, read_file
from dosing.regimen.values import parse_date, parse_weigh, parse_weight_kind, parse_yes
from dosing.units import DOSED, EXACT, Quantity, parse_number, parse_quantity

if TYPE_CHECKING:
    from dosing.dose.bands import BandTable
    from dosing.schedule.closed import Closed
    from dosing.site.hours import Hours
    from dosing.site.read import Site

T = TypeVar("T")

USER = "user"
# umol/L in 1 mg/dL of bilirubin (584.7 g/mol)
_BILIRUBIN = Decimal("17.1")


@dataclass(frozen=True, slots=True)
class Asked:
    """The options given: `texts` those with one value, `lists` those with several; what was not given is left out."""

    texts: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def patient(self) -> Patient:
        """The patient as measured at the start. Raises PatientError."""
        text = self.texts
        return Patient(
            height_cm=self._read("height", read_height),
            weight_kg=self._read("weight", read_weight),
            bsa_m2=self._read("bsa", read_area),
            gfr_ml_min=self._read("gfr", read_clearance),
            sex=text.get("sex", ""),
            measured_on=self._read("measured_on", _day),
            age_years=self._read("age", _age),
            creatinine=self._read("creatinine", _creatinine),
            crcl_ml_min=self._read("crcl", _crcl),
            crcl_weight=text.get("crcl_weight", "actual"),
            bilirubin_mg_dl=self._read("bilirubin", _bilirubin),
            dialysis=self._read("dialysis", _yes),
            child_pugh=text.get("child_pugh", ""),
            liver=text.get("liver", ""),
            lost=tuple(_lost(text) for text in self.lists.get("lost", ())),
        )

    def course(self) -> Course:
        """The patient's course. Raises PatientError and DoseError."""
        patient = self.patient()
        return Course(
            patient=patient,
            later=tuple(sorted((_later(patient, text) for text in self.lists.get("measured", ())), key=lambda each: str(each.measured_on))),
            reductions=tuple(_reduction(text) for text in self.lists.get("reduce", ())),
            prior=_once("--prior", map(_prior, self.lists.get("prior", ()))),
            override=frozenset(self.lists.get("override", ())),
        )

    def practice(self) -> Practice:
        """How to compute: the site's file, and what was asked for beyond it, which goes first. Raises DoseError and errors of files."""
        practice = _load(self.texts["site"]).practice if self.texts.get("site") else USUAL
        tables = _once("--bands", ((table.name, table) for table in map(_bands, self.lists.get("bands", ()))))
        return replace(
            practice,
            formula=find_formula(self.texts.get("formula") or practice.formula).id,
            rounding={**practice.rounding, **_once("--round", map(_rounding, self.lists.get("round", ())))},
            bands={**practice.bands, **tables},
            drugs=_with(practice.drugs, self._fields()),
            groups={**practice.groups, **_once("--rule", (_named("--rule", text) for text in self.lists.get("rule", ())))},
        )

    def closed(self) -> "Closed | None":
        """The closed days: the site's, with the public holidays of another country or region where one is asked for; None without any.

        Raises DoseError for what is no country, and errors of files.
        """
        from dosing.schedule.closed import Closed, parse_holidays

        closed = _load(self.texts["site"]).closed if self.texts.get("site") else Closed()
        if "country" in self.texts:
            closed = replace(closed, holidays=_value("--country", self.texts["country"], parse_holidays))
        return closed if closed != Closed() else None

    def site(self) -> "Site | None":
        """The site's file, where one is named. Raises errors of files."""
        return _load(self.texts["site"]) if self.texts.get("site") else None

    def hours(self) -> "Hours | None":
        """When the site is open for visits, on none of the days that are closed here; None without. Raises as `closed` does."""
        site, closed = self.site(), self.closed()
        hours = site.hours if site else None
        return replace(hours, closed=closed) if hours and closed else hours

    @property
    def move(self) -> bool:
        """Whether clinic days leave closed days. Raises ScheduleError where it is neither yes nor no, or where no day is closed."""
        try:
            moves = parse_yes(self.texts.get("move", "no"))
        except ValueError as error:
            raise ScheduleError(f"--move: {error}") from None
        if moves and not self.closed():
            raise ScheduleError("--move needs closed days: give --site with `closed`, or --country")
        return moves

    def _fields(self) -> Iterable[tuple[str, str, Fact[Any]]]:
        """What was asked for of single drugs: drug, field of its file, fact."""
        for key, name, read in (("weigh", "weigh", parse_weigh), ("dose_weight", "weight", parse_weight_kind)):
            option = f"--{key.replace('_', '-')}"
            named = _once(option, (_named(option, text, all_drugs=key == "weigh") for text in self.lists.get(key, ())))
            yield from ((drug, name, Fact(_value(option, value, read), USER)) for drug, value in named.items())

    def _read(self, name: str, read: Callable[[str], Any]) -> Any:
        return read(self.texts[name]) if name in self.texts else None


def _load(path: str) -> "Site":
    from dosing.site.read import load_site

    return load_site(path)


def _with(drugs: Mapping[str, Mapping[str, Any]], fields: Iterable[tuple[str, str, Fact[Any]]]) -> dict[str, dict[str, Any]]:
    found = {drug: dict(own) for drug, own in drugs.items()}
    for drug, name, fact in fields:
        found.setdefault(drug, {})[name] = fact
    return found


def _once(option: str, pairs: Iterable[tuple[str, T]]) -> dict[str, T]:
    """What was given by name. Raises DoseError for a name that is given twice: the later one is never taken silently."""
    found: dict[str, T] = {}
    for name, value in pairs:
        if name in found:
            raise DoseError(f"{option} {name or 'for every drug'} is given twice; keep one")
        found[name] = value
    return found


def _value(option: str, text: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(text)
    except ValueError as error:
        raise DoseError(f"{option}: {error}") from None


def _named(option: str, text: str, *, all_drugs: bool = False) -> tuple[str, str]:
    """`DRUG=VALUE` with the drug's id; with `all_drugs`, a VALUE alone is for every drug. Raises DoseError."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals and all_drugs:
        return "", text.strip()
    if not equals or not name or not value:
        raise DoseError(f"{option} {text!r} must have the form DRUG=VALUE")
    return _drug_id(name), value


def _drug_id(name: str) -> str:
    """The id of a drug by any of its names; a name that is none of the shipped ones may be a drug of the regimen's own file."""
    try:
        return find_drug(name).id
    except RegimenError:
        return name


def _rounding(text: str) -> tuple[str, Fact[Any]]:
    from dosing.dose.policy import parse_policy

    drug, policy = _named("--round", text, all_drugs=True)
    return drug, Fact(parse_policy(policy), USER)


def _bands(name: str) -> "BandTable":
    """The band table in a file, under the file's name without its ending. Raises RegimenError."""
    from dosing.dose.bands import read_table

    path = Path(name)
    return read_table(read_file(path), name=path.stem, file=name)


def _reduction(text: str) -> Reduction:
    found = parse_reduction(text)
    return replace(found, drug=_drug_id(found.drug))


def _later(patient: Patient, text: str) -> Patient:
    """`2026-03-02 weight=66kg [height=169cm]`: the patient as measured on that day. Raises PatientError."""
    day, *parts = text.split() or [""]
    given = dict(part.partition("=")[::2] for part in parts)
    if not parts or len(given) < len(parts) or set(given) - {"weight", "height"} or not all(given.values()):
        raise PatientError(
            f"--measured {text!r} can't be read; write it as '2026-03-02 weight=66kg' or '2026-03-02 weight=66kg height=169cm'"
        )
    try:
        measured_on = parse_date(day)
    except ValueError as error:
        raise PatientError(f"--measured: {error}") from None
    weight = read_weight(given["weight"]) if "weight" in given else patient.weight_kg
    height = read_height(given["height"]) if "height" in given else patient.height_cm
    return replaced(patient, height_cm=height, weight_kg=weight, measured_on=measured_on)


def replaced(patient: Patient, **changes: Any) -> Patient:
    """The patient with other measurements."""
    fields = {name: getattr(patient, name) for name in patient.__dataclass_fields__}
    return Patient(**{**fields, **changes})


def _prior(text: str) -> tuple[str, Quantity]:
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not name:
        raise DoseError(f"--prior {text!r} must have the form DRUG=AMOUNT, such as doxorubicin=240mg/m2")
    return name, _value("--prior", value, parse_exposure)


def parse_exposure(text: str) -> Quantity:
    """What was given before: `240 mg/m2`, `400 mg`; nothing is `0 mg/m2`. Raises ValueError."""
    return parse_quantity(text, *DOSED)


def _lost(text: str) -> str:
    """A lost part of the body as it was written. Raises PatientError for one that isn't known."""
    read_loss(text)
    return text


def _age(text: str) -> int:
    from dosing.dose.kidney import read_age

    return read_age(text)


def _creatinine(text: str) -> Quantity:
    from dosing.dose.kidney import read_creatinine

    return read_creatinine(text)


def _crcl(text: str) -> Decimal:
    return read_clearance(text, what="creatinine clearance")


def _day(text: str) -> date:
    try:
        return parse_date(text)
    except ValueError as error:
        raise PatientError(f"--measured-on: {error}") from None


def _yes(text: str) -> bool:
    try:
        return parse_yes(text)
    except ValueError as error:
        raise PatientError(f"dialysis: {error}") from None


def _bilirubin(text: str) -> Decimal:
    """A bilirubin in mg/dL from `2 mg/dL` or `34 umol/L`; the unit is never guessed. Raises PatientError."""
    number, unit = text.strip(), ""
    for known in ("mg/dL", "umol/L"):
        if number.endswith(known):
            number, unit = number.removesuffix(known).strip(), known
    try:
        if not unit:
            raise ValueError
        value = parse_number(number)
    except ValueError:
        raise PatientError(f"bilirubin {text!r} can't be read; write it with its unit: 2mg/dL or 34umol/L") from None
    return value if unit == "mg/dL" else EXACT.divide(value, _BILIRUBIN)
