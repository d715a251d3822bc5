"""Facts of the research files that no row of the record carries.

    python tools/facts_without_rows.py FOLDER

FOLDER holds the research files (`us_on_cn.md`, `cn_on_us.md`). `tools/fact_rows.csv` says which
rows carry which fact, or why none does. Prints every fact id without either, and every row id that
the record does not have; exits 1 on any.
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FACT = re.compile(r"\| ([a-z]{1,5}\d*-[0-9a-z]+) \|")
FILES = ("us_on_cn.md", "cn_on_us.md")


def ids_of(path: Path) -> list[str]:
    """The fact ids in the first column of a research file's tables."""
    return [
        found.group(1)
        for line in path.read_text(encoding="utf-8").splitlines()
        if (found := FACT.match(line))
    ]


def carried() -> dict[tuple[str, str], dict[str, str]]:
    """What carries each fact, by (file, fact id)."""
    with (ROOT / "tools" / "fact_rows.csv").open(encoding="utf-8", newline="") as stream:
        return {(row["fact_file"], row["fact_id"]): row for row in csv.DictReader(stream)}


def record_ids() -> set[str]:
    """Every id of an act, a relation or a statement in the record."""
    found: set[str] = set()
    for path in (
        *sorted((ROOT / "data" / "events").glob("*.csv")),
        ROOT / "data" / "stacking.csv",
        ROOT / "data" / "statements.csv",
    ):
        with path.open(encoding="utf-8", newline="") as stream:
            found |= {row["id"] for row in csv.DictReader(stream)}
    return found


def main(folder: Path) -> int:
    rows, known = carried(), record_ids()
    missing = [
        f"{name}: {fact}"
        for name in FILES
        for fact in ids_of(folder / name)
        if not (row := rows.get((name, fact))) or not (row["event_ids"] or row["reason"])
    ]
    dangling = [
        f"{row['fact_id']}: {one}"
        for row in rows.values()
        for one in row["event_ids"].split(";")
        if one and one not in known
    ]
    for line in (*missing, *(f"no such row: {one}" for one in dangling)):
        print(line)
    print(
        f"{len(missing)} facts without a row or a reason, {len(dangling)} names of rows that are "
        "not there.",
        file=sys.stderr,
    )
    return 1 if missing or dangling else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])) if len(sys.argv) == 2 else __doc__)
