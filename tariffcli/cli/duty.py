"""`tariff duty`: what an entry owes in money, line by line and in total."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Annotated

import typer

from tariffcli.book.load import Record
from tariffcli.book.words import clean, decimal_fact
from tariffcli.cli.ask import Question, open_record, question
from tariffcli.cli.options import bundled
from tariffcli.cli.typed import Common, Pair, TypedFacts
from tariffcli.errors import UsageError
from tariffcli.law.amounts import Bill, Goods, bill
from tariffcli.law.charges import Reporting, reporting_on
from tariffcli.law.duty import in_unit, is_unit
from tariffcli.law.engine import answer_case, open_case
from tariffcli.law.instants import day_of
from tariffcli.law.model import Answer
from tariffcli.law.notes import notes
from tariffcli.show import amounts, files

MOST = Decimal(10) ** 12
"""No entry is near it; with numbers without end sums would not be exact."""


def register(app: typer.Typer, name: str) -> None:
    """Add the command."""
    app.command(name)(bundled(duty))


def duty(
    pair: Pair,
    entry: TypedFacts,
    common: Common,
    date: Annotated[str | None, typer.Option("--date", "-d", help="A day, answered as of its end; default today.", metavar="DAY")] = None,
    at: Annotated[str | None, typer.Option("--at", help="An instant, such as 2025-04-10T12:01.", metavar="INSTANT")] = None,
    quantity: Annotated[
        list[str] | None, typer.Option("--quantity", help="How much of it, for duties by weight or number. Repeatable.", metavar="N")
    ] = None,
    unit: Annotated[
        list[str] | None, typer.Option("--unit", help="The unit of each --quantity: kg, liter, doz, item ... Repeatable.", metavar="U")
    ] = None,
    fees: Annotated[bool, typer.Option("--fees", help="Merchandise processing and harbor maintenance fees too.")] = False,
) -> None:
    """What an entry owes in money, line by line in reporting order, rounded to the cent.

    Example: tariff duty --value 10000 --date 2025-04-24 --from cn --to us --hs 8507.60.00
    """
    if common.out is not None:
        files.check_free(common.out, common.force)
    record = open_record(common)
    asked = question(record, common, pair, entry, date, at)
    goods = read_goods(entry, quantity, unit)
    code = answer_and_print(record, common, asked, goods, fees)
    if code:
        raise typer.Exit(code)


def read_goods(entry: TypedFacts, quantity: list[str] | None, unit: list[str] | None) -> Goods:
    """What is entered, as typed; a good charged in two units has two quantities. Raises UsageError."""
    if entry.value is None:
        raise UsageError("Give --value, the customs value in US dollars.")
    numbers, units = quantity or [], unit or []
    if len(numbers) != len(units):
        raise UsageError("Give each --quantity with its --unit, for example --quantity 500 --unit kg.")
    for one in units:
        if not is_unit(one):
            raise UsageError(f"--unit '{clean(one)}' is no unit; for example kg, liter, item, doz, pr, or `kg on drained weight`.")
    for index, one in enumerate(units):
        if any(in_unit(Decimal(1), one, other) is not None for other in units[:index]):
            raise UsageError(f"--unit '{clean(one)}' measures what an earlier --unit measures; give one quantity for each kind of unit.")
    quantities = tuple((_number(number, "--quantity"), one.strip()) for number, one in zip(numbers, units, strict=True))
    return Goods(_number(entry.value, "--value"), "USD", quantities, (entry.mode or "").lower())


def _number(text: str, flag: str) -> Decimal:
    value = decimal_fact(text, flag, share=False)
    exponent = value.as_tuple().exponent
    if value > MOST or (isinstance(exponent, int) and exponent < -6):
        raise UsageError(f"{flag} takes a number up to {MOST:.0e} with at most six decimals, not '{clean(text)}'.")
    return value


def answer_and_print(record: Record, common: Common, asked: Question, goods: Goods, fees: bool) -> int:
    """Price what was asked, print it as asked, and give the exit code."""
    query = asked.query
    case = open_case(record, query.importer, query.origin)
    answer = answer_case(case, query)
    day = day_of(query.instant, record.zones.get(query.importer, "UTC"))
    rules = reporting_on(record.reporting, query.importer, day)
    goods = goods._replace(even=any(row.rule == "even_units" for row in rules))
    held = [fee for fee in record.fees if fee.importer == query.importer]
    authorities = {name: programme.authority for name, programme in record.programmes.items()}
    made = bill(answer, goods, authorities, rules, held if fees else None, day)
    said = [*open_questions(record, answer), *asked.notes, *notes(case, answer, query.whole_day)]
    said += told(made, authorities, rules, fees and not held)
    _print(record, common, made, said)
    return _exit_code(common, made)


def open_questions(record: Record, answer: Answer) -> list[tuple[str, str]]:
    """The facts on which the amounts depend, as the flags that would give them."""
    found: list[tuple[str, str]] = []
    for fact in answer.asked:
        reading = [one for one in record.conditions.values() if one.fact == fact and one.when_unknown == "ask"]
        row = next((one for one in reading if not one.test), reading[0])
        metal = f" {fact.removesuffix('_share')}=..." if row.flag == "--metal-share" else ""
        found.append(("asked", f"It depends on {row.flag}{metal}: {row.question}"))
    return found


def told(made: Bill, authorities: dict[str, str], rules: list[Reporting], no_fees: bool) -> list[tuple[str, str]]:
    """Notes of a bill: how its importer counts, which headings no published order places, fees that are not held."""
    found = [("importer", row.note) for row in rules if row.rule == "note"]
    if made.goods.entered != made.goods.value:
        found += [("entered_value", row.note) for row in rules if row.rule == "even_units"]
    placed = {name for row in rules if row.rule == "order" for name in row.authorities}
    loose = [one.layer.programme for one in made.duties if one.layer and authorities[one.layer.programme] not in placed]
    if placed and loose and len(made.duties) > 2:
        found.append(("order", f"No published order places {', '.join(loose)} on an entry summary; it stands after those that have one."))
    if no_fees:
        found.append(("fees", "The record holds no fees of this importer."))
    return found


def _print(record: Record, common: Common, made: Bill, said: list[tuple[str, str]]) -> None:
    if common.format == "plain":
        files.write(f"{amounts.plain(made)}\n", common.out, common.force)
    elif common.format == "json":
        files.write(files.to_json(amounts.bill_document(record, made, said)), common.out, common.force)
    elif common.format == "csv":
        many = amounts.flat(amounts.bill_document(record, made, said))
        files.write(files.to_csv(list(many[0]), many), common.out, common.force)
    else:
        from tariffcli.show import text

        if common.out is not None:
            files.write(text.as_file(lambda to: amounts.draw(to, record, made, said)), common.out, common.force)
        else:
            amounts.draw(text.console(common.no_color), record, made, said)


def _exit_code(common: Common, made: Bill) -> int:
    if made.status == "outside_coverage":
        if common.format != "table" or common.out is not None:
            print(f"outside coverage: {amounts.told(made.reason)}", file=sys.stderr)
        return 3
    if common.strict and (made.total.amount is None or made.status == "prohibited"):
        print(f"--strict: the total is not one number: {amounts.told(made.reason) or made.status}", file=sys.stderr)
        return 4
    return 0
