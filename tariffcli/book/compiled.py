"""The compiled form of a record: one read-only file that says what the tables say.

A cold start reads only the parts it needs.

The tables are the truth. The file is rebuilt when they have changed, and when a sum says that what
is read of it is not what was written; where it cannot be written, the program works without it. It
holds nothing that is executed: numbers are text, rows JSON arrays.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from _thread import allocate_lock  # all of threading would cost the quick start a millisecond
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tariffcli import files
from tariffcli.book.fingerprint import on_disk
from tariffcli.book.sealed import Head, bytes_of, opened, read_head, read_section, seal
from tariffcli.errors import RecordError, TariffError

FORMAT = "18"
"""Raise it whenever the compiled form changes."""

_SECTIONS = frozenset({"core", "scopes", "items", "editions", "texts"})
"""The databases of a record, beside one for each chapter of each importer's tariff.

What every question reads stands in `core`, what only some ask in the others.
"""

_CHAPTERS = "chapters/"

Sections = Mapping[str, sqlite3.Connection]


def chapter_section(importer: str, code: str) -> str:
    """The name of the section that holds an importer's lines, lists and duties for a code."""
    return f"{_CHAPTERS}{importer}/{code[:2]}"


class Compiled:
    """A compiled record, whose sections are opened when they are first asked for.

    `names` are all its sections, `found` those that are open, `later` opens others.
    """

    def __init__(
        self,
        stamp: str,
        names: Iterable[str],
        found: Sections,
        later: Callable[[str], Sections] | None = None,
    ) -> None:
        self._stamp = stamp
        self._names = frozenset(names)
        self._found = dict(found)
        self._later = later
        self._lock = allocate_lock()

    def at(self, section: str) -> sqlite3.Connection:
        """The database of a section.

        Raises RecordError where its file is damaged and the tables cannot be read anew.
        """
        found = self._found.get(section)
        return found if found is not None else self._opened(section)

    def chapters(self, importer: str, prefix: str) -> list[sqlite3.Connection]:
        """The databases that hold what is known below a prefix of an importer's codes, in order."""
        section = chapter_section(importer, prefix)
        if len(prefix) >= 2:
            return [self.at(section)] if section in self._names else []
        return [self.at(name) for name in sorted(self._names) if name.startswith(section)]

    def _opened(self, section: str) -> sqlite3.Connection:
        with self._lock:
            if section not in self._found and self._later is not None:
                self._found = {**self._later(section), **self._found}
            return self._found[section]

    def to_bytes(self) -> bytes:
        """The whole record, to travel to another machine; `from_bytes` opens it there."""
        return seal(
            FORMAT,
            self._stamp,
            {section: bytes_of(self.at(section)) for section in sorted(self._names)},
        )


def open_compiled(data: Path) -> Compiled:
    """The compiled form of the record in `data`, made or remade when needed.

    Raises RecordError when the record is broken.
    """
    stamp = _stamp(data)
    path = cache_path(data)
    kept = _kept(path, stamp, data) if path is not None else None
    if kept is not None:
        return kept
    made = _made(data, stamp, path)
    return Compiled(stamp, made, made)


def _stamp(data: Path) -> str:
    return f"{FORMAT};{sys.version_info[0]};{on_disk(data)}"


def cache_path(data: Path) -> Path | None:
    """Where the compiled form of a record is kept, in the user's cache folder.

    None when there is no home for it.
    """
    base = (
        os.environ.get("TARIFF_CACHE")
        or os.environ.get("XDG_CACHE_HOME")
        or os.environ.get("LOCALAPPDATA")
    )
    try:
        folder = (Path(base) if base else Path.home() / ".cache").absolute()
        place = str(data.resolve()).encode()
    except (OSError, RuntimeError, ValueError):
        return None
    import zlib

    return folder / "tariffcli" / f"record-{zlib.crc32(place):08x}-{len(place)}.compiled"


def _kept(path: Path, stamp: str, data: Path) -> Compiled | None:
    """The record as it was kept.

    None where there is none of these tables, or not as it was written.
    """
    try:
        with files.open_plain(path) as stream:
            head = read_head(stream)
            if head is None or head.stamp != stamp or not set(head.sections) >= _SECTIONS:
                return None
            # Cut off, perhaps in what this question does not read.
            if os.fstat(stream.fileno()).st_size != head.length:
                return None
            core = read_section(stream, head, "core")
    except OSError:
        return None
    return (
        Compiled(stamp, head.sections, {"core": opened(core)}, _reader(path, head, data))
        if core is not None
        else None
    )


def _reader(path: Path, head: Head, data: Path) -> Callable[[str], Sections]:
    """What gives further sections of a kept record.

    Where they are not as they were written, the tables are read anew.
    """

    def read(section: str) -> Sections:
        try:
            with files.open_plain(path) as stream:
                body = read_section(stream, head, section)
        except OSError:
            body = None
        if body is not None:
            return {section: opened(body)}
        if _stamp(data) != head.stamp:  # what was read before is of other tables
            raise RecordError(f"The record at {data} was changed while it was read; ask again.")
        return _made(data, head.stamp, path)

    return read


def _made(data: Path, stamp: str, path: Path | None) -> Sections:
    """The record compiled from its tables, and kept where it can be.

    Raises RecordError, and TariffError where memory ends.
    """
    try:
        # Heavy, and only when a record is compiled.
        from tariffcli.book.compiling import (
            compile_record,
        )

        found = compile_record(data)
        if path is not None:
            _save(
                seal(FORMAT, stamp, {section: bytes_of(one) for section, one in found.items()}),
                path,
            )
    except MemoryError:
        raise TariffError(
            "There is not enough memory to read the record;"
            " close other programs, or allow this one more."
        ) from None
    return found


def _save(content: bytes, path: Path) -> None:
    """Keep a record, so that no reader ever sees half of it.

    Silently do without where that fails.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, content)
        # Of releases that kept another form, and what their failures left.
        for old in path.parent.glob(f"{path.stem}.sqlite*"):
            old.unlink(missing_ok=True)
    except OSError:
        pass


def from_bytes(content: bytes) -> Compiled:
    """A compiled record from the bytes of its file, read-only.

    Raises RecordError when they are none of this release.
    """
    from io import BytesIO

    stream = BytesIO(content)
    head = read_head(stream)
    if head is not None and (head.format != FORMAT or not set(head.sections) >= _SECTIONS):
        raise RecordError(
            "The record was compiled by another release of this tool;"
            " install the same one on every machine."
        )
    bodies = (
        {section: read_section(stream, head, section) for section in head.sections}
        if head is not None
        else {}
    )
    found = {section: opened(body) for section, body in bodies.items() if body is not None}
    if head is None or len(found) != len(head.sections):
        raise RecordError(
            "What came is no compiled record: it is cut off, damaged or something else."
        )
    return Compiled(head.stamp, head.sections, found)
