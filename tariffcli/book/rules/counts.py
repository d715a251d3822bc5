"""Rules on counts.csv: how many codes of a list were counted in an official text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tariffcli.book.assemble import Parts, Placed
from tariffcli.book.parse import many
from tariffcli.book.rules.registry import Offence, rule


@rule("L09")
def counts_agree_with_the_text(parts: Parts) -> Iterable[Offence]:
    """A list does not have as many codes as were counted in the text, and no difference says
    why.
    """
    for file, line, row in parts.rows("counts"):
        mine = {
            placed.value.prefix
            for scope in many(row["scopes"])
            for placed, edition in parts.listings.get(scope, [])
            if placed.value.inside and edition in ("", row["edition"])
        }
        if not row["difference"] and str(len(mine)) != row["count"]:
            yield (
                Placed(file, line, row),
                f"{row['scopes']}: {len(mine)} here, {row['count']} in {row['where']}",
            )


@rule("L10")
def every_list_is_counted_or_says_why_not(parts: Parts) -> Iterable[Offence]:
    """A list has no count of its act, no row in counts.csv and no shortfall that says why."""
    counted = {scope for _, _, row in parts.rows("counts") for scope in many(row["scopes"])}
    for placed in parts.scopes:
        scope = placed.value
        if scope.official_count is None and not scope.shortfall and scope.id not in counted:
            yield placed, scope.id


@rule("L11")
def counts_are_whole(parts: Parts) -> Iterable[Offence]:
    """A count names lists of scopes.csv, a whole number, a place and a source."""
    known = {placed.value.id for placed in parts.scopes}
    for file, line, row in parts.rows("counts"):
        unknown = [scope for scope in many(row["scopes"]) if scope not in known]
        whole = (
            re.fullmatch(r"[1-9][0-9]*", row["count"])
            and row["scopes"]
            and row["where"]
            and row["source_ids"]
            and row["confidence"]
        )
        if unknown or not whole:
            yield (
                Placed(file, line, row),
                ", ".join(unknown) or f"{row['scopes']}: {row['count'] or 'blank'}",
            )
