"""Mean duties as people and programs read them: the document, the rows and the view of `tariff average`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tariffcli.show.document import NOT_INCLUDED, number, span

if TYPE_CHECKING:
    from rich.console import Console

    from tariffcli.bulk.means.average import Bounds, Left, Mean
    from tariffcli.bulk.means.weights import Weights

PLACES = 4
"""So many decimals are shown of a mean; what is one number is told before rounding."""

LEFT_WORDS = {
    "no_line": "no line of the tariff",
    "not_known": "rate not known, or without a known most",
    "prohibited": "entry prohibited",
    "outside_coverage": "outside coverage",
    "partly_in_group": "only partly in the product; the file does not say how much",
}


def rounded(value: Fraction | None) -> Decimal | None:
    """A mean with four decimals."""
    return None if value is None else Decimal(round(value * 10**PLACES)).scaleb(-PLACES)


def share(value: Fraction) -> Decimal:
    """A share with four decimals, never rounded up: only the whole is 1."""
    return Decimal(int((value * 10**PLACES).__floor__())).scaleb(-PLACES)


def bounds_text(bounds: Bounds) -> str:
    """`54.3`, `10..34`, or `unknown`."""
    return span(rounded(bounds.low), rounded(bounds.high))


def row(one: Mean, every: str, weights: Weights, total: int) -> dict[str, Any]:
    """The means of a day or month as docs/json.md names them: `_pct` are per cent of customs value."""
    figures: dict[str, Any] = {}
    for name, bounds in (("weighted", one.weighted), ("simple", one.simple)):
        figures[f"{name}_pct"] = number(rounded(bounds.one))
        figures[f"{name}_min_pct"] = number(rounded(bounds.low))
        figures[f"{name}_max_pct"] = number(rounded(bounds.high))
    return {
        "month" if every == "month" else "date": one.label,
        **({"days": one.days} if every == "month" else {}),
        "status": one.status,
        **figures,
        "codes": one.codes,
        "codes_covered": one.covered,
        "codes_range": one.ranges,
        **{f"codes_{kind}": many for kind, many in one.left.items()},
        "value": number(Decimal(weights.value(total))),
        "covered_share": number(share(one.covered_share)),
        "range_share": number(share(one.range_share)),
    }


def left_row(one: Left, weights: Weights, total: int) -> dict[str, Any]:
    """What was left out for one reason."""
    return {
        "why": one.kind,
        "codes": one.codes,
        "value": number(Decimal(weights.value(one.parts))),
        "share": number(share(Fraction(one.parts, total))),
        "examples": [{"code": code, "reason": reason or None} for code, reason in one.examples],
    }


def percent_of(value: float | None) -> str:
    """A share as per cent, never rounded up."""
    return "" if value is None else f"{(Decimal(str(value)) * 100).quantize(Decimal('0.1'), ROUND_FLOOR).normalize():f}%"


def draw(to: Console, whole: Mapping[str, Any], means: Sequence[Mean]) -> None:
    """The view of `tariff average`."""
    from rich.text import Text

    from tariffcli.show.text import hanging, rows

    to.print(Text(whole["sentence"], style="bold"))
    head = "month" if whole["every"] == "month" else "date"
    shown = [
        {
            head: one[head],
            "weighted %": one["status"] if mean.weighted.low is None else bounds_text(mean.weighted),
            "simple %": "" if mean.simple.low is None else bounds_text(mean.simple),
            "value covered": percent_of(one["covered_share"]),
            "codes": f"{one['codes_covered']} of {one['codes']}",
        }
        for one, mean in zip(whole["averages"], means, strict=True)
    ]
    rows(to, list(shown[0]), shown)
    if whole["left_out"]:
        to.print(Text("Left out of the means:", style="bold"))
    for one in whole["left_out"]:
        named = ", ".join(example["code"] for example in one["examples"]) + (" ..." if one["codes"] > len(one["examples"]) else "")
        hanging(to, f"{LEFT_WORDS[one['why']]}: {one['codes']} ({percent_of(one['share'])} of the value): {named}")
    if whole["notes"]:
        to.print(Text("Notes:", style="bold"))
    for note in whole["notes"]:
        hanging(to, note["text"])
    data = whole["dataset"]
    until = f"Verified through {data['verified_through']}; record" if data["verified_through"] else "Record"
    to.print(Text(f"{NOT_INCLUDED} {until} {data['version']} ({data['fingerprint']}).", style="dim"))
