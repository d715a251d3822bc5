"""Processes that find classes side by side.

A first file would ask the engine for a minute, as a process of Python asks one thing at a time.
Goods of one law share their answers, so each process asks about the goods of some chapters. What it
finds is taken over as stored classes are; where a process fails, its share is found here.
"""

from __future__ import annotations

import signal
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tariffcli.book.load import load_bytes
from tariffcli.bulk.classes.arrow import Int64s, listed
from tariffcli.bulk.classes.classes import Classes, apart
from tariffcli.bulk.classes.store import absorb, open_classes, packed

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

MIN_QUESTIONS, MAX_HELPERS = 8_000, 3
"""Fewer questions are answered sooner here; and at most this many processes, each of about 110 MB.
"""


class Asked(NamedTuple):
    """A share of questions as another process understands them.

    `pairs` are importers and origins, `texts` name goods; `groups` and `goods` are places in them.
    """

    pairs: list[tuple[str, str]]
    texts: list[str]
    groups: Int64s
    goods: Int64s
    epochs: Int64s


class Helper(NamedTuple):
    """A process, and where it answers."""

    process: BaseProcess
    answers: Connection


def find(classes: Classes, questions: Int64s, threads: int) -> None:
    """Fill the cells of distinct questions (`in_one`) with up to `threads` processes.

    This process is one of them; each answers its share.
    """
    if threads > 1 and len(questions) >= MIN_QUESTIONS:
        _find_together(classes, questions, min(threads - 1, MAX_HELPERS))
    classes.find(*apart(questions))  # those that no process found


def _find_together(classes: Classes, questions: Int64s, count: int) -> None:
    """Fill cells with the help of at most `many` processes: those that start and do not fail."""
    shares = _shares(classes, apart(questions)[1], count + 1)
    helpers: list[Helper] = []
    try:
        with suppress(OSError):
            helpers.extend(
                _begun(classes, questions[shares == share]) for share in range(1, count + 1)
            )
        classes.find(*apart(questions[shares == 0]))
        for helper in helpers:
            with suppress(EOFError, OSError):
                _take_over(classes, *helper.answers.recv())
    finally:
        for helper in helpers:
            helper.process.terminate()
            helper.answers.close()


def _shares(classes: Classes, goods: Int64s, count: int) -> Int64s:
    """For each question the number of its share.

    Chapters, from that with most questions down, go to the share with fewest questions so far.
    """
    distinct, places, counts = np.unique(goods, return_inverse=True, return_counts=True)
    chapters, questions = [classes.goods[number][:2] for number in listed(distinct)], Counter[str]()
    for chapter, times in zip(chapters, counts.tolist(), strict=True):
        questions[chapter] += times
    load, shares = [0] * count, dict[str, int]()
    for chapter, times in questions.most_common():
        shares[chapter] = load.index(min(load))
        load[shares[chapter]] += times
    return np.array([shares[chapter] for chapter in chapters], dtype=np.int64).take(
        places.reshape(-1)
    )


def _begun(classes: Classes, questions: Int64s) -> Helper:
    """A process that has begun to find the classes of questions."""
    from multiprocessing import get_context

    context = get_context("spawn")
    answers, sender = context.Pipe(duplex=False)
    arguments = (classes.book.to_bytes(), classes.known_on, _asked(classes, questions), sender)
    process = context.Process(target=answer, args=arguments, daemon=True)
    process.start()
    sender.close()
    return Helper(process, answers)


def _asked(classes: Classes, questions: Int64s) -> Asked:
    groups, goods, epochs = apart(questions)
    pairs = {number: pair for pair, number in classes.groups.by_pair.items()}
    (group_numbers, group_places), (goods_numbers, places) = (
        np.unique(part, return_inverse=True) for part in (groups, goods)
    )
    texts = [classes.goods[number] for number in listed(goods_numbers)]
    return Asked(
        [pairs[number] for number in listed(group_numbers)],
        texts,
        group_places.reshape(-1),
        places.reshape(-1),
        epochs,
    )


def _take_over(classes: Classes, fresh: int, content: bytes) -> None:
    if content:
        absorb(classes, open_classes(classes.book, classes.known_on, content))
        classes.fresh += fresh


def answer(record: bytes, known_on: str | None, share: Asked, sender: Connection) -> None:
    """What a process does: find its share of classes, and send them with the number of questions
    asked.
    """
    # The terminal tells all; who began this process ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    classes = Classes(load_bytes(record), known_on)
    groups = np.array([classes.group_number(*pair) for pair in share.pairs])
    goods = np.array([classes.goods_number(text) for text in share.texts])
    classes.find(groups.take(share.groups), goods.take(share.goods), share.epochs)
    with suppress(OSError):  # nobody waits any more
        sender.send((classes.fresh, packed(classes)))
