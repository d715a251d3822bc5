"""`--refund`: what was charged under programmes that are refunded, by authority, month and importer
of record. An aid, no claim.

    refund = Refund(auditor, interest_to=day, payee=kind)
    claims = refund.claims(audited)        # from any thread, of what `Auditor.rate` gave
    refund.collect(claims)                 # one at a time, in the order of the file
    refund.reports()                        # Refund, Totals, Not told, Interest, Caveats

Where rows declare headings, what was paid under them counts; else what the law says of each
heading, where the sum paid agrees with it to a cent a heading. Sums are whole cents. What a file
cannot tell stands apart, with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from tariffcli.bulk.classes.duties import UNKNOWN
from tariffcli.bulk.entries.audit import Audited, Auditor
from tariffcli.bulk.entries.declared import CENT, Truth, Whole, summed
from tariffcli.bulk.entries.es003 import HEADING
from tariffcli.bulk.entries.filing import NO_DAY
from tariffcli.bulk.entries.standing import APART, STATES, Filed, Seen, filed
from tariffcli.bulk.entries.tally import caveats
from tariffcli.bulk.files.reports import EXACT, Cell, Report, money, plus
from tariffcli.errors import EXAMPLE_DAY, UsageError
from tariffcli.law.interest import DAY_ZERO, ONE, Growth, number_of

DISAGREES, NOTHING_PAID, NOT_SPLIT = (
    "paid does not agree with the law",
    "no amount paid in the file",
    "paid in all, not told by heading",
)
NOT_HELD, REPEATED, SEEN = "heading not in the record", "row repeated", "line seen before"


class Key(NamedTuple):
    """What a sum is of; days are counted from 1970 (`NO_DAY`: not known)."""

    state: int
    authority: str
    importer: str
    month: str
    deposited: int
    ended: int


class Claims(NamedTuple):
    """What a batch holds: by place the key, cents and the mark of the line; by reason and heading
    or authority the rest."""

    keys: list[Key]
    place: Whole
    cents: Whole
    mark: Whole
    apart: dict[tuple[str, str], tuple[int, int]]


class Refund:
    """Adds up what may come back.

    `interest_to` is the day to which interest is estimated where the file tells no liquidation;
    `payee` the kind of importer, as the record's rates name them. Raises UsageError when the record
    has no rates for that payee, or the day is none.
    """

    def __init__(
        self, auditor: Auditor, interest_to: str | None = None, payee: str = "corporation"
    ) -> None:
        self.auditor, self.record, self.payee, self.interest_to = (
            auditor,
            auditor.rater.book,
            payee,
            interest_to,
        )
        kinds = sorted({row.payee for row in self.record.interest})
        if payee not in kinds:
            raise UsageError(
                f"The record has no interest for '{payee}'; it has: {', '.join(kinds) or 'none'}."
            )
        try:
            self._until = NO_DAY if interest_to is None else number_of(interest_to)
        except ValueError:
            raise UsageError(
                f"'{interest_to}' is not a day to count interest to; write it as {EXAMPLE_DAY}."
            ) from None
        importers = sorted({row.importer for row in self.record.interest if row.payee == payee})
        self.growth = Growth(
            self.record.interest, importers[0] if len(importers) == 1 else "", payee
        )
        self._set_apart = {
            kind for row in self.record.caveats if row.about == "set_apart" for kind in row.types
        }
        self._sums: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
        self._apart: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        self._seen = Seen()

    # one batch

    def claims(self, audited: Audited) -> Claims:
        """What an audited batch holds that may come back."""
        told = filed(
            audited.batch,
            audited.lines,
            self.auditor.rater.plan,
            self.auditor.found,
            self._set_apart,
        )
        apart: dict[tuple[str, str], tuple[int, int]] = {}
        declared = audited.lines.declared
        line, authority, cents = (
            self._declared(audited, told, apart)
            if declared
            else self._reckoned(audited, told, apart)
        )
        day = told.day[line]
        ended = np.where(told.liquidated == NO_DAY, self._until, told.liquidated)[line]
        parts = (told.state[line], authority, told.importer[line], day, told.deposited[line], ended)
        place, first = np.zeros(len(line), dtype=np.int64), np.zeros(len(line), dtype=np.int64)
        for part in parts:
            values, numbers = np.unique(part, return_inverse=True)
            _, first, place = np.unique(
                place * max(len(values), 1) + numbers.reshape(-1),
                return_index=True,
                return_inverse=True,
            )
            place = place.reshape(-1)
        names = self.auditor.headings.authorities
        keys = [
            Key(state, names[number], told.importers[importer], _month(on), deposited, end)
            for state, number, importer, on, deposited, end in zip(
                *(part[first].tolist() for part in parts), strict=True
            )
        ]
        return Claims(keys, place, cents, told.mark[line], apart)

    def _declared(
        self, audited: Audited, told: Filed, apart: dict[tuple[str, str], tuple[int, int]]
    ) -> tuple[Whole, Whole, Whole]:
        """What was paid under headings that come back: line, authority and cents of each row."""
        lines, headings = audited.lines, self.auditor.headings
        rows = np.flatnonzero((lines.kind == HEADING) & (lines.paid != UNKNOWN) & (lines.paid != 0))
        heading, line = lines.heading[rows], lines.line[rows]
        back = headings.refundable_since[heading] <= told.day[line]
        once = ~lines.twice[rows]
        strange = (headings.programme[heading] < 0) & (headings.authority[heading] == 0)
        _tell(
            apart, REPEATED, heading[back & ~once], lines.paid[rows[back & ~once]], headings.labels
        )
        _tell(
            apart,
            NOT_HELD,
            heading[strange & once],
            lines.paid[rows[strange & once]],
            headings.labels,
        )
        kept = back & once
        return line[kept], headings.authority[heading[kept]], lines.paid[rows[kept]]

    def _reckoned(
        self, audited: Audited, told: Filed, apart: dict[tuple[str, str], tuple[int, int]]
    ) -> tuple[Whole, Whole, Whole]:
        """What the law asks under headings that come back, on lines whose sum paid agrees with
        it."""
        lines, headings, items = audited.lines, self.auditor.headings, audited.items
        many = len(lines.starts)
        charges = np.bincount(items.line, minlength=many)
        agrees = (audited.variance != UNKNOWN) & (np.abs(audited.variance) <= CENT * charges)
        back = (
            (headings.refundable_since[items.heading] <= told.day[items.line])
            & (items.cents != 0)
            & (items.cents != UNKNOWN)
        )
        paid = lines.total != UNKNOWN
        names, authority = headings.authorities, headings.authority[items.heading]
        for reason, here in ((NOTHING_PAID, ~paid), (DISAGREES, paid & ~agrees)):
            those = back & here[items.line]
            _tell(apart, reason, authority[those], items.cents[those], names)
        whole = np.flatnonzero(
            (charges == 0) & paid & (lines.total != 0) & self._may_come_back(told.day, audited)
        )
        _tell(apart, NOT_SPLIT, np.zeros(len(whole), dtype=np.int64), lines.total[whole], [""])
        kept = back & agrees[items.line]
        return items.line[kept], authority[kept], items.cents[kept]

    def _may_come_back(self, day: Whole, audited: Audited) -> Truth:
        """Lines of days on which some programme that comes back was charged, whose class names one
        of its acts."""
        classes = audited.rated.classes.take(np.maximum(audited.places, 0))
        words, programmes = (
            self.auditor.rater.classes.outcomes.words["event_ids"],
            self.record.programmes,
        )
        since = {
            row.id: number_of(row.refundable_since)
            for row in programmes.values()
            if row.refundable_since
        }
        events = (
            {event.id: event.programmes for rows in self.record.events.values() for event in rows}
            if len(classes)
            else {}
        )
        first = np.full(len(words.texts) + 1, np.iinfo(np.int64).max)
        met: list[int] = np.unique(words.numbers.values.take(classes)).tolist()
        for number in met:
            named = {
                name
                for one in words.texts[number].split(";")
                for name in events.get(one, ())
                if name in since
            }
            first[number] = min((since[name] for name in named), default=np.iinfo(np.int64).max)
        return (audited.places >= 0) & (first[words.numbers.values.take(classes)] <= day)

    # all of them

    def collect(self, claims: Claims) -> None:
        """Add a batch. A line of an entry that was met before counts once; the second stands
        apart."""
        for about, (cents, lines) in claims.apart.items():
            self._add(self._apart[about], cents, lines)
        place, cents = claims.place, claims.cents
        marked = np.flatnonzero(claims.mark) if self.auditor.several else place[:0]
        if len(marked):
            marks = np.unique(claims.mark[marked])
            again = np.isin(claims.mark, marks[self._seen.met(marks)])
            twice, counts = (
                summed(place[again], cents[again], len(claims.keys)),
                np.bincount(place[again], minlength=len(claims.keys)),
            )
            for number in np.flatnonzero(counts).tolist():
                self._add(
                    self._apart[SEEN, claims.keys[number].authority],
                    int(twice[number]),
                    int(counts[number]),
                )
            place, cents = place[~again], cents[~again]
        sums, lines = (
            summed(place, cents, len(claims.keys)),
            np.bincount(place, minlength=len(claims.keys)),
        )
        for key, total, many in zip(claims.keys, sums.tolist(), lines.tolist(), strict=True):
            if many:
                self._add(self._sums[key], total, many)

    @staticmethod
    def _add(sums: list[int], cents: int, lines: int) -> None:
        sums[0] += cents
        sums[1] += lines

    def interest(self, key: Key, cents: int) -> Decimal | None:
        """Interest on a sum in cents, not rounded; None where a day or a rate is missing."""
        if NO_DAY in (key.deposited, key.ended):
            return None
        factor = self.growth.factor(key.deposited, key.ended)
        return None if factor is None else EXACT.multiply(cents, EXACT.subtract(factor, ONE))

    def reports(self) -> list[Report]:
        """The tables of a refund in whole cents; interest is an estimate wherever it stands."""
        return [table.rounded() for table in self.tables()]

    def tables(self) -> list[Report]:
        """The tables of a refund with interest to its last digit, as `together` adds those of
        several files."""
        groups: dict[tuple[str, ...], tuple[Cell, ...]] = {}
        totals: dict[tuple[str, ...], tuple[Cell, ...]] = {}
        apart: dict[tuple[str, str], list[int]] = defaultdict(
            lambda: [0, 0], {key: list(sums) for key, sums in self._apart.items()}
        )
        for key, (cents, lines) in self._sums.items():
            if key.state >= APART:
                self._add(apart[STATES[key.state], key.authority], cents, lines)
                continue
            interest = self.interest(key, cents)
            more = (lines, cents, interest, cents if interest is None else 0)
            for sums, name in (
                (groups, (key.authority, key.month, key.importer, STATES[key.state])),
                (totals, (key.authority,)),
            ):
                sums[name] = tuple(map(plus, sums[name], more)) if name in sums else more
        names = ("lines", "charged_usd", "interest_estimate_usd", "charged_without_interest_usd")
        return [
            Report(
                "Refund",
                ("authority", "month", "importer_of_record", "state", *names),
                _rows(groups),
                keys=4,
            ),
            Report("Totals", ("authority", *names), _rows(totals), keys=1),
            Report(
                "Not told",
                ("reason", "about", "lines", "amount_usd"),
                [
                    (reason, about, lines, money(cents))
                    for (reason, about), (cents, lines) in sorted(apart.items())
                ],
                keys=2,
            ),
            self._interest_report(),
            caveats(self.record, ("refund", "interest", "set_apart")),
        ]

    def _interest_report(self) -> Report:
        """The rates used and the days assumed."""
        days = [
            (key.deposited, key.ended)
            for key in self._sums
            if NO_DAY not in (key.deposited, key.ended)
        ]
        used = []
        if days:
            used = self.growth.used(min(since for since, _ in days), max(end for _, end in days))
        rates: list[tuple[Cell, ...]] = [
            (
                row.since,
                row.until,
                row.rate_pct,
                row.confidence,
                _addresses(self, row.source_ids),
                row.note,
            )
            for row in used
        ]
        names = ("from", "until", "rate_pct", "confidence", "sources", "note")
        notes = [("", "", None, "", "", note) for note in self._interest_notes()]
        return Report("Interest", names, [*rates, *notes])

    def _interest_notes(self) -> tuple[str, str]:
        """Who is paid from when until when, and how the rates are compounded."""
        deposited = self.auditor.found.get("deposited")
        since = "assumed: the day of entry, so the estimate is a ceiling"
        if deposited:
            since = f"column '{deposited}', else the day of entry"
        until = self.interest_to or "not given: no interest without a liquidation"
        if "liquidated" in self.auditor.found:
            until = f"column 'Liquidation' where filled, else {until}"
        return (
            f"Payee: {self.payee}. From (counted): {since}. To (not counted): {until}.",
            "Compounded daily at the rate of each day over the days of its year; a day "
            "without a rate gives no interest.",
        )


def _rows(sums: dict[tuple[str, ...], tuple[Cell, ...]]) -> list[tuple[Cell, ...]]:
    """Sums in cents as rows in dollars, by their keys."""
    return [
        (
            *key,
            row[0],
            *(None if cell is None else Decimal(cell).scaleb(-2, EXACT) for cell in row[1:]),
        )
        for key, row in sorted(sums.items())
    ]


def _tell(
    apart: dict[tuple[str, str], tuple[int, int]],
    reason: str,
    numbers: Whole,
    cents: Whole,
    names: list[str],
) -> None:
    """Add sums of cents by name to what stands apart."""
    distinct: list[int] = np.unique(numbers).tolist()
    for number in distinct:
        here = numbers == number
        before = apart.get((reason, names[number]), (0, 0))
        apart[reason, names[number]] = (
            before[0] + int(cents[here].sum()),
            before[1] + int(here.sum()),
        )


def _month(day: int) -> str:
    return "" if day == NO_DAY else date.fromordinal(day + DAY_ZERO).isoformat()[:7]


def _addresses(refund: Refund, ids: tuple[str, ...]) -> str:
    return " ".join(
        refund.record.sources[name].url for name in ids if name in refund.record.sources
    )
