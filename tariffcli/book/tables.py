"""The record's tables as text: which files there are, and their rows with line numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from tariffcli.book.fingerprint import FOLDERS
from tariffcli.book.schema import TABLES
from tariffcli.errors import RecordError
from tariffcli.files import content_of

Row: TypeAlias = dict[str, str]


class Finding(NamedTuple):
    """Something wrong in the record: where, which rule, in what words, about which row."""

    file: str
    line: int
    rule: str
    message: str
    subject: str = ""

    def __str__(self) -> str:
        about = f" ({self.subject})" if self.subject else ""
        return f"{self.file}:{self.line}: {self.rule} {self.message}{about}"


class TableFile(NamedTuple):
    """One file: its path below `data/`, its kind, its stem, and rows with their line numbers."""

    file: str
    kind: str
    stem: str
    rows: list[tuple[int, Row]]


def record_files(data: Path) -> list[tuple[str, str, Path]]:
    """(kind, stem, path) of every table in a record.

    Raises RecordError when `data` is no record at all.
    """
    if not data.is_dir():
        raise RecordError(
            f"No record at {data}: the folder does not exist."
            " Give --data DIR with the tables of a record."
        )
    found = [(kind, kind, data / f"{kind}.csv") for kind in TABLES if kind not in FOLDERS]
    for kind, folder in FOLDERS.items():
        found += [(kind, path.stem, path) for path in sorted((data / folder).glob("*.csv"))]
    if not any(path.exists() for _, _, path in found):
        raise RecordError(
            f"No record at {data}: it holds none of the tables, such as programmes.csv."
            " Give --data DIR."
        )
    return found


def read_tables(data: Path) -> tuple[list[TableFile], list[Finding]]:
    """Every table of a record as text, and what could not be read."""
    tables: list[TableFile] = []
    findings: list[Finding] = []
    for kind, stem, path in record_files(data):
        file = path.relative_to(data).as_posix()
        rows: list[tuple[int, Row]] = []
        try:
            rows, wrong = _read(path, file, TABLES[kind].header)
            findings += wrong
        except FileNotFoundError:
            findings.append(Finding(file, 1, "T01", "This table is missing from the record."))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            findings.append(Finding(file, 1, "T02", f"This table {_reason(error)}."))
        tables.append(TableFile(file, kind, stem, rows))
    return tables, findings


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "is not UTF-8 text"
    return f"cannot be read: {error.strerror if isinstance(error, OSError) else error}"


def _read(
    path: Path, file: str, columns: tuple[str, ...]
) -> tuple[list[tuple[int, Row]], list[Finding]]:
    findings: list[Finding] = []
    rows: list[tuple[int, Row]] = []
    content = content_of(path)
    if content and not content.endswith((b"\n", b"\r")):
        findings.append(
            Finding(
                file,
                1,
                "T08",
                "This table does not end with a line break: it may have been cut off.",
            )
        )
    with io.StringIO(content.decode("utf-8-sig"), newline="") as stream:
        reader = csv.reader(stream, strict=True)
        header = next(reader, None)
        if header is None:
            return [], [Finding(file, 1, "T03", "This table is empty; a header row is needed.")]
        if tuple(header) != columns:
            return [], [Finding(file, 1, "T04", _header_words(header, columns))]
        for cells in _cells(reader, file, findings):
            if len(cells) != len(columns):
                findings.append(
                    Finding(
                        file,
                        reader.line_num,
                        "T05",
                        f"This row has {len(cells)} cells; the table has {len(columns)} columns.",
                    )
                )
                continue
            rows.append(
                (
                    reader.line_num,
                    {name: cell.strip() for name, cell in zip(columns, cells, strict=True)},
                )
            )
    return rows, findings


def _cells(reader: Iterable[list[str]], file: str, findings: list[Finding]) -> Iterable[list[str]]:
    rows = iter(reader)
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            findings.append(
                Finding(
                    file,
                    getattr(reader, "line_num", 1),
                    "T06",
                    f"This row is cut off or badly quoted: {error}.",
                )
            )
            return
        if cells:
            yield cells


def _header_words(header: list[str], columns: tuple[str, ...]) -> str:
    missing = [name for name in columns if name not in header]
    extra = [name for name in header if name not in columns]
    if missing or extra:
        words = [f"missing {', '.join(missing)}"] if missing else []
        words += [f"unknown {', '.join(extra)}"] if extra else []
        return f"The header row is not the table's: {'; '.join(words)}."
    return f"The columns stand in another order; write {','.join(columns)}."
