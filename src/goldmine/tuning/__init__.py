"""Tuning: a search for training settings on folds of past rows, never on those that judge."""

from goldmine.tuning.tune import Budget, tune

__all__ = ["Budget", "tune"]
