"""Synthetic lines to CSV, Parquet or XLSX, a chunk at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet

MOST_ROWS = 1_048_576
ABOVE = [
    ["Report Name:", "ES-003 Entry Summary Line Tariff Details"],
    ["Synthetic rows: no entry, importer or amount is real"],
    [],
]
BELOW = [[], ["FOR OFFICIAL USE ONLY"]]

Chunks = Iterable[pa.RecordBatch] | Iterable[list[list[Any]]]


def write(
    out: Path,
    kind: str,
    chunks: Chunks,
    header: Sequence[str],
    sheets: bool = False,
    marked: bool = False,
) -> None:
    """Write chunks: record batches or lists of rows. `sheets` puts a report's head and foot around
    them; `marked` is a BOM first.
    """
    if kind == "parquet":
        _parquet(out, chunks, header)
    elif kind == "xlsx":
        _xlsx(out, chunks, header, sheets)
    elif kind == "csv":
        _csv(out, chunks, header, sheets, marked)
    else:
        raise SystemExit(f"--format must be csv, parquet or xlsx, not '{kind}'.")


def _batch(chunk: Any, header: Sequence[str]) -> pa.RecordBatch:
    if isinstance(chunk, pa.RecordBatch):
        return chunk
    texts = [
        [None if row[place] is None else str(row[place]) for row in chunk]
        for place in range(len(header))
    ]
    return pa.RecordBatch.from_arrays(
        [pa.array(column, pa.string()) for column in texts], names=list(header)
    )


def _parquet(out: Path, chunks: Chunks, header: Sequence[str]) -> None:
    writer = None
    for chunk in chunks:
        batch = _batch(chunk, header)
        if writer is None:
            writer = parquet.ParquetWriter(
                out, batch.schema, compression="zstd", compression_level=1
            )
        writer.write_batch(batch, row_group_size=len(batch) or None)
    if writer is not None:
        writer.close()


def _csv(out: Path, chunks: Chunks, header: Sequence[str], sheets: bool, marked: bool) -> None:
    with out.open("wb") as file:
        if marked:
            file.write(b"\xef\xbb\xbf")
        file.write(_text([*(ABOVE if sheets else []), header]))
        options = arrow_csv.WriteOptions(include_header=False, quoting_style="none")
        for chunk in chunks:
            if isinstance(chunk, pa.RecordBatch):
                arrow_csv.write_csv(chunk, file, options)
            else:
                file.write(_text(chunk))
        file.write(_text(BELOW if sheets else []))


def _text(rows: Iterable[Sequence[Any]]) -> bytes:
    import io

    found = io.StringIO(newline="")
    csv.writer(found, lineterminator="\n").writerows(rows)
    return found.getvalue().encode()


def _xlsx(out: Path, chunks: Chunks, header: Sequence[str], sheets: bool) -> None:
    from xlsxwriter import Workbook

    book = Workbook(str(out), {"constant_memory": True, "strings_to_formulas": False})
    book.set_properties({"created": datetime(2026, 1, 1, tzinfo=UTC)})
    days = book.add_format({"num_format": "m/d/yyyy"})
    sheet = book.add_worksheet("Main Report")
    place = 0
    for row in [*(ABOVE if sheets else []), header]:
        sheet.write_row(place, 0, row)
        place += 1
    for chunk in chunks:
        many = chunk.num_rows if isinstance(chunk, pa.RecordBatch) else len(chunk)
        if place + many > MOST_ROWS - len(BELOW):
            book.close()
            out.unlink()
            raise SystemExit(
                f"A sheet holds {MOST_ROWS:,} rows; ask for fewer lines, or for csv or parquet."
            )
        found = (
            zip(*(column.to_pylist() for column in chunk.columns), strict=True)
            if isinstance(chunk, pa.RecordBatch)
            else chunk
        )
        for row in found:
            for column, value in enumerate(row):
                _cell(sheet, place, column, value, days)
            place += 1
    for row in BELOW if sheets else []:
        sheet.write_row(place, 0, row)
        place += 1
    if sheets:
        book.add_worksheet("Report Parameters").write_row(
            0, 0, ["Entry Summary Date", "between", "1/1/2018", "11/20/2026"]
        )
    book.close()


def _cell(sheet: Any, row: int, column: int, value: Any, days: Any) -> None:
    if isinstance(value, date):
        sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), days)
    elif isinstance(value, str):
        sheet.write_string(row, column, value)
    elif value is not None:
        sheet.write(row, column, value)
