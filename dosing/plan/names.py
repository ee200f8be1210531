"""What can be asked for in text about a patient and a practice, by the names of the options: command line, cases and plan files."""

# With one value.
PATIENT_TEXTS = (
    "height",
    "weight",
    "measured_on",
    "bsa",
    "gfr",
    "sex",
    "age",
    "creatinine",
    "crcl",
    "crcl_weight",
    "bilirubin",
    "dialysis",
    "child_pugh",
    "liver",
)
PRACTICE_TEXTS = ("site", "country", "formula")

# With several. What changes in the course of treatment is no part of a plan's head.
PATIENT_LISTS = ("lost", "prior", "override")
PRACTICE_LISTS = ("round", "bands", "rule", "weigh", "dose_weight")
CHANGING_LISTS = ("measured", "reduce")

TEXTS = (*PATIENT_TEXTS, *PRACTICE_TEXTS)
LISTS = (*PATIENT_LISTS, *PRACTICE_LISTS, *CHANGING_LISTS)
