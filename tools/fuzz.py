"""Ask the real record questions drawn at random, and hold every answer to what must be true of it.

    python tools/fuzz.py                     100,000 questions, some minutes
    python tools/fuzz.py --questions 2000 --seed 7

The same seed asks the same questions. Each kind of question holds one invariant: the history has a
step wherever the rate changes and nowhere else; layers add up to the totals; what was known at the
end of everything is what is known; a file of lines says what single questions say, and owes what
`tariff duty` bills; the four formats agree; a program's values are read or refused; no command line
gives a traceback. Prints each failure with the question that shows it; exits 1 where there is any.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ.setdefault("TARIFF_CACHE", tempfile.mkdtemp(prefix="tariff-fuzz-"))

import tariffcli  # noqa: E402
from support.run_program import ask as run  # noqa: E402
from tariffcli.book.load import Record, load  # noqa: E402
from tariffcli.errors import NotFound, TariffError, UsageError  # noqa: E402
from tariffcli.law.engine import CHARGING_ROLES, open_case, rate  # noqa: E402
from tariffcli.law.history import history  # noqa: E402
from tariffcli.law.instants import day_of, end_of_day, start_of_day  # noqa: E402
from tariffcli.law.model import Answer, Query  # noqa: E402
from tariffcli.law.outlook import figure  # noqa: E402
from tariffcli.law.products import GENERAL, find_product  # noqa: E402

PAIRS = (("us", "cn"), ("us", "hk"), ("us", "mo"), ("cn", "us"))
SINCE, UNTIL = "2018-01-01", "2027-12-31"
END_OF_ALL = "2199-12-31"
CODES = 400
"""At most this many drawn codes an importer, so that the questions come back to the same goods."""

Failure = str
Ask = Callable[["Desk"], Iterator[Failure | None]]
"""A kind of question: yields once for each question asked, a failure in words or None."""


class Desk:
    """The record, the dice, and the codes and words to ask about."""

    def __init__(self, record: Record, seed: int) -> None:
        self.record, self.draw = record, Random(seed)
        self.codes = {importer: self._codes(importer) for importer in ("us", "cn")}
        self.words = {name: [row.id for row in record.categories[name]] for name in ("us", "cn")}

    def _codes(self, importer: str) -> list[str]:
        """Listed codes, siblings that no list names, lines of the schedule, shorter and longer
        ones.
        """
        scopes = [name for name, scope in self.record.scopes.items() if scope.importer == importer]
        rows = (
            row
            for name in scopes
            for year in ("2017", "2022")
            for row in self.record.scope_lines(name, year)
        )
        known = sorted(
            {row.prefix for row in rows} | {line.code for line in self.record.lines(importer, "")}
        )
        listed = self.draw.sample(known, CODES)
        siblings = [
            code[:6].ljust(6, "0") + f"{self.draw.randrange(100):02}" for code in listed[::3]
        ]
        longer = [
            (code.ljust(8, "0") + f"{self.draw.randrange(100):02}")[:10] for code in listed[1::5]
        ]
        return [
            *listed,
            *siblings,
            *longer,
            *(code[: self.draw.choice((2, 4, 6))] for code in listed[2::5]),
        ]

    def zone(self, importer: str) -> str:
        """The importer's legal zone."""
        return self.record.zones[importer]

    def moment(self, importer: str) -> int:
        """An instant within the years of the record."""
        zone = self.zone(importer)
        return self.draw.randrange(start_of_day(SINCE, zone), end_of_day(UNTIL, zone))

    def query(self) -> Query:
        """A question whose product is one at its instant."""
        while True:
            importer, origin = self.draw.choice(PAIRS)
            moment = self.moment(importer)
            known_on = None if self.draw.random() < 0.7 else day_of(self.moment(importer), "UTC")
            word = (
                self.draw.choice(self.words[importer])
                if self.draw.random() < 0.1
                else self.draw.choice(self.codes[importer])
            )
            if self.draw.random() < 0.02:
                return Query(importer, origin, moment, known_on, GENERAL)
            try:
                found = find_product(self.record, importer, word, moment)
            except UsageError:
                continue
            return Query(importer, origin, moment, known_on, found)


def answer_or_none(record: Record, query: Query) -> Answer | None:
    """The answer, or None where the product is no line of that day."""
    try:
        return rate(record, query)
    except UsageError:
        return None


