"""Values and quantities of lines as whole cents and thousandths of a unit, or as bounds.

They are read from numbers or text. A float stands for the shortest decimal that reads as it.
Decimals are told apart through floats: of two decimals the greater never reads as the lesser float,
and no two of at most fifteen digits read as the same float.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from tariffcli.bulk.cells import spellings
from tariffcli.bulk.cells.reader import Reader
from tariffcli.bulk.classes import arrow
from tariffcli.bulk.classes.arrow import Array, Batch, Bools, Floats, Int64s, pa
from tariffcli.bulk.classes.duties import MILLI, PARTS_OF_CENT, UNKNOWN, Amounts, InexactAmounts

FLOAT_DIGITS = 15
"""At most this many digits of a decimal are told exactly by a float."""

MAX_AMOUNT = 10**FLOAT_DIGITS
"""The duty on this much or more does not fit into whole cents of 64 bits."""

PLAIN_NUMBER = r"^[0-9]{1,15}(\.[0-9]{1,300})?$"
WRITTEN_AMOUNT = r"^\$?\s*([0-9]{1,15}|[0-9]{1,3}(,[0-9]{3}){1,4})(\.[0-9]{1,300})?$"
"""Amounts as people write them: the dollar sign and the commas mean nothing.

`spellings.money` reads these alike, and others.
"""


class FloatColumn(NamedTuple):
    """A column as floats, with refusals.

    `exact` reads a line exactly; `long` are lines with more digits than a float tells (None: none).
    """

    floats: Array
    bad: Int64s
    exact: Callable[[int], Decimal | None] | None = None
    long: Bools | None = None


class Scaled(NamedTuple):
    """A column as whole parts of a unit.

    `parts` are `UNKNOWN` where not given; `bad` are refusals (None: there are none). The lines of
    `inexact` are not whole parts: they lie between `low` and `high`, in finer parts, and `exact`
    reads one.
    """

    parts: Int64s
    bad: Int64s | None
    inexact: Int64s
    low: Int64s
    high: Int64s
    exact: Callable[[int], Decimal]


def read_amounts(reader: Reader, batch: Batch) -> tuple[Amounts | None, Int64s | None]:
    """The amounts of a batch where values are given, and the refusals of values and quantities.

    Those are None where there are none.
    """
    if not reader.plan.has("value"):
        return None, None
    value, quantity = _scaled(reader, batch, "value", 100, PARTS_OF_CENT), None
    quantities = np.full(batch.num_rows, UNKNOWN)
    units, names = np.zeros(batch.num_rows, dtype=np.int64), []
    if reader.plan.has("quantity") and reader.plan.has("unit"):
        quantity = _scaled(reader, batch, "quantity", MILLI, 1)
        quantities = quantity.parts
        units, names = _units(reader, batch)
    wrong = [
        column.bad for column in (value, quantity) if column is not None and column.bad is not None
    ]
    amounts = Amounts(value.parts, quantities, units, names, _odd(value, quantity))
    return amounts, arrow.first_refusal(wrong) if wrong else None


def _odd(value: Scaled, quantity: Scaled | None) -> InexactAmounts | None:
    """The lines of which value or quantity do not fit."""
    lines = value.inexact if quantity is None else np.union1d(value.inexact, quantity.inexact)
    lines = lines[value.parts[lines] != UNKNOWN]
    if not len(lines):
        return None
    low, high = _bounds(value, lines, PARTS_OF_CENT)
    low_quantity, high_quantity = (
        _bounds(quantity, lines, 1) if quantity is not None else (np.full(len(lines), UNKNOWN),) * 2
    )
    if quantity is not None:  # a quantity without bounds is not one that is not given
        low = np.where((low_quantity == UNKNOWN) & (quantity.parts[lines] != UNKNOWN), UNKNOWN, low)

    def exact(line: int) -> tuple[Decimal, Decimal | None]:
        return value.exact(line), None if quantity is None or quantity.parts[
            line
        ] == UNKNOWN else quantity.exact(line)

    return InexactAmounts(lines, low, high, low_quantity, high_quantity, lines, exact)


def _bounds(scaled: Scaled, lines: Int64s, fine: int) -> tuple[Int64s, Int64s]:
    """The bounds of some lines, which are the same where the parts are whole."""
    if np.array_equal(lines, scaled.inexact):  # mostly so
        return scaled.low, scaled.high
    parts = scaled.parts[lines]
    low = np.where(parts == UNKNOWN, UNKNOWN, parts * fine)
    high = low.copy()
    _, places, odd = np.intersect1d(lines, scaled.inexact, assume_unique=True, return_indices=True)
    low[places], high[places] = scaled.low[odd], scaled.high[odd]
    return low, high


def _units(reader: Reader, batch: Batch) -> tuple[Int64s, list[str]]:
    if "unit" in reader.plan.constants:
        return np.zeros(batch.num_rows, dtype=np.int64), [reader.plan.constants["unit"]]
    numbers, values = arrow.encoded(reader.column(batch, "unit"))
    return numbers, [str(value).strip() for value in values.to_pylist()]


def _scaled(reader: Reader, batch: Batch, meaning: str, scale: int, fine: int) -> Scaled:
    """A column as whole parts, `scale` to a unit; bounds of other lines are in `fine` parts of
    those.
    """
    column = reader.given(batch, meaning)
    plain = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    column, bad, exact, long = (
        FloatColumn(column, np.zeros(len(column), np.int64))
        if plain
        else _numbers_of_text(reader, column, meaning)
    )
    if not pa.types.is_float64(column.type):  # a cast loads more than a small file takes
        column = column.cast(pa.float64(), safe=False)
    floats = arrow.view(column, np.float64)
    missing = arrow.missing(column) | np.isnan(floats)
    values = np.where(missing, 0.0, floats)
    bad[values < 0] = reader.refusal(f"the {meaning} is negative")
    bad[values >= MAX_AMOUNT] = reader.refusal(
        f"the {meaning} is {MAX_AMOUNT:,} or more, which no line of an entry has"
    )
    bad[np.isinf(values)] = reader.refusal(f"the {meaning} is not finite")
    sound = (bad >= 0) & ~missing & (values < MAX_AMOUNT / scale)
    rounded = np.rint(np.where(sound, values, 0.0) * scale)
    fits = rounded / scale == values
    if long is not None:
        fits &= ~long
    parts = rounded.astype(np.int64)
    odd = np.flatnonzero((~sound | ~fits) & ~missing & (bad >= 0))
    parts[missing | (bad < 0)] = UNKNOWN
    low, high = _around(values[odd], scale * fine, None if long is None else long[odd])

    def exactly(line: int) -> Decimal:
        value = exact(line) if exact is not None and parts[line] != UNKNOWN else None
        return Decimal(repr(float(values[line]))) if value is None else value

    return Scaled(parts, bad if (bad < 0).any() else None, odd, low, high, exactly)


def _around(values: Floats, scale: int, long: Bools | None) -> tuple[Int64s, Int64s]:
    """Whole parts below and above the decimals that read as these floats.

    Both are the decimal itself where it is whole parts, and `UNKNOWN` where there are too many.
    """
    sound = values < MAX_AMOUNT / scale
    near = np.rint(np.where(sound, values, 0.0) * scale)
    # The float as which these parts read: what reads as a greater one is greater.
    read = near / scale
    unclear = (read == values) & (False if long is None else long)
    nearest = near.astype(np.int64)
    low = np.where((values < read) | unclear, nearest - 1, nearest)
    high = np.where((values > read) | unclear, nearest + 1, nearest)
    return np.where(sound, np.maximum(low, 0), UNKNOWN), np.where(sound, high, UNKNOWN)


def _numbers_of_text(reader: Reader, column: Array, meaning: str) -> FloatColumn:
    """Texts as floats. Those of plain numbers are read at once, others each distinct one once."""
    pc = arrow.compute()  # only where texts are read

    bad = np.zeros(len(column), dtype=np.int64)
    if pa.types.is_decimal(column.type):
        floats = column.cast(pa.float64())
        long = arrow.view(floats, np.float64) >= 10.0 ** (FLOAT_DIGITS - column.type.scale)

        def decimal_at(line: int) -> Decimal | None:
            return column[line].as_py()

        return FloatColumn(floats, bad, decimal_at, long)
    if pa.types.is_null(column.type):
        return FloatColumn(pa.nulls(len(column), pa.float64()), bad)
    texts = (column.dictionary_decode() if pa.types.is_dictionary(column.type) else column).cast(
        pa.string()
    )
    plain = pc.utf8_trim_whitespace(texts)
    plain = pc.if_else(pc.equal(plain, ""), None, plain)

    def amount_at(line: int) -> Decimal | None:
        text = plain[line].as_py()
        return spellings.money(text) if text is not None else None

    if (pc.all(pc.match_substring_regex(plain, PLAIN_NUMBER)).as_py()) is not False:
        return FloatColumn(plain.cast(pa.float64()), bad, amount_at, _long(plain))
    numbers, values = arrow.encoded(plain)
    floats, wrong, long = _distinct_numbers(reader, values, meaning)
    return FloatColumn(
        arrow.numbers_with_nulls(floats.take(numbers)),
        wrong.take(numbers),
        amount_at,
        long.take(numbers),
    )


def _long(texts: Array) -> Bools | None:
    """Which plain numbers have more digits than a float tells, but for zeros at the end of
    decimals.
    """
    pc = arrow.compute()

    if (pc.max(pc.binary_length(texts)).as_py() or 0) <= FLOAT_DIGITS + 1:
        return None
    cut = pc.utf8_rtrim(pc.if_else(pc.match_substring(texts, "."), texts, ""), "0")
    digits = pc.fill_null(pc.binary_length(pc.if_else(pc.equal(cut, ""), texts, cut)), 0)
    return arrow.view(digits, np.int32) > FLOAT_DIGITS + 1


def _distinct_numbers(reader: Reader, values: Array, meaning: str) -> tuple[Floats, Int64s, Bools]:
    """Distinct texts as floats, refusals, and which are long; the last stands for a null."""
    pc = arrow.compute()

    floats = np.full(len(values) + 1, np.nan)
    refused, long = np.zeros(len(floats), dtype=np.int64), np.zeros(len(floats), dtype=bool)
    written = (
        arrow.view(pc.cast(pc.match_substring_regex(values, WRITTEN_AMOUNT), pa.uint8()), np.uint8)
        == 1
    )
    places = np.flatnonzero(written)
    texts = values.take(pa.array(places))
    texts = pc.utf8_ltrim_whitespace(pc.utf8_ltrim(pc.replace_substring(texts, ",", ""), "$"))
    floats[places] = arrow.view(texts.cast(pa.float64()), np.float64)
    known_long = _long(texts)
    long[places] = False if known_long is None else known_long
    others = np.flatnonzero(~written)
    for place, text in zip(others.tolist(), values.take(pa.array(others)).to_pylist(), strict=True):
        try:
            value = spellings.money(text)
        except spellings.UsageError as error:
            refused[place] = reader.refusal(f"{meaning}: {error}")
            continue
        floats[place], long[place] = float(value), len(value.as_tuple().digits) > FLOAT_DIGITS
    return floats, refused, long
