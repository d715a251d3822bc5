"""Which codes of a user's file belong to a product: by the codes and lists of the product, in
whatever edition the file is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tariffcli.book.load import Record
from tariffcli.law.model import Product

Reach = Callable[[str], bool | None]
"""Whether a code belongs to a group of products; None: a part of it does."""


def reach_of(book: Record, importer: str, product: Product) -> Reach | None:
    """Which codes, as the weights write them, belong to a product in some edition of the tariff;
    None for goods of every kind."""
    if product.kind == "general":
        return None
    rows = (
        [row for row in book.categories.get(importer, ()) if row.id == product.id]
        if product.kind in ("category", "list")
        else []
    )
    named = (
        product.codes if product.kind == "code" else [code for row in rows for code in row.codes]
    )
    tables: list[dict[str, bool]] = [
        dict.fromkeys((code for code in named if not code.startswith("scope:")), True)
    ]
    editions = dict.fromkeys(row.edition for row in book.editions if row.importer == importer)
    scopes = dict.fromkeys(
        code.removeprefix("scope:") for code in named if code.startswith("scope:")
    )
    tables += [
        {row.prefix: row.inside for row in book.scope_lines(scope, edition)}
        for scope in scopes
        for edition in editions
    ]
    return _reach(book, importer, [(table, _above(table)) for table in tables])


def _above(table: Mapping[str, bool]) -> dict[str, set[bool]]:
    """Of each code above some row, which rows stand below it: those in, those out."""
    found: dict[str, set[bool]] = {}
    for prefix, inside in table.items():
        for length in range(2, len(prefix)):
            found.setdefault(prefix[:length], set()).add(inside)
    return found


def _reach(
    book: Record,
    importer: str,
    tables: Sequence[tuple[Mapping[str, bool], Mapping[str, set[bool]]]],
) -> Reach:
    def alone(code: str) -> bool | None:
        states: list[bool | None] = []
        for table, above in tables:
            inside = False
            for length in range(2, len(code) + 1):
                inside = table.get(code[:length], inside)
            states.append(None if above.get(code, set()) - {inside} else inside)
        return True if True in states else None if None in states else False

    def reach(code: str) -> bool | None:
        found = alone(code)
        if found is None:  # a short code is whole in the group where every one of its lines is
            lines = {line.code for line in book.lines(importer, code)}
            return True if lines and all(alone(line) for line in lines) else None
        return found

    return reach
