"""How files are read and written, and how rows and documents become text for them.

A file is written aside and then renamed, never through a planted link; it is never read from a
pipe; and no cell of it is run by a spreadsheet. This is the ground floor: nothing here knows the
record, and nothing heavy is imported.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from tariffcli.errors import TariffError, UsageError

_MOST_TRIES = 16
"""At most this many random names are tried before we give up on a folder."""

_LONGEST_NAME = 160
"""Longer names, in bytes, are cut in the name of their part, which must have room for a suffix."""

_BINARY = getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
"""Flags that not every system has; where one is missing, we do without it."""


class Aside:
    """A new file beside its target, made through no link and in place of no other file.

    `keep` gives the file its name, `drop` removes it. The file is locked while it is written, so
    that other runs can tell it from one that a killed run left behind. Raises OSError.
    """

    def __init__(self, target: Path) -> None:
        being_written(target)
        self.target = target
        self.path, self.stream = _created(target)
        self._open = True

    def keep(self) -> None:
        """Give the finished file its name. Raises OSError."""
        self.stream.flush()
        if os.name == "nt":  # Windows renames no open file
            self.stream.close()
        os.replace(self.path, self.target)
        self._open = False
        self.stream.close()

    def drop(self) -> None:
        """Remove the unfinished file. One that was kept stays."""
        if self._open:
            self._open = False
            for step in (self.stream.close, self.path.unlink):
                _quietly(step)

    def __enter__(self) -> BinaryIO:
        return self.stream

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.keep()
        finally:
            self.drop()


def write(target: Path, content: bytes) -> None:
    """Write a file completely or not at all; an earlier one is replaced. Raises OSError."""
    with Aside(target) as stream:
        stream.write(content)


def write_text(target: Path, text: str) -> None:
    """Write a text as `write` does; a device or a pipe is written to, and never replaced.

    Raises TariffError when the file cannot be written.
    """
    try:
        if target.exists() and not target.is_file():
            target.write_text(text, encoding="utf-8", newline="")
        else:
            write(target.resolve(), text.encode())
    except OSError as error:
        raise TariffError(
            f"{target} could not be written: {error.strerror}. Nothing was left behind."
        ) from None


def check_free(target: Path, force: bool) -> None:
    """Raise UsageError unless a file may be written; `force` allows an earlier one to be replaced.

    A device or a pipe may always be written to, since nothing of it is replaced.
    """
    try:
        if target.is_dir():
            raise UsageError(f"{target} is a folder; give the name of a file.")
        if target.is_file() and not force:
            raise UsageError(
                f"{target} exists already. You can replace it with --force, or give another name."
            )
        if not target.parent.is_dir():
            raise UsageError(f"The folder {target.parent} does not exist; create it first.")
    except OSError as error:
        raise UsageError(
            f"{str(target)[:60]} cannot be the name of a file: {error.strerror}."
        ) from None


def being_written(target: Path) -> bool:
    """Whether another run is writing this file now. Parts that killed runs left are removed.

    Raises OSError.
    """
    start, another_writes = _start_of(target.name), False
    try:
        with os.scandir(target.parent) as entries:
            names = [entry.name for entry in entries]
    except PermissionError:  # a folder that may be written to, but not listed
        return False
    for name in names:
        if not (name.startswith(start) and name.endswith(".part")):
            continue
        if _is_mark(name[len(start) : -len(".part")]) and not _cleared(target.with_name(name)):
            another_writes = True
    return another_writes


def random_name(name: str) -> str:
    """A hidden name, which nobody can foresee, for a file that will become `name`."""
    return f"{_start_of(name)}{os.urandom(8).hex()}.part"


def open_plain(path: Path) -> BinaryIO:
    """Open a plain file for reading.

    Raises OSError, also for a pipe or a device, since reading one might never end.
    """
    _check_plain(os.stat(path), path)  # before opening it, which alone may change a device
    number = os.open(path, os.O_RDONLY | _BINARY | _NO_WAIT)
    try:
        _check_plain(os.fstat(number), path)
        return os.fdopen(number, "rb")
    except BaseException:
        os.close(number)
        raise


def content_of(path: Path) -> bytes:
    """The bytes of a plain file. Raises OSError, also for a pipe or a device."""
    with open_plain(path) as stream:
        return stream.read()


def _check_plain(status: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "it is not a plain file", str(path))


def _start_of(name: str) -> str:
    """How the names of the parts of a file begin; a name too long is cut and gets a checksum."""
    if len(os.fsencode(name)) <= _LONGEST_NAME:
        return f".{name}."
    from zlib import crc32

    return f".{name[:30]}-{crc32(os.fsencode(name)):08x}."


def _is_mark(text: str) -> bool:
    return len(text) == 16 and all(letter in "0123456789abcdef" for letter in text)


def _created(target: Path) -> tuple[Path, BinaryIO]:
    """A new file with the usual permissions, locked where the system has locks."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINK | _BINARY
    for _ in range(_MOST_TRIES):
        path = target.with_name(random_name(target.name))
        try:
            number = os.open(path, flags, 0o666)
        except FileExistsError:
            continue
        stream = os.fdopen(number, "wb")
        if _hold(number) and path.exists():  # another run may have removed it before the lock
            return path, stream
        stream.close()
        _quietly(path.unlink)
    raise FileExistsError(17, "a temporary file could not be created next to it", str(target))


