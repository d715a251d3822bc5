"""Answers as documents: what JSON prints, and what CSV rows and tables are made from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tariffcli.book.load import Record
from tariffcli.law.engine import CHARGING_ROLES
from tariffcli.law.instants import holds, to_iso, to_wall
from tariffcli.law.model import Answer, Event, Layer, Outcome, Part, Query
from tariffcli.law.products import dotted
from tariffcli.show.figures import digits, number, percent, span

if TYPE_CHECKING:
    from tariffcli.law.items import Reading
    from tariffcli.law.outlook import Change, FactEffect, Report

NOT_INCLUDED = (
    "Not included: anti-dumping and countervailing duty, VAT, excise, fees. "
    "Statutory rates, not what was collected."
)
SHOWN_CODES = 12
"""At most this many codes of a list are written out."""


def with_article(name: str) -> str:
    """The name of a country as a sentence uses it: `the United States`, `China`."""
    return f"the {name}" if re.search(r"^United |Islands$|Republic$|lands$|ines$", name) else name


def possessive(name: str) -> str:
    """The name of a country in the possessive: `China's`, `the United States'`."""
    full = with_article(name)
    return f"{full}'" if full.endswith("s") else f"{full}'s"


def country_name(record: Record, code: str) -> str:
    """The name of a country, or its code in capitals where the record does not name it."""
    return record.country_names.get(code, code.upper())


def when_text(query: Query, zone: str) -> str:
    """The day or the instant that was asked about, in words."""
    wall = to_wall(query.instant, zone)
    return f"end of {wall[:10]} ({zone})" if query.whole_day else f"{wall} ({zone})"


def minute_text(instant: str) -> str:
    """An instant in ISO 8601 as a screen shows it: `2025-04-10 12:01`."""
    return instant[:16].replace("T", " ")


def sentence(record: Record, query: Query) -> str:
    """The question as a sentence: who charges whom, on what, and when."""
    importer = possessive(country_name(record, query.importer))
    origin = with_article(country_name(record, query.origin))
    when = when_text(query, record.zones.get(query.importer, "UTC"))
    known = f", as known on {query.known_on}" if query.known_on else ""
    goods = f"goods of {origin}: {query.product.name}"
    return f"{importer[0].upper()}{importer[1:]} additional duty on {goods}, {when}{known}"


def sources(record: Record, ids: Sequence[str]) -> list[dict[str, Any]]:
    """The documents behind a row of the record."""
    return [
        {"id": source.id, "title": source.title, "url": source.url, "official": source.official}
        for source in (record.sources[name] for name in ids)
    ]


def ordinary_sources(record: Record, answer: Answer) -> list[dict[str, Any]]:
    """The documents behind the ordinary duty.

    A row that names no document of its own rests on those of the schedule then in use.
    """
    query = answer.query
    schedule = [
        name
        for row in record.editions
        if row.importer == query.importer
        and holds(query.instant if row.since is None else row.since, row.until, query.instant)
        for name in row.source_ids
    ]
    names = (name for row in answer.ordinary for name in row.source_ids or schedule)
    return sources(record, list(dict.fromkeys(names)))


def layer_document(record: Record, layer: Layer) -> dict[str, Any]:
    """A layer of an answer, with its act, the place in the act, its documents and confidence."""
    programme = record.programmes[layer.programme]
    event = layer.event
    return {
        "programme": layer.programme,
        "authority": programme.authority,
        "heading": event.heading,
        "role": layer.role,
        "rate_pct": number(layer.rate_pct),
        "min_pct": number(layer.min_pct),
        "max_pct": number(layer.max_pct),
        "nominal_pct": number(layer.nominal_pct),
        "event": event.id,
        "act": event.act,
        "since": to_iso(event.effective, programme.zone),
        "until": to_iso(event.until, programme.zone) if event.until is not None else None,
        "where": event.where,
        "confidence": event.confidence,
        "reason": layer.reason,
        "note": event.note,
        "sources": sources(record, event.source_ids),
    }


def outcome_figures(outcome: Outcome) -> dict[str, Any]:
    """The figures of an outcome."""
    low, high = outcome.min_pct, outcome.max_pct
    return {
        "additional_pct": number(low) if low == high else None,
        "additional_min_pct": number(low),
        "additional_max_pct": number(high),
        "mfn_pct": number(outcome.mfn_pct),
    }


def part_document(part: Part) -> dict[str, Any]:
    """A part of an answer: the tariff lines that owe the same."""
    low, high = part.outcome.total_min_pct, part.outcome.total_max_pct
    return {
        **outcome_figures(part.outcome),
        "total_pct": number(low) if low == high else None,
        "total_min_pct": number(low),
        "total_max_pct": number(high),
        "lines": len(part.codes),
        "share_of_lines": float(round(part.share_of_lines, 4)),
        "programmes": [
            layer.programme for layer in part.outcome.layers if layer.role in CHARGING_ROLES
        ],
        "codes": list(part.codes),
    }


def report_document(record: Record, report: Report) -> dict[str, Any]:
    """A row of the record that is not law: a reported or threatened duty."""
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


def fact_document(effect: FactEffect, zone: str, answer: Answer) -> dict[str, Any]:
    """A fact that could change the answer, and what the answer would be then.

    That is the additional duty, or the total where only the total would differ.
    """
    changed = effect.answer
    words = _effect(changed)
    if changed.status != "prohibited" and _additional(changed) == _additional(answer):
        total = percent(changed.total_min_pct, changed.total_max_pct)
        words = f"together with the ordinary duty {total}"
    return {
        "flag": flag_text(effect, zone),
        "effect": words,
        "question": effect.condition.question,
    }


def _additional(answer: Answer) -> tuple[object, ...]:
    return answer.status, answer.min_pct, answer.max_pct


def _effect(answer: Answer) -> str:
    """The additional duty under a fact. A specific duty stands as the act words it."""
    if answer.status == "prohibited":
        return "entry prohibited"
    specific = [
        layer.event
        for layer in answer.layers
        if layer.role == "unknown" and layer.event.amount is not None
    ]
    if answer.max_pct is None and len(specific) == 1:
        event = specific[0]
        least = f"at least {percent(answer.min_pct, answer.min_pct)}, " if answer.min_pct else ""
        per_unit = f"{digits(event.amount)} {event.currency} per {event.per}"
        return f"additional duty {least}{digits(event.rate_pct)}% {event.join} {per_unit}"
    return f"additional duty {percent(answer.min_pct, answer.max_pct)}"


def item_documents(reading: Reading) -> list[dict[str, Any]]:
    """The items of a list that name the codes of the product.

    `holds` says whether the row of the list applies; it is null where that is not established.
    """
    event = reading.event
    return [
        {
            "event": event.id,
            "heading": event.heading,
            "provision": item.provision,
            "item": item.number,
            "codes": list(item.codes),
            "text": item.text,
            "note": item.note,
            "holds": reading.holds,
        }
        for item in reading.items
    ]


def flag_text(effect: FactEffect, zone: str) -> str:
    """The flag with the value that was tried, as a user would type it."""
    condition, value = effect.condition, effect.value
    flag = condition.flag
    is_claim = flag.startswith("--claim")
    if condition.kind == "yes_no":
        if value:
            return flag
        return f"{flag}=no" if is_claim else flag.replace("--in-", "--over-")
    if condition.kind == "instant" and isinstance(value, int):
        return f"{flag} {to_wall(value, zone).replace(' ', 'T')}"
    text = digits(value) if isinstance(value, Decimal) else str(value)
    if is_claim:
        return f"{flag}={text}"
    if condition.kind == "share":
        return f"{flag} {condition.fact.removesuffix('_share')}={text}"
    return f"{flag} {text}"


def change_document(change: Change | None, zone: str) -> dict[str, Any] | None:
    """The next change that the record knows of."""
    if change is None:
        return None
    return {
        "instant": to_iso(change.instant, zone),
        "additional_pct": number(change.after.additional_pct),
        "additional_min_pct": number(change.after.min_pct),
        "additional_max_pct": number(change.after.max_pct),
        "event": change.events[0].id if change.events else None,
    }


def dataset(record: Record, verified_through: str) -> dict[str, Any]:
    """The record that gave the answer."""
    return {
        "version": record.meta.get("version", ""),
        "fingerprint": record.fingerprint,
        "verified_through": verified_through or None,
        "overlay": None,
    }


def product_document(query: Query) -> dict[str, Any]:
    """The product of a query, with its codes."""
    asked = query.product
    return {"kind": asked.kind, "id": asked.id, "name": asked.name, "codes": list(asked.codes)}


def answer_document(
    record: Record,
    answer: Answer,
    *,
    facts: Sequence[FactEffect] = (),
    reports: Sequence[Report] = (),
    next_change: Change | None = None,
    notes: Sequence[tuple[str, str]] = (),
    readings: Sequence[Reading] = (),
) -> dict[str, Any]:
    """The whole answer, field by field as `--format json` prints it."""
    query = answer.query
    zone = record.zones.get(query.importer, "UTC")
    return {
        "status": answer.status,
        "reason": answer.reason or None,
        "sentence": sentence(record, query),
        "importer": query.importer,
        "origin": query.origin,
        "product": product_document(query),
        "instant": to_iso(query.instant, zone),
        "known_on": query.known_on,
        "additional_pct": number(answer.additional_pct),
        "additional_min_pct": number(answer.min_pct),
        "additional_max_pct": number(answer.max_pct),
        "mfn_pct": number(answer.mfn_pct),
        "mfn_text": answer.mfn_text or None,
        "mfn_sources": ordinary_sources(record, answer),
        "total_pct": number(answer.total_pct),
        "total_min_pct": number(answer.total_min_pct),
        "total_max_pct": number(answer.total_max_pct),
        "layers": [layer_document(record, layer) for layer in answer.layers],
        "parts": [part_document(part) for part in answer.parts],
        "reports": [report_document(record, report) for report in reports],
        "facts": [fact_document(effect, zone, answer) for effect in facts],
        "items": [item for reading in readings for item in item_documents(reading)],
        "notes": [{"code": code, "text": text} for code, text in notes],
        "next_change": change_document(next_change, zone),
        "confidence": answer.confidence or None,
        "dataset": dataset(record, answer.verified_through),
    }


def plain(answer: Answer) -> str:
    """What `--format plain` prints: `125`, `10..34`, or the status if there is no number."""
    if answer.status in ("outside_coverage", "prohibited"):
        return answer.status
    return span(answer.min_pct, answer.max_pct)


def codes_text(codes: Sequence[str]) -> str:
    """Codes as tariffs print them; a long list is shortened."""
    shown = ", ".join(dotted(code) for code in codes[:SHOWN_CODES])
    more = f" and {len(codes) - SHOWN_CODES} more" if len(codes) > SHOWN_CODES else ""
    return shown + more


def flat(document: Mapping[str, Any]) -> dict[str, Any]:
    """One CSV row of an answer: its scalar fields, and the ids of the events that charge."""
    row = {
        name: value
        for name, value in document.items()
        if name != "next_change" and not isinstance(value, list | dict)
    }
    charging = (layer["event"] for layer in document["layers"] if layer["role"] in CHARGING_ROLES)
    row["product"] = document["product"]["id"]
    row["events"] = ";".join(charging)
    row["next_change"] = document["next_change"]["instant"] if document["next_change"] else None
    row["fingerprint"] = document["dataset"]["fingerprint"]
    return row
