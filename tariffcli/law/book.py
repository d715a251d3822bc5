"""The record as the engine sees it: what a Book must offer. `tariffcli.book` makes one from the
tables.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

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


class Book(Protocol):
    """The record as the engine sees it. `tariffcli.book.load` makes one; the parts may be read
    lazily but never change.
    """

    @property
    def programmes(self) -> Mapping[str, Programme]:
        """Programmes by id."""
        ...

    @property
    def conditions(self) -> Mapping[str, Condition]:
        """Conditions by id."""
        ...

    @property
    def relations(self) -> Mapping[str, Sequence[Relation]]:
        """Stacking rows by importer."""
        ...

    @property
    def events(self) -> Mapping[str, Sequence[Event]]:
        """What acts do, by importer."""
        ...

    @property
    def categories(self) -> Mapping[str, Sequence[Category]]:
        """Product words by importer."""
        ...

    @property
    def scopes(self) -> Mapping[str, Scope]:
        """Lists by id."""
        ...

    @property
    def acts(self) -> Mapping[str, Act]:
        """Acts by id; rows name theirs in `act_ids`."""
        ...

    @property
    def sources(self) -> Mapping[str, Source]:
        """Documents by id."""
        ...

    @property
    def coverage(self) -> Sequence[Coverage]:
        """What the record vouches for."""
        ...

    @property
    def editions(self) -> Sequence[Edition]:
        """Editions of codes by importer and time."""
        ...

    @property
    def memberships(self) -> Sequence[Membership]:
        """Dated membership of areas."""
        ...

    @property
    def zones(self) -> Mapping[str, str]:
        """Each importer's legal time zone."""
        ...

    @property
    def country_names(self) -> Mapping[str, str]:
        """English names by country code."""
        ...

    @property
    def meta(self) -> Mapping[str, str]:
        """Version of the record and the day it was compiled."""
        ...

    @property
    def fingerprint(self) -> str:
        """A hash of the content."""
        ...

    def derived(self, key: Any, build: Callable[[], Any]) -> Any:
        """What `build` works out from this book alone, worked out once for each key."""
        ...

    def lines(self, importer: str, prefix: str) -> Sequence[TariffLine]:
        """The tariff lines at or below `prefix`, of every edition read."""
        ...

    def duties(self, importer: str, prefix: str) -> Sequence[OrdinaryDuty]:
        """The ordinary duties at or below `prefix` that stand beside a schedule, or where none is
        held.
        """
        ...

    def listings(self, importer: str, prefix: str, edition: str) -> Sequence[Listing]:
        """The lines of scopes at, above or below `prefix` in the codes of `edition`."""
        ...

    def items(self, scope: str, code: str) -> Sequence[Item]:
        """The numbered items of a list that name `code` or a code above it, in order of their
        numbers.
        """
        ...

    def in_edition(self, code: str, edition: str) -> bool:
        """Whether a code of two to six digits exists in an edition of the Harmonized System; True
        where the record cannot tell.
        """
        ...

    def mapped(self, code: str, edition: str) -> Sequence[str]:
        """The six-digit codes of `edition` that the concordance gives for those at or below `code`
        of other editions.
        """
        ...

    def scope_lines(self, scope: str, edition: str) -> Sequence[Listing]:
        """All lines of one scope in the codes of `edition`."""
        ...
