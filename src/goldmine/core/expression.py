"""Conditions as short text, such as ``50000 <= aum_avg < 200000``: translated to Ibis and never run as code.

A condition may hold names of columns, numbers and texts, comparisons, ``in [...]``, ``is None``, ``and``, ``or``,
``not``, and ``+ - *``.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, reduce
from typing import Any

import ibis
from ibis.expr.types import Value

from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _

_COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_SUMS: dict[type, Callable[[Any, Any], Any]] = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}
_MEMBERSHIP = (ast.In, ast.NotIn)
_EMPTINESS = (ast.Is, ast.IsNot)
_ALLOWED = "columns, numbers, texts, < <= > >= == !=, in [...], is None, and, or, not, + - *"


@dataclass(frozen=True)
class Condition:
    """A condition on the columns of a customer's row.

    Parameters
    ----------
    text : str
        The source text.
    tree : ast.expr
        The parsed text, with allowed elements only.
    """

    text: str
    tree: ast.expr

    @property
    def names(self) -> tuple[str, ...]:
        """The columns in the condition, in order of appearance."""
        return tuple(dict.fromkeys(node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)))

    def of(self, columns: Mapping[str, Value]) -> Value:
        """The condition as an Ibis expression: true if it holds, false if it does not or is unknown."""
        return _value(self.tree, columns).fill_null(False)


@cache
def read_condition(text: str) -> Condition:
    """Read a condition.

    Raises
    ------
    SettingsError
        If the text is no condition, or has an element that is not allowed.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise SettingsError(
            _("condition {text}: cannot be read.", text=repr(text)), _("Allowed: {names}.", names=_ALLOWED)
        ) from error
    if not _is_truth(tree):
        raise SettingsError(
            _("condition {text}: {ast} is neither true nor false.", text=repr(text), ast=repr(ast.unparse(tree))),
            _("Allowed: {names}.", names=_ALLOWED),
        )
    return Condition(text.strip(), tree)


def _comparisons(compare: ast.Compare) -> list[tuple[ast.expr, ast.cmpop, ast.expr]]:
    """The single comparisons of a chain: ``1 <= a < 2`` is ``1 <= a`` and ``a < 2``."""
    sides = [compare.left, *compare.comparators]
    return list(zip(sides, compare.ops, sides[1:], strict=False))


def _is_truth(node: ast.expr) -> bool:
    if isinstance(node, ast.BoolOp):
        return all(_is_truth(value) for value in node.values)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not) and _is_truth(node.operand)
    return isinstance(node, ast.Compare) and all(_is_comparison(*part) for part in _comparisons(node))


def _is_comparison(left: ast.expr, op: ast.cmpop, right: ast.expr) -> bool:
    if isinstance(op, _MEMBERSHIP):
        inside = isinstance(right, ast.List) and all(isinstance(item, ast.Constant) for item in right.elts)
        return inside and _is_operand(left)
    if isinstance(op, _EMPTINESS):
        return isinstance(right, ast.Constant) and right.value is None and _is_operand(left)
    return _is_operand(left) and _is_operand(right)


def _is_operand(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return type(node.op) in _SUMS and _is_operand(node.left) and _is_operand(node.right)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub) and _is_operand(node.operand)
    return isinstance(node, ast.Name) or (isinstance(node, ast.Constant) and type(node.value) in (int, float, str))


def _value(node: ast.expr, columns: Mapping[str, Value]) -> Any:
    if isinstance(node, ast.BoolOp):
        join = operator.and_ if isinstance(node.op, ast.And) else operator.or_
        return reduce(join, [_value(value, columns) for value in node.values])
    if isinstance(node, ast.UnaryOp):
        inner = _value(node.operand, columns)
        return ~inner if isinstance(node.op, ast.Not) else -inner
    if isinstance(node, ast.Compare):
        return reduce(operator.and_, [_compared(*part, columns) for part in _comparisons(node)])
    if isinstance(node, ast.BinOp):
        return _SUMS[type(node.op)](_value(node.left, columns), _value(node.right, columns))
    if isinstance(node, ast.Name):
        return columns[node.id]
    return ibis.literal(ast.literal_eval(node))


def _compared(left: ast.expr, op: ast.cmpop, right: ast.expr, columns: Mapping[str, Value]) -> Any:
    value = _value(left, columns)
    if isinstance(op, _EMPTINESS):
        return value.isnull() if isinstance(op, ast.Is) else value.notnull()
    if isinstance(op, _MEMBERSHIP):
        values = ast.literal_eval(right)
        return value.isin(values) if isinstance(op, ast.In) else value.notin(values)
    return _COMPARISONS[type(op)](value, _value(right, columns))
