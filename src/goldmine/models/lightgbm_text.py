"""LightGBM's text format: the only module that reads or writes it, for what LightGBM has no function for.

A weighted sum of boosters and a sum of step functions are written as one booster, so that prediction, SHAP values and
storage need no code of their own. The format is LightGBM's own and may change with a release, so every text is checked
before it is edited.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from goldmine.core.errors import ModelError
from goldmine.core.i18n import _

SEEN_VERSIONS = ("4.7",)
"""LightGBM releases (major.minor) whose text format this module was checked on."""

_FORMAT = "version=v4"
_END = "end of trees"
_TREE = re.compile(r"^Tree=(\d+)\n", re.MULTILINE)
_SIZES = re.compile(r"^tree_sizes=.*\n", re.MULTILINE)
_THREADS = re.compile(r"^\[num_threads: \d+\]$", re.MULTILINE)
_SCALED = ("leaf_value", "internal_value", "split_gain")
"""Fields of a tree that change with its weight; all other known fields do not."""
_LEAF_FIELDS = ("num_leaves", "leaf_value", "leaf_weight", "leaf_count", "is_linear", "shrinkage")
_SPLIT_FIELDS = ("split_feature", "split_gain", "threshold", "decision_type", "left_child", "right_child")
_NODE_FIELDS = ("internal_value", "internal_weight", "internal_count")
_CATEGORY_FIELDS = ("num_cat", "cat_boundaries", "cat_threshold")
_FIELDS = frozenset((*_LEAF_FIELDS, *_SPLIT_FIELDS, *_NODE_FIELDS, *_CATEGORY_FIELDS))
_SPLIT_BY_VALUE = 8
"""LightGBM's decision type of a numeric split that sends missing values right; with 2 more it sends them left."""
_ABOVE_ALL = 1e300


@dataclass(frozen=True)
class StepFunction:
    """What a column adds to the log-odds, constant within each bin of its values.

    Parameters
    ----------
    column : int
        The column's number.
    edges : numpy.ndarray
        Ascending edges between the bins; a value on an edge belongs to the bin below.
    values, rows : numpy.ndarray
        What each bin adds, and its training rows; one more than edges.
    missing, missing_rows : float
        The same for missing values.
    """

    column: int
    edges: np.ndarray
    values: np.ndarray
    rows: np.ndarray
    missing: float
    missing_rows: float


def without_thread_count(text: str) -> str:
    """A booster's text without the number of cores that it was trained on, which is no part of the model."""
    if len(_THREADS.findall(text)) != 1:
        raise _unknown_format("parameters do not hold num_threads once")
    return _THREADS.sub("[num_threads: 0]", text)


def merge_boosters(boosters: Sequence[str], weights: Sequence[float]) -> str:
    """The booster whose log-odds are the weighted sum of the log-odds of several boosters.

    Parameters
    ----------
    boosters : sequence of str
        LightGBM's text of each; all of the same columns.
    weights : sequence of float
        One a booster.

    Returns
    -------
    str
        LightGBM's text.

    Raises
    ------
    ModelError
        If a text is not of the format that this module knows.
    """
    trees = [
        _scaled(tree, weight) for text, weight in zip(boosters, weights, strict=True) for tree in _split(text).trees
    ]
    return _joined(_split(boosters[0]), trees)


def step_function_trees(template: str, functions: Sequence[StepFunction]) -> str:
    """LightGBM's text of the sum of some step functions, one tree a column and one leaf a bin.

    Parameters
    ----------
    template : str
        Text of any booster of the same columns, for the text before and after the trees.

    Raises
    ------
    ModelError
        If the template is not of the format that this module knows.
    """
    return _joined(_split(template), [_tree(function) for function in functions])


@dataclass(frozen=True)
class _Parts:
    """A booster's text in parts: the text before the trees, each tree without its number, the text after them."""

    head: str
    trees: list[str]
    tail: str


def _split(text: str) -> _Parts:
    """Take a booster's text apart and check that all of it is known."""
    body, end, rest = text.partition(_END)
    headings = list(_TREE.finditer(body))
    if not end or not headings:
        raise _unknown_format("no trees before 'end of trees'")
    head = body[: headings[0].start()]
    lines = head.split("\n")
    if lines[0] != "tree" or _FORMAT not in lines or "num_tree_per_iteration=1" not in lines:
        raise _unknown_format(f"its header is not that of {_FORMAT} with one tree an iteration")
    if [int(heading[1]) for heading in headings] != list(range(len(headings))):
        raise _unknown_format("its trees are not numbered from 0")
    ends = [*(heading.start() for heading in headings[1:]), len(body)]
    trees = [body[heading.end() : end].rstrip("\n") for heading, end in zip(headings, ends, strict=True)]
    for tree in trees:
        _check_tree(tree)
    return _Parts(head, trees, end + rest)


