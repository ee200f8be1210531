"""The sheet for what goes by needle, of invented drugs; volumes, rates and times by fractions, and worked by hand.

250 mL at 25, 50, 75, 100, 125 and 150 mL/h (60 min, then 30 min each, the last for the rest) take 200 min; at 50 and 100 mL/h for 30 min
each and 200 mL/h for the rest 112.5 min; at 200 mL/h 75 min.
"""

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dosing.dose.amount import Amount
from dosing.dose.infusion import against_range
from dosing.dose.preparation import share_day, waste_in_words
from dosing.dose.product import product_steps
from dosing.dose.steps import Step, cited
from dosing.errors import DoseError
from dosing.regimen.drug import Drug
from dosing.regimen.drugs import read_drug
from dosing.regimen.facts import Fact
from dosing.regimen.values import parse_minutes
from dosing.units import parse_quantity

HEAD = "id: x\nsource: s\nprecision: 1 mg\nroutes: IV\n"
BAG = "concentration: 20 mg/mL\nbag: {volumes: [250 mL], fluid: 0.9 % sodium chloride, withdraw: yes, source: b}\n"
RATES = """\
rates:
  1:
    value: 25 mL/h for 60 min, 50 mL/h for 30 min, 75 mL/h for 30 min, 100 mL/h for 30 min, 125 mL/h for 30 min, 150 mL/h
    source: r
    unverified: yes
  2: 50 mL/h for 30 min, 100 mL/h for 30 min, 200 mL/h
  3+: 200 mL/h
"""
DRY = "reconstitution: {source: d, fluid: sterile water, volumes: {10 mg: 5 mL, 30 mg: 15 mL, 60 mg: 29 mL}}\n"


def drug(text: str, head: str = HEAD) -> Drug:
    return read_drug(f"{head}{text}".encode(), file="x.yaml")


def steps(text: str, amount: str, *, route: str = "IV", over: str = "", infusion: int | None = None) -> tuple[Step, ...]:
    quantity = parse_quantity(amount)
    minutes = parse_minutes(over) if over else None
    return product_steps(Amount(quantity.value, quantity.unit, ()), drug(text), route=route, over=minutes, infusion=infusion)


def texts(text: str, amount: str, *, kind: str = "", route: str = "IV", over: str = "", infusion: int | None = None) -> list[str]:
    return [step.text for step in steps(text, amount, route=route, over=over, infusion=infusion) if kind in ("", step.kind)]


def test_in_the_order_of_the_work() -> None:
    text = f"{BAG}{RATES}vials: [100 mg, 500 mg]\nstability: 48 hours at 2 to 8 C\n"
    found = steps(text, "700 mg")
    assert [step.kind for step in found] == ["vials", "volume", "bag", "rate", "rate", "rate", "stability"]
    assert found[0].text == "IV: open 1 x 500 mg + 2 x 100 mg, 0 mg left over (0 % of what is opened) [s]"
    assert found[1].text == "IV: 35 mL at 20 mg/mL [s]"
    assert found[2].text == (
        "IV, bag of 250 mL 0.9 % sodium chloride: take out 35 mL, put in 35 mL of the drug: 250 mL at 2.8 mg/mL [b] [s]"
    )
    assert found[-1].text == "stability: 48 hours at 2 to 8 C [s]"
    assert {step.value for step in found} == {None}


# -- vials and what they are dissolved in -------------------------------------------------------------------------


def test_each_opened_size_is_dissolved() -> None:
    text = f"{DRY}vials: [10 mg, 30 mg, 60 mg]\nconcentration: 2 mg/mL\n"
    assert texts(text, "123.2 mg") == [
        "IV: open 2 x 60 mg + 1 x 10 mg, 6.8 mg left over (5.2 % of what is opened) [s]",
        "IV: dissolve each 60 mg vial in 29 mL of sterile water [d]",
        "IV: dissolve each 10 mg vial in 5 mL of sterile water [d]",
        "IV: 61.6 mL at 2 mg/mL [s]",
    ]


def test_every_size_where_nobody_knows_which_is_opened() -> None:
    assert len(texts(DRY, "30 mg", kind="reconstitution")) == 3


def test_a_size_whose_fluid_is_not_stated() -> None:
    """A site may stock a vial that the label doesn't name."""
    assert texts(f"{DRY}vials: [20 mg]\n", "20 mg", kind="reconstitution") == [
        "IV: how much sterile water a 20 mg vial is dissolved in is not stated [d]"
    ]
    assert texts(f"{DRY}vials: [0.06 g]\n", "60 mg", kind="reconstitution") == [
        "IV: dissolve each 0.06 g vial in 29 mL of sterile water [d]"
    ]


