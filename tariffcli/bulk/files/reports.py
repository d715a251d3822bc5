"""Tables for sheets and files: a name, columns and rows of plain values. Whoever writes them
chooses the format.

Tables of several files are added by `together`: a table itself says which of its columns are keys
and which are sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, NamedTuple, cast

Cell = str | int | Decimal | None
"""Money is a Decimal; None is a blank cell."""

EXACT = Context(prec=100)
"""Sums of money and of interest not yet rounded lose no digit in it."""

CENT = Decimal("0.01")


class Report(NamedTuple):
    """One table. The name fits a sheet of a workbook and, in lower case, a file.

    `keys`: so many first columns say what the sums in the others are of, and each key has one row;
    None: nothing is to be added, and every row is told once. `most_first`: rows stand by their
    first sum, the largest first; else by their keys.
    """

    name: str
    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]]
    keys: int | None = None
    most_first: bool = False

    def rounded(self) -> Report:
        """The table with its sums of money in whole cents."""
        if self.keys is None:
            return self
        return self._replace(
            rows=[(*row[: self.keys], *map(_in_cents, row[self.keys :])) for row in self.rows]
        )


def _in_cents(cell: Cell) -> Cell:
    return cell.quantize(CENT, ROUND_HALF_UP, EXACT) if isinstance(cell, Decimal) else cell


def money(cents: int) -> Decimal:
    """Whole cents as units of money.

    >>> money(-1205)
    Decimal('-12.05')
    """
    return Decimal(cents).scaleb(-2)


def together(parts: Iterable[Sequence[Report]]) -> list[Report]:
    """The tables of several parts as those of the whole: sums of one key added, exactly; all other
    rows told once.

    Raises ValueError where tables of one name are not of one kind.
    """
    found: dict[str, list[Report]] = {}
    for part in parts:
        for report in part:
            found.setdefault(report.name, []).append(report)
    return [added(same) for same in found.values()]


def added(same: Sequence[Report]) -> Report:
    """Tables of one kind as one, as `together` adds them."""
    first = same[0]
    if any(report._replace(rows=[]) != first._replace(rows=[]) for report in same):
        raise ValueError(f"the tables '{first.name}' have not the same columns")
    rows = [row for report in same for row in report.rows]
    if first.keys is None:  # what has no first cell says something of the others, and stands last
        return first._replace(
            rows=sorted(dict.fromkeys(rows), key=lambda row: (row[0] in ("", None), str(row[0])))
        )
    sums: dict[tuple[Cell, ...], list[Cell]] = {}
    for row in rows:
        key, more = row[: first.keys], row[first.keys :]
        before = sums.get(key)
        sums[key] = (
            list(more)
            if before is None
            else [plus(one, other) for one, other in zip(before, more, strict=True)]
        )
    made = sorted(
        ((*key, *cells) for key, cells in sums.items()),
        key=lambda row: tuple(map(str, row[: first.keys])),
    )
    if first.most_first:
        made.sort(key=lambda row: -cast(int, row[first.keys or 0]))
    return first._replace(rows=made)


def plus(one: Cell, other: Cell) -> Cell:
    """An exact sum in which a blank cell is nothing; of two blank cells, blank."""
    if one is None or other is None:
        return other if one is None else one
    if isinstance(one, int) and isinstance(other, int):
        return one + other
    return EXACT.add(cast(Decimal, one), cast(Decimal, other))


def to_plain(report: Report) -> dict[str, Any]:
    """A table as values for JSON; money as `{"decimal": "12.05"}`, so that no digit is lost."""
    rows = [
        [{"decimal": str(cell)} if isinstance(cell, Decimal) else cell for cell in row]
        for row in report.rows
    ]
    return {**report._asdict(), "columns": list(report.columns), "rows": rows}


def from_plain(plain: Mapping[str, Any]) -> Report:
    """The table that `to_plain` made these values of."""
    rows: list[list[Any]] = plain["rows"]
    return Report(
        plain["name"],
        tuple(plain["columns"]),
        [tuple(map(_cell, row)) for row in rows],
        plain["keys"],
        plain["most_first"],
    )


def _cell(plain: Any) -> Cell:
    return plain if isinstance(plain, str | int | None) else Decimal(plain["decimal"])
