"""Figures as numbers and in words: per cent, money, shares, and spans from least to most."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, TypeVar

from tariffcli.law.expression import span

if TYPE_CHECKING:
    from fractions import Fraction  # the quick start has no need of it

    from tariffcli.bulk.means.average import Bounds

__all__ = [
    "amount_span",
    "digits",
    "mean_span",
    "money_span",
    "money_text",
    "number",
    "percent",
    "rounded",
    "share",
    "share_text",
    "span",
]

_Figure = TypeVar("_Figure")

MEAN_PLACES = 4
"""The decimals that are shown of a mean. Whether it is one number is decided before rounding."""


def number(value: Decimal | None) -> int | float | None:
    """A decimal as JSON prints it exactly: 125, 7.5; None stays null."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def digits(value: Decimal | None) -> str:
    """A decimal as text without trailing zeros; an empty text for None.

    >>> digits(Decimal("7.50")), digits(Decimal("1E+2")), digits(None)
    ('7.5', '100', '')
    """
    if value is None:
        return ""
    is_integer = value == value.to_integral_value()
    return f"{value.quantize(Decimal(1)) if is_integer else value.normalize():f}"


def percent(low: Decimal | float | None, high: Decimal | float | None) -> str:
    """Per cent in words, of decimals or of the numbers of a document.

    >>> percent(125, 125), percent(10, 34), percent(Decimal("2.50"), None), percent(None, None)
    ('125%', '10% to 34%', 'at least 2.5%', 'unknown')
    """
    return "unknown" if low is None else _in_words(low, high, _percent_text)


def _percent_text(value: Decimal | float) -> str:
    return f"{digits(value) if isinstance(value, Decimal) else value}%"


def money_text(amount: Decimal) -> str:
    """An amount with its cents.

    >>> money_text(Decimal("12345.5"))
    '12,345.50'
    """
    return f"{amount:,.2f}"


def money_span(low: Decimal, high: Decimal | None) -> str:
    """An amount of money in words, from the least to the most that may be owed.

    >>> ten, cents = Decimal(10), Decimal("34.5")
    >>> money_span(ten, ten), money_span(ten, cents), money_span(ten, None)
    ('10.00', '10.00 to 34.50', 'at least 10.00')
    >>> money_span(Decimal(0), None)
    'unknown'
    """
    # "At least nothing" would say no more than that the amount is unknown.
    return "unknown" if high is None and not low else _in_words(low, high, money_text)


def amount_span(low: Decimal, high: Decimal | None) -> str:
    """An amount of money as `--format plain` prints it: `10.00`, `10.00..34.50`, or `10.00..`."""
    if low == high:
        return f"{low:f}"
    return f"{low:f}..{'' if high is None else f'{high:f}'}"


def _in_words(low: _Figure, high: _Figure | None, text: Callable[[_Figure], str]) -> str:
    """`LOW`, `LOW to HIGH`, or `at least LOW` where the most is not known."""
    if high is None:
        return f"at least {text(low)}"
    return text(low) if low == high else f"{text(low)} to {text(high)}"


def rounded(value: Fraction | None) -> Decimal | None:
    """A mean with four decimals."""
    if value is None:
        return None
    return Decimal(round(value * 10**MEAN_PLACES)).scaleb(-MEAN_PLACES)


def mean_span(bounds: Bounds) -> str:
    """A mean as `54.3`, `10..34`, or `unknown`."""
    return span(rounded(bounds.low), rounded(bounds.high))


def share(value: Fraction) -> Decimal:
    """A share with four decimals, never rounded up, so that only the whole is 1."""
    return Decimal(int((value * 10**MEAN_PLACES).__floor__())).scaleb(-MEAN_PLACES)


def share_text(value: float | None) -> str:
    """A share as per cent, never rounded up; an empty text for None.

    >>> share_text(0.9999), share_text(1.0), share_text(None)
    ('99.9%', '100%', '')
    """
    if value is None:
        return ""
    return f"{(Decimal(str(value)) * 100).quantize(Decimal('0.1'), ROUND_FLOOR).normalize():f}%"
