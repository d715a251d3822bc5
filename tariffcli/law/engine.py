"""`rate`: what an importer charges on a product of an origin at an instant, as known on a day, and
by which acts.
"""

from collections.abc import Sequence
from decimal import Decimal

from tariffcli.errors import EXAMPLE_DAY, UsageError
from tariffcli.law.assess import assess, merge_outcomes
from tariffcli.law.book import Book
from tariffcli.law.codes import mapping_notes
from tariffcli.law.docket import Docket, codes_used, coverage_at, docket_of, lines_at
from tariffcli.law.facts import ZERO, check_facts
from tariffcli.law.instants import is_iso_day
from tariffcli.law.kinds import CONFIDENCE, AnswerStatus, Blank, Confidence, Role
from tariffcli.law.model import Answer, Layer, Outcome, Part, Query
from tariffcli.law.ordinary import contradiction_notes
from tariffcli.law.places import reaches
from tariffcli.law.products import LineClass

WHOLE = Decimal(1)
CHARGING_ROLES: tuple[Role, ...] = ("applies", "floor", "unknown")


def open_case(book: Book, importer: str, origin: str) -> Docket:
    """The record sorted for a pair, to ask it many questions (history, bulk); sorted once for a
    book.
    """
    return book.derived(("docket", importer, origin), lambda: docket_of(book, importer, origin))


def rate(book: Book, query: Query) -> Answer:
    """Answer one query from the record. Pure: the same book and query give the same answer, at any
    time, in any order.

    Raises UsageError for a product that is no line of the tariff in force and for facts, a day or
    an instant that are not of their kind, RecordError where two rows contradict each other.
    """
    if query.facts:
        check_facts(book, query.facts)
    check_days(query)
    return answer_case(open_case(book, query.importer, query.origin), query)


def check_days(query: Query) -> None:
    """Raise UsageError for an instant that is no whole number of seconds, and for a day of
    knowledge that is no ISO day.
    """
    if type(query.instant) is not int:
        raise UsageError(f"An instant is a whole number of UTC seconds, not {query.instant!r:.40}.")
    known_on = query.known_on
    if known_on is not None and not (type(known_on) is str and is_iso_day(known_on)):
        raise UsageError(
            f"A query is known on an ISO day such as {EXAMPLE_DAY}, or None, not {known_on!r:.40}."
        )
    mfn = query.mfn_pct
    if mfn is not None and not (type(mfn) is Decimal and mfn.is_finite() and mfn >= ZERO):
        raise UsageError(f"The ordinary duty is a Decimal of 0 or more per cent, not {mfn!r:.40}.")


def answer_case(docket: Docket, query: Query) -> Answer:
    """`rate` with the record already sorted for the pair."""
    covering = coverage_at(docket, query.instant)
    if not covering:
        return _outside(query, _what_is_covered(docket.book, query))
    parts = assess_parts(
        docket, lines_at(docket, query.product, query.instant, query.known_on), query
    )
    return _answer(
        query, parts, max(row.verified_through for row in covering), _mapping(docket, query)
    )


def _mapping(docket: Docket, query: Query) -> tuple[tuple[str, str], ...]:
    """The note on a typed code that others answer for: no answer, of any kind, goes without it."""
    product = query.product
    return (
        mapping_notes(product.id, codes_used(docket, product, query.instant))
        if product.kind == "code"
        else ()
    )


def assess_parts(docket: Docket, groups: Sequence[LineClass], query: Query) -> list[Part]:
    """The product's parts: classes of lines with the same outcome put together, smallest additional
    duty first.
    """
    if len(groups) == 1:
        outcome = assess(
            docket, groups[0], query.instant, query.known_on, query.facts, query.mfn_pct
        )
        return [Part(outcome, groups[0].codes, WHOLE)]
    found: dict[tuple[object, ...], tuple[list[Outcome], list[str]]] = {}
    for lines in groups:
        outcome = assess(docket, lines, query.instant, query.known_on, query.facts, query.mfn_pct)
        key = (
            outcome.min_pct,
            outcome.max_pct,
            outcome.prohibited,
            tuple((one.programme, one.role, one.max_pct) for one in outcome.layers),
        )
        outcomes, codes = found.setdefault(key, ([], []))
        outcomes.append(outcome)
        codes += lines.codes
    total = sum(len(codes) for _, codes in found.values())
    parts = [
        Part(
            _same_layers(outcomes),
            tuple(sorted(codes)),
            Decimal(len(codes)) / total if total else WHOLE,
        )
        for outcomes, codes in found.values()
    ]
    return sorted(
        parts,
        key=lambda part: (
            part.outcome.min_pct,
            part.outcome.max_pct is None,
            part.outcome.max_pct or ZERO,
            part.codes,
        ),
    )


