"""From everyone scored to those on the list, counting who left by which rule."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import ibis
import pyarrow as pa

from goldmine.contactability.apply_rules import judge, switched_off, tally
from goldmine.contactability.counts import Funnel
from goldmine.contactability.rules import rules_for
from goldmine.contactability.tables import Books
from goldmine.labels.use_case import UseCase

_HELD_BACK = ("held back as control, to measure what contact earns", "对照组客户,暂不营销")
_BEYOND = ("ranked below the list's size", "排名在名单容量之外")


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


def choose(books: Books, scores: Path, use_case: UseCase, held_back: Collection[str] = ()) -> Chosen:
    """Apply the rules to a use case's scores and keep the top `list_size`.

    Parameters
    ----------
    books : Books
        The bank's tables as they stand.
    scores : Path
        Parquet with `customer_id`, `probability`, `decile` and `rank`.
    use_case : UseCase
        Its list size, and whether it offers a wealth product.
    held_back : collection of str
        Customers who are the control of a campaign, or held out of all: they are on no list.
    """
    rules = rules_for(use_case.wealth_product)
    usable = [rule for rule in rules if not rule.missing(books)]
    scored = books.connection.read_parquet(str(scores)).select("customer_id", "probability", "decile", "rank")
    judged = judge(books, scored, usable)
    found = tally(judged, usable)
    kept = judged.filter(judged.step.isnull())
    if held_back:
        kept = kept.anti_join(books.some(sorted(held_back)), "customer_id")
        found.leave("control", _HELD_BACK, found.remain - kept.count().to_pyarrow().as_py(), "control")
    rows = _with_homes(books, kept.order_by("rank").limit(use_case.list_size)).to_pyarrow()
    found.leave("beyond_list", _BEYOND, found.remain - rows.num_rows, "capacity")
    return Chosen(rows, found.funnel(switched_off(books, rules)))


def _with_homes(books: Books, rows: ibis.Table) -> ibis.Table:
    customers = books.table("customers")
    # A number that stands twice in dirty books gives one row here too, and always the same one.
    homes = customers.semi_join(rows, "customer_id").group_by("customer_id")
    homes = homes.agg(branch_id=customers.branch_id.min(), manager_id=customers.manager_id.min())
    joined = rows.left_join(homes, "customer_id").order_by("rank")
    return joined.select("customer_id", "branch_id", "manager_id", "probability", "decile")
