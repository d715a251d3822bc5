"""Terminal text: the only user of rich. It draws documents (see `document`), and knows nothing of law."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tariffcli.show.document import NOT_INCLUDED, codes_text

KEPT_WHOLE = ("since", "points", "days", "said_on", "effective", "date", "rate")
"""Columns that are never broken over lines."""

COMFORT = 26
"""A column this wide can be read without breaking every word."""

MOST = 5
"""So many lines of each kind stand around an answer unless it is explained."""

_APPLIES = ("applies", "floor", "unknown")
_STYLE = {"complete": "bold green", "range": "bold yellow", "needs_fact": "bold yellow", "prohibited": "bold red"}


def console(no_color: bool = False, stderr: bool = False) -> Console:
    """A console as the terminal allows: width from the terminal, colour unless refused."""
    return Console(no_color=no_color or None, stderr=stderr, highlight=False, soft_wrap=False, file=sys.stderr if stderr else None)


def pct(low: float | None, high: float | None) -> str:
    """`125%`, `10% to 34%`, `at least 10%`, `unknown`."""
    if low is None:
        return "unknown"
    if low == high:
        return f"{low}%"
    return f"at least {low}%" if high is None else f"{low}% to {high}%"


def rate(to: Console, document: Mapping[str, Any], explain: bool) -> None:
    """The view of `tariff rate`."""
    to.print(Text(document["sentence"], style="bold"))
    status = document["status"]
    if status == "outside_coverage":
        to.print(Text(f"  outside coverage: {document['reason']}", style="bold red"))
        return
    figure = Text("  Additional duty: ")
    amount = pct(document["additional_min_pct"], document["additional_max_pct"])
    figure.append("prohibited" if status == "prohibited" else amount, style=_STYLE[status])
    if document["reason"]:
        figure.append(f"  ({document['reason']})", style="dim")
    to.print(figure)
    to.print(Text(f"  {_ordinary(document)}"))
    to.print(_layers(document["layers"], explain))
    if document["parts"]:
        to.print(_parts(document["parts"]))
    for heading, lines in _around(document).items():
        to.print(Text(f"{heading}:", style="bold"))
        shown = lines if explain else lines[:MOST]
        for line in shown:
            to.print(Padding(Text(f"- {line}"), (0, 0, 0, 2), expand=False))
        if len(lines) > len(shown):
            to.print(Text(f"  and {len(lines) - len(shown)} more (--explain)", style="dim"))
    if explain:
        _explanations(to, document["layers"])
    to.print(Text(f"{NOT_INCLUDED} {_verified(document)}", style="dim"))


def _ordinary(document: Mapping[str, Any]) -> str:
    if document["mfn_pct"] is not None:
        total = pct(document["total_min_pct"], document["total_max_pct"])
        return f"Ordinary duty: {document['mfn_pct']}%   Together: {total}"
    if document["total_min_pct"] is not None:
        return f"Ordinary duty: differs by line   Together: {pct(document['total_min_pct'], document['total_max_pct'])}"
    if document["mfn_text"]:
        return f"Ordinary duty: {document['mfn_text']} (not in the number)"
    if document["product"]["kind"] == "general":
        return "Ordinary duty: not in the number; it depends on the product (--product)."
    return "Ordinary duty: not in the number; the record does not hold it for these goods."


def _layers(layers: Sequence[Mapping[str, Any]], explain: bool) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 2), show_edge=False)
    table.add_column("layer", overflow="fold")
    table.add_column("rate", justify="right", no_wrap=True)
    table.add_column("since", no_wrap=True)
    table.add_column("by", overflow="fold")
    shown = [one for one in layers if one["role"] in _APPLIES]
    for one in shown:
        rate_text = pct(one["min_pct"], one["max_pct"])
        by = escape(one["act"] + (f" ({one['heading']})" if one["heading"] else ""))
        if one["reason"]:
            by += f" [dim]{escape(one['reason'])}[/dim]"
        table.add_row(escape(one["programme"]), rate_text, one["since"][:16].replace("T", " "), by)
    if not shown:
        table.add_row("none applies", "0%", "", "")
    if explain:
        for one in layers:
            if one["role"] not in _APPLIES:
                table.add_row(f"[dim]{escape(one['programme'])}[/dim]", f"[dim]{one['role']}[/dim]", f"[dim]{one['since'][:16].replace('T', ' ')}[/dim]", f"[dim]{escape(one['act'])}: {escape(one['reason'])}[/dim]")
    return table


def _parts(parts: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 2), show_edge=False, title="Parts (by number of tariff lines, not by trade)", title_justify="left", title_style="bold")
    table.add_column("additional", justify="right", no_wrap=True)
    table.add_column("with ordinary", justify="right", no_wrap=True)
    table.add_column("lines", justify="right", no_wrap=True)
    table.add_column("codes", overflow="fold")
    for one in parts:
        together = pct(one["total_min_pct"], one["total_max_pct"]) if one["total_min_pct"] is not None else ""
        lines = f"{one['lines']} ({one['share_of_lines'] * 100:.0f}%)"
        table.add_row(pct(one["additional_min_pct"], one["additional_max_pct"]), together, lines, escape(codes_text(one["codes"])))
    return table


def _around(document: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    if document["facts"]:
        found["Facts that would change it"] = [f"{one['flag']}: {one['effect']}. {one['question']}" for one in document["facts"]]
    if document["reports"]:
        found["Beside the law"] = [_report(one) for one in document["reports"]]
    coming = document["next_change"]
    if coming:
        amount = pct(coming["additional_min_pct"], coming["additional_max_pct"])
        found["Next recorded change"] = [f"{coming['instant'][:16].replace('T', ' ')}: {amount} ({coming['event'] or 'tariff edition'})"]
    if document["notes"]:
        found["Notes"] = [one["text"] for one in document["notes"]]
    return found


def _report(one: Mapping[str, Any]) -> str:
    would_be = f" (would make it {one['would_be_pct']}%)" if one["would_be_pct"] is not None else ""
    day = f" for {one['speaks_of']}" if one["speaks_of"] > one["announced"] else ""
    return f"{one['status']} {one['announced']}{day}{would_be}: {one['note']}"


def _explanations(to: Console, layers: Sequence[Mapping[str, Any]]) -> None:
    to.print(Text("Where it stands:", style="bold"))
    for one in layers:
        to.print(Text(f"  {one['programme']}: {one['act']}, {one['where'] or 'no pinpoint'}; {one['confidence']}; {one['event']}"))
        if one["note"]:
            to.print(Text(f"    {one['note']}", style="dim"))
        for source in one["sources"]:
            mark = "official" if source["official"] else "secondary"
            to.print(Text(f"    {source['title']} [{mark}]"))
            if source["url"]:
                to.print(Text(f"    {source['url']}", style="dim"), soft_wrap=True)


def _verified(document: Mapping[str, Any]) -> str:
    data = document["dataset"]
    return f"Verified through {data['verified_through']}; record {data['version']} ({data['fingerprint']})."


def fitting(columns: Sequence[str], many: Sequence[Mapping[str, Any]], width: int) -> list[str]:
    """The columns that fit a terminal, from the first; at least three, whatever the width."""
    used, kept = 0, list[str]()
    for name in columns:
        longest = max((len(str(row.get(name) or "")) for row in many), default=0)
        used += max(len(name), min(longest, COMFORT)) + 2
        if used > width and len(kept) >= 3:
            break
        kept.append(name)
    return kept


def rows(to: Console, columns: Sequence[str], many: Sequence[Mapping[str, Any]]) -> None:
    """A plain table of rows, for the commands that look into the record; columns are given most important first."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    columns = fitting(columns, many, to.width)
    for name in columns:
        table.add_column(name, overflow="fold", no_wrap=name in KEPT_WHOLE)
    for row in many:
        table.add_row(*(escape("" if row.get(name) is None else str(row[name])) for name in columns))
    to.print(table)


def history(to: Console, heading: str, chart: Sequence[str], many: Sequence[Mapping[str, Any]], closing: str) -> None:
    """The view of `tariff history`: the step chart, then a row a change, then peak and days."""
    to.print(Text(heading, style="bold"))
    for line in chart:
        to.print(Text(line, no_wrap=True, overflow="crop"))
    rows(to, list(many[0]), many)
    to.print(Text(closing, style="dim"))


def lines(to: Console, many: Sequence[str]) -> None:
    """Lines of talk, as they are."""
    for line in many:
        to.print(Text(line))
