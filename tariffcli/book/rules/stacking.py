"""Rules on stacking rows."""

from __future__ import annotations

from collections.abc import Iterable

from tariffcli.book.assemble import Parts
from tariffcli.book.rules.registry import Offence, rule
from tariffcli.errors import RecordError
from tariffcli.law.facts import ONE
from tariffcli.law.instants import holds
from tariffcli.law.model import Relation
from tariffcli.law.stacking import relations_in_force, remaining_shares


@rule("S01")
def modes_are_known_words(parts: Parts) -> Iterable[Offence]:
    """`mode` must be displaces or adds, and a relation names what it drops and its act."""
    for placed in parts.relations:
        row = placed.value
        if row.mode not in ("displaces", "adds") or not row.drops or not row.act or not row.source_ids:
            yield placed, row.id


@rule("S02")
def stacking_never_ties_or_circles(parts: Parts) -> Iterable[Offence]:
    """Relations in force together disagree about a pair of programmes, or run in a circle."""
    programmes = {placed.value.id: placed.value for placed in parts.programmes}
    importers = {programme.importer for programme in programmes.values()}
    moments = sorted({placed.value.effective for placed in parts.relations})
    for importer in sorted(importers):
        present = [name for name, programme in programmes.items() if programme.importer == importer]
        for moment in moments:
            relations: list[Relation] = [one.value for one in parts.relations if holds(one.value.effective, one.value.until, moment)]
            try:
                found = relations_in_force(relations, present, programmes)
                remaining_shares(dict.fromkeys(present, ONE), found)
            except RecordError as error:
                culprit = next(placed for placed in parts.relations if placed.value.effective == moment)
                yield culprit, str(error)
                break
