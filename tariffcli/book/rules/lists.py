"""Rules on lists of codes: scopes, categories, schedules."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tariffcli.book.assemble import Parts, Placed
from tariffcli.book.rules.registry import Offence, rule
from tariffcli.law.products import fold_word


@rule("L01")
def every_list_is_described(parts: Parts) -> Iterable[Offence]:
    """A file of codes has no row in scopes.csv."""
    described = {placed.value.id for placed in parts.scopes}
    for table in parts.tables.get("lines", []):
        if table.stem not in described:
            yield Placed(table.file, 1, None), table.stem


@rule("L02")
def every_described_list_has_codes(parts: Parts) -> Iterable[Offence]:
    """A scope of scopes.csv has no file of codes."""
    for placed in parts.scopes:
        if not parts.listings.get(placed.value.id):
            yield placed, placed.value.id


@rule("L03")
def listed_codes_are_codes(parts: Parts) -> Iterable[Offence]:
    """A listed code is 2, 4, 6, 8 or 10 digits, its sign in or out, its edition a year or blank."""
    for rows in parts.listings.values():
        for placed, edition in rows:
            if not re.fullmatch(r"([0-9]{2}){1,5}", placed.value.prefix) or not re.fullmatch(
                r"[0-9]{4}|", edition
            ):
                yield placed, placed.value.prefix
    for file, line, row in parts.rows("lines"):
        if row["sign"] not in ("in", "out"):
            yield Placed(file, line, row), f"{row['prefix']}: {row['sign']}"


@rule("L04")
def a_code_is_listed_once(parts: Parts) -> Iterable[Offence]:
    """A code stands twice in one list for one edition."""
    for rows in parts.listings.values():
        seen: set[tuple[str, str]] = set()
        blank = {placed.value.prefix for placed, edition in rows if not edition}
        for placed, edition in rows:
            key = (placed.value.prefix, edition)
            if key in seen or (edition and placed.value.prefix in blank):
                yield placed, placed.value.prefix
            seen.add(key)


@rule("L05")
def counts_agree_with_the_act(parts: Parts) -> Iterable[Offence]:
    """A list does not have as many lines as its act counts, and no shortfall says why."""
    for placed in parts.scopes:
        scope = placed.value
        if scope.official_count is None or scope.shortfall:
            continue
        mine = [
            one
            for one, edition in parts.listings.get(scope.id, [])
            if edition in ("", scope.count_edition) and one.value.inside
        ]
        if len(mine) != scope.official_count:
            yield placed, f"{scope.id}: {len(mine)} here, {scope.official_count} in {scope.act}"


@rule("L12")
def items_are_items_of_their_list(parts: Parts) -> Iterable[Offence]:
    """An item has a number, a provision, and codes that its list names; each once in a provision of
    a list.
    """
    listed = {
        scope: {placed.value.prefix for placed, _ in rows if placed.value.inside}
        for scope, rows in parts.listings.items()
    }
    seen: set[tuple[str, str, str]] = set()
    for placed in parts.items:
        item = placed.value
        key = (item.scope, item.provision, item.number)
        strange = not item.codes or not set(item.codes) <= listed.get(item.scope, set())
        if strange or key in seen or not item.number[:1].isdigit() or not item.provision:
            yield placed, f"{item.scope} {item.provision} item {item.number}"
        seen.add(key)


@rule("L13")
def items_name_the_whole_list(parts: Parts) -> Iterable[Offence]:
    """A list has items, and a code that none of them names."""
    named: dict[str, set[str]] = {}
    for placed in parts.items:
        named.setdefault(placed.value.scope, set()).update(placed.value.codes)
    for scope, codes in named.items():
        for placed, _ in parts.listings.get(scope, []):
            if placed.value.inside and placed.value.prefix not in codes:
                yield placed, f"{scope}: {placed.value.prefix}"


@rule("K01")
def categories_have_codes(parts: Parts) -> Iterable[Offence]:
    """A category's codes are tariff prefixes of 2 to 10 digits or `scope:` ids, and it has at least
    one.
    """
    for placed in parts.categories:
        wrong = [
            code for code in placed.value.codes if not re.fullmatch(r"[0-9]{2,10}|scope:.+", code)
        ]
        if wrong or not placed.value.codes:
            yield placed, f"{placed.value.id}: {', '.join(wrong) or 'none'}"


@rule("K02")
def product_words_are_unambiguous(parts: Parts) -> Iterable[Offence]:
    """A product word stands for one category of an importer only."""
    owner: dict[tuple[str, str], str] = {}
    for placed in parts.categories:
        row = placed.value
        for word in (row.id, row.name, row.name_zh, *row.aliases):
            key = (row.importer, fold_word(word))
            if key[1] and owner.setdefault(key, row.id) != row.id:
                yield placed, f"{word} is also {owner[key]}"


@rule("K03")
def schedule_lines_are_lines(parts: Parts) -> Iterable[Offence]:
    """A schedule line has eight digits, a duty, and ends after it begins."""
    for rows in parts.lines.values():
        for placed in rows:
            line = placed.value
            backward = (
                line.since is not None and line.until is not None and line.until <= line.since
            )
            if not re.fullmatch(r"[0-9]{8}", line.code) or not line.duty or backward:
                yield placed, line.code


@rule("L07")
def subheadings_have_six_digits(parts: Parts) -> Iterable[Offence]:
    """A subheading has six digits and an edition of editions.csv, each pair once."""
    editions = {placed.value.edition for placed in parts.editions}
    seen: set[tuple[str, str]] = set()
    for file, line, row in parts.rows("subheadings"):
        pair = (row["edition"], row["code"])
        if (
            pair in seen
            or row["edition"] not in editions
            or not re.fullmatch(r"[0-9]{6}", row["code"])
        ):
            yield Placed(file, line, row), row["code"]
        seen.add(pair)


@rule("L08")
def concordance_pairs_are_of_their_editions(parts: Parts) -> Iterable[Offence]:
    """A concordance pair is two different six-digit codes that subheadings.csv gives to an older
    and a newer edition, once.
    """
    known = {(row["edition"], row["code"]) for _, _, row in parts.rows("subheadings")}
    seen: set[tuple[tuple[str, str], tuple[str, str]]] = set()
    for file, line, row in parts.rows("concordance"):
        older, newer = (row["older_edition"], row["older"]), (row["newer_edition"], row["newer"])
        strange = (
            older not in known or newer not in known or older[0] >= newer[0] or older[1] == newer[1]
        )
        if strange or (older, newer) in seen:
            yield Placed(file, line, row), f"{row['older']} to {row['newer']}"
        seen.add((older, newer))


@rule("L06")
def editions_are_the_importers(parts: Parts) -> Iterable[Offence]:
    """A list or category names an edition that editions.csv does not give its importer."""
    known = {(placed.value.importer, placed.value.edition) for placed in parts.editions}
    owner = {placed.value.id: placed.value.importer for placed in parts.scopes}
    for scope, rows in parts.listings.items():
        for placed, edition in rows:
            if edition and (owner.get(scope, ""), edition) not in known:
                yield placed, f"{placed.value.prefix}: {edition}"
    for placed in parts.categories:
        if placed.value.edition and (placed.value.importer, placed.value.edition) not in known:
            yield placed, f"{placed.value.id}: {placed.value.edition}"


@rule("D01")
def descriptions_describe_lines(parts: Parts) -> Iterable[Offence]:
    """A description has a text and a code of 4, 6 or 8 digits, each once; its line is one of the
    importer's schedule, where one is held.
    """
    for table in parts.tables.get("descriptions", []):
        lines = {placed.value.code for placed in parts.lines.get(table.stem, [])}
        seen: set[str] = set()
        for number, row in table.rows:
            code = row["code"]
            foreign = bool(lines) and len(code) == 8 and code not in lines
            if (
                not re.fullmatch(r"([0-9]{2}){2,4}", code)
                or not row["description"]
                or code in seen
                or foreign
            ):
                yield Placed(table.file, number, row), code
            seen.add(code)
