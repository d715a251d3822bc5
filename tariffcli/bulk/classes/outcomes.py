"""What each class owes, as columns: one row a class, so that a line's answer is a row number."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Generic, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tariffcli.bulk.classes import arrow
from tariffcli.bulk.classes.arrow import Array, Bools, Floats, Int32s, Item
from tariffcli.bulk.classes.formulas import Formulas
from tariffcli.law.engine import CHARGING_ROLES
from tariffcli.law.formula import Formula, formula_of
from tariffcli.law.model import Answer

INVALID = "invalid"
"""The status of a line that asks no question of law: no code, no day, an unknown country."""

NUMBER_COLUMNS = (
    "additional_pct",
    "additional_min_pct",
    "additional_max_pct",
    "mfn_pct",
    "total_pct",
)
KEPT_NUMBERS = (*NUMBER_COLUMNS, "total_min_pct", "total_max_pct")
"""The numbers of a class. Those beyond `NUMBER_COLUMNS` are for means: a rated file lacks them."""

TEXT_COLUMNS = ("status", "reason", "event_ids")
CHARGES = "charges"
"""A text of each class that is not a column of answers: the headings under which the lines of its
formula are declared (see `written_charges`).
"""


class Outcome(NamedTuple):
    """One class: percentages of customs value (None: no single number), texts, and its formula."""

    numbers: tuple[Decimal | None, ...]
    authorities: tuple[Decimal | None, ...]
    words: tuple[str, ...]
    formula: Formula | None


def outcome_of(
    answer: Answer, authorities: Sequence[str], authority_of: dict[str, str], even: bool
) -> Outcome:
    """The outcome of an answer. `authorities` are columns; `authority_of` is by programme."""
    known = answer.min_pct is not None
    sums: dict[str, Decimal | None] = dict.fromkeys(authorities, Decimal(0) if known else None)
    for layer in answer.layers:
        name = authority_of[layer.programme]
        if layer.role in CHARGING_ROLES:
            before = sums[name]
            sums[name] = (
                before + layer.rate_pct
                if before is not None and layer.rate_pct is not None
                else None
            )
    ids = ";".join(
        dict.fromkeys(layer.event.id for layer in answer.layers if layer.role in CHARGING_ROLES)
    )
    totals = (answer.total_min_pct, answer.total_max_pct)
    numbers = (
        answer.additional_pct,
        answer.min_pct,
        answer.max_pct,
        answer.mfn_pct,
        answer.total_pct,
        *totals,
    )
    formula = formula_of(answer, even)
    words = (answer.status, answer.reason, ids, written_charges(answer, formula))
    return Outcome(numbers, tuple(sums[name] for name in authorities), words, formula)


def written_charges(answer: Answer, formula: Formula | None) -> str:
    """Heading and programme of each line of a formula: `9903.01.24|a-programme;|`.

    Both are blank for the ordinary duty, which comes last. The text is empty where the duty is one
    sum whose lines are not known, or no number at all.
    """
    layers = [layer for layer in answer.layers if layer.role in CHARGING_ROLES]
    if formula is None or len(formula.lines) != len(layers) + 1:
        return ""
    return ";".join([*(f"{layer.event.heading}|{layer.programme}" for layer in layers), "|"])


def charges_of(text: str) -> list[tuple[str, str]]:
    """Heading and programme of each line of a formula, as `written_charges` wrote them.

    >>> charges_of("9903.01.24|a-programme;|"), charges_of("")
    ([('9903.01.24', 'a-programme'), ('', '')], [])
    """
    parts = (part.partition("|") for part in text.split(";") if text)
    return [(heading, programme) for heading, _, programme in parts]


def refused(reason: str, authorities: Sequence[str]) -> Outcome:
    """The row of lines that ask nothing."""
    return Outcome(
        (None,) * len(KEPT_NUMBERS), (None,) * len(authorities), (INVALID, reason, "", ""), None
    )


class Column(Generic[Item]):
    """A column of numbers that grows; None is NaN here, and null where it leaves the room."""

    def __init__(self, dtype: type[Item], missing: float) -> None:
        self._missing = missing
        self._data: NDArray[Item] = np.empty(64, dtype)
        self.length = 0

    @classmethod
    def of(cls, values: NDArray[Item], missing: float) -> Column[Item]:
        """A column that starts with these values."""
        column = cls(values.dtype.type, missing)
        column._data, column.length = values.copy() if len(values) else column._data, len(values)
        return column

    def append(self, value: float | None) -> None:
        """Add the value of one more class."""
        if self.length == len(self._data):
            self._data = np.concatenate([self._data, np.empty_like(self._data)])
        self._data[self.length] = self._missing if value is None else value
        self.length += 1

    @property
    def values(self) -> NDArray[Item]:
        """All values so far."""
        return self._data[: self.length]


class TextColumn:
    """A column of words, each kept once."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.numbers = Column(np.int32, -1)
        self._known: dict[str, int] = {}
        self._made: tuple[Array, Bools] = (arrow.texts([]), np.zeros(0, dtype=bool))

    @classmethod
    def of(cls, texts: list[str], numbers: Int32s) -> TextColumn:
        """A column that starts with these words."""
        words = cls()
        words.texts, words.numbers = texts, Column[np.int32].of(numbers, -1)
        words._known = {text: number for number, text in enumerate(texts)}
        return words

    @property
    def arrow(self) -> Array:
        """The texts as an Arrow array."""
        return self._latest()[0]

    @property
    def blank(self) -> Bools:
        """Which texts are blank."""
        return self._latest()[1]

    def _latest(self) -> tuple[Array, Bools]:
        """Both of the above, made anew only when there are more texts."""
        latest = self._made
        if len(latest[1]) != len(self.texts):
            texts = list(self.texts)
            latest = self._made = (
                arrow.texts(texts),
                np.array([not text for text in texts], dtype=bool),
            )
        return latest

    def text_number(self, text: str) -> int:
        """The number of a word, new or known."""
        number = self._known.setdefault(text, len(self.texts))
        if number == len(self.texts):
            self.texts.append(text)
        return number


