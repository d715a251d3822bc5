"""Where the program runs must not change what it answers: locales, terminals, pipes, clocks,
caches, rights.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.run_program import ROOT, Told, ask, fresh, one_line, started, surroundings
from support.tiny_record import write_record

PAIR = ("--from", "cn", "--to", "us")
DAY = ("--date", "2025-04-24")
RATE = ("rate", *PAIR, *DAY)
PLAIN = (*RATE, "--format", "plain")
RIGHT = (0, "145\n", "")
PROGRAM = [sys.executable, "-m", "tariffcli"]
C_LOCALE = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals, rights and locales of POSIX")


def piped(tail: str, *words: str) -> Told:
    """Run the program with its stdout in a pipe to a shell command; the code is the program's."""
    line = f'"$@" | {tail}; exit "${{PIPESTATUS[0]}}"'
    command = ["bash", "-c", line, "bash", *PROGRAM, *words]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=surroundings(),
        timeout=60,
        check=False,
    )
    return Told(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    "locale",
    [
        {"LANG": "C", "LC_ALL": "C"},
        C_LOCALE,
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "ascii"},
    ],
)
def test_chinese_names_are_understood_in_every_locale(locale: dict[str, str]) -> None:
    assert (
        fresh("rate", "--from", "中国", "--to", "美国", *DAY, "--format", "plain", **locale)
        == RIGHT
    )
    told = fresh("rate", "--from", "中国", "--to", "美国", *DAY, "--product", "手机", **locale)
    assert (told.code, told.err) == (0, "")
    assert "Smartphones" in told.out


def test_chinese_in_data_survives_a_locale_that_has_no_such_letters() -> None:
    for form in ("json", "csv"):
        assert "智能手机" in fresh("products", "smartphones", "--format", form, **C_LOCALE).out


def test_an_unknown_word_in_a_strange_locale_is_one_line() -> None:
    told = fresh("rate", *PAIR, "--product", "手机x", **C_LOCALE)
    assert (told.code, told.out) == (2, "")
    assert "No product" in one_line(told)


