"""The plan and its file: what is written is read back byte for byte, the log only grows, and every damage has its line."""

import re
from dataclasses import replace
from datetime import date
from hashlib import sha256

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dosing.cli import commands
from dosing.errors import RegimenFileError, ScheduleError
from dosing.plan.file import parse_plan_id, read_plan, write_plan
from dosing.plan.kinds import MODES
from dosing.plan.model import Asked, Choices, LogEntry, Plan, Reach, append, as_of, effective, in_force
from dosing.plan.names import LISTS, PATIENT_TEXTS, PRACTICE_LISTS, TEXTS
from dosing.plan.text import LONGEST_LINE, checked_line, plan_bytes
from dosing.regimen.nodes import MAX_BYTES

HASH = "sha256:" + "0123456789abcdef" * 4
DAY = date(2026, 2, 2)

PLAN = Plan(
    id="p017",
    regimen="krd-asct",
    version=1,
    definition=HASH,
    start=date(2026, 1, 5),
    choices=Choices(
        variant=("label-start",), proxy=("daily-maintenance",), set={"carfilzomib.dose": "56 mg/m2"}, base="kd:a", base_days="keep"
    ),
    patient=Asked(texts={"weight": "70", "height": "170", "age": "66"}, lists={"lost": ("left below-knee",)}),
    practice=Asked(texts={"formula": "du-bois"}, lists={"round": ("vial size", "carfilzomib=5 mg")}),
    reach=Reach(cycles=3, until=date(2027, 1, 5), phase_start={"transplant": date(2026, 9, 1)}),
)
BARE = replace(PLAN, choices=Choices(), patient=Asked(), practice=Asked(), reach=Reach())


def delayed(plan: Plan, *, on: date = DAY, reason: str = "ANC 0.8", author: str = "kb") -> Plan:
    return append(plan, on=on, kind="delay", fields={"by": "7d", "mode": "all", "at": "C2 D1"}, reason=reason, author=author)


def undone(plan: Plan, number: int) -> Plan:
    return append(plan, on=DAY, kind="undo", fields={"undoes": str(number)}, reason="by mistake")


def read(data: bytes) -> Plan:
    return read_plan(data, file="p.yaml")


def problems(data: bytes) -> list[str]:
    with pytest.raises(RegimenFileError) as caught:
        read(data)
    return [str(problem) for problem in caught.value.problems]


def problem(data: bytes) -> str:
    [only] = problems(data)
    return only


def edited(old: str, new: str, *, plan: Plan | None = None) -> bytes:
    data = write_plan(plan or LOGGED)
    assert old.encode() in data
    return data.replace(old.encode(), new.encode(), 1)


LOGGED = append(
    append(delayed(PLAN), on=DAY, kind="lab", fields={"since": "2026-02-02", "creatinine": "97 µmol/L"}, reason='Größe: “x” \\ "y"'),
    on=date(2026, 2, 9),
    kind="given",
    fields={"at": "C2D1 carfilzomib", "date": "2026-02-09", "amount": "46 mg"},
    reason="as planned",
)

WRITTEN = f"""\
dosing_plan: 1
id: p017
regimen: krd-asct
version: 1
definition: {HASH}
start: 2026-01-05
choices:
  variant:
    - label-start
  proxy:
    - daily-maintenance
  set:
    carfilzomib.dose: 56 mg/m2
  base: kd:a
  base_days: keep
patient:
  height: 170
  weight: 70
  age: 66
  lost:
    - left below-knee
practice:
  formula: du-bois
  round:
    - vial size
    - carfilzomib=5 mg
reach:
  cycles: 3
  until: 2027-01-05
  phase_start:
    transplant: 2026-09-01
log:
"""
FIRST = """\
  - n: 1
    on: 2026-02-02
    change: delay
    at: C2D1
    mode: all
    by: 7 days
    reason: ANC 0.8
    author: kb
"""


# -- writing and reading ------------------------------------------------------------------------------------------


