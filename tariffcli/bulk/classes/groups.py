"""Origin groups, and the epochs between which nothing changes for them.

The law of an importer treats goods of all origins of a group alike.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tariffcli.book.load import Record
from tariffcli.bulk.classes.arrow import Int32s, Int64s, Integers, gather
from tariffcli.law.docket import Docket, breakpoints, coverage_points
from tariffcli.law.engine import open_case
from tariffcli.law.instants import end_of_day, start_of_day
from tariffcli.law.places import ever_reaches

EPOCH_DAY = date(1970, 1, 1)


class Group(NamedTuple):
    """Goods of one importer from origins that are alike.

    `points` are the sorted instants at which an answer could change. `epochs[day - first_day]` is
    the epoch at the end of that local day, with days counted from 1970; a day outside the table has
    the epoch of its nearest end.
    """

    number: int
    importer: str
    origin: str
    zone: str
    points: Int64s
    first_day: int
    epochs: Int32s
    always: tuple[int, ...]
    """Instants at which answers could change for any goods: by coverage, and how entries are
    counted.
    """

    def moment(self, epoch: int) -> int:
        """An instant of an epoch; any other gives the same answers."""
        return (
            int(self.points[epoch - 1])
            if epoch
            else int(self.points[0]) - 1
            if len(self.points)
            else 0
        )

    def epochs_of_days(self, days: Integers) -> Int32s:
        """The epoch at the end of each day (counted from 1970)."""
        return self.epochs.take(days - self.first_day, mode="clip")

    def epochs_of_instants(self, instants: Int64s) -> Int64s:
        """The epoch of each instant."""
        return np.searchsorted(self.points, instants, side="right").astype(np.int64)


class Groups:
    """The groups met so far, by (importer, origin)."""

    def __init__(self, book: Record, known_on: str | None) -> None:
        self.book, self.known_on = book, known_on
        self.found: list[Group] = []
        self._by_law: dict[object, int] = {}
        self.by_pair: dict[tuple[str, str], int] = {}
        self.days = (0, np.zeros((1, 1), dtype=np.int64))
        """The first day, counted from 1970, and of each group and day since then the epoch."""

    def group_number(self, importer: str, origin: str) -> int:
        """The group of a pair, opened when it is first met."""
        pair = (importer, origin)
        if pair not in self.by_pair:
            docket = open_case(self.book, importer, origin)
            key = law_of(docket)
            if key not in self._by_law:
                self.found.append(open_group(len(self.found), self.book, docket, self.known_on))
                self.refresh()
                self._by_law[key] = len(self.found) - 1
            self.by_pair[pair] = self._by_law[key]
        return self.by_pair[pair]

    def refresh(self) -> None:
        """Bring the days of all groups together."""
        if self.found:
            self.days = self._table()

    def _table(self) -> tuple[int, Int64s]:
        """The epochs of all groups by day, over the days of all."""
        first = min(group.first_day for group in self.found)
        last = max(group.first_day + len(group.epochs) for group in self.found)
        days = np.arange(first, last)
        return first, np.stack([group.epochs_of_days(days) for group in self.found]).astype(
            np.int64
        )

    def epochs_of_days(self, groups: Int64s, days: Int32s) -> Int64s:
        """The epoch of each line at the end of its day (counted from 1970).

        The epoch of a group below zero means nothing.
        """
        first, table = self.days
        width = table.shape[1]
        since = days - np.int32(first)
        if len(since) and (since.min() < 0 or since.max() >= width):
            since = np.clip(since, 0, width - 1)
        places = groups * width
        places += since
        return gather(table.reshape(-1), places)


def law_of(docket: Docket) -> object:
    """What makes two origins alike.

    The same rows, relations and coverage reach them, and they belong to the same areas.
    """
    book, origin = docket.book, docket.origin
    areas = tuple(
        sorted(
            (row.area, row.since or 0, row.until or 0)
            for row in book.memberships
            if row.member == origin
        )
    )
    covered = tuple(
        row.importer == docket.importer and ever_reaches(row.origin, origin, book.memberships)
        for row in book.coverage
    )
    selectors = {row.origin for row in book.duties(docket.importer, "") if row.origin is not None}
    duties = frozenset(
        selector.text for selector in selectors if ever_reaches(selector, origin, book.memberships)
    )
    return (
        docket.importer,
        tuple(row.id for row in docket.events),
        tuple(row.id for row in docket.relations),
        covered,
        areas,
        duties,
    )


def open_group(number: int, book: Record, docket: Docket, known_on: str | None) -> Group:
    """Sort the instants of a pair into epochs, and its days into them."""
    zone = book.zones.get(docket.importer, "UTC")
    always = _always(book, docket, zone)
    points = np.array(sorted({*always, *_points(docket, known_on)}), dtype=np.int64)
    first, last = (_day(points[0]) - 2, _day(points[-1]) + 2) if len(points) else (0, 0)
    epochs = np.searchsorted(points, _ends(zone, first, last), side="right").astype(np.int32)
    return Group(number, docket.importer, docket.origin, zone, points, first, epochs, always)


@lru_cache(maxsize=64)
def _ends(zone: str, first: int, last: int) -> Int64s:
    """The ends of days in a zone: the same for most groups of an importer."""
    return np.array([end_of_day(_iso(day), zone) for day in range(first, last + 1)], dtype=np.int64)


def _points(docket: Docket, known_on: str | None) -> set[int]:
    book, importer = docket.book, docket.importer
    rows = (
        *book.lines(importer, ""),
        *book.duties(importer, ""),
        *(row for row in book.editions if row.importer == importer),
    )
    edges = [(row.since, row.until) for row in rows]
    return {
        *breakpoints(docket, docket.scopes, known_on),
        *(edge for pair in edges for edge in pair if edge is not None),
    }


def _always(book: Record, docket: Docket, zone: str) -> tuple[int, ...]:
    rules = [row for row in book.reporting if row.importer == docket.importer]
    days = {day for row in rules for day in (row.since, row.until) if day}
    return tuple(sorted({*coverage_points(docket), *(start_of_day(day, zone) for day in days)}))


def _day(instant: int) -> int:
    return int(instant) // 86_400


def _iso(day: int) -> str:
    return (EPOCH_DAY + timedelta(days=day)).isoformat()
