"""Rules on rows that meet.

What a later act does to an earlier one must stand in the record, never in the order of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice

from tariffcli.book.assemble import Parts, Placed
from tariffcli.book.rules.overlap import Overlap
from tariffcli.book.rules.registry import Offence, rule
from tariffcli.law.instants import day_of
from tariffcli.law.kinds import RULING
from tariffcli.law.model import Event
from tariffcli.law.timeline import in_force, living, says, speciality, wipes


def _by_programme(parts: Parts) -> Iterable[tuple[str, list[Placed]]]:
    found: dict[str, list[Placed]] = {}
    for _, placed in parts.all_events():
        if placed.value.status == "law":
            for programme in placed.value.programmes:
                found.setdefault(programme, []).append(placed)
    return found.items()


def _reach(event: Event) -> tuple[object, ...]:
    """When, where and over what a row reaches: rows that are alike in this meet the same rows."""
    return (event.announced, event.origin.text, event.scope, event.effective, event.until)


def _first_of_each(rows: Sequence[Placed]) -> list[Placed]:
    """The first of the rows of each reach. Thousands of equal rows are held against others once."""
    found: dict[tuple[object, ...], Placed] = {}
    for placed in rows:
        found.setdefault(_reach(placed.value), placed)
    return list(found.values())


def _broader(later: Event, earlier: Event) -> bool:
    """Whether the later row is broader than the earlier in origin or product, so that neither
    default would be safe.
    """
    return later.origin.narrowness < earlier.origin.narrowness or (
        later.scope == "all" and earlier.scope != "all"
    )


@rule("U01")
def a_broader_later_act_says_what_it_undoes(parts: Parts) -> Iterable[Offence]:
    """A later, broader row meets an earlier, narrower one: `undoes` must say none, earlier or which
    rows.
    """
    overlap = Overlap(parts)
    for _, rows in _by_programme(parts):
        ruling = [placed for placed in rows if placed.value.effect in RULING]
        alike = _first_of_each(ruling)
        for later in ruling:
            if later.value.undoes or later.value.effect == "end":
                continue
            for earlier in alike:
                if (
                    earlier.value.announced < later.value.announced
                    and _broader(later.value, earlier.value)
                    and overlap.meet(later.value, earlier.value)
                ):
                    yield later, f"{later.value.id} meets {earlier.value.id}"
                    break


@rule("U02")
def a_rate_after_an_exemption_says_so(parts: Parts) -> Iterable[Offence]:
    """A rate announced after an overlapping open exemption: `undoes` must name the exemption or say
    none.
    """
    overlap = Overlap(parts)
    for _, rows in _by_programme(parts):
        exemptions = [
            placed
            for placed in rows
            if placed.value.effect == "exempt" and placed.value.until is None
        ]
        alike = _first_of_each(exemptions)
        for later in rows:
            if later.value.effect not in ("rate", "floor") or later.value.undoes:
                continue
            for earlier in alike:
                if earlier.value.announced < later.value.announced and overlap.meet(
                    later.value, earlier.value
                ):
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
    """Rows of one rank that say different things; each names the first that it is held against.
    Alike rows are held once.
    """
    kinds: dict[tuple[object, ...], list[Placed]] = {}
    for placed in equal:
        one = placed.value
        for others in kinds.values():
            named = set(one.undoes) - {"none", "earlier"}  # then it matters which of them it is
            tied = next(
                (
                    other
                    for other in (others if named else others[:1])
                    if _tie(one, other.value, overlap)
                ),
                None,
            )
            if tied is not None:
                yield placed, f"{one.id} and {tied.value.id}"
                break
        key = (*_reach(one), says(one), one.condition, one.undoes)
        kinds.setdefault(key, []).append(placed)


def _tie(one: Event, two: Event, overlap: Overlap) -> bool:
    return (
        says(one) != says(two)
        and not wipes(one, two)
        and not wipes(two, one)
        and overlap.meet(one, two)
        and not _exclude(one, two)
    )


def _exclude(one: Event, two: Event) -> bool:
    """Whether two rows' conditions contradict each other (`x` and `!x`)."""
    return any(
        mine.condition == theirs.condition and mine.negated != theirs.negated
        for mine in one.condition
        for theirs in two.condition
    )


