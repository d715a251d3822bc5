"""What a file tells of each line beside its duty: whose it is, of which day, when it was deposited,
and what became of the entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from tariffcli.bulk.cells.plan import Plan
from tariffcli.bulk.classes.arrow import pa
from tariffcli.bulk.entries.declared import Truth, Whole
from tariffcli.bulk.entries.es003 import EntryLines
from tariffcli.bulk.entries.filing import NO_DAY, days_of, texts_of

NO = ("", "n", "no", "none", "0", "0.0", "false")
"""Cells that say that there is no protest, drawback or reconciliation."""

OPEN = (
    "unliquidated",
    "not liquidated",
    "open",
    "pending",
    "suspended",
    "extended",
    "under review",
)
"""Words for an entry that is not liquidated; neither these nor `liquidated`: it is not told."""

NOT_TOLD, UNLIQUIDATED, LIQUIDATED, ENTRY_TYPE = (
    "liquidation not told",
    "unliquidated",
    "liquidated",
    "entry type",
)
STATES = (NOT_TOLD, UNLIQUIDATED, LIQUIDATED, "protest", "drawback", "reconciliation", ENTRY_TYPE)
"""What a file may say of an entry, the last that holds. From `protest` on what was paid stands
apart."""

APART = 3


class Filed(NamedTuple):
    """By line: the number of its state, importer of record (a number into `importers`), day of
    entry, of deposit and of liquidation.

    Days are counted from 1970 (`NO_DAY`: not told). `mark` is the same for lines of the same entry
    and number, 0 without an entry.
    """

    state: Whole
    importer: Whole
    importers: list[str]
    day: Whole
    deposited: Whole
    liquidated: Whole
    mark: Whole


def filed(
    batch: Any, lines: EntryLines, plan: Plan, found: Mapping[str, str], set_apart: set[str]
) -> Filed:
    """What a batch tells of its lines, read on the first row of each."""
    heads = batch.take(pa.array(lines.starts))
    many = len(lines.starts)
    day = entry_days(heads, plan)
    deposited = (
        days_of(heads.column(found["deposited"]), plan.month_first)
        if "deposited" in found
        else np.full(many, NO_DAY)
    )
    liquidated = (
        days_of(heads.column(found["liquidated"]), plan.month_first)
        if "liquidated" in found
        else np.full(many, NO_DAY)
    )
    importer, importers = _importers(heads, found)
    state = _states(heads, found, liquidated, set_apart)
    return Filed(
        state,
        importer,
        importers,
        day,
        np.where(deposited == NO_DAY, day, deposited),
        liquidated,
        _marks(heads, found),
    )


def entry_days(heads: Any, plan: Plan) -> Whole:
    """The day of each line, by the column or constant that it is rated by."""
    meaning = "date" if plan.has("date") else "instant"
    if meaning in plan.constants:
        column = pa.array([plan.constants[meaning]] * heads.num_rows, pa.string())
    else:
        column = heads.column(plan.columns[meaning])
    if meaning == "instant" and not pa.types.is_temporal(column.type):
        column = pa.array(
            [None if cell is None else str(cell)[:10] for cell in column.to_pylist()], pa.string()
        )
    return days_of(column, plan.month_first)


def _importers(heads: Any, found: Mapping[str, str]) -> tuple[Whole, list[str]]:
    """Numbers of importers of record, written as number and name, as far as the file has them."""
    number, texts = np.zeros(heads.num_rows, dtype=np.int64), [""]
    for meaning in ("importer_number", "importer_name"):
        if meaning in found:
            more, words = texts_of(heads.column(found[meaning]))
            each, places = np.unique(number * len(words) + more, return_inverse=True)
            keys: list[int] = each.tolist()
            pairs = [(texts[key // len(words)], words[key % len(words)]) for key in keys]
            texts = [" ".join(part for part in pair if part) for pair in pairs]
            number = places.reshape(-1)
    return number, texts


def _states(heads: Any, found: Mapping[str, str], liquidated: Whole, set_apart: set[str]) -> Whole:
    state = np.full(heads.num_rows, STATES.index(NOT_TOLD))
    state[liquidated != NO_DAY] = STATES.index(LIQUIDATED)
    if "liquidation_status" in found:
        state[_holds(heads, found, "liquidation_status", lambda text: text.startswith(OPEN))] = (
            STATES.index(UNLIQUIDATED)
        )
        state[
            _holds(
                heads,
                found,
                "liquidation_status",
                lambda text: text.startswith(("liquidated", "reliquidated")),
            )
        ] = STATES.index(LIQUIDATED)
    for meaning in ("protest", "drawback", "reconciliation"):
        if meaning in found:
            state[_holds(heads, found, meaning, lambda text: text not in NO)] = STATES.index(
                meaning
            )
    if "entry_type" in found:
        state[_holds(heads, found, "entry_type", lambda text: text.zfill(2)[:2] in set_apart)] = (
            STATES.index(ENTRY_TYPE)
        )
    return state


def _holds(
    heads: Any, found: Mapping[str, str], meaning: str, test: Callable[[str], bool]
) -> Truth:
    numbers, texts = texts_of(heads.column(found[meaning]))
    held: Truth = np.array([test(text.lower()) for text in texts], dtype=np.bool_)
    return held.take(numbers)


def _marks(heads: Any, found: Mapping[str, str]) -> Whole:
    """A mark for each entry and line number, the same however the entry number is written."""
    if "entry" not in found or "line" not in found:
        rows: int = heads.num_rows
        return np.zeros(rows, dtype=np.int64)
    (entries, names), (lines, numbers) = (
        texts_of(heads.column(found[meaning])) for meaning in ("entry", "line")
    )
    mine: Whole = np.array(
        [hash(name.replace("-", "").replace(" ", "").upper()) for name in names], dtype=np.int64
    ).take(entries)
    theirs: Whole = np.array(
        [hash(("line", _plain(number))) for number in numbers], dtype=np.int64
    ).take(lines)
    return mine * 31 + theirs


def _plain(number: str) -> str:
    return number.removesuffix(".0").lstrip("0")


class Seen:
    """Marks that were met, eight bytes each, in sorted runs that are merged as they grow."""

    def __init__(self) -> None:
        self._runs: list[Whole] = []

    def met(self, marks: Whole) -> Truth:
        """Which marks were met before, earlier in the same array included; remembers them all."""
        again = np.ones(len(marks), dtype=bool)
        each, first = np.unique(marks, return_index=True)
        again[first] = False
        for run in self._runs:
            places = np.minimum(np.searchsorted(run, marks), len(run) - 1)
            again |= run[places] == marks
        if len(each):
            self._runs.append(each)
        while len(self._runs) > 1 and len(self._runs[-2]) <= 2 * len(self._runs[-1]):
            self._runs[-2:] = [np.sort(np.concatenate(self._runs[-2:]), kind="stable")]
        return again
