"""Many machines: the same rating over an Apache Spark frame, and over files too long for one
machine.

It needs the extra `spark`. The compiled record travels once to each machine as the bytes of a file,
with the classes that the driver knows; a worker process opens both once. Classes are stored in the
cache folder of each machine, as `tariff bulk` stores them. Workers import this package by name:
every machine needs the same release of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from tariffcli import __version__
from tariffcli.book.load import Record, load, load_bytes
from tariffcli.bulk.cells.plan import MEANINGS, Plan, check
from tariffcli.bulk.cells.rater import Rater
from tariffcli.bulk.classes import arrow
from tariffcli.bulk.classes.arrow import Array, Batch, Column, Table, pa
from tariffcli.bulk.classes.classes import Classes
from tariffcli.bulk.classes.outcomes import INVALID, TEXT_COLUMNS
from tariffcli.bulk.classes.store import catch_up, keep_if_worth, open_classes, packed
from tariffcli.bulk.frame import kept_classes, settle
from tariffcli.bulk.spark.cluster import module
from tariffcli.clock import today
from tariffcli.errors import RecordError, TariffError, UsageError
from tariffcli.law.instants import day_given

STATUSES = ("complete", "needs_fact", "range", "prohibited", "outside_coverage", INVALID)
COUNTED = ("status", "reason")
"""What `run` looks at to count lines, whether or not it is written."""

MAX_DISTINCT_VALUES = 5_000_000
"""At most this many distinct codes or days of a column are looked at on the driver: a column
with more holds something else.
"""

SAMPLE_LINES = (1 << 16, 1 << 21)
"""Lines that are read on the driver: first to learn whether their law is known, then to find it
where it is not.
"""

RAGGED = "the line has more or fewer cells than the header"

Choose = Mapping[str, str] | Callable[[Sequence[str]], Mapping[str, str]]


def rate_lines(
    spark_df: Any,
    book: Record | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    known_on: str | date | None = None,
    month_first: bool | None = None,
    outputs: list[str] | None = None,
) -> Any:
    """Rate every line of a Spark frame at its own day, by the record `book`.

    None is the record that came with the package. Columns read, columns added and their units are
    those of `tariffcli.bulk.frame.rate_lines`. The frame that comes back has the input's columns,
    then numbers as doubles and texts as strings; it is lazy. A bad line has the status `invalid`
    and its reason, and never fails the job. Columns of days that are timestamps count in the time
    zone of the Spark session.

    Two things only a whole column tells: how slashed days begin, and whether codes lost their
    leading zeros. So the distinct values of the columns of codes, and of days written as text, are
    read at the call: cache a frame that is expensive to make.

    Raises UsageError on the driver where columns are missing or collide, or where slashed days can
    be read two ways.
    """
    record = book if book is not None else load()
    constant = dict(constants or {})
    by_name = {
        meaning: meaning
        for meaning in MEANINGS
        if meaning in spark_df.columns and meaning not in constant
    }
    plan = settled(
        Plan(
            {**by_name, **(columns or {})}, constant, month_first, False, outputs, _known(known_on)
        ),
        spark_df,
        record,
    )
    return rated(spark_df, record, plan)


def _known(known_on: str | date | None) -> str | None:
    return day_given(known_on, today("UTC")) if known_on is not None else None


# on the driver


def settled(plan: Plan, spark_df: Any, record: Record) -> Plan:
    """A plan checked against a frame, with what only whole columns tell.

    Reads distinct values with Spark. Raises UsageError.
    """
    names = list(spark_df.columns)
    added = Rater(record, plan, kept_classes(record, plan.known_on)).added
    check(plan, names, added)
    folded = {name.casefold(): name for name in added}
    clash = [name for name in names if name.casefold() in folded]
    if clash:
        raise UsageError(
            f"The file has a column '{clash[0]}', which Spark cannot tell from "
            f"'{folded[clash[0].casefold()]}'; rename it first."
        )
    for meaning in ("hs", "date"):
        name = plan.columns.get(meaning)
        if name is not None and (
            meaning == "hs" or (plan.month_first is None and _kind(spark_df, name) == "string")
        ):
            plan = settle(plan, _distinct(spark_df, name))
    return plan


def meet(spark_df: Any, record: Record, plan: Plan, threads: int) -> None:
    """Find the classes of a frame's first lines where they are not known.

    As many processes of the driver as `threads` share the work. The classes travel with the job.
    """
    columns = dict.fromkeys(plan.columns.values())
    lines = spark_df.select(*(_column(spark_df, name) for name in columns))
    batches = (
        batch
        for count in SAMPLE_LINES
        for batch in lines.limit(count).toArrow().to_batches(SAMPLE_LINES[0])
    )
    classes = kept_classes(record, plan.known_on)
    Rater(record, plan, classes).look_ahead(batches, threads)
    keep_if_worth(classes)


def rated(spark_df: Any, record: Record, plan: Plan, ragged: str | None = None) -> Any:
    """The lazy frame of a settled plan.

    `ragged` names a column that is not null for lines with too many or too few cells; it is left
    out of the answer.
    """
    types = module("pyspark.sql.types")
    classes = kept_classes(record, plan.known_on)
    added = Rater(record, plan, classes).added
    kept = [
        types.StructField(field.name, field.dataType, True, field.metadata)
        for field in spark_df.schema.fields
        if field.name != ragged
    ]
    schema = types.StructType(
        [
            *kept,
            *(
                types.StructField(
                    name, types.StringType() if name in TEXT_COLUMNS else types.DoubleType(), True
                )
                for name in added
            ),
        ]
    )
    cargo = Cargo(record.to_bytes(), packed(classes))
    context = getattr(_session_of(spark_df), "_sc", None)
    carried = context.broadcast(cargo) if context is not None else cargo
    work = partial(
        rate_batches, carried, record.fingerprint, json.dumps(plan.to_json()), ragged, __version__
    )
    return spark_df.mapInArrow(work, schema)


def _session_of(spark_df: Any) -> Any:
    return spark_df.sparkSession


def _kind(spark_df: Any, name: str) -> str:
    return spark_df.schema[name].dataType.typeName()


def _column(spark_df: Any, name: str) -> Any:
    """A column by its name, whatever letters that has."""
    return spark_df["`" + name.replace("`", "``") + "`"]


def _distinct(spark_df: Any, name: str) -> Table:
    """The different values of a column, as an Arrow table of that column."""
    values = (
        spark_df.select(_column(spark_df, name)).distinct().limit(MAX_DISTINCT_VALUES + 1).toArrow()
    )
    if values.num_rows > MAX_DISTINCT_VALUES:
        raise UsageError(
            f"The column '{name}' has more than {MAX_DISTINCT_VALUES:,} different values; "
            "is it the right one?"
        )
    return values


# on the workers


class Cargo(NamedTuple):
    """What travels to the workers as bytes: the compiled record, and the driver's classes."""

    record: bytes
    classes: bytes


