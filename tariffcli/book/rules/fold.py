"""Rules on rows that meet: what a later act does to an earlier one must stand in the record, never in row order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from tariffcli.book.assemble import Parts, Placed
from tariffcli.book.rules.overlap import Overlap
from tariffcli.book.rules.registry import Offence, rule
from tariffcli.law.instants import day_of
from tariffcli.law.model import RULING, Event
from tariffcli.law.timeline import in_force, living, says, speciality, wipes


def _by_programme(parts: Parts) -> Iterable[tuple[str, list[Placed]]]:
    found: dict[str, list[Placed]] = {}
    for _, placed in parts.all_events():
        if placed.value.status == "law":
            for programme in placed.value.programmes:
                found.setdefault(programme, []).append(placed)
    return found.items()


def _broader(later: Event, earlier: Event) -> bool:
    """Whether the later row is broader than the earlier in origin or product, so that neither default would be safe."""
    return later.origin.narrowness < earlier.origin.narrowness or (later.scope == "all" and earlier.scope != "all")


@rule("U01")
def a_broader_later_act_says_what_it_undoes(parts: Parts) -> Iterable[Offence]:
    """A later, broader row meets an earlier, narrower one: `undoes` must say none, earlier or which rows."""
    overlap = Overlap(parts)
    for _, rows in _by_programme(parts):
        ruling = [placed for placed in rows if placed.value.effect in RULING]
        for later in ruling:
            if later.value.undoes or later.value.effect == "end":
                continue
            for earlier in ruling:
                if (
                    earlier.value.announced < later.value.announced
                    and _broader(later.value, earlier.value)
                    and overlap.meet(later.value, earlier.value)
                ):
                    yield later, f"{later.value.id} meets {earlier.value.id}"
                    break


@rule("U02")
def a_rate_after_an_exemption_says_so(parts: Parts) -> Iterable[Offence]:
    """A rate announced after an overlapping open exemption: `undoes` must name the exemption or say none."""
    overlap = Overlap(parts)
    for _, rows in _by_programme(parts):
        exemptions = [placed for placed in rows if placed.value.effect == "exempt" and placed.value.until is None]
        for later in rows:
            if later.value.effect not in ("rate", "floor") or later.value.undoes:
                continue
            for earlier in exemptions:
                if earlier.value.announced < later.value.announced and overlap.meet(later.value, earlier.value):
                    yield later, f"{later.value.id} meets {earlier.value.id}"
                    break


@rule("U03")
def no_two_rows_rule_equally(parts: Parts) -> Iterable[Offence]:
    """Two rows rule the same goods equally and say different things: the record must say which."""
    overlap = Overlap(parts)
    for _, rows in _by_programme(parts):
        ranks: dict[tuple[object, ...], list[Placed]] = {}
        for placed in rows:
            if placed.value.effect in RULING:
                ranks.setdefault(speciality(placed.value), []).append(placed)
        for equal in ranks.values():
            yield from _ties(equal, overlap)


def _ties(equal: Sequence[Placed], overlap: Overlap) -> Iterable[Offence]:
    for index, placed in enumerate(equal):
        for other in equal[:index]:
            one, two = placed.value, other.value
            if says(one) != says(two) and not wipes(one, two) and not wipes(two, one) and overlap.meet(one, two) and not _exclude(one, two):
                yield placed, f"{one.id} and {two.id}"


def _exclude(one: Event, two: Event) -> bool:
    """Whether two rows' conditions contradict each other (`x` and `!x`)."""
    return any(mine.condition == theirs.condition and mine.negated != theirs.negated for mine in one.condition for theirs in two.condition)


@rule("U04")
def rows_do_not_undo_in_a_circle(parts: Parts) -> Iterable[Offence]:
    """Rows take one another away in a circle."""
    for importer, placed in parts.all_events():
        rows = {other.value.id: other.value for other in parts.events[importer]}
        trail, waiting = set[str](), list(placed.value.undoes)
        while waiting:
            name = waiting.pop()
            if name == placed.value.id:
                yield placed, placed.value.id
                break
            if name in rows and name not in trail:
                trail.add(name)
                waiting += rows[name].undoes


@rule("U05")
def an_expiry_nobody_verified_has_a_sequel(parts: Parts) -> Iterable[Offence]:
    """A row ran out after the last verified day: the record needs a later row of its programme, or an open range."""
    compiled = next((row["value"] for _, _, row in parts.rows("meta") if row["key"] == "compiled"), "")
    zones = {placed.value.id: (placed.value.zone, placed.value.importer) for placed in parts.programmes}
    verified: dict[str, str] = {}
    for placed in parts.coverage:
        if not placed.value.covered_until:
            verified[placed.value.importer] = max(verified.get(placed.value.importer, ""), placed.value.verified_through)
    overlap = Overlap(parts)
    for programme, rows in _by_programme(parts):
        zone, importer = zones.get(programme, ("UTC", ""))
        for placed in rows:
            row = placed.value
            if row.until is None or row.effect not in RULING or importer not in verified or row.condition:
                continue
            day = day_of(row.until, zone)
            if verified[importer] < day <= compiled and _stood(row, rows) and not _followed(row, day, rows, overlap):
                yield placed, f"{row.id} ran out on {day}"


def _stood(row: Event, rows: Sequence[Placed]) -> bool:
    """Whether the row still lived when it ran out: what a later act had ended leaves no question."""
    assert row.until is not None
    moment = row.until - 1
    return row in living([other.value for other in rows if in_force(other.value, moment, None) and not other.value.condition])


def _followed(row: Event, day: str, rows: Sequence[Placed], overlap: Overlap) -> bool:
    eve = (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    return any(
        other.value.id != row.id
        and other.value.announced >= eve
        and other.value.effect in (*RULING, "exempt")
        and overlap.origins(other.value.origin, row.origin)
        and overlap.scopes(other.value.scope, row.scope)
        for other in rows
    )
