"""The histories kept as goldens: each pair, and products that meet every programme."""

from __future__ import annotations

from collections.abc import Iterator

from tariffcli.api import history
from tariffcli.book.load import Record
from tariffcli.law.expression import span
from tariffcli.law.instants import to_iso

FIRST, LAST = "2018-01-01", "2028-12-31"
COLUMNS = ("since", "additional_pct", "status", "events")
CHOSEN = (
    ("us", "cn", "general"),
    ("cn", "us", "general"),
    ("hk", "us", "general"),
    ("mo", "us", "general"),
    *(
        ("us", "cn", product)
        for product in (
            "soybeans",
            "pork",
            "lng",
            "crude-oil",
            "wheat",
            "integrated-circuits",
            "large-petrol-cars",
            "whiskey",
        )
    ),
    *(
        ("cn", "us", product)
        for product in (
            "smartphones",
            "laptops",
            "toys",
            "electric-cars",
            "semiconductors",
            "solar-cells",
            "syringes",
            "refrigerators",
            "73269086",
            "screws-bolts",
        )
    ),
)


def file_name(origin: str, importer: str, product: str) -> str:
    return f"{importer}_on_{origin}_{product}.csv"


def lines(record: Record, origin: str, importer: str, product: str) -> Iterator[dict[str, str]]:
    """One line a change: since when, how much, how sure, by which rows."""
    zone = record.zones[importer]
    for step in history(
        FIRST, LAST, origin=origin, importer=importer, product=product, record=record
    ):
        yield {
            "since": to_iso(step.since, zone),
            "additional_pct": span(step.answer.min_pct, step.answer.max_pct)
            if step.answer
            else "no line",
            "status": step.answer.status if step.answer else "no_line",
            "events": ";".join(event.id for event in step.events),
        }