def _same_layers(outcomes: Sequence[Outcome]) -> Outcome:
    return outcomes[0] if len(outcomes) == 1 else merge_outcomes(outcomes)


def _what_is_covered(book: Book, query: Query) -> str:
    rows = sorted(
        row for row in book.coverage if row.importer == query.importer and row.programme == "*"
    )
    mine = [
        row for row in rows if reaches(row.origin, query.origin, book.memberships, query.instant)
    ]
    if mine:
        spans = "; ".join(
            f"{row.covered_from} to {row.covered_until or 'today and after'}" for row in mine
        )
        return f"the record covers this pair from {spans}"
    if rows:
        origins = ", ".join(dict.fromkeys(row.origin.text for row in rows))
        return f"the record covers duties of {query.importer} on goods of: {origins}"
    importers = ", ".join(sorted({row.importer for row in book.coverage})) or "none"
    return f"the record has no duties charged by {query.importer}; importers covered: {importers}"


def _outside(query: Query, reason: str) -> Answer:
    return Answer(
        query=query,
        status="outside_coverage",
        reason=reason,
        min_pct=None,
        max_pct=None,
        mfn_pct=None,
        mfn_text="",
        total_min_pct=None,
        total_max_pct=None,
        layers=(),
        parts=(),
        asked=(),
        notes=(),
        confidence="",
        verified_through="",
    )


def _answer(
    query: Query, parts: Sequence[Part], verified_through: str, notes: tuple[tuple[str, str], ...]
) -> Answer:
    whole = _same_layers([part.outcome for part in parts])
    status, reason = _status(whole, parts)
    layers = parts[0].outcome.layers if status == "complete" else whole.layers
    if query.mfn_pct is not None:
        notes = (*notes, *contradiction_notes(whole.ordinary, query.mfn_pct))
    return Answer(
        query=query,
        status=status,
        reason=reason,
        min_pct=whole.min_pct,
        max_pct=whole.max_pct,
        mfn_pct=whole.mfn_pct,
        mfn_text=whole.mfn_text,
        total_min_pct=None if status == "prohibited" else whole.total_min_pct,
        total_max_pct=None if status == "prohibited" else whole.total_max_pct,
        layers=layers,
        parts=tuple(parts) if len(parts) > 1 else (),
        asked=whole.asked,
        notes=notes,
        confidence=weakest(layers),
        verified_through=verified_through,
        ordinary=whole.ordinary,
        lists=whole.lists,
    )


def _status(whole: Outcome, parts: Sequence[Part]) -> tuple[AnswerStatus, str]:
    if whole.prohibited:
        return "prohibited", "entry of these goods, or of some of them, is prohibited"
    if whole.min_pct == whole.max_pct:
        return "complete", ""
    if whole.deciding:
        return "needs_fact", f"depends on facts of the entry: {', '.join(whole.deciding)}"
    if len(parts) > 1:
        return "range", "lines of this product stand on different lists"
    open_rows = [layer for layer in whole.layers if layer.role == "unknown"]
    return "range", "; ".join(f"{layer.programme}: {layer.reason}" for layer in open_rows)


def weakest(layers: Sequence[Layer]) -> Confidence | Blank:
    """The weakest confidence of the layers that apply; empty when none does."""
    levels = [
        CONFIDENCE.index(layer.event.confidence) for layer in layers if layer.role in CHARGING_ROLES
    ]
    return CONFIDENCE[max(levels)] if levels else ""
