"""`tariff compare`: one question asked several ways, side by side, with what differs and by which act."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any

import typer

from tariffcli.book.load import Record
from tariffcli.book.words import clean
from tariffcli.cli.answers import HS_SHARED, answer_fully
from tariffcli.cli.ask import Question, open_record, question
from tariffcli.cli.options import bundled
from tariffcli.cli.typed import Common, Pair, TypedFacts
from tariffcli.errors import UsageError
from tariffcli.law.instants import to_iso, to_wall
from tariffcli.law.model import Answer, Layer
from tariffcli.law.outlook import changed_layers
from tariffcli.law.products import digits_of, dotted
from tariffcli.show import document, files

MOST = 6
"""So many columns stand side by side; more are a history or an export."""

FLAGS = {
    "date": "--date",
    "at": "--at",
    "from": "--from",
    "to": "--to",
    "product": "--product",
    "hs": "--hs",
    "known_on": "--known-on",
}
"""The options of which one stands more than once, by the name that JSON gives them."""

EITHER = (("date", "at", "an instant may be any minute of a day"), ("product", "hs", "--product takes codes too"))

KnownOn = Annotated[
    list[str] | None,
    typer.Option("--known-on", help="As announced by the end of this day. May repeat.", metavar="DAY", rich_help_panel="Every command"),
]

Typed = Mapping[str, Sequence[str]]
"""What was typed for each of FLAGS, in the order of typing."""


def register(app: typer.Typer, name: str) -> None:
    """Add the command."""
    app.command(name)(_repeating_known_on(bundled(compare)))


def _repeating_known_on(command: Callable[..., None]) -> Callable[..., None]:
    """The command with a `--known-on` that may stand more than once: the shared bundle takes one, `known_days` takes them all."""
    own = inspect.signature(command)

    def run(**given: Any) -> None:
        command(**{**given, "known_on": None, "known_days": given["known_on"]})

    kept = [one for name, one in own.parameters.items() if name != "known_days"]
    kept = [one.replace(annotation=KnownOn) if one.name == "known_on" else one for one in kept]
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__signature__ = own.replace(parameters=kept)
    run.__annotations__ = {one.name: one.annotation for one in kept}
    return run


def compare(
    entry: TypedFacts,
    common: Common,
    origins: Annotated[list[str], typer.Option("--from", help="Country of origin of the goods. May repeat.", metavar="COUNTRY")],
    importers: Annotated[list[str], typer.Option("--to", help="The importer, which charges. May repeat.", metavar="COUNTRY")],
    days: Annotated[
        list[str] | None, typer.Option("--date", "-d", help="A day, answered as of its end; default today. May repeat.", metavar="DAY")
    ] = None,
    instants: Annotated[
        list[str] | None, typer.Option("--at", help="An instant, such as 2025-04-10T12:01. May repeat.", metavar="INSTANT")
    ] = None,
    products: Annotated[
        list[str] | None, typer.Option("--product", "-p", help="A category, alias, list or code. May repeat.", metavar="PRODUCT")
    ] = None,
    codes: Annotated[list[str] | None, typer.Option("--hs", help="A tariff code of 2 to 10 digits. May repeat.", metavar="CODE")] = None,
    known_days: list[str] | None = None,
) -> None:
    """One question asked several ways, side by side: repeat exactly one of --date, --at, --from, --to, --product, --hs, --known-on.

    Example: tariff compare --from cn --to us --date 2025-04-24 --date 2025-06-01
    """
    given = (days, instants, origins, importers, products, codes, known_days)
    typed = {name: tuple(words) for name, words in zip(FLAGS, given, strict=True) if words}
    varied = varied_option(typed)
    if common.out is not None:
        files.check_free(common.out, common.force)
    record = open_record(common)
    questions, answered = answer_all(record, common, entry, typed, varied)
    answers = [answer for answer, _ in answered]
    labels = [_label(record, varied, word, one) for word, one in zip(typed[varied], questions, strict=True)]
    whole = {"varied": varied, "answers": [one for _, one in answered], "differences": differences(record, answers)}
    _print(record, questions, answers, labels, whole, common)
    code = _exit_code(answers, labels, common)
    if code:
        raise typer.Exit(code)


def varied_option(typed: Typed) -> str:
    """The one option that stands more than once. Raises UsageError where none does, or two, or one too often."""
    for one, other, advice in EITHER:
        if one in typed and other in typed:
            raise UsageError(f"Give {FLAGS[one]} or {FLAGS[other]}, not both; {advice}.")
    many = [name for name, words in typed.items() if len(words) > 1]
    if not many:
        raise UsageError(f"Nothing to compare: give one of {', '.join(FLAGS.values())} twice or more, for example --date A --date B.")
    if len(many) > 1:
        raise UsageError(
            f"Only one option may repeat, not {' and '.join(FLAGS[name] for name in many)}: the difference could be of either."
        )
    if len(typed[many[0]]) > MOST:
        raise UsageError(f"{FLAGS[many[0]]} stands {len(typed[many[0]])} times; at most {MOST} go side by side.")
    return many[0]


def answer_all(
    record: Record, common: Common, entry: TypedFacts, typed: Typed, varied: str
) -> tuple[list[Question], list[tuple[Answer, dict[str, Any]]]]:
    """The question and the answer of each column. Raises UsageError; where only some columns fail it says which."""
    questions: list[Question] = []
    answered: list[tuple[Answer, dict[str, Any]]] = []
    failed: list[tuple[str, UsageError]] = []
    for index, word in enumerate(typed[varied]):
        one = {name: word if name == varied else words[0] for name, words in typed.items()}
        try:
            asked = _question(record, common, entry, one, shared_digits=varied == "to" and index > 0)
            answered.append(answer_fully(record, asked, plain=common.format == "plain"))
            questions.append(asked)
        except UsageError as error:
            failed.append((word, error))
    if failed:
        word, first = failed[0]
        everywhere = len(failed) == len(typed[varied]) and len({str(error) for _, error in failed}) == 1
        if everywhere or word in str(first):
            raise first
        raise UsageError(f"{FLAGS[varied]} {clean(word)}: {first}", first.lacks)
    return questions, answered


def _question(record: Record, common: Common, entry: TypedFacts, one: Mapping[str, str], shared_digits: bool) -> Question:
    """The question of a column; with `shared_digits` a code of another importer is cut to what all tariffs share."""
    pair = Pair(one["from"], one["to"], one.get("product"), one.get("hs"))
    common = common._replace(known_on=one.get("known_on"))
    code = digits_of(pair.hs if pair.hs is not None else pair.product or "")
    if not shared_digits or code is None or len(code) <= HS_SHARED:
        return question(record, common, pair, entry, one.get("date"), one.get("at"))
    cut = pair._replace(product=None, hs=code[:HS_SHARED])
    asked = question(record, common, cut, entry, one.get("date"), one.get("at"))
    note = ("code_cut", f"Read as {code[:HS_SHARED]}: tariffs of different importers share only the first six digits.")
    return asked._replace(notes=(*asked.notes, note))


def _label(record: Record, varied: str, word: str, asked: Question) -> str:
    """The heading of a column."""
    query = asked.query
    if varied in ("from", "to"):
        code = query.origin if varied == "from" else query.importer
        return record.country_names.get(code, code.upper())
    if varied in ("date", "at"):
        wall = to_wall(query.instant, record.zones.get(query.importer, "UTC"))
        return wall[:10] if varied == "date" else wall
    if varied == "known_on":
        return query.known_on or word
    digits = digits_of(word)
    return query.product.id if digits is None else dotted(digits)


def differences(record: Record, answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """For each neighbouring pair of columns: by how many points (null unless both are one number), and which programmes."""
    return [
        {
            "from": index,
            "to": index + 1,
            "points": _points(before, after),
            "programmes": [_difference(record, old, new) for old, new in _changed(before, after)],
        }
        for index, (before, after) in enumerate(pairwise(answers))
    ]


def _points(before: Answer, after: Answer) -> int | float | None:
    old, new = before.additional_pct, after.additional_pct
    if old is None or new is None or "prohibited" in (before.status, after.status):
        return None
    return document.number(new - old)


def _changed(before: Answer, after: Answer) -> list[tuple[Layer | None, Layer | None]]:
    """The layers that charge differently, and bans that stand on one side only; none where a side is outside coverage."""
    if "outside_coverage" in (before.status, after.status):
        return []
    bans = [
        (None, one) if side is after else (one, None)
        for side, other in ((after, before), (before, after))
        for one in side.layers
        if one.event.effect == "prohibit" and other.status != "prohibited"
    ]
    return [*changed_layers(before, after), *bans]


def _difference(record: Record, old: Layer | None, new: Layer | None) -> dict[str, Any]:
    """A programme that charges differently: from what to what, and the row behind it (the row that is gone, where it is)."""
    layer = new or old
    assert layer is not None
    event = layer.event
    return {
        "programme": layer.programme,
        "before_min_pct": document.number(old.min_pct) if old else 0,
        "before_max_pct": document.number(old.max_pct) if old else 0,
        "after_min_pct": document.number(new.min_pct) if new else 0,
        "after_max_pct": document.number(new.max_pct) if new else 0,
        "event": event.id,
        "act": event.act,
        "heading": event.heading,
        "since": to_iso(event.effective, record.programmes[layer.programme].zone),
        "until": to_iso(event.until, record.programmes[layer.programme].zone) if event.until is not None else None,
        "role": new.role if new else None,
        "reason": layer.reason if new else "",
    }


def _print(
    record: Record, questions: Sequence[Question], answers: Sequence[Answer], labels: Sequence[str], whole: dict[str, Any], common: Common
) -> None:
    if common.format == "plain":
        files.write("".join(f"{document.plain(answer)}\n" for answer in answers), common.out, common.force)
        return
    if common.format == "json":
        files.write(files.to_json(whole), common.out, common.force)
        return
    from tariffcli.show import comparison, text  # rich, only for a person

    if common.format == "csv":
        rows = comparison.flat(whole, labels)
        files.write(files.to_csv(list(rows[0]), rows), common.out, common.force)
        return
    heading = comparison.sentence(record, whole["varied"], [one.query for one in questions])
    if common.out is not None:
        files.write(text.as_file(lambda to: comparison.draw(to, heading, whole, labels)), common.out, common.force)
    else:
        comparison.draw(text.console(common.no_color), heading, whole, labels)


def _exit_code(answers: Sequence[Answer], labels: Sequence[str], common: Common) -> int:
    """The exit code, with a line on stderr where the table does not say it: 3 where a column is outside coverage, 4 for `--strict`."""
    named = list(zip(labels, answers, strict=True))
    outside = [f"{label}: {answer.reason}" for label, answer in named if answer.status == "outside_coverage"]
    if outside:
        if common.format != "table" or common.out is not None:
            print(f"outside coverage: {outside[0]}", file=sys.stderr)
        return 3
    unsure = [f"{label}: {answer.reason or answer.status}" for label, answer in named if answer.additional_pct is None]
    if common.strict and unsure:
        print(f"--strict: the answer is not one number: {unsure[0]}", file=sys.stderr)
        return 4
    return 0