def test_the_file_as_it_is_written() -> None:
    seal = sha256((WRITTEN + FIRST).encode()).hexdigest()[:16]
    assert write_plan(PLAN).decode() == WRITTEN
    assert write_plan(delayed(PLAN)).decode() == f"{WRITTEN}{FIRST}    follows: {seal}\n"


def test_what_is_not_given_is_not_written() -> None:
    assert (
        write_plan(BARE).decode()
        == f"dosing_plan: 1\nid: p017\nregimen: krd-asct\nversion: 1\ndefinition: {HASH}\nstart: 2026-01-05\nlog:\n"
    )


@pytest.mark.parametrize("plan", [PLAN, BARE, LOGGED, delayed(BARE)])
def test_what_is_written_is_read_back(plan: Plan) -> None:
    data = write_plan(plan)
    assert read(data) == plan
    assert write_plan(read(data)) == data


def test_any_reader_of_yaml_reads_the_same_texts() -> None:
    plain = yaml.load(write_plan(LOGGED), Loader=yaml.BaseLoader)
    assert plain["choices"]["set"] == {"carfilzomib.dose": "56 mg/m2"}
    assert plain["log"][1]["reason"] == 'Größe: “x” \\ "y"'
    assert plain["log"][1]["creatinine"] == "97 µmol/L"


def test_the_names_in_the_head_are_those_of_the_options() -> None:
    assert {*TEXTS, *LISTS} <= {option.name for option in commands.commands["schedule"].params}


LINES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=20)
GOOD_LINES = LINES.filter(lambda text: not _refusal(text))
DATES = st.dates(date(2000, 1, 1), date(2100, 1, 1))


def _refusal(text: str) -> str:
    try:
        checked_line(text)
    except ValueError as error:
        return str(error)
    return ""


HEADS = st.builds(
    Plan,
    id=st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,10}[A-Za-z0-9])?", fullmatch=True),
    regimen=GOOD_LINES,
    version=st.integers(1, 9999),
    definition=st.just(HASH),
    start=DATES,
    choices=st.builds(
        Choices,
        variant=st.lists(GOOD_LINES, max_size=2).map(tuple),
        set=st.dictionaries(GOOD_LINES, GOOD_LINES, max_size=3),
        base=st.just("") | GOOD_LINES,
    ),
    patient=st.builds(Asked, texts=st.dictionaries(st.sampled_from(PATIENT_TEXTS), GOOD_LINES, max_size=3)),
    practice=st.builds(
        Asked, lists=st.dictionaries(st.sampled_from(PRACTICE_LISTS), st.lists(GOOD_LINES, min_size=1, max_size=2).map(tuple), max_size=2)
    ),
    reach=st.builds(Reach, cycles=st.none() | st.integers(1, 999), phase_start=st.dictionaries(GOOD_LINES, DATES, max_size=2)),
)
CHANGES = st.one_of(
    st.tuples(
        st.just("delay"),
        st.fixed_dictionaries(
            {"at": st.just("C2 D1"), "mode": st.sampled_from(list(MODES)), "by": st.integers(1, 99).map("{} days".format)}
        ),
    ),
    st.tuples(st.sampled_from(["hold", "resume"]), st.fixed_dictionaries({"drug": st.just("all"), "since": DATES.map(str)})),
    st.tuples(st.just("stop"), st.fixed_dictionaries({"since": DATES.map(str)})),
)
STEPS = st.lists(st.tuples(DATES, CHANGES, GOOD_LINES, st.just("") | GOOD_LINES), max_size=5)


def grown(head: Plan, steps: list[tuple[date, tuple[str, dict[str, str]], str, str]]) -> Plan:
    for on, (kind, fields), reason, author in steps:
        head = append(head, on=on, kind=kind, fields=fields, reason=reason, author=author)
    return head


