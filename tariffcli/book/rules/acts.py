"""Rules on acts: those of acts.csv, and those that rows name."""

from __future__ import annotations

from collections.abc import Iterable

from tariffcli.book.assemble import Parts, Placed
from tariffcli.book.parse import many
from tariffcli.book.rules.registry import Offence, rule
from tariffcli.law.kinds import ACT_KINDS


def _rows_that_name_acts(parts: Parts) -> Iterable[Placed]:
    yield from (placed for _, placed in parts.all_events())
    yield from parts.relations
    yield from parts.scopes


@rule("B01")
def named_acts_exist(parts: Parts) -> Iterable[Offence]:
    """A row names an act that is not in acts.csv."""
    known = {placed.value.id for placed in parts.acts}
    for placed in _rows_that_name_acts(parts):
        yield from ((placed, name) for name in placed.value.act_ids if name not in known)


@rule("B02")
def acts_are_named(parts: Parts) -> Iterable[Offence]:
    """An act of acts.csv is named by no row."""
    kinds = ("events", "stacking", "scopes")
    rows = (row for kind in kinds for _, _, row in parts.rows(kind))
    named = {name for row in rows for name in many(row["act"])}
    return ((placed, placed.value.id) for placed in parts.acts if placed.value.id not in named)


@rule("B03")
def acts_can_be_cited(parts: Parts) -> Iterable[Offence]:
    """An act has a title, a known kind, and a citation that no other act has."""
    seen: set[str] = set()
    for placed in parts.acts:
        act = placed.value
        if not act.title or act.kind not in ACT_KINDS or not act.citation or act.citation in seen:
            yield placed, act.id
        seen.add(act.citation)


@rule("B04")
def acts_are_signed_before_they_are_published(parts: Parts) -> Iterable[Offence]:
    """An act is signed on the day it is published, or before."""
    for placed in parts.acts:
        act = placed.value
        if act.signed and act.published and act.signed > act.published:
            yield placed, act.id