def test_each_route_has_its_own_fluid_and_volume() -> None:
    text = """\
concentration: {IV: 1 mg/mL, SC: 2.5 mg/mL}
reconstitution:
  IV: {fluid: saline, volumes: {3.5 mg: 3.5 mL}}
  SC: {fluid: saline, volumes: {3.5 mg: 1.4 mL}, unverified: yes}
vials: [3.5 mg]
bag: {volumes: [50 mL], fluid: saline, withdraw: no}
stability: 8 hours
"""
    found = texts(text, "2.4 mg", route="IV or SC")
    assert "IV: dissolve each 3.5 mg vial in 3.5 mL of saline [s]" in found
    assert "SC: dissolve each 3.5 mg vial in 1.4 mL of saline [s] UNVERIFIED" in found
    assert "IV: 2.4 mL at 1 mg/mL [s]" in found
    assert "SC: 0.96 mL at 2.5 mg/mL [s]" in found
    assert [text for text in found if "bag" in text] == [
        "IV, bag of 50 mL saline: put in 2.4 mL of the drug: 52.4 mL at about 0.0458 mg/mL [s]"
    ]
    assert found[-1] == "stability: 8 hours [s]"
    assert found.count("stability: 8 hours [s]") == 1


@pytest.mark.parametrize(("mg", "percent"), [("19.99", "0.1 %"), ("19.98", "0.1 %"), ("18.11", "9.5 %"), ("18.09", "9.6 %")])
def test_waste_is_shown_halves_up(mg: str, percent: str) -> None:
    """0.05 % and 9.55 % are halves: up, not to even."""
    assert f"({percent} of what is opened)" in texts("vials: [20 mg]\n", f"{mg} mg")[0]
    assert waste_in_words(Decimal("0.01"), Decimal("0.05")) == "0.01 mg left over (0.1 % of what is opened)"


@pytest.mark.parametrize(
    "extra",
    [
        "",
        "vials: not-stated\nconcentration: not-stated\nreconstitution: not-stated\nbag: not-stated\nstability: not-stated\n",
        "final_concentration: 0.2 to 4 mg/mL\n",
        RATES,
    ],
)
def test_what_nobody_stated_is_left_out(extra: str) -> None:
    assert texts(extra, "700 mg", over="30 min", infusion=1) == []


# -- the bag ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "allowed", "said"),
    [
        ("700 mg", "2.8 to 4 mg/mL", "2.8 mg/mL, within the allowed 2.8 to 4 mg/mL"),
        ("700 mg", "1 to 2.8 mg/mL", "2.8 mg/mL, within the allowed 1 to 2.8 mg/mL"),
        ("699.999 mg", "2.8 to 4 mg/mL", "about 2.8 mg/mL, below the allowed 2.8 to 4 mg/mL"),
        ("700.001 mg", "1 to 2.8 mg/mL", "about 2.8 mg/mL, above the allowed 1 to 2.8 mg/mL"),
        ("700 mg", "up to 2.7 mg/mL", "2.8 mg/mL, above the allowed up to 2.7 mg/mL"),
        ("700 mg", "at least 2.9 mg/mL", "2.8 mg/mL, below the allowed at least 2.9 mg/mL"),
    ],
)
def test_final_concentration_on_both_sides_of_its_limits(amount: str, allowed: str, said: str) -> None:
    found = next(step for step in steps(f"{BAG}final_concentration: {{value: {allowed}, source: f}}\n", amount) if step.kind == "bag")
    assert found.text.endswith(f"{said} [b] [s] [f]")
    assert found.note == ("" if "within" in said else f"no bag of x holds this amount at the allowed {allowed} [f]")


def test_one_good_bag_is_enough() -> None:
    """600 mg in 100 mL are 6 mg/mL, too much; in 250 mL they are 2.4 mg/mL."""
    text = "concentration: 20 mg/mL\nbag: {volumes: [100 mL, 250 mL], fluid: saline, withdraw: yes}\nfinal_concentration: 1 to 4 mg/mL\n"
    found = [step for step in steps(text, "600 mg") if step.kind == "bag"]
    assert ["above" in found[0].text, "within" in found[1].text] == [True, True]
    assert [step.note for step in found] == ["", ""]


