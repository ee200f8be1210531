"""Every entry of a schedule with its amount, or with the reason why it has none."""

from dataclasses import dataclass

from dosing.dose.amount import Amount, Order, compute, missing_measurement
from dosing.dose.bodysize import DEFAULT, find_formula
from dosing.dose.patient import Patient
from dosing.regimen.library import find_drug
from dosing.regimen.model import Regimen
from dosing.schedule.draw import Schedule
from dosing.schedule.entries import Entry
from dosing.units import Quantity

_NOBODY = Patient()


@dataclass(frozen=True, slots=True)
class Dosed:
    """An entry with the amount of one administration; without an amount, `why` says what was not at hand."""

    entry: Entry
    amount: Amount | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class DosedSchedule:
    """A schedule for one patient: its rows stand in the order of the schedule's entries."""

    schedule: Schedule
    patient: Patient
    formula: str
    rows: tuple[Dosed, ...]


def order_for(entry: Entry, regimen: Regimen) -> Order | None:
    """What the regimen asks for on an entry's day; None where the drug or a single dose is not stated."""
    if not entry.drug or not isinstance(entry.dose, Quantity):
        return None
    facts = entry.facts
    return Order(find_drug(entry.drug, regimen=regimen), entry.dose, facts.get("max"), facts.get("bsa_cap"), facts.get("round"))


def dose_schedule(schedule: Schedule, patient: Patient | None = None, *, formula: str = DEFAULT) -> DosedSchedule:
    """The schedule with amounts for the patient; without any measurement only flat doses become amounts.

    Raises PatientError where some measurements are at hand and one that a drug needs is not.
    """
    formula = find_formula(formula).id
    known = patient or _NOBODY
    computed: dict[int, Dosed] = {}
    rows = []
    for entry in schedule.entries:
        # Days on which nothing differs share one mapping of facts, and so one calculation.
        done = computed.get(id(entry.facts))
        if done is None:
            done = computed[id(entry.facts)] = _dose(entry, schedule.regimen, known, formula)
        rows.append(Dosed(entry, done.amount, done.why))
    return DosedSchedule(schedule, known, formula, tuple(rows))


def _dose(entry: Entry, regimen: Regimen, patient: Patient, formula: str) -> Dosed:
    order = order_for(entry, regimen)
    if order is None:
        return Dosed(entry)
    absent = missing_measurement(order.dose, patient)
    if absent and not patient.measured:
        return Dosed(entry, why=f"amount not computed: {absent} not given")
    return Dosed(entry, compute(order, patient, formula=formula))
