"""What was typed, before any of it is understood. Knows nothing of Typer, so that the quick start can use it."""

from pathlib import Path
from typing import Literal, NamedTuple

from tariffcli.book.entry import TypedFacts

__all__ = ["Common", "Format", "Pair", "TypedFacts"]

Format = Literal["table", "json", "csv", "plain"]


class Common(NamedTuple):
    """What every command takes."""

    data: Path | None = None
    known_on: str | None = None
    format: Format = "table"
    out: Path | None = None
    force: bool = False
    strict: bool = False
    no_color: bool = False
    dates: str | None = None


class Pair(NamedTuple):
    """Who charges whom on what."""

    origin: str
    importer: str
    product: str | None = None
    hs: str | None = None
