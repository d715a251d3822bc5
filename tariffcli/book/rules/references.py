"""Rules on ids: used once, well formed, and every id that a row names exists."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tariffcli.book.assemble import Parts, Placed
from tariffcli.book.parse import many
from tariffcli.book.rules.registry import Offence, rule

_ID = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*$")
_KEYED = ("programmes", "stacking", "scopes", "conditions", "sources", "statements", "checkpoints", "events")


@rule("I01")
def ids_are_used_once(parts: Parts) -> Iterable[Offence]:
    """An id may be used only once in a table."""
    for kind in _KEYED:
        seen: set[str] = set()
        for file, line, row in parts.rows(kind):
            if row["id"] in seen:
                yield Placed(file, line, row), row["id"]
            seen.add(row["id"])


@rule("I02")
def ids_are_plain(parts: Parts) -> Iterable[Offence]:
    """An id is lower-case letters and digits joined with dashes, dots or underscores."""
    for kind in _KEYED:
        for file, line, row in parts.rows(kind):
            if not _ID.match(row["id"]):
                yield Placed(file, line, row), row["id"] or "blank"


@rule("I03")
def named_sources_exist(parts: Parts) -> Iterable[Offence]:
    """A row names a source that is not in sources.csv."""
    known = {placed.value.id for placed in parts.sources}
    for kind in ("events", "stacking", "scopes", "statements", "checkpoints"):
        for file, line, row in parts.rows(kind):
            for name in many(row["source_ids"]):
                if name not in known:
                    yield Placed(file, line, row), name


@rule("I04")
def named_programmes_exist(parts: Parts) -> Iterable[Offence]:
    """A row names a programme or family that is not in programmes.csv."""
    known = {placed.value.id for placed in parts.programmes}
    known |= {f"@{placed.value.family}" for placed in parts.programmes} | {"*"}
    for _, placed in parts.all_events():
        yield from ((placed, name) for name in placed.value.programmes if name not in known)
        if not placed.value.programmes:
            yield placed, "blank"
    for placed in parts.relations:
        yield from ((placed, name) for name in (placed.value.when, *placed.value.drops) if name not in known)
    for placed in parts.coverage:
        if placed.value.programme not in known:
            yield placed, placed.value.programme


@rule("I05")
def named_scopes_exist(parts: Parts) -> Iterable[Offence]:
    """A row names a scope that is not in scopes.csv."""
    known = {placed.value.id for placed in parts.scopes} | {"all"}
    for placed in (*(placed for _, placed in parts.all_events()), *parts.relations):
        if placed.value.scope not in known:
            yield placed, placed.value.scope or "blank"
    for placed in parts.categories:
        for code in placed.value.codes:
            if code.startswith("scope:") and code.removeprefix("scope:") not in known:
                yield placed, code


@rule("I06")
def named_conditions_exist(parts: Parts) -> Iterable[Offence]:
    """A row names a condition that is not in conditions.csv."""
    known = {placed.value.id for placed in parts.conditions}
    for _, placed in parts.all_events():
        yield from ((placed, term.condition) for term in placed.value.condition if term.condition not in known)


@rule("I07")
def undone_rows_exist(parts: Parts) -> Iterable[Offence]:
    """A row undoes an id that is no row of its importer."""
    for importer, placed in parts.all_events():
        known = {other.value.id for other in parts.events[importer]} | {"none", "earlier"}
        yield from ((placed, name) for name in placed.value.undoes if name not in known)


@rule("I08")
def answered_statements_exist(parts: Parts) -> Iterable[Offence]:
    """A statement answers an id that is not in statements.csv."""
    rows = parts.rows("statements")
    known = {row["id"] for _, _, row in rows}
    for file, line, row in rows:
        yield from ((Placed(file, line, row), name) for name in many(row["answers"]) if name not in known)


@rule("I09")
def importers_have_programmes(parts: Parts) -> Iterable[Offence]:
    """A row names an importer that charges nothing in programmes.csv."""
    known = {placed.value.importer for placed in parts.programmes}
    for placed in (*parts.categories, *parts.scopes, *parts.coverage, *parts.editions):
        if placed.value.importer not in known:
            yield placed, placed.value.importer or "blank"
    for importer, placed in parts.all_events():
        if importer not in known:
            yield placed, importer
