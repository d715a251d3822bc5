"""The library's front door: plain words in, exact answers out. `import tariffcli` gives these names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from tariffcli.book.load import Record, load
from tariffcli.book.words import find_country
from tariffcli.errors import UsageError
from tariffcli.law.engine import open_case, rate
from tariffcli.law.history import Step
from tariffcli.law.history import history as steps_of
from tariffcli.law.instants import end_of_day, parse_day, parse_instant, start_of_day, to_iso
from tariffcli.law.model import Answer, FactValue, Query
from tariffcli.law.products import GENERAL, find_product

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Answer", "Query", "ask", "history", "history_frame", "load", "query", "rate"]


def query(
    record: Record,
    when: str | date | datetime,
    *,
    origin: str,
    importer: str,
    product: str | None = None,
    known_on: str | date | None = None,
    facts: Mapping[str, FactValue] | None = None,
    mfn_pct: Decimal | None = None,
) -> Query:
    """A query from plain words. `when`: a day (meaning its end in the importer's legal zone) or an aware datetime.

    `origin` and `importer` are codes or names; `product` a category, list or code; `facts` by the names of the record's
    conditions. Raises UsageError for anything unknown.
    """
    payer, taker = find_country(record, importer), find_country(record, origin)
    if payer == taker:
        raise UsageError(f"origin and importer are both {payer}; a country charges no import duty on its own goods.")
    zone = record.zones.get(payer, "UTC")
    moment = _moment(when, zone)
    found = find_product(record, payer, product, moment) if product is not None and payer in record.zones else GENERAL
    known = parse_day(str(known_on), "") if known_on is not None else None
    return Query(payer, taker, moment, known, found, facts or {}, mfn_pct)


def _moment(when: str | date | datetime, zone: str) -> int:
    if isinstance(when, datetime):
        if when.tzinfo is None:
            raise UsageError("Give an aware datetime: a wall time without zone names no instant.")
        return int(when.timestamp())
    text = str(when)
    return parse_instant(text, zone) if ":" in text else end_of_day(parse_day(text, ""), zone)


def ask(
    when: str | date | datetime,
    *,
    origin: str,
    importer: str,
    product: str | None = None,
    known_on: str | date | None = None,
    facts: Mapping[str, FactValue] | None = None,
    mfn_pct: Decimal | None = None,
    record: Record | None = None,
) -> Answer:
    """The answer to a question in plain words, from `record` or the one that came with the package.

    Percentages in the answer are of customs value. Raises UsageError, RecordError; a pair that is not covered gives an
    answer of status `outside_coverage`.
    """
    book = record if record is not None else load()
    return rate(
        book,
        query(book, when, origin=origin, importer=importer, product=product, known_on=known_on, facts=facts, mfn_pct=mfn_pct),
    )


def history(
    since: str,
    until: str,
    *,
    origin: str,
    importer: str,
    product: str | None = None,
    known_on: str | None = None,
    record: Record | None = None,
) -> list[Step]:
    """The steps of the additional duty from the start of day `since` to the end of day `until`, ISO days of the importer's zone."""
    book = record if record is not None else load()
    question = query(book, until, origin=origin, importer=importer, product=product, known_on=known_on)
    zone = book.zones[question.importer]
    return steps_of(
        open_case(book, question.importer, question.origin),
        question,
        start_of_day(parse_day(since, ""), zone),
        end_of_day(parse_day(until, ""), zone),
    )


def history_frame(
    since: str,
    until: str,
    *,
    origin: str,
    importer: str,
    product: str | None = None,
    known_on: str | None = None,
    record: Record | None = None,
) -> DataFrame:
    """`history` as a pandas DataFrame: `since` (ISO instant), `additional_min_pct`, `additional_max_pct`, `status`, `event_ids`."""
    from pandas import DataFrame

    book = record if record is not None else load()
    steps = history(since, until, origin=origin, importer=importer, product=product, known_on=known_on, record=book)
    zone = book.zones[find_country(book, importer)]
    return DataFrame(
        [
            {
                "since": to_iso(step.since, zone),
                "additional_min_pct": float(step.answer.min_pct) if step.answer and step.answer.min_pct is not None else None,
                "additional_max_pct": float(step.answer.max_pct) if step.answer and step.answer.max_pct is not None else None,
                "status": step.answer.status if step.answer else "no_line",
                "event_ids": ";".join(event.id for event in step.events),
            }
            for step in steps
        ],
        columns=["since", "additional_min_pct", "additional_max_pct", "status", "event_ids"],
    )
