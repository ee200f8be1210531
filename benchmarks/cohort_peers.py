"""The ways that `benchmarks/cohort.py` compares `dosing cohort` with; each runs in a process of its own, and prints its seconds.

    python benchmarks/cohort_peers.py WAY FOLDER

The folder holds patients.csv and pattern.parquet: the rows of one patient, typed as a user of each library would type them, with the days
since the start in `offset` and, where the dose is by body surface, the order's cap in `cap_m2`. The limits read doses.parquet, a finished
table, row group by row group, and count only the time of writing it again with the settings that `dosing cohort` has. All others begin with
patients.csv; their clock starts after their imports.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

STEP = 10  # amounts in tenths of mg
# A size is at hand to 15 digits; a half that they miss by less is a half.
NEAR = 1e-9


def limit_parquet(folder: Path) -> float:
    """Finished columns through pyarrow's Parquet writer."""
    from dosing.cohort.sink import parquet_writer

    with parquet_writer(folder / "limit_parquet.parquet") as writer:
        return _written(folder, lambda table: writer.write_table(table, row_group_size=table.num_rows))


def limit_csv(folder: Path) -> float:
    """Finished columns through pyarrow's CSV writer, which takes no coded text: it is decoded before."""
    import pyarrow as pa
    from pyarrow import csv

    from dosing.cohort.columns import schema

    plain = pa.schema([(each.name, pa.string() if pa.types.is_dictionary(each.type) else each.type) for each in schema()])
    with csv.CSVWriter(folder / "limit_csv.csv", plain) as writer:
        return _written(folder, writer.write_table, plain)


def _written(folder: Path, write: Callable[[Any], None], schema: Any = None) -> float:
    """The seconds that writing takes, without those of reading."""
    import pyarrow.parquet as pq

    from dosing.cohort.columns import schema as doses

    seconds = 0.0
    with pq.ParquetFile(folder / "doses.parquet") as file:
        for number in range(file.num_row_groups):
            table = file.read_row_group(number).cast(schema or doses()).combine_chunks()
            begin = perf_counter()
            write(table)
            seconds += perf_counter() - begin
    return seconds


def pandas(folder: Path) -> float:
    """A cross-merge of typed frames."""
    import numpy as np
    import pandas as pd

    begin = perf_counter()
    patients = pd.read_csv(folder / "patients.csv", usecols=["patient_id", "start", "height_cm", "weight_kg"], parse_dates=["start"])
    pattern = pd.read_parquet(folder / "pattern.parquet")
    patients["size"] = np.sqrt(patients["height_cm"] * patients["weight_kg"] / 3600)
    doses = patients.drop(columns=["height_cm", "weight_kg"]).merge(pattern, how="cross")
    size = doses["size"].clip(upper=doses["cap_m2"])
    exact = doses["dose"] * size.where(doses["cap_m2"].notna(), 1.0)
    doses["date"] = doses["start"] + pd.to_timedelta(doses["offset"], unit="D")
    doses["bsa_m2"] = size.where(doses["cap_m2"].notna()).round(4)
    doses["amount"] = np.floor(exact * STEP + 0.5 + NEAR) / STEP
    doses["deviation_pct"] = ((doses["amount"] - exact) / exact * 100).round(4)
    doses[_names()].to_parquet(folder / "pandas.parquet", index=False)
    return perf_counter() - begin


def polars(folder: Path) -> float:
    """A lazy cross join, streamed into a file."""
    import polars as pl

    begin = perf_counter()
    patients = pl.scan_csv(folder / "patients.csv", try_parse_dates=True).select(
        "patient_id", "start", size=(pl.col("height_cm") * pl.col("weight_kg") / 3600).sqrt()
    )
    by_size = pl.col("cap_m2").is_not_null()
    size = pl.min_horizontal("size", "cap_m2")
    exact = pl.col("dose") * pl.when(by_size).then(size).otherwise(1.0)
    amount = (exact * STEP + 0.5 + NEAR).floor() / STEP
    patients.join(pl.scan_parquet(folder / "pattern.parquet"), how="cross").with_columns(
        date=pl.col("start") + pl.duration(days="offset"),
        bsa_m2=pl.when(by_size).then(size).round(4),
        amount=amount,
        deviation_pct=((amount - exact) / exact * 100).round(4),
    ).select(_names()).sink_parquet(folder / "polars.parquet", compression="snappy", statistics=False)
    return perf_counter() - begin


def duckdb(folder: Path) -> float:
    """A join in SQL with COPY."""
    import duckdb as db

    given = {
        "date": 'start + "offset"',
        "bsa_m2": "round(CASE WHEN cap_m2 IS NULL THEN NULL ELSE size END, 4)",
        "amount": "amount",
        "deviation_pct": "round((amount - exact) / exact * 100, 4)",
    }
    columns = ", ".join(f'{given.get(name, f"{chr(34)}{name}{chr(34)}")} AS "{name}"' for name in _names())
    begin = perf_counter()
    # In any order: sorted, it holds all rows in memory (8.5 GB for 100,000 patients).
    connection = db.connect(config={"temp_directory": str(folder), "memory_limit": "4GB", "preserve_insertion_order": "false"})
    connection.execute(f"""
        CREATE TABLE pattern AS SELECT * FROM read_parquet('{folder}/pattern.parquet');
        COPY (
            WITH patients AS (
                SELECT patient_id, start, sqrt(height_cm * weight_kg / 3600) AS surface FROM read_csv('{folder}/patients.csv')
            ), sized AS (
                SELECT patient_id, start, least(surface, cap_m2) AS size, pattern.* EXCLUDE (date, bsa_m2, amount, deviation_pct)
                FROM patients CROSS JOIN pattern
            ), counted AS (
                SELECT *, dose * CASE WHEN cap_m2 IS NULL THEN 1.0 ELSE size END AS exact FROM sized
            ), dosed AS (
                SELECT *, floor(exact * {STEP} + 0.5 + {NEAR}) / {STEP} AS amount FROM counted
            )
            SELECT {columns} FROM dosed
        ) TO '{folder}/duckdb.parquet' (FORMAT parquet, COMPRESSION snappy)
    """)
    return perf_counter() - begin


def _names() -> list[str]:
    from dosing.cohort.columns import DOSES

    return [column.name for column in DOSES]


WAYS = {way.__name__: way for way in (limit_parquet, limit_csv, pandas, polars, duckdb)}

if __name__ == "__main__":
    print(WAYS[sys.argv[1]](Path(sys.argv[2])))
