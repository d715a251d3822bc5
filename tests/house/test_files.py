"""Files are written aside under names nobody can foresee, through no link, and leave nothing; cells
run nowhere.
"""

from __future__ import annotations

import csv
import io
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.run_program import ask, fresh
from support.tiny_record import and_also, rows, write_record
from tariffcli import files
from tariffcli.files import to_csv

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links, locks and rights of POSIX")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_whole_with_the_rights_of_a_new_file(tmp_path):
    target = tmp_path / "out.csv"
    target.write_bytes(b"old")
    before = os.umask(0o027)
    try:
        files.write(target, b"new")
    finally:
        os.umask(before)
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert names(tmp_path) == ["out.csv"]


def test_nothing_shows_or_stays_of_what_failed(tmp_path):
    target = tmp_path / "out.csv"
    target.write_bytes(b"old")

    def fail() -> None:
        with files.Aside(target) as stream:
            stream.write(b"half")
            stream.flush()
            assert target.read_bytes() == b"old"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (names(tmp_path), target.read_bytes()) == (["out.csv"], b"old")


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no /dev/full here")
def test_a_full_disk_leaves_the_earlier_file_and_nothing_else(tmp_path):
    target = tmp_path / "out.csv"
    target.write_bytes(b"old")
    aside = files.Aside(target)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, aside.stream.fileno())
    os.close(full)
    aside.stream.write(b"x")
    with pytest.raises(OSError, match="No space"):
        aside.keep()
    aside.drop()
    assert (names(tmp_path), target.read_bytes()) == (["out.csv"], b"old")


def test_a_planted_link_is_passed_over_and_another_name_is_taken(tmp_path, monkeypatch):
    """Even who could foresee the name gains nothing."""
    mine, drawn = tmp_path / "mine.txt", iter([b"\0" * 8, b"\1" * 8])
    mine.write_bytes(b"precious")
    monkeypatch.setattr(os, "urandom", lambda many: next(drawn))
    plant = tmp_path / f".out.csv.{'00' * 8}.part"
    monkeypatch.setattr(files, "being_written", lambda target: plant.symlink_to(mine))
    files.write(tmp_path / "out.csv", b"new")
    assert mine.read_bytes() == b"precious"
    assert (tmp_path / "out.csv").read_bytes() == b"new"
    assert not (tmp_path / "out.csv").is_symlink()


def planted(folder: Path, mine: Path, *stems: str) -> list[Path]:
    """Links for every name that the last release would have taken, and some of those of
    this one.
    """
    ends = [f"{number}" for number in range(os.getpid(), os.getpid() + 400)]
    found = [folder / f"{stem.format(end)}" for stem in stems for end in ends]
    found += [folder / stem.format(f"{number:016x}") for stem in stems for number in range(3)]
    folder.mkdir(parents=True, exist_ok=True)
    for path in found:
        path.symlink_to(mine)
    return found


def test_links_planted_beside_an_output_are_not_written_through(tmp_path):
    mine, folder = tmp_path / "mine.txt", tmp_path / "shared"
    mine.write_text("precious")
    planted(
        folder,
        mine,
        ".{}.part",
        ".out.csv.{}.part",
        ".rated.csv.{}.part",
        ".rated.csv.manifest.json.{}.part",
    )
    (tmp_path / "in.csv").write_text("date,hs,origin\n2025-06-05,9503.00.0073,CN\n")
    out = folder / "out.csv"
    assert (
        fresh(
            "rate",
            "--from",
            "us",
            "--to",
            "cn",
            "--date",
            "2025-04-24",
            "--format",
            "csv",
            "--out",
            str(out),
        ).code
        == 0
    )
    pytest.importorskip("pyarrow")
    rated = folder / "rated.csv"
    assert fresh("bulk", str(tmp_path / "in.csv"), "--to", "us", "--out", str(rated)).code == 0
    for path in (out, rated, folder / "rated.csv.manifest.json"):
        assert path.is_file()
        assert not path.is_symlink()
    assert mine.read_text() == "precious"


def test_links_planted_in_a_cache_are_not_written_through(tmp_path):
    from tariffcli.book.compiled import cache_path

    data, mine, cache = write_record(tmp_path / "data"), tmp_path / "mine.txt", tmp_path / "cache"
    mine.write_text("")
    name = cache_path(data).with_suffix("").name
    planted(
        cache / "tariffcli",
        mine,
        f"{name}.sqlite.{{}}",
        f"{name}.compiled.{{}}",
        f".{name}.compiled.{{}}.part",
    )
    (cache / "tariffcli" / f"{name}.compiled").symlink_to(mine)
    words = (
        "rate",
        "--from",
        "cn",
        "--to",
        "us",
        "--date",
        "2025-06-15",
        "--format",
        "plain",
        "--data",
        str(data),
    )
    assert fresh(*words, TARIFF_CACHE=str(cache)) == (0, "20\n", "")
    assert mine.read_text() == ""
    assert not (cache / "tariffcli" / f"{name}.compiled").is_symlink()


