"""`tariff bulk`: a whole file of entry lines, each rated at its own day."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from tariffcli.book.load import Record, load
from tariffcli.bulk import memory
from tariffcli.errors import TariffError, UsageError
from tariffcli.law.instants import parse_day
from tariffcli.show import files

if TYPE_CHECKING:
    from tariffcli.bulk.whole import Part


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


def register(app: typer.Typer, name: str) -> None:
    """Add the command."""
    app.command(name)(bulk)


def bulk(
    source: Annotated[str, typer.Argument(metavar="INPUT", help="A CSV, TSV, XLSX or Parquet file, a folder of them, or - for stdin.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The output, by its name CSV, TSV, XLSX or Parquet; a folder for a folder.")
    ] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--map", help='What a column means: --map hs="HTS Number". Repeatable.', metavar="MEANING=COLUMN")
    ] = None,
    origin: Annotated[str | None, typer.Option("--from", help="Country of origin of every line.", metavar="COUNTRY")] = None,
    importer: Annotated[str | None, typer.Option("--to", help="The importer of every line.", metavar="COUNTRY")] = None,
    constants: Annotated[
        list[str] | None,
        typer.Option("--set", help="What holds for every line: --set claim=donation. Repeatable.", metavar="MEANING=VALUE"),
    ] = None,
    outputs: Annotated[
        str | None, typer.Option("--columns", help="Which columns to add, joined with commas; default all.", metavar="NAMES")
    ] = None,
    known_on: Annotated[str | None, typer.Option("--known-on", help="As announced by the end of this day.", metavar="DAY")] = None,
    dates: Annotated[str | None, typer.Option("--dates", help="How to read 04/05/2025: us or eu.", metavar="us|eu")] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="Sheet of a workbook; default the first.", metavar="NAME")] = None,
    encoding: Annotated[str | None, typer.Option("--encoding", help="Encoding of a text file.", metavar="NAME")] = None,
    threads: Annotated[int | None, typer.Option("--threads", help="Threads that rate; default one a processor.", metavar="N")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a folder: parts that are done are left alone.")] = False,
    audit: Annotated[bool, typer.Option("--audit", help="Hold each line against what was paid, and say why they differ.")] = False,
    refund: Annotated[bool, typer.Option("--refund", help="Sum what was charged under programmes that are refunded.")] = False,
    interest_to: Annotated[
        str | None, typer.Option("--interest-to", help="With --refund: estimate interest to this day.", metavar="DAY")
    ] = None,
    payee: Annotated[str, typer.Option("--payee", help="With --refund: corporation or other.")] = "corporation",
    engine: Annotated[str, typer.Option("--engine", help="local, or spark.")] = "local",
    master: Annotated[str | None, typer.Option("--master", help="With --engine spark: the address of the cluster.", metavar="URL")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 4 when a line has not one number.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    data: Annotated[Path | None, typer.Option("--data", help="Another record: a folder with its tables.", metavar="DIR")] = None,
) -> None:
    """Rate every line of a file at its own day: additional and ordinary duty, each authority, the amount due, and by which acts.

    Example: tariff bulk entries.csv --out rated.csv --from cn --to us
    """
    memory.give_back_at_once()
    try:
        import pyarrow as _  # noqa: F401
    except ImportError:
        raise TariffError("`tariff bulk` needs pyarrow, which is not installed. Install it: pip install 'tariffcli[bulk]'.") from None
    if dates not in (None, "us", "eu"):
        raise UsageError("--dates takes us or eu.")
    from tariffcli.bulk.run import threads_of

    fixed = _pairs(constants or [], "--set")
    for name, flag, text in (("origin", "--from", origin), ("importer", "--to", importer)):
        if text is not None and name in fixed:
            raise UsageError(f"{flag} and --set {name} say the same thing; give one of them.")
        if text is not None:
            fixed[name] = text
    known = parse_day(known_on, "", {"us": True, "eu": False}.get(dates or "")) if known_on is not None else None
    if (audit or refund) and out is None:
        raise UsageError("--audit and --refund need --out FILE: their tables are written beside it, or into the workbook.")
    to = parse_day(interest_to, "", None) if interest_to is not None else None
    flags = {"encoding": encoding, "sheet": sheet, "dates": dates, "known_on": known, "audit": audit, "refund": refund}
    flags |= {"interest_to": to, "payee": payee if refund else None}
    asked = Asked(
        load(data),
        _pairs(columns or [], "--map"),
        fixed,
        [name.strip() for name in outputs.split(",") if name.strip()] if outputs is not None else None,
        {"us": True, "eu": False}.get(dates or ""),
        known,
        encoding,
        sheet,
        threads_of(threads),
        audit,
        refund,
        to,
        payee,
        flags,
    )
    if engine not in ("local", "spark"):
        raise UsageError("--engine takes local or spark.")
    if engine == "spark":
        statuses = _on_spark(asked, source, out, master, force)
        return _end(statuses, strict)
    with _stoppable():
        if Path(source).is_dir():
            from tariffcli.cli.folder import rate_folder

            statuses = rate_folder(asked, Path(source), out, force, resume)
        else:
            statuses = _file(asked, source, out, force)
    _end(statuses, strict)


def _end(statuses: dict[str, int], strict: bool) -> None:
    if strict and set(statuses) - {"complete", "declared"}:
        print("--strict: not every line has one number.", file=sys.stderr)
        raise typer.Exit(4)


def _on_spark(asked: Asked, source: str, out: Path | None, master: str | None, force: bool) -> dict[str, int]:
    """Rate on a cluster; the output is a folder of Parquet files."""
    if asked.audit or asked.refund:
        raise UsageError("--audit and --refund run on one machine; leave --engine spark out.")
    if out is None:
        raise UsageError("--engine spark needs --out FOLDER.")
    from tariffcli.bulk import spark
    from tariffcli.bulk.headers import find_columns

    done = spark.run(
        source,
        str(out),
        asked.record,
        master=master,
        columns=lambda names: find_columns(names, asked.columns),
        constants=asked.constants,
        known_on=asked.known_on,
        month_first=asked.month_first,
        outputs=asked.outputs,
        force=force,
    )
    _tell_plan(done.plan)
    counts = ", ".join(f"{many:,} {status}" for status, many in sorted(done.statuses.items(), key=lambda item: -item[1]))
    print(f"{done.lines:,} lines in {done.files} files: {counts}", file=sys.stderr)
    for reason, many in done.bad[:5]:
        print(f"  {many:,} times: {reason}", file=sys.stderr)
    return dict(done.statuses)


def _pairs(words: list[str], flag: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name.strip() or not value.strip():
            raise UsageError(f"{flag} takes MEANING=NAME, for example {flag} {'hs=HTS' if flag == '--map' else 'claim=donation'}.")
        found[name.strip().replace("-", "_")] = value.strip().strip('"')
    return found


@contextmanager
def _stoppable() -> Generator[None, None, None]:
    """A request to end is answered as Ctrl-C is: nothing half written stays."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _file(asked: Asked, source: str, out: Path | None, force: bool) -> dict[str, int]:
    from tariffcli.bulk.kept import keep_classes, open_classes
    from tariffcli.bulk.run import kind_for

    path = None if source == "-" else Path(source)
    if out is not None:
        files.check_free(out, force)
        kind_for(out)
        if path is not None and out.exists() and path.exists() and out.samefile(path):
            raise UsageError("The output is the input; give another name. The input is never written to.")
    classes = open_classes(asked.record, asked.known_on)
    part = rate_one(asked, classes, path, out, print_plan=True)
    keep_classes(classes)
    return part.statuses


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
    from tariffcli.bulk import manifest, run, tasks
    from tariffcli.bulk.plan import Plan
    from tariffcli.bulk.rating import Rater
    from tariffcli.bulk.sinks import write_reports
    from tariffcli.bulk.sources import Options, open_source
    from tariffcli.bulk.whole import Part

    source = open_source(path, Options(asked.encoding, asked.sheet, asked.columns))
    found = _columns(asked, source)
    columns = {meaning: name for meaning, name in found.asked.items() if meaning not in asked.constants}
    plan = Plan(columns, asked.constants, asked.month_first, False, asked.outputs, asked.known_on)
    plan, source = run.settle_stream(plan, source)
    if print_plan:
        _tell_plan(plan)
    given = manifest.conditions(asked.record, plan, f"tariffcli {__version__}", asked.flags)
    digest = manifest.hash_of(path) if path is not None and out is not None else ""
    if resume and out is not None and out.exists():
        return _done_before(asked, out, given, digest)
    begin()
    rater = Rater(asked.record, plan, classes)
    rater.reader.check_constants()
    task = tasks.rating(rater)
    if asked.audit or asked.refund or found.several:
        if found.several and not (asked.audit or asked.refund):
            print("several rows a line (ES-003): each line is rated once and held against its rows, as with --audit", file=sys.stderr)
        audit = asked.audit or not asked.refund
        task = tasks.auditing(rater, found.filed, found.several, audit, asked.refund, asked.interest_to, asked.payee)
    with _progress(source.name) as progress:
        summary = run.run(run.Job(source, plan, task, out, run.kind_for(out), asked.threads, progress))
    left_out = len(source.skipped) + task.left_out()
    tables = task.tables()
    if out is not None:
        for report in write_reports(out, [table.rounded() for table in tables]):
            print(f"wrote {report}", file=sys.stderr)
        told = manifest.manifest(given, source.name, digest, summary.lines, summary.statuses, summary.bad, left_out)
        manifest.write_manifest(out, {**told, "sums": manifest.sealed(tables)} if tables else told)
    _tell_summary(summary, source.skipped, left_out)
    return Part(source.name, digest, dict(summary.statuses), tables)


