"""Search: what a person types, as categories and tariff lines, best first.

People type words, with and without typos, codes, and Chinese. Plain LIKE over the compiled
descriptions is fast enough and works with every SQLite and every script; the order is worked out
here. Chinese words stand in the categories' names; the texts of lines are English.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from tariffcli.book.load import Record
from tariffcli.book.vocabulary import MISSPELT, stem, words_of
from tariffcli.law.products import digits_of, edition_at, fold_word
from tariffcli.law.reference import Category

Match = Literal["exact", "prefix", "words", "fuzzy"]
MATCHES: tuple[Match, ...] = ("exact", "prefix", "words", "fuzzy")
"""How a hit meets the query, best first."""

LONGEST, MOST_WORDS = 100, 8
"""So much of a query is read."""

EMPTY = frozenset(
    ("a", "an", "and", "for", "in", "not", "of", "on", "or", "than", "the", "to", "with")
)
"""Words that stand in almost every text."""

Word = tuple[str, ...]
"""A word looked for, as alternatives in order of likeness."""


class Hit(NamedTuple):
    """Something found: a category, or a tariff line with its text and that of its heading."""

    match: Match
    importer: str
    category: Category | None
    code: str
    text: str
    heading: str


def search(record: Record, text: str, moments: Mapping[str, int]) -> list[Hit]:
    """What a query finds in the tariffs of some importers, each at its moment, best first.

    Misspellings are tried only where nothing is found as typed.
    """
    importers = list(moments)
    text = unicodedata.normalize("NFKC", text)[:LONGEST]
    code = digits_of(text)
    if code is not None:
        return _ranked(
            record,
            [found for importer in importers for found in _by_code(record, importer, code)],
            moments,
        )
    typed = [word for word in words_of(text) if word not in EMPTY][:MOST_WORDS]
    if not any(len(word) > 1 or not word.isascii() for word in typed):
        return []
    words = [(stem(word),) for word in typed]
    found = _by_words(record, importers, text, words)
    found += _shared(record, moments, text, words, found)
    if not found:
        likely = _corrected(record, words)
        found = [_fuzzy(one) for one in _by_words(record, importers, "", likely)] if likely else []
        seen = {
            (one.category.importer, one.category.id) for one, _ in found if one.category is not None
        }
        found += [one for one in _by_likeness(record, importers, text) if _key(one) not in seen]
    return _ranked(record, found, moments)


Scored = tuple[Hit, tuple[int, ...]]
"""A hit with what orders it inside its kind of match, smallest first."""


def _fuzzy(scored: Scored) -> Scored:
    return scored[0]._replace(match="fuzzy"), scored[1]


def _key(scored: Scored) -> tuple[str, str]:
    category = scored[0].category
    return (category.importer, category.id) if category is not None else ("", "")


def _ranked(record: Record, found: Sequence[Scored], moments: Mapping[str, int]) -> list[Hit]:
    """Hits in order, best first.

    By kind of match, categories before lines, what is in force before older editions, and short
    texts before long ones.
    """
    editions = {
        importer: edition_at(record, importer, moment)
        for importer, moment in moments.items()
        if found
    }

    def order(scored: Scored) -> tuple[object, ...]:
        hit, score = scored
        old = hit.category is not None and hit.category.edition not in ("", editions[hit.importer])
        name = hit.category.id if hit.category is not None else ""
        return (
            MATCHES.index(hit.match),
            hit.category is None,
            old,
            score,
            len(hit.text),
            name,
            hit.importer,
            hit.code,
        )

    return [hit for hit, _ in sorted(found, key=order)]


def _category_hit(row: Category, match: Match) -> Hit:
    return Hit(match, row.importer, row, "", row.name, "")


def _by_code(record: Record, importer: str, code: str) -> Iterable[Scored]:
    """Categories whose codes begin like `code` or hold it, and the lines below it.

    The line that holds it where it is longer.
    """
    for row in record.categories.get(importer, ()):
        if code in row.codes:
            yield _category_hit(row, "exact"), (0,)
        elif any(one.startswith(code) or code.startswith(one) for one in row.codes):
            yield _category_hit(row, "prefix"), (0,)
    for line, text, heading in _described(
        record, importer, "d.code >= ? AND d.code < ?", (code[:8], code[:8] + ":")
    ):
        yield (
            Hit("exact" if line == code else "prefix", importer, None, line, text, heading),
            (int(line),),
        )


def _described(
    record: Record, importer: str, clause: str, values: Sequence[str]
) -> list[tuple[str, str, str]]:
    """(code, text, text of its heading) of the lines whose descriptions meet a clause.

    The clause is over `d.code`, `d.text` and `h.text`.
    """
    rows = record.select(
        "SELECT d.code, d.text, coalesce(h.text, '') FROM description d LEFT JOIN description h"
        " ON h.importer = d.importer AND h.code = substr(d.code, 1, 4)"
        f" WHERE d.importer = ? AND length(d.code) > 4 AND {clause}",
        (importer, *values),
    )
    return [(code, text, heading) for code, text, heading in rows]


def _by_words(
    record: Record, importers: Sequence[str], text: str, words: Sequence[Word]
) -> list[Scored]:
    typed = fold_word(text)
    found: list[Scored] = []
    for importer in importers:
        for named in _named(record, importer):
            scored = _category_match(named, typed, words)
            if scored is not None:
                found.append(scored)
        if all(word.isascii() for alternatives in words for word in alternatives):
            found += _line_matches(record, importer, typed, words)
    return found


def _shared(
    record: Record,
    moments: Mapping[str, int],
    text: str,
    words: Sequence[Word],
    found: Sequence[Scored],
) -> Iterable[Scored]:
    """Lines for which only another importer's tariff has the plain word.

    The first six digits of a code are the same everywhere.
    """
    seen = {
        (hit.importer, hit.code or (hit.category.id if hit.category else "")) for hit, _ in found
    }
    for other in record.categories:
        matched = [
            named.row
            for named in _named(record, other)
            if _category_match(named, fold_word(text), words) is not None
        ]
        for importer, moment in moments.items():
            for row in matched:
                if (
                    other == importer
                    or (importer, row.id) in seen
                    or row.edition not in ("", edition_at(record, importer, moment))
                ):
                    continue
                for code in sorted(
                    {code[:6] for code in row.codes if code.isdigit() and len(code) >= 6}
                ):
                    for line, own, heading in _described(
                        record, importer, "d.code >= ? AND d.code < ?", (code, code + ":")
                    ):
                        if (importer, line) not in seen:
                            seen.add((importer, line))
                            yield Hit("words", importer, None, line, own, heading), (2, 0)


class Named(NamedTuple):
    """A category with its names, folded, and the singular words of each."""

    row: Category
    names: list[str]
    words: list[list[str]]


def _named(record: Record, importer: str) -> list[Named]:
    def build() -> list[Named]:
        found: list[Named] = []
        for row in record.categories.get(importer, ()):
            names = [name for name in (row.id, row.name, row.name_zh, *row.aliases) if name]
            found.append(
                Named(
                    row,
                    [fold_word(name) for name in names],
                    [[stem(word) for word in words_of(name)] for name in names],
                )
            )
        return found

    return record.derived(("names", importer), build)


def _category_match(named: Named, typed: str, words: Sequence[Word]) -> Scored | None:
    row, names, parts = named
    if typed in names or [alternatives[0] for alternatives in words] in parts:
        return _category_hit(row, "exact"), (0,)
    if typed and any(name.startswith(typed) for name in names):
        return _category_hit(row, "prefix"), (
            min(len(name) for name in names if name.startswith(typed)),
        )
    score = _score(words, {word for part in parts for word in part})
    return (_category_hit(row, "words"), (score,)) if score is not None else None


def _line_matches(
    record: Record, importer: str, typed: str, words: Sequence[Word]
) -> Iterable[Scored]:
    """Lines whose text, with that of their heading, holds every word.

    Those whose own text does come first.
    """
    values = [f"%{_root(word)}%" for alternatives in words for word in alternatives]
    clause = " AND ".join(
        "(" + " OR ".join(["d.text || ' ' || coalesce(h.text, '') LIKE ?"] * len(one)) + ")"
        for one in words
    )
    for code, text, heading in _described(record, importer, clause, values):
        own = [stem(word) for word in words_of(text)]
        score = _score(words, set(own))
        if score is None:
            score = _score(words, {*own, *map(stem, words_of(heading))})
            if score is not None:
                yield Hit("words", importer, None, code, text, heading), (1, score)
        elif typed and fold_word(text).startswith(typed):
            yield (
                Hit(
                    "exact" if len(own) == len(words) else "prefix",
                    importer,
                    None,
                    code,
                    text,
                    heading,
                ),
                (0, 0),
            )
        else:
            yield Hit("words", importer, None, code, text, heading), (0, score)


def _root(word: str) -> str:
    """The letters that all forms of a word share."""
    return word[:-1] if len(word) > 3 and word.endswith("y") else word


def _score(words: Sequence[Word], stems: set[str]) -> int | None:
    """How far words stand from a text that holds them all: 0 when each stands in it as typed.

    None when one is missing.
    """
    total = 0
    for alternatives in words:
        costs = [
            3 * rank + cost
            for rank, word in enumerate(alternatives)
            if (cost := _distance(word, stems)) is not None
        ]
        if not costs:
            return None
        total += min(costs)
    return total


def _distance(word: str, stems: set[str]) -> int | None:
    if word in stems:
        return 0
    if not word.isascii():
        return 1 if any(word in other for other in stems) else None
    long_enough = len(word) >= 3 and word[0].isalpha()
    return 1 if long_enough and any(other.startswith(word) for other in stems) else None


def _corrected(record: Record, words: Sequence[Word]) -> list[Word] | None:
    """The query with each unknown word as the known words nearest to it.

    None when there is none near, or nothing to correct.
    """
    from difflib import get_close_matches  # only when nothing was found as typed

    stems = {stem(term) for (term,) in record.select("SELECT word FROM term")}
    found: list[Word] = []
    for (word,) in words:
        if word in stems or len(word) < MISSPELT or not word.isalpha():
            found.append((word,))
            continue
        near = get_close_matches(word, _candidates(word, stems), n=4, cutoff=0.75)
        if not near:
            return None
        found.append(tuple(near))
    return found if found != list(words) else None


def _candidates(word: str, stems: Iterable[str]) -> list[str]:
    """Words of about the same length that share a third of its pairs of letters.

    All that could be near, found fast.
    """
    pairs = {word[index : index + 2] for index in range(len(word) - 1)}
    near = (one for one in stems if abs(len(one) - len(word)) <= 2)
    return [one for one in near if 3 * sum(pair in one for pair in pairs) >= len(pairs)]


def _by_likeness(record: Record, importers: Sequence[str], text: str) -> Iterable[Scored]:
    """Categories one of whose whole names is like the query; how Chinese is forgiven a letter."""
    from difflib import get_close_matches

    for importer in importers:
        rows = record.categories.get(importer, ())
        names = {
            fold_word(name): row.id
            for row in rows
            for name in (row.id, row.name, row.name_zh, *row.aliases)
            if name
        }
        near = list(
            dict.fromkeys(
                names[name] for name in get_close_matches(fold_word(text), names, n=6, cutoff=0.7)
            )
        )
        for row in rows:
            if row.id in near:
                yield _category_hit(row, "fuzzy"), (near.index(row.id),)