def _hold(number: int) -> bool:
    """Lock a new file; False if another run holds the lock.

    Without locks, the part of a running process looks like one that a killed run left.
    """
    try:
        import fcntl

        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):
        pass
    return True


def _cleared(path: Path) -> bool:
    """Remove what a killed run left; False if a run still writes it.

    A file that cannot be examined stays.
    """
    try:
        if stat.S_ISREG(os.lstat(path).st_mode):
            return _unlocked(path)
        path.unlink()  # a planted link, and never the file that it points to
    except OSError:
        pass
    return True


def _unlocked(path: Path) -> bool:
    """Remove a file unless a run has locked it; says whether it did."""
    try:
        import fcntl
    except ImportError:
        return _closed(path)
    with os.fdopen(os.open(path, os.O_RDONLY | _NO_LINK | _NO_WAIT), "rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        path.unlink()
    return True


def _closed(path: Path) -> bool:
    """Remove a file on a system that refuses to remove an open one; says whether it did."""
    try:
        path.unlink()
    except PermissionError:
        return False
    return True


def _quietly(step: Callable[[], object]) -> None:
    try:
        step()
    except OSError:
        pass


FORMULA = "=+@\t\r\n＝＋－＠-"
"""A spreadsheet may run a cell that begins with one of these; a dash begins numbers too."""

NUMBER = r"-[0-9.,]*([eE][+-]?[0-9]+)?(\.\.-?[0-9.,]+)?%?"
"""A number below zero or a span of such numbers is not a formula, nor is a dash alone."""


def runs(cell: str) -> bool:
    """Whether a spreadsheet may run a cell as a formula."""
    if not cell.startswith(tuple(FORMULA)):
        return False
    import re

    return re.fullmatch(NUMBER, cell) is None


def safe_cell(cell: str) -> str:
    """A cell that no spreadsheet runs: where one might, we put an apostrophe in front."""
    return f"'{cell}" if runs(cell) else cell


def without_controls(text: str) -> str:
    """A text without the characters that control a terminal.

    Tabs stay. Line breaks become the one kind that every CSV writer puts in quotes.
    """
    if text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join("?" if _controls(letter) else letter for letter in text)


def _controls(letter: str) -> bool:
    return letter not in "\t\n" and (letter < " " or "\x7f" <= letter <= "\x9f")


def to_json(document: Any) -> str:
    """A document as JSON text that ends with a newline."""
    import json  # only when JSON is written

    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def to_csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], bom: bool = False) -> str:
    """Rows as CSV text with safe cells; `bom` begins it with a byte order mark.

    No cell controls a terminal, and one that a spreadsheet might run gets an apostrophe.
    """
    import csv  # only when CSV is written
    import io

    stream = io.StringIO()
    if bom:
        stream.write("\ufeff")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_csv_cell(row.get(name)) for name in columns])
    return stream.getvalue()


def _csv_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return safe_cell(without_controls(value))
    return "" if value is None else value
