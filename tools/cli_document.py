"""Write docs/cli.md out of the program's own help. Read the difference before committing it.

python tools/cli_document.py
"""

from __future__ import annotations

import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import typer  # noqa: E402

from tariffcli.cli.app import app  # noqa: E402

DOCUMENT = ROOT / "docs" / "cli.md"
WIDTH = 80
INDENT = 26
HEAD = """# The command line

Every command, argument and option, as `tariff COMMAND --help` explains them.
This page is written by `python tools/cli_document.py`, and a test compares
it with the program. Examples with their output are in the
[README](../README.md); the fields of `--format json` are in
[json.md](json.md).

## Exit codes

| code | meaning |
|---|---|
| 0 | answered |
| 1 | a failure; or `tariff check` has found something |
| 2 | usage: a wrong, missing or contradictory argument |
| 3 | outside coverage: the record does not vouch for this pair or day |
| 4 | with `--strict`: the answer is not one number |
| 130 | interrupted |

Answers go to stdout, messages to stderr. With `--format json` one object is
printed also when the exit code is 3 or 4.
"""
EVERYWHERE = "Every command"
SHARED = {
    EVERYWHERE: "## Options of every command",
    "Facts of the entry": "## Facts of the entry",
}
"""Panels that several commands have, printed once, with their headings."""

AND_THE = "\nand the "
UNSAID = ("--help", "--install-completion", "--show-completion")
"""Options of which the page speaks once."""

ONCE = """
`--help` explains a command. `tariff --install-completion` completes commands
and options in your shell, and `tariff --show-completion` prints the script.
"""


def commands(group: Any = None, path: str = "tariff") -> Iterator[tuple[str, Any]]:
    """Every command with its whole name, in the order of the help; a group stands before
    its own.
    """
    group = typer.main.get_command(app) if group is None else group
    context = group.make_context("tariff", ["--help"], resilient_parsing=True)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield f"{path} {name}", command
        if hasattr(command, "list_commands"):
            yield from commands(command, f"{path} {name}")


def options(command: Any) -> list[Any]:
    """What may be typed after a command, without what the page says once."""
    return [one for one in command.params if not set(one.opts) & set(UNSAID)]


def spelled(one: Any) -> str:
    """An option or argument as it is typed."""
    if one.param_type_name == "argument":
        return str(one.metavar or one.name.upper())
    kind = one.type
    metavar = one.metavar or (
        "|".join(kind.choices) if hasattr(kind, "choices") else kind.name.upper()
    )
    flags = ", ".join([*one.opts, *one.secondary_opts])
    return flags if one.is_flag else f"{flags} {metavar}"


def explained(one: Any) -> str:
    """The help of an option, with what it is where it is not given."""
    default = one.default if not callable(one.default) else None
    shown = default not in (None, False, (), []) and not one.is_flag and one.show_default
    more = " (required)" if one.required else f" (default: {default})" if shown else ""
    return " ".join((one.help or "").split()) + more


def entry(one: Any) -> str:
    """An option with its explanation beside it, or under it where its spelling is long."""
    name, text = spelled(one), explained(one)
    lines = textwrap.wrap(text, WIDTH - INDENT, break_long_words=False, break_on_hyphens=False)
    margin = " " * INDENT
    if len(name) + 2 < INDENT and lines:
        return "\n".join([f"{name:<{INDENT}}{lines[0]}", *(margin + line for line in lines[1:])])
    return "\n".join([name, *(margin + line for line in lines)])


def panel(one: Any) -> str:
    return getattr(one, "rich_help_panel", None) or ""


def prose(command: Any) -> str:
    """The description of a command, wrapped; its example is code."""
    parts: list[str] = []
    for part in re.split(r"\n\s*\n", inspect.cleandoc(command.help or "")):
        said, example, typed = " ".join(part.split()).partition("Example: ")
        if said:
            parts.append(
                textwrap.fill(said.strip(), WIDTH, break_long_words=False, break_on_hyphens=False)
            )
        if example:
            parts.append(f"Example: `{typed}`")
    return "\n\n".join(parts)


def block(found: list[str]) -> str:
    return "```text\n" + "\n".join(found) + "\n```\n"


def document() -> str:
    """The whole page."""
    every = list(commands())
    shared = {
        name: [
            entry(one)
            for one in options(next(one for path, one in every if path == "tariff rate"))
            if panel(one) == name
        ]
        for name in SHARED
    }
    pieces = [
        HEAD,
        *(f"{heading}\n\n{block(shared[name])}" for name, heading in SHARED.items()),
        "## Help and completion\n" + ONCE,
    ]
    for path, command in every:
        level = "#" * len(path.split())
        if hasattr(command, "list_commands"):
            pieces.append(f"{level} {path}\n\n{prose(command)}\n")
            continue
        own: list[str] = []
        also: list[str] = []
        for name in ("", *SHARED):
            found = [entry(one) for one in options(command) if panel(one) == name]
            if name and found == shared[name]:
                title = SHARED[name].removeprefix("## ").lower()
                also.append(f"[{title}](#{title.replace(' ', '-')})")
            else:
                own += found
        own += [entry(one) for one in options(command) if panel(one) not in ("", *SHARED)]
        piece = f"{level} {path}\n\n{prose(command)}\n"
        if own:
            piece += f"\n{block(own)}"
        if also:
            piece += f"\nAlso: the {AND_THE.join(reversed(also))}.\n"
        pieces.append(piece)
    return "\n".join(pieces)


def main() -> None:
    DOCUMENT.write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main()
