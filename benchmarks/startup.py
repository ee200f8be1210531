"""How long a command takes from start to end, as a multiple of importing what it can't do without.

    python benchmarks/startup.py [ROUNDS]

Run it with the Python of an environment in which dosing is installed. Each round runs every command once, so that a
busy moment of the machine falls on all of them alike; the first round only warms the disk and is not counted.
Exit code 1: a ratio is above its limit.
"""

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

ROUNDS = 15
DOSING = str(Path(sys.executable).with_name("dosing"))


@dataclass(frozen=True, slots=True)
class Comparison:
    """A command, the bare imports that it is measured against, and the ratio that is wanted and the one that is never exceeded."""

    name: str
    command: tuple[str, ...]
    imports: str
    aim: float
    limit: float = float("inf")

    @property
    def baseline(self) -> tuple[str, ...]:
        """The process that only imports."""
        return (sys.executable, "-c", f"import {self.imports}")


def comparisons(output: Path) -> tuple[Comparison, ...]:
    """What is measured; calendars are written to `output`."""
    patient = ("--start", "2026-01-05", "--height", "170", "--weight", "70")
    calendar = (DOSING, "calendar", "krd-asct", *patient, "-o", str(output), "--force")
    return (
        Comparison("dosing calendar krd-asct", calendar, "click, yaml, icalendar", aim=2.0, limit=3.0),
        Comparison("dosing --help", (DOSING, "--help"), "click", aim=2.0),
    )


def seconds(command: tuple[str, ...], *, folder: Path) -> float:
    """The wall time of a whole process; ends the program with what the process said where it fails."""
    start = perf_counter()
    done = subprocess.run(command, check=False, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    time = perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")
    return time


def measure(commands: tuple[tuple[str, ...], ...], *, rounds: int, folder: Path) -> list[float]:
    """The median wall time of each command in seconds, over interleaved rounds."""
    times = [[seconds(command, folder=folder) for command in commands] for _ in range(rounds + 1)]
    return [median(column) for column in zip(*times[1:], strict=True)]


def main(rounds: int) -> int:
    """Measure and print; the exit code."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compared = comparisons(folder / "krd.ics")
        commands = tuple(command for each in compared for command in (each.command, each.baseline))
        medians = measure(commands, rounds=rounds, folder=folder)
    print(f"Python {sys.version.split()[0]}, {rounds} rounds, medians")
    within = True
    for each, whole, bare in zip(compared, medians[::2], medians[1::2], strict=True):
        ratio = whole / bare
        limit = "" if each.limit == float("inf") else f", never above {each.limit}"
        print(f"{each.name}: {whole * 1000:.0f} ms / import {each.imports}: {bare * 1000:.0f} ms = {ratio:.2f} (aim {each.aim}{limit})")
        within = within and ratio <= each.limit
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
