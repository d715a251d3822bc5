"""Lines of a file drawn at random, and what each is told when it is asked alone."""

from __future__ import annotations

from decimal import Decimal
from random import Random

from tariffcli.book.entry import TypedFacts, facts_given, ordinary_duty
from tariffcli.book.load import Record
from tariffcli.book.words import find_country
from tariffcli.errors import UsageError
from tariffcli.law.bill import Goods, bill
from tariffcli.law.engine import rate
from tariffcli.law.entry_summary import reporting_on
from tariffcli.law.instants import day_of, end_of_day, parse_day
from tariffcli.law.model import Answer, Query
from tariffcli.law.products import GENERAL, cut_to_law, find_product

DAYS = ["2018-07-06", "2019-05-20", "2020-02-14", "2021-12-31", "2022-01-27", "2024-09-27", "2025-02-03", "2025-03-12", "2025-04-09",
        "2025-04-10", "2025-05-14", "2025-06-04", "2025-08-18", "2025-11-10", "2026-01-01", "2026-02-24", "2026-04-06", "2026-07-24",
        "2026-11-15", "2017-12-31", "2030-01-01"]  # fmt: skip
CLAIMS = [
    "",
    "",
    "",
    "exclusion",
    "vehicle-part=no",
    "patented-drug=yes;donation=no",
    "us-share=0.3",
    "nonsense",
]
SHARES = ["", "", "", "0.4", "steel=0.25;aluminium=0.1", "steel=0.7;copper=0.6", "1.5"]


def lines_of(record: Record, random: Random, many: int) -> list[dict[str, str]]:
    """Lines drawn at random over codes, words, days, facts and dirt."""
    ours = sorted({line.code for line in record.lines("us", "")})
    theirs = sorted(
        {
            row.prefix
            for edition in ("2017", "2022")
            for row in record.listings("cn", "", edition)
            if len(row.prefix) == 8
        }
    )
    words = [row.id for row in record.categories["us"]]
    made: list[dict[str, str]] = []
    for _ in range(many):
        importer = random.choice(["us", "us", "us", "cn", "jp"])
        codes = theirs if importer == "cn" else ours
        code = random.choice(
            [
                random.choice(codes),
                random.choice(codes),
                random.choice(codes)[:6],
                random.choice(codes) + "10",
                "8517.12",
                "99",
            ]
        )
        product = random.choice(words) if random.random() < 0.1 else code
        made.append(
            {
                "date": random.choice(DAYS)
                if random.random() < 0.5
                else f"20{random.randint(18, 26)}-{random.randint(1, 12):02}-15",
                "product": product,
                "origin": "us"
                if importer == "cn"
                else random.choice(["cn", "cn", "hk", "mo", "de"]),
                "importer": importer,
                "value": random.choice(["", "100.40", "2500.5", "99999", "0.5", "1234.567"]),
                "quantity": random.choice(["", "12", "7.5", "100"]),
                "unit": random.choice(["", "kg", "doz", "item", "liter"]),
                "claim": random.choice(CLAIMS),
                "metal_share": random.choice(SHARES),
                "loaded": random.choice(["", "", "2025-04-04", "2019-05-09", "2026-07-20"]),
                "mode": random.choice(["", "", "vessel", "air"]),
                "in_quota": random.choice(["", "yes", "no"]),
                "mfn": random.choice(["", "", "3.2"]),
            }
        )
    return made


def scalar(record: Record, line: dict[str, str]) -> tuple[Answer, Decimal | None]:
    """What the single question answers, and what its bill says."""
    importer, origin = find_country(record, line["importer"]), find_country(record, line["origin"])
    zone = record.zones.get(importer, "UTC")
    moment = end_of_day(line["date"], zone)
    entry = TypedFacts(
        claim=tuple(piece for piece in line["claim"].split(";") if piece),
        metal_share=tuple(piece for piece in line["metal_share"].split(";") if piece),
        loaded=line["loaded"] or None,
        mode=line["mode"] or None,
        in_quota={"yes": True, "no": False}.get(line["in_quota"]),
    )
    facts = facts_given(record, entry, zone, lambda text: parse_day(text, ""))
    product = GENERAL
    if importer in record.zones:
        product = find_product(
            record, importer, cut_to_law(record, importer, line["product"]), moment
        )
    answer = rate(
        record,
        Query(
            importer,
            origin,
            moment,
            None,
            product,
            facts,
            ordinary_duty(line["mfn"]) if line["mfn"] else None,
        ),
    )
    owed = None
    if line["value"]:
        day = day_of(moment, zone)
        rules = reporting_on(record.reporting, importer, day)
        both = line["quantity"] and line["unit"]
        goods = Goods(
            Decimal(line["value"]),
            quantities=((Decimal(line["quantity"]), line["unit"]),) if both else (),
            even=any(row.rule == "even_units" for row in rules),
        )
        authorities = {name: programme.authority for name, programme in record.programmes.items()}
        owed = bill(answer, goods, authorities, rules, None, day).duty.amount
        owed = None if answer.status in ("outside_coverage", "prohibited") else owed
    return answer, owed


def asked_alone(record: Record, line: dict[str, str]) -> tuple[str, Answer | None, Decimal | None]:
    """The refusal of a line, or its answer and what it owes."""
    try:
        return "", *scalar(record, line)
    except UsageError as error:
        return str(error), None, None


def float_of(value: Decimal | None) -> float | None:
    """A decimal as a column of numbers holds it."""
    return None if value is None else float(value)
