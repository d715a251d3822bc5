"""The one module that speaks to pyarrow: the others have it, and the types of arrays, from here.

`pa` and `compute()` are pyarrow itself, seen through the protocols of `arrow_types.py`. After them
come the ways between Arrow and numpy without a detour: distinct values with their numbers, whole
numbers, gathered results.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeGuard, TypeVar, cast

import numpy as np
import pyarrow
from numpy.typing import NDArray

from tariffcli.bulk.classes.arrow_types import (
    Array,
    Arrays,
    Batch,
    Bools,
    Buffer,
    Chunked,
    Column,
    Compute,
    Field,
    Floats,
    Int32s,
    Int64s,
    Integers,
    Kind,
    Pyarrow,
    Reader,
    Scalar,
    Schema,
    Table,
)

__all__ = (
    "Array",
    "Arrays",
    "Batch",
    "Bools",
    "Buffer",
    "Chunked",
    "Column",
    "Compute",
    "Field",
    "Floats",
    "Int32s",
    "Int64s",
    "Integers",
    "Kind",
    "Reader",
    "Scalar",
    "Schema",
    "Table",
)

Item = TypeVar("Item", bound=np.generic)
"""What the cells of a numpy array hold."""

pa = cast("Pyarrow", pyarrow)
"""pyarrow, as `arrow_types.py` describes it."""


def compute() -> Compute:
    """`pyarrow.compute`. It loads as long as all of numpy: ask for it only where it is needed."""
    import pyarrow.compute

    return cast("Compute", pyarrow.compute)


def is_table(value: object) -> TypeGuard[Table]:
    """Whether a value is an Arrow table."""
    return isinstance(value, cast("type", pa.Table))


def is_batch(value: object) -> TypeGuard[Batch]:
    """Whether a value is an Arrow record batch."""
    return isinstance(value, cast("type", pa.RecordBatch))


def is_chunked(column: Column) -> TypeGuard[Chunked]:
    """Whether a column is in chunks."""
    return hasattr(column, "num_chunks")


# between Arrow and numpy

BLOCK = 1 << 16
WIDTHS = {
    f"{sign}int{bits}": np.dtype(f"{sign}int{bits}")
    for sign in ("", "u")
    for bits in (8, 16, 32, 64)
}
"""numpy's types of whole numbers, by Arrow's names."""


def flat(column: Column) -> Array:
    """A column as one array."""
    if is_chunked(column):
        return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return cast("Array", column)


def is_text(kind: Kind) -> bool:
    """Whether a type is text, plain or by distinct values."""
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return (
        pa.types.is_string(plain)
        or pa.types.is_large_string(plain)
        or pa.types.is_string_view(plain)
    )


def are_even_digits(texts: Array) -> bool:
    """Whether each text is an even number of digits, without looking at one after the other."""
    if not pa.types.is_string(texts.type) or len(texts) == 0 or texts.null_count:
        return False
    _, ends, data = texts.buffers()
    places = _cells(ends, np.int32)
    places = places[texts.offset : texts.offset + len(texts) + 1]
    letters = (
        _cells(data, np.uint8)[places[0] : places[-1]]
        if data is not None
        else np.zeros(0, np.uint8)
    )
    return not (np.diff(places) & 1).any() and bool((letters - np.uint8(48) < 10).all())


def view(array: Array, dtype: type[Item] | np.dtype[Item]) -> NDArray[Item]:
    """The values of a fixed-width array without a copy; what stands under a null is arbitrary."""
    _, data = array.buffers()[:2]
    if data is None or len(array) == 0:
        return np.zeros(len(array), dtype)
    return _cells(data, dtype)[array.offset : array.offset + len(array)]


def _cells(buffer: Buffer | None, dtype: type[Item] | np.dtype[Item]) -> NDArray[Item]:
    """The memory of a buffer that is there as an array of numpy."""
    return np.frombuffer(cast("memoryview", buffer), dtype)


def valid(array: Array) -> Bools | None:
    """Which values are not null; None where all are."""
    if array.null_count == 0:
        return None
    bits = _cells(array.buffers()[0], np.uint8)
    known = np.unpackbits(bits, bitorder="little")[array.offset : array.offset + len(array)]
    return known.astype(bool)


def missing(array: Array) -> Bools:
    """Which values are null."""
    known = valid(array)
    return np.zeros(len(array), dtype=bool) if known is None else ~known


def same(array: Array, other: Array) -> bool:
    """Whether two arrays hold the same values.

    Mostly they are views of the same memory, or copies for two batches of a row group.
    """
    if len(array) != len(other) or array.type != other.type:
        return False
    if array.offset == other.offset and _addresses(array) == _addresses(other):
        return True
    return array.equals(other)


def _addresses(array: Array) -> list[int | None]:
    return [None if buffer is None else buffer.address for buffer in array.buffers()]


def memory(column: Chunked) -> object:
    """What tells whether two columns of floats are the same memory.

    None for other columns, and for one without lines.
    """
    if not pa.types.is_floating(column.type):
        return None
    return (
        tuple(
            (column.type, chunk.offset, len(chunk), *_addresses(chunk))
            for chunk in column.chunks
            if len(chunk)
        )
        or None
    )


def gather(
    table: NDArray[Item], numbers: Integers, out: NDArray[Item] | None = None
) -> NDArray[Item]:
    """The values of a table at these numbers, all known to be within it.

    This is twice as fast as `take`, which looks first. numpy reads places in its own width only:
    others are widened a block at a time, so that they are still in the cache when they are read.
    """
    if numbers.dtype == np.intp or len(numbers) <= BLOCK:
        return table.take(numbers, out=out, mode="clip")
    values = np.empty(len(numbers), table.dtype) if out is None else out
    widened = np.empty(BLOCK, np.intp)
    for start in range(0, len(numbers), BLOCK):
        block = numbers[start : start + BLOCK]
        places = widened[: len(block)]
        places[...] = block
        table.take(places, out=values[start : start + BLOCK], mode="clip")
    return values


def encoded(column: Column) -> tuple[Int64s, Array]:
    """Each line's number among the column's distinct values, and those values.

    A null has the number after the last.
    """
    array = flat(column)
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    numbers = view(array.indices, WIDTHS[str(array.indices.type)]).astype(np.int64)
    known = valid(array.indices)
    if known is not None:
        numbers = np.where(known, numbers, len(array.dictionary))
    return numbers, array.dictionary


def distinct(numbers: NDArray[Item]) -> NDArray[Item]:
    """The different numbers in order.

    `np.unique` looks them up by hash, which takes fifty times as long for numbers made of several.
    """
    ordered = np.sort(numbers)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]]


def listed(numbers: Integers) -> list[int]:
    """Whole numbers as Python's own."""
    return numbers.tolist()


