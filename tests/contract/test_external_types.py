"""Types of tables made elsewhere: one meaning for every command, typed errors for what has none."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.contract.external_files import read_table
from goldmine.contract.external_types import emptied_days, learnable, require_learnable
from goldmine.core.errors import ContractError


def read(tmp_path: Path, **columns: pa.Array) -> pa.Table:
    pq.write_table(pa.table(columns), tmp_path / "table.parquet")
    return read_table(tmp_path / "table.parquet")


def test_every_type_becomes_one_of_five(tmp_path: Path) -> None:
    table = read(
        tmp_path,
        narrow=pa.array([Decimal("1.50")], pa.decimal128(10, 2)),
        wide=pa.array([Decimal("1.005")], pa.decimal256(50, 10)),
        half=pa.array([1.5], pa.float16()),
        day=pa.array([date(2024, 1, 31)]),
        instant=pa.array([datetime(2024, 1, 31, 19, tzinfo=UTC)]),
        word=pa.array(["a"]).dictionary_encode(),
        text=pa.array(["a"], pa.large_string()),
        flag=pa.array([True]),
    )
    assert table.to_pylist() == [
        {
            "narrow": 1.5,
            "wide": 1.005,
            "half": 1.5,
            "day": datetime(2024, 1, 31),
            "instant": datetime(2024, 2, 1, 3),
            "word": "a",
            "text": "a",
            "flag": True,
        }
    ]
    assert all(learnable(field.type) for field in table.schema)


def test_days_that_stand_for_none_are_missing(tmp_path: Path) -> None:
    days = [date(9999, 12, 31), date(1, 1, 1), date(1900, 1, 1), date(2024, 1, 31)]
    table = read(tmp_path, day=pa.array(days), known=pa.array([None, *days[3:] * 3]))
    assert table["day"].to_pylist() == [None, None, None, datetime(2024, 1, 31)]
    assert emptied_days(table, ["day", "known"]) == ("column day: 3 days that stand for none are taken as missing",)


@pytest.mark.parametrize("day", [date(23, 9, 29), date(2101, 1, 1)])
def test_other_days_outside_the_years_are_refused(tmp_path: Path, day: date) -> None:
    with pytest.raises(ContractError, match=r"table.parquet: column day: 1 days lie before 1900 or after 2100"):
        read(tmp_path, day=pa.array([day]))


@pytest.mark.parametrize(
    "column",
    [
        pa.array([time(1, 2)], pa.time32("s")),
        pa.array([5], pa.duration("s")),
        pa.array([[1, 2]]),
        pa.array([{"a": 1}]),
        pa.array([b"x"]),
    ],
)
def test_a_type_without_words_is_no_label(tmp_path: Path, column: pa.Array) -> None:
    table = read(tmp_path, y=column)
    with pytest.raises(
        ContractError, match=r"table: column y is .*, which cannot be an id, label, treatment, outcome or time"
    ):
        require_learnable(table, ["y"], "table")


def test_columns_that_stand_twice_or_differ_in_capitals_are_refused(tmp_path: Path) -> None:
    one = pa.array([1])
    for names, words in ((["x", "x"], "the column 'x' stands twice"), (["x", "X"], "differ only in capitals")):
        pq.write_table(pa.table([one, one], names=names), tmp_path / "twice.parquet")
        (tmp_path / "twice.csv").write_text(f"{','.join(names)}\n1,2\n", "utf-8")
        for file in ("twice.parquet", "twice.csv"):
            with pytest.raises(ContractError, match=words):
                read_table(tmp_path / file)


def test_texts_are_numbers_and_days_only_by_their_whole_form(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(
        "a,b,c,d\n1_000,23-09-29,1e5,2024-01-31\n2_000,24-09-29,2.5,2024/2/1\n", "utf-8"
    )
    assert read_table(tmp_path / "table.csv").to_pylist() == [
        {"a": "1_000", "b": "23-09-29", "c": 100000.0, "d": datetime(2024, 1, 31)},
        {"a": "2_000", "b": "24-09-29", "c": 2.5, "d": datetime(2024, 2, 1)},
    ]


def test_an_id_of_twenty_digits_stays_whole(tmp_path: Path) -> None:
    ids = pa.array([Decimal("12345678901234567890"), Decimal("12345678901234567891")], pa.decimal128(20, 0))
    pq.write_table(pa.table({"id": ids}), tmp_path / "table.parquet")
    assert read_table(tmp_path / "table.parquet", ["id"])["id"].to_pylist() == [
        "12345678901234567890",
        "12345678901234567891",
    ]
