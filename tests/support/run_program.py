"""Ways to run the program: `ask` in this process (fast), `fresh` in a process of its own, and what
every refusal must look like.
"""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import Any, NamedTuple
from unittest.mock import patch

from support import ROOT

STRANGE = (
    "COLUMNS",
    "NO_COLOR",
    "FORCE_COLOR",
    "TERM",
    "LANG",
    "LC_ALL",
    "TARIFF_DEBUG",
    "PYTHONDONTWRITEBYTECODE",
)


class Told(NamedTuple):
    """What a run of the program gave back."""

    code: int
    out: str
    err: str


class Stream(io.StringIO):
    """A stream that says, as a real one does, how it writes letters."""

    encoding = "utf-8"


def ask(*words: str, columns: int | str = 80) -> Told:
    """Run the program in this process."""
    from tariffcli.cli.start import main

    out, err, code = Stream(), Stream(), 0
    typed = patch.object(sys, "argv", ["tariff", *words])
    with (
        typed,
        patch.dict(os.environ, COLUMNS=str(columns)),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return Told(code, out.getvalue(), err.getvalue())


def surroundings(**more: str | None) -> dict[str, str]:
    """A plain environment with some settings more; None takes one away."""
    kept = {name: value for name, value in os.environ.items() if name not in STRANGE} | {
        "LANG": "C.UTF-8"
    }
    return {name: value for name, value in {**kept, **more}.items() if value is not None}


def fresh(*words: str, **env: str | None) -> Told:
    """Run the program in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tariffcli", *words],
        capture_output=True,
        cwd=ROOT,
        env=surroundings(**env),
        timeout=60,
        check=False,
    )
    return Told(
        done.returncode,
        done.stdout.decode("utf-8", "replace"),
        done.stderr.decode("utf-8", "replace"),
    )


def started(
    command: list[str], before: Callable[[], None] | None = None, **options: Any
) -> subprocess.Popen[Any]:
    """A process that heeds Ctrl-C even where this one was told to ignore it, as a job in the
    background of a script is.

    `before` is called in the new process, before the command.
    """

    def heed() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if before is not None:
            before()

    return subprocess.Popen(
        command,
        env=surroundings(PYTHONPATH=str(ROOT)),
        preexec_fn=heed,  # noqa: PLW1509
        **options,
    )


def answered(told: Told) -> str:
    """What an answered question printed; nothing else may have been said."""
    assert told.code == 0, told
    assert told.err == "", told
    return told.out


def one_line(told: Told) -> str:
    """The message of a run, which is one line for a person."""
    assert "Traceback" not in told.err
    assert 1 <= len(told.err.splitlines()) <= 2, told
    assert all(letter.isprintable() or letter == "\n" for letter in told.err), told
    assert len(told.err) < 700
    return told.err


def refused(told: Told, code: int, *pieces: str) -> None:
    """The program said what is wrong in one line, gave the documented exit code, and no number at
    all.
    """
    assert told.code == code, told
    assert told.out == "", told
    message = one_line(told)
    assert message.startswith("error: "), message
    assert "fault in the program" not in message, message
    for piece in pieces:
        assert piece in message, (piece, message)


def duty(told: Told) -> str:
    """The additional duty that the default view shows."""
    found = re.search(r"Additional duty: (.*)", told.out)
    assert found, told
    return found.group(1).split("  ")[0].strip()
