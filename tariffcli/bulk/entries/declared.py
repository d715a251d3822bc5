"""What a declaration says against what the law says, heading by heading, for many lines at once.

Amounts are whole cents. First the headings that both name are compared; then what is left over by
programme, so that another heading of the same duty, or an exemption from it, is called that and not
a missing and an unexpected one.
"""

from __future__ import annotations

from threading import RLock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tariffcli.bulk.classes.duties import UNKNOWN, Amounts, Table, duties
from tariffcli.bulk.classes.formulas import Formulas
from tariffcli.bulk.classes.outcomes import CHARGES, Outcomes, charges_of
from tariffcli.bulk.entries.headings import Headings
from tariffcli.law.formula import Formula

Whole = NDArray[np.int64]
Truth = NDArray[np.bool_]
CENT = 1
"""Let pass at each heading: half cents are rounded by heading, by line or by entry, as the filer's
formula does."""

VALUE, MISSING, UNEXPECTED, OTHER, CLAIMED, RATE, BLANK, TWICE, ROUNDING = range(1, 10)
"""What can be found, the gravest first. The words that follow say it."""

WORDS = {
    VALUE: "value differs",
    MISSING: "missing heading",
    UNEXPECTED: "unexpected heading",
    OTHER: "other heading",
    CLAIMED: "exemption claimed",
    RATE: "rate differs",
    BLANK: "amount blank",
    TWICE: "row repeated",
    ROUNDING: "rounding",
}
"""The vocabulary of a comparison; headings follow after a colon. An other heading or an exemption:
the declared `for` the expected."""

AGREES = "agrees"


class Items(NamedTuple):
    """Amounts by line and heading, in any order: of one line's heading there may be several."""

    line: Whole
    heading: Whole
    cents: Whole


class Pairs(NamedTuple):
    """Every heading of every line that is due or declared: cents of both, and whether each side
    names it."""

    line: Whole
    heading: Whole
    due: Whole
    declared: Whole
    is_due: Truth
    is_declared: Truth
    blank: Truth
    of_declared: Whole
    """Of each declared item, its pair."""


class Expected:
    """What classes owe by heading. Grows with the classes; safe to use from several threads."""

    def __init__(self, outcomes: Outcomes, headings: Headings, lock: Any) -> None:
        self.outcomes, self.headings, self._lock = outcomes, headings, lock
        self._programs = Formulas()
        self._flat_headings: list[int] = []
        self._flat_programs: list[int] = []
        self._starts: list[int] = [0]
        self._made: tuple[Whole, Whole, Whole] | None = None

    def _tables(self) -> tuple[Whole, Whole, Whole, Table]:
        """Where each class begins among all lines of bills; of each line its heading, and its
        formula of that line alone."""
        with self._lock:
            done, many = len(self._starts) - 1, len(self.outcomes)
            if self._made is None or done < many:
                words = self.outcomes.words[CHARGES]
                for number in range(done, many):
                    self._add(
                        charges_of(words.texts[int(words.numbers.values[number])]),
                        int(self.outcomes.formula.values[number]),
                    )
                starts, headings, formulas = (
                    np.array(part, dtype=np.int64)
                    for part in (self._starts, self._flat_headings, self._flat_programs)
                )
                self._made = starts, headings, formulas
            return *self._made, self._programs.table

    def _add(self, charges: list[tuple[str, str]], formula: int) -> None:
        whole = self.outcomes.formulas[formula] if charges else None
        if whole is not None:
            for (heading, programme), line in zip(charges, whole.lines, strict=True):
                self._flat_headings.append(self.headings.number_of_charge(heading, programme))
                self._flat_programs.append(
                    self._programs.formula_number(Formula((line,), whole.even))
                )
        self._starts.append(len(self._flat_headings))

    def items(self, lines: Whole, classes: NDArray[Any], amounts: Amounts, places: Whole) -> Items:
        """What lines owe by heading, `UNKNOWN` where it cannot be told. `places` are the rows of
        `amounts` that the lines stand in."""
        starts, flat_headings, flat_programs, table = self._tables()
        first = starts.take(classes)
        many = starts.take(classes.astype(np.int64) + 1) - first
        ends = np.cumsum(many)
        within = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - many, many)
        flat = np.repeat(first, many) + within
        rows = np.repeat(places, many)
        repeated = amounts.taken(rows)
        numbers = (
            flat_programs.take(flat).astype(np.int32) if len(flat) else np.zeros(0, dtype=np.int32)
        )
        cents = (
            duties(self._programs, table, numbers, repeated)
            if len(flat)
            else np.zeros(0, dtype=np.int64)
        )
        return Items(np.repeat(lines, many), flat_headings.take(flat) if len(flat) else flat, cents)


