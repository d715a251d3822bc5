"""`tariff history`: the step function of a rate, one row a change, with a step chart above it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any

import typer

from tariffcli.book.load import Record
from tariffcli.book.words import clean
from tariffcli.cli.ask import Question, build, countries, find, open_record, read_day
from tariffcli.cli.options import bundled
from tariffcli.cli.typed import Common, Pair, TypedFacts
from tariffcli.errors import OutsideCoverage, UsageError
from tariffcli.law.docket import Docket
from tariffcli.law.engine import CHARGED, answer_case, open_case
from tariffcli.law.history import Step, history
from tariffcli.law.instants import end_of_day, start_of_day, to_iso, to_wall, zone
from tariffcli.law.notes import mappings, supplied_over_time
from tariffcli.show import document, files

FIRST = "2018-01-01"
COLUMNS = {"since": "since", "duty %": "additional_pct", "points": "change_points", "days": "days", "by": "by", "now charges %": "what"}


def register(app: typer.Typer, name: str) -> None:
    """Add the command."""
    app.command(name)(bundled(show_history))


def show_history(
    pair: Pair,
    entry: TypedFacts,
    common: Common,
    since: Annotated[str, typer.Option("--since", help="First day.", metavar="DAY")] = FIRST,
    until: Annotated[str, typer.Option("--until", help="Last day.", metavar="DAY")] = "today",
    layers: Annotated[bool, typer.Option("--layers", help="A column for each programme.")] = False,
    clock: Annotated[
        str, typer.Option("--clock", help="Whose clock to print: importer, origin, utc, or an IANA zone.", metavar="CLOCK")
    ] = "importer",
) -> None:
    """Every change of the additional duty between two days, by how many points and by which act.

    Example: tariff history --from cn --to us --since 2025-01-01
    """
    if common.out is not None:
        files.check_free(common.out, common.force)
    record = open_record(common)
    origin, importer = countries(record, pair)
    first, last = read_day(record, common, since, importer), read_day(record, common, until, importer)
    if last < first:
        raise UsageError(f"--until {last} is before --since {first}.")
    with json_when_outside(common, {"importer": importer, "origin": origin, "since": first, "until": last, "steps": []}):
        question, _, steps = steps_of(record, common, pair, entry, origin, importer, first, last)
    if common.format in ("plain", "csv"):
        files.tell(question.notes)
    name = _clock(record, clock, origin, importer)
    ends = end_of_day(last, record.zones[importer])
    rows = [{**step_row(steps, index, ends, name), **(layer_columns(steps[index]) if layers else {})} for index in range(len(steps))]
    _print(record, question, steps, rows, common, name, first, last)
    if common.strict and any(step.answer is None or step.answer.additional_pct is None for step in steps):
        typer.echo("--strict: some of these steps are not one number.", err=True)
        raise typer.Exit(4)


@contextmanager
def json_when_outside(common: Common, shape: Mapping[str, Any]) -> Generator[None]:
    """Print the promised JSON object, without rows, where what is within turns out to be outside coverage; then fail as before."""
    try:
        yield
    except OutsideCoverage as error:
        if common.format == "json":
            files.write(files.to_json({"status": "outside_coverage", "reason": str(error), **shape}), common.out, common.force)
        raise


def steps_of(
    record: Record, common: Common, pair: Pair, entry: TypedFacts, origin: str, importer: str, first: str, last: str
) -> tuple[Question, Docket, list[Step]]:
    """The question, its docket, and the steps between two days. Raises OutsideCoverage for a pair without record."""
    question = _question(record, common, pair, entry, origin, importer, first, last)
    legal = record.zones.get(importer, "UTC")
    docket = open_case(record, importer, origin)
    begin, end = start_of_day(first, legal), end_of_day(last, legal)
    steps = history(docket, question.query._replace(whole_day=False), begin, end)
    if all(step.answer is not None and step.answer.status == "outside_coverage" for step in steps):
        raise OutsideCoverage(f"{answer_case(docket, question.query).reason}.")
    said = (*mappings(docket, question.query, begin, end), *supplied_over_time(docket, question.query, begin, end))
    return question._replace(notes=(*question.notes, *said)), docket, steps


def _question(record: Record, common: Common, pair: Pair, entry: TypedFacts, origin: str, importer: str, first: str, last: str) -> Question:
    """The question at the last day; a product that is no line then is read as it stood on the first day."""
    bare = build(record, common, pair._replace(product=None, hs=None), entry, origin, importer, last, None)
    if importer not in record.zones:
        return bare
    legal = record.zones[importer]
    try:
        product, notes = find(record, importer, pair, end_of_day(last, legal))
    except UsageError:
        product, notes = find(record, importer, pair, end_of_day(first, legal))
    return bare._replace(query=bare.query._replace(product=product), notes=notes)


def _clock(record: Record, clock: str, origin: str, importer: str) -> str:
    word = clock.strip().lower()
    if word == "importer":
        return record.zones[importer]
    if word == "origin":
        return record.zones.get(origin, "UTC")
    if word == "utc":
        return "UTC"
    if "/" not in clock:
        raise UsageError(f"--clock takes importer, origin, utc or an IANA zone such as Asia/Shanghai, not '{clean(clock)}'.")
    zone(clock)
    return clock


def step_row(steps: list[Step], index: int, end: int, clock: str) -> dict[str, Any]:
    """A step as a row: since when, how much, by how many points, for how many days, by which acts."""
    step = steps[index]
    closes = steps[index + 1].since if index + 1 < len(steps) else end + 1
    answer, before = step.answer, steps[index - 1].answer if index else None
    return {
        "since": to_wall(step.since, clock),
        "since_iso": to_iso(step.since, clock),
        "additional_pct": document.span(answer.min_pct, answer.max_pct) if answer else "no line of the tariff",
        "additional_min_pct": document.number(answer.min_pct) if answer else None,
        "additional_max_pct": document.number(answer.max_pct) if answer else None,
        "change_points": _points(before.additional_pct if before else None, answer.additional_pct if answer else None),
        "days": document.digits(round(Decimal(closes - step.since) / 86400, 2)),
        "by": "; ".join(dict.fromkeys(f"{event.act}" for event in step.events)) or ("" if index else "state at the start"),
        "what": ", ".join(f"{name} {document.span(low, high)}" for name, low, high in step.charges),
        "event_ids": ";".join(event.id for event in step.events),
        "status": answer.status if answer else "no_line",
    }


def layer_columns(step: Step) -> dict[str, str]:
    """What each programme charges in a step, by programme."""
    layers = step.answer.layers if step.answer else ()
    return {layer.programme: document.span(layer.min_pct, layer.max_pct) for layer in layers if layer.role in CHARGED}


def _points(before: Decimal | None, after: Decimal | None) -> int | float | None:
    return document.number(after - before) if before is not None and after is not None else None


def _signed(points: int | float | None) -> str:
    return "" if points is None else f"{points:+g}"


def _print(
    record: Record, question: Question, steps: list[Step], rows: list[dict[str, Any]], common: Common, clock: str, first: str, last: str
) -> None:
    programmes = list(dict.fromkeys(name for row in rows for name in row if name in record.programmes))
    if common.format == "plain":
        files.write("".join(f"{row['since_iso']} {row['additional_pct']}\n" for row in rows), common.out, common.force)
        return
    if common.format == "json":
        query = question.query
        whole = {
            "sentence": document.sentence(record, query),
            "importer": query.importer,
            "origin": query.origin,
            "product": query.product.id,
            "known_on": query.known_on,
            "since": first,
            "until": last,
            "steps": rows,
            "notes": [{"code": code, "text": text} for code, text in question.notes],
            **_summary(steps, rows),
            "dataset": document.dataset(record, _verified(steps)),
        }
        files.write(files.to_json(whole), common.out, common.force)
        return
    if common.format == "csv":
        files.write(files.to_csv([*rows[0], *(name for name in programmes if name not in rows[0])], rows), common.out, common.force)
        return
    _table(record, question, steps, rows, programmes, common, clock, last)


def _verified(steps: list[Step]) -> str:
    return max((step.answer.verified_through for step in steps if step.answer), default="")


def _summary(steps: list[Step], rows: list[dict[str, Any]]) -> dict[str, Any]:
    sure = [
        (step.answer.additional_pct, row)
        for step, row in zip(steps, rows, strict=True)
        if step.answer and step.answer.additional_pct is not None
    ]
    if not sure:
        return {"peak_pct": None, "peak_days": None, "peak_since": None}
    peak = max(rate for rate, _ in sure)
    at_peak = [row for rate, row in sure if rate == peak]
    days = sum((Decimal(row["days"]) for row in at_peak), Decimal(0))
    return {"peak_pct": document.number(peak), "peak_days": document.number(days), "peak_since": at_peak[0]["since"]}


def _calendar_span(days: float) -> str:
    """Days as years, months and days, for spans that nobody counts in days; empty for short ones."""
    from dateutil.relativedelta import relativedelta  # only for a person's eyes

    if days < 60:
        return ""
    epoch = date(2001, 1, 1)
    span = relativedelta(epoch + timedelta(days=round(days)), epoch)
    pieces = [
        f"{count} {name}{'s' * (count != 1)}" for count, name in ((span.years, "year"), (span.months, "month"), (span.days, "day")) if count
    ]
    return f" ({', '.join(pieces)})"


def _table(
    record: Record,
    question: Question,
    steps: list[Step],
    rows: list[dict[str, Any]],
    programmes: list[str],
    common: Common,
    clock: str,
    last: str,
) -> None:
    from tariffcli.show import text  # rich, only for a person
    from tariffcli.show.chart import step_chart

    query = question.query
    ends = end_of_day(last, record.zones[query.importer])
    points = [(step.since, step.answer.max_pct if step.answer else None) for step in steps]
    labels = (rows[0]["since"][:10], last)
    summary = _summary(steps, rows)
    closing = f"Times: {clock}. Verified through {_verified(steps)}."
    if summary["peak_pct"] is not None:
        span = f"{summary['peak_days']:g} days in force{_calendar_span(summary['peak_days'])}"
        closing = f"Peak {summary['peak_pct']}% from {summary['peak_since']}, {span}. {closing}"
    heading = document.sentence(record, query).rsplit(", ", 1)[0] if query.known_on is None else document.sentence(record, query)
    rows = [{**row, "change_points": _signed(row["change_points"])} for row in rows]
    shown = [{**{title: row[name] for title, name in COLUMNS.items()}, **{name: row.get(name, "") for name in programmes}} for row in rows]

    def draw(to: text.Terminal) -> None:
        ascii_only = (to.encoding or "").lower().replace("-", "") not in ("utf8", "utf16", "utf32")
        chart = step_chart(points, ends, labels, min(to.width, 100), ascii_only=ascii_only) if to.width >= text.NARROW else []
        text.history(to, heading, chart, shown, [*(said for _, said in question.notes), closing])

    if common.out is not None:
        files.write(text.as_file(draw), common.out, common.force)
    else:
        draw(text.console(common.no_color))
