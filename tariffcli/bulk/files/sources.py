# pyright: basic, reportAttributeAccessIssue=false
"""Files of lines, read as streams of record batches: CSV and TSV as text, XLSX sheets as text,
Parquet as it is."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.csv as arrow_csv

from tariffcli.bulk.cells.headers import fold, usual_names
from tariffcli.bulk.classes import arrow
from tariffcli.bulk.files import quotes, sheets, text
from tariffcli.errors import TariffError, UsageError

BATCH = 1 << 16
"""Lines of a batch: its columns fit a processor's cache."""

BLOCK = 1 << 23
CODED_TEXT = pa.dictionary(pa.int32(), pa.string())
CODED = frozenset(usual_names(("hs", "product", "origin", "importer", "date", "unit")))
"""Columns of few distinct texts, which are read as dictionaries."""

ENDINGS = (".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm", ".parquet", ".pq")


class Source(NamedTuple):
    """A file of lines. `batches()` reads it from the start; `skipped` counts rows that are no
    lines; `done` is the share read, 0 to 1.

    `look()` reads it too, where only its first batch is wanted: nothing is read ahead. `remark`
    says what had to be guessed.
    """

    name: str
    kind: str
    names: list[str]
    read_schema: Any
    batches: Callable[[], Generator[Any, None, None]]
    skipped: list[str]
    done: Callable[[], float]
    again: bool
    look: Callable[[], Generator[Any, None, None]]
    remark: str = ""


class Options(NamedTuple):
    """How to read: an encoding for text files, a sheet of a workbook, meanings asked for (they help
    to find the header)."""

    encoding: str | None = None
    sheet: str | None = None
    asked: Mapping[str, str] = {}


def kind_of(path: Path | None, asked: str | None = None) -> str:
    """The kind of a file by its name: csv, tsv, xlsx or parquet. Raises UsageError."""
    if asked:
        return asked
    if path is None:
        return "csv"
    ending = path.suffix.lower().lstrip(".")
    ending = {"pq": "parquet", "txt": "csv", "tab": "tsv", "xlsm": "xlsx"}.get(ending, ending)
    if ending not in ("csv", "tsv", "xlsx", "parquet"):
        raise UsageError(
            f"The name '{path.name}' does not say what kind of file it is; use one that ends in "
            ".csv, .tsv, .xlsx or .parquet."
        )
    return ending


def open_source(path: Path | None, options: Options) -> Source:
    """Open a file (None: standard input, as CSV). Raises UsageError, TariffError."""
    if path is not None and not path.is_file():
        raise UsageError(f"{path} is not a file that can be read.")
    kind = kind_of(path)
    try:
        if kind == "parquet" and path is not None:
            return _parquet(path, options)
        if kind == "xlsx" and path is not None:
            return _workbook(path, options)
        return _text(path, "\t" if kind == "tsv" else None, options)
    except pa.ArrowException as error:
        raise TariffError(
            f"{path or 'standard input'} could not be read as {kind}: {first_line(error)}"
        ) from None


def first_line(error: BaseException) -> str:
    """The first line of an error's words, short enough for a person."""
    words = " ".join(str(error).split())
    return words[:200].rstrip(".") + "."


# Parquet


def _parquet(path: Path, options: Options) -> Source:
    from pyarrow import parquet

    file = parquet.ParquetFile(path, memory_map=False, buffer_size=1 << 20, pre_buffer=False)
    schema = file.schema_arrow
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    coded = [name for name in texts if fold(name) in CODED or name in options.asked.values()]
    rows = max(file.metadata.num_rows, 1)
    state = [0]

    def batches() -> Generator[Any, None, None]:
        state[0] = 0
        with parquet.ParquetFile(
            path, read_dictionary=coded, memory_map=False, buffer_size=1 << 20, pre_buffer=False
        ) as opened:
            for batch in opened.iter_batches(batch_size=BATCH):
                state[0] += batch.num_rows
                yield batch

    fields = [field.with_type(CODED_TEXT) if field.name in coded else field for field in schema]
    read_schema = pa.schema(fields, metadata=schema.metadata)
    return Source(
        name=path.name,
        kind="parquet",
        names=schema.names,
        read_schema=read_schema,
        batches=batches,
        skipped=[],
        done=lambda: state[0] / rows,
        again=True,
        look=batches,
    )


def first_of(source: Source) -> Any:
    """The first batch of a file that can be read again, else None; nothing of the reading goes
    on."""
    if not source.again:
        return None
    with closing(source.look()) as batches:
        return next(batches, None)


# text


class Begun(io.RawIOBase):
    """A stream of which the first bytes were looked at."""

    def __init__(self, stream: BinaryIO, start: bytes, opened: quotes.Opened) -> None:
        self._stream, self._start, self._opened = stream, start, opened

    def readable(self) -> bool:
        """Yes."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes: first those that were looked at."""
        if self._start:
            size = len(self._start) if size < 0 else size
            data, self._start = self._start[:size], self._start[size:]
        else:
            data = self._stream.read(size)
        self._opened.take(data)
        return data


