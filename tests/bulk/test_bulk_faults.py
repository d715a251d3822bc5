"""What can go wrong with a file: each fault ends in a clear message, the input untouched and
nothing half-written.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import signal
import subprocess
import sys
import time
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from support.run_program import ROOT, Told, ask, one_line, started, surroundings
from support.tiny_record import write_record

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

HEADER = "Entry Date,HTS Number,Country of Origin,Entered Value\n"
LINE = "2025-06-05,9503.00.0073,CN,250.00\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str, name: str = "in.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_text(text, encoding=encoding, newline="")
    return path


def failed(
    told: Told, code: int, folder: Path, *pieces: str, left: tuple[str, ...] = ("in.csv",)
) -> None:
    """The last line of stderr is the message; only the named files are left."""
    assert told.code == code, told
    message = [line for line in told.err.splitlines() if line.startswith("error: ")][-1]
    assert "fault in the program" not in message, message
    assert "Traceback" not in told.err
    for piece in pieces:
        assert piece in message, message
    assert sorted(path.name for path in folder.iterdir()) == sorted(left)


def rated(
    folder: Path, text: str, *flags: str, name: str = "in.csv", encoding: str = "utf-8"
) -> list[dict[str, str]]:
    """The lines of a rated file."""
    import csv

    path = write(folder, text, name, encoding)
    before = path.read_bytes()
    told = ask("bulk", path.name, "--to", "us", "--out", "out.csv", "--force", *flags)
    assert told.code == 0, told
    assert path.read_bytes() == before
    with (folder / "out.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_toy_of_june_2025_pays_thirty_per_cent_and_the_manifest_says_how(folder):
    (line,) = rated(folder, HEADER + LINE)
    assert (line["additional_pct"], line["total_pct"], line["duty_due"], line["status"]) == (
        "30",
        "30",
        "75",
        "complete",
    )
    said = json.loads((folder / "out.csv.manifest.json").read_text())
    assert said["plan"]["columns"] == {
        "date": "Entry Date",
        "hs": "HTS Number",
        "origin": "Country of Origin",
        "value": "Entered Value",
    }
    assert (said["lines"], said["statuses"]) == (1, {"complete": 1})
    assert len(said["input"]["sha256"]) == 64


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", ["is empty"]),
        ("date,hs,hs,origin\n2025-06-05,9503.00.0073,1,CN\n", ["more than one column 'hs'"]),
        (
            "HTS Number,HTS Code,Entry Date,origin\n9503.00.0073,1,2025-06-05,CN\n",
            ["could each be the hs", "--map hs="],
        ),
        ("date,hs\n2025-06-05,9503.00.0073\n", ["tells the origin", "--from"]),
        (
            "day,code,origin\n2025-06-05,9503.00.0073,CN\n",
            ["No column tells the date", "--map date="],
        ),
        (
            "date,hs,origin,additional_pct\n2025-06-05,9503.00.0073,CN,1\n",
            ["already has a column 'additional_pct'"],
        ),
        ("date,hs,origin\n4/5/2025,9503.00.0073,CN\n", ["two ways", "--dates us or eu"]),
        (
            "date,hs,origin\n4/15/2025,9503.00.0073,CN\n15/4/2025,9503.00.0073,CN\n",
            ["written two ways", "4/15/2025", "15/4/2025"],
        ),
    ],
)
def test_headers_and_days_that_cannot_be_read_are_refused(folder, text, pieces):
    write(folder, text)
    failed(ask("bulk", "in.csv", "--to", "us", "--out", "out.csv"), 2, folder, *pieces)


def test_a_header_alone_gives_a_file_of_no_lines(folder):
    assert rated(folder, HEADER) == []


def test_the_order_of_slashed_days_is_told_by_the_whole_column(folder):
    days = ["4/5/2025"] * 3 + ["4/15/2025"]
    lines = rated(folder, HEADER + "".join(f"{day},9503.00.0073,CN,1\n" for day in days))
    assert {line["status"] for line in lines} == {"complete"}
    assert (
        lines[0]["additional_pct"] == "30"
    )  # 5 April 2025: fentanyl 20 and the first 10 of the reciprocal duty
    eu = rated(folder, HEADER + "4/5/2025,9503.00.0073,CN,1\n", "--dates", "eu")
    assert eu[0]["additional_pct"] == "145"  # 4 May 2025


def test_bad_lines_have_their_own_status_and_the_others_are_rated(folder):
    bad = [
        "2025-06-05,,CN,1", "2025-13-05,9503.00.0073,CN,1", "2025-06-05,9503.00.0073,Narnia,1", "2025-06-05,9503.00.0073,CN,-5",
        "2025-06-05,9503.00.0073,CN,ten", "2025-06-05,9.503E+09,CN,1", "2025-06-05,9503.00.00.73.99,CN,1", ",9503.00.0073,CN,1", "2025-06-05,9503.00.0073,US,1",
        "2025-06-05,901.2,CN,1", "2025-06-05,8517.1,CN,1",
    ]  # fmt: skip
    lines = rated(folder, HEADER + "\n".join(bad) + "\n" + LINE)
    assert [line["status"] for line in lines] == ["invalid"] * len(bad) + ["complete"]
    assert all(
        line["reason"] and not line["additional_pct"] and not line["duty_due"]
        for line in lines[:-1]
    )
    told = ask("bulk", "in.csv", "--to", "us", "--out", "again.csv", "--strict")
    assert told.code == 4
    assert told.err.count("  line ") == 5
    assert "11 invalid" in told.err


def test_codes_and_money_are_read_as_files_write_them(folder):
    text = (
        HEADER
        + '6/5/2025,9503000073.0,CN,"$1,250.00"\n6/25/2025,9503.00.00.73,cn,1250\n6/25/2025,95030000,CHN,1250.00\n'
    )
    assert [(line["additional_pct"], line["duty_due"]) for line in rated(folder, text)] == [
        ("30", "375")
    ] * 3


def test_a_zero_far_down_a_column_shows_that_none_was_eaten(folder, monkeypatch):
    monkeypatch.setattr("tariffcli.bulk.files.sources.BLOCK", 1 << 12)
    odd = "2025-06-05,901110010,CN,250.00\n"
    lines = rated(folder, HEADER + odd + LINE * 1_000 + "2025-06-05,0901110010,CN,250.00\n")
    assert lines[0]["status"] == "invalid"
    assert lines[-1]["status"] == "complete"


def test_a_column_that_lost_its_leading_zeros_gets_them_back_and_says_so(folder):
    write(folder, HEADER + "2025-06-05,101210010,CN,100\n2025-06-05,9503000073,CN,100\n")
    told = ask("bulk", "in.csv", "--to", "us", "--out", "out.csv")
    assert "leading zero" in told.err
    assert "2 complete" in told.err
    mixed = rated(folder, HEADER + "2025-06-05,101210010,CN,100\n2025-06-05,0101210010,CN,100\n")
    assert [line["status"] for line in mixed] == ["invalid", "complete"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings_of_chinese_and_english_headers_are_recognised(folder, encoding):
    text = "申报日期,商品编号,原产国,备注\n2025-06-05,9503000073,中国,玩具\n"
    (line,) = rated(folder, text, encoding=encoding)
    assert (line["additional_pct"], line["备注"]) == ("30", "玩具")


@pytest.mark.parametrize("ends", ["\r", "\r\n", "\n"])
def test_lines_may_end_as_any_system_ends_them(folder, ends):
    lines = rated(folder, (HEADER + LINE * 3).replace("\n", ends))
    assert [(line["status"], line["duty_due"]) for line in lines] == [("complete", "75")] * 3


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf\n"])
def test_a_file_of_nothing_but_a_mark_is_empty(folder, mark):
    (folder / "in.csv").write_bytes(mark)
    failed(ask("bulk", "in.csv", "--to", "us", "--out", "out.csv"), 2, folder, "in.csv is empty")


@pytest.mark.parametrize(
    "encoding", ["rot13", "zip", "hex", "base64", "bz2", "undefined", "nonsense", "a\tb", "\u4e2d"]
)
def test_what_is_no_encoding_of_text_is_refused(folder, encoding):
    write(folder, HEADER + LINE)
    told = ask("bulk", "in.csv", "--to", "us", "--out", "out.csv", "--encoding", encoding)
    failed(told, 2, folder, "is not an encoding of text", "utf-8, utf-16, gb18030 or cp1252")


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_read_as_soon_as_its_order_is_said(folder, order):
    write(folder, HEADER + LINE, encoding=order)
    for words in ((), ("--encoding", "utf-16"), ("--encoding", "UTF16")):
        failed(
            ask("bulk", "in.csv", "--to", "us", "--out", "out.csv", *words),
            2,
            folder,
            "--encoding utf-16-le",
        )
    (line,) = rated(folder, HEADER + LINE, "--encoding", order, encoding=order)
    assert line["duty_due"] == "75"


def test_letters_that_an_encoding_has_not_are_refused(folder):
    write(folder, HEADER + LINE.replace("CN", "中国"))
    for encoding in ("ascii", "punycode"):
        told = ask("bulk", "in.csv", "--to", "us", "--out", "out.csv", "--encoding", encoding)
        failed(told, 2, folder, f"could not be read as {encoding}", "give another --encoding")


def test_columns_are_named_short_and_clean_in_messages(folder):
    odd = "\x1b[31mroot:" + "x" * 300
    write(folder, f"{odd},b\n1,2\n")
    told = ask("bulk", "in.csv", "--to", "us", "--out", "out.csv")
    failed(
        told,
        2,
        folder,
        "No column tells the date; its columns are:  [31mroot:xxx",
        "xxx..., b. Say which",
    )
    assert "x" * 50 not in told.err
    assert "\x1b" not in told.err


def test_what_a_message_quotes_of_a_file_steers_no_terminal(folder):
    write(folder, "date,h\x1bs,origin\n2025-06-05,95\x1b[2J03,CN\n\x1b[2J\n")
    told = ask("bulk", "in.csv", "--to", "us", "--map", "hs=h\x1bs", "--out", "out.csv")
    assert told.code == 0, told
    assert "1 rows left out" in told.err
    assert all(letter.isprintable() or letter == "\n" for letter in told.err), told.err


def test_a_header_without_an_end_is_told_as_that(folder):
    write(folder, ",".join(f"column {number}" for number in range(150_000)) + "\n" + LINE)
    told = ask("bulk", "in.csv", "--to", "us", "--out", "out.csv")
    failed(told, 2, folder, "The first line of in.csv does not end within 1 MB")
    write(folder, '"' + "x" * 200_000 + '",' + HEADER + "1," + LINE)
    told = ask("bulk", "in.csv", "--to", "us", "--out", "out.csv")
    failed(told, 2, folder, "one of its first cells has over 131,072 letters")


def test_a_hundred_thousand_columns_are_each_looked_at_a_few_times(folder, monkeypatch):
    from tariffcli.bulk.cells import headers

    looks: list[str] = []

    def fold(name: str, whole: Any = headers.fold) -> str:
        looks.append(name)
        return whole(name)

    monkeypatch.setattr(headers, "fold", fold)
    names = ["date", "hs", "origin", *(f"column {number}" for number in range(100_000))]
    assert set(headers.find_columns(names, {})) == {"date", "hs", "origin"}
    assert len(looks) < 3 * len(names)


@pytest.mark.parametrize("name", ["hs", "date", "origin", "value", "claim"])
@pytest.mark.parametrize("cell", [["a", "b"], {"a": "b"}])
def test_a_column_of_several_values_a_line_is_refused_by_its_name(folder, name, cell):
    line = {"date": "2025-06-05", "hs": "9503000073", "origin": "CN", "value": 1.0, "claim": ""}
    parquet.write_table(
        pa.table({key: [cell if key == name else value] for key, value in line.items()}),
        folder / "in.parquet",
    )
    told = ask("bulk", "in.parquet", "--to", "us", "--out", "out.csv")
    failed(
        told,
        2,
        folder,
        f"Each cell of the column '{name}' holds several values",
        left=("in.parquet",),
    )


@pytest.mark.parametrize(
    "kind",
    [
        pa.decimal128(38, 0),
        pa.decimal128(38, 2),
        pa.decimal256(70, 3),
        pa.uint64(),
        pa.float64(),
        pa.string(),
    ],
)
@pytest.mark.parametrize("name", ["value", "quantity"])
def test_amounts_that_no_line_has_are_refused_and_the_others_are_rated(folder, kind, name):
    huge: list[Any] = (
        [2**63, 2**64 - 1]
        if kind == pa.uint64()
        else [Decimal(10) ** 15, Decimal(2) ** 63, Decimal(10) ** 34]
    )
    amounts = [Decimal(250), Decimal(10) ** 15 - 1, *map(Decimal, huge)]
    given = [
        str(one) if kind == pa.string() else float(one) if kind == pa.float64() else one
        for one in amounts
    ]
    given = [int(one) for one in amounts] if kind == pa.uint64() else given
    many = len(given)
    table = {"date": ["2025-06-05"] * many, "hs": ["9503000073"] * many, "origin": ["CN"] * many}
    table |= {
        "value": [1] * many,
        "quantity": [1] * many,
        "unit": ["kg"] * many,
        name: pa.array(given, kind),
    }
    parquet.write_table(pa.table(table), folder / "in.parquet")
    assert ask("bulk", "in.parquet", "--to", "us", "--out", "out.parquet").code == 0
    lines = parquet.read_table(folder / "out.parquet").to_pylist()
    assert [line["status"] for line in lines] == ["complete"] * 2 + ["invalid"] * (many - 2)
    assert lines[0]["duty_due"] == (75 if name == "value" else 0.3)
    assert all(
        f"the {name} is 1,000,000,000,000,000 or more" in line["reason"] for line in lines[2:]
    )


def test_a_file_of_mixed_encodings_ends_in_one_line(folder):
    path = folder / "in.csv"
    path.write_bytes(
        (HEADER + LINE * 60_000).encode() + "2025-06-05,9503.00.0073,中国,1\n".encode("gb18030")
    )
    failed(
        ask("bulk", "in.csv", "--to", "us", "--out", "out.csv"),
        1,
        folder,
        "could not be read to its end",
        "--encoding",
    )


def test_formula_cells_are_neutralised_and_numbers_are_not(folder):
    (line,) = rated(folder, "date,hs,origin,note,more\n2025-06-05,9503.00.0073,CN,=1+1,@x\n")
    assert (line["note"], line["more"]) == ("'=1+1", "'@x")


def test_rows_left_out_are_counted_once_though_a_first_file_is_read_twice(folder, monkeypatch):
    from tariffcli.bulk.cells import rater

    monkeypatch.setenv("TARIFF_CACHE", str(folder / "cache"))
    monkeypatch.setattr(rater, "MIN_UNMET", 1)
    write(folder, HEADER + (LINE * 60 + "one,two\n") * 5_000)
    assert ask("bulk", "in.csv", "--out", "out.parquet", "--to", "us", "--threads", "3").code == 0
    told = json.loads((folder / "out.parquet.manifest.json").read_text())
    assert (told["lines"], told["rows_left_out"]) == (300_000, 5_000)


def test_an_input_that_cannot_be_hashed_leaves_the_earlier_output_as_it_was(folder, monkeypatch):
    from tariffcli.bulk.files import manifest

    write(folder, HEADER + LINE)
    assert ask("bulk", "in.csv", "--out", "out.csv", "--to", "us").code == 0
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def broken(path):
        raise OSError(5, "Input/output error", str(path))

    monkeypatch.setattr(manifest, "hash_of", broken)
    told = ask("bulk", "in.csv", "--out", "out.csv", "--to", "us", "--force")
    assert (told.code, told.out) == (1, "")
    assert "in.csv could not be read to its end: Input/output error." in told.err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_rows_of_another_width_are_left_out_and_counted(folder):
    write(folder, HEADER + LINE + "only,two\n" + LINE)
    told = ask("bulk", "in.csv", "--to", "us", "--out", "out.csv")
    assert "2 lines" in told.err
    assert "1 rows left out" in told.err
    assert json.loads((folder / "out.csv.manifest.json").read_text())["rows_left_out"] == 1


def test_the_header_is_found_below_rows_of_parameters(folder):
    lines = rated(folder, "Report Parameters:,,,\nFOR OFFICIAL USE ONLY,,,\n" + HEADER + LINE)
    assert [line["additional_pct"] for line in lines] == ["30"]


def test_nulls_and_nan_are_no_values(folder):
    table = pa.table(
        {
            "date": pa.array(["2025-06-05"] * 3),
            "hs": pa.array(["9503000073", None, "9503000073"]),
            "origin": pa.array(["CN"] * 3),
            "value": pa.array([float("nan"), 5.0, 5.0]),
            "nothing": pa.nulls(3),
        }
    )
    parquet.write_table(table, folder / "in.parquet")
    assert ask("bulk", "in.parquet", "--to", "us", "--out", "out.parquet").code == 0
    found = parquet.read_table(folder / "out.parquet").to_pylist()
    assert [line["status"] for line in found] == ["complete", "invalid", "complete"]
    assert [line["duty_due"] for line in found] == [None, None, 1.5]
    assert [line["nothing"] for line in found] == [None] * 3


def test_the_output_keeps_types_columns_and_order_of_a_parquet_file(folder):
    table = pa.table(
        {
            "zz": pa.array([2, 1], pa.int8()),
            "date": pa.array(["2025-06-05"] * 2),
            "hs": ["9503000073"] * 2,
            "origin": ["CN", "HK"],
        }
    )
    parquet.write_table(table, folder / "in.parquet")
    assert ask("bulk", "in.parquet", "--to", "us", "--out", "out.parquet").code == 0
    found = parquet.read_table(folder / "out.parquet")
    assert found.schema.names[:4] == ["zz", "date", "hs", "origin"]
    assert found.select(["zz", "date", "hs", "origin"]).to_pylist() == table.to_pylist()
    assert found.schema.field("zz").type == pa.int8()


def test_a_truncated_parquet_file_ends_in_one_line(folder):
    parquet.write_table(
        pa.table({"date": ["2025-06-05"], "hs": ["9503000073"], "origin": ["CN"]}),
        folder / "in.parquet",
    )
    whole = (folder / "in.parquet").read_bytes()
    (folder / "in.parquet").write_bytes(whole[: len(whole) // 2])
    failed(
        ask("bulk", "in.parquet", "--to", "us", "--out", "out.parquet"),
        1,
        folder,
        "in.parquet could not be read",
        left=("in.parquet",),
    )


def test_a_hundred_thousand_distinct_bad_codes_do_not_stop_the_good_ones(folder):
    codes = [f"{77_000_000 + number}" for number in range(100_000)]
    text = HEADER + "".join(f"2025-06-05,{code},CN,1\n" for code in codes) + LINE
    lines = rated(folder, text)
    assert {line["status"] for line in lines[:-1]} == {"invalid"}
    assert lines[-1]["additional_pct"] == "30"
    assert lines[7]["reason"].startswith("77000007 is no line of this tariff")


PLAIN = {
    "hs": "No such product in the record. See `tariff products`, or give a code.",
    "digits": "The code is no line of this tariff in any edition read.",
    "origin": "No country '{}' in the record; use a two-letter code, for example us or cn.",
}


@pytest.mark.parametrize(
    ("column", "line", "named"),
    [
        ("hs", "2025-06-05,AB-{}X,CN,1\n", "No product 'AB-0X'"),
        ("hs", "2025-06-05,part {}-x,CN,1\n", "No product 'part 0-x'"),
        ("digits", "2025-06-05,77{:06},CN,1\n", "77000000 is no line"),
        ("origin", "2025-06-05,9503.00.0073,Narnia {},1\n", "No country 'Narnia 0'"),
        ("origin", "2025-06-05,9503.00.0073,{},1\n", "No country 'a'"),
    ],
)
def test_what_is_like_a_word_that_names_nothing_is_looked_for_the_first_times_only(
    folder, monkeypatch, column, line, named
):
    import difflib
    import string

    from tariffcli.law import codes

    monkeypatch.setenv("TARIFF_CACHE", str(folder / "cache"))
    searches: list[object] = []
    for module, name in ((difflib, "get_close_matches"), (codes, "relatives")):
        true = getattr(module, name)
        monkeypatch.setattr(
            module,
            name,
            lambda *words, true=true, **more: searches.append(words) or true(*words, **more),
        )
    word = (
        (lambda n: "".join(string.ascii_letters[int(digit)] for digit in str(n)) + "q" * (n > 9))
        if line.endswith("73,{},1\n")
        else int
    )
    text = HEADER + "".join(line.format(word(number)) for number in range(3_000)) + LINE
    lines = rated(folder, text)
    assert {one["status"] for one in lines[:-1]} == {"invalid"}
    assert lines[-1]["status"] == "complete"
    assert lines[0]["reason"].startswith(named)
    assert lines[2_999]["reason"] == PLAIN[column].format(lines[2_999]["Country of Origin"])
    assert len(searches) <= 1_000
    (again,) = rated(
        folder, HEADER + line.format(word(2_500))
    )  # with what was kept: no other word is named
    assert again["reason"] == PLAIN[column] or str(word(2_500)) in again["reason"]


def test_the_scalar_commands_still_say_what_is_like_a_word(folder):
    told = ask("rate", "--from", "cn", "--to", "us", "--product", "tois", "--date", "2025-06-05")
    assert told.code == 2
    assert "No product 'tois' in the record. Did you mean" in told.err
    told = ask("rate", "--from", "chnia", "--to", "us", "--date", "2025-06-05")
    assert "No country 'chnia' in the record; did you mean cn?" in told.err


def in_python(code: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """A process of its own that runs some code in a folder."""
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=folder,
        env=surroundings(PYTHONPATH=str(ROOT), **more),
        timeout=120,
        check=False,
    )


def workbook(path: Path, rows: list[list[object]]) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)


def test_a_workbook_in_and_out(folder):
    from datetime import datetime

    from openpyxl import load_workbook

    workbook(
        folder / "in.xlsx",
        [
            ["Entry Date", "HTS", "COO", "Value", "Note"],
            [datetime(2025, 6, 5), 9503000073, "CN", 250.0, "=1+1"],
        ],
    )
    assert (
        ask("bulk", "in.xlsx", "--to", "us", "--map", "value=Value", "--out", "out.xlsx").code == 0
    )
    sheet = load_workbook(folder / "out.xlsx").active
    names, values = [[cell.value for cell in row] for row in sheet.iter_rows()]
    line = dict(zip(names, values, strict=True))
    assert (line["HTS"], line["Value"], line["additional_pct"], line["duty_due"]) == (
        "9503000073",
        250,
        30,
        75,
    )


def test_a_zip_bomb_is_not_opened(folder):
    with zipfile.ZipFile(folder / "in.xlsx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    failed(
        ask("bulk", "in.xlsx", "--to", "us", "--out", "o.csv"),
        1,
        folder,
        "would unpack to",
        left=("in.xlsx",),
    )


def test_an_xml_bomb_is_not_expanded(folder):
    workbook(folder / "good.xlsx", [["date", "hs", "origin"], ["2025-06-05", "9503000073", "CN"]])
    bomb = '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(8)
    )
    with (
        zipfile.ZipFile(folder / "good.xlsx") as good,
        zipfile.ZipFile(folder / "in.xlsx", "w") as packed,
    ):
        for name in good.namelist():
            data = good.read(name)
            if name == "xl/worksheets/sheet1.xml":
                data = (bomb + "]>").encode() + data.replace(b"<v>", b"<v>&i;", 1)
            packed.writestr(name, data)
    (folder / "good.xlsx").unlink()
    failed(
        ask("bulk", "in.xlsx", "--to", "us", "--out", "o.csv"),
        1,
        folder,
        "in.xlsx could not be read",
        left=("in.xlsx",),
    )


def with_rows(folder: Path, rows: str, name: str = "in.xlsx") -> None:
    """A workbook with some rows of XML after those of a header and a line."""
    workbook(folder / "good.xlsx", [["date", "hs", "origin"], ["2025-06-05", "9503000073", "CN"]])
    with (
        zipfile.ZipFile(folder / "good.xlsx") as good,
        zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for entry in good.namelist():
            data = good.read(entry)
            if entry == "xl/worksheets/sheet1.xml":
                data = data.replace(b"</sheetData>", rows.encode() + b"</sheetData>")
            packed.writestr(entry, data)
    (folder / "good.xlsx").unlink()


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="99999999999"><c r="A99999999999"><v>1</v></c></row>',
        '<row r="1048577"><c r="A1048577"><v>1</v></c></row>',
        '<row r="&#57;9999999999"/>',
        '<row r="1048576"/><row><c><v>1</v></c></row>',
        '<row r="3"><c r="XFE3"><v>1</v></c></row>',
        f'<row r="3">{"<c><v>1</v></c>" * 20_000}</row>',
    ],
)
def test_a_sheet_beyond_the_limits_of_its_format_is_refused(folder, rows):
    with_rows(folder, rows)
    told = ask("bulk", "in.xlsx", "--to", "us", "--out", "out.csv")
    failed(told, 1, folder, "in.xlsx has a cell beyond what a sheet can hold", left=("in.xlsx",))


def test_a_sheet_up_to_the_limits_of_its_format_is_read(folder):
    with_rows(
        folder,
        '<row r="1048576"><c r="A1048576" t="str"><v>2025-06-05</v></c><c r="B1048576"><v>9503000073</v></c>'
        '<c r="C1048576" t="str"><v>CN</v></c><c r="XFD1048576"><v>1</v></c></row>',
    )
    told = ask("bulk", "in.xlsx", "--to", "us", "--out", "out.csv")
    assert told.code == 0, told
    assert "2 lines: 2 complete" in told.err


def test_more_lines_than_a_sheet_holds_are_refused(folder, monkeypatch):
    from tariffcli.bulk.files import sinks

    monkeypatch.setattr(sinks, "SHEET_ROWS", 3)
    write(folder, HEADER + LINE * 3)
    failed(
        ask("bulk", "in.csv", "--to", "us", "--out", "out.xlsx"), 1, folder, "A sheet holds 2 lines"
    )


def test_the_input_is_never_the_output(folder):
    write(folder, HEADER + LINE)
    failed(
        ask("bulk", "in.csv", "--to", "us", "--out", "in.csv", "--force"),
        2,
        folder,
        "The output is the input",
    )
    os.link(folder / "in.csv", folder / "same.csv")
    failed(
        ask("bulk", "in.csv", "--to", "us", "--out", "same.csv", "--force"),
        2,
        folder,
        "The output is the input",
        left=("in.csv", "same.csv"),
    )


def test_an_existing_output_is_kept_without_force(folder):
    write(folder, HEADER + LINE)
    write(folder, "mine", "out.csv")
    failed(
        ask("bulk", "in.csv", "--to", "us", "--out", "out.csv"),
        2,
        folder,
        "--force",
        left=("in.csv", "out.csv"),
    )
    assert (folder / "out.csv").read_text() == "mine"


def run(folder: Path, *words: str, **options: Any) -> subprocess.Popen[bytes]:
    """A run that keeps no bytecode: where little may be written, half a file of that would stay."""
    return started(
        [sys.executable, "-B", "-m", "tariffcli", "bulk", *words],
        cwd=folder,
        stderr=subprocess.PIPE,
        **options,
    )


@pytest.mark.parametrize("words", [(), ("--out", "-")])
def test_a_pipe_in_and_a_pipe_out_give_what_a_file_holds(folder, words):
    rated(folder, HEADER + LINE * 3)
    done = run(folder, "-", "--to", "us", *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    told, message = done.communicate((HEADER + LINE * 3).encode(), timeout=120)
    assert done.returncode == 0, message
    assert told == (folder / "out.csv").read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == [
        "in.csv",
        "out.csv",
        "out.csv.manifest.json",
    ]


def test_a_full_disk_leaves_nothing(folder):
    write(folder, HEADER + LINE * 20_000)

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    done = run(folder, "in.csv", "--to", "us", "--out", "out.csv", before=small)
    message = done.communicate(timeout=120)[1].decode()
    assert done.returncode == 1
    assert "could not be written" in message
    assert "nothing was left behind" in message
    assert [path.name for path in folder.iterdir()] == ["in.csv"]


@pytest.mark.parametrize("name", ["out.csv", "out.tsv", "out.parquet", "out.xlsx"])
@pytest.mark.parametrize("most", [100, 3_000, 60_000])
def test_wherever_a_disk_is_full_it_is_said_once_and_nothing_stays(folder, monkeypatch, name, most):
    write(
        folder,
        HEADER + "".join(LINE.replace("250", f"{number * 7919}") for number in range(20_000)),
    )
    (folder / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(folder / "temporary"))

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    done = run(
        folder,
        "in.csv",
        "--to",
        "us",
        "--out",
        name,
        "--columns",
        "total_pct,duty_due",
        before=small,
    )
    message = done.communicate(timeout=120)[1].decode()
    assert done.returncode == 1, message
    said = message.splitlines()
    assert [line for line in said if not line.startswith("columns: ")] == said[-1:], message
    assert said[-1].startswith(f"error: {name} could not be written: File too large"), message
    assert sorted(path.name for path in folder.iterdir()) == ["in.csv", "temporary"]
    assert not list((folder / "temporary").iterdir())


def test_a_workbook_whose_disk_is_full_only_at_its_end_is_said_once(folder, monkeypatch):
    """The rows fit, and so does not what they are packed into."""
    from tariffcli.bulk.files import sinks

    unheard: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", unheard.append)
    whole = sinks.Once.write

    def full(self: Any, data: bytes) -> int:
        def act() -> int:
            raise OSError(28, "No space left on device")

        return (
            self._tried(act, len(data))
            if self.tell() > 1_000 or self._failed
            else whole(self, data)
        )

    monkeypatch.setattr(sinks.Once, "write", full)
    write(folder, HEADER + LINE * 3_000)
    failed(
        ask("bulk", "in.csv", "--to", "us", "--out", "out.xlsx"),
        1,
        folder,
        "out.xlsx could not be written: No space left",
    )
    gc.collect()
    assert unheard == []


def test_an_interrupted_workbook_leaves_no_rows_among_the_temporary_files(folder, monkeypatch):
    from tariffcli.bulk.files import sinks

    (folder / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder / "temporary"))
    whole = sinks.SheetSink.write

    def stopped(self: Any, encoded: Any) -> None:
        whole(self, encoded)
        assert list((folder / "temporary").rglob("*"))
        raise KeyboardInterrupt

    monkeypatch.setattr(sinks.SheetSink, "write", stopped)
    write(folder, HEADER + LINE * 3_000)
    failed(
        ask("bulk", "in.csv", "--to", "us", "--out", "out.xlsx"),
        130,
        folder,
        "interrupted",
        left=("in.csv", "temporary"),
    )
    assert not list((folder / "temporary").iterdir())


def begun(folder: Path, target: Path, *words: str) -> subprocess.Popen[bytes]:
    """A run that waits for more of its input, its output begun."""
    process = run(folder, "-", "--to", "us", "--out", str(target), *words, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write((HEADER + LINE * 800_000).encode())
    process.stdin.flush()
    for _ in range(1800):
        if any(
            path.name.endswith(".part") and path.stat().st_size for path in target.parent.iterdir()
        ):
            return process
        time.sleep(0.1)
    process.kill()
    raise AssertionError(process.communicate())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing_and_says_how_far_it_came(folder, how):
    process = begun(folder, folder / "out.csv")
    process.send_signal(how)
    message = process.communicate(timeout=180)[1].decode()
    assert process.returncode == 130, message
    assert "interrupted" in message
    assert "lines" in message.splitlines()[-1]
    assert list(folder.iterdir()) == []


def kept_open(folder: Path, text: str, *words: str) -> subprocess.Popen[bytes]:
    """A run whose standard input has begun and does not end."""
    process = run(
        folder, "-", "--to", "us", *words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(text.encode())
        process.stdin.flush()
    return process


@pytest.mark.parametrize(
    ("header", "line"), [("a,b\n", "a,b\n"), ("date,hs,value\n", "2025-06-05,9503.00.0073,250\n")]
)
def test_a_usage_error_ends_with_its_code_while_more_input_is_awaited(folder, header, line):
    process = kept_open(folder, header + line * (24_000_000 // len(line)))
    assert process.wait(timeout=120) == 2
    assert process.stderr is not None
    message = process.stderr.read().decode()
    assert message.splitlines()[-1].startswith("error: No column tells"), message
    process.communicate(timeout=60)


def test_an_interrupt_ends_a_run_that_awaits_more_input(folder):
    process = begun(folder, folder / "out.csv")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=120) == 130  # its input is open still
    message = process.communicate(timeout=60)[1].decode()
    assert message.splitlines()[-1].startswith("error: interrupted after"), message
    assert list(folder.iterdir()) == []


def test_the_first_look_at_a_file_reads_nothing_ahead(folder, monkeypatch):
    from tariffcli.bulk.files import sources

    monkeypatch.setattr(sources, "BLOCK", 1 << 12)
    path = write(folder, HEADER + (LINE * 60 + "one,two\n") * 500)
    source = sources.open_source(path, sources.Options())
    first = sources.first_of(source)
    assert 0 < first.num_rows < 200
    assert len(source.skipped) < 5  # of some 500 in the whole file


def test_an_output_never_stands_beside_the_manifest_of_an_earlier_one(folder, monkeypatch):
    rated(folder, HEADER + LINE)
    manifest = folder / "out.csv.manifest.json"
    assert manifest.exists()

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tariffcli.bulk.files.manifest.write_manifest", stopped)
    assert (
        ask(
            "bulk", "in.csv", "--to", "us", "--set", "claim=donation", "--out", "out.csv", "--force"
        ).code
        == 130
    )
    assert (folder / "out.csv").exists()
    assert not manifest.exists()


def test_what_a_killed_run_leaves_is_cleared_by_the_next(folder):
    process = begun(folder, folder / "out.csv")
    process.kill()
    process.communicate(timeout=180)
    assert [path.name.endswith(".part") for path in folder.iterdir()] == [True]
    rated(folder, HEADER + LINE)
    assert sorted(path.name for path in folder.iterdir()) == [
        "in.csv",
        "out.csv",
        "out.csv.manifest.json",
    ]


def test_two_runs_to_one_output_the_second_is_refused(folder):
    process = begun(folder, folder / "out.csv")
    write(folder, HEADER + LINE)
    told = ask("bulk", "in.csv", "--to", "us", "--out", "out.csv")
    assert told.code == 2
    assert "Another run is writing" in told.err
    process.terminate()
    process.communicate(timeout=180)


def test_an_output_folder_that_goes_away_ends_in_one_line(folder):
    import shutil

    (folder / "deep").mkdir()
    process = begun(folder, folder / "deep" / "out.csv")
    shutil.rmtree(folder / "deep")
    message = process.communicate((HEADER + LINE).encode(), timeout=60)[1].decode()
    assert process.returncode == 1
    assert "could not be written" in message
    assert list(folder.iterdir()) == []


def test_a_folder_of_parts_resumes_and_refuses_another_record_or_other_flags(folder):
    (folder / "parts").mkdir()
    for name in ("a.csv", "b.csv"):
        write(folder / "parts", HEADER + LINE, name)
    assert ask("bulk", "parts", "--to", "us", "--out", "done").code == 0
    first = (folder / "done" / "a.csv").stat().st_mtime_ns
    (folder / "done" / "b.csv").unlink()
    told = ask("bulk", "parts", "--to", "us", "--out", "done", "--resume")
    assert told.code == 0
    assert "a.csv: done before" in told.err
    assert (folder / "done" / "a.csv").stat().st_mtime_ns == first
    assert (folder / "done" / "b.csv").exists()
    assert "exists already" in ask("bulk", "parts", "--to", "us", "--out", "done").err
    other = ask(
        "bulk", "parts", "--to", "us", "--out", "done", "--resume", "--known-on", "2025-01-01"
    )
    assert other.code == 2
    assert "with another plan" in other.err
    manifest = folder / "done" / "a.csv.manifest.json"
    manifest.write_text(manifest.read_text().replace('"fingerprint": "', '"fingerprint": "0'))
    assert (
        "with another record" in ask("bulk", "parts", "--to", "us", "--out", "done", "--resume").err
    )
    write(folder / "parts", HEADER + LINE * 2, "b.csv")
    manifest.write_text(manifest.read_text().replace('"fingerprint": "0', '"fingerprint": "'))
    assert "another input" in ask("bulk", "parts", "--to", "us", "--out", "done", "--resume").err


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.xlsx"])
def test_an_output_that_was_changed_after_its_manifest_is_not_done_before(folder, name):
    import os

    write(folder, HEADER + LINE)
    (folder / "parts").mkdir()
    assert (
        ask("bulk", "in.csv", "--to", "us", "--columns", "status", "--out", f"parts/{name}").code
        == 0
    )
    rating = ("bulk", "parts", "--to", "us", "--columns", "reason", "--out", "done")
    assert ask(*rating).code == 0
    out = folder / "done" / name
    whole, times = out.read_bytes(), (out.stat().st_atime_ns, out.stat().st_mtime_ns)
    again = (*rating, "--resume")
    for changed in (
        whole + b"2025-06-05",
        whole[:-1],
        whole[:-2] + bytes([whole[-2] ^ 1]) + whole[-1:],
    ):
        out.write_bytes(changed)
        os.utime(out, ns=times)
        told = ask(*again)
        assert (told.code, told.out) == (2, "")
        assert f"{name} was changed after it was written" in told.err
        assert out.read_bytes() == changed
    out.write_bytes(whole)  # a copy, with times of its own
    assert ask(*again).code == 0
    out.write_bytes(b"")
    assert ask(*again, "--force").code == 0
    assert out.read_bytes()[:40] == whole[:40]


def test_a_small_file_is_rated_under_a_hard_limit_of_memory(folder):
    write(folder, HEADER + LINE * 300_000)

    def hard() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (900 << 20, 900 << 20))

    done = run(
        folder, "in.csv", "--to", "us", "--out", "out.parquet", "--threads", "2", before=hard
    )
    message = done.communicate(timeout=300)[1].decode()
    assert done.returncode == 0, message
    assert "300,000 complete" in message
    duty = parquet.read_table(folder / "out.parquet").column("duty_due").to_pylist()
    assert sum(map(Decimal, map(str, duty))) == 300_000 * 75


def test_no_command_opens_a_socket(folder):
    days = (date(2018, 1, 1) + timedelta(days=20 * number) for number in range(150))
    write(folder, HEADER + "".join(LINE.replace("2025-06-05", day.isoformat()) for day in days))
    small = write_record(folder / "small")
    commands = [
        ["bulk", "in.csv", "--to", "us", "--out", "o.csv", "--force", "--threads", "2"],
        ["rate", "--from", "us", "--to", "cn", "--format", "plain"],
        ["history", "--from", "us", "--to", "cn", "--since", "2025-01-01"],
        ["check", "--data", str(small)],
    ]
    code = (
        "import sys\n"
        "def heard(event, args):\n"
        "    if event.startswith('socket.') and event not in ('socket.gethostname',):\n"
        "        raise SystemExit('a socket was opened: ' + event)\n"
        "sys.addaudithook(heard)\n"
        "from tariffcli.bulk.cells import rater\n"
        "from tariffcli.bulk.classes import workers\n"
        "workers.MIN_QUESTIONS, rater.MIN_UNMET = 40, 20\n"  # so that a process helps with these lines
        "begun = []\n"
        "workers._begun = lambda *given, before=workers._begun: begun.append(given) or before(*given)\n"
        "from tariffcli.cli.start import main\n"
        f"for words in {commands!r}:\n"
        "    sys.argv = ['tariff', *words]\n"
        "    try:\n        main()\n"
        "    except SystemExit as end:\n        assert not end.code, (words, end.code)\n"
        "assert begun\n"
    )
    done = in_python(code, folder, TARIFF_CACHE=str(folder / "cache"))
    assert "socket" not in done.stderr
    assert done.returncode == 0, done.stderr
    assert (folder / "o.csv").exists()


def test_neither_pandas_nor_typer_is_needed_to_rate_a_parquet_file(folder):
    parquet.write_table(
        pa.table({"date": ["2025-06-05"], "hs": ["9503000073"], "origin": ["CN"]}),
        folder / "in.parquet",
    )
    code = (
        "import sys\nsys.argv = ['tariff', 'bulk', 'in.parquet', '--to', 'us', '--out', 'o.parquet']\n"
        "from tariffcli.cli.start import main\n"
        "try:\n    main()\nfinally:\n    print(*sys.modules)\n"
    )
    done = in_python(code, folder)
    assert "pyarrow" in done.stdout.split()
    assert "pandas" not in done.stdout.split()


def test_without_pyarrow_the_message_says_what_to_install(folder):
    write(folder, HEADER + LINE)
    code = "import sys\nsys.modules['pyarrow'] = None\nsys.argv = ['tariff', 'bulk', 'in.csv']\nfrom tariffcli.cli.start import main\nmain()\n"
    done = in_python(code, folder)
    assert done.returncode == 1
    assert "pip install 'tariffcli[bulk]'" in one_line(Told(1, "", done.stderr))