def test_bytes_that_are_no_text_are_one_line() -> None:
    done = subprocess.run(
        [*PROGRAM, "rate", "--from", b"\xff\xfe", "--to", "us"],
        capture_output=True,
        cwd=ROOT,
        env=surroundings(),
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.decode().startswith("error: No country")


def test_a_locale_without_block_letters_gets_a_chart_in_ascii() -> None:
    told = fresh("history", *PAIR, "--since", "2025-01-01", "--until", "2025-06-01", **C_LOCALE)
    assert told.code == 0
    assert "#" in told.out
    assert "?" not in told.out


@pytest.mark.parametrize(
    "words",
    [
        RATE,
        (*RATE, "--explain"),
        ("history", *PAIR),
        ("rate", "--help"),
        ("events", "--to", "cn", "--since", "2026-01-01"),
    ],
)
def test_colour_only_where_it_is_wanted(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    assert "\x1b" not in ask(*words).out
    if "--help" not in words:
        monkeypatch.setenv("FORCE_COLOR", "1")
        assert "\x1b" in ask(*words).out
        assert "\x1b" not in ask(*words, "--no-color").out
        monkeypatch.setenv("NO_COLOR", "1")
        assert "\x1b" not in ask(*words).out


def test_on_a_terminal_there_is_colour_unless_it_is_refused_or_dumb() -> None:
    import pty

    def on_terminal(*words: str, **env: str) -> str:
        main, side = pty.openpty()
        child = subprocess.Popen(
            [*PROGRAM, *words],
            stdout=side,
            stderr=side,
            stdin=side,
            cwd=ROOT,
            env=surroundings(**{"TERM": "xterm", "COLUMNS": "80", **env}),
        )
        os.close(side)
        shown = b""
        try:
            while part := os.read(main, 65536):
                shown += part
        except OSError:
            pass
        os.close(main)
        assert child.wait(30) == 0
        return shown.decode()

    assert "\x1b[" in on_terminal(*RATE)
    assert "\x1b" not in on_terminal(*RATE, TERM="dumb")
    assert "\x1b" not in on_terminal(*RATE, NO_COLOR="1")
    assert "\x1b" not in on_terminal(*RATE, "--no-color")


@pytest.mark.parametrize(
    "columns", ["0", "1", "20", "40", "59", "60", "80", "200", "1000000", "abc", "²"]
)
def test_no_width_of_the_terminal_cuts_a_number_off(
    columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("rate", *PAIR, "--hs", "7616.99.51", "--date", "2025-08-20")
    told = ask(*words, columns=columns)
    said = " ".join(told.out.split())
    assert told.code == 0
    for piece in ("55% to 95%", "0% to 50%", "57.5%", "2019-05-10 00:01"):
        assert piece in said
    assert "…" not in said
    told = ask(
        "history",
        "--from",
        "us",
        "--to",
        "cn",
        "--since",
        "2025-01-01",
        "--until",
        "2025-06-01",
        columns=columns,
    )
    assert "2025-04-12 00:00" in " ".join(told.out.split())
    assert "125" in told.out.replace("Peak 125", "")
    assert "-115" in told.out


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
def test_no_line_is_longer_than_the_terminal(columns: int) -> None:
    for words in (
        RATE,
        ("history", *PAIR, "--since", "2025-01-01"),
        ("events", "--to", "cn"),
        ("coverage",),
    ):
        told = ask(*words, columns=columns)
        assert max(map(len, told.out.splitlines())) <= columns


@pytest.mark.parametrize("tail", ["head -1", "true"])
@pytest.mark.parametrize(
    "words",
    [
        RATE,
        (*RATE, "--format", "json"),
        ("history", *PAIR),
        ("export", "rates", "--pair", "cn:us", "--since", "2018-01-01"),
    ],
)
def test_a_closed_pipe_ends_quietly(words: tuple[str, ...], tail: str) -> None:
    told = piped(tail, *words)
    assert (told.code, told.err) == (0, "")


@pytest.mark.parametrize("lines", [3, 300_000])
@pytest.mark.parametrize("words", [("--out", "-"), ()])
def test_a_closed_pipe_ends_a_whole_file_quietly(
    words: tuple[str, ...], lines: int, tmp_path: Path
) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "in.csv"
    path.write_text("date,hs,origin\n" + "2025-06-05,9503.00.0073,CN\n" * lines)
    for tail in ("head -1", "true"):
        told = piped(tail, "bulk", str(path), "--to", "us", *words)
        assert told.code == 0, told
        assert all(not line.startswith("error") for line in told.err.splitlines()), told.err
        assert "Traceback" not in told.err


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no /dev/full here")
@pytest.mark.parametrize(
    "words", [PLAIN, (*RATE, "--no-color"), ("history", *PAIR, "--format", "csv")]
)
def test_a_full_disk_behind_stdout_is_one_line(words: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*PROGRAM, *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=surroundings(),
            check=False,
        )
    assert done.returncode == 1
    assert "No space left" in one_line(Told(1, "", done.stderr))


HELD = """
import sys
from tariffcli.book import assemble
from tariffcli.cli.start import main

def held(data):
    open({gate!r}).read()

assemble.read_tables = held
main()
"""
"""The program, held up where it reads the record until somebody closes a pipe, so that an interrupt
finds it at work.
"""


@pytest.mark.parametrize(
    "words", [RATE, ("history", *PAIR), ("check",)], ids=lambda words: words[0]
)
def test_ctrl_c_exits_130(words: tuple[str, ...], tmp_path: Path) -> None:
    data, gate = write_record(tmp_path / "data"), tmp_path / "gate"
    os.mkfifo(gate)
    command = [sys.executable, "-c", HELD.format(gate=str(gate)), *words, "--data", str(data)]
    child = started(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    writing = None
    while writing is None and child.poll() is None:
        try:
            writing = os.open(
                gate, os.O_WRONLY | os.O_NONBLOCK
            )  # possible as soon as somebody reads
        except OSError:
            time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    told = (*child.communicate(timeout=60), child.returncode)
    if writing is not None:
        os.close(writing)
    assert told == ("", "interrupted\n", 130)


def test_an_interrupt_inside_any_command_is_one_word(monkeypatch: pytest.MonkeyPatch) -> None:
    from tariffcli.cli import ask as asking

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(asking, "load", interrupted)
    for words in (RATE, (*RATE, "--both"), ("history", *PAIR), ("events",), ("export", "sources")):
        assert ask(*words) == (130, "", "interrupted\n")


def test_the_clock_zone_of_the_machine_does_not_change_an_answer() -> None:
    for words in (
        (*RATE, "--format", "json"),
        ("history", *PAIR, "--until", "2026-01-01", "--format", "json"),
    ):
        told = {
            fresh(*words, TZ=zone)
            for zone in ("Pacific/Kiritimati", "Etc/GMT+12", "Asia/Shanghai", "nonsense", "")
        }
        assert len(told) == 1
        assert told.pop().code == 0


def test_nothing_on_stdout_or_stderr_open_is_no_traceback() -> None:
    for closing in (">&-", "2>&-", ">&- 2>&-", "<&-"):
        done = subprocess.run(
            ["bash", "-c", f'"$@" {closing}', "bash", *PROGRAM, *RATE],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=surroundings(),
            check=False,
        )
        assert "Traceback" not in done.stderr
        assert done.returncode in (0, 1)


def test_lines_from_a_closed_standard_input_are_refused() -> None:
    pytest.importorskip("pyarrow")
    line = ["bash", "-c", '"$@" <&-', "bash", *PROGRAM, "bulk", "-", "--to", "us"]
    done = subprocess.run(
        line, capture_output=True, text=True, cwd=ROOT, env=surroundings(), timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert one_line(Told(2, "", done.stderr)).startswith("error: Standard input is closed")


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("can't start new thread")])
def test_where_the_system_has_no_more_it_is_said_so(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tariffcli.cli import ask as asking

    def scarce(_: object) -> None:
        raise error

    monkeypatch.setattr(asking, "load", scarce)
    told = ask(*RATE)
    assert (told.code, told.out) == (1, "")
    assert "not enough memory for this, or no more threads" in one_line(told)
    assert "fault in the program" not in told.err


def test_a_thread_that_cannot_begin_leaves_no_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyarrow")
    from threading import Thread

    (tmp_path / "in.csv").write_text("date,hs,origin\n2025-06-05,9503.00.0073,CN\n")

    def scarce(_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Thread, "start", scarce)
    told = ask("bulk", str(tmp_path / "in.csv"), "--to", "us", "--out", str(tmp_path / "out.csv"))
    assert told.code == 1
    assert "no more threads" in told.err.splitlines()[-1]
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[tuple[str, ...], Path]:
    """A question to a small record, and the compiled form of that record in a cache of its own, to
    be spoilt.
    """
    from tariffcli.book.compiled import cache_path

    data = write_record(tmp_path / "data")
    monkeypatch.setenv("TARIFF_CACHE", str(tmp_path / "cache"))
    words = ("rate", *PAIR, "--date", "2025-06-15", "--format", "plain", "--data", str(data))
    assert ask(*words) == TWENTY
    found = cache_path(data)
    assert found is not None
    assert found.read_bytes().startswith(b"tariff-record ")
    return words, found


TWENTY = (0, "20\n", "")


def test_a_cache_cut_in_half_is_rebuilt(small: tuple[tuple[str, ...], Path]) -> None:
    words, cache = small
    whole = cache.read_bytes()
    cache.write_bytes(whole[: len(whole) // 2])
    assert fresh(*words) == TWENTY
    assert cache.read_bytes() == whole


def test_a_folder_in_the_place_of_the_cache_is_done_without(
    small: tuple[tuple[str, ...], Path],
) -> None:
    words, cache = small
    cache.unlink()
    cache.mkdir()
    assert fresh(*words) == TWENTY


def test_a_cache_that_cannot_be_is_done_without(small: tuple[tuple[str, ...], Path]) -> None:
    words, cache = small
    assert fresh(*words, TARIFF_CACHE=str(cache)) == TWENTY  # a file where a folder should be


def test_two_first_starts_at_once_agree(tmp_path: Path) -> None:
    env = surroundings(TARIFF_CACHE=str(tmp_path))
    children = [
        subprocess.Popen(
            [*PROGRAM, *PLAIN],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=env,
        )
        for _ in range(2)
    ]
    assert [(*child.communicate(timeout=60), child.returncode) for child in children] == [
        ("145\n", "", 0)
    ] * 2
    assert [path.suffix for path in tmp_path.rglob("*.*")] == [".compiled"]


def test_without_a_home_and_without_rights_it_answers(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        home = tmp_path / "home"
        home.mkdir(mode=0o500)
        assert fresh(*PLAIN, TARIFF_CACHE=None, XDG_CACHE_HOME=None, HOME=str(home)) == RIGHT
        return
    python = shutil.which("setpriv") and nobodys_python()
    if not python:
        pytest.skip("no interpreter that another user may start")
    env = surroundings(
        TARIFF_CACHE=None, XDG_CACHE_HOME=None, HOME="/nonexistent", PYTHONPATH=str(ROOT)
    )
    done = subprocess.run(
        [*python, "-m", "tariffcli", *PLAIN],
        capture_output=True,
        text=True,
        cwd="/",
        env=env,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == RIGHT


def nobodys_python() -> list[str] | None:
    """How to start a Python as a user without rights, or None."""
    start = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    for python in (sys.executable, "/usr/bin/python3"):
        needed = f"import sys, sqlite3; sys.path.insert(0, {str(ROOT)!r}); import tariffcli; assert sys.version_info >= (3, 11)"
        if (
            shutil.which(python)
            and subprocess.run(
                [*start, python, "-c", needed], capture_output=True, cwd="/", check=False
            ).returncode
            == 0
        ):
            return [*start, python]
    return None
