"""A site's file: what it says reaches the drugs."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest

from dosing.dose.policy import parse_policy
from dosing.errors import RegimenError
from dosing.regimen import library
from dosing.regimen.drug import Keep, Limit, Missed, Weigh
from dosing.regimen.facts import Fact, Gap, Percent
from dosing.schedule.closed import Closed, parse_holidays, parse_weekday
from dosing.site.read import load_site
from dosing.units import Quantity, parse_amount
from tests.site.sites import BANDS, SOURCE, WHOLE, keys, read

pytestmark = pytest.mark.usefixtures("drugs")


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


def test_load_site_reads_tables_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "small.csv").write_text(BANDS, encoding="utf-8")
    (tmp_path / "here.yaml").write_text(WHOLE, encoding="utf-8")
    assert load_site(str(tmp_path / "here.yaml")) == read(WHOLE)
    with pytest.raises(RegimenError, match=r"can't read .*nowhere\.yaml: No such file or directory"):
        load_site(str(tmp_path / "nowhere.yaml"))


def test_a_table_with_a_mark_at_its_beginning() -> None:
    assert read(WHOLE, {"tables/small.csv": b"\xef\xbb\xbf" + BANDS.encode()}).practice.bands["small"].unit == "mg"


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


def test_a_site_is_read_anew_where_a_file_of_it_changes_and_not_where_it_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "here.yaml"
    file.write_text(WHOLE, encoding="utf-8")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "small.csv").write_text(BANDS, encoding="utf-8")
    first = load_site(str(file))
    assert load_site(str(file)) is first
    file.write_text(f"{WHOLE}\n# changed\n", encoding="utf-8")
    assert load_site(str(file)).name != first.name
    file.unlink()
    with pytest.raises(RegimenError, match=r"here\.yaml"):
        load_site(str(file))
