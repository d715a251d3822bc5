# pyright: basic, reportAttributeAccessIssue=false
"""`--audit`: every line rated and held against what was paid and, where the file tells them,
against the headings that were declared.

    auditor = Auditor(rater, found, several=recognise(found, first_batch))
    audited = auditor.rate(batch)          # from any thread; a batch of whole lines where `several`
    tallies.collect(audited)               # one at a time

Columns added after those of the rater: `paid` and `variance` (paid less `duty_due`, US dollars,
null where either is not known), `why`, `headings` (what the law asks to declare). With several rows
a line these stand on its goods row, and each row has `heading_due` and `heading_variance` of its
own heading (the goods row: the ordinary duty).
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
    Truth,
    Whole,
    findings,
    paired,
)
from tariffcli.bulk.entries.es003 import GOODS, HEADING, NOTHING, EntryLines, Folder, single_lines
from tariffcli.bulk.entries.filing import signed_cents, texts_of
from tariffcli.bulk.entries.headings import Headings

TEXT = pa.dictionary(pa.int32(), pa.string())
TEXT_COLUMNS = ("why", "headings")
AUDIT = ("paid", "variance", "why", "headings")
BY_HEADING = ("heading_due", "heading_variance")
DECLARED = "declared"
"""The status of a row that is no goods row: it declares a heading, and asks no question of its
own."""

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

    `places` is each line's row among the rated ones (-1: none), `items` what rated lines owe by
    heading, `why` the number of each line's text (-1: it has none), `variance` in cents by line
    (`UNKNOWN`).
    """

    batch: Any
    arrays: list[Any]
    lines: EntryLines
    rated: Rated
    places: Whole
    items: Items
    pairs: Pairs | None
    why: Whole
    variance: Whole


class Held(NamedTuple):
    """A batch held against what was paid.

    Attributes:
        lines: the lines of its rows.
        rated: its goods rows as they were rated.
        spots: of each row, its place among the rated ones (-1: none).
        places: of each line, the place of its goods row among the rated ones (-1: none).
        due: what each line owes, in cents.
        items: what lines owe by heading.
        declaring: the rows that tell what was paid on lines whose headings are known.
        pairs: what is due and what was declared side by side; None where no row tells headings.
    """

    lines: EntryLines
    rated: Rated
    spots: Whole
    places: Whole
    due: Whole
    items: Items
    declaring: Whole
    pairs: Pairs | None


