"""From everyone scored to those on the list, counting who left by which rule."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import ibis
import pyarrow as pa

from goldmine.contactability import ContactTables, may_contact
from goldmine.contactability.funnel import Funnel
from goldmine.contactability.rules import Purpose
from goldmine.core.i18n import _
from goldmine.labels.use_case import UseCase

_BEYOND = _("ranked below the list's size")


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


def choose(tables: ContactTables, scores: Path, use_case: UseCase, held_back: Collection[str] = ()) -> Chosen:
    """Apply the rules to a use case's scores and keep the top `list_size`.

    Parameters
    ----------
    books : ContactTables
        The bank's tables as they stand.
    scores : Path
        Parquet with `customer_id`, `probability`, `decile` and `rank`.
    use_case : UseCase
        Its list size, and whether it offers a wealth product.
    held_back : collection of str
        The control of the campaigns of the same release, and everyone held out of all.
    """
    purpose: Purpose = "wealth_list" if use_case.wealth_product else "marketing_list"
    scored = tables.connection.read_parquet(str(scores)).select("customer_id", "probability", "decile", "rank")
    permitted = may_contact(tables, scored, purpose, also_held_back=held_back)
    counter = permitted.counter()
    rows = _with_homes(tables, permitted.allowed.order_by("rank").limit(use_case.list_size)).to_pyarrow()
    counter.leave("beyond_list", _BEYOND, counter.remain - rows.num_rows, "capacity")
    return Chosen(rows, counter.funnel(permitted.skipped))


def _with_homes(tables: ContactTables, rows: ibis.Table) -> ibis.Table:
    customers = tables.table("customers")
    # A number that stands twice in dirty books gives one row here too, and always the same one.
    homes = customers.semi_join(rows, "customer_id").group_by("customer_id")
    homes = homes.agg(branch_id=customers.branch_id.min(), manager_id=customers.manager_id.min())
    joined = rows.left_join(homes, "customer_id").order_by("rank")
    return joined.select("customer_id", "branch_id", "manager_id", "probability", "decile")