@given(HEADS, STEPS)
def test_every_prefix_of_a_log_is_a_plan_and_the_beginning_of_its_file(
    head: Plan, steps: list[tuple[date, tuple[str, dict[str, str]], str, str]]
) -> None:
    plan = grown(head, steps)
    whole = write_plan(plan)
    for length in range(len(plan.log) + 1):
        part = replace(plan, log=plan.log[:length])
        data = write_plan(part)
        assert read(data) == part
        assert write_plan(read(data)) == data
        assert whole.startswith(data)


@given(st.text(max_size=8) | LINES)
def test_a_text_is_refused_or_kept(text: str) -> None:
    plan = replace(PLAN, regimen=text)
    if _refusal(text):
        with pytest.raises(RegimenFileError):
            write_plan(plan)
    else:
        assert read(write_plan(plan)).regimen == text


SMALL = write_plan(delayed(delayed(BARE), reason="again"))


@given(st.integers(0, len(SMALL) - 1), st.integers(0, 255))
def test_no_byte_can_change_unseen(position: int, byte: int) -> None:
    data = bytearray(SMALL)
    if data[position] == byte:
        return
    data[position] = byte
    with pytest.raises(RegimenFileError):
        read(bytes(data))


def test_a_cut_at_any_byte_is_seen_or_is_the_end_of_a_change() -> None:
    whole = [length for length in range(len(SMALL)) if _is_read(SMALL[:length])]
    assert whole == [len(write_plan(BARE)), len(write_plan(delayed(BARE)))]


def _is_read(data: bytes) -> bool:
    try:
        read(data)
    except RegimenFileError:
        return False
    return True


# -- the log ------------------------------------------------------------------------------------------------------


def test_a_change_is_kept_in_its_normal_form() -> None:
    [entry] = delayed(PLAN, reason=" ANC \n 0.8 ").log
    assert entry == LogEntry(
        n=1,
        on=DAY,
        kind="delay",
        fields={"at": "C2D1", "mode": "all", "by": "7 days"},
        reason="ANC 0.8",
        author="kb",
        follows=entry.follows,
    )
    assert list(entry.fields) == ["at", "mode", "by"]


@pytest.mark.parametrize(
    ("kind", "fields", "reason", "says"),
    [
        ("dely", {}, "x", "there is no change 'dely'; did you mean 'delay'?"),
        ("stop", {"sinc": "2026-02-02"}, "x", "stop: unknown field 'sinc'; did you mean 'since'?\nstop: 'since' is missing"),
        ("stop", {"since": "soon"}, "x", "stop: since: 'soon' is not a date"),
        ("stop", {"since": "2026-02-02"}, " ", "the reason of a change is empty"),
        ("stop", {"since": "2026-02-02"}, "a\x1bb", "holds the control character U+001B"),
        ("stop", {"since": "2026-02-02"}, "a\u202eb", "holds the control character U+202E"),
        ("stop", {"since": "2026-02-02"}, "x" * (LONGEST_LINE + 1), "has 1,001 characters"),
    ],
)
def test_refused_changes(kind: str, fields: dict[str, str], reason: str, says: str) -> None:
    with pytest.raises(ScheduleError, match=re.escape(says)):
        append(PLAN, on=DAY, kind=kind, fields=fields, reason=reason)


def test_a_refused_author() -> None:
    with pytest.raises(ScheduleError, match="the author of a change holds the control character"):
        delayed(PLAN, author="a\x07")


def test_the_longest_reason_is_kept() -> None:
    plan = delayed(PLAN, reason="x" * LONGEST_LINE)
    assert read(write_plan(plan)) == plan


def numbers(plan: Plan) -> list[int]:
    return [entry.n for entry in effective(plan)]


def test_undoing() -> None:
    plan = delayed(delayed(PLAN))
    assert numbers(plan) == [1, 2]
    assert numbers(undone(plan, 1)) == [2]
    assert numbers(undone(undone(plan, 1), 2)) == []
    # An undo of an undo restores, and what is restored can be undone again.
    assert numbers(undone(undone(plan, 1), 3)) == [1, 2]
    assert numbers(undone(undone(undone(plan, 1), 3), 1)) == [2]
    assert numbers(undone(undone(undone(plan, 1), 3), 4)) == [2]