def _columns(asked: Asked, source: Any) -> Any:
    """What the columns of a file mean. What only an audit asks is looked for where one could be."""
    from tariffcli.bulk import tasks
    from tariffcli.bulk.headers import find_columns, fold
    from tariffcli.bulk.sources import first_of

    entries = any("entry" in fold(name) for name in source.names) or asked.audit or asked.refund or set(asked.columns) - set(tasks.MEANINGS)
    if not entries:
        return tasks.Columns(find_columns(source.names, asked.columns), {}, False)
    return tasks.read_columns(source.names, asked.columns, lambda: first_of(source))


def _done_before(asked: Asked, out: Path, given: dict[str, Any], digest: str) -> Part:
    """What the manifest of a part says that is done; refused where it was made of another input, record or with other flags.

    Its tables that are not there are written again.
    """
    from tariffcli.bulk import manifest, sinks
    from tariffcli.bulk.whole import Part

    before = manifest.read_manifest(out)
    if before is None:
        raise UsageError(f"{out} has no manifest, so that nobody can say how it was made; remove it, or use --force.")
    for name in ("record", "plan", "flags", "program"):
        if before.get(name) != given[name]:
            raise UsageError(f"{out} was made with another {name}; use the same, another folder, or --force.")
    if before.get("input", {}).get("sha256") != digest:
        raise UsageError(f"{out} was made of another input; remove it, or use --force.")
    print(f"{out.name}: done before", file=sys.stderr)
    tables = manifest.unsealed(out, before) if asked.audit or asked.refund else []
    gone = [table.rounded() for table in tables if not sinks.beside(out, table).exists()]
    for report in sinks.write_reports(out, gone):
        print(f"wrote {report}", file=sys.stderr)
    return Part(out.name, digest, dict(before.get("statuses", {})), tables)