def first_refusal(parts: Sequence[Int64s]) -> Int64s:
    """Of each line its first number below zero, in the order of `parts`; 0 where none is.

    So the reason of a line with several faults does not depend on the lines before it.
    """
    worst = np.minimum(parts[0], 0)
    for part in parts[1:]:
        worst = np.where(worst < 0, worst, np.minimum(part, 0))
    return worst


def room(lines: int, dtype: type[Item]) -> tuple[NDArray[Item], Buffer]:
    """An array to be filled, and its memory as an Arrow buffer.

    The memory is Arrow's own, which keeps what is given back for the next batch. numpy would ask
    the system for fresh pages each time, and half of the time of a wide result goes into those.
    """
    width = np.dtype(dtype).itemsize
    buffer = pa.allocate_buffer(max(lines, 1) * width)
    return _cells(buffer, dtype)[:lines], buffer


def numbers_with_nulls(values: Floats) -> Array:
    """Floats as an Arrow array; NaN is null."""
    return _floats(values, pa.py_buffer(np.ascontiguousarray(values)))


def gathered(table: Floats, numbers: Integers) -> Array:
    """The floats of a table at these numbers as an Arrow array; NaN is null."""
    values, buffer = room(len(numbers), np.float64)
    return _floats(gather(table, numbers, values), buffer)


def _floats(values: Floats, buffer: Buffer) -> Array:
    unknown = np.isnan(values)
    bits = pa.py_buffer(np.packbits(~unknown, bitorder="little")) if unknown.any() else None
    return pa.Array.from_buffers(pa.float64(), len(values), [bits, buffer])


def texts(values: Iterable[str]) -> Array:
    """Texts as an Arrow array, built from bytes.

    `pyarrow.array` would load pandas, which costs more than a small file.
    """
    parts = [value.encode() for value in values]
    ends = np.zeros(len(parts) + 1, dtype=np.int32)
    np.cumsum([len(part) for part in parts], out=ends[1:])
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(parts))]
    return pa.Array.from_buffers(pa.string(), len(parts), buffers)


def texts_at(table: Int32s, numbers: Integers, texts: Array, blank: Bools) -> Array:
    """Texts, each held once, by the number that a table has for each of these numbers.

    A `blank` text is null.
    """
    places, buffer = room(len(numbers), np.int32)
    gather(table, numbers, places)
    bits = None
    if blank.any():
        bits = pa.py_buffer(np.packbits(~gather(blank, places), bitorder="little"))
    indices = pa.Array.from_buffers(pa.int32(), len(places), [bits, buffer])
    return pa.DictionaryArray.from_arrays(indices, texts)
