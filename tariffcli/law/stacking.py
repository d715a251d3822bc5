"""Stacking: how the layers of different programmes meet. They add, unless a dated relation says
that one displaces another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from tariffcli.errors import RecordError
from tariffcli.law.facts import ONE, ZERO
from tariffcli.law.model import Programme, Relation


def names(selector: str, present: Iterable[str], programmes: Mapping[str, Programme]) -> list[str]:
    """The programmes among `present` that a name, a family (`@s232`) or `*` stands for."""
    if selector == "*":
        return list(present)
    if selector.startswith("@"):
        family = selector[1:]
        return [
            name for name in present if name in programmes and programmes[name].family == family
        ]
    return [name for name in present if name == selector]


def relations_in_force(
    relations: Sequence[Relation], present: Sequence[str], programmes: Mapping[str, Programme]
) -> dict[tuple[str, str], Relation]:
    """The displacements among the programmes `present`, of relations all in force: (displacer,
    displaced) -> relation.

    Relations are folded like events: one per pair, whichever way round it points; the later
    announced rules, and `adds` ends a displacement. Raises RecordError when two relations of a pair
    are equally late and disagree.
    """
    pairs: dict[frozenset[str], list[tuple[tuple[str, int], str, str, Relation]]] = {}
    for relation in relations:
        rank = (relation.announced, relation.effective)
        for when in names(relation.when, present, programmes):
            for selector in relation.drops:
                for dropped in names(selector, present, programmes):
                    if dropped == when:
                        continue
                    pairs.setdefault(frozenset((when, dropped)), []).append(
                        (rank, when, dropped, relation)
                    )
    latest = (_latest(rows) for rows in pairs.values())
    return {(when, dropped): row for _, when, dropped, row in latest if row.mode == "displaces"}


def _latest(
    rows: Sequence[tuple[tuple[str, int], str, str, Relation]],
) -> tuple[tuple[str, int], str, str, Relation]:
    """The relation of a pair that rules: the last announced, then the last effective."""
    top = max(rank for rank, _, _, _ in rows)
    best = sorted((row for row in rows if row[0] == top), key=lambda row: row[3].id)
    for other in best[1:]:
        if (other[1], other[3].mode) != (best[0][1], best[0][3].mode):
            raise RecordError(
                f"Stacking rows {best[0][3].id} and {other[3].id} disagree. Run `tariff check`."
            )
    return best[0]


def remaining_shares(
    shares: Mapping[str, Decimal], displacements: Mapping[tuple[str, str], Relation]
) -> tuple[dict[str, Decimal], dict[str, Relation]]:
    """What share of the value each layer is still charged on, and by which relation a layer lost
    part of it.

    `shares` has the layers that apply, each with the share of the value it is charged on. A
    relation is applied after every relation that could drop its displacer; a layer with nothing
    left displaces nothing; shares are subtracted. Raises RecordError when displacements run in a
    circle.
    """
    left = dict(shares)
    lost: dict[str, Relation] = {}
    waiting = dict(displacements)
    while waiting:
        ready = [pair for pair in waiting if not any(pair[0] == dropped for _, dropped in waiting)]
        if not ready:
            raise RecordError(
                "Stacking runs in a circle: "
                f"{', '.join(sorted(row.id for row in waiting.values()))}. Run `tariff check`."
            )
        for pair in ready:
            displacer, dropped = pair
            relation = waiting.pop(pair)
            if left[displacer] > ZERO and shares[displacer] > ZERO:
                left[dropped] = max(ZERO, left[dropped] - min(shares[displacer], ONE))
                lost[dropped] = relation
    return left, lost
