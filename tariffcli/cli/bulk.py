"""`tariff bulk`: a whole file of entry lines, each rated at its own day."""

from __future__ import annotations

import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tariffcli.book.load import load
from tariffcli.bulk import memory
from tariffcli.cli.one_file import Asked, rate_one, tell_plan
from tariffcli.cli.options import file_of
from tariffcli.cli.start import PipeClosed
from tariffcli.clock import today
from tariffcli.errors import TariffError, UsageError
from tariffcli.law.instants import parse_day
from tariffcli.show import files


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
            help="The output, by its name CSV, TSV, XLSX or Parquet; a folder for a folder. Default: stdout, as -.",
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
        typer.Option("--resume", help="Go on with a folder: parts that are done are left alone."),
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
            help="Exit 4 when a line has not one number, or a row is left out for its shape.",
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Another record: a folder with its tables.", metavar="DIR"),
    ] = None,
) -> None:
    """Rate every line of a file at its own day: additional and ordinary duty, each authority, the amount due, and by which acts.

    Example: tariff bulk entries.csv --out rated.csv --from cn --to us
    """
    memory.give_back_at_once()
    out = file_of(out)
    try:
        import pyarrow as _  # noqa: F401
    except ImportError:
        raise TariffError(
            "`tariff bulk` needs pyarrow, which is not installed. Install it: pip install 'tariffcli[bulk]'."
        ) from None
    if dates not in (None, "us", "eu"):
        raise UsageError("--dates takes us or eu.")
    from tariffcli.bulk.files.run import threads_of

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
            "--audit and --refund need --out FILE: their tables are written beside it, or into the workbook."
        )
    to = parse_day(interest_to, today("UTC"), month_first) if interest_to is not None else None
    flags = {
        "encoding": encoding,
        "sheet": sheet,
        "dates": dates,
        "known_on": known,
        "audit": audit,
        "refund": refund,
    }
    flags |= {"interest_to": to, "payee": payee if refund else None}
    asked = Asked(
        load(data),
        _pairs(columns or [], "--map"),
        fixed,
        [name.strip() for name in outputs.split(",") if name.strip()]
        if outputs is not None
        else None,
        month_first,
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
        return _end(statuses, 0, strict)
    with _stoppable():
        if Path(source).is_dir():
            from tariffcli.cli.folder import rate_folder

            statuses, misshapen = rate_folder(asked, Path(source), out, force, resume)
        else:
            statuses, misshapen = _file(asked, source, out, force)
    _end(statuses, misshapen, strict)


def _end(statuses: dict[str, int], misshapen: int, strict: bool) -> None:
    if strict and misshapen:
        print(
            f"--strict: {misshapen:,} rows have more or fewer cells than the header, and were left out.",
            file=sys.stderr,
        )
        raise typer.Exit(4)
    if strict and set(statuses) - {"complete", "declared"}:
        print("--strict: not every line has one number.", file=sys.stderr)
        raise typer.Exit(4)


def _on_spark(
    asked: Asked, source: str, out: Path | None, master: str | None, force: bool
) -> dict[str, int]:
    """Rate on a cluster; the output is a folder of Parquet files."""
    if asked.audit or asked.refund:
        raise UsageError("--audit and --refund run on one machine; leave --engine spark out.")
    if out is None:
        raise UsageError("--engine spark needs --out FOLDER.")
    from tariffcli.bulk.cells.headers import find_columns
    from tariffcli.bulk.spark import driver

    done = driver.run(
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
        threads=asked.threads,
    )
    tell_plan(done.plan)
    counts = ", ".join(
        f"{many:,} {status}"
        for status, many in sorted(done.statuses.items(), key=lambda item: -item[1])
    )
    print(f"{done.lines:,} lines in {done.files} files: {counts}", file=sys.stderr)
    for reason, many in done.bad[:5]:
        print(f"  {many:,} times: {reason}", file=sys.stderr)
    return dict(done.statuses)


def _pairs(words: list[str], flag: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name.strip() or not value.strip():
            raise UsageError(
                f"{flag} takes MEANING=NAME, for example {flag} {'hs=HTS' if flag == '--map' else 'claim=donation'}."
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


def _file(asked: Asked, source: str, out: Path | None, force: bool) -> tuple[dict[str, int], int]:
    from tariffcli.bulk.classes.store import keep_classes, open_classes
    from tariffcli.bulk.files.run import kind_for

    path = None if source == "-" else Path(source)
    if out is not None:
        files.check_free(out, force)
        kind_for(out)
        if path is not None and out.exists() and path.exists() and out.samefile(path):
            raise UsageError(
                "The output is the input; give another name. The input is never written to."
            )
    classes = open_classes(asked.record, asked.known_on)
    try:
        part = rate_one(asked, classes, path, out, print_plan=True)
    except BrokenPipeError:
        raise PipeClosed from None
    finally:
        keep_classes(classes)
    return part.statuses, part.misshapen
