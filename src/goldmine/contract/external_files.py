"""Reading a table from a Parquet or CSV file; of a CSV file each column's kind is found from all its values."""

import csv
import tempfile
from collections.abc import Collection
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.contract.canonical_parquet import require_own_names
from goldmine.contract.date_sql import date_text
from goldmine.contract.external_types import plain_types
from goldmine.core.errors import ContractError
from goldmine.core.i18n import _
from goldmine.core.sql import literal

_DELIMITERS = ",;\t|"
_ENCODINGS = ("utf-8-sig", "gb18030")
_NOTHING = ("", "na", "n/a", "nan", "null", "none")
_NUMBER = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?|[+-]?(inf|infinity)"
_EXPORT = _("Export it again as CSV or Parquet.")


def read_table(path: Path, texts: Collection[str] = ()) -> pa.Table:
    """Read a table; text columns of a CSV file that hold numbers, flags or days throughout become such.

    A number written with leading zeros, such as a branch's, stays text. Empty fields, NA, NaN, NULL and None are
    missing values.

    Parameters
    ----------
    texts : collection of str
        Columns that are text, such as a number of twenty digits that names a customer.

    Raises
    ------
    ContractError
        If the file is not there, cannot be read, has no rows, or two columns have the same name.
    """
    if not path.is_file():
        raise ContractError(
            _("{path}: there is no such file.", path=path.name), _("Give the path of a Parquet or CSV file.")
        )
    table = _parquet(path) if is_parquet(path) else _csv(path, texts)
    if table.num_rows == 0:
        raise ContractError(_("{file}: has no rows.", file=path.name), _EXPORT)
    return plain_types(table, path.name, texts)


def is_parquet(path: Path) -> bool:
    """Whether a file is read as Parquet; any other as CSV."""
    return path.suffix.lower() in (".parquet", ".pq")


def _parquet(path: Path) -> pa.Table:
    try:
        _require_names(pq.read_schema(path).names, path)
        return pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise ContractError(_("{file}: is not a whole Parquet file.", file=path.name), _EXPORT) from error


def _require_names(names: list[str], path: Path) -> None:
    if not all(names):
        raise ContractError(
            _("{file}: a column has no name.", file=path.name), _("Give each column a name of its own.")
        )
    require_own_names(names, path.name)


def _csv(path: Path, texts: Collection[str]) -> pa.Table:
    text = _decoded(path)
    delimiter = _delimiter(text)
    header = next(csv.reader(text.splitlines(keepends=True), delimiter=delimiter), [])
    names = [name.strip() for name in header]
    _require_names(names, path)
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        copy = Path(folder) / "table.csv"
        copy.write_text(text, "utf-8", newline="")
        types = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in names)
        try:
            connection.sql(
                f"CREATE TABLE found AS FROM read_csv({literal(copy)}, delim='{_escaped(delimiter)}', header=true, "
                f"quote='\"', escape='\"', columns={{{types}}}, auto_detect=false, null_padding=false)"
            )
        except duckdb.Error as error:
            raise ContractError(
                _("{file}: is not a table of {n} columns on every line.", file=path.name, n=len(names)), _EXPORT
            ) from error
        kinds = {name: _name(name) if name in texts else _typed(connection, name) for name in names}
        columns = [f"{kind} AS {_name(name)}" for name, kind in kinds.items()]
        return connection.sql(f"SELECT {', '.join(columns)} FROM found").to_arrow_table()


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ContractError(_("{file}: is neither UTF-8 nor GB18030.", file=path.name), _EXPORT)


def _delimiter(text: str) -> str:
    """The delimiter that splits the header into most columns."""
    first = text.split("\n", 1)[0]
    return max(_DELIMITERS, key=first.count)


def _typed(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """SQL of a column as the narrowest kind that fits all its values."""
    column = _name(name)
    nothing = ", ".join(f"'{word}'" for word in _NOTHING)
    value = f"CASE WHEN lower(trim({column})) IN ({nothing}) THEN NULL ELSE trim({column}) END"
    keeps = {
        "DOUBLE": f"regexp_full_match(v, {literal(_NUMBER)}) AND NOT regexp_matches(v, '^[+-]?0[0-9]')",
        "BOOLEAN": "lower(v) IN ('true', 'false')",
        "TIMESTAMP": f"{date_text('v')} IS NOT NULL",
    }
    tests = ", ".join(f"bool_and({test})" for test in keeps.values())
    counts = connection.sql(f"SELECT {tests} FROM (SELECT {value} AS v FROM found) WHERE v IS NOT NULL").fetchone()
    for kind, fits in zip(keeps, counts or (), strict=True):
        if fits:
            return f"CAST({value} AS {kind})"
    return value


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def _escaped(delimiter: str) -> str:
    return "\\t" if delimiter == "\t" else delimiter
