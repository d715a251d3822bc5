"""Places: origin selectors (`*`, `cn+hk`, `@eu`, `*-ca-@col2`) and dated membership of groups."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tariffcli.errors import UsageError
from tariffcli.law.instants import holds
from tariffcli.law.model import Selector
from tariffcli.law.reference import Membership

_PIECE = re.compile(r"(@?)([a-z0-9]+)$")


def parse_selector(text: str) -> Selector:
    """Read an origin selector. Raises UsageError when it is malformed."""
    head, *exceptions = text.strip().split("-")
    named: list[str] = []
    groups: list[str] = []
    but_named: list[str] = []
    but_groups: list[str] = []
    if head != "*":
        _sort(head.split("+"), named, groups, text)
    _sort(exceptions, but_named, but_groups, text)
    return Selector(
        text.strip(), head == "*", tuple(named), tuple(groups), tuple(but_named), tuple(but_groups)
    )


def _sort(pieces: Sequence[str], named: list[str], groups: list[str], text: str) -> None:
    for piece in pieces:
        found = _PIECE.match(piece)
        if not found:
            raise UsageError(
                f"'{text}' is not an origin: write `*`, `cn`, `cn+hk`, `@eu` or `*-ca-@col2`."
            )
        (groups if found.group(1) else named).append(found.group(2))


def belongs(memberships: Sequence[Membership], area: str, country: str, moment: int) -> bool:
    """Whether `country` is a member of `area` at `moment`."""
    return any(
        row.area == area
        and row.member == country
        and holds(row.since if row.since is not None else moment, row.until, moment)
        for row in memberships
    )


def reaches(
    selector: Selector, country: str, memberships: Sequence[Membership], moment: int
) -> bool:
    """Whether a selector reaches goods of `country` at `moment`."""
    if country in selector.but_named or any(
        belongs(memberships, area, country, moment) for area in selector.but_groups
    ):
        return False
    if selector.everyone or country in selector.named:
        return True
    return any(belongs(memberships, area, country, moment) for area in selector.groups)


def ever_reaches(selector: Selector, country: str, memberships: Sequence[Membership]) -> bool:
    """Whether a selector could reach `country` at some instant; used to sort a record once for an
    origin.
    """
    if country in selector.but_named:
        return False
    if selector.everyone or country in selector.named:
        return True
    return any(row.member == country and row.area in selector.groups for row in memberships)
