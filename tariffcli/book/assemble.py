"""All tables read together: text to values, with every cell that could not be read as a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from tariffcli.book.parse import listing, many, reader_of
from tariffcli.book.schema import TABLES
from tariffcli.book.tables import Finding, Row, TableFile, read_tables
from tariffcli.errors import TariffError
from tariffcli.law.model import Event, Programme, Relation
from tariffcli.law.reference import Scope

DEFAULT_ZONE = "UTC"

NO_ACT = "no act found"
"""What answers print where a row of law names no act: nobody knows what followed."""


class Placed(NamedTuple):
    """A value with the file and line it stands in."""

    file: str
    line: int
    value: Any


class Parts(NamedTuple):
    """A whole record in values, each with its place, and what could not be read."""

    tables: dict[str, list[TableFile]]
    programmes: list[Placed]
    events: dict[str, list[Placed]]
    relations: list[Placed]
    acts: list[Placed]
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
    interest: list[Placed]
    caveats: list[Placed]
    headings: list[Placed]
    findings: list[Finding]

    def rows(self, kind: str) -> list[tuple[str, int, Row]]:
        """The raw rows of a kind of table with their places."""
        return [(table.file, line, row) for table in self.tables[kind] for line, row in table.rows]

    def all_events(self) -> list[tuple[str, Placed]]:
        """Every event with its importer."""
        return [(importer, placed) for importer, rows in self.events.items() for placed in rows]


def assemble(data: Path) -> Parts:
    """Read a record.

    Raises RecordError only when there is no record at all; everything else becomes a finding.
    """
    every, findings = read_tables(data)
    tables: dict[str, list[TableFile]] = {kind: [] for kind in TABLES}
    for one in every:
        tables[one.kind].append(one)
    programmes = [
        placed
        for one in tables["programmes"]
        for placed in _values(one, lambda _, __: DEFAULT_ZONE, findings)
    ]
    zones = _Zones([placed.value for placed in programmes], tables["events"])

    def by_stem(kind: str) -> dict[str, list[Placed]]:
        zone_of = zones.of(kind)
        return {one.stem: _values(one, zone_of, findings) for one in tables[kind]}

    def read(kind: str) -> list[Placed]:
        return [placed for rows in by_stem(kind).values() for placed in rows]

    acts = read("acts")
    cited = _Citations(acts)

    return Parts(
        tables=tables,
        programmes=programmes,
        events={stem: cited.in_words(rows) for stem, rows in by_stem("events").items()},
        relations=cited.in_words(read("stacking")),
        acts=acts,
        conditions=read("conditions"),
        categories=read("categories"),
        scopes=cited.in_words(read("scopes")),
        listings={one.stem: _listings(one) for one in tables["lines"]},
        items=read("items"),
        sources=read("sources"),
        coverage=read("coverage"),
        memberships=read("areas"),
        editions=read("editions"),
        lines=by_stem("schedules"),
        ordinary=by_stem("ordinary"),
        fees=read("fees"),
        reporting=read("reporting"),
        interest=read("interest"),
        caveats=read("caveats"),
        headings=read("headings"),
        findings=findings,
    )


class _Citations:
    """How the acts of a record are cited."""

    def __init__(self, acts: Iterable[Placed]) -> None:
        self._by_id: dict[str, str] = {placed.value.id: placed.value.citation for placed in acts}

    def in_words(self, rows: Iterable[Placed]) -> list[Placed]:
        """Rows that name acts by id, with the acts cited beside."""
        return [one._replace(value=one.value._replace(act=self._words(one.value))) for one in rows]

    def _words(self, row: Event | Relation | Scope) -> str:
        if not row.act_ids and isinstance(row, Event) and row.status == "law":
            return NO_ACT
        return "; ".join(self._by_id.get(name, name) for name in row.act_ids)


ZoneOf = Callable[[TableFile, Row], str]
"""The clock by which the days and minutes of a row are counted."""


class _Zones:
    """The clocks of a record's rows.

    Those of the programmes, or of the importers, that they name.
    """

    def __init__(self, programmes: list[Programme], events: list[TableFile]) -> None:
        self._of_programme = {programme.id: programme.zone for programme in programmes}
        self._of_importer = {programme.importer: programme.zone for programme in programmes}
        self._events = events

    def of(self, kind: str) -> ZoneOf:
        """What gives the clock of each row of a kind of table."""
        ways: dict[str, ZoneOf] = {
            "events": lambda _, row: self._first_of(many(row["programme"])[:1]),
            "stacking": lambda _, row: self._first_of((row["when"], *many(row["drops"]))),
            "areas": lambda _, row: self._of_area(row["area"]),
            "editions": lambda _, row: self._of_importer.get(row["importer"], DEFAULT_ZONE),
        }
        return ways.get(kind, lambda table, _: self._of_importer.get(table.stem, DEFAULT_ZONE))

    def _first_of(self, programmes: Iterable[str]) -> str:
        known = (name for name in programmes if name in self._of_programme)
        return self._of_programme.get(next(known, ""), DEFAULT_ZONE)

    def _of_area(self, area: str) -> str:
        """The clock of the importer whose acts name the area."""
        named = sorted(
            table.stem
            for table in self._events
            if any(f"@{area}" in row["origin"] for _, row in table.rows)
        )
        zones = (self._of_importer[name] for name in named if name in self._of_importer)
        return next(zones, DEFAULT_ZONE)


def _values(table: TableFile, zone_of: ZoneOf, findings: list[Finding]) -> list[Placed]:
    read = reader_of(TABLES[table.kind])
    found: list[Placed] = []
    for number, row in table.rows:
        try:
            found.append(Placed(table.file, number, read(row, zone_of(table, row))))
        except TariffError as error:
            subject = row.get("id") or row.get("code") or ""
            findings.append(Finding(table.file, number, "T07", str(error), subject))
    return found


def _listings(table: TableFile) -> list[tuple[Placed, str]]:
    return [
        (Placed(table.file, number, listing(table.stem, row)), row["edition"])
        for number, row in table.rows
    ]
