import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.core.engine import DUCKDB, connect
from goldmine.core.fingerprint import of_file
from goldmine.models.ranking import SCORES, write_in_order, write_ranges, write_ranked


@pytest.fixture
def ranked(tmp_path):
    """Rank parts of customers and probabilities by one query and by a number of ranges; the two files."""

    def rank(parts, ranges, rate=None):
        files = [tmp_path / f"{number:04}.parquet" for number in range(len(parts))]
        for file, (customers, probabilities) in zip(files, parts, strict=True):
            rows = pa.table({"customer_id": customers, "probability": pa.array(probabilities, pa.float64())}, SCORES)
            write_in_order(connect(), rows, file)
        one, other = tmp_path / "one" / "scores.parquet", tmp_path / "other" / "scores.parquet"
        write_ranked(DUCKDB, files, one, tmp_path, rate=rate)
        write_ranges(DUCKDB, files, other, tmp_path, ranges, rate=rate)
        return one, other

    return rank


PARTS = [
    (["A", "B", "C", "D"], [0.5, 0.125, 0.9, 0.5]),
    (["E", "F", "G"], [0.5, 0.001, 0.125]),
    (["H", "I", "J"], [1.0, 0.5, 0.0]),
]


def test_ranks_follow_probability_and_then_customer_number(ranked):
    for file in ranked(PARTS, 3):
        rows = pq.read_table(file)
        assert rows["customer_id"].to_pylist() == ["H", "C", "A", "D", "E", "I", "B", "G", "F", "J"]
        assert rows["probability"].to_pylist() == [1.0, 0.9, 0.5, 0.5, 0.5, 0.5, 0.125, 0.125, 0.001, 0.0]
        assert rows["rank"].to_pylist() == list(range(1, 11))
        assert rows["decile"].to_pylist() == list(range(1, 11))


@pytest.mark.parametrize("ranges", [1, 2, 7])
def test_any_number_of_ranges_gives_the_same_file(ranked, ranges):
    one, other = map(of_file, ranked(PARTS, ranges))
    assert one == other


def test_part_in_which_nobody_is_eligible_adds_nothing(ranked):
    for file in ranked([*PARTS, ([], [])], 3):
        assert pq.read_table(file)["rank"].to_pylist() == list(range(1, 11))


def test_a_rate_stands_for_the_probability_of_everyone_whom_the_parts_only_order(ranked):
    unknown = float("-inf")
    for file in ranked([(["A", "B", "C"], [-3.0, unknown, 7.0]), (["D"], [-3.0]), (["E"], [unknown])], 3, rate=0.05):
        rows = pq.read_table(file)
        assert rows["customer_id"].to_pylist() == ["C", "A", "D", "B", "E"]
        assert rows["probability"].to_pylist() == [0.05] * 5
        assert rows["decile"].to_pylist() == [1, 3, 5, 7, 9]


def test_plateau_larger_than_a_range_is_divided_by_customer_number(ranked, tmp_path):
    customers = [f"C{number:05}" for number in range(12_000)]
    parts = [(customers[start : start + 4_000], [0.02] * 4_000) for start in (8_000, 0, 4_000)]
    for file in ranked(parts, 4):
        assert pq.read_table(file)["customer_id"].to_pylist() == customers
    sizes = [pq.read_metadata(file).num_rows for file in sorted((tmp_path / "ranges").glob("*"))]
    assert sizes == [3_000, 3_000, 3_000, 3_000]


def test_ranges_are_of_about_one_size_and_larger_than_a_row_group_give_the_same_file(ranked, tmp_path):
    chance = np.random.default_rng(5)
    parts = []
    for part in range(4):
        probabilities = np.round(chance.beta(1, 30, 40_000), 4)  # thousands of ties
        parts.append(([f"{part}{number:05}" for number in range(40_000)], probabilities))
    one, other = ranked(parts, 3)
    assert of_file(one) == of_file(other)
    sizes = [pq.read_metadata(file).num_rows for file in sorted((tmp_path / "ranges").glob("*"))]
    assert sizes == pytest.approx([53_333] * 3, abs=2_000)
    assert pq.read_metadata(one).num_row_groups > 1
