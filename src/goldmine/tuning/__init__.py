"""Tuning: a search for training settings on folds of past rows, never on those that judge."""

from goldmine.tuning.tune import Budget, searched, tune

__all__ = ["Budget", "searched", "tune"]
