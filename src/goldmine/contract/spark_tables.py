"""Tables of Spark's catalogues: Spark reads them, moves their rows and writes them as Parquet."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa

from goldmine.contract.casting import describe
from goldmine.contract.mapping import Mapping
from goldmine.contract.schema import TableSpec
from goldmine.contract.sources import SparkSource
from goldmine.core.errors import ContractError
from goldmine.core.fingerprint import of_value
from goldmine.core.i18n import _
from goldmine.core.spark import spark_errors
from goldmine.core.spark_session import session

_ABOUT_NAMES = "42"
"""How SQLSTATEs of syntax and names begin; their messages never hold a row."""
_HELD = re.compile(r"boolean|tinyint|smallint|int|bigint|float|double|decimal\(\d+,\d+\)|string|date|timestamp_ntz")
_FILES = ("InMemoryFileIndex", "CatalogFileIndex")
"""Spark's own lists of a table's files: all of a table's rows are in them, which a list of Delta's does not say."""
_CONSTANT = ("LocalRelation", "OneRowRelation")


@dataclass(frozen=True)
class SparkRows:
    """Rows that Spark gives for a table.

    Parameters
    ----------
    spec : TableSpec
        The canonical table.
    frame : pyspark.sql.DataFrame
        Its rows: of the SELECT, or of the whole table. Nothing has been read yet.
    sources : dict of str to pyspark.sql.DataFrame
        The tables by their sources' names.
    selected : bool
        Whether there is a SELECT.
    """

    spec: TableSpec
    frame: Any
    sources: dict[str, Any]
    selected: bool

    def schema(self) -> pa.Table:
        """A table without rows that has the columns of the rows, in Arrow's types."""
        return _empty(self.frame)

    def source_schemas(self) -> dict[str, pa.Table]:
        """Tables without rows that have the columns of the sources."""
        return {name: _empty(frame) for name, frame in self.sources.items()}

    def state(self) -> str:
        """Fingerprint of the files that the rows stand in, by path, size and time; empty if Spark cannot name them."""
        with spark_errors():
            if not all(map(_is_of_files, _leaves(self.frame))):
                return ""
            files = set(self.frame.inputFiles())
            return of_value([self.frame.schema.json(), sorted(self._states(files))])

    def _states(self, files: set[str]) -> Iterator[list[Any]]:
        folders = {file.rpartition("/")[0] for file in files}
        if not folders:
            return
        there = self.frame.sparkSession.read.format("binaryFile").load([_plain_path(folder) for folder in folders])
        wanted = {unquote(file).replace(":///", ":/", 1) for file in files}
        for path, size, time in there.selectExpr("path", "length", "unix_micros(modificationTime)").collect():
            if path in wanted:
                yield [path, size, time]

    def rows_of(self, relation: str) -> int:
        """Number of rows of one of the tables that the SELECT names."""
        with _select_errors(self.spec.name):
            return int(self.frame.sparkSession.sql(f"SELECT count(*) FROM {relation}").collect()[0][0])

    def write(self, target: Path, *, by_month: bool) -> None:
        """Write the rows as Parquet, in ranges of customer numbers whatever the number of rows of one customer.

        Parameters
        ----------
        target : Path
            A folder that is not there yet; all machines of the cluster must see it.
        by_month : bool
            Whether rows go to folders ``month=YYYY-MM``.
        """
        from pyspark import StorageLevel
        from pyspark.sql import functions as sql

        spec, rows = self.spec, self.frame
        names = [name for name in ("customer_id", *spec.key) if name in rows.columns]
        order = [sql.col(name) for name in dict.fromkeys(names)]
        if by_month:
            rows = rows.withColumn("month", sql.date_format(spec.month_of, "yyyy-MM"))
            order = [sql.col("month"), *order]
        with spark_errors():
            rows.persist(StorageLevel.DISK_ONLY)  # ranges are found from a sample, and the source is to be read once
            try:
                # The key follows the customer number, so that one customer's rows can lie in several ranges.
                writer = rows.repartitionByRange(*order).write.option("compression", "zstd")
                (writer.partitionBy("month") if by_month else writer).parquet(f"file://{target}")
            finally:
                rows.unpersist()