def test_a_bag_that_is_too_small_says_so_and_has_no_rate() -> None:
    """1200 mg are 60 mL; 1000 mg are 50 mL, just what the small bag holds."""
    text = "concentration: 20 mg/mL\nbag: {volumes: [50 mL, 100 mL], fluid: saline, withdraw: yes}\nfinal_concentration: up to 4 mg/mL\n"
    found = texts(text, "1200 mg", over="30 min")
    assert found[1].startswith(
        "IV, bag of 50 mL saline: 60 mL of drug can't take the place of diluent in a bag of 50 mL; use a larger bag [s]"
    )
    assert [each for each in found if "mL/h" in each] == ["IV, bag of 100 mL: 200 mL/h over 30 min, as the regimen states [s]"]
    assert next(step for step in steps(text, "1200 mg") if step.kind == "bag").note
    assert "50 mL at 20 mg/mL" in texts(text, "1000 mg", kind="bag")[0]


def test_a_bag_without_a_concentration_is_named_and_no_more() -> None:
    text = "bag: {volumes: [50 mL, 100 mL], fluid: saline, withdraw: no}\nrates: {1+: 100 mL/h}\n"
    assert texts(text, "100 mg", over="30 min") == [
        "IV, bag of 50 mL saline, bag of 100 mL saline: the volume to put in is not known, as no concentration is stated [s]"
    ]


def test_an_unverified_concentration_marks_all_that_hangs_on_it() -> None:
    """Where diluent is taken out the volume to run is that of the bag, and the rate hangs on the bag alone."""
    strength = "concentration: {value: 20 mg/mL, unverified: yes, source: c}\nbag: {volumes: [250 mL], fluid: saline, withdraw: "
    on_top = texts(f"{strength}no}}\n", "700 mg", over="60 min")
    assert [text.endswith("UNVERIFIED") for text in on_top] == [True, True, True]
    assert on_top[-1] == "IV, bag of 250 mL: 285 mL/h over 60 min, as the regimen states [s] [c] UNVERIFIED"
    instead = texts(f"{strength}yes}}\n", "700 mg", over="60 min")
    assert instead[-1] == "IV, bag of 250 mL: 250 mL/h over 60 min, as the regimen states [s]"
    assert [text.endswith("UNVERIFIED") for text in instead] == [True, True, False]


amounts = st.integers(1, 200_000).map(lambda hundredths: Decimal(hundredths).scaleb(-2))


@given(amounts, st.sampled_from(["2", "20", "3"]), st.sampled_from([50, 250]), st.booleans(), st.integers(1, 300))
@settings(max_examples=120, deadline=None)
def test_bag_and_rate_by_fractions(mg: Decimal, strength: str, bag: int, withdraw: bool, minutes: int) -> None:
    text = f"concentration: {strength} mg/mL\nbag: {{volumes: [{bag} mL], fluid: f, withdraw: {'yes' if withdraw else 'no'}}}\n"
    volume, mixed, *rate = texts(text, f"{mg} mg", over=f"{minutes} min")
    drawn = Fraction(mg) / Fraction(strength)
    assert volume == f"IV: {to_places(drawn, 4)} mL at {strength} mg/mL [s]"
    if withdraw and drawn > bag:
        assert "use a larger bag" in mixed
        assert rate == []
        return
    final = Fraction(bag) if withdraw else bag + drawn
    numbers = re.findall(r"([0-9.]+) m[Lg]", mixed.partition(": ")[2])
    put = [to_places(drawn, 4)] * (2 if withdraw else 1)
    assert numbers == [*put, to_places(final, 4), to_places(Fraction(mg) / final, 4)]
    assert re.findall(r"([0-9.]+) mL/h", rate[0]) == [to_places(final * 60 / minutes, 1)]


def to_places(number: Fraction, places: int) -> str:
    """Halves up, without trailing zeros."""
    scaled = (number * 10**places * 2 + 1) // 2
    whole, rest = divmod(int(scaled), 10**places)
    return f"{whole}.{rest:0{places}}".rstrip("0").rstrip(".")


# -- the rates ----------------------------------------------------------------------------------------------------

FIRST = (
    "IV, first infusion, bag of 250 mL: 25 mL/h for 60 min, 50 mL/h for 30 min, 75 mL/h for 30 min, 100 mL/h for 30 min,"
    " 125 mL/h for 30 min, 150 mL/h for 20 min; 200 min in all [r] [b] UNVERIFIED"
)


def test_rates_of_every_infusion() -> None:
    assert texts(f"{BAG}{RATES}", "700 mg", kind="rate") == [
        FIRST,
        "IV, second infusion, bag of 250 mL: 50 mL/h for 30 min, 100 mL/h for 30 min, 200 mL/h for 52.5 min;"
        " 113 min in all (112.5) [s] [b]",
        "IV, third and later infusions, bag of 250 mL: 200 mL/h for 75 min; 75 min in all [s] [b]",
    ]


