"""How the duty of each class is computed: formulas by number, each held once.

They are kept between runs as plain text and arrays.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from tariffcli.bulk.classes.arrow import Arrays
from tariffcli.bulk.classes.duties import Table, joined, table_of
from tariffcli.law.expression import AdValorem, Specific
from tariffcli.law.formula import Formula, FormulaLine

Written = tuple[bool, list[tuple[bool, list[list[str]]]]]
"""A formula as JSON holds it: `even`, and of each line `greater` and its terms."""


class Formulas(Sequence["Formula | None"]):
    """Formulas by number, each held as a line of text and made when it is asked for by itself."""

    def __init__(self, text: str = "", table: Table | None = None) -> None:
        self._texts = text.split("\n") if text else []
        self._numbers = {line: number for number, line in enumerate(self._texts)}
        self._table = table if table is not None else table_of([])

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, index: int) -> Formula | None: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Formula | None]: ...
    def __getitem__(self, index: int | slice) -> Formula | Sequence[Formula | None] | None:
        texts = self._texts[index]
        return (
            read(json.loads(texts))
            if isinstance(texts, str)
            else [read(json.loads(text)) for text in texts]
        )

    def formula_number(self, formula: Formula | None) -> int:
        """The number of a formula, new or known."""
        return self._number(json.dumps(written(formula)))

    def absorb(self, other: Formulas) -> list[int]:
        """The numbers here of all formulas that `other` holds, in its order."""
        return [self._number(text) for text in other._texts]

    def _number(self, text: str) -> int:
        number = self._numbers.setdefault(text, len(self._texts))
        if number == len(self._texts):
            self._texts.append(text)
        return number

    @property
    def table(self) -> Table:
        """All formulas as arrays."""
        have = len(self._table.plain)
        if have < len(self):
            self._table = joined(self._table, table_of(self[have:]))
        return self._table

    def to_text(self) -> str:
        """All formulas as text, from which a later run makes them."""
        return "\n".join(self._texts)


def written(formula: Formula | None) -> Written | None:
    """A formula as plain values."""
    if formula is None:
        return None
    lines = [
        (
            line.greater,
            [
                [str(part.pct)] if isinstance(part, AdValorem) else [str(part.amount), part.unit]
                for part in line.parts
            ],
        )
        for line in formula.lines
    ]
    return formula.even, lines


def read(plain: Written | None) -> Formula | None:
    """A formula from plain values."""
    if plain is None:
        return None
    even, lines = plain
    return Formula(
        tuple(
            FormulaLine(tuple(_part(part) for part in parts), greater) for greater, parts in lines
        ),
        even,
    )


def _part(plain: list[str]) -> AdValorem | Specific:
    return (
        AdValorem(Decimal(plain[0])) if len(plain) == 1 else Specific(Decimal(plain[0]), plain[1])
    )


def arrays_of(table: Table) -> dict[str, NDArray[Any]]:
    """A table as arrays by name."""
    return {f"table {name}": value for name, value in table._asdict().items()}


def table_from(arrays: Arrays) -> Table:
    """A table from arrays by name."""
    return Table(*(np.asarray(arrays[f"table {name}"]) for name in Table._fields))
