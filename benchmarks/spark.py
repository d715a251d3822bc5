"""Spark from one core to all: rating a Parquet file against plainly copying it, in turn in one session, as ratios.

    python benchmarks/spark.py [LINES] [ROUNDS] [CORES ...]

For each number of cores a `local-cluster` of as many worker processes of one core. A round copies the input, rates it with
`tariffcli.bulk.spark.run` (counting the distinct codes, rating, writing, counting what was written), and copies the rated lines
again: the same result columns by the same writer. The first rating, with no class known, is told apart. All runs of a session
must give the same sum of duties.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from tariffcli.book.load import Record, load
from tariffcli.bulk import cluster
from tariffcli.bulk.spark import run

ORIGINS = (("cn", 0.55), ("hk", 0.05), ("mx", 0.15), ("ca", 0.12), ("de", 0.08), ("jp", 0.05))
PART = 1_000_000


def write_lines(path: Path, record: Record, many: int) -> None:
    """Seeded lines: codes by a long-tailed law, days of 2018 to 2026 with a quarter of them in 2025, log-normal values."""
    random = np.random.default_rng(20261121)
    codes = np.unique(np.array([line.code for line in record.lines("us", "")]))
    weights = 1 / np.arange(1, len(codes) + 1)
    weights = random.permutation(weights / weights.sum())
    names, shares = zip(*ORIGINS, strict=True)
    kinds = {"date": pa.date32(), "hs": pa.string(), "origin": pa.string(), "importer": pa.string(), "value": pa.float64()}
    with parquet.ParquetWriter(path, pa.schema(list(kinds.items()))) as writer:
        for start in range(0, many, PART):
            lines = min(PART, many - start)
            days = np.where(random.random(lines) < 0.25, random.integers(20089, 20454, lines), random.integers(17532, 20700, lines))
            columns = {
                "date": pa.array(days.astype(np.int32)).cast(pa.date32()),
                "hs": pa.array(random.choice(codes, lines, p=weights)),
                "origin": pa.array(random.choice(names, lines, p=shares)),
                "importer": pa.array(["us"] * lines),
                "value": pa.array(np.round(random.lognormal(7.5, 1.6, lines), 2)),
            }
            writer.write_table(pa.table(columns), row_group_size=PART // 4)


def seconds(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def measure(source: Path, record: Record, cores: int, rounds: int, folder: Path) -> dict[str, float]:
    rated, copied = folder / "rated", folder / "copied"
    settings = {"spark.local.dir": str(folder), "spark.executorEnv.TARIFF_CACHE": str(folder / f"cache-{cores}")}
    with cluster.session(f"local-cluster[{cores},1,1536]", settings) as session:

        def copy(path: Path) -> None:
            session.read.parquet(str(path)).write.mode("overwrite").parquet(str(copied))

        def rate() -> None:
            run(str(source), str(rated), record, force=True)

        seconds(lambda: copy(source))
        first = seconds(rate)
        sums: set[str] = set()
        times: list[tuple[float, float, float]] = []
        for _ in range(rounds):
            times.append((seconds(lambda: copy(source)), seconds(rate), seconds(lambda: copy(rated))))
            total = session.read.parquet(str(rated)).selectExpr("sum(cast(duty_due as decimal(18,2)))", "count(duty_due)").collect()[0]
            sums.add(f"{total[0]} over {total[1]} lines")
    assert len(sums) == 1, sums
    plain, ours, again = (statistics.median(column) for column in zip(*times, strict=True))
    shutil.rmtree(rated), shutil.rmtree(copied)
    print(
        f"{cores} cores: copy {plain:6.1f} s   rate {ours:6.1f} s (first {first:6.1f} s)   copy of result {again:6.1f} s"
        f"   copy/rate {statistics.median(one[0] / one[1] for one in times):.2f}"
        f"   copy of result/rate {statistics.median(one[2] / one[1] for one in times):.2f}   sum {sums.pop()}",
        flush=True,
    )
    return {"copy": plain, "rate": ours, "first": first, "again": again}


def main(many: int, rounds: int, cores: list[int]) -> None:
    record = load()
    with tempfile.TemporaryDirectory(prefix="tariff-bench-", dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        source = folder / "lines.parquet"
        write_lines(source, record, many)
        print(
            f"{many:,} lines, {source.stat().st_size / 1e6:,.0f} MB of Parquet, {rounds} rounds, load {os.getloadavg()[0]:.1f}", flush=True
        )
        found = {number: measure(source, record, number, rounds, folder) for number in cores}
        base = found[cores[0]]
        for number, told in found.items():
            print(
                f"{number} cores: rating {base['rate'] / told['rate']:.2f} x, copying {base['copy'] / told['copy']:.2f} x"
                f" of {cores[0]}; {many / told['rate'] / 1e6:.2f} million lines a second"
            )


if __name__ == "__main__":
    words = [int(word) for word in sys.argv[1:]]
    main(words[0] if words else 10_000_000, words[1] if len(words) > 1 else 3, words[2:] or [1, 2, 3, 4])
