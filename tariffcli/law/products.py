"""Products: codes, plain words and lists, split into classes of lines that stand on the same lists
and owe the same ordinary duty.
"""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from tariffcli.errors import NotFound, UsageError
from tariffcli.law.book import Book
from tariffcli.law.codes import (
    LINE_DIGITS,
    SUBHEADING_DIGITS,
    codes_ever,
    codes_in_force,
    dotted,
    edition_at,
    is_code,
    relatives,
    stands,
    whole_schedule,
)
from tariffcli.law.model import OrdinaryDuty, Product, TariffLine
from tariffcli.law.ordinary import option_of
from tariffcli.law.reference import Category, Listing

GENERAL = Product("general", "general", "goods on no special list", ())
HEADING_DIGITS = 4
LONGEST_DIGITS = 10


class LineClass(NamedTuple):
    """A class: the scopes its lines stand on, the rows of their ordinary duty (without code and
    days), and the codes.
    """

    scopes: frozenset[str]
    duties: tuple[OrdinaryDuty, ...]
    codes: tuple[str, ...]

    @property
    def mfn_pct(self) -> Decimal | None:
        """The ordinary duty where one row alone says it in per cent, whatever the entry."""
        return (
            option_of(self.duties[0]).pct
            if len(self.duties) == 1 and not self.duties[0].condition
            else None
        )


def fold_word(text: str) -> str:
    """A product or country word as it is compared: lower case, dashes for spaces and
    underscores.
    """
    return re.sub(r"[\s_]+", "-", text.strip().casefold())


def digits_of(text: str) -> str | None:
    """The digits of a tariff code typed with dots, spaces or dashes; None when it is not a code."""
    plain = re.sub(r"[.\s-]", "", text.strip())
    return plain if plain.isascii() and plain.isdigit() else None


def cut_to_law(book: Book, importer: str, text: str) -> str:
    """A typed code without the digits that an importer's law does not distinguish; anything else as
    it is.

    Where no whole schedule is held lines have eight digits: two more are somebody else's statistics
    and say nothing here.
    """
    code = digits_of(text)
    if code is not None and len(code) == LONGEST_DIGITS and not whole_schedule(book, importer):
        return code[:LINE_DIGITS]
    return text


def find_product(book: Book, importer: str, text: str, moment: int) -> Product:
    """The product that a user typed: a code, a category, an alias or a list. Raises UsageError with
    the nearest words.
    """
    word = fold_word(text)
    if word in ("", "general", "all", "goods"):
        return GENERAL
    code = digits_of(text)
    if code is not None:
        return _find_code(book, importer, code, moment)
    row = _words(book, importer).get(word)
    if row is not None:
        return in_edition(book, row, moment)
    raise NotFound(
        "No such product in the record. See `tariff products`, or give a code.",
        lambda: _no_such_product(book, importer, text),
    )


def _words(book: Book, importer: str) -> dict[str, Category]:
    """The categories by every word that means them; of two categories with one word the first."""

    def build() -> dict[str, Category]:
        found: dict[str, Category] = {}
        for row in book.categories.get(importer, ()):
            names = (row.id, *map(fold_word, (row.name, row.name_zh, *row.aliases)))
            for name in names:
                found.setdefault(name, row)
        return found

    return book.derived(("product words", importer), build)


def in_edition(book: Book, category: Category, moment: int) -> Product:
    """A category with the codes it has at `moment`."""
    edition = edition_at(book, category.importer, moment)
    rows = [
        row
        for row in book.categories[category.importer]
        if row.id == category.id and row.edition in ("", edition)
    ]
    codes = tuple(dict.fromkeys(code for row in rows for code in row.codes))
    if not codes:
        raise UsageError(
            f"The record has no codes for '{category.id}' in the tariff of that day; give a "
            "tariff code."
        )
    kind = "list" if any(code.startswith("scope:") for code in codes) else "category"
    return Product(kind, category.id, category.name, codes)


def codes_at(book: Book, importer: str, product: Product, moment: int) -> tuple[str, ...]:
    """The product's codes at `moment`: a category's change with the edition, a typed one follows
    the concordance.

    Raises UsageError for a typed code that is no line of the tariff and has no known relation in
    it.
    """
    if product.kind == "code":
        return codes_in_force(book, importer, product.id, moment)
    if product.kind not in ("category", "list"):
        return product.codes
    edition = edition_at(book, importer, moment)
    rows = [
        row
        for row in book.categories.get(importer, ())
        if row.id == product.id and row.edition in ("", edition)
    ]
    return tuple(dict.fromkeys(code for row in rows for code in row.codes)) or (
        () if _is_known(book, importer, product) else product.codes
    )


def _is_known(book: Book, importer: str, product: Product) -> bool:
    return any(row.id == product.id for row in book.categories.get(importer, ()))


