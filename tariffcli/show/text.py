"""Terminal text, drawn with rich from documents (see `document`); nothing here knows the law."""

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

from tariffcli.law.engine import CHARGING_ROLES
from tariffcli.show.document import NOT_INCLUDED, codes_text, minute_text
from tariffcli.show.figures import percent

UNBROKEN_COLUMNS = (
    *("since", "duty %", "today %", "weighted %", "simple %", "points", "days"),
    *("said_on", "effective", "date", "month", "rate"),
    *("covered_from", "covered_until", "verified_through"),
)
"""Columns whose cells are never broken over lines."""

COMFORTABLE_WIDTH = 26
"""A column this wide can be read without breaking every word."""

MOST_LINES = 5
"""At most this many lines of each kind stand around an answer unless it is explained."""

MOST_ITEMS = 20
"""At most this many texts of items are printed."""

LEAST_COLUMNS = 3
"""A table keeps this many columns, however narrow the terminal."""

NARROW = 60
"""Below this width rows stand as short paragraphs, since a table would cut numbers off."""

COLUMNS_OF_PARAGRAPHS = 6
"""At most this many columns stand in a paragraph."""

_STYLE = {
    "complete": "bold green",
    "range": "bold yellow",
    "needs_fact": "bold yellow",
    "prohibited": "bold red",
}


class Terminal(Console):
    """A console that passes on the error of a closed pipe (see `tariffcli.cli.start`)."""

    def on_broken_pipe(self) -> None:
        """Raise the error, where rich would end the program."""
        raise BrokenPipeError


def console(no_color: bool = False, stderr: bool = False) -> Terminal:
    """The terminal with its own width, and with colour and bold unless the user refuses them."""
    bare = no_color or os.environ.get("NO_COLOR", "") != ""
    to = Terminal(
        color_system=None if bare else "auto",
        stderr=stderr,
        highlight=False,
        file=sys.stderr if stderr else None,
    )
    to.width = max(to.width, 20)
    return to


def as_file(draw: Callable[[Terminal], None]) -> str:
    """What `draw` prints, as the text of a file: as wide as the terminal, without colour."""
    to = Terminal(
        file=io.StringIO(),
        width=console().width,
        color_system=None,
        force_terminal=False,
        highlight=False,
    )
    draw(to)
    assert isinstance(to.file, io.StringIO)
    return to.file.getvalue()


def hanging(to: Console, line: str, style: str = "") -> None:
    """Print a line whose continuation is indented, so that its start stands out."""
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
    to.print(_additional(document))
    to.print(Text(f"  {_ordinary(document)}"))
    _layers(to, document, explain)
    if document["parts"]:
        _parts(to, document["parts"])
    for heading, around in _around(document, explain).items():
        to.print(Text(f"{heading}:", style="bold"))
        shown = around if explain else around[:MOST_LINES]
        for line in shown:
            hanging(to, line)
        if len(around) > len(shown):
            to.print(Text(f"  and {len(around) - len(shown)} more (--explain)", style="dim"))
    if explain:
        _explanations(to, document["layers"])
        _items(to, document["items"])
    to.print(Text(f"{NOT_INCLUDED} {_verified(document)}", style="dim"))


def _additional(document: Mapping[str, Any]) -> Text:
    status = document["status"]
    amount = percent(document["additional_min_pct"], document["additional_max_pct"])
    line = Text("  Additional duty: ")
    line.append("prohibited" if status == "prohibited" else amount, style=_STYLE[status])
    if document["reason"]:
        line.append(f"  ({document['reason']})", style="dim")
    return line


def _ordinary(document: Mapping[str, Any]) -> str:
    total = percent(document["total_min_pct"], document["total_max_pct"])
    if document["mfn_pct"] is not None:
        return f"Ordinary duty: {document['mfn_pct']}%   Together: {total}"
    if document["total_min_pct"] is not None:
        words = document["mfn_text"] or "differs by line"
        return f"Ordinary duty: {words}   Together: {total}"
    if document["mfn_text"]:
        return f"Ordinary duty: {document['mfn_text']} (not in the number)"
    if document["product"]["kind"] == "general":
        return "Ordinary duty: not in the number; it depends on the product (--product)."
    return "Ordinary duty: not in the number; the record does not hold it for these goods."


