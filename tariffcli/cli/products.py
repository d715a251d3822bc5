"""`tariff products`: categories and tariff lines by plain words, codes or misspellings, with their lists and today's duty."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import typer

from tariffcli.book.load import Record
from tariffcli.book.search import Hit, search
from tariffcli.book.words import clean, find_country
from tariffcli.cli.ask import known_day, open_record, today
from tariffcli.cli.look import show
from tariffcli.cli.options import bundled
from tariffcli.cli.typed import Common
from tariffcli.errors import UsageError
from tariffcli.law.docket import Docket, epoch_at, lines_at
from tariffcli.law.engine import answer_case, open_case
from tariffcli.law.instants import end_of_day
from tariffcli.law.model import Product, Query
from tariffcli.law.products import digits_of, dotted, edition_at, find_product, in_edition, is_duty_heading
from tariffcli.show import document, listing

MOST_LINES = 400
"""Today's duty of a list with more lines takes longer than a search may: `tariff rate --product` answers it."""

LINE_WIDTH = 70
"""So much of a line's text stands in a table."""

MOST_LISTS, MOST_CODES = 2, 3
"""So many lists and codes of a hit stand in a table."""

LISTED = ("product", "importer_iso2", "codes", "name_zh", "edition", "name", "aliases")
FOUND = ("product", "importer_iso2", "today %", "codes", "name", "lists", "edition", "name_zh")


def register(app: typer.Typer, name: str) -> None:
    """Add the command."""
    app.command(name)(bundled(products))


