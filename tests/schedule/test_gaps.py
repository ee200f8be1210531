"""Every gap names the field, says what is missing, and its remedy works."""

import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest

from dosing.api import load_regimen
from dosing.errors import RegimenError
from dosing.regimen.check import facts_of
from dosing.regimen.choose import choose
from dosing.regimen.facts import Times
from dosing.regimen.library import regimen_ids
from dosing.regimen.model import Regimen
from dosing.schedule.draw import Schedule, draw
from dosing.schedule.gaps import Missing
from dosing.schedule.timeline import Horizon

Read = Callable[[str], Regimen]
START = date(2026, 1, 5)
LATE = date(2035, 1, 1)
OVERLAYS = """
variants:
  v1: {title: One, set: {a.dose: 10 mg, q.cycle: 28 days, r.for: 2 months}}
  v2: {title: Two, set: {a.dose: 20 mg, q.cycle: 21 days, r.for: 3 months}}
proxies:
  x1: {title: Published, source: s, because: none is stated, set: {p.a.dose: 10 mg}}
  x2: {title: Published, source: s, because: none is stated, set: {a.dose: 20 mg, a.days: 1}}
"""
# a value for each field that a remedy may ask for
VALUES = {
    "drug": "dexamethasone",
    "dose": "10 mg",
    "times": "2",
    "days": "1",
    "cycle": "28 days",
    "at": "start of treatment + 1 week",
    "repeat": "2",
    "for": "2 months",
    "until": "2030-01-01",
}


def drawn(regimen: Regimen, **starts: date) -> Schedule:
    return draw(regimen, start=START, horizon=Horizon(cycles=3), starts={id.replace("_", "-"): day for id, day in starts.items()})


def phase(id: str, frame: str = "for: 7 days", *, a: str = "dose: 10 mg, days: 1", more: str = "") -> str:
    framed = "".join(f"    {line}\n" for line in frame.split("; "))
    give = "" if a == "-" else f"    give: [{{{'' if 'drug:' in a else 'drug: a, '}route: PO, {a}}}]\n"
    return f"  - id: {id}\n{framed if frame else ''}{give}{more and f'    {more}' + NL}"


P, Q, R = phase("p"), phase("q", "cycle: 28 days; repeat: 1"), phase("r")
NL = "\n"
IN_PART = " (in part)"
VISIT = "visits: [{id: look, what: A look, at: %s}]"