def _layers(to: Console, document: Mapping[str, Any], explain: bool) -> None:
    layers = document["layers"]
    printed_reason = document["reason"] or ""
    table = [_layer(layer, printed_reason) for layer in layers if layer["role"] in CHARGING_ROLES]
    if not table:
        table.append(("none applies", "0%", "", ""))
    if explain:
        table += [_idle_layer(layer) for layer in layers if layer["role"] not in CHARGING_ROLES]
    _grid(to, ("layer", "rate", "since", "by"), table, right=("rate",), indent=2)


def _layer(layer: Mapping[str, Any], printed_reason: str) -> tuple[str, ...]:
    """A row for a layer that charges. A reason that stands above the table is not repeated."""
    act = layer["act"] + (f" ({layer['heading']})" if layer["heading"] else "")
    reason = "" if layer["reason"] in printed_reason else f"; {layer['reason']}"
    rate = percent(layer["min_pct"], layer["max_pct"])
    return layer["programme"], rate, minute_text(layer["since"]), act + reason


def _idle_layer(layer: Mapping[str, Any]) -> tuple[str, ...]:
    """A row for a layer that does not charge, with the reason why."""
    by = f"{layer['act']}: {layer['reason']}"
    return layer["programme"], layer["role"], minute_text(layer["since"]), by


def _parts(to: Console, parts: Sequence[Mapping[str, Any]]) -> None:
    to.print(Text("Parts (by number of tariff lines, not by trade):", style="bold"))
    table: list[tuple[str, ...]] = []
    for part in parts:
        total = ""
        if part["total_min_pct"] is not None:
            total = percent(part["total_min_pct"], part["total_max_pct"])
        additional = percent(part["additional_min_pct"], part["additional_max_pct"])
        count = f"{part['lines']} ({part['share_of_lines'] * 100:.0f}%)"
        table.append((additional, total, count, codes_text(part["codes"])))
    titles = ("additional", "with ordinary", "lines", "codes")
    _grid(to, titles, table, right=titles[:3], indent=2)


def _grid(
    to: Console,
    titles: Sequence[str],
    cells: Sequence[Sequence[str]],
    unbroken: Sequence[str] = UNBROKEN_COLUMNS,
    right: Sequence[str] = (),
    indent: int = 0,
) -> None:
    """A table without lines; on a narrow terminal a paragraph a row, so that nothing is cut off."""
    if to.width < NARROW:
        for row in cells:
            others = zip(titles[1:], row[1:], strict=True)
            named = (f"{title} {cell}" for title, cell in others if cell)
            hanging(to, "; ".join([row[0] or "-", *named]))
        return
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    for title in titles:
        table.add_column(
            title,
            overflow="fold",
            no_wrap=title in unbroken or title in right,
            justify="right" if title in right else "left",
        )
    for row in cells:
        table.add_row(*map(escape, row))
    to.print(Padding(table, (0, 0, 0, indent), expand=False))


def _around(document: Mapping[str, Any], explain: bool) -> dict[str, list[str]]:
    """What stands below the figures: the lines of each heading."""
    around: dict[str, list[str]] = {}
    if document["facts"]:
        # Several values of one flag may have the same effect, which is said once.
        different = {
            (fact["flag"].split()[0], fact["effect"], fact["question"]): fact
            for fact in document["facts"]
        }
        around["Facts that would change it"] = [
            f"{fact['flag']}: {fact['effect']}. {fact['question']}" for fact in different.values()
        ]
    if document["reports"]:
        around["Beside the law"] = [_report(report) for report in document["reports"]]
    coming = document["next_change"]
    if coming:
        amount = percent(coming["additional_min_pct"], coming["additional_max_pct"])
        cause = coming["event"] or "tariff edition"
        around["Next recorded change"] = [f"{minute_text(coming['instant'])}: {amount} ({cause})"]
    if document["notes"]:
        around["Notes"] = [_note(note, explain) for note in document["notes"]]
    return around


