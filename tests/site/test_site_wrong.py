"""What is wrong in a site's file is named with file, line and path, all of it at once; and what is not wrong."""

import pytest

from dosing.site.words import describe
from tests.site.sites import BANDS, WHOLE, keys, problems, read

pytestmark = pytest.mark.usefixtures("drugs")

# Keys of a file, and everything that is wrong with them, after the name of the file.
WRONG = [
    ("titel: x", ["3: titel: unknown key; did you mean 'title'?"]),
    ("formula: dubois", ["3: formula: unknown body-surface formula 'dubois'; did you mean 'du-bois'?; known are mosteller, "]),
    ("formula: [boyd]", ["3: formula: must be plain text"]),
    # Drugs
    ("rounding:\n  alpha: measurable", ["4: rounding.alpha: there is no drug 'alpha'"]),
    ("rounding:\n  Alfatim: stokced", ["4: rounding.Alfatim: there is no drug 'Alfatim'", "4: rounding.Alfatim: unknown rounding policy"]),
    ("weight: {alfatinn: actual}", ["3: weight.alfatinn: there is no drug 'alfatinn'; did you mean 'alfatin'?"]),
    ("weight:\n  alfa: actual\n  Alfatin: ideal", ["5: weight.Alfatin: alfa was there before, in line 4; keep one"]),
    ("weight: [alfa]", ["3: weight: must be a mapping from drugs; leave the key out"]),
    ("weight: {}", ["3: weight: must be a mapping from drugs"]),
    ("weight: {default: actual}", ["3: weight.default: there is no drug 'default'"]),
    # Rounding
    ("rounding: {default: measurably}", ["3: rounding.default: unknown rounding policy 'measurably'"]),
    ("rounding: {alfa: vial size wihin 10 %}", ["3: rounding.alfa: unknown rounding policy 'vial size wihin 10 %'"]),
    (
        "rounding: {alfa: vial size within 1\uff10 %}",
        ["3: rounding.alfa: rounding policy 'vial size within 1\uff10 %': '1\uff10' is not a plain number"],
    ),
    ('rounding: {alfa: "nearest 1,234 mg"}', ["3: rounding.alfa: rounding policy 'nearest 1,234 mg': '1,234 mg' is not a number"]),
    ("rounding: {alfa: nearest 5}", ["3: rounding.alfa: rounding policy 'nearest 5': '5' is not a number with a unit"]),
    ("rounding: {alfa: nearest 5 units}", ["3: rounding.alfa: `nearest 5 units` is in units; alfa is measured in mg"]),
    (
        "rounding: {delta: vial size}",
        ["3: rounding.delta: `vial size` needs vials of delta; its file states none, so name them in `stock`"],
    ),
    ("rounding: {alfa: stocked}", ["3: rounding.alfa: `stocked` needs tablets or capsules of alfa"]),
    ("rounding: {gamma: vial size}", ["3: rounding.gamma: gamma is never rounded by a policy [book]"]),
    ("rounding: {alfa: bands big}\n", ["3: rounding.alfa: there is no band table 'big' in `bands`"]),
    (
        "rounding: {alfa: bands smal}\nbands: {small: tables/small.csv}",
        [
            "3: rounding.alfa: there is no band table 'smal' in `bands`; did you mean 'small'?",
            "4: bands.small: no policy uses this table; write `bands small` in `rounding` or take it out",
        ],
    ),
    ("rounding: {alfa: bandz small}\nbands: {small: tables/small.csv}", ["3: rounding.alfa: unknown rounding policy 'bandz small'"]),
    (
        "rounding: {delta: bands small}\nbands: {small: tables/small.csv}",
        ["3: rounding.delta: `bands small` is in mg; delta is measured in units"],
    ),
    # Band tables
    ("bands: {small: tables/small.csv}", ["3: bands.small: no policy uses this table"]),
    ("bands: {Small: tables/small.csv}", ["3: bands.Small: 'Small' is not an id"]),
    ("bands: [tables/small.csv]", ["3: bands: must be a mapping from ids"]),
    (
        "rounding: {alfa: bands small}\nbands: {small: tables/other.csv}",
        ["4: bands.small: can't read folder/tables/other.csv: No such file or directory"],
    ),
    *(
        (f"rounding: {{alfa: bands small}}\nbands: {{small: '{path}'}}", [f"4: bands.small: {path!r} is not the path of a CSV file in the"])
        for path in (
            "../small.csv",
            "tables/../../small.csv",
            "/etc/small.csv",
            "C:/small.csv",
            "tables\\small.csv",
            "tables/small.txt",
            "",
        )
    ),
    # Stock
    ("stock: {alfa: [100 mg]}", ["3: stock.alfa: must be a mapping from vials, tablets, capsules to strengths"]),
    (
        "stock: {zeta: {vials: [100]}}",
        ["3: stock.zeta: there is no drug 'zeta'", "3: stock.zeta.vials[1]: '100' is not a number with a unit"],
    ),
    ("stock: {alfa: {}}", ["3: stock.alfa: must be a mapping from vials"]),
    ("stock: {alfa: {vial: [100 mg]}}", ["3: stock.alfa.vial: unknown key; did you mean 'vials'?"]),
    ("stock: {alfa: {vials: []}}", ["3: stock.alfa.vials: must be a list such as [4 mg, 20 mg]"]),
    ("stock: {alfa: {vials: not-stated}}", ["3: stock.alfa.vials: must be a list such as [4 mg, 20 mg]"]),
    ("stock: {alfa: {vials: [100 mg, 0.1 g]}}", ["3: stock.alfa.vials[2]: 0.1 g is there twice"]),
    ("stock: {alfa: {vials: [100]}}", ["3: stock.alfa.vials[1]: '100' is not a number with a unit"]),
    ("stock: {alfa: {vials: [1\uff10\uff10 mg]}}", ["3: stock.alfa.vials[1]: '1\uff10\uff10 mg' is not a number with a unit"]),
    ('stock: {alfa: {vials: ["1,234 mg"]}}', ["3: stock.alfa.vials[1]: '1,234 mg' is not a number with a unit"]),
    ("stock: {alfa: {vials: [1,234 mg]}}", ["3: stock.alfa.vials[1]: '1' is not a number with a unit"]),
    ("stock: {alfa: {vials: [0 mg]}}", ["3: stock.alfa.vials[1]: '0 mg' must be a flat amount above zero"]),
    ("stock: {alfa: {vials: [100 units]}}", ["3: stock.alfa.vials[1]: 100 units is an amount of activity; alfa is measured in mg"]),
    ("stock: {beta: {vials: [5 mg]}}", ["3: stock.beta.vials: beta is given PO, so not from vials"]),
    ("stock: {alfa: {tablets: [5 mg]}}", ["3: stock.alfa.tablets: alfa is given IV or SC, so not from tablets"]),
    # Sharing
    ("share_vials: alfa", ["3: share_vials: must be a list"]),
    ("share_vials: [[alfa]]", ["3: share_vials[1]: must be plain text"]),
    ("share_vials: [alfa, alfa]", ["3: share_vials[2]: alfa was there before, in line 3; keep one"]),
    ("share_vials: [gamma]", ["3: share_vials[1]: a vial of gamma must not be shared [book]"]),
    ("share_vials: [beta]", ["3: share_vials[1]: beta is given PO, so not from vials"]),
    ("share_vials: [zeta]", ["3: share_vials[1]: there is no drug 'zeta'"]),
    # Weights
    ("weight: {alfa: adjustd}", ["3: weight.alfa: 'adjustd' is not one of actual, ideal, adjusted, before amputation"]),
    ("weight: {alfa: not-stated}", ["3: weight.alfa: 'not-stated' is not one of"]),
    ("weigh: {default: 10 %}", ["3: weigh.default: '10 %' is neither `each cycle` nor a change"]),
    ("weigh: {default: more than 10}", ["3: weigh.default: '10' is not a percentage above zero"]),
    ("weigh: {default: more than 0 %}", ["3: weigh.default: '0 %' is not a percentage above zero"]),
    ("weigh: {alfa: more than 100 %}", ["3: weigh.alfa: 'more than 100 %' would never be reached by a loss of weight"]),
    # Missed doses
    ("missed: {alfa: keep the pace}", ["3: missed.alfa: 'keep the pace' is not one of `keep the interval`, "]),
    ("missed: {alfa: not-stated}", ["3: missed.alfa: 'not-stated' is not one of"]),
    ("missed: {alfa: [keep the dates]}", ["3: missed.alfa: must be plain text"]),
    ("missed: {default: keep the dates}", ["3: missed.default: there is no drug 'default'"]),
    # Limits
    ("limits: {alfa: 450 mg/m2}", ["3: limits.alfa: must be a mapping such as {lifetime: {value: 450 mg/m2, act: stop}}"]),
    ("limits: {alfa: {}}", ["3: limits.alfa: must be a mapping such as"]),
    ("limits: {alfa: {live: {value: 450 mg/m2, act: stop}}}", ["3: limits.alfa.live: unknown key"]),
    (
        "limits: {alfa: {lifetime: not-stated}}",
        ["3: limits.alfa.lifetime: a site states a limit or leaves it out; the drug's file then holds"],
    ),
    ("limits: {alfa: {lifetime: {value: not-stated, act: stop}}}", ["3: limits.alfa.lifetime: 'not-stated' is not a number with a unit"]),
    ("limits: {alfa: {lifetime: {value: 450 mg/m2}}}", ["3: limits.alfa.lifetime: the key 'act' is missing"]),
    ("limits: {alfa: {lifetime: {value: 450 mg/m2, act: hold}}}", ["3: limits.alfa.lifetime.act: 'hold' is neither stop nor warn"]),
    ("limits: {alfa: {single: {value: 450 units, act: stop}}}", ["3: limits.alfa.single: 450 units is an amount of activity"]),
    (
        "limits: {alfa: {cycle: {value: 4 mg, act: stop, together: testicins}}}",
        ["3: limits.alfa.cycle.together: 'testicins' is not a class of alfa; did you mean 'testicin'?"],
    ),
    (
        "limits:\n  alfa:\n    cycle:\n      value: 4 mg\n      act: stop\n      source: book\n      unverified: yes",
        ["8: limits.alfa.cycle.source: a limit of a site has the site as its source", "9: limits.alfa.cycle.unverified: a limit of a site"],
    ),
    # Rules
    ("rules: {beta: uk}", ["3: rules.beta: beta has no rules 'uk'; the choice is eu, us, none"]),
    ("rules: {beta: EU}", ["3: rules.beta: 'EU' is not an id"]),
    ("rules: {alfa: eu}", ["3: rules.alfa: alfa has no alternative rules to choose from"]),
    # Closed days
    ("closed: sunday", ["3: closed: must be a mapping"]),
    ("closed: {days: [sunday]}", ["3: closed.days: unknown key"]),
    ("closed: {weekdays: sunday}", ["3: closed.weekdays: must be a list"]),
    ("closed: {weekdays: [sundy]}", ["3: closed.weekdays[1]: 'sundy' is not one of monday, "]),
    ("closed: {weekdays: [sunday, sunday]}", ["3: closed.weekdays[2]: sunday is there twice"]),
    (
        "closed: {weekdays: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]}",
        ["3: closed.weekdays: no day of the week is left to treat on"],
    ),
    ("closed: {dates: [2026-12-24]}", ["3: closed.dates: must be a mapping such as {2026-12-24: Christmas Eve}"]),
    ("closed: {dates: {2026-02-29: x}}", ["3: closed.dates.2026-02-29: '2026-02-29' is not a day of the calendar"]),
    ("closed: {dates: {2026-12-24: ''}}", ["3: closed.dates.2026-12-24: is empty"]),
    ("closed: {dates: {24.12.2026: x}}", ["3: closed.dates.24.12.2026: '24.12.2026' is not a date; write it as 2026-01-05"]),
    ("closed: {holidays: California}", ["3: closed.holidays: 'California' is not a country or region such as US or US-CA"]),
    # Form
    ("weight: {alfa: actual}\nweight: {beta: ideal}", ["4: the key 'weight' is written twice, first in line 3"]),
]