def all_codes(book: Book, importer: str, product: Product) -> tuple[str, ...]:
    """The product's codes in every edition, without the lists it names."""
    if product.kind == "code":
        return codes_ever(book, importer, product.id)
    rows = (
        [row for row in book.categories.get(importer, ()) if row.id == product.id]
        if product.kind == "category"
        else []
    )
    codes = [*product.codes, *(code for row in rows for code in row.codes)]
    return tuple(dict.fromkeys(code for code in codes if not code.startswith("scope:")))


def _find_code(book: Book, importer: str, code: str, moment: int) -> Product:
    if not 2 <= len(code) <= 10:
        raise NotFound(
            "A tariff code has 2 to 10 digits.",
            lambda: (
                f"'{code[:14]}' has {len(code)} digit{'s' * (len(code) != 1)}; a tariff code has "
                "2 to 10."
            ),
        )
    if len(code) % 2:
        raise NotFound(
            "The code has an odd number of digits; codes have 2, 4, 6, 8 or 10.",
            lambda: _lost_digit(book, importer, code, moment),
        )
    if is_duty_heading(book, importer, code):
        raise UsageError(
            f"{dotted(code)} is a heading under which an additional duty is declared, not a code "
            "of goods. "
            f"Give the code of the goods; `tariff events {dotted(code)}` lists the acts of the "
            "heading."
        )
    return Product(
        "code", code, f"code {dotted(code)}", codes_in_force(book, importer, code, moment)
    )


def is_duty_heading(book: Book, importer: str, code: str) -> bool:
    """Whether a code is no code of goods but the heading under which some act's duty is
    declared.
    """
    headings = book.derived(
        ("headings", importer),
        lambda: frozenset(event.heading for event in book.events.get(importer, ())),
    )
    return dotted(code) in headings


def _lost_digit(book: Book, importer: str, code: str, moment: int) -> str:
    """What to ask about a code of an odd number of digits: a zero that a spreadsheet may have
    eaten, where that makes a code.
    """
    first, last = (is_code(book, importer, whole, moment) for whole in (f"0{code}", f"{code}0"))
    count = f"'{code}' has {len(code)} digits"
    if first:
        other = f", {code}0 if it is the last one" if last else ""
        return (
            f"{count}: has a spreadsheet eaten its leading zero? Type 0{code} if so{other}; "
            "codes have 2, 4, 6, 8 or 10."
        )
    if last:
        return (
            f"{count}: has a spreadsheet eaten its last zero? Type {code}0 if so; codes have 2, "
            "4, 6, 8 or 10."
        )
    if is_code(book, importer, f"0{code}"[:HEADING_DIGITS], moment):
        near = relatives(book, importer, f"0{code}", moment)
        return (
            f"{count}: has a spreadsheet eaten its leading zero? 0{code} is no line of this "
            f"tariff; {near}"
        )
    near = relatives(book, importer, code, moment)
    return (
        f"{count}, codes have 2, 4, 6, 8 or 10; with a zero before or behind it is none either; "
        f"{near}"
    )


def _no_such_product(book: Book, importer: str, text: str) -> str:
    from difflib import get_close_matches  # only when a message is due

    word = fold_word(text)[:60]
    known = {
        name: row.id
        for row in book.categories.get(importer, ())
        for name in (row.id, *map(fold_word, row.aliases))
    }
    near = list(
        dict.fromkeys(known[name] for name in get_close_matches(word, known, n=4, cutoff=0.6))
    )
    shown = "".join(letter if letter.isprintable() else "?" for letter in text.strip()[:40])
    hint = f"Did you mean {', '.join(near)}? " if near else ""
    return f"No product '{shown}' in the record. {hint}See `tariff products`, or give a code."


def line_classes(
    book: Book, importer: str, product: Product, moment: int, relevant: frozenset[str]
) -> list[LineClass]:
    """The product's lines at `moment`, sorted into classes by the `relevant` scopes they stand on
    and their ordinary duty.

    A part of a line that a scope lists by itself (ten digits) is a line of its own here. Where no
    schedule of the importer is held, lines are those that the lists name; a typed code that no list
    names may be any of its siblings or none. Raises UsageError when the product has no line at
    `moment`.
    """
    if product.kind == "general":
        return [LineClass(frozenset(), (), ())]
    edition = edition_at(book, importer, moment)
    groups: dict[tuple[frozenset[str], tuple[OrdinaryDuty, ...]], list[str]] = {}
    for code, within in _prefixes(book, codes_at(book, importer, product, moment), edition):
        for leaf, scopes, duties in _leaves(book, importer, product, code, edition, moment):
            if within is None or within in scopes:
                groups.setdefault((scopes & relevant, duties), []).append(leaf)
    if not groups:
        raise UsageError(
            f"{product.name} was no line of the tariff in force that day. See `tariff products`, "
            "or give a code."
        )
    found = [
        LineClass(scopes, duties, tuple(sorted(set(codes))))
        for (scopes, duties), codes in groups.items()
    ]
    return sorted(found, key=lambda lines: lines.codes)


