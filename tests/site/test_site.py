"""A site's file: what it says reaches the drugs, and everything wrong in it is named with file, line and path."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest

from dosing.dose.policy import parse_policy
from dosing.errors import RegimenError, RegimenFileError
from dosing.regimen import library
from dosing.regimen.drug import Keep, Limit, Missed, Weigh
from dosing.regimen.facts import Fact, Gap, Percent
from dosing.schedule.closed import Closed, parse_holidays, parse_weekday
from dosing.site.read import Site, load_site, read_site
from dosing.site.words import describe
from dosing.units import Quantity, parse_amount

DRUGS = {
    # Into a vein, with everything that a site may change.
    "alfa": """\
source: book
names: [Alfatin]
class: [testicin]
routes: IV or SC
precision: 1 mg
vials: [100 mg, 500 mg]
weight: actual
weigh: each cycle
missed: keep the interval
share_vials: yes
limits: {lifetime: {value: 550 mg/m2, act: warn, together: testicin}, single: {value: 0.2 g, act: stop}}
""",
    # By mouth, with alternatives to choose from and a rule for everybody.
    "beta": """\
source: book
routes: PO
precision: 0.5 mg
tablets: [2 mg, 10 mg]
capsules: [5 mg]
rules:
  old: {group: eu, when: age > 75 years, percent: 50 %, source: eu-book, unverified: yes}
  older: {group: us, when: age >= 75 years, percent: 50 %}
  ill: {when: dialysis, percent: 25 %}
""",
    # Not shared, not rounded.
    "gamma": """\
source: book
routes: IV
precision: 0.1 mg
vials: [3.5 mg]
share_vials: no
never_round: yes
weigh: not-stated
limits: {single: not-stated}
""",
    # A file that says little; measured in units.
    "delta": "source: book\nroutes: not-stated\nprecision: 10 units\n",
    "epsilon": "source: book\nroutes: PO or IV\nprecision: not-stated\n",
}
BANDS = "from,below,band,unit\n40,44,42,mg\n44,50,46,mg\n"

WHOLE = """\
id: here
title: A site
formula: du-bois
rounding:
  default: measurable
  alfa: bands small within 6 %
  beta: stocked
bands: {small: tables/small.csv}
stock:
  alfa: {vials: [100 mg]}
  beta: {tablets: [2 mg]}
share_vials: [Alfatin]
weight: {alfa: adjusted}
weigh: {default: more than 10 %, alfa: more than 20 %}
limits: {alfa: {lifetime: {value: 450 mg/m2, act: stop, because: our own}}}
rules: {beta: eu}
closed:
  weekdays: [saturday, sunday]
  dates: {2026-12-24: Christmas Eve}
  holidays: US-CA
"""
SOURCE = "site here"


@pytest.fixture(autouse=True)
def drugs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Drugs made up for these tests stand in for the shipped ones."""
    folder = tmp_path / "data" / "drugs"
    folder.mkdir(parents=True)
    for id, text in DRUGS.items():
        (folder / f"{id}.yaml").write_text(f"id: {id}\n{text}", encoding="utf-8")
    monkeypatch.setattr(library, "data_dir", lambda: tmp_path / "data")
    library.shipped_drug.cache_clear()
    yield
    library.shipped_drug.cache_clear()


def read(text: str | bytes, files: dict[str, bytes] | None = None) -> Site:
    tables = {"tables/small.csv": BANDS.encode()} if files is None else files

    def open_file(path: Path) -> bytes:
        assert path.parent.parent == Path("folder")
        try:
            return tables[path.relative_to("folder").as_posix()]
        except KeyError:
            raise RegimenError(f"can't read {path}: No such file or directory") from None

    return read_site(text.encode() if isinstance(text, str) else text, file="folder/here.yaml", open_file=open_file)


def keys(text: str) -> str:
    return f"id: here\ntitle: A site\n{text}"


def problems(text: str | bytes, files: dict[str, bytes] | None = None) -> list[str]:
    with pytest.raises(RegimenFileError) as caught:
        read(text, files)
    return [str(problem) for problem in caught.value.problems]


def mg(*sizes: str) -> tuple[Quantity, ...]:
    return tuple(parse_amount(size) for size in sizes)


def test_a_whole_file() -> None:
    site = read(WHOLE)
    practice = site.practice
    assert (site.id, site.title) == ("here", "A site")
    assert practice.formula == "du-bois"
    assert practice.rounding == {
        "": Fact(parse_policy("measurable"), SOURCE),
        "alfa": Fact(parse_policy("bands small within 6 %"), SOURCE),
        "beta": Fact(parse_policy("stocked"), SOURCE),
    }
    assert [band.dose for band in practice.bands["small"].bands] == [42, 46]
    assert practice.drugs == {
        "": {"weigh": Fact(Weigh(Percent(Decimal(10))), SOURCE)},
        "alfa": {
            "vials": Fact(mg("100 mg"), SOURCE),
            "share_vials": Fact(True, SOURCE),
            "weight": Fact("adjusted", SOURCE),
            "weigh": Fact(Weigh(Percent(Decimal(20))), SOURCE),
            "limits": {"lifetime": Fact(Limit(Quantity(Decimal(450), "mg/m2"), True, "testicin"), SOURCE, "our own")},
        },
        "beta": {"tablets": Fact(mg("2 mg"), SOURCE), "capsules": None},
    }
    assert practice.groups == {"beta": "eu"}
    assert site.closed == Closed(frozenset({5, 6}), {date(2026, 12, 24): "Christmas Eve"}, "US-CA")


