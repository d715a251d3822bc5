"""Spark rates what one machine rates: the same values, types and nulls, from a record that
travelled to worker processes.

The workers are processes of their own (`local-cluster`), so nothing is shared with the driver by
accident.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from support.lines_alone import lines_of
from support.tiny_record import with_row, write_record
from tariffcli import __version__
from tariffcli.book.load import load
from tariffcli.errors import RecordError, TariffError, UsageError

pytestmark = [pytest.mark.extras, pytest.mark.xdist_group("spark")]

DIRT = [
    {"date": "soon"}, {"date": None}, {"date": ""}, {"date": "2025-02-30"}, {"date": "1/31/2025"}, {"date": "1800-01-01"}, {"date": "20250424"},
    {"hs": None}, {"hs": "  "}, {"hs": "6109.10.00.12"}, {"hs": "6109100012.0"}, {"hs": "6.1E+9"}, {"hs": "610"}, {"hs": "no such goods"},
    {"origin": None}, {"origin": "Atlantis"}, {"origin": "us"}, {"origin": "中国"}, {"origin": "5700"}, {"importer": "??"},
    {"value": "-5"}, {"value": "1,234.50"}, {"value": "$2,000"}, {"value": "(5)"}, {"value": "much"}, {"value": "1e400"}, {"value": "nan"},
    {"quantity": "-1"}, {"quantity": "some"}, {"metal_share": "gold=1"}, {"in_quota": "perhaps"}, {"loaded": "then"}, {"mode": "rocket"},
]  # fmt: skip
"""Cells as real files hold them, each put into lines that are otherwise sound."""


@pytest.fixture(scope="session")
def spark(_own_cache, tmp_path_factory):
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        pytest.skip("no Java")
    pytest.importorskip("pyspark")
    from tariffcli.bulk.spark import cluster

    folder = tmp_path_factory.mktemp("spark")
    settings = {
        "spark.sql.shuffle.partitions": "3",
        "spark.local.dir": str(folder),
        "spark.executorEnv.TMPDIR": str(folder),
        "spark.sql.execution.arrow.maxRecordsPerBatch": "700",
    }
    with cluster.session("local-cluster[2,1,1024]", settings) as session:
        yield session


def dirty_lines(record, seed: int, many: int):
    """Lines over all programmes, days and facts, every third of them dirty, in an order that `line`
    tells.
    """
    import pyarrow as pa

    random = Random(seed)
    made = []
    for place, sound in enumerate(lines_of(record, random, many)):
        dirt = random.choice(DIRT) if place % 3 == 0 else {}
        line = {
            "line": place,
            **sound,
            "hs": sound["product"],
            "note": random.choice(["", None, "keep, me", "1"]),
            **dirt,
        }
        del line["product"]
        made.append(line)
    texts = [(name, pa.string()) for name in made[0] if name != "line"]
    return pa.Table.from_pylist(made, schema=pa.schema([("line", pa.int64()), *texts]))


def plain(table, by: str = "line"):
    """A table in the order of a column, words plain, as one chunk."""
    import pyarrow as pa

    arrays = [
        column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        for column in table.columns
    ]
    return pa.table(arrays, names=table.column_names).sort_by(by).combine_chunks()


def same(spark_df, local, by: str = "line") -> None:
    """Column by column, so that a difference says where it is."""
    equal(plain(spark_df.toArrow(), by), plain(local, by))


def equal(ours, theirs) -> None:
    assert ours.column_names == theirs.column_names
    assert [str(field.type) for field in ours.schema] == [
        str(field.type) for field in theirs.schema
    ]
    for name in theirs.column_names:
        assert ours.column(name).to_pylist() == theirs.column(name).to_pylist(), name
    assert ours.equals(theirs)


def spread(spark, table, parts: int = 7):
    return spark.createDataFrame(table).repartition(parts)


def local_lines(table, record, **how):
    from tariffcli.bulk.frame import rate_lines

    return rate_lines(table, record, **how)


def spark_lines(frame, record, **how):
    from tariffcli.bulk.spark.driver import rate_lines

    return rate_lines(frame, record, **how)


# the same answers


@pytest.mark.parametrize("seed", [1, 2])
def test_spark_says_what_one_machine_says(spark, record, seed):
    lines = dirty_lines(record, seed, 3000)
    found = spark_lines(spread(spark, lines), record)
    same(found, local_lines(lines, record))
    statuses = {row["status"] for row in found.select("status").distinct().collect()}
    assert {"complete", "needs_fact", "range", "outside_coverage", "invalid"} <= statuses


def test_columns_of_every_type_mean_what_they_mean_on_one_machine(spark, record):
    import pyarrow as pa

    many = 400
    random = Random(5)
    codes = [
        random.choice([9503000073, 101210010, 6109100012, 8517120050, None]) for _ in range(many)
    ]
    table = pa.table(
        {
            "line": pa.array(range(many)),
            "day": pa.array(
                [
                    random.choice([None, date(2025, 4, 10 + place % 20), date(1700, 1, 1)])
                    for place in range(many)
                ],
                pa.date32(),
            ),
            "Code": pa.array(codes, pa.int64()),
            "coo": pa.array([random.choice(["cn", "hk", "de"]) for _ in range(many)]),
            "worth": pa.array(
                [
                    random.choice([None, float("nan"), -1.0, 100.405, 1e13, 250.0])
                    for _ in range(many)
                ],
                pa.float64(),
            ),
            "mfn": pa.array(
                [random.choice([None, Decimal("3.20"), Decimal("0.00")]) for _ in range(many)],
                pa.decimal128(6, 2),
            ),
            "in_quota": pa.array(
                [random.choice([None, True, False]) for _ in range(many)], pa.bool_()
            ),
            "kept": pa.array(
                [[1, 2], None, []] * (many // 3) + [[3]] * (many % 3), pa.list_(pa.int64())
            ),
            "at": pa.array(
                [datetime(2025, 4, 5, 4, 0, tzinfo=UTC)] * many, pa.timestamp("us", "UTC")
            ),
        }
    )
    how = {
        "columns": {"date": "day", "hs": "Code", "origin": "coo", "value": "worth"},
        "constants": {"importer": "us"},
    }
    found = spark_lines(spread(spark, table), record, **how)
    ours, theirs = plain(found.toArrow()), plain(local_lines(table, record, **how))
    assert ours.drop_columns("worth").equals(
        theirs.drop_columns("worth")
    )  # NaN is not equal to itself
    assert list(map(repr, ours.column("worth").to_pylist())) == list(
        map(repr, theirs.column("worth").to_pylist())
    )


def test_instants_with_and_without_an_offset(spark, record):
    import pyarrow as pa

    moments = [datetime(2025, 4, 5, hour, 30) for hour in range(24)] * 4
    table = pa.table(
        {
            "line": range(96),
            "hs": ["6109100012"] * 96,
            "origin": ["cn", "us"] * 48,
            "importer": ["us", "cn"] * 48,
        }
    )
    for kind in (pa.timestamp("us", "UTC"), pa.timestamp("us"), pa.string()):
        texts = [f"{moment:%Y-%m-%d %H:%M}" for moment in moments]
        lines = table.append_column(
            "instant", pa.array(texts if kind == pa.string() else moments, kind)
        )
        frame = spread(spark, lines, 3)
        if kind == pa.timestamp("us"):  # Spark makes instants of session time of them, unless told
            frame = frame.withColumn("instant", frame["instant"].cast("timestamp_ntz"))
        same(spark_lines(frame, record), local_lines(lines, record))


def test_slashed_days_and_lost_zeros_are_told_by_the_whole_column(spark, record):
    import pyarrow as pa

    days = ["4/9/2025"] * 299 + ["4/24/2025"]
    codes = ["9503000073"] * 150 + ["101210010"] * 150
    lines = pa.table(
        {
            "line": range(300),
            "date": days,
            "hs": codes,
            "origin": ["cn"] * 300,
            "importer": ["us"] * 300,
        }
    )
    found = spark_lines(spread(spark, lines, 30), record)
    same(found, local_lines(lines, record))
    assert {row["status"] for row in found.select("status").distinct().collect()} == {"complete"}


def test_known_on_constants_and_outputs_travel(spark, record):
    lines = dirty_lines(record, 3, 300).drop_columns(["origin"])
    how = {
        "constants": {"origin": "cn"},
        "known_on": "2025-04-10",
        "outputs": ["status", "additional_pct", "duty_due"],
    }
    found = spark_lines(spread(spark, lines), record, **how)
    assert found.columns[-3:] == ["additional_pct", "duty_due", "status"]
    same(found, local_lines(lines, record, **how))


def test_no_lines_have_no_answers(spark, record):
    lines = dirty_lines(record, 1, 10).slice(0, 0)
    assert spark_lines(spark.createDataFrame(lines), record).toArrow().num_rows == 0


# the record


def test_a_record_of_ones_own_travels(spark, record, tmp_path):
    import pyarrow as pa

    mine = load(
        write_record(
            tmp_path / "data", **{"events/us": with_row("us-fentanyl-20", rate_pct="77.5")}
        )
    )
    lines = pa.table(
        {
            "line": [0, 1],
            "date": ["2025-06-15"] * 2,
            "hs": ["85171300"] * 2,
            "origin": ["cn", "de"],
            "importer": ["us"] * 2,
        }
    )
    found = spark_lines(spread(spark, lines, 2), mine)
    assert [row["additional_pct"] for row in found.orderBy("line").collect()] == [77.5, 0.0]
    same(found, local_lines(lines, mine))
    same(spark_lines(spread(spark, lines, 2), record), local_lines(lines, record))


def test_a_worker_opens_the_record_once_and_leaves_no_file(spark, record):
    lines = spread(spark, dirty_lines(record, 1, 400), 12)

    def told(batches):
        import tempfile
        from pathlib import Path

        import pyarrow as pa

        from tariffcli.bulk.spark import driver as home

        for batch in batches:
            left = [path.name for path in Path(tempfile.gettempdir()).glob("tariff-record-*")]
            found = home._DESK.records.get(record_print)
            rows = {
                "worker": [os.getpid()],
                "record": [0 if found is None else id(found)],
                "lines": [batch.num_rows],
            }
            yield pa.RecordBatch.from_pydict({**rows, "left": [";".join(left)]})

    import os

    record_print = record.fingerprint
    seen = []
    for _ in range(2):
        rated = spark_lines(lines, record)
        rated.count()
        rated.select("status").collect()
        seen += rated.mapInArrow(
            told, "worker long, record long, lines long, left string"
        ).collect()
    each = {(row["worker"], row["record"]) for row in seen if row["record"]}
    assert each
    assert len(each) == len({worker for worker, _ in each})
    assert {row["left"] for row in seen} == {""}
    assert os.getpid() not in {row["worker"] for row in seen}


def test_a_killed_worker_costs_no_line(spark, record, tmp_path):
    lines = dirty_lines(record, 4, 600)
    flag = str(tmp_path / "killed")

    def kill_once(batches):
        import os
        import signal

        for batch in batches:
            try:
                os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                yield batch
            else:
                os.kill(os.getpid(), signal.SIGKILL)

    frame = spread(spark, lines)
    same(spark_lines(frame.mapInArrow(kill_once, frame.schema), record), local_lines(lines, record))
    assert Path(flag).exists()


def test_a_worker_of_another_release_is_refused(record):
    pytest.importorskip("pyarrow")
    from tariffcli.bulk.spark.driver import rate_batches

    with pytest.raises(RecordError, match=r"A worker has tariffcli .* and the driver 0\.0"):
        next(rate_batches(b"", "another", "{}", None, "0.0", []))


def test_a_worker_begins_with_the_classes_that_the_driver_knows(record, tmp_path, monkeypatch):
    pa = pytest.importorskip("pyarrow")
    from tariffcli.bulk.cells.plan import Plan
    from tariffcli.bulk.cells.rater import Rater
    from tariffcli.bulk.classes.store import packed
    from tariffcli.bulk.spark import driver as worker

    monkeypatch.setenv("TARIFF_CACHE", str(tmp_path))
    batch = pa.RecordBatch.from_pylist(
        [{"date": "2025-04-24", "hs": "61091000", "origin": "cn", "importer": "us"}]
    )
    plan = Plan({name: name for name in batch.schema.names})
    driver = Rater(record, plan)
    said = [column.to_pylist() for column in driver.rate(batch)]

    def work(cargo):
        for shelf in worker._DESK:
            shelf.clear()
        rated = next(
            worker.rate_batches(
                cargo, record.fingerprint, json.dumps(plan.to_json()), None, __version__, [batch]
            )
        )
        return worker._DESK.classes[None].fresh, [
            column.to_pylist() for column in rated.columns[len(batch.schema) :]
        ]

    assert driver.classes.fresh == 1
    assert work(worker.Cargo(record.to_bytes(), b"")) == (1, said)
    assert work(worker.Cargo(record.to_bytes(), packed(driver.classes))) == (0, said)


# what is refused on the driver


def test_a_missing_column_is_told_before_any_line_is_read(spark, record):
    frame = spread(spark, dirty_lines(record, 1, 10)).drop("origin")
    with pytest.raises(UsageError, match="No column tells the origin"):
        spark_lines(frame, record)
    with pytest.raises(UsageError, match="no column 'HTS'"):
        spark_lines(spread(spark, dirty_lines(record, 1, 10)), record, columns={"hs": "HTS"})


def test_a_column_that_the_answer_would_add_is_refused(spark, record):
    frame = spread(spark, dirty_lines(record, 1, 10))
    with pytest.raises(UsageError, match="already has a column 'status'"):
        spark_lines(frame.withColumnRenamed("note", "status"), record)
    with pytest.raises(UsageError, match="cannot tell from 'status'"):
        spark_lines(frame.withColumnRenamed("note", "Status"), record)


def test_days_that_can_be_read_two_ways_are_refused(spark, record):
    import pyarrow as pa

    lines = pa.table(
        {
            "line": [0],
            "date": ["4/5/2025"],
            "hs": ["6109100012"],
            "origin": ["cn"],
            "importer": ["us"],
        }
    )
    frame = spread(spark, lines)
    with pytest.raises(UsageError, match="two ways"):
        spark_lines(frame, record)
    same(spark_lines(frame, record, month_first=True), local_lines(lines, record, month_first=True))


# files


@pytest.fixture(scope="module")
def parts(record, tmp_path_factory):
    """A folder of Parquet files, and the lines in it."""
    from pyarrow import parquet

    folder = tmp_path_factory.mktemp("lines")
    lines = dirty_lines(record, 8, 900)
    for place in range(3):
        parquet.write_table(lines.slice(300 * place, 300), folder / f"part-{place}.parquet")
    return folder, lines


def rate_file(source, out, record, **how):
    from tariffcli.bulk.spark.driver import run

    return run(str(source), str(out), record, **how)


def held(folder):
    from pyarrow import parquet

    return parquet.read_table(sorted(folder.glob("*.parquet")))


def nothing_but(folder, *names):
    return sorted(path.name for path in folder.iterdir()) == sorted(names)


def test_a_folder_of_parquet_is_rated_into_a_folder(spark, record, parts, tmp_path):
    folder, lines = parts
    done = rate_file(folder, tmp_path / "rated", record)
    theirs = plain(local_lines(lines, record))
    equal(plain(held(tmp_path / "rated")), theirs)
    assert done.lines == 900
    assert done.statuses == {
        name: many
        for name in set(theirs["status"].to_pylist())
        if (many := theirs["status"].to_pylist().count(name))
    }
    assert done.bad[0][1] >= done.bad[-1][1] > 0
    assert done.files == len(list((tmp_path / "rated").glob("*.parquet")))
    assert nothing_but(tmp_path, "rated")


def test_the_driver_finds_the_law_of_the_first_lines_before_the_job(
    spark, record, tmp_path, monkeypatch
):
    import pyarrow as pa
    from pyarrow import parquet

    from support.random_lines import lines
    from tariffcli.book.load import load_bytes
    from tariffcli.bulk.cells import rater
    from tariffcli.bulk.classes import workers
    from tariffcli.bulk.frame import kept_classes

    monkeypatch.setenv("TARIFF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(workers, "MIN_QUESTIONS", 40)
    monkeypatch.setattr(rater, "MIN_UNMET", 20)
    begun, before = [], workers._begun
    monkeypatch.setattr(workers, "_begun", lambda *given: begun.append(given) or before(*given))
    table = pa.Table.from_batches([lines(1, 200)]).append_column("line", pa.array(range(200)))
    parquet.write_table(table, tmp_path / "lines.parquet")
    own = load_bytes(record.to_bytes())
    rate_file(tmp_path / "lines.parquet", tmp_path / "rated", own, threads=2)
    assert len(begun) == 1
    assert kept_classes(own, None).fresh > 0
    equal(plain(held(tmp_path / "rated")), plain(local_lines(table, record)))


def test_counts_are_told_when_statuses_are_not_written(spark, record, parts, tmp_path):
    folder, lines = parts
    done = rate_file(folder, tmp_path / "rated", record, outputs=["total_pct"], columns=lambda names: {name: name for name in names[1:5]} | {
        "importer": "importer", "hs": "hs", "origin": "origin"})  # fmt: skip
    assert held(tmp_path / "rated").column_names == [*lines.column_names, "total_pct"]
    assert sum(done.statuses.values()) == done.lines == 900


def test_text_stays_text_and_odd_lines_are_invalid(spark, record, tmp_path):
    source = tmp_path / "lines.csv"
    rows = ["date,hs,note,origin,importer,value", '2025-04-24,0101210010,"a, ""b""",cn,us,100', "2025-04-24,9503000073,a, b,cn,us,100",
            "2025-04-24,9503000073,,cn,us", ",,,,,", '2025-04-24,9503.00.00.73,Käse,PRC,USA,"1,000"']  # fmt: skip
    source.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(rows).encode() + b"\r\n")
    done = rate_file(source, tmp_path / "rated", record)
    found = plain(held(tmp_path / "rated"), "value").to_pylist()
    assert [row["status"] for row in found].count("invalid") == 3
    by_code = {row["hs"]: row for row in found if row["status"] == "complete"}
    assert set(by_code) == {"0101210010", "9503.00.00.73"}
    assert by_code["0101210010"]["note"] == 'a, "b"'
    assert by_code["9503.00.00.73"]["note"] == "Käse"
    assert by_code["9503.00.00.73"]["duty_due"] is not None
    assert dict(done.bad)["the line has more or fewer cells than the header"] == 2
    assert all(
        row["additional_pct"] is None and row["duty_due"] is None
        for row in found
        if row["status"] == "invalid"
    )
    assert done.statuses == {"complete": 2, "invalid": 3}


