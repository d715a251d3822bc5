"""Answers as documents with the contract's names: what JSON prints, what CSV and tables are made from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tariffcli.book.load import Record
from tariffcli.law.engine import CHARGED
from tariffcli.law.instants import holds, to_iso, to_wall
from tariffcli.law.model import Answer, Event, Layer, Outcome, Part, Query
from tariffcli.law.outlook import Change, FactEffect, Report
from tariffcli.law.products import dotted

if TYPE_CHECKING:
    from tariffcli.law.items import Reading

NOT_INCLUDED = "Not included: anti-dumping and countervailing duty, VAT, excise, fees. Statutory rates, not what was collected."
SHOWN_CODES = 12


def number(value: Decimal | None) -> int | float | None:
    """A decimal as JSON prints it exactly: 125, 7.5; None stays null."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def digits(value: Decimal | None) -> str:
    """A decimal as text, without trailing zeros: `7.5`; empty for None."""
    if value is None:
        return ""
    return f"{value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize():f}"


def span(low: Decimal | None, high: Decimal | None) -> str:
    """`125`, `20..70`, `10..` (no most known) or `unknown`; what `--format plain` prints."""
    if low is None:
        return "unknown"
    return digits(low) if low == high else f"{digits(low)}..{digits(high)}"


def with_article(name: str) -> str:
    """A country's name as a sentence uses it: `the United States`, `China`."""
    return f"the {name}" if re.search(r"^United |Islands$|Republic$|lands$|ines$", name) else name


def possessive(name: str) -> str:
    """`China's`, `the United States'`."""
    full = with_article(name)
    return f"{full}'" if full.endswith("s") else f"{full}'s"


def when_text(query: Query, zone: str) -> str:
    """The instant of a query in words."""
    wall = to_wall(query.instant, zone)
    return f"end of {wall[:10]} ({zone})" if query.whole_day else f"{wall} ({zone})"


def sentence(record: Record, query: Query) -> str:
    """Who charges whom, on what, when."""
    names = record.country_names
    importer, origin = names.get(query.importer, query.importer.upper()), names.get(query.origin, query.origin.upper())
    zone = record.zones.get(query.importer, "UTC")
    known = f", as known on {query.known_on}" if query.known_on else ""
    words = possessive(importer)
    goods = f"goods of {with_article(origin)}: {query.product.name}"
    return f"{words[0].upper()}{words[1:]} additional duty on {goods}, {when_text(query, zone)}{known}"


def sources(record: Record, ids: Sequence[str]) -> list[dict[str, Any]]:
    """The documents behind a row."""
    return [{"id": one.id, "title": one.title, "url": one.url, "official": one.official} for one in (record.sources[name] for name in ids)]


def ordinary_sources(record: Record, given: Answer) -> list[dict[str, Any]]:
    """The documents behind the ordinary duty: those of its rows, and of the schedule in use where a row of it names none."""
    query = given.query
    whole = [
        name
        for row in record.editions
        if row.importer == query.importer and holds(row.since if row.since is not None else query.instant, row.until, query.instant)
        for name in row.source_ids
    ]
    return sources(record, list(dict.fromkeys(name for row in given.ordinary for name in row.source_ids or whole)))


def layer(record: Record, one: Layer) -> dict[str, Any]:
    """A layer with its act, pinpoint, address and confidence."""
    programme = record.programmes[one.programme]
    event = one.event
    return {
        "programme": one.programme,
        "authority": programme.authority,
        "heading": event.heading,
        "role": one.role,
        "rate_pct": number(one.rate_pct),
        "min_pct": number(one.min_pct),
        "max_pct": number(one.max_pct),
        "nominal_pct": number(one.nominal_pct),
        "event": event.id,
        "act": event.act,
        "since": to_iso(event.effective, programme.zone),
        "until": to_iso(event.until, programme.zone) if event.until is not None else None,
        "where": event.where,
        "confidence": event.confidence,
        "reason": one.reason,
        "note": event.note,
        "sources": sources(record, event.source_ids),
    }


