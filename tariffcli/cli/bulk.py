"""`tariff bulk`: a whole file of entry lines, each rated at its own day."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tariffcli import files
from tariffcli.book.load import load
from tariffcli.bulk import memory
from tariffcli.cli.options import file_of
from tariffcli.cli.start import PipeClosed
from tariffcli.clock import today
from tariffcli.errors import TariffError, UsageError
from tariffcli.law.instants import parse_day

if TYPE_CHECKING:
    from tariffcli.bulk.job import Settings


def register(app: typer.Typer, name: str) -> None:
    """Add the command."""
    app.command(name)(bulk)


def bulk(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="A CSV, TSV, XLSX or Parquet file, a folder of them, or - for stdin.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="The output, by its name CSV, TSV, XLSX or Parquet; a folder for a folder. "
            "Default: stdout, as -.",
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help='What a column means: --map hs="HTS Number". Repeatable.',
            metavar="MEANING=COLUMN",
        ),
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option("--from", help="Country of origin of every line.", metavar="COUNTRY"),
    ] = None,
    importer: Annotated[
        str | None, typer.Option("--to", help="The importer of every line.", metavar="COUNTRY")
    ] = None,
    constants: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="What holds for every line: --set claim=donation. Repeatable.",
            metavar="MEANING=VALUE",
        ),
    ] = None,
    outputs: Annotated[
        str | None,
        typer.Option(
            "--columns",
            help="Which columns to add, joined with commas; default all.",
            metavar="NAMES",
        ),
    ] = None,
    known_on: Annotated[
        str | None,
        typer.Option("--known-on", help="As announced by the end of this day.", metavar="DAY"),
    ] = None,
    dates: Annotated[
        str | None,
        typer.Option("--dates", help="How to read 04/05/2025: us or eu.", metavar="us|eu"),
    ] = None,
    sheet: Annotated[
        str | None,
        typer.Option("--sheet", help="Sheet of a workbook; default the first.", metavar="NAME"),
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="Encoding of a text file.", metavar="NAME")
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option("--threads", help="Threads that rate; default one a processor.", metavar="N"),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Resume a folder: skip files that are already done."),
    ] = False,
    audit: Annotated[
        bool,
        typer.Option(
            "--audit", help="Hold each line against what was paid, and say why they differ."
        ),
    ] = False,
    refund: Annotated[
        bool,
        typer.Option("--refund", help="Sum what was charged under programmes that are refunded."),
    ] = False,
    interest_to: Annotated[
        str | None,
        typer.Option(
            "--interest-to", help="With --refund: estimate interest to this day.", metavar="DAY"
        ),
    ] = None,
    payee: Annotated[
        str, typer.Option("--payee", help="With --refund: corporation or other.")
    ] = "corporation",
    engine: Annotated[str, typer.Option("--engine", help="local, or spark.")] = "local",
    master: Annotated[
        str | None,
        typer.Option(
            "--master", help="With --engine spark: the address of the cluster.", metavar="URL"
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Exit with 4 if any line does not have a single rate, "
            "or a row is left out for its shape.",
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Another record: a folder with its tables.", metavar="DIR"),
    ] = None,
) -> None:
    """Rate every line of a file at its own day: additional and ordinary duty, each authority, the
    amount due, and by which acts.

    Example: tariff bulk entries.csv --out rated.csv --from cn --to us
    """
    memory.give_back_at_once()
    out = file_of(out)
    _need_pyarrow()
    if dates not in (None, "us", "eu"):
        raise UsageError("--dates takes us or eu.")
    from tariffcli.bulk.files.run import threads_of
    from tariffcli.bulk.job import Settings

    fixed = _pairs(constants or [], "--set")
    for name, flag, text in (("origin", "--from", origin), ("importer", "--to", importer)):
        if text is not None and name in fixed:
            raise UsageError(f"{flag} and --set {name} say the same thing; give one of them.")
        if text is not None:
            fixed[name] = text
    month_first = {"us": True, "eu": False}.get(dates or "")
    known = parse_day(known_on, today("UTC"), month_first) if known_on is not None else None
    if (audit or refund) and out is None:
        raise UsageError(
            "--audit and --refund need --out FILE: their tables are written beside it, or into "
            "the workbook."
        )
    to = parse_day(interest_to, today("UTC"), month_first) if interest_to is not None else None
    settings = Settings(
        record=load(data),
        columns=_pairs(columns or [], "--map"),
        constants=fixed,
        outputs=[name.strip() for name in outputs.split(",") if name.strip()]
        if outputs is not None
        else None,
        month_first=month_first,
        known_on=known,
        encoding=encoding,
        sheet=sheet,
        threads=threads_of(threads),
        audit=audit,
        refund=refund,
        interest_to=to,
        payee=payee,
    )
    if engine not in ("local", "spark"):
        raise UsageError("--engine takes local or spark.")
    if engine == "spark":
        return _end(_on_spark(settings, source, out, master, force), 0, strict)
    with _stoppable():
        statuses, misshapen = _on_this_machine(settings, source, out, force, resume)
    _end(statuses, misshapen, strict)


def _on_this_machine(
    settings: Settings, source: str, out: Path | None, force: bool, resume: bool
) -> tuple[dict[str, int], int]:
    """The lines of a file or a folder by status, and how many rows were left out for their
    shape."""
    from tariffcli.bulk import job

    if Path(source).is_dir():
        if out is None:
            raise UsageError("A folder of parts needs a folder: --out FOLDER.")
        folder = job.rate_folder(
            settings, Path(source), out, force=force, resume=resume, say=_say, progress=_progress
        )
        return folder.statuses, folder.misshapen
    if out is not None:
        files.check_free(out, force)
    try:
        file = job.rate_file(
            settings,
            None if source == "-" else Path(source),
            out,
            force=force,
            say=_say,
            progress=_progress,
        )
    except BrokenPipeError:
        raise PipeClosed from None
    return file.part.statuses, file.part.misshapen


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _end(statuses: dict[str, int], misshapen: int, strict: bool) -> None:
    if strict and misshapen:
        print(
            f"--strict: {misshapen:,} rows have more or fewer cells than the header, and were "
            "left out.",
            file=sys.stderr,
        )
        raise typer.Exit(4)
    if strict and set(statuses) - {"complete", "declared"}:
        print("--strict: not every line has one number.", file=sys.stderr)
        raise typer.Exit(4)


def _on_spark(
    settings: Settings, source: str, out: Path | None, master: str | None, force: bool
) -> dict[str, int]:
    """Rate on a cluster; the output is a folder of Parquet files."""
    if settings.audit or settings.refund:
        raise UsageError("--audit and --refund run on one machine; leave --engine spark out.")
    if out is None:
        raise UsageError("--engine spark needs --out FOLDER.")
    from tariffcli.bulk.cells.headers import find_columns
    from tariffcli.bulk.job import counts_of, describe_plan
    from tariffcli.bulk.spark import driver

    done = driver.run(
        source,
        str(out),
        settings.record,
        master=master,
        columns=lambda names: find_columns(names, settings.columns),
        constants=settings.constants,
        known_on=settings.known_on,
        month_first=settings.month_first,
        outputs=settings.outputs,
        force=force,
        threads=settings.threads,
    )
    describe_plan(done.plan, _say)
    _say(f"{done.lines:,} lines in {done.files} files: {counts_of(done.statuses)}")
    for reason, count in done.bad[:5]:
        _say(f"  {count:,} times: {reason}")
    return dict(done.statuses)


def _need_pyarrow() -> None:
    try:
        import pyarrow as _  # noqa: F401
    except ImportError:
        raise TariffError(
            "`tariff bulk` needs pyarrow, which is not installed. Install it: pip install "
            "'tariffcli[bulk]'."
        ) from None


def _pairs(words: list[str], flag: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name.strip() or not value.strip():
            raise UsageError(
                f"{flag} takes MEANING=NAME, for example {flag} "
                f"{'hs=HTS' if flag == '--map' else 'claim=donation'}."
            )
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


@contextmanager
def _progress(name: str) -> Generator[Callable[[int, float], None] | None, None, None]:
    """A line on the terminal with lines done, their rate and the time left; silent where stderr is
    no terminal."""
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

        def show(lines: int, done: float) -> None:
            elapsed = bar.tasks[0].elapsed or 0
            speed = f", {lines / elapsed:,.0f} a second" if elapsed else ""
            bar.update(task, completed=done, lines=f"{lines:,} lines{speed}")

        yield show
