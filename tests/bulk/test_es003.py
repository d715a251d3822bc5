"""Exports with several rows for one line of an entry: finding the header, folding rows to lines,
and the traps of real files.
"""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.customs_entries import audited, auditor, batches, goods, rows
from tariffcli.bulk.cells import headers
from tariffcli.bulk.classes.duties import UNKNOWN
from tariffcli.bulk.entries.es003 import CLAIM, GOODS, HEADING, Preparer, recognise
from tariffcli.bulk.entries.filing import find_filed, signed_cents
from tariffcli.bulk.files.sources import Options, open_source
from tariffcli.errors import UsageError

TOYS = """
ABC-12345678 1 99030163 0.00 1250.00 ordinal:1
ABC-12345678 1 99030124 0.00 200.00 ordinal:2
ABC-12345678 1 9503000073 1000.00 0.00 ordinal:3
"""


def fold(record, text, **options):
    table = rows(text)
    made = auditor(record, table, **options)
    (batch,) = batches(table)
    return made.folder.fold(batch), made


# finding the shape


def test_the_header_is_the_row_with_the_names_not_the_first(tmp_path) -> None:
    first = [
        ["Report Parameters:", None],
        ["Entry Date", "from 1/1/2025"],
        [],
        list(rows(TOYS).column_names),
        ["ABC", "1"],
    ]
    path = tmp_path / "report.csv"
    path.write_text(
        "".join(",".join(cell or "" for cell in row) + "\n" for row in first), encoding="utf-8"
    )
    assert open_source(path, Options()).names == rows(TOYS).column_names


def test_a_block_number_before_a_name_does_not_hide_it() -> None:
    assert headers.fold("1. CS Entry Number") == "cs entry number"
    assert find_filed(["1. CS Entry Number", "29. CD HTS US Code"]) == {
        "entry": "1. CS Entry Number",
        "hs": "29. CD HTS US Code",
    }


def test_a_column_that_is_named_by_hand_wins_and_must_be_there() -> None:
    assert find_filed(["HTS Number", "Code"], {"hs": "Code"})["hs"] == "Code"
    with pytest.raises(UsageError, match="no column 'Nothing'"):
        find_filed(["HTS Number"], {"hs": "Nothing"})


def test_the_amount_of_the_row_is_taken_before_that_of_the_line() -> None:
    assert (
        find_filed(["Line Duty Amount", "Line Tariff Duty Amount"])["paid"]
        == "Line Tariff Duty Amount"
    )


def test_the_shape_is_known_by_the_ordinal_or_by_headings_among_the_codes() -> None:
    with_ordinal = find_filed(
        [
            "Entry Summary Number",
            "Entry Summary Line Number",
            "HTS Number - Full",
            "Tariff Ordinal Number",
        ]
    )
    assert recognise(with_ordinal)
    plain = find_filed(["Entry Number", "Line Number", "HTS Number"])
    assert not recognise(plain)
    for code, several in (("99030124", True), ("9503000073", False)):
        sample = pa.record_batch(
            {"Entry Number": ["1"], "Line Number": ["1"], "HTS Number": [code]}
        )
        assert recognise(plain, sample) is several
    assert not recognise({"hs": "HTS Number"}, None)


# rows of one line stay together


@given(st.integers(1, 9), st.lists(st.integers(1, 4), min_size=1, max_size=12))
def test_no_line_is_ever_cut_and_no_row_lost(size: int, widths: list[int]) -> None:
    text = "\n".join(
        f"E{number // 2} {number} 9503000073 1 0"
        for number, width in enumerate(widths)
        for _ in range(width)
    )
    table = rows(text)
    made = batches(table, size)
    assert pa.Table.from_batches(made).equals(table)
    ends = [(batch.column(0)[-1].as_py(), batch.column(1)[-1].as_py()) for batch in made]
    starts = [(batch.column(0)[0].as_py(), batch.column(1)[0].as_py()) for batch in made]
    assert all(end != start for end, start in zip(ends, starts[1:], strict=False))


def test_a_line_without_end_is_refused_in_words() -> None:
    table = rows("\n".join(["E1 1 9503000073 1 0"] * 30))
    with pytest.raises(
        UsageError, match="More than 20 rows follow one another for line 1 of entry E1"
    ):
        list(Preparer(find_filed(table.column_names), most=20).prepare(iter(table.to_batches(7))))


