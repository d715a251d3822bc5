"""From what was typed to a query: its countries, day, product and facts."""

from decimal import Decimal
from typing import NamedTuple

from tariffcli.book.entry import facts_given, ordinary_duty
from tariffcli.book.load import Record, load
from tariffcli.book.words import clean, find_country
from tariffcli.cli.request import Common, Pair, Request, TypedFacts
from tariffcli.clock import today
from tariffcli.errors import UsageError
from tariffcli.law.instants import end_of_day, parse_day, parse_instant
from tariffcli.law.model import FactValue, Product, Query
from tariffcli.law.products import GENERAL, cut_to_law, digits_of, find_product


class Question(NamedTuple):
    """A query, and notes on how the words of the user were read."""

    query: Query
    notes: tuple[tuple[str, str], ...] = ()


def open_record(common: Common) -> Record:
    """The record that `--data` names, or the one that comes with the program."""
    if common.dates not in (None, "us", "eu"):
        raise UsageError(f"--dates takes us or eu, not '{clean(common.dates or '')}'.")
    return load(common.data)


def month_first(common: Common) -> bool | None:
    """Whether the month comes first in `04/05/2025`; None unless `--dates` says so."""
    return {"us": True, "eu": False}.get(common.dates or "")


def known_day(common: Common) -> str | None:
    """The day of `--known-on`."""
    if common.known_on is None:
        return None
    return parse_day(common.known_on, today("UTC"), month_first(common))


def read_day(record: Record, common: Common, text: str, importer: str) -> str:
    """A day as it was typed, in the legal zone of the importer."""
    return parse_day(text, today(record.zones.get(importer, "UTC")), month_first(common))


def countries(record: Record, pair: Pair) -> tuple[str, str]:
    """The codes of the origin and the importer. Raises UsageError when they are the same."""
    origin, importer = find_country(record, pair.origin), find_country(record, pair.importer)
    if origin == importer:
        raise UsageError(
            f"--from and --to are both {origin}. A country charges no import duty on its own "
            "goods; you can ask about two different countries."
        )
    return origin, importer


def question(record: Record, request: Request) -> Question:
    """The question of a command line. Raises UsageError, which says what to type instead."""
    origin, importer = countries(record, request.pair)
    return question_between(record, request, origin, importer)


def question_between(record: Record, request: Request, origin: str, importer: str) -> Question:
    """`question` where the codes of the countries are known already."""
    common, pair, entry, date, at = request
    if date is not None and at is not None:
        raise UsageError("You can give --date (a day) or --at (an instant), but not both.")
    zone = record.zones.get(importer, "UTC")
    if at is not None:
        moment = parse_instant(at, zone)
    else:
        day = "today" if date is None else date
        moment = end_of_day(read_day(record, common, day, importer), zone)
    product, notes = find(record, importer, pair, moment)
    query = Query(
        importer=importer,
        origin=origin,
        instant=moment,
        known_on=known_day(common),
        product=product,
        facts=read_facts(record, common, entry, zone),
        mfn_pct=read_ordinary_duty(entry),
        whole_day=at is None,
    )
    return Question(query, notes)


def read_ordinary_duty(entry: TypedFacts) -> Decimal | None:
    """The ordinary duty that `--mfn` supplies."""
    return None if entry.mfn is None else ordinary_duty(entry.mfn)


def find(
    record: Record, importer: str, pair: Pair, moment: int
) -> tuple[Product, tuple[tuple[str, str], ...]]:
    """The product of `--product` or `--hs`, with a note if its code was shortened."""
    if pair.product is not None and pair.hs is not None:
        raise UsageError("You can give --product or --hs, not both.")
    if importer not in record.zones:
        return GENERAL, ()
    text = pair.hs if pair.hs is not None else pair.product
    if text is None:
        return GENERAL, ()
    if not text.strip():
        flag = "--product" if pair.hs is None else "--hs"
        raise UsageError(f"{flag} is empty. You can leave it out for goods on no special list.")
    if pair.hs is not None and digits_of(text) is None:
        raise UsageError(
            f"'{clean(text)}' is not a tariff code; --hs takes 2 to 10 digits, "
            "for example 8517.13.00."
        )
    cut = cut_to_law(record, importer, text)
    if cut == text:
        return find_product(record, importer, cut, moment), ()
    note = f"Read as {cut}: beyond it this importer's law does not distinguish."
    return find_product(record, importer, cut, moment), (("code_cut", note),)


def read_facts(
    record: Record, common: Common, entry: TypedFacts, zone: str
) -> dict[str, FactValue]:
    """The facts that the flags give; see `entry.facts_given`."""

    def read(text: str) -> str:
        return parse_day(text, today(zone), month_first(common))

    return facts_given(record, entry, zone, read)