@pytest.mark.parametrize(
    ("infusion", "total"), [(1, "200 min in all"), (2, "113 min in all (112.5)"), (3, "75 min in all"), (40, "75 min in all")]
)
def test_rates_of_one_infusion(infusion: int, total: str) -> None:
    (text,) = texts(f"{BAG}{RATES}", "700 mg", kind="rate", infusion=infusion)
    assert text.startswith(f"IV, infusion {infusion}, bag of 250 mL: ")
    assert f"; {total} [" in text


def test_infusions_are_counted_from_one() -> None:
    with pytest.raises(DoseError, match="infusion 0: the infusions of a drug count from 1"):
        texts(f"{BAG}{RATES}", "700 mg", infusion=0)


def test_an_infusion_that_the_file_says_nothing_of() -> None:
    text = BAG + "rates: {2-4: 100 mL/h, 5: not-stated}\n"
    assert texts(text, "700 mg", kind="rate", infusion=1) == []
    assert len(texts(text, "700 mg", kind="rate", infusion=4)) == 1
    assert texts(text, "700 mg", kind="rate", infusion=5) == []


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("1+", "every infusion"),
        ("2+", "second and later infusions"),
        ("2-4", "infusions 2-4"),
        ("6", "sixth infusion"),
        ("7", "7th infusion"),
        ("11", "11th infusion"),
        ("21", "21st infusion"),
        ("22+", "22nd and later infusions"),
        ("23", "23rd infusion"),
        ("112", "112th infusion"),
    ],
)
def test_infusions_in_words(key: str, words: str) -> None:
    (text,) = texts(BAG + f"rates: {{{key}: 100 mL/h}}\n", "700 mg", kind="rate")
    assert text.startswith(f"IV, {words}, bag of 250 mL: 100 mL/h for 150 min; 150 min in all")


@pytest.mark.parametrize(("rate", "total"), [("100", "150 min in all [s]"), ("101", "149 min in all (148.5149) [s]")])
def test_whole_minutes(rate: str, total: str) -> None:
    assert total in texts(BAG + f"rates: {{1+: {rate} mL/h}}\n", "700 mg", kind="rate")[0]


def test_minutes_halves_up() -> None:
    """250 mL at 200 mL/h for 30 min leave 150 mL: at 150 mL/h 60 min; at 180 mL/h 50; at 160 mL/h 56.25; at 1200 mL/h 7.5."""
    ends = {"150": "90 min", "180": "80 min", "160": "86 min in all (86.25)", "1200": "38 min in all (37.5)"}
    for rate, total in ends.items():
        assert f"; {total}" in texts(BAG + f"rates: {{1+: '200 mL/h for 30 min, {rate} mL/h'}}\n", "700 mg", kind="rate")[0]


def test_rates_that_end_too_early_say_so() -> None:
    (text,) = texts(BAG + "rates: {1+: 100 mL/h for 60 min}\n", "700 mg", kind="rate")
    assert "the rates end after 60 min with 100 of 250 mL given" in text


def test_no_steady_rate_for_a_drug_with_rates_in_steps() -> None:
    """200 min are those of all steps of the first infusion: 250 mL at a steady 75 mL/h would begin three times as fast as 25 mL/h."""
    for infusion in (None, 1, 2):
        assert all("75 mL/h over" not in text for text in texts(f"{BAG}{RATES}", "700 mg", over="200 min", infusion=infusion))
    assert texts(f"{BAG}{RATES}", "700 mg", kind="rate", over="200 min", infusion=1) == [FIRST.replace("first infusion", "infusion 1")]
    unknown = BAG + "rates: {1: not-stated}\n"
    assert texts(unknown, "700 mg", kind="rate", over="50 min") == ["IV, bag of 250 mL: 300 mL/h over 50 min, as the regimen states [b]"]


@pytest.mark.parametrize(
    ("infusion", "over", "said"),
    [
        (1, "199 min", ", but the regimen states 199 min"),
        (1, "200 min", ""),
        (2, "112 min", ", but the regimen states 112 min"),
        (2, "113 min", ""),
        (2, "114 min", ", but the regimen states 114 min"),
        (3, "1 to 2 hours", ""),
        (3, "2 to 4 hours", ", but the regimen states 2 to 4 hours"),
        (None, "1 min", ""),
    ],
)
def test_a_time_that_is_not_that_of_the_rates(infusion: int | None, over: str, said: str) -> None:
    text = texts(f"{BAG}{RATES}", "700 mg", kind="rate", over=over, infusion=infusion)[0]
    assert text.partition(" min in all")[2].partition(" [")[0].removeprefix(" (112.5)") == said


