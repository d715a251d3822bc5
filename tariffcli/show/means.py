"""Mean duties as people and programs read them: the rows, the words and the view of `average`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from tariffcli.book.load import Record
from tariffcli.book.words import clean
from tariffcli.law.docket import coverage_at
from tariffcli.law.engine import CHARGING_ROLES, answer_case, open_case
from tariffcli.law.model import Query
from tariffcli.law.notes import notes as notes_on
from tariffcli.law.products import GENERAL
from tariffcli.show.document import (
    NOT_INCLUDED,
    country_name,
    dataset,
    possessive,
    with_article,
)
from tariffcli.show.figures import mean_span, number, rounded, share, share_text
from tariffcli.show.listing import country_columns

if TYPE_CHECKING:
    from rich.console import Console

    from tariffcli.bulk.means.average import Averager, Left, Mean
    from tariffcli.bulk.means.weights import Weights

MOST_CODES = 8
"""At most this many codes are named in a note."""

LEFT_WORDS = {
    "no_line": "no line of the tariff",
    "not_known": "rate not known, or without a known most",
    "prohibited": "entry prohibited",
    "outside_coverage": "outside coverage",
    "partly_in_group": "only partly in the product; the file does not say how much",
}
"""Why codes were left out, in words."""


Notes = Sequence[tuple[str, str]]
"""Notes, each a code and a text."""


class Period(NamedTuple):
    """The days asked about, and whether a row is a day or a month."""

    first: str
    last: str
    every: str

    @property
    def words(self) -> str:
        """The days in words."""
        if self.first == self.last:
            return f"end of {self.first}"
        return f"{self.first} to {self.last}"


class Averaged(NamedTuple):
    """The means over a file of weights, with the question that they answer."""

    query: Query
    period: Period
    file: str
    weights: Weights
    averager: Averager
    means: Sequence[Mean]
    left_out: Sequence[Left]
    notes: Notes


def sentence(record: Record, query: Query, weights: str, days: str, with_ordinary: bool) -> str:
    """What is averaged: who charges whom, over which weights, and on which days."""
    importer = possessive(country_name(record, query.importer))
    goods = f"goods of {with_article(country_name(record, query.origin))}"
    what = "additional and ordinary duty" if with_ordinary else "additional duty"
    group = "" if query.product.kind == "general" else f": {query.product.name}"
    known = f", as known on {query.known_on}" if query.known_on else ""
    subject = f"{importer[0].upper()}{importer[1:]} {what} on {goods}{group}"
    return f"{subject}, mean over {weights}, {days}{known}"


def row(mean: Mean, every: str, weights: Weights, total: int) -> dict[str, Any]:
    """The means of a day or a month. Fields that end in `_pct` are per cent of customs value."""
    figures: dict[str, Any] = {}
    for name, bounds in (("weighted", mean.weighted), ("simple", mean.simple)):
        figures[f"{name}_pct"] = number(rounded(bounds.one))
        figures[f"{name}_min_pct"] = number(rounded(bounds.low))
        figures[f"{name}_max_pct"] = number(rounded(bounds.high))
    return {
        "month" if every == "month" else "date": mean.label,
        **({"days": mean.days} if every == "month" else {}),
        "status": mean.status,
        **figures,
        "codes": mean.codes,
        "codes_covered": mean.covered,
        "codes_range": mean.ranges,
        **{f"codes_{kind}": count for kind, count in mean.left.items()},
        "value": number(Decimal(weights.value(total))),
        "covered_share": number(share(mean.covered_share)),
        "range_share": number(share(mean.range_share)),
    }


def left_row(left: Left, weights: Weights, total: int) -> dict[str, Any]:
    """The codes that were left out for one reason."""
    return {
        "why": left.kind,
        "codes": left.codes,
        "value": number(Decimal(weights.value(left.parts))),
        "share": number(share(Fraction(left.parts, total))),
        "examples": [{"code": code, "reason": reason or None} for code, reason in left.examples],
    }


def document(record: Record, averaged: Averaged, outside: str | None) -> dict[str, Any]:
    """The means as JSON prints them. `outside`: why the record does not vouch for some day."""
    query, period, weights = averaged.query, averaged.period, averaged.weights
    total, with_ordinary = averaged.averager.total, averaged.averager.with_ordinary
    product = query.product
    return {
        "status": _status(averaged.means) if outside is None else "outside_coverage",
        "reason": outside,
        "sentence": sentence(record, query, averaged.file, period.words, with_ordinary),
        "importer": query.importer,
        "origin": query.origin,
        "product": {
            "kind": product.kind,
            "id": "all" if product.kind == "general" else product.id,
            "name": product.name,
        },
        "since": period.first,
        "until": period.last,
        "every": period.every,
        "known_on": query.known_on,
        "measure": "total" if with_ordinary else "additional",
        "weights": {
            "file": averaged.file,
            "rows": weights.rows,
            "columns": dict(weights.columns),
        },
        "averages": [row(mean, period.every, weights, total) for mean in averaged.means],
        "left_out": [left_row(left, weights, total) for left in averaged.left_out],
        "notes": [{"code": code, "text": text} for code, text in averaged.notes],
        "dataset": dataset(record, _verified(record, query)),
    }


def plain(mean: Mean) -> str:
    """What `--format plain` prints of a mean: `54.3`, `10..34`, or the status outside coverage."""
    return mean.status if mean.status == "outside_coverage" else mean_span(mean.weighted)


def flat(record: Record, answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """CSV rows: the day or month first, then what was asked, then the means."""
    asked = {
        **country_columns(record, "importer", answer["importer"]),
        **country_columns(record, "origin", answer["origin"]),
        "product": answer["product"]["id"],
        "measure": answer["measure"],
    }
    head = "month" if answer["every"] == "month" else "date"
    return [
        {head: row[head], **asked, **row, "fingerprint": record.fingerprint}
        for row in answer["averages"]
    ]


def left_note(left: Left) -> tuple[str, str]:
    """A note on the codes that were left out for one reason."""
    return left.kind, f"left out, {LEFT_WORDS[left.kind]}: {left.codes} codes."


def notes_on_means(
    weights: Weights, averager: Averager, last: str, means: Sequence[Mean]
) -> list[tuple[str, str]]:
    """Notes (code, text) on how the means were made, as of the last day of the period."""
    notes: list[tuple[str, str]] = []
    if averager.with_ordinary:
        where = "in"
        how = "a code whose ordinary duty is not known in per cent is left out"
    else:
        where, how = "not in", "--mfn-in adds it"
    notes.append(("mfn", f"The ordinary duty is {where} these means; {how}."))
    if any(mean.ranges for mean in means):
        words = (
            "Where a code's answer is a range, its least counts in the minimum and its greatest "
            "in the maximum."
        )
        notes.append(("range", words))
    if not averager.with_ordinary and any(mean.left["not_known"] for mean in means):
        words = "Codes without a known rate are in no mean and not in the value covered."
        notes.append(("not_known", words))
    nested = _nested(averager.codes)
    if nested:
        words = (
            f"Some codes of the file lie within others of it ({_first(nested)}): their value may "
            "be counted twice."
        )
        notes.append(("nested", words))
    carried = averager.carried(last)
    if carried:
        words = (
            "No line of the tariff in force, answered by their successors or subheading: "
            f"{_first(carried)}."
        )
        notes.append(("mapped", words))
    return [*notes, *_columns_read(weights)]


def _columns_read(weights: Weights) -> list[tuple[str, str]]:
    """The columns whose names do not say what was read from them."""
    columns = {
        meaning: name
        for meaning, name in weights.columns.items()
        if name.strip().lower() != meaning
    }
    if not columns:
        return []
    words = ", ".join(f"{meaning} from column {clean(name)}" for meaning, name in columns.items())
    return [("columns", f"Read: {words}.")]


def caveats(record: Record, query: Query, moments: Sequence[int]) -> list[tuple[str, str]]:
    """What an answer says of the record itself, said once for all codes; see `law.notes`."""
    docket = open_case(record, query.importer, query.origin)
    general = query._replace(product=GENERAL)
    layers = [
        layer
        for moment in moments
        for layer in answer_case(docket, general._replace(instant=moment)).layers
    ]
    charging = dict.fromkeys(layer.programme for layer in layers if layer.role in CHARGING_ROLES)
    refundable = [name for name in charging if record.programmes[name].refundable_since]
    notes = [
        note
        for note in notes_on(docket, answer_case(docket, general), False)
        if note[0] == "after_verification"
    ]
    if refundable:
        words = f"Later held unlawful and refundable: {', '.join(refundable)}."
        notes.append(("refundable", f"{words} The rate is what was in force."))
    if not record.lines(query.importer, ""):
        words = (
            "No full schedule of this importer is held: a code that its lists do not name may be "
            "any of its siblings."
        )
        notes.append(("no_schedule", words))
    return notes


def _verified(record: Record, query: Query) -> str:
    rows = coverage_at(open_case(record, query.importer, query.origin), query.instant)
    return max((row.verified_through for row in rows), default="")


def _status(means: Sequence[Mean]) -> str:
    """The least certain status of all means."""
    from tariffcli.bulk.means.average import STATUSES

    return min((mean.status for mean in means), key=STATUSES.index)


def _nested(codes: Sequence[str]) -> list[str]:
    """The codes that begin with another code of the file, so that their value may count twice."""
    known = set(codes)
    return [
        code
        for code in codes
        if code.isdigit() and any(code[:length] in known for length in range(2, len(code)))
    ]


def _first(codes: Sequence[str]) -> str:
    more = f" and {len(codes) - MOST_CODES} more" if len(codes) > MOST_CODES else ""
    return ", ".join(codes[:MOST_CODES]) + more


def draw(to: Console, answer: Mapping[str, Any], means: Sequence[Mean]) -> None:
    """The view of `tariff average`."""
    from rich.text import Text

    from tariffcli.show.text import hanging, rows

    to.print(Text(answer["sentence"], style="bold"))
    head = "month" if answer["every"] == "month" else "date"
    averages = zip(answer["averages"], means, strict=True)
    table = [_cells(head, average, mean) for average, mean in averages]
    rows(to, list(table[0]), table)
    if answer["left_out"]:
        to.print(Text("Left out of the means:", style="bold"))
    for left in answer["left_out"]:
        hanging(to, _left_words(left))
    if answer["notes"]:
        to.print(Text("Notes:", style="bold"))
    for note in answer["notes"]:
        hanging(to, note["text"])
    data = answer["dataset"]
    verified = data["verified_through"]
    until = f"Verified through {verified}; record" if verified else "Record"
    closing = f"{NOT_INCLUDED} {until} {data['version']} ({data['fingerprint']})."
    to.print(Text(closing, style="dim"))


def _cells(head: str, average: Mapping[str, Any], mean: Mean) -> dict[str, str]:
    weighted, simple = mean.weighted, mean.simple
    return {
        head: average[head],
        "weighted %": average["status"] if weighted.low is None else mean_span(weighted),
        "simple %": "" if simple.low is None else mean_span(simple),
        "value covered": share_text(average["covered_share"]),
        "codes": f"{average['codes_covered']} of {average['codes']}",
    }


def _left_words(left: Mapping[str, Any]) -> str:
    examples = left["examples"]
    named = ", ".join(example["code"] for example in examples)
    if left["codes"] > len(examples):
        named += " ..."
    value = f"{left['codes']} ({share_text(left['share'])} of the value)"
    return f"{LEFT_WORDS[left['why']]}: {value}: {named}"
