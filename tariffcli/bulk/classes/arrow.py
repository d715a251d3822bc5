# pyright: basic, reportAttributeAccessIssue=false
"""Between Arrow and numpy without a detour: distinct values with their numbers, whole numbers, and gathered results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Indices = NDArray[np.int64]
BLOCK = 1 << 16
WIDTHS = {
    f"{sign}int{bits}": np.dtype(f"{sign}int{bits}")
    for sign in ("", "u")
    for bits in (8, 16, 32, 64)
}


def flat(column: Any) -> Any:
    """A column as one array."""
    if isinstance(column, pa.ChunkedArray):
        return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return column


def is_text(kind: Any) -> bool:
    """Whether a type is text, plain or by distinct values."""
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return (
        pa.types.is_string(plain)
        or pa.types.is_large_string(plain)
        or pa.types.is_string_view(plain)
    )


def are_even_digits(texts: Any) -> bool:
    """Whether each text consists of digits, an even number of them: told without looking at one after the other."""
    if not pa.types.is_string(texts.type) or len(texts) == 0 or texts.null_count:
        return False
    _, ends, data = texts.buffers()
    places = np.frombuffer(ends, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    letters = (
        np.frombuffer(data, np.uint8)[places[0] : places[-1]]
        if data is not None
        else np.zeros(0, np.uint8)
    )
    return not (np.diff(places) & 1).any() and bool((letters - np.uint8(48) < 10).all())


def view(array: Any, dtype: Any) -> NDArray[Any]:
    """The values of a fixed-width array without a copy; what stands under a null is arbitrary."""
    _, data = array.buffers()[:2]
    if data is None or len(array) == 0:
        return np.zeros(len(array), dtype)
    return np.frombuffer(data, dtype)[array.offset : array.offset + len(array)]


def valid(array: Any) -> NDArray[np.bool_] | None:
    """Which values are not null; None where all are."""
    if array.null_count == 0:
        return None
    bits = np.frombuffer(array.buffers()[0], np.uint8)
    return np.unpackbits(bits, bitorder="little")[array.offset : array.offset + len(array)].astype(
        bool
    )


def missing(array: Any) -> NDArray[np.bool_]:
    """Which values are null."""
    known = valid(array)
    return np.zeros(len(array), dtype=bool) if known is None else ~known


def same(one: Any, other: Any) -> bool:
    """Whether two arrays hold the same values: mostly they are views of the same memory, or copies for two batches of a row group."""
    if len(one) != len(other) or one.type != other.type:
        return False
    if one.offset == other.offset and _addresses(one) == _addresses(other):
        return True
    found: bool = one.equals(other)
    return found


def _addresses(array: Any) -> list[int | None]:
    return [part and part.address for part in array.buffers()]


def memory(column: Any) -> object:
    """What tells whether two columns of floats are the same memory; None for other columns, and for one without lines."""
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
    table: NDArray[Any], numbers: NDArray[Any], out: NDArray[Any] | None = None
) -> NDArray[Any]:
    """The entries of a table at these numbers, all known to be within it: twice as fast as `take`, which looks first.

    numpy reads places in its own width only: others are widened a block at a time, so that they are still in the cache when read.
    """
    if numbers.dtype == np.intp or len(numbers) <= BLOCK:
        return table.take(numbers, out=out, mode="clip")
    found = np.empty(len(numbers), table.dtype) if out is None else out
    widened = np.empty(BLOCK, np.intp)
    for start in range(0, len(numbers), BLOCK):
        block = numbers[start : start + BLOCK]
        places = widened[: len(block)]
        places[...] = block
        table.take(places, out=found[start : start + BLOCK], mode="clip")
    return found


def encoded(column: Any) -> tuple[Indices, Any]:
    """Each line's number among the column's distinct values, and those; a null has the number after the last."""
    array = flat(column)
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    numbers = view(array.indices, WIDTHS[str(array.indices.type)]).astype(np.int64)
    known = valid(array.indices)
    return numbers if known is None else np.where(
        known, numbers, len(array.dictionary)
    ), array.dictionary


def distinct(numbers: NDArray[Any]) -> NDArray[Any]:
    """The different numbers in order. `np.unique` looks them up by hash, which takes fifty times as long for numbers made of several."""
    ordered = np.sort(numbers)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]]


def first_refusal(parts: Sequence[NDArray[np.int64]]) -> Indices:
    """Of each line the first of its numbers that is below zero, in the order of `parts`; 0 where none is.

    So the reason of a line with several faults does not depend on the lines before it.
    """
    found = np.minimum(parts[0], 0)
    for part in parts[1:]:
        found = np.where(found < 0, found, np.minimum(part, 0))
    return found


def room(lines: int, dtype: Any) -> tuple[NDArray[Any], Any]:
    """An array to be filled, and its memory as an Arrow buffer.

    The memory is Arrow's own, which keeps what is given back for the next batch; numpy would ask the system for fresh pages each
    time, and half of the time of a wide result goes into those.
    """
    width = np.dtype(dtype).itemsize
    buffer = pa.allocate_buffer(max(lines, 1) * width)
    return np.frombuffer(buffer, dtype)[:lines], buffer


def numbers_with_nulls(values: NDArray[np.float64]) -> Any:
    """Floats as an Arrow array; NaN is null."""
    return _floats(values, pa.py_buffer(np.ascontiguousarray(values)))


def gathered(table: NDArray[np.float64], numbers: NDArray[Any]) -> Any:
    """The floats of a table at these numbers as an Arrow array; NaN is null."""
    values, buffer = room(len(numbers), np.float64)
    return _floats(gather(table, numbers, values), buffer)


def _floats(values: NDArray[np.float64], buffer: Any) -> Any:
    unknown = np.isnan(values)
    bits = pa.py_buffer(np.packbits(~unknown, bitorder="little")) if unknown.any() else None
    return pa.Array.from_buffers(pa.float64(), len(values), [bits, buffer])


def texts(values: Iterable[str]) -> Any:
    """Texts as an Arrow array, built from bytes: `pyarrow.array` would load pandas, which costs more than a small file."""
    encoded = [value.encode() for value in values]
    ends = np.zeros(len(encoded) + 1, dtype=np.int32)
    np.cumsum([len(one) for one in encoded], out=ends[1:])
    return pa.Array.from_buffers(
        pa.string(), len(encoded), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))]
    )


def words(
    table: NDArray[np.int32], numbers: NDArray[Any], texts: Any, blank: NDArray[np.bool_]
) -> Any:
    """Texts, each held once, by the number that a table has for each of these numbers; a `blank` one is null."""
    found, buffer = room(len(numbers), np.int32)
    gather(table, numbers, found)
    bits = (
        pa.py_buffer(np.packbits(~gather(blank, found), bitorder="little")) if blank.any() else None
    )
    return pa.DictionaryArray.from_arrays(
        pa.Array.from_buffers(pa.int32(), len(found), [bits, buffer]), texts
    )
