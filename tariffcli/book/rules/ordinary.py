"""Rules on ordinary duties: single sourced rates, and whether a whole schedule is held."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import combinations

from tariffcli.book.assemble import Parts, Placed
from tariffcli.book.rules.registry import Offence, rule
from tariffcli.law.codes import COMPLETE
from tariffcli.law.kinds import CONFIDENCE
from tariffcli.law.model import OrdinaryDuty
from tariffcli.law.ordinary import PROVISIONAL

BASES = ("mfn", PROVISIONAL, "quota", "preference", "column-2")
MARKS = (COMPLETE, "partial", "")
OPEN = "open"


@rule("O01")
def sourced_duties_are_whole(parts: Parts) -> Iterable[Offence]:
    """A sourced ordinary duty has a code of eight digits, a duty, a basis, a source, a confidence,
    and a first and a last day in order.
    """
    for rows in parts.ordinary.values():
        for placed in rows:
            row: OrdinaryDuty = placed.value
            days = row.since is not None and row.until is not None and row.since < row.until
            known = row.basis in BASES and row.confidence in CONFIDENCE and row.confidence != OPEN
            if not (
                re.fullmatch(r"[0-9]{8}", row.code)
                and row.duty
                and row.source_ids
                and known
                and days
            ):
                yield placed, row.code


@rule("O02")
def sourced_duties_do_not_contradict(parts: Parts) -> Iterable[Offence]:
    """Two sourced ordinary duties of one line, origin and condition say different rates for the
    same day.
    """
    for rows in parts.ordinary.values():
        alike: dict[tuple[object, ...], list[Placed]] = {}
        for placed in rows:
            row: OrdinaryDuty = placed.value
            alike.setdefault(
                (row.code, row.origin, row.condition, row.basis == PROVISIONAL), []
            ).append(placed)
        for many in alike.values():
            for one, other in combinations(many, 2):
                if _meet(one.value, other.value) and one.value.duty != other.value.duty:
                    yield other, f"{other.value.code}: {one.value.duty} and {other.value.duty}"


def _meet(one: OrdinaryDuty, other: OrdinaryDuty) -> bool:
    begins = max(one.since or 0, other.since or 0)
    ends = [line.until for line in (one, other) if line.until is not None]
    return all(begins < end for end in ends)


@rule("O03")
def schedules_are_marked(parts: Parts) -> Iterable[Offence]:
    """An importer's editions are marked `complete` where its schedule is held, with a source, and
    never where it is not.
    """
    for placed in parts.editions:
        row = placed.value
        held = bool(parts.lines.get(row.importer))
        if (
            row.schedule not in MARKS
            or held != (row.schedule == COMPLETE)
            or (held and not row.source_ids)
        ):
            yield placed, f"{row.importer} {row.edition}: {row.schedule or 'blank'}"


@rule("O04")
def conditions_of_duties_exist(parts: Parts) -> Iterable[Offence]:
    """An ordinary duty depends on a condition that is not in conditions.csv."""
    known = {placed.value.id for placed in parts.conditions}
    for rows in parts.ordinary.values():
        for placed in rows:
            yield from (
                (placed, term.condition)
                for term in placed.value.condition
                if term.condition not in known
            )
