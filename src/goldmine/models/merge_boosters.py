"""Several boosters as one: their trees side by side, each counting by its booster's weight."""

import re
from collections.abc import Sequence

_TREE = re.compile(r"^Tree=\d+\n", re.MULTILINE)
_SCALED = ("leaf_value", "internal_value", "split_gain")
_SIZES = re.compile(r"^tree_sizes=.*\n", re.MULTILINE)


def merge(boosters: Sequence[str], weights: Sequence[float]) -> str:
    """The booster whose log-odds are the weighted sum of those of some boosters.

    A sum of trees is a sum of trees, so an average needs no code of its own to predict, to explain or to be kept.

    Parameters
    ----------
    boosters : sequence of str
        LightGBM's text of each; all of the same columns.
    weights : sequence of float
        One each.

    Returns
    -------
    str
        LightGBM's text.
    """
    trees: list[str] = []
    for text, weight in zip(boosters, weights, strict=True):
        body = text[: text.index("end of trees")]
        marks = list(_TREE.finditer(body))
        ends = [*(mark.start() for mark in marks[1:]), len(body)]
        trees += [_scaled(body[mark.end() : end].rstrip("\n"), weight) for mark, end in zip(marks, ends, strict=True)]
    first = boosters[0]
    # Sizes let LightGBM read trees in parallel; without them it reads one after the other.
    head = _SIZES.sub("", first[: first.index("Tree=0\n")])
    tail = first[first.index("end of trees") :]
    return head + "".join(f"Tree={place}\n{tree}\n\n\n" for place, tree in enumerate(trees)) + tail


def _scaled(tree: str, weight: float) -> str:
    return "\n".join(_scaled_line(line, weight) for line in tree.split("\n"))


def _scaled_line(line: str, weight: float) -> str:
    name, _, values = line.partition("=")
    if name not in _SCALED or not values:
        return line
    return f"{name}={' '.join(repr(float(value) * weight) for value in values.split(' '))}"
