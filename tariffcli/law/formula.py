"""The duty of a class of lines before their values are known: how it is reckoned from value and
quantity.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from tariffcli.law.bill import Goods, price_parts
from tariffcli.law.engine import CHARGING_ROLES
from tariffcli.law.expression import AdValorem, Specific, Term, parse
from tariffcli.law.facts import ZERO
from tariffcli.law.model import Answer, Layer


class FormulaLine(NamedTuple):
    """A line of a bill before the value is known: its parts add and are rounded together;
    `greater`: the larger part alone counts.
    """

    parts: tuple[Term, ...]
    greater: bool = False


class Formula(NamedTuple):
    """How the duty of a class of lines is reckoned from value and quantity; `even`: in whole units
    of money.
    """

    lines: tuple[FormulaLine, ...]
    even: bool

    @property
    def needs_quantity(self) -> bool:
        """Whether some line is charged by quantity."""
        return any(isinstance(part, Specific) for line in self.lines for part in line.parts)


def formula_of(answer: Answer, even: bool, currency: str = "USD") -> Formula | None:
    """The reckoning that gives the same duty as `bill` on any goods; None where no value makes the
    duty one number.
    """
    if answer.status in ("outside_coverage", "prohibited") or answer.min_pct is None:
        return None
    layers = [_reckoned(layer, currency) for layer in answer.layers if layer.role in CHARGING_ROLES]
    if None in layers and (answer.parts or answer.asked):
        return (
            None
            if answer.total_pct is None
            else Formula((FormulaLine((AdValorem(answer.total_pct),)),), even)
        )
    ordinary = _reckoned_ordinary(answer)
    lines = [*layers, ordinary]
    return (
        None if None in lines else Formula(tuple(line for line in lines if line is not None), even)
    )


def _reckoned(layer: Layer, currency: str) -> FormulaLine | None:
    event = layer.event
    if layer.rate_pct is not None:
        return FormulaLine((AdValorem(layer.rate_pct),))
    if (
        event.amount is None
        or event.rate_pct is None
        or layer.max_pct is not None
        or event.currency != currency
    ):
        return None
    whole = event.join == "greater" or (event.join == "plus" and layer.min_pct == event.rate_pct)
    return (
        FormulaLine(
            (AdValorem(event.rate_pct), Specific(event.amount, event.per)), event.join == "greater"
        )
        if whole
        else None
    )


def _reckoned_ordinary(answer: Answer) -> FormulaLine | None:
    if answer.mfn_pct is not None:
        return FormulaLine((AdValorem(answer.mfn_pct),))
    if answer.total_pct is not None and answer.additional_pct is not None:
        return FormulaLine((AdValorem(answer.total_pct - answer.additional_pct),))
    parts = (
        parse(answer.mfn_text)
        if answer.mfn_text and not answer.parts and not answer.asked
        else None
    )
    return None if parts is None or answer.total_min_pct is not None else FormulaLine(parts)


def duty_of(formula: Formula, goods: Goods) -> Decimal | None:
    """The duty on goods, each line rounded to the cent; None where the quantity is missing or in
    another unit.

    >>> line = FormulaLine((AdValorem(Decimal("7.5")),))
    >>> duty_of(Formula((line,), even=True), Goods(Decimal("100.40")))
    Decimal('7.50')
    """
    goods = goods._replace(even=formula.even)
    amounts = [_reckon(line, goods) for line in formula.lines]
    return (
        None if None in amounts else sum((amount for amount in amounts if amount is not None), ZERO)
    )


def _reckon(line: FormulaLine, goods: Goods) -> Decimal | None:
    if line.greater:
        each = [price_parts((part,), goods).amount for part in line.parts]
        return None if None in each else max(amount for amount in each if amount is not None)
    return price_parts(line.parts, goods).amount
