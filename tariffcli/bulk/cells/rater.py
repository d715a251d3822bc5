"""From a batch of lines to its answers, for every engine.

Columns become numbers, numbers become classes, classes become columns.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import NamedTuple, TypeVar

import numpy as np

from tariffcli.book.load import Record
from tariffcli.bulk.cells.fast_path import FastPath
from tariffcli.bulk.cells.plan import Plan
from tariffcli.bulk.cells.reader import BatchNumbers, Reader
from tariffcli.bulk.cells.values import read_amounts
from tariffcli.bulk.classes import arrow, workers
from tariffcli.bulk.classes.arrow import (
    Array,
    Batch,
    Chunked,
    Column,
    Int32s,
    Int64s,
    Integers,
    Table,
    pa,
)
from tariffcli.bulk.classes.classes import NO_FACTS, Classes, apart, in_one
from tariffcli.bulk.classes.duties import UNKNOWN, Amounts, duties
from tariffcli.bulk.classes.outcomes import NUMBER_COLUMNS, TEXT_COLUMNS, Outcomes
from tariffcli.bulk.classes.store import MAX_KEPT_GOODS
from tariffcli.errors import UsageError

DUTY = "duty_due"

Lines = TypeVar("Lines", bound=Batch)

LINES_AT_ONCE, MAX_LINES_AT_ONCE = 1 << 18, 1 << 20
"""A table in memory is rated in parts of this many lines. For several threads a part is longer,
an equal share for each, up to the second number: threads take turns between steps.
"""

MIN_UNMET = 2_000
"""Fewer unanswered questions of a first batch than this are found with those of the next
batches.
"""

FEW_COLUMNS = 2
"""With more columns than this the numbers of classes are widened once, not for each."""


class Rated(NamedTuple):
    """The class of each line (whole numbers of any width), and its duty in cents if values are
    given.

    `amounts` are those values and quantities.
    """

    classes: Integers
    cents: Int64s | None
    amounts: Amounts | None = None


class Rater:
    """Rates batches of lines by a plan.

    What it learns from one batch serves the next. Several threads may share it.
    """

    def __init__(self, book: Record, plan: Plan, classes: Classes | None = None) -> None:
        self.book, self.plan = book, plan
        self.classes = classes if classes is not None else Classes(book, plan.known_on)
        self.reader = Reader(book, plan, self.classes)
        self.fast_path = FastPath(self.reader)
        self.stop = Event()
        """Set when nobody waits for the answers any more: threads that still ask for them end
        soon.
        """

    @property
    def added(self) -> list[str]:
        """The columns that answers add, in order."""
        authorities = [f"{name}_pct" for name in self.classes.outcomes.authorities]
        every = [*NUMBER_COLUMNS, *authorities, DUTY, *TEXT_COLUMNS]
        if self.plan.outputs is None:
            return every
        unknown = [name for name in self.plan.outputs if name not in every]
        if unknown:
            raise UsageError(
                f"No answer has a column '{unknown[0][:40]}'; there are: {', '.join(every)}."
            )
        return [name for name in every if name in self.plan.outputs]

    def rate(self, batch: Batch) -> list[Array]:
        """The added columns of a record batch or table, as Arrow arrays in the order of `added`."""
        return self.columns(self.classify(batch))

    def columns(self, rated: Rated) -> list[Array]:
        """The added columns of rated lines."""
        return columns_of(self.classes.outcomes, self.added, rated)

    def rate_table(self, table: Table, threads: int | None = None) -> list[Chunked]:
        """`rate` for a long table, in parts and several threads (None: one for each processor)."""
        self.stop.clear()
        table = self._shared(table)
        threads = threads or processors()
        lines = (
            LINES_AT_ONCE
            if threads == 1
            else min(max(-(-len(table) // threads), LINES_AT_ONCE), MAX_LINES_AT_ONCE)
        )
        starts = range(0, max(len(table), 1), lines)
        threads = min(threads, len(starts))

        def work(start: int) -> list[Array]:
            return self.rate(table.slice(start, lines))

        if threads == 1:
            parts_rated = list(map(work, starts))
        else:
            with ThreadPoolExecutor(threads) as pool:
                try:
                    parts_rated = list(pool.map(work, starts))
                except BaseException:
                    self.stop.set()
                    raise
        return [
            pa.chunked_array(parts).unify_dictionaries() for parts in zip(*parts_rated, strict=True)
        ]

    def _shared(self, table: Table) -> Table:
        """A table whose text columns of few distinct values hold those once, for all batches."""
        for meaning in ("hs", "product", "origin", "importer"):
            place = table.schema.get_field_index(self.plan.columns.get(meaning, ""))
            if place >= 0 and (
                pa.types.is_string(table.schema.types[place]) or table.column(place).num_chunks > 1
            ):
                column = table.column(place)
                column = (
                    column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
                )
                table = table.set_column(place, table.schema.names[place], column.combine_chunks())
        return table

    def look_ahead(self, batches: Iterable[Batch], threads: int) -> None:
        """Find the classes of lines to come, in several processes.

        Nothing is done where those of the first batch are mostly known.
        """
        all_questions = np.zeros(0, dtype=np.int64)
        for batch in batches:
            read = self.reader.read(batch)
            fine = (
                arrow.first_refusal(read.refusals) >= 0
                if read.refusals
                else np.ones(len(read.goods), dtype=bool)
            )
            if read.fact_sets is not None:
                fine &= read.fact_sets == NO_FACTS
            questions = arrow.distinct(
                in_one(read.groups[fine], read.goods[fine], read.epochs[fine])
            )
            if not len(all_questions) and self.classes.unmet(*apart(questions)) < MIN_UNMET:
                return
            all_questions = arrow.distinct(np.concatenate([all_questions, questions]))
            if len(self.classes.goods) > MAX_KEPT_GOODS:
                return
        workers.find(self.classes, all_questions, threads)

    def classify(self, batch: Batch) -> Rated:
        """The class of every line of a batch, and what it owes."""
        amounts, wrong = read_amounts(self.reader, batch)
        fast = self.fast_path.classify(batch) if wrong is None else None
        classes = self._classes(self.reader.read(batch, wrong)) if fast is None else fast
        if len(self.added) > FEW_COLUMNS:
            classes = classes.astype(np.intp)
        if amounts is None:
            return Rated(classes, None)
        outcomes = self.classes.outcomes
        with self.classes.lock:
            table = outcomes.formulas.table
        return Rated(
            classes,
            duties(
                outcomes.formulas, table, arrow.gather(outcomes.formula.values, classes), amounts
            ),
            amounts,
        )

    def _classes(self, read: BatchNumbers) -> Int32s:
        if not read.refusals:
            return self.classes.classify(
                read.groups, read.goods, read.epochs, read.fact_sets, self.stop.is_set
            )
        worst = arrow.first_refusal(read.refusals)
        sound = np.flatnonzero(worst >= 0)
        classes = np.empty(len(worst), dtype=np.int32)
        fact_sets = None if read.fact_sets is None else read.fact_sets[sound]
        parts = (read.groups[sound], read.goods[sound], read.epochs[sound])
        classes[sound] = self.classes.classify(*parts, fact_sets, self.stop.is_set)
        bad = worst < 0
        numbers, places = np.unique(worst[bad], return_inverse=True)
        refused = [self.classes.invalid(self.reader.reason(number)) for number in numbers.tolist()]
        classes[bad] = np.array(refused, dtype=np.int32)[places.reshape(-1)]
        return classes


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def with_columns(batch: Lines, names: Sequence[str], arrays: Sequence[Column]) -> Lines:
    """A batch or table with columns added at its end."""
    for name, array in zip(names, arrays, strict=True):
        batch = batch.append_column(name, array)
    return batch


def columns_of(outcomes: Outcomes, names: Sequence[str], rated: Rated) -> list[Array]:
    """The named columns of rated lines; columns of numbers that say the same share their memory."""
    twins = outcomes.twins()
    arrays: dict[str, Array] = {}
    for name in names:
        twin = twins.get(name, name)
        if twin not in arrays:
            arrays[twin] = _column(outcomes, twin, rated)
    return [arrays[twins.get(name, name)] for name in names]


def _column(outcomes: Outcomes, name: str, rated: Rated) -> Array:
    if name == DUTY:
        return _dollars(rated)
    if name in outcomes.words:
        texts = outcomes.words[name]
        return arrow.texts_at(texts.numbers.values, rated.classes, texts.arrow, texts.blank)
    return arrow.gathered(outcomes.numbers[name].values, rated.classes)


def _dollars(rated: Rated) -> Array:
    """The duty in units of money; a cent is its hundredth, so the nearest float prints exactly."""
    if rated.cents is None:
        return pa.nulls(len(rated.classes), pa.float64())
    return arrow.numbers_with_nulls(np.where(rated.cents == UNKNOWN, np.nan, rated.cents / 100))
