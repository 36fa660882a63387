"""CSV files are checked byte by byte before DuckDB sees them: encoding, last line, header."""

import codecs
import csv
import re
from collections.abc import Sequence
from pathlib import Path

from goldmine.contract.canonical_parquet import require_own_names
from goldmine.contract.sources import CsvSource
from goldmine.core.errors import ContractError
from goldmine.core.i18n import _

_CHUNK = 1 << 22
_VALUE = re.compile(r"[-+]?[\d,.]+%?|\w{0,4}\d{5,}\w?|\d{4}[-/.\u5e74]\d{1,2}[-/.\u6708]\d.*")


def utf8_files(source: CsvSource, table: str, scratch: Path) -> list[Path]:
    """The source's files as UTF-8: themselves where they are, else copies in `scratch` of the same names.

    Raises
    ------
    ContractError
        Bytes that are not in the declared encoding, or a last line that does not end.
    """
    checked = []
    for number, path in enumerate(source.files()):
        copy = None
        if source.encoding != "utf-8":
            copy = scratch / str(number) / path.name
            copy.parent.mkdir(parents=True, exist_ok=True)
        _check(path, source, table, copy)
        checked.append(copy or path)
    return checked


def columns_of(source: CsvSource, files: list[Path], table: str) -> list[str]:
    """Names of the columns, the same in all files.

    Parameters
    ----------
    source : CsvSource
        The source; its `columns` hold where there is no header.
    files : list of Path
        Its files as UTF-8.
    table : str
        The canonical table, for the error.

    Raises
    ------
    ContractError
        No header, a name that stands twice, files that differ, or a dated column that is not there.
    """
    if not source.header:
        names = list(source.columns)
    else:
        names = named(_header(source, files[0], table))
        for path in files[1:]:
            if named(_header(source, path, table)) != names:
                raise ContractError(
                    _(
                        "{table}: the header of {file} differs from that of {first}.",
                        table=table,
                        file=path.name,
                        first=files[0].name,
                    ),
                    _("Give all files of a source the same columns in the same order."),
                )
    if not all(names) or len(set(names)) < len(names) or not names:
        raise ContractError(
            _(
                "{table}: {first} has {n} columns, and not each has a name of its own.",
                table=table,
                first=files[0].name,
                n=len(names),
            ),
            _("Correct its header; where it has none set `header: false` and list `columns`."),
        )
    if any(character in name for name in names for character in "\r\n"):
        raise ContractError(
            _(
                "{table}: a name in the header of {first} holds a line break; its quote does not end there.",
                table=table,
                first=files[0].name,
            ),
            _("Check `quote` and `delimiter` of the source in bank.yaml, or correct the header."),
        )
    require_own_names(names, _("{table}: {file}", table=table, file=files[0].name))
    for name in source.dates:
        if name not in names:
            raise ContractError(
                _(
                    "{table}: {first} has no column {name}, which `dates` names.",
                    table=table,
                    first=files[0].name,
                    name=repr(name),
                ),
                _("Its first line seems to hold values, not names of columns.")
                if any(map(is_value, names))
                else _("Columns: {columns}.", columns=", ".join(names)),
            )
    return names


def named(header: Sequence[str | None]) -> list[str]:
    """Names of the columns of a heading row; a column without a heading is called by its place.

    Examples
    --------
    >>> named([None, "id", "amount", ""])
    ['column_1', 'id', 'amount', 'column_4']
    """
    return [name if name and name.strip() else f"column_{place}" for place, name in enumerate(header, start=1)]


def is_value(name: str) -> bool:
    """Whether the name of a column looks like a number, a day, or the number of something or somebody.

    Examples
    --------
    >>> [is_value(text) for text in ("C7654321", "13987654321", "1,000.50", "2024-05-05 10:00")]
    [True, True, True, True]
    >>> [is_value(text) for text in ("\u5ba2\u6237\u53f7", "aum_2024", "column_3")]
    [False, False, False]
    """
    return bool(_VALUE.fullmatch(name.strip()))


def _check(path: Path, source: CsvSource, table: str, copy: Path | None) -> None:
    decoder = codecs.getincrementaldecoder(source.encoding)(errors="strict")
    text, done = "", 0
    with path.open("rb") as stream, (copy or Path("/dev/null")).open("wb") as target:
        while True:
            chunk = stream.read(_CHUNK)
            held = len(decoder.getstate()[0])
            try:
                decoded = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                raise ContractError(
                    _(
                        "{table}: {file} is not {encoding} from byte {n} on.",
                        table=table,
                        file=path.name,
                        encoding=source.encoding,
                        n=done - held + error.start,
                    ),
                    _("Set `encoding` of the source in bank.yaml to what the file is, or export it again."),
                ) from None
            if copy:
                target.write(decoded.encode("utf-8"))
            if not chunk:
                break
            text, done = decoded or text, done + len(chunk)
    if source.final_newline and text and not text.endswith(("\n", "\r")):
        raise ContractError(
            _("{table}: the last line of {file} does not end; the file was cut short.", table=table, file=path.name),
            _("Export it again. If your exports never end with a newline, set `final_newline: false` of the source."),
        )


def _header(source: CsvSource, path: Path, table: str) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(stream, delimiter=source.delimiter, quotechar=source.quote, strict=True)
        try:
            return next(rows, [])
        except csv.Error:
            raise ContractError(
                _("{table}: the quotes in the header of {file} do not match.", table=table, file=path.name),
                _("Check `quote` and `delimiter` of the source in bank.yaml, or correct the header."),
            ) from None