def test_footers_blank_rows_and_a_header_told_again_are_no_lines() -> None:
    table = rows(TOYS)
    names = table.column_names
    noise = [
        dict.fromkeys(names, None),
        {**dict.fromkeys(names, ""), names[0]: "FOR OFFICIAL USE ONLY"},
        dict(zip(names, names, strict=True)),
    ]
    more = pa.Table.from_pylist(noise, schema=table.schema)
    prepared = Preparer(find_filed(names))
    made = list(
        prepared.prepare(iter([*more.to_batches(), *table.to_batches(2), *more.to_batches()]))
    )
    assert pa.Table.from_batches(made).equals(table)
    assert prepared.skipped == 6


def test_rows_of_a_line_that_stand_apart_are_refused_not_misread(record) -> None:
    table = rows(
        "E1 1 99030124 0 200\nE1 2 9503000073 50 0\nE1 1 9503000073 1000 0\nE2 1 9503000073 1000 0"
    )
    with pytest.raises(UsageError, match="line 1 of entry E1 stand apart; sort the file"):
        audited(record, table)


def test_a_file_sorted_by_code_is_refused_though_its_rows_are_far_apart(record) -> None:
    lines = [
        f"E{number} 1 {code} 100 3" for code in ("9503000073", "99030124") for number in range(60)
    ]
    table = rows("\n".join(lines))
    made = auditor(record, table)
    with pytest.raises(UsageError, match="sort the file by entry and line"):
        _ = [made.rate(batch) for batch in batches(table, 40)]


# which row is the goods, and what it is worth


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_the_goods_row_is_known_by_its_code_wherever_it_stands(record, order) -> None:
    lines = TOYS.strip().splitlines()
    found, _ = fold(record, "\n".join(lines[place] for place in order))
    assert found.goods.tolist() == [order.index(2)]
    assert found.kind[order.index(2)] == GOODS


@pytest.mark.parametrize(
    "values",
    [("0", "0", "1000"), ("1000", "0", "0"), ("1000", "1000", "1000"), ("-", "1,000.00", "-")],
)
def test_the_value_of_a_line_is_the_largest_of_its_rows(record, values) -> None:
    headings = ("99030163", "99030124", "9503000073")
    text = "\n".join(f"E1 1 {code} {value} 0" for code, value in zip(headings, values, strict=True))
    found, _ = fold(record, text)
    assert found.value.tolist() == [100_000]


def test_a_special_classification_beside_the_goods_is_a_claim_and_alone_it_is_the_goods(
    record,
) -> None:
    beside, _ = fold(record, "E1 1 9802008040 0 0\nE1 1 9503000073 1000 0")
    assert beside.kind.tolist() == [CLAIM, GOODS]
    assert beside.claims.tolist() == [True]
    alone, _ = fold(record, "E1 1 9801001012 500 0\nE1 1 99030124 0 0")
    assert alone.kind.tolist() == [GOODS, HEADING]
    assert alone.claims.tolist() == [False]


def test_a_line_with_several_goods_codes_is_rated_row_by_row_and_not_compared(record) -> None:
    found = audited(
        record, rows("E1 1 99030124 0 40\nE1 1 9503000073 100 0\nE1 1 6109100012 100 16.50")
    )
    assert [row["why"] for row in found] == [None, "several goods codes", "several goods codes"]
    assert [row["duty_due"] is not None for row in found] == [False, True, True]
    assert {row["paid"] for row in found} == {None}


def test_a_line_without_goods_says_so_on_its_first_row(record) -> None:
    found = audited(record, rows("E1 1 99030124 0 40\nE1 1 99030163 0 250\nE2 1 9503000073 1 1.45"))
    assert [row["why"] for row in found[:2]] == ["no goods code", None]


def test_a_row_that_is_there_twice_counts_once_and_is_told(record) -> None:
    lines = TOYS.strip().splitlines()
    found = audited(record, rows("\n".join([*lines, lines[1]])))
    (row,) = goods(found)
    assert (row["paid"], row["why"]) == (1450.0, "row repeated")


