"""Rules on a single event row."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tariffcli.book.assemble import Parts, Placed
from tariffcli.book.rules.registry import Offence, rule
from tariffcli.law.kinds import CONDITION_KINDS, CONFIDENCE, EFFECTS, JOINS, STATUSES, WHEN_UNKNOWN

UNITS = ("item", "kg", "g", "t", "l", "hl", "m2", "m3", "W", "pair", "dozen", "number")
FLAGS = ("--loaded", "--mode", "--metal-share", "--in-quota", "--postal", "--value")


def _events(parts: Parts) -> Iterable[Placed]:
    return (placed for _, placed in parts.all_events())


@rule("E01")
def effects_are_known_words(parts: Parts) -> Iterable[Offence]:
    """`effect` must be rate, floor, exempt, end, undo or prohibit."""
    return (
        (placed, f"{placed.value.id}: {placed.value.effect}")
        for placed in _events(parts)
        if placed.value.effect not in EFFECTS
    )


@rule("E02")
def statuses_are_known_words(parts: Parts) -> Iterable[Offence]:
    """`status` must be law, reported or threatened."""
    return (
        (placed, f"{placed.value.id}: {placed.value.status}")
        for placed in _events(parts)
        if placed.value.status not in STATUSES
    )


@rule("E03")
def confidences_are_known_words(parts: Parts) -> Iterable[Offence]:
    """`confidence` must be official, transcribed, secondary, single, memory or open."""
    return (
        (placed, f"{placed.value.id}: {placed.value.confidence}")
        for placed in _events(parts)
        if placed.value.confidence not in CONFIDENCE
    )


@rule("E04")
def rows_end_after_they_start(parts: Parts) -> Iterable[Offence]:
    """`until` must be later than `effective`."""
    for placed in (*_events(parts), *parts.relations):
        if placed.value.until is not None and placed.value.until <= placed.value.effective:
            yield placed, placed.value.id


@rule("E05")
def only_charges_carry_a_rate(parts: Parts) -> Iterable[Offence]:
    """A row that is exempt, end, undo or prohibit carries no rate."""
    for placed in _events(parts):
        row = placed.value
        if row.effect in ("exempt", "end", "undo", "prohibit") and (
            row.rate_pct is not None or row.amount is not None
        ):
            yield placed, row.id


@rule("E06")
def open_rows_are_ranges(parts: Parts) -> Iterable[Offence]:
    """A range (`rate_max_pct`, above `rate_pct`) goes with confidence open, and open with a range
    or a blank rate.
    """
    for placed in _events(parts):
        row = placed.value
        if row.effect == "floor" and row.rate_max_pct is not None:
            wrong = True
        elif row.rate_max_pct is None:
            wrong = row.confidence == "open" and row.effect == "rate" and row.rate_pct is not None
        else:
            wrong = (
                row.confidence != "open" or row.rate_pct is None or row.rate_max_pct <= row.rate_pct
            )
        if wrong:
            yield placed, row.id


@rule("E07")
def an_undo_names_its_rows(parts: Parts) -> Iterable[Offence]:
    """An `undo` row must name the rows it takes back."""
    for placed in _events(parts):
        if placed.value.effect == "undo" and (
            not placed.value.undoes or set(placed.value.undoes) & {"none", "earlier"}
        ):
            yield placed, placed.value.id


@rule("E08")
def amounts_have_units(parts: Parts) -> Iterable[Offence]:
    """A specific duty needs amount, a three-letter currency, a known unit in `per`, and `join`
    plus, or, greater.
    """
    for placed in _events(parts):
        row = placed.value
        if row.amount is None:
            wrong = bool(row.currency or row.per or row.join)
        else:
            wrong = len(row.currency) != 3 or row.per not in UNITS or row.join not in JOINS
        if wrong:
            yield placed, row.id


@rule("E09")
def bases_are_shares(parts: Parts) -> Iterable[Offence]:
    """`base` must be a condition of kind share that carries the fact's own name and no test."""
    shares = {
        one.value.id
        for one in parts.conditions
        if one.value.kind == "share" and not one.value.test and one.value.id == one.value.fact
    }
    for placed in _events(parts):
        if placed.value.base and placed.value.base.removeprefix("!") not in shares:
            yield placed, f"{placed.value.id}: {placed.value.base}"


