"""The fast path for batches that share their distinct codes and origins.

Three tables lead from code, origin and day to the class. What `Reader` and `Classes` find in seven
steps for any batch, these tables hold for all pairs of such a file or frame. They copy what was
found and find nothing: a line for which they have no answer sends its batch the long way, and the
next batch gets new tables.
"""

from __future__ import annotations

from threading import Lock
from typing import NamedTuple

import numpy as np

from tariffcli.bulk.cells.plan import FACTS
from tariffcli.bulk.cells.reader import EARLIEST, LATEST, Reader
from tariffcli.bulk.classes import arrow
from tariffcli.bulk.classes.arrow import Array, Batch, Int32s, Int64s, Integers, pa

MAX_PAIRS, MAX_CELLS, MAX_REFUSED = 1 << 24, 1 << 24, 256
"""With more pairs, cells, or refused codes and origins than this the tables cost more than they
save.
"""

MAX_NARROW_CLASSES = int(np.iinfo(np.uint16).max)
"""Fewer classes than this are numbered in two bytes: twice as many of them fit into the cache."""


class Tables(NamedTuple):
    """The three tables of the fast path.

        starts[origin, code]          the start of a row (flat, origin by origin)
        columns[day - first_day]      the column of a day
        cells[start + column]         the class

    Days between which nothing changes for any of the origins share a column. `cells` are copied in
    the least width that holds all classes, so that they stay in the cache; where no line asked yet
    they are `unknown`, the highest number of that width.
    """

    codes: Array
    origins: Array
    starts: Int32s
    columns: Int32s
    first_day: int
    cells: Integers
    unknown: int


class FastPath:
    """Finds the classes of a batch by tables.

    They are made when the distinct values of batches come a second time.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader, self.classes = reader, reader.classes
        plan = reader.plan
        self._goods = "hs" if "hs" in plan.columns else "product"
        has_all = {self._goods, "origin", "date"} <= set(
            plan.columns
        ) and "importer" in plan.constants
        self._fits = has_all and not plan.has(*FACTS)
        self._last: tuple[Array, Array] | None = None
        self._tables: Tables | None = None
        self._making = Lock()

    def classify(self, batch: Batch) -> Integers | None:
        """The class of each line, or None where the long way must be taken."""
        if not self._fits or batch.num_rows == 0:
            return None
        goods, origins, days = (
            self.reader.column(batch, name) for name in (self._goods, "origin", "date")
        )
        if (
            not (_plain(goods) and _plain(origins))
            or not pa.types.is_date32(days.type)
            or days.null_count
        ):
            return None
        tables = self._tables_for(goods.dictionary, origins.dictionary)
        if tables is None:
            return None
        classes = _found(tables, _numbers(goods), _numbers(origins), arrow.view(days, np.int32))
        if classes is None:
            self._tables = None  # the long way finds what these tables lack
        return classes

    def _tables_for(self, codes: Array, origins: Array) -> Tables | None:
        tables, now = self._tables, (codes, origins)
        if tables is not None and _alike((tables.codes, tables.origins), now):
            return tables
        last, self._last = self._last, now
        if last is None or not _alike(last, now) or not self._making.acquire(blocking=False):
            return None  # while another thread makes them, the long way is no longer than waiting
        try:
            if self._tables is tables:
                self._tables = self._made(codes, origins)
            fresh = self._tables
        finally:
            self._making.release()
        return fresh if fresh is not None and _alike((fresh.codes, fresh.origins), now) else None

    def _made(self, codes: Array, origins: Array) -> Tables | None:
        goods, groups = self.reader.goods_of(codes), self.reader.groups_of(origins)
        refused = int((goods < 0).sum() + (groups < 0).sum())
        with self.classes.lock:
            first_day, days = self.classes.groups.days
            if len(groups) * len(goods) > MAX_PAIRS or refused > MAX_REFUSED:
                return None
            starts = self.classes.rows[np.ix_(np.maximum(groups, 0), np.maximum(goods, 0))]
            for number in np.flatnonzero(goods < 0).tolist():
                starts[:, number] = self.classes.refused_row(self.reader.reason(int(goods[number])))
            for number in np.flatnonzero(
                groups < 0
            ).tolist():  # of two refusals that of the code, as on the long way
                row = self.classes.refused_row(self.reader.reason(int(groups[number])))
                starts[number, goods >= 0] = row
            return self._laid_out(codes, origins, starts, first_day, days[np.maximum(groups, 0)])

    def _laid_out(
        self,
        codes: Array,
        origins: Array,
        starts: Int64s,
        first_day: int,
        days: Int64s,
    ) -> Tables | None:
        """The tables of these rows and of the epochs of each origin and day."""
        changes = np.append(True, (np.diff(days, axis=1) != 0).any(axis=0))
        places, epochs = np.cumsum(changes, dtype=np.int32) - 1, days[:, changes]
        width = epochs.shape[1]
        dtype = np.uint16 if len(self.classes.outcomes) < MAX_NARROW_CLASSES else np.int32
        unknown = int(np.iinfo(dtype).max)
        row_starts = np.empty(starts.shape, np.int32)
        cells: list[Integers] = []
        used, first_with = 0, dict[bytes, int]()
        for origin, row in enumerate(starts):
            first = first_with.setdefault(row.tobytes(), origin)
            if first != origin:  # an origin of the same group: mostly there are few groups
                row_starts[origin] = row_starts[first]
                continue
            distinct, numbers = np.unique(row, return_inverse=True)
            row_starts[origin] = used + numbers
            used += len(distinct)
            if used * width > MAX_CELLS:
                return None
            classes = self.classes.cells[distinct[:, None] + epochs[origin]]
            cells.append(np.where(classes < 0, unknown, classes).astype(dtype).reshape(-1))
        row_starts *= np.int32(width)
        return Tables(
            codes,
            origins,
            row_starts.reshape(-1),
            places,
            first_day,
            np.concatenate(cells),
            unknown,
        )


def _found(tables: Tables, goods: Int32s, origins: Int32s, days: Int32s) -> Integers | None:
    """The class of each line; None if a day lies beside all that is read, or a class is unknown."""
    low, high = int(days.min()), int(days.max())
    if low < EARLIEST or high > LATEST:
        return None
    pairs = origins * np.int32(len(tables.codes))
    pairs += goods
    places = arrow.gather(tables.starts, pairs)
    np.subtract(days, np.int32(tables.first_day), out=pairs)
    # A day before or after them all has the first or last column.
    places += arrow.gather(tables.columns, pairs)
    classes = arrow.gather(tables.cells, places)
    return None if int(classes.max()) == tables.unknown else classes


def _alike(pair: tuple[Array, Array], other: tuple[Array, Array]) -> bool:
    """Whether the distinct codes and origins of two batches are the same."""
    return arrow.same(pair[0], other[0]) and arrow.same(pair[1], other[1])


def _plain(column: Array) -> bool:
    """Whether a column is of distinct values and numbers, none of them missing."""
    return pa.types.is_dictionary(column.type) and column.indices.null_count == 0


def _numbers(column: Array) -> Int32s:
    indices = column.indices
    return arrow.view(indices, arrow.WIDTHS[str(indices.type)]).astype(np.int32, copy=False)
