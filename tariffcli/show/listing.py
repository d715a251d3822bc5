"""Rows of the record as people and programs read them.

Each kind of row has one shape, which look-ups and exports share.
"""

from __future__ import annotations

from typing import Any

from tariffcli.book.load import Record
from tariffcli.law.instants import to_iso, to_wall
from tariffcli.law.model import Event
from tariffcli.law.reference import Category, Coverage, Source
from tariffcli.show.figures import digits, number

DICTIONARY: dict[str, str] = {
    "id": "id of the row in the record",
    "importer_iso2": "importer, which charges the duty: ISO 3166-1 alpha-2, lower case",
    "importer_iso3": "importer: ISO 3166-1 alpha-3",
    "importer_census": "importer: US Census Schedule C code",
    "origin_iso2": "country of origin of the goods: ISO 3166-1 alpha-2, lower case",
    "origin_iso3": "country of origin: ISO 3166-1 alpha-3",
    "origin_census": "country of origin: US Census Schedule C code",
    "origin": "origin selector of the act: * all, cn, cn+hk, @eu, *-ca (all but)",
    "product": "general, or id of a category, list or code",
    "date": "local day of the importer; the figure is as of its end",
    "month": "calendar month; figures are means over its days, each day as of its end",
    "days": "days",
    "since": "instant from which the row holds, ISO 8601 with offset",
    "since_iso": "instant from which the row holds, ISO 8601 with offset",
    "until": "first instant no longer covered, if the act itself set one",
    "additional_pct": "additional duty, per cent of customs value; empty unless one number",
    "additional_min_pct": "least additional duty, per cent of customs value",
    "additional_max_pct": (
        "greatest additional duty, per cent of customs value; empty if unbounded"
    ),
    "change_points": "change against the row before, percentage points",
    "status": (
        "complete, range, needs_fact, prohibited, outside_coverage; "
        "of a record row: law, reported, threatened"
    ),
    "event_ids": "rows of the record that made the change, joined with ;",
    "by": "acts that made the change",
    "what": "programmes that changed and what they charge since, per cent of customs value",
    "programme": "programme(s) of the record",
    "authority": "legal authority",
    "scope": "all goods, or the list of the act",
    "effect": "rate, floor, exempt, end, undo, prohibit",
    "rate_pct": "rate of the act, per cent; empty is unknown",
    "rate_max_pct": "upper end where what holds is not established, per cent",
    "announced": "day of the instrument",
    "effective": "first instant, ISO 8601 with offset",
    "undoes": "rows that the act takes away",
    "condition": "facts of the entry on which the row depends",
    "act": "the act in its own numbering",
    "heading": "tariff heading or announcement that a declaration cites",
    "source_ids": "documents, the primary one first",
    "where": "pinpoint in the document",
    "confidence": "official, transcribed, secondary, single, memory, open",
    "fingerprint": "hash of the record that answered",
}
"""The meaning of exported columns; the dictionary of the record explains the others."""


def country_columns(record: Record, prefix: str, code: str) -> dict[str, str]:
    """The ISO-2, ISO-3 and Census codes of a country."""
    row = next((row for row in record.countries if row["code"] == code), None)
    return {
        f"{prefix}_iso2": code,
        f"{prefix}_iso3": row["alpha3"] if row else "",
        f"{prefix}_census": row["census"] if row else "",
    }


def event_row(record: Record, event: Event, local: bool = False) -> dict[str, Any]:
    """An event as a flat row; `local` gives the time of the local clock instead of ISO 8601."""
    programme = record.programmes[event.programmes[0]]
    time = to_wall if local else to_iso
    authorities = dict.fromkeys(record.programmes[name].authority for name in event.programmes)
    return {
        "id": event.id,
        **country_columns(record, "importer", programme.importer),
        "programme": ";".join(event.programmes),
        "authority": ";".join(authorities),
        "origin": event.origin.text,
        "scope": event.scope,
        "effect": event.effect,
        "rate_pct": number(event.rate_pct),
        "rate_max_pct": number(event.rate_max_pct),
        "amount": number(event.amount),
        "currency": event.currency,
        "per": event.per,
        "base": event.base,
        "announced": event.announced,
        "effective": time(event.effective, programme.zone),
        "until": time(event.until, programme.zone) if event.until is not None else None,
        "undoes": ";".join(event.undoes),
        "condition": _condition(event),
        "status": event.status,
        "act": event.act,
        "heading": event.heading,
        "source_ids": ";".join(event.source_ids),
        "where": event.where,
        "confidence": event.confidence,
        "note": event.note,
    }


def _condition(event: Event) -> str:
    return "&".join(("!" if term.negated else "") + term.condition for term in event.condition)


def event_line(record: Record, event: Event) -> dict[str, Any]:
    """An event as a line of a table."""
    row = event_row(record, event, local=True)
    rate = digits(event.rate_pct)
    if event.rate_max_pct is not None:
        rate += f"..{digits(event.rate_max_pct)}"
    limits: list[str] = []
    if event.scope != "all":
        limits.append(event.scope)
    if row["condition"]:
        limits.append(f"if {row['condition']}")
    act = f"{event.act} ({', '.join(limits)})" if limits else event.act
    what = act if event.act and event.status == "law" else f"{event.status}: {event.note or act}"
    if not rate:
        rate = "unknown" if event.effect == "rate" else event.effect
    return {**row, "rate": rate, "what": what}


def source_row(source: Source) -> dict[str, Any]:
    """A document as a flat row."""
    return {**source._asdict(), "official": "yes" if source.official else "no"}


def coverage_row(record: Record, row: Coverage) -> dict[str, Any]:
    """A row of the coverage as a flat row."""
    return {
        **country_columns(record, "importer", row.importer),
        "origin": row.origin.text,
        "programme": row.programme,
        "covered_from": row.covered_from,
        "covered_until": row.covered_until,
        "verified_through": row.verified_through,
        "gaps": row.gaps,
    }


def category_row(record: Record, row: Category) -> dict[str, Any]:
    """A category as a flat row."""
    return {
        **country_columns(record, "importer", row.importer),
        "product": row.id,
        "edition": row.edition,
        "name": row.name,
        "name_zh": row.name_zh,
        "aliases": ";".join(row.aliases),
        "codes": ";".join(row.codes),
        "note": row.note,
    }
