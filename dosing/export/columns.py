"""The columns of a schedule, declared once: name, type, unit, when empty, meaning."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `type` is date, text, whole or decimal; `empty` says when there is no value (nothing: never)."""

    name: str
    type: str
    unit: str
    empty: str
    meaning: str


COLUMNS: tuple[Column, ...] = (
    Column("date", "date", "", "for an activity that has no date yet", "The planned day, as YYYY-MM-DD."),
    Column("phase", "text", "", "", "Id of the phase."),
    Column("cycle", "whole", "", "outside cyclic phases, and without a date", "Number of the cycle, from 1."),
    Column(
        "day",
        "whole",
        "",
        "for visits, and without a date",
        "Day of the cycle, or of the phase where it has no cycles; day 1 is the first.",
    ),
    Column("activity", "text", "", "", "Id of the activity within the phase."),
    Column("kind", "text", "", "", "drug or assessment."),
    Column("drug", "text", "", "for assessments, and where the drug is not stated", "Id of the drug."),
    Column("route", "text", "", "for assessments, and where not stated", "IV, PO, SC, ..., or alternatives joined by `or`."),
    Column(
        "dose",
        "decimal",
        "dose_unit",
        "for assessments, and where no single dose is stated",
        "The dose of one administration: the regimen's, or the level that it was reduced to.",
    ),
    Column("dose_unit", "text", "", "with `dose`", "mg, mg/m2, mg/kg, AUC, ..."),
    Column("bsa_m2", "decimal", "m2", "unless the amount was computed from it", "Body surface used, after any cap; shown with 4 decimals."),
    Column(
        "amount",
        "decimal",
        "amount_unit",
        "for assessments, and where not computed or not to be given; `note` says why",
        "What this patient gets at one administration; the planned amount, whatever was given.",
    ),
    Column("amount_unit", "text", "", "with `amount`", "mg, units, ..."),
    Column("times_per_day", "whole", "", "for assessments, and where not stated", "Administrations on that day."),
    Column("duration_min", "whole", "min", "where not stated, stated as a range, or no infusion", "Infusion time."),
    Column(
        "status",
        "text",
        "",
        "",
        "planned, optional, held, omitted, stopped, skipped (with its phase, or past the start of the next), ruled-out (by a later "
        "measurement), given, not-given, waiting (for the start of its phase) or not-dated.",
    ),
    Column("note", "text", "", "where there is nothing to say", "Sentences joined by semicolons."),
    Column(
        "rounding", "text", "", "where nothing was rounded", "The rule that led from the exact amount to `amount`, or why it was not used."
    ),
    Column(
        "deviation_pct",
        "decimal",
        "%",
        "with `amount`",
        "How far `amount` is from the exact amount, in percent of that; above zero where more is given; shown with 4 decimals.",
    ),
    Column("measured_on", "date", "", "where the size has no date", "The day of the height and weight that the amount was computed with."),
    Column("site", "text", "", "without a site file", "Id and hash of the site file."),
    Column("planned_on", "date", "", "unless the entry was moved", "The first date of an entry that was moved."),
    Column("given_on", "date", "", "unless `status` is given", "The day on which it was really given; `date` stays the planned one."),
    Column(
        "given_amount",
        "decimal",
        "given_unit",
        "unless an amount was recorded as given",
        "What was really given at one administration; `amount` stays the planned one.",
    ),
    Column("given_unit", "text", "", "with `given_amount`", "mg, units, ...; not always `amount_unit`."),
)

# Only on request: they name the patient's measurements.
TRACE: tuple[Column, ...] = (
    Column("exact_amount", "decimal", "amount_unit", "with `amount`", "The amount before rounding; shown with 4 decimals."),
    Column("steps", "text", "", "with `amount`", "The calculation, step by step, joined by ` | `, each with its sources."),
)


def columns(*, trace: bool = False) -> tuple[Column, ...]:
    """The columns of a schedule; with `trace` those of the calculation after them."""
    return COLUMNS + TRACE if trace else COLUMNS
