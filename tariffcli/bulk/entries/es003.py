# pyright: basic, reportAttributeAccessIssue=false
"""Files with several rows for one line of an entry (ACE report ES-003): the goods code and its
chapter 99 headings.

`prepare` keeps the rows of a line in one batch; `fold` finds the goods row of each line, its value,
and what was declared under each heading. Rows of a line stand together; where they do not, the file
is refused rather than read wrongly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tariffcli.bulk.cells import spellings
from tariffcli.bulk.cells.headers import fold
from tariffcli.bulk.classes import arrow
from tariffcli.bulk.classes.duties import UNKNOWN
from tariffcli.bulk.entries.filing import REPEATED, Money, signed_cents
from tariffcli.bulk.entries.headings import ADDITIONAL, ORDINARY, SPECIAL, Headings
from tariffcli.errors import UsageError

Whole = NDArray[np.int64]
Truth = NDArray[np.bool_]
MAX_ROWS = 1_000
"""More rows than this are no line of an entry."""

MIN_LINES_TO_TELL = 20
"""From this many lines on, more without goods than with them show that a file is sorted by
something else."""

GOODS, CLAIM, HEADING, NOTHING = 0, 1, 2, 3
"""Kinds of rows: the code of the goods; a special classification beside it (chapter 98); a heading
of chapter 99; no code."""


class EntryLines(NamedTuple):
    """The lines of a batch. By row: `line`, `kind`, `heading` (number; `ORDINARY` for goods),
    `paid` and `worth` (duty and value as told, in cents), `twice` (the row says what one before it
    said), `unread` (an amount that is none).

    By line: `starts` (its first row), `goods` (its goods row; -1 where there is not exactly one),
    `many` (how many goods rows), `claims` (whether a chapter 98 row stands beside), `value` and
    `total` (cents; `UNKNOWN`). `declared`: rows tell what was paid under each heading.
    """

    declared: bool
    line: Whole
    kind: Whole
    heading: Whole
    paid: Whole
    worth: Whole
    twice: Truth
    unread: Truth
    starts: Whole
    goods: Whole
    many: Whole
    claims: Truth
    value: Whole
    total: Whole


def recognise(found: Mapping[str, str], sample: Any | None = None) -> bool:
    """Whether a file has several rows for a line: it names entry, line and tariff code, and counts
    the codes or holds chapter 99.

    `found` as from `filing.find_filed`; `sample` is a batch of its first rows.
    """
    if not all(meaning in found for meaning in ("entry", "line", "hs")):
        return False
    if "ordinal" in found or fold(found.get("paid", "")).startswith("line tariff"):
        return True
    if sample is None:
        return False
    _, values = arrow.encoded(sample.column(found["hs"]))
    return any(
        _digits(value).startswith(ADDITIONAL) and len(_digits(value)) >= 8
        for value in values.to_pylist()
        if value is not None
    )


class Preparer:
    """Realigns batches so that no line of an entry is cut; `skipped` counts rows that are no lines
    (footers, blank rows, headers again)."""

    def __init__(self, found: Mapping[str, str], most: int = MAX_ROWS) -> None:
        self.found, self.most, self.skipped = found, most, 0

    def prepare(self, batches: Iterator[Any]) -> Iterator[Any]:
        """The same rows in the same order. Raises UsageError on a line of more than `most` rows."""
        kept: Any = None
        for batch in batches:
            rows = self._lines_only(batch)
            if rows.num_rows == 0:
                continue
            whole = rows if kept is None else pa.concat_batches([kept, rows])
            cut = self._last_line(whole)
            if whole.num_rows - cut > self.most:
                entry, line = (
                    str(whole.column(self.found[name])[cut].as_py())[:20]
                    for name in ("entry", "line")
                )
                raise UsageError(
                    f"More than {self.most} rows follow one another for line {line} of entry "
                    f"{entry}; is '{self.found['line']}' the line?"
                )
            kept = whole.slice(cut)
            if cut:
                yield whole.slice(0, cut)
        if kept is not None:
            yield kept

    def _lines_only(self, batch: Any) -> Any:
        codes, lines = (arrow.flat(batch.column(self.found[name])) for name in ("hs", "line"))
        header = _is(codes, self.found["hs"])
        footer = pc.and_(_is(codes, ""), _is(lines, ""))
        drop = pc.or_(footer, header)
        if not pc.any(drop).as_py():
            return batch
        self.skipped += pc.sum(drop).as_py()
        return batch.filter(pc.invert(drop))

    def _last_line(self, batch: Any) -> int:
        """Where the last line of a batch begins; as far back as a line may reach."""
        first = max(0, batch.num_rows - self.most - 1)
        tail = batch.slice(first)
        changed = np.flatnonzero(
            _changes(
                *(arrow.encoded(tail.column(self.found[name]))[0] for name in ("entry", "line"))
            )
        )
        return first + int(changed[-1]) if len(changed) else first


def _is(column: Any, text: str) -> Any:
    """Where a column holds a text; the blank text is null or spaces."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    blank = pc.is_null(column)
    if not (
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    ):
        return blank if not text else pc.and_(blank, False)
    plain = (
        arrow.flat(column.dictionary_decode()) if pa.types.is_dictionary(column.type) else column
    )
    same = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(plain.cast(pa.string())), text), False)
    return same if text else pc.or_(blank, same)