def paired(due: Items, declared: Items, headings: int) -> Pairs:
    """Due and declared amounts side by side; `headings` is how many there are."""
    keys = np.concatenate(
        [due.line * headings + due.heading, declared.line * headings + declared.heading]
    )
    each, inverse = np.unique(keys, return_inverse=True)
    inverse = inverse.reshape(-1)
    mine, theirs = inverse[: len(due.line)], inverse[len(due.line) :]
    blank = np.zeros(len(each), dtype=bool)
    blank[theirs[declared.cents == UNKNOWN]] = True
    return Pairs(
        each // headings,
        each % headings,
        summed(mine, due.cents, len(each)),
        summed(theirs, declared.cents, len(each)),
        np.bincount(mine, minlength=len(each)) > 0,
        np.bincount(theirs, minlength=len(each)) > 0,
        blank,
        theirs,
    )


def summed(places: Whole, cents: Whole, many: int) -> Whole:
    """Cents added up by place, in whole numbers; what is unknown adds nothing."""
    found = np.zeros(many, dtype=np.int64)
    np.add.at(found, places, np.where(cents == UNKNOWN, 0, cents))
    return found


class Tokens(NamedTuple):
    """What was found: line, which of the vocabulary, the heading it is about, and the other heading
    (0: none)."""

    line: Whole
    what: Whole
    heading: Whole
    other: Whole