def test_equal_rows_of_different_ordinals_are_two(record) -> None:
    found, _ = fold(
        record,
        "E1 1 99030124 0 100 ordinal:1\nE1 1 99030124 0 100 ordinal:2\nE1 1 9503000073 1000 0 ordinal:3",
    )
    assert found.total.tolist() == [20_000]


# codes, money, days as files write them


def test_codes_that_lost_their_zero_find_their_goods(record) -> None:
    (row,) = goods(
        audited(
            record,
            rows("E1 1 99030124 0 20\nE1 1 703200015 100 - quantity:10 unit:KG"),
            restore=True,
        )
    )
    assert row["status"] == "complete"


def test_headings_with_points_or_padded_to_ten_digits_are_the_same(record) -> None:
    for code in ("9903.01.24", "9903012400", "99030124"):
        found, made = fold(record, f"E1 1 {code} 0 20\nE1 1 9503000073 100 0")
        assert made.headings.labels[found.heading[0]] == "9903.01.24"


def test_amounts_are_read_as_they_are_written() -> None:
    texts = [
        "$2,567.49",
        "$0.00",
        "(12.30)",
        "-12.30",
        "FREE",
        "",
        None,
        " 1,234 ",
        "12.345",
        "1,23",
        "n/a",
    ]
    found = signed_cents(pa.array(texts))
    assert found.cents.tolist() == [
        256749,
        0,
        -1230,
        -1230,
        0,
        UNKNOWN,
        UNKNOWN,
        123400,
        1235,
        UNKNOWN,
        UNKNOWN,
    ]
    assert found.unread.tolist() == [False] * 9 + [True, True]
    assert signed_cents(pa.array([0.1 + 0.2, None, 2.675, -0.005])).cents.tolist() == [
        30,
        UNKNOWN,
        268,
        -1,
    ]


def test_an_amount_that_cannot_be_read_is_told_and_never_zero(record) -> None:
    (row,) = goods(audited(record, rows("E1 1 99030124 0 n/a\nE1 1 9503000073 1000 0")))
    assert (row["paid"], row["why"]) == (None, "amount not read")


def test_the_duty_of_a_line_repeated_on_each_row_is_not_added_up(record) -> None:
    table = rows(TOYS).drop_columns(["Line Tariff Duty Amount", "Tariff Ordinal Number"])
    table = table.append_column("Line Duty Amount", pa.array(["1450.00"] * 3))
    (row,) = goods(audited(record, table))
    assert (row["paid"], row["variance"], row["why"]) == (1450.0, 0.0, "agrees")


def test_every_row_and_column_comes_back_in_order(record) -> None:
    table = rows(TOYS + "ABC-12345678 2 6109100012 10 -")
    found = audited(record, table)
    assert [{name: row[name] for name in table.column_names} for row in found] == table.to_pylist()
    assert [row["status"] for row in found][:3] == ["declared", "declared", "complete"]


def test_the_size_of_batches_changes_nothing(record) -> None:
    text = "\n".join(
        f"E{one} {two} {code} {100 * one} 3"
        for one in range(4)
        for two in range(3)
        for code in ("99030124", "9503000073")
    )
    table = rows(text)
    made = auditor(record, table)
    whole = [made.rate(batch).arrays for batch in batches(table)]
    parts = [made.rate(batch).arrays for batch in batches(table, 3)]
    for place in range(len(made.added)):
        joined = [value for arrays in parts for value in arrays[place].to_pylist()]
        assert joined == [value for arrays in whole for value in arrays[place].to_pylist()]


def test_columns_by_number_are_the_same_to_it_as_texts(record) -> None:
    table = rows(
        "\n".join(TOYS.strip().replace("ABC-12345678 1", f"E{one} {one}") for one in range(6))
    )
    coded = pa.table({name: table.column(name).dictionary_encode() for name in table.column_names})
    parts = [
        pa.record_batch(
            [array.dictionary_decode().dictionary_encode() for array in batch], batch.schema
        )
        for batch in coded.to_batches(4)
    ]
    prepared = list(Preparer(find_filed(table.column_names)).prepare(iter(parts)))
    made = auditor(record, table)
    whys = [
        why
        for batch in prepared
        for why in made.rate(batch).arrays[made.added.index("why")].to_pylist()
    ]
    assert whys == [None, None, "agrees"] * 6
