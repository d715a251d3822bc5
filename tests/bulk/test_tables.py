"""Small tables that users bring: read whatever their kind and encoding, or refused in one line. The
user's file is never touched.
"""

from __future__ import annotations

import io
import os
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest

from support.run_program import ask, fresh, one_line, refused

pa = pytest.importorskip("pyarrow")
openpyxl = pytest.importorskip("openpyxl")

WORDS = ("--from", "cn", "--to", "us", "--date", "2025-06-05", "--format", "plain")
GOOD = "code,value\n9503.00.00,300\n6109.10.00,100\n"
MEAN = "31.875\n"
"""Toys at 30, shirts at 37.5."""


def kept(folder: Path, data: bytes | str, name: str = "w.csv") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def asked(path: Path, *words: str):
    return ask("average", "--weights", str(path), *WORDS, *words)


def fails(path: Path, *pieces: str, words: tuple[str, ...] = ()) -> None:
    refused(asked(path, *words), 2, *pieces)


def workbook(folder: Path, *rows: tuple, name: str = "w.xlsx", **sheets: list[tuple]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for title, more in sheets.items():
        sheet = book.create_sheet(title)
        for row in more:
            sheet.append(row)
    book.save(folder / name)
    return folder / name


def parquet(folder: Path, **columns) -> Path:
    import pyarrow.parquet as pq

    pq.write_table(pa.table(columns), folder / "w.parquet")
    return folder / "w.parquet"


def repacked(path: Path, piece: str, change) -> Path:
    """A workbook with one of its pieces changed."""
    found = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name == piece else data)
    path.write_bytes(found.getvalue())
    return path


# kinds and encodings


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "gb18030"]
)
def test_a_text_is_read_in_its_encoding(tmp_path, encoding):
    note = "玩具" if encoding == "gb18030" else "poupée"
    text = f"code,value,note\n9503.00.00,300,{note}\n6109.10.00,100,\n"
    assert asked(kept(tmp_path, text.encode(encoding))) == (0, MEAN, "")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_headers_in_chinese_are_found(tmp_path, encoding):
    told = asked(
        kept(
            tmp_path,
            "商品编码,商品名称,金额\n95030000,玩具,300\n61091000,衫,100\n".encode(encoding),
        )
    )
    assert (told.code, told.out) == (0, MEAN)
    assert "code from column 商品编码, value from column 金额" in told.err


@pytest.mark.parametrize("mark", ["\t", ";", "|", ","])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_columns_may_be_set_apart_in_several_ways(tmp_path, mark, end):
    assert asked(kept(tmp_path, GOOD.replace(",", mark).replace("\n", end), "w.txt")) == (
        0,
        MEAN,
        "",
    )
    assert asked(kept(tmp_path, f"sep={mark}\r\n" + GOOD.replace(",", mark))) == (0, MEAN, "")


def test_quoted_cells_blank_rows_and_thousands_are_read(tmp_path):
    text = '"value","what\nis it","code"\n\n"$1,300.00","toys, dolls","9503000000"\n , ,\n433.333333333,"",6109100000\n"(0)",,0101.21.00\n'
    told = asked(kept(tmp_path, text))
    assert told.code == 0
    assert told.out == "31.875\n"


def test_a_workbook_is_read_with_numbers_as_codes_and_formulas_by_what_they_came_to(tmp_path):
    path = workbook(
        tmp_path,
        ("HTS Number", "Customs Value"),
        (9503000000.0, 300),
        (None, None),
        ("6109.10.00", 100.0),
    )
    told = asked(path)
    assert (told.code, told.out) == (0, MEAN)
    formula = workbook(tmp_path, ("code", "value"), ("95030000", "=1+2"), ("61091000", 100))
    fails(formula, "w.xlsx row 2", "the value is blank")


def test_leading_zeros_that_a_spreadsheet_ate_come_back(tmp_path):
    assert (
        asked(workbook(tmp_path, ("hts", "value"), (9503000000, 300), (101210010, 0))).out == "30\n"
    )


