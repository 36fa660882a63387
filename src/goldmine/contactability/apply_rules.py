"""Applying rules to everyone scored: the first rule by which a customer leaves."""

from collections.abc import Sequence

import ibis

from goldmine.contactability.counts import Off, Tally
from goldmine.contactability.rules import Rule
from goldmine.contactability.tables import Books

UNKNOWN = ("not in the customer table", "客户表中无此客户")


def judge(books: Books, scored: ibis.Table, rules: Sequence[Rule]) -> ibis.Table:
    """Scored customers with `step`: the first rule by which a customer leaves, empty for those who stay.

    Parameters
    ----------
    books : Books
        The bank's tables as they stand.
    scored : ibis.Table
        `customer_id` and anything beside it.
    rules : sequence of Rule
        Those that the bank's tables carry; step 1 is the first, step 0 a customer whom nobody knows.
    """
    known = books.table("customers").select("customer_id")
    out = [scored.anti_join(known, "customer_id").select("customer_id", step=ibis.literal(0, "int64"))]
    out += [
        books.once(f"leaving_{rule.name}", rule.out).select("customer_id", step=ibis.literal(place, "int64"))
        for place, rule in enumerate(rules, start=1)
    ]
    every = ibis.union(*out)
    first = every.group_by("customer_id").agg(step=every.step.min())
    judged = scored.left_join(first, "customer_id")
    columns = judged.select(*scored.columns, "step")
    # Counted and listed from, so worked out once; by hand, as Ibis' own way ends in a DROP that DuckDB cannot parse.
    books.connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE judged AS {ibis.to_sql(columns, dialect='duckdb')}")
    return books.connection.table("judged")


def tally(judged: ibis.Table, rules: Sequence[Rule]) -> Tally:
    """The counts of a table from `judge`, rule by rule."""
    rows = judged.group_by("step").agg(customers=judged.count()).to_pyarrow().to_pylist()
    counts = {row["step"]: row["customers"] for row in rows}
    found = Tally(sum(counts.values()))
    found.leave("unknown", UNKNOWN, counts.get(0, 0), "eligible")
    for place, rule in enumerate(rules, start=1):
        found.leave(rule.name, (rule.en, rule.zh), counts.get(place, 0), rule.stage)
    return found


def switched_off(books: Books, rules: Sequence[Rule]) -> tuple[Off, ...]:
    """Rules that the bank's tables do not carry, and what is missing for each."""
    lacking = [(rule, rule.missing(books)) for rule in rules]
    return tuple(Off(name=r.name, en=r.en, zh=r.zh, missing=missing) for r, missing in lacking if missing)