@pytest.mark.parametrize(
    ("phases", "path", "text", "remedy"),
    [
        (phase("p", "waits: a word"), "p.start", "p waits for a word", "--phase-start p=DATE"),
        (P + phase("q", "for: 7 days; start: not-stated"), "q.start", "q has a start that is not stated", "--phase-start q=DATE"),
        (
            phase("p", "cycle: 7 days; repeat: open") + phase("q", "for: 7 days; start: end of p + 2 days"),
            "q.start",
            "q starts at end of p + 2 days, which is not known",
            "--phase-start q=DATE",
        ),
        (
            phase("p", "cycle: 7 days; repeat: open") + Q,
            "q.start",
            "q starts when the phase before it ends, which is not known",
            "--phase-start q=DATE",
        ),
        (phase("p", "cycle: not-stated; repeat: 2"), "p.cycle", "p.cycle is not stated", "--set p.cycle=..."),
        (phase("p", "cycle: {C1: 7 days, else: not-stated}; repeat: 2"), "p.cycle", "p.cycle is not stated", "--set p.cycle=..."),
        (phase("p", "cycle: 7 days; repeat: not-stated"), "p.repeat", "p.repeat is not stated", "--set p.repeat=..."),
        (phase("p", "cycle: 7 days; for: not-stated"), "p.for", "p.for is not stated", "--set p.for=..."),
        (phase("p", "cycle: 7 days; until: not-stated"), "p.until", "p.until is not stated", "--set p.until=..."),
        (phase("p", "for: not-stated"), "p.for", "p.for is not stated", "--set p.for=..."),
        (phase("p", "until: not-stated"), "p.until", "p.until is not stated", "--set p.until=..."),
        (
            phase("p", a="id: d, drug: not-stated, dose: 10 mg, days: 1"),
            "p.d.drug",
            "p.d.drug is not stated",
            "--set d.drug=...",
        ),
        (phase("p", a="dose: not-stated, days: 1"), "p.a.dose", "p.a.dose is not stated", "--set a.dose=..."),
        (phase("p", a="dose: not-stated, days: not-stated"), "p.a.dose", "p.a.dose is not stated", "--set a.dose=..."),
        (
            phase("p", "cycle: 7 days; repeat: 2", a="dose: {C1: 10 mg, else: not-stated}, days: 1"),
            "p.a.dose",
            "p.a.dose is not stated",
            "--set a.dose=...",
        ),
        (
            phase("p", a="dose: 10 to 20 mg, days: 1"),
            "p.a.dose",
            "p.a.dose is stated as a range only (10 to 20 mg)",
            "--set a.dose=...",
        ),
        (phase("p", a="dose: 10 mg, days: not-stated"), "p.a.days", "p.a.days is not stated", "--set a.days=..."),
        (
            phase("p", "cycle: 7 days; repeat: 2", a="dose: 10 mg, days: {C1: 1 2, else: not-stated}"),
            "p.a.days",
            "p.a.days is not stated",
            "--set a.days=...",
        ),
        (phase("p", a="dose: 10 mg, days: 1, cycle: not-stated"), "p.a.cycle", "p.a.cycle is not stated", "--set a.cycle=..."),
        (phase("p", a="dose: 10 mg, days: 1, times: not-stated"), "p.a.times", "p.a.times is not stated", "--set a.times=..."),
        (phase("p", more="assess: [{what: rest, days: not-stated}]"), "p.rest.days", "p.rest.days is not stated", "--set rest.days=..."),
        # other phases state it: the remedy must not reach them
        (P + phase("q", a="dose: 10 mg, days: not-stated"), "q.a.days", "q.a.days is not stated", "--set q.a.days=..."),
        (phase("p", a="dose: not-stated, days: 1") + Q, "p.a.dose", "p.a.dose is not stated", "--set p.a.dose=..."),
        (
            P + phase("q", a="dose: not-stated, days: 1") + phase("r", a="dose: not-stated, days: 1"),
            "r.a.dose",
            "r.a.dose is not stated",
            "--set r.a.dose=...",
        ),
        # no other phase states it: one value for all
        (
            phase("p", a="dose: not-stated, days: 1") + phase("q", a="dose: not-stated, days: 1"),
            "p.a.dose",
            "p.a.dose is not stated",
            "--set a.dose=...",
        ),
        # a range is not a gap: a value for p must not decide for q
        (
            phase("p", a="dose: not-stated, days: 1") + phase("q", a="dose: 5 to 9 mg, days: 1"),
            "p.a.dose",
            "p.a.dose is not stated",
            "--set p.a.dose=...",
        ),
        (
            phase("p", a="dose: {C1: 5 mg}, days: none") + phase("q", a="dose: as last of p, days: 1"),
            "q.a.dose",
            "q.a.dose is as last of p, which is not known",
            "--set q.a.dose=...",
        ),
        (phase("p", more=VISIT % "not-stated"), "p.look.at", "p.look.at is not stated", "--set p.look.at=..."),
        (P + phase("v", "", a="-", more=VISIT % "not-stated"), "v.look.at", "v.look.at is not stated", "--set v.look.at=..."),
        (
            phase("p", "cycle: 7 days; repeat: open", more=VISIT % "end of treatment + 1 day"),
            "p.look.at",
            "look (end of treatment + 1 day) has no date yet",
            "--set p.look.at=...",
        ),
        (
            phase("p", "cycle: 7 days; repeat: open") + phase("v", "", a="-", more=VISIT % "end of treatment + 1 day"),
            "v.start",
            "look (end of treatment + 1 day) has no date yet",
            "--phase-start v=DATE",
        ),
        (
            phase("p", more=VISIT % "start of q + 1 day") + phase("q", "waits: a word"),
            "q.start",
            "q waits for a word",
            "--phase-start q=DATE",
        ),
        (
            phase("p", more=VISIT % "end of q + 1 day") + phase("q", "cycle: not-stated; repeat: 2"),
            "q.cycle",
            "q.cycle is not stated",
            "--set q.cycle=...",
        ),
        # proxies that would help, and no others
        (
            phase("p", a="dose: not-stated, days: 1") + phase("q", "cycle: 7 days; repeat: 1") + R + OVERLAYS,
            "p.a.dose",
            "p.a.dose is not stated",
            "--set p.a.dose=... or --proxy x1 or --proxy x2",
        ),
        (
            phase("p") + phase("q", "cycle: 7 days; repeat: 1", a="dose: not-stated, days: 1") + R + OVERLAYS,
            "q.a.dose",
            "q.a.dose is not stated",
            "--set q.a.dose=... or --proxy x2",
        ),
        (
            phase("p") + phase("q", "cycle: 7 days; repeat: 1", a="dose: 10 mg, days: not-stated") + R + OVERLAYS,
            "q.a.days",
            "q.a.days is not stated",
            "--set q.a.days=... or --proxy x2",
        ),
    ],
)
def test_one_gap(read: Read, phases: str, path: str, text: str, remedy: str) -> None:
    regimen = read("phases:\n" + phases)
    gap = next(each for each in drawn(regimen).missing if each.path == path)
    assert (gap.text, gap.remedy, gap.by_variant) == (text, remedy, False)
    assert str(gap) == f"{text}: {remedy}"
    assert_remedies_work(regimen, gap)


