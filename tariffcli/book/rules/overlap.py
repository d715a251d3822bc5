"""Whether two rows can meet: their spans, origins and products have something in common."""

from __future__ import annotations

from tariffcli.book.assemble import Parts
from tariffcli.law.model import Event, Selector


class Overlap:
    """Answers for one record, each pair worked out once."""

    def __init__(self, parts: Parts) -> None:
        self._members: dict[str, set[str]] = {}
        for placed in parts.memberships:
            self._members.setdefault(placed.value.area, set()).add(placed.value.member)
        codes = {row["code"] for _, _, row in parts.rows("countries")}
        named = {
            code
            for _, placed in parts.all_events()
            for code in (*placed.value.origin.named, *placed.value.origin.but_named)
        }
        self._world = codes | named | {"zz"}
        self._signs = {
            scope: {placed.value.prefix: placed.value.inside for placed, _ in rows}
            for scope, rows in parts.listings.items()
        }
        self._pairs: dict[tuple[str, str], bool] = {}
        self._reach: dict[str, set[str]] = {}

    def meet(self, one: Event, two: Event) -> bool:
        """Whether some goods at some instant are reached by both rows."""
        return (
            (one.until is None or two.effective < one.until)
            and (two.until is None or one.effective < two.until)
            and self.origins(one.origin, two.origin)
            and self.scopes(one.scope, two.scope)
        )

    def origins(self, one: Selector, two: Selector) -> bool:
        """Whether two selectors have a country in common at some time."""
        return bool(self._countries(one) & self._countries(two))

    def _countries(self, selector: Selector) -> set[str]:
        if selector.text not in self._reach:
            found = set(self._world) if selector.everyone else set(selector.named)
            for area in selector.groups:
                found |= self._members.get(area, set())
            found -= set(selector.but_named)
            self._reach[selector.text] = found
        return self._reach[selector.text]

    def scopes(self, one: str, two: str) -> bool:
        """Whether two scopes list a code in common."""
        if one == two or "all" in (one, two):
            return True
        pair = (min(one, two), max(one, two))
        if pair not in self._pairs:
            codes = [*self._inside(one), *self._inside(two)]
            self._pairs[pair] = any(
                self._lists(one, code) and self._lists(two, code) for code in codes
            )
        return self._pairs[pair]

    def _inside(self, scope: str) -> list[str]:
        return [prefix for prefix, inside in self._signs.get(scope, {}).items() if inside]

    def _lists(self, scope: str, code: str) -> bool:
        """Whether a scope takes in a code: its longest prefix of the code says so."""
        signs = self._signs.get(scope, {})
        for length in range(len(code), 1, -1):
            if code[:length] in signs:
                return signs[code[:length]]
        return False
