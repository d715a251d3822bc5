"""The compiled form: one read-only SQLite file that says what the tables say, so that a cold start reads only what it needs.

The tables are the truth. The file is rebuilt when they changed or when it is corrupt, and done without where it cannot be
written. It holds nothing that is executed: numbers are text, rows are JSON arrays.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tariffcli.book.fingerprint import of_content, on_disk
from tariffcli.errors import RecordError
from tariffcli.law.model import Selector
from tariffcli.law.products import fold_word

if TYPE_CHECKING:
    from tariffcli.book.assemble import Parts

FORMAT = "12"
"""Raise it whenever the compiled form changes."""

_SCHEMA = """
CREATE TABLE blob (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE source (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE listing (
    importer TEXT, prefix TEXT, scope TEXT, edition TEXT, inside INTEGER, PRIMARY KEY (importer, prefix, scope, edition)
) WITHOUT ROWID;
CREATE INDEX listing_scope ON listing (scope);
CREATE TABLE item (scope TEXT, code TEXT, place INTEGER, body TEXT NOT NULL, PRIMARY KEY (scope, code, place)) WITHOUT ROWID;
CREATE TABLE word (word TEXT PRIMARY KEY, code TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE country (code TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE subheading (edition TEXT, code TEXT, PRIMARY KEY (edition, code)) WITHOUT ROWID;
CREATE TABLE mapped (edition TEXT, code TEXT, answers TEXT, PRIMARY KEY (edition, code, answers)) WITHOUT ROWID;
CREATE TABLE line (importer TEXT, code TEXT, duty TEXT, since INTEGER, until INTEGER);
CREATE INDEX line_code ON line (importer, code);
CREATE TABLE ordinary (importer TEXT, code TEXT, body TEXT NOT NULL);
CREATE INDEX ordinary_code ON ordinary (importer, code);
CREATE TABLE description (importer TEXT, code TEXT, text TEXT, PRIMARY KEY (importer, code)) WITHOUT ROWID;
CREATE TABLE term (word TEXT PRIMARY KEY) WITHOUT ROWID;
"""


def open_compiled(data: Path) -> sqlite3.Connection:
    """The compiled form of the record in `data`, made or remade when needed. Raises RecordError when the record is broken."""
    stamp = f"{FORMAT};{sys.version_info[0]};{on_disk(data)}"
    path = cache_path(data)
    if path is not None:
        connection = _open(path, stamp)
        if connection is not None:
            return connection
    connection = _compile(data, stamp)
    if path is not None:
        _save(connection, path)
    return connection


def cache_path(data: Path) -> Path | None:
    """Where the compiled form of a record is kept, in the user's cache folder; None when there is no home for it."""
    base = os.environ.get("TARIFF_CACHE") or os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        folder = Path(base) if base else Path.home() / ".cache"
        place = str(data.resolve()).encode()
    except (OSError, RuntimeError):
        return None
    import zlib

    return folder.absolute() / "tariffcli" / f"record-{zlib.crc32(place):08x}-{len(place)}.sqlite"


def _open(path: Path, stamp: str) -> sqlite3.Connection | None:
    try:
        if not path.exists():
            return None
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, check_same_thread=False)
        found = connection.execute("SELECT body FROM blob WHERE name = 'stamp'").fetchone()
        if found and found[0] == stamp:
            return connection
        connection.close()
    except (sqlite3.Error, OSError, ValueError):
        pass
    return None


def forget_all() -> bool:
    """Throw away every compiled record of this user: one was found damaged. Says whether there was any."""
    path = cache_path(Path())
    found = list(path.parent.glob("record-*.sqlite")) if path is not None and path.parent.is_dir() else []
    try:
        for one in found:
            one.unlink(missing_ok=True)
    except OSError:
        return False
    return bool(found)


def _save(connection: sqlite3.Connection, path: Path) -> None:
    """Write a copy aside and rename it, so that no reader ever sees half of it; silently do without where that fails."""
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        copy = sqlite3.connect(aside)
        with copy:
            connection.backup(copy)
        copy.close()
        os.replace(aside, path)
    except (OSError, sqlite3.Error):
        aside.unlink(missing_ok=True) if aside.exists() else None


def to_bytes(connection: sqlite3.Connection) -> bytes:
    """A compiled record as the bytes of its file, to travel to another machine; `from_bytes` opens them there."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="tariff-record-") as folder:
        aside = Path(folder, "record.sqlite")
        copy = sqlite3.connect(aside)
        with copy:
            connection.backup(copy)
        copy.close()
        return aside.read_bytes()


def from_bytes(content: bytes) -> sqlite3.Connection:
    """A compiled record from the bytes of its file, read-only. Raises RecordError when they are none of this release.

    SQLite reads files, so they are written to a private folder of this process; on POSIX it is gone again once the file is open.
    """
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="tariff-record-", ignore_cleanup_errors=True) as folder:
        path = Path(folder, "record.sqlite")
        path.write_bytes(content)
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        try:
            found = connection.execute("SELECT body FROM blob WHERE name = 'stamp'").fetchone()
        except sqlite3.DatabaseError as error:
            raise RecordError(f"What came is no compiled record: {error}.") from None
    if not found or found[0].split(";")[0] != FORMAT:
        raise RecordError("The record was compiled by another release of this tool; install the same one on every machine.")
    return connection


def plain(value: Any) -> Any:
    """A value as JSON can hold it: decimals and selectors as text, tuples as arrays."""
    if isinstance(value, Selector):
        return value.text
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, tuple):
        return [plain(part) for part in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _compile(data: Path, stamp: str) -> sqlite3.Connection:
    from tariffcli.book.assemble import assemble  # heavy, and only when a record is compiled
    from tariffcli.book.rules import check
    from tariffcli.book.vocabulary import vocabulary

    parts = assemble(data)
    findings = check(parts)
    if findings:
        count = f"{len(findings)} finding{'s' * (len(findings) > 1)}"
        first = str(findings[0]).removesuffix(".")
        raise RecordError(f"The record at {data} has {count}, the first: {first}. Run `tariff check`.")
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.executescript(_SCHEMA)
    importer_of = {placed.value.id: placed.value.importer for placed in parts.programmes}
    scope_importer = {placed.value.id: placed.value.importer for placed in parts.scopes}
    blobs: dict[str, Any] = {
        "stamp": stamp,
        "fingerprint": of_content(data),
        "meta": {row["key"]: row["value"] for _, _, row in parts.rows("meta")},
    }
    for name in (
        "programmes",
        "conditions",
        "scopes",
        "coverage",
        "memberships",
        "editions",
        "fees",
        "reporting",
        "interest",
        "caveats",
        "headings",
    ):
        blobs[name] = [plain(placed.value) for placed in getattr(parts, name)]
    for name in ("countries", "statements", "glossary", "checkpoints", "areas"):
        blobs[name] = [row for _, _, row in parts.rows(name)]
    blobs["itemised"] = sorted({placed.value.scope for placed in parts.items})
    for importer, events in parts.events.items():
        blobs[f"events/{importer}"] = [plain(placed.value) for placed in events]
    for placed in parts.relations:
        involved = {importer_of[name] for name in (placed.value.when, *placed.value.drops) if name in importer_of}
        for importer in involved or set(importer_of.values()):
            blobs.setdefault(f"relations/{importer}", []).append(plain(placed.value))
    for placed in parts.categories:
        blobs.setdefault(f"categories/{placed.value.importer}", []).append(plain(placed.value))
    with connection:
        connection.executemany("INSERT INTO blob VALUES (?, ?)", [(name, _text(body)) for name, body in blobs.items()])
        connection.executemany("INSERT INTO source VALUES (?, ?)", [(p.value.id, _text(plain(p.value))) for p in parts.sources])
        subheadings = [(row["edition"], row["code"]) for _, _, row in parts.rows("subheadings")]
        connection.executemany("INSERT INTO subheading VALUES (?, ?)", subheadings)
        connection.executemany("INSERT INTO mapped VALUES (?, ?, ?)", _mapped(parts))
        countries = blobs["countries"]
        connection.executemany("INSERT INTO country VALUES (?, ?)", [(row["code"], row["name"]) for row in countries])
        connection.executemany(
            "INSERT OR IGNORE INTO word VALUES (?, ?)", [(word, row["code"]) for row in countries for word in country_words(row)]
        )
        connection.executemany(
            "INSERT INTO listing VALUES (?, ?, ?, ?, ?)",
            [
                (scope_importer[scope], placed.value.prefix, scope, edition, int(placed.value.inside))
                for scope, rows in parts.listings.items()
                for placed, edition in rows
            ],
        )
        connection.executemany("INSERT INTO item VALUES (?, ?, ?, ?)", _items(parts))
        connection.executemany(
            "INSERT INTO line VALUES (?, ?, ?, ?, ?)",
            [(importer, *placed.value[:4]) for importer, rows in parts.lines.items() for placed in rows],
        )
        connection.executemany(
            "INSERT INTO ordinary VALUES (?, ?, ?)",
            [(importer, placed.value.code, _text(plain(placed.value))) for importer, rows in parts.ordinary.items() for placed in rows],
        )
        described = [
            (table.stem, row["code"], row["description"]) for table in parts.tables.get("descriptions", []) for _, row in table.rows
        ]
        connection.executemany("INSERT INTO description VALUES (?, ?, ?)", described)
        texts = [text for _, _, text in described]
        texts += [name for placed in parts.categories for name in (placed.value.name, *placed.value.aliases)]
        connection.executemany("INSERT INTO term VALUES (?)", [(word,) for word in sorted(vocabulary(texts))])
    return connection


def _items(parts: Parts) -> Iterator[tuple[str, str, int, str]]:
    """The items of lists, one row a code, numbered as items are: 2 before 10."""
    items = sorted((placed.value for placed in parts.items), key=lambda one: (one.scope, one.provision, in_number_order(one.number)))
    for place, one in enumerate(items):
        for code in one.codes:
            yield one.scope, code, place, _text(plain(one))


def in_number_order(number: str) -> tuple[int, str]:
    """What sorts item numbers as people count: 2, 10, 10 (second)."""
    digits = number[: len(number) - len(number.lstrip("0123456789"))]
    return int(digits or 0), number


def _mapped(parts: Parts) -> Iterator[tuple[str, str, str]]:
    """The concordance in both directions: in an edition, which of its codes answers for a code of another."""
    for _, _, row in parts.rows("concordance"):
        yield row["newer_edition"], row["older"], row["newer"]
        yield row["older_edition"], row["newer"], row["older"]


def country_words(row: dict[str, str]) -> list[str]:
    """Everything a country may be called, as it is compared."""
    names = (row["code"], row["alpha3"], row["census"], row["name"], row["name_zh"], *row["aliases"].split(";"))
    return [fold_word(name) for name in names if name.strip()]


def _text(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
