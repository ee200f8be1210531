"""`dosing share`: only where it is allowed, patients by number, and what it saves."""

from collections.abc import Callable

import pytest
from click.testing import Result

from dosing.regimen import library
from dosing.regimen.drugs import read_drug

Run = Callable[..., Result]

FILE = "id: {id}\nsource: v-set\nprecision: 0.1 mg\nroutes: IV\nvials: [10 mg, 60 mg]\n{more}"
MORE = {
    "open": "share_vials: yes\ntall_man: oPEN\n",
    "closed": "share_vials: no\n",
    "silent": "",
}


@pytest.fixture
def drugs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three invented drugs: one that may be shared, one that may not, one that says nothing."""
    known = {id: read_drug(FILE.format(id=id, more=more).encode(), file=f"{id}.yaml") for id, more in MORE.items()}
    monkeypatch.setattr(library, "find_drug", known.__getitem__)


@pytest.mark.usefixtures("drugs")
def test_allowed_by_the_file(run: Run) -> None:
    result = run("share", "open", "36mg", "36 mg", "48mg")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "oPEN: 36 mg, 36 mg, 48 mg",
        "    vials may be shared [v-set]",
        "    open 2 x 60 mg for 120 mg in all, 0 mg left over (0 % of what is opened) [v-set]",
        "    patient 1: 36 mg, 36 mg of what is opened on its account; alone 4 x 10 mg",
        "    patient 2: 36 mg, 36 mg of what is opened on its account; alone 4 x 10 mg",
        "    patient 3: 48 mg, 48 mg of what is opened on its account; alone 5 x 10 mg",
        "    saved 10 mg (7.7 %): each alone would open 130 mg, together 120 mg",
    ]


@pytest.mark.usefixtures("drugs")
def test_allowed_by_the_user(run: Run) -> None:
    refused = run("share", "silent", "36mg", "48mg")
    assert refused.exit_code == 6
    assert "--allow" in refused.stderr
    result = run("share", "silent", "36mg", "48mg", "--allow")
    assert result.exit_code == 0
    assert "    sharing was allowed by the user (--allow); the file of silent does not state" in result.stdout


@pytest.mark.usefixtures("drugs")
@pytest.mark.parametrize("more", [(), ("--allow",)])
def test_forbidden_by_the_label(run: Run, more: tuple[str, ...]) -> None:
    result = run("share", "closed", "36mg", "48mg", *more)
    assert result.exit_code == 6
    assert "the label forbids it [v-set]" in result.stderr
    assert result.stdout == ""


def test_a_drug_of_the_library_that_must_not_be_shared(run: Run) -> None:
    result = run("share", "carfilzomib", "36mg", "48mg", "--allow")
    assert result.exit_code == 6
    assert "carfilzomib: its vials must not be shared between patients" in result.stderr


@pytest.mark.parametrize(
    ("amounts", "message"),
    [
        (("36",), "AMOUNT: '36' is not a number with a unit"),
        (("36mg", "1,234mg"), "AMOUNT: '1,234mg' is not a number"),
        (("12 3mg",), "AMOUNT: '12 3mg' is not a number"),
        (("３６mg",), "AMOUNT: '３６mg' is not a number"),  # noqa: RUF001  # digits that only look like these
        (("0mg",), "must be a flat amount above zero"),
        (("10mg/kg",), "must be a flat amount above zero"),
    ],
)
def test_bad_amounts(run: Run, amounts: tuple[str, ...], message: str) -> None:
    result = run("share", "bortezomib", *amounts, "--allow")
    assert result.exit_code == 6
    assert message in result.stderr
    assert result.stdout == ""


def test_an_amount_is_needed(run: Run) -> None:
    assert run("share", "bortezomib").exit_code == 2


def test_an_unknown_drug(run: Run) -> None:
    result = run("share", "bortezomip", "2mg")
    assert result.exit_code == 3
    assert "bortezomip" in result.stderr
