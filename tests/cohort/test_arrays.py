"""Arrays made from their buffers are those that pyarrow makes, and nothing here needs pandas."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dosing.cohort.arrays import none, of_numpy, one, texts, to_numpy

VALUES = [[], [1, 2, 3], list(range(-9, 0)), [0.5, float("inf"), -1e300], [True, False, True, True, False, True, False, True, True]]
KINDS = [np.int32, np.int32, np.int64, np.float64, np.bool_]


@pytest.mark.parametrize(("values", "kind"), list(zip(VALUES, KINDS, strict=True)))
def test_numbers_and_flags(values: list[Any], kind: type) -> None:
    made = of_numpy(np.array(values, kind))
    made.validate(full=True)
    assert made.to_pylist() == values
    assert list(to_numpy(made)) == values
    assert to_numpy(made).dtype == kind
    assert list(to_numpy(made.slice(1))) == values[1:]


def test_nothing_where_nothing_is() -> None:
    made = of_numpy(np.array([1, 2, 3]), np.array([False, True, False]))
    made.validate(full=True)
    assert made.to_pylist() == [1, None, 3]
    assert of_numpy(np.array([1, 2]), np.array([False, False])).null_count == 0


def test_every_second_number() -> None:
    assert of_numpy(np.arange(6)[::2]).to_pylist() == [0, 2, 4]


@pytest.mark.parametrize("values", [[], ["a", "", "größer", "two\nlines"]])
def test_texts(values: list[str]) -> None:
    made = texts(values)
    made.validate(full=True)
    assert made == pa.array(values, pa.string())


def test_arguments() -> None:
    assert one("a") == pa.scalar("a")
    assert one(np.float64(1.5)) == pa.scalar(1.5)
    assert one(np.False_) == pa.scalar(False)
    assert none(pa.int32()).as_py() is None


@pytest.mark.parametrize("output", ["doses.parquet", "doses.csv", "doses.arrow"])
def test_the_command_does_without_pandas(tmp_path: Path, output: str) -> None:
    patients = tmp_path / "patients.csv"
    patients.write_text("patient_id,regimen,start,height_cm,weight_kg\np1,krd,2026-01-05,170,70\np2,krd,2026-01-06,180,150\n")
    code = "import sys; from dosing.cli import main; sys.argv[0] = 'dosing'\ntry: main()\nfinally: print('pandas' in sys.modules)"
    command = [sys.executable, "-c", code, "cohort", str(patients), "--cycles", "1", "-o", str(tmp_path / output)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
