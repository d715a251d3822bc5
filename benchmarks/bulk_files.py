"""The parts of `bulk.py` about files, whole processes and a growing record."""

from __future__ import annotations

import argparse
import csv
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from contest import PLAN, change_points, checksum, contest, make_lines, ours
from pyarrow import parquet

from tariffcli.book import load
from tariffcli.bulk.cells.rater import Rated, Rater
from tariffcli.bulk.classes.classes import Classes

HERE = Path(__file__).resolve().parent
ADDED = ["total_pct", "additional_pct"]
COPY = """
import sys, numpy, pyarrow, pyarrow.parquet as parquet
pyarrow.set_cpu_count(int(sys.argv[3]))
with parquet.ParquetFile(sys.argv[1]) as file:
    writer = parquet.ParquetWriter(
        sys.argv[2], file.schema_arrow, compression="zstd", compression_level=1
    )
    with writer:
        for batch in file.iter_batches(batch_size=1 << 20):
            writer.write_batch(batch, row_group_size=1 << 20)
"""


def parquet_files(
    asked: argparse.Namespace, table: pa.Table, folder: Path, book: Any, classes: Classes
) -> None:
    """(c) Parquet to Parquet: the product's own stream, a copy of the same result by the same sink,
    DuckDB's ASOF copy.
    """
    from tariffcli.bulk.files import run, sources, task

    path, rated, out = folder / "lines.parquet", folder / "rated.parquet", folder / "out.parquet"
    parquet.write_table(
        table, path, row_group_size=1 << 20, compression="zstd", compression_level=1
    )
    options = sources.Options(None, None, {})
    every = Rater(book, PLAN._replace(outputs=["mfn_pct", *ADDED]), classes)
    every.rate(table)
    points = change_points(every, table)
    rater = Rater(book, PLAN._replace(outputs=ADDED), classes)
    base = duckdb.connect()
    base.register("given_points", points)
    base.execute(
        "CREATE TABLE points AS SELECT hs::VARCHAR AS hs, origin::VARCHAR AS origin, since, "
        "total_pct, additional_pct FROM given_points"
    )
    base.execute("SET preserve_insertion_order = false")

    def rate(threads: int, target: Path) -> None:
        run.run(
            run.Job(
                sources.open_source(path, options),
                rater.plan,
                task.rating(rater),
                target,
                "parquet",
                threads,
            )
        )

    nothing = np.zeros(1, dtype=np.intp)
    as_it_is = task.Task(rater, [], lambda batch: task.Worked(batch, Rated(nothing, None), []))

    def copy(threads: int) -> None:
        run.run(
            run.Job(
                sources.open_source(rated, options), rater.plan, as_it_is, out, "parquet", threads
            )
        )

    def asof(threads: int) -> None:
        base.execute(f"SET threads = {threads}")
        base.execute(
            f"COPY (SELECT l.*, p.total_pct, p.additional_pct FROM '{path}' l ASOF LEFT JOIN "
            "points p"
            " ON l.hs = p.hs AND l.origin = p.origin AND l.date >= p.since)"
            f" TO '{out}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE "
            "1048576)"
        )

    def answers(target: Path) -> Any:
        found = parquet.read_table(target, columns=ADDED)
        return checksum([found.column(name) for name in ADDED])

    rate(1, rated)
    asof(4)
    if answers(rated) != answers(out):
        raise SystemExit("(c) the contestants do not agree")
    print(
        f"\n(c) checksums equal; sizes: ours {rated.stat().st_size:,}, DuckDB "
        f"{out.stat().st_size:,} bytes"
    )
    for threads in asked.threads:
        pa.set_cpu_count(threads)
        contest(
            f"(c) Parquet to Parquet, {threads} threads",
            len(table),
            asked.repeats,
            {
                "rated by `run`, one ordered file": lambda threads=threads: rate(threads, out),
                "copy of the same columns, same sink": lambda threads=threads: copy(threads),
                "DuckDB ASOF, COPY TO": lambda threads=threads: asof(threads),
            },
            check=False,
        )


