"""Terminal text: the only user of rich. It draws documents (see `document`), and knows nothing of law."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tariffcli.show.document import NOT_INCLUDED, codes_text, percent

KEPT_WHOLE = (
    *("since", "duty %", "today %", "points", "days", "said_on", "effective", "date", "rate"),
    *("covered_from", "covered_until", "verified_through"),
)
"""Columns that are never broken over lines."""

COMFORT = 26
"""A column this wide can be read without breaking every word."""

MOST = 5
"""So many lines of each kind stand around an answer unless it is explained."""

MOST_ITEMS = 20
"""So many texts of items are printed."""

_APPLIES = ("applies", "floor", "unknown")
_STYLE = {"complete": "bold green", "range": "bold yellow", "needs_fact": "bold yellow", "prohibited": "bold red"}


NARROW = 60
"""Below this width rows stand as short paragraphs: a table would cut numbers off."""


class Terminal(Console):
    """A console whose closed pipe is an error to handle (see `tariffcli.cli.start`), not an exit."""

    def on_broken_pipe(self) -> None:
        """Pass the error on."""
        raise BrokenPipeError


def console(no_color: bool = False, stderr: bool = False) -> Terminal:
    """A console as the terminal allows: width from the terminal, colour and bold unless refused."""
    bare = no_color or os.environ.get("NO_COLOR", "") != ""
    to = Terminal(color_system=None if bare else "auto", stderr=stderr, highlight=False, file=sys.stderr if stderr else None)
    to.width = max(to.width, 20)
    return to


def as_file(draw: Callable[[Terminal], None]) -> str:
    """What `draw` prints, for a file: as wide as the terminal, without colour."""
    to = Terminal(file=io.StringIO(), width=console().width, color_system=None, force_terminal=False, highlight=False)
    draw(to)
    assert isinstance(to.file, io.StringIO)
    return to.file.getvalue()


def hanging(to: Console, line: str, style: str = "") -> None:
    """A line whose continuation is set in, so that the start of each stands out."""
    for number, piece in enumerate(Text(line, style=style).wrap(to, to.width - 4)):
        piece.rstrip()
        to.print(Padding(piece, (0, 0, 0, 2 if number == 0 else 4), expand=False))


def rate(to: Console, document: Mapping[str, Any], explain: bool) -> None:
    """The view of `tariff rate`."""
    to.print(Text(document["sentence"], style="bold"))
    status = document["status"]
    if status == "outside_coverage":
        to.print(Text(f"  outside coverage: {document['reason']}", style="bold red"))
        return
    figure = Text("  Additional duty: ")
    amount = percent(document["additional_min_pct"], document["additional_max_pct"])
    figure.append("prohibited" if status == "prohibited" else amount, style=_STYLE[status])
    if document["reason"]:
        figure.append(f"  ({document['reason']})", style="dim")
    to.print(figure)
    to.print(Text(f"  {_ordinary(document)}"))
    _layers(to, document, explain)
    if document["parts"]:
        _parts(to, document["parts"])
    for heading, lines in _around(document, explain).items():
        to.print(Text(f"{heading}:", style="bold"))
        shown = lines if explain else lines[:MOST]
        for line in shown:
            hanging(to, line)
        if len(lines) > len(shown):
            to.print(Text(f"  and {len(lines) - len(shown)} more (--explain)", style="dim"))
    if explain:
        _explanations(to, document["layers"])
        _items(to, document["items"])
    to.print(Text(f"{NOT_INCLUDED} {_verified(document)}", style="dim"))


def _ordinary(document: Mapping[str, Any]) -> str:
    if document["mfn_pct"] is not None:
        total = percent(document["total_min_pct"], document["total_max_pct"])
        return f"Ordinary duty: {document['mfn_pct']}%   Together: {total}"
    if document["total_min_pct"] is not None:
        words = document["mfn_text"] or "differs by line"
        return f"Ordinary duty: {words}   Together: {percent(document['total_min_pct'], document['total_max_pct'])}"
    if document["mfn_text"]:
        return f"Ordinary duty: {document['mfn_text']} (not in the number)"
    if document["product"]["kind"] == "general":
        return "Ordinary duty: not in the number; it depends on the product (--product)."
    return "Ordinary duty: not in the number; the record does not hold it for these goods."


def _layers(to: Console, document: Mapping[str, Any], explain: bool) -> None:
    told = document["reason"] or ""
    found: list[tuple[str, ...]] = []
    for one in document["layers"]:
        since = one["since"][:16].replace("T", " ")
        if one["role"] in _APPLIES:
            act = one["act"] + (f" ({one['heading']})" if one["heading"] else "")
            reason = "" if one["reason"] in told else f"; {one['reason']}"
            found.append((one["programme"], percent(one["min_pct"], one["max_pct"]), since, act + reason))
    if not found:
        found.append(("none applies", "0%", "", ""))
    if explain:
        beside = [one for one in document["layers"] if one["role"] not in _APPLIES]
        found += [(one["programme"], one["role"], one["since"][:16].replace("T", " "), f"{one['act']}: {one['reason']}") for one in beside]
    _grid(to, ("layer", "rate", "since", "by"), found, right=("rate",), indent=2)


def _parts(to: Console, parts: Sequence[Mapping[str, Any]]) -> None:
    to.print(Text("Parts (by number of tariff lines, not by trade):", style="bold"))
    found: list[tuple[str, ...]] = []
    for one in parts:
        together = percent(one["total_min_pct"], one["total_max_pct"]) if one["total_min_pct"] is not None else ""
        lines = f"{one['lines']} ({one['share_of_lines'] * 100:.0f}%)"
        found.append((percent(one["additional_min_pct"], one["additional_max_pct"]), together, lines, codes_text(one["codes"])))
    titles = ("additional", "with ordinary", "lines", "codes")
    _grid(to, titles, found, right=titles[:3], indent=2)


def _grid(
    to: Console,
    titles: Sequence[str],
    many: Sequence[Sequence[str]],
    whole: Sequence[str] = KEPT_WHOLE,
    right: Sequence[str] = (),
    indent: int = 0,
) -> None:
    """A table without lines; on a narrow terminal a paragraph a row, so that nothing is cut off."""
    if to.width < NARROW:
        for row in many:
            hanging(to, "; ".join([row[0] or "-", *(f"{title} {cell}" for title, cell in zip(titles[1:], row[1:], strict=True) if cell)]))
        return
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    for title in titles:
        uncut = title in whole or title in right
        table.add_column(title, overflow="fold", no_wrap=uncut, justify="right" if title in right else "left")
    for row in many:
        table.add_row(*map(escape, row))
    to.print(Padding(table, (0, 0, 0, indent), expand=False))


def _around(document: Mapping[str, Any], explain: bool) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    if document["facts"]:
        told = {(one["flag"].split()[0], one["effect"], one["question"]): one for one in document["facts"]}
        found["Facts that would change it"] = [f"{one['flag']}: {one['effect']}. {one['question']}" for one in told.values()]
    if document["reports"]:
        found["Beside the law"] = [_report(one) for one in document["reports"]]
    coming = document["next_change"]
    if coming:
        amount = percent(coming["additional_min_pct"], coming["additional_max_pct"])
        found["Next recorded change"] = [f"{coming['instant'][:16].replace('T', ' ')}: {amount} ({coming['event'] or 'tariff edition'})"]
    if document["notes"]:
        pointer = "The record has known gaps for these goods: see --explain."
        found["Notes"] = [pointer if one["code"] == "gaps" and not explain else one["text"] for one in document["notes"]]
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


def _items(to: Console, many: Sequence[Mapping[str, Any]]) -> None:
    if many:
        to.print(Text("Items to read:", style="bold"))
    for one in many[:MOST_ITEMS]:
        words = one["text"] or f"the whole of {codes_text(one['codes'])}"
        remark = f" [{one['note']}]" if one["note"] else ""
        hanging(to, f"{one['heading']}, {one['provision']}, item {one['item']}: {words}{remark}")
    if len(many) > MOST_ITEMS:
        to.print(Text(f"  and {len(many) - MOST_ITEMS} more (--format json, or a longer code)", style="dim"))


def _verified(document: Mapping[str, Any]) -> str:
    data = document["dataset"]
    return f"Verified through {data['verified_through']}; record {data['version']} ({data['fingerprint']})."


def fitting(columns: Sequence[str], many: Sequence[Mapping[str, Any]], width: int) -> list[str]:
    """The columns that fit a terminal, from the first; at least three, whatever the width."""
    used, kept = 0, list[str]()
    for name in columns:
        longest = max((len(str(row.get(name) or "")) for row in many), default=0)
        head = len(_title(name))
        used += max(head, longest if name in KEPT_WHOLE else min(longest, COMFORT)) + 2
        if used > width + 2 and len(kept) >= 3:
            break
        kept.append(name)
    return kept


def _title(column: str) -> str:
    return column.removesuffix("_iso2").removeprefix("covered_").replace("_", " ")


def rows(to: Console, columns: Sequence[str], many: Sequence[Mapping[str, Any]]) -> None:
    """A plain table of rows, for the commands that look into the record; columns are given most important first."""
    columns = fitting(columns, many, to.width) if to.width >= NARROW else columns[:6]
    whole = [_title(name) for name in columns if name in KEPT_WHOLE]
    cells = [["" if row.get(name) is None else str(row[name]) for name in columns] for row in many]
    _grid(to, [_title(name) for name in columns], cells, whole)


def history(to: Console, heading: str, chart: Sequence[str], many: Sequence[Mapping[str, Any]], closing: Sequence[str]) -> None:
    """The view of `tariff history`: the step chart, then a row a change, then notes, peak and days."""
    to.print(Text(heading, style="bold"))
    for line in chart:
        to.print(Text(line, no_wrap=True, overflow="crop"))
    rows(to, list(many[0]), many)
    for line in closing:
        to.print(Text(line, style="dim"))


def lines(to: Console, many: Sequence[str]) -> None:
    """Lines of talk, as they are."""
    for line in many:
        to.print(Text(line))
