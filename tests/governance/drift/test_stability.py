import numpy as np
import pyarrow as pa
import pytest

from goldmine.governance.drift.stability import Profile, chance_limit, compare_tables, profile_of, psi_between


def halves(left: int, right: int, unknown: int = 0) -> Profile:
    """So many rows in either bin."""
    return Profile((0.0,), (), (left, right, unknown))


def numbers(values) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, pa.float32())])


def test_psi_is_zero_without_drift_and_grows_with_the_shift():
    assert psi_between(halves(500, 500), halves(5_000, 5_000)) == pytest.approx(0, abs=0.01)
    # (0.75 - 0.5) ln 1.5 + (0.25 - 0.5) ln 0.5 = 0.2747
    assert psi_between(halves(50_000, 50_000), halves(75_000, 25_000)) == pytest.approx(0.2747, abs=0.001)


def test_limit_is_the_tolerance_for_millions_and_higher_for_few():
    many, some, few = (halves(rows, rows) for rows in (1_000_000, 5_000, 100))
    assert chance_limit(many, many) == pytest.approx(0.25, abs=0.003)
    assert chance_limit(some, some) == pytest.approx(0.29, abs=0.02)
    assert chance_limit(few, few) > 0.5
    assert chance_limit(some, some, tests=200) > chance_limit(some, some)


def test_small_shift_of_two_million_rows_is_no_drift():
    before, after = halves(1_000_000, 1_000_000), halves(1_020_000, 980_000)
    assert psi_between(before, after) < chance_limit(before, after)


def test_few_rows_do_not_drift_by_chance():
    chance = np.random.default_rng(3)
    alarms = 0
    for _ in range(200):
        before, after = (pa.table({"a": chance.exponential(size=150)}) for _ in range(2))
        alarms += bool(compare_tables(before, after, ["a"]).drifted[0])
    assert alarms == 0


def test_real_shift_is_detected_in_few_rows_and_many():
    for rows in (400, 40_000):
        chance = np.random.default_rng(rows)
        before, after = pa.table({"a": chance.normal(size=rows)}), pa.table({"a": chance.normal(1.2, size=rows)})
        assert compare_tables(before, after, ["a"]).drifted[0]


def test_unknown_values_have_their_own_bin():
    before = profile_of(numbers([float(n) for n in range(100)]))
    after = profile_of(numbers([None] * 60 + [float(n) for n in range(40)]), before)
    assert before.counts[-1] == 0
    assert after.counts[-1] == 60
    assert psi_between(before, after) > chance_limit(before, after)


def test_unseen_category_counts_as_other():
    before = profile_of(pa.chunked_array([["farm", "farm", "shop", None]]))
    after = profile_of(pa.chunked_array([["moon", "moon", "shop", "farm"]]), before)
    assert before == Profile((), ("farm", "shop"), (2, 1, 0, 1))
    assert after.counts == (1, 1, 2, 0)


def test_zeros_and_constants_have_bins():
    assert profile_of(numbers([0.0] * 95 + [1.0, 2.0, 3.0, 4.0, 5.0])).counts == (0, 95, 5, 0)
    constant = profile_of(numbers([7.0] * 10))
    assert profile_of(numbers([5.0] * 2 + [7.0] * 4 + [9.0, None]), constant).counts == (2, 4, 1, 1)


def test_flag_that_nearly_all_had_drifts_when_it_falls_silent():
    before = pa.table({"flag": [0.0] * 80 + [1.0] * 920, "level": [2.0] * 150 + [5.0] * 850})
    after = pa.table({"flag": [0.0] * 1000, "level": [4.0] * 1000})
    found = compare_tables(before, after, ["flag", "level"])
    assert found.drifted.tolist() == [True, True]
    assert found.psi.min() > 5
    assert profile_of(before["flag"].cast(pa.float32())).counts == (80, 920, 0, 0)


def test_tables_are_compared_by_common_columns_furthest_first():
    before = pa.table({"same": [1.0, 2.0] * 500, "other": [1.0, 2.0] * 500, "old": [1.0] * 1000})
    after = pa.table({"same": [1.0, 2.0] * 500, "other": [2.0] * 1000, "new": [1.0] * 1000})
    found = compare_tables(before, after, ["same", "other", "old", "new"])
    assert found.feature.tolist() == ["other", "same"]
    assert found.drifted.tolist() == [True, False]
