import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.contract.external_files import read_table
from goldmine.core.errors import ContractError


@pytest.fixture
def read(tmp_path):
    """Write a file and read it as a table."""

    def read(content, name="made.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return read_table(path)

    return read


def test_each_column_gets_the_narrowest_type_without_loss(read):
    table = read('no;"sum";flag;day;word\n1;2.5;true;2024-01-31;a\n2;;FALSE;2024-02-29;"b;c"\n')
    assert table["no"].to_pylist() == [1, 2]
    assert table["sum"].to_pylist() == [2.5, None]
    assert table["flag"].to_pylist() == [True, False]
    assert pa.types.is_timestamp(table["day"].type)
    assert table["word"].to_pylist() == ["a", "b;c"]


def test_numbers_with_leading_zeros_stay_text(read):
    assert read("branch,code\n0012,0.5\n0013,0\n")["branch"].to_pylist() == ["0012", "0013"]
    assert read("branch,code\n0012,0.5\n0013,0\n")["code"].to_pylist() == [0.5, 0.0]


def test_null_words_are_missing(read):
    assert read("a,b\nNA,x\n1,null\n,y\nNaN,z\n").to_pydict() == {
        "a": [None, 1, None, None],
        "b": ["x", None, "y", "z"],
    }


def test_gb18030_is_read(read):
    assert read("客户号,支行\n1,邳州\n", encoding="gb18030")["支行"].to_pylist() == ["邳州"]


def test_duplicate_column_is_refused(read):
    with pytest.raises(ContractError, match=r"made\.csv: the column 'a' stands twice"):
        read("a,b,a\n1,2,3\n")


def test_line_of_another_length_is_refused(read):
    with pytest.raises(ContractError, match="not a table of 2 columns on every line"):
        read("a,b\n1,2\n1,2,3\n")


def test_empty_missing_and_corrupt_files_are_refused(read, tmp_path):
    with pytest.raises(ContractError, match="has no rows"):
        read("a,b\n")
    with pytest.raises(ContractError, match="no such file"):
        read_table(tmp_path / "gone.csv")
    with pytest.raises(ContractError, match="not a whole Parquet file"):
        read(b"PAR1 and no more", name="made.parquet")


def test_parquet_is_read_as_it_is(tmp_path):
    table = pa.table({"a": [1, 2], "b": ["x", None]})
    pq.write_table(table, tmp_path / "made.parquet")
    assert read_table(tmp_path / "made.parquet").equals(table)


def test_text_column_keeps_all_digits(tmp_path):
    (tmp_path / "made.csv").write_text("id,n\n12345678901234567891,1\n")
    table = read_table(tmp_path / "made.csv", texts=["id"])
    assert table.to_pylist() == [{"id": "12345678901234567891", "n": 1.0}]
