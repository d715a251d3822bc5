"""What an answer must say beside its number: changes during the day, how far it was verified, lists
not read officially.
"""

from __future__ import annotations

from tariffcli.errors import UsageError
from tariffcli.law.codes import LINE_DIGITS, dotted, edition_at, mapping_notes, whole_schedule
from tariffcli.law.docket import Docket, codes_used, epoch_at, lines_at, nomenclature_points
from tariffcli.law.engine import CHARGING_ROLES
from tariffcli.law.expression import ad_valorem_pct
from tariffcli.law.facts import conditions_of
from tariffcli.law.instants import day_of, start_of_day, to_wall
from tariffcli.law.items import item_notes
from tariffcli.law.model import Answer, Query
from tariffcli.law.ordinary import MOST_WORDS, duties_in_question
from tariffcli.law.outlook import changes_between, scopes_of
from tariffcli.law.places import reaches
from tariffcli.law.products import all_codes

MOST_NAMED = 4
"""So many parts of a line are named in a note."""


def notes(docket: Docket, answer: Answer, whole_day: bool) -> list[tuple[str, str]]:
    """(code, text) notes on an answer. `whole_day`: the query named a bare day, so changes within
    it are told.
    """
    if answer.status == "outside_coverage":
        return []
    found = list(answer.notes)
    if answer.query.product.kind == "general":
        found.append(
            (
                "general",
                "General means goods on no special list, which is what headlines quote; a "
                "product may owe more or less.",
            )
        )
    if whole_day:
        found += _changes_of_the_day(docket, answer)
    found += _unused_facts(docket, answer)
    found += _suffix(docket, answer)
    found += item_notes(docket, answer.query)
    found += _verification(docket, answer)
    found += _lists(docket, answer)
    found += _schedule(docket, answer)
    found += _ordinary(answer)
    found += _refunds(docket, answer)
    found += _gaps(docket, answer)
    return found


def mappings(docket: Docket, query: Query, first: int, last: int) -> list[tuple[str, str]]:
    """Each mapping of a typed code between two instants as a note of its own, with the days between
    which it holds.
    """
    product = query.product
    if product.kind != "code":
        return []
    zone = docket.book.zones[query.importer]
    runs: list[tuple[int, tuple[tuple[str, str], ...]]] = []
    for moment in (
        first,
        *(point for point in nomenclature_points(docket, product) if first < point <= last),
    ):
        try:
            said = mapping_notes(product.id, codes_used(docket, product, moment))
        except UsageError:
            said = ()
        if not runs or runs[-1][1] != said:
            runs.append((moment, said))
    ends = [*(since for since, _ in runs[1:]), last + 1]
    return [
        (code, f"From {day_of(since, zone)} to {day_of(end - 1, zone)}: {text}")
        for (since, said), end in zip(runs, ends, strict=True)
        for code, text in said
    ]


def supplied_over_time(
    docket: Docket, query: Query, first: int, last: int
) -> list[tuple[str, str]]:
    """What a supplied ordinary duty means for a course of the additional duty, and whether the
    record ever held it for these goods.
    """
    if query.mfn_pct is None:
        return []
    found = [
        (
            "mfn_additional",
            "The steps are of the additional duty: the ordinary duty given counts only where a "
            "duty tops up the ordinary one.",
        )
    ]
    if query.product.kind in ("general", "list"):
        return found
    book = docket.book
    codes = {code for code in all_codes(book, query.importer, query.product)}
    rows = [
        row
        for code in codes
        for row in (
            *book.lines(query.importer, code[:LINE_DIGITS]),
            *book.duties(query.importer, code[:LINE_DIGITS]),
        )
    ]
    standing = [
        row
        for row in rows
        if (row.since is None or row.since <= last) and (row.until is None or row.until > first)
    ]
    known = {pct for row in standing if (pct := ad_valorem_pct(row.duty)) is not None}
    if known and query.mfn_pct not in known:
        told = ", ".join(f"{pct:f}%" for pct in sorted(known)[:MOST_WORDS])
        found.append(
            (
                "mfn_contradicted",
                f"The ordinary duty given, {query.mfn_pct:f}%, is not that of the record between "
                f"these days ({told}).",
            )
        )
    return found


def _changes_of_the_day(docket: Docket, answer: Answer) -> list[tuple[str, str]]:
    query = answer.query
    zone = docket.book.zones[query.importer]
    first = start_of_day(day_of(query.instant, zone), zone) - 1
    return [
        (
            "day_change",
            f"It changed that day at {to_wall(change.instant, zone)[11:]}: from "
            f"{_span(change.before)} to {_span(change.after)}.",
        )
        for change in changes_between(docket, query, first, query.instant)
    ]


def _span(answer: Answer) -> str:
    if answer.min_pct is None:
        return answer.status
    if answer.min_pct == answer.max_pct:
        return f"{answer.min_pct:f}%"
    return (
        f"{answer.min_pct:f}% to {answer.max_pct:f}%"
        if answer.max_pct is not None
        else f"at least {answer.min_pct:f}%"
    )


