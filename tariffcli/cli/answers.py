"""Questions asked, answered and printed: what `tariff rate` does, whichever way it was started."""

from __future__ import annotations

import sys
from typing import Any

from tariffcli.book.load import Record
from tariffcli.cli.ask import Question, build, countries, open_record
from tariffcli.cli.typed import Common, Pair, TypedFacts
from tariffcli.law.engine import answer_case, open_case
from tariffcli.law.model import Answer
from tariffcli.law.products import digits_of
from tariffcli.show import document, files

HS_SHARED = 6


def answer_and_print(
    pair: Pair, entry: TypedFacts, common: Common, date: str | None, at: str | None, both: bool = False, explain: bool = False
) -> int:
    """Answer what was typed, print it as asked, and give the exit code."""
    if common.out is not None:
        files.check_free(common.out, common.force)
    record = open_record(common)
    questions = _questions(record, common, pair, entry, date, at, both)
    answered = [answer_fully(record, question, plain=common.format == "plain") for question in questions]
    answers = [answer for answer, _ in answered]
    _print([whole for _, whole in answered], answers, common, explain)
    if common.format in ("plain", "csv"):
        files.tell([note for answer in answers for note in answer.notes])
    outside = [answer.reason for answer in answers if answer.status == "outside_coverage"]
    if outside:
        if common.format != "table" or common.out is not None:
            print(f"outside coverage: {outside[0]}", file=sys.stderr)
        return 3
    unsure = [answer.reason or answer.status for answer in answers if answer.additional_pct is None]
    if common.strict and unsure:
        print(f"--strict: the answer is not one number: {unsure[0]}", file=sys.stderr)
        return 4
    return 0


def _questions(
    record: Record, common: Common, pair: Pair, entry: TypedFacts, date: str | None, at: str | None, both: bool
) -> list[Question]:
    origin, importer = countries(record, pair)
    first = build(record, common, pair, entry, origin, importer, date, at)
    if not both:
        return [first]
    code = digits_of(pair.hs or pair.product or "")
    if code is not None and len(code) > HS_SHARED:
        shared = pair._replace(product=None, hs=code[:HS_SHARED])
        second = build(record, common, shared, entry, importer, origin, date, at)
        note = ("code_cut", f"Read as {code[:HS_SHARED]}: tariffs of different importers share only the first six digits.")
        return [first, second._replace(notes=(*second.notes, note))]
    return [first, build(record, common, pair, entry, importer, origin, date, at)]


def answer_fully(record: Record, question: Question, plain: bool = False) -> tuple[Answer, dict[str, Any]]:
    """The answer and its document, with what stands around it unless only the number is wanted."""
    query = question.query
    case = open_case(record, query.importer, query.origin)
    answer = answer_case(case, query)
    if plain or answer.status == "outside_coverage":
        return answer, {} if plain else document.answer(record, answer)
    from tariffcli.law.items import readings  # not needed for a bare number
    from tariffcli.law.notes import notes
    from tariffcli.law.outlook import fact_effects, next_change, reports

    said = (*question.notes, *notes(case, answer, query.whole_day))
    around = (fact_effects(case, query, answer), reports(case, query), next_change(case, query))
    return answer, document.answer(record, answer, *around, said, readings(case, query))


def _print(documents: list[dict[str, Any]], answers: list[Answer], common: Common, explain: bool) -> None:
    if common.format == "plain":
        files.write("".join(f"{document.plain(answer)}\n" for answer in answers), common.out, common.force)
    elif common.format == "json":
        files.write(files.to_json(documents[0] if len(documents) == 1 else {"answers": documents}), common.out, common.force)
    elif common.format == "csv":
        rows = [document.flat(one) for one in documents]
        files.write(files.to_csv(list(rows[0]), rows), common.out, common.force)
    else:
        _table(documents, common, explain)


def _table(documents: list[dict[str, Any]], common: Common, explain: bool) -> None:
    from tariffcli.show import text  # rich, only for a person

    def draw(to: text.Terminal) -> None:
        for index, one in enumerate(documents):
            if index:
                to.print()
            text.rate(to, one, explain)

    if common.out is not None:
        files.write(text.as_file(draw), common.out, common.force)
    else:
        draw(text.console(common.no_color))
