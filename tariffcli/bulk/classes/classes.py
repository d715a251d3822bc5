"""Classes of equal lines: one call of the engine for each, however long the file is.

A line's cell is given by a row and an epoch; the cell holds the number of its class. Goods that
always stood on the same lists share a row. The facts of an entry make further cells, by the truth
of the conditions that they decide. Nothing about law is written here: an empty cell is filled with
what `answer_case` says of one of its lines.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from threading import RLock
from typing import NamedTuple

import numpy as np

from tariffcli.book.load import Record
from tariffcli.bulk.classes.arrow import Int32s, Int64s, distinct, gather, listed
from tariffcli.bulk.classes.groups import Group, Groups
from tariffcli.bulk.classes.outcomes import Outcomes, outcome_of, refused
from tariffcli.bulk.classes.refusals import Refusals
from tariffcli.bulk.classes.sameness import law_behind
from tariffcli.errors import Interrupted, UsageError
from tariffcli.law.docket import Docket, breakpoints, coverage_at, nomenclature_points, scopes_known
from tariffcli.law.engine import answer_case, open_case
from tariffcli.law.entry_summary import reporting_on
from tariffcli.law.instants import day_of
from tariffcli.law.model import FactValue, OrdinaryDuty, Product, Query
from tariffcli.law.products import GENERAL, cut_to_law, digits_of, find_product, line_classes

MAX_EPOCHS = 1 << 16
"""At most this many epochs. As many cells at the start stay empty: the row of goods not met yet."""

MAX_KEPT_RESULTS = 6_000
"""At most this many results of the engine's sorting are kept for the next batch."""

QUESTIONS_AT_ONCE = 1 << 14
"""At most this many questions are answered before some of those results may go."""

NO_FACTS = 0
"""The number of the combination of facts that gives none."""


Stop = Callable[[], bool]
"""Whether somebody asked a long run to end."""

GROUP_AT, GOODS_AT = 48, 20
"""The bits of a packed question where its group and its goods begin; the epoch is below both."""


def never() -> bool:
    """The `stop` of a run that nobody asks to end."""
    return False


def check(stop: Stop) -> None:
    """Raise Interrupted where `stop` says so."""
    if stop():
        raise Interrupted("stopped")


class FactSet(NamedTuple):
    """A combination of facts that lines give; `mfn_pct` is an ordinary duty, as in a query."""

    facts: tuple[tuple[str, FactValue], ...] = ()
    mfn_pct: Decimal | None = None


LineLaw = tuple[frozenset[str], tuple[OrdinaryDuty, ...]]
"""What the law sees of a tariff line: its lists and the rows of its ordinary duty."""


class Row(NamedTuple):
    """Goods that always stood on the same lists.

    `goods` is one of them; `starts` are the epochs at which their own law could change.
    """

    group: int
    goods: int
    starts: Sequence[int]


