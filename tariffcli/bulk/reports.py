"""Tables for sheets and files: a name, columns and rows of plain values. Whoever writes them chooses the format."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

Cell = str | int | Decimal | None
"""Money is a Decimal of two places; None is a blank cell."""


class Report(NamedTuple):
    """One table. The name fits a sheet of a workbook and, in lower case, a file."""

    name: str
    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]]


def money(cents: int) -> Decimal:
    """Whole cents as units of money.

    >>> money(-1205)
    Decimal('-12.05')
    """
    return Decimal(cents).scaleb(-2)