@pytest.mark.parametrize(("text", "expected"), WRONG)
def test_what_is_wrong(text: str, expected: list[str]) -> None:
    found = problems(keys(text))
    assert len(found) == len(expected), found
    for problem, begin in zip(found, expected, strict=True):
        assert problem.startswith(f"folder/here.yaml:{begin}")


@pytest.mark.parametrize(
    "text",
    [
        "rounding: {gamma: never, alfa: measurable}",
        "rounding: {delta: vial size}\nstock: {delta: {vials: [1000 units]}}",
        "rounding: {epsilon: nearest 5 mg}",
        "rounding: {epsilon: stocked}\nstock: {epsilon: {vials: [1 mg], capsules: [1 units]}}",
        "rounding: {default: bands small}\nbands: {small: ./tables/small.csv}",
        "stock: {delta: {tablets: [1000 units], vials: [1 million units]}}",
        "share_vials: [delta]",
        "weigh: {alfa: more than 99.9 %}",
        "rules: {beta: none}",
        "closed: {weekdays: [monday, tuesday, wednesday, thursday, friday, saturday]}",
        "closed: {}",
    ],
)
def test_what_is_not_wrong(text: str) -> None:
    assert describe(read(keys(text)))


GAP = "folder/tables/small.csv:3: from: 45 leaves a gap after the band before, which ends below 44"
OVERLAP = "folder/tables/small.csv:3: from: 43 overlaps the band before, which ends below 44"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (BANDS.replace("\n44,", "\n45,").encode(), GAP),
        (BANDS.replace("\n44,", "\n43,").encode(), OVERLAP),
        (BANDS.replace("46,mg", "46,g").encode(), "folder/tables/small.csv:3: unit: 'g' after 'mg'; one table has one unit"),
        (BANDS.replace("42", "4\uff12").encode(), "folder/tables/small.csv:2: band: '4\uff12' is not a plain number"),
        (BANDS.replace("50", '"1,234"').encode(), "folder/tables/small.csv:3: below: '1,234' is not a plain number"),
        (BANDS.encode() + b"50,60,\xff,mg\n", "folder/tables/small.csv:4: not valid UTF-8; save the file as UTF-8"),
        (b"x" * 1_000_001, "folder/tables/small.csv: a band table has at most 1,000,000 bytes"),
        (b"", "folder/tables/small.csv:1: no bands; write the header"),
    ],
    ids=["gap", "overlap", "unit", "full-width", "thousands", "latin-1", "large", "empty"],
)
def test_a_band_table_with_a_problem(data: bytes, expected: str) -> None:
    (found,) = problems(WHOLE, {"tables/small.csv": data})
    assert found.startswith(expected)


