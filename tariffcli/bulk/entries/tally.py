"""Sums of an audit: how often each reason was found and what it comes to, and every heading as due
and as declared. Exact cents."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from tariffcli.book.load import Record
from tariffcli.bulk.classes.duties import UNKNOWN
from tariffcli.bulk.entries.audit import Audited, Auditor
from tariffcli.bulk.entries.declared import summed
from tariffcli.bulk.files.reports import Cell, Report, money


class Tally:
    """Adds up audited batches, one at a time; `reports` tells what was found."""

    def __init__(self, auditor: Auditor) -> None:
        self.auditor = auditor
        self._why: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        self._headings: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])

    def collect(self, audited: Audited) -> None:
        """Add a batch."""
        texts = self.auditor.sayings.texts
        told = audited.why >= 0
        many = len(texts)
        lines = np.bincount(audited.why[told], minlength=many)
        known = told & (audited.variance != UNKNOWN)
        short, over = (
            summed(audited.why[here], audited.variance[here], many)
            for here in (known & (audited.variance < 0), known & (audited.variance > 0))
        )
        for number in np.flatnonzero(lines).tolist():
            sums = self._why[texts[number]]
            for place, part in enumerate((lines, short, over)):
                sums[place] += int(part[number])
        if audited.pairs is not None:
            self._collect_headings(audited)

    def _collect_headings(self, audited: Audited) -> None:
        pairs, many = audited.pairs, len(self.auditor.headings.labels)
        if pairs is None:
            return
        parts = (
            np.bincount(pairs.heading[pairs.is_due & (pairs.due > 0)], minlength=many),
            np.bincount(pairs.heading[pairs.is_declared & (pairs.declared != 0)], minlength=many),
            np.bincount(pairs.heading[pairs.is_declared & (pairs.declared == 0)], minlength=many),
            summed(pairs.heading, pairs.due, many),
            summed(pairs.heading, pairs.declared, many),
        )
        for number in np.flatnonzero(np.bincount(pairs.heading, minlength=many)).tolist():
            for place, part in enumerate(parts):
                self._headings[number][place] += int(part[number])

    def reports(self) -> list[Report]:
        """`Audit` (reason, lines, variance below and above zero), `Headings` (where the file tells
        them) and the caveats."""
        rows: list[tuple[Cell, ...]] = [
            (text, lines, money(short), money(over))
            for text, (lines, short, over) in sorted(self._why.items(), key=lambda one: -one[1][0])
        ]
        found = [
            Report(
                "Audit",
                ("why", "lines", "paid_too_little_usd", "paid_too_much_usd"),
                rows,
                keys=1,
                most_first=True,
            )
        ]
        if self._headings:
            labels = self.auditor.headings.labels
            headings: list[tuple[Cell, ...]] = [
                (labels[number], *counts, money(due), money(declared), money(declared - due))
                for number, (*counts, due, declared) in sorted(
                    self._headings.items(), key=lambda one: labels[one[0]]
                )
            ]
            names = (
                "heading",
                "lines_due",
                "lines_declared",
                "lines_at_zero",
                "due_usd",
                "declared_usd",
                "difference_usd",
            )
            found.append(Report("Headings", names, headings, keys=1))
        return [*found, caveats(self.auditor.rater.book, ("audit",))]


def caveats(record: Record, about: tuple[str, ...]) -> Report:
    """What a reader must know, in words, with the addresses of its sources."""
    rows: list[tuple[Cell, ...]] = []
    for row in sorted(record.caveats):
        if row.about in about:
            addresses = [
                record.sources[name].url for name in row.source_ids if name in record.sources
            ]
            rows.append(
                (
                    row.id,
                    row.about,
                    f"{row.text} (types {', '.join(row.types)})" if row.types else row.text,
                    " ".join(addresses),
                )
            )
    return Report("Caveats", ("id", "about", "text", "sources"), rows)
