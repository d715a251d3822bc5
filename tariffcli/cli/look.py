"""Looks into the record: `events`, `statements`, `sources`, `coverage` and `glossary`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from tariffcli.book.load import Record
from tariffcli.book.parse import many
from tariffcli.book.words import clean, find_country
from tariffcli.cli.ask import known_day, open_record, read_day
from tariffcli.cli.options import bundled
from tariffcli.cli.output import Draw, Output, Rows, output_of
from tariffcli.cli.request import Common
from tariffcli.errors import UsageError
from tariffcli.law.model import Event
from tariffcli.law.places import reaches
from tariffcli.show import listing

if TYPE_CHECKING:
    from tariffcli.show.text import Terminal

Words = Annotated[
    str | None, typer.Argument(help="Words to look for, in any column.", metavar="[WORDS]")
]
Since = Annotated[str | None, typer.Option("--since", help="First day.", metavar="DAY")]
Until = Annotated[str | None, typer.Option("--until", help="Last day.", metavar="DAY")]

NO_FIRST_DAY, NO_LAST_DAY = "", "9999"
"""Texts that sort before and after every day."""

EVENTS = ("effective", "rate", "programme", "what", "id", "status", "origin", "scope", "note")
STATEMENTS = ("said_on", "speaker", "claim", "standing", "about", "side", "id", "answers")
SOURCES = ("id", "date", "title", "publisher", "official", "url")
COVERAGE = (
    *("importer_iso2", "origin", "programme"),
    *("covered_from", "covered_until", "verified_through", "gaps"),
)
GLOSSARY = ("term", "meaning", "see")
"""The columns of each table, the most important first."""


def register(app: typer.Typer, name: str) -> None:
    """Add the command of that name."""
    commands = {one.__name__: one for one in (events, statements, sources, coverage, glossary)}
    app.command(name)(bundled(commands[name]))


def matches(row: Mapping[str, Any], words: str | None) -> bool:
    """Whether every word typed stands in some column of a row."""
    if not words:
        return True
    text = " ".join(str(value) for value in row.values() if value is not None).casefold()
    return all(word in text for word in words.casefold().split())


class EventFilter(NamedTuple):
    """Which events are asked for, as it was typed; None lets every event through."""

    words: str | None = None
    importer: str | None = None
    origin: str | None = None
    programme: str | None = None
    status: str | None = None
    since: str | None = None
    until: str | None = None


def events(
    common: Common,
    words: Words = None,
    importer: Annotated[
        str | None, typer.Option("--to", help="Importer.", metavar="COUNTRY")
    ] = None,
    origin: Annotated[
        str | None, typer.Option("--from", help="Origin reached.", metavar="COUNTRY")
    ] = None,
    programme: Annotated[
        str | None, typer.Option("--programme", help="Programme or authority.", metavar="ID")
    ] = None,
    status: Annotated[
        str | None, typer.Option("--status", help="law, reported or threatened.", metavar="WORD")
    ] = None,
    since: Since = None,
    until: Until = None,
) -> None:
    """Acts in the record, by day of effect.

    Example: tariff events --to cn --since 2025-04-01 --until 2025-05-31
    """
    output = output_of(common)
    record = open_record(common)
    asked = EventFilter(
        words=words,
        importer=importer,
        origin=origin,
        programme=programme,
        status=status,
        since=since,
        until=until,
    )
    show(output, event_rows(record, common, asked), EVENTS, "events", key="id")


def event_rows(record: Record, common: Common, asked: EventFilter) -> list[dict[str, Any]]:
    """The events that a filter lets through, as rows. Raises UsageError for unknown words."""
    if asked.status not in (None, "law", "reported", "threatened"):
        raise UsageError(
            f"--status takes law, reported or threatened, not '{clean(asked.status)}'."
        )
    origin_code = find_country(record, asked.origin) if asked.origin is not None else None
    importer_codes = list(record.events)
    if asked.importer is not None:
        importer_codes = [find_country(record, asked.importer)]
    _check_programme(record, asked.programme)
    known = known_day(common)
    rows: list[dict[str, Any]] = []
    for importer_code in importer_codes:
        days = _days(record, common, asked.since, asked.until, importer_code)
        for event in record.events.get(importer_code, ()):
            if _passes(record, event, asked, origin_code, known):
                row = listing.event_line(record, event)
                if _within(row["effective"][:10], days) and matches(row, asked.words):
                    rows.append(row)
    return sorted(rows, key=lambda row: (row["effective"], row["id"]))


def _check_programme(record: Record, word: str | None) -> None:
    """Raise UsageError unless a word is a programme, an authority or a family of programmes."""
    names = {
        name
        for programme in record.programmes.values()
        for name in (programme.id, programme.authority, programme.family)
    }
    if word is not None and word not in names:
        known = ", ".join(sorted(record.programmes))
        raise UsageError(f"No programme '{clean(word)}'; there are {known}.")


def _passes(
    record: Record,
    event: Event,
    asked: EventFilter,
    origin_code: str | None,
    known: str | None,
) -> bool:
    """Whether a filter lets an event through, apart from its days and words."""
    if known is not None and event.announced > known:
        return False
    if asked.status is not None and event.status != asked.status:
        return False
    if asked.programme is not None and asked.programme not in _programme_words(record, event):
        return False
    if origin_code is None:
        return True
    return reaches(event.origin, origin_code, record.memberships, event.effective)


def _programme_words(record: Record, event: Event) -> set[str]:
    """The programmes of an event with their authorities and families."""
    rows = [record.programmes[name] for name in event.programmes]
    return {word for row in rows for word in (row.id, row.authority, row.family)}


def _days(
    record: Record, common: Common, since: str | None, until: str | None, importer: str
) -> tuple[str, str]:
    first = NO_FIRST_DAY if since is None else read_day(record, common, since, importer)
    last = NO_LAST_DAY if until is None else read_day(record, common, until, importer)
    return first, last


def _within(day: str, days: tuple[str, str]) -> bool:
    first, last = days
    return first <= day <= last


def statements(
    common: Common,
    words: Words = None,
    about: Annotated[str | None, typer.Option("--about", help="Topic.", metavar="ID")] = None,
    side: Annotated[
        str | None, typer.Option("--side", help="us, cn or other.", metavar="WORD")
    ] = None,
    standing: Annotated[
        str | None,
        typer.Option("--standing", help="confirmed, denied, contradicted, ...", metavar="WORD"),
    ] = None,
    since: Since = None,
    until: Until = None,
) -> None:
    """The talks ledger: who claimed what, who denied it, and how each claim stands. Contradicting
    claims stand together.

    Example: tariff statements --about talks-2025-04-24
    """
    output = output_of(common)
    record = open_record(common)
    asked = {"about": about, "side": side, "standing": standing}
    for column, word in asked.items():
        _check_word(record, column, word)
    days = _days(record, common, since, until, "")
    rows = [
        row
        for row in statement_rows(record, common)
        if _within(row["said_on"], days)
        and all(word is None or row[column] == word for column, word in asked.items())
        and matches(row, words)
    ]
    # Topics follow one another by their first claim, however long each of them is talked about.
    began: dict[str, str] = {}
    for row in rows:
        began[row["about"]] = min(row["said_on"], began.get(row["about"], NO_LAST_DAY))
    rows.sort(key=lambda row: (began[row["about"]], row["about"], row["said_on"], row["id"]))

    def ledger(to: Terminal) -> None:
        _draw_ledger(to, record, rows)

    show(output, rows, STATEMENTS, "statements", key="id", draw=ledger)


def _draw_ledger(to: Terminal, record: Record, rows: Sequence[Mapping[str, Any]]) -> None:
    """Draw each topic with its claims side by side.

    Each importer that speaks has a column, and all others share one.
    """
    from tariffcli.show import text  # rich, only for a person

    sides = dict.fromkeys(row["side"] for row in rows)
    names = {side: record.country_names.get(side, "others") for side in sides}
    topics: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        claim = f"{row['speaker']}: {row['claim']}"
        if row["standing"]:
            claim += f" [{row['standing']}]"
        line = {"said_on": row["said_on"], names[row["side"]]: claim}
        topics.setdefault(row["about"], []).append(line)
    for topic, claims in topics.items():
        speakers = {name for claim in claims for name in claim if name != "said_on"}
        text.lines(to, [topic])
        text.rows(to, ["said_on", *sorted(speakers)], claims)


def statement_rows(record: Record, common: Common) -> list[dict[str, Any]]:
    """The ledger as it could be known on the day of `--known-on`.

    Later words are hidden, and so is how a claim came to stand with them.
    """
    known = known_day(common)
    if known is None:
        return [dict(row) for row in record.statements]
    visible = {row["id"]: row for row in record.statements if row["said_on"] <= known}
    return [
        {**row, "answers": ";".join(_visible(row["answers"], visible)), "standing": ""}
        for row in visible.values()
    ]


def _visible(answers: str, visible: Mapping[str, object]) -> list[str]:
    return [name for name in many(answers) if name in visible]


def _check_word(record: Record, column: str, word: str | None) -> None:
    known = sorted({row[column] for row in record.statements if row[column]})
    if word is not None and word not in known:
        raise UsageError(
            f"--{column}: '{clean(word)}' is not in the record; you can give {', '.join(known)}."
        )


def sources(
    common: Common,
    words: Words = None,
    official: Annotated[
        bool | None,
        typer.Option("--official/--secondary", help="Only official documents, or only others."),
    ] = None,
) -> None:
    """The documents that the record rests on.

    Example: tariff sources "EO 14257"
    """
    output = output_of(common)
    record = open_record(common)
    rows = [listing.source_row(source) for source in record.sources.values()]
    if official is not None:
        rows = [row for row in rows if (row["official"] == "yes") == official]
    show(output, [row for row in rows if matches(row, words)], SOURCES, "sources", key="id")


def coverage(common: Common, words: Words = None) -> None:
    """What the record vouches for, since when, verified until when, and its known gaps.

    Example: tariff coverage
    """
    output = output_of(common)
    record = open_record(common)
    rows = [listing.coverage_row(record, row) for row in record.coverage]
    rows = [row for row in rows if matches(row, words)]
    show(output, rows, COVERAGE, "coverage", key="programme")


def glossary(common: Common, words: Words = None) -> None:
    """The terms of the field and of this tool.

    Example: tariff glossary MFN
    """
    output = output_of(common)
    record = open_record(common)
    rows = [row for row in record.glossary if matches(row, words)]
    show(output, rows, GLOSSARY, "glossary", key="term")


def show(
    output: Output,
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    what: str,
    key: str,
    draw: Draw | None = None,
) -> None:
    """Print rows: as a table or by `draw`, as JSON, as CSV, or as the key of each row.

    Under a table on the terminal, stderr says how many rows there are.
    """

    def table(to: Terminal) -> None:
        from tariffcli.show import text  # rich, only for a person

        text.rows(to, columns, rows)

    def view(to: Terminal) -> None:
        if rows or output.out is not None:  # on the terminal, the count alone says that none are
            (draw or table)(to)

    output.emit(
        plain=lambda: (row[key] for row in rows),
        document=lambda: {what: [dict(row) for row in rows]},
        rows=lambda: Rows(rows, list(rows[0]) if rows else columns),
        draw=view,
    )
    if output.format == "table" and output.out is None:
        from tariffcli.show import text

        count = f"{len(rows)} row{'' if len(rows) == 1 else 's'}."
        text.lines(output.terminal(stderr=True), [count])
