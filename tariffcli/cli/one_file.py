"""One file of `tariff bulk`: read, rated and written with its manifest, and what is told of it on the way."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tariffcli.book.load import Record
from tariffcli.errors import UsageError

if TYPE_CHECKING:
    from tariffcli.bulk.files.folder import Part


class Asked(NamedTuple):
    """What was typed, that holds for every file of a run."""

    record: Record
    columns: dict[str, str]
    constants: dict[str, str]
    outputs: list[str] | None
    month_first: bool | None
    known_on: str | None
    encoding: str | None
    sheet: str | None
    threads: int
    audit: bool
    refund: bool
    interest_to: str | None
    payee: str
    flags: dict[str, Any]


def rate_one(
    asked: Asked,
    classes: Any,
    path: Path | None,
    out: Path | None,
    *,
    print_plan: bool = False,
    resume: bool = False,
    begin: Callable[[], object] = bool,
) -> Part:
    """Rate one file, write its tables and its manifest. `begin` is called unless it was done before. Raises UsageError, TariffError."""
    from tariffcli import __version__
    from tariffcli.bulk.cells.plan import Plan
    from tariffcli.bulk.cells.rater import Rater
    from tariffcli.bulk.entries import tasks
    from tariffcli.bulk.files import manifest, run
    from tariffcli.bulk.files.folder import Part
    from tariffcli.bulk.files.sinks import write_reports
    from tariffcli.bulk.files.sources import Options, open_source
    from tariffcli.bulk.files.task import rating

    source = open_source(path, Options(asked.encoding, asked.sheet, asked.columns))
    if source.remark:
        print(source.remark, file=sys.stderr)
    found = _columns(asked, source)
    columns = {
        meaning: name for meaning, name in found.asked.items() if meaning not in asked.constants
    }
    plan = Plan(columns, asked.constants, asked.month_first, False, asked.outputs, asked.known_on)
    plan, source = run.settle_stream(plan, source)
    if print_plan:
        tell_plan(plan)
    given = manifest.conditions(asked.record, plan, f"tariffcli {__version__}", asked.flags)
    digest = manifest.hashing(path) if path is not None and out is not None else str
    if resume and out is not None and out.exists():
        return _done_before(asked, out, given, digest())
    begin()
    rater = Rater(asked.record, plan, classes)
    rater.reader.check_constants()
    task = rating(rater)
    if asked.audit or asked.refund or found.several:
        if found.several and not (asked.audit or asked.refund):
            print(
                "several rows a line (ES-003): each line is rated once and held against its rows, as with --audit",
                file=sys.stderr,
            )
        audit = asked.audit or not asked.refund
        task = tasks.auditing(
            rater, found.filed, found.several, audit, asked.refund, asked.interest_to, asked.payee
        )

    def replacing() -> None:
        digest()  # an input that cannot be hashed gives no output
        manifest.remove_manifest(out)

    with _progress(source.name) as progress:
        summary = run.run(
            run.Job(source, plan, task, out, run.kind_for(out), asked.threads, progress, replacing)
        )
    left_out = len(source.skipped) + task.left_out()
    tables = task.tables()
    if out is not None:
        output = manifest.seal_of(out)
        for report in write_reports(out, [table.rounded() for table in tables]):
            print(f"wrote {report}", file=sys.stderr)
        seen = (summary.lines, summary.statuses, summary.bad, left_out, len(source.skipped))
        told = manifest.manifest(given, source.name, digest(), *seen) | output()
        manifest.write_manifest(out, {**told, "sums": manifest.sealed(tables)} if tables else told)
    _tell_summary(summary, source.skipped, left_out)
    return Part(source.name, digest(), dict(summary.statuses), tables, len(source.skipped))


def _columns(asked: Asked, source: Any) -> Any:
    """What the columns of a file mean. What only an audit asks is looked for where one could be."""
    from tariffcli.bulk.cells.headers import find_columns, fold
    from tariffcli.bulk.entries import tasks
    from tariffcli.bulk.files.sources import first_of

    entries = (
        any("entry" in fold(name) for name in source.names)
        or asked.audit
        or asked.refund
        or set(asked.columns) - set(tasks.MEANINGS)
    )
    if not entries:
        return tasks.Columns(find_columns(source.names, asked.columns), {}, False)
    return tasks.read_columns(source.names, asked.columns, lambda: first_of(source))


def _done_before(asked: Asked, out: Path, given: dict[str, Any], digest: str) -> Part:
    """What the manifest of a part says that is done; refused where it was made of another input, record or with other flags.

    Its tables that are not there are written again.
    """
    from tariffcli.bulk.files import manifest, sinks
    from tariffcli.bulk.files.folder import Part

    before = manifest.read_manifest(out)
    if before is None:
        raise UsageError(
            f"{out} has no manifest, so that nobody can say how it was made; remove it, or use --force."
        )
    for name in ("record", "plan", "flags", "program"):
        if before.get(name) != given[name]:
            raise UsageError(
                f"{out} was made with another {name}; use the same, another folder, or --force."
            )
    if before.get("input", {}).get("sha256") != digest:
        raise UsageError(f"{out} was made of another input; remove it, or use --force.")
    if manifest.was_changed(out, before):
        raise UsageError(f"{out} was changed after it was written; remove it, or use --force.")
    print(f"{out.name}: done before", file=sys.stderr)
    tables = manifest.unsealed(out, before) if asked.audit or asked.refund else []
    gone = [table.rounded() for table in tables if not sinks.beside(out, table).exists()]
    for report in sinks.write_reports(out, gone):
        print(f"wrote {report}", file=sys.stderr)
    return Part(
        out.name, digest, dict(before.get("statuses", {})), tables, before.get("rows_misshapen", 0)
    )


def tell_plan(plan: Any) -> None:
    """Say which column was read as what."""
    from tariffcli.bulk.cells.plan import shown

    read = [f'{meaning}="{shown([name])}"' for meaning, name in plan.columns.items()]
    read += [f"{meaning}={text} (every line)" for meaning, text in plan.constants.items()]
    print(f"columns: {', '.join(read)}", file=sys.stderr)
    if plan.restore_zeros:
        print(
            "codes of an odd length are read with the leading zero that a spreadsheet ate: none of the column has one",
            file=sys.stderr,
        )
    if plan.month_first is not None:
        print(
            f"slashed days are read {'month' if plan.month_first else 'day'} first", file=sys.stderr
        )


def _tell_summary(summary: Any, skipped: list[str], left_out: int) -> None:
    counts = ", ".join(
        f"{many:,} {status}"
        for status, many in sorted(summary.statuses.items(), key=lambda item: -item[1])
    )
    print(f"{summary.lines:,} lines: {counts or 'none'}", file=sys.stderr)
    for line, reason in summary.bad:
        print(f"  line {line}: {_plain(reason)}", file=sys.stderr)
    if left_out:
        first = (
            f"; the first: {_plain(skipped[0])}"
            if skipped
            else " (footers, blank rows, headers again)"
        )
        print(f"{left_out:,} rows left out, which are no lines{first}", file=sys.stderr)


def _plain(words: str) -> str:
    """Words that quote a file, without what would steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in words)


@contextmanager
def _progress(name: str) -> Generator[Callable[[int, float], None] | None, None, None]:
    """A line on the terminal with lines done, their rate and the time left; silent where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[lines]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=1.0, lines="finding the law of its lines")

        def tell(lines: int, done: float) -> None:
            elapsed = bar.tasks[0].elapsed or 0
            speed = f", {lines / elapsed:,.0f} a second" if elapsed else ""
            bar.update(task, completed=done, lines=f"{lines:,} lines{speed}")

        yield tell
