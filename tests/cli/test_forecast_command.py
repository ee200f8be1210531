"""`dosing forecast` as a user sees it."""

import csv
import io
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import Result

from dosing import Patient, load_regimen
from dosing.cohort.forecast_columns import CHAIRS, DRUGS
from dosing.export.columns import COLUMNS
from dosing.export.csv import csv_text

Run = Callable[..., Result]
SITE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "site" / "our-clinic.yaml"


@pytest.fixture
def doses(run: Run, tmp_path: Path) -> str:  # noqa: ARG001  # `run` goes to the empty directory
    """A table of one patient with KRd from Monday 5 January 2026: 20 mg/m2 carfilzomib for two days, then 27 mg/m2 (36.4 and 49.1 mg)."""
    found = load_regimen("krd").schedule(start=date(2026, 1, 5), patient=Patient(height_cm=170, weight_kg=70), cycles=1).rows()
    text = csv_text(["patient_id", *(column.name for column in COLUMNS)], (("P1", *row.values()) for row in found))
    Path("doses.csv").write_text(text, encoding="utf-8", newline="")
    return "doses.csv"


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_both_tables(run: Run, doses: str) -> None:
    result = run("forecast", doses, "--drug", "carfilzomib")
    assert result.exit_code == 0
    assert result.stdout == (
        "Drugs by week, from its Monday on\n"
        "Date        Drug         Doses  Amount   Vials                  Left over       By mouth  Not in it\n"
        "2026-01-05  carfilzomib  2      72.8 mg  2 x 30 mg + 2 x 10 mg  7.2 mg (9 %)\n"
        "2026-01-12  carfilzomib  2      98.2 mg  2 x 30 mg + 4 x 10 mg  1.8 mg (1.8 %)\n"
        "2026-01-19  carfilzomib  2      98.2 mg  2 x 30 mg + 4 x 10 mg  1.8 mg (1.8 %)\n"
        "\n"
        "Visits by day\n"
        "Date        Visits  Chair hours  No stated time  Pumps\n"
        + "".join(f"2026-01-{day:02}  1       0.17\n" for day in (5, 6, 12, 13, 19, 20))
    )
    assert "note: only carfilzomib; visits are those for what is named here\n" in result.stderr
    assert "note: carfilzomib: vials of 10 mg, 30 mg, 60 mg [khcp-dos]; each dose from its own\n" in result.stderr


def test_drugs_as_csv(run: Run, doses: str) -> None:
    assert run("forecast", doses, "--what", "drugs", "-o", "drugs.csv", "--from", "2026-01-12", "--to", "2026-01-25").stdout == ""
    found = rows(Path("drugs.csv").read_text(encoding="utf-8"))
    assert list(found[0]) == [column.name for column in DRUGS]
    assert [(row["date"], row["drug"], row["amount"], row["opened_mg"], row["capsules"]) for row in found] == [
        ("2026-01-12", "carfilzomib", "98.2", "100", ""),
        ("2026-01-12", "dexamethasone", "40", "", ""),
        ("2026-01-12", "lenalidomide", "175", "", "7 x 25 mg"),
        ("2026-01-19", "carfilzomib", "98.2", "100", ""),
        ("2026-01-19", "dexamethasone", "40", "", ""),
        ("2026-01-19", "lenalidomide", "175", "", "7 x 25 mg"),
    ]


def test_chairs_as_csv(run: Run, doses: str) -> None:
    result = run(
        "forecast", doses, "--what", "chairs", "--format", "csv", "--by", "month", "--minutes-per-visit", "5", "--pump-from", "600"
    )
    found = rows(result.stdout)
    assert list(found[0]) == [column.name for column in CHAIRS]
    # Six infusions of 10 minutes, and 5 minutes for each of the visits.
    assert [(row["date"], row["visits"], row["chair_hours"], row["visit_min"], row["pump_min"]) for row in found] == [
        ("2026-01-01", "6", "1.5", "5", "600")
    ]


def test_tables_in_a_file_and_the_site(run: Run, doses: str) -> None:
    result = run("forecast", doses, "--format", "table", "-o", "both.txt", "--site", str(SITE), "--what", "drugs")
    assert (result.exit_code, result.stdout) == (0, "")
    lines = Path("both.txt").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("site our-clinic (")
    assert lines[1] == "Drugs by week, from its Monday on"
    # The site has tablets of 4 and 20 mg.
    assert any("dexamethasone  1      40 mg" in line and "tablets 2 x 20 mg" in line for line in lines)
    assert run("forecast", doses, "-o", "more.txt", "--format", "table").exit_code == 0
    assert "\n\nVisits by day\n" in Path("more.txt").read_text(encoding="utf-8")
    found = rows(run("forecast", doses, "--what", "drugs", "--format", "csv", "--site", str(SITE)).stdout)
    assert found[0]["site"].startswith("our-clinic (")


