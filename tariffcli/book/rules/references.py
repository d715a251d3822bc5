"""Rules on ids: used once, well formed, and every id that a row names exists."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tariffcli.book.assemble import Parts, Placed
from tariffcli.book.parse import many
from tariffcli.book.rules.registry import Offence, rule
from tariffcli.law.assess import ORDINARY

_ID = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*$")
_KEY = {"countries": "code"}
_KEYED = (
    *(
        "countries",
        "programmes",
        "stacking",
        "acts",
        "scopes",
        "conditions",
        "sources",
        "statements",
        "checkpoints",
        "events",
    ),
    *("fees", "reporting", "interest", "caveats", "headings"),
)


@rule("I01")
def ids_are_used_once(parts: Parts) -> Iterable[Offence]:
    """An id may be used only once in a table."""
    for kind in _KEYED:
        seen: set[str] = set()
        for file, line, row in parts.rows(kind):
            name = row[_KEY.get(kind, "id")]
            if name in seen:
                yield Placed(file, line, row), name
            seen.add(name)


@rule("I02")
def ids_are_plain(parts: Parts) -> Iterable[Offence]:
    """An id is lower-case letters and digits joined with dashes, dots or underscores."""
    for kind in _KEYED:
        for file, line, row in parts.rows(kind):
            name = row[_KEY.get(kind, "id")]
            if not _ID.match(name):
                yield Placed(file, line, row), name or "blank"


@rule("I03")
def named_sources_exist(parts: Parts) -> Iterable[Offence]:
    """A row names a source that is not in sources.csv."""
    known = {placed.value.id for placed in parts.sources}
    acts = (
        "events",
        "stacking",
        "acts",
        "scopes",
        "statements",
        "checkpoints",
        "counts",
        "editions",
        "ordinary",
    )
    for kind in (*acts, "fees", "reporting", "interest", "caveats", "headings"):
        for file, line, row in parts.rows(kind):
            for name in many(row["source_ids"]):
                if name not in known:
                    yield Placed(file, line, row), name


@rule("I04")
def named_programmes_exist(parts: Parts) -> Iterable[Offence]:
    """A row names a programme or family that is not in programmes.csv."""
    known = {placed.value.id for placed in parts.programmes}
    known |= {f"@{placed.value.family}" for placed in parts.programmes if placed.value.family} | {
        "*"
    }
    for _, placed in parts.all_events():
        yield from ((placed, name) for name in placed.value.programmes if name not in known)
        if not placed.value.programmes:
            yield placed, "blank"
    for placed in parts.relations:
        yield from (
            (placed, name) for name in (placed.value.when, *placed.value.drops) if name not in known
        )
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
        yield from (
            (placed, term.condition)
            for term in placed.value.condition
            if term.condition not in known
        )


@rule("I07")
def undone_rows_exist(parts: Parts) -> Iterable[Offence]:
    """A row undoes an id that is no row of its importer."""
    for rows in parts.events.values():
        known = {placed.value.id for placed in rows} | {"none", "earlier"}
        for placed in rows:
            yield from ((placed, name) for name in placed.value.undoes if name not in known)


@rule("I08")
def answered_statements_exist(parts: Parts) -> Iterable[Offence]:
    """A statement answers an id that is not in statements.csv."""
    rows = parts.rows("statements")
    known = {row["id"] for _, _, row in rows}
    for file, line, row in rows:
        yield from (
            (Placed(file, line, row), name) for name in many(row["answers"]) if name not in known
        )


@rule("I09")
def importers_have_programmes(parts: Parts) -> Iterable[Offence]:
    """A row names an importer that charges nothing in programmes.csv."""
    known = {placed.value.importer for placed in parts.programmes}
    beside = (*parts.fees, *parts.reporting, *parts.interest, *parts.caveats, *parts.headings)
    for placed in (*parts.categories, *parts.scopes, *parts.coverage, *parts.editions, *beside):
        if placed.value.importer not in known:
            yield placed, placed.value.importer or "blank"
    for importer, placed in parts.all_events():
        if importer not in known:
            yield placed, importer


@rule("I10")
def importers_have_acts(parts: Parts) -> Iterable[Offence]:
    """An importer of programmes.csv has no table of acts in events/, or an empty one."""
    for placed in parts.programmes:
        if not parts.events.get(placed.value.importer):
            yield placed, placed.value.importer


@rule("I11")
def lists_belong_to_the_importer(parts: Parts) -> Iterable[Offence]:
    """A row names a list of another importer."""
    owner = {placed.value.id: placed.value.importer for placed in parts.scopes}
    for importer, placed in parts.all_events():
        if owner.get(placed.value.scope, importer) != importer:
            yield placed, placed.value.scope
    for placed in parts.categories:
        for code in placed.value.codes:
            if (
                owner.get(code.removeprefix("scope:"), placed.value.importer)
                != placed.value.importer
            ):
                yield placed, code


@rule("P01")
def programmes_of_an_importer_share_a_clock(parts: Parts) -> Iterable[Offence]:
    """Programmes of one importer share its legal zone, and none is called `ordinary`."""
    zones: dict[str, str] = {}
    for placed in sorted(parts.programmes, key=lambda one: one.value.id):
        if (
            zones.setdefault(placed.value.importer, placed.value.zone) != placed.value.zone
            or placed.value.id == ORDINARY
        ):
            yield placed, placed.value.id
