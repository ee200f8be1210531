"""`dosing check`: problems of sense have the right line, each variant and proxy is tried, and `--strict` lists what nobody could trace."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from dosing.cli import commands
from dosing.regimen.drugs import read_drug
from dosing.regimen.lint import check_drug, check_regimen, unverified, unverified_in_drug
from dosing.regimen.read import read_regimen

# Line numbers in the tests are those of this text.
REGIMEN = """\
id: good
title: Good
version: 1
checked: 2026-11-21
source: s
aliases: [g1, g2]
sources:
  s: {title: S, grade: A}
phases:
  - id: first
    cycle: 28 days
    repeat: 6
    order: [dexamethasone]
    give:
      - drug: dexamethasone
        dose: {C1 D1: 20 mg, else: 40 mg}
        route: PO
        days: 1 8
      - drug: {value: prednisone, source: s}
        dose: 60 mg/m2
        route: PO
        days:
          C1: 1-4
          C2+: 1-2
      - id: infusion
        drug: carfilzomib
        dose: 27 mg/m2
        route: IV
        over: 30 min
        days: 1 2
    assess:
      - what: Bone marrow
        days: 1
    visits:
      - what: First visit
        at: end of first
  - id: second
    for: 18 months
    ends: cut at the day
    give:
      - drug: dexamethasone
        dose: as last of first
        route: PO
        days: daily
variants:
  short:
    title: Short
    set:
      first.repeat: 4
  low:
    title: Low
    set: {first.dexamethasone.dose: 20 mg}
proxies:
  other:
    title: Other
    source: s
    because: b
    set: {prednisone.days: 1-4}