class Auditor:
    """Rates batches and says how they differ from what was paid. Safe to use from several threads.

    `found` as from `filing.find_filed`; `several`: lines have several rows (`es003.recognise`).
    Then the rater's plan maps `hs` and `value` to the same columns as `found`.
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
        self._status_texts: dict[int, str] = {}

    @property
    def added(self) -> list[str]:
        """The columns that are added, in order; one named `paid` is not added to a file that has
        it."""
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
        declaring, pairs = self._declared(lines, items)
        held = Held(
            lines=lines,
            rated=rated,
            spots=spots,
            places=places,
            due=due,
            items=items,
            declaring=declaring,
            pairs=pairs,
        )
        why, total = self._why(batch, held)
        variance = np.where(
            (total != UNKNOWN) & (due != UNKNOWN) & (lines.goods >= 0), total - due, UNKNOWN
        )
        return Audited(
            batch=batch,
            arrays=self._arrays(held, why, variance, total),
            lines=lines,
            rated=rated,
            places=places,
            items=items,
            pairs=pairs,
            why=why,
            variance=variance,
        )

    def _single(self, batch: Any) -> EntryLines:
        paid = signed_cents(batch.column(self.found["paid"])) if "paid" in self.found else None
        return single_lines(batch.num_rows, paid)

    def _goods(self, batch: Any, lines: EntryLines, rows: Whole) -> Any:
        """The goods rows alone, each with the value of its line; of a line with several, each with
        its own."""
        goods = batch.take(pa.array(rows))
        name = self.rater.plan.columns.get("value")
        if name is None:
            return goods
        alone = lines.many[lines.line[rows]] == 1
        cents = np.where(alone, lines.value[lines.line[rows]], lines.worth[rows])
        worth = arrow.numbers_with_nulls(np.where(cents == UNKNOWN, np.nan, cents / 100))
        return goods.set_column(goods.schema.get_field_index(name), name, worth)

    def _due(self, lines: EntryLines, rated: Rated, places: Whole) -> tuple[Whole, Items]:
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

    def _declared(self, lines: EntryLines, items: Items) -> tuple[Whole, Pairs | None]:
        """The rows that tell what was paid on lines whose headings are known, and both sides in
        pairs."""
        if not lines.declared:
            return lines.starts[:0], None
        comparable = (np.bincount(items.line, minlength=len(lines.starts)) > 0)[
            lines.line
        ] & ~lines.twice
        rows = np.flatnonzero(comparable & ((lines.kind == HEADING) | (lines.kind == GOODS)))
        declared = Items(lines.line[rows], lines.heading[rows], lines.paid[rows])
        return rows, paired(items, declared, len(self.headings.labels))

    def _why(self, batch: Any, held: Held) -> tuple[Whole, Whole]:
        """The number of each line's text, and what was paid for it as far as that can be told."""
        lines = held.lines
        why, total, is_compared = self._by_amounts(held)
        unread = np.zeros(len(lines.starts), dtype=bool)
        unread[lines.line[lines.unread]] = True
        several = lines.many > 1
        total[unread | several] = UNKNOWN
        no_paid = (total == UNKNOWN) & ~is_compared
        fits = [self.sayings.number(AGREES), self.sayings.number(WORDS[ROUNDING])]
        differs = ~np.isin(why, fits) | no_paid
        # What is said of a line, the weakest first: of several that hold, the last is said.
        # What the amounts tell (already in `why`) gives way to whatever keeps them from being
        # compared; a relief or another day explains only a difference.
        reasons = (
            (no_paid, NO_PAID),
            (lines.claims & differs, SPECIAL_CLASS),
            *((is_other & differs, OTHER_DAY) for is_other in self._other_days(batch, lines)),
            *self._by_status(held),
            (unread, UNREAD),
            (several, SEVERAL),
            (lines.many == 0, NO_GOODS),
        )
        for holds, text in reasons:
            why = np.where(holds, self.sayings.number(text), why)
        return why, total

    def _by_amounts(self, held: Held) -> tuple[Whole, Whole, Truth]:
        """What the amounts alone tell of each line (the number of a text), what was paid for it,
        and whether its headings could be compared."""
        lines, items, pairs = held.lines, held.items, held.pairs
        count = len(lines.starts)
        charges = np.bincount(items.line, minlength=count)
        total = lines.total.copy()
        is_compared = np.zeros(count, dtype=bool)
        why = np.full(count, -1, dtype=np.int64)
        if pairs is not None:
            blank = pairs.blank & pairs.is_due & (pairs.due > CENT)
            total[pairs.line[blank]] = UNKNOWN
            tokens = findings(pairs, self.headings.programme)
            twice = np.unique(lines.line[lines.twice])
            none = np.zeros(len(twice), dtype=np.int64)
            repeated = (twice, none + TWICE, none, none)
            tokens = Tokens(*(np.concatenate(both) for both in zip(tokens, repeated, strict=True)))
            why, is_compared = self.sayings.of(tokens, count), charges > 0
            is_compared |= np.isin(np.arange(count), pairs.line[blank])
        plain = np.flatnonzero(~is_compared | (charges == 0))
        why[plain] = self._by_sums(plain, total, held.due, items, charges)
        return why, total, is_compared

    def _by_sums(
        self, some: Whole, total: Whole, due: Whole, items: Items, charges: Whole
    ) -> Whole:
        """What the sums alone tell of some lines: they agree, or differ as if one heading had not
        been declared."""
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

    def _by_status(self, held: Held) -> list[tuple[Truth, str]]:
        """What keeps lines from being compared: the answer is not one number, or the line tells no
        value. Which lines, and what is said of them."""
        places, rated = held.places, held.rated
        open_lines = np.flatnonzero((held.due == UNKNOWN) & (places >= 0))
        if not len(open_lines):
            return []
        classes = rated.classes.take(places[open_lines])
        valued = np.zeros(len(open_lines), dtype=bool)
        if rated.amounts is not None:
            valued = rated.amounts.cents[places[open_lines]] != UNKNOWN
        texts = {number: self._status_text(number) for number in np.unique(classes).tolist()}
        every = dict.fromkeys((*texts.values(), UNRATED, NO_VALUE))
        reasons = {text: np.zeros(len(held.due), dtype=bool) for text in every}
        for number, text in texts.items():
            is_class = classes == number
            without = NO_VALUE if text == UNRATED else text
            reasons[text][open_lines[is_class & valued]] = True
            reasons[without][open_lines[is_class & ~valued]] = True
        return [(holds, text) for text, holds in reasons.items()]

    def _status_text(self, number: int) -> str:
        """What is said of lines of a class whose answer is not one number."""
        if number not in self._status_texts:
            words = self.rater.classes.outcomes.words
            status, reason = (
                words[name].texts[int(words[name].numbers.values[number])]
                for name in ("status", "reason")
            )
            text = STATUS_WORDS.get(status, UNRATED)
            _, _, facts = reason.partition(": ")
            names_facts = status == "needs_fact" and facts
            self._status_texts[number] = f"{text}: {facts}" if names_facts else text
        return self._status_texts[number]

    def _other_days(self, batch: Any, lines: EntryLines) -> list[Truth]:
        """Which lines are of a type of entry that takes the rate of another day, where types are
        told."""
        if not self.other_days or "entry_type" not in self.found or not batch.num_rows:
            return []
        numbers, texts = texts_of(batch.column(self.found["entry_type"]))
        is_other = np.array([text.zfill(2)[:2] in self.other_days for text in texts])
        return [is_other.take(numbers)[lines.starts]]

    # columns

    def _arrays(self, held: Held, why: Whole, variance: Whole, total: Whole) -> list[Any]:
        """The added columns."""
        rater, names = self.rater, self.added
        lines, rated, spots = held.lines, held.rated, held.spots
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
            made |= self._by_heading(held)
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

    def _by_heading(self, held: Held) -> dict[str, Any]:
        """The duty of each row's own heading, on the first row that declares it, and what was paid
        under it less that."""
        lines, pairs = held.lines, held.pairs
        due, variance = np.full(len(lines.line), UNKNOWN), np.full(len(lines.line), UNKNOWN)
        if pairs is not None and len(pairs.of_declared):
            _, first = np.unique(pairs.of_declared, return_index=True)
            rows, pair = held.declaring[first], pairs.of_declared[first]
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
