"""A quotation mark that is not closed where it should be loses no line: the run says where it is
opened, and gives nothing out.
"""

from __future__ import annotations

import io
import json
import random
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from support.run_program import Told, ask, refused

pytest.importorskip("pyarrow")

from tariffcli.bulk.files import run, sources
from tariffcli.bulk.files.quotes import shape_of, swallowing
from tariffcli.errors import UsageError

HEADER = "date,hs,origin,value\n"
LINE = "2025-04-24,61091000,CN,1\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def bulk(text: str, *flags: str, encoding: str = "utf-8") -> Told:
    Path("in.csv").write_text(text, encoding=encoding, newline="")
    return ask("bulk", "in.csv", "--to", "us", "--out", "out.csv", "--force", *flags)


def is_refused(told: Told, line: int, *pieces: str) -> None:
    assert told.code == 2, told
    assert f"in.csv line {line} opens a quotation mark" in told.err
    assert "You can remove that mark" in told.err
    for piece in pieces:
        assert piece in told.err
    assert not Path("out.csv").exists()


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize(
    "opened",
    ['2025-04-24,"61091000,CN,1\n', '2025-04-24,61091000,CN,"1\n', '"2025-04-24,61091000,CN,1\n'],
)
def test_a_quotation_mark_that_is_never_closed_is_told_with_its_line(folder, opened, encoding, end):
    told = bulk((HEADER + LINE * 2 + opened + LINE * 50).replace("\n", end), encoding=encoding)
    is_refused(told, 4, "would take 50 lines after it")


@pytest.mark.parametrize(
    "later",
    [
        '2025-04-24,61091000",CN,1\n',
        '2025-04-24,6109"1000,CN,1\n',
        '2025-04-24,61091000,CN",1\n',
        '2025-04-24,"61091000,CN,1\n',
    ],
)
@pytest.mark.parametrize("between", [0, 1, 40])
def test_a_quotation_mark_that_another_one_closes_lines_later_is_told_with_its_line(
    folder, between, later
):
    is_refused(
        bulk(HEADER + LINE + '2025-04-24,"61091000,CN,1\n' + LINE * between + later + LINE), 3
    )


def test_a_quotation_mark_open_for_more_than_a_block_is_told_with_its_line(folder, monkeypatch):
    monkeypatch.setattr("tariffcli.bulk.files.sources.BLOCK", 1 << 14)
    is_refused(bulk(HEADER + LINE + '2025-04-24,"61091000,CN,1\n' + LINE * 5_000), 3)


def test_a_header_that_swallows_lines_is_told(folder):
    is_refused(bulk('date,hs,origin,"value\n' + LINE * 3), 1)


def test_standard_input_says_which_line_opened_the_mark(folder, monkeypatch):
    text = HEADER + LINE * 70_000 + '2025-04-24,"61091000,CN,1\n' + LINE * 9
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))
    told = ask("bulk", "-", "--to", "us", "--out", "out.csv")
    assert told.code == 2
    assert "standard input line 70002 opens a quotation mark that would take 9 lines" in told.err
    assert not Path("out.csv").exists()


NOTES = [
    "red,\nblue",
    "one\ntwo\n\nthree",
    "sizes 32, 34, 36, 38\nand 40",
    "Room 5, Building 6\nShenzhen, China, 518000",
    'so "called"\ntoys',
    "\n",
    'a 5" pipe\n',
]


@pytest.mark.parametrize("place", [0, 2, 4])
@pytest.mark.parametrize("note", NOTES)
def test_a_cell_with_line_breaks_of_its_own_is_read_as_it_stands(folder, note, place):
    def row(cells: str, note: str) -> str:
        parts = cells.split(",")
        return ",".join([*parts[:place], note, *parts[place:]]) + "\n"

    quoted = '"' + note.replace('"', '""') + '"'
    text = (
        row("date,hs,origin,value", "note")
        + (row("2025-06-05,95030000,CN,1", quoted) + row("2025-06-05,95030000,CN,1", "x")) * 3
    )
    told = bulk(text)
    assert told.code == 0, told
    assert "6 lines: 6 complete" in told.err


def test_a_heading_with_a_line_break_is_one_heading(folder):
    told = bulk('"entry\ndate",hs,origin,value\n' + LINE)
    assert "1 lines: 1 complete" in told.err


