"""The course of a duty as people and programs read it: rows, document and view of `history`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from tariffcli.book.load import Record
from tariffcli.law.engine import CHARGING_ROLES
from tariffcli.law.history import Step
from tariffcli.law.instants import end_of_day, to_iso, to_wall
from tariffcli.law.model import Query
from tariffcli.show.document import dataset, sentence
from tariffcli.show.figures import digits, number, span

if TYPE_CHECKING:
    from tariffcli.show.text import Terminal

WIDEST_CHART = 100
"""A wider chart would be harder to read."""

FEWEST_CALENDAR_DAYS = 60
"""From this many days on, a period is also given in years, months and days."""

COLUMNS = {
    "since": "since",
    "duty %": "additional_pct",
    "points": "change_points",
    "days": "days",
    "by": "by",
    "now charges %": "what",
}
"""The titles of the columns, and the fields that they show."""


class Course(NamedTuple):
    """Whose duty is followed, on goods of which origin, and between which days."""

    origin: str
    importer: str
    first: str
    last: str


class History(NamedTuple):
    """A history with its rows, as it is printed. `clock` is the zone of the times."""

    query: Query
    notes: Sequence[tuple[str, str]]
    course: Course
    clock: str
    steps: Sequence[Step]
    rows: Sequence[Mapping[str, Any]]


def step_row(steps: Sequence[Step], index: int, end: int, clock: str) -> dict[str, Any]:
    """A step as a row: since when, how much, by how many points, how many days, by which acts."""
    step = steps[index]
    closes = steps[index + 1].since if index + 1 < len(steps) else end + 1
    answer, before = step.answer, steps[index - 1].answer if index else None
    low, high = (answer.min_pct, answer.max_pct) if answer else (None, None)
    acts = "; ".join(dict.fromkeys(event.act for event in step.events))
    return {
        "since": to_wall(step.since, clock),
        "since_iso": to_iso(step.since, clock),
        "additional_pct": span(low, high) if answer else "no line of the tariff",
        "additional_min_pct": number(low),
        "additional_max_pct": number(high),
        "change_points": _points(
            before.additional_pct if before else None, answer.additional_pct if answer else None
        ),
        "days": digits(round(Decimal(closes - step.since) / 86400, 2)),
        "by": acts or ("" if index else "state at the start"),
        "what": ", ".join(f"{name} {span(least, most)}" for name, least, most in step.charges),
        "event_ids": ";".join(event.id for event in step.events),
        "status": answer.status if answer else "no_line",
    }


def layer_columns(step: Step) -> dict[str, str]:
    """What each programme charges in a step, by programme."""
    layers = step.answer.layers if step.answer else ()
    return {
        layer.programme: span(layer.min_pct, layer.max_pct)
        for layer in layers
        if layer.role in CHARGING_ROLES
    }


def _points(before: Decimal | None, after: Decimal | None) -> int | float | None:
    return number(after - before) if before is not None and after is not None else None


def document(record: Record, history: History) -> dict[str, Any]:
    """A history as JSON prints it."""
    query, course = history.query, history.course
    return {
        "sentence": sentence(record, query),
        "importer": query.importer,
        "origin": query.origin,
        "product": query.product.id,
        "known_on": query.known_on,
        "since": course.first,
        "until": course.last,
        "steps": history.rows,
        "notes": [{"code": code, "text": text} for code, text in history.notes],
        **_peak(history),
        "dataset": dataset(record, _verified(history.steps)),
    }


def _verified(steps: Sequence[Step]) -> str:
    return max((step.answer.verified_through for step in steps if step.answer), default="")


def _peak(history: History) -> dict[str, Any]:
    """The greatest rate that is one number: how much, for how many days, and since when."""
    sure = [
        (step.answer.additional_pct, row)
        for step, row in zip(history.steps, history.rows, strict=True)
        if step.answer and step.answer.additional_pct is not None
    ]
    if not sure:
        return {"peak_pct": None, "peak_days": None, "peak_since": None}
    peak = max(rate for rate, _ in sure)
    at_peak = [row for rate, row in sure if rate == peak]
    days = sum((Decimal(row["days"]) for row in at_peak), Decimal(0))
    return {
        "peak_pct": number(peak),
        "peak_days": number(days),
        "peak_since": at_peak[0]["since"],
    }


def _calendar_span(days: float) -> str:
    """Days as years, months and days, which is easier to grasp of a long period.

    The text is empty for a short one.
    """
    if days < FEWEST_CALENDAR_DAYS:
        return ""
    from dateutil.relativedelta import relativedelta  # only for a person's eyes

    epoch = date(2001, 1, 1)
    period = relativedelta(epoch + timedelta(days=round(days)), epoch)
    counts = ((period.years, "year"), (period.months, "month"), (period.days, "day"))
    words = [f"{count} {name}{'s' * (count != 1)}" for count, name in counts if count]
    return f" ({', '.join(words)})"


def draw(to: Terminal, record: Record, history: History, programmes: Sequence[str]) -> None:
    """The view of `tariff history`, with a column for each of some programmes."""
    from tariffcli.show import text  # rich, only for a person

    table = [
        {title: row[name] for title, name in COLUMNS.items()}
        | {"points": _signed(row["change_points"])}
        | {name: row.get(name, "") for name in programmes}
        for row in history.rows
    ]
    notes = [words for _, words in history.notes]
    closing = [*notes, _closing(history)]
    text.history(to, _heading(record, history), _chart(to, record, history), table, closing)


def _signed(points: int | float | None) -> str:
    return "" if points is None else f"{points:+g}"


def _heading(record: Record, history: History) -> str:
    """The sentence of the question, without the last day, which the table shows anyway."""
    query = history.query
    asked = sentence(record, query)
    return asked if query.known_on else asked.rsplit(", ", 1)[0]


def _chart(to: Terminal, record: Record, history: History) -> list[str]:
    from tariffcli.show.chart import step_chart
    from tariffcli.show.text import NARROW

    if to.width < NARROW:
        return []
    encoding = (to.encoding or "").lower().replace("-", "")
    points = [(step.since, step.answer.max_pct if step.answer else None) for step in history.steps]
    return step_chart(
        points,
        until=end_of_day(history.course.last, record.zones[history.course.importer]),
        labels=(history.rows[0]["since"][:10], history.course.last),
        width=min(to.width, WIDEST_CHART),
        ascii_only=encoding not in ("utf8", "utf16", "utf32"),
    )


def _closing(history: History) -> str:
    """The peak and how long it lasted, whose clock the times are, and how far we verified."""
    closing = f"Times: {history.clock}. Verified through {_verified(history.steps)}."
    peak = _peak(history)
    if peak["peak_pct"] is None:
        return closing
    days = peak["peak_days"]
    period = f"{days:g} days in force{_calendar_span(days)}"
    return f"Peak {peak['peak_pct']}% from {peak['peak_since']}, {period}. {closing}"
