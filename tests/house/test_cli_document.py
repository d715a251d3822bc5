"""docs/cli.md is the help of the program, command by command; and there is help for everything that
may be typed.
"""

from __future__ import annotations

import sys

import pytest

from support import ROOT

sys.path.insert(0, str(ROOT / "tools"))

import cli_document as tool

COMMANDS = dict(tool.commands())
WITHOUT_HELP = {("tariff export history", "--layers")}
"""Options still to be explained."""


def test_the_page_is_what_the_tool_writes_now():
    assert tool.DOCUMENT.read_text(encoding="utf-8") == tool.document(), (
        "run python tools/cli_document.py"
    )


@pytest.mark.parametrize("path", COMMANDS)
def test_a_command_says_what_it_does_and_explains_all_that_may_be_typed(path):
    command = COMMANDS[path]
    assert command.help
    silent = {(path, one.opts[0]) for one in tool.options(command) if not one.help}
    assert silent <= WITHOUT_HELP


def test_the_page_has_every_exit_code(record):
    from tariffcli import errors

    codes = {
        one.exit_code
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, errors.TariffError)
    }
    assert (
        codes - {int(line.split("|")[1]) for line in tool.HEAD.splitlines() if line[2:3].isdigit()}
        == set()
    )


def test_only_examples_are_wider_than_a_terminal():
    wide = [line for line in tool.document().splitlines() if len(line) > tool.WIDTH]
    assert [line for line in wide if not line.startswith("Example: ")] == []
