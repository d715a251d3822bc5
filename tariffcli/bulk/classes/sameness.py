"""What an answer can depend on.

Two questions for which all of it is equal are one class, and the engine is asked once.
"""

from __future__ import annotations

from collections.abc import Mapping

from tariffcli.book.load import Record
from tariffcli.bulk.classes.groups import Group
from tariffcli.law.docket import Docket, Epoch, coverage_at, epoch_at, lines_at
from tariffcli.law.entry_summary import reporting_on
from tariffcli.law.facts import conditions_of, holds_for
from tariffcli.law.instants import day_of
from tariffcli.law.model import Condition, FactValue, OrdinaryDuty, Query


def law_behind(book: Record, docket: Docket, group: Group, query: Query) -> object:
    """Everything that the answer to a question can depend on.

    That is the lists and epochs of its lines, what is covered, how it is reported, and the facts
    that rows in force read.
    """
    moment, facts = query.instant, query.facts
    covered = tuple(row.programme + row.covered_from for row in coverage_at(docket, moment))
    if not covered and query.product.kind != "code":
        # The engine says so before it looks for lines; a typed code is looked for before that.
        return (group.number, covered)
    lists: list[object] = []
    for lines in lines_at(docket, query.product, moment, query.known_on):
        epoch = epoch_at(docket, lines.scopes, moment, query.known_on)
        reads = _reads(docket, epoch, lines.duties) if facts else ()
        lists.append((epoch.key, lines.duties, tuple(_told_of(read, facts) for read in reads)))
    rules = tuple(
        row.id for row in reporting_on(book.reporting, group.importer, day_of(moment, group.zone))
    )
    shares = tuple(sorted((name, value) for name, value in facts.items() if _is_share(book, name)))
    return (group.number, covered, frozenset(lists), query.mfn_pct, rules, shares)


def _reads(
    docket: Docket, epoch: Epoch, duties: tuple[OrdinaryDuty, ...]
) -> tuple[tuple[Condition, bool], ...]:
    """The conditions that rows of an epoch and of an ordinary duty read.

    Each comes with whether its share is a base.
    """
    reads = epoch.readings.get(duties)
    if reads is None:
        conditions = docket.book.conditions
        bases = {event.base.removeprefix("!") for event in epoch.conditional if event.base}
        read = {
            condition.id: condition
            for row in (*epoch.conditional, *duties)
            for condition in conditions_of(row, conditions)
        }
        reads = epoch.readings[duties] = tuple((read[name], name in bases) for name in sorted(read))
    return reads


def _told_of(read: tuple[Condition, bool], facts: Mapping[str, FactValue]) -> object:
    """What a fact means to one condition: not given, the share itself, or whether it is true."""
    condition, base = read
    value = facts.get(condition.fact)
    if value is None:
        return None
    return value if base or condition.kind == "share" else holds_for(condition, value)


def _is_share(book: Record, fact: str) -> bool:
    """Whether a fact is a share. The key of a class holds all of them: shares bound each other."""
    return any(
        condition.fact == fact and condition.kind == "share"
        for condition in book.conditions.values()
    )
