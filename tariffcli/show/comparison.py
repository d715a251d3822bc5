"""Answers side by side: the view and the rows of `tariff compare`, made from documents.

Each column is an answer of its own, and columns are never summed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from tariffcli.book.load import Record
from tariffcli.law.engine import CHARGING_ROLES
from tariffcli.law.instants import to_wall
from tariffcli.law.model import Query
from tariffcli.show.document import (
    NOT_INCLUDED,
    country_name,
    minute_text,
    possessive,
    when_text,
    with_article,
)
from tariffcli.show.figures import percent
from tariffcli.show.text import MOST_LINES, NARROW, hanging

BY = {
    "date": "by day",
    "at": "by instant",
    "from": "by origin",
    "to": "by importer",
    "product": "by product",
    "hs": "by code",
    "known_on": "by what was announced",
}
NO_FIGURE = "-"
DIFFERS = "* "
"""Stands before the name of a row whose columns differ."""

GAP = 2
"""The spaces between two columns."""

ANSWER_FIELDS = ("importer", "origin", "instant", "known_on", "status")
LAYER_FIELDS = ("event", "act", "heading", "since", "until", "confidence")


def sentence(record: Record, varied: str, queries: Sequence[Query]) -> str:
    """What is compared: the sentence of an answer, without what the columns say."""
    query = queries[0]
    importer = possessive(country_name(record, query.importer))
    words = "additional duty" if varied == "to" else f"{importer} additional duty"
    parts: list[str] = []
    if varied != "from":
        parts.append(f"goods of {with_article(country_name(record, query.origin))}")
    if varied not in ("product", "hs"):
        parts.append(query.product.name)
    words += f" on {': '.join(parts)}"
    if varied == "to":
        words += f", {_moments(record, queries)}"
    elif varied not in ("date", "at"):
        words += f", {when_text(query, record.zones.get(query.importer, 'UTC'))}"
    if varied != "known_on" and query.known_on:
        words += f", as known on {query.known_on}"
    return f"Compared {BY[varied]}: {words}"


def _moments(record: Record, queries: Sequence[Query]) -> str:
    """The instants of several importers, each on its own clock."""
    zones = [record.zones.get(query.importer, "UTC") for query in queries]
    each = list(zip(queries, zones, strict=True))
    if len({to_wall(query.instant, zone) for query, zone in each}) > 1:
        return "; ".join(dict.fromkeys(when_text(query, zone) for query, zone in each))
    return when_text(queries[0], zones[0]).rsplit(" (", 1)[0] + " (each importer's clock)"


def charged(answer: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The layers of an answer that charge or may charge, by programme."""
    return {
        layer["programme"]: layer for layer in answer["layers"] if layer["role"] in CHARGING_ROLES
    }


