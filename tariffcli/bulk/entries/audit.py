# pyright: basic, reportAttributeAccessIssue=false
"""`--audit`: every line rated and held against what was paid and, where the file tells them, against the headings that were declared.

    auditor = Auditor(rater, found, several=recognise(found, first_batch))
    audited = auditor.rate(batch)          # from any thread; a batch of whole lines where `several`
    tallies.collect(audited)               # one at a time

Columns added after those of the rater: `paid` and `variance` (paid less `duty_due`, US dollars, null where either is not known),
`why`, `headings` (what the law asks to declare). With several rows a line these stand on its goods row, and each row has
`heading_due` and `heading_variance` of its own heading (the goods row: the ordinary duty).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tariffcli.bulk.cells.rater import Rated, Rater
from tariffcli.bulk.classes import arrow
from tariffcli.bulk.classes.duties import UNKNOWN
from tariffcli.bulk.classes.outcomes import CHARGES, INVALID, charges_of
from tariffcli.bulk.classes.outcomes import TEXT_COLUMNS as WORD_COLUMNS
from tariffcli.bulk.entries.declared import (
    AGREES,
    CENT,
    ROUNDING,
    TWICE,
    WORDS,
    Expected,
    Items,
    Pairs,
    Sayings,
    Tokens,
    Whole,
    findings,
    paired,
)
from tariffcli.bulk.entries.es003 import GOODS, HEADING, NOTHING, Folder, Lines, single_lines
from tariffcli.bulk.entries.filing import signed_cents, texts_of
from tariffcli.bulk.entries.headings import Headings

TEXT = pa.dictionary(pa.int32(), pa.string())
TEXT_COLUMNS = ("why", "headings")
AUDIT = ("paid", "variance", "why", "headings")
BY_HEADING = ("heading_due", "heading_variance")
DECLARED = "declared"
"""The status of a row that is no goods row: it declares a heading, and asks no question of its own."""

STATUS_WORDS = {
    INVALID: "not rated",
    "outside_coverage": "outside coverage",
    "prohibited": "entry prohibited",
    "range": "no one rate",
    "needs_fact": "depends on a fact",
}
NO_GOODS, SEVERAL, SPECIAL_CLASS = "no goods code", "several goods codes", "special classification"
UNRATED, NO_VALUE, NO_PAID, UNREAD = (
    "duty not reckoned",
    "no value",
    "no amount paid",
    "amount not read",
)
OTHER_DAY, AS_IF, MORE, LESS = "rate of another day", "as if without", "paid more", "paid less"


class Audited(NamedTuple):
    """A batch that was audited: its added columns, and what sums are made of.

    `places` is each line's row among the rated ones (-1: none), `items` what rated lines owe by heading, `why` the number of each
    line's text (-1: it has none), `variance` in cents by line (`UNKNOWN`).
    """

    batch: Any
    arrays: list[Any]
    lines: Lines
    rated: Rated
    places: Whole
    items: Items
    pairs: Pairs | None
    why: Whole
    variance: Whole


class Auditor:
    """Rates batches and says how they differ from what was paid. Safe to use from several threads.

    `found` as from `filing.find_filed`; `several`: lines have several rows (`es003.recognise`). Then the rater's plan maps `hs` and
    `value` to the same columns as `found`.
    """

    def __init__(self, rater: Rater, found: Mapping[str, str], several: bool) -> None:
        self.rater, self.several = rater, several
        paid = rater.plan.columns.get("paid")
        self.found = {**found, **({"paid": paid} if paid else {})}
        self.headings = Headings(rater.book)
        self.sayings = Sayings(self.headings)
        self.expected = Expected(rater.classes.outcomes, self.headings, rater.classes.lock)
        self.folder = Folder(self.found, self.headings, rater.plan.restore_zeros)
        self.other_days = {
            kind for row in rater.book.caveats if row.about == "other_day" for kind in row.types
        }
        self._asked: dict[int, int] = {}

    @property
    def added(self) -> list[str]:
        """The columns that are added, in order; one named `paid` is not added to a file that has it."""
        mine = [
            name
            for name in AUDIT
            if name != "paid" or self.several or self.found.get("paid") != name
        ]
        return [*self.rater.added, *mine, *(BY_HEADING if self.several else ())]

    def type_of(self, name: str) -> Any:
        """The Arrow type of an added column: texts by number, and floats."""
        return TEXT if name in (*WORD_COLUMNS, *TEXT_COLUMNS) else pa.float64()

    def rate(self, batch: Any) -> Audited:
        """A batch audited."""
        lines = self.folder.fold(batch) if self.several else self._single(batch)
        rows = (
            np.flatnonzero((lines.kind == GOODS) & ~lines.twice)
            if self.several
            else np.arange(batch.num_rows)
        )
        rated = self.rater.classify(self._goods(batch, lines, rows) if self.several else batch)
        spots = np.full(batch.num_rows, -1, dtype=np.int64)
        spots[rows] = np.arange(len(rows))
        places = np.where(lines.goods >= 0, spots[lines.goods], -1)
        due, items = self._due(lines, rated, places)
        told, pairs = self._declared(lines, items)
        why, total = self._why(batch, lines, rated, places, due, items, pairs)
        variance = np.where(
            (total != UNKNOWN) & (due != UNKNOWN) & (lines.goods >= 0), total - due, UNKNOWN
        )
        arrays = self._arrays(lines, rated, spots, told, pairs, why, variance, total)
        return Audited(batch, arrays, lines, rated, places, items, pairs, why, variance)

    def _single(self, batch: Any) -> Lines:
        paid = signed_cents(batch.column(self.found["paid"])) if "paid" in self.found else None
        return single_lines(batch.num_rows, paid)

    def _goods(self, batch: Any, lines: Lines, rows: Whole) -> Any:
        """The goods rows alone, each with the value of its line; of a line with several, each with its own."""
        goods = batch.take(pa.array(rows))
        name = self.rater.plan.columns.get("value")
        if name is None:
            return goods
        alone = lines.many[lines.line[rows]] == 1
        cents = np.where(alone, lines.value[lines.line[rows]], lines.worth[rows])
        worth = arrow.numbers_with_nulls(np.where(cents == UNKNOWN, np.nan, cents / 100))
        return goods.set_column(goods.schema.get_field_index(name), name, worth)

    def _due(self, lines: Lines, rated: Rated, places: Whole) -> tuple[Whole, Items]:
        """What each line owes in cents, and by heading where its class tells headings apart."""
        many = len(lines.starts)
        if rated.cents is None or rated.amounts is None:
            return np.full(many, UNKNOWN), Items(*(np.zeros(0, dtype=np.int64) for _ in range(3)))
        due = np.where(
            places >= 0,
            rated.cents.take(np.maximum(places, 0)) if len(rated.cents) else UNKNOWN,
            UNKNOWN,
        )
        known = np.flatnonzero(due != UNKNOWN)
        items = self.expected.items(
            known, rated.classes.take(places[known]), rated.amounts, places[known]
        )
        return due, items

    def _declared(self, lines: Lines, items: Items) -> tuple[Whole, Pairs | None]:
        """The rows that tell what was paid on lines whose headings are known, and both sides in pairs."""
        if not lines.declared:
            return lines.starts[:0], None
        comparable = (np.bincount(items.line, minlength=len(lines.starts)) > 0)[
            lines.line
        ] & ~lines.twice
        rows = np.flatnonzero(comparable & ((lines.kind == HEADING) | (lines.kind == GOODS)))
        declared = Items(lines.line[rows], lines.heading[rows], lines.paid[rows])
        return rows, paired(items, declared, len(self.headings.labels))

    def _why(
        self,
        batch: Any,
        lines: Lines,
        rated: Rated,
        places: Whole,
        due: Whole,
        items: Items,
        pairs: Pairs | None,
    ) -> tuple[Whole, Whole]:
        """The number of each line's text, and what was paid for it as far as that can be told."""
        many = len(lines.starts)
        charges = np.bincount(items.line, minlength=many)
        total = lines.total.copy()
        told = np.zeros(many, dtype=bool)
        if pairs is not None:
            blank = pairs.blank & pairs.is_due & (pairs.due > CENT)
            total[pairs.line[blank]] = UNKNOWN
            found = findings(pairs, self.headings.programme)
            twice = np.unique(lines.line[lines.twice])
            zero = np.zeros(len(twice), dtype=np.int64)
            found = Tokens(
                *(
                    np.concatenate(two)
                    for two in zip(found, (twice, zero + TWICE, zero, zero), strict=True)
                )
            )
            why, told = self.sayings.of(found, many), charges > 0
            told |= np.isin(np.arange(many), pairs.line[blank])
        else:
            why = np.full(many, -1, dtype=np.int64)
        plain = np.flatnonzero(~told | (charges == 0))
        why[plain] = self._by_sums(plain, total, due, items, charges)
        unread = np.zeros(many, dtype=bool)
        unread[lines.line[lines.unread]] = True
        total[unread | (lines.many > 1)] = UNKNOWN
        blank_lines = (pairs is not None) & told
        why = self._set(why, (total == UNKNOWN) & ~blank_lines, NO_PAID)
        why = self._set(
            why,
            lines.claims
            & ~np.isin(why, [self.sayings.number(AGREES), self.sayings.number(WORDS[ROUNDING])]),
            SPECIAL_CLASS,
        )
        why = self._other_days(batch, lines, why)
        why = self._by_status(why, rated, places, due)
        why = self._set(why, unread, UNREAD)
        return self._set(self._set(why, lines.many > 1, SEVERAL), lines.many == 0, NO_GOODS), total

    def _set(self, why: Whole, here: Any, text: str) -> Whole:
        return np.where(here, self.sayings.number(text), why)

    def _by_sums(
        self, some: Whole, total: Whole, due: Whole, items: Items, charges: Whole
    ) -> Whole:
        """What the sums alone tell of some lines: they agree, or differ as if one heading had not been declared."""
        paid, owed = total[some], due[some]
        gap = np.where((paid == UNKNOWN) | (owed == UNKNOWN), 0, paid - owed)
        pass_ = CENT * np.maximum(charges[some], 1)
        agrees, rounded = self.sayings.number(AGREES), self.sayings.number(WORDS[ROUNDING])
        found = np.where(
            gap == 0, agrees, np.where(np.abs(gap) <= pass_, rounded, self.sayings.number(MORE))
        )
        found[gap < -pass_] = self.sayings.number(LESS)
        short = np.zeros(len(total), dtype=np.int64)
        short[some[gap < -pass_]] = -gap[gap < -pass_]
        fits = np.flatnonzero(
            (short[items.line] > 0) & (np.abs(short[items.line] - items.cents) <= CENT)
        )
        if len(fits):
            by_line = np.full(len(total), -1, dtype=np.int64)
            heading = items.heading[fits]
            texts = {
                one: self.sayings.number(f"{AS_IF}: {self.headings.labels[one]}")
                for one in np.unique(heading).tolist()
            }
            by_line[items.line[fits]] = [texts[one] for one in heading.tolist()]
            found = np.where(by_line[some] >= 0, by_line[some], found)
        return found

    def _by_status(self, why: Whole, rated: Rated, places: Whole, due: Whole) -> Whole:
        """What keeps a line from being compared: the answer is not one number, or the line tells no value."""
        open_ = np.flatnonzero((due == UNKNOWN) & (places >= 0))
        if not len(open_):
            return why
        classes = rated.classes.take(places[open_])
        valued = rated.amounts is not None and (rated.amounts.cents[places[open_]] != UNKNOWN)
        texts = np.zeros(len(open_), dtype=np.int64)
        for number in np.unique(classes).tolist():
            texts[classes == number] = self._status_text(number)
        unsaid = self.sayings.number(UNRATED)
        why[open_] = np.where(
            (texts == unsaid) & ~np.asarray(valued), self.sayings.number(NO_VALUE), texts
        )
        return why

    def _status_text(self, number: int) -> int:
        if number not in self._asked:
            words = self.rater.classes.outcomes.words
            status, reason = (
                words[name].texts[int(words[name].numbers.values[number])]
                for name in ("status", "reason")
            )
            said = STATUS_WORDS.get(status, UNRATED)
            _, _, facts = reason.partition(": ")
            self._asked[number] = self.sayings.number(
                f"{said}: {facts}" if status == "needs_fact" and facts else said
            )
        return self._asked[number]

    def _other_days(self, batch: Any, lines: Lines, why: Whole) -> Whole:
        if not self.other_days or "entry_type" not in self.found or not batch.num_rows:
            return why
        numbers, texts = texts_of(batch.column(self.found["entry_type"]))
        apart = np.array([text.zfill(2)[:2] in self.other_days for text in texts]).take(numbers)[
            lines.starts
        ]
        fine = np.isin(why, [self.sayings.number(AGREES), self.sayings.number(WORDS[ROUNDING])])
        return self._set(why, apart & ~fine, OTHER_DAY)

    # columns

    def _arrays(
        self,
        lines: Lines,
        rated: Rated,
        spots: Whole,
        told: Whole,
        pairs: Pairs | None,
        why: Whole,
        variance: Whole,
        total: Whole,
    ) -> list[Any]:
        rater, names = self.rater, self.added
        made = dict(zip(rater.added, rater.columns(rated), strict=True))
        made["headings"] = self._headings(rated)
        if self.several:
            index = pa.array(spots, mask=spots < 0)
            made = {name: array.take(index) for name, array in made.items()}
            if "status" in made:
                kinds = np.where(lines.kind == NOTHING, INVALID, DECLARED)
                made["status"] = pc.coalesce(
                    made["status"].cast(pa.string()), pa.array(kinds)
                ).dictionary_encode()
        spot = lines.goods[lines.goods >= 0] if self.several else np.arange(len(lines.starts))
        kept = np.flatnonzero(lines.goods >= 0) if self.several else spot
        made["paid"], made["variance"] = (
            self._dollars(len(lines.line), spot, part[kept]) for part in (total, variance)
        )
        texts = self.sayings.texts
        said = np.full(len(lines.line), -1, dtype=np.int32)
        here = (lines.goods >= 0) | (lines.many == 0)
        said[np.where(lines.goods >= 0, lines.goods, lines.starts)[here]] = why[here]
        several = (
            np.flatnonzero((lines.kind == GOODS) & (lines.many[lines.line] > 1))
            if self.several
            else spot[:0]
        )
        said[several] = self.sayings.number(SEVERAL)
        made["why"] = pa.DictionaryArray.from_arrays(
            pa.array(said, mask=said < 0), pa.array(list(texts), pa.string())
        )
        if self.several:
            made |= self._by_heading(lines, told, pairs)
        return [made[name] for name in names]

    def _headings(self, rated: Rated) -> Any:
        """The headings of each rated line's class, joined with `;`."""
        words = self.rater.classes.outcomes.words[CHARGES]
        each, places = np.unique(words.numbers.values.take(rated.classes), return_inverse=True)
        named = (
            [
                heading or programme
                for heading, programme in charges_of(words.texts[number])
                if programme
            ]
            for number in each.tolist()
        )
        texts = [";".join(names) or None for names in named]
        return pa.array(texts, pa.string()).take(pa.array(places.reshape(-1))).dictionary_encode()

    def _by_heading(self, lines: Lines, told: Whole, pairs: Pairs | None) -> dict[str, Any]:
        """The duty of each row's own heading, on the first row that declares it, and what was paid under it less that."""
        due, variance = np.full(len(lines.line), UNKNOWN), np.full(len(lines.line), UNKNOWN)
        if pairs is not None and len(pairs.of_declared):
            _, first = np.unique(pairs.of_declared, return_index=True)
            rows, pair = told[first], pairs.of_declared[first]
            due[rows] = pairs.due[pair]
            variance[rows] = np.where(
                pairs.blank[pair], UNKNOWN, pairs.declared[pair] - pairs.due[pair]
            )
        everywhere = np.arange(len(lines.line))
        return {
            name: self._dollars(len(lines.line), everywhere, part)
            for name, part in zip(BY_HEADING, (due, variance), strict=True)
        }

    def _dollars(self, rows: int, here: Whole, cents: Whole) -> Any:
        found = np.full(rows, np.nan)
        found[here] = np.where(cents == UNKNOWN, np.nan, cents / 100)
        return arrow.numbers_with_nulls(found)
