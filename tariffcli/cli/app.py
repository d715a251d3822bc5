"""The `tariff` program: its commands, and how every failure ends in one line and the documented exit code."""

from __future__ import annotations

import os
import sys

import typer

from tariffcli.cli import check, export, history, look, rate
from tariffcli.errors import TariffError

app = typer.Typer(
    name="tariff",
    help="What duty was owed on any day since 2018, by which acts, and how sure we are.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

rate.register(app)
history.register(app)
export.register(app)
look.register(app)
check.register(app)


def version(value: bool) -> None:
    """Print the program's version and end."""
    if value:
        from tariffcli import __version__

        typer.echo(f"tariff {__version__}")
        raise typer.Exit


@app.callback()
def main_options(
    show: bool = typer.Option(False, "--version", help="Print the version and end.", callback=version, is_eager=True),
) -> None:
    """What duty was owed on any day since 2018, by which acts, and how sure we are."""


def main() -> None:
    """Run the program. Failures end in one or two lines on stderr; a closed pipe ends quietly; Ctrl-C exits 130."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    try:
        app(standalone_mode=True)
    except TariffError as error:
        _end(f"error: {error}", error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        _end("interrupted", 130)


def _end(words: str, code: int) -> None:
    try:
        print(words, file=sys.stderr)
    except OSError:
        pass
    sys.exit(code)
