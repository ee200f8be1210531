"""Cohorts to run: small tables, and the doses that a run wrote, in any form."""

import json
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from dosing.cohort.parts import Job, Part, Task, make_part
from dosing.cohort.read import open_doses
from dosing.cohort.run import Order

HEAD = "patient_id,regimen,start,height_cm,weight_kg"
# Of different regimens; the body surfaces by Mosteller are 1.81812, 2.14476 and 1.60078 m2.
LINES = ("p1,krd,2026-01-05,170,70", "p2,k-20-27,2026-01-06,182,91", "p3,vd,2026-02-02,165,56")


def patients(folder: Path, *lines: str, name: str = "patients.csv", head: str = HEAD) -> Path:
    """A table of patients."""
    path = folder / name
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


def many(folder: Path, count: int) -> Path:
    """A table of so many patients, each of another size."""
    kinds = ("krd", "k-20-27", "vd")
    return patients(
        folder, *(f"p{n:05},{kinds[n % 3]},2026-01-{5 + n % 20:02},{150 + n % 45},{50 + n % 41}.{n % 10}" for n in range(count))
    )


def doses(path: Path) -> list[dict[str, Any]]:
    """The rows of a table of doses in any form."""
    found: list[dict[str, Any]] = pa.Table.from_batches(open_doses(path)).to_pylist()
    return found


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def metadata(path: Path) -> dict[str, Any]:
    """What a Parquet file says of itself."""
    with pyarrow.parquet.ParquetFile(path) as file:
        found: dict[str, Any] = json.loads(file.metadata.metadata[b"dosing"])
    return found


def order(source: Path, output: str, **given: Any) -> Order:
    """An order whose output stands beside the table of patients."""
    return Order(patients=source, output=source.parent / output, **given)


class Stopping:
    """Makes parts in this process, and fails after so many."""

    def __init__(self, after: int | None = None) -> None:
        self.after = after
        self.made: list[int] = []

    def __call__(self, job: Job, tasks: Iterator[Task]) -> Generator[Part]:
        for task in tasks:
            if self.after is not None and len(self.made) >= self.after:
                raise KeyboardInterrupt
            self.made.append(task.number)
            yield make_part(job, task)


def names(folder: Path) -> Sequence[str]:
    """What stands in a folder."""
    return sorted(path.name for path in folder.iterdir())