def _text(path: Path | None, delimiter: str | None, options: Options) -> Source:
    name = path.name if path is not None else "standard input"
    stream = path.open("rb") if path is not None else _standard_input()
    head = _head_of(stream, name)
    layout = text.layout_of(head, name, delimiter, options.encoding, options.asked)
    total = path.stat().st_size if path is not None else 0
    skipped: list[str] = []
    shape = quotes.shape_of(
        layout.names,
        layout.delimiter,
        [options.asked[meaning] for meaning in ("date", "instant") if meaning in options.asked],
        [options.asked[meaning] for meaning in ("hs",) if meaning in options.asked],
    )
    going_by = quotes.Opened(layout.encoding)
    reading: list[Any] = [pa.PythonFile(Begun(stream, head, going_by), mode="r")]

    def swallowed(row: str | None) -> UsageError:
        opened = quotes.opened_in(path, layout.encoding) if path is not None else going_by
        many = len(quotes.BREAK.findall(row.rstrip("\r\n"))) if row is not None else BLOCK
        return quotes.refusal(name, opened.line_of(row), many)

    def batches(*, ahead: bool = True) -> Generator[Any, None, None]:
        # Of this reading alone: threads of one that was given up may still tell theirs.
        odd: list[str] = []
        if path is not None:
            # Read without Python, since its threads may outlive an interrupted run.
            reading[0] = pa.OSFile(str(path))
        try:
            with reading[0] as opened:
                yield from _text_batches(opened, layout, odd, name, shape, swallowed, ahead)
        finally:
            skipped[:] = odd

    def done() -> float:
        return reading[0].tell() / total if total and not reading[0].closed else 0.0

    schema = pa.schema([(column, pa.string()) for column in layout.names])
    look = partial(batches, ahead=False)
    return Source(
        name=name,
        kind="csv",
        names=layout.names,
        read_schema=schema,
        batches=batches,
        skipped=skipped,
        done=done,
        again=path is not None,
        look=look,
        remark=layout.remark,
    )


def _head_of(stream: BinaryIO, name: str) -> bytes:
    """The first bytes of a text. Raises UsageError where they are no lines."""
    head = stream.read(text.HEAD)
    if not text.without_mark(head).strip():
        raise UsageError(f"{name} is empty.")
    if len(head) == text.HEAD and not re.search(rb"[\r\n]", head):
        raise UsageError(
            f"The first line of {name} does not end within {text.HEAD >> 20} MB; a header is one "
            "line of column names."
        )
    return head


def _standard_input() -> BinaryIO:
    if sys.stdin is None:
        raise UsageError("Standard input is closed; give the name of a file, or pipe lines in.")
    return sys.stdin.buffer


def _text_batches(
    stream: Any,
    layout: text.Layout,
    skipped: list[str],
    name: str,
    shape: quotes.Shape,
    swallowed: Callable[[str | None], UsageError],
    ahead: bool,
) -> Generator[Any, None, None]:
    """The batches of a text file; `ahead`: later blocks are parsed in other threads meanwhile.

    `swallowed` makes the error of a row that swallows lines (None: a row of more than a block).
    """
    broken: list[str] = []

    def odd(row: Any) -> str:
        if quotes.swallows(shape, row.text):
            broken.append(row.text)
            return "error"
        if len(skipped) < 1000:
            skipped.append(
                f"'{row.text[:40]}' has {row.actual_columns} cells, the header "
                f"{row.expected_columns}"
            )
        else:
            skipped.append("")
        return "skip"

    encoding = "utf-8" if layout.encoding == "utf-8-sig" else layout.encoding
    names = _distinct(layout.names)
    read = arrow_csv.ReadOptions(
        block_size=BLOCK,
        column_names=names,
        skip_rows=layout.header,
        encoding=encoding,
        use_threads=ahead,
    )
    parse = arrow_csv.ParseOptions(
        delimiter=layout.delimiter, newlines_in_values=True, invalid_row_handler=odd
    )
    convert = arrow_csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
    )
    try:
        with arrow_csv.open_csv(stream, read, parse, convert) as reader:
            for batch in reader:
                cells = quotes.swallowing_row(shape, batch)
                if cells is not None:
                    raise swallowed(layout.delimiter.join(cells))
                renamed = batch.rename_columns(layout.names)
                for start in range(0, renamed.num_rows, BATCH):
                    yield renamed.slice(start, BATCH)
    except (pa.ArrowException, UnicodeError) as error:
        if broken or "straddl" in str(error):
            raise swallowed(broken[0] if broken else None) from None
        if "Empty CSV" in str(error):
            return
        ask = f"Is it all in {layout.encoding}? See --encoding."
        raise TariffError(
            f"{name} could not be read to its end: {first_line(error)} {ask}"
        ) from None


def _distinct(names: Sequence[str]) -> list[str]:
    """Names told apart by their place, for a reader that takes one of each."""
    return [f"{place}" for place in range(len(names))]


# workbooks


def _workbook(path: Path, options: Options) -> Source:
    sheet = sheets.open_sheet(path, options.sheet)
    rows = sheet.first(30)
    if not rows:
        raise UsageError(f"{path.name} is empty.")
    scores = [text.known_names(row, options.asked) for row in rows]
    header = scores.index(max(scores))
    names = [cell.strip() for cell in rows[header]]
    while names and not names[-1]:
        names.pop()
    schema = pa.schema([(name, pa.string()) for name in names])
    state = [0]

    def batches() -> Generator[Any, None, None]:
        state[0] = 0
        for lines in sheet.batches(header + 1, len(names), BATCH // 4):
            state[0] += len(lines)
            arrays = [arrow.texts(column) for column in zip(*lines, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def done() -> float:
        return min(1.0, state[0] / max(sheet.rows, 1))

    return Source(
        name=path.name,
        kind="xlsx",
        names=names,
        read_schema=schema,
        batches=batches,
        skipped=[],
        done=done,
        again=True,
        look=batches,
    )