def outcome_figures(outcome: Outcome) -> dict[str, Any]:
    """The numbers of an outcome."""
    return {
        "additional_pct": number(outcome.min_pct) if outcome.min_pct == outcome.max_pct else None,
        "additional_min_pct": number(outcome.min_pct),
        "additional_max_pct": number(outcome.max_pct),
        "mfn_pct": number(outcome.mfn_pct),
    }


def part(one: Part) -> dict[str, Any]:
    """Lines that owe the same."""
    low, high = one.outcome.total_min_pct, one.outcome.total_max_pct
    return {
        **outcome_figures(one.outcome),
        "total_pct": number(low) if low == high else None,
        "total_min_pct": number(low),
        "total_max_pct": number(high),
        "lines": len(one.codes),
        "share_of_lines": float(round(one.share_of_lines, 4)),
        "programmes": [layer.programme for layer in one.outcome.layers if layer.role in CHARGED],
        "codes": list(one.codes),
    }


def event_report(record: Record, report: Report) -> dict[str, Any]:
    """A row beside the law."""
    event: Event = report.event
    return {
        "event": event.id,
        "status": event.status,
        "announced": event.announced,
        "speaks_of": to_wall(event.effective, record.programmes[event.programmes[0]].zone)[:10],
        "would_be_pct": number(report.would_be_pct),
        "note": event.note or event.act,
        "confidence": event.confidence,
        "sources": sources(record, event.source_ids),
    }


def fact(effect: FactEffect, zone: str, given: Answer) -> dict[str, Any]:
    """A fact that could change the answer `given`, and to what: the additional duty, or the total where only that differs."""
    answer = effect.answer
    words = _effect(answer)
    if answer.status != "prohibited" and (answer.status, answer.min_pct, answer.max_pct) == (given.status, given.min_pct, given.max_pct):
        words = f"together with the ordinary duty {percent(answer.total_min_pct, answer.total_max_pct)}"
    return {
        "flag": flag_text(effect, zone),
        "effect": words,
        "question": effect.condition.question,
    }


def _effect(answer: Answer) -> str:
    """What a fact makes of the additional duty; a specific duty that no percentage holds is told as the act words it."""
    if answer.status == "prohibited":
        return "entry prohibited"
    specific = [one.event for one in answer.layers if one.role == "unknown" and one.event.amount is not None]
    if answer.max_pct is None and len(specific) == 1:
        event = specific[0]
        least = f"at least {percent(answer.min_pct, answer.min_pct)}, " if answer.min_pct else ""
        return f"additional duty {least}{digits(event.rate_pct)}% {event.join} {digits(event.amount)} {event.currency} per {event.per}"
    return f"additional duty {percent(answer.min_pct, answer.max_pct)}"


def items(read: Reading) -> list[dict[str, Any]]:
    """The items of a row's list that name the product's codes. `holds`: whether it applies; null where that is not established."""
    event = read.event
    return [
        {
            "event": event.id,
            "heading": event.heading,
            "provision": one.provision,
            "item": one.number,
            "codes": list(one.codes),
            "text": one.text,
            "note": one.note,
            "holds": read.holds,
        }
        for one in read.items
    ]


def percent(low: Decimal | float | None, high: Decimal | float | None) -> str:
    """`125%`, `10% to 34%`, `at least 10%`, `unknown`; of decimals, or of a document's numbers."""
    if low is None:
        return "unknown"
    if low == high:
        return f"{_shown(low)}%"
    return f"at least {_shown(low)}%" if high is None else f"{_shown(low)}% to {_shown(high)}%"


def _shown(value: Decimal | float) -> str:
    return digits(value) if isinstance(value, Decimal) else str(value)