def _report(report: Mapping[str, Any]) -> str:
    would_be = ""
    if report["would_be_pct"] is not None:
        would_be = f" (would make it {report['would_be_pct']}%)"
    day = f" for {report['speaks_of']}" if report["speaks_of"] > report["announced"] else ""
    return f"{report['status']} {report['announced']}{day}{would_be}: {report['note']}"


def _note(note: Mapping[str, Any], explain: bool) -> str:
    """The text of a note. That of the gaps is long, and is printed only with the explanations."""
    if note["code"] == "gaps" and not explain:
        return "The record has known gaps for these goods: see --explain."
    return str(note["text"])


def _explanations(to: Console, layers: Sequence[Mapping[str, Any]]) -> None:
    to.print(Text("Where it stands:", style="bold"))
    for layer in layers:
        place = f"{layer['act']}, {layer['where'] or 'no pinpoint'}"
        words = f"  {layer['programme']}: {place}; {layer['confidence']}; {layer['event']}"
        to.print(Text(words))
        if layer["note"]:
            to.print(Text(f"    {layer['note']}", style="dim"))
        for source in layer["sources"]:
            mark = "official" if source["official"] else "secondary"
            to.print(Text(f"    {source['title']} [{mark}]"))
            if source["url"]:
                to.print(Text(f"    {source['url']}", style="dim"), soft_wrap=True)


def _items(to: Console, items: Sequence[Mapping[str, Any]]) -> None:
    if items:
        to.print(Text("Items to read:", style="bold"))
    for item in items[:MOST_ITEMS]:
        words = item["text"] or f"the whole of {codes_text(item['codes'])}"
        remark = f" [{item['note']}]" if item["note"] else ""
        place = f"{item['heading']}, {item['provision']}, item {item['item']}"
        hanging(to, f"{place}: {words}{remark}")
    if len(items) > MOST_ITEMS:
        more = f"  and {len(items) - MOST_ITEMS} more (--format json, or a longer code)"
        to.print(Text(more, style="dim"))


def _verified(document: Mapping[str, Any]) -> str:
    data = document["dataset"]
    which = f"record {data['version']} ({data['fingerprint']})"
    return f"Verified through {data['verified_through']}; {which}."


def fitting(columns: Sequence[str], records: Sequence[Mapping[str, Any]], width: int) -> list[str]:
    """The columns that fit a terminal, beginning with the first; never fewer than three."""
    used, fit = 0, list[str]()
    for name in columns:
        longest = max((len(str(row.get(name) or "")) for row in records), default=0)
        if name not in UNBROKEN_COLUMNS:
            longest = min(longest, COMFORTABLE_WIDTH)
        used += max(len(_title(name)), longest) + 2
        if used > width + 2 and len(fit) >= LEAST_COLUMNS:
            break
        fit.append(name)
    return fit


def _title(column: str) -> str:
    return column.removesuffix("_iso2").removeprefix("covered_").replace("_", " ")


def rows(to: Console, columns: Sequence[str], records: Sequence[Mapping[str, Any]]) -> None:
    """A plain table of records, with as many columns as fit; the most important come first."""
    few = to.width < NARROW
    columns = columns[:COLUMNS_OF_PARAGRAPHS] if few else fitting(columns, records, to.width)
    unbroken = [_title(name) for name in columns if name in UNBROKEN_COLUMNS]
    cells = [
        ["" if row.get(name) is None else str(row[name]) for name in columns] for row in records
    ]
    _grid(to, [_title(name) for name in columns], cells, unbroken)


def history(
    to: Console,
    heading: str,
    chart: Sequence[str],
    steps: Sequence[Mapping[str, Any]],
    closing: Sequence[str],
) -> None:
    """The view of `tariff history`: the step chart, a row for each change, then closing lines."""
    to.print(Text(heading, style="bold"))
    for line in chart:
        to.print(Text(line, no_wrap=True, overflow="crop"))
    rows(to, list(steps[0]), steps)
    for line in closing:
        to.print(Text(line, style="dim"))


def lines(to: Console, texts: Sequence[str]) -> None:
    """Print lines as they are."""
    for text in texts:
        to.print(Text(text))
