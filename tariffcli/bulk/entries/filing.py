# pyright: basic, reportAttributeAccessIssue=false
"""What customs files hold beside the question: entry and line, importer of record, what was paid,
what happened to the entry since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tariffcli.bulk.cells import spellings
from tariffcli.bulk.cells.headers import AMOUNTS, ENTRY_NAMES, fold, without_currency
from tariffcli.bulk.cells.plan import shown
from tariffcli.bulk.classes import arrow
from tariffcli.bulk.classes.duties import UNKNOWN
from tariffcli.errors import UsageError

Whole = NDArray[np.int64]

REPEATED = ("line duty amount", "line goods value amount")
"""Amounts of a whole line that stand on each of its rows."""

_PLAIN = r"^-?[0-9]{1,13}(\.[0-9]{1,2})?$"
_GROUPED = r"^-?\$?-?([0-9]{1,13}|[0-9]{1,3}(,[0-9]{3}){1,4})(\.[0-9]{1,2})?$"


def find_filed(names: Sequence[str], given: Mapping[str, str] | None = None) -> dict[str, str]:
    """The column of each meaning of an audit: the one `given` names, else that of the surest name.

    Raises UsageError where a column that was given is not there.
    """
    by_fold = {fold(name): name for name in reversed(names)}
    without = {without_currency(plain): name for plain, name in reversed(by_fold.items())}
    columns: dict[str, str] = {}
    for meaning, usual in ENTRY_NAMES.items():
        known = without | by_fold if meaning in AMOUNTS else by_fold
        name = next((known[name] for name in usual if name in known), None)
        if name is not None:
            columns[meaning] = name
    for meaning, name in (given or {}).items():
        if meaning in ENTRY_NAMES:
            if name not in names:
                raise UsageError(
                    f"The file has no column '{shown([name])}'; its columns are: {shown(names)}."
                )
            columns[meaning] = name
    return columns


class Money(NamedTuple):
    """A column of amounts in cents (`UNKNOWN`: blank or not read), and which lines could not be
    read."""

    cents: Whole
    unread: NDArray[np.bool_]


def signed_cents(column: Any) -> Money:
    """Amounts that were declared: numbers or text, below zero where they were reversed. A word for
    no duty (`Free`) is zero."""
    array = arrow.flat(column)
    if pa.types.is_dictionary(array.type):
        array = arrow.flat(array.dictionary_decode())
    none = np.zeros(len(array), dtype=bool)
    if pa.types.is_null(array.type):
        return Money(np.full(len(array), UNKNOWN), none)
    if (
        pa.types.is_integer(array.type)
        or pa.types.is_floating(array.type)
        or pa.types.is_decimal(array.type)
    ):
        return Money(_cents_of_floats(array.cast(pa.float64(), safe=False)), none)
    texts = pc.utf8_trim_whitespace(array.cast(pa.string()))
    texts = pc.if_else(pc.equal(texts, ""), None, texts)
    if pc.all(pc.match_substring_regex(texts, _PLAIN)).as_py() is not False:
        return Money(_cents_of_floats(texts.cast(pa.float64())), none)
    grouped = pc.match_substring_regex(texts, _GROUPED)
    simple = pc.if_else(grouped, pc.replace_substring_regex(texts, r"[$,]", ""), None)
    cents = _cents_of_floats(simple.cast(pa.float64()))
    unread = none
    for line in np.flatnonzero(arrow.missing(simple) & ~arrow.missing(texts)).tolist():
        amount = _odd_cents(texts[line].as_py())
        cents[line], unread[line] = (UNKNOWN, True) if amount is None else (amount, False)
    return Money(cents, unread)


def _cents_of_floats(array: Any) -> Whole:
    floats = arrow.view(array, np.float64)
    known = (
        ~arrow.missing(array) & np.isfinite(floats) & (np.abs(np.nan_to_num(floats)) < 2**53 / 100)
    )
    scaled = np.where(known, floats, 0.0) * 100
    whole = (np.sign(scaled) * np.floor(np.abs(scaled) + 0.5 + 1e-6)).astype(np.int64)
    return np.where(known, whole, UNKNOWN)


def _odd_cents(text: str) -> int | None:
    if text.lower() in ("free", "none"):
        return 0
    try:
        return int((spellings.money(text) * 100).quantize(Decimal(1), ROUND_HALF_UP))
    except UsageError:
        return None


NO_DAY = np.iinfo(np.int64).min
"""No day."""


def days_of(column: Any, month_first: bool | None) -> Whole:
    """Days counted from 1970; `NO_DAY` where the cell is blank or cannot be read."""
    array = arrow.flat(column)
    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.date32(), safe=False)
    if pa.types.is_date32(array.type):
        return np.where(arrow.missing(array), NO_DAY, arrow.view(array, np.int32).astype(np.int64))
    numbers, values = arrow.encoded(array)
    table = [_day(value, month_first) for value in (*values.to_pylist(), None)]
    return np.array(table, dtype=np.int64).take(numbers)


def _day(value: Any, month_first: bool | None) -> int:
    if value is None or not str(value).strip():
        return NO_DAY
    try:
        return spellings.day_number(value, month_first)
    except UsageError:
        return NO_DAY


def texts_of(column: Any) -> tuple[Whole, list[str]]:
    """Each line's number among a column's distinct texts, trimmed, and those; blank and null are
    the text ''."""
    numbers, values = arrow.encoded(column)
    texts = ["" if value is None else str(value).strip() for value in (*values.to_pylist(), None)]
    kept: dict[str, int] = {}
    table = np.array([kept.setdefault(text, len(kept)) for text in texts], dtype=np.int64)
    return table.take(numbers), list(kept)
