"""How `tariff rate` answers, whether the quick start or the full program has read its options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tariffcli.book.load import Record
from tariffcli.cli.ask import Question, countries, open_record, question_between
from tariffcli.cli.output import Output, Rows, output_of
from tariffcli.cli.request import Request
from tariffcli.law.engine import answer_case, open_case
from tariffcli.law.model import Answer
from tariffcli.law.products import digits_of
from tariffcli.show import document

if TYPE_CHECKING:
    from tariffcli.show.text import Terminal

HS_SHARED = 6
"""The tariffs of all importers share the first six digits of a code."""

CUT_TO_SHARED = "Read as {}: tariffs of different importers share only the first six digits."


def answer_request(request: Request, both: bool = False, explain: bool = False) -> int:
    """Answer what was typed, print the answer, and give the exit code.

    `both` answers the opposite direction too. `explain` tells more of where an answer comes from.
    """
    output = output_of(request.common)
    record = open_record(request.common)
    questions = _questions(record, request, both)
    answered = [answer_fully(record, one, plain=output.format == "plain") for one in questions]
    answers = [answer for answer, _ in answered]
    _emit(output, answers, [document for _, document in answered], explain)
    output.tell_aside([note for answer in answers for note in answer.notes])
    outside = (answer.reason for answer in answers if answer.status == "outside_coverage")
    return output.finish(next(outside, None), _unsure(answers))


def _questions(record: Record, request: Request, both: bool) -> list[Question]:
    origin, importer = countries(record, request.pair)
    there = question_between(record, request, origin, importer)
    if not both:
        return [there]
    request, notes = with_shared_digits(request)
    back = question_between(record, request, importer, origin)
    return [there, back._replace(notes=(*back.notes, *notes))]


def with_shared_digits(request: Request) -> tuple[Request, tuple[tuple[str, str], ...]]:
    """The request for another importer, with a note where its code was cut to the shared digits."""
    pair = request.pair
    code = digits_of(pair.hs if pair.hs is not None else pair.product or "")
    if code is None or len(code) <= HS_SHARED:
        return request, ()
    shared = code[:HS_SHARED]
    cut = request._replace(pair=pair._replace(product=None, hs=shared))
    return cut, (("code_cut", CUT_TO_SHARED.format(shared)),)


def answer_fully(
    record: Record, question: Question, plain: bool = False
) -> tuple[Answer, dict[str, Any]]:
    """The answer and its document, which is empty where only the number is wanted (`plain`)."""
    query = question.query
    docket = open_case(record, query.importer, query.origin)
    answer = answer_case(docket, query)
    if plain or answer.status == "outside_coverage":
        return answer, {} if plain else document.answer_document(record, answer)
    from tariffcli.law.items import readings  # a bare number needs none of these
    from tariffcli.law.notes import notes
    from tariffcli.law.outlook import fact_effects, next_change, reports

    whole = document.answer_document(
        record,
        answer,
        facts=fact_effects(docket, query, answer),
        reports=reports(docket, query),
        next_change=next_change(docket, query),
        notes=(*question.notes, *notes(docket, answer, query.whole_day)),
        readings=readings(docket, query),
    )
    return answer, whole


def _unsure(answers: list[Answer]) -> str | None:
    """What `--strict` says of the first answer that is not one number; None if each is one."""
    for answer in answers:
        if answer.additional_pct is None:
            return f"the answer is not one number: {answer.reason or answer.status}"
    return None


def _emit(
    output: Output, answers: list[Answer], documents: list[dict[str, Any]], explain: bool
) -> None:
    def draw(to: Terminal) -> None:
        from tariffcli.show import text  # rich, only for a person

        for index, one in enumerate(documents):
            if index:
                to.print()
            text.rate(to, one, explain)

    output.emit(
        plain=lambda: map(document.plain, answers),
        document=lambda: documents[0] if len(documents) == 1 else {"answers": documents},
        rows=lambda: Rows([document.flat(one) for one in documents]),
        draw=draw,
    )
