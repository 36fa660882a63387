"""Large files are cut where records begin, and only for a SELECT that takes row by row."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from goldmine.contract import source_pieces
from goldmine.contract.csv_cuts import record_starts
from goldmine.contract.mapping import Mapping, TableMapping
from goldmine.contract.source_pieces import is_large, with_piece
from goldmine.contract.sources import CsvSource, Source, SqliteSource
from goldmine.core.engine import DUCKDB


@pytest.fixture
def starts(tmp_path: Path) -> Callable[..., list[int]]:
    """Where a file of these bytes can be cut into ranges of six bytes."""

    def find(content: bytes, **settings: object) -> list[int]:
        path = tmp_path / "rows.csv"
        path.write_bytes(content)
        return record_starts(path, CsvSource.model_validate({"csv": str(path), **settings}), 6)

    return find


def test_ranges_begin_behind_the_header_and_at_records(starts: Callable[..., list[int]]) -> None:
    assert starts(b"a,b\n1,2\n3,4\n5,6\n7,8\n") == [4, 12]
    assert starts(b"1,2\n3,4\n5,6\n", header=False, columns=["a", "b"]) == [0, 8]
    assert starts(b"a,b\r\n1,2\r\n3,4\r\n5,6\r\n") == [5, 15]


def test_a_newline_within_quotes_ends_no_record(starts: Callable[..., list[int]]) -> None:
    assert starts(b'a,b\n1,"\n\n\n\n\n"\n3,4\n') == [4, 14]
    assert starts(b'a,b\n1,"x""\n\n\n\n"\n3,4\n') == [4, 16]
    assert starts(b'a|b\n"1"|2\n"3"|4\n"5"|6\n', delimiter="|") == [4, 16]


@pytest.mark.parametrize(
    "content",
    [b'a,b\n1,x"\n3,4"\n5,6\n', b"a,b\n1,2\r\n3,4\n5,6\n", b"a,b\r1,2\r3,4\r", b'a,b\n"1" ,2\n3,4\n5,6\n', b"a,b", b""],
    ids=["quote within", "two kinds of line end", "returns alone", "space behind a quote", "one line", "empty"],
)
def test_a_file_that_may_mean_something_else_is_not_cut(starts: Callable[..., list[int]], content: bytes) -> None:
    assert starts(content) == []


def test_a_character_may_end_with_the_delimiters_byte(starts: Callable[..., list[int]]) -> None:
    content = "a|b\n1|\u4e85\n3|4\n5|6\n".encode("gb18030")
    assert starts(content, encoding="gb18030", delimiter="|") == [4, 13]
    assert starts(content + b'7|"8"\n', encoding="gb18030", delimiter="|") == []
    assert starts("a,b\n1,2\n3,4\n".encode("utf-16"), encoding="utf-16") == []


def mapping_of(sources: dict[str, Source], select: str) -> Mapping:
    """A bank whose transactions are read from all of its sources."""
    table = TableMapping(source=tuple(sources), select=select)
    return Mapping("bank", date(2024, 6, 30), sources, {"transactions": table})


def pieces(folder: Path, select: str, monkeypatch: pytest.MonkeyPatch) -> list[list[str]] | None:
    """What the tasks would read of the source ``t``; None where one task reads all."""
    monkeypatch.setattr(source_pieces, "PIECE_BYTES", 16)
    for name, rows in (("t1", "1,2\n3,4\n5,6\n"), ("t2", "7,8\n"), ("t3", "9,0\n"), ("o", "1\n")):
        (folder / f"{name}.csv").write_text("a,b\n" + rows, "utf-8")
    mapping = mapping_of({"t": CsvSource(csv=f"{folder}/t*.csv"), "o": CsvSource(csv=f"{folder}/o.csv")}, select)
    assert is_large(mapping, "transactions")
    found = source_pieces.source_pieces(DUCKDB, [(mapping, "transactions")])["transactions"]
    read = []
    for number, piece in enumerate(found):
        if piece is None:
            return None
        scratch = folder / str(number)
        scratch.mkdir()
        files = with_piece(mapping, piece, scratch).sources["t"].files()
        read.append([path.read_text("utf-8").partition("\n")[2] for path in files])
    return read


def test_small_files_are_read_together_and_a_large_one_in_ranges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "longer").mkdir()
    assert pieces(tmp_path, "SELECT a FROM t", monkeypatch) == [["1,2\n3,4\n5,6\n"], ["7,8\n", "9,0\n"]]
    monkeypatch.setattr(source_pieces, "_LOOKED_UP", 0)
    path = tmp_path / "t1.csv"
    path.write_text(path.read_text("utf-8") + "1,1\n" * 4, "utf-8")
    source = CsvSource(csv=str(path))
    mapping = mapping_of({"t": source}, "")
    (first, second) = source_pieces.source_pieces(DUCKDB, [(mapping, "transactions")])["transactions"]
    read = []
    for number, piece in enumerate((first, second)):
        scratch = tmp_path / "longer" / str(number)
        scratch.mkdir()
        assert piece is not None
        (range_,) = with_piece(mapping, piece, scratch).sources["t"].files()
        read.append(range_.read_text("utf-8"))
    assert read == ["a,b\n1,2\n3,4\n5,6\n1,1\n1,1\n", "a,b\n1,1\n1,1\n"]


@pytest.mark.parametrize(
    "select",
    [
        "",
        "SELECT nullif(trim(a), '') AS a, CAST(b AS INT) AS b FROM t WHERE b <> '4'",
        "SELECT t.a, o.b FROM t LEFT JOIN o ON t.a = o.a",
        "SELECT t.a FROM t, o WHERE t.a = o.a ORDER BY t.a",
    ],
)
def test_a_select_that_takes_row_by_row_is_cut(select: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pieces(tmp_path, select, monkeypatch) is not None


@pytest.mark.parametrize(
    "select",
    [
        "SELECT DISTINCT a FROM t",
        "SELECT a, sum(b) AS b FROM t GROUP BY a",
        "SELECT fsum(b) AS b FROM t",
        "SELECT geomean(b) AS b FROM t",
        "SELECT a, row_number() OVER () AS b FROM t",
        "SELECT a, random() AS b FROM t",
        "SELECT a FROM t LIMIT 2",
        "SELECT a FROM t USING SAMPLE 2",
        "SELECT a FROM t UNION ALL SELECT a FROM o",
        "SELECT o.a, t.b FROM o RIGHT JOIN t ON t.a = o.a",
        "SELECT t.a FROM t FULL JOIN o ON t.a = o.a",
        "SELECT t.a FROM t POSITIONAL JOIN o",
        "SELECT t.a FROM t JOIN t AS u ON t.a = u.b",
        "SELECT a FROM t WHERE b = (SELECT max(b) FROM t)",
        "WITH u AS (SELECT * FROM t LIMIT 1) SELECT a FROM u",
        "SELECT a FROM t QUALIFY b = 1",
    ],
)
def test_a_select_that_looks_at_other_rows_is_read_by_one_task(
    select: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pieces(tmp_path, select, monkeypatch) is None


def test_a_database_is_read_by_one_task(tmp_path: Path) -> None:
    mapping = mapping_of({"t": SqliteSource(sqlite=str(tmp_path / "bank.db"))}, "SELECT a FROM t")
    assert source_pieces.source_pieces(DUCKDB, [(mapping, "transactions")]) == {"transactions": [None]}
