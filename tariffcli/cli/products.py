"""`tariff products`: categories and tariff lines by plain words, codes or misspellings.

Each hit shows the lists that it is on, and the additional duty of today.
"""

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
from tariffcli.cli.output import Output, output_of, tell
from tariffcli.cli.request import Common
from tariffcli.errors import UsageError
from tariffcli.law.docket import Docket, epoch_at, lines_at
from tariffcli.law.engine import answer_case, open_case
from tariffcli.law.instants import end_of_day
from tariffcli.law.model import Product, Query
from tariffcli.law.products import (
    digits_of,
    dotted,
    edition_at,
    find_product,
    in_edition,
    is_duty_heading,
)
from tariffcli.show import document, listing

MOST_LINES = 400
"""The duty of a list with more lines takes longer than a search may; `tariff rate` answers it."""

LINE_WIDTH = 70
"""At most this many letters of the text of a line stand in a table."""

MOST_LISTS, MOST_CODES = 2, 3
"""At most this many lists and codes of a hit stand in a table."""

LISTED = ("product", "importer_iso2", "codes", "name_zh", "edition", "name", "aliases")
FOUND = ("product", "importer_iso2", "today %", "codes", "name", "lists", "edition", "name_zh")
"""The columns of the table of all products, and of the table of hits."""


def register(app: typer.Typer, name: str) -> None:
    """Add the command."""
    app.command(name)(bundled(products))


def products(
    common: Common,
    query: Annotated[
        str | None,
        typer.Argument(
            help="Words, English or Chinese, or the first digits of a code.", metavar="[QUERY]"
        ),
    ] = None,
    importer: Annotated[
        str | None, typer.Option("--to", help="Whose tariff the codes are.", metavar="COUNTRY")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", help="Most hits of a search.", min=1, metavar="N")
    ] = 20,
) -> None:
    """Products by plain words or codes: categories and tariff lines, the lists they are on, and
    today's additional duty.

    `today %` is for goods of the importer's main partner in the record; a long list has none here
    (`tariff rate --product`).

    Example: tariff products "lithium ion battery" --to us
    """
    output = output_of(common)
    record = open_record(common)
    importer_codes = list(record.categories)
    if importer is not None:
        importer_codes = [find_country(record, importer)]
    if not query or not query.strip():
        categories = [
            listing.category_row(record, row)
            for code in importer_codes
            for row in record.categories.get(code, ())
        ]
        show(output, categories, LISTED, "products", key="product")
        return
    desks = {
        code: open_desk(record, common, code) for code in importer_codes if code in record.zones
    }
    rows = search_rows(record, desks, query, limit)
    if output.format == "table":
        _show_table(output, record, desks, query, rows)
    else:
        show(output, rows, FOUND, "products", key="product")


def search_rows(
    record: Record, desks: Mapping[str, Desk], query: str, limit: int
) -> list[dict[str, Any]]:
    """The first hits of a search as rows; lines that are not in force today are left out."""
    rows: list[dict[str, Any]] = []
    for hit in search(record, query, {code: desk.moment for code, desk in desks.items()}):
        row = hit_row(record, desks[hit.importer], hit)
        if row is not None:
            rows.append(row)
        if len(rows) == limit:
            break
    return rows


def _show_table(
    output: Output,
    record: Record,
    desks: Mapping[str, Desk],
    query: str,
    rows: Sequence[dict[str, Any]],
) -> None:
    """Print the hits as a table, with what helps to read it around it."""
    shown = [table_row(row) for row in rows]
    show(output, shown, FOUND, "products", key="product")
    if not rows:
        tell([("nothing_found", nothing_found(record, query, desks))])
    elif output.out is None:
        print_lists(output, shown)
        importers = {row["importer_iso2"] for row in rows}
        used = [desk for code, desk in desks.items() if code in importers]
        print(meaning_of_today(record, used), file=sys.stderr)


def nothing_found(record: Record, query: str, desks: Mapping[str, Desk]) -> str:
    """What to try when a search finds nothing.

    Of a code it is what `--hs` would say; of words, where all products are listed.
    """
    code = digits_of(query)
    if code is not None:
        headings_first = sorted(desks, key=lambda each: not is_duty_heading(record, each, code))
        for importer_code in headings_first:
            try:
                find_product(record, importer_code, query, desks[importer_code].moment)
            except UsageError as error:
                return str(error)
    return (
        f"nothing like '{clean(query)}' was found; `tariff products` lists every product word, "
        "and a code finds its lines."
    )


def print_lists(output: Output, shown: Sequence[Mapping[str, Any]]) -> None:
    """Print the lists of each hit under a table that is too narrow for them."""
    from tariffcli.show import text  # rich, only for a person

    to = output.terminal()
    if to.width < text.NARROW or "lists" in text.fitting(FOUND, shown, to.width):
        return
    lines = dict.fromkeys(
        f"{row['product']} ({row['importer_iso2']}): {row['lists']}"
        for row in shown
        if row["lists"]
    )
    if lines:
        to.print("Lists:")
        for line in lines:
            text.hanging(to, line)


