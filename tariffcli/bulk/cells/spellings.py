"""What files hold for codes, days, money and countries, made plain.

Each distinct text is read once, never each line.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from tariffcli.errors import UsageError
from tariffcli.law.instants import parse_day, parse_instant

_FLOAT_CODE = re.compile(r"(\d+)\.0+$")
_DECIMAL = re.compile(r"\d+\.\d+$")
_DOTTED = re.compile(r"\d{4}\.\d{2}(?:\d{2}){0,2}$|\d{6}\.\d{2}(?:\d{2})?$|\d{8}\.\d{2}$")
"""Codes with one dot, as people write them.

Another number of digits before or after the dot shows that zeros are gone.
"""

_POWER = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+$")
_SLASHED = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:[ T].*)?$", re.ASCII)
_MIDNIGHT = re.compile(r"(\S.*?)[ T]0{1,2}:00(?::00(?:\.0+)?)?$")
_MONEY = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?$|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$")
EPOCH = date(1970, 1, 1).toordinal()
"""Days are counted from 1970."""


def code_of(text: object) -> str:
    """A tariff code or product word as it is asked.

    `9503.00.00.73`, `9503000073.0` and a number all become digits. A code that a spreadsheet turned
    into a power of ten has lost digits, and is refused. Raises UsageError.
    """
    plain = str(text).strip()
    if plain.isdecimal() and plain.isascii():
        return plain
    plain = plain.strip("'\ufeff").strip()
    if match := _FLOAT_CODE.match(plain):
        before = match.group(1)
        plain = before if len(before) > 6 or plain == f"{before}.0" else plain
    if _DECIMAL.match(plain) and not _DOTTED.match(plain):
        raise UsageError(
            f"'{plain[:20]}' is a code that a spreadsheet took for a number; "
            "zeros at its ends are lost. Give it as text."
        )
    if _POWER.match(plain) and not plain.isdigit():
        raise UsageError(
            f"'{plain[:20]}' is a number that a spreadsheet shortened; "
            "the digits of the code are lost."
        )
    digits = re.sub(r"[.\s\u00a0-]", "", plain)
    return digits if digits.isascii() and digits.isdigit() else plain


def lost_zeros(codes: Iterable[str]) -> bool:
    """Whether a column's codes lost their leading zeros to a spreadsheet.

    They did if some have an odd length, and none begins with a zero.

    >>> lost_zeros(["9503000073", "101210010"])
    True
    >>> lost_zeros(["0101210010", "101210010"]), lost_zeros(["9503000073"])
    (False, False)
    """
    digits = [code for code in codes if code.isdigit()]
    return any(len(code) % 2 for code in digits) and not any(
        code.startswith("0") for code in digits
    )


def restored(code: str) -> str:
    """A code of an odd length with the zero that it lost."""
    return f"0{code}" if code.isdigit() and len(code) % 2 else code


def month_first_of(texts: Iterable[str]) -> bool | None:
    """Whether the slashed days of a column begin with the month; None where nothing tells.

    A day above 12 tells. Raises UsageError when one day can only be read the one way and another
    only the other way.
    """
    ways: dict[bool, str] = {}
    for text in texts:
        match = _SLASHED.match(text.strip())
        if match:
            first, second = int(match.group(1)), int(match.group(2))
            if first > 12 >= second:
                ways.setdefault(False, text)
            elif second > 12 >= first:
                ways.setdefault(True, text)
    if len(ways) == 2:
        raise UsageError(
            f"The days of the column are written two ways: '{ways[True][:20]}' and "
            f"'{ways[False][:20]}'; write them one way."
        )
    return next(iter(ways), None)


def is_slashed(text: str) -> bool:
    """Whether a day is written `2/1/2025`, which can be read two ways."""
    return bool(_SLASHED.match(text.strip()))


def day_number(text: object, month_first: bool | None) -> int:
    """A day, counted from 1970, from text, a date or a whole number such as 20250424.

    Raises UsageError.
    """
    if isinstance(text, datetime):
        return text.date().toordinal() - EPOCH
    if isinstance(text, date):
        return text.toordinal() - EPOCH
    plain = str(text).strip()
    if match := _MIDNIGHT.match(plain):
        plain = match.group(1)
    return date.fromisoformat(iso_day(plain, month_first)).toordinal() - EPOCH


def iso_day(text: str, month_first: bool | None) -> str:
    """A day of a file in ISO; words such as `today` mean nothing there. Raises UsageError."""
    return parse_day(text, None, month_first)


def several(text: str) -> tuple[str, ...]:
    """The pieces of a cell that holds several, set apart by semicolons."""
    return tuple(piece.strip() for piece in text.split(";") if piece.strip())


def country_word(value: object) -> str:
    """A country as a file holds it; census codes come as numbers."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def is_nan(value: object) -> bool:
    """Whether a value is a float that is no number."""
    return isinstance(value, float) and math.isnan(value)


def instant_number(text: object, zone: str) -> int:
    """An instant in seconds of UTC; without an offset it is on the clock of `zone`.

    Raises UsageError.
    """
    if isinstance(text, datetime):
        if text.tzinfo is not None:
            return int(text.astimezone(UTC).timestamp())
        text = text.isoformat(sep=" ", timespec="seconds")
    return parse_instant(str(text), zone)


def money(text: object) -> Decimal:
    """An amount or a quantity: `1,234.50`, `$1,234.50`, `1234.5`.

    Raises UsageError when it is none, or not finite.
    """
    plain = str(text).strip().removeprefix("$").strip()
    if plain.startswith("(") and plain.endswith(")"):
        plain = f"-{plain[1:-1]}"
    try:
        value = Decimal(plain.replace(",", "")) if _MONEY.match(plain) else Decimal("NaN")
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise UsageError(f"'{plain[:20]}' is no amount.")
    return value


def yes_or_no(text: object) -> bool:
    """A cell that says yes or no. Raises UsageError."""
    word = str(text).strip().lower()
    if word in ("yes", "y", "true", "1", "1.0"):
        return True
    if word in ("no", "n", "false", "0", "0.0"):
        return False
    raise UsageError(f"'{word[:20]}' is neither yes nor no.")
