"""`rate_lines`: a frame of entry lines in, the same frame with its answers out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from tariffcli.book.load import Record, load
from tariffcli.bulk.cells import spellings
from tariffcli.bulk.cells.plan import MEANINGS, Plan, check, shown
from tariffcli.bulk.cells.rater import Rater, with_columns
from tariffcli.bulk.classes import arrow
from tariffcli.bulk.classes.arrow import Array, Chunked, Table, pa
from tariffcli.bulk.classes.classes import Classes
from tariffcli.bulk.classes.store import keep_if_worth, open_classes
from tariffcli.clock import today
from tariffcli.errors import UsageError
from tariffcli.law.instants import day_given


def rate_lines(
    frame: Any,
    book: Record | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    known_on: str | date | None = None,
    month_first: bool | None = None,
    outputs: list[str] | None = None,
    threads: int | None = None,
) -> Any:
    """Rate every line of a frame at its own day, by the record `book`.

    None is the record that came with the package. `frame` is a pandas DataFrame, an Arrow table or
    record batch, or anything with an Arrow C stream. A pandas frame comes back as one, with its
    columns, order and index; anything else as an Arrow table.

    Columns are read by these names, or as `columns` says (meaning to name); `constants` hold for
    every line. `date` is a day (date, timestamp or ISO text), answered at its end in the importer's
    legal zone; or `instant` is a timestamp or ISO text, without an offset on the importer's clock.
    `hs` is 2 to 10 digits, text or number; or `product` is a word of the record. `origin` and
    `importer` are codes or names. `value` is the customs value in US dollars; there may be a
    `quantity` and its `unit`. Facts of the entry have the names of their flags: `claim`,
    `metal_share` (several with `;`), `loaded`, `mode`, `in_quota`, `postal`, `mfn` (per cent),
    `shipment_value`.

    Columns added are percentages of customs value as floats (null: not one number):
    `additional_pct`, `additional_min_pct`, `additional_max_pct`, `mfn_pct`, `total_pct`, and
    `<authority>_pct` for every authority of the record (their sum is `additional_pct`); then
    `duty_due` in US dollars, each layer rounded to the cent as on an entry summary; `status` (as in
    answers, and `invalid` for a line that asks nothing), `reason` and `event_ids` (joined with
    `;`). `outputs` names those that are wanted. Lines are rated in `threads` (None: one for each
    processor).

    Raises UsageError where columns are missing or collide, or where slashed days can be read two
    ways (give `month_first`).
    """
    record = book if book is not None else load()
    if threads is not None and threads < 1:
        raise UsageError(f"threads takes 1 or more, or None for one a processor, not {threads}.")
    known = day_given(known_on, today("UTC")) if known_on is not None else None
    table = _table(frame)
    mapped = dict(columns or {})
    by_name = {
        meaning: meaning
        for meaning in MEANINGS
        if meaning in table.column_names and meaning not in (constants or {})
    }
    plan = Plan({**by_name, **mapped}, dict(constants or {}), month_first, False, outputs, known)
    for name in plan.columns.values():
        if table.column_names.count(name) > 1:
            raise UsageError(f"Two columns of the frame are called '{name}'; rename one of them.")
    plan = settle(plan, table)
    rater = Rater(record, plan, kept_classes(record, known))
    check(plan, table.column_names, rater.added)
    arrays = rater.rate_table(table, threads)
    keep_if_worth(rater.classes)
    return _as_given(frame, table, rater.added, arrays)


def kept_classes(record: Record, known_on: str | None) -> Classes:
    """The classes of a record, found by earlier calls and runs too."""
    return record.derived(("bulk", known_on), lambda: open_classes(record, known_on))


def settle(plan: Plan, table: Table) -> Plan:
    """A plan with what only whole columns tell.

    That is how slashed days begin, and whether codes lost their zeros. Raises UsageError.
    """
    for meaning, name in plan.columns.items():
        if name in table.column_names and pa.types.is_nested(table.schema.field(name).type):
            raise UsageError(
                f"Each cell of the column '{shown([name])}' holds several values; "
                f"give one with a single {meaning} a line."
            )
    name = plan.columns.get("hs")
    if name in table.column_names:
        _, codes = arrow.encoded(table.column(name))
        if not arrow.are_even_digits(codes):
            plan = plan._replace(
                restore_zeros=spellings.lost_zeros(
                    code for code in map(_code_or_none, codes.to_pylist()) if code
                )
            )
    name = plan.columns.get("date")
    if (
        name in table.column_names
        and plan.month_first is None
        and arrow.is_text(table.column(name).type)
    ):
        _, days = arrow.encoded(table.column(name))
        slashed = [day for day in days.to_pylist() if day is not None and spellings.is_slashed(day)]
        if slashed:
            plan = plan._replace(month_first=spellings.month_first_of(slashed))
            if plan.month_first is None:
                days_of = (
                    f"The days of '{shown([str(name)])}' can be read two ways ({slashed[0][:20]})"
                )
                raise UsageError(f"{days_of}; say --dates us or eu (month_first=True or False).")

    return plan


def _code_or_none(text: object) -> str | None:
    try:
        return spellings.code_of(text) if text is not None else None
    except UsageError:
        return None


def _table(frame: Any) -> Table:
    """A frame as an Arrow table; a pandas column of mixed kinds is read as text."""
    if arrow.is_table(frame):
        return frame
    if arrow.is_batch(frame):
        return pa.Table.from_batches([frame])
    if type(frame).__module__.split(".")[0] == "pandas":
        names = [str(name) for name in frame.columns]
        return pa.table(
            [_pandas_column(frame.iloc[:, place]) for place in range(len(names))], names=names
        )
    if hasattr(frame, "__arrow_c_stream__"):
        return pa.RecordBatchReader.from_stream(frame).read_all()
    raise UsageError("Give a pandas DataFrame, an Arrow table, or anything with an Arrow C stream.")


def _pandas_column(series: Any) -> Array:
    try:
        return pa.array(series, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array(
            [None if value is None or spellings.is_nan(value) else str(value) for value in series],
            pa.string(),
        )


def _as_given(frame: Any, table: Table, names: list[str], arrays: list[Chunked]) -> Any:
    if type(frame).__module__.split(".")[0] != "pandas":
        return with_columns(table, names, arrays)
    from pandas import concat

    added = pa.table(arrays, names=names).to_pandas(strings_to_categorical=False)
    added.index = frame.index
    return concat([frame, added], axis=1)