def test_files_whose_headers_differ_are_refused(spark, record, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text("date,hs,origin,importer\n2025-04-24,9503000073,cn,us\n")
    (folder / "b.csv").write_text("date,origin,hs,importer\n2025-04-24,cn,9503000073,us\n")
    with pytest.raises(TariffError, match="header"):
        rate_file(folder, tmp_path / "rated", record)
    assert nothing_but(tmp_path, "in")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("date,hs,hs,origin,importer", "more than one column 'hs'"),
        ("date,hs,,origin,importer", "no name"),
    ],
)
def test_headers_that_cannot_be_told_apart_are_refused(spark, record, tmp_path, header, said):
    (tmp_path / "lines.csv").write_text(f"{header}\n2025-04-24,9503000073,x,cn,us\n")
    with pytest.raises(UsageError, match=said):
        rate_file(tmp_path / "lines.csv", tmp_path / "rated", record)


def test_a_header_without_lines_gives_an_empty_answer(spark, record, tmp_path):
    (tmp_path / "lines.csv").write_text("date,hs,origin,importer\n")
    done = rate_file(tmp_path / "lines.csv", tmp_path / "rated", record)
    assert (done.lines, done.statuses) == (0, {})
    assert "status" in held(tmp_path / "rated").column_names


def test_an_output_is_whole_or_not_there(spark, record, parts, tmp_path):
    folder, _ = parts
    broken = tmp_path / "in"
    shutil.copytree(folder, broken)
    whole = (broken / "part-1.parquet").read_bytes()
    (broken / "part-1.parquet").write_bytes(
        whole[:200] + b"\x00" * (len(whole) - 1200) + whole[-1000:]
    )
    with pytest.raises(TariffError):
        rate_file(broken, tmp_path / "rated", record)
    (broken / "part-1.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TariffError):
        rate_file(broken, tmp_path / "rated", record)
    assert nothing_but(tmp_path, "in")


def test_an_existing_output_is_kept_without_force(spark, record, parts, tmp_path):
    folder, _ = parts
    out = tmp_path / "rated"
    out.mkdir()
    (out / "mine").write_text("precious")
    with pytest.raises(UsageError, match="exists already"):
        rate_file(folder, out, record)
    assert (out / "mine").read_text() == "precious"
    assert rate_file(folder, out, record, force=True).lines == 900
    assert not (out / "mine").exists()
    assert nothing_but(tmp_path, "rated")


def test_inputs_and_outputs_that_cannot_be_are_refused(spark, record, parts, tmp_path):
    folder, _ = parts
    for out in (folder, folder / "inside", folder.parent):
        with pytest.raises(UsageError, match="would lie in"):
            rate_file(folder, out, record, force=True)
    with pytest.raises(UsageError, match="There is no file or folder"):
        rate_file(tmp_path / "absent.csv", tmp_path / "rated", record)
    with pytest.raises(UsageError, match="holds no file"):
        rate_file(tmp_path, tmp_path.parent / "rated", record)
    (tmp_path / ".rated.part").mkdir()
    with pytest.raises(UsageError, match="Another run"):
        rate_file(folder, tmp_path / "rated", record)


def test_a_broken_record_is_told_before_spark_starts(tmp_path):
    pytest.importorskip("pyarrow")
    folder = write_record(
        tmp_path / "data", **{"events/us": with_row("us-steel-25", until="2024-01-01")}
    )
    with pytest.raises(RecordError, match="tariff check"):
        rate_file(tmp_path / "x.parquet", tmp_path / "y", load(folder))


def test_without_java_the_message_says_what_to_install(monkeypatch, tmp_path, record):
    pytest.importorskip("pyspark")
    import subprocess

    code = "from tariffcli.bulk.spark.driver import run; run('a.csv', 'b', master='local[1]')"
    surroundings = {**os.environ, "PATH": str(tmp_path), "JAVA_HOME": ""}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "Spark needs Java 17" in done.stderr.splitlines()[-1]


def test_importing_the_room_loads_no_spark():
    import subprocess

    code = "import sys, tariffcli.bulk.spark.driver, tariffcli.bulk.spark.cluster; print('pyspark' in sys.modules, 'pandas' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["False", "False"]
