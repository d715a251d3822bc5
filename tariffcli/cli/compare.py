"""`tariff compare`: one question asked several ways, side by side, with what differs and why."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tariffcli.book.load import Record
from tariffcli.book.words import clean
from tariffcli.cli.answer import answer_fully, with_shared_digits
from tariffcli.cli.ask import Question, open_record, question
from tariffcli.cli.options import EVERY_COMMAND, bundled, with_parameters
from tariffcli.cli.output import Output, Rows, output_of
from tariffcli.cli.request import Common, Pair, Request, TypedFacts
from tariffcli.errors import UsageError
from tariffcli.law.instants import to_wall
from tariffcli.law.model import Answer, Query
from tariffcli.law.products import digits_of, dotted
from tariffcli.show import document
from tariffcli.show.differences import differences

if TYPE_CHECKING:
    from tariffcli.show.text import Terminal

MOST_COLUMNS = 6
"""At most this many columns stand side by side; more are a history or an export."""

FLAGS = {
    "date": "--date",
    "at": "--at",
    "from": "--from",
    "to": "--to",
    "product": "--product",
    "hs": "--hs",
    "known_on": "--known-on",
}
"""The options that may be repeated, one of them at a time, by the names that JSON gives them."""

EITHER = (
    ("date", "at", "an instant may be any minute of a day"),
    ("product", "hs", "--product takes codes too"),
)
"""Options of which only one may be given, and what to do instead."""

KnownOn = Annotated[
    list[str] | None,
    typer.Option(
        "--known-on",
        help="As announced by the end of this day. May repeat.",
        metavar="DAY",
        rich_help_panel=EVERY_COMMAND,
    ),
]

Typed = Mapping[str, Sequence[str]]
"""What was typed for each of FLAGS, in the order of typing."""


def register(app: typer.Typer, name: str) -> None:
    """Add the command."""
    app.command(name)(_repeating_known_on(bundled(compare)))


def _repeating_known_on(command: Callable[..., None]) -> Callable[..., None]:
    """The command with a `--known-on` that may be repeated, where the shared bundle takes one.

    After `bundled` a command has both parameters; Typer shall see one, and `compare` the other:

        after `bundled`               what Typer sees         what `compare` gets

        known_on: "--known-on DAY"    known_on: "--known-on   common.known_on=None,
        known_days: a plain list      DAY, repeatable"        known_days=[DAY, ...]
    """
    own = inspect.signature(command)

    def run(**given: Any) -> None:
        command(**{**given, "known_on": None, "known_days": given["known_on"]})

    seen = [
        one.replace(annotation=KnownOn) if name == "known_on" else one
        for name, one in own.parameters.items()
        if name != "known_days"
    ]
    return with_parameters(run, command, seen)


def compare(
    entry: TypedFacts,
    common: Common,
    origins: Annotated[
        list[str],
        typer.Option(
            "--from", help="Country of origin of the goods. May repeat.", metavar="COUNTRY"
        ),
    ],
    importers: Annotated[
        list[str],
        typer.Option("--to", help="The importer, which charges. May repeat.", metavar="COUNTRY"),
    ],
    days: Annotated[
        list[str] | None,
        typer.Option(
            "--date",
            "-d",
            help="A day, answered as of its end; default today. May repeat.",
            metavar="DAY",
        ),
    ] = None,
    instants: Annotated[
        list[str] | None,
        typer.Option(
            "--at", help="An instant, such as 2025-04-10T12:01. May repeat.", metavar="INSTANT"
        ),
    ] = None,
    products: Annotated[
        list[str] | None,
        typer.Option(
            "--product",
            "-p",
            help="A category, alias, list or code. May repeat.",
            metavar="PRODUCT",
        ),
    ] = None,
    codes: Annotated[
        list[str] | None,
        typer.Option("--hs", help="A tariff code of 2 to 10 digits. May repeat.", metavar="CODE"),
    ] = None,
    known_days: list[str] | None = None,
) -> int:
    """One question asked several ways, side by side: repeat exactly one of --date, --at, --from,
    --to, --product, --hs, --known-on.

    Example: tariff compare --from cn --to us --date 2025-04-24 --date 2025-06-01
    """
    values = (days, instants, origins, importers, products, codes, known_days)
    typed = {name: tuple(words) for name, words in zip(FLAGS, values, strict=True) if words}
    varied = varied_option(typed)
    output = output_of(common)
    record = open_record(common)
    words = typed[varied]
    requests = [_request(common, entry, typed, {varied: word}) for word in words]
    questions, answered = answer_all(
        record, requests, varied, words, plain=output.format == "plain"
    )
    answers = [answer for answer, _ in answered]
    labels = [
        _label(record, varied, word, asked.query)
        for word, asked in zip(words, questions, strict=True)
    ]
    compared = {
        "varied": varied,
        "answers": [answer for _, answer in answered],
        "differences": differences(record, answers),
    }
    _emit(output, record, [asked.query for asked in questions], answers, labels, compared)
    outside = (
        f"{label}: {answer.reason}"
        for label, answer in zip(labels, answers, strict=True)
        if answer.status == "outside_coverage"
    )
    return output.finish(next(outside, None), _unsure(labels, answers))


def varied_option(typed: Typed) -> str:
    """The one option that is repeated.

    Raises UsageError where none is, or two are, or one is repeated too often.
    """
    for first, second, advice in EITHER:
        if first in typed and second in typed:
            raise UsageError(
                f"You can give {FLAGS[first]} or {FLAGS[second]}, but not both; {advice}."
            )
    repeated = [name for name, words in typed.items() if len(words) > 1]
    if not repeated:
        raise UsageError(
            f"Nothing to compare: give one of {', '.join(FLAGS.values())} twice or more, "
            "for example --date A --date B."
        )
    if len(repeated) > 1:
        flags = " and ".join(FLAGS[name] for name in repeated)
        raise UsageError(
            f"Only one option can be repeated at a time, not {flags}: either could be the cause "
            "of a difference."
        )
    name = repeated[0]
    if len(typed[name]) > MOST_COLUMNS:
        raise UsageError(
            f"{FLAGS[name]} was given {len(typed[name])} times. You can compare at most "
            f"{MOST_COLUMNS} columns at once."
        )
    return name


def _request(common: Common, entry: TypedFacts, typed: Typed, varied: Mapping[str, str]) -> Request:
    """What a column asks: the first word of each option, with the word that `varied` names."""
    words = {**{name: each[0] for name, each in typed.items()}, **varied}
    return Request(
        common._replace(known_on=words.get("known_on")),
        Pair(words["from"], words["to"], words.get("product"), words.get("hs")),
        entry,
        words.get("date"),
        words.get("at"),
    )


def answer_all(
    record: Record,
    requests: Sequence[Request],
    varied: str,
    words: Sequence[str],
    plain: bool,
) -> tuple[list[Question], list[tuple[Answer, dict[str, Any]]]]:
    """The question and the answer of each column.

    Raises UsageError; if only some columns fail, it names the first of them.
    """
    questions: list[Question] = []
    answered: list[tuple[Answer, dict[str, Any]]] = []
    failed: list[tuple[str, UsageError]] = []
    for index, (word, request) in enumerate(zip(words, requests, strict=True)):
        # Of a code of the first importer, others may know only the digits that all tariffs share.
        another_importer = varied == "to" and index > 0
        try:
            asked = _question(record, request, another_importer)
            answered.append(answer_fully(record, asked, plain))
            questions.append(asked)
        except UsageError as error:
            failed.append((word, error))
    if failed:
        word, first = failed[0]
        everywhere = len(failed) == len(words) and len({str(error) for _, error in failed}) == 1
        if everywhere or word in str(first):
            raise first
        raise UsageError(f"{FLAGS[varied]} {clean(word)}: {first}", first.lacks)
    return questions, answered


def _question(record: Record, request: Request, shared_digits: bool) -> Question:
    if not shared_digits:
        return question(record, request)
    cut, notes = with_shared_digits(request)
    asked = question(record, cut)
    return asked._replace(notes=(*asked.notes, *notes))


def _label(record: Record, varied: str, word: str, query: Query) -> str:
    """The heading of a column."""
    if varied in ("from", "to"):
        code = query.origin if varied == "from" else query.importer
        return document.country_name(record, code)
    if varied in ("date", "at"):
        wall = to_wall(query.instant, record.zones.get(query.importer, "UTC"))
        return wall[:10] if varied == "date" else wall
    if varied == "known_on":
        return query.known_on or word
    code = digits_of(word)
    return query.product.id if code is None else dotted(code)


def _emit(
    output: Output,
    record: Record,
    queries: Sequence[Query],
    answers: Sequence[Answer],
    labels: Sequence[str],
    compared: dict[str, Any],
) -> None:
    def rows() -> Rows:
        from tariffcli.show.comparison import flat

        return Rows(flat(compared, labels))

    def draw(to: Terminal) -> None:
        from tariffcli.show import comparison  # rich, only for a person

        heading = comparison.sentence(record, compared["varied"], queries)
        comparison.draw(to, heading, compared, labels)

    output.emit(
        plain=lambda: map(document.plain, answers), document=lambda: compared, rows=rows, draw=draw
    )


def _unsure(labels: Sequence[str], answers: Sequence[Answer]) -> str | None:
    """What `--strict` says of the first column that is not one number; None if each is one."""
    for label, answer in zip(labels, answers, strict=True):
        if answer.additional_pct is None:
            return f"the answer is not one number: {label}: {answer.reason or answer.status}"
    return None
