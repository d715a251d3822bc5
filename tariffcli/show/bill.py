"""Bills as documents and tables: what `tariff duty` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tariffcli.book.load import Record
from tariffcli.law.bill import Bill, BillLine, Price, Reason
from tariffcli.law.instants import to_iso
from tariffcli.show import document
from tariffcli.show.figures import amount_span, digits, money_span, money_text, number, percent

if TYPE_CHECKING:
    from tariffcli.show.text import Terminal

COLUMNS = ("line", "rate", "amount", "heading", "by")

ASKS = {
    "quantity": "give --quantity and --unit",
    "unit": "repeat --quantity and --unit",
    "mode": "give --mode",
    "mfn": "give --mfn",
}
"""How a person gives a fact that would settle a price."""

WITHOUT_AMOUNT = ("outside_coverage", "prohibited")
"""The statuses of a bill that owes no amount of money."""

NOT_INCLUDED = "Not included: anti-dumping and countervailing duty, VAT, excise."


def reason_text(reason: Reason) -> str:
    """Why a price is not one number, and what to give.

    >>> reason_text(Reason("charged per kg", "quantity"))
    'charged per kg: give --quantity and --unit'
    >>> reason_text(Reason("not priced as worded"))
    'not priced as worded'
    """
    return f"{reason.text}: {ASKS[reason.asks]}" if reason.asks else reason.text


def sentence(record: Record, bill: Bill) -> str:
    """The question as a sentence: who charges whom, on what, when, and on which value."""
    asked = document.sentence(record, bill.answer.query)
    asked = asked.replace(" additional duty on ", " duty on ", 1)
    goods = bill.goods
    quantities = "".join(f", {digits(quantity)} {unit}" for quantity, unit in goods.quantities)
    return f"{asked}; value {money_text(goods.value)} {goods.currency}{quantities}"


def plain(bill: Bill) -> str:
    """What `--format plain` prints: the total, least..most, or the status if nothing is owed."""
    if bill.status in WITHOUT_AMOUNT:
        return bill.status
    return amount_span(bill.total.low, bill.total.high)


def _words(price: Price) -> str:
    return money_span(price.low, price.high)


def _figures(name: str, price: Price | None) -> dict[str, Any]:
    return {
        name: number(price.amount) if price else None,
        f"{name}_min": number(price.low) if price else None,
        f"{name}_max": number(price.high) if price else None,
    }


def bill_line(record: Record, bill: Bill, charge: BillLine, place: int) -> dict[str, Any]:
    """One line of a bill, with the act or rule that it comes from."""
    if charge.layer is not None:
        words, sources = _additional_line(charge)
    elif charge.fee is not None:
        words, sources = _fee_line(charge)
    else:
        words, sources = _ordinary_line(bill), ()
    return {
        "line": place,
        **words,
        **_figures("amount", charge.price),
        "reason": reason_text(charge.price.why) or None,
        "sources": document.sources(record, sources),
    }


def _additional_line(charge: BillLine) -> tuple[dict[str, Any], Sequence[str]]:
    layer = charge.layer
    assert layer is not None
    words = {
        "kind": "exempt" if layer.role == "exempt" else "additional",
        "id": layer.programme,
        "heading": layer.event.heading,
        "act": layer.event.act,
        "rate_pct": number(layer.rate_pct),
        "text": None,
    }
    return words, layer.event.source_ids


def _fee_line(charge: BillLine) -> tuple[dict[str, Any], Sequence[str]]:
    fee = charge.fee
    assert fee is not None
    limits = None
    if fee.minimum is not None and fee.maximum is not None:
        limits = f"at least {fee.minimum:f}, at most {fee.maximum:f} {fee.currency}"
    words = {
        "kind": "fee",
        "id": fee.id,
        "heading": "",
        "act": fee.name,
        "rate_pct": number(fee.rate_pct),
        "text": limits,
    }
    return words, fee.source_ids


def _ordinary_line(bill: Bill) -> dict[str, Any]:
    product = bill.answer.query.product
    return {
        "kind": "ordinary",
        "id": "ordinary",
        "heading": document.codes_text(product.codes) if product.kind == "code" else "",
        "act": "",
        "rate_pct": number(bill.answer.mfn_pct),
        "text": bill.answer.mfn_text or None,
    }


def bill_document(record: Record, bill: Bill, notes: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A bill as JSON prints it."""
    query, goods = bill.answer.query, bill.goods
    owes = bill.status not in WITHOUT_AMOUNT
    charges = (*bill.duties, *bill.fees) if owes else ()
    first, unit = goods.quantities[0] if goods.quantities else (None, None)
    return {
        "status": bill.status,
        "reason": reason_text(bill.reason) or None,
        "sentence": sentence(record, bill),
        "importer": query.importer,
        "origin": query.origin,
        "product": document.product_document(query),
        "instant": to_iso(query.instant, record.zones.get(query.importer, "UTC")),
        "known_on": query.known_on,
        "currency": goods.currency,
        "value": number(goods.value),
        "entered_value": number(goods.entered),
        "quantity": number(first),
        "unit": unit,
        "quantities": [
            {"quantity": number(quantity), "unit": unit} for quantity, unit in goods.quantities
        ],
        **_figures("duty", bill.duty if owes else None),
        **_figures("total", bill.total if owes else None),
        "lines": [
            bill_line(record, bill, charge, place) for place, charge in enumerate(charges, 1)
        ],
        "notes": [{"code": code, "text": text} for code, text in notes],
        "confidence": bill.answer.confidence or None,
        "dataset": document.dataset(record, bill.answer.verified_through),
    }


