"""The tables of a whole folder: those of its parts added, in the folder `whole` among the parts,
written all at once or not at all.

No part can be called so: an output has an ending, and a table of a part has dots in its name.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tariffcli.bulk.files.reports import Report, together
from tariffcli.bulk.files.sinks import file_name, write_table
from tariffcli.errors import TariffError, UsageError
from tariffcli.files import random_name

NAME, MANIFEST = "whole", "manifest.json"


class FilePart(NamedTuple):
    """What a part of a folder is known by: its input, its lines by status, its tables before
    rounding, and how many rows were left out because they have more or fewer cells than the
    header."""

    name: str
    digest: str
    statuses: dict[str, int]
    tables: list[Report]
    misshapen: int = 0

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return sum(self.statuses.values())


def check_free(out: Path, replace: bool) -> None:
    """Raise UsageError unless the tables of a whole can be written into an output folder: what
    others put there is never removed."""
    folder = out / NAME
    if not folder.exists():
        return
    if not replace:
        raise UsageError(
            f"{folder} exists already; add --resume to go on, or --force to replace it."
        )
    if not folder.is_dir():
        raise UsageError(
            f"{folder} is a file, where the tables of the whole folder would stand; move it, or "
            "give another --out."
        )
    strange = sorted({path.name for path in folder.iterdir()} - _written(folder))
    if strange:
        raise UsageError(
            f"{folder} is for the tables of the whole folder, and holds {strange[0]}; move that, "
            "or give another --out."
        )


def _written(folder: Path) -> set[str]:
    """The files that a run wrote there."""
    try:
        return {MANIFEST, *json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["tables"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def clear(out: Path) -> None:
    """Take away what an earlier run wrote: it is not of the parts as they will be."""
    check_free(out, replace=True)
    if (out / NAME).exists():
        shutil.rmtree(out / NAME)


def tables_of(parts: Sequence[FilePart]) -> list[Report]:
    """The tables of all parts as one, with what they do not tell among the caveats. Raises
    TariffError."""
    try:
        tables = together(part.tables for part in parts)
    except ValueError as error:
        raise TariffError(f"The parts cannot be added: {error}; use --force.") from None
    said = [
        f"Sums of {len(parts)} files. Nothing is compared between them: a line of an entry that "
        "stands in two of them counts twice."
    ]
    for table in tables:
        without = [
            part.name
            for part in parts
            if part.lines and table.name not in {one.name for one in part.tables}
        ]
        if without:
            said.append(
                f"The table {table.name} is of the other files only; not told by "
                f"{', '.join(without)}."
            )
    rows = [(f"whole-{place}", NAME, text, "") for place, text in enumerate(said, 1)]
    return [
        table._replace(rows=[*rows, *table.rows]) if table.name == "Caveats" else table.rounded()
        for table in tables
    ]


def write(out: Path, parts: Sequence[FilePart], conditions: dict[str, Any]) -> list[Path]:
    """Write the tables of a whole as CSV, with a manifest that names the parts; gives their paths.
    Raises UsageError, TariffError."""
    tables = tables_of(parts)
    folder, aside = out / NAME, out / random_name(NAME)
    statuses = Counter[str]()
    for part in parts:
        statuses.update(part.statuses)
    try:
        aside.mkdir()
        paths = [write_table(aside / file_name(table), table) for table in tables]
        document = {
            **conditions,
            "parts": [
                {"name": part.name, "sha256": part.digest, "lines": part.lines} for part in parts
            ],
            "lines": sum(part.lines for part in parts),
            "statuses": dict(sorted(statuses.items())),
            "tables": [path.name for path in paths],
        }
        (aside / MANIFEST).write_text(
            json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
        )
        clear(out)
        aside.rename(folder)
    except OSError as error:
        raise TariffError(
            f"{folder} could not be written: {error.strerror or error}. "
            "The parts are whole; --resume adds them again."
        ) from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return [folder / path.name for path in paths]