@pytest.mark.parametrize(
    ("undos", "last", "says"),
    [
        ([], 3, "change 3: there is no change 3 before it"),
        ([], 9, "change 3: there is no change 9 before it"),
        ([1], 1, "change 4: change 1 is undone already"),
        ([1, 3], 3, "change 5: change 3 is undone already"),
        # 3 undoes 1, 4 undoes 3, 5 undoes 1 again: taking 4 back would undo 1 a second time.
        ([1, 3, 1], 4, "change 6: change 1 is undone already"),
    ],
)
def test_undoing_what_is_not_there(undos: list[int], last: int, says: str) -> None:
    plan = delayed(delayed(PLAN))
    for number in undos:
        plan = undone(plan, number)
    with pytest.raises(ScheduleError, match=re.escape(says)):
        undone(plan, last)
    broken = replace(plan, log=(*plan.log, LogEntry(n=len(plan.log) + 1, on=DAY, kind="undo", fields={"undoes": str(last)}, reason="x")))
    with pytest.raises(ScheduleError, match=re.escape(says)):
        effective(broken)
    assert says in problems(plan_bytes(broken).replace(b'follows: ""', b"follows: 0123456789abcdef"))[0]


@given(st.lists(st.integers(1, 8), max_size=8))
def test_undos_equal_doing_it_by_hand(undos: list[int]) -> None:
    """Slow and plain: from the last entry back, an undo that stands takes out its target."""
    plan = delayed(delayed(PLAN))
    for number in undos:
        try:
            plan = undone(plan, number)
        except ScheduleError:
            continue
    gone: set[int] = set()
    for entry in reversed(plan.log):
        if entry.kind == "undo" and entry.n not in gone:
            target = int(entry.fields["undoes"])
            assert target not in gone
            gone.add(target)
    assert numbers(plan) == [entry.n for entry in plan.log if entry.n not in gone and entry.kind != "undo"]


def test_a_plan_as_it_stood() -> None:
    late = delayed(delayed(delayed(PLAN, on=date(2026, 2, 2)), on=date(2026, 3, 2)), on=date(2026, 2, 20))
    assert as_of(late, date(2026, 2, 1)) == PLAN
    assert [len(as_of(late, date(2026, 2, day)).log) for day in (2, 20, 28)] == [1, 1, 1]
    # Noted after a later one: it was not in the file on its own date.
    assert as_of(late, date(2026, 3, 2)) == late
    assert read(write_plan(as_of(late, date(2026, 2, 2)))) == as_of(late, date(2026, 2, 2))


def test_the_definition_in_force() -> None:
    other = HASH.replace("0", "f")
    plan = append(PLAN, on=DAY, kind="upgrade", fields={"version": "2", "definition": other}, reason="new label")
    assert in_force(PLAN) == (1, HASH)
    assert in_force(plan) == (2, other)
    assert in_force(undone(plan, 1)) == (1, HASH)


@pytest.mark.parametrize(
    ("text", "good"),
    [("p017", True), ("P017.a_b-c", True), ("a" * 64, True), ("a" * 65, False), ("", False), (".a", False), ("a/b", False), ("a-", False)],
)
def test_ids(text: str, good: bool) -> None:
    if good:
        assert parse_plan_id(text) == text
    else:
        with pytest.raises(ValueError, match="is no name for a plan"):
            parse_plan_id(text)