def test_what_stands_beside_the_numbers(run: Run, doses: str) -> None:
    """Optional doses, doses without an amount, days nobody counted, what tablets can't make up."""
    text = Path(doses).read_text(encoding="utf-8")
    head, *lines = rows_of = text.splitlines()
    names = head.split(",")
    assert len(rows_of) > 1

    def changed(line: str, **cells: str) -> str:
        found = dict(zip(names, next(csv.reader([line])), strict=True)) | cells
        out = io.StringIO()
        csv.writer(out).writerow(found.values())
        return out.getvalue().strip()

    carfilzomib = next(line for line in lines if ",carfilzomib," in line)
    more = [
        carfilzomib,
        changed(carfilzomib, amount="", amount_unit=""),
        changed(carfilzomib, times_per_day=""),
        changed(carfilzomib, status="optional"),
        changed(carfilzomib, status="optional", duration_min="1440"),
        changed(carfilzomib, drug="melphalan", route="PO", amount="16.4"),
        changed(carfilzomib, date="2026-01-06", drug="", activity="something", duration_min=""),
        changed(carfilzomib, date="2026-01-06", status="optional", kind="assessment", drug=""),
        changed(carfilzomib, date="2026-01-07", status="optional"),
    ]
    Path("more.csv").write_text("\n".join([head, *more]) + "\n", encoding="utf-8")
    result = run("forecast", "more.csv")
    assert [" ".join(line.split()) for line in result.stdout.splitlines()][2:] == [
        "2026-01-05 carfilzomib 1 36.4 mg 1 x 30 mg + 1 x 10 mg 3.6 mg (9 %) 1 without amount, 1 uncounted",
        "2026-01-05 carfilzomib (optional) 3 109.2 mg 3 x 30 mg + 3 x 10 mg 10.8 mg (9 %)",
        "2026-01-05 melphalan 1 16.4 mg 1 not made up by mouth",
        "2026-01-05 something (drug not stated) 1 36.4 mg",
        "",
        "Visits by day",
        "Date Visits Chair hours No stated time Pumps",
        "2026-01-05 1 0.33 + 0.17 optional 1 1",
        "2026-01-06 1 0.00 1",
        "2026-01-07 0 + 1 optional 0.00 + 0.17 optional",
    ]


def test_share_vials_and_a_regimen_of_ones_own(run: Run, doses: str, regimen_file: Callable[..., str]) -> None:
    own = regimen_file(("precision: 1 mg}", "precision: 1 mg, vials: [30 mg]}"))
    text = Path(doses).read_text(encoding="utf-8").replace("carfilzomib", "paclitaxel")
    second = "".join(line.replace("P1", "P2", 1) for line in text.splitlines(keepends=True)[1:])
    Path(doses).write_text(text + second, encoding="utf-8", newline="")
    asked = ("forecast", doses, "--what", "drugs", "--format", "csv", "--to", "2026-01-05", "--drug", "paclitaxel")
    alone = run(*asked, "--regimen", own)
    shared = run(*asked, "--regimen", own, "--share-vials")
    # 36.4 mg twice: four vials alone, three together.
    assert [(row["vial_sizes"], row["vials_for"]) for row in rows(alone.stdout) + rows(shared.stdout)] == [
        ("4 x 30 mg", "each dose"),
        ("3 x 30 mg", "each day"),
    ]
    assert "paclitaxel: nothing is known of this drug" in run(*asked).stderr


def test_a_plot(run: Run, doses: str) -> None:
    assert run("forecast", doses, "--plot", "krd.svg").stdout == ""
    assert b">carfilzomib</text>" in Path("krd.svg").read_bytes()
    result = run("forecast", doses, "--plot", "krd.png", "--what", "chairs", "-o", "chairs.csv")
    assert (result.exit_code, Path("krd.png").read_bytes()[:4], Path("chairs.csv").exists()) == (0, b"\x89PNG", True)
    assert run("forecast", doses, "--plot", "krd.png").exit_code == 7
    assert run("forecast", doses, "--plot", "krd.png", "--force").exit_code == 0


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("none.parquet",), 4, "Error: none.parquet can't be read as a table of doses: "),
        (("doses.csv", "-o", "all.csv"), 7, "Error: a CSV file holds one table: choose with --what drugs or --what chairs"),
        (("doses.csv", "--format", "csv"), 7, "Error: a CSV file holds one table"),
        (("doses.csv", "--plot", "krd.pdf"), 7, "Error: --plot krd.pdf: a plot is a PNG or an SVG; name it FILE.png or FILE.svg"),
        (("doses.csv", "--from", "5 Jan"), 5, "Error: --from: "),
        (("doses.csv", "--from", "2026-01-06", "--to", "2026-01-05"), 5, "Error: --to 2026-01-05 is before --from 2026-01-06"),
        (("doses.csv", "--drug", "carfilzomip"), 4, "Error: the table has no dose of 'carfilzomip'; did you mean 'carfilzomib'?"),
        (("doses.csv", "--regimen", "none"), 3, "Error: there is no regimen 'none'"),
        (("doses.csv", "--minutes-per-visit", "-1"), 2, "Invalid value for '--minutes-per-visit'"),
    ],
)
def test_what_cannot_be_done(run: Run, doses: str, args: tuple[str, ...], code: int, says: str) -> None:
    assert doses == "doses.csv"
    result = run("forecast", *args)
    assert (result.exit_code, result.stdout) == (code, "")
    assert says in result.stderr
    assert sorted(path.name for path in Path().iterdir()) == ["doses.csv"]


def test_a_drug_by_another_name(run: Run, doses: str) -> None:
    result = run("forecast", doses, "--drug", "Kyprolis", "--what", "drugs", "--format", "csv")
    assert sum(Decimal(row["amount"]) for row in rows(result.stdout)) == Decimal("269.2")


def test_without_pyarrow(run: Run, doses: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = run("forecast", doses)
    assert (result.exit_code, result.stderr) == (7, "Error: a cohort needs pyarrow: pip install 'dosing[cohort]'\n")
