# pyright: basic, reportAttributeAccessIssue=false
"""Small tables as people keep them: CSV, TSV, XLSX or Parquet, read whole as columns of text, with
the line of each row.

What a file is its first bytes tell, not its name. A file made to exhaust the reader (a zip or XML
bomb, a row with a million cells) is refused before it is unpacked. Every fault is a UsageError of
one line.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from tariffcli.book.words import clean
from tariffcli.bulk.cells.headers import fold, without_currency
from tariffcli.bulk.files import quotes
from tariffcli.bulk.files.sheets import as_text
from tariffcli.bulk.files.text import DELIMITERS, decoded
from tariffcli.errors import UsageError

MAX_BYTES = 256 * 2**20
"""At most this many bytes has a small table, and what it unpacks to."""

MAX_ROWS = 5_000_000
MAX_SHEET_ROWS = 1_048_576
MAX_COLUMNS = 1_000
MAX_PIECES = 10_000
SMALLER = "a small table is read whole: sum it by code first, or split it"
_SEP_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


class Small(NamedTuple):
    """A table of text columns ("" where a cell is blank), and where its rows stand.

    `lines[i]` is the line of the file (of the sheet; of a Parquet file the row, counted from 1) at
    which row i begins, and `place` the word for it. `encoding` and `delimiter` are those of a text
    file, else empty.
    """

    table: Any
    lines: Sequence[int]
    place: str = "row"
    encoding: str = ""
    delimiter: str = ""


Rows = Iterable[tuple[int, Sequence[str]]]


def read_table(path: Path | str, sheet: str | None = None, encoding: str | None = None) -> Any:
    """A small table as a pyarrow Table of text columns; see `read_small`."""
    return read_small(path, sheet, encoding).table


def read_small(path: Path | str, sheet: str | None = None, encoding: str | None = None) -> Small:
    """Read a CSV, TSV, XLSX or Parquet file whole. Blank rows are left out.

    `sheet` names the sheet of a workbook that has several; `encoding` overrides what the bytes tell
    (UTF-8, UTF-16, GB 18030 or Windows 1252). Raises UsageError, one line, for a file that is
    missing, too large, damaged or no table.
    """
    path = Path(path)
    data = _bytes(path)
    name = clean(path.name, 60)
    if not data.strip():
        raise UsageError(f"{name} is empty.")
    if data.startswith(b"PK"):
        return _whole(name, _workbook_rows(name, data, sheet), Small(None, (), "row"))
    if data.startswith(b"PAR1"):
        return _parquet(name, data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise UsageError(
            f"{name} is an old Excel file or one locked with a password; save it as .xlsx without "
            "a password."
        )
    if data.startswith(
        (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"%PDF", b"\x28\xb5\x2f\xfd")
    ):
        raise UsageError(
            f"{name} is packed, or not a table; give a CSV, TSV, XLSX or Parquet file."
        )
    text, found = decoded(name, data, encoding)
    text, delimiter = _delimited(text)
    return _whole(
        name, _text_rows(name, text, delimiter), Small(None, (), "line", found, delimiter)
    )


def find_column(
    names: Sequence[str], meaning: str, usual: Iterable[str], given: Mapping[str, str], table: str
) -> int:
    """The place of the column that means `meaning`: the one that `given` names, or the only one of
    a usual name.

    Raises UsageError where none or several could be meant; nothing is picked silently.
    """
    shown = ", ".join(clean(name) or "(no name)" for name in names[:12]) + (
        " ..." if len(names) > 12 else ""
    )
    if meaning in given:
        wanted = given[meaning]
        places = [place for place, name in enumerate(names) if name == wanted]
        places = places or [
            place
            for place, name in enumerate(names)
            if name.strip().casefold() == wanted.strip().casefold()
        ]
        if not places:
            raise UsageError(f"{table} has no column '{clean(wanted)}'; its columns are: {shown}.")
    else:
        known = {without_currency(name) for name in usual}
        places = [
            place for place, name in enumerate(names) if without_currency(fold(name)) in known
        ]
        if not places:
            raise UsageError(
                f"{table} has no column for the {meaning}; its first row names: {shown}. Say "
                f"which: --map {meaning}=COLUMN."
            )
    if len(places) > 1:
        several = ", ".join(clean(names[place]) for place in places)
        raise UsageError(
            f"{table} has several columns for the {meaning}: {several}. Say which (--map "
            f"{meaning}=COLUMN), or rename equal ones."
        )
    return places[0]


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UsageError(f"There is no file {clean(str(path), 120)}.") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"{clean(str(path), 120)} cannot be read: {why}.") from None
    if len(data) > MAX_BYTES:
        raise UsageError(
            f"{clean(path.name, 60)} is larger than {MAX_BYTES // 2**20} MB; {SMALLER}."
        )
    return data


def _delimited(text: str) -> tuple[str, str]:
    """The text without a line that only names the delimiter, and the delimiter: the commonest of
    the first line, outside quotes."""
    told = _SEP_LINE.match(text)
    if told:
        return text[told.end() :], told.group(1)
    first = re.sub(r'"[^"]*"', "", next(line for line in text.splitlines() if line.strip()))
    return text, max(sorted(DELIMITERS), key=first.count) if any(
        mark in first for mark in DELIMITERS
    ) else ","


def _text_rows(name: str, text: str, delimiter: str) -> Iterator[tuple[int, Sequence[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    shape: quotes.Shape | None = None
    while True:
        begins = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UsageError(
                f"{name} line {begins} is not a row of a table ({error}); look for a quotation "
                "mark "
                "that is not closed."
            ) from None
        shape = shape or (
            quotes.shape_of(row, delimiter) if any(cell.strip() for cell in row) else None
        )
        if (
            reader.line_num > begins
            and shape is not None
            and quotes.swallowing(shape, row) is not None
        ):
            raise quotes.refusal(name, begins, reader.line_num - begins)
        yield begins, row


def _whole(name: str, rows: Rows, made: Small) -> Small:
    """Rows as a table: the first that is not blank names the columns."""
    names: list[str] | None = None
    columns: list[list[str]] = []
    lines: list[int] = []
    for line, row in rows:
        filled = len(row)
        while filled and not row[filled - 1].strip():
            filled -= 1
        if not filled:
            continue
        if filled > MAX_COLUMNS:
            raise UsageError(
                f"{name} {made.place} {line} has {filled:,} cells; a small table has at most "
                f"{MAX_COLUMNS:,} columns."
            )
        if names is None:
            names = [row[place].strip() for place in range(filled)]
            columns = [[] for _ in names]
            continue
        if filled > len(names):
            raise UsageError(
                f"{name} {made.place} {line} has {filled} cells, but the first row names "
                f"{len(names)} columns."
            )
        lines.append(line)
        if len(lines) > MAX_ROWS:
            raise UsageError(f"{name} has more than {MAX_ROWS:,} rows; {SMALLER}.")
        for place, column in enumerate(columns):
            column.append(row[place].strip() if place < filled else "")
    if names is None:
        raise UsageError(f"{name} is empty.")
    table = pa.Table.from_arrays([pa.array(column, pa.string()) for column in columns], names=names)
    return made._replace(table=table, lines=lines)


def _workbook_rows(
    name: str, data: bytes, sheet: str | None
) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows of the one sheet that holds any. Formulas count as what they came to when the file
    was saved."""
    check_workbook(name, data)
    import warnings

    try:
        import openpyxl
    except ImportError:
        openpyxl = None
    if openpyxl is None or not openpyxl.DEFUSEDXML:
        raise UsageError(
            f"{name} is a workbook, which needs two extra packages: pip install openpyxl "
            "defusedxml. Or save it as CSV."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(
                io.BytesIO(data), read_only=True, data_only=True, keep_links=False
            )
            sheets = {one.title: one for one in book.worksheets}
            chosen = _sheet(name, sheets, sheet)
            yield from _sheet_rows(name, sheets[chosen])
    except UsageError:
        raise
    except Exception as error:  # the reader of workbooks fails in its own ways on a damaged one
        why = type(error.__cause__ or error).__name__
        raise UsageError(
            f"{name} could not be read as a workbook ({why}); open it and save it again, or as CSV."
        ) from None


def check_workbook(name: str, data: bytes) -> None:
    """Raise UsageError unless bytes are a workbook that unpacks to a bearable size; nothing is
    unpacked for it."""
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(io.BytesIO(data)) as packed:
            pieces = packed.infolist()
    except (BadZipFile, OSError, ValueError, NotImplementedError):
        raise UsageError(
            f"{name} is a damaged workbook, or its end is missing; open it and save it again, or "
            "as CSV."
        ) from None
    if sum(piece.file_size for piece in pieces) > MAX_BYTES or len(pieces) > MAX_PIECES:
        raise UsageError(f"{name} unpacks to more than {MAX_BYTES // 2**20} MB; {SMALLER}.")
    if not any(piece.filename.lower().startswith("xl/workbook") for piece in pieces):
        raise UsageError(
            f"{name} is a packed file without a workbook in it; give a CSV, TSV, XLSX or Parquet "
            "file."
        )


def _sheet(name: str, sheets: Mapping[str, Any], wanted: str | None) -> str:
    """The sheet that was named, or the only one with anything on it."""
    titles = ", ".join(clean(title) for title in sheets)
    if wanted is not None:
        if wanted not in sheets:
            raise UsageError(f"{name} has no sheet '{clean(wanted)}'; its sheets are: {titles}.")
        return wanted
    filled = [
        title for title, one in sheets.items() if any(any(row) for _, row in _sheet_rows(name, one))
    ]
    if len(filled) > 1:
        raise UsageError(f"{name} has several sheets ({titles}); say which: --sheet NAME.")
    if not filled:
        raise UsageError(f"{name} is empty.")
    return filled[0]


def _sheet_rows(name: str, sheet: Any) -> Iterator[tuple[int, Sequence[str]]]:
    sheet.reset_dimensions()  # what a sheet says of its size may be false
    for line, row in enumerate(sheet.iter_rows(values_only=True), 1):
        if line > MAX_SHEET_ROWS or len(row) > MAX_COLUMNS:
            raise UsageError(
                f"{name} has a sheet with more rows or columns than a table of weights can have."
            )
        yield line, [as_text(value) for value in row]


def _parquet(name: str, data: bytes) -> Small:
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        told = file.metadata
        size = sum(told.row_group(place).total_byte_size for place in range(told.num_row_groups))
        if size > MAX_BYTES or told.num_rows > MAX_ROWS:
            raise UsageError(
                f"{name} unpacks to more than {MAX_BYTES // 2**20} MB or {MAX_ROWS:,} rows; "
                f"{SMALLER}."
            )
        read = file.read()
    except (pa.ArrowException, OSError, ValueError) as error:
        why = " ".join(str(error).split())[:80]
        raise UsageError(
            f"{name} is a damaged Parquet file, or its end is missing ({why})."
        ) from None
    columns = [
        pa.array([as_text(value).strip() for value in column.to_pylist()], pa.string())
        for column in read.columns
    ]
    if not columns:
        raise UsageError(f"{name} is empty.")
    return Small(
        pa.Table.from_arrays(columns, names=read.column_names), range(1, read.num_rows + 1), "row"
    )
