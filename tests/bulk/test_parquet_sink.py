"""A Parquet file is written in row groups that are encoded apart and stand in one file."""

from __future__ import annotations

import io
from datetime import date
from itertools import pairwise

import pytest

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

SCHEMA = pa.schema(
    [
        ("day", pa.date32()),
        ("code", pa.dictionary(pa.int32(), pa.string())),
        ("pct", pa.float64()),
        ("nothing", pa.null()),
    ]
)


def batch(seed: int, lines: int):
    """Lines of which no two batches are alike; each batch has a dictionary of its own."""
    days = pa.array([date(2025, 1, 1 + (seed + line) % 28) for line in range(lines)])
    codes = pa.array([f"{(seed * 7 + line) % 5:04d}" for line in range(lines)]).dictionary_encode()
    numbers = pa.array(
        [None if line % 3 == 0 else seed + line / 4 for line in range(lines)], pa.float64()
    )
    return pa.RecordBatch.from_arrays([days, codes, numbers, pa.nulls(lines)], schema=SCHEMA)


def written(groups):
    """The bytes of a file of groups of batches, written in order."""
    from tariffcli.bulk.files.sinks import ParquetSink

    stream = io.BytesIO()
    sink = ParquetSink(stream, SCHEMA, frozenset({"pct"}))
    for group in groups:
        sink.write(sink.encode(iter(group)))
    sink.close([])
    return stream.getvalue()


@pytest.mark.parametrize(
    "many", [1, 2, 14, 15, 40]
)  # from fifteen on a list tells its length in a number of its own
def test_row_groups_written_apart_read_as_one_file(many):
    groups = [[batch(seed, 10 + seed), batch(seed + 1, 3)] for seed in range(many)]
    file = parquet.ParquetFile(pa.BufferReader(written(groups)))
    expected = pa.Table.from_batches([one for group in groups for one in group]).to_pylist()
    assert file.read().to_pylist() == expected
    assert file.metadata.num_row_groups == many
    assert file.metadata.num_rows == len(expected)
    for number, group in enumerate(groups):
        assert file.read_row_group(number).to_pylist() == pa.Table.from_batches(group).to_pylist()


def twins(groups: int, *, empty: bool = False):
    """A file in which four columns share the memory of two, as authorities do that charge nothing,
    and what it should hold.
    """
    from tariffcli.bulk.files.sinks import ParquetSink

    schema = pa.schema([("code", pa.string()), *((name, pa.float64()) for name in "abcd")])
    stream, expected = io.BytesIO(), []
    sink = ParquetSink(stream, schema, frozenset({"b"}))
    for seed in range(groups):
        one, other = pa.array([None, seed, 0.5] * 700), pa.array([0.0, 0.0, None] * 700)
        group = [
            pa.record_batch([pa.array(["x", "", "y"] * 700), one, other, one, other], schema=schema)
        ]
        group += (
            [pa.record_batch([["z"], [1.0], [2.0], [3.0], [4.0]], schema=schema)]
            if seed == 1
            else []
        )  # here none share it
        group += [group[0].slice(0, 0)] if empty else []
        expected += pa.Table.from_batches(group).to_pylist()
        sink.write(sink.encode(iter(group)))
    sink.close([])
    return stream.getvalue(), expected


@pytest.mark.parametrize("empty", [False, True])
def test_columns_that_share_their_memory_read_as_what_each_holds(empty):
    data, expected = twins(3, empty=empty)
    file = parquet.ParquetFile(pa.BufferReader(data))
    assert file.read().to_pylist() == expected
    for name in "abcd":
        assert file.read(columns=[name]).to_pylist() == [{name: line[name]} for line in expected]
    ends = []
    for group in (file.metadata.row_group(number) for number in range(3)):
        chunks = [group.column(number) for number in range(5)]
        places = [
            (chunk.dictionary_page_offset or chunk.data_page_offset, chunk.total_compressed_size)
            for chunk in chunks
        ]
        assert [chunk.path_in_schema for chunk in chunks] == ["code", *"abcd"]
        assert group.total_byte_size == sum(chunk.total_uncompressed_size for chunk in chunks)
        ends += sorted((start, start + size) for start, size in places)
    assert all(
        end == start for (_, end), (start, _) in pairwise(ends)
    )  # no column stands in another's bytes


@pytest.mark.extras
def test_other_readers_take_columns_that_share_their_memory(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "lines.parquet"
    data, expected = twins(3)
    path.write_bytes(data)
    found = duckdb.sql(f"SELECT * FROM '{path}'").to_arrow_table().to_pylist()
    assert found == expected


@pytest.mark.extras
def test_other_readers_take_the_file_too(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "lines.parquet"
    path.write_bytes(written([[batch(seed, 1000)] for seed in range(20)]))
    lines, total = duckdb.sql(f"SELECT count(*), sum(pct) FROM '{path}'").fetchall()[0]
    assert lines == 20_000
    assert total == sum(seed + line / 4 for seed in range(20) for line in range(1000) if line % 3)


def test_a_file_without_lines_still_says_its_columns():
    file = parquet.ParquetFile(pa.BufferReader(written([])))
    assert file.metadata.num_rows == 0
    assert file.schema_arrow.names == SCHEMA.names


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: b"PAR2" + data[4:], lambda data: b""]
)
def test_what_is_no_whole_file_has_no_footer(damage):
    from tariffcli.bulk.files.footers import split

    with pytest.raises(ValueError, match="whole"):
        split(damage(written([[batch(1, 5)]])))
