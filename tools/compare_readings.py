"""A second, independent reading of each list, compared with the record's.

    python tools/compare_readings.py chapter-99=PATH metals-annexes=PATH cn-2018=PATH ...
        [--counts] [--codes]

Each argument gives a document of `tools/second_readings.csv` its path on this machine. A row there
says where a list stands in an official text (`begins`, `ends`: the words before and after it;
several passages joined with `|`) or in a table (`begins`: the column of the codes; `ends`:
conditions `column=value` joined with `&`), which of the record's lists answer for it and in which
edition. Codes are read from the text without looking at the record. Each difference must be
explained in `tools/second_readings_explained.csv`, with the number of codes that its words cover;
anything else is printed and the exit code is 1.

`--counts` prints every list with both counts; `--codes` every differing code too. Documents that
are not given are left out.
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PAGE_HEAD = re.compile(
    r"^\s*(Harmonized Tariff Schedule of the United States.*|Annotated for Statistical Reporting.*"
    r"|XXII|99 - III - \d+)\s*$"
)
RUNNING_HEAD = "U.S. Notes (con.)"
ITEM = re.compile(r"\((\d{1,3})\) ")
CODE = re.compile(r"(?<![\d.])(\d{4})\.(\d{2})(?:\.(\d{2})(?:\.?(\d{2}))?)?(?![\d.]*\d)")
SPECIAL = ("98", "99")
"""Chapters that are provisions, not goods."""


class Reading(NamedTuple):
    """One row of `second_readings.csv`."""

    list: str
    scopes: list[str]
    edition: str
    document: str
    begins: str
    ends: str
    sign: str
    only: str
    headings: str
    items: str
    digits: str


class Comparison(NamedTuple):
    """One list in both readings: the codes, and those that only one of them has."""

    reading: Reading
    ours: set[str]
    theirs: set[str]

    @property
    def only_ours(self) -> list[str]:
        return sorted(self.ours - self.theirs)

    @property
    def only_theirs(self) -> list[str]:
        return sorted(self.theirs - self.ours)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def readings() -> list[Reading]:
    rows = table(ROOT / "tools" / "second_readings.csv")
    return [Reading(**{**row, "scopes": row["scopes"].split(";")}) for row in rows]  # type: ignore[arg-type]


def flowing(path: Path) -> str:
    """A text without its page heads, every run of blanks one blank."""
    lines = path.read_text(encoding="utf-8", errors="replace").replace("\f", "\n").split("\n")
    return re.sub(
        r"\s+",
        " ",
        " ".join(line.replace(RUNNING_HEAD, " ") for line in lines if not PAGE_HEAD.match(line)),
    )


def passage(text: str, begins: str, ends: str) -> str:
    """What stands between the first place of `begins` (`A >> B`: of B after A) and the next of
    `ends`. Raises ValueError.
    """
    place = 0
    for words in (*begins.split(" >> "), ends):
        start = place
        found = text.find(words, place)
        if found < 0:
            raise ValueError(f"not in the text: {words}")
        place = found + len(words)
    return text[start : place - len(ends)]


def kept(codes: set[str], reading: Reading) -> set[str]:
    """The codes that a reading is about. A statistical suffix `00` says that a line is not divided:
    the line is meant.
    """
    length = int(reading.digits or 10)
    return {
        re.sub(r"^(\d{8})00$", r"\1", code)[:length]
        for code in codes
        if re.match(reading.only, code)
    }


def codes_of(words: str, headings: str) -> set[str]:
    """Every tariff number in a passage, and the four-digit headings that `headings` (a pattern)
    admits.
    """
    words = re.sub(r"\[Compiler's note.*?\]", " ", words)
    found = {"".join(part for part in match.groups() if part) for match in CODE.finditer(words)}
    if headings:
        found |= set(re.findall(rf"(?<![\d.,])({headings})(?![\d.]*\d|,\d| ?mm| percent)", words))
    return {code for code in found if not code.startswith(SPECIAL)}


def chosen_items(words: str, kind: str) -> str:
    """The numbered items of a passage that are whole statistical numbers (`whole`) or goods in
    words (`described`); all if blank.
    """
    if not kind:
        return words
    starts: list[re.Match[str]] = []
    number = 0
    for match in ITEM.finditer(words):
        if int(match.group(1)) in (1, number + 1):
            number = int(match.group(1))
            starts.append(match)
    ends = [match.start() for match in starts[1:]] + [len(words)]
    items = [words[match.end() : end] for match, end in zip(starts, ends, strict=True)]
    return " ".join(item for item in items if bool(CODE.match(item)) == (kind == "whole"))


def second(reading: Reading, path: Path, texts: dict[Path, str]) -> set[str]:
    """The codes of a list as its document gives them."""
    if path.suffix == ".csv":
        wanted = [condition.split("=", 1) for condition in reading.ends.split("&") if condition]
        rows = [
            row
            for row in table(path)
            if all(row[column] in value.split("/") for column, value in wanted)
        ]
        codes = {row[reading.begins] for row in rows}
    else:
        if path not in texts:
            texts[path] = flowing(path)
        pairs = zip(reading.begins.split("|"), reading.ends.split("|"), strict=True)
        passages = (
            chosen_items(passage(texts[path], begins, ends), reading.items)
            for begins, ends in pairs
        )
        codes = set().union(*(codes_of(words, reading.headings) for words in passages))
    return kept(codes, reading)


def first(reading: Reading) -> set[str]:
    """The codes of a list as the record gives them."""
    rows = [
        row for scope in reading.scopes for row in table(ROOT / "data" / "scopes" / f"{scope}.csv")
    ]
    editions = ("", *reading.edition.split("+"))
    return kept(
        {
            row["prefix"]
            for row in rows
            if row["edition"] in editions and row["sign"] == reading.sign
        },
        reading,
    )


def unexplained(compared: list[Comparison]) -> list[str]:
    """Differences that no row explains, and explanations that no difference needs."""
    rows = table(ROOT / "tools" / "second_readings_explained.csv")
    wrong: list[str] = []
    for one in compared:
        for side, codes in (("ours", one.only_ours), ("theirs", one.only_theirs)):
            said = [row for row in rows if (row["list"], row["side"]) == (one.reading.list, side)]
            left = set(codes)
            for row in said:
                covered = {code for code in left if re.match(row["codes"], code)}
                if len(covered) != int(row["count"]):
                    wrong.append(
                        f"{one.reading.list}: {len(covered)} only {side}, explained "
                        f"{row['count']}: {row['why']}"
                    )
                left -= covered
            if left:
                wrong.append(
                    f"{one.reading.list}: only {side}, not explained: {' '.join(sorted(left))}"
                )
    return wrong


def main(arguments: list[str]) -> int:
    given = {
        name: Path(path) for name, path in (word.split("=", 1) for word in arguments if "=" in word)
    }
    texts: dict[Path, str] = {}
    compared: list[Comparison] = []
    for reading in readings():
        if reading.document in given:
            theirs = second(reading, given[reading.document], texts)
            compared.append(Comparison(reading, first(reading), theirs))
    for one in compared:
        if "--counts" in arguments or "--codes" in arguments:
            counts = (
                f"{len(one.ours)} here, {len(one.theirs)} there, {len(one.only_ours)} only here, "
                f"{len(one.only_theirs)} only there"
            )
            print(
                f"{one.reading.list} ({one.reading.edition or 'any'}, {one.reading.document}): "
                f"{counts}"
            )
        if "--codes" in arguments:
            print(f"  here: {' '.join(one.only_ours)}\n  there: {' '.join(one.only_theirs)}")
    wrong = unexplained(compared)
    for line in wrong:
        print(line)
    print(
        f"{len(compared)} lists compared, {len(wrong)} differences not explained.", file=sys.stderr
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) if len(sys.argv) > 1 else __doc__)
