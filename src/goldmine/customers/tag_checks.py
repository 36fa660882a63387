"""Each tag's own test, and the proof that exclusive sets exclude: by construction, and on the customers themselves."""

import operator
from collections.abc import Iterable, Mapping
from functools import reduce
from itertools import combinations

import ibis
import pyarrow as pa
from ibis.expr.types import Value

from goldmine.core.engine import connect
from goldmine.core.errors import SettingsError
from goldmine.customers.intervals import exclude_each_other
from goldmine.customers.tags import Catalogue, Example, Tag, TagSet


def check_examples(catalogue: Catalogue) -> int:
    """Run the test of every tag.

    Returns
    -------
    int
        How many rows were tried.

    Raises
    ------
    SettingsError
        If a tag's condition says otherwise than its test, or looks at a column that a row of its test leaves out.
    """
    tried = [
        (one, tag, row, expected)
        for one in catalogue.sets
        for tag in one.tags
        for rows, expected in ((tag.has, True), (tag.has_not, False))
        for row in rows
    ]
    for one, tag, row, _ in tried:
        left_out = [name for name in tag.condition.names if name not in row]
        if left_out:
            raise SettingsError(
                f"tags.yaml: {one.name}.{tag.name}: a row of its test leaves out {left_out[0]!r}, which it looks at.",
                "Give that column a value, or null for unknown.",
            )
    held = _held([(tag, row) for _, tag, row, _ in tried])
    for (one, tag, row, expected), found in zip(tried, held, strict=True):
        if found is not expected:
            should = "should have the tag and does not" if expected else "should not have the tag and does"
            raise SettingsError(
                f"tags.yaml: {one.name}.{tag.name}: a row of its test, {row}, {should}.",
                "Mend the condition, or the test where it is the test that is wrong.",
            )
    return len(tried)


def _held(tried: list[tuple[Tag, Example]]) -> list[bool]:
    """Whether each row has the tag that it is a test of; one query for all."""
    names = dict.fromkeys(name for _, row in tried for name in row)
    text = {n for n in names if any(isinstance(row.get(n), str) for _, row in tried)}
    schema = pa.schema([("place", pa.int64()), *((n, pa.string() if n in text else pa.float64()) for n in names)])
    rows = [{"place": place, **row} for place, (_, row) in enumerate(tried)]
    table = ibis.memtable(pa.Table.from_pylist(rows, schema=schema))
    columns = {name: table[name] for name in names}
    conditions = {tag.when: tag.condition for tag, _ in tried}
    query = table.order_by("place").select(**{when: condition.of(columns) for when, condition in conditions.items()})
    found = connect().to_pyarrow(query)
    return [found[tag.when][place].as_py() for place, (tag, _) in enumerate(tried)]


def unproved(one: TagSet) -> list[tuple[Tag, Tag]]:
    """Pairs of an exclusive set whose conditions alone do not show that they exclude each other."""
    if not one.exclusive:
        return []
    return [(a, b) for a, b in combinations(one.tags, 2) if not exclude_each_other(a.condition, b.condition)]


def holds_of(one: TagSet, columns: Mapping[str, Value]) -> dict[str, Value]:
    """The condition of each tag of a set whose columns are there, by the tag's name."""
    return {
        tag.name: tag.condition.of(columns) for tag in one.tags if all(name in columns for name in tag.condition.names)
    }


def require_exclusive(catalogue: Catalogue, rows: ibis.Table) -> None:
    """See on the customers themselves that no exclusive set gives two tags to one.

    Parameters
    ----------
    rows : ibis.Table
        Customers with the columns that conditions look at.

    Raises
    ------
    SettingsError
        If a set overlaps; it names the set, the two tags and how many customers have both.
    """
    columns = {name: rows[name] for name in rows.columns}
    sets = {one.name: holds_of(one, columns) for one in catalogue.sets if one.exclusive}
    sets = {name: held for name, held in sets.items() if len(held) > 1}
    if not sets:
        return
    several = {name: _how_many(held.values()) > 1 for name, held in sets.items()}
    counts = rows.aggregate([any_two.sum().name(name) for name, any_two in several.items()]).to_pyarrow()
    for name, held in sets.items():
        if counts[name][0].as_py():
            _complain(rows, name, held)


def _how_many(held: Iterable[Value]) -> Value:
    """How many of some conditions hold."""
    first, *others = [one.cast("int64") for one in held]
    return reduce(operator.add, others, first)


def _complain(rows: ibis.Table, name: str, held: Mapping[str, Value]) -> None:
    for a, b in combinations(held, 2):
        both = rows.aggregate(both=(held[a] & held[b]).sum()).to_pyarrow()["both"][0].as_py()
        if both:
            raise SettingsError(
                f"tags.yaml: {name}: its tags {a!r} and {b!r} overlap: {both:,} customers have both.",
                "Let one of the two conditions leave out what the other takes, or say `exclusive: false`.",
            )
