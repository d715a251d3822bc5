"""Where the program starts, and how every failure ends: one line on stderr and the documented exit code.

`tariff rate` with plain options is answered before Typer is loaded, which halves the time to an answer; every other
command line, and every one that the few rules here do not know, goes to the full program.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tariffcli.errors import TariffError

QUICK = {
    "--date": "date",
    "-d": "date",
    "--at": "at",
    "--from": "origin",
    "--to": "importer",
    "--product": "product",
    "-p": "product",
    "--hs": "hs",
    "--known-on": "known_on",
    "--format": "format",
    "-f": "format",
    "--data": "data",
}
"""Options of `tariff rate` that take one value; a command line of these alone is quick."""


def main() -> None:
    """Run the program. A closed pipe ends quietly; Ctrl-C exits 130."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    try:
        given = quick_options(sys.argv[1:])
        code = answer_quickly(given) if given is not None else run_app()
        sys.stdout.flush()
    except TariffError as error:
        _end(f"error: {error}", error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        _end("interrupted", 130)
    except Exception as error:  # a fault of ours: one line for a person, the whole trace for who asks
        if os.environ.get("TARIFF_DEBUG"):
            raise
        _end(f"error: a fault in the program ({type(error).__name__}: {error}); set TARIFF_DEBUG=1 to see where, and report it.", 1)
    else:
        sys.exit(code)


def quick_options(words: Sequence[str]) -> dict[str, str] | None:
    """The options of a plain `tariff rate`, or None where the full program must read the words."""
    if not words or words[0] != "rate" or len(words) % 2 == 0:
        return None
    given: dict[str, str] = {}
    for flag, value in zip(words[1::2], words[2::2], strict=True):
        name = QUICK.get(flag)
        if name is None or name in given or value.startswith("-"):
            return None
        given[name] = value
    known = given.get("format", "table") in ("table", "json", "csv", "plain")
    return given if known and "origin" in given and "importer" in given else None


def answer_quickly(given: dict[str, str]) -> int:
    """Answer a plain `tariff rate` with the same functions as the full program; gives the exit code."""
    from tariffcli.cli.answers import answer_and_print
    from tariffcli.cli.typed import Common, Entry, Pair

    data = Path(given["data"]) if "data" in given else None
    common = Common(data=data, known_on=given.get("known_on"), format=given.get("format", "table"))  # type: ignore[arg-type]
    pair = Pair(given["origin"], given["importer"], given.get("product"), given.get("hs"))
    return answer_and_print(pair, Entry(), common, given.get("date"), given.get("at"))


def run_app() -> int:
    """Run the full program; gives the exit code."""
    from tariffcli.cli.app import app

    return int(app(standalone_mode=True) or 0)


def _end(words: str, code: int) -> None:
    try:
        print(words, file=sys.stderr)
    except OSError:
        pass
    sys.exit(code)
