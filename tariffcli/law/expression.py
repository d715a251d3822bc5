"""Duty expressions as schedules print them: parts ad valorem (`3.4%`) and specific (`2.8¢/kg`) that
add; anything else stays text.
"""

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

_AD_VALOREM = re.compile(r"(\d+(?:\.\d+)?)\s*%$")
_SPECIFIC = re.compile(
    r"(?:\$\s*(?P<whole>\d+(?:\.\d+)?)|(?P<cents>\d+(?:\.\d+)?)\s*¢)"
    r"\s*(?P<per>/\s*|each\b)(?P<unit>.*)$"
)
_UNIT = re.compile(r"[a-z0-9]+\.?(?: ?[a-z]+\.?)?(?: (?:on|of) [a-z ]+)?$")
_CENTS = Decimal(100)
ONE = Decimal(1)

_UNITS: dict[str, tuple[str, Decimal]] = {
    name: (dimension, Decimal(factor))
    for dimension, factor, names in (
        (
            "item",
            "1",
            "item items no no. number each pc pcs piece pieces unit units article articles head",
        ),
        ("item", "12", "doz doz. dozen dozens"),
        ("item", "144", "gross"),
        ("item", "1000", "1000 thousand m-pieces"),
        ("pair", "1", "pr pr. prs pair pairs"),
        ("kg", "1", "kg kgs kilogram kilograms kilo kilos"),
        ("kg", "0.001", "g gram grams"),
        ("kg", "1000", "t tonne tonnes"),
        ("liter", "1", "l liter liters litre litres"),
        ("liter", "1000", "m3 cbm"),
        ("proof liter", "1", "pf.liter pf.liters pf.l"),
        ("barrel", "1", "bbl barrel barrels"),
        ("m2", "1", "m2 sqm"),
        ("m", "1", "m meter meters metre metres"),
        ("W", "1", "w watt watts"),
        ("W", "1000", "kw"),
    )
    for name in names.split()
}
"""Units by every name: what they measure, and how many of its smallest unit they are."""


class AdValorem(NamedTuple):
    """Per cent of the customs value."""

    pct: Decimal


class Specific(NamedTuple):
    """An amount of money for each unit of quantity."""

    amount: Decimal
    unit: str


Term = AdValorem | Specific


@lru_cache(maxsize=4096)
def ad_valorem_pct(expression: str) -> Decimal | None:
    """The ad valorem rate of a duty expression in per cent of value, or None where it is specific,
    compound or conditional.

    >>> ad_valorem_pct("Free"), ad_valorem_pct("3.4%"), ad_valorem_pct("0.43 cents/kg")
    (Decimal('0'), Decimal('3.4'), None)
    """
    text = expression.strip()
    if text.lower() == "free":
        return Decimal(0)
    found = _AD_VALOREM.match(text)
    return Decimal(found.group(1)) if found else None


def parse(expression: str) -> tuple[Term, ...] | None:
    """The parts of a duty expression, which add; None where any of it is not understood.

    >>> parse("2.8¢/kg + 5%")
    (Specific(amount=Decimal('0.028'), unit='kg'), AdValorem(pct=Decimal('5')))
    >>> parse("40¢ each + 5% on the case") is None
    True
    """
    parts = [_part(piece.strip()) for piece in expression.split(" + ")]
    return None if None in parts else tuple(part for part in parts if part is not None)


def _part(text: str) -> Term | None:
    pct = ad_valorem_pct(text)
    if pct is not None:
        return AdValorem(pct)
    found = _SPECIFIC.match(text)
    if found is None:
        return None
    unit = found["unit"].strip().lower()
    if found["per"].startswith("each"):
        unit = "each" if not unit else ""
    if not _UNIT.fullmatch(unit) or ("/" in unit):
        return None
    amount = Decimal(found["whole"]) if found["whole"] else Decimal(found["cents"]) / _CENTS
    return Specific(amount, unit)


def span(low: Decimal | None, high: Decimal | None) -> str:
    """A rate, or the least and the most of one, as text: `145`, `7.5`, `10..34`."""
    if low is None:
        return "unknown"
    texts = [f"{value.normalize():f}" if value is not None else "" for value in (low, high)]
    return texts[0] if texts[0] == texts[1] else "..".join(texts)


def in_unit(quantity: Decimal, given: str, wanted: str) -> Decimal | None:
    """A quantity in another unit: kilograms in tonnes, pieces in dozens; None where the two do not
    measure the same.

    >>> in_unit(Decimal(36), "pieces", "doz."), in_unit(Decimal(5), "kg", "kg on drained weight")
    (Decimal('3'), None)
    """
    mine, other = " ".join(given.lower().split()), " ".join(wanted.lower().split())
    if mine == other:
        return quantity
    from_unit, to_unit = _UNITS.get(mine.replace(" ", "")), _UNITS.get(other.replace(" ", ""))
    if from_unit is None or to_unit is None or from_unit[0] != to_unit[0]:
        return None
    return quantity * from_unit[1] / to_unit[1]


def is_unit(text: str) -> bool:
    """Whether a unit can be read at all: a known name, or words such as `kg on drained weight`."""
    plain = " ".join(text.lower().split())
    return plain.replace(" ", "") in _UNITS or bool(_UNIT.fullmatch(plain))
