"""Values of the law from the record's tables, and from its compiled form: both as the schema says.

A row's text becomes a value when the record is compiled; the compiled form holds the fields of
values in order, as JSON; a cold start makes values of those. Only the last must be quick.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from itertools import starmap
from typing import Any

from tariffcli.book.columns import Table, Type
from tariffcli.book.schema import TABLES
from tariffcli.law.model import Condition, Selector, Term
from tariffcli.law.places import parse_selector

Cells = Sequence[Any]
"""What one field holds in every row of a table."""

_selector = lru_cache(maxsize=4096)(parse_selector)


def stored(value: Any) -> Any:
    """A value as JSON can hold it: decimals and selectors as text, tuples as arrays."""
    if isinstance(value, Selector):
        return value.text
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, tuple):
        return [stored(part) for part in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def restored(kind: str, rows: Iterable[Sequence[Any]]) -> tuple[Any, ...]:
    """The values of a kind of table from their compiled rows: field by field, which is quick."""
    declared = TABLES[kind]
    fields: list[Cells] = list(zip(*rows, strict=True))
    if not fields or declared.value is None:
        return ()
    for place, decode in _decoders(kind):
        fields[place] = decode(fields[place])
    return tuple(map(declared.value, *fields))


def one_restored(kind: str, row: Sequence[Any]) -> Any:
    """One value of a kind of table from its compiled row."""
    return restored(kind, (row,))[0]


def condition(value: Condition) -> Condition:
    """A restored condition with its bound as its kind reads it: the one field that hangs on another."""
    if value.bound is None or value.kind not in ("share", "amount"):
        return value
    return value._replace(bound=Decimal(str(value.bound)))


def _tuples(cells: Cells) -> Cells:
    return list(map(tuple, cells))


def _numbers(cells: Cells) -> Cells:
    return [Decimal(cell) if cell is not None else None for cell in cells]


def _selectors(cells: Cells) -> Cells:
    return [_selector(cell) if cell is not None else None for cell in cells]


def _terms(cells: Cells) -> Cells:
    return [tuple(starmap(Term, cell)) for cell in cells]


_DECODE: dict[Type, Callable[[Cells], Cells]] = {
    "ids": _tuples,
    "codes": _tuples,
    "terms": _terms,
    "number": _numbers,
    "selector": _selectors,
}
"""Types whose values JSON cannot hold; the others are stored as they are."""


@cache
def _decoders(kind: str) -> tuple[tuple[int, Callable[[Cells], Cells]], ...]:
    """The fields of a table's values that JSON could not hold, by place."""
    declared = TABLES[kind]
    places = {name: place for place, name in enumerate(_fields(declared))}
    decoded = ((column.field, _DECODE.get(column.type)) for column in declared.columns)
    return tuple((places[field], decode) for field, decode in decoded if field and decode)


def _fields(declared: Table) -> tuple[str, ...]:
    return declared.value._fields if declared.value is not None else ()
