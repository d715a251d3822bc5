"""What identifies a record: its content, and its files as they lie on disk.

The fingerprint of the content is what answers carry; the files on disk tell whether a copy is
stale.
"""

from __future__ import annotations

import os
from pathlib import Path

from tariffcli.errors import RecordError

FOLDERS = {
    "events": "events",
    "lines": "scopes",
    "schedules": "schedules",
    "ordinary": "ordinary",
    "descriptions": "descriptions",
}
"""Kinds of tables that have a file for each importer or list, and their folders.

They stand here, apart from the schema, because every start reads the folders and no columns.
"""

_EVERY = ("", *FOLDERS.values())


def on_disk(data: Path) -> str:
    """A stamp of the tables as they lie on disk: names, sizes, times.

    Cheap; equal means unchanged.
    """
    stamps: list[str] = []
    for folder in _EVERY:
        try:
            with os.scandir(data / folder) as entries:
                stamps += [
                    f"{folder}/{_of_entry(entry)}"
                    for entry in entries
                    if entry.name.endswith(".csv")
                ]
        except FileNotFoundError:
            continue
        except NotADirectoryError:
            raise RecordError(
                f"{data / folder} is not a folder. Give --data DIR with the tables of a record."
            ) from None
    return ";".join(sorted(stamps))


def _of_entry(entry: os.DirEntry[str]) -> str:
    try:
        status = entry.stat()
    except (
        OSError
    ):  # a link that leads nowhere; what is wrong with it is said when the table is read
        return f"{entry.name}:unreadable"
    return f"{entry.name}:{status.st_size}:{status.st_mtime_ns}"


def of_content(data: Path) -> str:
    """Twelve hexadecimal digits of a hash over every table's name and lines.

    The order of rows does not count.
    """
    from hashlib import sha256  # only when a record is compiled

    whole = sha256()
    for folder in _EVERY:
        for path in sorted((data / folder).glob("*.csv")):
            lines = sorted(path.read_bytes().splitlines())
            whole.update(f"{folder}/{path.name}\n".encode() + b"\n".join(lines) + b"\n")
    return whole.hexdigest()[:12]
