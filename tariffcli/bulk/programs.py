# pyright: basic
"""How the duty of each class is reckoned: programs by number, each held once, kept between runs as plain text and arrays."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, overload

import numpy as np

from tariffcli.bulk.money import Table, joined, table_of
from tariffcli.law.amounts import Program, Reckoned
from tariffcli.law.duty import AdValorem, Specific


class Programs(Sequence["Program | None"]):
    """Programs by number. One read from a kept file is made when it is first asked for."""

    def __init__(self, plain: Sequence[Any] = (), table: Table | None = None) -> None:
        self._plain: list[Any] = list(plain)
        self._made: dict[int, Program | None] = {}
        self._numbers: dict[Any, int] = {_key(one): number for number, one in enumerate(self._plain)}
        self._table = table if table is not None else table_of([])

    def __len__(self) -> int:
        return len(self._plain)

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
        return number

    @property
    def table(self) -> Table:
        """All programs as arrays."""
        have = len(self._table.plain)
        if have < len(self):
            self._table = joined(self._table, table_of(self[have:]))
        return self._table

    def to_plain(self) -> list[Any]:
        """All programs as plain values."""
        return self._plain


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
