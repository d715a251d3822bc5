"""Seeded batches of entry lines, both directions, some of them bad."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

CODES = [
    "9503000073",
    "8471300100",
    "6109100012",
    "940360",
    "870323",
    "76061130",
    "no such goods",
    "7606",
    "010121",
    "2709",
    "99",
]


def lines(seed: int, many: int) -> Any:
    """A record batch with date, hs, origin, importer and value."""
    import pyarrow as pa

    random = Random(seed)
    made = [
        {
            "date": date(2018, 1, 1) + timedelta(days=random.randrange(3_200)),
            "hs": random.choice(CODES),
            "origin": random.choice(["cn", "HK", "Atlantis", "de"]) if importer == "us" else "us",
            "importer": importer,
            "value": random.choice(["100", "much", None]),
        }
        for importer in random.choices(["us", "cn"], k=many)
    ]
    return pa.RecordBatch.from_pylist(made)
