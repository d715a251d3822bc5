"""What rows of law refer to: lists, codes, product words, areas, editions, documents, acts."""

from typing import NamedTuple

from tariffcli.law.kinds import ActKind, Confidence
from tariffcli.law.model import Instant, Selector


class Category(NamedTuple):
    """Plain words for a product.

    Attributes:
      id: Its id, shared by the importers that know the product.
      importer: Whose tariff the codes are of.
      edition: The edition whose codes they are; blank: every edition.
      name: In English.
      name_zh: In Chinese.
      aliases: Other words for it, in both languages.
      codes: Prefixes of tariff codes, or `scope:` and the id of a list.
      note: What a reader must know.
    """

    id: str
    importer: str
    edition: str
    name: str
    name_zh: str
    aliases: tuple[str, ...]
    codes: tuple[str, ...]
    note: str


class Scope(NamedTuple):
    """A list: what one act names. Its codes stand in `Book.listings`.

    Attributes:
      id: Its id.
      importer: Whose tariff its codes are of.
      name: Plain words.
      act: Its acts as they are cited, joined with `; `; blank where no act was seen.
      official_count: Lines that the act itself counts; None where it does not.
      count_edition: The edition whose lines it counts; blank where codes are of every edition.
      shortfall: Why our count differs, or why there is none; blank for neither.
      confidence: How well it is known.
      source_ids: Ids of documents.
      act_ids: Ids of its acts.
    """

    id: str
    importer: str
    name: str
    act: str
    official_count: int | None
    count_edition: str
    shortfall: str
    confidence: Confidence
    source_ids: tuple[str, ...]
    act_ids: tuple[str, ...] = ()


class Listing(NamedTuple):
    """One line of a list.

    Attributes:
      scope: Id of the list.
      prefix: Digits: everything below them is meant.
      inside: Whether it is on the list, or taken out of it again.
    """

    scope: str
    prefix: str
    inside: bool


class Item(NamedTuple):
    """A numbered item of a list.

    Attributes:
      scope: Id of the list.
      number: As printed.
      provision: The note that prints it.
      codes: Codes of the list that it names.
      text: The official words; blank where the codes say it all.
      note: What a reader must know.
    """

    scope: str
    number: str
    provision: str
    codes: tuple[str, ...]
    text: str
    note: str


class Membership(NamedTuple):
    """A country's dated membership of an area.

    Attributes:
      area: As selectors name it, without the `@`.
      member: Country code.
      since: First instant; None: from the beginning.
      until: First instant no longer covered; None: no end.
    """

    area: str
    member: str
    since: Instant | None
    until: Instant | None


class Coverage(NamedTuple):
    """What the record vouches for.

    Attributes:
      importer: Code of the country that charges.
      origin: Whose goods.
      programme: A programme, or `*`.
      covered_from: First day (YYYY-MM-DD).
      covered_until: Day after the last; blank: open.
      verified_through: Last day for which acts were looked for.
      gaps: What is missing, in words.
    """

    importer: str
    origin: Selector
    programme: str
    covered_from: str
    covered_until: str
    verified_through: str
    gaps: str


class Edition(NamedTuple):
    """Which edition of the Harmonized System an importer's codes follow between two instants.

    Attributes:
      importer: Code of the country that charges.
      edition: The year of the edition.
      since: First instant; None: from the beginning.
      until: First instant no longer covered; None: no end.
      schedule: `complete` (all lines are held), `partial` (rates of single lines) or blank.
      source_ids: Ids of the schedules read.
    """

    importer: str
    edition: str
    since: Instant | None
    until: Instant | None
    schedule: str = ""
    source_ids: tuple[str, ...] = ()


class Source(NamedTuple):
    """A document.

    Attributes:
      id: Its id.
      title: Its title.
      publisher: Who published it.
      date: When: a day, a month or a year.
      url: Where it can be read; blank where no address is known.
      official: Whether it is an official text.
      language: ISO 639 code.
    """

    id: str
    title: str
    publisher: str
    date: str
    url: str
    official: bool
    language: str


class Act(NamedTuple):
    """An act that rows of the record name, or a statement that rows of talk do.

    Attributes:
      id: Its importer, its series and its number or day: `us-eo-14257`, `cn-sctc-2025-4`.
      title: What it did, in plain words.
      kind: What it is.
      number: Its number in its own series; blank where it has none.
      citation: How it is cited, and printed with answers; no two acts share one.
      gazette: Volume and page of the Federal Register; blank where there is none, or not found.
      signed: Day it was signed, adopted or decided (YYYY-MM-DD); blank where not established.
      published: Day it was published (YYYY-MM-DD); blank where not established.
      url: Where its text can be read; blank where no address is known.
      source_ids: Ids of the documents it was read in, the primary one first.
      note: What a reader must know.
    """

    id: str
    title: str
    kind: ActKind
    number: str
    citation: str
    gazette: str
    signed: str
    published: str
    url: str
    source_ids: tuple[str, ...]
    note: str
