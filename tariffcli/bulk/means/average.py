"""Mean duties over a user's own weights: classes by code and epoch, weights gathered by class, sums
exact.

A code whose answer is a range counts with its least in the mean of minima and with its greatest in
the mean of maxima: nothing is picked. A code without a known rate counts in neither, and its value
is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tariffcli.bulk.cells.spellings import EPOCH
from tariffcli.bulk.classes.classes import NO_FACTS, Classes, FactSet
from tariffcli.bulk.classes.outcomes import INVALID
from tariffcli.bulk.means.reach import Reach
from tariffcli.bulk.means.weights import Weights
from tariffcli.errors import UsageError
from tariffcli.law.codes import mapping_notes
from tariffcli.law.docket import codes_used
from tariffcli.law.engine import open_case
from tariffcli.law.products import cut_to_law, find_product

NO_LINE, NOT_KNOWN, PARTLY = "no_line", "not_known", "partly_in_group"
PROHIBITED, OUTSIDE = "prohibited", "outside_coverage"
LEFT = (NO_LINE, NOT_KNOWN, PROHIBITED, OUTSIDE, PARTLY)
"""Why a code is in no mean: it is no line of the tariff that day; its rate (or the ordinary duty
asked for) is not known or has no known most; entry is prohibited; the record does not vouch for the
day; only a part of it belongs to the group of products."""

COVERED, COVERED_KIND = -1, ""
SHOWN = 5
WHOLE = 2**62
"""Sums below it are made with machine integers."""


class Bounds(NamedTuple):
    """A mean of minima and a mean of maxima, per cent of customs value; None where there is
    none."""

    low: Fraction | None
    high: Fraction | None

    @property
    def one(self) -> Fraction | None:
        """The mean where it is one number."""
        return self.low if self.low == self.high else None


NOTHING = Bounds(None, None)


class Mean(NamedTuple):
    """The means of a day or month. Shares are of the value of the whole group; of a month they are
    those of its worst day.

    `status` is as in answers, and `invalid` where no code is a line. `codes` counts the group's
    codes, `left` those left out by reason.
    """

    label: str
    days: int
    status: str
    weighted: Bounds
    simple: Bounds
    codes: int
    covered: int
    ranges: int
    covered_share: Fraction
    range_share: Fraction
    left: Mapping[str, int]


class Left(NamedTuple):
    """Codes left out on some day for one reason: how many, their value in parts, and those of most
    value with what was said of them."""

    kind: str
    codes: int
    parts: int
    examples: Sequence[tuple[str, str]]


class Averager:
    """Means over weights for goods of `origin` in `importer`. Each epoch is reckoned once, however
    many days lie in it.

    `reach` keeps the codes of a group of products (None: every code); `with_ordinary` takes
    additional and ordinary duty together. Raises UsageError where no code belongs to the group, or
    none of them has a value.
    """

    def __init__(
        self,
        classes: Classes,
        importer: str,
        origin: str,
        weights: Weights,
        entry: FactSet | None = None,
        reach: Reach | None = None,
        with_ordinary: bool = False,
    ) -> None:
        self.classes, self.with_ordinary, self._pair = classes, with_ordinary, (importer, origin)
        reached = [True if reach is None else reach(code) for code in weights.codes]
        kept = [
            place
            for place, found in enumerate(reached)
            if found is not False and not (reach and place in weights.refused)
        ]
        self.codes = [weights.codes[place] for place in kept]
        parts = [weights.parts[place] for place in kept]
        self.total = sum(parts)
        if not kept:
            raise UsageError(
                "No code of the weights belongs to that product; see `tariff products`, or leave "
                "--product and --hs out."
            )
        if not self.total:
            raise UsageError(
                "The values of these codes are all 0; a weighted mean needs some value."
            )
        self.parts: NDArray[Any] = np.array(parts, dtype=np.int64 if self.total < WHOLE else object)
        self.group = classes.groups.found[classes.group_number(importer, origin)]
        reasons = {place: weights.refused.get(old, "") for place, old in enumerate(kept)}
        self._fixed = np.array(
            [_fixed(reached[old], reasons[place]) for place, old in enumerate(kept)], dtype=np.int64
        )
        self._reasons = reasons
        self._asked = np.flatnonzero(self._fixed == COVERED)
        self._goods = np.array(
            [classes.goods_number(self.codes[place]) for place in self._asked], dtype=np.int64
        )
        self._entry = classes.fact_set_number(entry or FactSet())
        self._kept: dict[int, Mean] = {}
        self._ever = np.zeros((len(LEFT), len(self.codes)), dtype=bool)

    def on_days(self, first: str, last: str) -> list[Mean]:
        """The means at the end of every local day of the importer from `first` through `last`
        (ISO)."""
        begin, end = date.fromisoformat(first), date.fromisoformat(last)
        days = np.arange(begin.toordinal(), end.toordinal() + 1) - EPOCH
        epochs = self.group.epochs_of_days(days).tolist()
        return [
            self._of_epoch(epoch)._replace(label=(begin + timedelta(days=place)).isoformat())
            for place, epoch in enumerate(epochs)
        ]

    def _of_epoch(self, epoch: int) -> Mean:
        if epoch not in self._kept:
            self._kept[epoch] = self._reckoned(epoch)
        return self._kept[epoch]

    def _reckoned(self, epoch: int) -> Mean:
        many = len(self._asked)
        places = np.full(many, self.group.number), self._goods, np.full(many, epoch)
        entries = None if self._entry == NO_FACTS else np.full(many, self._entry)
        numbers = self.classes.classify(*places, entries)
        each, where = np.unique(numbers, return_inverse=True)
        where = where.reshape(-1)
        counts = np.bincount(where, minlength=len(each)).tolist()
        sums = np.zeros(len(each), dtype=self.parts.dtype)
        np.add.at(sums, where, self.parts[self._asked])
        kinds = self._fixed.copy()
        tally = _Tally()
        found = np.full(len(each), COVERED)
        for place, number in enumerate(each.tolist()):
            kind, low, high, status = self._class(number)
            if low is None or high is None:
                found[place] = LEFT.index(kind)
            else:
                tally.add(low, high, counts[place], int(sums[place]), status)
        kinds[self._asked] = found[where] if many else kinds[self._asked]
        left = {kind: int((kinds == place).sum()) for place, kind in enumerate(LEFT)}
        for place in range(len(LEFT)):
            self._ever[place] |= kinds == place
        return tally.mean(len(self.codes), self.total, left)

    def _class(self, number: int) -> tuple[str, Fraction | None, Fraction | None, str]:
        """Why a class is left out, its least and greatest duty (None: left out), and its status."""
        outcomes = self.classes.outcomes
        words = outcomes.words["status"]
        status = words.texts[int(words.numbers.values[number])]
        if status in (INVALID, PROHIBITED, OUTSIDE):
            return (NO_LINE if status == INVALID else status), None, None, status
        name = "total" if self.with_ordinary else "additional"
        low, high = (
            _exact(outcomes.numbers[f"{name}_{side}_pct"].values[number]) for side in ("min", "max")
        )
        return (
            (NOT_KNOWN, None, None, status)
            if low is None or high is None
            else (COVERED_KIND, low, high, status)
        )

    @property
    def moments(self) -> list[int]:
        """An instant of every epoch reckoned so far."""
        return [self.group.moment(epoch) for epoch in self._kept]

    def left_out(self, day: str) -> list[Left]:
        """What was left out on some day reckoned so far; the reasons of the examples are those of
        one day (ISO)."""
        epoch = self._epoch(day)
        found: list[Left] = []
        for place, kind in enumerate(LEFT):
            here = np.flatnonzero(self._ever[place]).tolist()
            if here:
                most = sorted(here, key=lambda one: (-int(self.parts[one]), self.codes[one]))[
                    :SHOWN
                ]
                parts = sum(int(self.parts[one]) for one in here)
                found.append(
                    Left(
                        kind,
                        len(here),
                        parts,
                        [(self.codes[one], self._why(one, epoch)) for one in most],
                    )
                )
        return found

    def _why(self, place: int, epoch: int) -> str:
        if self._fixed[place] != COVERED:
            return self._reasons[place]
        goods = np.array([self.classes.goods_number(self.codes[place])])
        number = int(
            self.classes.classify(
                np.array([self.group.number]), goods, np.array([epoch]), np.array([self._entry])
            )[0]
        )
        words = self.classes.outcomes.words["reason"]
        return words.texts[int(words.numbers.values[number])]

    def carried(self, day: str) -> list[str]:
        """The codes for which others of the tariff answer at the end of a day (ISO): by the
        concordance, or their whole subheading."""
        docket, moment = (
            open_case(self.classes.book, *self._pair),
            self.group.moment(self._epoch(day)),
        )
        found: list[str] = []
        if docket.importer not in docket.book.zones:
            return found
        for place in self._asked.tolist():
            code = cut_to_law(docket.book, docket.importer, self.codes[place])
            try:
                product = find_product(docket.book, docket.importer, code, moment)
                if mapping_notes(product.id, codes_used(docket, product, moment)):
                    found.append(self.codes[place])
            except UsageError:
                continue
        return found

    def _epoch(self, day: str) -> int:
        return int(
            self.group.epochs_of_days(np.array([date.fromisoformat(day).toordinal() - EPOCH]))[0]
        )


class _Tally:
    """The sums of one epoch."""

    def __init__(self) -> None:
        self.low = self.high = self.simple_low = self.simple_high = Fraction(0)
        self.parts = self.codes = self.ranged_parts = self.ranged = 0
        self.statuses: set[str] = set()

    def add(self, low: Fraction, high: Fraction, codes: int, parts: int, status: str) -> None:
        self.low += low * parts
        self.high += high * parts
        self.simple_low += low * codes
        self.simple_high += high * codes
        self.parts += parts
        self.codes += codes
        if low != high:
            self.ranged += codes
            self.ranged_parts += parts
            self.statuses.add(status)

    def mean(self, codes: int, total: int, left: Mapping[str, int]) -> Mean:
        weighted = Bounds(self.low / self.parts, self.high / self.parts) if self.parts else NOTHING
        simple = (
            Bounds(self.simple_low / self.codes, self.simple_high / self.codes)
            if self.codes
            else NOTHING
        )
        shares = Fraction(self.parts, total), Fraction(self.ranged_parts, total)
        return Mean(
            "",
            1,
            self._status(codes, weighted, left),
            weighted,
            simple,
            codes,
            self.codes,
            self.ranged,
            *shares,
            left,
        )

    def _status(self, codes: int, weighted: Bounds, left: Mapping[str, int]) -> str:
        if left[OUTSIDE]:
            return OUTSIDE
        if weighted.one is not None:
            return "complete"
        if weighted.low is not None:
            return "needs_fact" if "needs_fact" in self.statuses else "range"
        for kind, status in ((NO_LINE, INVALID), (PROHIBITED, PROHIBITED)):
            if left[kind] == codes:
                return status
        return "range"


def by_month(days: Iterable[Mean]) -> list[Mean]:
    """The means over the days of each month; none for a month with a day that has none. Counts and
    shares are those of the worst day."""
    months: dict[str, list[Mean]] = {}
    for one in days:
        months.setdefault(one.label[:7], []).append(one)
    return [_together(month, many) for month, many in months.items()]


STATUSES = (OUTSIDE, INVALID, PROHIBITED, "needs_fact", "range", "complete")


def _together(label: str, many: Sequence[Mean]) -> Mean:
    worst = min(STATUSES.index(one.status) for one in many)
    return Mean(
        label,
        len(many),
        STATUSES[worst],
        _mean([one.weighted for one in many]),
        _mean([one.simple for one in many]),
        many[0].codes,
        min(one.covered for one in many),
        max(one.ranges for one in many),
        min(one.covered_share for one in many),
        max(one.range_share for one in many),
        {kind: max(one.left[kind] for one in many) for kind in LEFT},
    )


def _mean(many: Sequence[Bounds]) -> Bounds:
    lows = [one.low for one in many if one.low is not None]
    highs = [one.high for one in many if one.high is not None]
    if len(lows) < len(many) or len(highs) < len(many):
        return NOTHING
    return Bounds(sum(lows, Fraction(0)) / len(lows), sum(highs, Fraction(0)) / len(highs))


def _fixed(reached: bool | None, refusal: str) -> int:
    if refusal:
        return LEFT.index(NO_LINE)
    return LEFT.index(PARTLY) if reached is None else COVERED


def _exact(value: Any) -> Fraction | None:
    """A per cent as the record wrote it; the float of a class stands for the shortest decimal that
    reads as it."""
    return None if np.isnan(value) else Fraction(Decimal(repr(float(value))))
