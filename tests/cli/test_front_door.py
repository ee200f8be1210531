"""The library's front door, its errors, and what happens when the program itself has a fault."""

import re
import runpy
import sys
from collections.abc import Callable, Iterator
from datetime import date
from typing import NoReturn

import click
import pytest

import dosing
import dosing.cli
from dosing import errors
from dosing.errors import DoseError, DosingError, OutputError, Problem, RegimenError, RegimenFileError, ScheduleError, nearest

START = date(2026, 1, 5)


# -- names --------------------------------------------------------------------------------------------------------


def test_every_public_name_can_be_had() -> None:
    assert sorted(dir(dosing)) == sorted(dosing.__all__)
    for name in dosing.__all__:
        assert getattr(dosing, name) is not None
    assert dosing.DosingError is DosingError


def test_other_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="module 'dosing' has no attribute 'load'"):
        _ = dosing.load


# -- the library --------------------------------------------------------------------------------------------------


def test_the_library_gives_what_the_command_line_gives() -> None:
    patient = dosing.Patient(height_cm=170, weight_kg=70)
    drawn = dosing.load_regimen("isa-k", variant="dl2").schedule(start=START, patient=patient, cycles=1)
    # 10 mg/kg x 70 kg; 20 mg/m2 x 1.81812 m2
    amounts = {row["activity"]: str(row["amount"]) for row in drawn.rows() if row["day"] == 1}
    assert (amounts["isatuximab"], amounts["carfilzomib"]) == ("700", "36.4")
    assert any("continues" in note for note in drawn.notes)
    assert drawn.missing == ()
    assert drawn.to_csv().count("\r\n") == len(drawn.rows()) + 1 == len(drawn.to_frame()) + 1
    assert '"regimen": "isa-k"' in drawn.to_json()
    assert drawn.to_ical().startswith(b"BEGIN:VCALENDAR\r\n")


def test_what_is_missing_is_told() -> None:
    missing = dosing.load_regimen("isa-kpd", proxy=["nz-kpd"]).schedule(start=START, phases=["induction"]).missing
    assert [each.partition(":")[0] for each in missing] == ["induction.isatuximab.dose is not stated"]


def test_several_choices_or_one() -> None:
    several = dosing.load_regimen("isa-kpd", proxy=["nz-kpd", "isa-label"])
    assert [overlay.id for overlay in several.regimen.chosen] == ["nz-kpd", "isa-label"]
    assert [overlay.id for overlay in dosing.load_regimen("isa-kpd", proxy="nz-kpd").regimen.chosen] == ["nz-kpd"]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: dosing.load_regimen("kdr"), RegimenError, "did you mean 'krd'"),
        (lambda: dosing.load_regimen("krd", base_days="keep"), RegimenError, "base-days needs a base"),
        (lambda: dosing.load_regimen("cfz-for-bortezomib", base="cybord:x"), RegimenError, "there is no variant 'x'"),
        (lambda: dosing.load_regimen("krd", values={"carfilzomib.dose": "27"}), RegimenError, "not a number with a unit"),
        (lambda: dosing.load_regimen("krd").schedule(start=START, phases=["x"]), ScheduleError, "krd has no phase 'x'"),
        (lambda: dosing.load_regimen("krd").schedule(start=START, until=date(2026, 1, 4)), ScheduleError, "before the start"),
        (lambda: dosing.load_regimen("krd").schedule(start=START, formula="x"), errors.PatientError, "unknown body-surface formula"),
        (lambda: dosing.Patient(height_cm=1.7), errors.PatientError, "outside 40 to 275 cm"),
        (lambda: dosing.load_regimen("isa-vrd").schedule(start=START, cycles=1).to_ical(), OutputError, "nothing with a date"),
    ],
)
def test_errors_of_the_library(call: Callable[[], object], error: type[DosingError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


# -- errors -------------------------------------------------------------------------------------------------------


def children(kind: type[DosingError]) -> Iterator[type[DosingError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from children(child)


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = re.findall(r"^( {4,})(\w+Error) +(?:exit code )?([0-9]+)", errors.__doc__ or "", re.MULTILINE)
    found = {name: (len(indent) // 2 - 2, int(code)) for indent, name, code in drawn}
    assert found == {kind.__name__: (len(kind.__mro__) - len(DosingError.__mro__), kind.exit_code) for kind in children(DosingError)}
    assert list(found) == [kind.__name__ for kind in children(DosingError)]


def test_no_exit_code_of_ours_is_click_s_or_success() -> None:
    assert {kind.exit_code for kind in children(DosingError)}.isdisjoint({0, click.UsageError.exit_code})


def test_the_problems_of_a_file_are_told_in_its_order() -> None:
    problems = [Problem("x.yaml", 12, "a.b", "is wrong"), Problem("x.yaml", 3, "", "is too"), Problem("x.yaml", 0, "", "is empty")]
    error = RegimenFileError(problems)
    assert str(error).splitlines() == ["x.yaml: is empty", "x.yaml:3: is too", "x.yaml:12: a.b: is wrong"]
    assert error.problems == tuple(reversed(problems))


@pytest.mark.parametrize(
    ("word", "expected"),
    [("carfilzomb", "; did you mean 'carfilzomib'?"), ("CARFILZOMIB", "; did you mean 'carfilzomib'?"), ("x", ""), ("", "")],
)
def test_the_nearest_word(word: str, expected: str) -> None:
    assert nearest(word, ["bortezomib", "carfilzomib"]) == expected


def test_the_nearest_of_nothing() -> None:
    assert nearest("x", []) == ""


# -- faults of the program ----------------------------------------------------------------------------------------


def divide() -> NoReturn:
    raise ZeroDivisionError("by nothing")


def test_a_fault_is_a_message_without_a_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(dosing.cli, "commands", divide)
    monkeypatch.delenv("DOSING_DEBUG", raising=False)
    with pytest.raises(SystemExit) as end:
        dosing.cli.main()
    assert end.value.code == 70
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Error: a fault in dosing itself (ZeroDivisionError: by nothing)" in shown.err
    assert "DOSING_DEBUG=1 shows where it happened" in shown.err
    assert "Traceback" not in shown.err


def test_a_fault_shows_its_traceback_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dosing.cli, "commands", divide)
    monkeypatch.setenv("DOSING_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        dosing.cli.main()


def test_a_fault_inside_a_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("dosing.regimen.library.shipped_regimens", divide)
    monkeypatch.setattr(sys, "argv", ["dosing", "regimens"])
    monkeypatch.delenv("DOSING_DEBUG", raising=False)
    with pytest.raises(SystemExit) as end:
        dosing.cli.main()
    assert end.value.code == 70
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_python_m_dosing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["dosing", "--version"])
    with pytest.raises(SystemExit) as end:
        runpy.run_module("dosing", run_name="__main__")
    assert end.value.code == 0
    assert capsys.readouterr().out == f"dosing, version {dosing.__version__}\n"


def test_an_error_of_dosing_ends_with_its_exit_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse() -> NoReturn:
        raise DoseError("nobody said how much")

    monkeypatch.setattr("dosing.regimen.library.shipped_regimens", refuse)
    monkeypatch.setattr(sys, "argv", ["dosing", "regimens"])
    with pytest.raises(SystemExit) as end:
        dosing.cli.main()
    assert end.value.code == 6
    assert capsys.readouterr().err == "Error: nobody said how much\n"
