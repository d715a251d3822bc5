# pyright: basic, reportAttributeAccessIssue=false
"""Where rated lines go: CSV, TSV, XLSX or Parquet, written aside and renamed when whole, so that no
half file is ever seen."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from tariffcli import files
from tariffcli.bulk.classes import arrow
from tariffcli.bulk.files import footers
from tariffcli.bulk.files.reports import Report
from tariffcli.errors import TariffError, UsageError

ROW_GROUP = 1 << 17
"""Lines of a row group: each is encoded in one thread, and several wait in memory at once."""

SHEET_ROWS = 1_048_576
"""At most this many rows fit a sheet, its header among them."""

FORMULA, NUMBER = f"^[{files.FORMULA}]", f"^(?:{files.NUMBER})$"


class Aside(files.Aside):
    """A file written beside its place and moved there when whole. Two runs to one place: the second
    is refused."""

    def __init__(self, out: Path) -> None:
        place = out.resolve()
        if files.being_written(place):
            raise UsageError(f"Another run is writing {out}; wait for it, or give another name.")
        super().__init__(place)


class Sink:
    """A file of rated lines. `encode` may run in any thread; `write` takes what it gives, in order;
    `close` ends the file.

    `lines`: of how many lines the batches are that are encoded together; 0 where each goes by
    itself.
    """

    lines = 0

    def encode(self, batches: Iterable[Any]) -> Any:
        """What `write` needs of some batches, which are taken one after the other."""
        return list(batches)

    def write(self, encoded: Any) -> None:
        """Add batches."""
        raise NotImplementedError

    def close(self, reports: Sequence[Report]) -> None:
        """End the file; a kind that holds several tables takes the reports too."""


class Letters:
    """Standard output where it takes letters only."""

    def write(self, data: Any) -> None:
        """Write bytes as letters."""
        sys.stdout.write(bytes(data).decode("utf-8"))

    def flush(self) -> None:
        """Write what waits."""
        sys.stdout.flush()


class CsvSink(Sink):
    """Comma or tab separated text in UTF-8."""

    def __init__(self, stream: Any, schema: Any, delimiter: str) -> None:
        self._stream, self._options = (
            stream,
            arrow_csv.WriteOptions(
                include_header=False, delimiter=delimiter, quoting_style="needed"
            ),
        )
        header = io.BytesIO()
        options = arrow_csv.WriteOptions(
            include_header=True, delimiter=delimiter, quoting_style="needed"
        )
        names = pa.schema([(name, pa.string()) for name in map(files.safe_cell, schema.names)])
        arrow_csv.write_csv(names.empty_table(), header, options)
        stream.write(header.getvalue())

    def encode(self, batches: Iterable[Any]) -> Any:
        """The bytes of batches."""
        buffer = pa.BufferOutputStream()
        for batch in batches:
            columns = [safe(plain_column(column)) for column in batch.columns]
            arrow_csv.write_csv(
                pa.RecordBatch.from_arrays(columns, names=batch.schema.names), buffer, self._options
            )
        return buffer.getvalue()

    def write(self, encoded: Any) -> None:
        """Add the bytes of batches."""
        self._stream.write(encoded)

    def close(self, reports: Sequence[Report]) -> None:  # noqa: ARG002
        """End the file."""
        self._stream.flush()


class ParquetSink(Sink):
    """One Parquet file, zstd level 1; columns of few distinct values in dictionary pages.

    A writer of one file encodes in one thread. So each row group is written as a file in memory, in
    any thread, and moved into its place: its pages as they are, its footer with the places changed.
    Columns that share their memory are encoded once.
    """

    lines = ROW_GROUP

    def __init__(self, stream: Any, schema: Any, many: frozenset[str]) -> None:
        few = [name for name in schema.names if name not in many]
        self._stream, self._schema = stream, schema
        self._options = {"compression": "zstd", "compression_level": 1, "use_dictionary": few}
        self._options |= {"store_schema": False, "write_statistics": False}
        self._whole = self._written(schema)[1]
        self._footers: list[Any] = []
        self._at = stream.write(footers.MAGIC)

    def encode(self, batches: Iterable[Any]) -> Any:
        """A Parquet file in memory of some batches."""
        table = pa.Table.from_batches(batches, self._schema)
        order, first = list[tuple[str, int]](), dict[object, int]()
        for place, (name, column) in enumerate(zip(table.column_names, table.columns, strict=True)):
            order.append((name, first.setdefault(arrow.memory(column) or place, len(first))))
        if len(first) == len(order) or any(pa.types.is_nested(kind) for kind in self._schema.types):
            return self._written(self._schema, table)
        numbers = [number for _, number in order]
        distinct = table.select([numbers.index(number) for number in range(len(first))])
        return footers.repeated(*self._written(distinct.schema, distinct), order)

    def _written(self, schema: Any, table: Any = None) -> tuple[Any, Any]:
        """The pages and the footer of a file in memory; without a table it has no row group."""
        from pyarrow import parquet

        buffer = pa.BufferOutputStream()
        with parquet.ParquetWriter(buffer, schema, **self._options) as writer:
            if table is not None:
                writer.write_table(table, row_group_size=max(len(table), 1))
        return footers.split(buffer.getvalue())

    def write(self, encoded: Any) -> None:
        """Add row groups."""
        pages, footer = encoded
        self._footers.append(footers.moved(footer, self._at - len(footers.MAGIC)))
        self._at += self._stream.write(pages)

    def close(self, reports: Sequence[Report]) -> None:  # noqa: ARG002
        """End the file; one without lines says its columns."""
        self._stream.write(footers.joined(self._footers, self._whole))
        self._stream.flush()


class Once:
    """A file that fails once. Whatever is written after that is taken and dropped.

    So a half-written archive that is let go of, and would end itself, does not fail a second time.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._failed = stream, False

    def _tried(self, act: Callable[[], int], otherwise: int) -> int:
        if self._failed:
            return otherwise
        try:
            return act()
        except OSError:
            self._failed = True
            raise

    def seekable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any) -> int:
        """Write bytes."""
        return self._tried(lambda: self._stream.write(data), len(data))

    def seek(self, place: int, whence: int = 0) -> int:
        """Go to a place."""
        return self._tried(lambda: self._stream.seek(place, whence), 0)

    def tell(self) -> int:
        """The place."""
        return self._tried(self._stream.tell, 0)

    def flush(self) -> None:
        """Write what waits."""
        self._tried(lambda: self._stream.flush() or 0, 0)


