"""Features read nothing but the views of their cutoff: no file by path, no other table, no data of their own."""

from collections.abc import Iterable, Iterator

import ibis
import ibis.expr.operations as ops
from ibis.expr.operations.udf import InputType

from goldmine.core.errors import LeakError
from goldmine.core.i18n import _
from goldmine.features.customer_aggregates import CUSTOMER_AGGREGATES
from goldmine.features.definition import FeatureDefinition
from goldmine.features.sources import MONTHS, months, spine, table
from goldmine.features.windows import READ

_SOURCES = (ops.PhysicalTable, ops.SQLQueryResult, ops.SQLStringView, ops.DummyTable)
"""Where rows can come from, other than another relation of the expression."""
_DO = (
    "Compute it from the columns of the View that the family is given: only they are cut off in time. "
    "Further data comes in through a table of the contract."
)


def view_names() -> frozenset[str]:
    """Names of the views that features may read; `create_views` makes them for each cutoff."""
    tables = [spine(), *(table(name) for name in (*CUSTOMER_AGGREGATES, "relations"))]
    tables += [months(name, stretch) for name in MONTHS for stretch in READ[name]]
    return frozenset(view.get_name() for view in tables)


def require_views(family: str, definitions: Iterable[FeatureDefinition], rows: ibis.Table) -> None:
    """Refuse a feature that reads anything but the columns of the customers' view.

    Parameters
    ----------
    family : str
        Its name, for the message.
    definitions : iterable of FeatureDefinition
        What the family gave.
    rows : ibis.Table
        The view's rows.

    Raises
    ------
    LeakError
        If a feature reads a file, another table or data in memory, calls Python, or tells customers by their number.
    """
    allowed, seen = view_names(), set[ops.Node]()
    for definition in definitions:
        reads = next(_foreign(definition.value.op(), rows.op(), allowed, seen), "")
        if not reads and not definition.value.op().relations <= {rows.op()}:
            reads = "rows that are not the view's"
        if reads:
            raise LeakError(
                _(
                    "features: {feature!r} of the family {family!r} reads {reads}.",
                    feature=definition.feature.name,
                    family=family,
                    reads=reads,
                ),
                _DO,
            )


def require_known_tables(queries: Iterable[ibis.Table], steps: Iterable[str]) -> None:
    """Refuse a plan that reads a table other than the views and its own steps.

    Parameters
    ----------
    queries : iterable of ibis.Table
        The plan's queries.
    steps : iterable of str
        Names of the tables that the plan makes itself.

    Raises
    ------
    LeakError
        Names the table.
    """
    allowed, seen = view_names() | set(steps), set[ops.Node]()
    for query in queries:
        reads = next(_foreign(query.op(), None, allowed, seen), "")
        if reads:
            raise LeakError(_("features: the plan of all features reads {reads}.", reads=reads), _DO)


def _foreign(start: ops.Node, rows: ops.Relation | None, allowed: frozenset[str], seen: set[ops.Node]) -> Iterator[str]:
    """What an expression reads beside the view; the view's own expression, and nodes in `seen`, are not searched."""
    waiting, by_number = [start], False
    while waiting:
        node = waiting.pop()
        if isinstance(node, ops.Field) and node.rel == rows and node.name == "customer_id":
            by_number = True
        elif isinstance(node, (ops.ScalarUDF, ops.AggUDF)) and node.__input_type__ is not InputType.BUILTIN:
            yield f"what the Python function {node.__func_name__!r} returns"
        elif isinstance(node, _SOURCES) and not _is_view(node, allowed):
            yield _described(node)
        children = () if node is rows else node.__children__
        waiting += [child for child in children if child not in seen]
        seen.update(children)
    if by_number:
        yield "customer_id, which tells customers one by one"


def _is_view(node: ops.Node, allowed: frozenset[str]) -> bool:
    if not isinstance(node, ops.UnboundTable):
        return False
    return node.name in allowed and not (node.namespace.catalog or node.namespace.database)


def _described(node: ops.Node) -> str:
    if isinstance(node, (ops.SQLQueryResult, ops.SQLStringView)):
        return "an SQL query of its own"
    if isinstance(node, (ops.InMemoryTable, ops.DummyTable)):
        return "data in memory"
    return f"the table or file {getattr(node, 'name', '')!r}, which is no view of the cutoff"
