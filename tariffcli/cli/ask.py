"""From what was typed to queries: countries, days, products and facts."""

from typing import NamedTuple

from tariffcli.book.entry import facts_given, ordinary_duty
from tariffcli.book.load import Record, load
from tariffcli.book.words import clean, find_country
from tariffcli.cli.typed import Common, Pair, TypedFacts
from tariffcli.clock import today
from tariffcli.errors import UsageError
from tariffcli.law.instants import end_of_day, parse_day, parse_instant
from tariffcli.law.model import FactValue, Product, Query
from tariffcli.law.products import GENERAL, cut_to_law, digits_of, find_product


class Question(NamedTuple):
    """A query, and what was done to its words."""

    query: Query
    notes: tuple[tuple[str, str], ...] = ()


def open_record(common: Common) -> Record:
    """The record that `--data` names, or the one that came with the program."""
    if common.dates not in (None, "us", "eu"):
        raise UsageError(f"--dates takes us or eu, not '{clean(common.dates or '')}'.")
    return load(common.data)


def month_first(common: Common) -> bool | None:
    """Whether `04/05/2025` begins with the month, if `--dates` said so."""
    return {"us": True, "eu": False}.get(common.dates or "")


def known_day(common: Common) -> str | None:
    """The day of `--known-on`."""
    return parse_day(common.known_on, today("UTC"), month_first(common)) if common.known_on is not None else None


def read_day(record: Record, common: Common, text: str, importer: str) -> str:
    """A day as typed, in the importer's legal zone."""
    return parse_day(text, today(record.zones.get(importer, "UTC")), month_first(common))


def countries(record: Record, pair: Pair) -> tuple[str, str]:
    """(origin, importer) codes. Raises UsageError when they are the same."""
    origin, importer = find_country(record, pair.origin), find_country(record, pair.importer)
    if origin == importer:
        raise UsageError(f"--from and --to are both {origin}; a country charges no import duty on its own goods.")
    return origin, importer


def question(record: Record, common: Common, pair: Pair, entry: TypedFacts, date: str | None, at: str | None) -> Question:
    """The query of a command line. Raises UsageError with what to type instead."""
    origin, importer = countries(record, pair)
    return build(record, common, pair, entry, origin, importer, date, at)


def build(
    record: Record, common: Common, pair: Pair, entry: TypedFacts, origin: str, importer: str, date: str | None, at: str | None
) -> Question:
    """`question` for countries already found."""
    if date is not None and at is not None:
        raise UsageError("Give --date (a day) or --at (an instant), not both.")
    zone = record.zones.get(importer, "UTC")
    day = "today" if date is None else date
    moment = parse_instant(at, zone) if at is not None else end_of_day(read_day(record, common, day, importer), zone)
    product, notes = find(record, importer, pair, moment)
    facts = read_facts(record, common, entry, zone)
    mfn = ordinary_duty(entry.mfn) if entry.mfn is not None else None
    return Question(Query(importer, origin, moment, known_day(common), product, facts, mfn, whole_day=at is None), notes)


def find(record: Record, importer: str, pair: Pair, moment: int) -> tuple[Product, tuple[tuple[str, str], ...]]:
    """The product of `--product` or `--hs`, and a note when its code was cut."""
    if pair.product is not None and pair.hs is not None:
        raise UsageError("Give --product or --hs, not both.")
    if importer not in record.zones:
        return GENERAL, ()
    text = pair.hs if pair.hs is not None else pair.product
    if text is None:
        return GENERAL, ()
    if not text.strip():
        raise UsageError(f"{'--product' if pair.hs is None else '--hs'} is empty; leave it out for goods on no special list.")
    code = digits_of(text)
    if pair.hs is not None and code is None:
        raise UsageError(f"'{clean(text)}' is not a tariff code; --hs takes 2 to 10 digits, for example 8517.13.00.")
    cut = cut_to_law(record, importer, text)
    notes = () if cut == text else (("code_cut", f"Read as {cut}: beyond it this importer's law does not distinguish."),)
    return find_product(record, importer, cut, moment), notes


def read_facts(record: Record, common: Common, entry: TypedFacts, zone: str) -> dict[str, FactValue]:
    """The facts that flags give; see `entry.facts_given`."""
    return facts_given(record, entry, zone, lambda text: parse_day(text, today(zone), month_first(common)))