def test_each_gap_once(read: Read) -> None:
    more = "visits: [{id: look, what: L, at: start of q}, {id: look2, what: L, at: end of q}]"
    regimen = read("phases:\n" + phase("p", more=more) + phase("q", "waits: a word"))
    assert [each.path for each in drawn(regimen).missing] == ["q.start"]
    assert [(each.activity, each.status, each.missing.path) for each in drawn(regimen).undated] == [
        ("look", "not-dated", "q.start"),
        ("look2", "not-dated", "q.start"),
        ("a", "waiting", "q.start"),
    ]


def test_a_dose_is_missing_only_where_it_is_given(read: Read) -> None:
    given = phase("p", "cycle: 7 days; repeat: 3", a="dose: {C1-2: 10 mg, C3: not-stated}, days: 1")
    regimen = read("phases:\n" + given)
    assert [each.path for each in drawn(regimen).missing] == ["p.a.dose"]
    assert draw(regimen, start=START, horizon=Horizon(cycles=2)).missing == ()


def test_undated_rows_repeat_what_is_stated(read: Read) -> None:
    given = phase("p", "cycle: 7 days; repeat: 2", a="dose: {C1: 10 mg, C2: 20 mg}, days: not-stated, times: 2")
    (row,) = drawn(read("phases:\n" + given)).undated
    assert (row.phase, row.activity, row.kind, row.what, row.status) == ("p", "a", "drug", "a", "not-dated")
    stated = {name: fact.stated for name, fact in row.facts.items()}
    assert (stated["drug"], stated["route"], stated["days"]) == ("a", "PO", None)
    assert stated["times"] == Times(2)
    assert stated.get("dose") is None  # which of the two is not known on a day that is not known


