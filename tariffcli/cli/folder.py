"""`tariff bulk FOLDER`: the files of a folder, each rated into another folder, and with --audit or --refund the tables of them all."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from tariffcli import __version__
from tariffcli.bulk.classes.store import keep_classes, open_classes
from tariffcli.bulk.files import folder, manifest
from tariffcli.bulk.files.sources import ENDINGS
from tariffcli.cli.one_file import Asked, rate_one
from tariffcli.errors import UsageError


def rate_folder(
    asked: Asked, source: Path, out: Path | None, force: bool, resume: bool
) -> tuple[dict[str, int], int]:
    """Rate every file of a folder into another folder, part by part; gives the lines by status, and the rows left out for their shape.

    Raises UsageError, TariffError.
    """
    if out is None or out.is_file():
        raise UsageError("A folder of parts needs a folder: --out FOLDER.")
    if out.is_dir() and out.samefile(source):
        raise UsageError(
            "The output is the input; give another folder. The input is never written to."
        )
    found, told = _files(source), asked.audit or asked.refund
    if told:
        _check_names(found)
        folder.check_free(out, force or resume)
    out.mkdir(parents=True, exist_ok=True)
    classes = open_classes(asked.record, asked.known_on)
    parts: list[folder.Part] = []
    try:
        for place, path in enumerate(found, 1):
            target = out / path.name
            if target.exists() and not force and not resume:
                raise UsageError(
                    f"{target} exists already; add --resume to go on, or --force to replace it."
                )
            print(f"part {place} of {len(found)}: {path.name}", file=sys.stderr)
            done = rate_one(
                asked,
                classes,
                path,
                target,
                print_plan=place == 1,
                resume=resume and not force,
                begin=lambda: folder.clear(out) if told else None,
            )
            parts.append(done._replace(name=path.name))
            if told:
                _check_twice(parts)
    finally:
        keep_classes(classes)
    if told:
        given = manifest.conditions(asked.record, None, f"tariffcli {__version__}", asked.flags)
        for path in folder.write(out, parts, given):
            print(f"wrote {path}", file=sys.stderr)
    elif any(part.tables for part in parts):
        print(
            "the tables are of each part; add --audit or --refund for those of the whole folder",
            file=sys.stderr,
        )
    statuses = sum((Counter(part.statuses) for part in parts), Counter[str]())
    return dict(statuses), sum(part.misshapen for part in parts)


def _files(source: Path) -> list[Path]:
    """The files of a folder that can be rated, by name. A link that leads out of it is left out, and said to be."""
    found: list[Path] = []
    for path in sorted(source.iterdir()):
        if path.suffix.lower() not in ENDINGS or path.name.startswith(".") or not path.is_file():
            continue
        if path.resolve().is_relative_to(source.resolve()):
            found.append(path)
        else:
            print(
                f"{path.name}: left out, it is a link that leads out of the folder", file=sys.stderr
            )
    if not found:
        raise UsageError(f"{source} holds no csv, tsv, xlsx or parquet files.")
    return found


def _check_names(found: list[Path]) -> None:
    """Raise UsageError where two parts would write their tables to one place; a workbook holds its own."""
    stems: dict[str, str] = {}
    for path in found:
        if path.suffix.lower() not in (".xlsx", ".xlsm"):
            other = stems.setdefault(path.stem, path.name)
            if other != path.name:
                raise UsageError(
                    f"{other} and {path.name} would have tables of the same names; rename one of them."
                )


def _check_twice(parts: list[folder.Part]) -> None:
    """Raise UsageError where the last part is the same file as one before: its lines would be added twice."""
    last = parts[-1]
    for part in parts[:-1]:
        if last.lines and part.digest == last.digest:
            raise UsageError(
                f"{part.name} and {last.name} are the same file, and would be added twice; take one of them away."
            )
