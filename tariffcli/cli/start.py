"""Where the program starts, and how every failure ends: one line on stderr and the documented exit code.

`tariff rate` with plain options is answered before Typer is loaded, which halves the time to an answer; every other
command line, and every one that the few rules here do not know, goes to the full program.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tariffcli.errors import TariffError, UsageError

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


NARROWEST, WIDEST = 20, 500
"""The widths of a terminal that are believed; below the first nothing can be read, and 0 hides the whole answer."""

LONGEST = 600
"""So much of a message is printed, however long the word that it quotes."""


HINTS = {"day_order": " Say --dates us or --dates eu where the month or the day comes first."}
"""What to type for what a message lacks."""


class PipeClosed(Exception):
    """The reader of stdout went away, which is no failure. Not an OSError: the full program would make it exit 1."""


def program() -> None:
    """Run the program as a process, which ends with it."""
    try:
        main()
    except SystemExit as end:
        if "pyarrow" in sys.modules and "pyspark" not in sys.modules:  # Spark has more to end
            _leave(end.code if isinstance(end.code, int) else 0)
        raise


def main() -> None:
    """Run the program. A closed pipe ends quietly; Ctrl-C exits 130."""
    _prepare()
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except TariffError as error:
        _end(f"error: {error}{_hint(error)}", error.exit_code)
    except (BrokenPipeError, PipeClosed):
        _drop_stdout()
        sys.exit(0)
    except KeyboardInterrupt:
        _end("interrupted", 130)
    except OSError as error:
        _drop_stdout()
        _end(f"error: {error.filename or 'the output'} could not be read or written: {error.strerror or error}.", 1)
    except Exception as error:
        if os.environ.get("TARIFF_DEBUG"):
            raise
        _end(f"error: {_fault(error)}", 1)
    else:
        sys.exit(code)


def _hint(error: TariffError) -> str:
    return HINTS.get(error.lacks, "") if isinstance(error, UsageError) else ""


def run(words: Sequence[str]) -> int:
    """Answer a command line; gives the exit code."""
    given = quick_options(words)
    return answer_quickly(given) if given is not None else run_app()


def _fault(error: Exception) -> str:
    """What is said of an error that nothing foresaw: where the system has no more, that; else it is a fault of ours."""
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "start new thread" in str(error)):
        return (
            "the system gives this program too little memory, or no more threads. "
            "You can give it more, or add --threads 1 to `tariff bulk`."
        )
    said = f"{type(error).__name__}: {error}"
    return f"a fault in the program ({said}); set TARIFF_DEBUG=1 to see where, and report it."


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
    from tariffcli.cli.typed import Common, Pair, TypedFacts

    data = Path(given["data"]) if "data" in given else None
    common = Common(data=data, known_on=given.get("known_on"), format=given.get("format", "table"))  # type: ignore[arg-type]
    pair = Pair(given["origin"], given["importer"], given.get("product"), given.get("hs"))
    return answer_and_print(pair, TypedFacts(), common, given.get("date"), given.get("at"))


def run_app() -> int:
    """Run the full program; gives the exit code. Raises UsageError, with one line for a person, where Typer refuses the words."""
    from tariffcli.cli.app import app, refusal

    try:
        code = int(app(prog_name="tariff", standalone_mode=False) or 0)
    except Exception as error:
        words = refusal(error)
        if words is None:
            raise
        raise UsageError(words) from None
    if code == 130:
        raise KeyboardInterrupt
    return code


def _prepare() -> None:
    """Make the surroundings fit: streams that exist and never fail on a letter, words in Unicode, a width to draw in."""
    if sys.stdout is None or sys.stderr is None:
        nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    sys.argv[1:] = readable(sys.argv[1:])
    width = os.environ.get("COLUMNS", "")
    if width.isdigit():
        columns = int(width[:9]) if width.isascii() else 0
        if columns == 0:
            del os.environ["COLUMNS"]
        elif not NARROWEST <= columns <= WIDEST:
            os.environ["COLUMNS"] = str(min(max(columns, NARROWEST), WIDEST))


def readable(words: Sequence[str]) -> list[str]:
    """Words as UTF-8 text where the locale could not read them (中国 under LANG=C); names of files stay as they are."""
    found: list[str] = []
    for index, word in enumerate(words):
        path = index > 0 and words[index - 1] in ("--data", "--out", "-o")
        strange = not path and any("\ud800" <= letter <= "\udfff" for letter in word)
        found.append(os.fsencode(word).decode("utf-8", errors="replace") if strange else word)
    return found


def _leave(code: int) -> None:
    """End the process here and now, whatever its threads are at.

    A reading that was given up may still be under way in threads of Arrow, or wait for standard input.
    Were Python taken down first, a thread that asks for it meanwhile would abort the process.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass
    os._exit(code)


def _drop_stdout() -> None:
    """Send what is still buffered nowhere, so that the interpreter does not fail on it at its end."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        pass


def _end(words: str, code: int) -> None:
    """Say one line, without control characters that a user's word may have brought in, and exit."""
    line = "".join(letter if letter.isprintable() else "?" for letter in words[:LONGEST])
    try:
        print(line if len(words) <= LONGEST else f"{line}...", file=sys.stderr)
    except OSError:
        pass
    sys.exit(code)
