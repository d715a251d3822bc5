"""Where the program starts, and how every failure ends: one line on stderr and an exit code.

`tariff rate` with plain options is answered before Typer is loaded, which halves the time to an
answer. Every other command line goes to the full program, and so does each one that the few rules
here do not know.
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
"""The widths of a terminal that we believe: below the first nothing can be read."""

LONGEST_MESSAGE = 600
"""At most this many letters of a message are printed, however long the word that it quotes."""


HINTS = {
    "day_order": (
        " You can add --dates us or --dates eu to say whether the month or the day comes first."
    )
}
"""What a user can type to give what a message says is missing."""


class PipeClosed(Exception):
    """The reader of stdout went away, which is not a failure.

    It is not an OSError, for which Typer would end the program with exit code 1.
    """


def program() -> None:
    """Run the program and end the process."""
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
        _end(f"error: {_words_of_failure(error)}", 1)
    except Exception as error:
        if os.environ.get("TARIFF_DEBUG"):
            raise
        _end(f"error: {_fault(error)}", 1)
    else:
        sys.exit(code)


def _words_of_failure(error: OSError) -> str:
    name = error.filename or "the output"
    return f"{name} could not be read or written: {error.strerror or error}."


def _hint(error: TariffError) -> str:
    return HINTS.get(error.lacks, "") if isinstance(error, UsageError) else ""


def run(words: Sequence[str]) -> int:
    """Answer a command line; gives the exit code."""
    options = quick_options(words)
    return answer_quickly(options) if options is not None else run_app()


def _fault(error: Exception) -> str:
    """What we say of an unexpected error: the system has no more to give, or the fault is ours."""
    no_thread = isinstance(error, RuntimeError) and "start new thread" in str(error)
    if isinstance(error, MemoryError) or no_thread:
        return (
            "there is not enough memory for this, or no more threads. "
            "You can close other programs, allow this one more, or add --threads 1 to `tariff "
            "bulk`."
        )
    return (
        f"a fault in the program ({type(error).__name__}: {error}). "
        "You can set TARIFF_DEBUG=1 to see where; please report it."
    )


def quick_options(words: Sequence[str]) -> dict[str, str] | None:
    """The options of a plain `tariff rate`, or None if the full program must read them."""
    if not words or words[0] != "rate" or len(words) % 2 == 0:
        return None
    options: dict[str, str] = {}
    for flag, value in zip(words[1::2], words[2::2], strict=True):
        name = QUICK.get(flag)
        if name is None or name in options or value.startswith("-"):
            return None
        options[name] = value
    known = options.get("format", "table") in ("table", "json", "csv", "plain")
    return options if known and "origin" in options and "importer" in options else None


def answer_quickly(options: dict[str, str]) -> int:
    """Answer a plain `tariff rate` as the full program does; gives the exit code."""
    from tariffcli.cli.answer import answer_request
    from tariffcli.cli.request import Common, Pair, Request

    common = Common(
        data=Path(options["data"]) if "data" in options else None,
        known_on=options.get("known_on"),
        format=options.get("format", "table"),  # type: ignore[arg-type]
    )
    pair = Pair(options["origin"], options["importer"], options.get("product"), options.get("hs"))
    request = Request(common, pair, date=options.get("date"), at=options.get("at"))
    return answer_request(request)


def run_app() -> int:
    """Run the full program; gives the exit code.

    Raises UsageError, with one line for a person, if Typer refuses the command line.
    """
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
    """Prepare streams that exist and fail on no letter, Unicode arguments, and a usable width."""
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
    """Arguments as UTF-8 text where the locale could not read them (中国 under LANG=C).

    The names of files stay as they are, since the system needs their very bytes.
    """
    texts: list[str] = []
    for index, word in enumerate(words):
        path = index > 0 and words[index - 1] in ("--data", "--out", "-o")
        strange = not path and any("\ud800" <= letter <= "\udfff" for letter in word)
        texts.append(os.fsencode(word).decode("utf-8", errors="replace") if strange else word)
    return texts


def _leave(code: int) -> None:
    """End the process at once, whatever its threads are doing.

    Threads of Arrow may still be reading a file that we gave up, or be waiting for standard input.
    If Python were shut down first, a thread that needs it would abort the process.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass
    os._exit(code)


def _drop_stdout() -> None:
    """Discard what is still buffered, so that the interpreter does not fail on it when it ends."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        pass


def _end(words: str, code: int) -> None:
    """Print one line and exit. Control characters that came with a user's word are replaced."""
    line = "".join(one if one.isprintable() else "?" for one in words[:LONGEST_MESSAGE])
    try:
        print(line if len(words) <= LONGEST_MESSAGE else f"{line}...", file=sys.stderr)
    except OSError:
        pass
    sys.exit(code)
