"""Parquet footers: row groups that were written apart, in several threads, told by one footer as
one file.

A footer is a Thrift structure in compact form. pyarrow reads and writes it but cannot say that a
row group stands elsewhere, which is all that joining files needs: so a footer is read as plain
fields, places are moved, and it is written again. Nor can it say that two columns hold the same:
the pages of the second are those of the first once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MAGIC = b"PAR1"
ROWS, GROUPS = 3, 4
"""Fields of a file: its rows, its row groups."""

COLUMNS, GROUP_SIZE, GROUP_PLACE, GROUP_PACKED, ORDINAL = 1, 2, 5, 6, 7
CHUNK_PLACE, CHUNK = 2, 3
PATH, SIZE, PACKED = 3, 6, 7
PAGES = (9, 10, 11)
"""Places of a column's data, index and dictionary pages."""

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, STRUCT = (
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    12,
)

Field = tuple[int, Any]
"""The kind of a value, and the value: a whole number, bytes, (kind, values) of a list, fields by
number of a structure."""


def split(file: bytes | memoryview) -> tuple[memoryview, dict[int, Field]]:
    """The pages of a whole Parquet file, and its footer. Raises ValueError for what is none."""
    data = memoryview(file).cast("B")
    if bytes(data[:4]) != MAGIC or bytes(data[-4:]) != MAGIC:
        raise ValueError("not a whole Parquet file")
    start = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    footer, _ = _read(data[start:-8], 0, STRUCT)
    return data[4:start], footer


def moved(footer: dict[int, Field], by: int) -> dict[int, Field]:
    """A footer whose row groups stand `by` bytes further on."""
    for columns in footer[GROUPS][1][1]:
        _add(columns, GROUP_PLACE, by)
        for chunk in columns[COLUMNS][1][1]:
            _move_chunk(chunk, by)
    return footer


def repeated(
    pages: memoryview, footer: dict[int, Field], order: Sequence[tuple[str, int]]
) -> tuple[bytes | memoryview, dict[int, Field]]:
    """Pages and footer with more columns: `order` has all their names, and of each the number of
    the written column that it equals.

    Columns are flat, and all but the first of a number get its pages once more, at the end of their
    row group.
    """
    parts, end = [pages], len(MAGIC) + len(pages)
    for group in footer[GROUPS][1][1]:
        written, found = group[COLUMNS][1][1], list[dict[int, Field]]()
        for name, number in order:
            chunk = written[number]
            if any(one is chunk for one in found):
                start, size = _begin(chunk), chunk[CHUNK][1][PACKED][1]
                parts.append(pages[start - len(MAGIC) : start - len(MAGIC) + size])
                for whole, part in ((GROUP_SIZE, SIZE), (GROUP_PACKED, PACKED)):
                    _add(group, whole, chunk[CHUNK][1][part][1])
                chunk = _copied(chunk, name, end - start)
                end += size
            found.append(chunk)
        group[COLUMNS] = (LIST, (STRUCT, found))
    return (pages if len(parts) == 1 else b"".join(parts)), footer


def joined(footers: Sequence[dict[int, Field]], whole: dict[int, Field]) -> bytes:
    """The end of a file that holds the row groups of several footers, in order: footer, its length,
    and the mark of a Parquet file.

    `whole` is the footer of a file without row groups that has all its columns.
    """
    groups = [group for footer in footers for group in footer[GROUPS][1][1]]
    for number, group in enumerate(groups):
        group[ORDINAL] = (I16, number)
    rows = sum(footer[ROWS][1] for footer in footers)
    written = bytearray()
    _write(written, STRUCT, {**whole, ROWS: (I64, rows), GROUPS: (LIST, (STRUCT, groups))})
    return bytes(written) + len(written).to_bytes(4, "little") + MAGIC


def _begin(chunk: dict[int, Field]) -> int:
    """Where the pages of a column begin: with those of its dictionary, where it has one."""
    return min(
        chunk[CHUNK][1][place][1]
        for place in PAGES
        if place in chunk[CHUNK][1] and chunk[CHUNK][1][place][1]
    )


def _copied(chunk: dict[int, Field], name: str, by: int) -> dict[int, Field]:
    """A column of another name that stands `by` bytes further on."""
    copy = {**chunk, CHUNK: (STRUCT, {**chunk[CHUNK][1], PATH: (LIST, (BINARY, [name.encode()]))})}
    _move_chunk(copy, by)
    return copy


def _move_chunk(chunk: dict[int, Field], by: int) -> None:
    _add(chunk, CHUNK_PLACE, by)
    for place in PAGES:
        _add(chunk[CHUNK][1], place, by)


def _add(fields: dict[int, Field], number: int, by: int) -> None:
    """Add to a place or a size, where it is given: 0 says that it is not."""
    if number in fields and fields[number][1]:
        kind, before = fields[number]
        fields[number] = (kind, before + by)


def _read(data: memoryview, at: int, kind: int) -> tuple[Any, int]:
    """The value of a kind that begins at a byte, and where the next begins."""
    if kind in (I16, I32, I64):
        number, at = _varint(data, at)
        return (number >> 1) ^ -(number & 1), at
    if kind == BINARY:
        size, at = _varint(data, at)
        return bytes(data[at : at + size]), at + size
    if kind in (LIST, SET):
        return _read_list(data, at)
    if kind == STRUCT:
        return _read_fields(data, at)
    size = {BYTE: 1, TRUE: 1, FALSE: 1, DOUBLE: 8}.get(kind)
    if size is None:
        raise ValueError(f"a footer holds no kind {kind}")
    return bytes(data[at : at + size]), at + size


def _read_list(data: memoryview, at: int) -> tuple[tuple[int, list[Any]], int]:
    many, kind = data[at] >> 4, data[at] & 15
    at += 1
    if many == 15:
        many, at = _varint(data, at)
    values: list[Any] = []
    for _ in range(many):
        value, at = _read(data, at, kind)
        values.append(value)
    return (kind, values), at


def _read_fields(data: memoryview, at: int) -> tuple[dict[int, Field], int]:
    fields: dict[int, Field] = {}
    number = 0
    while data[at]:
        step, kind = data[at] >> 4, data[at] & 15
        at += 1
        if step:
            number += step
        else:
            number, at = _read(data, at, I16)
        value, at = (None, at) if kind in (TRUE, FALSE) else _read(data, at, kind)
        fields[number] = (kind, value)
    return fields, at + 1


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7


def _write(out: bytearray, kind: int, value: Any) -> None:
    if kind in (I16, I32, I64):
        _write_varint(out, (value << 1) ^ (value >> 63))
    elif kind == BINARY:
        _write_varint(out, len(value))
        out += value
    elif kind in (LIST, SET):
        _write_list(out, *value)
    elif kind == STRUCT:
        _write_fields(out, value)
    else:
        out += value


def _write_list(out: bytearray, kind: int, values: list[Any]) -> None:
    out.append(min(len(values), 15) << 4 | kind)
    if len(values) >= 15:
        _write_varint(out, len(values))
    for value in values:
        _write(out, kind, value)


def _write_fields(out: bytearray, fields: dict[int, Field]) -> None:
    before = 0
    for number, (kind, value) in sorted(fields.items()):
        if 0 < number - before <= 15:
            out.append(number - before << 4 | kind)
        else:
            out.append(kind)
            _write(out, I16, number)
        before = number
        if kind not in (TRUE, FALSE):
            _write(out, kind, value)
    out.append(0)


def _write_varint(out: bytearray, number: int) -> None:
    number &= (1 << 64) - 1
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
