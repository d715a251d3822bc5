# pyright: basic
"""How the duty of each class is reckoned: programs by number, each held once, kept between runs as plain text and arrays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any, overload

import numpy as np

from tariffcli.bulk.money import Table, joined, table_of
from tariffcli.law.amounts import Program, Reckoned
from tariffcli.law.duty import AdValorem, Specific


class Programs(Sequence["Program | None"]):
    """Programs by number. Of a kept file the text is read when one is first asked for by itself, each program when it is."""

    def __init__(self, text: str = "[]", table: Table | None = None) -> None:
        self._text = text
        self._made: dict[int, Program | None] = {}
        self._table = table if table is not None else table_of([])
        self._added = 0

    @cached_property
    def _plain(self) -> list[Any]:
        return json.loads(self._text)

    @cached_property
    def _numbers(self) -> dict[Any, int]:
        return {_key(one): number for number, one in enumerate(self._plain)}

    def __len__(self) -> int:
        return max(len(self._table.plain), len(self._plain) if self._added else 0)

    @overload
    def __getitem__(self, index: int) -> Program | None: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Program | None]: ...
    def __getitem__(self, index: int | slice) -> Program | Sequence[Program | None] | None:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        if index not in self._made:
            self._made[index] = read(self._plain[index])
        return self._made[index]

    def number_of(self, program: Program | None) -> int:
        """The number of a program, new or known."""
        plain = written(program)
        number = self._numbers.setdefault(_key(plain), len(self._plain))
        if number == len(self._plain):
            self._plain.append(plain)
            self._made[number] = program
            self._added += 1
        return number

    @property
    def table(self) -> Table:
        """All programs as arrays."""
        have = len(self._table.plain)
        if have < len(self):
            self._table = joined(self._table, table_of(self[have:]))
        return self._table

    def to_text(self) -> str:
        """All programs as text, from which a later run makes them."""
        return json.dumps(self._plain) if self._added else self._text


def _key(plain: Any) -> Any:
    return repr(plain)


def written(program: Program | None) -> Any:
    """A program as plain values."""
    if program is None:
        return None
    lines = [
        [line.greater, [[str(part.pct)] if isinstance(part, AdValorem) else [str(part.amount), part.unit] for part in line.parts]]
        for line in program.lines
    ]
    return [program.even, lines]


def read(plain: Any) -> Program | None:
    """A program from plain values."""
    if plain is None:
        return None
    even, lines = plain
    return Program(tuple(Reckoned(tuple(_part(part) for part in parts), greater) for greater, parts in lines), even)


def _part(plain: list[str]) -> AdValorem | Specific:
    return AdValorem(Decimal(plain[0])) if len(plain) == 1 else Specific(Decimal(plain[0]), plain[1])


def arrays_of(table: Table) -> dict[str, Any]:
    """A table as arrays by name."""
    return {f"table {name}": value for name, value in table._asdict().items()}


def table_from(arrays: Any) -> Table:
    """A table from arrays by name."""
    return Table(*(np.asarray(arrays[f"table {name}"]) for name in Table._fields))
