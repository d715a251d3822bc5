"""Spark from one core to all: rating a Parquet file against plainly copying it, in turn in one
session, as ratios.

    python benchmarks/spark.py [LINES] [ROUNDS] [CORES ...]

For each number of cores a `local-cluster` of as many worker processes of one core. A round copies
the input, rates it with `tariffcli.bulk.spark.driver.run` (counting the distinct codes, rating,
writing, counting what was written), and copies the rated lines again: the same result columns by
the same writer. The first rating, with no class known, is told apart. All runs of a session must
give the same sum of duties.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from operator import truediv
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from tariffcli.book.load import Record, load
from tariffcli.bulk.spark import cluster
from tariffcli.bulk.spark.driver import run

ORIGINS = (("cn", 0.55), ("hk", 0.05), ("mx", 0.15), ("ca", 0.12), ("de", 0.08), ("jp", 0.05))
PART = 1_000_000


def write_lines(path: Path, record: Record, many: int) -> None:
    """Seeded lines: codes by a long-tailed law, days of 2018 to 2026 with a quarter of them in
    2025, log-normal values.
    """
    random = np.random.default_rng(20261121)
    codes = np.unique(np.array([line.code for line in record.lines("us", "")]))
    weights = 1 / np.arange(1, len(codes) + 1)
    weights = random.permutation(weights / weights.sum())
    names, shares = zip(*ORIGINS, strict=True)
    kinds = {
        "date": pa.date32(),
        "hs": pa.string(),
        "origin": pa.string(),
        "importer": pa.string(),
        "value": pa.float64(),
    }
    with parquet.ParquetWriter(path, pa.schema(list(kinds.items()))) as writer:
        for start in range(0, many, PART):
            lines = min(PART, many - start)
            days = np.where(
                random.random(lines) < 0.25,
                random.integers(20089, 20454, lines),
                random.integers(17532, 20700, lines),
            )
            columns = {
                "date": pa.array(days.astype(np.int32)).cast(pa.date32()),
                "hs": pa.array(random.choice(codes, lines, p=weights)),
                "origin": pa.array(random.choice(names, lines, p=shares)),
                "importer": pa.array(["us"] * lines),
                "value": pa.array(np.round(random.lognormal(7.5, 1.6, lines), 2)),
            }
            writer.write_table(pa.table(columns), row_group_size=PART // 4)


class Cost(NamedTuple):
    """Seconds by the clock, and processor seconds of Spark's processes: those mean something on a
    machine that does other work too.
    """

    clock: float
    processor: float


def spent() -> float:
    """Processor seconds so far of all processes under this one, and of those that they
    waited for.
    """
    parents: dict[int, int] = {}
    times: dict[int, float] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(path.parent.name)] = int(words[1])
        times[int(path.parent.name)] = sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")
    mine = {os.getpid()}
    while more := {child for child, parent in parents.items() if parent in mine} - mine:
        mine |= more
    return sum(times[process] for process in mine)


def cost(work: Any) -> Cost:
    begun, before = time.perf_counter(), spent()
    work()
    return Cost(time.perf_counter() - begun, spent() - before)


def measure(
    source: Path, record: Record, cores: int, rounds: int, folder: Path
) -> tuple[float, float]:
    rated, copied = folder / "rated", folder / "copied"
    settings = {
        "spark.local.dir": str(folder),
        "spark.executorEnv.TARIFF_CACHE": str(folder / f"cache-{cores}"),
    }
    with cluster.session(f"local-cluster[{cores},1,1536]", settings) as session:

        def copy(path: Path) -> None:
            session.read.parquet(str(path)).write.mode("overwrite").parquet(str(copied))

        def rate() -> None:
            run(str(source), str(rated), record, force=True)

        cost(lambda: copy(source))
        first = cost(rate)
        sums: set[str] = set()
        rows: list[tuple[Cost, Cost, Cost]] = []
        for _ in range(rounds):
            rows.append((cost(lambda: copy(source)), cost(rate), cost(lambda: copy(rated))))
            total = (
                session.read.parquet(str(rated))
                .selectExpr("sum(cast(duty_due as decimal(18,2)))", "count(duty_due)")
                .collect()[0]
            )
            sums.add(f"{total[0]} over {total[1]} lines")
    assert len(sums) == 1, sums
    shutil.rmtree(rated), shutil.rmtree(copied)
    median = statistics.median
    for unit in Cost._fields:
        plain, ours, again = ([getattr(row[place], unit) for row in rows] for place in range(3))
        print(
            f"{cores} cores, {unit:<9} s: copy {median(plain):7.1f}   rate {median(ours):7.1f} "
            f"(first {getattr(first, unit):7.1f})"
            f"   copy of result {median(again):7.1f}   copy/rate "
            f"{median(map(truediv, plain, ours)):.2f}"
            f"   copy of result/rate {median(map(truediv, again, ours)):.2f}",
            flush=True,
        )
    print(f"{cores} cores: sum {sums.pop()}", flush=True)
    return median(row[1].clock for row in rows), median(row[0].clock for row in rows)


def main(many: int, rounds: int, cores: list[int]) -> None:
    record = load()
    with tempfile.TemporaryDirectory(prefix="tariff-bench-", dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        source = folder / "lines.parquet"
        write_lines(source, record, many)
        print(
            f"{many:,} lines, {source.stat().st_size / 1e6:,.0f} MB of Parquet, {rounds} rounds, "
            f"load {os.getloadavg()[0]:.1f}",
            flush=True,
        )
        found = {number: measure(source, record, number, rounds, folder) for number in cores}
        base = found[cores[0]]
        for number, (ours, plain) in found.items():
            print(
                f"{number} cores against {cores[0]}: rating {base[0] / ours:.2f} x, copying "
                f"{base[1] / plain:.2f} x;"
                f" {many / ours / 1e6:.2f} million lines a second"
            )


if __name__ == "__main__":
    words = [int(word) for word in sys.argv[1:]]
    main(
        words[0] if words else 10_000_000,
        words[1] if len(words) > 1 else 3,
        words[2:] or [1, 2, 3, 4],
    )
