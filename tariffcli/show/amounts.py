"""Bills as documents and tables: what `tariff duty` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.text import Text

from tariffcli.book.load import Record
from tariffcli.law.bill import Bill, BillLine, Price, Reason
from tariffcli.law.instants import to_iso
from tariffcli.show import document
from tariffcli.show.document import digits, number
from tariffcli.show.text import Terminal, hanging, rows

COLUMNS = ("line", "rate", "amount", "heading", "by")


ASKS = {
    "quantity": "give --quantity and --unit",
    "unit": "repeat --quantity and --unit",
    "mode": "give --mode",
    "mfn": "give --mfn",
}
"""How a person gives a fact that would settle a price."""


def told(reason: Reason) -> str:
    """Why a price is not one number, and what to give.

    >>> told(Reason("charged per kg", "quantity")), told(Reason("not priced as worded"))
    ('charged per kg: give --quantity and --unit', 'not priced as worded')
    """
    return f"{reason.text}: {ASKS[reason.asks]}" if reason.asks else reason.text


def sentence(record: Record, bill: Bill) -> str:
    """Who charges whom, on what, when, on which value."""
    whose = document.sentence(record, bill.answer.query).replace(" additional duty on ", " duty on ", 1)
    goods = bill.goods
    quantity = "".join(f", {digits(many)} {unit}" for many, unit in goods.quantities)
    return f"{whose}; value {money(goods.value)} {goods.currency}{quantity}"


def money(amount: Decimal) -> str:
    """An amount with its cents.

    >>> money(Decimal("12345.5"))
    '12,345.50'
    """
    return f"{amount:,.2f}"


def money_span(price: Price) -> str:
    """`125.00`, `10.00 to 34.00`, `at least 10.00`, `unknown`."""
    if price.low == price.high:
        return money(price.low)
    if price.high is None:
        return f"at least {money(price.low)}" if price.low else "unknown"
    return f"{money(price.low)} to {money(price.high)}"


def plain(bill: Bill) -> str:
    """What `--format plain` prints: the total, or least..most, or the status where there is no number."""
    if bill.status in ("outside_coverage", "prohibited"):
        return bill.status
    return f"{bill.total.low:f}" if bill.total.amount is not None else f"{bill.total.low:f}..{_most(bill.total)}"


def _most(price: Price) -> str:
    return "" if price.high is None else f"{price.high:f}"


def _figures(name: str, price: Price | None) -> dict[str, Any]:
    return {
        name: number(price.amount) if price else None,
        f"{name}_min": number(price.low) if price else None,
        f"{name}_max": number(price.high) if price else None,
    }


def line(record: Record, bill: Bill, charge: BillLine, place: int) -> dict[str, Any]:
    """One line of a bill, with the act or rule it comes from."""
    found: dict[str, Any] = {"line": place, "kind": "ordinary", "id": "ordinary", "heading": "", "act": "", "rate_pct": None, "text": None}
    ids: Sequence[str] = ()
    if charge.layer is not None:
        event = charge.layer.event
        kind = "exempt" if charge.layer.role == "exempt" else "additional"
        found |= {"kind": kind, "id": charge.layer.programme, "heading": event.heading, "act": event.act}
        found["rate_pct"] = number(charge.layer.rate_pct)
        ids = event.source_ids
    elif charge.fee is not None:
        fee = charge.fee
        found |= {"kind": "fee", "id": fee.id, "act": fee.name, "rate_pct": number(fee.rate_pct), "text": _limits(charge)}
        ids = fee.source_ids
    else:
        product = bill.answer.query.product
        found["heading"] = document.codes_text(product.codes) if product.kind == "code" else ""
        found |= {"rate_pct": number(bill.answer.mfn_pct), "text": bill.answer.mfn_text or None}
    reason = {"reason": told(charge.price.why) or None}
    return {**found, **_figures("amount", charge.price), **reason, "sources": document.sources(record, ids)}


def _limits(charge: BillLine) -> str | None:
    fee = charge.fee
    if fee is None or fee.minimum is None or fee.maximum is None:
        return None
    return f"at least {fee.minimum:f}, at most {fee.maximum:f} {fee.currency}"


def bill_document(record: Record, bill: Bill, notes: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A bill as JSON prints it."""
    query, goods = bill.answer.query, bill.goods
    settled = bill.status not in ("outside_coverage", "prohibited")
    charges = (*bill.duties, *bill.fees) if settled else ()
    return {
        "status": bill.status,
        "reason": told(bill.reason) or None,
        "sentence": sentence(record, bill),
        "importer": query.importer,
        "origin": query.origin,
        "product": {"kind": query.product.kind, "id": query.product.id, "name": query.product.name, "codes": list(query.product.codes)},
        "instant": to_iso(query.instant, record.zones.get(query.importer, "UTC")),
        "known_on": query.known_on,
        "currency": goods.currency,
        "value": number(goods.value),
        "entered_value": number(goods.entered),
        "quantity": number(goods.quantities[0][0]) if goods.quantities else None,
        "unit": goods.quantities[0][1] if goods.quantities else None,
        "quantities": [{"quantity": number(many), "unit": unit} for many, unit in goods.quantities],
        **_figures("duty", bill.duty if settled else None),
        **_figures("total", bill.total if settled else None),
        "lines": [line(record, bill, charge, place) for place, charge in enumerate(charges, 1)],
        "notes": [{"code": code, "text": text} for code, text in notes],
        "confidence": bill.answer.confidence or None,
        "dataset": document.dataset(record, bill.answer.verified_through),
    }


