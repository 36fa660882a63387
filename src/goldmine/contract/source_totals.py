"""Rows and yuan that stand in a table's sources, before the bank's SELECT leaves out, joins or repeats any."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal

import duckdb
import sqlglot
from sqlglot import exp

from goldmine.contract.casting import ColumnCast, casted_rows, counts_of
from goldmine.contract.databases import rows_of
from goldmine.contract.mapping import Mapping
from goldmine.contract.schema import TableSpec
from goldmine.contract.sources import CsvSource, DuckdbSource, PostgresSource, Source, SparkSource, SqliteSource
from goldmine.contract.spark_tables import read_spark
from goldmine.contract.stage import raw_view
from goldmine.core.errors import ContractError
from goldmine.core.i18n import _
from goldmine.core.sql import quoted

_SETS_APART = ("where", "joins", "group", "having", "distinct", "qualify", "limit", "offset", "laterals", "with_")


@dataclass(frozen=True)
class SourceTotals:
    """What was counted of a table's sources.

    Parameters
    ----------
    rows : dict of str to int
        Rows of each source, by its name, of a database by ``source.table``.
    looked_up : tuple of str
        Those that are only joined, so that their rows are not the table's.
    yuan : dict of str to Decimal
        For each amount that the SELECT takes from one column as it stands, the sum of all of that column; none of
        a table that Spark holds.
    as_read : bool
        Whether the sources hold exactly what was read, so that its yuan are theirs, which casting counts.
    """

    rows: dict[str, int] = field(default_factory=dict)
    looked_up: tuple[str, ...] = ()
    yuan: dict[str, Decimal] = field(default_factory=dict)
    as_read: bool = False

    def __add__(self, other: "SourceTotals") -> "SourceTotals":
        """The totals of two pieces of a table's first source, beside which both looked up the same rows."""
        rows = {name: n if name in self.looked_up else n + other.rows[name] for name, n in self.rows.items()}
        return replace(self, rows=rows, yuan={name: yuan + other.yuan[name] for name, yuan in self.yuan.items()})


def source_totals(connection: duckdb.DuckDBPyConnection, spec: TableSpec, mapping: Mapping, read: int) -> SourceTotals:
    """Count a table's sources.

    Where there is no SELECT, or one that gives every row of one table, they hold what was read; else they are read
    again, as far as the SELECT says in plain words where rows and amounts come from.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where :func:`goldmine.contract.stage.stage` has named the file sources.
    spec, mapping : TableSpec, Mapping
        The table, and where its rows stand.
    read : int
        Rows that were read.
    """
    table = mapping.tables[spec.name]
    if not table.select.strip():
        return SourceTotals({table.source[0]: read}, as_read=True)
    select = parsed_select(table.select, _dialect(mapping.sources[table.source[0]]))
    if select is None:
        return SourceTotals()
    here, looked_up = _relations(select)
    names = {relation.sql(): _label(relation, table.source) for relation in [*here, *looked_up]}
    if len(here) == 1 and not looked_up and _gives_every_row(select):
        return SourceTotals({names[here[0].sql()]: read}, as_read=True)
    counter = _Counter(connection, spec, mapping)
    try:
        rows = {names[relation.sql()]: counter.rows(relation) for relation in [*here, *looked_up]}
        amounts = [column.name for column in spec.columns if column.kind == "money"]
        yuan = {} if counter.in_spark else counter.yuan(select, amounts)
    except (duckdb.Error, ContractError):  # a table function, a view of another schema: not counted, and not said
        return SourceTotals()
    main = {names[relation.sql()] for relation in here}
    return SourceTotals(rows, tuple(name for name in rows if name not in main), yuan)


def _dialect(source: Source) -> str:
    if isinstance(source, PostgresSource | SparkSource):
        return "postgres" if isinstance(source, PostgresSource) else "spark"
    return "sqlite" if isinstance(source, SqliteSource) else "duckdb"


def parsed_select(select: str, dialect: str = "duckdb") -> exp.Query | None:
    """A SELECT as a tree; None where it cannot be parsed."""
    try:
        parsed = sqlglot.parse_one(select, dialect=dialect)
    except sqlglot.errors.SqlglotError:
        return None
    return parsed if isinstance(parsed, exp.Query) else None


def _relations(select: exp.Query) -> tuple[list[exp.Table], list[exp.Table]]:
    """Tables that a SELECT reads from, and those that it only joins or asks."""
    named = {cte.alias for cte in select.find_all(exp.CTE)}
    here: dict[str, exp.Table] = {}
    looked_up: dict[str, exp.Table] = {}
    for table in select.find_all(exp.Table):
        if table.name in named and not table.db:
            continue
        plain = table.copy()
        plain.set("alias", None)
        plain.set("joins", None)
        asked = table.find_ancestor(exp.Join, exp.Where, exp.Having, exp.Subquery)
        joined = isinstance(asked, exp.Join | exp.Where | exp.Having)
        (looked_up if joined else here).setdefault(plain.sql(), plain)
    return list(here.values()), [table for name, table in looked_up.items() if name not in here]


