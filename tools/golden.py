"""Write the goldens that a change of the record must answer for in review. Run it, then read the
difference.

python tools/golden.py
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support import golden_histories, golden_witnesses  # noqa: E402
from tariffcli.book import load  # noqa: E402

GOLDEN = ROOT / "tests" / "golden"


def write(name: str, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    with (GOLDEN / name).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    record = load(ROOT / "data")
    for origin, importer, product in golden_histories.CHOSEN:
        write(
            golden_histories.file_name(origin, importer, product),
            golden_histories.COLUMNS,
            golden_histories.lines(record, origin, importer, product),
        )
    write(
        "witnesses.csv",
        golden_witnesses.COLUMNS,
        (one._asdict() for one in golden_witnesses.witnesses(record)),
    )


if __name__ == "__main__":
    main()