# -- bad files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        # Unknown keys, in the head, in its sections and in the log.
        ("start:", "begin: x\nstart:", "p.yaml:6: begin: unknown key"),
        ("  height: 170", "  heigth: 170", "p.yaml:17: patient.heigth: unknown key; did you mean 'height'?"),
        ("    by: 7 days", "    by: 7 days\n    per: x", "p.yaml:39: log[1].per: unknown key"),
        ("    by: 7 days", "    by: 7 days\n    since: 2026-02-02", "p.yaml:39: log[1].since: unknown key"),
        # Other formats.
        ("dosing_plan: 1", "dosing_plan: 2", "p.yaml:1: dosing_plan: the plan was written by a later version of dosing, in format 2"),
        ("dosing_plan: 1\nid: p017", "dosing_plan: 9\nname: p017", "p.yaml:1: dosing_plan: the plan was written by a later version"),
        ("dosing_plan: 1", "dosing_plan: 0", "p.yaml:1: dosing_plan: '0' is no format"),
        ("dosing_plan: 1", "dosing_plan: one", "p.yaml:1: dosing_plan: 'one' is no format"),
        # Damage.
        ("log:\n", "<<<<<<< HEAD\nlog:\n", "p.yaml:32: a merge conflict was left here"),
        ("    mode: all\n", "    mode: all\n=======\n", "p.yaml:38: a merge conflict was left here"),
        ("    mode: all\n", "    mode: all\n>>>>>>> theirs\n", "p.yaml:38: a merge conflict was left here"),
        ("dosing_plan", "\ufeffdosing_plan", "p.yaml:1: the file begins with a byte order mark"),
        ("    mode: all", "\tmode: all", "p.yaml:37: the line holds a tab"),
        ("    mode: all", "    mo\0e: all", "p.yaml:37: the file is damaged from here on"),
        ("    mode: all\n", "    mode: all\r\n", "p.yaml:37: the line ends in CR LF"),
        # Edits.
        ("- n: 2", "- n: 1", "p.yaml:42: log[2].n: is '1', but this is change 2 of the log"),
        ("- n: 2", "- n: 3", "p.yaml:42: log[2].n: is '3', but this is change 2 of the log"),
        ("by: 7 days", "by: 8 days", "p.yaml:41: log[1].follows: change 1 doesn't follow"),
        ("weight: 70", "weight: 71", "p.yaml:41: log[1].follows: change 1 doesn't follow"),
        ("reason: as planned", "reason: As planned", "p.yaml:56: log[3].follows: change 3 doesn't follow"),
        ("amount: 46 mg", "amount: 64 mg", "p.yaml:56: log[3].follows: change 3 doesn't follow"),
        ("by: 7 days", "by: 7d", "p.yaml:38: '    by: 7d' is not as it was written, which is '    by: 7 days'"),
        (
            "    at: C2D1\n    mode: all",
            "    mode: all\n    at: C2D1",
            "p.yaml:36: '    mode: all' is not as it was written, which is '    at: C2D1'",
        ),
        ("weight: 70", "weight: 70 # kg", "p.yaml:18: '  weight: 70 # kg' is not as it was written"),
        ("weight: 70", "weight: '70'", "p.yaml:18: \"  weight: '70'\" is not as it was written"),
        ("    mode: all", "    mode: al", "p.yaml:37: log[1].mode: 'al' is none of the three modes"),
        ("    mode: all\n", "", "p.yaml:33: log[1]: 'mode' is missing"),
        ("    mode: all", "    mode:", "p.yaml:37: log[1].mode: is empty"),
        ("    mode: all", "    mode: [all]", "p.yaml:37: log[1].mode: must be plain text"),
        ("    reason: ANC 0.8\n", "", "p.yaml:33: log[1]: the key 'reason' is missing"),
        ("    change: delay", "    change: dely", "p.yaml:35: log[1].change: there is no change 'dely'"),
        ("    change: delay\n", "", "p.yaml:33: log[1]: the key 'change' is missing"),
        ("  - n: 2\n", "  - x\n  - n: 2\n", "p.yaml:42: log[2]: must be a mapping"),
        ("  set:\n    carfilzomib.dose: 56 mg/m2\n", "  set: x\n", "p.yaml:12: choices.set: must be a mapping"),
        ("  set:\n    carfilzomib.dose: 56 mg/m2\n", '  set:\n    "": 56 mg/m2\n', "p.yaml:13: choices.set.: is empty"),
        ("transplant: 2026-09-01", "transplant: soon", "p.yaml:31: reach.phase_start.transplant: 'soon' is not a date"),
        ("start: 2026-01-05\n", "", "p.yaml:1: the key 'start' is missing"),
        ("    mode: all\n", "    mode: all\n    mode: all\n", "p.yaml:38: the key 'mode' is written twice, first in line 37"),
    ],
)
def test_bad_files_have_their_line(old: str, new: str, says: str) -> None:
    found = problems(edited(old, new))
    assert found[0].startswith(says) or any(each.startswith(says) for each in found), found


