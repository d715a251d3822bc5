# pyright: basic, reportAttributeAccessIssue=false
"""What customs files hold beside the question: entry and line, importer of record, what was paid, what happened to the entry since.

Columns are found by the names that exports give them; a header row is found among rows above it by the same names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tariffcli.bulk import clean, columns
from tariffcli.bulk.money import UNKNOWN
from tariffcli.bulk.plan import shown
from tariffcli.errors import UsageError

Whole = NDArray[np.int64]

NAMES: dict[str, str] = {
    "entry": "entry summary number|entry number|entry no|entry no.|entry #|cs entry number|filer code/entry number|entry",
    "line": "entry summary line number|7501 line number|line number|line no|line no.|cm item number|entry line|line",
    "ordinal": "tariff ordinal number|ordinal|ordinal number",
    "hs": "hts number - full|hts number|htsus number|htsus no.|hts code|hts|htsus|tariff number|cd hts us code|tariff code|hs code|hs",
    "value": "line tariff goods value amount|line goods value amount|line entered value|cm item entered value|entered value|value",
    "paid": "line tariff duty amount|duty paid|paid|line duty amount|line tariff amount|duty amount|declared duty|total duty|duty",
    "importer_number": "importer of record number|importer number|ior number|importer of record|ior",
    "importer_name": "importer of record name|importer name|ior name",
    "entry_type": "entry type code|entry type|cs entry type",
    "deposited": "payment date|collection date|deposit date|duty paid date|statement payment date|entry summary date|cs summary date",
    "liquidated": "liquidation date",
    "liquidation_status": "liquidation status",
    "protest": "protest number|protest status|protest",
    "drawback": "drawback indicator|drawback flag|drawback claim|drawback",
    "reconciliation": "reconciliation indicator|reconciliation flag|reconciliation",
}
"""Usual names by meaning, the surest first. `paid` is the duty of the row; `deposited` the day of its payment, or the nearest to it."""

REPEATED = ("line duty amount", "line goods value amount")
"""Amounts of a whole line that stand on each of its rows."""

_NUMBERED = re.compile(r"^\d{1,2}[a-z]?\.\s+")
_PLAIN = r"^-?[0-9]{1,13}(\.[0-9]{1,2})?$"
_GROUPED = r"^-?\$?-?([0-9]{1,13}|[0-9]{1,3}(,[0-9]{3}){1,4})(\.[0-9]{1,2})?$"


def folded(name: object) -> str:
    """A header as it is compared: no case, no block number before it, one space between words.

    >>> folded("29. CD  HTS US Code"), folded("Entry_Number")
    ('cd hts us code', 'entry number')
    """
    return _NUMBERED.sub("", " ".join(str(name).replace("_", " ").replace("\ufeff", "").lower().split()))


def find_filed(names: Sequence[str], given: Mapping[str, str] | None = None) -> dict[str, str]:
    """The column of each meaning of `NAMES` among the names of a file; `given` overrides. Raises UsageError on a lost column."""
    plain = {folded(name): name for name in reversed(names)}
    found = {meaning: plain[word] for meaning, words in NAMES.items() for word in reversed(words.split("|")) if word in plain}
    for meaning, name in (given or {}).items():
        if meaning in NAMES:
            if name not in names:
                raise UsageError(f"The file has no column '{shown([name])}'; its columns are: {shown(names)}.")
            found[meaning] = name
    return found


def header_row(rows: Sequence[Sequence[object]], known: Collection[str] | None = None) -> int | None:
    """Which of a file's first rows is its header: the one with most known names (two at least), the first of equals; None: none is.

    `known` are folded names (`folded`); those of this module where it is not given. Parameter rows above it have none.
    """
    names = set(known) if known is not None else {word for words in NAMES.values() for word in words.split("|")}
    counts = [len({folded(cell) for cell in row if cell is not None} & names) for row in rows]
    most = max(counts, default=0)
    return counts.index(most) if most >= 2 else None


class Money(NamedTuple):
    """A column of amounts in cents (`UNKNOWN`: blank or not read), and which lines could not be read."""

    cents: Whole
    unread: NDArray[np.bool_]


def signed_cents(column: Any) -> Money:
    """Amounts that were declared: numbers or text, below zero where they were reversed. A word for no duty (`Free`) is zero."""
    array = columns.flat(column)
    if pa.types.is_dictionary(array.type):
        array = columns.flat(array.dictionary_decode())
    none = np.zeros(len(array), dtype=bool)
    if pa.types.is_null(array.type):
        return Money(np.full(len(array), UNKNOWN), none)
    if pa.types.is_integer(array.type) or pa.types.is_floating(array.type) or pa.types.is_decimal(array.type):
        return Money(_cents_of_floats(array.cast(pa.float64(), safe=False)), none)
    texts = pc.utf8_trim_whitespace(array.cast(pa.string()))
    texts = pc.if_else(pc.equal(texts, ""), None, texts)
    if pc.all(pc.match_substring_regex(texts, _PLAIN)).as_py() is not False:
        return Money(_cents_of_floats(texts.cast(pa.float64())), none)
    grouped = pc.match_substring_regex(texts, _GROUPED)
    simple = pc.if_else(grouped, pc.replace_substring_regex(texts, r"[$,]", ""), None)
    cents = _cents_of_floats(simple.cast(pa.float64()))
    unread = none
    for line in np.flatnonzero(columns.missing(simple) & ~columns.missing(texts)).tolist():
        amount = _odd_cents(texts[line].as_py())
        cents[line], unread[line] = (UNKNOWN, True) if amount is None else (amount, False)
    return Money(cents, unread)


def _cents_of_floats(array: Any) -> Whole:
    floats = columns.view(array, np.float64)
    known = ~columns.missing(array) & np.isfinite(floats) & (np.abs(np.nan_to_num(floats)) < 2**53 / 100)
    scaled = np.where(known, floats, 0.0) * 100
    whole = (np.sign(scaled) * np.floor(np.abs(scaled) + 0.5 + 1e-6)).astype(np.int64)
    return np.where(known, whole, UNKNOWN)


def _odd_cents(text: str) -> int | None:
    if text.lower() in ("free", "none"):
        return 0
    try:
        return int((clean.money(text) * 100).quantize(Decimal(1), ROUND_HALF_UP))
    except UsageError:
        return None


NO_DAY = np.iinfo(np.int64).min
"""No day."""


def days_of(column: Any, month_first: bool | None) -> Whole:
    """Days counted from 1970; `NO_DAY` where the cell is blank or cannot be read."""
    array = columns.flat(column)
    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.date32(), safe=False)
    if pa.types.is_date32(array.type):
        return np.where(columns.missing(array), NO_DAY, columns.view(array, np.int32).astype(np.int64))
    numbers, values = columns.encoded(array)
    table = [_day(value, month_first) for value in (*values.to_pylist(), None)]
    return np.array(table, dtype=np.int64).take(numbers)


def _day(value: Any, month_first: bool | None) -> int:
    if value is None or not str(value).strip():
        return NO_DAY
    try:
        return clean.day_number(value, month_first)
    except UsageError:
        return NO_DAY


def texts_of(column: Any) -> tuple[Whole, list[str]]:
    """Each line's number among a column's distinct texts, trimmed, and those; blank and null are the text ''."""
    numbers, values = columns.encoded(column)
    texts = ["" if value is None else str(value).strip() for value in (*values.to_pylist(), None)]
    kept: dict[str, int] = {}
    table = np.array([kept.setdefault(text, len(kept)) for text in texts], dtype=np.int64)
    return table.take(numbers), list(kept)