def _check_tree(tree: str) -> None:
    fields = dict(line.split("=", 1) for line in tree.split("\n") if "=" in line)
    unknown = sorted(set(fields) - _FIELDS)
    missing = sorted({"num_leaves", "is_linear", *_SCALED} - set(fields))
    if unknown or missing or len(fields) != len(tree.split("\n")):
        raise _unknown_format(f"a tree has unknown fields {unknown} and lacks {missing}")
    if fields["is_linear"] != "0" or len(fields["leaf_value"].split()) != int(fields["num_leaves"]):
        raise _unknown_format("a tree has linear leaves, or not one value a leaf")


def _unknown_format(what: str) -> ModelError:
    return ModelError(
        _("LightGBM's text of a model is not as expected: {what}.", what=what),
        _(
            "Install LightGBM {names}, or teach goldmine.models.lightgbm_text the new format.",
            names=" or ".join(SEEN_VERSIONS),
        ),
    )


def _joined(parts: _Parts, trees: Sequence[str]) -> str:
    # The sizes would let LightGBM read trees in parallel; without them it reads one after the other.
    head = _SIZES.sub("", parts.head)
    return head + "".join(f"Tree={number}\n{tree}\n\n\n" for number, tree in enumerate(trees)) + parts.tail


def _scaled(tree: str, weight: float) -> str:
    return "\n".join(_scaled_line(line, weight) for line in tree.split("\n"))


def _scaled_line(line: str, weight: float) -> str:
    name, _, values = line.partition("=")
    if name not in _SCALED or not values:
        return line
    return f"{name}={' '.join(repr(float(value) * weight) for value in values.split(' '))}"


@dataclass
class _Nodes:
    """Splits of a tree under construction; a negative child is a leaf."""

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
        for children in (self.left, self.right):
            children.append(0)
        for numbers in (self.rows, self.values, self.gain):
            numbers.append(0.0)
        return len(self.threshold) - 1


def _tree(function: StepFunction) -> str:
    nodes = _Nodes()
    leaves = [*function.values, function.missing]
    # A leaf without rows would leave LightGBM's SHAP values undefined.
    rows = [max(1.0, count) for count in (*function.rows, function.missing_rows)]
    root = nodes.add(_ABOVE_ALL, default_left=False)
    nodes.right[root] = ~len(function.values)
    nodes.left[root] = _add_splits(nodes, function, 0, len(function.values))
    for node in reversed(range(len(nodes.threshold))):
        _sum_up(nodes, node, leaves, rows)
    fields: dict[str, Sequence[float]] = {
        "num_leaves": [len(leaves)],
        "num_cat": [0],
        "split_feature": [function.column] * len(nodes.threshold),
        "split_gain": nodes.gain,
        "threshold": nodes.threshold,
        "decision_type": [_SPLIT_BY_VALUE + 2 * left for left in nodes.default_left],
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
    return "\n".join(f"{name}={' '.join(repr(_plain(value)) for value in values)}" for name, values in fields.items())


def _add_splits(nodes: _Nodes, function: StepFunction, start: int, end: int) -> int:
    """Split the bins from `start` up to `end` in halves until one is left; returns the node, or ~leaf."""
    if end - start == 1:
        return ~start
    middle = (start + end) // 2
    node = nodes.add(float(function.edges[middle - 1]), default_left=True)
    nodes.left[node] = _add_splits(nodes, function, start, middle)
    nodes.right[node] = _add_splits(nodes, function, middle, end)
    return node


def _sum_up(nodes: _Nodes, node: int, leaves: Sequence[float], rows: Sequence[float]) -> None:
    """Rows, mean value and gain of a node whose children are done."""
    sides = [
        (rows[~child], leaves[~child]) if child < 0 else (nodes.rows[child], nodes.values[child])
        for child in (nodes.left[node], nodes.right[node])
    ]
    total = sum(count for count, _ in sides)
    mean = sum(count * value for count, value in sides) / total if total else 0.0
    nodes.rows[node], nodes.values[node] = total, mean
    nodes.gain[node] = sum(count * (value - mean) ** 2 for count, value in sides)


def _plain(value: float) -> float | int:
    return int(value) if isinstance(value, (int, np.integer)) else float(value)
