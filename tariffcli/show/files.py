"""Where output goes: stdout, or a file written aside and renamed; CSV and JSON as text."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tariffcli import files
from tariffcli.errors import TariffError, UsageError


def to_json(document: Any) -> str:
    """A document as JSON text with a newline."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def to_csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], bom: bool = False) -> str:
    """Rows as CSV text. No cell steers a terminal; one that a spreadsheet would run gets an apostrophe."""
    import csv  # only when CSV is written
    import io

    stream = io.StringIO()
    if bom:
        stream.write("\ufeff")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in columns])
    return stream.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return files.safe_cell(files.without_controls(value))
    return "" if value is None else value


def tell(notes: Iterable[tuple[str, str]]) -> None:
    """Say notes (code, text) on stderr, where the output has no place for them."""
    for _, text in notes:
        print(f"note: {text}", file=sys.stderr)


def write(text: str, out: Path | None, force: bool = False) -> None:
    """Print to stdout, or write `out`: aside first, then renamed, so that no half-written file is ever seen.

    Raises UsageError when `out` exists and `force` is not given, or its folder does not exist; TariffError when it cannot be written.
    """
    if out is None:
        _widen(text)
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    check_free(out, force)
    try:
        if out.exists() and not out.is_file():
            out.write_text(text, encoding="utf-8", newline="")  # a device or a pipe: nothing to replace, and never to be replaced
        else:
            files.write(out.resolve(), text.encode())
    except OSError as error:
        raise TariffError(f"{out} could not be written: {error.strerror}. Nothing was left behind.") from None


def _widen(text: str) -> None:
    """Print data in UTF-8 where the locale's encoding has no such letter: a file of question marks is worse than a strange one."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        reconfigure = getattr(sys.stdout, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8")


def check_free(out: Path, force: bool) -> None:
    """Raise UsageError unless `out` may be written. A device or a pipe always may: nothing of it is replaced."""
    try:
        if out.is_dir():
            raise UsageError(f"{out} is a folder; give the name of a file.")
        if out.is_file() and not force:
            raise UsageError(f"{out} exists already; add --force to replace it, or give another name.")
        if not out.parent.is_dir():
            raise UsageError(f"The folder {out.parent} does not exist; create it first.")
    except OSError as error:
        raise UsageError(f"{str(out)[:60]} is no name for a file: {error.strerror}.") from None
