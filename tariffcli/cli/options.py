"""The options that several commands share, each written once.

A command asks for a bundle by the name of a parameter; see `bundled`.
"""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from tariffcli.cli.request import Common, Format, Pair, TypedFacts
from tariffcli.cli.start import PipeClosed

EVERY_COMMAND = "Every command"
FACTS = "Facts of the entry"
"""Panels of the help."""

Date = Annotated[
    str | None,
    typer.Option(
        "--date", "-d", help="A day, answered as of its end; default today.", metavar="DAY"
    ),
]
At = Annotated[
    str | None,
    typer.Option("--at", help="An instant, such as 2025-04-10T12:01.", metavar="INSTANT"),
]


def common(
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="Another record: a folder with its tables.",
            metavar="DIR",
            rich_help_panel=EVERY_COMMAND,
        ),
    ] = None,
    known_on: Annotated[
        str | None,
        typer.Option(
            "--known-on",
            help="As announced by the end of this day.",
            metavar="DAY",
            rich_help_panel=EVERY_COMMAND,
        ),
    ] = None,
    format: Annotated[
        Format, typer.Option("--format", "-f", help="How to print.", rich_help_panel=EVERY_COMMAND)
    ] = "table",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="Write to a file instead of the terminal.",
            metavar="FILE",
            rich_help_panel=EVERY_COMMAND,
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace an existing file.", rich_help_panel=EVERY_COMMAND),
    ] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Exit 4 unless the answer is one number.",
            rich_help_panel=EVERY_COMMAND,
        ),
    ] = False,
    no_color: Annotated[
        bool,
        typer.Option(
            "--no-color", help="No colour (NO_COLOR does the same).", rich_help_panel=EVERY_COMMAND
        ),
    ] = False,
    dates: Annotated[
        str | None,
        typer.Option(
            "--dates",
            help="How to read 04/05/2025: us or eu.",
            metavar="us|eu",
            rich_help_panel=EVERY_COMMAND,
        ),
    ] = None,
) -> Common:
    """The options of the bundle `Common`."""
    return Common(
        data=data,
        known_on=known_on,
        format=format,
        out=file_of(out),
        force=force,
        strict=strict,
        no_color=no_color,
        dates=dates,
    )


def file_of(out: Path | None) -> Path | None:
    """The file that `--out` names; None for stdout, which `-` names too."""
    return None if out == Path("-") else out


def pair(
    origin: Annotated[
        str, typer.Option("--from", help="Country of origin of the goods.", metavar="COUNTRY")
    ],
    importer: Annotated[
        str, typer.Option("--to", help="The importer, which charges the duty.", metavar="COUNTRY")
    ],
    product: Annotated[
        str | None,
        typer.Option(
            "--product",
            "-p",
            help="A category, alias, list or code; see `tariff products`.",
            metavar="PRODUCT",
        ),
    ] = None,
    hs: Annotated[
        str | None,
        typer.Option(
            "--hs", help="A tariff code of 2 to 10 digits, dots and spaces allowed.", metavar="CODE"
        ),
    ] = None,
) -> Pair:
    """The options of the bundle `Pair`."""
    return Pair(origin, importer, product, hs)


def entry(
    claim: Annotated[
        list[str] | None,
        typer.Option(
            "--claim",
            help="Relief or a fact of the entry: NAME or NAME=no. Repeatable.",
            metavar="NAME",
            rich_help_panel=FACTS,
        ),
    ] = None,
    loaded: Annotated[
        str | None,
        typer.Option(
            "--loaded",
            help="Day the goods were loaded for the last leg.",
            metavar="DAY",
            rich_help_panel=FACTS,
        ),
    ] = None,
    mode: Annotated[
        str | None, typer.Option("--mode", help="vessel, air, rail or road.", rich_help_panel=FACTS)
    ] = None,
    metal_share: Annotated[
        list[str] | None,
        typer.Option(
            "--metal-share",
            help="Share of the value, 0 to 1; or steel=0.4. Repeatable.",
            metavar="SHARE",
            rich_help_panel=FACTS,
        ),
    ] = None,
    in_quota: Annotated[
        bool | None,
        typer.Option(
            "--in-quota/--over-quota",
            help="Within or above a tariff-rate quota.",
            rich_help_panel=FACTS,
        ),
    ] = None,
    mfn: Annotated[
        str | None,
        typer.Option(
            "--mfn",
            help="The ordinary duty in per cent, where the record has none.",
            metavar="PCT",
            rich_help_panel=FACTS,
        ),
    ] = None,
    postal: Annotated[
        bool, typer.Option("--postal", help="Sent by international post.", rich_help_panel=FACTS)
    ] = False,
    value: Annotated[
        str | None,
        typer.Option(
            "--value",
            help="Value of the shipment in US dollars.",
            metavar="USD",
            rich_help_panel=FACTS,
        ),
    ] = None,
) -> TypedFacts:
    """The options of the bundle `TypedFacts`."""
    return TypedFacts(
        claim=tuple(claim or ()),
        loaded=loaded,
        mode=mode,
        metal_share=tuple(metal_share or ()),
        in_quota=in_quota,
        mfn=mfn,
        postal=postal,
        value=value,
    )


_BUNDLES: dict[str, Callable[..., Any]] = {"common": common, "pair": pair, "entry": entry}


def bundled(function: Callable[..., int | None]) -> Callable[..., None]:
    """A command whose bundles are spread out into their options, which is how Typer wants them.

    Typer makes an option of every parameter of a function, so it must see a flat signature, while
    the function is easier to read with three values. We build the one from the other:

        what we write          what Typer sees           what our function gets

        def rate(              def run(                  rate(
            pair: Pair,            origin: "--from",         pair=Pair(origin, ...),
            common: Common,        importer: "--to",         common=Common(data, ...),
            date: "--date",        ...                       date=date,
        )                          data: "--data",       )
                                   ...
                                   date: "--date",
                               )

    The options of the function itself come first in the help, then those of its bundles. A number
    that the function gives back is the exit code.
    """
    own = inspect.signature(function, eval_str=True)
    asked = [name for name in own.parameters if name in _BUNDLES]
    parts = {name: inspect.signature(_BUNDLES[name], eval_str=True).parameters for name in asked}
    spread = [parameter for name, parameter in own.parameters.items() if name not in _BUNDLES]
    for name in asked:
        spread += list(parts[name].values())
    spread.sort(key=lambda parameter: parameter.default is not inspect.Parameter.empty)

    def run(**given: Any) -> None:
        bundles = {
            name: _BUNDLES[name](**{option: given.pop(option) for option in parts[name]})
            for name in asked
        }
        try:
            code = function(**given, **bundles)
        except BrokenPipeError:
            raise PipeClosed from None
        if code:
            raise typer.Exit(code)

    return with_parameters(run, function, spread)


def with_parameters(
    run: Callable[..., None],
    original: Callable[..., Any],
    parameters: list[inspect.Parameter],
) -> Callable[..., None]:
    """Give a function the name and the help of another, and the signature that Typer shall see."""
    keywords = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
    run.__name__, run.__doc__ = original.__name__, _unwrapped(original.__doc__ or "")
    run.__annotations__ = {one.name: one.annotation for one in keywords}
    run.__signature__ = inspect.Signature(keywords)
    return run


def _unwrapped(help: str) -> str:
    """The paragraphs of a docstring, each on one line: Typer would keep our line breaks."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in help.split("\n\n"))