def read_spark(spec: TableSpec, mapping: Mapping) -> SparkRows:
    """A table's rows as Spark sees them.

    Parameters
    ----------
    spec, mapping : TableSpec, Mapping
        The canonical table, and where its rows stand.

    Raises
    ------
    ContractError
        A table that is not there, a SELECT that cannot run, columns of types that the contract has no use for.
    EngineError
        If Spark does not start, or fails.
    """
    table = mapping.tables[spec.name]
    named = {name: source for name in table.source if isinstance(source := mapping.sources[name], SparkSource)}
    zone = next(iter(named.values())).timezone
    spark = session(mapping.engine.spark_master, zone or "UTC")
    sources = {}
    with _select_errors(spec.name):
        for name, source in named.items():
            sources[name] = spark.read.table(source.spark)
            sources[name].createOrReplaceTempView(name)
        frame = spark.sql(table.select) if table.select.strip() else sources[table.source[0]]
        if not table.select.strip():
            frame = frame.select([column.name for column in spec.columns if column.name in frame.columns])
        frame = _in_kept_types(spec, frame, zone)
    return SparkRows(spec, frame, sources, bool(table.select.strip()))


def _in_kept_types(spec: TableSpec, frame: Any, zone: str) -> Any:
    """The rows with moments by the clock of a zone, and nothing that Parquet would hold as something else."""
    from pyspark.sql import functions as sql

    kinds = {field.name: field.dataType.simpleString() for field in frame.schema}
    moments = [name for name, kind in kinds.items() if kind == "timestamp"]
    if moments and not zone:
        raise ContractError(
            _(
                "{table}: columns of Spark's type TIMESTAMP have another day in another time zone: {columns}.",
                table=spec.name,
                columns=", ".join(moments),
            ),
            _("Say by whose clock they are read: `timezone: Asia/Shanghai` of the source in bank.yaml."),
        )
    known = {column.name: column for column in spec.columns}
    casts = dict.fromkeys(moments, "timestamp_ntz")
    for name, kind in kinds.items():
        if kind == "void":
            casts[name] = "string"
        elif name in known and name not in casts and not _HELD.fullmatch(kind):
            raise ContractError(
                _(
                    "{table}: column {column} has the wrong type {type}.",
                    table=spec.name,
                    column=name,
                    type=kind.partition("<")[0].upper(),
                ),
                _("Give {kind} in the SELECT.", kind=describe(known[name].kind)),
            )
    return frame.select([sql.col(f"`{name}`").cast(casts[name]).alias(name) if name in casts else sql.col(f"`{name}`")
                         for name in kinds])  # fmt: skip


def _empty(frame: Any) -> pa.Table:
    from pyspark.sql.pandas.types import to_arrow_schema

    held = [field for field in frame.schema if _HELD.fullmatch(field.dataType.simpleString())]
    others = [field.name for field in frame.schema if field not in held]
    schema = to_arrow_schema(type(frame.schema)(held))
    for name in others:
        schema = schema.append(pa.field(name, pa.null()))
    return schema.empty_table()


def _leaves(frame: Any) -> list[Any]:
    leaves = frame._jdf.queryExecution().optimizedPlan().collectLeaves()
    return [leaves.apply(position) for position in range(leaves.size())]


def _is_of_files(leaf: Any) -> bool:
    kind = leaf.getClass().getSimpleName()
    if kind != "LogicalRelation":
        return kind in _CONSTANT
    relation = leaf.relation()
    is_files = relation.getClass().getSimpleName() == "HadoopFsRelation"
    return is_files and relation.location().getClass().getSimpleName() in _FILES


def _plain_path(folder: str) -> str:
    """A folder's path as Hadoop takes it literally."""
    return re.sub(r"([\\\[\]{}*?])", r"\\\1", unquote(folder))


@contextmanager
def _select_errors(table: str) -> Iterator[None]:
    """Faults of names and syntax are the bank's; all others are Spark's."""
    from pyspark.errors import PySparkException

    reason = ""
    with spark_errors():
        try:
            yield
        except PySparkException as error:
            if not (error.getSqlState() or "").startswith(_ABOUT_NAMES):
                raise
            reason = str(error).splitlines()[0]
    if reason:
        raise ContractError(
            _("{table}: Spark cannot run the SELECT or find its table: {reason}", table=table, reason=reason),
            _("Correct it in bank.yaml; it is written in Spark's SQL and names tables by the names of their sources."),
        ) from None