def _tell_plan(plan: Any) -> None:
    """Say which column was read as what."""
    read = [f'{meaning}="{name}"' for meaning, name in plan.columns.items()]
    read += [f"{meaning}={text} (every line)" for meaning, text in plan.constants.items()]
    print(f"columns: {', '.join(read)}", file=sys.stderr)
    if plan.restore_zeros:
        print("codes of an odd length are read with the leading zero that a spreadsheet ate: none of the column has one", file=sys.stderr)
    if plan.month_first is not None:
        print(f"slashed days are read {'month' if plan.month_first else 'day'} first", file=sys.stderr)


def _tell_summary(summary: Any, skipped: list[str], left_out: int) -> None:
    counts = ", ".join(f"{many:,} {status}" for status, many in sorted(summary.statuses.items(), key=lambda item: -item[1]))
    print(f"{summary.lines:,} lines: {counts or 'none'}", file=sys.stderr)
    for line, reason in summary.bad:
        print(f"  line {line}: {reason}", file=sys.stderr)
    if left_out:
        first = f"; the first: {skipped[0]}" if skipped else " (footers, blank rows, headers again)"
        print(f"{left_out:,} rows left out, which are no lines{first}", file=sys.stderr)


@contextmanager
def _progress(name: str) -> Generator[Callable[[int, float], None] | None, None, None]:
    """A line on the terminal with lines done, their rate and the time left; silent where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[lines]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=1.0, lines="")

        def tell(lines: int, done: float) -> None:
            elapsed = bar.tasks[0].elapsed or 0
            speed = f", {lines / elapsed:,.0f} a second" if elapsed else ""
            bar.update(task, completed=done, lines=f"{lines:,} lines{speed}")

        yield tell
