"""Tables of Spark's catalogues: Spark reads them, moves their rows and writes them as Parquet."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa

from goldmine.contract.bank import changed_while_read
from goldmine.contract.casting import describe
from goldmine.contract.mapping import Mapping
from goldmine.contract.schema import TableSpec
from goldmine.contract.sources import SparkSource
from goldmine.core.errors import ContractError
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

    def files(self) -> dict[str, tuple[int, int]]:
        """Size and time of each file that the rows stand in, by its address; of Iceberg's and Delta's tables none."""
        with spark_errors():
            addresses = {_path(address): address for address in self.frame.inputFiles()}
            folders = {address.rpartition("/")[0] for address in addresses.values()}
            if not folders:
                return {}
            there = self.frame.sparkSession.read.format("binaryFile").load([_literal(_path(one)) for one in folders])
            rows = there.selectExpr("path", "length", "unix_micros(modificationTime)").collect()
        states = {addresses[path]: (size, time) for path, size, time in rows if path in addresses}
        if len(states) < len(addresses):
            raise changed_while_read(self.spec.name, map(Path, addresses.values() - states.keys()))
        return states

    def tables(self) -> list[str] | None:
        """What shows the state of the tables beside their files: Iceberg's snapshots; None if nothing does."""
        with spark_errors():
            states = [_state_of(leaf) for leaf in _leaves(self.frame)]
        return None if None in states else [self.frame.schema.json(), *filter(None, states)]

    @property
    def by_row(self) -> bool:
        """Whether each row is made of one row of one file, so that a file's rows do not depend on other files."""
        if len(self.sources) > 1 or not _has_paths(*self.sources.values()):
            return False
        with spark_errors():
            plan = self.frame._jdf.queryExecution().optimizedPlan()
            if plan.subqueriesAll().size():
                return False
            while _kind(plan) in ("Project", "Filter"):
                plan = plan.child()
            return _kind(plan) == "LogicalRelation" and _state_of(plan) is not None

    def months_by_file(self) -> dict[str, set[str]]:
        """The months of the rows of each file."""
        from pyspark.sql import functions as sql

        with spark_errors():
            return _months_by_file(self.frame.select(_month(self.spec), sql.input_file_name().alias("file")))

    def rows_of(self, relation: str) -> int:
        """Number of rows of one of the tables that the SELECT names."""
        with _select_errors(self.spec.name):
            return int(self.frame.sparkSession.sql(f"SELECT count(*) FROM {relation}").collect()[0][0])

    def write(self, target: Path, *, by_month: bool, months: Collection[str] | None = None) -> dict[str, set[str]]:
        """Write the rows as Parquet, in ranges of customer numbers whatever the number of rows of one customer.

        Parameters
        ----------
        target : Path
            A folder that is not there yet; all machines of the cluster must see it.
        by_month : bool
            Whether rows go to folders ``month=YYYY-MM``.
        months : collection of str, optional
            The months to write; all if not given.

        Returns
        -------
        dict of str to set of str
            The months that the rows of each file fall in, where each row is made of one of a file's.
        """
        from pyspark import StorageLevel
        from pyspark.sql import functions as sql

        spec, rows = self.spec, self.frame
        names = [name for name in ("customer_id", *spec.key) if name in rows.columns]
        order = [sql.col(name) for name in dict.fromkeys(names)]
        traced = by_month and self.by_row
        if by_month:
            rows = rows.withColumn("month", _month(spec))
            order = [sql.col("month"), *order]
        if traced:
            rows = rows.withColumn("file", sql.input_file_name())
        if months is not None:
            rows = rows.where(sql.col("month").isin(list(months)))
        with spark_errors():
            rows.persist(StorageLevel.DISK_ONLY)  # ranges are found from a sample, and the source is to be read once
            try:
                found = _months_by_file(rows) if traced else {}
                # The key follows the customer number, so that one customer's rows can lie in several ranges.
                writer = rows.drop("file").repartitionByRange(*order).write.option("compression", "zstd")
                (writer.partitionBy("month") if by_month else writer).parquet(f"file://{target}")
            finally:
                rows.unpersist()
        return found


def read_spark(spec: TableSpec, mapping: Mapping, without: Collection[str] = ()) -> SparkRows:
    """A table's rows as Spark sees them.

    Parameters
    ----------
    spec, mapping : TableSpec, Mapping
        The canonical table, and where its rows stand.
    without : collection of str
        Addresses of files that are not to be read, where each row is made of one of a file's.

    Raises
    ------
    ContractError
        A table that is not there, a SELECT that cannot run, columns of types that the contract has no use for.
    EngineError
        If Spark does not start, or fails.
    """
    from pyspark.sql import functions as sql

    table = mapping.tables[spec.name]
    named = {name: source for name in table.source if isinstance(source := mapping.sources[name], SparkSource)}
    zone = next(iter(named.values())).timezone
    spark = session(mapping.engine.spark_master, zone or "UTC")
    sources = {}
    with _select_errors(spec.name):
        for name, source in named.items():
            sources[name] = spark.read.table(source.spark)
            if without:
                hidden = [address.replace(":///", ":/", 1) for address in without]
                sources[name] = sources[name].where(~sql.col("_metadata.file_path").isin(hidden))
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


def _month(spec: TableSpec) -> Any:
    from pyspark.sql import functions as sql

    return sql.coalesce(sql.date_format(spec.month_of, "yyyy-MM"), sql.lit("none")).alias("month")


def _has_paths(table: Any) -> bool:
    """Whether files of a table can be left out; those of a view cannot."""
    from pyspark.errors import AnalysisException

    try:
        table.select("_metadata.file_path")
    except AnalysisException:
        return False
    return True


def _months_by_file(rows: Any) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for file, month in rows.select("file", "month").distinct().collect():
        found.setdefault(file, set()).add(month)
    return found


def _leaves(frame: Any) -> list[Any]:
    leaves = frame._jdf.queryExecution().optimizedPlan().collectLeaves()
    return [leaves.apply(position) for position in range(leaves.size())]


def _kind(of: Any) -> str:
    return str(of.getClass().getSimpleName())


def _state_of(leaf: Any) -> str | None:
    """What shows a table's state beside the files that Spark lists: nothing more, or Iceberg's snapshots; else None."""
    if _kind(leaf) in _CONSTANT:
        return ""
    if _kind(leaf) == "LogicalRelation" and _kind(leaf.relation()) == "HadoopFsRelation":
        return "" if _kind(leaf.relation().location()) in _FILES else None
    if _kind(leaf) == "DataSourceV2ScanRelation":
        table = leaf.relation().table()
        if table.getClass().getName() == "org.apache.iceberg.spark.source.SparkTable":
            snapshots = sorted((name, ref.snapshotId()) for name, ref in table.table().refs().items())
            return f"{table.table().uuid()} {snapshots}"
    return None


def _path(address: str) -> str:
    """A file's path as Hadoop shows it: ``file:/a b`` for the address ``file:///a%20b``."""
    return unquote(address).replace(":///", ":/", 1)


def _literal(path: str) -> str:
    """A path as Hadoop takes it literally."""
    return re.sub(r"([\\\[\]{}*?])", r"\\\1", path)


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
