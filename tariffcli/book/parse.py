"""Rows of text to the engine's values. Each function raises CellError with what is wrong in which column."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from tariffcli.book.tables import Row
from tariffcli.errors import TariffError
from tariffcli.law.entry_summary import Caveat, Fee, Heading, Interest, Reporting
from tariffcli.law.instants import start_of_day, wall_to_instant
from tariffcli.law.model import (
    Category,
    Condition,
    Coverage,
    Edition,
    Event,
    FactValue,
    Item,
    Line,
    Membership,
    Programme,
    Relation,
    Scope,
    Selector,
    Source,
    Term,
)
from tariffcli.law.places import parse_selector

_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
_TEST = re.compile(r"(<=|>=|<|>|=)\s*(.+)$")
_WALL_IN_ZONE = re.compile(r"(\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2})?)\s+([A-Za-z_]+/[A-Za-z_/]+)$")


class CellError(TariffError):
    """A cell that cannot be read."""


def many(text: str) -> tuple[str, ...]:
    """The ids of a cell joined with `;`."""
    return tuple(part.strip() for part in text.split(";") if part.strip())


def number(row: Row, column: str) -> Decimal | None:
    """A decimal cell, None when blank."""
    text = row[column]
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise CellError(f"{column} '{text[:30]}' is not a plain number of zero or more, such as 25 or 7.5.")
    return Decimal(text)


def count(row: Row, column: str) -> int | None:
    """A whole number cell, None when blank."""
    value = number(row, column)
    if value is not None and value != int(value):
        raise CellError(f"{column} '{row[column][:30]}' is not a whole number.")
    return int(value) if value is not None else None


def day(row: Row, column: str, required: bool = True) -> str:
    """An ISO day cell."""
    text = row[column]
    if not text and not required:
        return ""
    try:
        if date.fromisoformat(text).isoformat() != text:
            raise ValueError
    except ValueError:
        raise CellError(f"{column} '{text[:30]}' is not a day YYYY-MM-DD.") from None
    return text


def wall(row: Row, column: str, zone: str) -> int | None:
    """A legal local time cell in `zone`, None when blank."""
    if not row[column]:
        return None
    try:
        return wall_to_instant(row[column], zone)
    except TariffError as error:
        raise CellError(f"{column}: {error}") from None


def selector(row: Row) -> Selector:
    """The origin cell."""
    try:
        return parse_selector(row["origin"])
    except TariffError as error:
        raise CellError(str(error)) from None


def terms(text: str) -> tuple[Term, ...]:
    """The condition cell: ids joined with `&`, negated with `!`."""
    pieces = [piece.strip() for piece in text.split("&") if piece.strip()]
    return tuple(Term(piece.removeprefix("!").strip(), piece.startswith("!")) for piece in pieces)


def event(row: Row, zone: str) -> Event:
    """A row of `events/`; `zone` is that of its programme."""
    announced = day(row, "announced")
    effective = wall(row, "effective", zone)
    if effective is None:
        if row["status"] == "law":
            raise CellError("effective is blank; an act of law has a first instant.")
        effective = start_of_day(announced, zone)
    return Event(
        row["id"],
        many(row["programme"]),
        selector(row),
        row["scope"],
        row["effect"],
        number(row, "rate_pct"),
        number(row, "rate_max_pct"),
        number(row, "amount"),
        row["currency"],
        row["per"],
        row["join"],
        row["base"],
        announced,
        effective,
        wall(row, "until", zone),
        many(row["undoes"]),
        terms(row["condition"]),
        row["status"],
        row["act"],
        row["heading"],
        many(row["source_ids"]),
        row["where"],
        row["confidence"],
        row["note"],
    )


def relation(row: Row, zone: str) -> Relation:
    """A row of `stacking.csv`."""
    effective = wall(row, "effective", zone)
    if effective is None:
        raise CellError("effective is blank; every relation has a first instant.")
    return Relation(
        row["id"],
        row["when"],
        many(row["drops"]),
        row["mode"],
        selector(row),
        row["scope"],
        day(row, "announced"),
        effective,
        wall(row, "until", zone),
        row["act"],
        many(row["source_ids"]),
        row["where"],
        row["note"],
    )


def condition(row: Row) -> Condition:
    """A row of `conditions.csv`; the test's bound is read by the condition's kind."""
    test, bound = "", None
    if row["test"]:
        found = _TEST.match(row["test"])
        if not found:
            raise CellError(f"test '{row['test'][:40]}' is not a comparison, such as `< 2025-04-05 00:01 America/New_York` or `>= 0.2`.")
        test, bound = found.group(1), _bound(row["kind"], found.group(2).strip())
    return Condition(row["id"], row["fact"], row["kind"], test, bound, row["when_unknown"], row["flag"], row["question"], row["note"])


def _bound(kind: str, text: str) -> FactValue:
    if kind == "choice":
        return text
    if kind == "instant":
        found = _WALL_IN_ZONE.match(text)
        if not found:
            raise CellError(f"test: '{text[:40]}' is not an instant with its zone, such as 2025-04-05 00:01 America/New_York.")
        try:
            return wall_to_instant(found.group(1), found.group(2))
        except TariffError as error:
            raise CellError(f"test: {error}") from None
    if not _NUMBER.fullmatch(text):
        raise CellError(f"test: '{text[:40]}' is not a plain number.")
    return Decimal(text)


def programme(row: Row) -> Programme:
    """A row of `programmes.csv`."""
    try:
        start_of_day("2025-01-01", row["zone"])
    except TariffError as error:
        raise CellError(str(error)) from None
    return Programme(
        row["id"],
        row["importer"],
        row["authority"],
        row["family"],
        row["name"],
        row["zone"],
        day(row, "refundable_since", required=False),
        row["note"],
    )


def scope(row: Row) -> Scope:
    """A row of `scopes.csv`."""
    return Scope(
        row["id"],
        row["importer"],
        row["name"],
        row["act"],
        count(row, "official_count"),
        row["count_edition"],
        row["shortfall"],
        row["confidence"],
        many(row["source_ids"]),
    )


def item(row: Row) -> Item:
    """A row of `items.csv`."""
    return Item(row["scope"], row["item"], row["provision"], tuple(map(whole_line, many(row["codes"]))), row["text"], row["note"])


def category(row: Row) -> Category:
    """A row of `categories.csv`."""
    return Category(
        row["id"], row["importer"], row["edition"], row["name"], row["name_zh"], many(row["aliases"]), many(row["codes"]), row["note"]
    )


def source(row: Row) -> Source:
    """A row of `sources.csv`."""
    return Source(row["id"], row["title"], row["publisher"], row["date"], row["url"], row["official"] == "yes", row["language"])


def coverage(row: Row) -> Coverage:
    """A row of `coverage.csv`."""
    return Coverage(
        row["importer"],
        selector(row),
        row["programme"],
        day(row, "covered_from"),
        day(row, "covered_until", required=False),
        day(row, "verified_through"),
        row["gaps"],
    )


def _edge(row: Row, column: str, zone: str) -> int | None:
    text = day(row, column, required=False)
    return start_of_day(text, zone) if text else None


def membership(row: Row, zone: str) -> Membership:
    """A row of `areas.csv`; its days are counted in `zone`."""
    return Membership(row["area"], row["member"], _edge(row, "from", zone), _edge(row, "until", zone))


def edition(row: Row, zone: str) -> Edition:
    """A row of `editions.csv`."""
    days = _edge(row, "from", zone), _edge(row, "until", zone)
    return Edition(row["importer"], row["edition"], *days, row["schedule"], many(row["source_ids"]))


def line(row: Row, zone: str) -> Line:
    """A row of a schedule."""
    return Line(row["code"], row["duty"], _edge(row, "from", zone), _edge(row, "until", zone))


def ordinary(row: Row, zone: str) -> Line:
    """A row of `ordinary/`."""
    return Line(
        row["code"],
        row["duty"],
        _edge(row, "from", zone),
        _edge(row, "until", zone),
        selector(row) if row["origin"] not in ("", "*") else None,
        row["basis"],
        terms(row["condition"]),
        many(row["source_ids"]),
        row["where"],
        row["confidence"],
        row["note"],
    )


def fee(row: Row) -> Fee:
    """A row of `fees.csv`."""
    rate = number(row, "rate_pct")
    if rate is None:
        raise CellError("rate_pct is blank; a fee has a rate, if it is 0.")
    limits = number(row, "minimum"), number(row, "maximum")
    above, days = number(row, "above"), (day(row, "from", required=False), day(row, "until", required=False))
    rest = many(row["mode"]), many(row["source_ids"]), row["note"]
    return Fee(row["id"], row["importer"], row["name"], rate, *limits, row["currency"], above, *days, *rest)


def reporting(row: Row) -> Reporting:
    """A row of `reporting.csv`."""
    days = day(row, "from", required=False), day(row, "until", required=False)
    named = count(row, "position"), many(row["authorities"])
    return Reporting(row["id"], row["importer"], row["rule"], *named, *days, many(row["source_ids"]), row["note"])


def whole_line(prefix: str) -> str:
    """A statistical number of ten digits ending in `00` is a line that is not divided: the eight digits, so that both spellings meet."""
    return prefix[:-2] if len(prefix) == 10 and prefix.endswith("00") else prefix


def interest(row: Row) -> Interest:
    """A row of `interest.csv`."""
    rate = number(row, "rate_pct")
    if rate is None:
        raise CellError("rate_pct is blank; days whose rate is not known have no row.")
    days = day(row, "from"), day(row, "until", required=False)
    return Interest(row["id"], row["importer"], row["payee"], rate, *days, many(row["source_ids"]), row["confidence"], row["note"])


def caveat(row: Row) -> Caveat:
    """A row of `caveats.csv`."""
    return Caveat(row["id"], row["importer"], row["about"], many(row["types"]), row["text"], many(row["source_ids"]))


def heading(row: Row) -> Heading:
    """A row of `headings.csv`."""
    since = day(row, "refundable_since", required=False)
    return Heading(row["id"], row["importer"], row["prefix"], row["authority"], since, many(row["source_ids"]), row["note"])