def processes(asked: argparse.Namespace, folder: Path) -> None:
    """(d) a million lines as a whole process, classes kept from an earlier run, against importing
    the same libraries and copying.
    """
    table = make_lines(1_075_000, asked.seed).slice(0, 1_000_000)
    path, rated, out = (
        folder / "million.parquet",
        folder / "million-rated.parquet",
        folder / "million-out.parquet",
    )
    parquet.write_table(
        table, path, row_group_size=1 << 20, compression="zstd", compression_level=1
    )
    environment = {**os.environ, "TARIFF_CACHE": str(folder / "cache")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    words = [
        sys.executable,
        "-m",
        "tariffcli",
        "bulk",
        str(path),
        "--out",
        str(out),
        "--to",
        "us",
        "--force",
    ]

    def process(command: list[str]) -> None:
        subprocess.run(command, check=True, env=environment, capture_output=True)

    begun = time.perf_counter()
    process([str(rated) if word == str(out) else word for word in words])
    print(f"\n(d) the first run, which compiles: {time.perf_counter() - begun:.1f} s")
    for threads in asked.threads:
        contest(
            f"(d) whole process, {threads} threads, {len(parquet.read_schema(rated).names) - 4} "
            "added columns",
            len(table),
            asked.repeats,
            {
                "tariff bulk": lambda threads=threads: process([*words, "--threads", str(threads)]),
                "import and copy the input": lambda threads=threads: process(
                    [
                        sys.executable,
                        "-c",
                        COPY,
                        str(path),
                        str(folder / "copy.parquet"),
                        str(threads),
                    ]
                ),
                "import and copy the result": lambda threads=threads: process(
                    [
                        sys.executable,
                        "-c",
                        COPY,
                        str(rated),
                        str(folder / "copy.parquet"),
                        str(threads),
                    ]
                ),
            },
            check=False,
        )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def growth(asked: argparse.Namespace, table: pa.Table, folder: Path) -> None:
    """(e) the same lines by a record of twice as many acts: each act again, on goods of an origin
    that no act names.

    Acts on the same origins go to the same far-away one, others to another, so that none
    contradicts another there.
    """
    twice = folder / "data"
    shutil.copytree(HERE.parent / "data", twice)
    tables = {path: _rows(path) for path in sorted((twice / "events").glob("*.csv"))}
    named = {
        code
        for rows in tables.values()
        for row in rows
        for code in re.findall("[a-z]{2}", row["origin"])
    }
    named |= {row["member"] for row in _rows(twice / "areas.csv")}
    free = iter(row["code"] for row in _rows(twice / "countries.csv") if row["code"] not in named)
    far = {
        origin: next(free)
        for origin in sorted({row["origin"] for rows in tables.values() for row in rows})
    }
    many = sum(map(len, tables.values()))
    for path, rows in tables.items():
        names = {row["id"]: f"far-{row['id']}" for row in rows}
        for row in list(rows):
            undoes = ";".join(names.get(piece, piece) for piece in row["undoes"].split(";"))
            rows.append(
                {**row, "id": names[row["id"]], "origin": far[row["origin"]], "undoes": undoes}
            )
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    raters: dict[str, Rater] = {}
    for name, book in (
        ("the record", load()),
        (f"a record of {2 * many:,} acts instead of {many:,}", load(twice)),
    ):
        begun = time.perf_counter()
        raters[name] = Rater(book, PLAN._replace(outputs=["total_pct"]), Classes(book))
        raters[name].rate(table)
        print(f"\n(e) first compilation by {name}: {time.perf_counter() - begun:.1f} s")
    for threads in asked.threads:
        pa.set_cpu_count(threads)
        contestants = {name: ours(rater, table, threads) for name, rater in raters.items()}
        contest(
            f"(e) growth of the record, {threads} threads", len(table), asked.repeats, contestants
        )
