"""A text file says nothing of its encoding: its letters must come out as they were written, in
`tariff bulk` and `tariff average`.
"""

from __future__ import annotations

import csv

import pytest

from support.run_program import ask

pa = pytest.importorskip("pyarrow")

from tariffcli.bulk.files import text  # noqa: E402

HEADER = "Entry Date,HTS Number,Country of Origin,Entered Value,Note\n"
LINE = "2025-06-05,9503.00.0073,CN,250.00,{}\n"
WESTERN = [
    ["Müller"],
    ["Größe"],
    ["Nürnberg", "Straße", "Übergröße"],
    ["Société Générale", "pièce détachée", "créée", "façade à côté"],
    ["EXPORTAÇÃO", "DESCRIÇÃO", "ções", "São João"],
    ["Preis 5 €", "“toy”", "it’s – fine…"],
    ["Señor Muñoz", "¿Qué?", "N° 5", "½ kg", "25 °C"],
    ["Åse Ødegård", "Björk", "Þór", "smørrebrød"],
    ["caf\u00e9"],
]
CHINESE = [
    ["玩具"],
    ["个"],
    ["深圳市鑫源贸易有限公司", "东莞喆达电子厂", "T恤", "A级", "棉制男式T恤衫"],
    ["塑料玩具，（充气）", "件"],
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def notes(folder, data, *flags):
    (folder / "in.csv").write_bytes(data)
    told = ask("bulk", "in.csv", "--to", "us", "--out", "out.csv", "--force", *flags)
    assert told.code == 0, told
    with (folder / "out.csv").open(encoding="utf-8", newline="") as stream:
        return [line["Note"] for line in csv.DictReader(stream)], told.err


def table(cells):
    return HEADER + "".join(LINE.format(cell) for cell in cells)


@pytest.mark.parametrize("cells", WESTERN, ids=lambda cells: cells[0])
def test_windows_1252_is_read_as_it_was_written(folder, cells):
    assert notes(folder, table(cells).encode("cp1252"))[0] == cells
    assert text.decoded("in.csv", table(cells).encode("cp1252"))[0] == table(cells)


@pytest.mark.parametrize("cells", CHINESE, ids=lambda cells: cells[0])
def test_chinese_in_gb_18030_is_read_as_it_was_written(folder, cells):
    assert notes(folder, table(cells).encode("gb18030"))[0] == cells
    assert text.decoded("in.csv", table(cells).encode("gb18030"))[0] == table(cells)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("cells", [*WESTERN, *CHINESE], ids=lambda cells: cells[0])
def test_unicode_is_read_as_it_was_written(folder, cells, encoding):
    read, said = notes(folder, table(cells).encode(encoding))
    assert read == cells
    assert "read as" not in said


def test_letters_far_below_the_header_count_too(folder):
    cells = ["plain"] * 5_000 + ["Müller"] * 20
    assert notes(folder, table(cells).encode("cp1252"))[0] == cells


def test_a_header_with_accents_is_found(folder):
    data = HEADER.replace("Note", "Note,Größe") + LINE.format("Müller,5")
    assert notes(folder, data.encode("cp1252"))[0] == ["Müller"]


def test_the_last_letter_of_a_file_may_be_an_accent(folder):
    assert notes(folder, table(["café"]).encode("cp1252").rstrip())[0] == ["café"]


def test_where_both_fit_it_is_said_what_was_taken_and_what_to_do(folder):
    cells = ["Müller", "玩具"]
    mixed = (HEADER + LINE.format(cells[0])).encode("cp1252") + LINE.format(cells[1][:1]).encode(
        "gb18030"
    )
    _, said = notes(folder, mixed)
    assert "in.csv is read as GB 18030; give --encoding if that is wrong" in said
    read, said = notes(folder, mixed, "--encoding", "cp1252")
    assert (read[0], "read as" in said) == ("Müller", False)


def test_what_is_plain_is_not_talked_of(folder):
    assert "read as" not in notes(folder, table(["Müller"]).encode("cp1252"))[1]
    assert "read as" not in notes(folder, table(["玩具"]).encode("gb18030"))[1]
