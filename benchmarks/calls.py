"""How many `rate()` calls a second, over distinct queries (no answer is ever asked twice).

python benchmarks/calls.py
"""

from __future__ import annotations

import random
import time

from tariffcli.book import load
from tariffcli.law.engine import answer_case, open_case, rate
from tariffcli.law.instants import start_of_day
from tariffcli.law.model import Query
from tariffcli.law.products import GENERAL, find_product

SECONDS = 3.0
PAIRS = (("cn", "us"), ("us", "cn"), ("hk", "us"))


def queries(record, count, words):
    """Distinct queries: pair, instant and product drawn at random with a fixed seed."""
    draw = random.Random(20251110)
    first, last = start_of_day("2018-01-01", "UTC"), start_of_day("2027-12-31", "UTC")
    seen = set()
    while len(seen) < count:
        origin, importer = draw.choice(PAIRS)
        moment = draw.randrange(first, last)
        word = draw.choice(words)
        try:
            product = find_product(record, importer, word, moment) if word else GENERAL
        except Exception:
            continue
        key = (importer, origin, moment, product)
        if key not in seen:
            seen.add(key)
            yield Query(importer, origin, moment, None, product)


def measure(name, ask, asked):
    begun, done = time.perf_counter(), 0
    for query in asked:
        ask(query)
        done += 1
        if time.perf_counter() - begun > SECONDS:
            break
    print(
        f"{name:<46} {done / (time.perf_counter() - begun):>10,.0f} a second ({done} distinct "
        "queries)"
    )


def main() -> None:
    record = load()
    general = list(queries(record, 60_000, [""]))
    products = list(
        queries(
            record,
            20_000,
            [
                "soybeans",
                "pork",
                "smartphones",
                "toys",
                "electric-cars",
                "syringes",
                "lng",
                "semiconductors",
            ],
        )
    )
    cases = {
        (q.importer, q.origin): open_case(record, q.importer, q.origin)
        for q in (*general, *products)
    }
    measure("rate(), goods in general", lambda q: rate(record, q), general)
    measure("rate(), products", lambda q: rate(record, q), products)
    measure(
        "the same with the pair opened once, general",
        lambda q: answer_case(cases[q.importer, q.origin], q),
        general,
    )
    measure(
        "the same with the pair opened once, products",
        lambda q: answer_case(cases[q.importer, q.origin], q),
        products,
    )


if __name__ == "__main__":
    main()
