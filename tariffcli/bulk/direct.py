# pyright: basic
"""The straight way for batches that share their distinct codes and origins: two tables, from both and from the day, to the cell.

What `Reader` and `Classes` find in seven steps for any batch, these tables hold for all pairs of such a file or frame. They say where a
line's class stands, never what it is: a line for which they have no answer sends its batch the long way, which fills what was empty.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tariffcli.bulk import columns
from tariffcli.bulk.plan import FACTS
from tariffcli.bulk.reading import EARLIEST, LATEST, Reader

MOST_PAIRS, MOST_REFUSED = 1 << 24, 256
"""Beyond so many pairs, or refused codes and origins, the tables cost more than they save."""

Small = NDArray[np.int32]


class Tables(NamedTuple):
    """Of each origin and code the cell of the first epoch; of each origin and day the epoch. Both flat, origin by origin."""

    codes: Any
    origins: Any
    starts: Small
    epochs: Small
    first_day: int
    whole: bool


class Direct:
    """Finds the classes of a batch by tables that are made when its distinct values come a second time."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self.classes = reader, reader.classes
        plan = reader.plan
        self._goods = "hs" if "hs" in plan.columns else "product"
        asked = {self._goods, "origin", "date"} <= set(plan.columns) and "importer" in plan.constants
        self._fits = asked and not plan.has(*FACTS)
        self._last: tuple[Any, Any] | None = None
        self._tables: Tables | None = None

    def classify(self, batch: Any) -> NDArray[np.int32] | None:
        """The class of each line, or None where the long way must be taken."""
        if not self._fits or batch.num_rows == 0:
            return None
        goods, origins, days = (self.reader.column(batch, name) for name in (self._goods, "origin", "date"))
        if not (_plain(goods) and _plain(origins)) or not pa.types.is_date32(days.type) or days.null_count:
            return None
        tables = self._tables_for(goods.dictionary, origins.dictionary)
        if tables is None:
            return None
        found = self._found(tables, _numbers(goods), _numbers(origins), columns.view(days, np.int32))
        if found is None and not tables.whole:
            self._tables = None  # the long way fills rows that these tables lack
        return found

    def _found(self, tables: Tables, goods: Small, origins: Small, days: Small) -> NDArray[np.int32] | None:
        width = len(tables.epochs) // len(tables.origins)
        low, high = int(days.min()), int(days.max())
        if low < EARLIEST or high > LATEST:
            return None
        if low < tables.first_day or high >= tables.first_day + width:
            days = np.clip(days, tables.first_day, tables.first_day + width - 1)
        pairs = origins * np.int32(len(tables.codes))
        pairs += goods
        places = columns.gather(tables.starts, pairs.astype(np.intp))
        np.multiply(origins, np.int32(width), out=pairs)
        pairs += days
        pairs -= np.int32(tables.first_day)
        places += columns.gather(tables.epochs, pairs.astype(np.intp))
        found = columns.gather(self.classes.cells, places.astype(np.intp))
        return None if found.min() < 0 else found

    def _tables_for(self, codes: Any, origins: Any) -> Tables | None:
        made = self._tables
        if made is not None and columns.same(made.codes, codes) and columns.same(made.origins, origins):
            return made
        last, self._last = self._last, (codes, origins)
        if last is None or not (columns.same(last[0], codes) and columns.same(last[1], origins)):
            return None
        made = self._tables = self._made(codes, origins)
        return made

    def _made(self, codes: Any, origins: Any) -> Tables | None:
        goods, groups = self.reader.goods_of(codes), self.reader.groups_of(origins)
        refused = int((goods < 0).sum() + (groups < 0).sum())
        with self.classes.lock:
            first_day, days = self.classes.groups.days
            if len(groups) * max(len(goods), days.shape[1]) > MOST_PAIRS or refused > MOST_REFUSED:
                return None
            starts = self.classes.rows[np.ix_(np.maximum(groups, 0), np.maximum(goods, 0))].astype(np.int32)
            for number in np.flatnonzero(goods < 0).tolist():
                starts[:, number] = self.classes.refused_row(self.reader.reason(int(goods[number])))
            for number in np.flatnonzero(groups < 0).tolist():  # of two refusals that of the code, as on the long way
                row = self.classes.refused_row(self.reader.reason(int(groups[number])))
                starts[number, goods >= 0] = row
            epochs = days[np.maximum(groups, 0)].astype(np.int32)
        return Tables(codes, origins, starts.reshape(-1), epochs.reshape(-1), first_day, bool(starts.all()))


def _plain(column: Any) -> bool:
    """Whether a column is of distinct values and numbers, none of them missing."""
    return pa.types.is_dictionary(column.type) and column.indices.null_count == 0


def _numbers(column: Any) -> Small:
    indices = column.indices
    return columns.view(indices, columns.WIDTHS[str(indices.type)]).astype(np.int32, copy=False)
