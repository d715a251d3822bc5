"""The library's front door: plain words in, exact answers out. `import tariffcli` gives these
names.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from tariffcli.book.entry import facts_named, ordinary_duty
from tariffcli.book.load import Record, load
from tariffcli.book.words import find_country
from tariffcli.clock import today
from tariffcli.errors import OutsideCoverage, UsageError
from tariffcli.law.engine import open_case, rate
from tariffcli.law.history import Step
from tariffcli.law.history import history as steps_of
from tariffcli.law.instants import day_given, end_of_day, parse_instant, start_of_day, to_iso
from tariffcli.law.model import Answer, Query
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
    product: str | int | None = None,
    known_on: str | date | None = None,
    facts: Mapping[str, object] | None = None,
    mfn_pct: Decimal | float | str | None = None,
) -> Query:
    """A query from plain words. `when`: a day (meaning its end in the importer's legal zone) or an
    aware datetime.

    `origin` and `importer` are codes or names; `product` a category, list or code; `facts` by the
    names of the record's conditions, with values as the command line takes them: numbers, text,
    True or False, days. Raises UsageError for anything unknown, and for a value that says nothing
    of its fact.
    """
    importer_code, origin_code = (
        _country(record, importer, "importer"),
        _country(record, origin, "origin"),
    )
    if importer_code == origin_code:
        raise UsageError(
            f"origin and importer are both {importer_code}; a country charges no import duty on "
            "its own goods."
        )
    zone = record.zones.get(importer_code, "UTC")
    moment, whole_day = _moment(when, zone)
    found = GENERAL
    if product is not None and importer_code in record.zones:
        found = find_product(record, importer_code, _product_word(product), moment)
    known = day_given(known_on, today("UTC")) if known_on is not None else None
    read = facts_named(record, facts or {}, zone, lambda day: day_given(day, today(zone)))
    mfn = ordinary_duty(mfn_pct) if mfn_pct is not None else None
    return Query(importer_code, origin_code, moment, known, found, read, mfn, whole_day)


def _country(record: Record, text: object, place: str) -> str:
    if not isinstance(text, str):
        raise UsageError(
            f"{place} takes a country's code or name, for example 'cn', not {text!r:.40}."
        )
    return find_country(record, text)


def _product_word(product: object) -> str:
    if isinstance(product, str | int) and not isinstance(product, bool):
        return str(product)
    raise UsageError(
        f"product takes a word, a list or a code, for example 'steel', not {product!r:.40}."
    )


def _moment(when: str | date | datetime, zone: str) -> tuple[int, bool]:
    """The instant asked about, and whether a bare day was given, which means the end of
    that day.
    """
    if isinstance(when, datetime):
        if when.tzinfo is None:
            raise UsageError("Give an aware datetime: a wall time without zone names no instant.")
        return int(when.timestamp()), False
    if isinstance(when, str) and ":" in when:
        return parse_instant(when, zone), False
    return end_of_day(day_given(when, today(zone)), zone), True


def ask(
    when: str | date | datetime,
    *,
    origin: str,
    importer: str,
    product: str | int | None = None,
    known_on: str | date | None = None,
    facts: Mapping[str, object] | None = None,
    mfn_pct: Decimal | float | str | None = None,
    record: Record | None = None,
) -> Answer:
    """The answer to a question in plain words, from `record` or the one that came with the package.

    Percentages in the answer are of customs value. Raises UsageError, RecordError; a pair that is
    not covered gives an answer of status `outside_coverage`.
    """
    book = record if record is not None else load()
    return rate(
        book,
        query(
            book,
            when,
            origin=origin,
            importer=importer,
            product=product,
            known_on=known_on,
            facts=facts,
            mfn_pct=mfn_pct,
        ),
    )


def history(
    since: str | date,
    until: str | date,
    *,
    origin: str,
    importer: str,
    product: str | int | None = None,
    known_on: str | date | None = None,
    record: Record | None = None,
) -> list[Step]:
    """The steps of the additional duty from the start of day `since` to the end of day `until`,
    days of the importer's zone.

    Raises UsageError as `query` does, and where `until` comes before `since`; OutsideCoverage for
    an importer whose duties the record does not hold.
    """
    book = record if record is not None else load()
    importer_code = _country(book, importer, "importer")
    if importer_code not in book.zones:
        raise OutsideCoverage(f"The record has no duties charged by {importer_code}.")
    zone = book.zones[importer_code]
    first, last = (day_given(day, today(zone)) for day in (since, until))
    if last < first:
        raise UsageError(f"until, {last}, is before since, {first}.")
    question = query(
        book, last, origin=origin, importer=importer, product=product, known_on=known_on
    )
    docket = open_case(book, question.importer, question.origin)
    course = question._replace(whole_day=False)  # each of its steps begins at an instant
    return steps_of(docket, course, start_of_day(first, zone), end_of_day(last, zone))


def history_frame(
    since: str | date,
    until: str | date,
    *,
    origin: str,
    importer: str,
    product: str | int | None = None,
    known_on: str | date | None = None,
    record: Record | None = None,
) -> DataFrame:
    """`history` as a pandas DataFrame: `since` (ISO instant), `additional_min_pct`,
    `additional_max_pct`, `status`, `event_ids`.
    """
    from pandas import DataFrame

    book = record if record is not None else load()
    steps = history(
        since,
        until,
        origin=origin,
        importer=importer,
        product=product,
        known_on=known_on,
        record=book,
    )
    zone = book.zones[find_country(book, importer)]
    return DataFrame(
        [
            {
                "since": to_iso(step.since, zone),
                "additional_min_pct": float(step.answer.min_pct)
                if step.answer and step.answer.min_pct is not None
                else None,
                "additional_max_pct": float(step.answer.max_pct)
                if step.answer and step.answer.max_pct is not None
                else None,
                "status": step.answer.status if step.answer else "no_line",
                "event_ids": ";".join(event.id for event in step.events),
            }
            for step in steps
        ],
        columns=["since", "additional_min_pct", "additional_max_pct", "status", "event_ids"],
    )
