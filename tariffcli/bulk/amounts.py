# pyright: basic, reportAttributeAccessIssue=false
"""Values and quantities of lines, from numbers or text, as whole cents and thousandths of a unit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tariffcli.bulk import clean, columns
from tariffcli.bulk.money import MILLI, UNKNOWN, Amounts
from tariffcli.bulk.reading import Reader

Whole = NDArray[np.int64]
MOST = 2**53
"""Beyond it a float no longer tells one from the next."""

LARGEST = 10**15
"""The duty on so much does not fit into whole cents of 64 bits."""


def read_amounts(reader: Reader, batch: Any) -> tuple[Amounts | None, Whole | None]:
    """The amounts of a batch where values are given, and the refusals of values and quantities (None: there are none)."""
    if not reader.plan.has("value"):
        return None, None
    many = batch.num_rows
    cents, odd_values, bad = _scaled(reader, batch, "value", 100)
    quantities, odd_quantities, bad_quantities = np.full(many, UNKNOWN), {}, None
    units, names = np.zeros(many, dtype=np.int64), []
    if reader.plan.has("quantity") and reader.plan.has("unit"):
        quantities, odd_quantities, bad_quantities = _scaled(reader, batch, "quantity", MILLI)
        units, names = _units(reader, batch)
    exact: dict[int, tuple[Decimal, Decimal | None]] = {}
    for line in {*odd_values, *odd_quantities}:
        value = odd_values.get(line, Decimal(int(cents[line])) / 100)
        quantity = odd_quantities.get(line, None if quantities[line] == UNKNOWN else Decimal(int(quantities[line])) / MILLI)
        exact[line] = (value, quantity)
    wrong = [part for part in (bad, bad_quantities) if part is not None]
    return Amounts(cents, quantities, units, names, exact), columns.first_refusal(wrong) if wrong else None


def _units(reader: Reader, batch: Any) -> tuple[Whole, list[str]]:
    if "unit" in reader.plan.constants:
        return np.zeros(batch.num_rows, dtype=np.int64), [reader.plan.constants["unit"]]
    numbers, values = columns.encoded(reader.column(batch, "unit"))
    return numbers, [str(value).strip() for value in values.to_pylist()]


def _scaled(reader: Reader, batch: Any, meaning: str, scale: int) -> tuple[Whole, dict[int, Decimal], Whole | None]:
    """A column as whole parts of a unit, the lines that are no whole parts, and refusals."""
    many = batch.num_rows
    column = reader.given(batch, meaning)
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        column, bad, exact = _numbers_of_text(reader, column, meaning)
    else:
        bad, exact = np.zeros(many, dtype=np.int64), None
    if not pa.types.is_float64(column.type):  # a cast loads more than a small file takes
        column = column.cast(pa.float64(), safe=False)
    floats = columns.view(column, np.float64)
    missing = columns.missing(column) | np.isnan(floats)
    values = np.where(missing, 0.0, floats)
    bad[values < 0] = reader.refusal(f"the {meaning} is negative")
    bad[values >= LARGEST] = reader.refusal(f"the {meaning} is {LARGEST:,} or more, which no line of an entry has")
    bad[np.isinf(values)] = reader.refusal(f"the {meaning} is not finite")
    sound = (bad >= 0) & ~missing & (values < MOST / scale)
    parts = np.where(sound, values, 0.0) * scale
    whole = np.rint(parts)
    fits = np.abs(parts - whole) <= 1e-6 * np.maximum(1.0, np.abs(parts) * 1e-9)
    found = whole.astype(np.int64)
    odd = np.flatnonzero(((sound & ~fits) | (~sound & ~missing)) & (bad >= 0))
    found[missing | (bad < 0)] = UNKNOWN
    texts = {int(line): exact(line) if exact else Decimal(repr(float(values[line]))) for line in odd}
    return found, texts, bad if (bad < 0).any() else None


def _numbers_of_text(reader: Reader, column: Any, meaning: str) -> tuple[Any, Whole, Any]:
    """Texts as floats, refusals, and how to read a line exactly. Texts of plain numbers are read at once, others one by one."""
    import pyarrow.compute as pc  # costs as much as all of numpy: only where texts are read

    bad = np.zeros(len(column), dtype=np.int64)
    if pa.types.is_decimal(column.type):
        return column.cast(pa.float64()), bad, lambda line: column[int(line)].as_py()
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), pa.float64()), bad, None
    texts = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column.cast(pa.string())
    plain = pc.utf8_trim_whitespace(texts)
    plain = pc.if_else(pc.equal(plain, ""), None, plain)
    if (pc.all(pc.match_substring_regex(plain, r"^[0-9]{1,15}(\.[0-9]{1,9})?$")).as_py()) is not False:
        return plain.cast(pa.float64()), bad, lambda line: Decimal(plain[int(line)].as_py())
    numbers, values = columns.encoded(plain)
    read: list[Decimal | None] = []
    refused = np.zeros(len(values) + 1, dtype=np.int64)
    for place, text in enumerate(values.to_pylist()):
        try:
            read.append(clean.money(text))
        except clean.UsageError as error:
            refused[place] = reader.refusal(f"{meaning}: {error}")
            read.append(None)
    floats = np.array([np.nan if value is None else float(value) for value in (*read, None)])
    bad = refused.take(numbers)
    return columns.numbers_with_nulls(floats.take(numbers)), bad, lambda line: read[int(numbers[line])]
