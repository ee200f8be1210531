"""What a site decides, in words."""

import pytest

from dosing.regimen import library
from dosing.site.words import describe
from tests.site.sites import WHOLE, keys, problems, read

pytestmark = pytest.mark.usefixtures("drugs")


def test_what_the_site_decides_in_words() -> None:
    site = read(WHOLE)
    assert describe(site) == [
        f"{site.name}: A site",
        "every body surface: by Du Bois",
        "every computed amount: rounded to measurable precision",
        "every drug whose file says nothing else: a new weight counts at a change of more than 10 %",
        "alfa: rounded to bands small within 6 % (2 bands from 40 mg to below 50 mg)",
        "alfa: vials in stock 100 mg; the drug's file: 100 mg, 500 mg [book]",
        "alfa: vials are shared between patients; the drug's file: yes [book]",
        "alfa: dosed by the adjusted weight; the drug's file: actual [book]",
        "alfa: a new weight counts at a change of more than 20 %; the drug's file: each cycle [book]",
        "alfa: lifetime limit 450 mg/m2 (stop), together with every other testicin, our own; "
        "the drug's file: 550 mg/m2 (warn), together with every other testicin [book]",
        "beta: rounded to stocked strengths",
        "beta: tablets in stock 2 mg; the drug's file: 2 mg, 10 mg [book]",
        "beta: capsules in stock none; the drug's file: 5 mg [book]",
        "beta: rules `eu`, not `us`: age > 75 years [eu-book] UNVERIFIED",
        "closed: Saturday, Sunday",
        "closed: 2026-12-24, Christmas Eve",
        "closed: public holidays of US-CA",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rounding: {alfa: vial size within 10 %}", "alfa: rounded to vial size within 10 %"),
        ("rounding: {alfa: nearest 5 mg within 2.50 %}", "alfa: rounded to the nearest 5 mg within 2.5 %"),
        ("rounding: {alfa: whole vials up within 10 %}", "alfa: rounded up to whole vials within 10 %"),
        ("rounding: {alfa: whole vials down within 10 %}", "alfa: rounded down to whole vials within 10 %"),
        ("rounding: {alfa: never}", "alfa: not rounded"),
        (
            "stock: {alfa: {vials: [0.5 g, 1000 mg]}}",
            "alfa: vials in stock 0.5 g, 1000 mg; the drug's file: 100 mg, 500 mg [book]; 1000 mg not in the drug's file",
        ),
        ("stock: {delta: {vials: [10 units]}}", "delta: vials in stock 10 units"),
        ("share_vials: [delta]", "delta: vials are shared between patients"),
        ("weight: {beta: ideal}", "beta: dosed by the ideal weight"),
        ("weigh: {alfa: each cycle}", "alfa: a new weight counts each cycle; the drug's file: each cycle [book]"),
        ("weigh: {gamma: each cycle}", "gamma: a new weight counts each cycle"),
        ("missed: {alfa: keep pairs together}", "alfa: after a missed dose keep pairs together; the drug's file: keep the interval [book]"),
        ("missed: {gamma: 'keep the dates, within 12 hours'}", "gamma: after a missed dose keep the dates, within 12 hours"),
        ("limits: {beta: {daily: {value: 10 mg, act: warn}}}", "beta: daily limit 10 mg (warn)"),
        ("limits: {gamma: {single: {value: 10 mg, act: warn}}}", "gamma: single limit 10 mg (warn)"),
        ("rules: {beta: none}", "beta: none of the rules `eu`, `us`"),
    ],
)
def test_a_line_of_it(text: str, expected: str) -> None:
    assert describe(read(keys(text)))[2:] == [expected]


def test_the_only_alternative() -> None:
    path = library.data_dir() / "drugs" / "beta.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("group: us", "group: eu"), encoding="utf-8")
    library.shipped_drug.cache_clear()
    (line,) = describe(read(keys("rules: {beta: eu}")))[2:]
    assert line == "beta: rules `eu`: age > 75 years [eu-book] UNVERIFIED; age >= 75 years [book]"


def test_a_broken_drug_file_is_named() -> None:
    path = library.data_dir() / "drugs" / "beta.yaml"
    path.write_text("id: beta\n", encoding="utf-8")
    library.shipped_drug.cache_clear()
    assert "drugs/beta.yaml" in problems(keys("weight: {beta: actual}"))[0]