@rule("E10")
def law_is_cited(parts: Parts) -> Iterable[Offence]:
    """A row of law names at least one source, and its act unless its `confidence` is open."""
    for placed in _events(parts):
        row = placed.value
        cited = row.act_ids or row.confidence == "open"
        if row.status == "law" and not (cited and row.source_ids):
            yield placed, row.id


@rule("E11")
def floors_have_a_figure(parts: Parts) -> Iterable[Offence]:
    """A `floor` row needs the figure it tops up to."""
    return (
        (placed, placed.value.id)
        for placed in _events(parts)
        if placed.value.effect == "floor" and placed.value.rate_pct is None
    )


@rule("E12")
def a_row_speaks_of_one_importer(parts: Parts) -> Iterable[Offence]:
    """All programmes of a row belong to the importer whose file it stands in."""
    importer_of = {placed.value.id: placed.value.importer for placed in parts.programmes}
    for importer, placed in parts.all_events():
        if any(importer_of.get(name, importer) != importer for name in placed.value.programmes):
            yield placed, placed.value.id


@rule("E13")
def undoing_looks_back(parts: Parts) -> Iterable[Offence]:
    """A row can only undo rows announced on the same day or before, of a programme it shares."""
    for events in parts.events.values():
        rows = {placed.value.id: placed.value for placed in events}
        for placed in events:
            row = placed.value
            for name in row.undoes:
                other = rows.get(name)
                if other and (
                    other.announced > row.announced
                    or not set(other.programmes) & set(row.programmes)
                    or other.id == row.id
                ):
                    yield placed, f"{row.id} undoes {name}"


@rule("E14")
def undoes_says_one_thing(parts: Parts) -> Iterable[Offence]:
    """`undoes` may not mix `none` or `earlier` with ids."""
    for placed in _events(parts):
        if len(placed.value.undoes) > 1 and set(placed.value.undoes) & {"none", "earlier"}:
            yield placed, placed.value.id


@rule("N01")
def condition_words_are_known(parts: Parts) -> Iterable[Offence]:
    """A condition is yes_no, instant, share, amount or choice; when unknown assume_no or ask; and
    says which flag gives it.
    """
    for placed in parts.conditions:
        row = placed.value
        known = row.kind in CONDITION_KINDS and row.when_unknown in WHEN_UNKNOWN
        if not known or not row.flag or not row.fact:
            yield placed, row.id


@rule("N02")
def conditions_have_their_test(parts: Parts) -> Iterable[Offence]:
    """A yes_no condition has no test; an instant or amount needs <, <=, > or >=, a share may have
    one; a choice needs =.
    """
    order = ("<", "<=", ">", ">=")
    allowed = {
        "yes_no": ("",),
        "instant": order,
        "amount": order,
        "share": ("", *order),
        "choice": ("=",),
    }
    for placed in parts.conditions:
        row = placed.value
        if row.test not in allowed.get(row.kind, (row.test,)):
            yield placed, row.id


@rule("N03")
def a_fact_has_one_kind(parts: Parts) -> Iterable[Offence]:
    """Conditions that read the same fact have the same kind."""
    kinds: dict[str, str] = {}
    for placed in parts.conditions:
        if kinds.setdefault(placed.value.fact, placed.value.kind) != placed.value.kind:
            yield placed, placed.value.id


@rule("N04")
def flags_are_the_programs(parts: Parts) -> Iterable[Offence]:
    """A condition's flag is one that the program has: `--claim NAME`, --loaded, --mode,
    --metal-share, --in-quota, --postal or --value.
    """
    for placed in parts.conditions:
        if placed.value.flag not in FLAGS and not re.fullmatch(
            r"--claim [a-z0-9-]+", placed.value.flag
        ):
            yield placed, f"{placed.value.id}: {placed.value.flag}"