def test_problems_of_file_and_tables_come_together() -> None:
    found = problems(
        WHOLE.replace("du-bois", "du-boys").replace("eu}", "uk}"), {"tables/small.csv": BANDS.replace("\n44,", "\n45,").encode()}
    )
    assert [problem.partition(": ")[0] for problem in found] == ["folder/here.yaml:3", "folder/here.yaml:16", "folder/tables/small.csv:3"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"id: here\ntitle: " + b"x" * 1_000_000, "folder/here.yaml: the file has 1,000,016 bytes"),
        (b"id: here\ntitle: caf\xe9\n", "folder/here.yaml:2: byte 0xe9 is not valid UTF-8"),
        (b"", "folder/here.yaml: the file is empty"),
        (b"- id: here\n", "folder/here.yaml:1: must be a mapping with the keys id, title"),
        (b"title: A site\n", "folder/here.yaml:1: the key 'id' is missing"),
        (b"id: here\n", "folder/here.yaml:1: the key 'title' is missing"),
        (b"id: Our Clinic\ntitle: x\n", "folder/here.yaml:1: id: 'Our Clinic' is not an id"),
        (b"id: &x here\ntitle: x\n", "folder/here.yaml:1: aliases"),
    ],
    ids=["large", "latin-1", "empty", "list", "no id", "no title", "id", "alias"],
)
def test_files_that_are_no_site(data: bytes, expected: str) -> None:
    assert any(problem.startswith(expected) for problem in problems(data))