def _selects(select: exp.Query) -> list[exp.Select]:
    """The SELECT itself, or those of a UNION ALL; none where it is made otherwise, such as by EXCEPT."""
    if isinstance(select, exp.Select):
        return [select]
    if type(select) is not exp.Union or select.args.get("distinct"):
        return []
    parts = [_selects(side) for side in (select.left, select.right) if isinstance(side, exp.Query)]
    return [part for found in parts for part in found] if len(parts) == 2 and all(parts) else []


def _gives_every_row(select: exp.Query) -> bool:
    if not isinstance(select, exp.Select) or any(select.args.get(part) for part in _SETS_APART):
        return False
    return not select.find(exp.AggFunc, exp.Subquery, exp.Unnest, exp.Explode, exp.UDTF)


def _label(relation: exp.Table, sources: tuple[str, ...]) -> str:
    """A source's name; of a database the table's as well."""
    if relation.name in sources and not relation.db:
        return relation.name
    inside = relation.name if relation.catalog or relation.db in sources else ".".join(p.name for p in relation.parts)
    return f"{sources[0] if len(sources) == 1 else relation.db}.{inside}"


@dataclass(frozen=True)
class _Counter:
    connection: duckdb.DuckDBPyConnection
    spec: TableSpec
    mapping: Mapping

    @property
    def in_spark(self) -> bool:
        """Whether Spark holds the sources, of which only rows are counted: its amounts would all travel here."""
        return isinstance(self.mapping.sources[self.mapping.tables[self.spec.name].source[0]], SparkSource)

    def rows(self, relation: exp.Table) -> int:
        """Rows of one table."""
        if self.in_spark:
            return read_spark(self.spec, self.mapping).rows_of(relation.sql("spark"))
        with self._query("count(*) AS n", relation) as query:
            return int(self.connection.execute(f"SELECT n FROM ({query})").fetchall()[0][0])

    def yuan(self, select: exp.Query, amounts: list[str]) -> dict[str, Decimal]:
        """Sums of the amounts that the SELECT, or each one of a UNION ALL, takes as they stand from its only table."""
        sums: dict[str, Decimal] = {}
        made = set()
        parts = _selects(select)
        by_position = len(parts) > 1 and not any(union.args.get("by_name") for union in select.find_all(exp.Union))
        if by_position and any(expression.is_star for part in parts for expression in part.expressions):
            return {}
        for part in parts:
            here, _ = _relations(part)
            joined = {join.this.alias_or_name for join in part.args.get("joins") or ()}
            named = parts[0] if by_position else part
            for expression, names in zip(part.expressions, named.expressions, strict=False):
                name, column = names.alias_or_name, expression.unalias()
                if name not in amounts:
                    continue
                if isinstance(column, exp.Column) and column.table not in joined and len(here) == 1:
                    sums[name] = sums.get(name, Decimal(0)) + self._sum(column.name, name, here[0])
                elif not isinstance(column, exp.Null):
                    made.add(name)
        return {name: total for name, total in sums.items() if name not in made}

    def _sum(self, raw: str, name: str, relation: exp.Table) -> Decimal:
        with self._query(f"{quoted(raw)} AS {quoted(name)}", relation) as query:
            kind = self.connection.execute(f"DESCRIBE {query}").fetchall()[0][1]
            cast = ColumnCast(self.spec.name, self.spec.column(name), kind, self.mapping.tables[self.spec.name])
            total = counts_of(cast)["read_yuan"]
            return Decimal(str(self.connection.execute(
                f"SELECT coalesce({total}, 0) FROM ({casted_rows([cast], query)})").fetchall()[0][0]))  # fmt: skip

    @contextmanager
    def _query(self, columns: str, relation: exp.Table) -> Iterator[str]:
        """A SELECT that runs in DuckDB, over a file's rows as they stand or over what the database gives."""
        sources = self.mapping.tables[self.spec.name].source
        source = self.mapping.sources[sources[0]]
        if isinstance(source, SqliteSource | PostgresSource):
            select = f"SELECT {columns} FROM {relation.sql(_dialect(source))}"
            with rows_of(source, select, self.spec.name) as reader:
                self.connection.register("rows before the SELECT", reader)
                yield 'SELECT * FROM "rows before the SELECT"'
            return
        name = relation.sql("duckdb")
        own = self.mapping.sources.get(relation.name) if not relation.db else None
        if isinstance(own, CsvSource):
            name = quoted(raw_view(relation.name))
        elif own is None and not isinstance(self.mapping.sources.get(relation.catalog or relation.db), DuckdbSource):
            raise ContractError(
                _("{name}: a source is no file and no table.", name=self.spec.name), _("Nothing: it is not counted.")
            )
        yield f"SELECT {columns} FROM {name}"
