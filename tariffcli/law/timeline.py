"""The fold: which of a programme's rows rules at an instant, as known on a day.

A row lives unless a living row undoes it. A living exemption stands above all; else the most
special row rules: one with a condition before one without, then the narrower origin, the narrower
scope, the later announced, the later effective, the bounded before the open-ended. See
docs/decisions/0001-the-fold.md for the facts that broke simpler rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tariffcli.errors import RecordError
from tariffcli.law.instants import holds
from tariffcli.law.kinds import RULING
from tariffcli.law.model import Event


def in_force(event: Event, moment: int, known_on: str | None) -> bool:
    """Whether a row is law, was announced by `known_on`, and its span contains `moment`."""
    return (
        event.status == "law"
        and (known_on is None or event.announced <= known_on)
        and holds(event.effective, event.until, moment)
    )


def wipes(killer: Event, event: Event) -> bool:
    """Whether `killer`, if it lives, takes `event` away: by name, or because it undoes all that is
    earlier.
    """
    if event.id in killer.undoes:
        return True
    return (
        ("earlier" in killer.undoes or killer.effect == "end")
        and event.effect in RULING
        and event.announced < killer.announced
    )


def living(candidates: Sequence[Event]) -> list[Event]:
    """The candidates that no living candidate takes away, in the order given.

    A killed row kills nothing, so a stay of a ruling, or a reversal, brings back what the ruling
    had ended. Raises RecordError when rows take one another away in a circle.
    """
    killers = [
        event
        for event in candidates
        if event.undoes != ("none",) and (event.undoes or event.effect == "end")
    ]
    if not killers:
        return list(candidates)
    killers.sort(key=lambda event: (event.announced, event.effective, event.id), reverse=True)
    fate: dict[str, bool] = {}

    def lives(event: Event, trail: tuple[str, ...]) -> bool:
        if event.id in trail:
            raise RecordError(
                f"These rows take one another away: {', '.join(trail)}. Run `tariff check`."
            )
        if event.id not in fate:
            fate[event.id] = not any(
                killer.id != event.id and wipes(killer, event) and lives(killer, (*trail, event.id))
                for killer in killers
            )
        return fate[event.id]

    return [event for event in candidates if lives(event, ())]


def speciality(event: Event) -> tuple[bool, int, bool, str, int, bool]:
    """What makes one row rule over another, greatest first."""
    return (
        bool(event.condition),
        event.origin.narrowness,
        event.scope != "all",
        event.announced,
        event.effective,
        event.until is not None,
    )


def ruling(candidates: Sequence[Event]) -> Event | None:
    """The row that rules among candidates of one programme, all in force and true; None when there
    is none.

    Raises RecordError when two different rows are equally special: the record must say which, never
    row order.
    """
    alive = living(candidates)
    exempt = [event for event in alive if event.effect == "exempt"]
    if exempt:
        return max(exempt, key=lambda event: (speciality(event), event.id))
    contest = [event for event in alive if event.effect in RULING]
    if not contest:
        return None
    best = max(contest, key=speciality)
    rank = speciality(best)
    for other in contest:
        if other is not best and speciality(other) == rank and says(other) != says(best):
            raise RecordError(
                f"Rows {best.id} and {other.id} rule the same goods equally. Run `tariff check`."
            )
    return min(
        (event for event in contest if speciality(event) == rank), key=lambda event: event.id
    )


def still_charged(winner: Event, candidates: Sequence[Event]) -> Event:
    """The row to show for a programme: its end rather than an exemption from what has ended."""
    if winner.effect != "exempt":
        return winner
    other = ruling([event for event in candidates if event.effect != "exempt"])
    return other if other is not None and other.effect == "end" else winner


def says(event: Event) -> tuple[object, ...]:
    """What a row charges: two rows that say the same may rule equally."""
    return (
        event.effect,
        event.rate_pct,
        event.rate_max_pct,
        event.base,
        event.amount,
        event.currency,
        event.per,
        event.join,
    )


def by_programme(events: Iterable[Event]) -> Mapping[str, list[Event]]:
    """Rows sorted into their programmes; an act that speaks of several stands in each."""
    found: dict[str, list[Event]] = {}
    for event in events:
        for programme in event.programmes:
            found.setdefault(programme, []).append(event)
    return found
