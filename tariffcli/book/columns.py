"""What the declaration of a table is made of: columns, each with a type."""

from typing import Any, Literal, NamedTuple

Type = Literal[
    "text",  # words, or one id of another table
    "id",  # the row's own id
    "ids",  # ids or words joined with `;`: a tuple
    "codes",  # tariff codes joined with `;`, undivided lines by their eight digits: a tuple
    "terms",  # conditions joined with `&`, negated with `!`: a tuple
    "number",  # an exact decimal of zero or more; blank is None
    "count",  # a whole number of zero or more; blank is None
    "day",  # YYYY-MM-DD, kept as text
    "midnight",  # YYYY-MM-DD, read as the first instant of that day; blank is None
    "instant",  # YYYY-MM-DD HH:MM by the clock of the programme; blank is None
    "zone",  # a name of the IANA time zone database
    "flag",  # yes or no
    "selector",  # a choice of origins, such as `*`, `cn+hk`, `@eu`, `*-ca`
]


class Column(NamedTuple):
    """One column of a table.

    Attributes:
      name: What the header row calls it.
      type: How a cell is read.
      meaning: What it says, in one line.
      blank: Whether a cell may be empty.
      field: The field of the value that it becomes; blank where the value does not keep it.
      words: All that may stand in it, where that is a closed vocabulary.
    """

    name: str
    type: Type
    meaning: str
    blank: bool
    field: str
    words: tuple[str, ...]


class Table(NamedTuple):
    """One table of the record, or one table for each importer or list.

    Attributes:
      kind: What it is called in the code, and for a single file the file's name.
      meaning: What one row is.
      value: The NamedTuple that a row becomes; None where rows stay text.
      columns: Its columns in order.
      key: The columns that tell its rows apart.
    """

    kind: str
    meaning: str
    value: type[Any] | None
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def header(self) -> tuple[str, ...]:
        """The names of its columns, in order."""
        return tuple(column.name for column in self.columns)


def must(
    name: str, type: Type, meaning: str, field: str | None = None, words: tuple[str, ...] = ()
) -> Column:
    """A column in which every row says something. `field` where the value calls it otherwise."""
    return Column(name, type, meaning, False, name if field is None else field, words)


def may(
    name: str, type: Type, meaning: str, field: str | None = None, words: tuple[str, ...] = ()
) -> Column:
    """A column whose cells may be blank: unknown, or not applicable, never zero."""
    return Column(name, type, meaning, True, name if field is None else field, words)


def table(
    kind: str,
    meaning: str,
    value: type[Any] | None,
    *columns: Column,
    key: tuple[str, ...] = ("id",),
) -> Table:
    """A table of the record."""
    return Table(kind, meaning, value, columns, key)