"""


def check(*changes: tuple[str, str], file: str = "good.yaml") -> list[str]:
    text = REGIMEN
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return list(map(str, check_regimen(text.encode(), file=file)))


def test_nothing_is_wrong_with_the_example() -> None:
    assert check() == []
    assert check(file="some/where/good.yaml") == []


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("id: good", "id: better", "1: id: "),
        ("[g1, g2]", "[g1, g1]", "6: aliases.g1: "),
        ("cycle: 28 days", "cycle: {C1-4: 28 days}", "11: first.cycle: "),
        ("cycle: 28 days", "cycle: 7 days", "18: first.dexamethasone.days: cycle 1: day 8"),
        ("    repeat: 6\n", "", "10: first: a phase with a cycle needs"),
        ("order: [dexamethasone]", "order: [dexa]", "13: first.order: "),
        ("C1 D1: 20 mg", "C1 D2: 20 mg", "16: first.dexamethasone.dose: the scope C1 D2"),
        ("days: 1 8", "days: 1 29", "18: first.dexamethasone.days: cycle 1: day 29"),
        ("{value: prednisone, source: s}", "{value: prednisone, source: t}", "19: first.prednisone.drug: the source 't'"),
        ("60 mg/m2", "60 units/m2", "20: first.prednisone.dose: "),
        ("C2+: 1-2", "C3+: 1-2", "22: first.prednisone.days: no scope covers cycle 2"),
        ("        over: 30 min\n", "", "25: first.infusion: an IV drug needs `over`"),
        ("drug: carfilzomib", "drug: carfil", "26: first.infusion.drug: "),
        ("what: Bone marrow\n        days: 1", "what: Bone marrow\n        days: 0", "33: first.bone-marrow.days: "),
        ("at: end of first", "at: end of third", "36: first.first-visit.at: "),
        ("for: 18 months", "for: {value: 18 months, source: t}", "38: second.for: "),
        ("ends: cut at the day", "ends: {value: cut at the day, source: t}", "39: second.ends: "),
        ("as last of first", "as last of third", "42: second.dexamethasone.dose: "),
        ("days: daily", "days: 1-9999", "44: second.dexamethasone.days: "),
        ("C2+: 1-2", "C2-7: 1-2", "22: first.prednisone.days: the scope C2-7 goes past the 6 cycles of the phase"),
        ("cycle: 28 days", "cycle: {C1-7: 28 days}", "11: first.cycle: the scope C1-7 goes past the 6 cycles of the phase"),
        ("first.repeat: 4", "first.cycle: 7 days", "46: variants.short: with variant short: first.dexamethasone.days: cycle 1: day 8"),
        ("title: Low\n", "title: Low\n    source: t\n", "50: variants.low: the source 't'"),
        (
            "{prednisone.days: 1-4}",
            "{prednisone.days: 1-40}",
            "54: proxies.other: with proxy other: first.prednisone.days: cycle 1: day 40",
        ),
        ("source: s\n    because", "source: t\n    because", "54: proxies.other: the source 't'"),
    ],
)
def test_the_line_of_a_problem(old: str, new: str, place: str) -> None:
    (line,) = check((old, new))
    assert line.startswith(f"good.yaml:{place}")


def test_the_line_of_a_source_that_everything_rests_on() -> None:
    first, *_ = check(("source: s\naliases", "source: t\naliases"))
    assert first.startswith("good.yaml:5: source: the source 't'")


def test_problems_are_in_the_order_of_their_lines() -> None:
    found = check(
        ("at: end of first", "at: end of third"), ("60 mg/m2", "60 units/m2"), ("[dexamethasone]", "[dexa]"), ("id: good", "id: better")
    )
    assert [line.split(":")[1] for line in found] == ["1", "13", "20", "36"]


def test_problems_of_form_come_alone() -> None:
    (line,) = check(("version: 1", "version: one"), ("id: good", "id: better"))
    assert line.startswith("good.yaml:3: version: ")


def test_overlays_are_tried_one_by_one_once_the_regimen_makes_sense() -> None:
    bad_overlays = (("first.repeat: 4", "first.cycle: 7 days"), ("{prednisone.days: 1-4}", "{prednisone.days: 1-40}"))
    assert [line.split(":")[1] for line in check(*bad_overlays)] == ["46", "54"]
    assert [line.split(":")[1] for line in check(*bad_overlays, ("60 mg/m2", "60 units/m2"))] == ["20"]


def test_a_variant_may_shorten_a_phase() -> None:
    """Then `C2+` goes past its end, as it does not in the regimen itself."""
    assert check(("first.repeat: 4", "first.repeat: 1")) == []
    (line,) = check(("    repeat: 6\n", "    repeat: 1\n"))
    assert line.startswith("good.yaml:22: first.prednisone.days: the scope C2+ goes past the 1 cycles")


def test_the_file_is_called_after_the_regimen() -> None:
    assert check(file="other.yaml") == ["other.yaml:1: id: the id is 'good' but the file is called other.yaml"]


def test_a_regimen_without_phases() -> None:
    text = "id: x\ntitle: X\nversion: 1\nchecked: 2026-11-21\nsource: dc-k\nphases: []\n"
    assert list(map(str, check_regimen(text.encode(), file="x.yaml"))) == ["x.yaml:6: phases: a regimen has at least one phase"]


# -- drugs --------------------------------------------------------------------------------------------------------

DRUG = "id: abc\nsource: dc-k\nroutes: IV\nprecision: 1 mg\ncodes:\n  atc: {value: L01, source: atc}\nvials: [5 mg]\n"


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("id: abc", "id: abc", []),
        ("routes: IV", "routes: oral", ["abc.yaml:3: routes: unknown route 'oral'; known are IV, PO, SC, IM, IT, IP, joined by `or`"]),
        ("source: atc", "source: atd", ["abc.yaml:6: codes.atc: the source 'atd' is not in the bibliography; add it to sources.yaml"]),
        (
            "vials: [5 mg]",
            "vials: {value: [5 mg], source: atd}",
            ["abc.yaml:7: vials: the source 'atd' is not in the bibliography; add it to sources.yaml"],
        ),
    ],
)
def test_what_is_wrong_with_a_drug(old: str, new: str, found: list[str]) -> None:
    assert DRUG.count(old) == 1
    assert list(map(str, check_drug(DRUG.replace(old, new).encode(), file="abc.yaml"))) == found


def test_a_drug_whose_own_source_is_unknown() -> None:
    found = [str(problem) for problem in check_drug(DRUG.replace("dc-k", "dc-kk").encode(), file="abc.yaml")]
    assert "abc.yaml:2: source: the source 'dc-kk' is not in the bibliography; add it to sources.yaml" in found


# -- what nobody could trace --------------------------------------------------------------------------------------

UNVERIFIED = (
    ("route: PO\n        days: 1 8", "route: {value: PO, unverified: yes, because: it was so}\n        days: 1 8"),
    ("what: First visit\n", "what: First visit\n        unverified: yes\n"),
    (
        "{first.dexamethasone.dose: 20 mg}",
        "{first.dexamethasone.dose: {C1: {value: 20 mg, unverified: yes}, else: 30 mg}, second.ends: not-stated}",
    ),
    ("because: b\n", "because: b\n    unverified: yes\n"),
    ("variants:\n", "drugs:\n  mine: {source: s, routes: PO, precision: {value: 1 mg, unverified: yes, because: m}}\nvariants:\n"),
)


def with_unverified() -> str:
    text = REGIMEN
    for old, new in UNVERIFIED:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def test_every_unverified_fact_is_listed() -> None:
    assert unverified(read_regimen(REGIMEN.encode(), file="good.yaml")) == []
    assert unverified(read_regimen(with_unverified().encode(), file="good.yaml")) == [
        ("first.dexamethasone.route", "it was so"),
        ("first.first-visit.at", ""),
        ("variant low: first.dexamethasone.dose", ""),
        ("proxy other", "b"),
        ("drugs.mine.precision", "m"),
    ]


def test_a_setting_without_scopes_may_be_unverified_too() -> None:
    text = REGIMEN.replace("first.repeat: 4", "first.repeat: {value: 4, unverified: yes}")
    assert unverified(read_regimen(text.encode(), file="good.yaml")) == [("variant short: first.repeat", "")]


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("routes: {value: PO, unverified: yes}\nprecision: 1 mg", "routes"),
        ("routes: PO\nprecision: {value: 1 mg, unverified: yes}", "precision"),
        ("routes: PO\nprecision: 1 mg\nbsa_cap: {value: 2 m2, unverified: yes}", "bsa_cap"),
        ("routes: PO\nprecision: 1 mg\nvials: {value: [1 mg], unverified: yes}", "vials"),
        ("routes: PO\nprecision: 1 mg\ntablets: {value: [1 mg], unverified: yes}", "tablets"),
        ("routes: PO\nprecision: 1 mg\ncapsules: {value: not-stated, unverified: yes}", "capsules"),
        ("routes: PO\nprecision: 1 mg\nconcentration: {value: 1 mg/mL, unverified: yes}", "concentration"),
        ("routes: PO\nprecision: 1 mg\nconcentration: {IV: {value: 1 mg/mL, unverified: yes}, SC: 2 mg/mL}", "concentration.IV"),
        ("routes: PO\nprecision: 1 mg\ncodes: {atc: {value: L01, unverified: yes}, rxnorm: 1}", "codes.atc"),
    ],
)
def test_every_unverified_fact_of_a_drug_is_listed(line: str, path: str) -> None:
    assert unverified_in_drug(read_drug(f"id: abc\nsource: s\n{line}".encode(), file="abc.yaml")) == [(f"abc.{path}", "")]


def test_strict_makes_them_problems(tmp_path: Path) -> None:
    file = tmp_path / "good.yaml"
    file.write_text(with_unverified(), encoding="utf-8")
    assert CliRunner().invoke(commands, ["check", str(file)]).exit_code == 0
    strict = CliRunner().invoke(commands, ["check", "--strict", str(file)])
    assert strict.exit_code == 3
    assert strict.stderr.splitlines() == [
        "Error: 5 problems found",
        f"{file}: first.dexamethasone.route: unverified (it was so)",
        f"{file}: first.first-visit.at: unverified",
        f"{file}: variant low: first.dexamethasone.dose: unverified",
        f"{file}: proxy other: unverified (b)",
        f"{file}: drugs.mine.precision: unverified (m)",
    ]


def test_a_drug_s_unknown_source_is_a_problem_on_the_command_line(tmp_path: Path) -> None:
    folder = tmp_path / "drugs"
    folder.mkdir()
    file = folder / "abc.yaml"
    file.write_text(DRUG.replace("source: atc", "source: atd"), encoding="utf-8")
    result = CliRunner().invoke(commands, ["check", str(file)])
    assert result.exit_code == 3
    assert f"{file}:6: codes.atc: the source 'atd' is not in the bibliography" in result.stderr
