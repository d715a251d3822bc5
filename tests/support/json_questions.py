"""Real questions over all commands, and the page that says what their JSON means."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from support import ROOT
from support.run_program import ask
from support.tiny_record import write_record

PAGE = ROOT / "docs" / "json.md"
WEIGHTS = ROOT / "seeds" / "weights.csv"
ENTRIES = ROOT / "seeds" / "entries.csv"

QUESTIONS = {
    "tariff rate": (
        "rate --date 2025-04-24 --from us --to cn",
        "rate --date 2025-04-24 --from us --to cn --product soybeans --known-on 2025-06-01",
        "rate --date 2025-12-01 --from cn --to us --product refrigerators",
        "rate --date 2025-01-15 --from cn --to us --hs 8414.30.8030",
        "rate --date 2025-06-05 --from cn --to us --hs 8703",
        "rate --date 2025-06-05 --from cn --to us --hs 0202",
        "rate --date 2026-11-15 --from us --to cn",
        "rate --date 2016-01-15 --from cn --to us",
    ),
    "tariff rate --both": ("rate --both --date 2025-04-24 --from us --to cn",),
    "tariff duty": (
        "duty --value 10000 --from cn --to us --hs 6109.10.00 --date 2025-06-05 --fees",
        "duty --value 10000.40 --quantity 500 --unit kg --from cn --to us --hs 0201.10.05 --date 2025-06-05 --mode vessel --fees",
        "duty --value 10000 --from cn --to us --hs 0201.10.05 --date 2025-06-05",
        "duty --value 10000 --from cn --to us --hs 0201.10.05 --date 2016-06-05",
    ),
    "tariff history": (
        "history --from us --to cn --since 2025-01-01 --until 2025-12-31 --layers",
        "history --from cn --to us --hs 8703.80.00 --since 2018-01-01 --until 2028-12-31",
        "history --from us --to cn --since 2016-01-01 --until 2016-12-31",
    ),
    "tariff compare": (
        "compare --from us --to cn --date 2025-04-11 --date 2025-04-24",
        "compare --from cn --to us --date 2026-02-01 --date 2026-03-01 --hs 8703.80.00",
    ),
    "tariff average": (
        f"average --weights {WEIGHTS} --from cn --to us --date 2025-06-05",
        f"average --weights {WEIGHTS} --from cn --to us --since 2025-04-01 --until 2025-05-31 --every month --mfn-in",
        f"average --weights {WEIGHTS} --from cn --to us --date 2016-06-05",
    ),
    "tariff export history": (
        "export history --from us --to cn --since 2025-01-01 --until 2025-12-31 --layers",
        "export history --from us --to cn --since 2016-01-01 --until 2016-12-31",
    ),
    "tariff export rates": (
        "export rates --pair us:cn --since 2025-04-01 --until 2025-04-03",
        "export rates --pair us:cn --since 2026-11-01 --until 2026-11-30 --every month",
        "export rates --pair us:cn --since 2016-04-01 --until 2016-04-03",
    ),
    **{
        f"tariff export {kind}": (f"export {kind}",)
        for kind in ("events", "sources", "statements", "coverage", "products")
    },
    "tariff export --dictionary": ("export events --dictionary",),
    "tariff products": ("products", "products smartfone"),
    **{
        f"tariff {name}": (name,)
        for name in ("events", "statements", "sources", "coverage", "glossary", "check")
    },
}
"""Questions by the heading that explains their answers."""


class Field(NamedTuple):
    """A field as the page has it."""

    kind: str
    null: str
    meaning: str


Page = dict[str, dict[str, Field]]


def page() -> Page:
    """The fields of each heading of the page, by name."""
    found: Page = {}
    heading = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
            assert heading not in found, f"two headings are called {heading}"
            found[heading] = {}
        elif line.startswith("| `"):
            names, kind, null, meaning = (cell.strip() for cell in line.strip("|").split(" | "))
            kinds = kind.split("; ")
            for place, name in enumerate(re.findall(r"`([^`]+)`", names)):
                assert name not in found[heading], f"{heading} has two fields called {name}"
                found[heading][name] = Field(kinds[min(place, len(kinds) - 1)], null, meaning)
    return found


def answers(folder: Path) -> Iterator[tuple[str, Any]]:
    """Every answer, with the heading that explains it."""
    for heading, questions in QUESTIONS.items():
        for question in questions:
            told = ask(*question.split(), "--format", "json")
            assert told.out, (question, told)
            yield heading, json.loads(told.out)
    broken = write_record(folder / "broken", glossary=None)
    yield "tariff check", json.loads(ask("check", "--data", str(broken), "--format", "json").out)
    months = folder / "months"
    months.mkdir()
    (months / "may.csv").write_bytes(ENTRIES.read_bytes())
    assert (
        ask(
            "bulk", str(months), "--to", "us", "--out", str(folder / "rated"), "--refund", "--audit"
        ).code
        == 0
    )
    yield (
        "Manifest",
        json.loads((folder / "rated" / "may.csv.manifest.json").read_text(encoding="utf-8")),
    )
    yield (
        "Manifest of a folder",
        json.loads((folder / "rated" / "whole" / "manifest.json").read_text(encoding="utf-8")),
    )
