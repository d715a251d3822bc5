"""Typed tariff codes: which codes of the tariff in force answer for one, by the concordance where
it is no line of it.
"""

from collections.abc import Sequence

from tariffcli.errors import NotFound, RecordError, UsageError
from tariffcli.law.book import Book
from tariffcli.law.instants import holds
from tariffcli.law.model import OrdinaryDuty, TariffLine

COMPLETE = "complete"
"""The mark of an edition of which every line is held."""

LINE_DIGITS = 8
SUBHEADING_DIGITS = 6
"""So far the tariffs of the world agree, and so far a concordance of editions goes."""


def dotted(code: str) -> str:
    """A code as tariffs print it: 8517.13.00, 8507.60.0010.

    >>> dotted("85076000"), dotted("8507600010"), dotted("8507")
    ('8507.60.00', '8507.60.0010', '8507')
    """
    pieces = [code[:4], code[4:6], code[6:]]
    return ".".join(piece for piece in pieces if piece)


def edition_at(book: Book, importer: str, moment: int) -> str:
    """The Harmonized System edition whose codes the importer uses at `moment`. Raises RecordError
    when none is recorded.
    """
    for row in book.editions:
        since = row.since if row.since is not None else moment
        if row.importer == importer and holds(since, row.until, moment):
            return row.edition
    raise RecordError(f"editions.csv names no edition of the tariff of '{importer}' for that day.")


def stands(line: TariffLine | OrdinaryDuty, moment: int) -> bool:
    """Whether a line is in the tariff at `moment`."""
    return holds(line.since if line.since is not None else moment, line.until, moment)


def whole_schedule(book: Book, importer: str) -> bool:
    """Whether the record says that it holds every line of the importer's tariff: only then is an
    absent code no line.
    """
    marks = [row.schedule for row in book.editions if row.importer == importer]
    return bool(marks) and all(mark == COMPLETE for mark in marks)


def codes_in_force(book: Book, importer: str, code: str, moment: int) -> tuple[str, ...]:
    """The codes that answer for a typed one at `moment`: itself where it is a line of the tariff,
    else what the concordance gives.

    The digits beyond the sixth cannot be carried over, so whole subheadings answer. Raises
    UsageError, with the nearest relatives, for a code that was never a line and for one that the
    concordance does not know.
    """
    lines = book.lines(importer, code[:LINE_DIGITS])
    if any(stands(line, moment) for line in lines):
        return (code,)
    if not lines and whole_schedule(book, importer):
        raise _no_line(
            book, importer, code, moment, "is no line of this tariff in any edition read"
        )
    edition = edition_at(book, importer, moment)
    if not lines and book.in_edition(code[:SUBHEADING_DIGITS], edition):
        return (code,)
    subheading = code[:SUBHEADING_DIGITS]
    links = (
        () if edition in _editions_of(book, importer, lines) else book.mapped(subheading, edition)
    )
    found = tuple(
        one
        for one in sorted({subheading, *links})
        if _in_force(book, importer, one, edition, moment)
    )
    if not found:
        raise _no_line(book, importer, code, moment, "is no line of the tariff in force that day")
    return found


def _no_line(book: Book, importer: str, code: str, moment: int, said: str) -> NotFound:
    return NotFound(
        f"The code {said}.",
        lambda: f"{code} {said}; {relatives(book, importer, code, moment)}",
    )


def is_code(book: Book, importer: str, code: str, moment: int) -> bool:
    """Whether a code is one of the tariff in force at `moment`, or one that the concordance leads
    there.
    """
    try:
        return bool(codes_in_force(book, importer, code, moment))
    except UsageError:
        return False


def codes_ever(book: Book, importer: str, code: str) -> tuple[str, ...]:
    """A typed code and every code that answers for it at some time, whether or not they stand
    together.
    """
    lines = book.lines(importer, code[:LINE_DIGITS])
    if any(line.since is None and line.until is None for line in lines):
        return (code,)
    subheading = code[:SUBHEADING_DIGITS]
    editions = dict.fromkeys(row.edition for row in book.editions if row.importer == importer)
    if not lines and all(book.in_edition(subheading, edition) for edition in editions):
        return (code,)
    return tuple(
        dict.fromkeys(
            (
                code,
                subheading,
                *(link for edition in editions for link in book.mapped(subheading, edition)),
            )
        )
    )


def mapping_notes(code: str, used: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """(code, text) of the note on a typed code that others answer for; none where it answers for
    itself.
    """
    if used == (code,):
        return ()
    gone = f"{dotted(code)} was no line of the tariff in force; answered for"
    if used == (code[:SUBHEADING_DIGITS],):
        return (("mapped", f"{gone} every line of its subheading {dotted(used[0])}."),)
    known = (
        "It holds one best match of six-digit codes: other links are lost, and what stood beyond "
        "the sixth digit is not known."
    )
    return (("mapped", f"{gone} {', '.join(map(dotted, used))} by the concordance. {known}"),)


def _editions_of(book: Book, importer: str, lines: Sequence[TariffLine]) -> set[str]:
    """The editions in which lines of the tariff were born or gave way."""
    edges = {
        edge
        for line in lines
        for edge in (line.since, line.until - 1 if line.until is not None else None)
        if edge is not None
    }
    return {edition_at(book, importer, edge) for edge in edges}


def _in_force(book: Book, importer: str, code: str, edition: str, moment: int) -> bool:
    lines = book.lines(importer, code)
    if lines or whole_schedule(book, importer):
        return any(stands(line, moment) for line in lines)
    return book.in_edition(code, edition)


def relatives(book: Book, importer: str, code: str, moment: int) -> str:
    """The nearest lines in force that begin like a code; where no schedule is held, those that
    lists name.
    """
    held, edition = whole_schedule(book, importer), edition_at(book, importer, moment)
    for length in (6, 4, 2):
        start = code[:length]
        if held:
            near = {line.code for line in book.lines(importer, start) if stands(line, moment)}
        else:
            near = {
                row.prefix
                for row in book.listings(importer, start, edition)
                if row.inside and row.prefix.startswith(start)
            }
        if near:
            return (
                f"its nearest relatives are {', '.join(dotted(one) for one in sorted(near)[:4])}."
            )
    return "no line begins like it."