def test_a_file_that_decides_nothing() -> None:
    site = read(keys(""))
    assert site.practice.formula == "mosteller"
    assert (site.practice.rounding, site.practice.bands, site.practice.drugs, site.practice.groups) == ({}, {}, {}, {})
    assert site.closed == Closed()


def test_a_rule_for_a_missed_dose_goes_before_that_of_the_file() -> None:
    practice = read(keys("missed: {alfa: 'keep pairs together, within 48 hours'}")).practice
    assert practice.drug(library.find_drug("alfa")).missed == Fact(Missed(Keep.PAIR, 48), SOURCE)
    assert read(keys("")).practice.drug(library.find_drug("alfa")).missed == Fact(Missed(Keep.INTERVAL), "book")
    assert list(practice.said())[1:] == ["alfa: after a missed dose keep pairs together, within 48 hours [site here]"]


def test_the_drug_as_it_is_at_the_site() -> None:
    practice = read(WHOLE).practice
    alfa = practice.drug(library.find_drug("alfa"))
    assert alfa.vials == Fact(mg("100 mg"), SOURCE)
    assert {key: str(fact.stated.most) for key, fact in alfa.limits.items() if fact.stated} == {"lifetime": "450 mg/m2", "single": "0.2 g"}
    assert practice.drug(library.find_drug("gamma")).weigh == Fact(Weigh(Percent(Decimal(10))), SOURCE)
    beta = practice.drug(library.find_drug("beta"))
    assert (beta.tablets, beta.capsules) == (Fact(mg("2 mg"), SOURCE), None)
    policy = practice.policy(library.find_drug("delta"), computed=True)
    assert policy
    assert str(policy.stated) == "measurable"


def test_a_limit_keeps_the_class_of_the_drug_file_and_may_name_another() -> None:
    own = read(keys("limits: {alfa: {single: {value: 150 mg, act: stop}}}")).practice.drugs["alfa"]["limits"]["single"]
    assert own.stated == Limit(Quantity(Decimal(150), "mg"), True)
    first = read(keys("limits: {alfa: {cycle: {value: 150 mg/m2, act: warn, together: testicin}}}")).practice.drugs["alfa"]["limits"]
    assert first["cycle"].stated == Limit(Quantity(Decimal(150), "mg/m2"), False, "testicin")
    gamma = read(keys("limits: {gamma: {single: {value: 1 mg, act: stop}}}")).practice.drugs["gamma"]["limits"]["single"]
    assert gamma.stated == Limit(Quantity(Decimal(1), "mg"), True)


def test_the_name_holds_the_hash_of_the_file_and_its_tables_in_order() -> None:
    two = WHOLE.replace("bands: {small: tables/small.csv}", "bands: {small: tables/small.csv, tiny: tables/b.csv}")
    two = two.replace("beta: stocked", "beta: bands tiny")
    files = {"tables/small.csv": BANDS.encode(), "tables/b.csv": b"from_mg,below_mg,band_mg\n1,3,2\n"}
    assert read(WHOLE).name == f"here ({sha256(WHOLE.encode() + BANDS.encode()).hexdigest()[:12]})"
    both = sha256(two.encode() + files["tables/small.csv"] + files["tables/b.csv"]).hexdigest()
    assert read(two, files).practice.site == f"here ({both[:12]})"
    assert read(WHOLE, {"tables/small.csv": BANDS.encode() + b"\n"}).name != read(WHOLE).name


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


def test_load_site_reads_tables_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "small.csv").write_text(BANDS, encoding="utf-8")
    (tmp_path / "here.yaml").write_text(WHOLE, encoding="utf-8")
    assert load_site(str(tmp_path / "here.yaml")) == read(WHOLE)
    with pytest.raises(RegimenError, match=r"can't read .*nowhere\.yaml: No such file or directory"):
        load_site(str(tmp_path / "nowhere.yaml"))


def test_a_table_with_a_mark_at_its_beginning() -> None:
    assert read(WHOLE, {"tables/small.csv": b"\xef\xbb\xbf" + BANDS.encode()}).practice.bands["small"].unit == "mg"


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


@pytest.mark.parametrize(("text", "number"), [("monday", 0), ("friday", 4), ("sunday", 6)])
def test_days_of_the_week_count_as_dates_count_them(text: str, number: int) -> None:
    assert parse_weekday(text) == number
    assert date(2026, 1, 5 + number).weekday() == number


@pytest.mark.parametrize(
    ("parse", "text"),
    [(parse_weekday, text) for text in ("Monday", "mon", "", "0")]
    + [(parse_holidays, text) for text in ("us", "USA", "US-", "US-CALI", "U", "", "US_CA", "US-ca", "\uff35\uff33", "US\n")],
)
def test_what_is_no_weekday_and_no_region(parse: Callable[[str], object], text: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        parse(text)


def test_regions() -> None:
    assert [parse_holidays(text) for text in ("DE", "US-CA", "GB-ENG", "AU-1")] == ["DE", "US-CA", "GB-ENG", "AU-1"]


def test_a_gap_is_not_a_fact() -> None:
    """What the site leaves out stays with the drug's file."""
    gamma = read(keys("")).practice.drug(library.find_drug("gamma"))
    assert gamma.weigh
    assert gamma.weigh.value is Gap.NOT_STATED
