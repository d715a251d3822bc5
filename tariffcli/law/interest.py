"""Interest on duty paid back: a yearly rate for each day, compounded daily. Estimates; which days
count is for the caller to say.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from tariffcli.law.entry_summary import Interest

ONE, HUNDRED = Decimal(1), Decimal(100)
DAY_ZERO = date(1970, 1, 1).toordinal()
"""Days are counted from 1970."""


class Growth:
    """What one unit of money grows to by the rates of one importer and kind of payee; every factor
    is worked out once.
    """

    def __init__(self, rows: Iterable[Interest], importer: str, payee: str) -> None:
        self.rows = sorted(
            (row for row in rows if row.importer == importer and row.payee == payee),
            key=lambda row: row.since,
        )
        self._starts = [number_of(row.since) for row in self.rows]
        self._to: dict[int, tuple[Decimal, int]] = {}

    def rate(self, day: int) -> Decimal | None:
        """The yearly rate of a day in per cent; None where no row tells it."""
        place = bisect_right(self._starts, day) - 1
        row = self.rows[place] if place >= 0 else None
        return (
            row.rate_pct
            if row is not None and (not row.until or day < number_of(row.until))
            else None
        )

    def factor(self, since: int, until: int) -> Decimal | None:
        """The factor from the day `since` (counted) to the day `until` (not counted); None where a
        day between has no rate.

        Each day adds its rate over the days of its own year (365 or 366) to all that stood before.
        No days: 1.
        """
        if until <= since:
            return ONE
        if not self._starts or since < self._starts[0]:
            return None
        (first, unknown), (last, unknown_too) = self._grown(since), self._grown(until)
        return last / first if unknown == unknown_too else None

    def _grown(self, day: int) -> tuple[Decimal, int]:
        """The factor from the first day with a rate to `day`, and how many days between them have
        none.
        """
        if not self._to:
            self._to[self._starts[0]] = (ONE, 0)
        if day not in self._to:
            known = max(self._to)
            grown, missing = self._to[known]
            for number in range(known, day):
                rate = self.rate(number)
                grown = (
                    grown
                    if rate is None
                    else grown * (ONE + rate / HUNDRED / _days_of_year(number))
                )
                missing += rate is None
                self._to[number + 1] = (grown, missing)
        return self._to[day]

    def used(self, since: int, until: int) -> list[Interest]:
        """The rows whose days lie between two days."""
        spans = zip(self.rows, self._starts, strict=True)
        return [
            row
            for row, start in spans
            if start < until and (not row.until or number_of(row.until) > since)
        ]


def number_of(day: str) -> int:
    """An ISO day, counted from 1970.

    >>> number_of("1970-01-02")
    1
    """
    return date.fromisoformat(day).toordinal() - DAY_ZERO


def _days_of_year(day: int) -> int:
    year = date.fromordinal(day + DAY_ZERO).year
    return date(year, 12, 31).toordinal() - date(year, 1, 1).toordinal() + 1