def programmes(answers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every programme that charges in some column."""
    return list(dict.fromkeys(name for answer in answers for name in charged(answer)))


def flat(comparison: Mapping[str, Any], labels: Sequence[str]) -> list[dict[str, Any]]:
    """CSV rows: one for each programme in each column, with blanks where it does not apply."""
    answers: Sequence[Mapping[str, Any]] = comparison["answers"]
    names = programmes(answers) or [""]
    return [
        _row(comparison["varied"], index, label, answer, name)
        for index, (label, answer) in enumerate(zip(labels, answers, strict=True))
        for name in names
    ]


def _row(
    varied: str, index: int, label: str, answer: Mapping[str, Any], programme: str
) -> dict[str, Any]:
    layers = {layer["programme"]: layer for layer in answer["layers"]}
    layer = layers.get(programme, {})
    figures = charged(answer).get(programme, {})
    return {
        "column": index,
        "varied": varied,
        "label": label,
        **{field: answer[field] for field in ANSWER_FIELDS},
        "product": answer["product"]["id"],
        "answer_additional_min_pct": answer["additional_min_pct"],
        "answer_additional_max_pct": answer["additional_max_pct"],
        "answer_mfn_pct": answer["mfn_pct"],
        "programme": programme,
        "role": layer.get("role"),
        "min_pct": figures.get("min_pct"),
        "max_pct": figures.get("max_pct"),
        **{field: layer.get(field) for field in LAYER_FIELDS},
    }


def draw(to: Console, heading: str, comparison: Mapping[str, Any], labels: Sequence[str]) -> None:
    """The view of `tariff compare`."""
    answers: Sequence[Mapping[str, Any]] = comparison["answers"]
    to.print(Text(heading, style="bold"))
    _side_by_side(to, labels, cells(answers))
    for label, answer in zip(labels, answers, strict=True):
        if answer["reason"]:
            hanging(to, f"{label}: {answer['status'].replace('_', ' ')}: {answer['reason']}")
    to.print(Text("What differs:", style="bold"))
    for difference in comparison["differences"]:
        _pair(to, difference, answers, labels)
    _draw_notes(to, _notes(answers, labels))
    datasets = [answer["dataset"] for answer in answers]
    days = (dataset["verified_through"] for dataset in datasets)
    verified = min((day for day in days if day), default=None)
    until = f"Verified through {verified}; record" if verified else "Record"
    which = f"{until} {datasets[0]['version']} ({datasets[0]['fingerprint']})."
    closing = f"Columns are answers of their own, never summed. {NOT_INCLUDED} {which}"
    to.print(Text(closing, style="dim"))


def _draw_notes(to: Console, notes: Sequence[str]) -> None:
    if notes:
        to.print(Text("Notes:", style="bold"))
    for note in notes[:MOST_LINES]:
        hanging(to, note)
    if len(notes) > MOST_LINES:
        to.print(Text(f"  and {len(notes) - MOST_LINES} more (--format json)", style="dim"))


def cells(answers: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """The rows of the table: a name, marked if the columns differ, and a cell for each column."""
    table = [
        ("status", [answer["status"].replace("_", " ") for answer in answers]),
        ("additional duty", [_additional(answer) for answer in answers]),
        ("ordinary duty", [_ordinary(answer) for answer in answers]),
        ("together", [_together(answer) for answer in answers]),
    ]
    for name in programmes(answers):
        layers = [charged(answer).get(name) for answer in answers]
        table.append((name, [_layer_cell(layer) for layer in layers]))
    # An answer outside the coverage differs from every other, which the mark need not repeat.
    inside = [
        index for index, answer in enumerate(answers) if answer["status"] != "outside_coverage"
    ]
    return [
        (DIFFERS + name if len({row[index] for index in inside}) > 1 else name, row)
        for name, row in table
    ]


def _layer_cell(layer: Mapping[str, Any] | None) -> str:
    return percent(layer["min_pct"], layer["max_pct"]) if layer else NO_FIGURE


def _additional(answer: Mapping[str, Any]) -> str:
    if answer["status"] in ("outside_coverage", "prohibited"):
        return NO_FIGURE
    return percent(answer["additional_min_pct"], answer["additional_max_pct"])


def _ordinary(answer: Mapping[str, Any]) -> str:
    if answer["mfn_pct"] is not None:
        return f"{answer['mfn_pct']}%"
    if answer["mfn_text"]:
        return str(answer["mfn_text"])
    if answer["total_min_pct"] is not None:
        return "differs by line"
    return NO_FIGURE if answer["status"] == "outside_coverage" else "not known"


def _together(answer: Mapping[str, Any]) -> str:
    if answer["status"] in ("outside_coverage", "prohibited"):
        return NO_FIGURE
    if answer["total_min_pct"] is None:
        return "not known"
    return percent(answer["total_min_pct"], answer["total_max_pct"])


Table = Sequence[tuple[str, list[str]]]
"""Rows of a comparison: a name, and a cell for each column."""


def _side_by_side(to: Console, labels: Sequence[str], table: Table) -> None:
    """A table, which becomes several below one another where the terminal is not wide enough.

    Where not even two columns fit, each row is a paragraph.
    """
    first = max(len(name.removeprefix(DIFFERS)) for name, _ in table) + len(DIFFERS)
    columns = [[label, *(row[index] for _, row in table)] for index, label in enumerate(labels)]
    widths = [
        max(len(word) for cell in column for word in cell.split() or [""]) for column in columns
    ]
    blocks = _blocks(widths, to.width - first - GAP)
    if to.width < NARROW or len(blocks[0]) < 2:
        _paragraphs(to, labels, table)
        blocks = []
    for block in blocks:
        if block is not blocks[0]:
            to.print()
        grid = Grid(box=None, padding=(0, GAP, 0, 0), pad_edge=False)
        grid.add_column("", no_wrap=True, min_width=first)
        for index in block:
            grid.add_column(Text(labels[index]), min_width=widths[index], overflow="fold")
        for name, row in table:
            style = "bold" if name.startswith(DIFFERS) else ""
            title = Text(name if style else f"  {name}", style=style)
            grid.add_row(title, *(Text(row[index]) for index in block))
        to.print(grid)
    if any(name.startswith(DIFFERS) for name, _ in table):
        to.print(Text(f"  {DIFFERS}differs", style="dim"))


def _paragraphs(to: Console, labels: Sequence[str], table: Table) -> None:
    for name, row in table:
        each = "; ".join(f"{label} {cell}" for label, cell in zip(labels, row, strict=True))
        hanging(to, f"{name}: {each if len(set(row)) > 1 else row[0]}")


def _blocks(widths: Sequence[int], room: int) -> list[list[int]]:
    """The columns that fit side by side into a width, block after block."""
    blocks: list[list[int]] = [[]]
    for index, width in enumerate(widths):
        used = sum(widths[column] + GAP for column in blocks[-1])
        if blocks[-1] and used + width > room:
            blocks.append([])
        blocks[-1].append(index)
    return blocks


def _pair(
    to: Console,
    difference: Mapping[str, Any],
    answers: Sequence[Mapping[str, Any]],
    labels: Sequence[str],
) -> None:
    """What differs between two neighbours, in words."""
    first, second = int(difference["from"]), int(difference["to"])
    before, after = answers[first], answers[second]
    heading = f"{labels[second]} against {labels[first]}"
    hanging(to, f"{heading}: {_amount(difference, before, after)}", "bold")
    for programme in difference["programmes"]:
        hanging(to, f"  {programme_words(programme)}")
    inside = "outside_coverage" not in (before["status"], after["status"])
    if inside and _ordinary(before) != _ordinary(after):
        hanging(to, f"  ordinary duty: {_ordinary(after)} against {_ordinary(before)}")


def _amount(
    difference: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> str:
    statuses = (before["status"], after["status"])
    points, changed = difference["points"], difference["programmes"]
    if "outside_coverage" in statuses:
        return "cannot be compared, one of them is outside coverage"
    if statuses.count("prohibited") == 1:
        return "entry is prohibited on one side"
    old, new = _additional(before), _additional(after)
    if points is None and old != new:
        return f"{new} against {old}, which is no one number of points"
    if points:
        return f"{points:+} {'point' if abs(points) == 1 else 'points'} of additional duty"
    return "the same additional duty" + (", of other parts" if changed else "")


def programme_words(change: Mapping[str, Any]) -> str:
    """A programme that differs: how much against how much, by which act, since when."""
    before = _rate(change["before_min_pct"], change["before_max_pct"])
    after = _rate(change["after_min_pct"], change["after_max_pct"])
    act = change["act"] + (f" ({change['heading']})" if change["heading"] else "")
    since = minute_text(change["since"])
    programme = change["programme"]
    if change["role"] is None:
        until = change["until"]
        period = f"from {since} to {minute_text(until)}" if until else f"since {since}"
        return f"{programme}: none against {before}, which {act} charges {period}"
    why = f"; {change['reason']}" if change["reason"] else ""
    return f"{programme}: {after} against {before}, by {act} since {since}{why}"


def _rate(low: float | None, high: float | None) -> str:
    return "none" if low == high == 0 else percent(low, high)


def _notes(answers: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> list[str]:
    """The notes of all columns, each once; one that not all columns have names its columns."""
    columns: dict[str, list[str]] = {}
    for label, answer in zip(labels, answers, strict=True):
        for note in answer["notes"]:
            columns.setdefault(note["text"], []).append(label)
    return [
        text if len(where) == len(answers) else f"{', '.join(dict.fromkeys(where))}: {text}"
        for text, where in columns.items()
    ]
