"""SQLite and PostgreSQL through their ADBC drivers: the SELECT runs there, rows come back as Arrow batches."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pyarrow as pa
from adbc_driver_manager import Error as AdbcError
from adbc_driver_manager import dbapi

from goldmine.contract.sources import PostgresSource, SqliteSource
from goldmine.core.errors import ContractError


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
        if isinstance(source, SqliteSource):
            # SQLite columns have no type: the driver takes it from the first batch.
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": "65536"})
        try:
            cursor.execute(select)
            reader = cursor.fetch_record_batch()
        except AdbcError as error:
            raise ContractError(
                f"{table}: the SELECT cannot run in the database{_reason(error)}.",
                "Correct it in bank.yaml; it is written in the database's own SQL.",
            ) from None
        yield reader


def _connect(source: SqliteSource | PostgresSource, table: str) -> dbapi.Connection:
    try:
        if isinstance(source, SqliteSource):
            import adbc_driver_sqlite.dbapi

            return adbc_driver_sqlite.dbapi.connect(f"{source.files()[0].as_uri()}?mode=ro")
        import adbc_driver_postgresql.dbapi

        return adbc_driver_postgresql.dbapi.connect(source.postgres)
    except AdbcError:
        raise ContractError(
            f"{table}: the database of its source cannot be reached.",
            "Check the address, the network, the user and the password.",
        ) from None


def _reason(error: AdbcError) -> str:
    """The database's message if it is about names and syntax only (SQLSTATE 42), never about a row."""
    text = str(error).splitlines()[0]
    about_names = "[SQLite] Failed to prepare" in text or (error.sqlstate or "").startswith("42")
    return f" ({text.partition('prepare query: ')[2]})" if about_names else ""
