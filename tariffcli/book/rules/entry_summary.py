"""Rules on fees, on how entry summaries report, and on refunds."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from tariffcli.book.assemble import Parts, Placed
from tariffcli.book.rules.registry import Offence, rule
from tariffcli.law.kinds import CONFIDENCE

MODES = ("vessel", "air", "rail", "road")
REPORTING = ("order", "even_units", "note")
ABOUT = ("refund", "interest", "audit", "set_apart", "other_day")


@rule("F01")
def fees_are_figures(parts: Parts) -> Iterable[Offence]:
    """A fee has a name, a currency, a source and known modes; its minimum is not above its maximum,
    nor its first day after its last.
    """
    for placed in parts.fees:
        fee = placed.value
        limits = fee.minimum is not None and fee.maximum is not None and fee.minimum > fee.maximum
        backward = bool(fee.since and fee.until and fee.until <= fee.since)
        if (
            limits
            or backward
            or not (fee.name and fee.currency and fee.source_ids)
            or set(fee.modes) - set(MODES)
        ):
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
    """A reporting rule is order (with a position and authorities of its importer), even_units or
    note, and has a source.
    """
    authorities = {(placed.value.importer, placed.value.authority) for placed in parts.programmes}
    for placed in parts.reporting:
        row = placed.value
        unknown = any((row.importer, name) not in authorities for name in row.authorities)
        unplaced = row.rule == "order" and (row.position is None or not row.authorities)
        if row.rule not in REPORTING or unknown or unplaced or not row.source_ids:
            yield placed, row.id


@rule("F04")
def interest_is_told_once(parts: Parts) -> Iterable[Offence]:
    """A rate of interest has a payee, a source and a known confidence, ends after it begins, and is
    the only one of its days.
    """
    last: dict[tuple[str, str], str] = {}
    for placed in sorted(
        parts.interest,
        key=lambda one: (one.value.importer, one.value.payee, one.value.since, one.value.id),
    ):
        row = placed.value
        before = last.get((row.importer, row.payee))
        overlaps = before is not None and (not before or before > row.since)
        backward = bool(row.until) and row.until <= row.since
        if (
            overlaps
            or backward
            or not (row.payee and row.source_ids)
            or row.confidence not in CONFIDENCE
            or row.rate_pct < 0
        ):
            yield placed, row.id
        last[(row.importer, row.payee)] = row.until


@rule("F05")
def caveats_say_something(parts: Parts) -> Iterable[Offence]:
    """A caveat has a text, is about a known thing, and names entry types where it is about entries
    of some types.
    """
    for placed in parts.caveats:
        row = placed.value
        if (
            not row.text
            or row.about not in ABOUT
            or bool(row.types) != (row.about in ("set_apart", "other_day"))
        ):
            yield placed, row.id


@rule("F06")
def headings_are_prefixes(parts: Parts) -> Iterable[Offence]:
    """A row of headings has a prefix of four to eight digits that no other has, an authority and a
    source.
    """
    seen: set[tuple[str, str]] = set()
    for placed in parts.headings:
        row = placed.value
        digits = row.prefix.isascii() and row.prefix.isdigit() and 4 <= len(row.prefix) <= 8
        if not (digits and row.authority and row.source_ids) or (row.importer, row.prefix) in seen:
            yield placed, row.id
        seen.add((row.importer, row.prefix))