class Outcomes:
    """Every class met so far; equal outcomes are one class."""

    def __init__(self, authorities: Sequence[str]) -> None:
        self.authorities = tuple(authorities)
        self.numbers = {
            name: Column(np.float64, np.nan)
            for name in (*KEPT_NUMBERS, *(f"{name}_pct" for name in authorities))
        }
        self.words = {name: TextColumn() for name in (*TEXT_COLUMNS, CHARGES)}
        self.formulas = Formulas()
        self.formula = Column(np.int32, -1)
        self._classes: dict[bytes, int] = {}
        self._twins: tuple[int, dict[str, str]] = (-1, {})

    def __len__(self) -> int:
        return self.formula.length

    def twins(self) -> dict[str, str]:
        """For each column of numbers the first that says the same of every class; they are gathered
        once.

        An importer charges by few of all authorities, so many columns are zero wherever known.
        """
        length, twins = self._twins
        if length != len(self):
            length, first = len(self), dict[bytes, str]()
            twins = {
                name: first.setdefault(column.values[:length].tobytes(), name)
                for name, column in self.numbers.items()
            }
            self._twins = length, twins
        return twins

    def class_number(self, outcome: Outcome) -> int:
        """The class of an outcome, new or known."""
        numbers = np.array(
            [
                np.nan if value is None else float(value)
                for value in (*outcome.numbers, *outcome.authorities)
            ]
        )
        words = tuple(
            column.text_number(text)
            for column, text in zip(self.words.values(), outcome.words, strict=True)
        )
        return self._number_of(numbers, words, self.formulas.formula_number(outcome.formula))

    def absorb(self, other: Outcomes) -> Int32s:
        """The numbers here of all classes that `other` holds, in its order."""
        words = [
            np.array([own.text_number(text) for text in foreign.texts] or [0])
            for own, foreign in self._pairs(other)
        ]
        formulas = np.array(self.formulas.absorb(other.formulas) or [0])
        numbers, spoken, formula = other._rows()
        spoken = [
            tuple(row)
            for row in np.stack(
                [own[column] for own, column in zip(words, spoken.T, strict=True)], axis=1
            ).tolist()
        ]
        numbers_here = map(self._number_of, numbers, spoken, formulas[formula].tolist())
        return np.fromiter(numbers_here, dtype=np.int32, count=len(other))

    def _pairs(self, other: Outcomes) -> list[tuple[TextColumn, TextColumn]]:
        return [(self.words[name], other.words[name]) for name in self.words]

    def _rows(self) -> tuple[Floats, Int32s, Int32s]:
        """Numbers and words of each class, a row each, and its formula."""
        numbers = np.stack([column.values for column in self.numbers.values()], axis=1)
        return (
            numbers,
            np.stack([column.numbers.values for column in self.words.values()], axis=1),
            self.formula.values,
        )

    def _number_of(self, numbers: Floats, words: tuple[int, ...], formula: int) -> int:
        if not self._classes and len(self):  # kept by an earlier run
            kept = np.hstack(
                [
                    np.ascontiguousarray(part).reshape(len(self), -1).view(np.uint8)
                    for part in self._rows()
                ]
            )
            self._classes = {
                row: number
                for number, row in enumerate(kept.view(f"V{kept.shape[1]}").ravel().tolist())
            }
        row = numbers.tobytes() + np.array([*words, formula], dtype=np.int32).tobytes()
        number = self._classes.setdefault(row, len(self))
        if number == len(self):
            for column, value in zip(self.numbers.values(), numbers.tolist(), strict=True):
                column.append(value)
            for column, word in zip(self.words.values(), words, strict=True):
                column.numbers.append(word)
            self.formula.append(formula)
        return number
