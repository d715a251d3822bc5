"""Looks into the record: `events`, `statements`, `sources`, `coverage`, `glossary`, with filters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import typer

from tariffcli.book.load import Record
from tariffcli.book.parse import many
from tariffcli.book.words import clean, find_country
from tariffcli.cli.ask import known_day, open_record, read_day
from tariffcli.cli.options import bundled
from tariffcli.cli.typed import Common
from tariffcli.errors import UsageError
from tariffcli.law.places import reaches
from tariffcli.show import files, listing

Words = Annotated[str | None, typer.Argument(help="Words to look for, in any column.", metavar="[WORDS]")]
Since = Annotated[str | None, typer.Option("--since", help="First day.", metavar="DAY")]
Until = Annotated[str | None, typer.Option("--until", help="Last day.", metavar="DAY")]


def register(app: typer.Typer, name: str) -> None:
    """Add the command of that name."""
    every = {one.__name__: one for one in (events, statements, sources, coverage, glossary)}
    app.command(name)(bundled(every[name]))


def matches(row: Mapping[str, Any], words: str | None) -> bool:
    """Whether every word typed stands in some column of a row."""
    if not words:
        return True
    text = " ".join(str(value) for value in row.values() if value is not None).casefold()
    return all(word in text for word in words.casefold().split())


def events(
    common: Common,
    words: Words = None,
    importer: Annotated[str | None, typer.Option("--to", help="Importer.", metavar="COUNTRY")] = None,
    origin: Annotated[str | None, typer.Option("--from", help="Origin reached.", metavar="COUNTRY")] = None,
    programme: Annotated[str | None, typer.Option("--programme", help="Programme or authority.", metavar="ID")] = None,
    status: Annotated[str | None, typer.Option("--status", help="law, reported or threatened.", metavar="WORD")] = None,
    since: Since = None,
    until: Until = None,
) -> None:
    """Acts in the record, by day of effect.

    Example: tariff events --to cn --since 2025-04-01 --until 2025-05-31
    """
    record = open_record(common)
    rows = event_rows(record, common, words, importer, origin, programme, status, since, until)
    show(rows, ("effective", "rate", "programme", "what", "id", "status", "origin", "scope", "note"), common, "events", key="id")


def event_rows(
    record: Record,
    common: Common,
    words: str | None,
    importer: str | None,
    origin: str | None,
    programme: str | None,
    status: str | None,
    since: str | None,
    until: str | None,
) -> list[dict[str, Any]]:
    """Events as rows, filtered. Raises UsageError for unknown filters."""
    if status not in (None, "law", "reported", "threatened"):
        raise UsageError(f"--status takes law, reported or threatened, not '{clean(status)}'.")
    taker = find_country(record, origin) if origin is not None else None
    payers = [find_country(record, importer)] if importer is not None else list(record.events)
    if programme is not None and programme not in {
        name for one in record.programmes.values() for name in (one.id, one.authority, one.family)
    }:
        raise UsageError(f"No programme '{clean(programme)}'; there are {', '.join(sorted(record.programmes))}.")
    known = known_day(common)
    found: list[dict[str, Any]] = []
    for payer in payers:
        first = read_day(record, common, since, payer) if since is not None else ""
        last = read_day(record, common, until, payer) if until is not None else "9999"
        for event in record.events.get(payer, ()):
            row = listing.event_line(record, event)
            families = {record.programmes[name].family for name in event.programmes}
            if (
                first <= row["effective"][:10] <= last
                and (known is None or event.announced <= known)
                and (status is None or event.status == status)
                and (programme is None or programme in (*event.programmes, *row["authority"].split(";"), *families))
                and (taker is None or reaches(event.origin, taker, record.memberships, event.effective))
                and matches(row, words)
            ):
                found.append(row)
    return sorted(found, key=lambda row: (row["effective"], row["id"]))


def statements(
    common: Common,
    words: Words = None,
    about: Annotated[str | None, typer.Option("--about", help="Topic.", metavar="ID")] = None,
    side: Annotated[str | None, typer.Option("--side", help="us, cn or other.", metavar="WORD")] = None,
    standing: Annotated[str | None, typer.Option("--standing", help="confirmed, denied, contradicted, ...", metavar="WORD")] = None,
    since: Since = None,
    until: Until = None,
) -> None:
    """The talks ledger: who claimed what, who denied it, and how each claim stands. Contradicting claims stand together.

    Example: tariff statements --about talks-2025-04-24
    """
    record = open_record(common)
    for flag, column, word in (("--about", "about", about), ("--side", "side", side), ("--standing", "standing", standing)):
        _known_word(record, flag, column, word)
    first = read_day(record, common, since, "") if since is not None else ""
    last = read_day(record, common, until, "") if until is not None else "9999"
    rows = [
        row
        for row in statement_rows(record, common)
        if first <= row["said_on"] <= last
        and (about is None or row["about"] == about)
        and (side is None or row["side"] == side)
        and (standing is None or row["standing"] == standing)
        and matches(row, words)
    ]
    begun: dict[str, str] = {}
    for row in rows:
        begun[row["about"]] = min(row["said_on"], begun.get(row["about"], "9999"))
    rows.sort(key=lambda row: (begun[row["about"]], row["about"], row["said_on"], row["id"]))
    if common.format == "table":
        _draw(lambda to: _ledger(to, record, rows), common, len(rows))
    else:
        show(rows, ("said_on", "speaker", "claim", "standing", "about", "side", "id", "answers"), common, "statements", key="id")


def _ledger(to: Any, record: Record, rows: Sequence[Mapping[str, Any]]) -> None:
    """Each topic with its claims side by side: a column for each importer that speaks, one for everybody else."""
    from tariffcli.show import text  # rich, only for a person

    names = {side: record.country_names.get(side, "others") for side in dict.fromkeys(row["side"] for row in rows)}
    topics: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        said = f"{row['speaker']}: {row['claim']}" + (f" [{row['standing']}]" if row["standing"] else "")
        topics.setdefault(row["about"], []).append({"said_on": row["said_on"], names[row["side"]]: said})
    for topic, said in topics.items():
        text.lines(to, [topic])
        text.rows(to, ["said_on", *sorted({name for one in said for name in one if name != "said_on"})], said)


def statement_rows(record: Record, common: Common) -> list[dict[str, Any]]:
    """The ledger as it could be known on the day of `--known-on`: later words hidden, and how a claim came to stand with them."""
    known = known_day(common)
    if known is None:
        return [dict(row) for row in record.statements]
    visible = {row["id"] for row in record.statements if row["said_on"] <= known}
    return [
        {**row, "answers": ";".join(name for name in many(row["answers"]) if name in visible), "standing": ""}
        for row in record.statements
        if row["id"] in visible
    ]


def _known_word(record: Record, flag: str, column: str, word: str | None) -> None:
    known = sorted({row[column] for row in record.statements if row[column]})
    if word is not None and word not in known:
        raise UsageError(f"{flag} knows no '{clean(word)}'; there are {', '.join(known)}.")


def sources(
    common: Common,
    words: Words = None,
    official: Annotated[bool | None, typer.Option("--official/--secondary", help="Only official documents, or only others.")] = None,
) -> None:
    """The documents that the record rests on.

    Example: tariff sources "EO 14257"
    """
    record = open_record(common)
    rows = [listing.source_row(record.sources[name]) for name in record.sources]
    rows = [row for row in rows if matches(row, words) and (official is None or (row["official"] == "yes") == official)]
    show(rows, ("id", "date", "title", "publisher", "official", "url"), common, "sources", key="id")


def coverage(common: Common, words: Words = None) -> None:
    """What the record vouches for, since when, verified until when, and its known gaps.

    Example: tariff coverage
    """
    record = open_record(common)
    rows = [row for row in (listing.coverage_row(record, one) for one in record.coverage) if matches(row, words)]
    columns = ("importer_iso2", "origin", "programme", "covered_from", "covered_until", "verified_through", "gaps")
    show(rows, columns, common, "coverage", key="programme")


def glossary(common: Common, words: Words = None) -> None:
    """The terms of the field and of this tool.

    Example: tariff glossary MFN
    """
    record = open_record(common)
    rows = [row for row in record.glossary if matches(row, words)]
    show(rows, ("term", "meaning", "see"), common, "glossary", key="term")


def show(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], common: Common, what: str, key: str) -> None:
    """Print rows as asked: a table, JSON, CSV, or the key of each line."""
    if common.format == "json":
        files.write(files.to_json({what: [dict(row) for row in rows]}), common.out, common.force)
    elif common.format == "csv":
        files.write(files.to_csv(list(rows[0]) if rows else list(columns), rows), common.out, common.force)
    elif common.format == "plain":
        files.write("".join(f"{row[key]}\n" for row in rows), common.out, common.force)
    else:
        from tariffcli.show import text  # rich, only for a person

        _draw(lambda to: text.rows(to, columns, rows), common, len(rows))


def _draw(draw: Callable[[Any], None], common: Common, count: int) -> None:
    """Draw on the terminal, or into the file of `--out`; how many rows there are goes to stderr."""
    from tariffcli.show import text  # rich, only for a person

    if common.out is not None:
        files.write(text.as_file(draw), common.out, common.force)
        return
    if count:
        draw(text.console(common.no_color))
    text.lines(text.console(common.no_color, stderr=True), [f"{count} row{'' if count == 1 else 's'}."])