def _changes(entries: Whole, lines: Whole) -> Truth:
    """Which rows begin a line: entry or line number differ from the row before."""
    first = np.ones(len(entries), dtype=bool)
    first[1:] = (entries[1:] != entries[:-1]) | (lines[1:] != lines[:-1])
    return first


class Folder:
    """Folds rows to lines; keeps what each distinct code means. Safe to use from several
    threads."""

    def __init__(
        self, found: Mapping[str, str], headings: Headings, restore_zeros: bool = False
    ) -> None:
        self.found, self.headings, self.restore_zeros = found, headings, restore_zeros
        self.repeated = fold(found.get("paid", "")) in REPEATED
        self._codes: dict[Any, tuple[int, int]] = {}

    def fold(self, batch: Any) -> EntryLines:
        """The lines of a batch of whole lines. Raises UsageError where the rows of a line stand
        apart."""
        entries, lines = (
            arrow.encoded(batch.column(self.found[name]))[0] for name in ("entry", "line")
        )
        begins = _changes(entries, lines)
        starts = np.flatnonzero(begins)
        line = np.cumsum(begins) - 1
        numbers, values = arrow.encoded(batch.column(self.found["hs"]))
        meanings = np.array(
            [self._code(value) for value in (*values.to_pylist(), None)], dtype=np.int64
        )
        kind, heading = meanings[:, 0].take(numbers), meanings[:, 1].take(numbers)
        paid = self._money(batch, "paid")
        twice = self._twice(batch, line, numbers, len(values) + 1, paid.cents)
        once = ~twice
        claims = _counted(line, kind, once, CLAIM, len(starts))
        many = _counted(line, kind, once, GOODS, len(starts))
        # A special classification without the goods it stands for is the goods.
        alone = (many == 0) & (claims > 0)
        kind = np.where(alone[line] & (kind == CLAIM), GOODS, kind)
        many = np.where(alone, claims, many)
        self._refuse_rows_apart(batch, entries, lines, starts, many)
        goods = np.full(len(starts), -1, dtype=np.int64)
        rows = np.flatnonzero((kind == GOODS) & once)
        goods[line[rows]] = rows
        goods[many != 1] = -1
        heading = np.where(kind == GOODS, ORDINARY, heading)
        worth = self._money(batch, "value").cents
        value = np.maximum.reduceat(worth, starts) if len(starts) else starts
        # Zeros on the headings alone tell no value.
        mute = (goods >= 0) & (worth[goods] == UNKNOWN) & (value == 0)
        value = np.where(mute, UNKNOWN, value)
        return EntryLines(
            declared=not self.repeated,
            line=line,
            kind=kind,
            heading=heading,
            paid=paid.cents,
            worth=worth,
            twice=twice,
            unread=paid.unread,
            starts=starts,
            goods=goods,
            many=many,
            claims=(claims > 0) & ~alone,
            value=value,
            total=self._totals(paid.cents, starts, once),
        )

    def _money(self, batch: Any, meaning: str) -> Money:
        if meaning not in self.found:
            return Money(np.full(batch.num_rows, UNKNOWN), np.zeros(batch.num_rows, dtype=bool))
        return signed_cents(batch.column(self.found[meaning]))

    def _totals(self, paid: Whole, starts: Whole, once: Truth) -> Whole:
        """What was paid by line: the sum of its rows, or the amount that each of them repeats."""
        if not len(starts):
            return starts
        if self.repeated:
            return np.maximum.reduceat(paid, starts)
        told = (paid != UNKNOWN) & once
        sums = np.add.reduceat(np.where(told, paid, 0), starts)
        return np.where(np.logical_or.reduceat(told, starts), sums, UNKNOWN)

    def _code(self, value: Any) -> tuple[int, int]:
        found = self._codes.get(value)
        if found is None:
            code = _digits(value, self.restore_zeros)
            if not code:
                found = NOTHING, -1
            elif code.startswith(ADDITIONAL):
                found = HEADING, self.headings.number(code)
            else:
                found = (CLAIM if code.startswith(SPECIAL) else GOODS), ORDINARY
            self._codes[value] = found
        return found

    def _twice(self, batch: Any, line: Whole, codes: Whole, many: int, paid: Whole) -> Truth:
        """Rows that say what an earlier row of their line said: the same code, amount and (where
        given) ordinal."""
        twice = np.zeros(len(line), dtype=bool)
        keys = line * many + codes
        order = np.argsort(keys, kind="stable")
        if not (keys[order][1:] == keys[order][:-1]).any():
            return twice
        ordinals = (
            arrow.encoded(batch.column(self.found["ordinal"]))[0]
            if "ordinal" in self.found
            else np.zeros_like(line)
        )
        order = np.lexsort((np.arange(len(line)), paid, ordinals, keys))
        same = (keys[order][1:] == keys[order][:-1]) & (paid[order][1:] == paid[order][:-1])
        same &= ordinals[order][1:] == ordinals[order][:-1]
        twice[order[1:][same]] = True
        return twice

    def _refuse_rows_apart(
        self, batch: Any, entries: Whole, lines: Whole, starts: Whole, many: Whole
    ) -> None:
        bare = np.flatnonzero(many == 0)
        if not len(bare):
            return
        keys = entries[starts] * (int(lines.max()) + 1) + lines[starts]
        each, counts = np.unique(keys, return_counts=True)
        apart = bare[counts[np.searchsorted(each, keys[bare])] > 1]
        mostly = len(starts) >= MIN_LINES_TO_TELL and 2 * len(bare) > len(starts)
        if len(apart) or mostly:
            row = int(starts[apart[0] if len(apart) else bare[0]])
            entry, line = (
                str(batch.column(self.found[name])[row].as_py())[:20] for name in ("entry", "line")
            )
            raise UsageError(
                f"The rows of line {line} of entry {entry} stand apart; sort the file by entry "
                "and line."
            )


def single_lines(rows: int, paid: Money | None, value: Whole | None = None) -> EntryLines:
    """A batch whose every row is a line of its own: what was paid is told in sum, if at all."""
    each, nothing = np.arange(rows, dtype=np.int64), np.full(rows, UNKNOWN)
    no, zero = np.zeros(rows, dtype=bool), np.zeros(rows, dtype=np.int64)
    cents, unread = paid if paid is not None else (nothing, no)
    worth = value if value is not None else nothing
    return EntryLines(
        False, each, zero, zero, cents, worth, no, unread, each, each, zero + 1, no, worth, cents
    )


def _counted(line: Whole, kind: Whole, once: Truth, wanted: int, many: int) -> Whole:
    return np.bincount(line[(kind == wanted) & once], minlength=many).astype(np.int64)


def _digits(value: Any, restore: bool = False) -> str:
    """The digits of a cell's code; blank where it holds none."""
    if value is None:
        return ""
    try:
        code = spellings.code_of(value)
    except UsageError:
        return "?"
    code = spellings.restored(code) if restore else code
    return code if code.isdigit() else ("?" if code else "")