class SheetSink(Sink):
    """One sheet of a workbook. Text is never run as a formula; `numbers` are the input's columns
    that are written as numbers.

    Its rows wait in a folder of their own until the workbook ends; `release` takes that away.
    """

    def __init__(self, path: Path, schema: Any, numbers: frozenset[str]) -> None:
        import xlsxwriter

        self._stream, self._folder = (
            path.open("wb"),
            TemporaryDirectory(prefix="tariff-", ignore_cleanup_errors=True),
        )
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        options |= {"nan_inf_to_errors": False, "tmpdir": self._folder.name}
        stream: Any = Once(self._stream)
        self._book = xlsxwriter.Workbook(stream, options)
        self._sheet = self._book.add_worksheet("lines")
        self._numbers = [name in numbers for name in schema.names]
        self._row = 1
        bold = self._book.add_format({"bold": True})
        for place, name in enumerate(schema.names):
            self._sheet.write_string(0, place, name, bold)
        self._sheet.freeze_panes(1, 0)

    def write(self, encoded: Any) -> None:
        """Add batches. Raises TariffError when the sheet is full."""
        for batch in encoded:
            if self._row + batch.num_rows > SHEET_ROWS:
                raise TariffError(
                    f"A sheet holds {SHEET_ROWS - 1:,} lines and the file has more; give --out a "
                    ".parquet or .csv name."
                )
            columns = [column.to_pylist() for column in batch.columns]
            for line in zip(*columns, strict=True):
                for place, value in enumerate(line):
                    self._cell(place, value)
                self._row += 1

    def _cell(self, place: int, value: Any) -> None:
        if value is None or value == "":
            return
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            value = str(value)
        if (
            isinstance(value, str)
            and self._numbers[place]
            and re.fullmatch(r"-?(0|[1-9]\d{0,14})(\.\d+)?", value)
        ):
            value = float(value)
        if isinstance(value, str):
            self._sheet.write_string(self._row, place, value[:32_767])
        elif np.isfinite(value):
            self._sheet.write_number(self._row, place, value)

    def close(self, reports: Sequence[Report]) -> None:
        """End the workbook, with a sheet for each report. Raises OSError."""
        from xlsxwriter import exceptions as xlsx

        for report in reports:
            sheet = self._book.add_worksheet(report.name[:31])
            for place, row in enumerate([report.columns, *report.rows]):
                for column, cell in enumerate(row):
                    if isinstance(cell, str):
                        sheet.write_string(place, column, cell[:32_767])
                    elif cell is not None:
                        sheet.write_number(place, column, float(cell))
        try:
            self._book.close()
        except xlsx.FileCreateError as error:  # what it could not write, or read back
            raise error.args[0] from None
        self._stream.flush()

    def release(self) -> None:
        """Let go of the file and of the rows that wait."""
        self._folder.cleanup()
        self._stream.close()