def flat(whole: Mapping[str, Any]) -> list[dict[str, Any]]:
    """CSV rows of a bill: its lines, then the total; a bill without lines is one row with its status."""
    names = ("line", "kind", "id", "heading", "act", "rate_pct", "text", "amount", "amount_min", "amount_max", "reason")
    closing = dict.fromkeys(names) | {"kind": "total", "reason": whole["reason"]}
    closing |= {"amount": whole["total"], "amount_min": whole["total_min"], "amount_max": whole["total_max"]}
    common = {name: whole[name] for name in ("status", "currency", "importer", "origin", "instant", "entered_value")}
    last = {"fingerprint": whole["dataset"]["fingerprint"]}
    return [{**{name: row[name] for name in names}, **common, **last} for row in (*whole["lines"], closing)]


def draw(to: Terminal, record: Record, bill: Bill, notes: Sequence[tuple[str, str]]) -> None:
    """The view of `tariff duty`."""
    to.print(Text(sentence(record, bill), style="bold"))
    if bill.status in ("outside_coverage", "prohibited"):
        to.print(Text(f"  {bill.status.replace('_', ' ')}: {told(bill.reason)}", style="bold red"))
        return
    if bill.goods.entered != bill.goods.value:
        to.print(Text(f"  Entered value: {money(bill.goods.entered)} {bill.goods.currency}"))
    rows(to, COLUMNS, [_cells(record, bill, charge, place) for place, charge in enumerate((*bill.duties, *bill.fees), 1)])
    style = "bold green" if bill.total.amount is not None else "bold yellow"
    if bill.fees:
        to.print(Text(f"Duty: {money_span(bill.duty)} {bill.goods.currency}"))
    to.print(Text(f"{'Duty and fees' if bill.fees else 'Duty'}: {money_span(bill.total)} {bill.goods.currency}", style=style))
    for charge in (*bill.duties, *bill.fees):
        if charge.price.amount is None and charge.price.reason:
            hanging(to, f"{_name(charge)}: {told(charge.price.why)}")
    for _, text in notes:
        hanging(to, text, "dim")
    data = document.dataset(record, bill.answer.verified_through)
    outside = "Not included: anti-dumping and countervailing duty, VAT, excise."
    to.print(Text(f"{outside} Verified through {data['verified_through']}; record {data['version']} ({data['fingerprint']}).", style="dim"))


def _name(charge: BillLine) -> str:
    return charge.layer.programme if charge.layer else charge.fee.id if charge.fee else "ordinary duty"


def _cells(record: Record, bill: Bill, charge: BillLine, place: int) -> dict[str, str]:
    one = line(record, bill, charge, place)
    rate = "exempt" if one["kind"] == "exempt" else f"{one['rate_pct']}%" if one["rate_pct"] is not None else ""
    if charge.layer is not None and not rate:
        event = charge.layer.event
        rate = document.percent(charge.layer.min_pct, charge.layer.max_pct)
        if event.amount is not None and charge.layer.max_pct is None:
            rate = f"{digits(event.rate_pct)}% {event.join} {digits(event.amount)} {event.currency}/{event.per}"
    by = one["act"] or one["text"] or ""
    return {"line": _name(charge), "rate": rate, "amount": money_span(charge.price), "heading": one["heading"], "by": by}
