"""Tariff headings by number: which programme and authority they belong to, and from which day what
was paid under them comes back."""

from __future__ import annotations

from threading import RLock

import numpy as np
from numpy.typing import NDArray

from tariffcli.book.load import Record
from tariffcli.bulk.classes.outcomes import Column
from tariffcli.law.interest import number_of

ORDINARY = 0
"""The number of the ordinary duty, which has no heading of its own."""

NEVER = np.iinfo(np.int64).max
ADDITIONAL, SPECIAL = "99", "98"
"""The chapters that the Harmonized System leaves to each importer: additional duties and
exemptions; special classifications."""


class Headings:
    """Every heading that was met, numbered; safe to use from several threads. `labels` are how they
    are written."""

    def __init__(self, book: Record) -> None:
        self.book = book
        self._lock = RLock()
        self._acts: dict[str, list[str]] = {}
        for importer in sorted(book.events):
            for event in book.events[importer]:
                for programme in event.programmes if event.heading else ():
                    held = self._acts.setdefault(_digits(event.heading), [])
                    held.extend([programme] if programme not in held else [])
        self.programmes = {name: number for number, name in enumerate(sorted(book.programmes))}
        self.prefixes = sorted(book.headings, key=lambda row: (-len(row.prefix), row.id))
        self.authorities: list[str] = [""]
        self.labels: list[str] = []
        self._numbers: dict[tuple[str, str], int] = {}
        self._programme, self._authority, self._since = (
            Column(np.int64, -1),
            Column(np.int64, 0),
            Column(np.int64, NEVER),
        )
        self._add("", "", "ordinary duty")

    @property
    def programme(self) -> NDArray[np.int64]:
        """Of each heading, the number of its programme; below zero where the record does not know
        it (its own number, told apart)."""
        return self._programme.values

    @property
    def authority(self) -> NDArray[np.int64]:
        """Of each heading, the number of its authority; 0: none is known."""
        return self._authority.values

    @property
    def refundable_since(self) -> NDArray[np.int64]:
        """Of each heading, the first day (from 1970) whose duty comes back; `NEVER` where it does
        not."""
        return self._since.values

    def number(self, code: str) -> int:
        """The number of a declared heading, given its digits (what stands after the eighth does not
        count)."""
        digits = code[:8]
        known = self._acts.get(digits, [""])
        return self._number(digits, known[0], _dotted(digits))

    def number_of_charge(self, heading: str, programme: str) -> int:
        """The number of a layer of an answer: its heading, or its programme where the record holds
        no heading of it."""
        if not programme:
            return ORDINARY
        digits = _digits(heading)
        if digits and self._acts.get(digits, [""])[0] == programme:
            return self.number(digits)
        return self._number(digits, programme, heading or programme)

    def _number(self, digits: str, programme: str, label: str) -> int:
        key = (digits, "" if digits else programme)
        found = self._numbers.get(key)
        return found if found is not None else self._add(digits, programme, label)

    def _add(self, digits: str, programme: str, label: str) -> int:
        with self._lock:
            key = (digits, "" if digits else programme)
            if key in self._numbers:
                return self._numbers[key]
            number = len(self.labels)
            authority, since = self._owner(digits, programme)
            if authority not in self.authorities:
                self.authorities.append(authority)
            self._programme.append(self.programmes.get(programme, -1 - number))
            self._authority.append(self.authorities.index(authority))
            self._since.append(number_of(since) if since else NEVER)
            self.labels.append(label)
            self._numbers[key] = number
            return number

    def _owner(self, digits: str, programme: str) -> tuple[str, str]:
        row = self.book.programmes.get(programme)
        if row is not None:
            return row.authority, row.refundable_since
        found = next((one for one in self.prefixes if digits.startswith(one.prefix)), None)
        return (found.authority, found.refundable_since) if found is not None else ("", "")


def _digits(heading: str) -> str:
    plain = heading.replace(".", "")
    return plain[:8] if plain.isascii() and plain.isdigit() else ""


def _dotted(digits: str) -> str:
    """A heading as it is written: `9903.01.24`."""
    return ".".join(part for part in (digits[:4], digits[4:6], digits[6:8]) if part)
