"""The columns of the two tables of a forecast, declared once: name, type, unit, when empty, meaning."""

from dosing.export.columns import Column

_DATE = Column("date", "date", "", "", "The day, the Monday of the ISO week, or the first of the month that the line is for.")

DRUGS: tuple[Column, ...] = (
    _DATE,
    Column("drug", "text", "", "where the drug is not stated", "Id of the drug."),
    Column("activity", "text", "", "where the drug is stated", "Id of the activity whose drug is not stated."),
    Column("optional", "text", "", "", "yes for doses that are optional, which stand in lines of their own; otherwise no."),
    Column("doses", "whole", "", "", "Administrations whose amounts are in `amount`."),
    Column("without_amount", "whole", "", "", "Administrations without an amount; in no other column."),
    Column("uncounted", "whole", "", "", "Entries of which nobody stated how many doses there are in a day; in no other column."),
    Column("amount", "decimal", "amount_unit", "where no dose has an amount", "What all patients get together, summed exactly."),
    Column("amount_unit", "text", "", "with `amount`", "mg for every mass; otherwise the unit of the doses."),
    Column("vials", "whole", "", "where none is opened, or no size is stated", "Vials to open for what doesn't go by mouth."),
    Column("vial_sizes", "text", "", "with `vials`", "How many of each size: `3 x 60 mg + 2 x 10 mg`."),
    Column("opened_mg", "decimal", "mg", "with `vials`", "What the opened vials hold."),
    Column("waste_mg", "decimal", "mg", "with `vials`", "What is opened and not given."),
    Column(
        "vials_for",
        "text",
        "",
        "with `vials`",
        "Whether each dose has vials of its own (each dose) or the doses of a day share them (each day).",
    ),
    Column(
        "tablets", "text", "", "where none are counted", "Tablets by strength, for what goes by mouth; `or` capsules, where there are both."
    ),
    Column("capsules", "text", "", "where none are counted", "Capsules by strength, in the same way."),
    Column("not_made_up", "whole", "", "", "Doses by mouth that whole tablets or capsules can't make up; not in those two columns."),
    Column("site", "text", "", "without a site file", "Id and hash of the site file."),
)

CHAIRS: tuple[Column, ...] = (
    _DATE,
    Column("visits", "whole", "", "", "Patients who come on a day, each once a day; summed over the days of a week or month."),
    Column("chair_hours", "decimal", "h", "", "Stated infusion times, and the minutes asked for with each visit; shown with 2 decimals."),
    Column("optional_visits", "whole", "", "", "Further patients who come only for something optional; not in `visits`."),
    Column("optional_hours", "decimal", "h", "", "The same hours of what is optional; not in `chair_hours`."),
    Column("without_time", "whole", "", "", "Doses into a vein, or perhaps, without a stated time; not in the hours."),
    Column("pumps", "whole", "", "", "Infusions too long for a chair; not in the hours."),
    Column("visit_min", "whole", "min", "", "What was added to the hours for each visit."),
    Column("pump_min", "whole", "min", "", "From how long on an infusion was too long for a chair."),
)
