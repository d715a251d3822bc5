"""How a text file is written: its encoding, what parts its cells, and which row is its header."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tariffcli.book.words import clean
from tariffcli.bulk.cells.headers import KNOWN, fold
from tariffcli.bulk.files import quotes
from tariffcli.errors import UsageError

HEAD = 1 << 20
"""At most this many bytes are looked at to find how a text is written."""

HEADER_ROWS = 30
"""The header is one of this many first rows."""

DELIMITERS = ",\t;|"
ENCODINGS = ("utf-8-sig", "gb18030", "cp1252")
SPOKEN = {"gb18030": "GB 18030", "cp1252": "Windows-1252"}
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
MARKS = (codecs.BOM_UTF8, *UTF16_MARKS)

CHINESE, SURE = 0.5, 0.8
"""A text is taken for Chinese from the first share of its letters on; it is sure from the second
on, and below the rest of it."""

_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
_COMMON_CHINESE = re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]")


class Guess(NamedTuple):
    """Encodings that a text may have, the likeliest first, and whether that is plain."""

    encodings: tuple[str, ...]
    sure: bool = True


def guessed(data: bytes, *, is_whole: bool) -> Guess:
    """The encodings of a text without a mark of UTF-16, by all its bytes that are not ASCII."""
    if readable(data, "utf-8", is_whole=is_whole) is not None:
        return Guess(("utf-8-sig",))
    share = chinese_share(data)
    order = ("gb18030", "cp1252") if share > CHINESE else ("cp1252", "gb18030")
    fitting = [name for name in order if readable(data, name, is_whole=is_whole) is not None]
    return Guess(order, len(fitting) < 2 or not 1 - SURE < share < SURE)


def readable(data: bytes, encoding: str, *, is_whole: bool) -> str | None:
    """The text of bytes, None where they have another encoding. The last letter of a part may be
    cut."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data, final=is_whole)
    except UnicodeError:
        return None


def chinese_share(data: bytes) -> float:
    """How much of the bytes beyond ASCII is common Chinese in GB 18030, from 0 to 1.

    Chinese stands in pairs of bytes, and nearly all of it is in two spans of them; accented letters
    mostly stand alone, and a pair of them stands between letters of the same word.

    >>> [round(chinese_share(text.encode(code)), 1) for text, code in
    ...     (("T恤衫", "gb18030"), ("Müller", "cp1252"), ("AÇÃO", "cp1252"))]
    [1.0, 0.0, 0.0]
    """
    chinese = total = 0
    for found in _BEYOND_ASCII.finditer(data):
        run = found.group()
        total += len(run)
        start, end = found.span()
        in_a_word = data[start - 1 : start].isalpha() and data[end : end + 1].isalpha()
        if not (in_a_word and len(run) == 2):
            pairs = (run[place : place + 2] for place in range(0, len(run) - 1, 2))
            common = sum(1 for pair in pairs if _COMMON_CHINESE.fullmatch(pair))
            chinese += len(run) if common * 4 >= len(run) > 3 else common * 2
    return chinese / total if total else 0.0


# a text that is read whole