def _unused_facts(docket: Docket, answer: Answer) -> list[tuple[str, str]]:
    """Facts that were given although no act in force asks them of these goods: a claim that does
    nothing must not look granted.
    """
    query = answer.query
    given = [
        one
        for one in docket.book.conditions.values()
        if one.fact in query.facts and one.kind in ("yes_no", "share", "instant")
    ]
    if not given:
        return []
    acts = epoch_at(docket, scopes_of(docket, query), query.instant, query.known_on).rows
    duties = [
        row
        for lines in lines_at(docket, query.product, query.instant, query.known_on)
        for row in lines.duties
    ]
    reached = duties_in_question(duties, docket.origin, docket.book.memberships, query.instant)
    rows = [*(event for events in acts.values() for event in events), *reached]
    used = {one.fact for row in rows for one in conditions_of(row, docket.book.conditions)}
    answered = {one.flag for one in given if one.fact in used}
    flags = dict.fromkeys(one.flag for one in given if one.flag not in answered)
    return [
        ("fact_unused", f"{flag} changes nothing: no act in force then asks it of these goods.")
        for flag in flags
    ]


def _suffix(docket: Docket, answer: Answer) -> list[tuple[str, str]]:
    """A code of ten digits that no list names, in a line of which lists name other parts: it is
    read as one of the rest.
    """
    query = answer.query
    code, line = query.product.id, query.product.id[:LINE_DIGITS]
    if (
        query.product.kind != "code"
        or len(code) <= LINE_DIGITS
        or not docket.book.lines(query.importer, line)
    ):
        return []
    rows = docket.book.listings(
        query.importer, line, edition_at(docket.book, query.importer, query.instant)
    )
    named = sorted(
        {
            row.prefix
            for row in rows
            if len(row.prefix) > LINE_DIGITS and row.prefix.startswith(line)
        }
    )
    if not named or code in named:
        return []
    shown = ", ".join(map(dotted, named[:MOST_NAMED])) + (
        f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    )
    return [
        (
            "suffix",
            f"Lists name {shown} apart from the rest of {dotted(line)}; {dotted(code)} is read "
            "as a part of that rest. "
            "The record does not hold which ten-digit numbers exist.",
        )
    ]


def _verification(docket: Docket, answer: Answer) -> list[tuple[str, str]]:
    zone = docket.book.zones[answer.query.importer]
    day = day_of(answer.query.instant, zone)
    if day <= answer.verified_through:
        return []
    return [
        (
            "after_verification",
            f"The record was last verified through {answer.verified_through}; later acts may be "
            "missing.",
        )
    ]


def _lists(docket: Docket, answer: Answer) -> list[tuple[str, str]]:
    """The lists below official that had a say in any part of the answer, under any facts that are
    not known.
    """
    scopes = docket.book.scopes
    names = dict.fromkeys(
        f"{scopes[name].name} ({scopes[name].confidence})"
        for name in answer.lists
        if scopes[name].confidence != "official"
    )
    return (
        [("list_not_official", f"Lists not read in official text: {'; '.join(names)}.")]
        if names
        else []
    )


def _schedule(docket: Docket, answer: Answer) -> list[tuple[str, str]]:
    query = answer.query
    if query.product.kind == "general" or whole_schedule(docket.book, query.importer):
        return []
    return [
        (
            "no_schedule",
            "No full schedule of this importer is held: lines are those that its lists name; "
            "another code may be any of its siblings.",
        )
    ]


def _ordinary(answer: Answer) -> list[tuple[str, str]]:
    """What the ordinary duty rests on where it is no plain row of a schedule."""
    found: list[tuple[str, str]] = []
    sourced = [row for row in answer.ordinary if row.source_ids]
    if sourced:
        told = list(
            dict.fromkeys(
                f"{row.duty} ({row.basis}; confidence {row.confidence})" for row in sourced
            )
        )
        named = f": {', '.join(told)}" if len(told) <= MOST_WORDS else ""
        found.append(
            (
                "ordinary_duty",
                f"Ordinary duty by line from single documents{named}. Held only for the days "
                "they speak of.",
            )
        )
    return found


def _gaps(docket: Docket, answer: Answer) -> list[tuple[str, str]]:
    """What the record knows that it lacks, where a product is asked; goods in general stand on no
    list and meet no gap.
    """
    if answer.query.product.kind == "general":
        return []
    programmes = {layer.programme for layer in answer.layers if layer.role in CHARGING_ROLES}
    rows = [
        row
        for row in docket.book.coverage
        if row.importer == docket.importer and row.gaps and row.programme in ("*", *programmes)
    ]
    mine = [
        row
        for row in rows
        if reaches(row.origin, docket.origin, docket.book.memberships, answer.query.instant)
    ]
    return (
        [
            (
                "gaps",
                "Known gaps of the record: "
                f"{'; '.join(sorted({row.gaps.rstrip('.') for row in mine}))}.",
            )
        ]
        if mine
        else []
    )


def _refunds(docket: Docket, answer: Answer) -> list[tuple[str, str]]:
    programmes = docket.book.programmes
    names = [
        layer.programme
        for layer in answer.layers
        if layer.role in CHARGING_ROLES and programmes[layer.programme].refundable_since
    ]
    return (
        [
            (
                "refundable",
                f"Later held unlawful and refundable: {', '.join(names)}. The rate is what was "
                "in force.",
            )
        ]
        if names
        else []
    )
