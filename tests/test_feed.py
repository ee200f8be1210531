"""`dosing feed`: calendars of many plans, their names, what is written again, and what goes wrong in one of them."""

import hmac
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dosing.cli import commands

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
    assert "can't read or make" in run("feed", tmp_path / "nowhere", "-o", tmp_path / "www", code=7).output
    (tmp_path / "file").write_bytes(b"")
    assert "can't write" in run("feed", plans, "-o", tmp_path / "file", code=7).output
    (plans / ".feed-key").write_bytes(b"short")
    assert "damaged" in run("feed", plans, "-o", tmp_path / "www", code=7).output
