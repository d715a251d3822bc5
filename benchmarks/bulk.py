"""Whole files: our classes against a DuckDB ASOF join and pandas merge_asof over flattened change
points, and against plain copies.

    python benchmarks/bulk.py [--lines N] [--repeats R] [--threads 1,4] [--only PARTS]
        [--folder DIR]

Parts: memory,authorities,pandas,files,process,growth.

Contestants take turns within a repeat; what counts is the median of the ratios. Results of all
contestants have equal checksums. Needs the extra `bench`. Every process and library gets the same
number of threads.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from bulk_files import growth, parquet_files, processes
from contest import PLAN, change_points, contest, make_lines, ours

from tariffcli.book import load
from tariffcli.bulk.cells.rater import Rater
from tariffcli.bulk.classes.classes import Classes

PARTS = ["memory", "authorities", "pandas", "files", "process", "growth"]


def asof(base: Any, names: list[str], lines: str, threads: int) -> Callable[[], list[Any]]:
    """The same columns by an ASOF join."""
    base.execute(f"SET threads = {threads}")
    wanted = ", ".join(f'p."{name}"' for name in names)
    points = {"lines": "points", "given_lines": "text_points"}.get(lines, "number_points")
    question = (
        f"SELECT {wanted} FROM {lines} l ASOF LEFT JOIN {points} p ON l.hs = p.hs AND l.origin = "
        "p.origin AND l.date >= p.since"
    )

    def run() -> list[Any]:
        found = base.sql(question).to_arrow_table()
        return [found.column(name) for name in names]

    return run


def database(table: pa.Table, points: pa.Table) -> Any:
    """Lines and change points for DuckDB: our own Arrow table, and as tables of its own, ENUM and
    (its best case) whole numbers.
    """
    base = duckdb.connect()
    base.execute("SET preserve_insertion_order = false")
    base.register("given_lines", table.select(["date", "hs", "origin"]))
    base.register("given_points", points)
    for name in ("hs", "origin"):
        base.execute(
            f"CREATE TYPE {name}_enum AS ENUM (SELECT DISTINCT {name}::VARCHAR FROM given_points "
            "ORDER BY 1)"
        )
    base.execute(
        "CREATE TABLE text_points AS SELECT * REPLACE (hs::VARCHAR AS hs, origin::VARCHAR AS "
        "origin) FROM given_points"
    )
    for name in ("lines", "points"):
        base.execute(
            f"CREATE TABLE {name} AS SELECT * REPLACE (hs::hs_enum AS hs, origin::origin_enum AS "
            f"origin) FROM given_{name}"
        )
    for name, made in (("lines", "number_lines"), ("points", "number_points")):
        base.execute(
            f"CREATE TABLE {made} AS SELECT * REPLACE (enum_code(hs)::INTEGER AS hs, "
            f"enum_code(origin)::INTEGER AS origin) FROM {name}"
        )
    return base


def merge_asof(table: pa.Table, points: pa.Table, names: list[str]) -> Callable[[], list[Any]]:
    """One pandas merge_asof for each programme and for the rest of the total, by whole numbers,
    summed.

    It asks for lines in order of their day, so it sorts them once and puts the totals back in their
    places.
    """
    import pandas as pd

    def frame(part: pa.Table, day: str) -> Any:
        keys = {
            name: part.column(name).combine_chunks().indices.to_numpy() for name in ("hs", "origin")
        }
        return pd.DataFrame({**keys, day: part.column(day).cast(pa.int32()).to_numpy()})

    def changes(name: str) -> Any:
        found = (
            frame(points, "since")
            .assign(rate=points.column(name).to_numpy())
            .sort_values(["hs", "origin", "since"])
        )
        same = (found[["hs", "origin"]] == found[["hs", "origin"]].shift()).all(axis=1)
        before = found["rate"].shift()
        return found[
            ~(same & ((found["rate"] == before) | (found["rate"].isna() & before.isna())))
        ].sort_values("since")

    given = frame(table, "date")
    tables = [changes(name) for name in names]

    def run() -> list[Any]:
        asked, total = given.sort_values("date"), 0.0
        for rates in tables:
            total = (
                total
                + pd.merge_asof(
                    asked, rates, left_on="date", right_on="since", by=["hs", "origin"]
                )["rate"].to_numpy()
            )
        found = pd.Series(total, asked.index).sort_index()
        return [pa.chunked_array([pa.array(found.to_numpy(), from_pandas=True)])]

    return run


def in_memory(asked: argparse.Namespace, table: pa.Table, classes: Classes, book: Any) -> None:
    """(a) totals, (b) every authority, and pandas on fewer lines."""
    authorities = [f"{name}_pct" for name in classes.outcomes.authorities]
    narrow, wide = (
        Rater(book, PLAN._replace(outputs=names), classes)
        for names in (["total_pct"], ["total_pct", *authorities])
    )
    every = Rater(book, PLAN._replace(outputs=["mfn_pct", "total_pct", *authorities]), classes)
    begun = time.perf_counter()
    narrow.rate(table)
    print(
        f"\nfirst compilation for these lines: {time.perf_counter() - begun:.1f} s, "
        f"{classes.fresh:,} calls of the engine"
    )
    points = change_points(every, table)
    print(f"change points: {len(points):,}; authorities: {len(authorities)}")
    base = database(table, points)
    for threads in asked.threads:
        pa.set_cpu_count(threads)
        if "memory" in asked.only:
            contest(
                f"(a) totals, {threads} threads",
                len(table),
                asked.repeats,
                {
                    "classes": ours(narrow, table, threads),
                    "DuckDB ASOF, the same Arrow table": asof(
                        base, ["total_pct"], "given_lines", threads
                    ),
                    "DuckDB ASOF, codes and origins as ENUM": asof(
                        base, ["total_pct"], "lines", threads
                    ),
                    "DuckDB ASOF, as whole numbers (its best case)": asof(
                        base, ["total_pct"], "number_lines", threads
                    ),
                },
            )
        if "authorities" in asked.only:
            contest(
                f"(b) total and {len(authorities)} authorities, {threads} threads",
                len(table),
                asked.repeats,
                {
                    "classes": ours(wide, table, threads),
                    "DuckDB ASOF, the same columns": asof(base, wide.added, "lines", threads),
                    "DuckDB ASOF, the same columns, whole numbers": asof(
                        base, wide.added, "number_lines", threads
                    ),
                },
            )
    if "pandas" in asked.only:
        few = table.slice(0, min(len(table), 1_000_000))
        used = [name for name in points.column_names if name.startswith("programme ")]
        for threads in asked.threads:
            pa.set_cpu_count(threads)
            contest(
                f"(a) totals, {threads} threads (pandas: one), merge_asof for each of "
                f"{len(used) - 1} programmes and the rest of the total",
                len(few),
                asked.repeats,
                {
                    "classes": ours(narrow, few, threads),
                    "pandas merge_asof": merge_asof(few, points, used),
                },
            )


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Whole files against joins and copies, in one run."
    )
    parser.add_argument("--lines", type=int, default=4_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--threads", type=lambda text: [int(piece) for piece in text.split(",")], default=[1, 4]
    )
    parser.add_argument("--only", type=lambda text: text.split(","), default=PARTS)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    book = load()
    classes = Classes(book)
    table = make_lines(asked.lines, asked.seed)
    if {"memory", "authorities", "pandas"} & set(asked.only):
        in_memory(asked, table, classes, book)
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        if "files" in asked.only:
            parquet_files(asked, table, Path(folder), book, classes)
        if "process" in asked.only:
            processes(asked, Path(folder))
        if "growth" in asked.only:
            growth(asked, table, Path(folder))


if __name__ == "__main__":
    main()