def _prefixes(book: Book, codes: Sequence[str], edition: str) -> list[tuple[str, str | None]]:
    """Codes as prefixes; those of a list come with it, because the list may take parts of them out
    again.
    """
    found: list[tuple[str, str | None]] = []
    for code in codes:
        if code.startswith("scope:"):
            scope = code.removeprefix("scope:")
            found += [(row.prefix, scope) for row in book.scope_lines(scope, edition) if row.inside]
        else:
            found.append((code, None))
    return list(dict.fromkeys(found))


def _leaves(
    book: Book, importer: str, product: Product, code: str, edition: str, moment: int
) -> Iterable[tuple[str, frozenset[str], tuple[OrdinaryDuty, ...]]]:
    listings = listings_of(book, importer, product, code, edition)
    whole = whole_schedule(book, importer)
    lines = (
        [line for line in book.lines(importer, code[:LINE_DIGITS]) if stands(line, moment)]
        if whole
        else []
    )
    rates = [
        line for line in book.duties(importer, code[:SUBHEADING_DIGITS]) if stands(line, moment)
    ]
    if whole:
        leaves = _schedule_leaves(code, {line.code for line in lines}, listings) if lines else []
    elif (
        product.kind == "code"
        and len(code) >= LINE_DIGITS
        and any(line.code == code[:LINE_DIGITS] for line in rates)
    ):
        leaves = [code]
    else:
        if not book.in_edition(code[:6], edition):
            said = (
                f"is no code of the Harmonized System {edition}, in use that day. Give a code of "
                "that edition, or a product."
            )
            raise NotFound(f"The code {said}", lambda: f"{code} {said}")
        leaves = _listed_leaves(code, product.kind == "code", {row.prefix for row in listings})
    table: dict[str, list[Listing]] = {}
    for row in listings:
        table.setdefault(row.prefix, []).append(row)
    for leaf in leaves:
        yield leaf.rstrip("*"), _scopes_of(leaf, table), _ordinary(lines, rates, leaf)


def listings_of(
    book: Book, importer: str, product: Product, code: str, edition: str
) -> Sequence[Listing]:
    """The lines of lists that say where goods of the product's code may stand in an edition.

    A typed code that no list names, where no schedule is held, may be any line of its subheading or
    none: all lists of the subheading have a say, in the rate and in the days on which it may
    change.
    """
    listings = book.listings(importer, code, edition)
    if product.kind != "code" or len(code) < LINE_DIGITS or whole_schedule(book, importer):
        return listings
    if any(row.prefix == code[:LINE_DIGITS] for row in listings):
        return listings
    return book.listings(importer, code[:SUBHEADING_DIGITS], edition)


def _schedule_leaves(code: str, standing: set[str], listings: Sequence[Listing]) -> list[str]:
    if len(code) > LINE_DIGITS:
        return [code]
    deeper = {
        row.prefix
        for row in listings
        if len(row.prefix) > LINE_DIGITS and row.prefix[:LINE_DIGITS] in standing
    }
    return sorted(standing | deeper)


def _listed_leaves(code: str, typed: bool, prefixes: set[str]) -> list[str]:
    """Leaves where no schedule is held: the lines that lists name. `*` marks a code that may stand
    on no list.

    A typed code that no list names may not be a line of the edition at all: it is answered as any
    of its siblings, or none. A list may name a whole subheading: below a shorter code it stands for
    the lines of it that no list names.
    """
    known = sorted(prefix for prefix in prefixes if len(prefix) >= max(len(code), LINE_DIGITS))
    whole = sorted(
        one
        for one in prefixes
        if len(code) < len(one) < LINE_DIGITS and one.ljust(LINE_DIGITS, "0") not in prefixes
    )
    if not typed:
        return [*(known or [code]), *whole]
    known += whole
    if code[:LINE_DIGITS] in prefixes:
        return sorted({code, *known})
    if len(code) >= LINE_DIGITS:
        return [*sorted(prefix for prefix in prefixes if len(prefix) == LINE_DIGITS), code + "*"]
    undivided = [code.ljust(LINE_DIGITS, "0")]
    return known if len(code) == 6 and known == undivided else [*known, code + "*"]


def _scopes_of(leaf: str, table: dict[str, list[Listing]]) -> frozenset[str]:
    state: dict[str, bool] = {}
    plain = leaf.rstrip("*")
    for length in range(2, len(plain) + 1):
        for row in table.get(plain[:length], ()):
            state[row.scope] = row.inside
    return frozenset(scope for scope, inside in state.items() if inside)


def _ordinary(
    lines: Sequence[TariffLine], rates: Sequence[OrdinaryDuty], leaf: str
) -> tuple[OrdinaryDuty, ...]:
    """The rows of a leaf's ordinary duty, without code and days so that equal ones are one."""
    code = leaf[:LINE_DIGITS]
    found = {OrdinaryDuty("", line.duty) for line in lines if line.code == code}
    found |= {row._replace(code="", since=None, until=None) for row in rates if row.code == code}
    return tuple(sorted(found, key=lambda row: (row.duty, row.basis, row.source_ids)))