def at(query: Query, zone: str) -> str:
    """A question in one line, for a failure."""
    known = f" known on {query.known_on}" if query.known_on else ""
    return (
        f"{query.importer} on {query.origin}, {query.product.id}, {day_of(query.instant, zone)} "
        f"({query.instant}){known}"
    )


def histories(desk: Desk) -> Iterator[Failure | None]:
    """A step begins wherever the rate changes, and nowhere else."""
    query = desk.query()
    zone = desk.zone(query.importer)
    since, until = start_of_day(SINCE, zone), end_of_day(UNTIL, zone)
    steps = history(open_case(desk.record, query.importer, query.origin), query, since, until)
    edges = [step.since for step in steps[1:]]
    for moment in [
        *(desk.moment(query.importer) for _ in range(30)),
        *edges,
        *(edge - 1 for edge in edges),
    ]:
        told = [step.answer for step in steps if step.since <= moment][-1]
        asked = answer_or_none(desk.record, query._replace(instant=moment))
        same = (told and figure(told)) == (asked and figure(asked))
        yield (
            None
            if same
            else f"history differs from rate: {at(query._replace(instant=moment), zone)}"
        )


def layers(desk: Desk) -> Iterator[Failure | None]:
    """Layers that charge add up to the additional duty, and that with the ordinary duty to the
    total.
    """
    query = desk.query()
    answer = answer_or_none(desk.record, query)
    if answer is None or answer.min_pct is None:
        yield None
        return
    wrong = answer.min_pct < 0 or (answer.max_pct is not None and answer.max_pct < answer.min_pct)
    if answer.status == "complete":
        total = sum(
            (
                layer.rate_pct or Decimal(0)
                for layer in answer.layers
                if layer.role in CHARGING_ROLES
            ),
            Decimal(0),
        )
        wrong = wrong or total != answer.additional_pct
        if answer.total_pct is not None and answer.mfn_pct is not None:
            wrong = wrong or answer.total_pct != total + answer.mfn_pct
    yield f"layers do not add up: {at(query, desk.zone(query.importer))}" if wrong else None


def hindsight(desk: Desk) -> Iterator[Failure | None]:
    """Whoever knows all that was ever announced knows what is known without a day."""
    query = desk.query()._replace(known_on=None)
    told = [answer_or_none(desk.record, query._replace(known_on=day)) for day in (None, END_OF_ALL)]
    same = (told[0] and figure(told[0])) == (told[1] and figure(told[1]))
    yield None if same else f"hindsight differs: {at(query, desk.zone(query.importer))}"


def files(desk: Desk) -> Iterator[Failure | None]:
    """Every line of a table says what the single question says, and owes what its bill says."""
    import pyarrow as pa

    from support.lines_alone import float_of, lines_of, scalar

    lines = lines_of(desk.record, desk.draw, 200)
    rated = tariffcli.rate_lines(pa.Table.from_pylist(lines), desk.record).to_pylist()
    for line, found in zip(lines, rated, strict=True):
        try:
            answer, owed = scalar(desk.record, line)
        except UsageError as error:
            # Beyond the first hundred words that name nothing, a file says so without what is
            # like them.
            reasons = {str(error), error.plain if isinstance(error, NotFound) else str(error)}
            same = found["status"] == "invalid" and found["reason"] in reasons
        else:
            told = (found["status"], found["additional_min_pct"], found["additional_max_pct"])
            same = told == (answer.status, float_of(answer.min_pct), float_of(answer.max_pct))
            # Two rates may come to the same cent: then a bill says it, and a class of lines cannot.
            by_chance = found["duty_due"] is None and answer.total_min_pct != answer.total_max_pct
            same = same and (by_chance or found["duty_due"] == float_of(owed))
        yield None if same else f"bulk differs from the single question: {line}"


