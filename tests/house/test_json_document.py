"""docs/json.md is the promise that other programs rely on: every field that is printed is there,
and every field there is printed.
"""

from __future__ import annotations

import re

import pytest

from support.json_questions import answers, page
from tariffcli.cli.app import COMMANDS

PLAIN = {"text": str, "number": int | float, "whole number": int, "yes or no": bool, "any": object}
"""Words for plain values; a unit after a comma does not count."""


def slug(heading):
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


class Reading:
    """Answers read beside the page: what is not as the page says, and which of its fields
    were met.
    """

    def __init__(self):
        self.page = page()
        self.headings = {slug(heading): heading for heading in self.page}
        self.faults = []
        self.met = set()

    def read(self, heading, value, where):
        """Read an object under a heading of the page."""
        fields = self.page[heading]
        any_name = next((name for name in fields if name.startswith("<")), None)
        for name, inner in value.items():
            known = name if name in fields else any_name
            if known is None:
                self.faults.append(f"{where}: {heading} does not name {name}")
                continue
            self.met.add((heading, known))
            self.read_value(fields[known], inner, f"{where}.{name}")

    def read_value(self, field, value, where):
        many = field.kind.startswith("list of ")
        kind = field.kind.removeprefix("list of ")
        piece = re.fullmatch(r"\[[^\]]+\]\(#([^)]+)\)", kind)
        if value is None:
            if field.null == "never":
                self.faults.append(f"{where} is null")
        elif many and not isinstance(value, list):
            self.faults.append(f"{where} is no list")
        elif piece:
            for index, one in enumerate(value if many else [value]):
                self.read(
                    self.headings[piece.group(1)], one, f"{where}[{index}]" if many else where
                )
        else:
            wanted = PLAIN[kind.partition(",")[0]]
            for one in value if many else [value]:
                if not isinstance(one, wanted) or (
                    isinstance(one, bool) and wanted is not bool and wanted is not object
                ):
                    self.faults.append(f"{where} is no {kind}: {one!r}")


@pytest.fixture(scope="module")
def reading(record, tmp_path_factory):
    pytest.importorskip("pyarrow")
    found = Reading()
    for heading, answer in answers(tmp_path_factory.mktemp("answers")):
        found.read(heading, answer, heading)
    return found


def test_every_field_that_is_printed_is_explained_with_its_type_and_when_it_is_null(reading):
    assert list(dict.fromkeys(re.sub(r"\[\d+\]", "[]", fault) for fault in reading.faults)) == []


def test_every_field_that_is_explained_is_printed(reading):
    explained = {(heading, name) for heading, fields in reading.page.items() for name in fields}
    assert explained - reading.met == set()


def test_every_field_has_a_meaning():
    assert [
        (heading, name)
        for heading, fields in page().items()
        for name, field in fields.items()
        if not field.meaning
    ] == []


def test_every_command_has_a_section():
    missing = {f"tariff {name}" for name in COMMANDS if name != "bulk"} - set(page())
    assert missing == set()