def findings(pairs: Pairs, programme_of: Whole) -> Tokens:
    """What differs. `programme_of` gives each heading's programme, by which what is left over on
    both sides is met."""
    both = pairs.is_due & pairs.is_declared
    gap = np.abs(pairs.declared - pairs.due)
    blank = both & pairs.blank & (pairs.due > CENT)
    rate = both & ~blank & (gap > CENT)
    value = rate & _by_value(pairs, both, rate)
    found = [
        _of(pairs, rate & ~value, RATE),
        _once(pairs.line[value], VALUE),
        _of(pairs, blank, BLANK),
        _once(pairs.line[both & (gap > 0) & ~rate & ~blank], ROUNDING),
    ]
    left = np.flatnonzero(~both)
    if len(left):
        found += _left_over(pairs, left, programme_of)
    return Tokens(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def _left_over(pairs: Pairs, left: Whole, programme_of: Whole) -> list[Tokens]:
    programmes = programme_of.take(pairs.heading[left])
    width = int(np.abs(programmes).max()) * 2 + 3
    keys = pairs.line[left] * width + programmes + width // 2
    each, inverse = np.unique(keys, return_inverse=True)
    inverse = inverse.reshape(-1)
    due, declared = (summed(inverse, part[left], len(each)) for part in (pairs.due, pairs.declared))
    mine, theirs = np.full(len(each), -1, dtype=np.int64), np.full(len(each), -1, dtype=np.int64)
    is_mine = pairs.is_due[left]
    mine[inverse[is_mine]] = pairs.heading[left[is_mine]]
    theirs[inverse[~is_mine]] = pairs.heading[left[~is_mine]]
    line = np.zeros(len(each), dtype=np.int64)
    line[inverse] = pairs.line[left]
    owed = (mine >= 0) & (due > CENT)
    claimed = owed & (theirs >= 0) & (declared == 0)
    other = (mine >= 0) & (theirs >= 0) & ~claimed & ((declared != 0) | owed)
    missing = owed & (theirs < 0)
    unexpected = (mine < 0) & (np.abs(declared) > CENT)
    return [
        Tokens(line[claimed], np.full(claimed.sum(), CLAIMED), theirs[claimed], mine[claimed]),
        Tokens(line[other], np.full(other.sum(), OTHER), theirs[other], mine[other]),
        Tokens(
            line[missing],
            np.full(missing.sum(), MISSING),
            mine[missing],
            np.zeros(missing.sum(), dtype=np.int64),
        ),
        Tokens(
            line[unexpected],
            np.full(unexpected.sum(), UNEXPECTED),
            theirs[unexpected],
            np.zeros(unexpected.sum(), dtype=np.int64),
        ),
    ]


def _by_value(pairs: Pairs, both: Truth, rate: Truth) -> Truth:
    """Pairs of lines whose every amount is off by one and the same factor (two amounts at least):
    another value was declared."""
    if not rate.any():
        return rate
    many = int(pairs.line.max()) + 1
    counts = np.bincount(pairs.line[rate], minlength=many)
    due, declared = (
        summed(pairs.line[both], pairs.due[both], many),
        summed(pairs.line[both], pairs.declared[both], many),
    )
    factor = np.where(due > 0, declared / np.maximum(due, 1), 0.0)[pairs.line]
    off = both & (np.abs(pairs.declared - pairs.due * factor) > 2 * CENT)
    same = (
        np.bincount(
            pairs.line[off | ~(both | ((pairs.due == 0) & (pairs.declared == 0)))], minlength=many
        )
        == 0
    )
    return same[pairs.line] & (counts[pairs.line] >= 2) & (factor > 0)


def _of(pairs: Pairs, here: Truth, what: int) -> Tokens:
    many = int(here.sum())
    return Tokens(
        pairs.line[here], np.full(many, what), pairs.heading[here], np.zeros(many, dtype=np.int64)
    )


def _once(lines: Whole, what: int) -> Tokens:
    each = np.unique(lines)
    return Tokens(
        each,
        np.full(len(each), what),
        np.zeros(len(each), dtype=np.int64),
        np.zeros(len(each), dtype=np.int64),
    )


class Sayings:
    """Texts by number, each kept once; safe to use from several threads."""

    def __init__(self, headings: Headings) -> None:
        self.headings = headings
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}
        self._lock = RLock()

    def number(self, text: str) -> int:
        """The number of a text, new or known."""
        with self._lock:
            if text not in self._numbers:
                self.texts.append(text)
                self._numbers[text] = len(self.texts) - 1
            return self._numbers[text]

    def of(self, tokens: Tokens, lines: int) -> Whole:
        """Of each line, the text of what was found; lines on which nothing was found agree. A text
        is made once for equal findings."""
        found = np.full(lines, self.number(AGREES), dtype=np.int64)
        if not len(tokens.line):
            return found
        order = np.lexsort((tokens.other, tokens.heading, tokens.what, tokens.line))
        line, what, heading, other = (part[order] for part in tokens)
        many = len(self.headings.labels) + 1
        marks = _mixed(((what * many + heading) * many + other).astype(np.uint64))
        starts = np.flatnonzero(np.r_[True, line[1:] != line[:-1]])
        _, first, places = np.unique(
            np.add.reduceat(marks, starts), return_index=True, return_inverse=True
        )
        ends = np.r_[starts[1:], len(line)]
        spans = [slice(starts[at], ends[at]) for at in first.tolist()]
        texts = [self.number(self._text(what[span], heading[span], other[span])) for span in spans]
        found[line[starts]] = np.array(texts, dtype=np.int64).take(places.reshape(-1))
        return found

    def _text(self, what: Whole, heading: Whole, other: Whole) -> str:
        labels = self.headings.labels
        said: dict[int, list[str]] = {}
        kinds: list[int] = what.tolist()
        own: list[int] = heading.tolist()
        others: list[int] = other.tolist()
        for one, mine, theirs in zip(kinds, own, others, strict=True):
            if one == ROUNDING and len(what) > 1:
                continue
            about = said.setdefault(one, [])
            if one in (OTHER, CLAIMED):
                about.append(f"{labels[mine]} for {labels[theirs]}")
            elif one not in (VALUE, TWICE, ROUNDING):
                about.append(labels[mine])
        return "; ".join(
            f"{WORDS[one]}: {', '.join(sorted(about))}" if about else WORDS[one]
            for one, about in said.items()
        )


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Numbers scattered over 64 bits, so that the sum of a line's tells its findings apart."""
    found = numbers + np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        found = (found ^ (found >> np.uint64(shift))) * np.uint64(factor)
    return found ^ (found >> np.uint64(31))
