"""Fees, reporting rules and what refunds need, from their compiled rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tariffcli.law.charges import Caveat, Fee, Heading, Interest, Reporting


def fee(row: list[Any]) -> Fee:
    """A fee, its figures as decimals."""
    figures = [None if row[place] is None else Decimal(row[place]) for place in (4, 5, 7)]
    row[3], row[4], row[5], row[7] = Decimal(row[3]), *figures
    row[10], row[11] = tuple(row[10]), tuple(row[11])
    return Fee(*row)


def reporting(row: list[Any]) -> Reporting:
    """A rule of an entry summary."""
    row[4], row[7] = tuple(row[4]), tuple(row[7])
    return Reporting(*row)


def interest(row: list[Any]) -> Interest:
    """A rate of interest."""
    row[3], row[6] = Decimal(row[3]), tuple(row[6])
    return Interest(*row)


def caveat(row: list[Any]) -> Caveat:
    """A caveat."""
    row[3], row[5] = tuple(row[3]), tuple(row[5])
    return Caveat(*row)


def heading(row: list[Any]) -> Heading:
    """The headings of a prefix."""
    row[5] = tuple(row[5])
    return Heading(*row)