@pytest.mark.parametrize("code", [901.2, 8517.1, "8517.123", "101.21", 9.503e9 + 0.5])
def test_a_dotted_code_that_became_a_number_is_never_read_as_another(tmp_path, code):
    path = workbook(tmp_path, ("code", "value"), ("9503.00.00", 300), (code, 100))
    assert asked(path).out == "30\n"
    assert "left out, no line of the tariff: 1 codes" in asked(path).err


def test_a_parquet_file_is_read_whatever_the_type_of_its_columns(tmp_path):
    assert asked(parquet(tmp_path, code=[95030000, 61091000], value=[300.0, 100.0])) == (
        0,
        MEAN,
        "",
    )
    assert asked(parquet(tmp_path, code=[95030000.0, 61091000.0], value=[300, 100])) == (
        0,
        MEAN,
        "",
    )
    texts = pa.array(["95030000", "61091000"]).dictionary_encode()
    assert asked(parquet(tmp_path, code=texts, value=[Decimal("300.00"), Decimal("100.00")])) == (
        0,
        MEAN,
        "",
    )


def test_what_a_file_is_its_bytes_tell_and_not_its_name(tmp_path):
    path = workbook(tmp_path, ("code", "value"), ("95030000", 300), ("61091000", 100))
    assert asked(path.rename(tmp_path / "w.csv")) == (0, MEAN, "")
    assert asked(kept(tmp_path, GOOD, "w.xlsx")) == (0, MEAN, "")


def test_a_table_is_a_pyarrow_table_of_texts(tmp_path):
    from tariffcli.bulk.files.small import read_small, read_table

    path = kept(tmp_path, 'code,value\n\n95030000,"3\n"\n61091000\n')
    table = read_table(path)
    assert table.schema == pa.schema([("code", pa.string()), ("value", pa.string())])
    assert table.to_pylist() == [
        {"code": "95030000", "value": "3"},
        {"code": "61091000", "value": ""},
    ]
    assert list(read_small(path).lines) == [3, 5]


# columns


@pytest.mark.parametrize(
    "head",
    [
        "HTS Number,Customs Value",
        "hs6,Trade Value (US$)",
        "cmdCode,primaryValue",
        "I_COMMODITY,GEN_VAL_MO",
        "HS Code,weight",
    ],
)
def test_columns_are_found_by_usual_names_and_told(tmp_path, head):
    told = asked(kept(tmp_path, GOOD.replace("code,value", head)))
    assert (told.code, told.out) == (0, MEAN)
    assert (
        f"Read: code from column {head.split(',')[0]}, value from column {head.split(',')[1]}."
        in told.err
    )


def test_map_names_columns_and_ignores_letter_case(tmp_path):
    path = kept(tmp_path, GOOD.replace("code,value", "What,How much"))
    fails(path, "no column for the code", "What, How much", "--map code=COLUMN")
    assert asked(path, "--map", "code=what", "--map", "value=How much").out == MEAN


def test_two_columns_that_could_be_meant_are_refused(tmp_path):
    path = kept(tmp_path, "code,value,customs value\n95030000,1,2\n")
    fails(path, "several columns for the value: value, customs value", "--map value=COLUMN")
    assert asked(path, "--map", "value=customs value").out == "30\n"
    fails(kept(tmp_path, "code,value,value\n95030000,1,2\n"), "several columns for the value")
    fails(
        kept(tmp_path, "code,value,value\n95030000,1,2\n"),
        "several columns for the value",
        words=("--map", "value=value"),
    )


def test_a_file_without_a_row_of_names_is_refused(tmp_path):
    fails(
        kept(tmp_path, "95030000,300\n61091000,100\n"),
        "no column for the code",
        "first row names: 95030000, 300",
    )


# faults of files


