"""How fast `dosing cohort` is, against pandas, polars and DuckDB, and against pyarrow writing the same finished columns.

    python benchmarks/cohort.py [PATIENTS [ROUNDS]]

Run it with the Python of an environment in which dosing is installed with its extra `bench`. It makes patients on KRd (seeded; 186 rows in
6 cycles each), and runs every way in a process of its own, one after another, round by round; the medians are told. Ours is the whole
command, start-up included, from patients.csv to the file. The others (benchmarks/cohort_peers.py) are timed without their start-up. All
must have the same number of rows, and the same sum of amounts. Memory is the most that any one process of a way held.

Exit code 1: with 100,000 patients or more an aim is missed. Above 100,000 patients, CSV is left out (it has 2.3 GB there), and so are
pandas, which holds everything in memory, and DuckDB, which takes minutes.
"""

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from shutil import rmtree
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dosing.api import load_regimen
from dosing.cohort.columns import DOSES, schema
from dosing.dose.patient import Patient

PATIENTS, ROUNDS, SEED = 100_000, 3, 6
CYCLES = 6
SMALL = 100_000
OURS, TWO, CSV = "dosing cohort", "dosing cohort --workers 2", "dosing cohort, CSV"
# Ours, the other, and how many times as fast as it.
AIMS = (
    (OURS, "limit_parquet", 0.8),
    (OURS, "pandas", 3.0),
    (OURS, "polars", 1.0),
    (OURS, "duckdb", 1.0),
    (CSV, "limit_csv", 2.0),
)
FLOOR = 0.5
MEMORY_MB = 500
PEERS = Path(__file__).with_name("cohort_peers.py")


@dataclass(frozen=True, slots=True)
class Run:
    """One way, once: seconds by the clock, seconds of all processors with its start-up, and the most memory of one process in MB."""

    seconds: float
    cpu: float
    memory: float


def make_patients(path: Path, count: int) -> None:
    """Adults of both sexes; weight rises with height, and is skewed as weights are: a median of 80 kg for 1.75 m, one in ten above 105."""
    made = np.random.default_rng(SEED)
    male = made.random(count) < 0.55  # myeloma is somewhat more frequent in men
    height = np.clip(np.where(male, 175.0, 162.0) + made.normal(0, 7, count), 145, 205)
    index = np.clip(np.exp(np.log(26.2) + made.normal(0, 0.17, count)), 14, 60)
    weight = index * (height / 100) ** 2
    starts = np.datetime64("2026-01-05") + made.integers(0, 365, count)
    with path.open("w", encoding="utf-8") as stream:
        stream.write("patient_id,regimen,start,height_cm,weight_kg\n")
        stream.writelines(
            f"p{number:07},krd,{start},{cm:.0f},{kg:.1f}\n"
            for number, (start, cm, kg) in enumerate(zip(starts, height, weight, strict=True))
        )


def make_pattern(path: Path) -> int:
    """The rows of one patient for the peers; how many there are."""
    start = date(2026, 1, 5)
    dosed = load_regimen("krd").schedule(start=start, patient=Patient(height_cm=170, weight_kg=70), cycles=CYCLES)
    rows = [{name: None if cell == "" else cell for name, cell in row.items()} for row in dosed.rows()]
    fields = {each.name: each.type for each in schema()}
    columns = {name: pa.array([_typed(row.get(name), kind) for row in rows], kind) for name, kind in fields.items() if name != "patient_id"}
    columns["offset"] = pa.array([_days(row["date"], start) for row in rows], pa.int32())
    capped = [2.2 if row["dose_unit"] == "mg/m2" else None for row in rows]
    columns["cap_m2"] = pa.array(capped, pa.float64())
    pq.write_table(pa.table(columns), path)
    return len(rows)


def _days(day: object, start: date) -> int | None:
    return (day - start).days if isinstance(day, date) else None


def _typed(cell: object, kind: pa.DataType) -> object:
    return float(cell) if cell is not None and pa.types.is_floating(kind) else cell  # type: ignore[arg-type]  # a Decimal


def commands(folder: Path, count: int) -> dict[str, tuple[str, ...]]:
    """What is run, by its name; the limits come after ours, whose file they read."""
    base = (sys.executable, "-m", "dosing", "cohort", "patients.csv", "--cycles", str(CYCLES), "--force", "-o")
    found = {OURS: (*base, "doses.parquet"), TWO: (*base, f"two{os.sep}", "--workers", "2")}
    peers = ["limit_parquet", "polars"]
    if count <= SMALL:
        found[CSV] = (*base, "doses.csv")
        peers += ["limit_csv", "pandas", "duckdb"]
    return found | {peer: (sys.executable, str(PEERS), peer, str(folder)) for peer in peers}


