"""`tariff export`: the record and its answers as CSV or JSON, units in column names, countries in three codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import typer

from tariffcli.book.load import Record
from tariffcli.book.words import clean
from tariffcli.cli.ask import countries, open_record, read_day
from tariffcli.cli.history import FIRST, json_when_outside, layer_columns, step_row, steps_of
from tariffcli.cli.look import event_rows, statement_rows
from tariffcli.cli.options import bundled
from tariffcli.cli.typed import Common, Pair, TypedFacts
from tariffcli.errors import UsageError
from tariffcli.law.history import by_day
from tariffcli.law.instants import end_of_day
from tariffcli.show import document, files, listing

Bom = Annotated[bool, typer.Option("--bom", help="A byte order mark, so that Excel reads Chinese.")]
Dictionary = Annotated[bool, typer.Option("--dictionary", help="The meaning of the columns instead of the rows.")]
Since = Annotated[str, typer.Option("--since", help="First day.", metavar="DAY")]
Until = Annotated[str, typer.Option("--until", help="Last day.", metavar="DAY")]


def register(app: typer.Typer, name: str) -> None:
    """Add the group of commands."""
    group = typer.Typer(help="CSV or JSON files of the record and of its answers.", no_args_is_help=True)
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
) -> None:
    """The step function of one pair and product, one row a change.

    Example: tariff export history --from us --to cn --since 2025-01-01
    """
    record = open_record(common)
    origin, importer = countries(record, pair)
    first, last = _days(record, common, since, until, importer)
    with json_when_outside(common, {"rows": []}):
        question, _, steps = steps_of(record, common, pair, entry, origin, importer, first, last)
    files.tell(question.notes)
    zone = record.zones[importer]
    ids = {
        **listing.country_columns(record, "importer", importer),
        **listing.country_columns(record, "origin", origin),
        "product": question.query.product.id,
    }
    rows: list[dict[str, Any]] = []
    for index in range(len(steps)):
        row = step_row(steps, index, end_of_day(last, zone), zone)
        row["since"] = row.pop("since_iso")
        row["additional_pct"] = document.number(_one(steps[index].answer))
        rows.append({**ids, **row, **(layer_columns(steps[index]) if layers else {}), "fingerprint": record.fingerprint})
    _emit(rows, common, bom, dictionary)


def _one(answer: Any) -> Decimal | None:
    return answer.additional_pct if answer else None


def export_rates(
    common: Common,
    entry: TypedFacts,
    pairs: Annotated[
        list[str] | None,
        typer.Option("--pair", help="ORIGIN:IMPORTER, repeatable; default both directions of the record's core.", metavar="US:CN"),
    ] = None,
    products: Annotated[list[str] | None, typer.Option("--product", "-p", help="Repeatable; default general.", metavar="PRODUCT")] = None,
    codes: Annotated[
        list[str] | None, typer.Option("--hs", help="A tariff code of 2 to 10 digits. Repeatable, beside --product.", metavar="CODE")
    ] = None,
    since: Since = "2025-01-01",
    until: Until = "today",
    every: Annotated[Literal["day", "month"], typer.Option("--every", help="A row a day, or a row a month (mean over its days).")] = "day",
    bom: Bom = False,
    dictionary: Dictionary = False,
) -> None:
    """The panel: the additional duty of chosen pairs and products, day by day or as the mean over each month's days.

    Example: tariff export rates --pair us:cn --pair cn:us --since 2025-04-01 --until 2025-05-31
    """
    record = open_record(common)
    rows: list[dict[str, Any]] = []
    with json_when_outside(common, {"rows": []}):
        for origin, importer in _pairs(record, pairs):
            first, last = _days(record, common, since, until, importer)
            for product, code in _goods(products, codes):
                rows += _panel(record, common, entry, Pair(origin, importer, product, code), first, last, every)
    _emit(rows, common, bom, dictionary)


def _pairs(record: Record, typed: Sequence[str] | None) -> list[tuple[str, str]]:
    if not typed:
        core = [(name, row.importer) for row in record.coverage if row.programme == "*" for name in row.origin.named[:1]]
        return list(dict.fromkeys(core))
    found: list[tuple[str, str]] = []
    for text in typed:
        origin, colon, importer = text.partition(":")
        if not colon:
            raise UsageError(f"--pair takes ORIGIN:IMPORTER, for example us:cn, not '{clean(text)}'.")
        found.append(countries(record, Pair(origin, importer, None, None)))
    return found


def _goods(products: Sequence[str] | None, codes: Sequence[str] | None) -> list[tuple[str | None, str | None]]:
    """(product, code) of each block of the panel, as typed; goods in general where nothing was."""
    named: list[tuple[str | None, str | None]] = [(product, None) for product in products or ()]
    return [*named, *((None, code) for code in codes or ())] or [("general", None)]


def _panel(record: Record, common: Common, entry: TypedFacts, pair: Pair, first: str, last: str, every: str) -> Iterator[dict[str, Any]]:
    origin, importer = pair.origin, pair.importer
    question, _, steps = steps_of(record, common, pair, entry, origin, importer, first, last)
    files.tell(question.notes)
    ids = {
        **listing.country_columns(record, "importer", importer),
        **listing.country_columns(record, "origin", origin),
        "product": question.query.product.id,
    }
    days = by_day(steps, first, last, record.zones[importer])
    spans: Iterable[tuple[str, int, Decimal | None, Decimal | None]]
    spans = ((one.day, 1, one.min_pct, one.max_pct) for one in days) if every == "day" else monthly(days)
    for label, count, low, high in spans:
        yield {
            ("date" if every == "day" else "month"): label,
            **ids,
            "additional_pct": document.number(low) if low == high else None,
            "additional_min_pct": document.number(low),
            "additional_max_pct": document.number(high),
            **({"days": count} if every == "month" else {}),
            "fingerprint": record.fingerprint,
        }


def monthly(days: Iterable[Any]) -> Iterator[tuple[str, int, Decimal | None, Decimal | None]]:
    """(month, days, mean of the least, mean of the greatest); None for a month with a day that has no figure."""
    months: dict[str, list[Any]] = {}
    for one in days:
        months.setdefault(one.day[:7], []).append(one)
    for month, many in months.items():
        lows, highs = [one.min_pct for one in many], [one.max_pct for one in many]
        yield month, len(many), _mean(lows), _mean(highs)


def _mean(values: Sequence[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return round(sum(known, Decimal(0)) / len(known), 4) if len(known) == len(values) else None


def export_events(
    common: Common,
    importer: Annotated[str | None, typer.Option("--to", help="Importer.", metavar="COUNTRY")] = None,
    origin: Annotated[str | None, typer.Option("--from", help="Origin reached.", metavar="COUNTRY")] = None,
    bom: Bom = False,
    dictionary: Dictionary = False,
) -> None:
    """Every act in the record.

    Example: tariff export events --to cn
    """
    record = open_record(common)
    rows = event_rows(record, common, None, importer, origin, None, None, None, None)
    exact = {event.id: listing.event_row(record, event) for payer in record.events for event in record.events[payer]}
    _emit([{**exact[row["id"]], "fingerprint": record.fingerprint} for row in rows], common, bom, dictionary)


def export_sources(common: Common, bom: Bom = False, dictionary: Dictionary = False) -> None:
    """Every document behind the record."""
    record = open_record(common)
    _emit([listing.source_row(record.sources[name]) for name in record.sources], common, bom, dictionary)


def export_statements(common: Common, bom: Bom = False, dictionary: Dictionary = False) -> None:
    """The talks ledger."""
    record = open_record(common)
    _emit(statement_rows(record, common), common, bom, dictionary)


def export_coverage(common: Common, bom: Bom = False, dictionary: Dictionary = False) -> None:
    """What the record vouches for."""
    record = open_record(common)
    _emit([listing.coverage_row(record, row) for row in record.coverage], common, bom, dictionary)


def export_products(common: Common, bom: Bom = False, dictionary: Dictionary = False) -> None:
    """Every product word with its codes."""
    record = open_record(common)
    _emit([listing.category_row(record, row) for many in record.categories.values() for row in many], common, bom, dictionary)


def _days(record: Record, common: Common, since: str, until: str, importer: str) -> tuple[str, str]:
    first, last = read_day(record, common, since, importer), read_day(record, common, until, importer)
    if date.fromisoformat(last) < date.fromisoformat(first):
        raise UsageError(f"--until {last} is before --since {first}.")
    return first, last


def _emit(rows: Sequence[Mapping[str, Any]], common: Common, bom: bool, dictionary: bool) -> None:
    """Write rows as CSV (the default here) or JSON. Raises UsageError for a format that has no meaning for a file of rows."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if dictionary:
        rows = [{"column": name, "meaning": _meaning(name)} for name in columns]
        columns = ["column", "meaning"]
    if common.format == "json":
        files.write(files.to_json({"rows": [dict(row) for row in rows]}), common.out, common.force)
    elif common.format == "plain":
        raise UsageError("export writes csv or json; plain is for one number.")
    else:
        files.write(files.to_csv(columns, rows, bom), common.out, common.force)
    if common.strict and any(row.get("additional_pct", 0) is None for row in rows):
        typer.echo("--strict: some of these rows are not one number.", err=True)
        raise typer.Exit(4)


def _meaning(column: str) -> str:
    found = listing.DICTIONARY.get(column)
    if found:
        return found
    return "what this programme charges, per cent of customs value" if "-" in column else "as in the record's dictionary"