def open_sink(
    kind: str, target: Path | Aside | None, schema: Any, numbers: frozenset[str]
) -> tuple[Sink, Callable[[], None]]:
    """The sink of a kind at a device, a file being written or (None) standard output, and how to
    let go of what it holds."""
    if kind == "xlsx" and target is not None:
        sheet = SheetSink(target.path if isinstance(target, Aside) else target, schema, numbers)
        return sheet, sheet.release
    if target is None:
        return CsvSink(getattr(sys.stdout, "buffer", None) or Letters(), schema, ","), lambda: None
    aside = isinstance(target, Aside)
    stream = target.stream if aside else target.open("wb")
    # A file aside is let go of when it is kept or dropped.
    release = (lambda: None) if aside else stream.close
    if kind == "parquet":
        return ParquetSink(stream, schema, numbers), release
    return CsvSink(stream, schema, "\t" if kind == "tsv" else ","), release


def output_schema(schema: Any, added: list[tuple[str, Any]]) -> Any:
    """The columns of the output: those of the input, then those added."""
    return pa.schema(
        [*schema, *(pa.field(name, kind) for name, kind in added)], metadata=schema.metadata
    )


def fitted(batch: Any, schema: Any) -> Any:
    """A batch with the types of a schema."""
    pairs = zip(batch.columns, schema, strict=True)
    arrays = [
        column if column.type == field.type else plain_column(column).cast(field.type)
        for column, field in pairs
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def plain_column(column: Any) -> Any:
    """A column without a dictionary."""
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def safe(column: Any) -> Any:
    """A text column with an apostrophe before what a spreadsheet would run as a formula."""
    import pyarrow.compute as pc  # costs as much as all of numpy: only where texts are read

    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    risky = pc.match_substring_regex(column, FORMULA)
    if not pc.any(risky).as_py():
        return column
    risky = pc.and_not(risky, pc.match_substring_regex(column, NUMBER))
    mark, between = (pa.scalar(text, column.type) for text in ("'", ""))
    return pc.if_else(risky, pc.binary_join_element_wise(mark, column, between), column)


def write_reports(out: Path, reports: Sequence[Report]) -> list[Path]:
    """Write reports as CSV beside an output that holds one table: `rated.audit.csv`; gives their
    paths. A workbook holds them itself."""
    if out.suffix.lower() in (".xlsx", ".xlsm"):
        return []
    return [write_table(beside(out, report), report) for report in reports]


def write_table(path: Path, report: Report) -> Path:
    """Write a report as CSV, whole or not at all; gives its path."""
    import csv

    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(report.columns)
    writer.writerows([_plain_cell(cell) for cell in row] for row in report.rows)
    files.write(path, stream.getvalue().encode())
    return path


def _plain_cell(cell: Any) -> Any:
    return files.safe_cell(files.without_controls(cell)) if isinstance(cell, str) else cell


def file_name(report: Report) -> str:
    """What a report is called as a file."""
    return f"{report.name.lower().replace(' ', '-')}.csv"


def beside(out: Path, report: Report) -> Path:
    """Where a report of an output stands."""
    return out.with_name(f"{out.stem}.{file_name(report)}")
