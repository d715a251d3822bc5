"""What one class of equal lines owes at an instant: fold each programme, stack the layers, try each
unknown fact both ways.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from tariffcli.errors import UsageError
from tariffcli.law.docket import Docket, Epoch, Truth, epoch_at
from tariffcli.law.facts import (
    ONE,
    ZERO,
    all_true,
    assignments,
    conditions_of,
    could_be_true,
    holds_for,
    share_of,
    unknown_facts,
)
from tariffcli.law.kinds import Effect, Role
from tariffcli.law.model import Condition, Event, FactValue, Layer, OrdinaryDuty, Outcome, Relation
from tariffcli.law.ordinary import Option, duties_in_question, options, settles, together
from tariffcli.law.products import LineClass
from tariffcli.law.stacking import relations_in_force, remaining_shares
from tariffcli.law.timeline import ruling, speciality, still_charged

ORDINARY = "ordinary"
"""The name under which stacking meets the ordinary duty: a relation that drops `*` drops it too."""

DIFFERS = "differs between the cases"
"""What is said of a layer that is not the same for all lines and facts."""


def assess(
    docket: Docket,
    lines: LineClass,
    moment: int,
    known_on: str | None,
    facts: Mapping[str, FactValue],
    mfn_pct: Decimal | None = None,
) -> Outcome:
    """The outcome for one class. `mfn_pct` supplies the ordinary duty where the record has none,
    and settles it where it is open.

    Facts that must be asked are tried at their extremes, and the range is over whole answers, never
    a sum of ranges.
    """
    epoch = epoch_at(docket, lines.scopes, moment, known_on)
    duties = duties_in_question(lines.duties, docket.origin, docket.book.memberships, moment)
    asked, cases = _cases(docket, epoch, duties, facts)
    if mfn_pct is not None:
        cases = _supplied(cases, mfn_pct)
    if len(cases) == 1 and len(cases[0].options) == 1:
        return _one(docket, epoch, cases[0].facts, cases[0].options[0])
    tried = [[_one(docket, epoch, case.facts, option) for option in case.options] for case in cases]
    return _compared(asked, cases, tried)


class Case(NamedTuple):
    """One combination of the facts that are not known, and the ordinary duties that may hold with
    it.
    """

    facts: Mapping[str, FactValue]
    options: tuple[Option, ...]


def _cases(
    docket: Docket, epoch: Epoch, duties: Sequence[OrdinaryDuty], facts: Mapping[str, FactValue]
) -> tuple[Mapping[str, tuple[Condition, ...]], list[Case]]:
    """The facts that must be asked, and every combination of their extremes with the known ones."""
    conditions = docket.book.conditions
    asked, read = _asked(docket, epoch, facts), epoch.facts
    if any(row.condition for row in duties):
        rows = (
            row for row in (*epoch.conditional, *duties) if could_be_true(row, conditions, facts)
        )
        asked = unknown_facts(rows, conditions, facts, "ask")
        read = read | {one.fact for row in duties for one in conditions_of(row, conditions)}
    known = {name: value for name, value in facts.items() if name in read}
    cases = [
        Case(each, options(duties, conditions, each))
        for each in assignments(asked, conditions, known)
    ]
    if not cases:
        raise UsageError("The shares of the value that were given add up to more than the whole.")
    return asked, cases


def _compared(
    asked: Iterable[str], cases: Sequence[Case], tried: Sequence[Sequence[Outcome]]
) -> Outcome:
    """One outcome over all cases: that of each where they agree, else their span and the facts that
    make the difference.
    """
    every = [outcome for outcomes in tried for outcome in outcomes]
    figures = [tuple(_figure(outcome) for outcome in outcomes) for outcomes in tried]
    if len({one for many in figures for one in many}) == 1:
        return every[0]
    given = [case.facts for case in cases]
    additional = [
        tuple((one.min_pct, one.max_pct, one.prohibited) for one in outcomes) for outcomes in tried
    ]
    return merge_outcomes(every)._replace(
        asked=tuple(name for name in asked if _matters(name, given, figures)),
        deciding=tuple(name for name in asked if _matters(name, given, additional)),
    )


def _figure(outcome: Outcome) -> tuple[object, ...]:
    return outcome.min_pct, outcome.max_pct, outcome.mfn_pct, outcome.mfn_text, outcome.prohibited


def _supplied(cases: Sequence[Case], mfn_pct: Decimal) -> list[Case]:
    """The cases once the ordinary duty that a user supplied is taken: it fills what is unknown and
    settles what is open.
    """
    if not settles([option for case in cases for option in case.options], mfn_pct):
        return list(cases)
    supplied = Option(mfn_pct, "", None)
    kept: list[Case] = []
    for case in cases:
        filled = (option if option.pct is not None else supplied for option in case.options)
        agreeing = tuple(dict.fromkeys(option for option in filled if option.pct == mfn_pct))
        if agreeing:
            kept.append(Case(case.facts, agreeing))
    return kept


def _matters(
    name: str, given: Sequence[Mapping[str, FactValue]], figures: Sequence[object]
) -> bool:
    """Whether some other value of a fact, all others kept, changes the figure."""
    seen: dict[tuple[tuple[str, FactValue], ...], object] = {}
    for facts, figure in zip(given, figures, strict=True):
        others = tuple(sorted((key, value) for key, value in facts.items() if key != name))
        if seen.setdefault(others, figure) != figure:
            return True
    return False


def _asked(
    docket: Docket, epoch: Epoch, facts: Mapping[str, FactValue]
) -> Mapping[str, tuple[Condition, ...]]:
    """The facts that must be asked: those of rows whose conditions can still come true."""
    if not epoch.conditional:
        return {}
    given = tuple(sorted((name, facts[name]) for name in epoch.facts if name in facts))
    found = epoch.asked.get(given)
    if found is None:
        conditions = docket.book.conditions
        rows = (event for event in epoch.conditional if could_be_true(event, conditions, facts))
        found = epoch.asked[given] = unknown_facts(rows, conditions, facts, "ask")
    return found


def _truth(epoch: Epoch, facts: Mapping[str, FactValue]) -> Truth:
    """Which of the epoch's conditions are true: rows and folds are the same for all facts with the
    same truth.
    """
    return tuple(
        (value := facts.get(one.fact)) is not None and holds_for(one, value) for one in epoch.read
    )


def _one(docket: Docket, epoch: Epoch, facts: Mapping[str, FactValue], option: Option) -> Outcome:
    """The outcome where every fact is known: fold, stack, sum."""
    truth = _truth(epoch, facts)
    ruled = epoch.ruled.get(truth)
    if ruled is None:
        ruled = epoch.ruled[truth] = _ruled(docket, epoch, facts)
    charged = {programme: event for programme, event in ruled if event.effect in ("rate", "floor")}
    shares = {programme: share_of(event.base, facts) for programme, event in charged.items()}
    left, lost = _stacked(docket, epoch, shares)
    ordinary = option.pct
    layers = tuple(
        _charged_layer(programme, event, left[programme], lost.get(programme), ordinary)
        if programme in charged
        else _silent_layer(programme, event)
        for programme, event in ruled
    )
    low, high = _sum(layers)
    unmet = epoch.unmet.get(truth)
    if unmet is None:
        unmet = epoch.unmet[truth] = _unmet(
            docket, epoch, {programme for programme, _ in ruled}, facts
        )
    layers += unmet
    dropped = left.get(ORDINARY, ONE) <= ZERO
    mfn_text = f"displaced ({lost[ORDINARY].act})" if dropped else option.text
    mfn = ZERO if dropped else ordinary
    prohibited = any(event.effect == "prohibit" for _, event in ruled)
    total_low, total_high = (
        (None, None)
        if mfn is None or prohibited
        else (low + mfn, None if high is None else high + mfn)
    )
    rows = () if option.row is None or dropped else (option.row,)
    return Outcome(
        low,
        high,
        mfn,
        mfn_text,
        layers,
        (),
        prohibited,
        total_low,
        total_high,
        rows,
        lists=_lists(layers),
    )


def _lists(layers: Sequence[Layer]) -> tuple[str, ...]:
    """The lists of the acts that decide layers: those charged, exempt, ended or unknown, but not
    those displaced or not met.
    """
    deciding = (
        layer.event.scope
        for layer in layers
        if layer.role not in ("displaced", "condition_not_met")
    )
    return tuple(dict.fromkeys(scope for scope in deciding if scope != "all"))


def _ruled(docket: Docket, epoch: Epoch, facts: Mapping[str, FactValue]) -> list[tuple[str, Event]]:
    """The row that rules each programme, of the rows whose conditions are true: the fold."""
    found: list[tuple[str, Event]] = []
    for programme, events in epoch.rows.items():
        true_rows = [
            event
            for event in events
            if not event.condition or all_true(event.condition, docket.book.conditions, facts)
        ]
        winner = ruling(true_rows) if true_rows else None
        if winner is not None:
            found.append((programme, still_charged(winner, true_rows)))
    return found


def _unmet(
    docket: Docket, epoch: Epoch, ruled: set[str], facts: Mapping[str, FactValue]
) -> tuple[Layer, ...]:
    """Programmes that would charge if a condition were met: the row that would, and what
    it asks.
    """
    conditions = docket.book.conditions
    found: list[Layer] = []
    for programme, events in epoch.rows.items():
        charging = [
            event
            for event in events
            if programme not in ruled and event.effect in ("rate", "floor") and event.condition
        ]
        unmet = [event for event in charging if not all_true(event.condition, conditions, facts)]
        if unmet:
            event = max(unmet, key=lambda one: (speciality(one), one.id))
            wanted = next(
                conditions[term.condition]
                for term in event.condition
                if not all_true((term,), conditions, facts)
            )
            found.append(
                Layer(
                    programme,
                    "condition_not_met",
                    ZERO,
                    ZERO,
                    ZERO,
                    event.rate_pct,
                    event,
                    wanted.question,
                )
            )
    return tuple(found)


def _stacked(
    docket: Docket, epoch: Epoch, shares: Mapping[str, Decimal]
) -> tuple[dict[str, Decimal], dict[str, Relation]]:
    if not epoch.relations or not shares:
        return dict(shares), {}
    met = {**shares, ORDINARY: ONE}
    present = tuple(met)
    displacements = epoch.displacements.get(present)
    if displacements is None:
        displacements = epoch.displacements[present] = _displacements(docket, epoch, present)
    return remaining_shares(met, displacements) if displacements else (met, {})


def _displacements(
    docket: Docket, epoch: Epoch, present: Sequence[str]
) -> dict[tuple[str, str], Relation]:
    """The displacements among the layers present; the ordinary duty drops nothing, and only `*`
    drops it.
    """
    found = relations_in_force(epoch.relations, present, docket.book.programmes)
    return {
        pair: row
        for pair, row in found.items()
        if pair[0] != ORDINARY and (pair[1] != ORDINARY or "*" in row.drops)
    }


def _charged_layer(
    programme: str, event: Event, left: Decimal, relation: Relation | None, ordinary: Decimal | None
) -> Layer:
    if left <= ZERO and relation is not None:
        return Layer(
            programme,
            "displaced",
            ZERO,
            ZERO,
            ZERO,
            event.rate_pct,
            event,
            f"displaced by {relation.when} ({relation.act})",
        )
    low, high = _leg(event, ordinary)
    low, high = low * left, high * left if high is not None else None
    if high is None or low != high:
        reason = (
            "the record does not establish the rate"
            if event.rate_pct is None
            else _open_reason(event)
        )
        return Layer(programme, "unknown", None, low, high, event.rate_pct, event, reason)
    reason = f"charged on {left * 100:f}% of the value" if left != ONE else ""
    role: Role = "floor" if event.effect == "floor" else "applies"
    return Layer(programme, role, low, low, low, event.rate_pct, event, reason)


def _open_reason(event: Event) -> str:
    if event.amount is not None:
        return (
            f"a specific duty of {event.amount} {event.currency} per {event.per} ({event.join}) "
            "is part of it"
        )
    if event.effect == "floor":
        return f"tops up the ordinary duty to {event.rate_pct:f}%; the ordinary duty is not known"
    return f"what holds is not established: {event.rate_pct:f} to {event.rate_max_pct:f}"


def _leg(event: Event, ordinary: Decimal | None) -> tuple[Decimal, Decimal | None]:
    """Least and most per cent that a row adds on the part of the value it is charged on."""
    rate = event.rate_pct
    if rate is None:
        return ZERO, None
    if event.amount is not None:
        return (ZERO, None) if event.join == "or" else (rate, None)
    if event.effect == "floor":
        top_up = max(ZERO, rate - ordinary) if ordinary is not None else None
        return (ZERO, rate) if top_up is None else (top_up, top_up)
    return rate, event.rate_max_pct if event.rate_max_pct is not None else rate


def _silent_layer(programme: str, event: Event) -> Layer:
    role, reason = _SILENT[event.effect]
    return Layer(programme, role, ZERO, ZERO, ZERO, event.rate_pct, event, reason)


_SILENT: Mapping[Effect, tuple[Role, str]] = {
    "exempt": ("exempt", "outside by law"),
    "prohibit": ("applies", "entry is prohibited"),
    "end": ("suspended", "does not reach these goods since this act"),
}
"""Role and reason where a row rules without charging."""


def _sum(layers: Sequence[Layer]) -> tuple[Decimal, Decimal | None]:
    low = sum((layer.min_pct for layer in layers), ZERO)
    tops = [layer.max_pct for layer in layers]
    return low, None if None in tops else sum((top for top in tops if top is not None), ZERO)


def merge_outcomes(outcomes: Sequence[Outcome]) -> Outcome:
    """One outcome that spans several: least, most, and the layers with what differs between them
    marked unknown.

    Ordinary duties that differ are no duty of the whole: no number, and words that tell them all or
    that they differ by line.
    """
    mfn = {outcome.mfn_pct for outcome in outcomes}
    return Outcome(
        min(outcome.min_pct for outcome in outcomes),
        _most([outcome.max_pct for outcome in outcomes]),
        mfn.pop() if len(mfn) == 1 else None,
        together([(outcome.mfn_pct, outcome.mfn_text, outcome.ordinary) for outcome in outcomes]),
        merged_layers([outcome.layers for outcome in outcomes]),
        tuple(dict.fromkeys(name for outcome in outcomes for name in outcome.asked)),
        any(outcome.prohibited for outcome in outcomes),
        _least([outcome.total_min_pct for outcome in outcomes]),
        _most([outcome.total_max_pct for outcome in outcomes]),
        tuple(dict.fromkeys(row for outcome in outcomes for row in outcome.ordinary)),
        tuple(dict.fromkeys(name for outcome in outcomes for name in outcome.deciding)),
        tuple(dict.fromkeys(scope for outcome in outcomes for scope in outcome.lists)),
    )


def _least(values: Sequence[Decimal | None]) -> Decimal | None:
    return None if None in values else min(value for value in values if value is not None)


def _most(values: Sequence[Decimal | None]) -> Decimal | None:
    return None if None in values else max(value for value in values if value is not None)


def merged_layers(many: Sequence[Sequence[Layer]]) -> tuple[Layer, ...]:
    """The layers of several outcomes as one list: those equal everywhere as they are, the others
    with their span.
    """
    merged: list[Layer] = []
    for programme in dict.fromkeys(layer.programme for layers in many for layer in layers):
        versions = [
            next((layer for layer in layers if layer.programme == programme), None)
            for layers in many
        ]
        shown = [layer for layer in versions if layer is not None]
        first = max(
            shown, key=lambda layer: (layer.max_pct is None, layer.max_pct or ZERO, layer.event.id)
        )
        if (
            None not in versions
            and len({(layer.rate_pct, layer.role, layer.max_pct) for layer in shown}) == 1
        ):
            merged.append(first)
            continue
        low = ZERO if None in versions else min(layer.min_pct for layer in shown)
        high = _most([layer.max_pct for layer in shown])
        if low == high:
            merged.append(first._replace(rate_pct=low, min_pct=low, max_pct=high))
        else:
            merged.append(
                first._replace(
                    role="unknown", rate_pct=None, min_pct=low, max_pct=high, reason=DIFFERS
                )
            )
    return tuple(merged)
