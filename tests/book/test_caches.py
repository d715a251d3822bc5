"""What is kept between runs is never believed unseen: any damage, or no folder at all, and the
answers are the same.
"""

from __future__ import annotations

import io
import json
import os
import random
import sqlite3
from io import BytesIO
from pathlib import Path
from zlib import crc32

import pytest

from support.run_program import ask, fresh
from support.tiny_record import write_record
from tariffcli.book import compiled, sealed
from tariffcli.book.load import load
from tariffcli.book.sealed import read_head
from tariffcli.errors import RecordError

TO_US = ("--from", "cn", "--to", "us")
QUESTIONS = (
    ("rate", *TO_US, "--date", "2025-06-15", "--explain", "--format", "json"),
    ("rate", *TO_US, "--date", "2025-06-15", "--hs", "7208.10.00", "--format", "json"),
    ("history", *TO_US, "--since", "2025-01-01", "--until", "2025-12-31", "--format", "csv"),
    ("products", "steel", "--format", "json"),
    ("events", "--to", "us", "--format", "csv"),
)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A small record, and where its compiled form is kept."""
    data = write_record(tmp_path / "data")
    monkeypatch.setenv("TARIFF_CACHE", str(tmp_path / "cache"))
    load(data)
    path = compiled.cache_path(data)
    assert path is not None
    return data, path


def asked(data: Path, words: tuple[str, ...]):
    return ask(*words, "--data", str(data))


def test_random_damage_never_changes_an_answer(small):
    """Bits, bytes, runs of them, pieces moved or cut out, anywhere in the file."""
    data, path = small
    whole = path.read_bytes()
    right = {words: asked(data, words) for words in QUESTIONS}
    assert {told.code for told in right.values()} == {0}
    assert path.read_bytes() == whole
    draw = random.Random(20_250_404)
    for turn in range(160):
        path.write_bytes(harmed(whole, draw))
        words = QUESTIONS[turn % len(QUESTIONS)]
        assert asked(data, words) == right[words], turn
        assert asked(data, words) == right[words], turn


def harmed(whole: bytes, draw: random.Random) -> bytes:
    found = bytearray(whole)
    place, other = draw.randrange(len(whole)), draw.randrange(len(whole))
    long = draw.choice((1, 2, 40, 4096))
    how = draw.randrange(5)
    if how == 0:
        found[place] ^= 1 << draw.randrange(8)
    elif how == 1:
        found[place : place + long] = draw.randbytes(len(found[place : place + long]))
    elif how == 2:
        found[place : place + long] = found[other : other + long]
    elif how == 3:
        del found[place : place + long]
    else:
        for _ in range(long):
            found[draw.randrange(len(found))] = draw.randrange(256)
    return bytes(found)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"20"', b'"10"'),
        (b'"20"', b'" 1"'),
        (b'"us-fentanyl-20"', b'"us-fentanyl-2\xff"'),
        (b"[", b"{"),
    ],
)
def test_a_changed_letter_inside_a_row_is_noticed_and_mended(small, old, new):
    data, path = small
    whole = path.read_bytes()
    words = QUESTIONS[0]
    right = asked(data, words)
    assert old in whole
    path.write_bytes(whole.replace(old, new))
    assert asked(data, words) == right
    assert path.read_bytes() == whole  # mended, so that no later run meets it


@pytest.mark.parametrize(
    "spoil",
    [
        "DROP TABLE blob",
        "DELETE FROM blob",
        "UPDATE blob SET body = replace(body, '\"20\"', '\"1\"')",
        "UPDATE blob SET body = '{'",
        "UPDATE word SET code = 'mx'",
    ],
)
def test_a_database_that_another_program_changed_is_not_believed(small, spoil):
    """Valid SQLite with other rows in it, put in the place of the section."""
    data, path = small
    right = [asked(data, words) for words in QUESTIONS]
    with path.open("rb") as stream:
        head = sealed.read_head(stream)
        assert head is not None
        bodies = {name: sealed.read_section(stream, head, name) for name in head.sections}
    core = sqlite3.connect(":memory:")
    core.deserialize(bodies["core"])
    core.execute(spoil)
    core.commit()
    start, length, _ = head.sections["core"]
    whole, other = path.read_bytes(), core.serialize()
    path.write_bytes(whole[:start] + other + whole[start + length :])
    assert [asked(data, words) for words in QUESTIONS] == right
    assert path.read_bytes() == whole


def test_a_record_of_other_tables_is_not_believed_though_its_head_names_these(small):
    """All of it whole, its head too, but the sections were sealed for the tables as they were
    before.
    """
    data, path = small
    before = path.read_bytes()
    events = data / "events" / "us.csv"
    events.write_text(events.read_text().replace(",20,", ",30,"))
    right = asked(data, QUESTIONS[0])
    assert '"max_pct": 30' in right.out
    with path.open("rb") as stream:
        now = sealed.read_head(stream)
    old = sealed.read_head(io.BytesIO(before))
    assert now is not None
    assert old is not None
    sections = [(name, length, told) for name, (_, length, told) in old.sections.items()]
    head = json.dumps([now.format, now.stamp, sections]).encode()
    start = min(start for start, _, _ in old.sections.values())
    path.write_bytes(f"tariff-record {len(head)} {crc32(head)}\n".encode() + head + before[start:])
    assert asked(data, QUESTIONS[0]) == right


def test_no_changed_letter_of_the_head_is_believed(small):
    _, path = small
    whole = path.read_bytes()
    right = sealed.read_head(io.BytesIO(whole))
    assert right is not None
    start = min(start for start, _, _ in right.sections.values())
    for place in range(start):
        for bit in (0, 3, 7):
            harmed = whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :]
            assert sealed.read_head(io.BytesIO(harmed)) in (None, right), place


def spoil(path, section):
    """Damage one section of a kept record."""
    whole = path.read_bytes()
    start, length, _ = read_head(BytesIO(whole)).sections[section]
    path.write_bytes(whole[:start] + b"\xff" * length + whole[start + length :])


def test_damage_met_late_is_mended_where_it_is_met(small):
    data, path = small
    whole = path.read_bytes()
    record = load(data)
    spoil(path, "texts")
    right = load(write_record(data.parent / "other"))
    assert record.listings("us", "72", "2022") == right.listings("us", "72", "2022")
    assert record.select("SELECT word FROM term") == right.select("SELECT word FROM term")
    assert path.read_bytes() == whole


def test_tables_that_changed_since_are_not_mixed_with_what_was_read(small):
    data, path = small
    record = load(data)
    spoil(path, "texts")
    (data / "glossary.csv").touch()
    os.utime(data / "glossary.csv", (1, 1))
    with pytest.raises(RecordError, match="changed while it was read"):
        record.select("SELECT word FROM term")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
@pytest.mark.parametrize(
    "make",
    [
        os.mkfifo,
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.mkdir(),
        lambda path: path.symlink_to("gone"),
    ],
)
def test_whatever_stands_in_the_place_of_the_cache_is_done_without(small, make):
    data, path = small
    right = fresh(*QUESTIONS[0], "--data", str(data))
    path.unlink()
    make(path)
    assert fresh(*QUESTIONS[0], "--data", str(data)) == right


def test_old_leftovers_are_harmless_and_go(small):
    data, path = small
    right = asked(data, QUESTIONS[0])
    left = [path.with_name(f"{path.stem}.sqlite{end}") for end in ("", ".4242", ".4242-journal")]
    for one in left:
        one.write_bytes(b"left")
    other = path.with_name("record-of-another.sqlite.7-journal")
    other.write_bytes(b"left")
    path.unlink()
    assert asked(data, QUESTIONS[0]) == right
    assert sorted(path.parent.iterdir()) == sorted([path, other])


def closed_folder(place: Path) -> Path:
    place.mkdir()
    return place / ("n" * 300)


def file_in_its_place(place: Path) -> Path:
    place.write_bytes(b"")
    return place


@pytest.mark.parametrize("folder", [closed_folder, file_in_its_place])
@pytest.mark.parametrize("words", [*QUESTIONS, ("check",)])
def test_a_cache_folder_that_cannot_be_is_done_without(small, tmp_path, monkeypatch, folder, words):
    data, _ = small
    right = asked(data, words)
    monkeypatch.setenv("TARIFF_CACHE", str(folder(tmp_path / "shut")))
    assert asked(data, words) == right
    assert right.code == 0


def no_rights(real):
    def refuse(path, *more, **options):
        if "shut" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *more, **options)

    return refuse


@pytest.mark.parametrize("words", [*QUESTIONS, ("check",)])
def test_a_cache_folder_that_may_not_be_entered_is_done_without(
    small, tmp_path, monkeypatch, words
):
    """By rights alone where tests run without them, and by what the system would say where they run
    as root.
    """
    data, _ = small
    right = asked(data, words)
    shut = tmp_path / "shut"
    shut.mkdir(mode=0)
    for name in ("stat", "lstat", "open", "scandir", "mkdir"):
        monkeypatch.setattr(os, name, no_rights(getattr(os, name)))
    monkeypatch.setenv("TARIFF_CACHE", str(shut))
    told = asked(data, words)
    monkeypatch.undo()
    shut.chmod(0o700)
    assert told == right
