"""Synthetic lines: the same seed gives the same file, whatever the chunks, and each shape is what
it says.
"""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support import ROOT

pa = pytest.importorskip("pyarrow")
SEEDS = ROOT / "seeds"


@pytest.fixture(scope="module")
def lines():
    sys.path.insert(0, str(SEEDS))
    try:
        import lines

        yield lines
    finally:
        sys.path.remove(str(SEEDS))


def made(lines, path: Path, *words: str) -> bytes:
    lines.main(["--out", str(path), *words])
    return path.read_bytes()


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


NAMES = [
    f"{shape}.{kind}"
    for shape in ("plain", "dirty", "es003")
    for kind in ("csv", "parquet", "xlsx")
]


def words_for(name: str, seed: int) -> tuple[str, ...]:
    return ("--lines", "300", "--seed", str(seed), "--shape", name.partition(".")[0])


def test_the_same_seed_gives_the_same_bytes_in_another_process(lines, tmp_path):
    (tmp_path / "there").mkdir()
    calls = [["--out", str(tmp_path / "there" / name), *words_for(name, 7)] for name in NAMES]
    code = f"import sys; sys.path.insert(0, {str(SEEDS)!r}); import lines\nfor words in {calls!r}: lines.main(words)"
    subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        check=True,
        timeout=120,
    )
    for name in NAMES:
        assert (
            made(lines, tmp_path / name, *words_for(name, 7))
            == (tmp_path / "there" / name).read_bytes()
        ), name


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_gives_other_bytes(lines, tmp_path, name):
    one, again, two = (
        made(lines, tmp_path / f"{place}-{name}", *words_for(name, seed))
        for place, seed in enumerate((7, 7, 8))
    )
    assert one == again
    assert one != two


def test_lines_depend_neither_on_the_chunk_nor_on_the_length(lines):
    recipe = lines.Recipe(3)
    whole = pa.Table.from_batches(list(lines.chunks(recipe, 1000, 1000)))
    pieces = pa.Table.from_batches(list(lines.chunks(recipe, 900, 77)))
    assert whole.slice(0, 900).to_pylist() == pieces.to_pylist()


def test_a_seed_is_the_same_lines_on_every_machine(lines):
    draw = lines.Draw(1, 0, 4)
    assert draw(1, 1000).tolist() == draw(1, 1000).tolist() == FIRST_DRAWS
    assert lines.mixed(lines.np.array([0x9E3779B97F4A7C15], dtype="uint64")).tolist() == [
        0xE220A8397B1DCDAF
    ]  # splitmix64 of 0, published


FIRST_DRAWS = [477, 934, 804, 254]


def test_days_crowd_around_changes_of_law_and_most_goods_come_from_china(lines):
    batch = lines.Recipe(1).lines(0, 20_000)
    assert batch.schema.names == ["date", "hs", "origin", "importer", "value", "quantity", "unit"]
    rows = batch.to_pylist()
    pairs = [(row["origin"], row["importer"]) for row in rows]
    assert 0.75 < pairs.count(("cn", "us")) / len(rows) < 0.85
    assert {("hk", "us"), ("mo", "us"), ("us", "cn")} <= set(pairs)
    weeks = [row["date"].isoformat() for row in rows]
    assert sum("2025-03-28" <= day <= "2025-04-18" for day in weeks) > 2 * sum(
        "2023-03-28" <= day <= "2023-04-18" for day in weeks
    )
    assert all(
        len(row["hs"]) == (10 if row["importer"] == "us" else 8)
        and row["value"] > 0
        and row["quantity"] > 0
        for row in rows
    )


def test_a_customs_report_has_one_row_for_each_tariff_number_of_a_line(lines, tmp_path):
    from shapes import ENTRY_HEADER, check_digit

    found = rows_of(made(lines, tmp_path / "es.csv", "--lines", "400", "--shape", "es003"))
    assert ENTRY_HEADER in found[:6]
    assert found[-1] == ["FOR OFFICIAL USE ONLY"]
    rows = [
        dict(zip(ENTRY_HEADER, row, strict=True)) for row in found if len(row) == len(ENTRY_HEADER)
    ][1:]
    by_line: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows:
        by_line.setdefault(
            (row["Entry Summary Number"], row["Entry Summary Line Number"]), []
        ).append(row)
        filer, number, digit = row["Entry Summary Number"].split("-")
        assert check_digit(filer, number) == int(digit)
        assert row["Line Tariff Duty Amount"].startswith("$")
        assert "/" in row["Entry Date"]
    assert any(len(group) > 2 for group in by_line.values())
    sound = [
        group
        for group in by_line.values()
        if group[-1]["Line Tariff Goods Value Amount"] != "$0.00"
    ]
    assert len(sound) > 0.9 * len(by_line)
    assert all(
        len(row["HTS Number - Full"]) == 8 and row["HTS Number - Full"].startswith("99")
        for group in sound
        for row in group[:-1][:1]
    )
    assert (
        len(
            {
                row["Entry Date"]
                for row in rows
                if row["Entry Summary Number"] == rows[0]["Entry Summary Number"]
            }
        )
        == 1
    )


def test_a_published_entry_number_has_its_check_digit(lines):
    from shapes import check_digit

    assert check_digit("98Q", "1024114") == 5  # a broker's export guide: 98Q-1024114-5


def test_a_dirty_file_has_every_kind_of_dirt(lines, tmp_path):
    from shapes import DIRTY_HEADER

    content = made(lines, tmp_path / "dirty.csv", "--lines", "20000", "--shape", "dirty")
    assert content.startswith(b"\xef\xbb\xbf")
    rows = rows_of(content)
    assert rows[0] == DIRTY_HEADER
    days, codes, origins, _, notes, values, *_ = zip(*rows[1:], strict=True)
    assert {"2025-02-30", "0000-00-00"} <= set(days)
    assert any("." in code[:5] for code in codes)
    assert any(code.endswith(".0") for code in codes)
    assert any(code.isdigit() and len(code) == 9 for code in codes)
    assert "Atlantis" in origins
    assert {"-12.50", "NaN", "=1+1"} <= set(values)
    assert any(value.startswith("$") and "," in value for value in values)
    assert any(note.startswith(("=", "@")) for note in notes)


def test_more_rows_than_a_sheet_holds_are_refused(lines, tmp_path, monkeypatch):
    import writers

    monkeypatch.setattr(writers, "MOST_ROWS", 100)
    with pytest.raises(SystemExit, match="A sheet holds"):
        made(lines, tmp_path / "long.xlsx", "--lines", "200")
    assert not (tmp_path / "long.xlsx").exists()
