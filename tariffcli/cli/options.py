"""Options that commands share, written once: a bundle's parameters become parameters of every command that asks for it."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from tariffcli.cli.start import PipeClosed
from tariffcli.cli.typed import Common, Format, Pair, TypedFacts


def common(
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Another record: a folder with its tables.", metavar="DIR", rich_help_panel="Every command"),
    ] = None,
    known_on: Annotated[
        str | None, typer.Option("--known-on", help="As announced by the end of this day.", metavar="DAY", rich_help_panel="Every command")
    ] = None,
    format: Annotated[Format, typer.Option("--format", "-f", help="How to print.", rich_help_panel="Every command")] = "table",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write to a file instead of the terminal.", metavar="FILE", rich_help_panel="Every command"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.", rich_help_panel="Every command")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 4 unless the answer is one number.", rich_help_panel="Every command")
    ] = False,
    no_color: Annotated[
        bool, typer.Option("--no-color", help="No colour (NO_COLOR does the same).", rich_help_panel="Every command")
    ] = False,
    dates: Annotated[
        str | None, typer.Option("--dates", help="How to read 04/05/2025: us or eu.", metavar="us|eu", rich_help_panel="Every command")
    ] = None,
) -> Common:
    """The bundle of Common."""
    return Common(data, known_on, format, file_of(out), force, strict, no_color, dates)


def file_of(out: Path | None) -> Path | None:
    """The file that `--out` names; None for stdout, which `-` names too."""
    return None if out == Path("-") else out


def pair(
    origin: Annotated[str, typer.Option("--from", help="Country of origin of the goods.", metavar="COUNTRY")],
    importer: Annotated[str, typer.Option("--to", help="The importer, which charges the duty.", metavar="COUNTRY")],
    product: Annotated[
        str | None, typer.Option("--product", "-p", help="A category, alias, list or code; see `tariff products`.", metavar="PRODUCT")
    ] = None,
    hs: Annotated[
        str | None, typer.Option("--hs", help="A tariff code of 2 to 10 digits, dots and spaces allowed.", metavar="CODE")
    ] = None,
) -> Pair:
    """The bundle of Pair."""
    return Pair(origin, importer, product, hs)


def entry(
    claim: Annotated[
        list[str] | None,
        typer.Option(
            "--claim",
            help="Relief or a fact of the entry: NAME or NAME=no. Repeatable.",
            metavar="NAME",
            rich_help_panel="Facts of the entry",
        ),
    ] = None,
    loaded: Annotated[
        str | None,
        typer.Option("--loaded", help="Day the goods were loaded for the last leg.", metavar="DAY", rich_help_panel="Facts of the entry"),
    ] = None,
    mode: Annotated[str | None, typer.Option("--mode", help="vessel, air, rail or road.", rich_help_panel="Facts of the entry")] = None,
    metal_share: Annotated[
        list[str] | None,
        typer.Option(
            "--metal-share",
            help="Share of the value, 0 to 1; or steel=0.4. Repeatable.",
            metavar="SHARE",
            rich_help_panel="Facts of the entry",
        ),
    ] = None,
    in_quota: Annotated[
        bool | None,
        typer.Option("--in-quota/--over-quota", help="Within or above a tariff-rate quota.", rich_help_panel="Facts of the entry"),
    ] = None,
    mfn: Annotated[
        str | None,
        typer.Option(
            "--mfn", help="The ordinary duty in per cent, where the record has none.", metavar="PCT", rich_help_panel="Facts of the entry"
        ),
    ] = None,
    postal: Annotated[bool, typer.Option("--postal", help="Sent by international post.", rich_help_panel="Facts of the entry")] = False,
    value: Annotated[
        str | None,
        typer.Option("--value", help="Value of the shipment in US dollars.", metavar="USD", rich_help_panel="Facts of the entry"),
    ] = None,
) -> TypedFacts:
    """The bundle of TypedFacts."""
    return TypedFacts(tuple(claim or ()), loaded, mode, tuple(metal_share or ()), in_quota, mfn, postal, value)


_BUNDLES: dict[str, Callable[..., Any]] = {"common": common, "pair": pair, "entry": entry}


def bundled(function: Callable[..., None]) -> Callable[..., None]:
    """A command whose parameters `common`, `pair` and `entry` are spread into their options for Typer."""
    own = inspect.signature(function, eval_str=True)
    asked = [name for name in own.parameters if name in _BUNDLES]
    parts = {name: inspect.signature(_BUNDLES[name], eval_str=True).parameters for name in asked}
    spread = [parameter for name, parameter in own.parameters.items() if name not in _BUNDLES]
    for name in asked:
        spread += list(parts[name].values())
    spread.sort(key=lambda parameter: parameter.default is not inspect.Parameter.empty)

    def run(**given: Any) -> None:
        bundles = {name: _BUNDLES[name](**{key: given.pop(key) for key in parts[name]}) for name in asked}
        try:
            function(**given, **bundles)
        except BrokenPipeError:
            raise PipeClosed from None

    run.__name__, run.__doc__ = function.__name__, function.__doc__
    run.__signature__ = own.replace(parameters=[one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in spread])
    run.__annotations__ = {one.name: one.annotation for one in spread}
    return run
