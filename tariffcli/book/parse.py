"""Cells of text to values, type by type, and what single tables have of their own.

Every function raises CellError with what is wrong in which column.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from tariffcli.book.columns import Column, Table, Type
from tariffcli.book.tables import Row
from tariffcli.errors import TariffError
from tariffcli.law.instants import start_of_day, wall_to_instant
from tariffcli.law.model import FactValue, Selector, Term
from tariffcli.law.places import parse_selector
from tariffcli.law.reference import Listing

_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
_TEST = re.compile(r"(<=|>=|<|>|=)\s*(.+)$")
_WALL_IN_ZONE = re.compile(r"(\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2})?)\s+([A-Za-z_]+/[A-Za-z_/]+)$")


class CellError(TariffError):
    """A cell that cannot be read."""


CellReader: TypeAlias = Callable[[str, str, str], Any]
"""(text of a cell, name of its column, time zone of its row) to a value."""

FieldReader: TypeAlias = Callable[[Row, str], Any]
"""(row, its time zone) to one field of the row's value."""


def reader_of(declared: Table) -> FieldReader:
    """What makes the value of a row of this table."""
    own = _OWN.get(declared.kind, {})
    columns = {column.field: column for column in declared.columns if column.field}
    make = declared.value
    assert make is not None, declared.kind
    defaults: dict[str, Any] = make._field_defaults
    unsaid = {*make._fields} - {*own, *columns, *defaults}
    if unsaid:
        raise LookupError(f"{declared.kind}: no column of the schema says {', '.join(unsaid)}.")
    fields = [
        own.get(name) or (_field(columns[name]) if name in columns else _always(defaults[name]))
        for name in make._fields
    ]

    def read(row: Row, zone: str) -> Any:
        return make(*[field(row, zone) for field in fields])

    return read


def _field(column: Column) -> FieldReader:
    read, name, blank = _READERS[column.type], column.name, column.blank

    def field(row: Row, zone: str) -> Any:
        text = row[name]
        if not (text or blank):
            raise CellError(f"{name} is blank.")
        return read(text, name, zone)

    return field


def _always(value: Any) -> FieldReader:
    return lambda _, __: value


# Types of columns


def _text(text: str, _name: str, _zone: str) -> str:
    return text


def many(text: str) -> tuple[str, ...]:
    """The ids of a cell joined with `;`."""
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _many(text: str, _name: str, _zone: str) -> tuple[str, ...]:
    return many(text) if text else ()


def _codes(text: str, _name: str, _zone: str) -> tuple[str, ...]:
    return tuple(map(whole_line, many(text)))


def whole_line(prefix: str) -> str:
    """The code of a tariff line that is not divided: the eight digits, so that both spellings meet.

    >>> whole_line("8544300000"), whole_line("8544300010"), whole_line("85443000")
    ('85443000', '8544300010', '85443000')
    """
    return prefix[:-2] if len(prefix) == 10 and prefix.endswith("00") else prefix


def _terms(text: str, _name: str, _zone: str) -> tuple[Term, ...]:
    pieces = [piece.strip() for piece in text.split("&") if piece.strip()]
    return tuple(Term(piece.removeprefix("!").strip(), piece.startswith("!")) for piece in pieces)


def _number(text: str, name: str, _zone: str) -> Decimal | None:
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise CellError(
            f"{name} '{text[:30]}' is not a plain number of zero or more, such as 25 or 7.5."
        )
    return Decimal(text)


def _count(text: str, name: str, zone: str) -> int | None:
    value = _number(text, name, zone)
    if value is not None and value != int(value):
        raise CellError(f"{name} '{text[:30]}' is not a whole number.")
    return int(value) if value is not None else None


def _day(text: str, name: str, _zone: str) -> str:
    if not text:
        return ""
    try:
        if date.fromisoformat(text).isoformat() != text:
            raise ValueError
    except ValueError:
        raise CellError(f"{name} '{text[:30]}' is not a day YYYY-MM-DD.") from None
    return text


