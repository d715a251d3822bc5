"""Quotation marks that are opened and not closed where they should be: they swallow the lines after
them.

A cell may hold line breaks, so that a swallowed line shows by its look alone: as many cells as the
header (or more: a delimiter within a cell looks like one between two), and digits where the header
names a day or a code.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tariffcli.bulk.cells.headers import fold, usual_names
from tariffcli.errors import UsageError

BREAK = re.compile(r"\r\n|\n|\r")
SHORTEST_DAY, SHORTEST_CODE, SHORTEST_OTHER = 5, 4, 5
"""A cell has at least this many digits if it holds a day, a code, or (in a file where neither is
known) any number."""

LAST_BREAK = ord("\r")
"""No letter of a usual cell stands before it."""

MAX_OPEN = 10_000
"""At most this many lines that open a quotation mark are remembered of a stream that cannot be
read again."""


class Shape(NamedTuple):
    """What a line of a file looks like: what parts its cells, how many there are, and how many
    digits certain cells have at least."""

    delimiter: str
    width: int
    digits: tuple[tuple[int, int], ...]

    def is_line(self, text: str, shorter: str = "") -> bool:
        """Whether a text, or a shorter way to write it, is plainly a line."""
        return any(self._fits(cells) for cells in (*self._readings(text), *self._readings(shorter)))

    def has_width(self, text: str, shorter: str = "") -> bool:
        """Whether a text, or a shorter way to write it, has the cells of a line."""
        return any(
            len(cells) >= self.width for cells in (*self._readings(text), *self._readings(shorter))
        )

    def may_be_line(self, text: str) -> bool:
        """Whether a text in a row of another width, in which quotation marks are amiss, could be a
        line."""
        return text.count(self.delimiter) >= self.width - 1 and any(
            digits(cell) >= SHORTEST_CODE for cell in text.split(self.delimiter)
        )

    def _readings(self, text: str) -> Iterator[list[str]]:
        """The cells of a text, with and without a meaning of quotation marks."""
        if text:
            yield text.split(self.delimiter)
            with suppress(csv.Error):  # a cell of more than a hundred thousand letters
                yield from csv.reader([text], delimiter=self.delimiter)

    def _fits(self, cells: Sequence[str]) -> bool:
        if len(cells) < self.width:
            return False
        if not self.digits:
            return any(digits(cell) >= SHORTEST_OTHER for cell in cells)
        return any(digits(cells[place]) >= least for place, least in self.digits)


def shape_of(
    names: Sequence[str], delimiter: str, days: Iterable[str] = (), codes: Iterable[str] = ()
) -> Shape:
    """The look of a line below a header; `days` and `codes` name more columns of days and of
    codes."""
    least = dict.fromkeys(usual_names(("date", "instant")), SHORTEST_DAY)
    least |= dict.fromkeys(usual_names(("hs",)), SHORTEST_CODE)
    least |= {fold(name): SHORTEST_DAY for name in days} | {
        fold(name): SHORTEST_CODE for name in codes
    }
    digits = [(place, least[fold(name)]) for place, name in enumerate(names) if fold(name) in least]
    return Shape(delimiter, len(names), tuple(digits))


def digits(text: str) -> int:
    """How many digits a text has."""
    return sum(map(str.isdigit, text))


def swallowing(shape: Shape, cells: Sequence[str]) -> str | None:
    """The line that the cells of one row swallow, or None: a part of a cell is plainly one.

    The last part of a row is one only where the first is: a note of several parts stands in a line
    of its own.
    """
    whole = shape.delimiter.join(cells)
    if not BREAK.search(whole):
        return None
    plain = shape.delimiter.join(
        cell if BREAK.search(cell) else cell.replace(shape.delimiter, " ") for cell in cells
    )
    (first, *inner, last), (first_plain, *inner_plain, last_plain) = (
        BREAK.split(whole),
        BREAK.split(plain),
    )
    amiss = '"' in whole  # or the mark belongs to the text: then much must look like a line
    for text, other in zip(inner, inner_plain, strict=True):
        if shape.is_line(text, other) or (amiss and shape.may_be_line(text)):
            return text
    if not shape.has_width(first, first_plain):
        return None
    return last if shape.is_line(last, last_plain) or (amiss and shape.may_be_line(last)) else None


def swallows(shape: Shape, row: str) -> bool:
    """Whether a row of another width than the header, as it is written, holds lines or is never
    closed."""
    if '"' not in row:
        return False
    return any(map(shape.may_be_line, BREAK.split(row)[1:])) or is_open(row, shape.delimiter)


def is_open(row: str, delimiter: str) -> bool:
    """Whether a row ends within a quotation mark. One that stands within a cell means nothing.

    >>> is_open('a,"b', ","), is_open('a,"b "" c"', ","), is_open('a,5" pipe', ",")
    (True, False, False)
    """
    rest = rf"[^{re.escape(delimiter)}\r\n]*+"
    cell = re.compile(rf'"(?:[^"]++|"")*+("?){rest}|{rest}')
    place = 0
    while True:
        found = cell.match(row, place)
        if found is None:
            return False
        if found.group(1) == "":
            return True
        place = found.end() + 1
        if place > len(row):
            return False


def swallowing_row(shape: Shape, batch: Any) -> list[str] | None:
    """The cells of the first row of a batch of texts that swallows a line.

    Told by arrays where no cell has a line break, as mostly none has, and where too few delimiters
    stand within cells.
    """
    parts = [_letters(column) for column in batch.columns]
    if not any(len(letters) and letters.min() <= LAST_BREAK for letters, _ in parts):
        return None
    breaks, marks = np.zeros((2, batch.num_rows), dtype=np.int64)
    for letters, ends in parts:
        breaks += _rows_with((letters == 10) | (letters == 13), ends) > 0
        marks += _rows_with(letters == ord(shape.delimiter), ends)
    suspect = (breaks > 0) & ((marks >= shape.width - 1) | ((breaks > 1) & (marks > 0)))
    for row in np.flatnonzero(suspect).tolist():
        cells = [str(column[row].as_py()) for column in batch.columns]
        if swallowing(shape, cells) is not None:
            return cells
    return None


def _letters(column: Any) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """The bytes of a column of texts, and where each text ends."""
    _, ends, data = column.buffers()
    if data is None or not len(column):
        return np.zeros(0, np.uint8), np.zeros(len(column), np.int32)
    places = np.frombuffer(ends, np.int32)[column.offset : column.offset + len(column) + 1]
    return np.frombuffer(data, np.uint8)[places[0] : places[-1]], places[1:] - places[0]


def _rows_with(found: NDArray[np.bool_], ends: NDArray[np.int32]) -> NDArray[np.int64]:
    """How many of the bytes that were found each row has."""
    places = np.flatnonzero(found).astype(np.int32)
    return np.bincount(np.searchsorted(ends, places, side="right"), minlength=len(ends))


def opens(line: str, row: str) -> bool:
    """Whether a line of a file, as it is written, is the first of a row, whose cells may be joined
    without quotation marks."""
    return line.replace('"', "") == BREAK.split(row, maxsplit=1)[0].replace('"', "")


class Opened:
    """The lines of a stream with an odd number of quotation marks, and their numbers, as its bytes
    go by."""

    def __init__(self, encoding: str) -> None:
        self._decoder = io.IncrementalNewlineDecoder(
            codecs.getincrementaldecoder(encoding)("replace"), translate=True
        )
        self._left, self._line = "", 0
        self._odd: list[tuple[int, str]] = []

    def take(self, data: bytes) -> None:
        """Look at the next bytes; none are the end."""
        text = self._left + self._decoder.decode(data, final=not data)
        *lines, self._left = text.split("\n") if data else (*text.split("\n"), "")
        if '"' in text:
            numbered = enumerate(lines, self._line + 1)
            self._odd += [(number, line) for number, line in numbered if line.count('"') % 2]
            del self._odd[:-MAX_OPEN]
        self._line += len(lines)

    def line_of(self, row: str | None) -> int | None:
        """The number of the line with which a row begins; None for a row: the one that stays open
        longest."""
        if row is not None:
            return next((number for number, line in self._odd if opens(line, row)), None)
        numbers = [number for number, _ in self._odd]
        spans = [
            (end - start, start)
            for start, end in zip(numbers, [*numbers[1:], self._line + 1], strict=True)
        ]
        return max(spans)[1] if spans else None


def opened_in(path: Path, encoding: str) -> Opened:
    """The same of a file that can be read again."""
    found = Opened(encoding)
    with path.open("rb") as stream:
        while data := stream.read(1 << 20):
            found.take(data)
    found.take(b"")
    return found


def refusal(name: str, line: int | None, many: int) -> UsageError:
    """What is said of a quotation mark that swallows lines."""
    where = f"{name} line {line}" if line is not None else f"A line of {name}"
    lost = (
        f"would take {many:,} lines after it for one cell"
        if many > 1
        else "would take the next line for a part of a cell"
    )
    lost = lost if many else "is not closed"
    return UsageError(
        f"{where} opens a quotation mark that {lost}. Nothing was rated. You can remove that "
        "mark, close it where its "
        'cell ends, or write one that belongs to the text twice (""); then run this again.'
    )
