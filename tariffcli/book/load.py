"""`load`: the record as the engine's Book, read lazily from its compiled form."""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tariffcli.book.codec import How, condition, restored
from tariffcli.book.compiled import Compiled, from_bytes, open_compiled
from tariffcli.law.model import Condition, Event, OrdinaryDuty, Programme, Relation, TariffLine
from tariffcli.law.reference import (
    Act,
    Category,
    Coverage,
    Edition,
    Item,
    Listing,
    Membership,
    Scope,
    Source,
)

if TYPE_CHECKING:
    from tariffcli.law.entry_summary import Caveat, Fee, Heading, Interest, Reporting

HERE = Path(__file__).resolve().parent.parent


def default_data() -> Path:
    """The record that came with the program.

    It lies inside the installed package, or beside it in a checkout.
    """
    packed = HERE / "_data"
    return packed if packed.is_dir() else HERE.parent / "data"


def load(data: Path | str | None = None) -> Record:
    """The record in folder `data`, or the one that came with the program.

    Raises RecordError when it is broken.
    """
    return Record(open_compiled(Path(data) if data is not None else default_data()))


def load_bytes(content: bytes) -> Record:
    """The record that `Record.to_bytes` gave, on any machine with the same release of this tool.

    Raises RecordError when it is none.
    """
    return Record(from_bytes(content))


Value = TypeVar("Value")
_code = attrgetter("code")


class Lazy(Mapping[str, Value]):
    """A mapping whose values are read when first asked for."""

    def __init__(
        self, names: Callable[[], Sequence[str]], read: Callable[[str], Value | None]
    ) -> None:
        self._names, self._read = names, read
        self._kept: dict[str, Value] = {}

    def __getitem__(self, name: str) -> Value:
        if name not in self._kept:
            value = self._read(name)
            if value is None:
                raise KeyError(name)
            self._kept[name] = value
        return self._kept[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())