def formats(desk: Desk) -> Iterator[Failure | None]:
    """JSON, CSV and plain give one figure, which is that of the library."""
    query = desk.query()._replace(known_on=None)
    zone = desk.zone(query.importer)
    day = day_of(query.instant, zone)
    words = [
        "rate",
        "--from",
        query.origin,
        "--to",
        query.importer,
        "--date",
        day,
        "--product",
        query.product.id,
    ]
    plain, document, table = (run(*words, "--format", form) for form in ("plain", "json", "csv"))
    if plain.code == 2:
        yield None
        return
    read = json.loads(document.out)
    low, high = read["additional_min_pct"], read["additional_max_pct"]
    word = (
        "" if low is None else f"{low}" if low == high else f"{low}..{'' if high is None else high}"
    )
    asked = answer_or_none(desk.record, query._replace(instant=end_of_day(day, zone)))
    same = asked is not None and (asked.min_pct is None) == (low is None)
    if same and asked is not None and asked.min_pct is not None:
        same = (Decimal(str(low)), high is None) == (asked.min_pct, asked.max_pct is None)
        same = same and plain.out.strip().startswith(word) and f"{low}" in table.out
    yield None if same else f"formats differ: {' '.join(words)}: {plain.out.strip()} {low} {high}"


def values(desk: Desk) -> Iterator[Failure | None]:
    """A fact of any type from a program is read as the same answer as its exact value, or
    refused.
    """
    names = sorted({condition.fact for condition in desk.record.conditions.values()})
    draw, name = desk.draw, desk.draw.choice(names)
    odd = draw.choice(
        [
            0.4,
            1,
            "0.4",
            True,
            "no",
            "yes",
            -1,
            "x",
            None,
            2.5,
            "2025-04-01",
            float("nan"),
            [],
            "Vessel",
            b"1",
            10**30,
        ]
    )
    day = day_of(desk.moment("us"), "America/New_York")
    code = draw.choice(desk.codes["us"])
    try:
        told = tariffcli.ask(
            day, origin="cn", importer="us", product=code, facts={name: odd}, record=desk.record
        )
        read = tariffcli.ask(
            day,
            origin="cn",
            importer="us",
            product=code,
            facts=told.query.facts,
            record=desk.record,
        )
    except TariffError:
        yield None
        return
    except Exception as fault:
        yield f"a raw {type(fault).__name__} for {name}={odd!r} on {code}, {day}: {fault}"
        return
    sound = figure(told) == figure(read) and (told.min_pct is None or told.min_pct >= 0)
    yield None if sound else f"{name}={odd!r} misread on {code}, {day}"


WORDS = ["rate", "history", "compare", "duty", "products", "events", "export", "--from", "--to",
    "us", "cn", "中国", "--date", "2025-04-24",
         "--at", "2025-04-10T12:01", "--hs", "8517.13.00", "--product", "toys", "list-3",
         "--format", "json", "plain", "csv", "--strict",
         "--known-on", "today", "--claim", "donation", "--value", "100", "--metal-share",
         "steel=0.4", "--loaded", "--mode", "air", "--mfn",
         "-5", "NaN", "", "🦆", "--since", "--until", "2018-01-01", "--help", "--out", "-",
         "--pair", "us:cn", "--both"]  # fmt: skip


def command_lines(desk: Desk) -> Iterator[Failure | None]:
    """A line of words in any order ends with a documented exit code, and never with a traceback."""
    words = [
        desk.draw.choice(WORDS[:7]),
        *(desk.draw.choice(WORDS) for _ in range(desk.draw.randrange(9))),
    ]
    told = run(*words)
    sound = (
        told.code in (0, 2, 3, 4)
        and "Traceback" not in told.err
        and "fault in the program" not in told.err
    )
    yield None if sound else f"exit {told.code} of {words}: {told.err[-200:]}"


KINDS: dict[str, tuple[Ask, int]] = {
    "history": (histories, 45),
    "layers": (layers, 20),
    "hindsight": (hindsight, 10),
    "files": (files, 15),
    "values": (values, 7),
    "formats": (formats, 1),
    "command lines": (command_lines, 2),
}
"""The kinds of questions, and of a hundred how many are of each."""


def main() -> int:
    """Ask, and print what failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--questions", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    typed = parser.parse_args()
    desk = Desk(load(ROOT / "data"), typed.seed)
    asked, failures = Counter[str](), list[str]()
    for kind, (ask, share) in KINDS.items():
        while asked[kind] < max(1, typed.questions * share // 100):
            for failure in ask(desk):
                asked[kind] += 1
                if failure is not None:
                    failures.append(failure)
                    print(failure)
        print(f"{kind}: {asked[kind]:,} questions", file=sys.stderr)
    print(f"{sum(asked.values()):,} questions, seed {typed.seed}: {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
