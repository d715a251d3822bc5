"""What was typed, before it is understood.

Nothing here knows Typer, so that the quick start can use it.
"""

from pathlib import Path
from typing import Literal, NamedTuple

from tariffcli.book.entry import TypedFacts

__all__ = ["Common", "Format", "Pair", "Request", "TypedFacts"]

Format = Literal["table", "json", "csv", "plain"]


class Common(NamedTuple):
    """The options that every command takes."""

    data: Path | None = None
    known_on: str | None = None
    format: Format = "table"
    out: Path | None = None
    force: bool = False
    strict: bool = False
    no_color: bool = False
    dates: str | None = None


class Pair(NamedTuple):
    """The origin of the goods, the importer that charges, and the product."""

    origin: str
    importer: str
    product: str | None = None
    hs: str | None = None


class Request(NamedTuple):
    """Everything that was typed to ask one question.

    `date` is a day and `at` an instant; neither of them means today.
    """

    common: Common
    pair: Pair
    entry: TypedFacts = TypedFacts()
    date: str | None = None
    at: str | None = None
