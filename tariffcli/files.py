"""Files as they are written and read: aside and renamed, never through a planted link, never from a
pipe; cells that run nowhere.

The ground floor: nothing here knows the record, and nothing heavy is imported.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

_TRIES = 16
"""So many random names are tried before a folder is given up."""

_LONGEST = 160
"""Bytes of a name that are told in the name of its part; the rest of what a name may have is left
for what is added.
"""

_BINARY = getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
"""Flags that not every system has; where one is missing, the others must do."""


class Aside:
    """A new file beside its place, which follows no link and takes no earlier file; `keep` gives it
    its name, `drop` leaves nothing.

    It is locked as long as it is written, so that others can tell it from what a killed run left.
    Raises OSError.
    """

    def __init__(self, target: Path) -> None:
        being_written(target)
        self.target = target
        self.path, self.stream = _created(target)
        self._open = True

    def keep(self) -> None:
        """The file is whole: give it its name. Raises OSError."""
        self.stream.flush()
        if os.name == "nt":  # no file is renamed there while it is open
            self.stream.close()
        os.replace(self.path, self.target)
        self._open = False
        self.stream.close()

    def drop(self) -> None:
        """The file will not be whole: leave nothing behind. What is kept stays."""
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
    """Write a file, whole or not at all; an earlier one is replaced. Raises OSError."""
    with Aside(target) as stream:
        stream.write(content)


def being_written(target: Path) -> bool:
    """Whether another run writes to a place now. What killed runs left of it is taken away. Raises
    OSError.
    """
    start, found = _start_of(target.name), False
    try:
        with os.scandir(target.parent) as entries:
            parts = [
                one.name
                for one in entries
                if one.name.startswith(start) and one.name.endswith(".part")
            ]
    except PermissionError:  # a folder that may be written to, and not looked into
        return False
    for name in parts:
        if _is_mark(name[len(start) : -len(".part")]):
            found = not _cleared(target.with_name(name)) or found
    return found


def random_name(name: str) -> str:
    """A hidden name for what is written before it becomes `name`, that nobody can foresee."""
    return f"{_start_of(name)}{os.urandom(8).hex()}.part"


def open_plain(path: Path) -> BinaryIO:
    """Open a plain file for reading. Raises OSError, also for a pipe or a device, of which one
    might wait for ever.
    """
    _check_plain(
        os.stat(path), path
    )  # before it is opened: opening alone may do something to a device
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
        raise OSError(0, "it is no plain file", str(path))


def _start_of(name: str) -> str:
    """How the parts of a file begin; a name too long for it is cut, and told apart by a sum."""
    if len(os.fsencode(name)) <= _LONGEST:
        return f".{name}."
    from zlib import crc32

    return f".{name[:30]}-{crc32(os.fsencode(name)):08x}."


def _is_mark(text: str) -> bool:
    return len(text) == 16 and all(letter in "0123456789abcdef" for letter in text)


def _created(target: Path) -> tuple[Path, BinaryIO]:
    """A file that did not exist, with the rights of any new file, and locked where the
    system can.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINK | _BINARY
    for _ in range(_TRIES):
        path = target.with_name(random_name(target.name))
        try:
            number = os.open(path, flags, 0o666)
        except FileExistsError:
            continue
        stream = os.fdopen(number, "wb")
        if _hold(number) and path.exists():  # another run may have cleared it before it was locked
            return path, stream
        stream.close()
        _quietly(path.unlink)
    raise FileExistsError(17, "no new file can be made beside it", str(target))


def _hold(number: int) -> bool:
    """Lock a new file; False where another holds it. Where there are no locks, a part is never told
    from a leftover.
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
    """Take away what a killed run left; False where a run still writes it. What cannot be judged
    stays.
    """
    try:
        if stat.S_ISREG(os.lstat(path).st_mode):
            return _unlocked(path)
        path.unlink()  # a planted link, never what it leads to
    except OSError:
        pass
    return True


def _unlocked(path: Path) -> bool:
    """Take a file away unless a run has it locked."""
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
    """Take a file away where an open one cannot be taken."""
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
"""A cell that begins with one of these may be run as a formula by spreadsheets; a dash begins
numbers too.
"""

NUMBER = r"-[0-9.,]*([eE][+-]?[0-9]+)?(\.\.-?[0-9.,]+)?%?"
"""A number below zero, or a span of them, is no formula, nor is a lone dash."""


def runs(cell: str) -> bool:
    """Whether a spreadsheet may run a cell as a formula."""
    if not cell.startswith(tuple(FORMULA)):
        return False
    import re

    return re.fullmatch(NUMBER, cell) is None


def safe_cell(cell: str) -> str:
    """A cell that no spreadsheet runs: an apostrophe stands before what it might."""
    return f"'{cell}" if runs(cell) else cell


def without_controls(text: str) -> str:
    """A text without characters that steer a terminal. Tabs stay, and line breaks as one that every
    CSV writer puts in quotes.
    """
    if text.isprintable():
        return text
    whole = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join("?" if _steers(letter) else letter for letter in whole)


def _steers(letter: str) -> bool:
    return letter not in "\t\n" and (letter < " " or "\x7f" <= letter <= "\x9f")
