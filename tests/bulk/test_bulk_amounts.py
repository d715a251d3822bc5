"""Amounts of any number of decimals owe in a file, to the cent, what each owes alone; few of them
are reckoned alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from support.run_program import ask
from tariffcli.book.load import Record, load
from tariffcli.bulk.cells import spellings
from tariffcli.bulk.cells.plan import Plan
from tariffcli.bulk.cells.rater import Rater
from tariffcli.bulk.cells.values import read_amounts
from tariffcli.bulk.classes.duties import UNKNOWN, duties, table_of
from tariffcli.law.bill import Goods
from tariffcli.law.expression import AdValorem, Specific
from tariffcli.law.formula import Formula, FormulaLine, duty_of

RATES = [
    AdValorem(Decimal(text))
    for text in ("0", "2.5", "5", "7.5", "10", "20", "25", "33.3333", "50", "145")
]
PRICES = [
    Specific(Decimal(text), unit)
    for text, unit in (("0.028", "kg"), ("1.5", "each"), ("0.324", "doz."), ("12.34567", "t"))
]
UNITS = ["kg", "pieces", "dozen", "t"]


@pytest.fixture(scope="module")
def record() -> Record:
    return load()


def programs(random: Random, prices: bool) -> list[Formula | None]:
    """Bills of all kinds: rates alone, in whole units of money, by quantity, several lines."""

    def line() -> FormulaLine:
        parts = [
            *random.sample(PRICES, random.choice([0, 0, 1]) * prices),
            *random.sample(RATES, random.choice([0, 1])),
        ] or [RATES[4]]
        return FormulaLine(tuple(parts), len(parts) == 2 and random.random() < 0.2)

    return [
        Formula(tuple(line() for _ in range(random.randint(1, 3))), random.random() < 0.4)
        for _ in range(60)
    ] + [None]


def value(random: Random) -> float:
    """A value near cents, near half cents, of any decimals, or extreme."""
    cents = random.choice(
        [
            random.randrange(10**4),
            random.randrange(10**7),
            random.randrange(10**10),
            random.randrange(10**13),
        ]
    )
    near = cents / 100
    kind = random.randrange(9)
    if kind == 0:
        return near
    if kind == 1:
        return float(np.nextafter(near, random.choice([0.0, 1e300])))
    if kind == 2:
        return abs(near + random.choice([-1, 1]) * 10.0 ** -random.randint(3, 14))
    if kind == 3:
        return (cents + 0.5) / 100
    if kind == 4:
        return float(np.nextafter((cents + 0.5) / 100, random.choice([0.0, 1e300])))
    if kind == 5:
        return random.random() * 10 ** random.randint(-6, 9)
    if kind == 6:
        return float(
            np.nextafter(float(random.randrange(10**5)) + 0.5, random.choice([0.0, 1e300]))
        )
    if kind == 7:
        return round(random.random() * 10_000, random.randint(3, 9))
    return random.choice(
        [0.0, 5e-324, 1e-9, 0.004999999, 0.005, 0.1 + 0.2, 9e13, 9.9e14, 123456789.125]
    )


def text(random: Random) -> str:
    """The same as people and programs write it, also with more digits than a float tells."""
    plain = format(Decimal(repr(value(random))), "f")
    kind = random.randrange(6)
    if kind == 0 and "." in plain:
        return plain + "0" * random.randint(1, 20) + random.choice(["", "1", "4999", "5"])
    if kind == 1:
        return "$" + format(Decimal(plain), ",f")
    if kind == 2:
        return f" {plain} "
    if kind == 3:
        return str(Decimal(plain).quantize(Decimal("0.01"))) + random.choice(
            ["", "0" * 20, "000000000000000001", "4999999999999999999", "5"]
        )
    if kind == 4:
        return repr(value(random))
    return plain


def owed(
    record: Record,
    values: Any,
    bills: list[Formula | None],
    numbers: Any,
    quantities: Any = None,
    units: list[str] | None = None,
) -> list[int]:
    """What a file owes line by line."""
    parts = {"value": values} | (
        {"quantity": quantities, "unit": pa.array(units)} if quantities is not None else {}
    )
    plan = Plan(
        {name: name for name in parts},
        {"origin": "cn", "importer": "us", "date": "2025-06-05", "hs": "95030000"},
        None,
        False,
        None,
        None,
    )
    amounts, wrong = read_amounts(
        Rater(record, plan).reader, pa.record_batch(list(parts.values()), names=list(parts))
    )
    assert amounts is not None
    assert wrong is None
    return duties(bills, table_of(bills), numbers, amounts).tolist()


def alone(
    program: Formula | None, value: Decimal, quantities: tuple[tuple[Decimal, str], ...] = ()
) -> int:
    found = duty_of(program, Goods(value, quantities=quantities)) if program is not None else None
    return UNKNOWN if found is None else int(found * 100)


def read(one: Any) -> Decimal:
    return (
        one
        if isinstance(one, Decimal)
        else spellings.money(one)
        if isinstance(one, str)
        else Decimal(repr(one))
    )


def dictionary(values: Iterable[str]) -> Any:
    return pa.array(values).dictionary_encode()


KINDS: dict[str, tuple[Callable[[Random], Any], Callable[[Any], Any]]] = {
    "floats": (value, lambda values: pa.array(values, pa.float64())),
    "narrow floats": (
        lambda random: float(np.float32(value(random))),
        lambda values: pa.array(values, pa.float32()),
    ),
    "texts": (text, pa.array),
    "texts of distinct values": (text, dictionary),
    "large texts": (text, lambda values: pa.array(values, pa.large_string())),
    "plain texts": (lambda random: format(Decimal(repr(value(random) % 1e9)), "f"), pa.array),
    "decimals": (
        lambda random: Decimal(repr(value(random) % 1e9)).quantize(Decimal("1e-10")),
        lambda values: pa.array(values, pa.decimal128(30, 10)),
    ),
    "cents as decimals": (
        lambda random: Decimal(random.randrange(10**17)) / 100,
        lambda values: pa.array(values, pa.decimal128(18, 2)),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_an_amount_owes_in_a_file_what_it_owes_alone(record, kind, seed):
    draw, column = KINDS[kind]
    random = Random(f"{kind} {seed}")
    bills = programs(random, prices=False)
    values = [draw(random) for _ in range(4_000)]
    numbers = np.array([random.randrange(len(bills)) for _ in values], dtype=np.int32)
    found = owed(record, column(values), bills, numbers)
    for one, number, cents in zip(values, numbers.tolist(), found, strict=True):
        assert cents == alone(bills[number], read(one)), (one, bills[number])


@pytest.mark.parametrize("kind", ["floats", "texts"])
@pytest.mark.parametrize("seed", range(3))
def test_an_amount_and_a_quantity_owe_in_a_file_what_they_owe_alone(record, kind, seed):
    draw, column = KINDS[kind]
    random = Random(seed)
    bills = programs(random, prices=True)
    values, quantities = (
        [draw(random) if random.random() < 0.9 else None for _ in range(3_000)] for _ in range(2)
    )
    units = [random.choice(UNITS) for _ in values]
    numbers = np.array([random.randrange(len(bills)) for _ in values], dtype=np.int32)
    found = owed(record, column(values), bills, numbers, column(quantities), units)
    for one, many, unit, number, cents in zip(
        values, quantities, units, numbers.tolist(), found, strict=True
    ):
        given = ((read(many), unit),) if many is not None else ()
        assert cents == (UNKNOWN if one is None else alone(bills[number], read(one), given)), (
            one,
            many,
            unit,
            bills[number],
        )


@pytest.mark.parametrize("amount", ["1000000000000000", "1e22", "1" + "0" * 400])
def test_an_amount_beyond_all_trade_is_refused(tmp_path, amount):
    (tmp_path / "in.csv").write_text(
        f"date,hs,origin,value\n2025-06-05,95030000,CN,{amount}\n2025-06-05,95030000,CN,1\n"
    )
    told = ask("bulk", str(tmp_path / "in.csv"), "--to", "us", "--out", str(tmp_path / "out.csv"))
    assert told.code == 0
    assert "1 complete, 1 invalid" in told.err or "1 invalid, 1 complete" in told.err
    assert "line 1: the value is" in told.err


def long_floats(random: Random) -> float:
    return random.randrange(10**6) / 100 + random.choice([1e-10, 1e-13, 0.00032100001])


@pytest.mark.parametrize(
    "column",
    [
        pa.array,
        lambda values: pa.array([repr(one) for one in values]),
        lambda values: pa.array([f"${one:,.10f}" for one in values]),
    ],
)
@pytest.mark.parametrize(
    "bill",
    [
        Formula((FormulaLine((RATES[4],)), FormulaLine((RATES[1],))), False),
        Formula((FormulaLine((PRICES[0], RATES[3])),), True),
    ],
)
def test_of_a_column_of_long_decimals_few_are_reckoned_alone(record, monkeypatch, column, bill):
    reckoned: list[object] = []
    from tariffcli.bulk.classes import duties as reckoning

    true = reckoning._exactly
    monkeypatch.setattr(reckoning, "_exactly", lambda *line: reckoned.append(line) or true(*line))
    read_alone: list[object] = []
    true_money = spellings.money
    monkeypatch.setattr(
        spellings, "money", lambda text: read_alone.append(text) or true_money(text)
    )
    random = Random(5)
    values = column([long_floats(random) for _ in range(20_000)])
    owed(
        record,
        values,
        [bill],
        np.zeros(20_000, dtype=np.int32),
        pa.array([1.5] * 20_000),
        ["kg"] * 20_000,
    )
    assert len(reckoned) < 400
    assert len(read_alone) < 400