def run(command: tuple[str, ...], folder: Path, *, own_clock: bool) -> Run:
    """A process from its start to its end; with `own_clock` the seconds are those that it prints."""
    with (folder / "said").open("w+b") as said:
        begin = perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read().decode()
    if process.returncode:
        sys.exit(f"{' '.join(command)}: exit code {process.returncode}\n{text}")
    return Run(float(text.split()[-1]) if own_clock else seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)


def summed(path: Path) -> tuple[int, int]:
    """Rows of a Parquet file (or of a folder of them) and the sum of the amounts in tenths of mg. Ends the program for other columns."""
    rows = total = 0
    for part in sorted(path.glob("*.parquet")) if path.is_dir() else [path]:
        with pq.ParquetFile(part) as file:
            if file.schema_arrow.names != [column.name for column in DOSES]:
                sys.exit(f"{path} has other columns: {', '.join(file.schema_arrow.names)}")
            for batch in file.iter_batches(columns=["amount"]):
                rows += batch.num_rows
                total += int(np.rint(batch.column(0).to_numpy(zero_copy_only=False) * 10).sum())
    return rows, total


def measure(folder: Path, count: int, rounds: int) -> dict[str, list[Run]]:
    """All ways, round by round; what differs in its sums ends the program."""
    found: dict[str, list[Run]] = defaultdict(list)
    sums: dict[str, tuple[int, int]] = {}
    for number in range(rounds):
        for name, command in commands(folder, count).items():
            found[name].append(run(command, folder, own_clock=command[1] == str(PEERS)))
            output = folder / (f"{name}.parquet" if command[1] == str(PEERS) else "two" if name == TWO else "doses.parquet")
            if number == 0 and output.exists():
                sums[name] = summed(output)
            for path in (folder / "two", *folder.glob("*.csv"), *folder.glob("*.parquet")):
                if path.name not in ("patients.csv", "doses.parquet", "pattern.parquet"):
                    rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    if len(set(sums.values())) > 1:
        sys.exit(f"the ways don't agree (rows, tenths of mg): {sums}")
    return found


def judged(found: dict[str, list[Run]]) -> Iterator[tuple[str, bool]]:
    """Each aim in a sentence, and whether it is met."""
    medians = {name: median(each.seconds for each in runs) for name, runs in found.items()}
    for ours, other, aim in AIMS:
        if ours in medians and other in medians:
            ratio = medians[other] / medians[ours]
            below = f", below the floor of {FLOOR}" if aim < 1 and ratio < FLOOR else ""
            yield f"{ours} / {other}: {ratio:.2f} (aim {aim}){below}", ratio >= aim
    for ours in (OURS, TWO):
        most = max(each.memory for each in found[ours])
        yield f"{ours}: {most:.0f} MB (aim: less than {MEMORY_MB})", most < MEMORY_MB


def main(count: int, rounds: int) -> int:
    """Measure and print; the exit code."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        make_patients(folder / "patients.csv", count)
        rows = count * make_pattern(folder / "pattern.parquet")
        before = os.getloadavg()[0]
        found = measure(folder, count, rounds)
        size = (folder / "doses.parquet").stat().st_size
    print(f"Python {sys.version.split()[0]}, {count:,} patients, {rows:,} rows, medians of {rounds}")
    print(f"load {before:.1f} before, {os.getloadavg()[0]:.1f} after; {os.cpu_count()} processors; doses.parquet has {size / 1e6:.1f} MB")
    for way, runs in found.items():
        seconds, cpu, memory = (median(getattr(each, what) for each in runs) for what in ("seconds", "cpu", "memory"))
        print(f"  {way}: {seconds:.2f} s, {rows / seconds / 1e6:.2f} million rows/s, {cpu:.2f} s of processors, {memory:.0f} MB")
    within = True
    for text, met in judged(found):
        print(f"  {'met   ' if met else 'missed'} {text}")
        within = within and met
    return 0 if within or count < SMALL else 1


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:]]
    sys.exit(main(*(numbers or [PATIENTS])[:1], *(numbers[1:] or [ROUNDS])))
