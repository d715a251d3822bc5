"""`tariff rate`: the answer to one question, in one direction or both."""

from typing import Annotated

import typer

from tariffcli.cli.answer import answer_request
from tariffcli.cli.options import At, Date, bundled
from tariffcli.cli.request import Common, Pair, Request, TypedFacts


def register(app: typer.Typer, name: str) -> None:
    """Add the command."""
    app.command(name)(bundled(rate))


def rate(
    pair: Pair,
    entry: TypedFacts,
    common: Common,
    date: Date = None,
    at: At = None,
    both: Annotated[
        bool, typer.Option("--both", help="Both directions, side by side, never summed.")
    ] = False,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Pinpoints, addresses, confidence, and the layers that do not apply.",
        ),
    ] = False,
) -> int:
    """What an importer charges on goods of an origin at a moment, and by which acts.

    Example: tariff rate --date 2025-04-24 --from us --to cn
    """
    return answer_request(Request(common, pair, entry, date, at), both, explain)
