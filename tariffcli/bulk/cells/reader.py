"""From the columns of a batch to numbers, each distinct value read once.

A line that asks nothing (no code, no day, an unknown country) has a number below zero. It stands
for the reason, so no number that is read may be below zero itself:

      -n ... -2  -1 | 0   1   2 ...
    --------------- | ------------------------------------------------
       refusals:    | goods, countries, groups, sets of facts: from 0 up
    reasons[-n - 1] | days since 1970         + DAY_SHIFT      (2^20)
                    | seconds since 1970, UTC + INSTANT_SHIFT  (2^40)

The shift is taken off again as soon as the refusals of a column are set apart.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from threading import Lock
from typing import NamedTuple

import numpy as np

from tariffcli.book.load import Record
from tariffcli.book.words import find_country
from tariffcli.bulk.cells import spellings
from tariffcli.bulk.cells.facts import Facts
from tariffcli.bulk.cells.plan import FACTS, Plan
from tariffcli.bulk.classes import arrow
from tariffcli.bulk.classes.arrow import Array, Batch, Int32s, Int64s, pa
from tariffcli.bulk.classes.classes import Classes
from tariffcli.bulk.classes.refusals import Refusals
from tariffcli.errors import UsageError

INSTANT_SHIFT, DAY_SHIFT = 1 << 40, 1 << 20
"""Added to instants and days while they are read, so that none of them is below zero."""

UNMET_PAIR = np.iinfo(np.int64).max
EARLIEST, LATEST = (
    date(1900, 1, 1).toordinal() - spellings.EPOCH,
    date(2199, 12, 31).toordinal() - spellings.EPOCH,
)


class BatchNumbers(NamedTuple):
    """A batch as numbers. `fact_sets` is None where no line gives facts.

    `refusals` are those columns of numbers in which some line is refused.
    """

    groups: Int64s
    goods: Int64s
    epochs: Int64s
    fact_sets: Int64s | None
    refusals: list[Int64s]


class Reader:
    """Reads batches by a plan, and keeps what each distinct value means."""

    def __init__(self, book: Record, plan: Plan, classes: Classes) -> None:
        self.book, self.plan, self.classes = book, plan, classes
        self._goods_meaning = "hs" if plan.has("hs") else "product"
        self.countries = sorted(book.country_names)
        self._places = {code: place for place, code in enumerate(self.countries)}
        self._pairs = np.full(len(self.countries) ** 2, UNMET_PAIR, dtype=np.int64)
        self._meanings: dict[tuple[str, object], int] = {}
        self._tables: dict[str, tuple[Array, Int64s]] = {}
        """Of each meaning all distinct values met, and their numbers."""
        self._last: dict[str, tuple[Array, Int64s]] = {}
        """The same of the batch before: those of one file mostly share their distinct values."""
        self._lock = Lock()
        self._refusals = Refusals[tuple[str, object]]()
        self.reasons: list[str] = []
        self._facts = Facts(book, plan, classes, self.refusal)

    def check_constants(self) -> None:
        """Raise UsageError for constants that say nothing: better at once than on each line."""
        constants = self.plan.constants
        for meaning in ("importer", "origin"):
            if meaning in constants:
                find_country(self.book, constants[meaning])
        if "date" in constants:
            spellings.day_number(constants["date"], self.plan.month_first)
        for meaning in ("value", "quantity"):
            if meaning in constants:
                spellings.money(constants[meaning])
        self._facts.check({name: text for name, text in constants.items() if name in FACTS})

    def refusal(self, reason: str) -> int:
        """The number below zero of a reason."""
        with self.classes.lock:
            key = ("", reason)
            if key not in self._meanings:
                self.reasons.append(reason)
                self._meanings[key] = -len(self.reasons)
            return self._meanings[key]

    def reason(self, number: int) -> str:
        """The reason of a number below zero."""
        return self.reasons[-number - 1]

    def goods_of(self, values: Array) -> Int64s:
        """The goods of distinct values."""
        return self._table(self._goods_meaning, self._goods, values)[:-1]

    def groups_of(self, values: Array) -> Int64s:
        """The groups of distinct origins, where one importer holds for every line."""
        return self._table("origin", self._group_of_origin, values)[:-1]

    def read(self, batch: Batch, wrong: Int64s | None = None) -> BatchNumbers:
        """A record batch or table as numbers; `wrong`: refusals of its amounts."""
        goods = self._meant(batch, self._goods_meaning, self._goods)
        groups = self._groups(batch)
        epochs, days = self._epochs(batch, groups)
        fact_sets = (
            self._facts.read(groups, partial(self._distinct, batch))
            if self.plan.has(*FACTS)
            else None
        )
        checked = [
            part
            for part in (goods, groups, days, fact_sets, wrong)
            if part is not None and len(part)
        ]
        return BatchNumbers(
            groups, goods, epochs, fact_sets, [part for part in checked if part.min() < 0]
        )

    def column(self, batch: Batch, meaning: str) -> Array:
        """The column of a meaning, as one array."""
        return arrow.flat(batch.column(self.plan.columns[meaning]))

    def given(self, batch: Batch, meaning: str) -> Array:
        """The column of a meaning, or what is given for every line."""
        if meaning in self.plan.constants:
            return arrow.texts([self.plan.constants[meaning]] * batch.num_rows)
        return self.column(batch, meaning)

    def _meant(self, batch: Batch, meaning: str, read: Callable[[object], int]) -> Int64s:
        """The numbers of a column by `read`, asked once for each distinct value."""
        if meaning in self.plan.constants:
            return np.full(
                batch.num_rows,
                self.once(meaning, read, self.plan.constants[meaning]),
                dtype=np.int64,
            )
        numbers, values = arrow.encoded(self.column(batch, meaning))
        return arrow.gather(self._table(meaning, read, values), numbers)

    def _table(self, meaning: str, read: Callable[[object], int], values: Array) -> Int64s:
        """The numbers of distinct values, and last that of a null.

        Values met before are found without Python.
        """
        last = self._last.get(meaning)
        if last is None or not arrow.same(last[0], values):
            # threads that begin together mostly ask for the same values: the first reads for all
            with self._lock:
                last = self._last.get(meaning)
                if last is None or not arrow.same(last[0], values):
                    last = self._last[meaning] = (values, self._read_table(meaning, read, values))
        return last[1]

    def _read_table(self, meaning: str, read: Callable[[object], int], values: Array) -> Int64s:
        kept = self._tables.get(meaning)
        if kept is not None and kept[0].type == values.type:
            return self._met_before(meaning, read, values, kept)
        table = self._numbers_of(meaning, read, [*values.to_pylist(), None])
        self._tables[meaning] = (values, table)
        return table

    def _numbers_of(
        self, meaning: str, read: Callable[[object], int], values: list[object]
    ) -> Int64s:
        """What values mean.

        Most of a usual file are plain codes that the classes know already: they need no reading.
        """
        known = (
            self.classes.known_codes(values)
            if meaning == self._goods_meaning and not self.plan.restore_zeros
            else {}
        )
        numbers = (
            known[value] if value in known else self.once(meaning, read, value) for value in values
        )
        return np.fromiter(numbers, dtype=np.int64, count=len(values))

    def _met_before(
        self, meaning: str, read: Callable[[object], int], values: Array, kept: tuple[Array, Int64s]
    ) -> Int64s:
        pc = arrow.compute()  # only where the distinct values change

        places = pc.index_in(values, value_set=kept[0])
        if places.null_count:
            unmet = values.filter(pc.is_null(places))
            fresh = self._numbers_of(meaning, read, unmet.to_pylist())
            kept = (
                pa.concat_arrays([kept[0], unmet]),
                np.concatenate([kept[1][:-1], fresh, kept[1][-1:]]),
            )
            self._tables[meaning] = kept
            places = pc.index_in(values, value_set=kept[0])
        null = np.int32(len(kept[0]))
        numbers = np.where(arrow.missing(places), null, arrow.view(places, np.int32))
        return arrow.gather(kept[1], np.append(numbers, null))

    def once(self, meaning: str, read: Callable[[object], int], value: object) -> int:
        """What a value means, or the refusal of it."""
        key = (meaning, value)
        number = self._meanings.get(key)
        if number is None:
            blank = (
                value is None
                or (isinstance(value, str) and not value.strip())
                or spellings.is_nan(value)
            )
            try:
                number = self.refusal(f"no {meaning} is given") if blank else read(value)
            except UsageError as error:
                number = self.refusal(self._refusals.said(key, error))
            self._meanings[key] = number
        return number

    def _goods(self, value: object) -> int:
        code = spellings.code_of(value)
        return self.classes.goods_number(
            spellings.restored(code) if self.plan.restore_zeros else code
        )

    def _country(self, value: object) -> int:
        return self._places[find_country(self.book, spellings.country_word(value))]

    def _groups(self, batch: Batch) -> Int64s:
        if "importer" in self.plan.constants:
            return self._meant(batch, "origin", self._group_of_origin)
        numbers, importers = self._countries(batch, "importer")
        others, origins = self._countries(batch, "origin")
        importers, origins = arrow.gather(importers, numbers), arrow.gather(origins, others)
        # Of two refusals that of the importer.
        wrong = np.minimum(np.where(importers < 0, importers, origins), 0)
        pairs = np.where(wrong < 0, 0, importers * len(self.countries) + origins)
        groups = np.where(wrong < 0, wrong, arrow.gather(self._pairs, pairs))
        if len(groups) and groups.max() == UNMET_PAIR:
            for pair in np.unique(pairs[groups == UNMET_PAIR]).tolist():
                self._pairs[pair] = self._group(*divmod(pair, len(self.countries)))
            groups = np.where(wrong < 0, wrong, arrow.gather(self._pairs, pairs))
        return groups

    def _countries(self, batch: Batch, meaning: str) -> tuple[Int64s, Int64s]:
        """Each line's number among the distinct countries of a column, and what those are."""
        if meaning in self.plan.constants:
            country = self.once(meaning, self._country, self.plan.constants[meaning])
            return np.zeros(batch.num_rows, dtype=np.int64), np.array([country], dtype=np.int64)
        numbers, values = arrow.encoded(self.column(batch, meaning))
        return numbers, self._table(meaning, self._country, values)

    def _group_of_origin(self, value: object) -> int:
        importer = self.once("importer", self._country, self.plan.constants["importer"])
        return importer if importer < 0 else self._group(importer, self._country(value))

    def _group(self, importer: int, origin: int) -> int:
        if importer == origin:
            name = self.countries[importer]
            return self.refusal(
                f"origin and importer are both {name}; "
                "a country charges no import duty on its own goods."
            )
        return self.classes.group_number(self.countries[importer], self.countries[origin])

    def _epochs(self, batch: Batch, groups: Int64s) -> tuple[Int64s, Int64s | None]:
        """The epoch of each line, and the refusals of its day, or of its instant if the plan
        has one.
        """
        if self.plan.has("instant"):
            return self._epochs_of_instants(batch, groups)
        days, wrong = self._days(batch)
        if len(days) and (days.min() < EARLIEST or days.max() > LATEST):
            wrong = np.zeros(len(days), dtype=np.int64) if wrong is None else wrong
            wrong[(days < EARLIEST) | (days > LATEST)] = self.refusal(
                "the day is outside the calendar of this tool (1900 to 2199)."
            )
        return self.classes.groups.epochs_of_days(groups, days), wrong

    def _days(self, batch: Batch) -> tuple[Int32s, Int64s | None]:
        """Days counted from 1970, and refusals."""
        column = self.given(batch, "date")
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.date32(), safe=False)
        if pa.types.is_date32(column.type) and column.null_count == 0:
            return arrow.view(column, np.int32), None
        numbers, values = arrow.encoded(column)
        table = [self.once("date", self._day, value) for value in (*values.to_pylist(), None)]
        shifted = np.array(table, dtype=np.int64).take(numbers)
        return np.where(shifted < 0, 0, shifted - DAY_SHIFT).astype(np.int32), np.minimum(
            shifted, 0
        )

    def _day(self, value: object) -> int:
        return spellings.day_number(value, self.plan.month_first) + DAY_SHIFT

    def _epochs_of_instants(self, batch: Batch, groups: Int64s) -> tuple[Int64s, Int64s]:
        """The epoch of each instant; without an offset it is on the clock of the line's
        importer.
        """
        column = self.given(batch, "instant")
        epochs, wrong = (
            np.zeros(batch.num_rows, dtype=np.int64),
            np.zeros(batch.num_rows, dtype=np.int64),
        )
        aware = pa.types.is_timestamp(column.type) and column.type.tz is not None
        for number in _present(groups):
            group = self.classes.groups.found[number]
            lines = np.flatnonzero(groups == number)
            moments = self._aware(column) if aware else self._on_the_clock(column, group.zone)
            wrong[lines] = np.minimum(moments, 0)[lines]
            epochs[lines] = group.epochs_of_instants(moments[lines] - INSTANT_SHIFT)
        return epochs, wrong

    def _aware(self, column: Array) -> Int64s:
        seconds = arrow.view(column.cast(pa.timestamp("s", "UTC"), safe=False), np.int64)
        return np.where(
            arrow.missing(column), self.refusal("no instant is given"), seconds + INSTANT_SHIFT
        )

    def _on_the_clock(self, column: Array, zone: str) -> Int64s:
        numbers, values = arrow.encoded(column)
        shifted = [
            self.once(
                f"instant in {zone}",
                lambda value: spellings.instant_number(value, zone) + INSTANT_SHIFT,
                text,
            )
            for text in values.to_pylist()
        ]
        return np.array([*shifted, self.refusal("no instant is given")], dtype=np.int64).take(
            numbers
        )

    def _distinct(self, batch: Batch, meaning: str) -> tuple[Int64s, list[object]]:
        """Each line's number among the distinct values of a column of facts, and those values.

        The last stands for a null.
        """
        if meaning in self.plan.constants:
            return np.zeros(batch.num_rows, dtype=np.int64), [self.plan.constants[meaning], None]
        numbers, values = arrow.encoded(self.column(batch, meaning))
        return numbers, [*values.to_pylist(), None]


def _present(groups: Int64s) -> list[int]:
    """The groups of some lines, in order; refusals left out."""
    if not len(groups):
        return []
    low, high = int(groups.min()), int(groups.max())
    if low == high:
        return [low] if low >= 0 else []
    return [number for number in np.flatnonzero(np.bincount(groups[groups >= 0])).tolist()]
