import numpy as np

from goldmine.models.folds import forward_splits, stratified_splits


def test_stratified_splits_validate_every_row_once_a_repeat():
    outcome = np.array([0, 1] * 20)
    splits = stratified_splits(outcome, 4, 2, seed=1)
    validated = np.concatenate([validation for _, validation in splits])
    assert np.bincount(validated).tolist() == [2] * 40
    assert all(outcome[validation].sum() == 5 for _, validation in splits)


def test_forward_splits_train_only_on_earlier_rows():
    moment = np.array([5, 1, 1, 2, 3, 3, 4, 5, 6, 6])
    splits = forward_splits(moment, 3)
    assert len(splits) == 3
    assert all(moment[train].max() < moment[validation].min() for train, validation in splits)
    assert {int(moment[row]) for _, validation in splits for row in validation} == {3, 4, 5, 6}
