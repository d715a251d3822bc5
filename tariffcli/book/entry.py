"""Facts of an entry as people give them, by the names of the flags, read into the facts that the record's conditions use."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from tariffcli.book.load import Record
from tariffcli.book.words import claimed_fact, clean, decimal_fact, fact_value, facts_of_flag
from tariffcli.errors import UsageError
from tariffcli.law.instants import end_of_day, parse_instant
from tariffcli.law.model import FactValue

MODES = ("vessel", "air", "rail", "road")

MOST_MFN = 10_000
"""No ordinary duty is near it; a number without end would be printed without end."""


class Entry(NamedTuple):
    """Facts of an entry, as typed."""

    claim: tuple[str, ...] = ()
    loaded: str | None = None
    mode: str | None = None
    metal_share: tuple[str, ...] = ()
    in_quota: bool | None = None
    mfn: str | None = None
    postal: bool = False
    value: str | None = None


def facts_given(record: Record, entry: Entry, zone: str, read_day: Callable[[str], str]) -> dict[str, FactValue]:
    """The facts that an entry gives, by the names that the record's conditions use. `read_day` reads a typed day.

    A loading day means its end in `zone`. Raises UsageError with what to type instead.
    """
    facts: dict[str, FactValue] = {}
    for claim in entry.claim:
        name, value = claimed_fact(record, claim)
        facts[name] = value
    if entry.loaded is not None:
        moment = parse_instant(entry.loaded, zone) if ":" in entry.loaded else end_of_day(read_day(entry.loaded), zone)
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


def ordinary_duty(text: str) -> Decimal:
    """The per cent of `--mfn`. Raises UsageError."""
    value = decimal_fact(text, "--mfn", share=False)
    if value > MOST_MFN:
        raise UsageError(f"--mfn takes per cent of the value, at most {MOST_MFN}, not '{clean(text)}'.")
    return value


def _metal_shares(record: Record, entry: Entry) -> dict[str, FactValue]:
    """`--metal-share 0.4` is the share of every metal in question; `steel=0.4` of one."""
    known = facts_of_flag(record, "--metal-share")
    found: dict[str, FactValue] = {}
    named: dict[str, FactValue] = {}
    for text in entry.metal_share:
        metal, _, share = text.rpartition("=")
        asked = metal.strip().lower().replace("aluminum", "aluminium")  # as the acts themselves spell it
        names = [name for name in known if not asked or name.removesuffix("_share") == asked]
        if not names:
            raise UsageError(
                f"--metal-share knows no '{clean(metal)}'; metals: {', '.join(name.removesuffix('_share') for name in known)}."
            )
        found.update({name: fact_value(known[name], share) for name in names})
        named.update({name: found[name] for name in names if metal})
    if sum((share for share in named.values() if isinstance(share, Decimal)), Decimal(0)) > 1:
        raise UsageError("The shares of the value that were given add up to more than the whole.")
    return found
