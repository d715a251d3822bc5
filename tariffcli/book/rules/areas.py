"""Rules on places, coverage, editions, sources and statements."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tariffcli.book.assemble import Parts, Placed
from tariffcli.book.parse import many
from tariffcli.book.rules.registry import Offence, rule
from tariffcli.law.kinds import CONFIDENCE
from tariffcli.law.products import fold_word


@rule("A01")
def country_codes_are_iso(parts: Parts) -> Iterable[Offence]:
    """A country has a lower-case alpha-2 code, an upper-case alpha-3 code, and a census code of
    four digits or none.
    """
    for file, line, row in parts.rows("countries"):
        if not (
            re.fullmatch("[a-z]{2}", row["code"])
            and re.fullmatch("[A-Z]{3}|", row["alpha3"])
            and re.fullmatch(r"[0-9]{4}|", row["census"])
        ):
            yield Placed(file, line, row), row["code"]


@rule("A02")
def country_names_are_unambiguous(parts: Parts) -> Iterable[Offence]:
    """A name, code or alias stands for one country only."""
    owner: dict[str, str] = {}
    for file, line, row in parts.rows("countries"):
        for word in (
            row["code"],
            row["alpha3"],
            row["census"],
            row["name"],
            row["name_zh"],
            *many(row["aliases"]),
        ):
            key = fold_word(word)
            if key and owner.setdefault(key, row["code"]) != row["code"]:
                yield Placed(file, line, row), f"{word} is also {owner[key]}"


@rule("A03")
def members_are_countries(parts: Parts) -> Iterable[Offence]:
    """A member of an area is a country of countries.csv, never another area."""
    known = {row["code"] for _, _, row in parts.rows("countries")}
    return (
        (placed, placed.value.member)
        for placed in parts.memberships
        if placed.value.member not in known
    )


@rule("A04")
def origins_exist(parts: Parts) -> Iterable[Offence]:
    """An origin names a country or an area that the record does not know."""
    known = {row["code"] for _, _, row in parts.rows("countries")}
    areas = {placed.value.area for placed in parts.memberships}
    duties = (
        placed
        for rows in parts.ordinary.values()
        for placed in rows
        if placed.value.origin is not None
    )
    for placed in (
        *(placed for _, placed in parts.all_events()),
        *parts.relations,
        *parts.coverage,
        *duties,
    ):
        selector = placed.value.origin
        unknown = [name for name in (*selector.named, *selector.but_named) if name not in known]
        unknown += [
            f"@{name}" for name in (*selector.groups, *selector.but_groups) if name not in areas
        ]
        if unknown:
            yield placed, ", ".join(unknown)


@rule("A05")
def coverage_runs_forward(parts: Parts) -> Iterable[Offence]:
    """Coverage begins before it was last verified and before it ends."""
    for placed in parts.coverage:
        row = placed.value
        if row.verified_through < row.covered_from or (
            row.covered_until and row.covered_until < row.covered_from
        ):
            yield placed, f"{row.importer} {row.origin.text}"


@rule("A06")
def editions_follow_one_another(parts: Parts) -> Iterable[Offence]:
    """An importer's editions follow one another without gap or overlap, from the beginning and
    without end.
    """
    charging = {placed.value.importer for placed in parts.programmes}
    needed = {placed.value.importer for placed in (*parts.editions, *parts.categories)} & charging
    for importer in sorted(needed):
        rows = sorted(
            (one for one in parts.editions if one.value.importer == importer),
            key=lambda one: one.value.since or -(2**60),
        )
        if not rows:
            yield next(one for one in parts.categories if one.value.importer == importer), importer
        for index, placed in enumerate(rows):
            before = rows[index - 1].value.until if index else None
            last = index == len(rows) - 1
            if (
                placed.value.since != before
                or (index > 0 and before is None)
                or (placed.value.until is None) != last
            ):
                yield placed, importer


@rule("A07")
def sources_can_be_found(parts: Parts) -> Iterable[Offence]:
    """A source has a title, a publisher, `official` yes or no, and an address that starts with
    http, or none.
    """
    for file, line, row in parts.rows("sources"):
        if (
            not row["title"]
            or not row["publisher"]
            or row["official"] not in ("yes", "no")
            or not re.match(r"https?://|$", row["url"])
        ):
            yield Placed(file, line, row), row["id"]


@rule("A08")
def statements_stand_somehow(parts: Parts) -> Iterable[Offence]:
    """A statement has a day, a speaker, a topic, a claim, a side that is an importer or other, and
    a known standing.
    """
    sides = {placed.value.importer for placed in parts.programmes} | {"other"}
    standings = ("confirmed", "denied", "contradicted", "superseded", "unverified", "open")
    for file, line, row in parts.rows("statements"):
        whole = all(row[name] for name in ("said_on", "speaker", "about", "claim", "source_ids"))
        if (
            not whole
            or row["side"] not in sides
            or row["standing"] not in standings
            or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", row["said_on"])
        ):
            yield Placed(file, line, row), row["id"]


@rule("A09")
def scope_confidence_is_known(parts: Parts) -> Iterable[Offence]:
    """A scope's `confidence` must be official, transcribed, secondary, single or memory."""
    return (
        (placed, placed.value.id)
        for placed in parts.scopes
        if placed.value.confidence not in CONFIDENCE[:-1]
    )


@rule("A10")
def memberships_run_forward(parts: Parts) -> Iterable[Offence]:
    """A membership ends after it begins."""
    for placed in parts.memberships:
        row = placed.value
        if row.since is not None and row.until is not None and row.until <= row.since:
            yield placed, f"{row.area} {row.member}"


@rule("M01")
def the_record_says_its_version_and_day(parts: Parts) -> Iterable[Offence]:
    """meta.csv gives the version of the record and the day it was compiled, each once."""
    rows = parts.rows("meta")
    keys = sorted(row["key"] for _, _, row in rows)
    days = [row["value"] for _, _, row in rows if row["key"] == "compiled"]
    if keys != ["compiled", "version"] or not all(
        re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day) for day in days
    ):
        yield Placed("meta.csv", 1, None), ", ".join(keys) or "empty"


@rule("C02")
def checkpoints_can_be_replayed(parts: Parts) -> Iterable[Offence]:
    """A checkpoint names an importer, a day or minute, a known measure (additional, total,
    authority:NAME, programme:NAME), a figure.
    """
    programmes = [placed.value for placed in parts.programmes]
    importers = {one.importer for one in programmes}
    measures = {
        "additional",
        "total",
        *(f"authority:{one.authority}" for one in programmes),
        *(f"programme:{one.id}" for one in programmes),
    }
    for file, line, row in parts.rows("checkpoints"):
        timed = re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2})?", row["at"])
        if (
            row["importer"] not in importers
            or not timed
            or row["measure"] not in measures
            or not row["expected"]
        ):
            yield Placed(file, line, row), row["id"]
