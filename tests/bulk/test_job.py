"""A file or a folder rated from Python: no command line, nothing printed, a value that says what
was done.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from tariffcli.book.load import load
from tariffcli.bulk.job import Settings, rate_file, rate_folder
from tariffcli.errors import UsageError

LINES = "Entry Date,HTS Number,Country of Origin,Entered Value\n2025-06-05,9503.00.0073,CN,250.00\n2025-06-05,none,CN,1\n"
SETTINGS = Settings(load(None), constants={"importer": "us"})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "may.csv"
    path.write_text(LINES)
    return path


def test_a_file_is_rated_and_told_of_without_a_command_line(source, tmp_path, capsys):
    said: list[str] = []
    shown: list[tuple[int, float]] = []

    @contextmanager
    def progress(name):
        yield lambda lines, share: shown.append((lines, share))

    done = rate_file(SETTINGS, source, tmp_path / "out.csv", say=said.append, progress=progress)
    assert done.part.statuses == {"complete": 1, "invalid": 1}
    assert done.paths == [tmp_path / "out.csv", tmp_path / "out.csv.manifest.json"]
    assert [line for line, _ in done.bad] == [2]
    assert said[0].startswith('columns: date="Entry Date"')
    assert shown[-1][0] == 2
    assert capsys.readouterr() == ("", "")


def test_an_output_is_not_replaced_unasked(source, tmp_path):
    rate_file(SETTINGS, source, tmp_path / "out.csv")
    with pytest.raises(UsageError, match="exists already"):
        rate_file(SETTINGS, source, tmp_path / "out.csv")
    rate_file(SETTINGS, source, tmp_path / "out.csv", force=True)


def test_a_folder_is_rated_and_resumed_without_a_command_line(source, tmp_path, capsys):
    audited = SETTINGS._replace(audit=True)
    source.with_name("june.csv").write_text(LINES.replace("250", "300"))
    done = rate_folder(audited, source.parent, tmp_path / "out")
    assert [part.name for part in done.parts] == ["june.csv", "may.csv"]
    assert done.statuses == {"complete": 2, "invalid": 2}
    assert tmp_path / "out" / "whole" / "audit.csv" in done.paths
    said: list[str] = []
    again = rate_folder(audited, source.parent, tmp_path / "out", resume=True, say=said.append)
    assert again.statuses == done.statuses
    assert "may.csv: done before" in said
    assert capsys.readouterr() == ("", "")
