"""The columns of what a comparison of given with planned doses finds, and of the table of what was given; declared once."""

import pyarrow as pa

from dosing.cohort.columns import PATIENT_ID, schema
from dosing.export.columns import COLUMNS, Column

# The kinds of deviation, in the order in which those of one dose stand.
MISSING, EXTRA, DAY, AMOUNT, UNIT, NO_AMOUNT, UNKNOWN = KINDS = (
    "missing",
    "extra",
    "day",
    "amount",
    "unit",
    "no-expected-amount",
    "unknown-patient",
)

DEVIATIONS: tuple[Column, ...] = (
    PATIENT_ID,
    Column("drug", "text", "", "", "Id of the drug; as it was written, in small letters, where no drug has that name."),
    Column("kind", "text", "", "", f"{', '.join(KINDS[:-1])} or {KINDS[-1]}."),
    Column("expected_on", "date", "", "for extra and unknown-patient", "The planned day."),
    Column("given_on", "date", "", "for missing", "The day on which it was given."),
    Column("days_off", "whole", "days", "unless both days are there", "How many days late it was given; below zero: early."),
    Column("expected_amount", "decimal", "unit", "where none is known", "The planned amount of one administration."),
    Column(
        "given_amount",
        "decimal",
        "unit",
        "for missing, and for unit, whose note has it",
        "The amount given at one administration, converted exactly to the unit of the planned one.",
    ),
    Column("unit", "text", "", "where there is no amount", "mg, units, ..., for both amounts."),
    Column(
        "deviation_pct",
        "decimal",
        "%",
        "unless both amounts are there",
        "How far the given amount is from the planned one, in percent of that; above zero where more was given; with 4 decimals.",
    ),
    Column("where", "text", "", "for extra and unknown-patient", "Phase, cycle and day of the planned dose, such as `treatment C1D8`."),
    Column("note", "text", "", "where there is nothing to say", "Sentences joined by semicolons."),
)

ADMINISTERED: tuple[Column, ...] = (
    Column(PATIENT_ID.name, "text", "", "", "The patient, as in the table of patients."),
    Column("date", "date", "", "", "The day on which it was given, as YYYY-MM-DD."),
    Column("drug", "text", "", "", "Id of a drug, or one of the names in its file."),
    Column("amount", "decimal", "amount_unit", "", "What was given at one administration, above zero."),
    Column("amount_unit", "text", "", "", "mg, g, microgram, units, ..."),
    Column("times", "whole", "", "where given once", "How many administrations of this amount the row stands for, from 1 to 99."),
    Column("note", "text", "", "where there is nothing to say", "Repeated in the note of a deviation."),
)
# What may be left out of the table of what was given.
LEFT_OUT = ("times", "note")

# What is read of a table of doses.
NEEDED = (PATIENT_ID.name, "date", "phase", "cycle", "day", "kind", "drug", "amount", "amount_unit", "times_per_day", "status")


def deviation_schema() -> pa.Schema:
    """The Arrow schema of the deviations; the types are those of a table of doses."""
    doses = schema()
    types = {column.type: doses.field(column.name).type for column in COLUMNS}
    fields = [pa.field(PATIENT_ID.name, doses.field(PATIENT_ID.name).type, nullable=False)]
    fields += [pa.field(each.name, types[each.type], nullable=bool(each.empty)) for each in DEVIATIONS[1:]]
    return pa.schema(fields)
