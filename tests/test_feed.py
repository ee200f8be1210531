"""`dosing feed`: calendars of many plans, their names, what is written again, and what goes wrong in one of them."""

import hmac
import os
import pickle
import re
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dosing import feed as feeding
from dosing.cli import commands
from dosing.errors import OutputError, Problem, RegimenFileError
from dosing.feed import feed

PATIENT = ("--start", "2026-01-05", "--height", "170", "--weight", "70", "--cycles", "2")


def run(*args: object, code: int = 0) -> Result:
    result = CliRunner().invoke(commands, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def plans(tmp_path: Path) -> Path:
    folder = tmp_path / "plans"
    folder.mkdir()
    for id, regimen in (("p1", "kd-weekly"), ("p2", "v")):
        run("plan", "new", regimen, *PATIENT[: 6 if regimen == "v" else 8], "-o", folder / f"{id}.plan.yaml")
    return folder


def results(result: Result) -> dict[str, str]:
    """What became of each plan, by its id."""
    lines = [line.split(None, 2) for line in result.stdout.splitlines()[1:]]
    return {name.removesuffix(".plan.yaml"): outcome for name, _, outcome in lines}


def test_one_calendar_for_each_plan_as_the_calendar_command_writes_it(plans: Path, tmp_path: Path) -> None:
    out = tmp_path / "www"
    assert results(run("feed", plans, "-o", out)) == {"p1": "written", "p2": "written"}
    key = (plans / ".feed-key").read_bytes()
    for id in ("p1", "p2"):
        run("calendar", plans / f"{id}.plan.yaml", "-o", tmp_path / f"{id}.ics")
        name = hmac.new(key, id.encode(), sha256).hexdigest()[:32]
        assert (out / f"{name}.ics").read_bytes() == (tmp_path / f"{id}.ics").read_bytes()
    assert sorted(path.suffix for path in out.iterdir()) == [".html", ".ics", ".ics"]
    index = (out / "index.html").read_text(encoding="utf-8")
    assert not any(word in index for word in ("p1", "p2", ".ics"))


def test_only_what_changed_is_written_again(plans: Path, tmp_path: Path) -> None:
    out = tmp_path / "www"
    run("feed", plans, "-o", out)
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    run("plan", "delay", plans / "p1.plan.yaml", "--cycle", "2", "--by", "7d", "--reason", "x", "--on", "2026-01-20")
    assert results(run("feed", plans, "-o", out)) == {"p1": "written", "p2": "same as before"}
    after = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    assert len([name for name in before if before[name] != after[name]]) == 1
    assert before.keys() == after.keys()


def test_the_key_is_for_the_owner_alone_and_other_keys_give_other_names(plans: Path, tmp_path: Path) -> None:
    run("feed", plans, "-o", tmp_path / "one")
    assert (plans / ".feed-key").stat().st_mode & 0o077 == 0
    (plans / ".feed-key").unlink()
    run("feed", plans, "-o", tmp_path / "two")
    names = [{path.name for path in (tmp_path / folder).glob("*.ics")} for folder in ("one", "two")]
    assert not names[0] & names[1]


def test_a_plan_that_can_not_be_drawn_leaves_its_calendar_and_the_others(plans: Path, tmp_path: Path) -> None:
    out = tmp_path / "www"
    run("feed", plans, "-o", out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with (plans / "p1.plan.yaml").open("a", encoding="utf-8") as stream:
        stream.write("  - n: 9\n")
    result = run("feed", plans, "-o", out, code=1)
    assert results(result)["p1"] == "failed"
    assert "1 of 2 plans can't be drawn" in result.output
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_calendar_without_a_plan_is_named(plans: Path, tmp_path: Path) -> None:
    out = tmp_path / "www"
    run("feed", plans, "-o", out, "--events", "course")
    (plans / "p2.plan.yaml").unlink()
    assert "belongs to no plan file here any more" in run("feed", plans, "-o", out, "--events", "course").output
    assert len(list(out.glob("*.ics"))) == 2


def test_refusals(plans: Path, tmp_path: Path) -> None:
    assert "there is no plan file" in run("feed", tmp_path, "-o", tmp_path.parent / "www-none", code=7).output
    assert "in the folder of the plans" in run("feed", plans, "-o", plans / "www", code=7).output
    assert "in the folder of the plans" in run("feed", plans, "-o", plans, code=7).output
    assert "there is no plan file" in run("feed", tmp_path / "nowhere", "-o", tmp_path / "www", code=7).output
    (plans / ".feed-key").mkdir()
    assert "can't read or make" in run("feed", plans, "-o", tmp_path / "www", code=7).output
    (plans / ".feed-key").rmdir()
    (tmp_path / "file").write_bytes(b"")
    assert "can't write" in run("feed", plans, "-o", tmp_path / "file", code=7).output
    (plans / ".feed-key").write_bytes(b"short")
    assert "damaged" in run("feed", plans, "-o", tmp_path / "www", code=7).output


def test_no_key_is_made_where_there_is_no_plan(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    run("feed", folder, "-o", tmp_path / "www", code=7)
    assert [path.name for path in tmp_path.rglob("*")] == ["documents"]


# -- how it is written --------------------------------------------------------------------------------------------


def calendars(folder: Path) -> list[bytes]:
    return [path.read_bytes().replace(b"\r\n ", b"") for path in sorted(folder.glob("*.ics"))]


def test_reminders_and_how_often_to_look_again(plans: Path, tmp_path: Path) -> None:
    result = run("feed", plans, "-o", tmp_path / "www", "--remind", "1d", "--refresh", "12h", "--events", "drug")
    assert result.stderr.count("a calendar is no safe reminder") == 1
    for text in calendars(tmp_path / "www"):
        assert text.count(b"BEGIN:VALARM") == text.count(b"BEGIN:VEVENT") > 0
        assert text.count(b"TRIGGER:-P1D\r\n") == text.count(b"BEGIN:VALARM")
        assert b"\r\nREFRESH-INTERVAL;VALUE=DURATION:PT12H\r\n" in text
    assert "--refresh: 'soon' is no length of time" in run("feed", plans, "-o", tmp_path / "www", "--refresh", "soon", code=7).output
    assert "--remind: '' is no reminder" in run("feed", plans, "-o", tmp_path / "www", "--remind", "", code=7).output


def test_a_warning_that_is_not_about_all_names_the_plans(plans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = sorted(len(text) for text in calendars_after(plans, tmp_path / "www"))
    monkeypatch.setattr("dosing.export.style.LARGE_BYTES", sizes[0] + 10)
    warnings = [line for line in run("feed", plans, "-o", tmp_path / "www").stderr.splitlines() if line.startswith("WARNING")]
    assert len(warnings) == 1
    assert re.match(r"WARNING: p[12]\.plan\.yaml: the file has [0-9,]+ bytes", warnings[0])


def calendars_after(plans: Path, out: Path) -> list[bytes]:
    run("feed", plans, "-o", out)
    return [path.read_bytes() for path in out.glob("*.ics")]


def test_visits_have_the_hours_of_the_site_that_the_plan_names(plans: Path, tmp_path: Path) -> None:
    site = plans / "site.yaml"
    site.write_text("id: s\ntitle: S\nhours: {timezone: Europe/Berlin, opens: 08:00, closes: 16:00}\n", encoding="utf-8")
    run("plan", "new", "kd-weekly", *PATIENT, "--site", site, "-o", plans / "p3.plan.yaml")
    out = tmp_path / "www"
    run("feed", plans, "-o", out)
    run("calendar", plans / "p3.plan.yaml", "-o", tmp_path / "p3.ics")
    key = (plans / ".feed-key").read_bytes()
    written = (out / feeding.name_of(key, "p3")).read_bytes()
    assert written == (tmp_path / "p3.ics").read_bytes()
    assert b"DTSTART;TZID=Europe/Berlin:20260105T080000\r\n" in written
    assert sum(b"TZID" in data for data in (path.read_bytes() for path in out.glob("*.ics"))) == 1
    site.write_text(site.read_text(encoding="utf-8").replace("opens: 08:00", "opens: 09:30"), encoding="utf-8")
    assert results(run("feed", plans, "-o", out)) == {"p1": "same as before", "p2": "same as before", "p3": "written"}
    assert b"DTSTART;TZID=Europe/Berlin:20260105T093000\r\n" in (out / feeding.name_of(key, "p3")).read_bytes()


# -- several processes --------------------------------------------------------------------------------------------


def test_several_processes_do_the_same_in_the_same_order(plans: Path, tmp_path: Path) -> None:
    with (plans / "p1.plan.yaml").open("a", encoding="utf-8") as stream:
        stream.write("  - n: 9\n")
    alone, shared = (run("feed", plans, "-o", tmp_path / f"{n}", "--workers", n, code=1) for n in (1, 2))
    assert shared.stdout == alone.stdout
    assert shared.stderr == alone.stderr
    assert "p1.plan.yaml:" in shared.stderr
    written = [{path.name: path.read_bytes() for path in (tmp_path / n).iterdir()} for n in ("1", "2")]
    assert written[0] == written[1]


def test_problems_of_a_file_come_whole_from_another_process() -> None:
    error = RegimenFileError([Problem("b.yaml", 2, "", "wrong"), Problem("a.yaml", 1, "x", "bad")])
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.problems) == (RegimenFileError, "a.yaml:1: x: bad\nb.yaml:2: wrong", error.problems)


@pytest.mark.parametrize(("processors", "expected"), [(1, None), (2, 2), (8, 4)])
def test_many_plans_are_shared_by_as_many_processes_as_help(
    processors: int, expected: int | None, plans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One more process for every 100 plans, at most one on each processor.
    asked: list[int] = []

    def shared(one: Callable[[Path], Any], found: list[Path], workers: int) -> Iterator[Any]:
        asked.append(workers)
        return map(one, found)

    monkeypatch.setattr(feeding, "_processors", lambda: processors)
    monkeypatch.setattr(feeding, "_shared", shared)
    monkeypatch.setattr(feeding, "_feed", lambda plan, **_: plan)
    for number in range(398):
        (plans / f"x{number}.plan.yaml").touch()
    assert len(list(feed(plans, tmp_path / "www", key=bytes(32)))) == 400
    assert asked == ([expected] if expected else [])


def test_how_many_processors_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3}, raising=False)
    assert feeding._processors() == 2
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert feeding._processors() == 1


def test_a_process_that_is_ended_is_an_error_and_no_traceback(plans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Pool:
        def __init__(self, _: int) -> None: ...

        def __enter__(self) -> "Pool":
            return self

        def __exit__(self, *_: object) -> None: ...

        def map(self, *_: object, **__: object) -> Iterator[Any]:
            raise BrokenProcessPool

    monkeypatch.setattr(feeding, "ProcessPoolExecutor", Pool)
    with pytest.raises(OutputError, match="try again with --workers 1"):
        list(feed(plans, tmp_path / "www", key=bytes(32), workers=2))
