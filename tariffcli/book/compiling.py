"""How the tables become the compiled form: the rows of each of its databases.

Loaded only when a record is compiled.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tariffcli.book.assemble import Parts, Placed, assemble
from tariffcli.book.codec import How, how_stored, stored
from tariffcli.book.columns import Table
from tariffcli.book.compiled import chapter_section
from tariffcli.book.fingerprint import of_content
from tariffcli.book.rules import check
from tariffcli.book.schema import TABLES
from tariffcli.book.vocabulary import vocabulary
from tariffcli.errors import RecordError
from tariffcli.law.model import Relation
from tariffcli.law.products import fold_word

Rows = Iterable[tuple[Any, ...]]

SECTIONS: Mapping[str, str] = {
    "core": """
CREATE TABLE blob (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE row (kind TEXT, id TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE word (word TEXT PRIMARY KEY, code TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE country (code TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
""",
    "scopes": """
CREATE TABLE scope_listing (
    scope TEXT, prefix TEXT, edition TEXT, inside INTEGER, PRIMARY KEY (scope, prefix, edition)
) WITHOUT ROWID;
""",
    "items": """
CREATE TABLE item (
    scope TEXT, code TEXT, place INTEGER, body TEXT NOT NULL, PRIMARY KEY (scope, code, place)
) WITHOUT ROWID;
""",
    "editions": """
CREATE TABLE subheading (edition TEXT, code TEXT, PRIMARY KEY (edition, code)) WITHOUT ROWID;
CREATE TABLE mapped (
    edition TEXT, code TEXT, answers TEXT, PRIMARY KEY (edition, code, answers)
) WITHOUT ROWID;
""",
    "texts": """
CREATE TABLE description (
    importer TEXT, code TEXT, text TEXT, PRIMARY KEY (importer, code)
) WITHOUT ROWID;
CREATE TABLE term (word TEXT PRIMARY KEY) WITHOUT ROWID;
""",
}
"""The tables of each section.

What every question reads stands together, what only some ask stands apart.
"""

CHAPTER = """
PRAGMA page_size = 1024;
CREATE TABLE listing (
    prefix TEXT, scope TEXT, edition TEXT, inside INTEGER, PRIMARY KEY (prefix, scope, edition)
) WITHOUT ROWID;
CREATE TABLE line (code TEXT, duty TEXT, since INTEGER, until INTEGER);
CREATE INDEX line_code ON line (code);
CREATE TABLE ordinary (code TEXT, body TEXT NOT NULL);
CREATE INDEX ordinary_code ON ordinary (code);
"""
"""What is held of one chapter of an importer's tariff: a question about a code reads no other.

Most chapters are small, and so are the pages of their databases.
"""

_ROWS = ("countries", "statements", "glossary", "checkpoints")
"""Tables that are kept as they are written."""


def compile_record(data: Path) -> dict[str, sqlite3.Connection]:
    """The databases of a record by section. Raises RecordError when it is broken."""
    parts = assemble(data)
    findings = check(parts)
    if findings:
        count = f"{len(findings)} finding{'s' * (len(findings) > 1)}"
        # Other findings may follow from these.
        unread = [one for one in findings if one.rule in ("T01", "T02")]
        first = str((unread or findings)[0]).removesuffix(".")
        raise RecordError(
            f"The record at {data} has {count}, the first: {first}. Run `tariff check`."
        )
    rows = {
        "core": _core(parts, of_content(data)),
        "scopes": {
            "scope_listing": [
                (scope, prefix, edition, inside)
                for _, prefix, scope, edition, inside in _listings(parts)
            ]
        },
        "items": {"item": _items(parts)},
        "editions": _editions(parts),
        "texts": _texts(parts),
    }
    return {
        **{section: _database(schema, rows[section]) for section, schema in SECTIONS.items()},
        **{section: _database(CHAPTER, tables) for section, tables in _chapters(parts).items()},
    }


def _database(schema: str, tables: Mapping[str, Rows]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.executescript(schema)
    with connection:
        for table, rows in tables.items():
            many = len(connection.execute(f"SELECT * FROM {table}").description)
            connection.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * many)})", rows)
    connection.execute("PRAGMA query_only = 1")
    return connection


def _core(parts: Parts, fingerprint: str) -> dict[str, Rows]:
    countries = [row for _, _, row in parts.rows("countries")]
    words: dict[str, str] = {}
    for row in countries:
        for word in country_words(row):
            words.setdefault(word, row["code"])
    return {
        "blob": [(name, _text(body)) for name, body in _blobs(parts, fingerprint).items()],
        "row": [*_by_id("sources", parts.sources), *_by_id("acts", parts.acts)],
        "country": [(row["code"], row["name"]) for row in countries],
        "word": words.items(),
    }


def _by_id(kind: str, rows: Iterable[Placed]) -> Rows:
    """Tables of which a question reads single rows."""
    return [(kind, placed.value.id, _text(stored(placed.value))) for placed in rows]


def _blobs(parts: Parts, fingerprint: str) -> dict[str, Any]:
    """What is read whole: short tables, and of long ones what one importer's questions need."""
    return {
        "fingerprint": fingerprint,
        "meta": {row["key"]: row["value"] for _, _, row in parts.rows("meta")},
        "how": {kind: _how(table) for kind, table in TABLES.items() if table.value is not None},
        "itemised": sorted({placed.value.scope for placed in parts.items}),
        **{f"rows/{kind}": [row for _, _, row in parts.rows(kind)] for kind in _ROWS},
        **{kind: _stored(rows) for kind, rows in _whole_tables(parts).items()},
        **{f"events/{importer}": _stored(rows) for importer, rows in parts.events.items()},
        **_by_importer("stacking", parts.relations, _importers_of_relations(parts)),
        **_by_importer("categories", parts.categories, lambda row: {row.importer}),
    }


def _whole_tables(parts: Parts) -> dict[str, list[Placed]]:
    """Tables whose values are all read when one is."""
    return {
        "programmes": parts.programmes,
        "conditions": parts.conditions,
        "scopes": parts.scopes,
        "coverage": parts.coverage,
        "areas": parts.memberships,
        "editions": parts.editions,
        "fees": parts.fees,
        "reporting": parts.reporting,
        "interest": parts.interest,
        "caveats": parts.caveats,
        "headings": parts.headings,
    }


def _how(table: Table) -> How:
    """Which fields of a table's values are to be restored, and how."""
    types = {column.field: column.type for column in table.columns}
    return how_stored(table.value._fields, types) if table.value is not None else ()


def _stored(rows: Iterable[Placed]) -> list[Any]:
    return [stored(placed.value) for placed in rows]


def _importers_of_relations(parts: Parts) -> Callable[[Relation], set[str]]:
    """Whose questions a relation is read for: those of its programmes, or everybody's."""
    importer_of = {placed.value.id: placed.value.importer for placed in parts.programmes}
    everybody = set(importer_of.values())

    def importers(row: Relation) -> set[str]:
        involved = (row.when, *row.drops)
        return {importer_of[name] for name in involved if name in importer_of} or everybody

    return importers


def _by_importer(
    kind: str, rows: Iterable[Placed], importers_of: Callable[[Any], set[str]]
) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for placed in rows:
        for importer in importers_of(placed.value):
            found.setdefault(f"{kind}/{importer}", []).append(stored(placed.value))
    return found


def _listings(parts: Parts) -> Rows:
    importer_of = {placed.value.id: placed.value.importer for placed in parts.scopes}
    for scope, rows in parts.listings.items():
        for placed, edition in rows:
            yield importer_of[scope], placed.value.prefix, scope, edition, int(placed.value.inside)


def _items(parts: Parts) -> Iterator[tuple[str, str, int, str]]:
    """The items of lists, one row a code, numbered as items are: 2 before 10."""
    items = sorted(
        (placed.value for placed in parts.items),
        key=lambda one: (one.scope, one.provision, in_number_order(one.number)),
    )
    for place, one in enumerate(items):
        for code in one.codes:
            yield one.scope, code, place, _text(stored(one))


def in_number_order(number: str) -> tuple[int, str]:
    """What sorts item numbers as people count: 2, 10, 10 (second)."""
    digits = number[: len(number) - len(number.lstrip("0123456789"))]
    return int(digits or 0), number


def _editions(parts: Parts) -> dict[str, Rows]:
    return {
        "subheading": [(row["edition"], row["code"]) for _, _, row in parts.rows("subheadings")],
        "mapped": _mapped(parts),
    }


def _chapters(parts: Parts) -> dict[str, dict[str, list[tuple[Any, ...]]]]:
    """The rows of each chapter's database, by the name of its section."""
    found: dict[str, dict[str, list[tuple[Any, ...]]]] = {}

    def add(importer: str, code: str, table: str, row: tuple[Any, ...]) -> None:
        found.setdefault(chapter_section(importer, code), {}).setdefault(table, []).append(row)

    for importer, prefix, scope, edition, inside in _listings(parts):
        add(importer, prefix, "listing", (prefix, scope, edition, inside))
    for importer, rows in parts.lines.items():
        for placed in rows:
            add(importer, placed.value.code, "line", tuple(placed.value[:4]))
    for importer, rows in parts.ordinary.items():
        for placed in rows:
            add(
                importer,
                placed.value.code,
                "ordinary",
                (placed.value.code, _text(stored(placed.value))),
            )
    return found


def _mapped(parts: Parts) -> Iterator[tuple[str, str, str]]:
    """The concordance in both directions.

    In an edition, which of its codes answers for a code of another.
    """
    for _, _, row in parts.rows("concordance"):
        yield row["newer_edition"], row["older"], row["newer"]
        yield row["older_edition"], row["newer"], row["older"]


def _texts(parts: Parts) -> dict[str, Rows]:
    tables = parts.tables.get("descriptions", [])
    described = [
        (table.stem, row["code"], row["description"]) for table in tables for _, row in table.rows
    ]
    texts = [text for _, _, text in described]
    texts += [
        name for placed in parts.categories for name in (placed.value.name, *placed.value.aliases)
    ]
    return {"description": described, "term": [(word,) for word in sorted(vocabulary(texts))]}


def country_words(row: dict[str, str]) -> list[str]:
    """Everything a country may be called, as it is compared."""
    names = (
        row["code"],
        row["alpha3"],
        row["census"],
        row["name"],
        row["name_zh"],
        *row["aliases"].split(";"),
    )
    return [fold_word(name) for name in names if name.strip()]


def _text(body: Any) -> str:
    return (
        body
        if isinstance(body, str)
        else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    )
