"""`tariff export`: the record and its answers as CSV or JSON.

Names of columns say their units, and countries stand in three codes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal

import typer

from tariffcli.book.load import Record
from tariffcli.book.words import clean
from tariffcli.cli.ask import countries, open_record
from tariffcli.cli.history import FIRST, json_when_outside, read_course, steps_of
from tariffcli.cli.look import EventFilter, event_rows, statement_rows
from tariffcli.cli.options import bundled
from tariffcli.cli.output import Output, Rows, no_view, output_of, tell
from tariffcli.cli.request import Common, Pair, Request, TypedFacts
from tariffcli.errors import UsageError
from tariffcli.law.history import DayRate, Step, by_day
from tariffcli.law.instants import end_of_day
from tariffcli.law.model import Query
from tariffcli.show import listing
from tariffcli.show.figures import number
from tariffcli.show.history import Course, layer_columns, step_row

Bom = Annotated[bool, typer.Option("--bom", help="A byte order mark, so that Excel reads Chinese.")]
Dictionary = Annotated[
    bool,
    typer.Option("--dictionary", help="The meaning of the columns instead of the rows."),
]
Since = Annotated[str, typer.Option("--since", help="First day.", metavar="DAY")]
Until = Annotated[str, typer.Option("--until", help="Last day.", metavar="DAY")]

Product = tuple[str | None, str | None]
"""What `--product` and `--hs` name; one of them is None."""


def register(app: typer.Typer, name: str) -> None:
    """Add the group of commands."""
    group = typer.Typer(
        help="CSV or JSON files of the record and of its answers.", no_args_is_help=True
    )
    for kind, function in (
        ("history", export_history),
        ("rates", export_rates),
        ("events", export_events),
        ("sources", export_sources),
        ("statements", export_statements),
        ("coverage", export_coverage),
        ("products", export_products),
    ):
        group.command(kind)(bundled(function))
    app.add_typer(group, name=name)


def export_history(
    pair: Pair,
    entry: TypedFacts,
    common: Common,
    since: Since = FIRST,
    until: Until = "today",
    layers: bool = False,
    bom: Bom = False,
    dictionary: Dictionary = False,
) -> int:
    """The step function of one pair and product, one row a change.

    Example: tariff export history --from us --to cn --since 2025-01-01
    """
    output = _output(common)
    record = open_record(common)
    course = read_course(record, common, pair, since, until)
    with json_when_outside(output, {"rows": []}):
        question, steps = steps_of(record, Request(common, pair, entry), course)
    tell(question.notes)
    rows: list[dict[str, Any]] = []
    for index, step in enumerate(steps):
        row = _ids(record, question.query) | _step_row(record, course, steps, index)
        if layers:
            row |= layer_columns(step)
        rows.append({**row, "fingerprint": record.fingerprint})
    return _emit(output, rows, bom, dictionary)


def _ids(record: Record, query: Query) -> dict[str, Any]:
    return {
        **listing.country_columns(record, "importer", query.importer),
        **listing.country_columns(record, "origin", query.origin),
        "product": query.product.id,
    }


def _step_row(record: Record, course: Course, steps: Sequence[Step], index: int) -> dict[str, Any]:
    zone = record.zones[course.importer]
    row = step_row(steps, index, end_of_day(course.last, zone), zone)
    answer = steps[index].answer
    row["since"] = row.pop("since_iso")
    row["additional_pct"] = number(answer.additional_pct if answer else None)
    return row


def export_rates(
    common: Common,
    entry: TypedFacts,
    pairs: Annotated[
        list[str] | None,
        typer.Option(
            "--pair",
            help="ORIGIN:IMPORTER, repeatable; default both directions of the record's core.",
            metavar="US:CN",
        ),
    ] = None,
    products: Annotated[
        list[str] | None,
        typer.Option("--product", "-p", help="Repeatable; default general.", metavar="PRODUCT"),
    ] = None,
    codes: Annotated[
        list[str] | None,
        typer.Option(
            "--hs",
            help="A tariff code of 2 to 10 digits. Repeatable, beside --product.",
            metavar="CODE",
        ),
    ] = None,
    since: Since = "2025-01-01",
    until: Until = "today",
    every: Annotated[
        Literal["day", "month"],
        typer.Option("--every", help="A row a day, or a row a month (mean over its days)."),
    ] = "day",
    bom: Bom = False,
    dictionary: Dictionary = False,
) -> int:
    """The panel: the additional duty of chosen pairs and products, day by day or as the mean over
    each month's days.

    Example: tariff export rates --pair us:cn --pair cn:us --since 2025-04-01 --until 2025-05-31
    """
    output = _output(common)
    record = open_record(common)
    rows: list[dict[str, Any]] = []
    with json_when_outside(output, {"rows": []}):
        for origin, importer in _pairs(record, pairs):
            for product, code in _products(products, codes):
                pair = Pair(origin, importer, product, code)
                course = read_course(record, common, pair, since, until)
                rows += _panel(record, Request(common, pair, entry), course, every)
    return _emit(output, rows, bom, dictionary)


def _pairs(record: Record, typed: Sequence[str] | None) -> list[tuple[str, str]]:
    """The origin and the importer of each block of the panel; by default the record's core."""
    if not typed:
        core = [
            (name, row.importer)
            for row in record.coverage
            if row.programme == "*"
            for name in row.origin.named[:1]
        ]
        return list(dict.fromkeys(core))
    pairs: list[tuple[str, str]] = []
    for text in typed:
        origin, colon, importer = text.partition(":")
        if not colon:
            raise UsageError(
                f"--pair takes ORIGIN:IMPORTER, for example us:cn, not '{clean(text)}'."
            )
        pairs.append(countries(record, Pair(origin, importer)))
    return pairs


