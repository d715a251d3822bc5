"""Many machines: the same rating over Apache Spark frames and files. Needs the extra `spark`."""

from tariffcli.bulk.spark.driver import rate_lines, run

__all__ = ["rate_lines", "run"]
