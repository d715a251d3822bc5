"""Spark's side of a job.

That is the session, files read as text, an output folder that appears only when it is whole, and
errors in plain words.
"""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib import import_module
from tempfile import TemporaryDirectory
from typing import Any

from tariffcli.errors import TariffError, UsageError

SETTINGS = {
    "spark.app.name": "tariff bulk",
    "spark.log.level": "ERROR",
    "spark.ui.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "65536",
    "spark.sql.files.maxPartitionBytes": "32m",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    "spark.sql.csv.parser.columnPruning.enabled": "false",
}
"""Used where neither the caller, spark-submit nor spark-defaults.conf says otherwise."""

HOME = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
"""For masters inside this machine: nothing listens to others."""

SEPARATORS = {"csv": ",", "tsv": "\t"}
ENDINGS = {
    "parquet": "parquet",
    "pq": "parquet",
    "csv": "csv",
    "txt": "csv",
    "tsv": "tsv",
    "tab": "tsv",
}
PACKED = ("gz", "bz2", "zst", "snappy", "deflate")


def module(name: str) -> Any:
    """A module of Spark, loaded where it is first needed; it may not be installed."""
    return import_module(name)


@contextmanager
def session(master: str | None, settings: Mapping[str, str]) -> Generator[Any]:
    """The Spark session at hand, left open; or a new one, stopped at the end.

    Raises UsageError where Spark cannot start.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            spark_session = module("pyspark.sql").SparkSession
    except ImportError:
        raise UsageError(
            "--engine spark needs the extra: pip install 'tariffcli[spark]'."
        ) from None
    at_hand = spark_session.getActiveSession()
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="PySpark does not yet fully support pandas", category=FutureWarning
        )
        if at_hand is not None:
            yield at_hand
            return
        with TemporaryDirectory(prefix="tariff-spark-", ignore_cleanup_errors=True) as folder:
            opened = _open(master, {**SETTINGS, "spark.sql.warehouse.dir": folder}, settings)
            try:
                yield opened
            finally:
                opened.stop()


def _open(master: str | None, usual: Mapping[str, str], settings: Mapping[str, str]) -> Any:
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        raise UsageError(
            "Spark needs Java 17 or newer, and there is no java; "
            "on Debian: apt-get install openjdk-17-jre-headless."
        )
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    inside = (master or "").startswith("local")
    if inside:
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    spark = module("pyspark")
    try:
        spark.SparkContext._ensure_initialized()
        conf = spark.SparkConf()
        if master:
            conf.setMaster(master)
        if not conf.contains("spark.master"):
            raise UsageError(
                "Say which Spark: --master spark://HOST:7077, yarn, or local[4] for this machine."
            )
        # Pyspark switches it on whatever it writes to.
        conf.set("spark.ui.showConsoleProgress", str(sys.stderr.isatty()).lower())
        for name, value in settings.items():
            conf.set(name, value)
        for name, value in {**usual, **(HOME if inside else {})}.items():
            conf.setIfMissing(name, value)
        return module("pyspark.sql").SparkSession.builder.config(conf=conf).getOrCreate()
    except module("pyspark.errors").PySparkException as error:
        raise TariffError(
            f"Java could not start Spark: {first_line(error)} Spark needs Java 17 or newer."
        ) from None
    except _java_error() as error:
        raise UsageError(f"Spark did not start with --master {master}: {cause_of(error)}") from None


def _java_error() -> Any:
    return module("py4j.protocol").Py4JError


def read(opened: Any, source: str, kind: str, options: Mapping[str, str]) -> tuple[Any, str | None]:
    """The lines of a file or folder as a frame, and a column that is null for whole lines.

    That column is named if lines can have too many or too few cells (None: they cannot). Text stays
    text, and an empty cell is an empty text, as on one machine. Raises UsageError.
    """
    if kind == "parquet":
        return opened.read.options(**{"mergeSchema": "true", **options}).parquet(source), None
    types = module("pyspark.sql.types")
    reader_options = {"sep": SEPARATORS[kind], "quote": '"', "escape": '"', **options}
    first = opened.read.options(**reader_options).csv(source).limit(1).collect()
    if not first:
        raise UsageError(f"{source} is empty.")
    names = [str(name or "").lstrip("\ufeff") for name in first[0]]
    if "" in names:
        raise UsageError(
            f"Column {names.index('') + 1} of {source} has no name in the header; give it one."
        )
    doubled = [
        name
        for place, name in enumerate(names)
        if name.casefold() in {other.casefold() for other in names[:place]}
    ]
    if doubled:
        raise UsageError(f"The file has more than one column '{doubled[0]}'; rename one of them.")
    ragged = "_ragged"
    while ragged in names:
        ragged += "_"
    schema = types.StructType(
        [types.StructField(name, types.StringType()) for name in (*names, ragged)]
    )
    reader_options |= {
        "header": "true",
        "enforceSchema": "false",
        "mode": "PERMISSIVE",
        "columnNameOfCorruptRecord": ragged,
    }
    return opened.read.options(**reader_options).schema(schema).csv(source).fillna(
        "", subset=names
    ), ragged


class Place:
    """Where a job reads and writes, on any file system that Spark knows.

    Raises UsageError where the output must not be.
    """

    def __init__(self, opened: Any, source: str, out: str, force: bool) -> None:
        self._jvm = opened._jvm
        self._conf = opened.sparkContext._jsc.hadoopConfiguration()
        self._source, self._out = self._path(source), self._path(out)
        self._files, self.force = self._out.getFileSystem(self._conf), force
        self._aside = self._path(f"{self._out.getParent()}/.{self._out.getName()}.part")
        self.out = str(self._out)
        own, other = f"{self._out}/", f"{self._source}/"
        if own.startswith(other) or other.startswith(own):
            raise UsageError(
                f"The output {out} would lie in the input, or the input in it; give another folder."
            )
        if self._files.exists(self._out) and not force:
            raise UsageError(f"{out} exists already; give --force to replace it.")
        if self._files.exists(self._aside):
            raise UsageError(
                f"Another run is writing {out}, or one was killed; "
                f"if none runs, remove {self._aside}."
            )

    def _path(self, text: str) -> Any:
        path = self._jvm.org.apache.hadoop.fs.Path(text)
        return path.getFileSystem(self._conf).makeQualified(path)

    def kind(self) -> str:
        """What the input is, by the ending of its name or of the first file in it."""
        files = self._source.getFileSystem(self._conf)
        if not files.exists(self._source):
            raise UsageError(f"There is no file or folder {self._source}.")
        name = self._source.getName()
        if files.getFileStatus(self._source).isDirectory():
            inside = files.listFiles(self._source, True)
            name = ""
            while inside.hasNext() and not _ending(name):
                name = inside.next().getPath().getName()
        if not _ending(name):
            raise UsageError(
                f"{self._source} holds no file that ends in .parquet, .csv or .tsv; "
                "Spark reads those."
            )
        return _ending(name)

    @contextmanager
    def aside(self) -> Generator[str]:
        """A folder beside the output, to write into; removed if it was not published."""
        try:
            yield str(self._aside)
        finally:
            self._files.delete(self._aside, True)

    def publish(self) -> tuple[int, int]:
        """Give the folder its name; how many files of lines it holds, and their bytes."""
        old = self._path(f"{self._out.getParent()}/.{self._out.getName()}.old")
        if self._files.exists(self._out):
            if not self.force:
                raise UsageError(
                    f"{self.out} came to be during the run; the result was thrown away."
                )
            self._files.delete(old, True)
            self._files.rename(self._out, old)
        if not self._files.rename(self._aside, self._out):
            raise TariffError(f"{self.out} could not be named; the result was thrown away.")
        self._files.delete(old, True)
        parts = [
            file
            for file in self._files.listStatus(self._out)
            if file.getPath().getName().endswith(".parquet")
        ]
        return len(parts), sum(int(file.getLen()) for file in parts)


def _ending(name: str) -> str:
    words = name.lower().split(".")
    if len(words) > 2 and words[-1] in PACKED:
        words.pop()
    return ENDINGS.get(words[-1], "") if len(words) > 1 and not name.startswith(("_", ".")) else ""


@contextmanager
def told(source: str) -> Generator[None]:
    """Spark's errors as one line for a person."""
    errors = module("pyspark.errors")
    try:
        yield
    except errors.AnalysisException as error:
        raise UsageError(f"Spark cannot read {source}: {first_line(error)}") from None
    except (errors.PySparkException, _java_error()) as error:
        text = str(error)
        missing = [
            name for name in ("tariffcli", "pyarrow", "numpy") if f"No module named '{name}" in text
        ]
        if missing:
            raise TariffError(
                f"A worker has no '{missing[0]}': install 'tariffcli[spark]' on every machine, "
                "and say which Python with PYSPARK_PYTHON."
            ) from None
        raise TariffError(f"The Spark job failed: {cause_of(error)}") from None


def cause_of(error: Any) -> str:
    """What a Java error says at its root, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith("Caused by:") or "Error: " in line]
    return _short(causes[-1] if causes else lines[0] if lines else type(error).__name__)


def first_line(error: Any) -> str:
    """The first line of what an error says."""
    return _short(
        str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    )


def _short(text: str) -> str:
    return text.removeprefix("Caused by:").strip()[:300].rstrip(".") + "."
