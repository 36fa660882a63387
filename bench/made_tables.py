"""Small synthetic tables, most with a rare outcome; each favours another kind of model."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit
from sklearn.datasets import make_classification

Made = tuple[pd.DataFrame, np.ndarray]
_COLUMNS = 80
_RARE = 0.06


def weak_linear(rows: int, seed: int) -> Made:
    """Twenty columns add a little each, sixty nothing."""
    rng = np.random.default_rng(seed)
    table = _normal(rng, rows, _COLUMNS)
    return table, _drawn(table.to_numpy()[:, :20] @ rng.normal(0, 0.25, 20), rng)


def clusters(rows: int, seed: int) -> Made:
    """Outcomes lie in clusters of twelve columns, ten more are mixtures of these."""
    matrix, outcome = make_classification(
        rows, _COLUMNS, n_informative=12, n_redundant=10, weights=[1 - _RARE], class_sep=0.8, flip_y=0.02,
        random_state=seed,
    )  # fmt: skip
    return pd.DataFrame(matrix).add_prefix("x"), outcome


def interactions(rows: int, seed: int) -> Made:
    """Columns that predict together rather than alone, and one periodic column."""
    rng = np.random.default_rng(seed)
    table = _normal(rng, rows, _COLUMNS)
    x = table.to_numpy().T
    return table, _drawn(1.2 * x[0] * x[1] + 2 * (x[2] > 0) * (x[3] > 0) + 0.5 * x[4] + 0.8 * np.sin(2 * x[5]), rng)


def mixed(rows: int, seed: int) -> Made:
    """Text of 3 to 300 levels beside non-linear and interacting numbers; a sixth of every other column is missing."""
    rng = np.random.default_rng(seed)
    table = _normal(rng, rows, _COLUMNS - 6)
    x = table.to_numpy().T
    score = 0.6 * x[0] + 0.4 * np.abs(x[1]) - 0.5 * (x[2] > 1) + 0.3 * x[3] * x[4]
    for number, levels in enumerate((3, 5, 12, 30, 60, 300)):
        level = np.minimum((rng.pareto(1.2, rows) * levels / 5).astype(int), levels - 1)
        score += rng.normal(0, 0.5, levels)[level]
        table[f"text{number}"] = np.array([f"level {index}" for index in range(levels)])[level]
    for name in table.columns[::2]:
        table[name] = table[name].mask(rng.random(rows) < 1 / 6)
    return table, _drawn(score, rng)


def ratios(rows: int, seed: int) -> Made:
    """Amounts of which only the ratio of two predicts, beside 18 more amounts; a fifth of the outcomes are 1."""
    rng = np.random.default_rng(seed)
    table = np.exp(_normal(rng, rows, 20))
    x = np.log(table.to_numpy().T)
    return table, _drawn(0.9 * (x[0] - x[1]) + 0.6 * np.maximum(x[2] - x[3], 0) + 0.2 * x[4], rng, 0.2)


def crossed_levels(rows: int, seed: int) -> Made:
    """Text columns that predict by their combination rather than alone, and eight numbers."""
    rng = np.random.default_rng(seed)
    table = _normal(rng, rows, 8)
    levels = {f"text{number}": rng.integers(0, count, rows) for number, count in enumerate((4, 6, 8, 10))}
    cells = rng.normal(0, 0.8, (4, 6)), rng.normal(0, 0.8, (8, 10))
    score = 0.5 * table["x0"].to_numpy() + cells[0][levels["text0"], levels["text1"]]
    score += cells[1][levels["text2"], levels["text3"]]
    return table.assign(**{name: level.astype(str) for name, level in levels.items()}), _drawn(score, rng, 0.15)


def relative_to_group(rows: int, seed: int) -> Made:
    """An amount that predicts only by its distance from the mean of its group, of which there are 25."""
    rng = np.random.default_rng(seed)
    table = _normal(rng, rows, 12)
    group, distance = rng.integers(0, 25, rows), rng.normal(size=rows)
    amount = rng.normal(0, 2, 25)[group] + distance
    score = 1.1 * distance + 0.4 * table["x0"].to_numpy()
    return table.assign(amount=amount, group=np.char.add("group ", group.astype(str))), _drawn(score, rng, 0.1)


def steps(rows: int, seed: int) -> Made:
    """A few thresholds, one after the other, in thirty columns; half of the outcomes are 1."""
    rng = np.random.default_rng(seed)
    table = _normal(rng, rows, 30)
    x = table.to_numpy().T
    return table, _drawn(1.2 * (x[0] > 0.5) + np.where(x[1] > 0, 1.0 * (x[2] > 0), -1.0 * (x[3] > 1)), rng, 0.5)


def heavy_tails(rows: int, seed: int) -> Made:
    """Amounts with heavy tails, many of them zero, whose logarithm predicts; 3% of the outcomes are 1."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.pareto(1.1, (rows, 25)) * (rng.random((rows, 25)) < 0.6)).add_prefix("x")
    x = np.log1p(table.to_numpy().T)
    return table, _drawn(0.5 * x[0] + 0.4 * x[1] - 0.4 * x[2] + 0.3 * (x[3] > 0) + 0.2 * x[4] * x[5], rng, 0.03)


def flags(rows: int, seed: int) -> Made:
    """Sixty rare flags, a few of them in pairs; a third of the outcomes are 1."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame((rng.random((rows, 60)) < rng.uniform(0.05, 0.4, 60)).astype(int)).add_prefix("flag")
    x = table.to_numpy().T
    return table, _drawn(rng.normal(0, 0.5, 25) @ x[:25] + 1.5 * x[30] * x[31] - 1.5 * x[32] * x[33], rng, 1 / 3)


_SMALL = (weak_linear, clusters, interactions, mixed)
MADE: dict[str, Callable[[int, int], Made]] = {generator.__name__: generator for generator in _SMALL}
OF_ANY_KIND: dict[str, Callable[[int, int], Made]] = MADE | {
    generator.__name__: generator
    for generator in (ratios, crossed_levels, relative_to_group, steps, heavy_tails, flags)
}
"""The same and six more kinds, for studies that a method has to win on most tables."""


def _normal(rng: np.random.Generator, rows: int, columns: int) -> pd.DataFrame:
    return pd.DataFrame(rng.normal(size=(rows, columns))).add_prefix("x")


def _drawn(score: np.ndarray, rng: np.random.Generator, share: float = _RARE) -> np.ndarray:
    """Outcomes sampled from some log-odds, shifted so that a share of them is 1."""
    shift = brentq(lambda by: float(expit(score + by).mean()) - share, -20, 20)
    return (rng.random(len(score)) < expit(score + shift)).astype(int)