@pytest.mark.parametrize(
    ("data", "piece"),
    [
        (b"", "is empty"),
        (b" \n\n\t\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        ("\ufeff".encode("utf-16-le"), "is empty"),
        (b"code,value\n", "nothing below"),
        (b"code,value\n\n , \n", "nothing below"),
        (b'code,value\n95030000,"300\n61091000,100\n', "line 2"),
        (b'code,value\n95030000,"3"00\n', "line 2"),
        (b"code,value\n95030000,300,7\n", "line 2 has 3 cells"),
        (b"code,value\n95030000\n", "line 2: the value is blank"),
        (b"code,value\n95030000,\n", "line 2: the value is blank"),
        (b"code;value\n95030000;1,500\n", "line 2: '1,500' can be read two ways"),
        (b"code,value\n95030000,1\n61091000,-5\n", "line 3: the value '-5' is negative"),
        (b"code,value\n95030000,(5)\n", "line 2: the value '(5)' is negative"),
        (b"code,value\n95030000,NaN\n", "line 2: 'NaN' is no amount"),
        (b"code,value\n95030000,inf\n", "line 2: 'inf' is no amount"),
        (b"code,value\n95030000,1e99\n", "line 2: the value '1e99' is beyond"),
        (b"code,value\n95030000,1e-99\n", "line 2: the value '1e-99' is beyond"),
        (b"code,value\n95030000,ten\n", "line 2: 'ten' is no amount"),
        (b"code,value\n95030000,=1+1\n", "line 2: '=1+1' is no amount"),
        (b"code,value\n95030000,0\n", "values of these codes are all 0"),
        (b"code,value\n9503\x000000,1\n", "zero bytes"),
        (b"\xff\xfec\x00o\x00d\x00e\x00", "no column for the value"),
        (b"\xff\xfec\x00o\x00d", "UTF-16"),
        (b"\x1f\x8b\x08\x00abc", "is packed"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Excel file"),
        (b"PK\x03\x04nonsense", "damaged workbook"),
        (b"PAR1nonsense", "damaged Parquet"),
        (b"code,value\n" + b'"' + b"9" * 200_000 + b'",1\n', "line 2"),
        (",".join(f"c{n}" for n in range(1500)).encode() + b"\n", "1,500 cells"),
    ],
)
def test_a_file_with_a_fault_is_refused_in_one_line_with_its_place(tmp_path, data, piece):
    path = kept(tmp_path, data)
    fails(path, piece)
    assert path.read_bytes() == data


def test_all_lines_of_bad_values_are_named(tmp_path):
    rows = "".join(f"95030000,{value}\n" for value in ("-1", "2", "x", "-1", "", "-3", "y", "z"))
    fails(
        kept(tmp_path, f"code,value\n{rows}"),
        "line 2: the value '-1' is negative. 6 more such: 4, 5, 6, 7, 8 ...",
    )


def test_a_file_that_is_not_there_or_a_folder_is_refused(tmp_path):
    fails(tmp_path / "nowhere.csv", "There is no file")
    fails(tmp_path, "cannot be read")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_weights_may_come_through_a_pipe(tmp_path):
    import threading

    path = tmp_path / "pipe"
    os.mkfifo(path)
    threading.Thread(target=lambda: path.write_text(GOOD), daemon=True).start()
    assert asked(path) == (0, MEAN, "")


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path, monkeypatch):
    from tariffcli.bulk.files import small

    monkeypatch.setattr(small, "MAX_BYTES", 1000)
    fails(kept(tmp_path, GOOD + "95030000,1\n" * 100), "is larger than")
    monkeypatch.setattr(small, "MAX_BYTES", 2**20)
    monkeypatch.setattr(small, "MAX_ROWS", 3)
    fails(kept(tmp_path, GOOD + "95030000,1\n" * 100), "more than 3 rows")
    fails(parquet(tmp_path, code=["95030000"] * 5, value=[1] * 5), "unpacks to more than")


def test_a_wrong_encoding_is_refused(tmp_path):
    path = kept(tmp_path, "code,value,note\n95030000,1,é\n".encode("cp1252"))
    fails(path, "is not written in utf-8", words=("--encoding", "utf-8"))
    assert asked(path, "--encoding", "cp1252").out == "30\n"


def test_a_truncated_parquet_or_workbook_is_refused(tmp_path):
    path = parquet(tmp_path, code=["95030000"] * 1000, value=list(range(1000)))
    path.write_bytes(path.read_bytes()[:-20])
    fails(path, "damaged Parquet file, or its end is missing")
    path = workbook(tmp_path, ("code", "value"), ("95030000", 300))
    path.write_bytes(path.read_bytes()[:-50])
    fails(path, "damaged workbook, or its end is missing")


def test_a_damaged_page_of_a_parquet_file_is_refused(tmp_path):
    path = parquet(tmp_path, code=[f"{n:08}" for n in range(1000)], value=list(range(1000)))
    data = bytearray(path.read_bytes())
    data[4:60] = b"\xff" * 56
    path.write_bytes(data)
    fails(path, "damaged Parquet file")


# workbooks made to harm, and ordinary ones that are no table


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    from tariffcli.bulk.files import small

    path = workbook(tmp_path, ("code", "value"), ("95030000", 300))
    repacked(path, "xl/worksheets/sheet1.xml", lambda data: data + b" " * 5_000_000)
    assert path.stat().st_size < 50_000
    monkeypatch.setattr(small, "MAX_BYTES", 1_000_000)
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *given: pytest.fail("unpacked"))
    fails(path, "unpacks to more than")