class Record:
    """A Book over a compiled record. Nothing in it changes; what was read is kept."""

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self._kept: dict[str, Any] = {}
        self._derived: dict[Any, Any] = {}
        self._lines: dict[tuple[str, str], tuple[TariffLine, ...]] = {}
        self._duties: dict[tuple[str, str], tuple[OrdinaryDuty, ...]] = {}
        self._listings: dict[tuple[str, str, str], tuple[Listing, ...]] = {}
        self.events: Mapping[str, Sequence[Event]] = self._by_importer(Event, "events")
        self.relations: Mapping[str, Sequence[Relation]] = self._by_importer(Relation, "stacking")
        self.categories: Mapping[str, Sequence[Category]] = self._by_importer(
            Category, "categories"
        )
        self.sources: Mapping[str, Source] = self._by_id(Source, "sources")
        self.acts: Mapping[str, Act] = self._by_id(Act, "acts")

    def _once(self, name: str, read: Callable[[], Value]) -> Value:
        """What `read` gives, read when first asked for."""
        if name not in self._kept:
            self._kept[name] = read()
        return self._kept[name]

    def derived(self, key: Any, build: Callable[[], Any]) -> Any:
        """What `build` works out from this record alone, worked out once for each key."""
        if key not in self._derived:
            self._derived[key] = build()
        return self._derived[key]

    def to_bytes(self) -> bytes:
        """The whole compiled record (about ten megabytes), to travel; `load_bytes` opens it."""
        return self._compiled.to_bytes()

    def _core(self, question: str, values: Sequence[str] = ()) -> sqlite3.Cursor:
        return self._compiled.at("core").execute(question, values)

    def _text(self, name: str) -> str | None:
        found = self._core("SELECT body FROM blob WHERE name = ?", (name,)).fetchone()
        return found[0] if found else None

    def _blob(self, name: str) -> Any:
        text = self._text(name)
        return json.loads(text) if text else []

    def _importers(self, kind: str) -> list[str]:
        rows = self._core("SELECT name FROM blob WHERE name LIKE ? ORDER BY name", (kind + "%",))
        return [name.removeprefix(kind) for (name,) in rows]

    def _how(self, kind: str) -> How:
        """How the values of a table are restored."""
        return self._once("how", lambda: self._blob("how"))[kind]

    def _values(self, make: Callable[..., Value], kind: str, name: str = "") -> tuple[Value, ...]:
        """The values of a table that are kept under this name."""
        return restored(make, self._how(kind), self._blob(name or kind))

    def _by_importer(self, make: Callable[..., Value], kind: str) -> Mapping[str, Sequence[Value]]:
        """The values of a table that is kept importer by importer."""
        return Lazy(
            lambda: self._importers(f"{kind}/"),
            lambda importer: self._values(make, kind, f"{kind}/{importer}") or None,
        )

    def _by_id(self, make: Callable[..., Value], kind: str) -> Mapping[str, Value]:
        """The values of a table that is read row by row."""

        def ids() -> list[str]:
            rows = self._core("SELECT id FROM row WHERE kind = ? ORDER BY id", (kind,))
            return [name for (name,) in rows]

        def value(name: str) -> Value | None:
            ask = "SELECT body FROM row WHERE kind = ? AND id = ?"
            found = self._core(ask, (kind, name)).fetchone()
            rows = [json.loads(found[0])] if found else []
            return next(iter(restored(make, self._how(kind), rows)), None)

        return Lazy(ids, value)

    @property
    def programmes(self) -> Mapping[str, Programme]:
        """Programmes by id."""
        return self._once(
            "programmes", lambda: {one.id: one for one in self._values(Programme, "programmes")}
        )

    @property
    def conditions(self) -> Mapping[str, Condition]:
        """Conditions by id."""
        return self._once(
            "conditions",
            lambda: {one.id: condition(one) for one in self._values(Condition, "conditions")},
        )

    @property
    def scopes(self) -> Mapping[str, Scope]:
        """Scopes by id; their codes are in `listings`."""
        return self._once("scopes", lambda: {one.id: one for one in self._values(Scope, "scopes")})

    @property
    def coverage(self) -> Sequence[Coverage]:
        """What the record vouches for."""
        return self._once("coverage", lambda: self._values(Coverage, "coverage"))

    @property
    def editions(self) -> Sequence[Edition]:
        """Which edition of codes an importer uses when."""
        return self._once("editions", lambda: self._values(Edition, "editions"))

    @property
    def memberships(self) -> Sequence[Membership]:
        """Dated membership of areas."""
        return self._once("memberships", lambda: self._values(Membership, "areas"))

    @property
    def fees(self) -> Sequence[Fee]:
        """User fees by importer and day."""
        from tariffcli.law.entry_summary import Fee  # no question of a rate needs it

        return self._once("fees", lambda: self._values(Fee, "fees"))

    @property
    def reporting(self) -> Sequence[Reporting]:
        """How entry summaries count and order their lines."""
        from tariffcli.law.entry_summary import Reporting  # no question of a rate needs it

        return self._once("reporting", lambda: self._values(Reporting, "reporting"))

    @property
    def interest(self) -> Sequence[Interest]:
        """Rates of interest on duty paid back."""
        from tariffcli.law.entry_summary import Interest  # no question of a rate needs it

        return self._once("interest", lambda: self._values(Interest, "interest"))

    @property
    def caveats(self) -> Sequence[Caveat]:
        """What a reader of a refund or an audit must know."""
        from tariffcli.law.entry_summary import Caveat  # no question of a rate needs it

        return self._once("caveats", lambda: self._values(Caveat, "caveats"))

    @property
    def headings(self) -> Sequence[Heading]:
        """Whose duty stands under headings that no act of the record names."""
        from tariffcli.law.entry_summary import Heading  # no question of a rate needs it

        return self._once("headings", lambda: self._values(Heading, "headings"))

    @property
    def zones(self) -> Mapping[str, str]:
        """The legal time zone of each importer."""
        return self._once(
            "zones",
            lambda: {programme.importer: programme.zone for programme in self.programmes.values()},
        )

    @property
    def countries(self) -> Sequence[dict[str, str]]:
        """Countries with their codes, names and aliases, as rows."""
        return self._once("countries", lambda: self._blob("rows/countries"))

    @property
    def country_names(self) -> Mapping[str, str]:
        """English names by code."""
        return self._once(
            "country_names", lambda: dict(self._core("SELECT code, name FROM country"))
        )

    def country_of(self, word: str) -> str | None:
        """The country that a folded word names, or None."""
        found = self._core("SELECT code FROM word WHERE word = ?", (word,)).fetchone()
        return found[0] if found else None

    @property
    def country_words(self) -> Mapping[str, str]:
        """Every word for a country, for suggestions."""
        return self._once("country words", lambda: dict(self._core("SELECT word, code FROM word")))

    @property
    def statements(self) -> Sequence[dict[str, str]]:
        """The talks ledger, as rows."""
        return self._once("statements", lambda: self._blob("rows/statements"))

    @property
    def glossary(self) -> Sequence[dict[str, str]]:
        """Terms and their meaning, as rows."""
        return self._once("glossary", lambda: self._blob("rows/glossary"))

    @property
    def checkpoints(self) -> Sequence[dict[str, str]]:
        """Published figures that the record must reproduce, as rows."""
        return self._once("checkpoints", lambda: self._blob("rows/checkpoints"))

    @property
    def meta(self) -> Mapping[str, str]:
        """Version of the record and the day it was compiled."""
        return self._once("meta", lambda: self._blob("meta"))

    @property
    def fingerprint(self) -> str:
        """A hash of the content."""
        return self._once("fingerprint", lambda: self._text("fingerprint") or "")

    def lines(self, importer: str, prefix: str) -> tuple[TariffLine, ...]:
        """The tariff lines at or below `prefix`, of every edition read."""
        key = (importer, prefix)
        found = self._lines.get(key)
        if found is None:
            found = self._lines[key] = self._lines_below(importer, prefix)
        return found

    def _lines_below(self, importer: str, prefix: str) -> tuple[TariffLine, ...]:
        whole = self._lines.get((importer, ""))
        if whole is not None:
            first, after = (bisect_left(whole, edge, key=_code) for edge in (prefix, prefix + ":"))
            return whole[first:after]
        ask = "SELECT code, duty, since, until FROM line WHERE code >= ? AND code < ? ORDER BY code"
        return tuple(
            TariffLine._make(row)
            for chapter in self._compiled.chapters(importer, prefix)
            for row in chapter.execute(ask, (prefix, prefix + ":"))
        )

    def duties(self, importer: str, prefix: str) -> tuple[OrdinaryDuty, ...]:
        """The ordinary duties at or below `prefix`: beside a schedule, or where none is held."""
        found = self._duties.get((importer, prefix))
        if found is None:
            bodies = sorted(
                body
                for chapter in self._compiled.chapters(importer, prefix)
                for (body,) in chapter.execute(
                    "SELECT body FROM ordinary WHERE code >= ? AND code < ?", (prefix, prefix + ":")
                )
            )
            found = restored(OrdinaryDuty, self._how("ordinary"), [*map(json.loads, bodies)])
            self._duties[importer, prefix] = found
        return found

    def listings(self, importer: str, prefix: str, edition: str) -> tuple[Listing, ...]:
        """The lines of scopes at, above or below `prefix` in the codes of `edition`."""
        key = (importer, prefix, edition)
        kept = self._listings.get(key)
        if kept is None:
            above = [prefix[:length] for length in range(2, len(prefix))]
            marks = ",".join("?" * len(above)) or "''"
            ask = (
                "SELECT scope, prefix, inside FROM listing"
                f" WHERE edition IN ('', ?) AND (prefix IN ({marks}))"
                " UNION ALL SELECT scope, prefix, inside FROM listing"
                " WHERE edition IN ('', ?) AND prefix >= ? AND prefix < ?"
            )
            values = (edition, *above, edition, prefix, prefix + ":")
            kept = self._listings[key] = tuple(
                Listing(scope, found, bool(inside))
                for chapter in self._compiled.chapters(importer, prefix)
                for scope, found, inside in chapter.execute(ask, values)
            )
        return kept

    def forget(self, most: int) -> None:
        """Forget the lines of codes asked before, where there are more than `most`.

        They are read again when asked for.
        """
        for kept in (self._lines, self._duties, self._listings):
            if len(kept) > most:
                kept.clear()

    def items(self, scope: str, code: str) -> tuple[Item, ...]:
        """The items of a list that name `code` or a code above it, in order of their numbers."""
        if scope not in self._once("itemised", lambda: frozenset(self._blob("itemised"))):
            return ()
        above = [code[:length] for length in range(2, len(code) + 1)]
        rows = self._compiled.at("items").execute(
            "SELECT body FROM item"
            f" WHERE scope = ? AND code IN ({','.join('?' * len(above))}) ORDER BY place",
            (scope, *above),
        )
        return restored(Item, self._how("items"), [json.loads(body) for (body,) in rows])

    def in_edition(self, code: str, edition: str) -> bool:
        """Whether a code of two to six digits exists in an edition of the Harmonized System.

        True where the record cannot tell.
        """
        ask = "SELECT 1 FROM subheading WHERE edition = ? AND code >= ? AND code < ? LIMIT 1"
        known = self._once(
            f"edition {edition}",
            lambda: (
                self._compiled.at("editions").execute(ask, (edition, "", ":")).fetchone()
                is not None
            ),
        )
        return (
            not known
            or self._compiled.at("editions").execute(ask, (edition, code, code + ":")).fetchone()
            is not None
        )

    def mapped(self, code: str, edition: str) -> tuple[str, ...]:
        """The six-digit codes of `edition` for those at or below `code` of other editions.

        The concordance gives them.
        """
        ask = (
            "SELECT DISTINCT answers FROM mapped"
            " WHERE edition = ? AND code >= ? AND code < ? ORDER BY answers"
        )
        return tuple(
            found
            for (found,) in self._compiled.at("editions").execute(ask, (edition, code, code + ":"))
        )

    def scope_lines(self, scope: str, edition: str) -> tuple[Listing, ...]:
        """All lines of one scope in the codes of `edition`."""
        ask = (
            "SELECT scope, prefix, inside FROM scope_listing"
            " WHERE scope = ? AND edition IN ('', ?) ORDER BY prefix"
        )
        rows = self._compiled.at("scopes").execute(ask, (scope, edition))
        return tuple(Listing(name, prefix, bool(inside)) for name, prefix, inside in rows)

    def select(self, question: str, values: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        """Rows of the texts of the compiled form, for the search."""
        return self._compiled.at("texts").execute(question, tuple(values)).fetchall()
