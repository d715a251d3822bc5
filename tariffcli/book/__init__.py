"""The record: the only room that reads `data/`.

`load()` gives the Book that the engine works on.
"""

from tariffcli.book.load import Record, load

__all__ = ["Record", "load"]
