"""From what was typed to queries: countries, days, products and facts. Reads the clock; nothing below it does."""

import time
from decimal import Decimal
from typing import NamedTuple

from tariffcli.book.load import Record, load
from tariffcli.book.words import claimed_fact, clean, decimal_fact, fact_value, facts_of_flag, find_country
from tariffcli.cli.typed import Common, Entry, Pair
from tariffcli.errors import UsageError
from tariffcli.law.instants import day_of, end_of_day, parse_day, parse_instant
from tariffcli.law.model import FactValue, Product, Query
from tariffcli.law.products import GENERAL, digits_of, find_product

MOST_MFN = 10_000
"""No ordinary duty is near it; a number without end would be printed without end."""

MODES = ("vessel", "air", "rail", "road")


class Question(NamedTuple):
    """A query, whether it named a bare day, and what was done to its words."""

    query: Query
    whole_day: bool
    notes: tuple[tuple[str, str], ...] = ()


def open_record(common: Common) -> Record:
    """The record that `--data` names, or the one that came with the program."""
    if common.dates not in (None, "us", "eu"):
        raise UsageError(f"--dates takes us or eu, not '{clean(common.dates or '')}'.")
    return load(common.data)


def month_first(common: Common) -> bool | None:
    """Whether `04/05/2025` begins with the month, if `--dates` said so."""
    return {"us": True, "eu": False}.get(common.dates or "")


def today(zone: str) -> str:
    """The local day now."""
    return day_of(int(time.time()), zone)


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


def question(record: Record, common: Common, pair: Pair, entry: Entry, date: str | None, at: str | None) -> Question:
    """The query of a command line. Raises UsageError with what to type instead."""
    origin, importer = countries(record, pair)
    return build(record, common, pair, entry, origin, importer, date, at)


def build(
    record: Record, common: Common, pair: Pair, entry: Entry, origin: str, importer: str, date: str | None, at: str | None
) -> Question:
    """`question` for countries already found."""
    if date is not None and at is not None:
        raise UsageError("Give --date (a day) or --at (an instant), not both.")
    zone = record.zones.get(importer, "UTC")
    day = "today" if date is None else date
    moment = parse_instant(at, zone) if at is not None else end_of_day(read_day(record, common, day, importer), zone)
    product, notes = find(record, importer, pair, moment)
    facts = read_facts(record, common, entry, zone)
    mfn = _ordinary_duty(entry.mfn) if entry.mfn is not None else None
    return Question(Query(importer, origin, moment, known_day(common), product, facts, mfn), at is None, notes)


def _ordinary_duty(text: str) -> Decimal:
    value = decimal_fact(text, "--mfn", share=False)
    if value > MOST_MFN:
        raise UsageError(f"--mfn takes per cent of the value, at most {MOST_MFN}, not '{clean(text)}'.")
    return value


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
    if code is not None and len(code) == 10 and not record.lines(importer, ""):
        cut = find_product(record, importer, code[:8], moment)
        return cut, (("code_cut", f"Read as {code[:8]}: beyond the eighth digit this importer's law does not distinguish."),)
    return find_product(record, importer, text, moment), ()


def read_facts(record: Record, common: Common, entry: Entry, zone: str) -> dict[str, FactValue]:
    """The facts that flags give, by the names that the record's conditions use."""
    facts: dict[str, FactValue] = {}
    for claim in entry.claim:
        name, value = claimed_fact(record, claim)
        facts[name] = value
    if entry.loaded is not None:
        moment = (
            parse_instant(entry.loaded, zone)
            if ":" in entry.loaded
            else end_of_day(parse_day(entry.loaded, today(zone), month_first(common)), zone)
        )
        facts.update(dict.fromkeys(facts_of_flag(record, "--loaded"), moment))
    if entry.mode is not None:
        if entry.mode.lower() not in MODES:
            raise UsageError(f"--mode takes {', '.join(MODES)}, not '{clean(entry.mode)}'.")
        facts.update(dict.fromkeys(facts_of_flag(record, "--mode"), entry.mode.lower()))
    for flag, given in (("--in-quota", entry.in_quota), ("--postal", entry.postal or None)):
        if given is not None:
            facts.update(dict.fromkeys(facts_of_flag(record, flag), given))
    if entry.value is not None:
        facts.update(dict.fromkeys(facts_of_flag(record, "--value"), decimal_fact(entry.value, "--value", share=False)))
    facts.update(_metal_shares(record, entry))
    return facts


def _metal_shares(record: Record, entry: Entry) -> dict[str, FactValue]:
    """`--metal-share 0.4` is the share of every metal in question; `steel=0.4` of one."""
    known = facts_of_flag(record, "--metal-share")
    found: dict[str, FactValue] = {}
    named: dict[str, FactValue] = {}
    for text in entry.metal_share:
        metal, _, share = text.rpartition("=")
        names = [name for name in known if not metal or name.removesuffix("_share") == metal.strip().lower()]
        if not names:
            raise UsageError(
                f"--metal-share knows no '{clean(metal)}'; metals: {', '.join(name.removesuffix('_share') for name in known)}."
            )
        found.update({name: fact_value(known[name], share) for name in names})
        named.update({name: found[name] for name in names if metal})
    if sum((share for share in named.values() if isinstance(share, Decimal)), Decimal(0)) > 1:
        raise UsageError("The shares of the value that were given add up to more than the whole.")
    return found
