"""Answers side by side: the view and the rows of `tariff compare`, from documents. Each column is its own answer; none is summed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tariffcli.book.load import Record
from tariffcli.law.engine import CHARGING_ROLES
from tariffcli.law.instants import to_wall
from tariffcli.law.model import Query
from tariffcli.show.document import NOT_INCLUDED, percent, possessive, when_text, with_article
from tariffcli.show.text import MOST, NARROW, hanging

BY = {
    "date": "by day",
    "at": "by instant",
    "from": "by origin",
    "to": "by importer",
    "product": "by product",
    "hs": "by code",
    "known_on": "by what was announced",
}
NONE = "-"
MARK = "* "
"""Stands before a row whose columns differ."""

GAP = 2
"""Between columns."""


def sentence(record: Record, varied: str, queries: Sequence[Query]) -> str:
    """What is compared: the sentence of an answer, without what the columns say."""
    query, names = queries[0], record.country_names
    importer, origin = names.get(query.importer, query.importer.upper()), names.get(query.origin, query.origin.upper())
    words = "additional duty" if varied == "to" else f"{possessive(importer)} additional duty"
    goods = "" if varied in ("product", "hs") else query.product.name
    country = "" if varied == "from" else f"goods of {with_article(origin)}"
    words += f" on {': '.join(part for part in (country, goods) if part) or 'goods'}"
    if varied not in ("date", "at"):
        words += f", {_moment(record, queries) if varied == 'to' else when_text(query, record.zones.get(query.importer, 'UTC'))}"
    if varied != "known_on" and query.known_on:
        words += f", as known on {query.known_on}"
    return f"Compared {BY[varied]}: {words}"


def _moment(record: Record, queries: Sequence[Query]) -> str:
    """The instants of several importers, each on its own clock."""
    zones = [record.zones.get(query.importer, "UTC") for query in queries]
    walls = {to_wall(query.instant, zone) for query, zone in zip(queries, zones, strict=True)}
    if len(walls) > 1:
        return "; ".join(dict.fromkeys(when_text(query, zone) for query, zone in zip(queries, zones, strict=True)))
    return when_text(queries[0], zones[0]).rsplit(" (", 1)[0] + " (each importer's clock)"


def charged(one: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The layers of an answer that charge, or may, by programme."""
    return {layer["programme"]: layer for layer in one["layers"] if layer["role"] in CHARGING_ROLES}


