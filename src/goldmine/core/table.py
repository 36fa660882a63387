"""Tables made elsewhere, as one file: Parquet, or CSV with whatever separator and encoding its maker used."""

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from goldmine.core.errors import ContractError

_ENCODINGS = ("utf-8-sig", "gb18030")
_SEPARATORS = (",", ";", "\t", "|")
_PARQUET, _CSV = (".parquet", ".pq"), (".csv", ".tsv", ".txt")


def read_table(path: Path, texts: Collection[str] = ()) -> pd.DataFrame:
    """Read a table.

    Parameters
    ----------
    path : Path
        Parquet, or CSV in UTF-8 or GB18030 whose first line names the columns; the separator is the one of comma,
        semicolon, tab and bar that the first line holds most of.
    texts : collection of str
        Columns that stay text as they are, such as a customer number with leading zeros.

    Raises
    ------
    ContractError
        If there is no such file, it is of another kind, or it cannot be read.
    """
    if not path.is_file():
        raise ContractError(f"{path}: there is no such file.", "Give the path of a Parquet or CSV file.")
    kind = path.suffix.lower()
    if kind not in (*_PARQUET, *_CSV):
        raise ContractError(f"{path.name}: is neither Parquet nor CSV.", f"Use {', '.join((*_PARQUET, *_CSV))}.")
    try:
        frame = pd.read_parquet(path) if kind in _PARQUET else _read_csv(path, texts)
    except (ValueError, OSError, pd.errors.ParserError) as error:
        # What the reader says may quote the file's content, which no message of ours may.
        raise ContractError(f"{path.name}: cannot be read as {kind[1:]}.", "Export it again, whole.") from error
    if not len(frame):
        raise ContractError(f"{path.name}: has no rows.", "Give a table with a row a customer.")
    frame.columns = [str(name) for name in frame.columns]
    if not frame.columns.is_unique:
        raise ContractError(f"{path.name}: a column's name stands twice.", "Give each column a name of its own.")
    return frame.reset_index(drop=True)


def require_columns(frame: pd.DataFrame, names: Collection[str], where: str) -> None:
    """Check that a table has some columns.

    Raises
    ------
    ContractError
        If one is not there.
    """
    for name in names:
        if name not in frame.columns:
            known = ", ".join(map(str, frame.columns[:20])) + (", ..." if len(frame.columns) > 20 else "")
            raise ContractError(f"{where}: has no column {name!r}.", f"Columns: {known}.")


def _read_csv(path: Path, texts: Collection[str]) -> pd.DataFrame:
    for encoding in _ENCODINGS:
        try:
            with path.open(encoding=encoding) as stream:
                head = stream.readline()
            separator = max(_SEPARATORS, key=head.count)
            return pd.read_csv(
                path, sep=separator, encoding=encoding, dtype=dict.fromkeys(texts, "str"), low_memory=False
            )
        except UnicodeDecodeError:
            continue
    raise ValueError
