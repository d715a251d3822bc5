"""Rules on stacking rows."""

from __future__ import annotations

from collections.abc import Iterable

from tariffcli.book.assemble import Parts, Placed
from tariffcli.book.rules.registry import Offence, rule
from tariffcli.errors import RecordError
from tariffcli.law.assess import ORDINARY
from tariffcli.law.facts import ONE
from tariffcli.law.instants import holds
from tariffcli.law.kinds import STACKING_MODES
from tariffcli.law.model import Relation
from tariffcli.law.places import ever_reaches
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
        importers = {
            programmes[name].importer
            for name in (*together[0].drops, together[0].when)
            if name in programmes
        }
        for importer in sorted(
            importers or {programme.importer for programme in programmes.values()}
        ):
            present = [
                *sorted(
                    name for name, programme in programmes.items() if programme.importer == importer
                ),
                ORDINARY,
            ]
            try:
                found = relations_in_force(together, present, programmes)
                found = {
                    pair: row
                    for pair, row in found.items()
                    if ORDINARY not in pair or "*" in row.drops
                }
                remaining_shares(
                    dict.fromkeys(present, ONE),
                    {pair: row for pair, row in found.items() if pair[0] != ORDINARY},
                )
            except RecordError as error:
                if str(error) not in told:
                    told.add(str(error))
                    yield (
                        next(one for one in parts.relations if one.value.id in str(error)),
                        str(error),
                    )


def _in_force_together(parts: Parts) -> Iterable[list[Relation]]:
    """Every set of relations that goods of some origin on some list meet at some instant."""
    rows = sorted(parts.relations, key=lambda one: (one.file, one.value.id))
    members = [one.value for one in parts.memberships]
    moments = {
        edge for one in rows for edge in (one.value.effective, one.value.until) if edge is not None
    }
    origins = {
        "zz",
        *(name for one in rows for name in (*one.value.origin.named, *one.value.origin.but_named)),
    }
    origins |= {
        member.member
        for member in members
        if any(member.area in one.value.origin.groups for one in rows)
    }
    scopes = {one.value.scope for one in rows}
    met: set[tuple[str, ...]] = set()
    for moment in sorted(moments):
        standing: list[Placed] = [
            one for one in rows if holds(one.value.effective, one.value.until, moment)
        ]
        for origin in sorted(origins):
            mine = [one for one in standing if ever_reaches(one.value.origin, origin, members)]
            for scope in sorted(scopes):
                together = [one.value for one in mine if one.value.scope in ("all", scope)]
                key = tuple(one.id for one in together)
                if together and key not in met:
                    met.add(key)
                    yield together
