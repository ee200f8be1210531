"""What the clinic prepares: once for each distinct amount, on the days that the schedule has it, with every source that it hangs on."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from dosing.dose.schedule import DosedSchedule
from dosing.export.text import in_words
from dosing.page.bench import bench_of
from dosing.schedule.entries import GIVEN
from tests.page.pages import changed, drawn, invented

_KPD = ("nz-kpd", "isa-label")


def test_each_amount_stands_once_with_its_days() -> None:
    """krd in two cycles: carfilzomib 20 mg/m2 on the first two days, then 27 mg/m2; 170 cm and 70 kg make 1.818 m2."""
    blocks = bench_of(drawn("krd", cycles=2)).blocks
    assert [(block.letter, block.title, block.days) for block in blocks] == [
        ("A", "carfilzomib 36.4 mg IV over 10 min", "C1 D1 2 (2 days, 2026-01-05 to 2026-01-06)"),
        ("B", "lenalidomide 25 mg PO", "C1-2 D1-21 (42 days, 2026-01-05 to 2026-02-22)"),
        ("C", "dexamethasone 40 mg PO or IV", "C1-2 D1 8 15 22 (8 days, 2026-01-05 to 2026-02-23)"),
        ("D", "carfilzomib 49.1 mg IV over 10 min", "C1 D8 9 15 16, C2 D1 2 8 9 15 16 (10 days, 2026-01-12 to 2026-02-17)"),
    ]


def test_a_block_says_what_was_ordered_how_it_was_computed_and_what_to_draw_up() -> None:
    """20 mg/m2 x 1.8181 m2 = 36.3624 mg, at 2 mg/mL 18.2 mL."""
    dosed = drawn("krd", cycles=1)
    lines = bench_of(dosed).blocks[0].lines
    source = next(row.entry.facts["dose"].source for row in dosed.rows if row.entry.activity == "carfilzomib")
    assert lines[0] == f"ordered: 20 mg/m2 [{source}]"
    assert "dose: 20 mg/m2 x 1.8181 m2 = 36.3624 mg" in lines
    assert any("18.2 mL at 2 mg/mL [" in line for line in lines)
    assert not any(line.startswith("product") or "  " in line for line in lines)


def test_a_dose_from_elsewhere_says_so() -> None:
    blocks = bench_of(drawn("isa-kpd", cycles=1, proxy=_KPD)).blocks
    assert blocks[0].lines[0] == "ordered: 10 mg/kg [tm-isa] from proxy isa-label"


def test_phases_are_named_where_there_are_several() -> None:
    blocks = {block.title: block.days for block in bench_of(drawn("isa-kpd", cycles=2, proxy=_KPD)).blocks}
    days = "induction C1-2 D1-21; maintenance C1-2 D1-21 (84 days, "
    assert blocks["pomalidomide 4 mg PO"].startswith(days)


@pytest.mark.parametrize("name", ["krd", "vmp", "k-20-27", "kd-weekly"])
def test_every_dose_leads_to_the_block_with_its_words(name: str) -> None:
    """And each block holds as many days as there are."""
    dosed = drawn(name, cycles=3)
    bench = bench_of(dosed)
    titles = {block.letter: block.title for block in bench.blocks}
    ordered = [row for row in dosed.rows if row.order]
    assert ordered
    assert [titles[bench.letter[row.entry.key]] for row in ordered] == [in_words(row) for row in ordered]
    days = Counter(letter for letter, _ in {(bench.letter[row.entry.key], row.entry.happens_on) for row in ordered})
    assert all(f"({days[block.letter]} day" in block.days for block in bench.blocks)


def test_what_was_given_or_is_not_to_be_given_is_not_prepared(tmp_path: Path) -> None:
    dosed = changed(tmp_path)
    bench = bench_of(dosed)
    stand = {row.entry.key for row in dosed.rows if not row.entry.status}
    assert {row.entry.status for row in dosed.rows} > {"", GIVEN, "held", "omitted"}
    assert set(bench.letter) == stand


def test_what_has_no_dose_has_no_block_and_an_amount_that_is_missing_says_why(tmp_path: Path) -> None:
    """Of the invented regimen one dose is not stated; without a weight nobody knows the amount by it."""
    dosed = invented(tmp_path)
    unknown = next(row for row in dosed.rows if row.entry.activity == "unknown")
    assert unknown.entry.key not in bench_of(dosed).letter
    bare = _without_amount(drawn("krd", cycles=1))
    block = bench_of(bare).blocks[0]
    assert (block.title, block.lines[1:]) == ("carfilzomib 20 mg/m2 IV over 10 min", ("amount not computed: weight not given",))


def _without_amount(dosed: DosedSchedule) -> DosedSchedule:
    why = "amount not computed: weight not given"
    return replace(dosed, rows=tuple(replace(row, amount=None, why=why) for row in dosed.rows))


def test_a_dose_without_a_source_is_shown_without_one() -> None:
    """As in a schedule whose facts somebody made in Python."""
    dosed = drawn("krd", cycles=1)
    row = dosed.rows[0]
    bare = {name: replace(fact, source="") for name, fact in row.entry.facts.items()}
    one = replace(dosed, rows=(replace(row, entry=replace(row.entry, facts=bare)),))
    block = bench_of(one).blocks[0]
    assert (block.lines[0], block.days) == ("ordered: 20 mg/m2", "C1 D1 (1 day, 2026-01-05)")


def test_days_before_the_first_and_of_no_cycle() -> None:
    dosed = drawn("krd", cycles=1)
    rows = [row for row in dosed.rows if row.entry.activity == "dexamethasone"]
    moved = [replace(row, entry=replace(row.entry, cycle=None, day=day)) for row, day in zip(rows, (-3, -2, -1, 1), strict=True)]
    assert bench_of(replace(dosed, rows=tuple(moved))).blocks[0].days == "D-3 to -1 1 (4 days, 2026-01-05 to 2026-01-26)"


def test_cycles_that_do_not_follow_each_other_stand_apart() -> None:
    dosed = drawn("krd", cycles=4)
    rows = tuple(row for row in dosed.rows if row.entry.activity == "dexamethasone" and row.entry.cycle != 3)
    assert bench_of(replace(dosed, rows=rows)).blocks[0].days.startswith("C1-2 D1 8 15 22, C4 D1 8 15 22 (12 days")


def test_letters_go_on_after_z_and_leave_out_those_that_look_like_digits() -> None:
    """30 doses, each with an order of its own: 24 letters, then two."""
    dosed = drawn("krd", cycles=2)
    rows = [row for row in dosed.rows if row.entry.activity == "lenalidomide"][:30]
    each = tuple(
        replace(row, amount=None, why=f"reason {number}", order=replace(row.order)) for number, row in enumerate(rows) if row.order
    )
    letters = [block.letter for block in bench_of(replace(dosed, rows=each)).blocks]
    assert letters == [*"ABCDEFGHJKLMNPQRSTUVWXYZ", "AA", "AB", "AC", "AD", "AE", "AF"]