def products(
    common: Common,
    query: Annotated[
        str | None, typer.Argument(help="Words, English or Chinese, or the first digits of a code.", metavar="[QUERY]")
    ] = None,
    importer: Annotated[str | None, typer.Option("--to", help="Whose tariff the codes are.", metavar="COUNTRY")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", help="Most hits of a search.", min=1, metavar="N")] = 20,
) -> None:
    """Products by plain words or codes: categories and tariff lines, the lists they are on, and today's additional duty.

    `today %` is for goods of the importer's main partner in the record; a long list has none here (`tariff rate --product`).

    Example: tariff products "lithium ion battery" --to us
    """
    record = open_record(common)
    payers = [find_country(record, importer)] if importer is not None else list(record.categories)
    if not query or not query.strip():
        every = [listing.category_row(record, row) for payer in payers for row in record.categories.get(payer, ())]
        show(every, LISTED, common, "products", key="product")
        return
    desks = {payer: open_desk(record, common, payer) for payer in payers if payer in record.zones}
    rows: list[dict[str, Any]] = []
    for hit in search(record, query, {payer: desk.moment for payer, desk in desks.items()}):
        row = hit_row(record, desks[hit.importer], hit)
        if row is not None:
            rows.append(row)
        if len(rows) == limit:
            break
    shown = rows
    if common.format == "table":
        shown = [table_row(row) for row in rows]
    show(shown, FOUND, common, "products", key="product")
    if common.format == "table" and common.out is None:
        tell_lists(common, rows)
    if not rows and common.format == "table":
        print(f"note: {nothing_found(record, query, desks)}", file=sys.stderr)
    if rows and common.format == "table" and common.out is None:
        print(told(record, [desks[payer] for payer in desks if any(row["importer_iso2"] == payer for row in rows)]), file=sys.stderr)


def nothing_found(record: Record, query: str, desks: Mapping[str, Desk]) -> str:
    """What to try where a search finds nothing: of a code what `--hs` would say, of words where all are listed."""
    code = digits_of(query)
    if code is not None:
        for payer in sorted(desks, key=lambda one: not is_duty_heading(record, one, code)):
            try:
                find_product(record, payer, query, desks[payer].moment)
            except UsageError as error:
                return str(error)
    return f"nothing like '{clean(query)}' was found; `tariff products` lists every product word, and a code finds its lines."


def tell_lists(common: Common, rows: Sequence[Mapping[str, Any]]) -> None:
    """The lists of each hit under the table, where the terminal is too narrow for them in it."""
    from tariffcli.show import text

    to = text.console(common.no_color)
    shown = [table_row(dict(row)) for row in rows]
    if to.width < text.NARROW or "lists" in text.fitting(FOUND, shown, to.width):
        return
    many = dict.fromkeys(f"{row['product']} ({row['importer_iso2']}): {row['lists']}" for row in shown if row["lists"])
    if many:
        to.print("Lists:")
        for line in many:
            text.hanging(to, line)


def table_row(row: dict[str, Any]) -> dict[str, Any]:
    """A row as a table shows it: long texts cut, the first lists and codes only."""
    lists, codes = _first(row["lists"].split("; "), MOST_LISTS), _first(row["codes"].split(";"), MOST_CODES)
    return {**row, "today %": row["today_pct"], "codes": codes, "name": shortened(row["name"], LINE_WIDTH), "lists": lists}


def _first(many: Sequence[str], most: int) -> str:
    return "; ".join([*many[:most], *([f"and {len(many) - most} more"] if len(many) > most else [])])


class Desk(NamedTuple):
    """Whose duty is shown beside a hit: the importer, goods of which origin, at which moment, as known on which day."""

    importer: str
    origin: str | None
    moment: int
    known_on: str | None


def open_desk(record: Record, common: Common, importer: str) -> Desk:
    """Today, and the main partner, for an importer."""
    zone = record.zones[importer]
    moment = end_of_day(today(zone), zone)
    return Desk(importer, main_partner(record, importer), moment, known_day(common))


def main_partner(record: Record, importer: str) -> str | None:
    """The origin whose goods the record covers by name, longest first; else another importer of the record; None if there is neither."""
    rows = [row for row in record.coverage if row.importer == importer and row.programme == "*" and row.origin.named]
    if rows:
        return min(rows, key=lambda row: row.covered_from).origin.named[0]
    return next((other for other in sorted(record.zones) if other != importer), None)


def hit_row(record: Record, desk: Desk, hit: Hit) -> dict[str, Any] | None:
    """A hit as a flat row; None for a line that is not in force today."""
    lists, duty = "", ""
    product = _product(record, desk, hit)
    if product is not None and desk.origin is not None:
        case = open_case(record, desk.importer, desk.origin)
        try:
            if not _is_long(record, desk, product):
                duty = document.plain(
                    answer_case(case, Query(desk.importer, desk.origin, desk.moment, desk.known_on, product, whole_day=True))
                )
                lists = "; ".join(_lists(record, case, desk, product))
        except UsageError:
            if hit.category is None:
                return None
    row = listing.category_row(record, hit.category) if hit.category is not None else _line_row(record, desk, hit)
    kind = product.kind if product is not None else "category"
    return {**row, "kind": kind, "match": hit.match, "lists": lists, "origin_iso2": desk.origin or "", "today_pct": duty}


def _product(record: Record, desk: Desk, hit: Hit) -> Product | None:
    """What a hit asks the engine; None for a category's codes of an edition that is not in force."""
    if hit.category is None:
        return Product("code", hit.code, f"code {dotted(hit.code)}", (hit.code,))
    if hit.category.edition not in ("", edition_at(record, desk.importer, desk.moment)):
        return None
    return in_edition(record, hit.category, desk.moment)


def _is_long(record: Record, desk: Desk, product: Product) -> bool:
    edition = edition_at(record, desk.importer, desk.moment)
    scopes = [code.removeprefix("scope:") for code in product.codes if code.startswith("scope:")]
    return sum(len(record.scope_lines(scope, edition)) for scope in scopes) > MOST_LINES


def _lists(record: Record, case: Docket, desk: Desk, product: Product) -> list[str]:
    """Short names of the lists that hold the product or a part of it, those of acts in force first."""
    scopes = frozenset(scope for lines in lines_at(case, product, desk.moment, desk.known_on) for scope in lines.scopes)
    rows = epoch_at(case, scopes, desk.moment, desk.known_on).rows
    ruling = {event.scope for events in rows.values() for event in events}
    return list(dict.fromkeys(record.scopes[scope].name for scope in sorted(scopes, key=lambda scope: (scope not in ruling, scope))))


def _line_row(record: Record, desk: Desk, hit: Hit) -> dict[str, Any]:
    heading = f" (heading {hit.code[:4]}: {hit.heading})" if hit.heading and hit.heading != hit.text else ""
    return {
        **listing.country_columns(record, "importer", hit.importer),
        "product": hit.code,
        "edition": edition_at(record, desk.importer, desk.moment),
        "name": hit.text + heading,
        "name_zh": "",
        "aliases": "",
        "codes": hit.code,
        "note": "",
    }


def shortened(text: str, most: int) -> str:
    """A text cut at a word.

    >>> shortened("Telephone sets, including smartphones", 20)
    'Telephone sets, ...'
    """
    return text if len(text) <= most else f"{text[: most - 3].rpartition(' ')[0]} ..."


def told(record: Record, desks: Sequence[Desk]) -> str:
    """What `today %` means, in a sentence."""
    names = record.country_names
    pairs = [
        f"{document.possessive(names[one.importer])} additional duty on goods of {document.with_article(names[one.origin])}"
        for one in desks
        if one.origin
    ]
    return f"today %: {'; '.join(pairs)}. Blank: not in force today, or a long list (`tariff rate --product`)."
