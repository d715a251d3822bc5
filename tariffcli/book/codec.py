"""Values to their compiled form and back.

The compiled form holds the fields of values in order, as JSON, and says of each table which of its
fields JSON could not hold; the schema is not needed to read it. A cold start restores hundreds of
values: field by field, which is quick.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import starmap
from typing import Any, TypeVar

from tariffcli.law.model import Condition, Selector, Term
from tariffcli.law.places import parse_selector

Value = TypeVar("Value")

How = Sequence[tuple[int, str]]
"""The fields of a table's values that JSON cannot hold: their places and types of column."""

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


def restored(
    make: Callable[..., Value], how: How, rows: Iterable[Sequence[Any]]
) -> tuple[Value, ...]:
    """The values that `make` makes of compiled rows."""
    fields: list[Cells] = list(zip(*rows, strict=True))
    for place, type in how if fields else ():
        fields[place] = _DECODE[type](fields[place])
    return tuple(map(make, *fields)) if fields else ()


def condition(value: Condition) -> Condition:
    """A restored condition with its bound as its kind reads it.

    The one field that hangs on another.
    """
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


_DECODE: Mapping[str, Callable[[Cells], Cells]] = {
    "ids": _tuples,
    "codes": _tuples,
    "terms": _terms,
    "number": _numbers,
    "selector": _selectors,
}
"""By type of column; the values of other types are stored as they are."""


def how_stored(fields: Sequence[str], types: Mapping[str, str]) -> How:
    """What the compiled form says of values with these fields, of columns of these types."""
    found = ((place, types.get(field, "")) for place, field in enumerate(fields))
    return [(place, type) for place, type in found if type in _DECODE]