LINE_FIELDS = (
    *("line", "kind", "id", "heading", "act", "rate_pct", "text"),
    *("amount", "amount_min", "amount_max", "reason"),
)
BILL_FIELDS = ("status", "currency", "importer", "origin", "instant", "entered_value")


def flat(bill: Mapping[str, Any]) -> list[dict[str, Any]]:
    """CSV rows of the document of a bill: its lines, then the total.

    A bill without lines is one row with its status.
    """
    total = dict.fromkeys(LINE_FIELDS) | {
        "kind": "total",
        "reason": bill["reason"],
        "amount": bill["total"],
        "amount_min": bill["total_min"],
        "amount_max": bill["total_max"],
    }
    common = {name: bill[name] for name in BILL_FIELDS}
    common["fingerprint"] = bill["dataset"]["fingerprint"]
    return [
        {**{name: row[name] for name in LINE_FIELDS}, **common} for row in (*bill["lines"], total)
    ]


def draw(to: Terminal, record: Record, bill: Bill, notes: Sequence[tuple[str, str]]) -> None:
    """The view of `tariff duty`."""
    from rich.text import Text

    from tariffcli.show.text import hanging, rows

    to.print(Text(sentence(record, bill), style="bold"))
    if bill.status in WITHOUT_AMOUNT:
        words = f"  {bill.status.replace('_', ' ')}: {reason_text(bill.reason)}"
        to.print(Text(words, style="bold red"))
        return
    goods, currency = bill.goods, bill.goods.currency
    if goods.entered != goods.value:
        to.print(Text(f"  Entered value: {money_text(goods.entered)} {currency}"))
    charges = (*bill.duties, *bill.fees)
    cells = [_cells(record, bill, charge, place) for place, charge in enumerate(charges, 1)]
    rows(to, COLUMNS, cells)
    if bill.fees:
        to.print(Text(f"Duty: {_words(bill.duty)} {currency}"))
    total = f"{'Duty and fees' if bill.fees else 'Duty'}: {_words(bill.total)} {currency}"
    is_one_number = bill.total.amount is not None
    to.print(Text(total, style="bold green" if is_one_number else "bold yellow"))
    for charge in charges:
        if charge.price.amount is None and charge.price.reason:
            hanging(to, f"{_name(charge)}: {reason_text(charge.price.why)}")
    for _, text in notes:
        hanging(to, text, "dim")
    data = document.dataset(record, bill.answer.verified_through)
    verified = f"Verified through {data['verified_through']}"
    closing = f"{NOT_INCLUDED} {verified}; record {data['version']} ({data['fingerprint']})."
    to.print(Text(closing, style="dim"))


def _name(charge: BillLine) -> str:
    if charge.layer:
        return charge.layer.programme
    return charge.fee.id if charge.fee else "ordinary duty"


def _cells(record: Record, bill: Bill, charge: BillLine, place: int) -> dict[str, str]:
    line = bill_line(record, bill, charge, place)
    return {
        "line": _name(charge),
        "rate": _rate(line, charge),
        "amount": _words(charge.price),
        "heading": line["heading"],
        "by": line["act"] or line["text"] or "",
    }


def _rate(line: Mapping[str, Any], charge: BillLine) -> str:
    if line["kind"] == "exempt":
        return "exempt"
    if line["rate_pct"] is not None:
        return f"{line['rate_pct']}%"
    if charge.layer is None:
        return ""
    event = charge.layer.event
    if event.amount is not None and charge.layer.max_pct is None:
        per_unit = f"{digits(event.amount)} {event.currency}/{event.per}"
        return f"{digits(event.rate_pct)}% {event.join} {per_unit}"
    return percent(charge.layer.min_pct, charge.layer.max_pct)
