"""Peak memory of `tariff bulk`: a long file, and one whose only row group holds two gigabytes.

    python benchmarks/memory.py [--lines 50000000] [--file FILE] [--group-bytes 2000000000]
        [--folder DIR]

FILE: lines made before by `seeds/lines.py`. The goal is 650 MB at any length. Linux: the kernel's
peak of the process is read, and ten times a second what it has together with the processes that
help it at first.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Thread

from pyarrow import parquet

SEEDS = Path(__file__).resolve().parent.parent / "seeds" / "lines.py"
GOAL = 650


def measured(path: Path, out: Path, words: list[str], title: str) -> None:
    """Run the command and tell its time and peak."""
    os.environ.setdefault("TARIFF_DEBUG", "1")
    command = [
        sys.executable,
        "-m",
        "tariffcli",
        "bulk",
        str(path),
        "--out",
        str(out),
        "--force",
        *words,
    ]
    begun = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert child.stderr is not None
    together, stopped = [0.0], Event()
    watch = Thread(target=watched, args=(child.pid, together, stopped))
    watch.start()
    told = child.stderr.read().decode()
    stopped.set()
    watch.join()
    _, status, used = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{title}: failed\n{told}")
    lines, spent = parquet.ParquetFile(out).metadata.num_rows, time.perf_counter() - begun
    peak = max(used.ru_maxrss / 1024, together[0])
    print(
        f"{title:<40} {lines:>12,} lines {spent:7.1f} s {lines / spent / 1e6:6.2f} M lines/s"
        f"   peak {peak:5.0f} MB (all processes at once {together[0]:.0f})"
        f"   {'within' if peak <= GOAL else 'BEYOND'} {GOAL}",
        flush=True,
    )
    out.unlink()


def watched(process: int, together: list[float], stopped: Event) -> None:
    """Look ten times a second how much memory a process and those under it have; what they share
    counts once.
    """
    while not stopped.wait(0.1):
        together[0] = max(together[0], sum(map(held, family(process))))


def family(process: int) -> list[int]:
    """A process and all under it."""
    found = [process]
    with suppress(OSError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            found += [
                one
                for child in (thread / "children").read_text().split()
                for one in family(int(child))
            ]
    return found


def held(process: int) -> float:
    """The memory of a process in megabytes, its part of what it shares; 0 when it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def one_group(path: Path, folder: Path, wanted: int) -> Path:
    """A file of a single row group of at least `wanted` bytes before compression, from the first
    lines of another.
    """
    found, size, whole = folder / "group.parquet", 0, []
    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=1 << 20):
            whole.append(batch)
            size += batch.num_rows * 40
            if size >= wanted:
                break
    import pyarrow as pa

    table = pa.Table.from_batches(whole)
    del whole
    parquet.write_table(
        table,
        found,
        row_group_size=len(table),
        compression="zstd",
        compression_level=1,
        use_dictionary=["hs", "unit"],
    )
    group = parquet.ParquetFile(found).metadata.row_group(0)
    print(
        f"row group of {group.num_rows:,} lines, {group.total_byte_size / 1e6:,.0f} MB encoded, "
        f"{table.nbytes / 1e6:,.0f} MB in memory"
    )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Peak memory of tariff bulk.")
    parser.add_argument("--lines", type=int, default=50_000_000)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--group-bytes", type=int, default=2_000_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--threads", default="4")
    asked = parser.parse_args()
    words = ["--threads", asked.threads]
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder = Path(name)
        path = asked.file
        if path is None:
            path = folder / "lines.parquet"
            subprocess.run(
                [sys.executable, str(SEEDS), "--lines", str(asked.lines), "--out", str(path)],
                check=True,
            )
        measured(path, folder / "out.parquet", words, "long file")
        # Made in a process of its own: the kernel counts the peak of the process that starts a
        # program as the program's.
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            grouped = pool.submit(one_group, path, folder, asked.group_bytes).result()
        measured(grouped, folder / "out.parquet", words, "one row group")


if __name__ == "__main__":
    main()
