"""A compiled record as bytes: several small databases in one file.

Each has a sum that is compared before it is believed.

The file: one line that gives the length and the sum of the head; the head (JSON: format, stamp, and
of each section its length and sum); the sections. A section is read when it is needed, and only
what is read is compared.
"""

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from zlib import crc32

_MARK = "tariff-record"
_LONGEST_LINE, _LONGEST_HEAD = 64, 1 << 26


class Head(NamedTuple):
    """What a sealed record says of itself: its format, its tables, and where its sections are."""

    format: str
    stamp: str
    sections: Mapping[str, tuple[int, int, int]]
    """Start, length and sum by name."""

    @property
    def length(self) -> int:
        """How long the whole of it is."""
        return max(start + length for start, length, _ in self.sections.values())


def seal(form: str, stamp: str, bodies: Mapping[str, bytes]) -> bytes:
    """The bytes of a record whose databases are `bodies`."""
    sections = [(name, len(body), _sum(name, stamp, body)) for name, body in bodies.items()]
    head = json.dumps([form, stamp, sections]).encode()
    line = f"{_MARK} {len(head)} {crc32(head)}\n".encode()
    return b"".join([line, head, *bodies.values()])


def read_head(stream: BinaryIO) -> Head | None:
    """The head of a sealed record, at the start of a stream; None where it is none, or damaged."""
    line = stream.readline(_LONGEST_LINE)
    try:
        mark, length, told = line.decode("ascii").split()
        head = (
            stream.read(int(length)) if mark == _MARK and 0 < int(length) < _LONGEST_HEAD else b""
        )
        if crc32(head) != int(told):
            return None
        form, stamp, sections = json.loads(head)
        return Head(form, stamp, _placed(len(line) + len(head), sections))
    except (ValueError, TypeError):
        return None


def _placed(start: int, sections: list[Any]) -> dict[str, tuple[int, int, int]]:
    found: dict[str, tuple[int, int, int]] = {}
    for name, length, told in sections:
        found[name] = (start, length, told)
        start += length
    return found


def read_section(stream: BinaryIO, head: Head, name: str) -> bytes | None:
    """One of the databases of a sealed record, as bytes; None where it is not what was sealed."""
    start, length, told = head.sections[name]
    stream.seek(start)
    body = stream.read(length)
    return body if _sum(name, head.stamp, body) == told else None


def _sum(name: str, stamp: str, body: bytes) -> int:
    """A sum of a section that holds for this name and these tables alone.

    No section stands for another.
    """
    return crc32(body, crc32(f"{name} {stamp}".encode(errors="surrogatepass")))


IN_MEMORY = hasattr(sqlite3.Connection, "deserialize")
"""Whether this Python's SQLite reads a database from memory.

One built without that reads files only.
"""


def opened(body: bytes) -> sqlite3.Connection:
    """A database from its bytes, which were compared; it cannot be written."""
    if IN_MEMORY:
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        connection.deserialize(body)
    else:
        connection = _from_file(body)
    connection.execute("PRAGMA query_only = 1")
    return connection


def _from_file(body: bytes) -> sqlite3.Connection:
    """A database by way of a file in a private folder.

    On POSIX it is gone again once it is open.
    """
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="tariff-record-", ignore_cleanup_errors=True) as folder:
        path = Path(folder, "record.sqlite")
        path.write_bytes(body)
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        connection.execute("PRAGMA schema_version")  # opens it, while its name is there
    return connection


def bytes_of(connection: sqlite3.Connection) -> bytes:
    """A database as the bytes of its file."""
    if IN_MEMORY:
        return connection.serialize()
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="tariff-record-") as folder:
        path = Path(folder, "record.sqlite")
        copy = sqlite3.connect(path)
        with copy:
            connection.backup(copy)
        copy.close()
        return path.read_bytes()