def _midnight(text: str, name: str, zone: str) -> int | None:
    return start_of_day(_day(text, name, zone), zone) if text else None


def _instant(text: str, name: str, zone: str) -> int | None:
    if not text:
        return None
    try:
        return wall_to_instant(text, zone)
    except TariffError as error:
        raise CellError(f"{name}: {error}") from None


def _zone(text: str, _name: str, _own: str) -> str:
    try:
        start_of_day("2025-01-01", text)
    except TariffError as error:
        raise CellError(str(error)) from None
    return text


def _flag(text: str, _name: str, _zone: str) -> bool:
    return text == "yes"


def _selector(text: str, _name: str, _zone: str) -> Selector:
    try:
        return parse_selector(text)
    except TariffError as error:
        raise CellError(str(error)) from None


_READERS: dict[Type, CellReader] = {
    "text": _text,
    "id": _text,
    "ids": _many,
    "codes": _codes,
    "terms": _terms,
    "number": _number,
    "count": _count,
    "day": _day,
    "midnight": _midnight,
    "instant": _instant,
    "zone": _zone,
    "flag": _flag,
    "selector": _selector,
}


# What single tables have of their own


def _first_instant(row: Row, zone: str) -> int:
    """Of an act of law as it says; of what is only said, the day it was said."""
    effective = _instant(row["effective"], "effective", zone)
    if effective is not None:
        return effective
    if row["status"] == "law":
        raise CellError("effective is blank; an act of law has a first instant.")
    return start_of_day(row["announced"], zone)


def _every_origin_is_none(row: Row, zone: str) -> Selector | None:
    """Ordinary duties of every origin stand beside a schedule, whose lines know no origins."""
    return _selector(row["origin"], "origin", zone) if row["origin"] not in ("", "*") else None


def _comparison(row: Row) -> tuple[str, str]:
    if not row["test"]:
        return "", ""
    found = _TEST.match(row["test"])
    if not found:
        raise CellError(
            f"test '{row['test'][:40]}' is not a comparison,"
            " such as `< 2025-04-05 00:01 America/New_York` or `>= 0.2`."
        )
    return found.group(1), found.group(2).strip()


def _bound(row: Row, _zone: str) -> FactValue | None:
    """What a condition compares with, as its kind reads it."""
    _, text = _comparison(row)
    if not text:
        return None
    if row["kind"] == "choice":
        return text
    if row["kind"] == "instant":
        return _bound_instant(text)
    if not _NUMBER.fullmatch(text):
        raise CellError(f"test: '{text[:40]}' is not a plain number.")
    return Decimal(text)


def _bound_instant(text: str) -> int:
    found = _WALL_IN_ZONE.match(text)
    if not found:
        raise CellError(
            f"test: '{text[:40]}' is not an instant with its zone,"
            " such as 2025-04-05 00:01 America/New_York."
        )
    try:
        return wall_to_instant(found.group(1), found.group(2))
    except TariffError as error:
        raise CellError(f"test: {error}") from None


def _acts_by_id(row: Row, _zone: str) -> str:
    """Rows name acts by id; `assemble` puts the acts' own words there once it has read them."""
    return row["act"]


_OWN: dict[str, dict[str, FieldReader]] = {
    "events": {"effective": _first_instant, "act": _acts_by_id},
    "stacking": {"act": _acts_by_id},
    "scopes": {"act": _acts_by_id},
    "conditions": {"test": lambda row, _: _comparison(row)[0], "bound": _bound},
    "ordinary": {"origin": _every_origin_is_none},
}
"""Fields that hang on more than their own cell, by table."""


def listing(scope: str, row: Row) -> Listing:
    """A row of a list of codes; the list is the file it stands in."""
    return Listing(scope, whole_line(row["prefix"]), row["sign"] == "in")