def test_what_a_killed_run_left_goes_and_what_a_run_writes_stays(tmp_path):
    target = tmp_path / "out[1].csv"
    left, others = (
        tmp_path / files.random_name(target.name),
        tmp_path / files.random_name("other.csv"),
    )
    mine = tmp_path / ".out[1].csv.notes.part"
    for path in (left, others, mine):
        path.write_bytes(b"left")
    assert not files.being_written(target)
    assert names(tmp_path) == sorted([others.name, mine.name])
    aside = files.Aside(target)
    aside.stream.write(b"whole")
    assert files.being_written(target)
    assert files.being_written(target)
    aside.keep()
    assert not files.being_written(target)
    assert target.read_bytes() == b"whole"


def test_a_long_name_can_be_written_and_a_too_long_one_is_refused(tmp_path):
    files.write(tmp_path / ("n" * 255), b"new")
    assert names(tmp_path) == ["n" * 255]
    with pytest.raises(OSError, match="too long"):
        files.write(tmp_path / ("n" * 256), b"new")
    assert names(tmp_path) == ["n" * 255]


@pytest.mark.parametrize(
    "make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), lambda path: path.mkdir()]
)
def test_only_plain_files_are_opened(tmp_path, make):
    path = tmp_path / "table.csv"
    make(path)
    with pytest.raises(OSError, match="not a plain file"):
        files.content_of(path)


@pytest.mark.parametrize(
    "make",
    [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), lambda path: path.symlink_to("gone")],
)
@pytest.mark.parametrize("table", ["coverage", "events/us", "scopes/us-steel-list"])
def test_a_table_that_is_no_plain_file_is_one_line(tmp_path, make, table):
    data = write_record(tmp_path / "data")
    path = data / f"{table}.csv"
    path.unlink()
    make(path)
    told = ask("rate", "--from", "cn", "--to", "us", "--date", "2025-06-15", "--data", str(data))
    assert (told.code, told.out) == (1, "")
    assert f"{table}.csv:1: T0" in told.err
    assert len(told.err.splitlines()) == 1
    assert f"{table}.csv:1: T0" in ask("check", "--data", str(data)).out


RUN = [
    "=1+1",
    "+1",
    "@x",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "-1+1|cmd",
    "-x",
    "-1-1",
    "--1",
    "-1e",
    "-=1",
]
STAY = [
    "-1",
    "-1.5",
    "-1,000.25",
    "-.5",
    "-1e-05",
    "-1.5E+3",
    "-5..-2",
    "-10..20",
    "-12.5%",
    "-",
    "",
    "1-1",
    "a=b",
    "x\n=1",
    "'=1",
    "24",
]


@pytest.mark.parametrize("cell", RUN)
def test_a_cell_that_may_run_gets_an_apostrophe(cell):
    assert files.safe_cell(cell) == f"'{cell}"
    written = list(csv.reader(io.StringIO(to_csv(["a"], [{"a": cell}]), newline="")))
    assert written == [["a"], [f"'{cell}".replace("\r", "\n")]]


@pytest.mark.parametrize("cell", ["x\r=1", "x\r\n=1", "\r", "x\x0b=1"])
def test_no_cell_begins_a_row_of_its_own(cell):
    written = to_csv(["a", "b"], [{"a": cell, "b": "y"}])
    assert "\r" not in written
    assert [len(row) for row in csv.reader(io.StringIO(written, newline=""))] == [2, 2]


@pytest.mark.parametrize("cell", STAY)
def test_a_cell_that_runs_nowhere_stays(cell):
    assert files.safe_cell(cell) == cell


@given(
    st.lists(st.text("=+-@\t\r\n＝－.,0159eE%x '", max_size=7) | st.text(max_size=4), max_size=20)
)
def test_columns_and_cells_are_made_safe_by_one_rule(cells):
    pa = pytest.importorskip("pyarrow")
    from tariffcli.bulk.files.sinks import safe

    for kind in (pa.string(), pa.large_string()):
        assert safe(pa.array([*cells, None], kind)).to_pylist() == [
            *map(files.safe_cell, cells),
            None,
        ]


def test_a_note_of_the_record_steers_no_terminal(tmp_path):
    act = rows(
        "id | programme | origin | scope | effect | rate_pct | announced | effective | status | act | source_ids | confidence | note",
        "us-fentanyl-30 | us-fentanyl | cn | all | rate | 30 | 2025-05-03 | 2025-05-04 00:01 | law | us-eo-2 | eo-1 | official | a\x1b[31mb\x07c\x9bd",
    )
    act[0]["undoes"] = "none"
    data = write_record(tmp_path / "data", **{"events/us": and_also(*act)})
    for words in (("events", "--to", "us", "--format", "csv"), ("export", "events")):
        told = ask(*words, "--data", str(data))
        assert told.code == 0, told
        assert "a?[31mb?c?d" in told.out
        assert not set(told.out) & set("\x1b\x07\x9b")
