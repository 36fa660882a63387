"""A sum of one function a column, written as LightGBM's own trees: a tree a column, a leaf a stretch of its values."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

_BY_VALUE = 8
"""LightGBM's mark of a split by value at which a missing value goes right; with 2 more it goes left."""
_ANY = 1e300


@dataclass(frozen=True)
class Steps:
    """What a column adds to the log-odds.

    Parameters
    ----------
    column : int
        Its place.
    edges : numpy.ndarray
        Where one stretch ends and the next begins, rising; a value on an edge belongs below it.
    values, rows : numpy.ndarray
        What each stretch adds, and how many training rows lie in it; one more than edges.
    missing, missing_rows : float
        The same where the value is missing.
    """

    column: int
    edges: np.ndarray
    values: np.ndarray
    rows: np.ndarray
    missing: float
    missing_rows: float


@dataclass
class _Nodes:
    """Splits of a tree under way; a child below zero is a leaf."""

    threshold: list[float] = field(default_factory=list)
    default_left: list[bool] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    rows: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    gain: list[float] = field(default_factory=list)

    def add(self, threshold: float, *, default_left: bool) -> int:
        self.threshold.append(threshold)
        self.default_left.append(default_left)
        for column in (self.left, self.right):
            column.append(0)
        for numbers in (self.rows, self.values, self.gain):
            numbers.append(0.0)
        return len(self.threshold) - 1


def step_trees(header: str, columns: Sequence[Steps]) -> str:
    """LightGBM's text of the sum of some columns' steps.

    Parameters
    ----------
    header : str
        Text of any booster of the same columns, for what stands before and after its trees.
    """
    head, tail = header[: header.index("Tree=0\n")], header[header.index("end of trees") :]
    lines = [line for line in head.split("\n") if not line.startswith("tree_sizes=")]
    return "\n".join(lines) + "".join(f"Tree={n}\n{_tree(one)}\n\n\n" for n, one in enumerate(columns)) + tail


def _tree(steps: Steps) -> str:
    nodes = _Nodes()
    leaves = [*steps.values, steps.missing]
    # A leaf without rows would leave LightGBM's SHAP values undefined.
    rows = [max(1.0, count) for count in (*steps.rows, steps.missing_rows)]
    root = nodes.add(_ANY, default_left=False)
    nodes.right[root] = ~len(steps.values)
    nodes.left[root] = _split(nodes, steps, 0, len(steps.values))
    for place in reversed(range(len(nodes.threshold))):
        _sum_up(nodes, place, leaves, rows)
    written: dict[str, Sequence[float]] = {
        "num_leaves": [len(leaves)],
        "num_cat": [0],
        "split_feature": [steps.column] * len(nodes.threshold),
        "split_gain": nodes.gain,
        "threshold": nodes.threshold,
        "decision_type": [_BY_VALUE + 2 * left for left in nodes.default_left],
        "left_child": nodes.left,
        "right_child": nodes.right,
        "leaf_value": leaves,
        "leaf_weight": rows,
        "leaf_count": [round(count) for count in rows],
        "internal_value": nodes.values,
        "internal_weight": nodes.rows,
        "internal_count": [round(count) for count in nodes.rows],
        "is_linear": [0],
        "shrinkage": [1],
    }
    return "\n".join(f"{name}={' '.join(repr(_plain(value)) for value in values)}" for name, values in written.items())


def _split(nodes: _Nodes, steps: Steps, start: int, end: int) -> int:
    """Split the stretches from `start` up to `end` in halves until one is left; gives the node, or ~leaf."""
    if end - start == 1:
        return ~start
    middle = (start + end) // 2
    place = nodes.add(float(steps.edges[middle - 1]), default_left=True)
    nodes.left[place] = _split(nodes, steps, start, middle)
    nodes.right[place] = _split(nodes, steps, middle, end)
    return place


def _sum_up(nodes: _Nodes, place: int, leaves: Sequence[float], rows: Sequence[float]) -> None:
    """Rows, mean value and gain of a node whose children are done."""
    sides = [
        (rows[~child], leaves[~child]) if child < 0 else (nodes.rows[child], nodes.values[child])
        for child in (nodes.left[place], nodes.right[place])
    ]
    total = sum(count for count, _ in sides)
    mean = sum(count * value for count, value in sides) / total if total else 0.0
    nodes.rows[place], nodes.values[place] = total, mean
    nodes.gain[place] = sum(count * (value - mean) ** 2 for count, value in sides)


def _plain(value: float) -> float | int:
    return int(value) if isinstance(value, (int, np.integer)) else float(value)