class Desk(NamedTuple):
    """What a worker process keeps: the record by fingerprint, its classes by known-on day, a
    rater for each plan.
    """

    records: dict[str, Record]
    classes: dict[str | None, Classes]
    raters: dict[str, Rater]


_DESK = Desk({}, {}, {})


def rate_batches(
    carried: Any,
    fingerprint: str,
    plan: str,
    ragged: str | None,
    release: str,
    batches: Iterable[Batch],
) -> Iterator[Batch]:
    """Rate Arrow record batches on a worker.

    Returns the input's columns, then the added ones, with texts in full.
    """
    rater = _rater(carried, fingerprint, plan, release)
    for batch in batches:
        arrays = [
            array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
            for array in rater.rate(batch)
        ]
        kept = [name for name in batch.schema.names if name != ragged]
        if ragged is not None:
            arrays = _spoilt(batch.column(ragged).is_valid(), rater.added, arrays)
        yield pa.RecordBatch.from_arrays(
            [*(batch.column(name) for name in kept), *arrays], names=[*kept, *rater.added]
        )
        keep_if_worth(rater.classes)  # for other processes and jobs of the machine


def _rater(carried: Any, fingerprint: str, plan: str, release: str) -> Rater:
    """The rater of a plan, made when this process first meets it.

    `carried` is the cargo, or the broadcast of it.
    """
    if release != __version__:
        raise RecordError(
            f"A worker has tariffcli {__version__} and the driver {release}; "
            "install the same release on every machine."
        )
    if fingerprint not in _DESK.records:
        for shelf in _DESK:
            shelf.clear()
        _DESK.records[fingerprint] = load_bytes(_cargo(carried).record)
    if plan not in _DESK.raters:
        book, settled_plan = _DESK.records[fingerprint], Plan(**json.loads(plan))
        if settled_plan.known_on not in _DESK.classes:
            _DESK.classes[settled_plan.known_on] = open_classes(
                book, settled_plan.known_on, _cargo(carried).classes
            )
        _DESK.raters[plan] = Rater(book, settled_plan, _DESK.classes[settled_plan.known_on])
    catch_up(_DESK.raters[plan].classes)
    return _DESK.raters[plan]


def _cargo(carried: Any) -> Cargo:
    return carried if isinstance(carried, Cargo) else carried.value


