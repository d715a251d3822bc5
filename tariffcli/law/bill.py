"""From rates to money: each layer of an answer, the ordinary duty and the fees as amounts, rounded
line by line.

A line that cannot be priced keeps its least and most (None: unbounded) with the reason; nothing
unknown counts as zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from tariffcli.law.engine import CHARGING_ROLES
from tariffcli.law.entry_summary import Fee, Reporting, in_days, reporting_position
from tariffcli.law.expression import AdValorem, Specific, Term, in_unit, parse
from tariffcli.law.facts import ONE, ZERO
from tariffcli.law.model import Answer, Layer
from tariffcli.law.ordinary import BY_LINE

CENT = Decimal("0.01")
HUNDRED = Decimal(100)
ORDINARY = "mfn"
"""What a price asks for where the ordinary duty is not known: it is no fact of the entry."""

LAST = 1_000
"""Stands behind every published position."""


class Goods(NamedTuple):
    """What is entered: its value in `currency`, its quantities (number, unit), how it came; `even`:
    in whole units of money.
    """

    value: Decimal
    currency: str = "USD"
    quantities: tuple[tuple[Decimal, str], ...] = ()
    mode: str = ""
    even: bool = False

    @property
    def entered(self) -> Decimal:
        """The value that rates are applied to."""
        return self.value.quantize(ONE, ROUND_HALF_UP) if self.even else self.value


class Reason(NamedTuple):
    """Why a price is not one number, and the fact that would settle it (`quantity`, `unit`, `mode`,
    `mfn`), if one would.
    """

    text: str
    asks: str = ""


class Price(NamedTuple):
    """Least and most that a line costs; `asks`: a fact that would settle it, blank where none
    would.
    """

    low: Decimal
    high: Decimal | None
    reason: str = ""
    asks: str = ""

    @property
    def amount(self) -> Decimal | None:
        """The price where it is one number."""
        return self.low if self.low == self.high else None

    @property
    def why(self) -> Reason:
        """Why it is not one number."""
        return Reason(self.reason, self.asks)


class BillLine(NamedTuple):
    """A line of the bill: a layer, the ordinary duty (`layer` and `fee` None) or a fee, and its
    price.
    """

    price: Price
    layer: Layer | None = None
    fee: Fee | None = None


class Bill(NamedTuple):
    """All lines in reporting order: additional duties, the ordinary duty last; then fees. `duty`
    and `total` are their sums.
    """

    answer: Answer
    goods: Goods
    duties: tuple[BillLine, ...]
    fees: tuple[BillLine, ...]
    duty: Price
    total: Price
    status: str
    reason: Reason


def cents(amount: Decimal) -> Decimal:
    """An amount rounded to the cent, half up.

    >>> cents(Decimal("0.105")), cents(Decimal("2.004"))
    (Decimal('0.11'), Decimal('2.00'))
    """
    return amount.quantize(CENT, ROUND_HALF_UP)


def bill(
    answer: Answer,
    goods: Goods,
    authorities: Mapping[str, str],
    reporting: Sequence[Reporting],
    fees: Sequence[Fee] | None,
    day: str,
) -> Bill:
    """The bill for an answer. `authorities` by programme; `reporting` rules of the day; `fees` of
    the importer, None: not asked.
    """
    charges = [
        BillLine(_layer_price(one, goods), one)
        for one in answer.layers
        if one.role in CHARGING_ROLES or _declared_free(one)
    ]
    charges.sort(key=lambda one: _place(one, authorities, reporting))
    duties = (*charges, BillLine(_ordinary(answer, goods)))
    asked = tuple(_fee_charges(fees, goods, day)) if fees is not None else ()
    duty = _sum_of_duties(answer, goods, duties)
    total = _plus(duty, [one.price for one in asked])
    status, reason = _status(answer, total, (*duties, *asked))
    return Bill(answer, goods, duties, asked, duty, total, status, reason)


def _declared_free(layer: Layer) -> bool:
    """Whether a layer that owes nothing is declared all the same, under the heading of its
    exemption.
    """
    return layer.role == "exempt" and bool(layer.event.heading)


def _place(
    charge: BillLine, authorities: Mapping[str, str], reporting: Sequence[Reporting]
) -> tuple[int, str, str]:
    layer = charge.layer
    if layer is None:
        return LAST, "", ""
    position = reporting_position(reporting, authorities.get(layer.programme, ""))
    return LAST if position is None else position, layer.event.heading, layer.programme


def _share(goods: Goods, pct: Decimal) -> Decimal:
    return cents(goods.entered * pct / HUNDRED)


def _span(goods: Goods, low: Decimal, high: Decimal | None, reason: str) -> Price:
    return Price(_share(goods, low), None if high is None else _share(goods, high), reason)


def _layer_price(layer: Layer, goods: Goods) -> Price:
    """A layer's price: its points of the value, and the specific duty of its row where there is
    one.
    """
    event = layer.event
    if layer.rate_pct is not None:
        return _span(goods, layer.rate_pct, layer.rate_pct, layer.reason)
    if event.amount is None or event.rate_pct is None or layer.max_pct is not None:
        return _span(
            goods,
            layer.min_pct,
            layer.max_pct,
            layer.reason or "depends on facts of the entry, or differs by line",
        )
    whole = _span(goods, event.rate_pct, event.rate_pct, "")
    if event.currency != goods.currency:
        return Price(_share(goods, layer.min_pct), None, f"a part of it is in {event.currency}")
    specific = specific_price(Specific(event.amount, event.per), goods)
    if isinstance(specific, Price):
        return specific._replace(low=_share(goods, layer.min_pct))
    if event.join == "plus" and layer.min_pct == event.rate_pct:
        exact = cents(goods.entered * event.rate_pct / HUNDRED + specific)
        return Price(exact, exact, "")
    if event.join == "or":
        low, high = sorted((whole.low, cents(specific)))
        return Price(
            low,
            high,
            f"{event.rate_pct:f}% or {event.amount:f} {event.currency} per {event.per}, as the "
            "carrier chooses",
        )
    if event.join == "greater":
        most = max(whole.low, cents(specific))
        return Price(most, most, "")
    return Price(_share(goods, layer.min_pct), None, layer.reason)


def specific_price(part: Specific, goods: Goods) -> Decimal | Price:
    """A specific duty in money, or why it cannot be priced."""
    if not goods.quantities:
        return Price(ZERO, None, f"charged per {part.unit}", "quantity")
    told = (in_unit(number, unit, part.unit) for number, unit in goods.quantities)
    quantity = next((number for number in told if number is not None), None)
    if quantity is None:
        units = " and ".join(unit or "no unit" for _, unit in goods.quantities)
        return Price(
            ZERO, None, f"charged per {part.unit}; a quantity in {units} does not tell", "unit"
        )
    if goods.even and part.amount <= ONE:
        quantity = quantity.quantize(ONE, ROUND_HALF_UP)
    return part.amount * quantity


def _ordinary(answer: Answer, goods: Goods) -> Price:
    """The ordinary duty: ad valorem, or as the schedule words it, priced with the quantity."""
    if answer.mfn_pct is not None:
        return _span(goods, answer.mfn_pct, answer.mfn_pct, answer.mfn_text)
    if answer.total_min_pct is not None and answer.min_pct is not None:
        least = max(
            ZERO,
            answer.total_min_pct - (answer.min_pct if answer.max_pct is None else answer.max_pct),
        )
        most = None if answer.total_max_pct is None else answer.total_max_pct - answer.min_pct
        return _span(
            goods, least, most, answer.mfn_text or "differs by line, or with facts of the entry"
        )
    if answer.parts or answer.mfn_text == BY_LINE:
        return Price(ZERO, None, "differs by line: give a longer code")
    if not answer.mfn_text:
        missing = (
            "depends on the product"
            if answer.query.product.kind == "general"
            else "the record does not hold it for these goods"
        )
        return Price(ZERO, None, missing, ORDINARY)
    parts = parse(answer.mfn_text)
    if parts is None:
        why = (
            "differs by line, or with facts of the entry"
            if len(answer.ordinary) > 1
            else "not priced as worded"
        )
        return Price(ZERO, None, f"{why}: {answer.mfn_text}")
    price = price_parts(parts, goods)
    return (
        price._replace(low=ZERO, reason="may be displaced, with facts of the entry")
        if answer.asked and price.amount
        else price
    )


def price_parts(parts: Sequence[Term], goods: Goods) -> Price:
    """A duty expression in money: its parts added, then rounded once, as it is one line."""
    exact = sum(
        (goods.entered * part.pct / HUNDRED for part in parts if isinstance(part, AdValorem)), ZERO
    )
    for part in parts:
        if isinstance(part, Specific):
            found = specific_price(part, goods)
            if isinstance(found, Price):
                return found
            exact += found
    amount = cents(exact)
    return Price(amount, amount)


def _sum_of_duties(answer: Answer, goods: Goods, duties: Sequence[BillLine]) -> Price:
    """The sum of the lines; where whole answers differ, the range over whole answers and never a
    sum of ranges.
    """
    together = _plus(Price(ZERO, ZERO), [one.price for one in duties])
    merged = bool(answer.parts or answer.asked) and any(
        one.price.amount is None for one in duties[:-1]
    )
    if not merged or answer.min_pct is None:
        return together
    if answer.total_min_pct is not None:
        return _span(goods, answer.total_min_pct, answer.total_max_pct, "")
    ordinary = duties[-1].price
    return _plus(_span(goods, answer.min_pct, answer.max_pct, ""), [ordinary])


def _plus(first: Price, others: Sequence[Price]) -> Price:
    tops = [one.high for one in (first, *others)]
    low = first.low + sum((one.low for one in others), ZERO)
    return Price(low, None if None in tops else sum((top for top in tops if top is not None), ZERO))


def _fee_charges(fees: Sequence[Fee], goods: Goods, day: str) -> list[BillLine]:
    """One line for each fee by name: the row in force, or why there is none."""
    found: list[BillLine] = []
    for name in dict.fromkeys(fee.name for fee in fees):
        rows = [fee for fee in fees if fee.name == name]
        row = next((fee for fee in rows if in_days(fee.since, fee.until, day)), None)
        if row is None:
            last = max(rows, key=lambda fee: fee.since)
            found.append(
                BillLine(
                    Price(ZERO, None, "the record holds no published figures for that day"),
                    fee=last,
                )
            )
        else:
            found.append(BillLine(_fee_price(row, goods), fee=row))
    return found


def _fee_price(fee: Fee, goods: Goods) -> Price:
    if fee.currency != goods.currency:
        return Price(ZERO, None, f"it is in {fee.currency}")
    if fee.above is not None and goods.value <= fee.above:
        return Price(
            ZERO, None, f"held for formal entries only, above {fee.above:f} {fee.currency}"
        )
    if fee.modes and goods.mode and goods.mode not in fee.modes:
        return Price(ZERO, ZERO, f"not charged on goods by {goods.mode}")
    amount = _share(goods, fee.rate_pct)
    amount = amount if fee.minimum is None else max(amount, fee.minimum)
    amount = amount if fee.maximum is None else min(amount, fee.maximum)
    if fee.modes and not goods.mode:
        return Price(ZERO, amount, f"only on goods by {' or '.join(fee.modes)}", "mode")
    return Price(amount, amount)


def _status(answer: Answer, total: Price, charges: Sequence[BillLine]) -> tuple[str, Reason]:
    if answer.status in ("outside_coverage", "prohibited"):
        return answer.status, Reason(answer.reason)
    if total.amount is not None:
        return "complete", Reason("")
    open_prices = [one.price for one in charges if one.price.amount is None]
    asked = (
        answer.status == "needs_fact"
        or bool(answer.asked)
        or any(price.asks not in ("", ORDINARY) for price in open_prices)
    )
    reason = (
        Reason(answer.reason)
        if answer.reason
        else next((price.why for price in open_prices if price.reason), Reason(""))
    )
    return "needs_fact" if asked else "range", reason
