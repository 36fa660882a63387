from datetime import date

import pyarrow as pa
import pytest

from goldmine.core.errors import HistoryError
from goldmine.core.workspace import Workspace
from goldmine.labels import plan_cutoffs
from goldmine.labels.use_case import load_use_case
from goldmine.models.score import score
from goldmine.models.training_set import TrainingSet, downsample, downsample_negatives, read_training_set, weighted_rows
from tests.tiny import make_bank, transaction

END = date(2024, 6, 30)
CUTOFFS = (date(2024, 1, 31), date(2024, 2, 29))


@pytest.fixture
def told():
    """Two cutoffs of 10,000 customers each, of whom every hundredth had the outcome."""
    ids = [f"{number:05}" for number in range(10_000)]
    outcome = pa.array([int(number % 100 == 0) for number in range(10_000)], pa.int8())
    return {cutoff: pa.table({"customer_id": ids, "outcome": outcome}) for cutoff in CUTOFFS}


def test_rows_that_are_not_too_many_are_left_as_they_are(told):
    assert downsample_negatives(told, 20_000, seed=1) is told


def test_of_too_many_rows_all_with_the_outcome_are_kept_and_the_others_count_for_those_left_out(told):
    drawn = downsample_negatives(told, 4_000, seed=1)
    assert list(drawn) == list(CUTOFFS)
    whole = pa.concat_tables(drawn.values())
    assert whole["outcome"].to_numpy().sum() == 200
    assert whole.num_rows == pytest.approx(4_000, rel=0.03)
    assert sorted(set(whole["weight"].to_numpy().round(3))) == [1.0, pytest.approx(19_800 / 3_800, abs=0.001)]
    assert whole["weight"].to_numpy().sum() == pytest.approx(20_000, rel=0.03)


def test_of_too_many_rows_with_the_outcome_half_of_the_rows_are_drawn_and_stand_for_the_rest(told):
    often = pa.array([int(number % 4 < 3) for number in range(10_000)], pa.int8())
    common = {cutoff: table.set_column(1, "outcome", often) for cutoff, table in told.items()}
    whole = pa.concat_tables(downsample_negatives(common, 4_000, seed=1).values())
    assert whole.num_rows == pytest.approx(4_000, rel=0.03)
    assert whole["outcome"].to_numpy().sum() == pytest.approx(2_000, rel=0.05)
    assert sorted(set(whole["weight"].to_numpy().tolist())) == [2.5, 7.5]


def test_rows_that_one_outcome_has_too_few_of_leave_room_for_the_other(told):
    nearly_all = pa.array([int(number % 100 != 0) for number in range(10_000)], pa.int8())
    common = {cutoff: table.set_column(1, "outcome", nearly_all) for cutoff, table in told.items()}
    whole = pa.concat_tables(downsample_negatives(common, 4_000, seed=1).values())
    assert whole.num_rows == pytest.approx(4_000, rel=0.03)
    assert (whole["outcome"].to_numpy() == 0).sum() == 200


def test_the_same_seed_draws_the_same_rows_and_each_cutoff_its_own(told):
    once, again, other = (downsample_negatives(told, 4_000, seed)[CUTOFFS[0]] for seed in (1, 1, 2))
    assert once.equals(again)
    assert not once.equals(other)
    assert not once["customer_id"].equals(downsample_negatives(told, 4_000, 1)[CUTOFFS[1]]["customer_id"])


def test_drawn_evenly_every_row_counts_for_as_many_and_together_they_stand_for_all(told):
    drawn = downsample(told[CUTOFFS[0]], 5_000, seed=1)
    assert drawn.num_rows == pytest.approx(5_000, rel=0.03)
    assert len(set(drawn["weight"].to_numpy().tolist())) == 1
    assert weighted_rows(drawn) == 10_000


def test_drawn_evenly_fewer_rows_are_left_as_they_are(told):
    assert downsample(told[CUTOFFS[0]], 10_000, seed=1) is told[CUTOFFS[0]]
    assert weighted_rows(told[CUTOFFS[0]]) == 10_000


def test_the_share_of_drawn_rows_is_that_of_the_customers_they_stand_for():
    drawn = pa.table({"outcome": pa.array([1, 1, 0], pa.int8()), "weight": pa.array([2.0, 2.0, 12.0], pa.float32())})
    told = TrainingSet(drawn, drawn.drop_columns("weight")).counts()
    assert told["train"] == {"rows": 3, "weighted_rows": 16, "positives": 2, "share": 0.25}
    assert told["test"] == {"rows": 3, "weighted_rows": 3, "positives": 2, "share": pytest.approx(2 / 3)}


@pytest.fixture
def stale(tmp_path):
    """A bank of one customer, and a work folder whose feature tables bear no mark of what made them."""
    months = [f"{year}-{month:02}" for year in (2022, 2023, 2024) for month in range(1, 13)][:30]
    moves = [transaction(number, "A", f"{month}-03T09:00") for number, month in enumerate(months)]
    bank = make_bank(tmp_path / "bank", {"customers": [{"customer_id": "A"}], "transactions": moves})
    work = Workspace(tmp_path / "work")
    for cutoff in (*plan_cutoffs(load_use_case("dormancy"), END, bank.months("transactions")).all, END):
        path = work.features(cutoff)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return bank, work


def test_nothing_is_learnt_from_features_that_other_code_made(stale):
    with pytest.raises(HistoryError, match="by other code than there are now"):
        read_training_set(*stale, load_use_case("dormancy"), END)


def test_nothing_is_scored_on_features_that_other_code_made(stale):
    with pytest.raises(HistoryError, match=r"features at 2024-06-30: .* by other code than there are now"):
        score(*stale, load_use_case("dormancy"), END)
