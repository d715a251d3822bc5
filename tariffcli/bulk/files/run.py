"""A file of lines in, the same file with its answers out: read, rated in several threads, written
in order, bounded in memory."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from pathlib import Path
from queue import Queue
from threading import Event, Lock, Thread
from typing import Any, NamedTuple, TypeVar

import numpy as np

from tariffcli.bulk.cells import spellings
from tariffcli.bulk.cells.plan import Plan, check
from tariffcli.bulk.cells.rater import DUTY, Rated, Rater, processors, with_columns
from tariffcli.bulk.classes import arrow
from tariffcli.bulk.classes.arrow import pa
from tariffcli.bulk.classes.outcomes import INVALID
from tariffcli.bulk.files.sinks import Aside, Sink, fitted, open_sink, output_schema
from tariffcli.bulk.files.sources import Source, first_line, first_of, kind_of
from tariffcli.bulk.files.task import Task, nothing
from tariffcli.bulk.frame import settle
from tariffcli.errors import Interrupted, TariffError, UsageError

Value = TypeVar("Value")

MAX_BATCHES_AHEAD = 128
"""At most this many batches of a file are read twice where classes are missing, to find theirs at
once."""

MAX_EXAMPLES = 5
"""At most this many bad lines are shown; the others are only counted."""


class Summary:
    """What became of the lines of a file: how many of each status, some examples of bad ones."""

    def __init__(self) -> None:
        self.lines = 0
        self.by_class = np.zeros(0, dtype=np.int64)
        self.bad: list[tuple[int, str]] = []
        self.statuses: Counter[str] = Counter()

    def add(self, rater: Rater, rated: Rated) -> None:
        """Count a rated batch."""
        counts = np.bincount(rated.classes)
        if len(counts) > len(self.by_class):
            self.by_class = np.concatenate(
                [self.by_class, np.zeros(len(counts) - len(self.by_class), dtype=np.int64)]
            )
        self.by_class[: len(counts)] += counts
        words = rater.classes.outcomes.words
        status, reason = words["status"], words["reason"]
        if len(self.bad) < MAX_EXAMPLES and INVALID in status.texts:
            wrong = np.flatnonzero(
                status.numbers.values.take(rated.classes) == status.texts.index(INVALID)
            )
            for line in wrong[: MAX_EXAMPLES - len(self.bad)].tolist():
                said = reason.texts[int(reason.numbers.values[rated.classes[line]])]
                self.bad.append((self.lines + line + 1, said))
        self.lines += len(rated.classes)

    def close(self, rater: Rater) -> None:
        """Turn counts of classes into counts of statuses."""
        status = rater.classes.outcomes.words["status"]
        sums = np.bincount(
            status.numbers.values[: len(self.by_class)],
            weights=self.by_class,
            minlength=len(status.texts),
        )
        self.statuses = Counter(
            {text: int(many) for text, many in zip(status.texts, sums, strict=True) if many}
        )


Kept = tuple[Rated, Any, int]
"""What is kept of a batch until it is written: its classes, what `collect` wants, and its rows."""


class Job(NamedTuple):
    """One file to work on: where from, by which plan, what is done, where to; `replacing` is called
    just before an earlier output goes."""

    source: Source
    plan: Plan
    task: Task
    out: Path | None
    out_kind: str
    threads: int
    progress: Callable[[int, float], None] | None = None
    replacing: Callable[[], object] = nothing


def run(job: Job) -> Summary:
    """Rate a file. The output appears only when it is whole; an error or an interrupt leaves
    nothing behind.

    Raises UsageError, TariffError, Interrupted; BrokenPipeError where nobody reads standard output
    any more.
    """
    check(job.plan, job.source.names, [name for name, _ in job.task.added])
    summary = Summary()
    aside = _aside_of(job)
    try:
        _look_ahead(job)
        _write(job, aside if aside is not None else job.out, summary)
        if aside is not None:
            job.replacing()
            aside.keep()
    except pa.ArrowException as error:
        raise TariffError(
            f"{job.source.name} could not be rated to its end: {first_line(error)}"
        ) from None
    except KeyboardInterrupt:
        raise Interrupted(
            f"interrupted after {summary.lines:,} lines of {job.source.name}; nothing was left "
            "behind."
        ) from None
    except MemoryError:
        raise TariffError(
            f"Memory ran out after {summary.lines:,} lines; try --threads 1. Nothing was left "
            "behind."
        ) from None
    except OSError as error:
        if job.out is None and isinstance(error, BrokenPipeError):
            raise  # whoever read the answers has seen enough
        where = job.out if job.out is not None else "standard output"
        raise TariffError(
            f"{where} could not be written: {error.strerror or first_line(error)}; "
            f"{summary.lines:,} lines were rated, nothing was left behind."
        ) from None
    finally:
        if aside is not None:
            aside.drop()
    summary.close(job.task.rater)
    return summary


def _aside_of(job: Job) -> Aside | None:
    """The file beside the output, which takes its place when it is whole; None where there is none.

    A device has nothing to replace, and is never to be replaced.
    """
    device = job.out is not None and job.out.exists() and not job.out.is_file()
    return _aside(job.out) if job.out is not None and not device else None


def _write(job: Job, target: Aside | Path | None, summary: Summary) -> None:
    """Work on every batch and write it, in order; count what was read, written and left out."""
    schema = output_schema(job.source.read_schema, job.task.added)
    sink, release = open_sink(job.out_kind, target, schema, _number_columns(job))
    read, written = [0], 0
    try:
        with closing(_worked(job, schema, sink, _teller(job), read)) as worked:
            for kept, encoded in worked:
                sink.write(encoded)
                for rated, extra, rows in kept:
                    summary.add(job.task.rater, rated)
                    job.task.collect(extra)
                    written += rows
        _check_all_there(job, read[0], written)
        sink.close(job.task.reports())
    finally:
        release()


def _number_columns(job: Job) -> frozenset[str]:
    """The columns that a sheet writes as numbers, whatever text they were read as."""
    amounts = {
        job.plan.columns[meaning]
        for meaning in ("value", "quantity", "paid")
        if meaning in job.plan.columns
    }
    schema = job.source.read_schema
    floats = {field.name for field in schema if pa.types.is_floating(field.type)}
    return frozenset({DUTY, *amounts, *floats})


def _check_all_there(job: Job, read: int, written: int) -> None:
    """Raise TariffError unless every row that was read was written or left out: whatever lost one,
    nothing is given out."""
    left_out = job.task.left_out()
    if read != written + left_out:
        raise TariffError(
            f"{job.source.name}: {read:,} rows were read, but {written:,} rated and {left_out:,} "
            "left out. This is a fault of the "
            "program; nothing was left behind. Please report it with the command that you ran."
        )


def _counted(batches: Iterator[Any], read: list[int]) -> Iterator[Any]:
    """The same batches, their rows counted."""
    for batch in batches:
        read[0] += batch.num_rows
        yield batch


def _aside(out: Path) -> Aside:
    try:
        return Aside(out)
    except OSError as error:
        raise TariffError(
            f"{out} could not be written: {error.strerror or first_line(error)}."
        ) from None


def _look_ahead(job: Job) -> None:
    """Find the classes of a file's first batches at once, where several processes may and its lines
    are read as they stand.

    A sheet is not: to read it twice takes longer than to find its classes alone.
    """
    if job.threads > 1 and job.source.again and job.source.kind != "xlsx" and not job.task.stages:
        with closing(job.source.batches()) as batches:
            job.task.rater.look_ahead(islice(batches, MAX_BATCHES_AHEAD), job.threads)


def _teller(job: Job) -> Callable[[int], None]:
    """Tells the progress as lines are worked on, from any thread."""
    lines = [0]
    lock = Lock()

    def tell(more: int) -> None:
        with lock:
            lines[0] += more
            if job.progress is not None:
                job.progress(lines[0], job.source.done())

    return tell


def _worked(
    job: Job, schema: Any, sink: Sink, tell: Callable[[int], None], read: list[int]
) -> Generator[tuple[list[Kept], Any], None, None]:
    """Batches that were worked on, in order, and what the sink wants of them together; several
    groups are on their way at once.

    `read` counts the rows that were read.
    """
    names = [name for name, _ in job.task.added]

    def work(batches: list[Any]) -> tuple[list[Kept], Any]:
        kept: list[Kept] = []

        def fit() -> Iterator[Any]:
            for batch in batches:
                done = job.task.work(batch)
                kept.append((done.rated, done.extra, done.batch.num_rows))
                tell(batch.num_rows)
                yield fitted(with_columns(done.batch, names, done.arrays), schema)

        encoded = sink.encode(fit())
        return kept, encoded

    batches: Iterator[Any] = _ahead(_counted(job.source.batches(), read))
    for stage in job.task.stages:
        batches = stage(batches)
    groups = _together(batches, sink.lines)
    if job.threads == 1:
        yield from map(work, groups)
        return
    yield from _in_threads(work, groups, job.threads, job.task.rater.stop)


def _in_threads(
    work: Callable[[list[Any]], Value], groups: Iterator[list[Any]], threads: int, stop: Event
) -> Iterator[Value]:
    """What `work` gives of each group, in order; `stop` is set where nobody takes it any more."""
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Value]] = deque()
        try:
            for group in groups:
                waiting.append(pool.submit(work, group))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BaseException:
            stop.set()
            raise
        finally:
            for future in waiting:
                future.cancel()


def _together(batches: Iterator[Any], lines: int) -> Iterator[list[Any]]:
    """Batches in groups of so many lines at least, the last of what is left."""
    group: list[Any] = []
    for batch in batches:
        group.append(batch)
        if sum(one.num_rows for one in group) >= lines:
            yield group
            group = []
    if group:
        yield group


def _ahead(batches: Iterator[Any]) -> Iterator[Any]:
    """The same batches, read a little ahead in a thread of their own."""
    queue: Queue[Any] = Queue(2)
    stopped: list[bool] = []

    def read() -> None:
        try:
            for batch in batches:
                if stopped:
                    return
                queue.put((batch, None))
            queue.put((None, None))
        except BaseException as error:
            queue.put((None, error))

    Thread(target=read, daemon=True).start()
    try:
        while True:
            batch, error = queue.get()
            if error is not None:
                raise error
            if batch is None:
                return
            yield batch
    finally:
        stopped.append(True)
        while not queue.empty():
            queue.get_nowait()


def settle_stream(plan: Plan, source: Source) -> tuple[Plan, Source]:
    """What only whole columns tell, told from the first batch, and from the whole column where that
    is not enough.

    Raises UsageError where slashed days can be read two ways.
    """
    first = first_of(source)
    if not source.again:
        batches = source.batches()
        first = next(batches, None)
        source = source._replace(batches=lambda: _rejoined(first, batches))
    if first is None:
        return plan, source
    table = pa.Table.from_batches([first])
    name = plan.columns.get("date")
    if source.again and plan.month_first is None and name is not None and _slashed(table, name):
        plan = plan._replace(month_first=_month_first(source, name))
    plan = settle(plan, table)
    if plan.restore_zeros and source.again and not _lost_zeros(source, plan.columns["hs"]):
        plan = plan._replace(restore_zeros=False)
    return plan, source


def _rejoined(first: Any, others: Iterator[Any]) -> Generator[Any, None, None]:
    if first is not None:
        yield first
    yield from others


def _slashed(table: Any, name: str) -> bool:
    if not arrow.is_text(table.schema.field(name).type):
        return False
    _, days = arrow.encoded(table.column(name))
    return any(isinstance(day, str) and spellings.is_slashed(day) for day in days.to_pylist())


def _month_first(source: Source, name: str) -> bool | None:
    """How the days of a whole column are written; read until both ways could have shown
    themselves."""
    seen: set[str] = set()
    for batch in source.batches():
        _, days = arrow.encoded(batch.column(batch.schema.names.index(name)))
        seen.update(
            day for day in days.to_pylist() if isinstance(day, str) and spellings.is_slashed(day)
        )
    return spellings.month_first_of(sorted(seen))


def _lost_zeros(source: Source, name: str) -> bool:
    """Whether no code of a whole column begins with a zero; the first batch has shown some of an
    odd length."""
    for batch in source.batches():
        _, codes = arrow.encoded(batch.column(batch.schema.names.index(name)))
        if any(
            str(code).lstrip("' ").startswith("0") for code in codes.to_pylist() if code is not None
        ):
            return False
    return True


def threads_of(asked: int | None) -> int:
    """How many threads rate: those asked for, or one for each processor."""
    if asked is not None and asked < 1:
        raise UsageError("--threads takes 1 or more.")
    return asked or processors()


def kind_for(out: Path | None) -> str:
    """The kind of an output by its name; standard output is CSV, and so is a device or a pipe."""
    return (
        "csv"
        if out is None or (out.exists() and not out.is_file() and not out.is_dir())
        else kind_of(out)
    )