def test_a_range_of_times_has_no_rate() -> None:
    assert texts(BAG, "700 mg", kind="rate", over="4 to 6 hours") == []


def test_a_rate_that_has_no_end_of_digits() -> None:
    assert "about 35.7 mL/h over 420 min" in texts(BAG, "700 mg", kind="rate", over="7 hours")[0]


@pytest.mark.parametrize(("route", "there"), [("SC", False), ("IM", False), ("IT", False), ("IP", True), ("IV", True)])
def test_bags_are_for_infusions(route: str, there: bool) -> None:
    assert bool(texts(BAG, "700 mg", kind="bag", route=route)) is there


def test_no_route_anywhere() -> None:
    unknown = drug(BAG, head="id: x\nsource: s\nprecision: 1 mg\nroutes: not-stated\n")
    found = product_steps(Amount(Decimal(700), "mg", ()), unknown, route="")
    assert found[0].text == "route not stated: 35 mL at 20 mg/mL [s]"
    assert found[1].text.startswith("route not stated, bag of 250 mL")


# -- small words --------------------------------------------------------------------------------------------------


def test_sources_stand_once_each() -> None:
    one, other = Fact(1, "a"), Fact(2, "b", unverified=True)
    assert cited(one) == "[a]"
    assert cited(one, one, other) == "[a] [b] UNVERIFIED"


@pytest.mark.parametrize(("value", "place"), [("0.99", "below"), ("1", "within"), ("2", "within"), ("2.01", "above")])
def test_against_range(value: str, place: str) -> None:
    limits = {"lowest": parse_quantity("1 mg/mL"), "highest": parse_quantity("2 mg/mL")}
    assert against_range(parse_quantity(f"{value} mg/mL"), **limits) == place
    assert against_range(parse_quantity(f"{value} mg/mL")) == "within"


# -- common vials -------------------------------------------------------------------------------------------------


def shared(text: str, *mg: str, allow: bool = False) -> list[str]:
    return [step.text for step in share_day([parse_quantity(f"{each} mg") for each in mg], drug(text), allow=allow)]


def test_sharing_where_the_file_allows_it() -> None:
    """Alone 40, 40 and 50 mg; together 120 mg from two vials of 60. 10 of 130 mg are 7.7 %."""
    text = "vials: [10 mg, 60 mg]\nshare_vials: {value: yes, source: v, unverified: yes}\n"
    assert shared(text, "36", "36", "48") == [
        "vials may be shared [v] UNVERIFIED",
        "open 2 x 60 mg for 120 mg in all, 0 mg left over (0 % of what is opened) [s]",
        "patient 1: 36 mg, 36 mg of what is opened on its account; alone 4 x 10 mg",
        "patient 2: 36 mg, 36 mg of what is opened on its account; alone 4 x 10 mg",
        "patient 3: 48 mg, 48 mg of what is opened on its account; alone 5 x 10 mg",
        "saved 10 mg (7.7 %): each alone would open 130 mg, together 120 mg",
    ]


def test_sharing_that_the_user_allows() -> None:
    found = shared("vials: [3.5 mg]\n", "2.4", "2.1", allow=True)
    assert found[0] == "sharing was allowed by the user (--allow); the file of x does not state whether vials may be shared"
    assert found[-1] == "saved 0 mg (0 %): each alone would open 7 mg, together 7 mg"
    assert shared("vials: [3.5 mg]\nshare_vials: not-stated\n", "2.4", allow=True)[0] == found[0]


@pytest.mark.parametrize(
    ("text", "allow", "message"),
    [
        ("vials: [10 mg]\nshare_vials: no\n", False, r"x: its vials must not be shared between patients, the label forbids it \[s\];"),
        ("vials: [10 mg]\nshare_vials: no\n", True, "the label forbids it"),
        ("vials: [10 mg]\n", False, "whether its vials may be shared between patients is not stated; .* --allow"),
        ("vials: [10 mg]\nshare_vials: not-stated\n", False, "is not stated"),
        ("share_vials: yes\n", False, "x: its file states no vials"),
        ("vials: not-stated\nshare_vials: yes\n", False, "states no vials"),
    ],
)
def test_sharing_that_nobody_allows(text: str, allow: bool, message: str) -> None:
    with pytest.raises(DoseError, match=message):
        shared(text, "2", "3", allow=allow)
