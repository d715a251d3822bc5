"""`rate_lines`: a frame in, the same frame with its answers out, whatever kind of frame it is."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

import tariffcli
from tariffcli.errors import UsageError

pa = pytest.importorskip("pyarrow")
pd = pytest.importorskip("pandas")

TOYS = {
    "date": ["2025-06-05", "2025-04-24"],
    "hs": ["9503.00.0073", "9503.00.0073"],
    "origin": ["cn", "cn"],
    "importer": ["us", "us"],
}


def test_a_pandas_frame_keeps_its_columns_order_index_and_types(record):
    frame = pd.DataFrame(
        {"mine": pd.Categorical(["b", "a"]), **TOYS, "value": [100.0, None]},
        index=pd.Index([7, 3], name="row"),
    )
    rated = tariffcli.rate_lines(frame, record)
    pd.testing.assert_frame_equal(rated[frame.columns.tolist()], frame)
    assert rated["additional_pct"].tolist() == [30.0, 145.0]
    assert rated["duty_due"].iloc[0] == 30.0
    assert rated["duty_due"].isna().tolist() == [False, True]
    assert (rated.index.name, rated.index.tolist()) == ("row", [7, 3])


def test_every_authority_of_the_record_has_its_column_and_their_sum_is_the_additional_duty(record):
    rated = tariffcli.rate_lines(pa.table(TOYS), record)
    authorities = sorted({f"{row.authority}_pct" for row in record.programmes.values()})
    assert [name for name in rated.column_names if name in authorities] == authorities
    for line in rated.to_pylist():
        assert sum(line[name] for name in authorities) == line["additional_pct"]


def test_dates_timestamps_and_instants_are_days_and_moments(record):
    days = pa.table({**TOYS, "date": pa.array([date(2025, 6, 5), date(2025, 4, 24)])})
    stamps = pa.table({**TOYS, "date": pa.array([datetime(2025, 6, 5), datetime(2025, 4, 24)])})
    assert tariffcli.rate_lines(days, record)["additional_pct"].to_pylist() == [30, 145]
    assert tariffcli.rate_lines(stamps, record)["additional_pct"].to_pylist() == [30, 145]
    # the duty of 125 ended on 14 May 2025 at 12:01 a.m. in New York, 04:01 in UTC
    moments = [datetime(2025, 5, 14, 4, 0, tzinfo=UTC), datetime(2025, 5, 14, 4, 1, tzinfo=UTC)]
    others = {name: values for name, values in TOYS.items() if name != "date"}
    for instants in (
        pa.array(moments, pa.timestamp("us", "UTC")),
        pa.array(["2025-05-14T00:00", "2025-05-14T00:01"]),
    ):
        rated = tariffcli.rate_lines(pa.table({**others, "instant": instants}), record)
        assert rated["additional_pct"].to_pylist() == [145, 30]


def test_dictionaries_record_batches_and_c_streams_say_the_same(record):
    plain = pa.table(TOYS)
    coded = pa.table({name: plain[name].dictionary_encode() for name in plain.column_names})

    class Stream:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return plain.__arrow_c_stream__(requested_schema)

    frames = (plain, coded, plain.to_batches()[0], Stream())
    answers = [tariffcli.rate_lines(frame, record)["total_pct"].to_pylist() for frame in frames]
    assert answers == [[30, 145]] * 4


def test_parts_of_a_frame_concatenate_to_the_whole(record):
    whole = pa.table(TOYS)
    parts = pa.concat_tables(
        [tariffcli.rate_lines(whole.slice(place, 1), record) for place in range(2)]
    ).combine_chunks()
    assert parts.to_pylist() == tariffcli.rate_lines(whole, record).to_pylist()


def test_columns_constants_and_outputs(record):
    frame = pa.table({"Day": ["2025-06-05"], "Code": [9503000073]})
    rated = tariffcli.rate_lines(
        frame,
        record,
        columns={"date": "Day", "hs": "Code"},
        constants={"origin": "China", "importer": "USA"},
        outputs=["status", "total_pct"],
    )
    assert rated.column_names == ["Day", "Code", "total_pct", "status"]
    assert rated["total_pct"].to_pylist() == [30]


def test_as_known_on_a_day(record):
    phones = {"date": ["2025-04-10"], "hs": ["8517.13.00"], "origin": ["cn"], "importer": ["us"]}
    assert tariffcli.rate_lines(pa.table(phones), record)["additional_pct"].to_pylist() == [20]
    assert tariffcli.rate_lines(pa.table(phones), record, known_on="2025-04-10")[
        "additional_pct"
    ].to_pylist() == [145]


@pytest.mark.parametrize(
    ("frame", "piece"),
    [
        ({**TOYS, "status": ["x", "y"]}, "already has a column 'status'"),
        ({name: TOYS[name] for name in ("date", "hs", "importer")}, "tells the origin"),
        ({**TOYS, "date": ["4/5/2025", "6/7/2025"]}, "two ways"),
    ],
)
def test_what_cannot_be_read_is_refused(record, frame, piece):
    with pytest.raises(UsageError, match=piece):
        tariffcli.rate_lines(pa.table(frame), record)


def test_what_is_no_frame_is_refused(record):
    with pytest.raises(UsageError, match="Arrow C stream"):
        tariffcli.rate_lines([1, 2], record)
