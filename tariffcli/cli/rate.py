"""`tariff rate`: the answer to one question, in one direction or both."""

from typing import Annotated

import typer

from tariffcli.cli.answers import answer_and_print
from tariffcli.cli.options import bundled
from tariffcli.cli.typed import Common, Pair, TypedFacts


def register(app: typer.Typer, name: str) -> None:
    """Add the command."""
    app.command(name)(bundled(rate))


def rate(
    pair: Pair,
    entry: TypedFacts,
    common: Common,
    date: Annotated[str | None, typer.Option("--date", "-d", help="A day, answered as of its end; default today.", metavar="DAY")] = None,
    at: Annotated[str | None, typer.Option("--at", help="An instant, such as 2025-04-10T12:01.", metavar="INSTANT")] = None,
    both: Annotated[bool, typer.Option("--both", help="Both directions, side by side, never summed.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Pinpoints, addresses, confidence, and the layers that do not apply.")] = False,
) -> None:
    """What an importer charges on goods of an origin at a moment, and by which acts.

    Example: tariff rate --date 2025-04-24 --from us --to cn
    """
    code = answer_and_print(pair, entry, common, date, at, both, explain)
    if code:
        raise typer.Exit(code)