@rule("U04")
def rows_do_not_undo_in_a_circle(parts: Parts) -> Iterable[Offence]:
    """Rows take one another away in a circle."""
    for events in parts.events.values():
        rows = {placed.value.id: placed.value.undoes for placed in events}
        circling = _reaching_circles(events)
        for placed in events:
            if placed.value.id in circling and _undoes_itself(placed.value, rows):
                yield placed, placed.value.id


def _reaching_circles(events: Sequence[Placed]) -> set[str]:
    """The rows from which a circle can be reached.

    They are what is left when rows that undo nothing are taken away again and again. Rows that
    share an id, which is a finding of its own, count as one that undoes what any of them does.
    """
    left: dict[str, set[str]] = {placed.value.id: set() for placed in events}
    for placed in events:
        left[placed.value.id].update(name for name in placed.value.undoes if name in left)
    undone_by: dict[str, list[str]] = {}
    for name, undoes in left.items():
        for other in undoes:
            undone_by.setdefault(other, []).append(name)
    waiting = [name for name, undoes in left.items() if not undoes]
    while waiting:
        gone = waiting.pop()
        del left[gone]
        for name in undone_by.get(gone, ()):
            left[name].discard(gone)
            if not left[name]:
                waiting.append(name)
    return set(left)


def _undoes_itself(row: Event, rows: Mapping[str, Sequence[str]]) -> bool:
    trail, waiting = set[str](), list(row.undoes)
    while waiting:
        name = waiting.pop()
        if name == row.id:
            return True
        if name in rows and name not in trail:
            trail.add(name)
            waiting += rows[name]
    return False


@rule("U05")
def an_expiry_nobody_verified_has_a_sequel(parts: Parts) -> Iterable[Offence]:
    """A row ran out after the last verified day: the record needs a later row of its programme, or
    an open range.
    """
    compiled = next(
        (row["value"] for _, _, row in parts.rows("meta") if row["key"] == "compiled"), ""
    )
    zones = {
        placed.value.id: (placed.value.zone, placed.value.importer) for placed in parts.programmes
    }
    verified: dict[str, str] = {}
    for placed in parts.coverage:
        if not placed.value.covered_until:
            verified[placed.value.importer] = max(
                verified.get(placed.value.importer, ""), placed.value.verified_through
            )
    overlap = Overlap(parts)
    for programme, rows in _by_programme(parts):
        zone, importer = zones.get(programme, ("UTC", ""))
        questions = _Sequels([placed.value for placed in rows], overlap)
        for placed in rows:
            row = placed.value
            if (
                row.until is None
                or row.effect not in RULING
                or importer not in verified
                or row.condition
            ):
                continue
            day = day_of(row.until, zone)
            if (
                verified[importer] < day <= compiled
                and questions.stood(row)
                and not questions.followed(row, day)
            ):
                yield placed, f"{row.id} ran out on {day}"


class _Sequels:
    """What stood in a programme and what came after it; asked once for rows that are alike."""

    def __init__(self, rows: Sequence[Event], overlap: Overlap) -> None:
        self._rows, self._overlap = rows, overlap
        self._alive: dict[int, set[str]] = {}
        self._after: dict[tuple[str, str, str], list[str]] = {}

    def stood(self, row: Event) -> bool:
        """Whether the row still lived when it ran out: what a later act had ended leaves no
        question.
        """
        assert row.until is not None
        moment = row.until - 1
        if moment not in self._alive:
            there = [
                other
                for other in self._rows
                if in_force(other, moment, None) and not other.condition
            ]
            self._alive[moment] = {other.id for other in living(there)}
        return row.id in self._alive[moment]

    def followed(self, row: Event, day: str) -> bool:
        """Whether another row of its goods was announced when it ran out, or later."""
        key = (day, row.origin.text, row.scope)
        if key not in self._after:
            self._after[key] = list(islice(dict.fromkeys(self._followers(row, day)), 2))
        return any(name != row.id for name in self._after[key])

    def _followers(self, row: Event, day: str) -> Iterable[str]:
        eve = (date.fromisoformat(day) - timedelta(days=1)).isoformat()
        for other in self._rows:
            if (
                other.announced >= eve
                and other.effect in (*RULING, "exempt")
                and self._overlap.origins(other.origin, row.origin)
                and self._overlap.scopes(other.scope, row.scope)
            ):
                yield other.id