def test_an_inch_within_a_cell_is_no_quotation_mark(folder):
    told = bulk(
        "date,hs,origin,value,note\n"
        + '2025-06-05,95030000,CN,1,pipe of 5" and 6"\n2025-06-05,95030000,CN,1,5"\n'
    )
    assert (told.code, "2 lines: 2 complete" in told.err) == (0, True)


def test_rows_left_out_for_their_shape_are_not_all_lines_in_one_number(folder):
    assert bulk(HEADER + LINE + "only,two\n").code == 0
    told = bulk(HEADER + LINE + "only,two\n", "--strict")
    assert told.code == 4
    assert "--strict: 1 rows have more or fewer cells than the header" in told.err
    assert json.loads(Path("out.csv.manifest.json").read_text())["rows_misshapen"] == 1
    assert bulk(HEADER + LINE, "--strict").code == 0


def test_a_folder_with_rows_left_out_is_not_all_lines_in_one_number_though_its_part_was_done_before(
    folder,
):
    Path("parts").mkdir()
    Path("parts/in.csv").write_text(HEADER + LINE + "only,two\n")
    for flag in ("--force", "--resume"):
        assert ask("bulk", "parts", "--to", "us", "--out", "done", "--strict", flag).code == 4


def test_a_run_that_loses_rows_gives_nothing_out(folder, monkeypatch):
    true = run._together
    monkeypatch.setattr(
        run, "_together", lambda batches, lines: true((batch.slice(1) for batch in batches), lines)
    )
    told = bulk(HEADER + LINE * 5)
    assert told.code == 1
    assert "5 rows were read, but 4 rated and 0 left out" in told.err
    assert not Path("out.csv").exists()


@pytest.mark.parametrize(
    "text",
    [
        'code,value,note\n95030000,"300,x\n61091000,100",x\n',
        'code,value,note\n95030000,"300,x\n61091000,100,x\n62034000,100",x\n',
    ],
)
def test_weights_that_a_quotation_mark_swallows_are_told(folder, text):
    Path("w.csv").write_text(text)
    told = ask(
        "average", "--weights", "w.csv", "--from", "cn", "--to", "us", "--date", "2025-06-05"
    )
    refused(told, 2, "w.csv line 2 opens a quotation mark")


# any quotation marks


def drawn(seed: int) -> tuple[str, int]:
    """A file with some quotation marks amiss, and how many lines it has below its header."""
    chance = random.Random(seed)
    names = ["date", "hs", "origin", "value", "note"][: chance.choice([4, 5, 5])]
    chance.shuffle(names)
    notes = ["toys", '"toys, dolls"', '""', '"so ""called"""', ""]
    cells = {
        "date": ["2025-04-24", "4/24/2025"],
        "hs": ["61091000", "9503.00.00", '"61091000"'],
        "origin": ["CN", '"CN"'],
        "value": ["1", '"1,250.50"'],
    }
    rows = [
        ",".join(chance.choice(cells.get(name, notes)) for name in names)
        for _ in range(chance.randint(1, 12))
    ]
    text = "\n".join(rows)
    for _ in range(chance.randint(1, 4)):
        starts = [place for place in range(len(text)) if place == 0 or text[place - 1] in ",\n"]
        place = chance.choice(starts) if chance.random() < 0.6 else chance.randrange(len(text) + 1)
        text = f'{text[:place]}"{text[place:]}'
    return ",".join(names) + "\n" + text + chance.choice(["", "\n"]), len(rows)


def test_no_quotation_marks_amiss_make_lines_vanish(tmp_path):
    refusals = 0
    for seed in range(4_000):
        text, many = drawn(seed)
        path = tmp_path / "in.csv"
        path.write_text(text)
        try:
            source = sources.open_source(path, sources.Options())
            found = sum(batch.num_rows for batch in source.batches()) + len(source.skipped)
        except UsageError as error:
            refusals += "opens a quotation mark" in str(error)
            continue
        assert found == many, (seed, text)
    assert refusals > 1_000


def test_a_part_of_a_note_that_looks_like_a_line_needs_a_line_before_it():
    shape = shape_of(["date", "hs", "note"], ",")
    assert (
        swallowing(shape, ["2025-04-24", "61091000", "as of\n2025-04-24,61091000,x\nbefore"])
        is not None
    )
    assert swallowing(shape, ["2025-04-24", "61091000", "as of\n24 April, China"]) is None
    assert swallowing(shape, ["2025-04-24", "a note\nof two parts", "x"]) is None
