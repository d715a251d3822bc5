"""Ordinary duty expressions as schedules print them: `Free`, `3.4%`; anything else stays text."""

from __future__ import annotations

import re
from decimal import Decimal

_AD_VALOREM = re.compile(r"(\d+(?:\.\d+)?)\s*%$")


def ad_valorem_pct(expression: str) -> Decimal | None:
    """The ad valorem rate of a duty expression in per cent of value, or None where it is specific, compound or conditional.

    >>> ad_valorem_pct("Free"), ad_valorem_pct("3.4%"), ad_valorem_pct("0.43 cents/kg")
    (Decimal('0'), Decimal('3.4'), None)
    """
    text = expression.strip()
    if text.lower() == "free":
        return Decimal(0)
    found = _AD_VALOREM.match(text)
    return Decimal(found.group(1)) if found else None
