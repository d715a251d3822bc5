"""`tariff duty`: what an entry owes in money, line by line and in total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tariffcli.book.load import Record
from tariffcli.book.words import clean, decimal_fact
from tariffcli.cli.ask import Question, open_record, question
from tariffcli.cli.options import At, Date, bundled
from tariffcli.cli.output import Output, Rows, output_of
from tariffcli.cli.request import Common, Pair, Request, TypedFacts
from tariffcli.errors import UsageError
from tariffcli.law.bill import Bill, Goods, bill
from tariffcli.law.engine import answer_case, open_case
from tariffcli.law.entry_summary import Reporting, reporting_on
from tariffcli.law.expression import in_unit, is_unit
from tariffcli.law.instants import day_of
from tariffcli.law.model import Answer
from tariffcli.law.notes import notes
from tariffcli.show import bill as shown

if TYPE_CHECKING:
    from tariffcli.show.text import Terminal

MOST_VALUE = Decimal(10) ** 12
"""The values of real entries are far below it; sums of numbers without a limit are not exact."""

Notes = Sequence[tuple[str, str]]


def register(app: typer.Typer, name: str) -> None:
    """Add the command."""
    app.command(name)(bundled(duty))


def duty(
    pair: Pair,
    entry: TypedFacts,
    common: Common,
    date: Date = None,
    at: At = None,
    quantity: Annotated[
        list[str] | None,
        typer.Option(
            "--quantity",
            help="How much of it, for duties by weight or number. Repeatable.",
            metavar="N",
        ),
    ] = None,
    unit: Annotated[
        list[str] | None,
        typer.Option(
            "--unit",
            help="The unit of each --quantity: kg, liter, doz, item ... Repeatable.",
            metavar="U",
        ),
    ] = None,
    fees: Annotated[
        bool,
        typer.Option("--fees", help="Merchandise processing and harbor maintenance fees too."),
    ] = False,
) -> int:
    """What an entry owes in money, line by line in reporting order, rounded to the cent.

    Example: tariff duty --value 10000 --date 2025-04-24 --from cn --to us --hs 8507.60.00
    """
    output = output_of(common)
    record = open_record(common)
    asked = question(record, Request(common, pair, entry, date, at))
    priced, notes = price(record, asked, read_goods(entry, quantity, unit), fees)
    _emit(output, record, priced, notes)
    reason = shown.reason_text(priced.reason)
    if priced.status == "outside_coverage":
        return output.finish(outside=reason)
    sure = priced.total.amount is not None and priced.status != "prohibited"
    words = f"the total is not one number: {reason or priced.status}"
    return output.finish(unsure=None if sure else words)


def read_goods(entry: TypedFacts, quantity: list[str] | None, unit: list[str] | None) -> Goods:
    """What is entered, as it was typed. Raises UsageError.

    Goods that are charged in two units have two quantities.
    """
    if entry.value is None:
        raise UsageError("Give --value, the customs value in US dollars.")
    numbers, units = quantity or [], unit or []
    if len(numbers) != len(units):
        raise UsageError(
            "Give each --quantity with its --unit, for example --quantity 500 --unit kg."
        )
    for index, name in enumerate(units):
        if not is_unit(name):
            raise UsageError(
                f"--unit '{clean(name)}' is not a unit that we know. You can give, for example, "
                "kg, liter, item, doz, pr, or `kg on drained weight`."
            )
        if any(in_unit(Decimal(1), name, other) is not None for other in units[:index]):
            raise UsageError(
                f"--unit '{clean(name)}' measures what an earlier --unit measures; give one "
                "quantity for each kind of unit."
            )
    quantities = tuple(
        (_number(number, "--quantity"), name.strip())
        for number, name in zip(numbers, units, strict=True)
    )
    return Goods(_number(entry.value, "--value"), "USD", quantities, (entry.mode or "").lower())


def _number(text: str, flag: str) -> Decimal:
    value = decimal_fact(text, flag, share=False)
    exponent = value.as_tuple().exponent
    if value > MOST_VALUE or (isinstance(exponent, int) and exponent < -6):
        raise UsageError(
            f"{flag} takes a number up to {MOST_VALUE:.0e} with at most six decimals, "
            f"not '{clean(text)}'."
        )
    return value


def price(record: Record, asked: Question, goods: Goods, fees: bool) -> tuple[Bill, Notes]:
    """The bill for goods, and the notes on it."""
    query = asked.query
    docket = open_case(record, query.importer, query.origin)
    answer = answer_case(docket, query)
    day = day_of(query.instant, record.zones.get(query.importer, "UTC"))
    rules = reporting_on(record.reporting, query.importer, day)
    goods = goods._replace(even=any(row.rule == "even_units" for row in rules))
    held = [fee for fee in record.fees if fee.importer == query.importer]
    authorities = {name: programme.authority for name, programme in record.programmes.items()}
    priced = bill(answer, goods, authorities, rules, held if fees else None, day)
    all_notes = [
        *open_questions(record, answer),
        *asked.notes,
        *notes(docket, answer, query.whole_day),
        *notes_on_bill(priced, authorities, rules),
    ]
    if fees and not held:
        all_notes.append(("fees", "The record holds no fees of this importer."))
    return priced, all_notes


def open_questions(record: Record, answer: Answer) -> list[tuple[str, str]]:
    """The facts on which the amounts depend, as the flags that would give them."""
    questions: list[tuple[str, str]] = []
    for fact in answer.asked:
        conditions = [
            condition
            for condition in record.conditions.values()
            if condition.fact == fact and condition.when_unknown == "ask"
        ]
        row = next((condition for condition in conditions if not condition.test), conditions[0])
        metal = f" {fact.removesuffix('_share')}=..." if row.flag == "--metal-share" else ""
        questions.append(("asked", f"It depends on {row.flag}{metal}: {row.question}"))
    return questions


def notes_on_bill(
    priced: Bill, authorities: Mapping[str, str], rules: Sequence[Reporting]
) -> list[tuple[str, str]]:
    """Notes on how the importer counts, and on headings that no published order places."""
    notes = [("importer", row.note) for row in rules if row.rule == "note"]
    if priced.goods.entered != priced.goods.value:
        notes += [("entered_value", row.note) for row in rules if row.rule == "even_units"]
    placed = {name for row in rules if row.rule == "order" for name in row.authorities}
    loose = [
        charge.layer.programme
        for charge in priced.duties
        if charge.layer and authorities[charge.layer.programme] not in placed
    ]
    # With two lines or fewer there is no order to speak of.
    if placed and loose and len(priced.duties) > 2:
        words = (
            f"No published order places {', '.join(loose)} on an entry summary; "
            "it stands after those that have one."
        )
        notes.append(("order", words))
    return notes


def _emit(output: Output, record: Record, priced: Bill, notes: Notes) -> None:
    def document() -> dict[str, Any]:
        return shown.bill_document(record, priced, notes)

    def draw(to: Terminal) -> None:
        shown.draw(to, record, priced, notes)

    output.emit(
        plain=lambda: [shown.plain(priced)],
        document=document,
        rows=lambda: Rows(shown.flat(document())),
        draw=draw,
    )
