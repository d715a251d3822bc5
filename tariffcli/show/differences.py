"""What differs between answers side by side, as a document."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from tariffcli.book.load import Record
from tariffcli.law.instants import to_iso
from tariffcli.law.model import Answer, Layer
from tariffcli.law.outlook import changed_layers
from tariffcli.show.figures import number


def differences(record: Record, answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """What differs between each two neighbouring columns: how many points, which programmes.

    The points are null unless both columns are one number.
    """
    return [
        {
            "from": index,
            "to": index + 1,
            "points": _points(before, after),
            "programmes": [_difference(record, old, new) for old, new in _changed(before, after)],
        }
        for index, (before, after) in enumerate(pairwise(answers))
    ]


def _points(before: Answer, after: Answer) -> int | float | None:
    old, new = before.additional_pct, after.additional_pct
    if old is None or new is None or "prohibited" in (before.status, after.status):
        return None
    return number(new - old)


def _changed(before: Answer, after: Answer) -> list[tuple[Layer | None, Layer | None]]:
    """The layers that charge differently, and the prohibitions of one side only.

    There are none where a side is outside the coverage.
    """
    if "outside_coverage" in (before.status, after.status):
        return []
    bans = [
        (None, layer) if side is after else (layer, None)
        for side, other in ((after, before), (before, after))
        for layer in side.layers
        if layer.event.effect == "prohibit" and other.status != "prohibited"
    ]
    return [*changed_layers(before, after), *bans]


def _difference(record: Record, old: Layer | None, new: Layer | None) -> dict[str, Any]:
    """A programme that charges differently: from what to what, and the event behind it.

    Where the programme no longer charges, that is the event of the earlier side.
    """
    layer = new or old
    assert layer is not None
    event, zone = layer.event, record.programmes[layer.programme].zone
    return {
        "programme": layer.programme,
        "before_min_pct": number(old.min_pct) if old else 0,
        "before_max_pct": number(old.max_pct) if old else 0,
        "after_min_pct": number(new.min_pct) if new else 0,
        "after_max_pct": number(new.max_pct) if new else 0,
        "event": event.id,
        "act": event.act,
        "heading": event.heading,
        "since": to_iso(event.effective, zone),
        "until": to_iso(event.until, zone) if event.until is not None else None,
        "role": new.role if new else None,
        "reason": layer.reason if new else "",
    }
