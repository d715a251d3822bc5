"""The examples of the documents: `$ tariff` lines in console blocks with what they print, and
Python sessions.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout

from support import ROOT

BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
HASH = re.compile(r"\b[0-9a-f]{12}\b")


def blocks(text: str) -> list[str]:
    """The console blocks of a document."""
    return BLOCK.findall(text)


def commands(block: str) -> list[str]:
    """The `tariff` commands of a block; set-up lines are run by CI itself."""
    return [line[2:] for line in block.splitlines() if line.startswith("$ tariff")]


def printed(command: str) -> str:
    """What a command prints to stdout on a terminal of 80 columns without colour."""
    from tariffcli.cli.start import main

    out = io.StringIO()
    kept = sys.argv, dict(os.environ)
    sys.argv = shlex.split(command)
    os.environ.update({"COLUMNS": "80", "LINES": "40", "NO_COLOR": "1", "TERM": "xterm"})
    try:
        with chdir(ROOT), redirect_stdout(out), redirect_stderr(io.StringIO()):
            main()
    except SystemExit:
        pass
    finally:
        sys.argv = kept[0]
        os.environ.clear()
        os.environ.update(kept[1])
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def filled(block: str) -> str:
    """A block with what its commands print now, each after its command."""
    return "".join(f"$ {command}\n{printed(command)}\n" for command in commands(block))


def plain(text: str) -> str:
    """A text with the record's fingerprint taken out: it changes with every act."""
    return HASH.sub("FINGERPRINT", text)
