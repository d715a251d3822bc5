"""What an answer must say beside its number: changes during the day, how far it was verified, lists not read officially."""

from __future__ import annotations

from tariffcli.law.docket import Docket
from tariffcli.law.engine import CHARGED
from tariffcli.law.instants import day_of, start_of_day, to_wall
from tariffcli.law.model import Answer
from tariffcli.law.outlook import changes_between


def notes(docket: Docket, answer: Answer, whole_day: bool) -> list[tuple[str, str]]:
    """(code, text) notes on an answer. `whole_day`: the query named a bare day, so changes within it are told."""
    if answer.status == "outside_coverage":
        return []
    found: list[tuple[str, str]] = []
    if answer.query.product.kind == "general":
        found.append(("general", "General means goods on no special list, which is what headlines quote; a product may owe more or less."))
    if whole_day:
        found += _changes_of_the_day(docket, answer)
    found += _verification(docket, answer)
    found += _lists(docket, answer)
    found += _schedule(docket, answer)
    found += _refunds(docket, answer)
    return found


def _changes_of_the_day(docket: Docket, answer: Answer) -> list[tuple[str, str]]:
    query = answer.query
    zone = docket.book.zones[query.importer]
    first = start_of_day(day_of(query.instant, zone), zone) - 1
    return [
        (
            "day_change",
            f"It changed that day at {to_wall(change.instant, zone)[11:]}: from {_span(change.before)} to {_span(change.after)}.",
        )
        for change in changes_between(docket, query, first, query.instant)
    ]


def _span(answer: Answer) -> str:
    if answer.min_pct is None:
        return answer.status
    if answer.min_pct == answer.max_pct:
        return f"{answer.min_pct:f}%"
    return f"{answer.min_pct:f}% to {answer.max_pct:f}%" if answer.max_pct is not None else f"at least {answer.min_pct:f}%"


def _verification(docket: Docket, answer: Answer) -> list[tuple[str, str]]:
    zone = docket.book.zones[answer.query.importer]
    day = day_of(answer.query.instant, zone)
    if day <= answer.verified_through:
        return []
    return [("after_verification", f"The record was last verified through {answer.verified_through}; later acts may be missing.")]


def _lists(docket: Docket, answer: Answer) -> list[tuple[str, str]]:
    scopes = docket.book.scopes
    names = dict.fromkeys(
        scopes[layer.event.scope].name + f" ({scopes[layer.event.scope].confidence})"
        for layer in answer.layers
        if layer.role in (*CHARGED, "exempt") and layer.event.scope != "all" and scopes[layer.event.scope].confidence != "official"
    )
    return [("list_not_official", f"Lists not read in official text: {'; '.join(names)}.")] if names else []


def _schedule(docket: Docket, answer: Answer) -> list[tuple[str, str]]:
    query = answer.query
    if query.product.kind == "general" or docket.book.lines(query.importer, ""):
        return []
    return [
        (
            "no_schedule",
            "No full schedule of this importer is held: lines are those that its lists name; another code may be any of its siblings.",
        )
    ]


def _refunds(docket: Docket, answer: Answer) -> list[tuple[str, str]]:
    programmes = docket.book.programmes
    names = [layer.programme for layer in answer.layers if layer.role in CHARGED and programmes[layer.programme].refundable_since]
    return [("refundable", f"Later held unlawful and refundable: {', '.join(names)}. The rate is what was in force.")] if names else []