class Classes:
    """The classes of a record as known on a day, found as lines ask for them.

    Safe to use from several threads.
    """

    def __init__(self, book: Record, known_on: str | None = None) -> None:
        self.book, self.known_on = book, known_on
        authorities = dict.fromkeys(row.authority for row in sorted(book.programmes.values()))
        self.authority_of = {row.id: row.authority for row in book.programmes.values()}
        self.outcomes = Outcomes(sorted(authorities))
        self.groups = Groups(book, known_on)
        self.goods: list[str] = []
        self._goods_numbers: dict[str, int] = {}
        self.fact_sets: list[FactSet] = [FactSet()]
        self._fact_set_numbers: dict[FactSet, int] = {FactSet(): NO_FACTS}
        self.rows = np.zeros((0, 1024), dtype=np.int64)
        """For each group and goods the cell of the first epoch; 0 is the empty row of goods not met
        yet.
        """
        self.cells = np.full(2 * MAX_EPOCHS, -1, dtype=np.int32)
        self.used = MAX_EPOCHS
        self._rows_by_law: dict[object, int] = {}
        self.laws: dict[int, Row] = {}
        self._products: dict[tuple[str, int], Product] = {}
        self._with_facts: dict[tuple[int, int], int] = {}
        self._known: dict[object, int] = {}
        self._refused: dict[str, tuple[int, int]] = {}
        self.refusals = Refusals[tuple[int, int]]()
        self.lock = RLock()
        self.fresh, self.kept, self.stamp = 0, 0, 0
        """How often the engine was asked, the same when the classes were last stored, and the stamp
        of the stored file that they hold (see `store`).
        """

    def restore(
        self,
        goods: list[str],
        rows: Int64s,
        cells: Int32s,
        laws: dict[int, Row],
        named: Iterable[tuple[int, int]],
    ) -> None:
        """Go on from what an earlier run found."""
        self.refusals.named.update(named)
        self.goods, self.rows, self.laws, self.used = goods, rows, laws, len(cells)
        self._goods_numbers = {text: number for number, text in enumerate(goods)}
        self.cells = np.concatenate(
            [cells, np.full(len(cells) // 2 + MAX_EPOCHS, -1, dtype=np.int32)]
        )

    # what lines name

    def goods_number(self, text: str) -> int:
        """The number of goods named by a code (digits) or a product word."""
        number = self._goods_numbers.get(text)
        if number is not None:
            return number
        with self.lock:
            number = len(self.goods)
            if number >= self.rows.shape[1]:
                self.rows = np.concatenate([self.rows, np.zeros_like(self.rows)], axis=1)
            self.goods.append(text)
            return self._goods_numbers.setdefault(text, number)

    def known_codes(self, values: Iterable[object]) -> dict[object, int]:
        """The numbers of those values that are codes of digits alone and name goods met before."""
        numbers = self._goods_numbers
        digits = (
            value
            for value in values
            if isinstance(value, str) and value.isdecimal() and value.isascii()
        )
        return {code: numbers[code] for code in digits if code in numbers}

    def fact_set_number(self, fact_set: FactSet) -> int:
        """The number of a combination of facts."""
        with self.lock:
            if fact_set not in self._fact_set_numbers:
                self.fact_sets.append(fact_set)
                self._fact_set_numbers[fact_set] = len(self.fact_sets) - 1
            return self._fact_set_numbers[fact_set]

    def group_number(self, importer: str, origin: str) -> int:
        """The number of a pair's origin group."""
        with self.lock:
            number = self.groups.group_number(importer, origin)
            if number >= len(self.rows):
                self.rows = np.concatenate(
                    [self.rows, np.zeros((1, self.rows.shape[1]), dtype=np.int64)]
                )
            return number

    def invalid(self, reason: str) -> int:
        """The class of lines that ask no question."""
        with self.lock:
            return self.outcomes.class_number(refused(reason, self.outcomes.authorities))

    def refused_row(self, reason: str) -> int:
        """A row whose every cell is the class of lines that ask no question, for this reason."""
        with self.lock:
            width = max((len(group.points) + 1 for group in self.groups.found), default=1)
            start, before = self._refused.get(reason, (0, 0))
            if before < width:
                start = self._space(width)
                self.cells[start : start + width] = self.invalid(reason)
                self._refused[reason] = (start, width)
            return start

    # from lines to classes

    def classify(
        self,
        groups: Int64s,
        goods: Int64s,
        epochs: Int64s,
        fact_sets: Int64s | None = None,
        stop: Stop = never,
    ) -> Int32s:
        """The class of each line, given the numbers of its group, goods, epoch and facts.

        `fact_sets` is None where no line gives facts. Raises Interrupted soon after `stop` says so,
        because asking the engine about many lines takes long.
        """
        plain = self._plain(groups, goods, epochs, stop)
        if fact_sets is None:
            return plain
        telling = np.flatnonzero(fact_sets)
        if len(telling):
            plain[telling] = self._with_facts_of(
                groups[telling], goods[telling], epochs[telling], fact_sets[telling], stop
            )
        return plain

    def _plain(self, groups: Int64s, goods: Int64s, epochs: Int64s, stop: Stop) -> Int32s:
        # Before the cells: a row is named only after its cells exist.
        places = self._starts_of(groups, goods)
        places += epochs
        classes_found = gather(self.cells, places)
        if len(classes_found) and classes_found.min() < 0:
            unmet = np.flatnonzero(classes_found < 0)
            with self.lock:
                self.find(groups[unmet], goods[unmet], epochs[unmet], stop)
                classes_found = self.cells.take(self._starts_of(groups, goods) + epochs)
        return classes_found

    def unmet(self, groups: Int64s, goods: Int64s, epochs: Int64s) -> int:
        """How many of these lines have no class yet."""
        return int((self.cells.take(self._starts_of(groups, goods) + epochs) < 0).sum())

    def find(self, groups: Int64s, goods: Int64s, epochs: Int64s, stop: Stop = never) -> None:
        """Fill the cells of lines that give no facts, where they are empty."""
        with self.lock:
            for part in (
                slice(start, start + QUESTIONS_AT_ONCE)
                for start in range(0, len(groups), QUESTIONS_AT_ONCE)
            ):
                starts = self._rows_for(groups[part], goods[part], stop)
                places = starts + epochs[part]
                for line in one_of_each(places, np.flatnonzero(self.cells.take(places) < 0)):
                    check(stop)
                    self._fill(int(starts[line]), int(epochs[part][line]))
                self._forget()

    def _forget(self) -> None:
        """Let go of what the engine worked out for the goods of a batch: memory is bounded."""
        if len(self._known) > MAX_KEPT_RESULTS:
            self._known.clear()
        self.book.forget(MAX_KEPT_RESULTS)
        for group in self.groups.found:
            self._docket(group).forget(MAX_KEPT_RESULTS)

    def _starts_of(self, groups: Int64s, goods: Int64s) -> Int64s:
        rows = self.rows
        places = groups * rows.shape[1]
        places += goods
        return gather(rows.reshape(-1), places)

    def _rows_for(self, groups: Int64s, goods: Int64s, stop: Stop = never) -> Int64s:
        """The rows of lines, after giving one to all goods that have none."""
        starts = self._starts_of(groups, goods)
        missing = np.flatnonzero(starts == 0)
        if len(missing):
            pairs = groups[missing] * self.rows.shape[1] + goods[missing]
            for pair in listed(distinct(pairs)):
                check(stop)
                group, number = divmod(pair, self.rows.shape[1])
                self.rows[group, number] = self._row(self.groups.found[group], number)
            starts = self._starts_of(groups, goods)
        return starts

    def _fill(self, start: int, epoch: int) -> None:
        """Fill a cell, and with it all epochs of its row in which nothing changes for its goods."""
        row = self.laws[start]
        if self.cells[start + epoch] < 0:
            first, after = self._stretch(row, epoch)
            number = self._class_of(self.groups.found[row.group], row.goods, first, NO_FACTS)
            self.cells[start + first : start + after] = number

    def _stretch(self, row: Row, epoch: int) -> tuple[int, int]:
        """The epochs around one in which nothing changes for the goods of a row."""
        place = bisect_right(row.starts, epoch)
        width = len(self.groups.found[row.group].points) + 1
        return row.starts[place - 1], row.starts[place] if place < len(row.starts) else width

    def _with_facts_of(
        self, groups: Int64s, goods: Int64s, epochs: Int64s, fact_sets: Int64s, stop: Stop
    ) -> Int32s:
        with self.lock:
            starts = self._rows_for(groups, goods, stop)
            keys = (starts + epochs) * len(self.fact_sets) + fact_sets
            each, lines, places = np.unique(keys, return_index=True, return_inverse=True)
            numbers = np.empty(len(each), dtype=np.int32)
            for place, line in enumerate(lines.tolist()):
                check(stop)
                numbers[place] = self._class_with(
                    int(starts[line]), int(epochs[line]), int(fact_sets[line])
                )
            self._forget()
            return numbers.take(places.reshape(-1))

    def _class_with(self, start: int, epoch: int, fact_set: int) -> int:
        row = self.laws[start]
        first, _ = self._stretch(row, epoch)
        key = (start + first, fact_set)
        if key not in self._with_facts:
            self._with_facts[key] = self._class_of(
                self.groups.found[row.group], row.goods, first, fact_set
            )
        return self._with_facts[key]

    # what the law says of one line

    def _row(self, group: Group, number: int) -> int:
        """The row of goods in a group, shared by all that stood on the same lists at the same
        times.
        """
        docket = self._docket(group)
        product = _product(docket, self.goods[number])
        edges = sorted({*nomenclature_points(docket, product)}) if product is not None else []
        moments = [edges[0] - 1, *edges] if edges else [group.moment(0)]
        lists = [self._lists(docket, group, number, moment) for moment in moments]
        law = (group.number, *zip(moments, lists, strict=True))
        start = self._rows_by_law.get(law)
        if start is None:
            start = self._rows_by_law[law] = self._space(len(group.points) + 1)
            scopes = frozenset(
                scope
                for laws in lists
                if isinstance(laws, frozenset)
                for line_law in laws
                for scope in line_law[0]
            )
            points = np.array(
                sorted({*edges, *group.always, *breakpoints(docket, scopes, self.known_on)}),
                dtype=np.int64,
            )
            starts = np.unique(np.searchsorted(group.points, points, side="right")).tolist()
            self.laws[start] = Row(group.number, number, sorted({0, *starts}))
            if (group.number, number) not in self.refusals.named:
                self._refuse(start, moments, lists)
        return start

    def _refuse(
        self, start: int, moments: list[int], lists: list[frozenset[LineLaw] | str]
    ) -> None:
        """Fill the cells of a row in which its goods name nothing.

        Other goods share the row, so none of them may be named there later.
        """
        row = self.laws[start]
        group = self.groups.found[row.group]
        docket = self._docket(group)
        for epoch in row.starts:
            moment = group.moment(epoch)
            reason = lists[max(bisect_right(moments, moment) - 1, 0)]
            # Outside coverage the engine says so first, whatever the goods.
            if isinstance(reason, str) and coverage_at(docket, moment):
                first, after = self._stretch(row, epoch)
                self.cells[start + first : start + after] = self.invalid(reason)

    def new_row(self, row: Row) -> int:
        """Where an empty row of a group now starts."""
        start = self._space(len(self.groups.found[row.group].points) + 1)
        self.laws[start] = row
        return start

    def _space(self, width: int) -> int:
        start = self.used
        self.used += width
        if self.used > len(self.cells):
            grown = np.full(max(2 * len(self.cells), self.used), -1, dtype=np.int32)
            grown[: len(self.cells)] = self.cells
            self.cells = grown
        return start

    def _lists(
        self, docket: Docket, group: Group, number: int, moment: int
    ) -> frozenset[LineLaw] | str:
        try:
            product = self._product_at(docket.importer, number, moment)
            # Asked once: not kept.
            found = line_classes(
                self.book, docket.importer, product, moment, scopes_known(docket, self.known_on)
            )
        except UsageError as error:
            return self.refusals.said((group.number, number), error)
        return frozenset((lines.scopes, lines.duties) for lines in found)

    def _docket(self, group: Group) -> Docket:
        return open_case(self.book, group.importer, group.origin)

    def _product_at(self, importer: str, number: int, moment: int) -> Product:
        if importer not in self.book.zones:
            return GENERAL
        product = self._products.get((importer, number))
        if product is None:
            product = find_product(
                self.book, importer, cut_to_law(self.book, importer, self.goods[number]), moment
            )
            # Whether it stands at another moment is asked again where its lines are.
            if product.kind == "code":
                self._products[importer, number] = product
        return product

    def _class_of(self, group: Group, number: int, epoch: int, fact_set: int) -> int:
        """The class of one line; the engine is asked unless an equal line was asked before."""
        docket, moment = self._docket(group), group.moment(epoch)
        try:
            product = self._product_at(group.importer, number, moment)
            facts, mfn_pct = self.fact_sets[fact_set]
            query = Query(
                group.importer, docket.origin, moment, self.known_on, product, dict(facts), mfn_pct
            )
            key = law_behind(self.book, docket, group, query)
            if key not in self._known:
                answer = answer_case(docket, query)
                rules = reporting_on(
                    self.book.reporting, group.importer, day_of(moment, group.zone)
                )
                even = any(row.rule == "even_units" for row in rules)
                outcome = outcome_of(answer, self.outcomes.authorities, self.authority_of, even)
                self._known[key] = self.outcomes.class_number(outcome)
                self.fresh += 1
            return self._known[key]
        except UsageError as error:
            return self.invalid(self.refusals.said_again((group.number, number), error))


def _product(docket: Docket, text: str) -> Product | None:
    """The goods on any day, to learn when their codes could change; None for an unknown word."""
    code = digits_of(text)
    if code is not None:
        return (
            Product("code", code, code, (code,))
            if 2 <= len(code) <= 10 and len(code) % 2 == 0
            else None
        )
    try:
        return find_product(docket.book, docket.importer, text, 0)
    except UsageError:
        return None


def in_one(groups: Int64s, goods: Int64s, epochs: Int64s) -> Int64s:
    """What a line without facts asks, packed into one number."""
    return groups << GROUP_AT | goods << GOODS_AT | epochs


def apart(questions: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    """The groups, goods and epochs that `in_one` packed."""
    return (
        questions >> GROUP_AT,
        questions >> GOODS_AT & (1 << GROUP_AT - GOODS_AT) - 1,
        questions & (1 << GOODS_AT) - 1,
    )


def one_of_each(places: Int64s, lines: Int64s) -> list[int]:
    """The first of some lines in each place."""
    _, first = np.unique(places[lines], return_index=True)
    chosen: list[int] = lines[first].tolist()
    return chosen
