import numpy as np
import pyarrow as pa
import pytest

from goldmine.models.folds import forward_splits, stratified_splits, table_splits


def test_stratified_splits_validate_every_row_once_a_repeat():
    outcome = np.array([0, 1] * 20)
    splits = stratified_splits(outcome, 4, 2, seed=1)
    validated = np.concatenate([validation for _, validation in splits])
    assert np.bincount(validated).tolist() == [2] * 40
    assert all(outcome[validation].sum() == 5 for _, validation in splits)


@pytest.mark.parametrize(
    ("rows", "positives", "splits"), [(4000, 499, 10), (4000, 500, 5), (4000, 3501, 10), (10_000, 499, 5)]
)
def test_folds_of_a_small_table_with_few_outcomes_are_drawn_twice(rows, positives, splits):
    outcome = (np.arange(rows) < positives).astype(int)
    assert len(table_splits(pa.table({"x": outcome}), outcome, 1)) == splits


def test_forward_splits_train_only_on_earlier_rows():
    moment = np.array([5, 1, 1, 2, 3, 3, 4, 5, 6, 6])
    splits = forward_splits(moment, 3)
    assert len(splits) == 3
    assert all(moment[train].max() < moment[validation].min() for train, validation in splits)
    assert {int(moment[row]) for _, validation in splits for row in validation} == {3, 4, 5, 6}


@pytest.mark.parametrize("later", [0, 10])
def test_rows_of_one_time_have_no_order_to_split_by(later):
    outcome = np.array([0, 1] * 50)
    rows = pa.table({"moment": [1.0] * (100 - later) + [2.0] * later})
    splits = table_splits(rows, outcome, 1)
    assert len(splits) == 10
    assert all(outcome[validation].sum() == 10 for _, validation in splits)
