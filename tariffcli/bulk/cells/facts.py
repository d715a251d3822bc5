"""Columns of facts about entries: each line's set of facts by number, or the refusal of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial

import numpy as np

from tariffcli.book.entry import TypedFacts, facts_given, ordinary_duty
from tariffcli.book.load import Record
from tariffcli.bulk.cells import spellings
from tariffcli.bulk.cells.plan import FACTS, Plan
from tariffcli.bulk.classes.arrow import Int64s
from tariffcli.bulk.classes.classes import Classes, FactSet
from tariffcli.errors import UsageError
from tariffcli.law.facts import holds_for
from tariffcli.law.model import Condition

Column = tuple[Int64s, list[object]]
"""Each line's number among the distinct values of a column, and those; the last stands for null."""

MAX_COMBINATIONS = 1 << 62
"""At most this many combinations of facts are numbered by multiplication; beyond it those that
occur are numbered anew.
"""


class Facts:
    """Reads the facts of lines by a plan. `refusal` gives the number below zero of a reason."""

    def __init__(
        self, book: Record, plan: Plan, classes: Classes, refusal: Callable[[str], int]
    ) -> None:
        self.book, self.plan, self.classes, self.refusal = book, plan, classes, refusal
        self._fact_sets: dict[tuple[object, ...], int] = {}
        self._first: dict[object, object] = {}
        self._readers = book.derived("readers of facts", partial(_readers, book))

    def check(self, constants: dict[str, str]) -> None:
        """Raise UsageError for what holds for every line and says nothing."""
        self._typed("UTC", constants)

    def read(self, groups: Int64s, column: Callable[[str], Column]) -> Int64s:
        """Each line's set of facts, or the refusal of it. `column` gives the column of a
        meaning.
        """
        zones = [group.zone for group in self.classes.groups.found] or ["UTC"]
        # Of these only what conditions make of them matters.
        clocks = {
            "shipment_value": ["UTC"],
            "loaded": sorted(set(zones)),
        }
        columns = [
            (meaning, *self._alike(meaning, clocks.get(meaning), *column(meaning)))
            for meaning in FACTS
            if self.plan.has(meaning)
        ]
        together, size = np.maximum(groups, 0), len(self.classes.groups.found) + 1
        for _, numbers, values in columns:
            if size * len(values) > MAX_COMBINATIONS:
                _, together = np.unique(together, return_inverse=True)
                size = len(together)
            together = together * len(values) + numbers
            size *= len(values)
        _, first, places = np.unique(together, return_index=True, return_inverse=True)
        fact_sets: list[int] = []
        for line in first.tolist():
            texts = {meaning: values[numbers[line]] for meaning, numbers, values in columns}
            fact_sets.append(self._fact_set(zones[max(int(groups[line]), 0)], texts))
        return np.array(fact_sets, dtype=np.int64).take(places.reshape(-1))

    def _alike(
        self, meaning: str, zones: list[str] | None, numbers: Int64s, values: list[object]
    ) -> Column:
        """A column in which all values that mean the same are one value: the first that was met.

        They mean the same if they do by the clocks of all `zones` (None: each value means itself).
        """
        if zones is None:
            return numbers, values
        kept: dict[object, int] = {}
        places = [
            kept.setdefault(
                self._first.setdefault((meaning, *self._said(zones, meaning, value)), value),
                len(kept),
            )
            for value in values
        ]
        return np.array(places, dtype=np.int64).take(numbers), list(kept)

    def _said(self, zones: list[str], meaning: str, value: object) -> tuple[object, ...]:
        """What a value says to each condition that reads it, by the clock of each zone.

        A value that says nothing is like no other.
        """
        try:
            known_facts = [
                fact for zone in zones for fact in self._typed(zone, {meaning: value}).facts
            ]
        except UsageError:
            return ("", value)
        return (
            *zones,
            *(
                (name, *(holds_for(condition, known) for condition in self._readers[name]))
                for name, known in known_facts
            ),
        )

    def _fact_set(self, zone: str, texts: Mapping[str, object]) -> int:
        key = (zone, *texts.items())
        if key not in self._fact_sets:
            try:
                self._fact_sets[key] = self.classes.fact_set_number(self._typed(zone, texts))
            except UsageError as error:
                self._fact_sets[key] = self.refusal(str(error))
        return self._fact_sets[key]

    def _typed(self, zone: str, texts: Mapping[str, object]) -> FactSet:
        texts_given = {
            name: str(value).strip()
            for name, value in texts.items()
            if value is not None and not spellings.is_nan(value)
        }
        filled = {name: text for name, text in texts_given.items() if text}
        typed = TypedFacts(
            claim=spellings.several(filled.get("claim", "")),
            loaded=filled.get("loaded"),
            mode=filled.get("mode"),
            metal_share=spellings.several(filled.get("metal_share", "")),
            in_quota=spellings.yes_or_no(filled["in_quota"]) if "in_quota" in filled else None,
            postal=spellings.yes_or_no(filled["postal"]) if "postal" in filled else False,
            value=str(spellings.money(filled["shipment_value"]))
            if "shipment_value" in filled
            else None,
        )
        facts = facts_given(
            self.book, typed, zone, lambda text: spellings.iso_day(text, self.plan.month_first)
        )
        mfn: Decimal | None = ordinary_duty(filled["mfn"]) if "mfn" in filled else None
        return FactSet(tuple(sorted(facts.items())), mfn)


def _readers(book: Record) -> dict[str, list[Condition]]:
    """Of each fact all conditions of the record that read it."""
    readers: dict[str, list[Condition]] = {}
    for condition in book.conditions.values():
        readers.setdefault(condition.fact, []).append(condition)
    return readers
