"""What to do with a file: which column means what, what holds for every line, how days are written.

A plan is plain enough to travel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tariffcli.errors import UsageError

FACTS = ("claim", "loaded", "mode", "metal_share", "in_quota", "postal", "mfn", "shipment_value")
"""Facts of an entry, by the names of their flags.

The `value` of a line is not the value of the shipment, and claims nothing.
"""

MEANINGS = (
    "date",
    "instant",
    "hs",
    "product",
    "origin",
    "importer",
    "value",
    "quantity",
    "unit",
    "paid",
    *FACTS,
)
"""What a column or a constant may mean."""

MAX_SHOWN_COLUMNS, MAX_SHOWN_LETTERS = 12, 40
"""At most this many columns are named in a message, with at most this many letters of each."""


class Plan(NamedTuple):
    """How to read a file, and what to add to it.

    `columns` maps meanings to the names of the input's columns, `constants` maps meanings to texts
    that hold for every line. `month_first` reads slashed days; `restore_zeros` gives codes of an
    odd length the zero that a spreadsheet dropped; `outputs` are the columns to add, all where it
    is None; `known_on` is as in a query.
    """

    columns: Mapping[str, str]
    constants: Mapping[str, str] = {}
    month_first: bool | None = None
    restore_zeros: bool = False
    outputs: Sequence[str] | None = None
    known_on: str | None = None

    def has(self, *meanings: str) -> bool:
        """Whether some of these is given, as a column or for every line."""
        return any(meaning in self.columns or meaning in self.constants for meaning in meanings)

    def to_json(self) -> dict[str, object]:
        """The plan as plain values, for a manifest or another machine."""
        return {**self._asdict(), "columns": dict(self.columns), "constants": dict(self.constants)}


def shown(names: Sequence[str]) -> str:
    """The first columns of a file for a message, each cut short: a bad header may hold anything."""
    plain = (
        "".join(letter if letter.isprintable() else " " for letter in name[: MAX_SHOWN_LETTERS + 1])
        for name in names[:MAX_SHOWN_COLUMNS]
    )
    cut = [
        name if len(name) <= MAX_SHOWN_LETTERS else f"{name[: MAX_SHOWN_LETTERS - 3]}..."
        for name in plain
    ]
    return ", ".join([*cut, "..."] if len(names) > MAX_SHOWN_COLUMNS else cut)


def check(plan: Plan, names: Sequence[str], added: Sequence[str]) -> None:
    """Raise UsageError unless a plan fits a file of columns `names` that gets `added` columns."""
    unknown = [meaning for meaning in (*plan.columns, *plan.constants) if meaning not in MEANINGS]
    if unknown:
        raise UsageError(
            f"'{unknown[0]}' is nothing a column can mean; there are: {', '.join(MEANINGS)}."
        )
    lost = [name for name in plan.columns.values() if name not in names]
    if lost:
        raise UsageError(
            f"The file has no column '{shown(lost[:1])}'; its columns are: {shown(names)}."
        )
    for one, other in (("date", "instant"), ("hs", "product")):
        if plan.has(one) and plan.has(other):
            raise UsageError(f"Both {one} and {other} are given; map one of them only.")
        if not plan.has(one, other):
            raise UsageError(
                f"No column tells the {one}; its columns are: {shown(names)}. "
                f"Say which: --map {one}=COLUMN."
            )
    for meaning, flag in (("origin", "--from"), ("importer", "--to")):
        if not plan.has(meaning):
            raise UsageError(
                f"No column tells the {meaning}; say which (--map {meaning}=COLUMN) "
                f"or give {flag} for every line."
            )
    clash = [name for name in added if name in names]
    if clash:
        raise UsageError(
            f"The file already has a column '{shown(clash[:1])}', which the answer would add; "
            f"rename it first."
        )