@pytest.mark.parametrize(
    ("phases", "path"),
    [
        (phase("p", a="dose: by-variant, days: 1") + phase("q", "cycle: 7 days; repeat: 1") + phase("r"), "p.a.dose"),
        (P + phase("q", "cycle: by-variant; repeat: 1") + phase("r"), "q.cycle"),
        (P + phase("q", "cycle: 7 days; repeat: 1") + phase("r", "for: by-variant"), "r.for"),
    ],
)
def test_a_variant_must_be_chosen(read: Read, phases: str, path: str) -> None:
    regimen = read(f"phases:\n{phases}{OVERLAYS}")
    with pytest.raises(RegimenError, match=f"^invented: {re.escape(path)} depends on the variant: choose one with --variant: v1, v2$"):
        drawn(regimen)
    for variant in ("v1", "v2"):
        assert path not in [each.path for each in drawn(choose(regimen, variants=[variant])).missing]


def test_a_chosen_overlay_is_no_remedy(read: Read) -> None:
    proxies = "proxies: {x: {title: X, source: s, because: none, set: {a.dose: 5 to 9 mg}}}\n"
    regimen = read("phases:\n" + phase("p", a="dose: not-stated, days: 1") + proxies)
    assert drawn(regimen).missing[0].remedy == "--set a.dose=... or --proxy x (in part)"
    assert drawn(choose(regimen, proxies=["x"])).missing[0].remedy == "--set a.dose=..."


def test_a_proxy_that_leaves_a_gap_helps_in_part(read: Read) -> None:
    proxies = "proxies: {x: {title: X, source: s, because: none, set: {a.days: {C1: 1, C2: not-stated}}}}\n"
    regimen = read("phases:\n" + phase("p", "cycle: 7 days; repeat: 2", a="dose: 10 mg, days: not-stated") + proxies)
    (gap,) = drawn(regimen).missing
    assert gap.remedy == "--set a.days=... or --proxy x (in part)"
    assert_remedies_work(regimen, gap)


# -- the remedies of the shipped regimens -------------------------------------------------------------------------


def versions(id: str) -> Iterator[Regimen]:
    """The regimen, in each of its variants where one must be chosen; one that is made from another, from Cybord."""
    regimen = load_regimen(id).regimen
    if regimen.derive:
        yield load_regimen(id, base="cybord").regimen
        return
    try:
        drawn(regimen)
    except RegimenError:
        yield from (choose(regimen, variants=[variant]) for variant in regimen.variants)
    else:
        yield regimen


@pytest.mark.parametrize("id", regimen_ids())
def test_every_remedy_of_a_shipped_regimen_works(id: str) -> None:
    found = list(versions(id))
    assert found
    for regimen in found:
        for gap in drawn(regimen).missing:
            assert_remedies_work(regimen, gap)


def assert_remedies_work(regimen: Regimen, gap: Missing) -> None:
    """Each of the remedies fills the gap, and a value of the user's changes nothing that was stated elsewhere."""
    for remedy in gap.remedy.split(" or "):
        option, _, rest = remedy.removesuffix(IN_PART).partition(" ")
        name, _, placeholder = rest.partition("=")
        if option == "--phase-start":
            assert placeholder == "DATE"
            after = drawn(regimen, **{name: LATE})
        elif option == "--proxy":
            after = drawn(choose(regimen, proxies=[name]))
        else:
            assert (option, placeholder) == ("--set", "...")
            changed = choose(regimen, values={name: VALUES[name.rpartition(".")[2]]})
            assert stated(regimen, but=gap.path) == stated(changed, but=gap.path, only=stated(regimen, but=gap.path))
            after = drawn(changed)
        remains = gap.path in [each.path for each in after.missing]
        assert remains == remedy.endswith(IN_PART), remedy


def stated(regimen: Regimen, *, but: str, only: dict[str, object] | None = None) -> dict[str, object]:
    """What is stated at each path except one; `only` at the paths of that mapping."""
    attribute = but.replace(".for", ".lasting")
    found: dict[str, list[object]] = {}
    for path, fact in facts_of(regimen):
        if path != attribute:
            found.setdefault(path, []).append(fact.stated)
    return {path: values for path, values in found.items() if any(values) and (only is None or path in only)}
