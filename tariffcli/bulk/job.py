"""A file of lines rated into another file, or the files of a folder into another folder.

    settings = Settings(record, constants={"importer": "us"})
    done = rate_file(settings, Path("entries.csv"), Path("rated.parquet"), say=print)
    done.part.statuses          # {'complete': 1234, ...}

What is worth knowing on the way is said to `say`, a line at a time; nothing is printed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tariffcli import __version__
from tariffcli.book.load import Record
from tariffcli.bulk.cells.headers import find_columns, fold
from tariffcli.bulk.cells.plan import Plan, shown
from tariffcli.bulk.cells.rater import Rater
from tariffcli.bulk.classes.classes import Classes
from tariffcli.bulk.classes.store import keep_classes, open_classes
from tariffcli.bulk.entries import tasks
from tariffcli.bulk.files import folder, manifest, run, sinks
from tariffcli.bulk.files.folder import FilePart
from tariffcli.bulk.files.reports import Report
from tariffcli.bulk.files.sources import ENDINGS, Options, Source, first_of, open_source
from tariffcli.bulk.files.task import Task, nothing, rating
from tariffcli.errors import UsageError

PROGRAM = f"tariffcli {__version__}"

Say = Callable[[str], object]
Progress = Callable[[str], AbstractContextManager[Callable[[int, float], None] | None]]
"""Begins to show the progress on a file of this name; what it gives is told how many lines are
done, and which share of the file that is."""


def silent(_: str) -> None:
    """Nobody listens."""


@contextmanager
def unseen(_: str) -> Generator[None, None, None]:
    """Nobody watches."""
    yield None


class Settings(NamedTuple):
    """What holds for every file of a run.

    Attributes:
        record: the record that answers.
        columns: meaning to the name of a column, where usual names do not tell.
        constants: meaning to a text that holds for every line.
        outputs: the columns to add; all where it is None.
        month_first: how slashed days are read; None: as each column shows.
        known_on: answers as announced by the end of this day; None: as known now.
        encoding: of text files, where it is not found rightly.
        sheet: of workbooks; None: the first.
        threads: how many rate at once.
        audit, refund: whether lines are held against what was paid, and refunds are summed.
        interest_to: the day up to which interest on refunds is estimated; None: not at all.
        payee: who gets the refund, `corporation` or `other`.
    """

    record: Record
    columns: Mapping[str, str] = {}
    constants: Mapping[str, str] = {}
    outputs: list[str] | None = None
    month_first: bool | None = None
    known_on: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    threads: int = 1
    audit: bool = False
    refund: bool = False
    interest_to: str | None = None
    payee: str = "corporation"

    @property
    def has_tables(self) -> bool:
        """Whether tables of sums are asked for."""
        return self.audit or self.refund

    @property
    def flags(self) -> dict[str, Any]:
        """What a manifest says of the flags; two runs with others may say other things of a
        line."""
        return {
            "encoding": self.encoding,
            "sheet": self.sheet,
            "dates": {True: "us", False: "eu", None: None}[self.month_first],
            "known_on": self.known_on,
            "audit": self.audit,
            "refund": self.refund,
            "interest_to": self.interest_to,
            "payee": self.payee if self.refund else None,
        }


class FileDone(NamedTuple):
    """One file that was rated: its lines by status and its tables, the files that were written, and
    some bad lines with the reason (none of a file that was done before)."""

    part: FilePart
    paths: list[Path]
    bad: Sequence[tuple[int, str]] = ()


class FolderDone(NamedTuple):
    """A folder that was rated: its files, and the tables of them all that were written."""

    parts: list[FilePart]
    paths: list[Path]

    @property
    def statuses(self) -> dict[str, int]:
        """The lines of all files by status."""
        return dict(sum((Counter(part.statuses) for part in self.parts), Counter[str]()))

    @property
    def misshapen(self) -> int:
        """How many rows were left out, as they have more or fewer cells than the header."""
        return sum(part.misshapen for part in self.parts)


def rate_file(
    settings: Settings,
    source: Path | None,
    out: Path | None,
    *,
    force: bool = False,
    say: Say = silent,
    progress: Progress = unseen,
) -> FileDone:
    """Rate one file (None: standard input) into another (None: standard output).

    Raises UsageError, TariffError; BrokenPipeError where nobody reads standard output any more.
    """
    if out is not None:
        if out.is_file() and not force:
            raise UsageError(
                f"{out} exists already; add --force to replace it, or give another name."
            )
        run.kind_for(out)
        if source is not None and out.exists() and source.exists() and out.samefile(source):
            raise UsageError(
                "The output is the input; give another name. The input is never written to."
            )
    classes = open_classes(settings.record, settings.known_on)
    try:
        return _FileRun(settings, classes, say, progress).rate(source, out, say_plan=True)
    finally:
        keep_classes(classes)


def rate_folder(
    settings: Settings,
    source: Path,
    out: Path,
    *,
    force: bool = False,
    resume: bool = False,
    say: Say = silent,
    progress: Progress = unseen,
) -> FolderDone:
    """Rate every file of a folder into another folder, file by file, and add up their tables.

    Raises UsageError, TariffError.
    """
    if out.is_file():
        raise UsageError("A folder of parts needs a folder: --out FOLDER.")
    if out.is_dir() and out.samefile(source):
        raise UsageError(
            "The output is the input; give another folder. The input is never written to."
        )
    paths = _files_of(source, say)
    if settings.has_tables:
        _check_names(paths)
        folder.check_free(out, force or resume)
    out.mkdir(parents=True, exist_ok=True)
    classes = open_classes(settings.record, settings.known_on)
    file_run = _FileRun(settings, classes, say, progress)
    parts: list[FilePart] = []
    try:
        for place, path in enumerate(paths, 1):
            target = out / path.name
            if target.exists() and not force and not resume:
                raise UsageError(
                    f"{target} exists already; add --resume to go on, or --force to replace it."
                )
            say(f"part {place} of {len(paths)}: {path.name}")
            done = file_run.rate(
                path,
                target,
                say_plan=place == 1,
                resume=resume and not force,
                begin=(lambda: folder.clear(out)) if settings.has_tables else nothing,
            )
            parts.append(done.part._replace(name=path.name))
            if settings.has_tables:
                _check_twice(parts)
    finally:
        keep_classes(classes)
    return FolderDone(parts, _write_tables(settings, out, parts, say))


def _write_tables(settings: Settings, out: Path, parts: Sequence[FilePart], say: Say) -> list[Path]:
    """The tables of a whole folder, written where they were asked for."""
    if settings.has_tables:
        given = manifest.conditions(settings.record, None, PROGRAM, settings.flags)
        paths = folder.write(out, parts, given)
        for path in paths:
            say(f"wrote {path}")
        return paths
    if any(part.tables for part in parts):
        say("the tables are of each part; add --audit or --refund for those of the whole folder")
    return []


class _FileRun(NamedTuple):
    """Files that are rated with the same settings, over the same classes."""

    settings: Settings
    classes: Classes
    say: Say
    progress: Progress

    def rate(
        self,
        path: Path | None,
        out: Path | None,
        *,
        say_plan: bool = False,
        resume: bool = False,
        begin: Callable[[], object] = nothing,
    ) -> FileDone:
        """Rate one file, write its tables and its manifest. `begin` is called unless the file was
        done before. Raises UsageError, TariffError."""
        settings = self.settings
        source = open_source(path, Options(settings.encoding, settings.sheet, settings.columns))
        if source.remark:
            self.say(source.remark)
        columns = _columns_of(settings, source)
        plan, source = run.settle_stream(_plan_of(settings, columns), source)
        if say_plan:
            describe_plan(plan, self.say)
        given = manifest.conditions(settings.record, plan, PROGRAM, settings.flags)
        hashed = path is not None and out is not None
        digest = manifest.hashing(path) if hashed and path is not None else no_digest
        if resume and out is not None and out.exists():
            return self._done_before(out, given, digest())
        begin()
        task = self._task(plan, columns)

        def replacing() -> None:
            digest()  # an input that cannot be hashed gives no output
            if out is not None:
                manifest.remove_manifest(out)

        with self.progress(source.name) as show:
            job = run.Job(
                source=source,
                plan=plan,
                task=task,
                out=out,
                out_kind=run.kind_for(out),
                threads=settings.threads,
                progress=show,
                replacing=replacing,
            )
            summary = run.run(job)
        tables = task.tables()
        left_out = len(source.skipped) + task.left_out()
        paths: list[Path] = []
        if out is not None:
            output = manifest.seal_of(out)
            written = self._write_tables(out, tables)
            seen = (summary.lines, summary.statuses, summary.bad, left_out, len(source.skipped))
            document = manifest.manifest(given, source.name, digest(), *seen) | output()
            sums = {"sums": manifest.sealed(tables)} if tables else {}
            manifest.write_manifest(out, document | sums)
            paths = [out, *written, manifest.beside(out)]
        _describe_summary(summary, source.skipped, left_out, self.say)
        part = FilePart(source.name, digest(), dict(summary.statuses), tables, len(source.skipped))
        return FileDone(part, paths, summary.bad)

    def _task(self, plan: Plan, columns: tasks.Columns) -> Task:
        """What is done to each line of a file: it is rated, and held against what was paid where
        that is asked for, or where a line has several rows."""
        settings = self.settings
        rater = Rater(settings.record, plan, self.classes)
        rater.reader.check_constants()
        if not settings.has_tables and not columns.several:
            return rating(rater)
        if not settings.has_tables:
            self.say(
                "several rows a line (ES-003): each line is rated once and held against its rows, "
                "as with --audit"
            )
        return tasks.auditing(
            rater,
            columns.filed,
            columns.several,
            settings.audit or not settings.refund,
            settings.refund,
            settings.interest_to,
            settings.payee,
        )

    def _write_tables(self, out: Path, tables: Sequence[Report]) -> list[Path]:
        """Write tables beside an output, in whole cents, and say so."""
        paths = sinks.write_reports(out, [table.rounded() for table in tables])
        for path in paths:
            self.say(f"wrote {path}")
        return paths

    def _done_before(self, out: Path, given: Mapping[str, Any], digest: str) -> FileDone:
        """What the manifest of an output says that is done; its tables that are gone are written
        again. Raises UsageError where it was made of another input or record, or with other flags.
        """
        before = manifest.read_manifest(out)
        if before is None:
            raise UsageError(
                f"{out} has no manifest, so we cannot tell how it was made. "
                "Delete it, or use --force."
            )
        for name in ("record", "plan", "flags", "program"):
            if before.get(name) != given[name]:
                raise UsageError(
                    f"{out} was made with another {name}; use the same, another folder, or --force."
                )
        if before.get("input", {}).get("sha256") != digest:
            raise UsageError(f"{out} was made from another input; delete it, or use --force.")
        if manifest.was_changed(out, before):
            raise UsageError(f"{out} was changed after it was written; delete it, or use --force.")
        self.say(f"{out.name}: done before")
        tables = manifest.unsealed(out, before) if self.settings.has_tables else []
        gone = [table for table in tables if not sinks.beside(out, table).exists()]
        written = self._write_tables(out, gone)
        statuses, misshapen = before.get("statuses", {}), before.get("rows_misshapen", 0)
        return FileDone(FilePart(out.name, digest, dict(statuses), tables, misshapen), written)


def no_digest() -> str:
    """The hash of what is not hashed: a stream, or the input of one."""
    return ""


def _columns_of(settings: Settings, source: Source) -> tasks.Columns:
    """What the columns of a file mean. What only an audit asks is looked for where it could be."""
    names, given = source.names, settings.columns
    may_be_entries = (
        any("entry" in fold(name) for name in names)
        or settings.has_tables
        or bool(set(given) - set(tasks.MEANINGS))
    )
    if not may_be_entries:
        return tasks.Columns(find_columns(names, given), {}, False)
    return tasks.read_columns(names, given, lambda: first_of(source))


def _plan_of(settings: Settings, columns: tasks.Columns) -> Plan:
    return Plan(
        columns={
            meaning: name
            for meaning, name in columns.asked.items()
            if meaning not in settings.constants
        },
        constants=settings.constants,
        month_first=settings.month_first,
        outputs=settings.outputs,
        known_on=settings.known_on,
    )


def describe_plan(plan: Plan, say: Say) -> None:
    """Say which column was read as what."""
    read = [f'{meaning}="{shown([name])}"' for meaning, name in plan.columns.items()]
    read += [f"{meaning}={text} (every line)" for meaning, text in plan.constants.items()]
    say(f"columns: {', '.join(read)}")
    if plan.restore_zeros:
        say(
            "Codes with an odd number of digits are read with a leading zero added: no code in "
            "this column starts with 0, so a spreadsheet probably dropped it."
        )
    if plan.month_first is not None:
        say(f"slashed days are read {'month' if plan.month_first else 'day'} first")


def _describe_summary(
    summary: run.Summary, skipped: Sequence[str], left_out: int, say: Say
) -> None:
    say(f"{summary.lines:,} lines: {counts_of(summary.statuses) or 'none'}")
    for line, reason in summary.bad:
        say(f"  line {line}: {_printable(reason)}")
    if left_out:
        first = (
            f"; the first: {_printable(skipped[0])}"
            if skipped
            else " (footers, blank rows, headers again)"
        )
        say(f"{left_out:,} rows left out, which are no lines{first}")


def counts_of(statuses: Mapping[str, int]) -> str:
    """How many lines have each status, the commonest first."""
    ordered = sorted(statuses.items(), key=lambda item: -item[1])
    return ", ".join(f"{count:,} {status}" for status, count in ordered)


def _printable(text: str) -> str:
    """A text that quotes a file, without what would steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _files_of(source: Path, say: Say) -> list[Path]:
    """The files of a folder that can be rated, by name. A link out of it is left out, and said."""
    paths: list[Path] = []
    for path in sorted(source.iterdir()):
        if path.suffix.lower() not in ENDINGS or path.name.startswith(".") or not path.is_file():
            continue
        if path.resolve().is_relative_to(source.resolve()):
            paths.append(path)
        else:
            say(f"{path.name}: left out, it is a link that leads out of the folder")
    if not paths:
        raise UsageError(f"{source} has no csv, tsv, xlsx or parquet files in it.")
    return paths


def _check_names(paths: Sequence[Path]) -> None:
    """Raise UsageError where two files would write their tables to one place; a workbook holds its
    own."""
    by_stem: dict[str, str] = {}
    for path in paths:
        if path.suffix.lower() not in (".xlsx", ".xlsm"):
            other = by_stem.setdefault(path.stem, path.name)
            if other != path.name:
                raise UsageError(
                    f"{other} and {path.name} would have tables of the same names; "
                    "rename one of them."
                )


def _check_twice(parts: Sequence[FilePart]) -> None:
    """Raise UsageError where the last file is the same as one before: its lines would be added
    twice."""
    last = parts[-1]
    for part in parts[:-1]:
        if last.lines and part.digest == last.digest:
            raise UsageError(
                f"{part.name} and {last.name} are the same file, and would be added twice; "
                "take one of them away."
            )