def _products(products: Sequence[str] | None, codes: Sequence[str] | None) -> list[Product]:
    """The products of the panel as they were typed; goods in general where none was."""
    typed: list[Product] = [(product, None) for product in products or ()]
    typed += [(None, code) for code in codes or ()]
    return typed or [("general", None)]


def _panel(
    record: Record, request: Request, course: Course, every: str
) -> Iterator[dict[str, Any]]:
    question, steps = steps_of(record, request, course)
    tell(question.notes)
    ids = _ids(record, question.query)
    days = by_day(steps, course.first, course.last, record.zones[course.importer])
    for label, count, low, high in monthly(days) if every == "month" else _daily(days):
        yield {
            ("month" if every == "month" else "date"): label,
            **ids,
            "additional_pct": number(low) if low == high else None,
            "additional_min_pct": number(low),
            "additional_max_pct": number(high),
            **({"days": count} if every == "month" else {}),
            "fingerprint": record.fingerprint,
        }


Figures = tuple[str, int, Decimal | None, Decimal | None]
"""A day or month, its number of days, and the least and the greatest duty (or their means)."""


def _daily(days: Iterable[DayRate]) -> Iterator[Figures]:
    return ((day.day, 1, day.min_pct, day.max_pct) for day in days)


def monthly(days: Iterable[DayRate]) -> Iterator[Figures]:
    """The means of each month. A mean is None if a day of the month has no figure."""
    months: dict[str, list[DayRate]] = {}
    for day in days:
        months.setdefault(day.day[:7], []).append(day)
    for month, rates in months.items():
        lows, highs = [day.min_pct for day in rates], [day.max_pct for day in rates]
        yield month, len(rates), _mean(lows), _mean(highs)


def _mean(values: Sequence[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    return round(sum(known, Decimal(0)) / len(known), 4)


def export_events(
    common: Common,
    importer: Annotated[
        str | None, typer.Option("--to", help="Importer.", metavar="COUNTRY")
    ] = None,
    origin: Annotated[
        str | None, typer.Option("--from", help="Origin reached.", metavar="COUNTRY")
    ] = None,
    bom: Bom = False,
    dictionary: Dictionary = False,
) -> int:
    """Every act in the record.

    Example: tariff export events --to cn
    """
    output = _output(common)
    record = open_record(common)
    rows = event_rows(record, common, EventFilter(importer=importer, origin=origin))
    exact = {
        event.id: listing.event_row(record, event)
        for importer_code in record.events
        for event in record.events[importer_code]
    }
    rows = [{**exact[row["id"]], "fingerprint": record.fingerprint} for row in rows]
    return _emit(output, rows, bom, dictionary)


def export_sources(common: Common, bom: Bom = False, dictionary: Dictionary = False) -> int:
    """Every document behind the record."""
    output = _output(common)
    record = open_record(common)
    rows = [listing.source_row(source) for source in record.sources.values()]
    return _emit(output, rows, bom, dictionary)


def export_statements(common: Common, bom: Bom = False, dictionary: Dictionary = False) -> int:
    """The talks ledger."""
    output = _output(common)
    return _emit(output, statement_rows(open_record(common), common), bom, dictionary)


def export_coverage(common: Common, bom: Bom = False, dictionary: Dictionary = False) -> int:
    """What the record vouches for."""
    output = _output(common)
    record = open_record(common)
    rows = [listing.coverage_row(record, row) for row in record.coverage]
    return _emit(output, rows, bom, dictionary)


def export_products(common: Common, bom: Bom = False, dictionary: Dictionary = False) -> int:
    """Every product word with its codes."""
    output = _output(common)
    record = open_record(common)
    categories = (row for rows in record.categories.values() for row in rows)
    rows = [listing.category_row(record, row) for row in categories]
    return _emit(output, rows, bom, dictionary)


def _output(common: Common) -> Output:
    return output_of(common, table_as="csv")


def _emit(output: Output, rows: Sequence[Mapping[str, Any]], bom: bool, dictionary: bool) -> int:
    """Write rows as CSV or JSON; gives the exit code.

    Raises UsageError for a format that has no meaning for a file of rows.
    """
    sure = all(row.get("additional_pct", 0) is not None for row in rows)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if dictionary:
        rows = [{"column": name, "meaning": _meaning(name)} for name in columns]
        columns = ["column", "meaning"]
        sure = True
    output.emit(
        plain=_no_plain,
        document=lambda: {"rows": [dict(row) for row in rows]},
        rows=lambda: Rows(rows, columns, bom),
        draw=no_view,
    )
    return output.finish(unsure=None if sure else "some of these rows are not one number.")


def _no_plain() -> list[str]:
    raise UsageError("export writes csv or json; plain is for one number.")


def _meaning(column: str) -> str:
    meaning = listing.DICTIONARY.get(column)
    if meaning:
        return meaning
    if "-" in column:
        return "what this programme charges, per cent of customs value"
    return "as in the record's dictionary"
