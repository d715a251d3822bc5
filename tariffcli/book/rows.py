"""Values of the law from their compiled rows: lists as tuples, figures as exact decimals."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tariffcli.law.entry_summary import Caveat, Fee, Heading, Interest, Reporting
from tariffcli.law.model import Condition, Edition, Event, Item, Scope, Selector, Term


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


def decimal(text: str | None) -> Decimal | None:
    """A figure; None where it is blank."""
    return Decimal(text) if text is not None else None


def condition(row: list[Any]) -> Condition:
    """A condition, its bound as its kind reads it."""
    if row[4] is not None and row[2] in ("share", "amount"):
        row[4] = Decimal(row[4])
    return Condition(*row)


def edition(row: list[Any]) -> Edition:
    """An edition."""
    row[5] = tuple(row[5])
    return Edition(*row)


def item(row: list[Any]) -> Item:
    """A numbered item of a list."""
    row[3] = tuple(row[3])
    return Item(*row)


def scope(row: list[Any]) -> Scope:
    """A list."""
    row[8] = tuple(row[8])
    return Scope(*row)


def event(row: list[Any], selector: Callable[[str], Selector]) -> Event:
    """An act's effect; `selector` reads its origin."""
    row[1], row[2] = tuple(row[1]), selector(row[2])
    row[5], row[6], row[7] = decimal(row[5]), decimal(row[6]), decimal(row[7])
    row[15], row[16], row[20] = tuple(row[15]), tuple(Term(*term) for term in row[16]), tuple(row[20])
    return Event(*row)
