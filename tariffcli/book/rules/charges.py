"""Rules on fees and on how entry summaries report."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from tariffcli.book.assemble import Parts, Placed
from tariffcli.book.rules.registry import Offence, rule

MODES = ("vessel", "air", "rail", "road")
REPORTING = ("order", "even_units", "note")


@rule("F01")
def fees_are_figures(parts: Parts) -> Iterable[Offence]:
    """A fee has a name, a currency, a source and known modes; its minimum is not above its maximum, nor its first day after its last."""
    for placed in parts.fees:
        fee = placed.value
        limits = fee.minimum is not None and fee.maximum is not None and fee.minimum > fee.maximum
        backward = bool(fee.since and fee.until and fee.until <= fee.since)
        if limits or backward or not (fee.name and fee.currency and fee.source_ids) or set(fee.modes) - set(MODES):
            yield placed, fee.id


@rule("F02")
def one_fee_of_a_name_a_day(parts: Parts) -> Iterable[Offence]:
    """Two rows of one fee hold on the same day."""
    by_name: dict[tuple[str, str], list[Placed]] = {}
    for placed in parts.fees:
        by_name.setdefault((placed.value.importer, placed.value.name), []).append(placed)
    for rows in by_name.values():
        rows.sort(key=lambda placed: (placed.value.since, placed.value.id))
        for before, after in pairwise(rows):
            if not before.value.until or before.value.until > after.value.since:
                yield after, after.value.id


@rule("F03")
def reporting_rules_are_known(parts: Parts) -> Iterable[Offence]:
    """A reporting rule is order (with a position and authorities of its importer), even_units or note, and has a source."""
    authorities = {(placed.value.importer, placed.value.authority) for placed in parts.programmes}
    for placed in parts.reporting:
        row = placed.value
        unknown = any((row.importer, name) not in authorities for name in row.authorities)
        unplaced = row.rule == "order" and (row.position is None or not row.authorities)
        if row.rule not in REPORTING or unknown or unplaced or not row.source_ids:
            yield placed, row.id