def test_an_xml_bomb_is_refused(tmp_path):
    levels = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY b0 "boom">{levels}]><x>&b9;</x>'.encode()
    for piece in ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"):
        path = workbook(tmp_path, ("code", "value"), ("95030000", 300))
        fails(
            repacked(path, piece, lambda data: bomb),
            "could not be read as a workbook (EntitiesForbidden)",
        )


def test_a_sheet_that_lies_about_its_size_is_read_as_it_is(tmp_path):
    path = workbook(tmp_path, ("code", "value"), ("95030000", 300), ("61091000", 100))
    repacked(
        path,
        "xl/worksheets/sheet1.xml",
        lambda data: data.replace(b'ref="A1:B3"', b'ref="A1:XFD1048576"'),
    )
    assert asked(path) == (0, MEAN, "")


def test_a_cell_far_out_is_refused(tmp_path):
    path = workbook(tmp_path, ("code", "value"), ("95030000", 300))
    book = openpyxl.load_workbook(path)
    book.active["XFD2"] = 1
    book.save(path)
    fails(path, "more rows or columns")


def test_a_packed_file_without_a_workbook_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "w.zip", "w") as packed:
        packed.writestr("w.csv", GOOD)
    fails(tmp_path / "w.zip", "packed file without a workbook")


def test_a_workbook_with_several_filled_sheets_wants_a_name(tmp_path):
    path = workbook(tmp_path, ("notes",), more=[("code", "value"), ("95030000", 1)])
    fails(path, "several sheets (Sheet, more)", "--sheet NAME")
    assert asked(path, "--sheet", "more").out == "30\n"
    fails(path, "no sheet 'other'", words=("--sheet", "other"))
    one = workbook(tmp_path, ("code", "value"), ("95030000", 1), more=[])
    assert asked(one).out == "30\n"
    fails(workbook(tmp_path), "is empty")


def test_without_the_packages_the_command_says_what_to_install(tmp_path):
    told = fresh(
        "average",
        "--weights",
        str(kept(tmp_path, GOOD)),
        *WORDS,
        PYTHONPATH=str(_without("pyarrow", tmp_path)),
    )
    assert told.code == 1
    assert "pip install 'tariffcli[bulk]'" in one_line(told)
    told = fresh(
        "average",
        "--weights",
        str(workbook(tmp_path, ("code", "value"))),
        *WORDS,
        PYTHONPATH=str(_without("openpyxl", tmp_path)),
    )
    assert told.code == 2
    assert "pip install openpyxl defusedxml" in one_line(told)


def _without(package: str, folder: Path) -> Path:
    """A folder that hides a package from Python."""
    hidden = folder / f"without-{package}"
    hidden.mkdir()
    (hidden / f"{package}.py").write_text(
        f"raise ModuleNotFoundError('No module named {package}', name='{package}')\n",
        encoding="utf-8",
    )
    return hidden
