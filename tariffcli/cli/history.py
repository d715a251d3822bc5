"""`tariff history`: the step function of a rate, one row a change, with a step chart above it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Any

import typer

from tariffcli import files
from tariffcli.book.load import Record
from tariffcli.book.words import clean
from tariffcli.cli.ask import Question, countries, find, open_record, question_between, read_day
from tariffcli.cli.options import bundled
from tariffcli.cli.output import Output, Rows, output_of
from tariffcli.cli.request import Common, Pair, Request, TypedFacts
from tariffcli.errors import OutsideCoverage, UsageError
from tariffcli.law.engine import answer_case, open_case
from tariffcli.law.history import Step
from tariffcli.law.history import history as steps_between
from tariffcli.law.instants import end_of_day, start_of_day, zone
from tariffcli.law.notes import mappings, supplied_over_time
from tariffcli.show import history as shown
from tariffcli.show.history import Course

FIRST = "2018-01-01"
"""The first day of a history unless `--since` names another."""


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
        str,
        typer.Option(
            "--clock",
            help="Whose clock to print: importer, origin, utc, or an IANA zone.",
            metavar="CLOCK",
        ),
    ] = "importer",
) -> int:
    """Every change of the additional duty between two days, by how many points and by which act.

    Example: tariff history --from cn --to us --since 2025-01-01
    """
    output = output_of(common)
    record = open_record(common)
    course = read_course(record, common, pair, since, until)
    with json_when_outside(output, _shape(course)):
        question, steps = steps_of(record, Request(common, pair, entry), course)
    output.tell_aside(question.notes)
    clock_zone = _clock(record, clock, course)
    ends = end_of_day(course.last, record.zones[course.importer])
    rows = [shown.step_row(steps, index, ends, clock_zone) for index in range(len(steps))]
    if layers:
        for row, step in zip(rows, steps, strict=True):
            row.update(shown.layer_columns(step))
    history = shown.History(
        query=question.query,
        notes=question.notes,
        course=course,
        clock=clock_zone,
        steps=steps,
        rows=rows,
    )
    _emit(output, record, history)
    sure = all(step.answer is not None and step.answer.additional_pct is not None for step in steps)
    return output.finish(unsure=None if sure else "some of these steps are not one number.")


def read_course(record: Record, common: Common, pair: Pair, since: str, until: str) -> Course:
    """The countries and the days of a history. Raises UsageError."""
    origin, importer = countries(record, pair)
    first = read_day(record, common, since, importer)
    last = read_day(record, common, until, importer)
    if date.fromisoformat(last) < date.fromisoformat(first):
        raise UsageError(
            f"--until {last} is before --since {first}; give a later day, or exchange the two."
        )
    return Course(origin, importer, first, last)


def _shape(course: Course) -> dict[str, Any]:
    return {
        "importer": course.importer,
        "origin": course.origin,
        "since": course.first,
        "until": course.last,
        "steps": [],
    }


@contextmanager
def json_when_outside(output: Output, shape: Mapping[str, Any]) -> Generator[None]:
    """Where the code within finds no coverage, print the promised JSON object without rows.

    The error is raised again, so that the program ends as it does for other formats.
    """
    try:
        yield
    except OutsideCoverage as error:
        if output.format == "json":
            answer = {"status": "outside_coverage", "reason": str(error), **shape}
            output.write(files.to_json(answer))
        raise


def steps_of(record: Record, request: Request, course: Course) -> tuple[Question, list[Step]]:
    """The question at the last day, and the steps between two days.

    Raises OutsideCoverage for a pair that the record does not hold.
    """
    question = _question(record, request, course)
    query = question.query
    legal = record.zones.get(course.importer, "UTC")
    docket = open_case(record, course.importer, course.origin)
    begin, end = start_of_day(course.first, legal), end_of_day(course.last, legal)
    steps = steps_between(docket, query._replace(whole_day=False), begin, end)
    if all(step.answer is not None and step.answer.status == "outside_coverage" for step in steps):
        raise OutsideCoverage(f"{answer_case(docket, query).reason}.")
    notes = (
        *mappings(docket, query, begin, end),
        *supplied_over_time(docket, query, begin, end),
    )
    return question._replace(notes=(*question.notes, *notes)), steps


def _question(record: Record, request: Request, course: Course) -> Question:
    """The question at the last day.

    A product that is not a line of the tariff on that day is read as it was on the first day.
    """
    pair, importer = request.pair, course.importer
    general = request._replace(pair=pair._replace(product=None, hs=None), date=course.last, at=None)
    bare = question_between(record, general, course.origin, importer)
    if importer not in record.zones:
        return bare
    legal = record.zones[importer]
    try:
        product, notes = find(record, importer, pair, end_of_day(course.last, legal))
    except UsageError:
        product, notes = find(record, importer, pair, end_of_day(course.first, legal))
    return bare._replace(query=bare.query._replace(product=product), notes=notes)


def _clock(record: Record, clock: str, course: Course) -> str:
    """The zone that `--clock` names."""
    word = clock.strip().lower()
    if word == "importer":
        return record.zones[course.importer]
    if word == "origin":
        return record.zones.get(course.origin, "UTC")
    if word == "utc":
        return "UTC"
    if "/" not in clock:
        raise UsageError(
            "--clock takes importer, origin, utc or an IANA zone such as Asia/Shanghai, "
            f"not '{clean(clock)}'."
        )
    zone(clock)
    return clock


def _emit(output: Output, record: Record, history: shown.History) -> None:
    rows = history.rows
    programmes = dict.fromkeys(name for row in rows for name in row if name in record.programmes)
    later = [name for name in programmes if name not in rows[0]]
    output.emit(
        plain=lambda: (f"{row['since_iso']} {row['additional_pct']}" for row in rows),
        document=lambda: shown.document(record, history),
        rows=lambda: Rows(rows, [*rows[0], *later]),
        draw=lambda to: shown.draw(to, record, history, list(programmes)),
    )