def table_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as a table shows it: a short text, and only the first lists and codes."""
    return {
        **row,
        "today %": row["today_pct"],
        "codes": _first(row["codes"].split(";"), MOST_CODES),
        "name": shortened(row["name"], LINE_WIDTH),
        "lists": _first(row["lists"].split("; "), MOST_LISTS),
    }


def _first(words: Sequence[str], most: int) -> str:
    more = [f"and {len(words) - most} more"] if len(words) > most else []
    return "; ".join([*words[:most], *more])


class Desk(NamedTuple):
    """Whose duty stands beside a hit: which importer and origin, when, as known on which day."""

    importer: str
    origin: str | None
    moment: int
    known_on: str | None


def open_desk(record: Record, common: Common, importer: str) -> Desk:
    """The desk of an importer, for goods of its main partner at the end of today."""
    zone = record.zones[importer]
    moment = end_of_day(today(zone), zone)
    return Desk(importer, main_partner(record, importer), moment, known_day(common))


def main_partner(record: Record, importer: str) -> str | None:
    """The origin whose goods the record covers by name, and has covered for the longest time.

    If there is none, it is another importer of the record, or None.
    """
    rows = [
        row
        for row in record.coverage
        if row.importer == importer and row.programme == "*" and row.origin.named
    ]
    if rows:
        return min(rows, key=lambda row: row.covered_from).origin.named[0]
    return next((other for other in sorted(record.zones) if other != importer), None)


def hit_row(record: Record, desk: Desk, hit: Hit) -> dict[str, Any] | None:
    """A hit as a flat row; None for a line that is not in force today."""
    product = _product(record, desk, hit)
    duty, lists = "", ""
    if product is not None and desk.origin is not None and not _is_long(record, desk, product):
        try:
            duty, lists = _duty_and_lists(record, desk, product, desk.origin)
        except UsageError:
            if hit.category is None:
                return None
    return {
        **_row(record, desk, hit),
        "kind": product.kind if product is not None else "category",
        "match": hit.match,
        "lists": lists,
        "origin_iso2": desk.origin or "",
        "today_pct": duty,
    }


def _product(record: Record, desk: Desk, hit: Hit) -> Product | None:
    """What a hit asks the engine; None for the codes of an edition that is not in force."""
    if hit.category is None:
        return Product("code", hit.code, f"code {dotted(hit.code)}", (hit.code,))
    if hit.category.edition not in ("", edition_at(record, desk.importer, desk.moment)):
        return None
    return in_edition(record, hit.category, desk.moment)


def _duty_and_lists(record: Record, desk: Desk, product: Product, origin: str) -> tuple[str, str]:
    """The duty of today and the lists of a product. Raises UsageError if it is not in force."""
    docket = open_case(record, desk.importer, origin)
    query = Query(desk.importer, origin, desk.moment, desk.known_on, product, whole_day=True)
    duty = document.plain(answer_case(docket, query))
    return duty, "; ".join(_lists(record, docket, desk, product))


def _is_long(record: Record, desk: Desk, product: Product) -> bool:
    edition = edition_at(record, desk.importer, desk.moment)
    scopes = (code.removeprefix("scope:") for code in product.codes if code.startswith("scope:"))
    return sum(len(record.scope_lines(scope, edition)) for scope in scopes) > MOST_LINES


def _lists(record: Record, docket: Docket, desk: Desk, product: Product) -> list[str]:
    """The short names of the lists that hold the product or a part of it.

    Those of acts in force come first.
    """
    lines = lines_at(docket, product, desk.moment, desk.known_on)
    scopes = frozenset(scope for line_class in lines for scope in line_class.scopes)
    rows = epoch_at(docket, scopes, desk.moment, desk.known_on).rows
    ruling = {event.scope for events in rows.values() for event in events}
    in_order = sorted(scopes, key=lambda scope: (scope not in ruling, scope))
    return list(dict.fromkeys(record.scopes[scope].name for scope in in_order))


def _row(record: Record, desk: Desk, hit: Hit) -> dict[str, Any]:
    """The fields of a category, or the same fields for a line of the tariff."""
    if hit.category is not None:
        return listing.category_row(record, hit.category)
    heading = ""
    if hit.heading and hit.heading != hit.text:
        heading = f" (heading {hit.code[:4]}: {hit.heading})"
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


def meaning_of_today(record: Record, desks: Sequence[Desk]) -> str:
    """What `today %` means, in a sentence."""
    names = record.country_names
    duties = "; ".join(
        f"{document.possessive(names[desk.importer])} additional duty on goods of "
        f"{document.with_article(names[desk.origin])}"
        for desk in desks
        if desk.origin
    )
    return (
        f"today %: {duties}. Blank: not in force today, or a long list (`tariff rate --product`)."
    )