def decoded(name: str, data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """The text of a file and its encoding.

    Raises UsageError where it is not text, or not in the encoding that was given.
    """
    if encoding is not None:
        try:
            return _checked(name, data.decode(encoding)), codecs.lookup(encoding).name
        except LookupError:
            raise UsageError(
                f"'{clean(encoding)}' is not an encoding; give one such as "
                "utf-8, utf-16, gb18030 or cp1252."
            ) from None
        except (UnicodeError, ValueError):
            raise UsageError(f"{name} is not written in {clean(encoding)}.") from None
    for tried in _encodings_of_all(data):
        try:
            return _checked(name, data.decode(tried)), tried
        except UnicodeError:
            continue
    raise UsageError(
        f"{name} is not text in UTF-8, UTF-16, GB 18030 or Windows-1252, or its end is missing; "
        "save it as CSV in UTF-8."
    )


def _checked(name: str, text: str) -> str:
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        raise UsageError(
            f"{name} has zero bytes in it, so it is not text; "
            "give a CSV, TSV, XLSX or Parquet file."
        )
    if not text.strip():
        raise UsageError(f"{name} is empty.")
    return text


def _encodings_of_all(data: bytes) -> Sequence[str]:
    if data.startswith(codecs.BOM_UTF8):
        return ("utf-8-sig",)
    if data.startswith(UTF16_MARKS):
        return ("utf-16",)
    start = data[:4096]
    zeros = start[::2].count(0), start[1::2].count(0)
    if max(zeros) > len(start) // 8:
        return ("utf-16-be" if zeros[0] > zeros[1] else "utf-16-le",)
    beyond = _BEYOND_ASCII.search(data)
    share = chinese_share(data[max(beyond.start() - 1, 0) :][:HEAD]) if beyond else 0.0
    return ("utf-8", *(("gb18030", "cp1252") if share > CHINESE else ("cp1252", "gb18030")))


# a text that is read as a stream


class Layout(NamedTuple):
    """How a text file is written: its encoding, what parts the cells, the lines down to its header,
    its columns. `remark` says what is taken for granted, where that is not plain."""

    encoding: str
    delimiter: str
    header: int
    names: list[str]
    remark: str = ""


def without_mark(head: bytes) -> bytes:
    """The first bytes of a text without the mark that tells its encoding."""
    return next((head[len(mark) :] for mark in MARKS if head.startswith(mark)), head)


def layout_of(
    head: bytes,
    name: str,
    delimiter: str | None,
    encoding: str | None,
    given: Mapping[str, str],
) -> Layout:
    """The layout in which the first bytes have the header with most known names.

    `given` are the columns that were named by hand. Raises UsageError where nothing can be read, or
    where a quotation mark swallows lines.
    """
    is_whole = len(head) < HEAD
    guess = _guess(head, encoding, name, is_whole=is_whole)
    is_text = False
    best: tuple[int, Layout] | None = None
    for tried in guess.encodings:
        text = readable(head, tried, is_whole=is_whole and encoding is None)
        if text is None:
            continue
        is_text = True
        for mark in (delimiter,) if delimiter else DELIMITERS:
            for lines, cells in _first_rows(text, mark):
                score = known_names(cells, given)
                if best is None or score > best[0]:
                    best = score, Layout(tried, mark, lines, [cell.strip() for cell in cells])
        if best is not None and best[0] >= 2:
            break
    if best is None:
        raise UsageError(_unreadable(guess.encodings, is_text, encoding, name))
    layout = best[1]
    _check_header(layout, name)
    if guess.sure:
        return layout
    spoken = SPOKEN.get(layout.encoding, layout.encoding)
    return layout._replace(remark=f"{name} is read as {spoken}; give --encoding if that is wrong")


def _guess(head: bytes, encoding: str | None, name: str, *, is_whole: bool) -> Guess:
    """The encodings to try.

    Raises UsageError for one that is not for text, or that needs a mark which is not there.
    """
    has_mark = head.startswith(UTF16_MARKS)
    if encoding is None:
        if has_mark:
            return Guess(("utf-16",))
        if b"\x00" in head[:4096]:
            raise UsageError(
                f"{name} is not a text file; give a .csv, .tsv, .xlsx or .parquet file. "
                "If it is UTF-16 without its mark, add --encoding utf-16-le."
            )
        return guessed(head, is_whole=is_whole)
    try:
        "a".encode(encoding)
    except (LookupError, ValueError):
        raise UsageError(
            f"--encoding: '{encoding[:30]}' is not an encoding of text; give one such as "
            "utf-8, utf-16, gb18030 or cp1252."
        ) from None
    if codecs.lookup(encoding).name == "utf-16" and not has_mark:
        raise UsageError(
            f"{name} does not begin with the mark of UTF-16; "
            "add --encoding utf-16-le, or utf-16-be."
        )
    return Guess((encoding,))


def _unreadable(tried: Sequence[str], is_text: bool, encoding: str | None, name: str) -> str:
    """What is said of a text whose first rows were not found, though its letters may have been."""
    if is_text:
        return (
            f"{name} does not begin with rows of cells: one of its first cells has over "
            f"{csv.field_size_limit():,} letters, or a quote that never ends."
        )
    other = "another" if encoding else "its"
    every = tried if encoding else ENCODINGS
    return f"{name} could not be read as {' or '.join(every)}; give {other} --encoding."


def _first_rows(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """The first rows, each with the lines down to its end: a header may stand below rows of
    parameters."""
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=delimiter)
    try:
        for row in reader:
            rows.append((reader.line_num, row))
            if len(rows) == HEADER_ROWS:
                break
    except csv.Error:
        pass
    return rows


def known_names(cells: Sequence[str], given: Mapping[str, str]) -> int:
    """How many columns of known meaning a row names, were it the header."""
    return len({fold(cell) for cell in cells} & {*KNOWN, *map(fold, given.values())})


def _check_header(layout: Layout, name: str) -> None:
    """Raise UsageError where a quotation mark of the header swallows lines: a heading may have line
    breaks, but no day or code."""
    _, *others = quotes.BREAK.split(layout.delimiter.join(layout.names))
    if any(
        quotes.digits(cell) >= quotes.SHORTEST_DAY
        for text in others
        for cell in text.split(layout.delimiter)
    ):
        raise quotes.refusal(name, layout.header - len(others), len(others))
