"""Rules on stacking rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tariffcli.book.assemble import Parts
from tariffcli.book.rules.registry import Offence, rule
from tariffcli.errors import RecordError
from tariffcli.law.assess import ORDINARY
from tariffcli.law.facts import ONE
from tariffcli.law.instants import holds
from tariffcli.law.kinds import STACKING_MODES
from tariffcli.law.model import Programme, Relation
from tariffcli.law.places import ever_reaches
from tariffcli.law.reference import Membership
from tariffcli.law.stacking import relations_in_force, remaining_shares


@rule("S01")
def modes_are_known_words(parts: Parts) -> Iterable[Offence]:
    """`mode` must be displaces or adds, and a relation names what it drops and its act."""
    for placed in parts.relations:
        row = placed.value
        if row.mode not in STACKING_MODES or not row.drops or not row.act or not row.source_ids:
            yield placed, row.id


@rule("S02")
def stacking_never_ties_or_circles(parts: Parts) -> Iterable[Offence]:
    """Relations in force together disagree about a pair of programmes, or run in a circle."""
    programmes = {placed.value.id: placed.value for placed in parts.programmes}
    told: set[str] = set()
    for together in _in_force_together(parts):
        for importer in _importers_of(together[0], programmes):
            try:
                _stack_all(together, importer, programmes)
            except RecordError as error:
                if str(error) not in told:
                    told.add(str(error))
                    row = next(one for one in parts.relations if one.value.id in str(error))
                    yield row, str(error)


def _importers_of(relation: Relation, programmes: Mapping[str, Programme]) -> list[str]:
    """The importers of a relation's programmes; all where it names none."""
    involved = [name for name in (*relation.drops, relation.when) if name in programmes]
    return sorted({programmes[name].importer for name in involved or programmes})


def _stack_all(
    together: Sequence[Relation], importer: str, programmes: Mapping[str, Programme]
) -> None:
    """Let every programme of an importer meet under these relations.

    Raises RecordError where they tie or run in a circle.
    """
    own = sorted(name for name, one in programmes.items() if one.importer == importer)
    present = [*own, ORDINARY]
    found = relations_in_force(together, present, programmes)
    # The ordinary duty drops nothing, and is dropped only by a relation that drops everything.
    displacements = {
        pair: row
        for pair, row in found.items()
        if pair[0] != ORDINARY and (pair[1] != ORDINARY or "*" in row.drops)
    }
    remaining_shares(dict.fromkeys(present, ONE), displacements)


def _in_force_together(parts: Parts) -> Iterable[list[Relation]]:
    """Every set of relations that goods of some origin on some list meet at some instant."""
    rows = sorted(parts.relations, key=lambda one: (one.file, one.value.id))
    relations = [one.value for one in rows]
    members = [one.value for one in parts.memberships]
    edges = {edge for row in relations for edge in (row.effective, row.until)}
    scopes = sorted({row.scope for row in relations})
    met: set[tuple[str, ...]] = set()
    for moment in sorted(edge for edge in edges if edge is not None):
        standing = [row for row in relations if holds(row.effective, row.until, moment)]
        for origin in _origins(relations, members):
            mine = [row for row in standing if ever_reaches(row.origin, origin, members)]
            for scope in scopes:
                together = [row for row in mine if row.scope in ("all", scope)]
                key = tuple(row.id for row in together)
                if together and key not in met:
                    met.add(key)
                    yield together


def _origins(relations: Sequence[Relation], members: Sequence[Membership]) -> list[str]:
    """The origins that relations name, or that areas of theirs hold, and one that none does."""
    selectors = [row.origin for row in relations]
    named = {name for one in selectors for name in (*one.named, *one.but_named)}
    areas = {area for one in selectors for area in one.groups}
    return sorted({"zz", *named, *(row.member for row in members if row.area in areas)})
