"""A compiled record travels as the bytes of its file, and answers elsewhere what it
answers here.
"""

import pytest

from support.tiny_record import write_record
from tariffcli.book.compiled import FORMAT
from tariffcli.book.load import load, load_bytes
from tariffcli.errors import RecordError


def test_a_record_is_the_same_where_it_arrives(record):
    arrived = load_bytes(record.to_bytes())
    assert arrived.fingerprint == record.fingerprint
    assert arrived.lines("us", "6109") == record.lines("us", "6109")
    assert arrived.events["us"] == record.events["us"]


def test_a_record_of_ones_own_travels_too(tmp_path):
    mine = load(write_record(tmp_path / "data"))
    assert load_bytes(mine.to_bytes()).events["us"] == mine.events["us"]


def test_an_arrived_record_cannot_be_written(record):
    with pytest.raises(Exception, match="readonly"):
        load_bytes(record.to_bytes()).select("DELETE FROM term")


def test_what_is_damaged_on_the_way_is_refused(record):
    content = record.to_bytes()
    for damaged in (b"", b"no record", content[: len(content) // 2]):
        with pytest.raises(RecordError, match="no compiled record"):
            load_bytes(damaged)
    for place in range(0, len(content), len(content) // 9):
        changed = bytes([content[place] ^ 1])
        with pytest.raises(RecordError, match="no compiled record"):
            load_bytes(content[:place] + changed + content[place + 1 :])


def test_a_record_travels_where_sqlite_reads_files_only(record, monkeypatch):
    monkeypatch.setattr("tariffcli.book.sealed.IN_MEMORY", False)
    arrived = load_bytes(record.to_bytes())
    assert arrived.lines("us", "6109") == record.lines("us", "6109")
    with pytest.raises(Exception, match="readonly"):
        arrived.select("DELETE FROM term")


def test_a_record_of_another_release_is_refused(record, monkeypatch):
    content = record.to_bytes()
    monkeypatch.setattr("tariffcli.book.compiled.FORMAT", FORMAT + "0")
    with pytest.raises(RecordError, match="another release"):
        load_bytes(content)


def test_opening_leaves_no_files(record, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    arrived = load_bytes(record.to_bytes())
    assert list(tmp_path.iterdir()) == []
    assert arrived.lines("us", "6109")
