"""`tariff average`: mean duties over a user's own weights, by day or month."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date as Day
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from tariffcli.book.entry import ordinary_duty
from tariffcli.book.load import Record
from tariffcli.book.words import clean
from tariffcli.cli.ask import countries, find, known_day, open_record, read_day, read_facts
from tariffcli.cli.options import bundled
from tariffcli.cli.typed import Common, Entry, Pair
from tariffcli.errors import TariffError, UsageError
from tariffcli.law.docket import coverage_at
from tariffcli.law.engine import CHARGING_ROLES, answer_case, open_case
from tariffcli.law.instants import end_of_day
from tariffcli.law.model import Product, Query
from tariffcli.law.notes import notes as notes_of
from tariffcli.law.products import GENERAL, digits_of
from tariffcli.show import document, files, listing

if TYPE_CHECKING:
    from tariffcli.bulk.means.average import Averager, Mean
    from tariffcli.bulk.means.weights import Weights

MOST_TOLD = 8
SPOKEN = ("code_cut", "nested", "mapped", "columns")
"""Notes that are said on stderr where the output has no place for notes: what was done to the file."""


class Period(NamedTuple):
    """The days asked about, and whether a row is a day or a month."""

    first: str
    last: str
    every: str


def register(app: typer.Typer, name: str) -> None:
    """Add the command."""
    app.command(name)(bundled(average))


def average(
    pair: Pair,
    entry: Entry,
    common: Common,
    weights: Annotated[Path, typer.Option("--weights", "-w", help="CSV, TSV, XLSX or Parquet: a code and a value a row.", metavar="FILE")],
    date: Annotated[str | None, typer.Option("--date", "-d", help="A day, as of its end; default today.", metavar="DAY")] = None,
    since: Annotated[str | None, typer.Option("--since", help="First day of a period.", metavar="DAY")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Last day of a period; default today.", metavar="DAY")] = None,
    every: Annotated[
        Literal["day", "month"] | None, typer.Option("--every", help="A row a day, or a row a month (mean over its days).")
    ] = None,
    mfn_in: Annotated[bool, typer.Option("--mfn-in/--mfn-out", help="With or without the ordinary duty; without by default.")] = False,
    columns: Annotated[
        list[str] | None, typer.Option("--map", help="Which column is which, where names do not tell.", metavar="code=COLUMN")
    ] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="The sheet of a workbook that has several.", metavar="NAME")] = None,
    encoding: Annotated[str | None, typer.Option("--encoding", help="Of a text file, where it is read wrongly.", metavar="NAME")] = None,
) -> None:
    """Mean duties over your own weights: weighted by value, and simple (each code once).

    Each code is answered alone, as `tariff rate --hs` answers it. Equal codes add up.

    A code whose answer is a range counts with its least and its greatest.

    Codes without an answer are left out, counted and named.

    Example: tariff average --weights seeds/weights.csv --from cn --to us --date 2025-06-05
    """
    if common.out is not None:
        files.check_free(common.out, common.force)
        _not_onto_itself(weights, common.out)
    record = open_record(common)
    origin, importer = countries(record, pair)
    period = _period(record, common, importer, date, since, until, every)
    try:
        from tariffcli.bulk.classes.classes import FactSet
        from tariffcli.bulk.classes.store import keep_classes
        from tariffcli.bulk.files.small import read_small
        from tariffcli.bulk.frame import kept_classes
        from tariffcli.bulk.means.average import Averager, by_month
        from tariffcli.bulk.means.reach import reach_of
        from tariffcli.bulk.means.weights import read_weights
    except ImportError as error:
        raise TariffError(f"tariff average needs packages more ({error.name}): pip install 'tariffcli[bulk]'.") from None
    product, said = _product(record, importer, pair, period)
    table = clean(weights.name, 60)
    weighed = read_weights(read_small(weights, sheet, encoding), _mapping(columns), table)
    zone = record.zones.get(importer, "UTC")
    facts = read_facts(record, common, entry, zone)
    mfn = ordinary_duty(entry.mfn) if entry.mfn is not None else None
    classes = kept_classes(record, known_day(common))
    reach = reach_of(record, importer, product)
    over = Averager(classes, importer, origin, weighed, FactSet(tuple(sorted(facts.items())), mfn), reach, mfn_in)
    days = over.on_days(period.first, period.last)
    keep_classes(classes)
    means = by_month(days) if period.every == "month" else days
    query = Query(importer, origin, end_of_day(period.last, zone), known_day(common), product, facts, mfn)
    _finish(record, common, query, period, weighed, table, over, means, mfn_in, said)


def _finish(
    record: Record, common: Common, query: Query, period: Period, weighed: Weights, table: str,
    over: Averager, means: Sequence[Mean], mfn_in: bool, said: Sequence[tuple[str, str]],
) -> None:  # fmt: skip
    """Print the means as asked. Raises typer.Exit with the exit code."""
    from tariffcli.show import means as shown

    outside = _outside(record, query, period, means)
    notes = [*said, *_notes(weighed, over, period, means, mfn_in), *([] if outside else _caveats(record, query, over))]
    left = over.left_out(period.last)
    rows = [shown.row(one, period.every, weighed, over.total) for one in means]
    whole = {
        "status": "outside_coverage" if outside else _status(means),
        "reason": outside or None,
        "sentence": _sentence(record, query, period, table, mfn_in),
        "importer": query.importer,
        "origin": query.origin,
        "product": {"kind": query.product.kind, "id": _product_word(query.product), "name": query.product.name},
        "since": period.first,
        "until": period.last,
        "every": period.every,
        "known_on": query.known_on,
        "measure": "total" if mfn_in else "additional",
        "weights": {"file": table, "rows": weighed.rows, "columns": dict(weighed.columns)},
        "averages": rows,
        "left_out": [shown.left_row(one, weighed, over.total) for one in left],
        "notes": [{"code": code, "text": text} for code, text in notes],
        "dataset": document.dataset(record, _verified(record, query)),
    }
    if common.format in ("csv", "plain"):
        spoken = [note for note in notes if note[0] in SPOKEN]
        files.tell([*spoken, *((one.kind, f"left out, {shown.LEFT_WORDS[one.kind]}: {one.codes} codes.") for one in left)])
    _print(record, common, whole, means)
    if outside:
        if common.format != "table" or common.out is not None:
            print(f"outside coverage: {outside}", file=sys.stderr)
        raise typer.Exit(3)
    sure = all(one.weighted.one is not None and one.simple.one is not None for one in means)
    if common.strict and not (sure and not whole["left_out"]):
        why = "codes were left out of the means" if sure else "some of these means are not one number"
        print(f"--strict: {why}.", file=sys.stderr)
        raise typer.Exit(4)


def _print(record: Record, common: Common, whole: dict[str, Any], means: Sequence[Mean]) -> None:
    from tariffcli.show import means as shown

    if common.format == "plain":
        lines = [one.status if one.status == "outside_coverage" else shown.bounds_text(one.weighted) for one in means]
        files.write("".join(f"{line}\n" for line in lines), common.out, common.force)
    elif common.format == "json":
        files.write(files.to_json(whole), common.out, common.force)
    elif common.format == "csv":
        ids = {
            **listing.country_columns(record, "importer", whole["importer"]),
            **listing.country_columns(record, "origin", whole["origin"]),
            "product": whole["product"]["id"],
            "measure": whole["measure"],
        }
        rows = [{**dict(list(one.items())[:1]), **ids, **one, "fingerprint": record.fingerprint} for one in whole["averages"]]
        files.write(files.to_csv(list(rows[0]), rows), common.out, common.force)
    else:
        from tariffcli.show import text

        if common.out is not None:
            files.write(text.as_file(lambda to: shown.draw(to, whole, means)), common.out, common.force)
        else:
            shown.draw(text.console(common.no_color), whole, means)


def _not_onto_itself(weights: Path, out: Path) -> None:
    try:
        same = out.exists() and out.samefile(weights)
    except OSError:
        same = False
    if same:
        raise UsageError(f"--out is the file of the weights, {clean(str(out), 80)}; give another name.")


def _period(
    record: Record, common: Common, importer: str, date: str | None, since: str | None, until: str | None, every: str | None
) -> Period:
    """The days that flags name. Raises UsageError where they contradict each other."""
    if since is None:
        if until is not None or every is not None:
            raise UsageError(f"{'--until' if until is not None else '--every'} needs --since, the first day of the period.")
        day = read_day(record, common, date if date is not None else "today", importer)
        return Period(day, day, "day")
    if date is not None:
        raise UsageError("Give --date (a day) or --since (a period), not both.")
    first, last = read_day(record, common, since, importer), read_day(record, common, until or "today", importer)
    if Day.fromisoformat(last) < Day.fromisoformat(first):
        raise UsageError(f"--until {last} is before --since {first}.")
    return Period(first, last, every or "day")


def _product(record: Record, importer: str, pair: Pair, period: Period) -> tuple[Product, Sequence[tuple[str, str]]]:
    """The group of products: a code is the beginning of codes of the file, whether or not it is itself one of the tariff."""
    text = pair.hs if pair.hs is not None else pair.product
    code = digits_of(text) if text is not None else None
    if code is not None and (pair.hs is None or pair.product is None) and 2 <= len(code) <= 10:
        return Product("code", code, f"codes that begin with {code}", (code,)), ()
    zone = record.zones.get(importer, "UTC")
    try:
        product, said = find(record, importer, pair, end_of_day(period.last, zone))
    except UsageError:
        product, said = find(record, importer, pair, end_of_day(period.first, zone))
    if text is not None and product.kind == "general" and importer in record.zones:
        raise UsageError(f"'{clean(text)}' names no codes; leave --product out to take every code of the file.")
    return product, said


def _mapping(given: Sequence[str] | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given or ():
        meaning, equals, name = text.partition("=")
        meaning = meaning.strip().lower()
        if not equals or meaning not in ("code", "value") or meaning in found:
            raise UsageError(f"--map takes code=COLUMN or value=COLUMN, each once, not '{clean(text)}'.")
        found[meaning] = name
    return found


def _product_word(product: Product) -> str:
    return "all" if product.kind == "general" else product.id


def _sentence(record: Record, query: Query, period: Period, table: str, mfn_in: bool) -> str:
    names = record.country_names
    who = document.possessive(names.get(query.importer, query.importer.upper()))
    goods = f"goods of {document.with_article(names.get(query.origin, query.origin.upper()))}"
    what = "additional and ordinary duty" if mfn_in else "additional duty"
    group = "" if query.product.kind == "general" else f": {query.product.name}"
    days = f"end of {period.first}" if period.first == period.last else f"{period.first} to {period.last}"
    known = f", as known on {query.known_on}" if query.known_on else ""
    return f"{who[0].upper()}{who[1:]} {what} on {goods}{group}, mean over {table}, {days}{known}"


def _outside(record: Record, query: Query, period: Period, means: Sequence[Mean]) -> str:
    """Why the record does not vouch for some of the days; empty where it does."""
    if not any(one.status == "outside_coverage" for one in means):
        return ""
    docket, zone = open_case(record, query.importer, query.origin), record.zones.get(query.importer, "UTC")
    bare = query._replace(product=GENERAL)
    told = (answer_case(docket, bare._replace(instant=end_of_day(day, zone))) for day in (period.first, period.last))
    return next((answer.reason for answer in told if answer.status == "outside_coverage"), "a day of the period is not covered")


def _verified(record: Record, query: Query) -> str:
    rows = coverage_at(open_case(record, query.importer, query.origin), query.instant)
    return max((row.verified_through for row in rows), default="")


def _status(means: Sequence[Mean]) -> str:
    from tariffcli.bulk.means.average import STATUSES

    return min((one.status for one in means), key=STATUSES.index)


def _notes(weighed: Weights, over: Averager, period: Period, means: Sequence[Mean], mfn_in: bool) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    said = "in" if mfn_in else "not in"
    how = "a code whose ordinary duty is not known in per cent is left out" if mfn_in else "--mfn-in adds it"
    found.append(("mfn", f"The ordinary duty is {said} these means; {how}."))
    if any(one.ranges for one in means):
        found.append(("range", "Where a code's answer is a range, its least counts in the minimum and its greatest in the maximum."))
    if over.with_ordinary is False and any(one.left["not_known"] for one in means):
        found.append(("not_known", "Codes without a known rate are in no mean and not in the value covered."))
    nested = _nested(over.codes)
    if nested:
        found.append(("nested", f"Some codes of the file lie within others of it ({_few(nested)}): their value may be counted twice."))
    carried = over.carried(period.last)
    if carried:
        found.append(("mapped", f"No line of the tariff in force, answered by their successors or subheading: {_few(carried)}."))
    names = {meaning: name for meaning, name in weighed.columns.items() if name.strip().lower() != meaning}
    if names:
        found.append(("columns", f"Read: {', '.join(f'{meaning} from column {clean(name)}' for meaning, name in names.items())}."))
    return found


def _caveats(record: Record, query: Query, over: Averager) -> list[tuple[str, str]]:
    """What an answer says of the record itself, said once for all codes; see `law.notes`."""
    docket = open_case(record, query.importer, query.origin)
    general = query._replace(product=GENERAL)
    days = [answer_case(docket, general._replace(instant=moment)) for moment in over.moments]
    charged = dict.fromkeys(layer.programme for answer in days for layer in answer.layers if layer.role in CHARGING_ROLES)
    back = [name for name in charged if record.programmes[name].refundable_since]
    told = [note for note in notes_of(docket, answer_case(docket, general), False) if note[0] == "after_verification"]
    if back:
        told.append(("refundable", f"Later held unlawful and refundable: {', '.join(back)}. The rate is what was in force."))
    if not record.lines(query.importer, ""):
        words = "No full schedule of this importer is held: a code that its lists do not name may be any of its siblings."
        told.append(("no_schedule", words))
    return told


def _nested(codes: Sequence[str]) -> list[str]:
    known = set(codes)
    return [code for code in codes if code.isdigit() and any(code[:length] in known for length in range(2, len(code)))]


def _few(codes: Sequence[str]) -> str:
    more = f" and {len(codes) - MOST_TOLD} more" if len(codes) > MOST_TOLD else ""
    return ", ".join(codes[:MOST_TOLD]) + more