def _spoilt(bad: Column, names: Sequence[str], arrays: Sequence[Array]) -> list[Array]:
    """Answers without those of ragged lines: their cells may belong to other columns."""
    pc = arrow.compute()

    texts = {"status": INVALID, "reason": RAGGED}
    return [
        pc.if_else(bad, pa.scalar(texts.get(name), array.type), array)
        for name, array in zip(names, arrays, strict=True)
    ]


# files


class Done(NamedTuple):
    """What a job did.

    Lines by status, the commonest reasons of bad lines with their counts, the settled plan, and
    what was written.
    """

    lines: int
    statuses: dict[str, int]
    bad: list[tuple[str, int]]
    plan: Plan
    out: str
    files: int
    size: int
    spark: str
    master: str


def run(
    source: str,
    out: str,
    book: Record | None = None,
    *,
    master: str | None = None,
    columns: Choose | None = None,
    constants: Mapping[str, str] | None = None,
    known_on: str | date | None = None,
    month_first: bool | None = None,
    outputs: list[str] | None = None,
    kind: str | None = None,
    force: bool = False,
    settings: Mapping[str, str] | None = None,
    options: Mapping[str, str] | None = None,
    threads: int = 1,
) -> Done:
    """Rate a file or folder of lines with Spark into a folder of Parquet files.

    The folder appears only when it is whole. `source` and `out` are paths or addresses that every
    worker reaches; `kind` is csv, tsv or parquet (None: told by the name). `columns` maps meanings
    to columns, or is a function from the file's column names to such a mapping. `master` is Spark's
    (None: that of spark-submit or of the session at hand, which is left open). `settings` are
    Spark's, `options` its reader's.

    The text of CSV files stays text; a line with too many or too few cells is `invalid`. With
    several `threads` the driver finds the law of the first lines in as many processes, before the
    job begins: each imports the main script, which then needs a main guard.

    Raises UsageError, RecordError, TariffError; an existing `out` is kept unless `force`.
    """
    from tariffcli.bulk.spark import cluster

    record = book if book is not None else load()
    constant = dict(constants or {})
    with cluster.session(master, settings or {}) as session, cluster.told(source):
        place = cluster.Place(session, source, out, force)
        frame, ragged = cluster.read(session, source, kind or place.kind(), options or {})
        names = [name for name in frame.columns if name != ragged]
        lines = frame.select(*(_column(frame, name) for name in names)) if ragged else frame
        if callable(columns):
            mapped = {
                meaning: name for meaning, name in columns(names).items() if meaning not in constant
            }
        else:
            usual = {
                meaning: meaning
                for meaning in MEANINGS
                if meaning in names and meaning not in constant
            }
            mapped = {**usual, **(columns or {})}
        counted = None if outputs is None else [*dict.fromkeys([*outputs, *COUNTED])]
        plan = settled(
            Plan(mapped, constant, month_first, False, counted, _known(known_on)), lines, record
        )
        if threads > 1:
            meet(lines, record, plan, threads)
        return _write(
            session, place, rated(frame, record, plan, ragged), plan._replace(outputs=outputs)
        )


def _write(session: Any, place: Any, answered: Any, plan: Plan) -> Done:
    """Write a rated frame aside, count what was written, then give the folder its name."""
    F = module("pyspark.sql.functions")
    is_bad = F.col("status") == INVALID
    seen = module("pyspark.sql").Observation()
    sums = [
        F.sum(F.when(F.col("status") == status, 1).otherwise(0)).alias(status)
        for status in STATUSES
    ]
    observed = answered.observe(seen, F.count(F.lit(1)).alias("lines"), *sums)
    observed = observed.drop(
        *(name for name in COUNTED if plan.outputs is not None and name not in plan.outputs)
    )
    with place.aside() as aside:
        observed.write.parquet(aside)
        counts = {name: int(value or 0) for name, value in seen.get.items()}
        lines = counts.pop("lines")
        written = session.read.parquet(aside)
        if written.count() != lines:
            raise TariffError(
                f"Spark wrote {written.count():,} of {lines:,} lines; the output was thrown away."
            )
        bad: list[tuple[str, int]] = []
        if counts[INVALID] and set(COUNTED) <= set(written.columns):
            reasons = (
                written.where(is_bad)
                .groupBy("reason")
                .count()
                .orderBy(F.desc("count"), "reason")
                .limit(5)
                .collect()
            )
            bad = [(row["reason"], int(row["count"])) for row in reasons]
        files, size = place.publish()
    statuses = {status: reasons for status, reasons in counts.items() if reasons}
    return Done(
        lines,
        statuses,
        bad,
        plan,
        place.out,
        files,
        size,
        session.version,
        session.sparkContext.master,
    )
