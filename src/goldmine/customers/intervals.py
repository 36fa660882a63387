"""Proof, without data, that two conditions cannot hold for the same customer.

A condition is taken apart into cases, each a range of values a column. Two conditions exclude each other where every
case of the one has a column whose range does not meet that of every case of the other. What is not a comparison of one
column with constants restricts nothing, so that a proof is never given where there is none.
"""

import ast
import math
from dataclasses import dataclass
from typing import Any

from goldmine.customers.expression import Condition, literals, parts

_FLIPPED = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE, ast.Eq: ast.Eq, ast.NotEq: ast.NotEq}
_DENIED = {
    ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


@dataclass(frozen=True)
class Range:
    """Values that a column may have.

    Parameters
    ----------
    low, high : float
        Bounds of a number.
    open_low, open_high : bool
        Whether a bound itself is left out.
    only : frozenset, optional
        The values allowed, where they are listed.
    never : frozenset
        Values not allowed.
    known, empty : bool
        Whether the value may be known, and whether it may be empty.
    """

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False
    only: frozenset[Any] | None = None
    never: frozenset[Any] = frozenset()
    known: bool = True
    empty: bool = False

    def meet(self, other: "Range") -> "Range":
        """What both allow."""
        low, open_low = max((self.low, self.open_low), (other.low, other.open_low))
        high, closed_high = min((self.high, not self.open_high), (other.high, not other.open_high))
        both = [one for one in (self.only, other.only) if one is not None]
        only = frozenset.intersection(*both) if both else None
        never = self.never | other.never
        known, empty = self.known and other.known, self.empty and other.empty
        return Range(low, high, open_low, not closed_high, only, never, known, empty)

    @property
    def nothing(self) -> bool:
        """Whether no value is allowed."""
        return not self.empty and not (self.known and self._some())

    def _some(self) -> bool:
        if self.only is not None:
            return any(self._holds(value) for value in self.only - self.never)
        if self.low == self.high:
            return not (self.open_low or self.open_high) and self.low not in self.never
        return self.low < self.high

    def _holds(self, value: Any) -> bool:
        if isinstance(value, str):
            return self.low == -math.inf and self.high == math.inf
        above = value > self.low or (value == self.low and not self.open_low)
        return above and (value < self.high or (value == self.high and not self.open_high))


Case = dict[str, Range]


def exclude_each_other(one: Condition, other: Condition) -> bool:
    """Whether it is proved that no row can keep both conditions."""
    return all(_apart(a, b) for a in _cases(one.tree) for b in _cases(other.tree))


def _apart(one: Case, other: Case) -> bool:
    return any(name in other and one[name].meet(other[name]).nothing for name in one)


def _cases(node: ast.expr, *, holds: bool = True) -> list[Case]:
    """The ways in which a condition can hold (or not hold)."""
    if isinstance(node, ast.UnaryOp):
        return _cases(node.operand, holds=not holds)
    if isinstance(node, ast.BoolOp):
        each = [_cases(value, holds=holds) for value in node.values]
        return _all_of(each) if isinstance(node.op, ast.And) == holds else [case for cases in each for case in cases]
    if not isinstance(node, ast.Compare):
        return [{}]
    single = [[_case(left, op if holds else _DENIED[type(op)](), right)] for left, op, right in parts(node)]
    return _all_of(single) if holds else [case for cases in single for case in cases]


def _all_of(each: list[list[Case]]) -> list[Case]:
    found: list[Case] = [{}]
    for cases in each:
        found = [_both(before, case) for before in found for case in cases]
    return [case for case in found if not any(value.nothing for value in case.values())]


def _both(one: Case, other: Case) -> Case:
    return {**one, **{name: value.meet(one[name]) if name in one else value for name, value in other.items()}}


def _case(left: ast.expr, op: ast.cmpop, right: ast.expr) -> Case:
    if isinstance(op, (ast.Is, ast.IsNot)):
        empty = isinstance(op, ast.Is)
        return {left.id: Range(known=not empty, empty=empty)} if isinstance(left, ast.Name) else {}
    if isinstance(op, (ast.In, ast.NotIn)):
        values = frozenset(literals(right))
        found = Range(only=values) if isinstance(op, ast.In) else Range(never=values)
        return {left.id: found} if isinstance(left, ast.Name) else {}
    if isinstance(right, ast.Name) and not isinstance(left, ast.Name):
        left, right, op = right, left, _FLIPPED[type(op)]()
    if not isinstance(left, ast.Name):
        return {}
    try:
        value = ast.literal_eval(right)
    except ValueError:
        return {}
    return {left.id: _range(op, value)}


def _range(op: ast.cmpop, value: Any) -> Range:
    if isinstance(op, ast.Eq):
        return Range(only=frozenset([value]))
    if isinstance(op, ast.NotEq):
        return Range(never=frozenset([value]))
    if isinstance(value, str):
        return Range()
    if isinstance(op, (ast.Lt, ast.LtE)):
        return Range(high=value, open_high=isinstance(op, ast.Lt))
    return Range(low=value, open_low=isinstance(op, ast.Gt))
