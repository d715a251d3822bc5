"""The `tariff` program: its commands, and what it says of a command line that it cannot read."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = {
    "rate": "rate",
    "duty": "duty",
    "history": "history",
    "compare": "compare",
    "average": "average",
    "export": "export",
    "bulk": "bulk",
    "events": "look",
    "products": "products",
    "statements": "look",
    "sources": "look",
    "coverage": "look",
    "glossary": "look",
    "check": "check",
}
"""The commands and the modules that hold them; only the module of the command is loaded."""


class Commands(TyperGroup):
    """The group of all commands, each loaded when it is first needed."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """The names in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"tariffcli.cli.{COMMANDS[cmd_name]}")
        # Only the whole program offers completion: each command here is an app of its own.
        app = typer.Typer(
            add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich"
        )
        module.register(app, cmd_name)
        command = typer.main.get_command(app)
        return command.commands[cmd_name] if isinstance(command, TyperGroup) else command


app = typer.Typer(
    name="tariff",
    cls=Commands,
    help="What duty was owed on any day since 2018, by which acts, and how sure we are.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def refusal(error: Exception) -> str | None:
    """Why Typer refuses a command line, in one line; None for any other error."""
    format_message = getattr(error, "format_message", None)
    if format_message is None:
        return None
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":  # Typer has printed the help already
        return "Name a command, for example: tariff rate --date 2025-04-24 --from us --to cn."
    words = " ".join(str(format_message()).split())
    command = context.command_path if context is not None else "tariff"
    return f"{words.rstrip('.')}. See `{command} --help`."


def version(value: bool) -> None:
    """Print the version of the program and end."""
    if value:
        from tariffcli import __version__

        typer.echo(f"tariff {__version__}")
        raise typer.Exit


@app.callback()
def main_options(
    show: bool = typer.Option(
        False, "--version", help="Print the version and end.", callback=version, is_eager=True
    ),
) -> None:
    """What duty was owed on any day since 2018, by which acts, and how sure we are."""
