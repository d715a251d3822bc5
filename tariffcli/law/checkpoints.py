"""Published figures replayed: one reading of a case row, for the record's own checkpoints and for
the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tariffcli.law.book import Book
from tariffcli.law.engine import CHARGING_ROLES, rate
from tariffcli.law.expression import span
from tariffcli.law.facts import ZERO
from tariffcli.law.instants import end_of_day, wall_to_instant
from tariffcli.law.model import Answer, FactValue, Query
from tariffcli.law.products import find_product


def query_of(
    book: Book, row: Mapping[str, str], facts: Mapping[str, FactValue] | None = None
) -> Query:
    """The query of a row with `at`, `known_on`, `origin`, `importer`, `product`."""
    zone = book.zones[row["importer"]]
    whole_day = ":" not in row["at"]
    moment = end_of_day(row["at"], zone) if whole_day else wall_to_instant(row["at"], zone)
    product = find_product(book, row["importer"], row["product"], moment)
    return Query(
        row["importer"],
        row["origin"],
        moment,
        row["known_on"] or None,
        product,
        facts or {},
        whole_day=whole_day,
    )


def measured(book: Book, answer: Answer, measure: str) -> tuple[Decimal | None, Decimal | None]:
    """(least, most) of what a row measures: `additional`, `total`, or the layers of
    `authority:NAME` or `programme:NAME`.
    """
    if measure == "additional":
        return answer.min_pct, answer.max_pct
    if measure == "total":
        return answer.total_min_pct, answer.total_max_pct
    kind, _, name = measure.partition(":")
    layers = [
        layer
        for layer in answer.layers
        if layer.role in CHARGING_ROLES
        and name
        == (layer.programme if kind == "programme" else book.programmes[layer.programme].authority)
    ]
    tops = [layer.max_pct for layer in layers]
    high = None if None in tops else sum((top for top in tops if top is not None), ZERO)
    return sum((layer.min_pct for layer in layers), ZERO), high


def replay(book: Book, row: Mapping[str, str], facts: Mapping[str, FactValue] | None = None) -> str:
    """What the record answers to a row, written as its `expected`."""
    answer = rate(book, query_of(book, row, facts))
    return (
        answer.status if answer.min_pct is None else span(*measured(book, answer, row["measure"]))
    )
