"""Classes stored between runs: a file of arrays in the user's cache folder, never pickled.

A file belongs to one record and one version of the engine.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, TypedDict, cast

import numpy as np

from tariffcli import files
from tariffcli.book.compiled import cache_path
from tariffcli.book.load import HERE, Record
from tariffcli.book.sealed import read_head, read_section, seal
from tariffcli.bulk.classes.arrow import Arrays, Int32s, Int64s
from tariffcli.bulk.classes.classes import Classes, Row
from tariffcli.bulk.classes.formulas import Formulas, arrays_of, table_from
from tariffcli.bulk.classes.groups import Group
from tariffcli.bulk.classes.outcomes import Column, TextColumn

MAX_KEPT_GOODS, MAX_KEPT_FILES = 60_000, 6
"""A record with more distinct codes than this is mostly dirt and not worth storing; at most this
many files are kept.
"""

MIN_NEW_CLASSES = 500
"""At least this many new classes, and a quarter more than before, are worth a new file."""


class Plain(TypedDict):
    """What a stored file holds as JSON."""

    goods: list[str]
    groups: list[tuple[str, str, str, int, Sequence[int]]]
    """Of each group the importer, origin, zone, first day, and instants `always`."""
    pairs: list[tuple[str, str, int]]
    texts: dict[str, list[str]]
    used: int


def open_classes(book: Record, known_on: str | None, carried: bytes = b"") -> Classes:
    """The classes of a record as earlier runs stored them, or as they were `packed` elsewhere.

    The longer of both is taken; without either the classes are empty.
    """
    path, classes = _path(book, known_on), None
    if path is not None and _length(path) > len(carried):
        classes = _kept(book, known_on, path)
    elif carried:
        classes = _read(book, known_on, BytesIO(carried))
    return classes if classes is not None else Classes(book, known_on)


def catch_up(classes: Classes) -> None:
    """Take over what other processes of this machine kept since these classes were read or kept."""
    path = _path(classes.book, classes.known_on)
    stamp = _stamp(path)
    if path is not None and stamp and stamp != classes.stamp:
        stored = _kept(classes.book, classes.known_on, path)
        if stored is not None:
            with suppress(ValueError):  # not of this record, whatever its name says
                absorb(classes, stored)
        classes.stamp = stamp


def _kept(book: Record, known_on: str | None, path: Path) -> Classes | None:
    """Classes as a file keeps them; None if anything is wrong with it."""
    stamp = _stamp(path)
    try:
        with files.open_plain(path) as stream:
            classes = _read(book, known_on, stream)
    except OSError:
        return None
    if classes is not None:
        classes.stamp = stamp
    return classes


def _read(book: Record, known_on: str | None, stream: BinaryIO) -> Classes | None:
    """Stored classes; None if they are damaged or not of this record: they are found anew."""
    classes = Classes(book, known_on)
    try:
        head = read_head(stream)
        content = (
            read_section(stream, head, "classes")
            if head is not None and head.stamp == _owner(book, known_on)
            else None
        )
        if content is None:
            return None
        with np.load(BytesIO(content), allow_pickle=False) as kept:
            _fill(classes, kept, json.loads(kept["words"].tobytes()))
    except Exception:
        return None
    return classes


def _owner(book: Record, known_on: str | None) -> str:
    return f"{book.fingerprint} {known_on}"


def _stamp(path: Path | None) -> int:
    """When a file was written; 0 if there is none."""
    try:
        return path.stat().st_mtime_ns if path is not None else 0
    except OSError:
        return 0


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def packed(classes: Classes) -> bytes:
    """Classes as bytes for `open_classes` on another machine; empty where there are none.

    It needs the same record and the same release.
    """
    if not classes.laws or len(classes.goods) > MAX_KEPT_GOODS:
        return b""
    return _content(classes)


def _content(classes: Classes) -> bytes:
    content = BytesIO()
    with classes.lock:
        np.savez(content, **_arrays(classes))
    return seal("npz", _owner(classes.book, classes.known_on), {"classes": content.getvalue()})


def keep_if_worth(classes: Classes) -> None:
    """Keep what was found, if it is much against what was kept before."""
    if classes.fresh - classes.kept >= MIN_NEW_CLASSES and classes.fresh >= 1.25 * classes.kept:
        keep_classes(classes)


def keep_classes(classes: Classes) -> None:
    """Store what was found, with what others stored meanwhile; silently do without where that
    fails.
    """
    path = _path(classes.book, classes.known_on)
    if path is None or not classes.fresh or len(classes.goods) > MAX_KEPT_GOODS:
        return
    if classes.fresh == classes.kept and _length(path):
        return
    catch_up(classes)
    classes.kept = classes.fresh
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, _content(classes))
        classes.stamp = _stamp(path)
        old = sorted(path.parent.glob("classes-*.npz"), key=_stamp, reverse=True)[MAX_KEPT_FILES:]
        for file in old:
            file.unlink(missing_ok=True)


def _path(book: Record, known_on: str | None) -> Path | None:
    folder = cache_path(Path())
    if folder is None:
        return None
    sources = [
        path for room in ("law", "book", "bulk") for path in sorted((HERE / room).rglob("*.py"))
    ]
    stats = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in sources]
    stamp = zlib.crc32(repr((stats, known_on, book.fingerprint)).encode())
    return folder.parent / f"classes-{book.fingerprint[:12]}-{stamp:08x}.npz"


def _arrays(classes: Classes) -> dict[str, Any]:
    outcomes = classes.outcomes
    arrays: dict[str, Any] = {
        f"number {name}": column.values for name, column in outcomes.numbers.items()
    }
    arrays |= {f"word {name}": words.numbers.values for name, words in outcomes.words.items()}
    groups = classes.groups.found
    arrays |= {f"points {group.number}": group.points for group in groups} | {
        f"epochs {group.number}": group.epochs for group in groups
    }
    plain: Plain = {
        "goods": classes.goods,
        "groups": [
            (group.importer, group.origin, group.zone, group.first_day, group.always)
            for group in groups
        ],
        "pairs": [(*pair, number) for pair, number in classes.groups.by_pair.items()],
        "texts": {name: words.texts for name, words in outcomes.words.items()},
        "used": classes.used,
    }
    words, formulas = (
        np.frombuffer(text.encode(), np.uint8)
        for text in (json.dumps(plain), outcomes.formulas.to_text())
    )
    rows = classes.laws.items()
    arrays |= arrays_of(outcomes.formulas.table) | {"formulas": formulas}
    arrays["named"] = np.array(sorted(classes.refusals.named), dtype=np.int64).reshape(-1, 2)
    arrays["laws"] = np.array(
        [[start, row.group, row.goods, len(row.starts)] for start, row in rows], dtype=np.int64
    ).reshape(-1, 4)
    arrays["law starts"] = np.concatenate(
        [np.zeros(0, np.int64), *(np.asarray(row.starts) for _, row in rows)]
    )
    return {
        **arrays,
        "rows": classes.rows,
        "cells": classes.cells[: classes.used],
        "formula": outcomes.formula.values,
        "words": words,
    }


def _fill(classes: Classes, kept: Arrays, plain: Plain) -> None:
    outcomes = classes.outcomes
    for name in outcomes.numbers:
        outcomes.numbers[name] = Column[np.float64].of(kept[f"number {name}"], np.nan)
    for name in outcomes.words:
        outcomes.words[name] = TextColumn.of(plain["texts"][name], kept[f"word {name}"])
    outcomes.formulas = Formulas(kept["formulas"].tobytes().decode(), table_from(kept))
    outcomes.formula = Column[np.int32].of(kept["formula"], -1)
    for number, (importer, origin, zone, first_day, always) in enumerate(plain["groups"]):
        group = Group(
            number,
            importer,
            origin,
            zone,
            kept[f"points {number}"],
            first_day,
            kept[f"epochs {number}"],
            tuple(always),
        )
        classes.groups.found.append(group)
    classes.groups.by_pair = {
        (importer, origin): number for importer, origin, number in plain["pairs"]
    }
    classes.groups.refresh()
    classes.restore(
        plain["goods"],
        kept["rows"],
        kept["cells"],
        dict(_laws(kept["laws"], kept["law starts"])),
        [(group, goods) for group, goods in kept["named"].tolist()],
    )


def _laws(laws: Int64s, starts: Int64s) -> Iterator[tuple[int, Row]]:
    ends = np.cumsum(laws[:, 3]).tolist()
    for (start, group, goods, count), end in zip(laws.tolist(), ends, strict=True):
        yield start, Row(group, goods, cast("Sequence[int]", starts[end - count : end]))


# what other classes know


def absorb(classes: Classes, other: Classes) -> None:
    """Fill empty cells of `classes` with what `other` has there.

    Both are of one record, one known-on day and one release. Raises ValueError, before anything is
    changed, if the epochs of a group differ: then they are not.
    """
    with classes.lock:
        groups = [
            classes.group_number(group.importer, group.origin) for group in other.groups.found
        ]
        for number, group in zip(groups, other.groups.found, strict=True):
            if not np.array_equal(classes.groups.found[number].points, group.points):
                raise ValueError(f"The epochs of {group.origin} in {group.importer} differ.")
        numbers = classes.outcomes.absorb(other.outcomes)
        for pair, number in other.groups.by_pair.items():  # alike here as there
            classes.groups.by_pair.setdefault(pair, groups[number])
        goods = np.array([classes.goods_number(text) for text in other.goods], dtype=np.int64)
        starts = _starts(classes, other, groups, goods)
        for start, row in other.laws.items():
            _fill_empty(
                classes,
                other,
                int(starts[start]),
                start,
                len(other.groups.found[row.group].points) + 1,
                numbers,
            )


def _starts(classes: Classes, other: Classes, groups: list[int], goods: Int64s) -> Int64s:
    """For each row of `other` (by its start) the row of `classes`.

    Goods that share a row there share one here, but for a word that names nothing and is told by
    its name: its row is of no other.
    """
    starts = np.zeros(other.used, dtype=np.int64)
    theirs = {(groups[group], int(goods[number])) for group, number in other.refusals.named}
    alone = [int(classes.rows[word]) for word in classes.refusals.named - theirs]
    rows = [
        (groups[number], goods[lines], other.rows[number, lines]) for number, lines in _met(other)
    ]
    for group, own, foreign in rows:
        ours = classes.rows[group, own]
        np.maximum.at(starts, foreign, np.where(np.isin(ours, alone), 0, ours))
    for start, row in other.laws.items():
        if not starts[start]:
            number = groups[row.group]
            starts[start] = classes.new_row(Row(number, int(goods[row.goods]), row.starts))
    classes.refusals.named.update([word for word in theirs if not classes.rows[word]])
    for group, own, foreign in rows:
        ours = classes.rows[group, own]
        classes.rows[group, own] = np.where(ours == 0, starts[foreign], ours)
    return starts


def _met(classes: Classes) -> list[tuple[int, Int64s]]:
    """Of each group the goods that were met in it."""
    return [
        (number, np.flatnonzero(classes.rows[number, : len(classes.goods)]))
        for number in range(len(classes.groups.found))
    ]


def _fill_empty(
    classes: Classes,
    other: Classes,
    start: int,
    other_start: int,
    width: int,
    numbers: Int32s,
) -> None:
    ours, known = (
        classes.cells[start : start + width],
        other.cells[other_start : other_start + width],
    )
    empty = np.flatnonzero((ours < 0) & (known >= 0))
    ours[empty] = numbers[known[empty]]
