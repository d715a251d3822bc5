"""`tariff average`: mean duties over a user's own weights, by day or month."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date as Day
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from tariffcli.book.load import Record
from tariffcli.book.words import clean
from tariffcli.cli.ask import (
    countries,
    find,
    known_day,
    open_record,
    read_day,
    read_facts,
    read_ordinary_duty,
)
from tariffcli.cli.options import bundled
from tariffcli.cli.output import Output, Rows, output_of
from tariffcli.cli.request import Common, Pair, TypedFacts
from tariffcli.errors import TariffError, UsageError
from tariffcli.law.engine import answer_case, open_case
from tariffcli.law.instants import end_of_day
from tariffcli.law.model import Product, Query
from tariffcli.law.products import GENERAL, digits_of
from tariffcli.show import means
from tariffcli.show.means import Averaged, Notes, Period

if TYPE_CHECKING:
    from tariffcli.bulk.means.average import Left, Mean

ABOUT_THE_FILE = ("code_cut", "nested", "mapped", "columns")
"""Notes on how the file was read, which go to stderr if the output has no place for them."""


class TypedPeriod(NamedTuple):
    """The flags that name the period, as they were typed."""

    date: str | None
    since: str | None
    until: str | None
    every: str | None


class File(NamedTuple):
    """The file of weights, and what the flags say of how it is read."""

    path: Path
    mapping: dict[str, str]
    sheet: str | None
    encoding: str | None

    @property
    def name(self) -> str:
        """The name of the file as we print it."""
        return clean(self.path.name, 60)


def register(app: typer.Typer, name: str) -> None:
    """Add the command."""
    app.command(name)(bundled(average))


def average(
    pair: Pair,
    entry: TypedFacts,
    common: Common,
    weights: Annotated[
        Path,
        typer.Option(
            "--weights",
            "-w",
            help="CSV, TSV, XLSX or Parquet: a code and a value a row.",
            metavar="FILE",
        ),
    ],
    date: Annotated[
        str | None,
        typer.Option("--date", "-d", help="A day, as of its end; default today.", metavar="DAY"),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="First day of a period.", metavar="DAY")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", help="Last day of a period; default today.", metavar="DAY"),
    ] = None,
    every: Annotated[
        Literal["day", "month"] | None,
        typer.Option("--every", help="A row a day, or a row a month (mean over its days)."),
    ] = None,
    mfn_in: Annotated[
        bool,
        typer.Option(
            "--mfn-in/--mfn-out", help="With or without the ordinary duty; without by default."
        ),
    ] = False,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map", help="Which column is which, where names do not tell.", metavar="code=COLUMN"
        ),
    ] = None,
    sheet: Annotated[
        str | None,
        typer.Option("--sheet", help="The sheet of a workbook that has several.", metavar="NAME"),
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option(
            "--encoding", help="Of a text file, where it is read wrongly.", metavar="NAME"
        ),
    ] = None,
) -> int:
    """Mean duties over your own weights: weighted by value, and simple (each code once).

    Each code is answered alone, as `tariff rate --hs` answers it. Equal codes add up.

    A code whose answer is a range counts with its least and its greatest.

    Codes without an answer are left out, counted and named.

    Example: tariff average --weights seeds/weights.csv --from cn --to us --date 2025-06-05
    """
    output = output_of(common)
    _check_not_the_weights(weights, common.out)
    record = open_record(common)
    origin, importer = countries(record, pair)
    zone = record.zones.get(importer, "UTC")

    def read(text: str) -> str:
        return read_day(record, common, text, importer)

    period = _period(TypedPeriod(date, since, until, every), read)
    product, notes = _product(record, importer, pair, period)
    query = Query(
        importer=importer,
        origin=origin,
        instant=end_of_day(period.last, zone),
        known_on=known_day(common),
        product=product,
        facts=read_facts(record, common, entry, zone),
        mfn_pct=read_ordinary_duty(entry),
        whole_day=True,
    )
    file = File(weights, _mapping(columns), sheet, encoding)
    averaged = _averaged(record, query, period, file, mfn_in)
    return _print(output, record, averaged._replace(notes=(*notes, *averaged.notes)))


def _averaged(
    record: Record, query: Query, period: Period, file: File, with_ordinary: bool
) -> Averaged:
    """The means of a period. Raises TariffError where a package that they need is missing."""
    try:
        from tariffcli.bulk.classes.classes import FactSet
        from tariffcli.bulk.classes.store import keep_classes
        from tariffcli.bulk.files.small import read_small
        from tariffcli.bulk.frame import kept_classes
        from tariffcli.bulk.means.average import Averager, by_month
        from tariffcli.bulk.means.reach import reach_of
        from tariffcli.bulk.means.weights import read_weights
    except ImportError as error:
        raise TariffError(
            f"`tariff average` needs extra packages ({error.name} is missing). "
            "You can install them: pip install 'tariffcli[bulk]'."
        ) from None
    table = read_small(file.path, file.sheet, file.encoding)
    weights = read_weights(table, file.mapping, file.name)
    classes = kept_classes(record, query.known_on)
    averager = Averager(
        classes,
        query.importer,
        query.origin,
        weights,
        entry=FactSet(tuple(sorted(query.facts.items())), query.mfn_pct),
        reach=reach_of(record, query.importer, query.product),
        with_ordinary=with_ordinary,
    )
    days = averager.on_days(period.first, period.last)
    keep_classes(classes)
    averages = by_month(days) if period.every == "month" else days
    return Averaged(
        query=query,
        period=period,
        file=file.name,
        weights=weights,
        averager=averager,
        means=averages,
        left_out=averager.left_out(period.last),
        notes=means.notes_on_means(weights, averager, period.last, averages),
    )


def _print(output: Output, record: Record, averaged: Averaged) -> int:
    """Print the means as they were asked for, and give the exit code."""
    outside = _outside(record, averaged)
    if outside is None:
        caveats = means.caveats(record, averaged.query, averaged.averager.moments)
        averaged = averaged._replace(notes=(*averaged.notes, *caveats))
    answer = means.document(record, averaged, outside)
    left_out = averaged.left_out
    output.tell_aside([note for note in averaged.notes if note[0] in ABOUT_THE_FILE])
    output.tell_aside(means.left_note(left) for left in left_out)
    output.emit(
        plain=lambda: map(means.plain, averaged.means),
        document=lambda: answer,
        rows=lambda: Rows(means.flat(record, answer)),
        draw=lambda to: means.draw(to, answer, averaged.means),
    )
    return output.finish(outside, _unsure(averaged.means, left_out))


def _unsure(averages: Sequence[Mean], left_out: Sequence[Left]) -> str | None:
    """What `--strict` says of means that are not exact; None if they are."""
    if any(mean.weighted.one is None or mean.simple.one is None for mean in averages):
        return "some of these means are not one number."
    return "codes were left out of the means." if left_out else None


def _check_not_the_weights(weights: Path, out: Path | None) -> None:
    """Raise UsageError if the output would replace the file of the weights."""
    try:
        same = out is not None and out.exists() and out.samefile(weights)
    except OSError:
        same = False
    if same:
        raise UsageError(
            f"--out is the file of the weights, {clean(str(out), 80)}; give another name."
        )


def _period(typed: TypedPeriod, read: Callable[[str], str]) -> Period:
    """The days that flags name. Raises UsageError where they contradict each other."""
    date, since, until, every = typed
    if since is None:
        if until is not None or every is not None:
            flag = "--until" if until is not None else "--every"
            raise UsageError(f"{flag} needs --since, the first day of the period.")
        day = read("today" if date is None else date)
        return Period(day, day, "day")
    if date is not None:
        raise UsageError("You can give --date (a day) or --since (a period), but not both.")
    first, last = read(since), read(until or "today")
    if Day.fromisoformat(last) < Day.fromisoformat(first):
        raise UsageError(
            f"--until {last} is before --since {first}; give a later day, or exchange the two."
        )
    return Period(first, last, every or "day")


def _product(record: Record, importer: str, pair: Pair, period: Period) -> tuple[Product, Notes]:
    """The group of products, with notes.

    A code stands for all codes of the file that begin with it, whether or not it is itself a code
    of the tariff.
    """
    text = pair.hs if pair.hs is not None else pair.product
    code = digits_of(text) if text is not None else None
    only_one = pair.hs is None or pair.product is None
    if code is not None and only_one and 2 <= len(code) <= 10:
        return Product("code", code, f"codes that begin with {code}", (code,)), ()
    zone = record.zones.get(importer, "UTC")
    try:
        product, notes = find(record, importer, pair, end_of_day(period.last, zone))
    except UsageError:
        product, notes = find(record, importer, pair, end_of_day(period.first, zone))
    if text is not None and product.kind == "general" and importer in record.zones:
        raise UsageError(
            f"'{clean(text)}' names no codes. You can leave --product out to take every code of "
            "the file."
        )
    return product, notes


def _mapping(typed: Sequence[str] | None) -> dict[str, str]:
    """The columns that `--map` names. Raises UsageError."""
    columns: dict[str, str] = {}
    for text in typed or ():
        meaning, equals, name = text.partition("=")
        meaning = meaning.strip().lower()
        if not equals or meaning not in ("code", "value") or meaning in columns:
            raise UsageError(
                f"--map takes code=COLUMN or value=COLUMN, each once, not '{clean(text)}'."
            )
        columns[meaning] = name
    return columns


def _outside(record: Record, averaged: Averaged) -> str | None:
    """Why the record does not vouch for some of the days; None if it vouches for all."""
    if not any(mean.status == "outside_coverage" for mean in averaged.means):
        return None
    query, period = averaged.query, averaged.period
    docket = open_case(record, query.importer, query.origin)
    zone = record.zones.get(query.importer, "UTC")
    for day in (period.first, period.last):
        general = query._replace(product=GENERAL, instant=end_of_day(day, zone))
        answer = answer_case(docket, general)
        if answer.status == "outside_coverage":
            return answer.reason
    return "a day of the period is not covered"
