import numpy as np

from goldmine.models.folds import even_folds, forward_folds


def test_even_folds_check_every_row_once_a_repeat():
    outcome = np.array([0, 1] * 20)
    folds = even_folds(outcome, 4, 2, seed=1)
    checked = np.concatenate([check for _, check in folds])
    assert np.bincount(checked).tolist() == [2] * 40
    assert all(outcome[check].sum() == 5 for _, check in folds)


def test_forward_folds_learn_only_from_what_came_before():
    moment = np.array([5, 1, 1, 2, 3, 3, 4, 5, 6, 6])
    folds = forward_folds(moment, 3)
    assert len(folds) == 3
    assert all(moment[fit].max() < moment[check].min() for fit, check in folds)
    assert {int(moment[place]) for _, check in folds for place in check} == {3, 4, 5, 6}
