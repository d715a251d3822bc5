"""All tables read together: text to values, with every cell that could not be read as a finding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tariffcli.book import parse
from tariffcli.book.tables import Finding, Row, Table, read_tables
from tariffcli.errors import TariffError
from tariffcli.law.model import Listing, Relation

DEFAULT_ZONE = "UTC"


class Placed(NamedTuple):
    """A value with the file and line it stands in."""

    file: str
    line: int
    value: Any


class Parts(NamedTuple):
    """A whole record in values, each with its place, and what could not be read."""

    tables: dict[str, list[Table]]
    programmes: list[Placed]
    events: dict[str, list[Placed]]
    relations: list[Placed]
    conditions: list[Placed]
    categories: list[Placed]
    scopes: list[Placed]
    listings: dict[str, list[tuple[Placed, str]]]
    items: list[Placed]
    sources: list[Placed]
    coverage: list[Placed]
    memberships: list[Placed]
    editions: list[Placed]
    lines: dict[str, list[Placed]]
    ordinary: dict[str, list[Placed]]
    fees: list[Placed]
    reporting: list[Placed]
    findings: list[Finding]

    def rows(self, kind: str) -> list[tuple[str, int, Row]]:
        """The raw rows of a kind of table with their places."""
        return [(table.file, line, row) for table in self.tables[kind] for line, row in table.rows]

    def all_events(self) -> list[tuple[str, Placed]]:
        """Every event with its importer."""
        return [(importer, placed) for importer, many in self.events.items() for placed in many]


def assemble(data: Path) -> Parts:
    """Read a record. Raises RecordError only when there is no record at all; everything else becomes a finding."""
    every, findings = read_tables(data)
    tables: dict[str, list[Table]] = {}
    for table in every:
        tables.setdefault(table.kind, []).append(table)

    def read(kind: str, make: Callable[[Row], Any]) -> list[Placed]:
        return [placed for table in tables.get(kind, []) for placed in _values(table, make, findings)]

    programmes = read("programmes", parse.programme)
    zone_of_programme = {placed.value.id: placed.value.zone for placed in programmes}
    zone_of_importer = {placed.value.importer: placed.value.zone for placed in programmes}

    def zone_of(cell: str) -> str:
        names = parse.many(cell)
        return zone_of_programme.get(names[0], DEFAULT_ZONE) if names else DEFAULT_ZONE

    def relation(row: Row) -> Relation:
        involved = [name for name in (row["when"], *parse.many(row["drops"])) if name in zone_of_programme]
        return parse.relation(row, zone_of_programme[involved[0]] if involved else DEFAULT_ZONE)

    def by_stem(kind: str, make: Callable[[Row, str], Any]) -> dict[str, list[Placed]]:
        found: dict[str, list[Placed]] = {}
        for table in tables.get(kind, []):
            zone = zone_of_importer.get(table.stem, DEFAULT_ZONE)
            found[table.stem] = _values(table, lambda row, zone=zone: make(row, zone), findings)
        return found

    return Parts(
        tables,
        programmes,
        by_stem("events", lambda row, _: parse.event(row, zone_of(row["programme"]))),
        read("stacking", relation),
        read("conditions", parse.condition),
        read("categories", parse.category),
        read("scopes", parse.scope),
        {table.stem: _listings(table) for table in tables.get("lines", [])},
        read("items", parse.item),
        read("sources", parse.source),
        read("coverage", parse.coverage),
        read("areas", lambda row: parse.membership(row, _zone_of_area(row["area"], tables, zone_of_importer))),
        read("editions", lambda row: parse.edition(row, zone_of_importer.get(row["importer"], DEFAULT_ZONE))),
        by_stem("schedules", parse.line),
        by_stem("ordinary", parse.ordinary),
        read("fees", parse.fee),
        read("reporting", parse.reporting),
        findings,
    )


def _zone_of_area(area: str, tables: dict[str, list[Table]], zones: dict[str, str]) -> str:
    """The clock by which an area's days are counted: that of the importer whose acts name it."""
    named = (table.stem for table in tables.get("events", []) if any(f"@{area}" in row["origin"] for _, row in table.rows))
    return next((zones[importer] for importer in sorted(named) if importer in zones), DEFAULT_ZONE)


def _values(table: Table, make: Callable[[Row], Any], findings: list[Finding]) -> list[Placed]:
    found: list[Placed] = []
    for number, row in table.rows:
        try:
            found.append(Placed(table.file, number, make(row)))
        except TariffError as error:
            subject = row.get("id") or row.get("code") or ""
            findings.append(Finding(table.file, number, "T07", str(error), subject))
    return found


def _listings(table: Table) -> list[tuple[Placed, str]]:
    return [
        (Placed(table.file, number, Listing(table.stem, parse.whole_line(row["prefix"]), row["sign"] == "in")), row["edition"])
        for number, row in table.rows
    ]
