"""SQLite and PostgreSQL through their ADBC drivers: the SELECT runs there, rows come back as Arrow batches."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pyarrow as pa
from adbc_driver_manager import Error as AdbcError
from adbc_driver_manager import dbapi

from goldmine.contract.sources import PostgresSource, SqliteSource
from goldmine.core.errors import ContractError
from goldmine.core.i18n import _
from goldmine.core.sql import quoted


@contextmanager
def rows_of(source: SqliteSource | PostgresSource, select: str, table: str) -> Iterator[pa.RecordBatchReader]:
    """Rows of a SELECT, a batch at a time.

    Parameters
    ----------
    source : SqliteSource or PostgresSource
        The database; it is only read.
    select : str
        Runs in the database, in its own SQL.
    table : str
        The canonical table, for the error.

    Raises
    ------
    ContractError
        No connection, or a SELECT that fails.
    """
    with closing(_connect(source, table)) as connection, closing(connection.cursor()) as cursor:
        try:
            cursor.execute(_as_text(cursor, select) if isinstance(source, SqliteSource) else select)
            reader = cursor.fetch_record_batch()
        except AdbcError as error:
            raise ContractError(
                _("{table}: the SELECT cannot run in the database{reason}.", table=table, reason=_reason(error)),
                _("Correct it in bank.yaml; it is written in the database's own SQL."),
            ) from None
        refuse_money(reader.schema, table)
        yield reader


def refuse_money(schema: pa.Schema, table: str) -> None:
    """Refuse columns of PostgreSQL's type money: its driver gives their fen as whole numbers, 100 times the yuan.

    Raises
    ------
    ContractError
        Names the columns and the cast that says what they are worth.
    """
    names = [field.name for field in schema if (field.metadata or {}).get(b"POSTGRESQL:type") == b"money"]
    if names:
        raise ContractError(
            _("{table}: columns of PostgreSQL's type money come as fen or yuan by the server's settings: {columns}.",
              table=table, columns=", ".join(names)),
            _("Cast them in the SELECT: {casts}.", casts=", ".join(f"{name}::numeric AS {name}" for name in names)),
        )  # fmt: skip


def _as_text(cursor: dbapi.Cursor, select: str) -> str:
    """The SELECT with every value as text.

    SQLite's columns have no type and the driver would take it from the first rows; so the contract reads the texts.
    SQLite itself writes 15 digits, which lose the fen of large amounts, and remains of floating sums as 5.55e-17.
    Numbers too large to be exact to the fen are written with an exponent, which is no amount.
    """
    cursor.execute(f"SELECT * FROM (\n{select.strip().rstrip(';')}\n) LIMIT 0")
    names = [column[0] for column in cursor.description or ()]
    texts = (
        f"CASE WHEN typeof({name}) <> 'real' THEN CAST({name} AS TEXT) "
        f"WHEN abs({name}) < {2**53} AND {name} = CAST({name} AS INTEGER) "
        f"THEN CAST(CAST({name} AS INTEGER) AS TEXT) "
        f"WHEN abs({name}) >= {2**46} THEN printf('%!.16e', {name}) "
        f"WHEN abs({name}) < 0.001 THEN printf('%.20f', {name}) "
        f"WHEN abs({name}) >= 1e13 THEN printf('%!.17g', {name}) "
        f"ELSE CAST({name} AS TEXT) END AS {name}"
        for name in map(quoted, names)
    )
    return f"SELECT {', '.join(texts)} FROM (\n{select.strip().rstrip(';')}\n)"


def _connect(source: SqliteSource | PostgresSource, table: str) -> dbapi.Connection:
    try:
        if isinstance(source, SqliteSource):
            import adbc_driver_sqlite.dbapi

            return adbc_driver_sqlite.dbapi.connect(f"{source.files()[0].as_uri()}?mode=ro")
        import adbc_driver_postgresql.dbapi

        return adbc_driver_postgresql.dbapi.connect(source.postgres)
    except AdbcError:
        raise ContractError(
            _("{table}: the database of its source cannot be reached.", table=table),
            _("Check the address, the network, the user and the password."),
        ) from None


def _reason(error: AdbcError) -> str:
    """The database's message if it is about names and syntax only (SQLSTATE 42), never about a row."""
    text = str(error).splitlines()[0]
    about_names = "[SQLite] Failed to prepare" in text or (error.sqlstate or "").startswith("42")
    return f" ({text.partition('prepare query: ')[2]})" if about_names else ""
