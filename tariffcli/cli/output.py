"""The one way in which commands print: table, JSON, CSV or plain, to the terminal or to a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tariffcli import files
from tariffcli.cli.request import Common, Format

if TYPE_CHECKING:
    from tariffcli.show.text import Terminal

Draw = Callable[["Terminal"], None]
"""A function that draws the view of a command on a terminal."""

OUTSIDE, UNSURE = 3, 4
"""The exit codes of an answer outside the coverage, and of `--strict`."""


class Rows:
    """The rows of a CSV file. Without `columns` the names are those of the first row."""

    def __init__(
        self,
        rows: Sequence[Mapping[str, Any]],
        columns: Sequence[str] | None = None,
        bom: bool = False,
    ) -> None:
        self.rows, self.bom = rows, bom
        self.columns = list(rows[0]) if columns is None else columns


class Output:
    """Where the answer of a command goes, and in which form.

    Each form is given as a function, and only that of the form asked for is called: a plain or JSON
    answer never waits for rich, and nothing is computed that nobody reads. A command without a
    view of its own names the form that stands for `table` (see `output_of`). Raises UsageError if
    the file exists and may not be replaced.
    """

    def __init__(
        self,
        format: Format = "table",
        out: Path | None = None,
        force: bool = False,
        color: bool = True,
        strict: bool = False,
    ) -> None:
        self.format, self.out = format, out
        self.force, self.color, self.strict = force, color, strict
        if out is not None:
            files.check_free(out, force)

    def emit(
        self,
        *,
        plain: Callable[[], Iterable[str]],
        document: Callable[[], Any],
        rows: Callable[[], Rows],
        draw: Draw,
    ) -> None:
        """Print the form that was asked for: lines, a JSON document, CSV rows, or a view."""
        if self.format == "plain":
            self.write("".join(f"{line}\n" for line in plain()))
        elif self.format == "json":
            self.write(files.to_json(document()))
        elif self.format == "csv":
            table = rows()
            self.write(files.to_csv(table.columns, table.rows, table.bom))
        else:
            self._draw(draw)

    def finish(self, outside: str | None = None, unsure: str | None = None) -> int:
        """The exit code. What it means is said on stderr where the answer itself does not say it.

        `outside` says why the record does not vouch for the answer; `unsure` says what is not one
        number, which matters under `--strict`.
        """
        if outside is not None:
            if self.format != "table" or self.out is not None:
                print(f"outside coverage: {outside}", file=sys.stderr)
            return OUTSIDE
        if self.strict and unsure is not None:
            print(f"--strict: {unsure}", file=sys.stderr)
            return UNSURE
        return 0

    def write(self, text: str) -> None:
        """Write a text to the file of `--out`, or print it."""
        if self.out is not None:
            files.check_free(self.out, self.force)  # another program may have made it meanwhile
            files.write_text(self.out, text)
            return
        _widen(text)
        sys.stdout.write(text)
        sys.stdout.flush()

    def tell_aside(self, notes: Iterable[tuple[str, str]]) -> None:
        """Print notes on stderr, unless the form that was asked for has a place for them."""
        if self.format in ("plain", "csv"):
            tell(notes)

    def terminal(self, stderr: bool = False) -> Terminal:
        """The terminal as rich draws on it."""
        from tariffcli.show.text import console  # rich, only for a person

        return console(not self.color, stderr)

    def _draw(self, draw: Draw) -> None:
        if self.out is None:
            draw(self.terminal())
            return
        from tariffcli.show.text import as_file  # rich, only for a person

        self.write(as_file(draw))


def output_of(common: Common, table_as: Format = "table") -> Output:
    """The output that the flags of a command ask for.

    `table_as` is the form that a command without a view of its own prints for `table`.
    """
    format = table_as if common.format == "table" else common.format
    return Output(format, common.out, common.force, not common.no_color, common.strict)


def no_view(_: Terminal) -> None:
    """The view of a command that draws none: its `table` is another form."""


def tell(notes: Iterable[tuple[str, str]]) -> None:
    """Print notes (code, text) on stderr."""
    for _, text in notes:
        print(f"note: {text}", file=sys.stderr)


def _widen(text: str) -> None:
    """Let stdout take UTF-8 if the encoding of the locale lacks a letter of this text.

    A file full of question marks would be worse than one in an unexpected encoding.
    """
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        reconfigure = getattr(sys.stdout, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8")
