"""Bulk has no law of its own: every line of a file says what `rate` says of it alone, and owes what
`tariff duty` bills.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest

from support.lines_alone import asked_alone, float_of, lines_of, scalar
from tariffcli.book.entry import TypedFacts
from tariffcli.law.bill import Goods
from tariffcli.law.engine import CHARGING_ROLES

pa = pytest.importorskip("pyarrow")


@pytest.mark.parametrize("seed", range(8))
def test_every_line_says_what_the_single_question_says(record, seed):
    from tariffcli.bulk.frame import rate_lines

    lines = lines_of(record, Random(seed), 250)
    rated = rate_lines(pa.Table.from_pylist(lines), record).to_pylist()
    for line, found in zip(lines, rated, strict=True):
        refusal, answer, owed = asked_alone(record, line)
        if answer is None:
            assert (found["status"], found["reason"]) == ("invalid", refusal), line
            assert found["additional_pct"] is None
            assert found["duty_due"] is None
            continue
        assert found["status"] == answer.status, line
        assert (found["reason"] or "") == answer.reason, line
        assert found["additional_pct"] == float_of(answer.additional_pct), line
        assert (found["additional_min_pct"], found["additional_max_pct"]) == (
            float_of(answer.min_pct),
            float_of(answer.max_pct),
        ), line
        assert (found["mfn_pct"], found["total_pct"]) == (
            float_of(answer.mfn_pct),
            float_of(answer.total_pct),
        ), line
        ids = dict.fromkeys(
            layer.event.id for layer in answer.layers if layer.role in CHARGING_ROLES
        )
        assert (found["event_ids"] or "") == ";".join(ids), line
        if (
            found["duty_due"] is None and owed is not None
        ):  # two rates that come to the same cent: a bill may say it, a class cannot
            assert answer.total_min_pct != answer.total_max_pct, line
        else:
            assert found["duty_due"] == float_of(owed), line
        if answer.additional_pct is not None:
            parts = [
                value for name, value in found.items() if name.endswith("_pct") and "-" in name
            ]
            if None not in parts:
                assert sum(map(Decimal, map(repr, parts))) == answer.additional_pct


def test_the_reason_of_a_line_does_not_depend_on_the_lines_before_it(record):
    from tariffcli.bulk.cells.plan import Plan
    from tariffcli.bulk.cells.rater import Rater

    sound = {
        "date": "2025-04-24",
        "hs": "6109100012",
        "origin": "cn",
        "importer": "us",
        "value": "1",
        "mode": "air",
    }
    faults = {
        "date": "soon",
        "hs": "6.1E+9",
        "origin": "Atlantis",
        "importer": "??",
        "value": "much",
        "mode": "rocket",
    }
    random = Random(3)
    lines = [
        {name: random.choice([text, faults[name]]) for name, text in sound.items()}
        for _ in range(200)
    ]
    plan = Plan({name: name for name in sound}, outputs=["reason"])

    def reasons(order: list[dict[str, str]]) -> list[str]:
        rater = Rater(record, plan)
        return [rater.rate(pa.RecordBatch.from_pylist([line]))[0].to_pylist()[0] for line in order]

    assert reasons(lines[::-1])[::-1] == reasons(lines)
    whole = Rater(record, plan).rate(pa.Table.from_pylist(lines))[0]
    assert whole.to_pylist() == reasons(lines)


def test_facts_that_differ_on_every_line_are_those_of_their_line(record):
    """Combinations of their distinct values are more than a whole number of eight bytes can tell
    apart.
    """
    from tariffcli.bulk.cells.plan import Plan
    from tariffcli.bulk.cells.reader import Reader
    from tariffcli.bulk.classes.classes import Classes
    from tariffcli.law.facts import holds_for

    lines = 20_000
    columns = {
        "date": ["2025-08-20"] * lines,
        "hs": ["76061130"] * lines,
        "origin": ["cn", "hk"] * (lines // 2),
        "importer": ["us"] * lines,
        "claim": ["", "donation", None, "donation"] * (lines // 4),
        "loaded": [f"2025-{line % 8 + 1:02}-{line % 27 + 1:02}" for line in range(lines)],
        "mode": ["air", "vessel", None, "rail"] * (lines // 4),
        "metal_share": [f"aluminium=0.{line:06}" for line in range(lines)],
        "in_quota": ["yes", None, "no", "perhaps"] * (lines // 4),
        "shipment_value": [str(line) for line in range(lines)],
        "mfn": [f"{line / 1000:.3f}" for line in range(lines)],
    }
    plan = Plan({name: name for name in columns})
    table = pa.RecordBatch.from_pydict(columns)

    def meant(entry: TypedFacts) -> object:
        """What an entry says to each condition of the record, and its shares themselves."""
        facts = dict(entry.facts)
        given = [one for one in record.conditions.values() if one.fact in facts]
        return [
            (one.id, facts[one.fact] if one.kind == "share" else holds_for(one, facts[one.fact]))
            for one in given
        ], entry.mfn_pct

    def told(batch: pa.RecordBatch, places: list[int]) -> list[object]:
        classes = Classes(record)
        reader = Reader(record, plan, classes)
        found = reader.read(batch, None).fact_sets
        assert found is not None
        return [
            meant(classes.fact_sets[number]) if number >= 0 else reader.reason(number)
            for number in found[places].tolist()
        ]

    places = Random(4).sample(range(lines), 40)
    assert told(table, places) == [told(table.slice(place, 1), [0])[0] for place in places]


def test_amounts_and_days_on_one_side_of_all_bounds_are_one_fact(record):
    """Parcels each have another value: only whether it is above a bound matters, and neither memory
    nor questions grow with them.
    """
    from tariffcli.bulk.cells.plan import Plan
    from tariffcli.bulk.cells.rater import Rater
    from tariffcli.bulk.classes.classes import Classes

    lines = 3_000
    columns = {
        "date": ["2025-05-20", "2025-04-09"] * (lines // 2),
        "hs": ["9503000073", "6109100012"] * (lines // 2),
        "origin": ["cn", "hk", "de"] * (lines // 3),
        "importer": ["us"] * lines,
        "shipment_value": [
            f"{line / 2:.3f}" if line % 7 else ["", "-1", "much"][line % 3] for line in range(lines)
        ],
        "loaded": [f"2025-04-{line // 24 % 30 + 1:02} {line % 24:02}:01" for line in range(lines)],
    }
    plan = Plan(
        {name: name for name in columns},
        outputs=["additional_min_pct", "additional_max_pct", "status", "reason", "event_ids"],
    )
    table, classes = pa.RecordBatch.from_pydict(columns), Classes(record)
    found = [array.to_pylist() for array in Rater(record, plan, classes).rate(table)]
    assert len(classes.fact_sets) < 60
    for line in (*Random(7).sample(range(lines), 150), 1_599, 1_600, 1_601):
        alone = [array.to_pylist() for array in Rater(record, plan).rate(table.slice(line, 1))]
        assert [[column[line]] for column in found] == alone


@pytest.mark.parametrize("kind", [pa.bool_(), pa.string()])
def test_a_fact_that_is_no_is_not_a_fact_that_is_not_given(record, kind):
    from tariffcli.bulk.cells.plan import Plan
    from tariffcli.bulk.cells.rater import Rater

    told = {pa.bool_(): [False, None], pa.string(): ["no", ""]}[kind]
    columns = {
        "date": ["2018-06-20"] * 2,
        "hs": ["8541406025"] * 2,
        "origin": ["cn"] * 2,
        "importer": ["us"] * 2,
        "in_quota": told,
    }
    table = pa.table({**columns, "in_quota": pa.array(told, kind)})
    found = (
        Rater(record, Plan({name: name for name in columns}, outputs=["additional_min_pct"]))
        .rate(table)[0]
        .to_pylist()
    )
    assert found == [
        30,
        0,
    ]  # cells of solar panels: 30 per cent above the quota (Proc. 9693), none within it


def test_columns_that_hold_no_countries_cost_no_more_than_their_lines(record):
    from tariffcli.bulk.cells.plan import Plan
    from tariffcli.bulk.cells.rater import Rater

    lines = 60_000
    names = [f"no country {line}" for line in range(lines)]
    columns = {
        "date": ["2025-08-20"] * lines,
        "hs": ["76061130"] * lines,
        "origin": names,
        "importer": names[::-1],
    }
    columns["importer"][7] = "us"
    rater = Rater(record, Plan({name: name for name in columns}, outputs=["reason"]))
    reasons = rater.rate(pa.table(columns))[0].to_pylist()
    first = [*reversed(names)]
    first[7] = names[7]  # the importer is refused before the origin
    assert all(f"'{name}'" in reason for name, reason in zip(first, reasons, strict=True))


@pytest.mark.parametrize(("most", "width"), [(65_535, "uint16"), (10, "int32")])
@pytest.mark.parametrize(
    ("valued", "outputs"),
    [(False, None), (True, None), (False, ["total_pct"]), (True, ["total_pct", "duty_due"])],
)
def test_batches_that_share_their_distinct_values_take_a_straight_way_to_the_same_answers(
    record, monkeypatch, valued, outputs, most, width
):
    from tariffcli.bulk.cells.plan import Plan
    from tariffcli.bulk.cells.rater import Rater

    monkeypatch.setattr("tariffcli.bulk.cells.fast_path.MAX_NARROW_CLASSES", most)

    random = Random(5)
    codes = ["9503000073", "8471300100", "6109100012", "77000001", "1.2E+9", "940360"]
    days = [date(2018, 1, 1) + timedelta(days=random.randrange(3_200)) for _ in range(600)] + [
        date(1950, 1, 1),
        date(2150, 1, 1),
    ]
    random.shuffle(days)
    lines = [
        {
            "date": day,
            "hs": random.choice(codes),
            "origin": random.choice(
                ["cn", "HK", "Atlantis", "us"] if number > 400 else ["cn", "hk"]
            ),
            "value": random.choice(["100", "much"]) if 200 < number < 300 else "250",
        }
        for number, day in enumerate(days)
    ]
    columns = {
        name: name for name in ("date", "hs", "origin", "value") if name != "value" or valued
    }
    plan = Plan(columns, {"importer": "us"}, outputs=outputs)
    plain = pa.Table.from_pylist(lines)
    shared = plain
    for name in ("hs", "origin"):
        shared = shared.set_column(
            shared.column_names.index(name), name, plain[name].combine_chunks().dictionary_encode()
        )
    whole, rater = Rater(record, plan), Rater(record, plan)
    expected = pa.table(whole.rate(plain), names=whole.added).to_pylist()
    batches = shared.to_batches(max_chunksize=50)
    for _ in range(3):
        parts = [pa.table(rater.rate(batch), names=rater.added).to_pylist() for batch in batches]
        assert [line for part in parts for line in part] == expected
    straight = rater.fast_path.classify(batches[-1])
    assert straight is not None
    assert straight.dtype == width
    assert whole.fast_path.classify(plain.to_batches()[0]) is None
    several = Rater(record, plan)
    assert (
        pa.table(several.rate_table(plain, threads=2), names=several.added).to_pylist() == expected
    )


@pytest.mark.parametrize("width", ["uint8", "int32", "uint16", "int64"])
@pytest.mark.parametrize("lines", [0, 1, 65_535, 65_536, 65_537, 200_000])
def test_a_table_is_read_at_numbers_of_any_width(width, lines):
    import numpy as np

    from tariffcli.bulk.classes.arrow import gather

    table, numbers = np.arange(250) * 1.5, (np.arange(lines) * 7 % 250).astype(width)
    out = np.zeros(lines)
    assert np.array_equal(gather(table, numbers), table[numbers])
    assert gather(table, numbers, out) is out
    assert np.array_equal(out, table[numbers])


def test_many_programs_at_once_owe_what_each_owes_alone(record):
    import numpy as np

    from tariffcli.bulk.classes.duties import UNKNOWN, Amounts, duties, table_of
    from tariffcli.law.expression import AdValorem, Specific
    from tariffcli.law.formula import Formula, FormulaLine, duty_of

    random = Random(11)
    rates = [AdValorem(Decimal(text)) for text in ("0", "2.5", "7.125", "25", "145")]
    prices = [
        Specific(Decimal(text), unit)
        for text, unit in (("0.028", "kg"), ("1.5", "each"), ("0.324", "doz."), ("12.34567", "t"))
    ]

    def line() -> FormulaLine:
        parts = [
            *random.sample(prices, random.choice([0, 0, 1, 1, 2])),
            *random.sample(rates, random.choice([0, 1])),
        ] or [rates[0]]
        return FormulaLine(tuple(parts), len(parts) == 2 and random.random() < 0.2)

    programs = [
        Formula(tuple(line() for _ in range(random.randint(1, 3))), random.random() < 0.5)
        for _ in range(150)
    ] + [None]
    names = ["kg", "KG", "pieces", "dozen", "t", "m3", "", "bushels of dust"]
    lines = 3_000
    numbers = np.array([random.randrange(len(programs)) for _ in range(lines)], dtype=np.int32)
    cents = np.array(
        [random.choice([UNKNOWN, 0, 12_345, 99_999_999, 10**11, 10**15]) for _ in range(lines)]
    )
    quantities = np.array(
        [
            random.choice([UNKNOWN, 0, 499, 500, 1_500, 36_000, 123_456_789, 10**16])
            for _ in range(lines)
        ]
    )
    units = np.array([random.randrange(len(names)) for _ in range(lines)])
    found = duties(programs, table_of(programs), numbers, Amounts(cents, quantities, units, names))
    for number, value, quantity, unit, owed in zip(
        *(part.tolist() for part in (numbers, cents, quantities, units, found)), strict=True
    ):
        program, told = programs[number], value != UNKNOWN
        given = (
            ((Decimal(quantity) / 1000, names[unit]),)
            if quantity != UNKNOWN and names[unit]
            else ()
        )
        alone = (
            duty_of(program, Goods(Decimal(value) / 100, quantities=given))
            if program is not None and told
            else None
        )
        assert owed == (UNKNOWN if alone is None else alone * 100), (
            program,
            value,
            quantity,
            names[unit],
        )


def test_a_product_that_was_no_line_yet_is_outside_coverage_before_coverage_begins(record):
    """The single question says so first, and so does a line of a file."""
    from tariffcli.bulk.frame import rate_lines

    line = {"date": "2017-12-31", "product": "plywood", "origin": "cn", "importer": "us"}
    (rated,) = rate_lines(pa.Table.from_pylist([line]), record).to_pylist()
    alone, _ = scalar(record, {**dict.fromkeys(FIELDS, ""), **line})
    assert rated["status"] == alone.status == "outside_coverage"


FIELDS = ("value", "quantity", "unit", "claim", "metal_share", "loaded", "mode", "in_quota", "mfn")