def programmes(answers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every programme that charges in some column."""
    return list(dict.fromkeys(name for one in answers for name in charged(one)))


def flat(whole: Mapping[str, Any], labels: Sequence[str]) -> list[dict[str, Any]]:
    """One CSV row a programme and column; cells are blank where the programme does not apply."""
    answers: Sequence[Mapping[str, Any]] = whole["answers"]
    found: list[dict[str, Any]] = []
    for index, (label, one) in enumerate(zip(labels, answers, strict=True)):
        layers = {layer["programme"]: layer for layer in one["layers"]}
        for name in programmes(answers) or [""]:
            layer = layers.get(name, {})
            figures = charged(one).get(name, {})
            found.append(
                {
                    "column": index,
                    "varied": whole["varied"],
                    "label": label,
                    **{field: one[field] for field in ("importer", "origin", "instant", "known_on", "status")},
                    "product": one["product"]["id"],
                    "answer_additional_min_pct": one["additional_min_pct"],
                    "answer_additional_max_pct": one["additional_max_pct"],
                    "answer_mfn_pct": one["mfn_pct"],
                    "programme": name,
                    "role": layer.get("role"),
                    "min_pct": figures.get("min_pct"),
                    "max_pct": figures.get("max_pct"),
                    **{field: layer.get(field) for field in ("event", "act", "heading", "since", "until", "confidence")},
                }
            )
    return found


def draw(to: Console, heading: str, whole: Mapping[str, Any], labels: Sequence[str]) -> None:
    """The view of `tariff compare`."""
    answers: Sequence[Mapping[str, Any]] = whole["answers"]
    to.print(Text(heading, style="bold"))
    _side_by_side(to, labels, cells(answers))
    for label, one in zip(labels, answers, strict=True):
        if one["reason"]:
            hanging(to, f"{label}: {one['status'].replace('_', ' ')}: {one['reason']}")
    to.print(Text("What differs:", style="bold"))
    for difference in whole["differences"]:
        _pair(to, difference, answers, labels)
    told = _notes(answers, labels)
    if told:
        to.print(Text("Notes:", style="bold"))
    for line in told[:MOST]:
        hanging(to, line)
    if len(told) > MOST:
        to.print(Text(f"  and {len(told) - MOST} more (--format json)", style="dim"))
    data = [one["dataset"] for one in answers]
    verified = min((one["verified_through"] for one in data if one["verified_through"]), default=None)
    until = f"Verified through {verified}; record" if verified else "Record"
    closing = f"Columns are answers of their own, never summed. {NOT_INCLUDED} {until} {data[0]['version']} ({data[0]['fingerprint']})."
    to.print(Text(closing, style="dim"))


def cells(answers: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """The rows of the table: a name, marked where the columns differ, and a cell for each column."""
    found = [
        ("status", [one["status"].replace("_", " ") for one in answers]),
        ("additional duty", [_additional(one) for one in answers]),
        ("ordinary duty", [_ordinary(one) for one in answers]),
        ("together", [_together(one) for one in answers]),
    ]
    for name in programmes(answers):
        layers = [charged(one).get(name) for one in answers]
        found.append((name, [percent(layer["min_pct"], layer["max_pct"]) if layer else NONE for layer in layers]))
    inside = [index for index, one in enumerate(answers) if one["status"] != "outside_coverage"]
    return [(MARK + name if len({row[index] for index in inside}) > 1 else name, row) for name, row in found]


def _additional(one: Mapping[str, Any]) -> str:
    if one["status"] in ("outside_coverage", "prohibited"):
        return NONE
    return percent(one["additional_min_pct"], one["additional_max_pct"])


def _ordinary(one: Mapping[str, Any]) -> str:
    if one["mfn_pct"] is not None:
        return f"{one['mfn_pct']}%"
    if one["total_min_pct"] is not None:
        return one["mfn_text"] or "differs by line"
    return one["mfn_text"] or (NONE if one["status"] == "outside_coverage" else "not known")


def _together(one: Mapping[str, Any]) -> str:
    if one["status"] in ("outside_coverage", "prohibited"):
        return NONE
    return "not known" if one["total_min_pct"] is None else percent(one["total_min_pct"], one["total_max_pct"])


def _side_by_side(to: Console, labels: Sequence[str], rows: Sequence[tuple[str, list[str]]]) -> None:
    """A table, or one below the other where the terminal is not wide enough; a paragraph a row where not even two columns fit."""
    first = max(len(name.removeprefix(MARK)) for name, _ in rows) + len(MARK)
    columns = [[label, *(row[index] for _, row in rows)] for index, label in enumerate(labels)]
    widths = [max(len(word) for cell in column for word in cell.split() or [""]) for column in columns]
    blocks = _blocks(widths, to.width - first - GAP)
    if to.width < NARROW or len(blocks[0]) < 2:
        for name, row in rows:
            told = "; ".join(f"{label} {cell}" for label, cell in zip(labels, row, strict=True))
            hanging(to, f"{name}: {told if len(set(row)) > 1 else row[0]}")
        blocks = []
    for block in blocks:
        if block is not blocks[0]:
            to.print()
        table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False)
        table.add_column("", no_wrap=True, min_width=first)
        for index in block:
            table.add_column(Text(labels[index]), min_width=widths[index], overflow="fold")
        for name, row in rows:
            style = "bold" if name.startswith(MARK) else ""
            table.add_row(Text(name if style else f"  {name}", style=style), *(Text(row[index]) for index in block))
        to.print(table)
    if any(name.startswith(MARK) for name, _ in rows):
        to.print(Text(f"  {MARK}differs", style="dim"))


def _blocks(widths: Sequence[int], room: int) -> list[list[int]]:
    """The columns that stand side by side in so much room, block after block."""
    blocks: list[list[int]] = [[]]
    for index, width in enumerate(widths):
        used = sum(widths[one] + GAP for one in blocks[-1])
        if blocks[-1] and used + width > room:
            blocks.append([])
        blocks[-1].append(index)
    return blocks


def _pair(to: Console, difference: Mapping[str, Any], answers: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> None:
    """What differs between two neighbours, in words."""
    first, second = int(difference["from"]), int(difference["to"])
    before, after = answers[first], answers[second]
    hanging(to, f"{labels[second]} against {labels[first]}: {_amount(difference, before, after)}", "bold")
    for one in difference["programmes"]:
        hanging(to, f"  {programme_words(one)}")
    if "outside_coverage" not in (before["status"], after["status"]) and _ordinary(before) != _ordinary(after):
        hanging(to, f"  ordinary duty: {_ordinary(after)} against {_ordinary(before)}")


def _amount(difference: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    statuses = (before["status"], after["status"])
    points, changed = difference["points"], difference["programmes"]
    if "outside_coverage" in statuses:
        return "cannot be compared, one of them is outside coverage"
    if statuses.count("prohibited") == 1:
        return "entry is prohibited on one side"
    if points is None and _additional(before) != _additional(after):
        return f"{_additional(after)} against {_additional(before)}, which is no one number of points"
    if points:
        return f"{points:+} {'point' if abs(points) == 1 else 'points'} of additional duty"
    return "the same additional duty" + (", of other parts" if changed else "")


def programme_words(one: Mapping[str, Any]) -> str:
    """A programme that differs: how much against how much, by which act, since when."""
    before = _rate(one["before_min_pct"], one["before_max_pct"])
    after = _rate(one["after_min_pct"], one["after_max_pct"])
    act = one["act"] + (f" ({one['heading']})" if one["heading"] else "")
    since = one["since"][:16].replace("T", " ")
    if one["role"] is None:
        span = f"from {since} to {one['until'][:16].replace('T', ' ')}" if one["until"] else f"since {since}"
        return f"{one['programme']}: none against {before}, which {act} charges {span}"
    why = f"; {one['reason']}" if one["reason"] else ""
    return f"{one['programme']}: {after} against {before}, by {act} since {since}{why}"


def _rate(low: float | None, high: float | None) -> str:
    return "none" if low == high == 0 else percent(low, high)


def _notes(answers: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> list[str]:
    """The notes of all columns, each once; with the columns where it is not of all."""
    told: dict[str, list[str]] = {}
    for label, one in zip(labels, answers, strict=True):
        for note in one["notes"]:
            told.setdefault(note["text"], []).append(label)
    return [text if len(where) == len(answers) else f"{', '.join(dict.fromkeys(where))}: {text}" for text, where in told.items()]
