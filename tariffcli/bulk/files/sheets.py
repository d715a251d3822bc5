"""Sheets of a workbook, read row by row as text. What a workbook unpacks to is measured before
anything of it is read."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from tariffcli.errors import TariffError, UsageError

WHOLE_FLOAT = 2**53
"""Beyond it a float no longer tells one whole number from the next."""

MAX_BYTES, MAX_RATIO = 4 << 30, 400
"""A sheet of a million rows unpacks to less; a file that promises more is a trap."""

MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384
"""The format's own limits. A file may say that it has more, by one number."""

LIMITS = f"{MAX_ROWS:,} rows of {MAX_COLUMNS:,} columns"


class Sheet:
    """One sheet. `rows` is what the sheet says of its length, 0 where it does not."""

    def __init__(self, path: Path, name: str | None) -> None:
        self._path, self._name = path, name
        self.rows = 0

    def _open(self) -> tuple[Any, Any]:
        from openpyxl import load_workbook

        try:
            book = load_workbook(self._path, read_only=True, data_only=True, keep_links=False)
        except Exception as error:  # openpyxl raises what its parts raise
            raise TariffError(
                f"{self._path.name} could not be read as a workbook: {type(error).__name__}."
            ) from None
        if self._name is not None and self._name not in book.sheetnames:
            raise UsageError(
                f"{self._path.name} has no sheet '{self._name[:40]}'; its sheets: "
                f"{', '.join(book.sheetnames[:8])}."
            )
        sheet = book[self._name] if self._name is not None else book.worksheets[0]
        self.rows = sheet.max_row or 0
        return book, sheet

    def _values(self, start: int) -> Iterator[list[str]]:
        book, sheet = self._open()
        try:
            if hasattr(sheet, "reset_dimensions"):
                sheet.reset_dimensions()
            # Rows between two are filled in: count them.
            rows = sheet.iter_rows(min_row=start + 1, values_only=True)
            for number, row in enumerate(rows, start + 1):
                if number > MAX_ROWS or len(row) > MAX_COLUMNS:
                    raise TariffError(
                        f"{self._path.name} has a cell beyond what a sheet can hold, {LIMITS}. "
                        "You can save it anew, or as CSV."
                    )
                yield [as_text(cell) for cell in row]
        except (TariffError, GeneratorExit):
            raise
        except Exception as error:
            raise TariffError(
                f"{self._path.name} could not be read to its end: {type(error).__name__}."
            ) from None
        finally:
            book.close()

    def first(self, many: int) -> list[list[str]]:
        """The first rows."""
        rows: list[list[str]] = []
        for row in self._values(0):
            rows.append(row)
            if len(rows) == many:
                break
        return rows

    def batches(self, start: int, width: int, many: int) -> Iterator[list[list[str]]]:
        """Rows from `start` on, `width` cells each, `many` at a time; rows without any content are
        left out."""
        found: list[list[str]] = []
        for row in self._values(start):
            if any(row):
                found.append((row + [""] * width)[:width])
            if len(found) == many:
                yield found
                found = []
        if found:
            yield found


def open_sheet(path: Path, name: str | None) -> Sheet:
    """A sheet by name (None: the first). Raises TariffError for what is no workbook, or would
    unpack without end."""
    try:
        with zipfile.ZipFile(path) as packed:
            infos = packed.infolist()
    except (zipfile.BadZipFile, OSError):
        raise TariffError(f"{path.name} is not a workbook, or is damaged.") from None
    size = sum(info.file_size for info in infos)
    if size > MAX_BYTES or size > MAX_RATIO * max(path.stat().st_size, 100_000):
        raise TariffError(
            f"{path.name} would unpack to {size >> 20} MB; that is no honest workbook. Nothing of "
            "it was read."
        )
    return Sheet(path, name)


def as_text(cell: Any) -> str:
    """A cell as text: whole numbers without a point, days in ISO."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < WHOLE_FLOAT else repr(cell)
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)