def flag_text(effect: FactEffect, zone: str) -> str:
    """The flag with the value that was tried, as a user would type it."""
    condition, value = effect.condition, effect.value
    if condition.kind == "yes_no":
        if value:
            return condition.flag
        return f"{condition.flag}=no" if condition.flag.startswith("--claim") else condition.flag.replace("--in-", "--over-")
    if condition.kind == "instant" and isinstance(value, int):
        return f"{condition.flag} {to_wall(value, zone).replace(' ', 'T')}"
    text = digits(value) if isinstance(value, Decimal) else str(value)
    if condition.flag.startswith("--claim"):
        return f"{condition.flag}={text}"
    return f"{condition.flag} {condition.fact.removesuffix('_share')}={text}" if condition.kind == "share" else f"{condition.flag} {text}"


def change(one: Change | None, zone: str) -> dict[str, Any] | None:
    """A coming change."""
    if one is None:
        return None
    return {
        "instant": to_iso(one.instant, zone),
        "additional_pct": number(one.after.additional_pct),
        "additional_min_pct": number(one.after.min_pct),
        "additional_max_pct": number(one.after.max_pct),
        "event": one.events[0].id if one.events else None,
    }


def dataset(record: Record, verified_through: str) -> dict[str, Any]:
    """Which record answered."""
    return {
        "version": record.meta.get("version", ""),
        "fingerprint": record.fingerprint,
        "verified_through": verified_through or None,
        "overlay": None,
    }


def answer(
    record: Record,
    given: Answer,
    facts: Sequence[FactEffect] = (),
    reports: Sequence[Report] = (),
    coming: Change | None = None,
    notes: Sequence[tuple[str, str]] = (),
    read: Sequence[Reading] = (),
) -> dict[str, Any]:
    """The whole answer, field by field as the contract names them."""
    query = given.query
    zone = record.zones.get(query.importer, "UTC")
    product = query.product
    return {
        "status": given.status,
        "reason": given.reason or None,
        "sentence": sentence(record, query),
        "importer": query.importer,
        "origin": query.origin,
        "product": {"kind": product.kind, "id": product.id, "name": product.name, "codes": list(product.codes)},
        "instant": to_iso(query.instant, zone),
        "known_on": query.known_on,
        "additional_pct": number(given.additional_pct),
        "additional_min_pct": number(given.min_pct),
        "additional_max_pct": number(given.max_pct),
        "mfn_pct": number(given.mfn_pct),
        "mfn_text": given.mfn_text or None,
        "mfn_sources": ordinary_sources(record, given),
        "total_pct": number(given.total_pct),
        "total_min_pct": number(given.total_min_pct),
        "total_max_pct": number(given.total_max_pct),
        "layers": [layer(record, one) for one in given.layers],
        "parts": [part(one) for one in given.parts],
        "reports": [event_report(record, one) for one in reports],
        "facts": [fact(one, zone, given) for one in facts],
        "items": [one for reading in read for one in items(reading)],
        "notes": [{"code": code, "text": text} for code, text in notes],
        "next_change": change(coming, zone),
        "confidence": given.confidence or None,
        "dataset": dataset(record, given.verified_through),
    }


def plain(given: Answer) -> str:
    """What `--format plain` prints: `125`, `10..34`, or the status where there is no number."""
    if given.status in ("outside_coverage", "prohibited"):
        return given.status
    return span(given.min_pct, given.max_pct)


def codes_text(codes: Sequence[str]) -> str:
    """Codes as tariffs print them, shortened."""
    shown = ", ".join(dotted(code) for code in codes[:SHOWN_CODES])
    more = f" and {len(codes) - SHOWN_CODES} more" if len(codes) > SHOWN_CODES else ""
    return shown + more


def flat(document: Mapping[str, Any]) -> dict[str, Any]:
    """One CSV row of an answer: its scalar fields, and the ids of the rows that apply."""
    row = {name: value for name, value in document.items() if name != "next_change" and not isinstance(value, (list, dict))}
    row["product"] = document["product"]["id"]
    row["events"] = ";".join(one["event"] for one in document["layers"] if one["role"] in CHARGED)
    row["next_change"] = document["next_change"]["instant"] if document["next_change"] else None
    row["fingerprint"] = document["dataset"]["fingerprint"]
    return row