def test_a_wrong_seal() -> None:
    follows = LOGGED.log[1].follows
    wrong = ("f" if follows[0] != "f" else "0") + follows[1:]
    assert problem(edited(follows, wrong)).startswith("p.yaml:48: log[2].follows: change 2 doesn't follow")
    assert "'12' is not the beginning of a SHA-256" in problem(edited(follows, "12"))


@pytest.mark.parametrize(("log", "line"), [("log: []", 7), ("log: {}", 7), ("log: none", 7)])
def test_a_log_that_is_no_list_of_changes(log: str, line: int) -> None:
    assert (
        problem(edited("log:", log, plan=BARE)) == f"p.yaml:{line}: log: must be a list of changes; `log:` alone where there are none yet"
    )


def test_line_ends_of_windows() -> None:
    assert problem(write_plan(LOGGED).replace(b"\n", b"\r\n")).startswith("p.yaml:1: the line ends in CR LF")


def test_more_than_was_written() -> None:
    assert problem(write_plan(LOGGED) + b"\n").startswith("p.yaml:57: there is more here than was written")
    assert problem(write_plan(LOGGED) + b"# checked\n").startswith("p.yaml:57: '# checked' is not as it was written")


def test_cut_ends() -> None:
    data = write_plan(LOGGED)
    assert problem(data[:-1]).startswith("p.yaml:56: the file is cut off in the middle of this line")
    assert problem(data[: data.index(b"    follows: " + LOGGED.log[2].follows.encode())]).startswith(
        "p.yaml:49: log[3]: the change has no `follows`: the file is cut off here"
    )
    assert problem(data[: data.index(b"log:")]) == "p.yaml:1: the key 'log' is missing"
    assert problem(b"") == "p.yaml: the file is empty"


def test_a_file_that_is_something_else() -> None:
    assert problem(b"x\n").startswith("p.yaml:1: must be a mapping with the keys dosing_plan, id")
    assert "not valid UTF-8" in problem(b"\xff\n")


def test_the_largest_file() -> None:
    assert (
        problem(b"#" * (MAX_BYTES + 1)) == "p.yaml: the file has more than 1,000,000 bytes, the most that a plan may have; begin a new plan"
    )


@pytest.mark.parametrize(
    "plan",
    [
        replace(PLAN, regimen=""),
        replace(PLAN, regimen="a\nb"),
        replace(PLAN, regimen="a\u2028b"),
        replace(PLAN, regimen="\ud800"),
        replace(PLAN, regimen=" a"),
        replace(PLAN, id="x/y"),
        replace(PLAN, version=0),
        replace(PLAN, reach=Reach(cycles=0)),
        replace(PLAN, choices=Choices(set={"a": ""})),
        replace(PLAN, choices=Choices(variant=("",))),
        replace(PLAN, patient=Asked(texts={"shoe_size": "42"})),
        replace(PLAN, practice=Asked(lists={"round": ()})),
        replace(LOGGED, log=LOGGED.log[1:]),
        replace(LOGGED, start=DAY),
    ],
)
def test_a_plan_that_would_not_be_read_back_is_not_written(plan: Plan) -> None:
    with pytest.raises(RegimenFileError, match=r"^(p017|x/y)\.plan\.yaml"):
        write_plan(plan)
