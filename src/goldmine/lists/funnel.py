"""From everyone scored to those on the list, counting who left by which rule."""

from dataclasses import dataclass
from pathlib import Path

import ibis
import pyarrow as pa

from goldmine.lists.manifest import Funnel, Off, Step
from goldmine.lists.rules import Books, Rule, rules_for
from goldmine.usecases import UseCase

_UNKNOWN = Step(name="unknown", en="not in the customer table", zh="客户表中无此客户", left=0, remain=0)
_BEYOND = Step(name="beyond_list", en="ranked below the list's size", zh="排名在名单容量之外", left=0, remain=0)


@dataclass(frozen=True)
class Chosen:
    """Those on a list.

    Parameters
    ----------
    rows : pyarrow.Table
        `customer_id`, `branch_id`, `manager_id`, `probability`, `decile`, most probable first.
    funnel : Funnel
        How many were scored, how many left at each step, and which rules could not be applied.
    """

    rows: pa.Table
    funnel: Funnel


def choose(books: Books, scores: Path, use_case: UseCase) -> Chosen:
    """Apply the rules to a use case's scores and keep the top `list_size`.

    Parameters
    ----------
    books : Books
        The bank's tables as they stand.
    scores : Path
        Parquet with `customer_id`, `probability`, `decile` and `rank`.
    use_case : UseCase
        Its list size, and whether it offers a wealth product.
    """
    rules = rules_for(use_case.wealth_product)
    usable = [rule for rule in rules if not rule.missing(books.bank)]
    judged = _judge(books, scores, usable)
    left = judged.group_by("step").agg(customers=judged.count()).to_pyarrow().to_pylist()
    kept = judged.filter(judged.step.isnull())
    rows = _with_homes(books, kept.order_by("rank").limit(use_case.list_size)).to_pyarrow()
    counts = {row["step"]: row["customers"] for row in left}
    steps = _counted([_UNKNOWN, *map(_step, usable)], counts, rows.num_rows)
    off = [
        Off(name=rule.name, en=rule.en, zh=rule.zh, missing=rule.missing(books.bank))
        for rule in rules
        if rule not in usable
    ]
    return Chosen(rows, Funnel(scored=sum(counts.values()), steps=steps, off=tuple(off)))


def _judge(books: Books, scores: Path, rules: list[Rule]) -> ibis.Table:
    """Scores with `step`: the first rule by which a customer leaves (0: unknown), empty for those who stay."""
    scored = books.connection.read_parquet(str(scores))
    known = books.table("customers").select("customer_id")
    out = [scored.anti_join(known, "customer_id").select("customer_id", step=ibis.literal(0, "int64"))]
    out += [
        rule.out(books).select("customer_id", step=ibis.literal(place, "int64"))
        for place, rule in enumerate(rules, start=1)
    ]
    every = ibis.union(*out)
    first = every.group_by("customer_id").agg(step=every.step.min())
    judged = scored.left_join(first, "customer_id")
    columns = judged.select("customer_id", "probability", "decile", "rank", "step")
    # Counted and listed from, so worked out once; by hand, as Ibis' own way ends in a DROP that DuckDB cannot parse.
    books.connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE judged AS {ibis.to_sql(columns, dialect='duckdb')}")
    return books.connection.table("judged")


def _with_homes(books: Books, rows: ibis.Table) -> ibis.Table:
    customers = books.table("customers")
    # A number that stands twice in dirty books gives one row here too, and always the same one.
    homes = customers.semi_join(rows, "customer_id").group_by("customer_id")
    homes = homes.agg(branch_id=customers.branch_id.min(), manager_id=customers.manager_id.min())
    joined = rows.left_join(homes, "customer_id").order_by("rank")
    return joined.select("customer_id", "branch_id", "manager_id", "probability", "decile")


def _step(rule: Rule) -> Step:
    return Step(name=rule.name, en=rule.en, zh=rule.zh, left=0, remain=0)


def _counted(steps: list[Step], counts: dict[int | None, int], on_list: int) -> tuple[Step, ...]:
    done, remain = [], sum(counts.values())
    for place, step in enumerate(steps):
        remain -= counts.get(place, 0)
        done.append(step.model_copy(update={"left": counts.get(place, 0), "remain": remain}))
    return (*done, _BEYOND.model_copy(update={"left": remain - on_list, "remain": on_list}))
