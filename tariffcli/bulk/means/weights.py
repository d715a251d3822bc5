"""A user's own weights: tariff codes with a value each, from a small table. Sums are exact: values
are whole parts of a unit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tariffcli.book.words import clean as shown
from tariffcli.bulk.cells import spellings
from tariffcli.bulk.cells.headers import WEIGHT_NAMES
from tariffcli.bulk.files.small import Small, find_column
from tariffcli.errors import UsageError

MEANINGS = ("code", "value")
MAX_DIGITS, MAX_PLACES = 18, 20
_HALF_EATEN = re.compile(r"(\d{3}\.\d+|\d+\.\d|\d+\.\d{3})$")
"""A dotted code that a spreadsheet took for a number: 901.2 was 0901.20, 8517.1 was 8517.10 or
8517.1000."""


class Weights(NamedTuple):
    """Codes with what each weighs. `parts[i]` / `scale` is the value of `codes[i]`; equal codes
    were added.

    `refused` says why some codes, by their place, can be no tariff code; `rows` are those of the
    file; `columns` the names read.
    """

    codes: Sequence[str]
    parts: Sequence[int]
    scale: int
    refused: Mapping[int, str]
    rows: int
    columns: Mapping[str, str]

    def value(self, parts: int) -> Decimal | int:
        """Parts as the unit of the file."""
        found = Fraction(parts, self.scale)
        return (
            int(found)
            if found.denominator == 1
            else Decimal(f"{parts}E-{len(str(self.scale)) - 1}")
        )


def read_weights(small: Small, given: Mapping[str, str], table: str) -> Weights:
    """The weights of a small table named `table` in messages. `given` names columns by meaning
    (code, value).

    Raises UsageError for a table without rows, without those columns, or with a value that is
    blank, negative or no number, with the lines where it stands.
    """
    names = small.table.column_names
    places = [
        find_column(names, meaning, WEIGHT_NAMES[meaning], given, table) for meaning in MEANINGS
    ]
    if places[0] == places[1]:
        raise UsageError(f"Column '{shown(names[places[0]])}' cannot be both code and value.")
    codes, values = (small.table.column(place).to_pylist() for place in places)
    if not codes:
        raise UsageError(f"{table} has a first row of names and nothing below it.")
    weighed = _values(small, values, table)
    scale = max([0, *(-int(value.as_tuple().exponent) for value in weighed)])
    read = [_code(text) for text in codes]
    if spellings.lost_zeros(code for code, reason in read if not reason):
        read = [(spellings.restored(code), reason) for code, reason in read]
    sums: dict[str, int] = {}
    reasons: dict[str, str] = {}
    for (code, reason), value in zip(read, weighed, strict=True):
        sums[code] = sums.get(code, 0) + _parts(value, scale)
        if reason:
            reasons[code] = reason
    found = list(sums)
    refused = {place: reasons[code] for place, code in enumerate(found) if code in reasons}
    used: dict[str, str] = {
        meaning: names[place] for meaning, place in zip(MEANINGS, places, strict=True)
    }
    return Weights(found, list(sums.values()), 10**scale, refused, len(codes), used)


def _parts(value: Decimal, scale: int) -> int:
    """A value as whole parts; not by Decimal's own arithmetic, which rounds beyond its
    precision."""
    _, digits, exponent = value.as_tuple()
    return int("".join(map(str, digits))) * 10 ** (int(exponent) + scale)


def _code(text: str) -> tuple[str, str]:
    """The digits of a code, or the text with the reason why it is none."""
    if not text:
        return "(blank)", "no code is given"
    if _HALF_EATEN.match(text) and not re.match(r"\d+\.0$", text):
        return shown(
            text
        ), "a number from which a spreadsheet took zeros; the digits of the code are lost"
    try:
        code = spellings.code_of(text)
    except UsageError as error:
        return shown(text), str(error)
    return (code, "") if code.isascii() and code.isdigit() else (shown(text), "no tariff code")


def _values(small: Small, texts: Sequence[str], table: str) -> list[Decimal]:
    found: list[Decimal] = []
    faults: list[tuple[int, str]] = []
    known: dict[str, Decimal] = {}
    for line, text in zip(small.lines, texts, strict=True):
        if text not in known:
            try:
                known[text] = _value(text, small.delimiter)
            except UsageError as error:
                faults.append((line, str(error)))
                continue
        found.append(known[text])
    if faults:
        line, why = faults[0]
        others = ", ".join(str(other) for other, _ in faults[1:6])
        more = f" {len(faults) - 1:,} more such: {others}{' ...' if len(faults) > 6 else ''}."
        raise UsageError(
            f"{table} {small.place} {line}: {why.rstrip('.')}.{more if len(faults) > 1 else ''}"
        )
    return found


def _value(text: str, delimiter: str) -> Decimal:
    if not text:
        raise UsageError("the value is blank; write 0 if it is nothing")
    if delimiter == ";" and "," in text:
        raise UsageError(
            f"'{shown(text, 20)}' can be read two ways; write values with a point for decimals "
            "and nothing between thousands"
        )
    value = spellings.money(text)
    if value < 0:
        raise UsageError(f"the value '{shown(text, 20)}' is negative")
    if value and (value.adjusted() > MAX_DIGITS or -int(value.as_tuple().exponent) > MAX_PLACES):
        raise UsageError(
            f"the value '{shown(text, 20)}' is beyond {MAX_DIGITS} digits or {MAX_PLACES} decimals"
        )
    return value if value else Decimal(0)
