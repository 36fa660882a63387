"""Whether a row's texts are true and agree: worked out in plain Python, beside the code that chooses them."""

import ast
import operator
from collections.abc import Iterable, Mapping
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pandas as pd
import yaml

from goldmine.core.workspace import Workspace, home
from goldmine.customers.table import customers_path

_COMPARE: dict[type, Any] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_SUM: dict[type, Any] = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}


@cache
def all_claims() -> dict[str, dict[str, Any]]:
    """The claims as the file has them, by name."""
    return {
        claim["name"]: claim
        for claim in yaml.safe_load((home() / "pipelines" / "claims.yaml").read_text("utf-8"))["claims"]
    }


def holds(text: str, row: Mapping[str, Any]) -> bool:
    """Whether a condition holds for a row; what is unknown does not."""
    return bool(_value(_tree(text), row))


def names_in(text: str) -> set[str]:
    """The columns that a condition looks at."""
    return {node.id for node in ast.walk(_tree(text)) if isinstance(node, ast.Name)}


@cache
def _tree(text: str) -> ast.expr:
    return ast.parse(text.strip(), mode="eval").body


def _value(node: ast.expr, row: Mapping[str, Any]) -> Any:
    value: Any
    match node:
        case ast.BoolOp(op=op, values=values):
            parts = [_value(value, row) for value in values]
            decisive = isinstance(op, ast.Or)
            value = decisive if any(part is decisive for part in parts) else (None if None in parts else not decisive)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _value(operand, row)
            value = None if inner is None else not inner
        case ast.UnaryOp(operand=operand):
            value = -_value(operand, row)
        case ast.Compare(left=left, ops=ops, comparators=others):
            sides = [left, *others]
            parts = [_compared(a, op, b, row) for a, op, b in zip(sides, ops, others, strict=False)]
            value = False if False in parts else (None if None in parts else True)
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _value(left, row), _value(right, row)
            value = None if a is None or b is None else _SUM[type(op)](a, b)
        case ast.Name(id=name):
            value = row.get(name)
        case _:
            value = ast.literal_eval(node)
    return value


def _compared(left: ast.expr, op: ast.cmpop, right: ast.expr, row: Mapping[str, Any]) -> bool | None:
    a, b = _value(left, row), _value(right, row)
    if isinstance(op, ast.Is | ast.IsNot):
        return (a is None) is isinstance(op, ast.Is)
    if a is None or b is None:
        return None
    if isinstance(op, ast.In | ast.NotIn):
        return (a in b) is isinstance(op, ast.In)
    return bool(_COMPARE[type(op)](a, b))


def by_words(texts: Iterable[str]) -> set[str]:
    """The claims whose words stand in some texts, of either language."""
    said = "\n".join(texts).lower()
    return {
        name
        for name, claim in all_claims().items()
        if any(word.lower() in said for words in claim.get("words", {}).values() for word in words)
    }


def by_tags(row: Mapping[str, Any]) -> set[str]:
    """The claims that a customer's tags make."""
    return {name for name, claim in all_claims().items() if claim.get("tags") and holds(claim["tags"], row)}


def by_reasons(quoted: Iterable[tuple[str, str]]) -> set[str]:
    """The claims that some reasons make: each a feature and the sign of its value."""
    return {
        name
        for feature, sign in quoted
        for name, claim in all_claims().items()
        if any(fnmatchcase(feature, pattern) for pattern in claim.get("reasons", {}).get(sign, []))
    }


def faults(texts: Iterable[str], quoted: Iterable[tuple[str, str]], row: Mapping[str, Any]) -> set[str]:
    """What a row says that its data do not bear out, and pairs of claims that contradict each other.

    Parameters
    ----------
    texts : iterable of str
        What is said: the sentence and the offer's title, in both languages.
    quoted : iterable of tuple of str
        The features that the row's reasons quote, with the signs of their values.
    row : mapping
        The customer's features and tags.
    """
    claims = all_claims()
    words, reasons, tags = by_words(texts), by_reasons(quoted), by_tags(row)
    untrue = {f"{name} is not true" for name in words | reasons if not holds(claims[name]["when"], row)}
    made = words | reasons | tags
    return untrue | {
        f"{one} and {other}" for one in made for other in made if other in claims[one].get("contradicts", [])
    }


def facts(work: Workspace, as_of: date) -> dict[str, dict[str, Any]]:
    """What claims look at, by customer: features and tags as they are stored; None where unknown."""
    names = {
        name
        for claim in all_claims().values()
        for text in (claim["when"], claim.get("tags") or "1")
        for name in names_in(text)
    }
    features = pd.read_parquet(work.features(as_of)).set_index("customer_id")
    tags = pd.read_parquet(customers_path(work, as_of)).set_index("customer_id").filter(regex="^tag_")
    rows = features.join(tags)[sorted(names)].astype(object)
    return rows.where(rows.notna(), None).to_dict("index")
