"""One grid and one visitor for every customer: what is wrong in the books, and what would correct it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from goldmine.contract.bank import Bank
from goldmine.contract.display_names import DisplayNames, display_names
from goldmine.core.engine import write_parquet
from goldmine.core.errors import HistoryError
from goldmine.core.i18n import _
from goldmine.core.workspace import Workspace
from goldmine.grid.residents import Residents, residents, with_proposed_grids
from goldmine.grid.rules import GridRules
from goldmine.grid.visitors import assign_visitors

FINDINGS = (
    "customer_without_grid",
    "person_in_two_grids",
    "grid_twice",
    "grid_without_visitor",
    "grid_of_other_branch",
    "grid_too_large",
    "visitor_overloaded",
)
"""What is wrong: a customer in no grid; one identity number in two grids; a grid that stands in the books with two
visitors; a grid whose visitor is missing, unknown, gone or of another role; a visitor of another branch; a grid with
more customers than one visitor may have; a visitor with too many."""


@dataclass(frozen=True)
class OneGrid:
    """The grid of a snapshot.

    Parameters
    ----------
    as_of : date
        The snapshot.
    path : Path
        Parquet with a row a resident: customer_id, household_id, is_head, members, branch_id, grid_id, grid_source,
        visitor_id (the proposed one; None where there is nobody).
    grids : pandas.DataFrame
        grid_id, branch_id, customers, visitor_id, proposed_visitor_id, visitor_change.
    loads : pandas.DataFrame
        visitor_id, branch_id, grids, customers, proposed_grids, proposed_customers, max_customers.
    moved : pandas.DataFrame
        customer_id, branch_id, grid_id, grid_source: residents whose grid is proposed.
    findings : dict of str to int
        `FINDINGS` and how often.
    residents, names : int, DisplayNames
        How many residents there are, and names of staff and branches.
    """

    as_of: date
    path: Path
    grids: pd.DataFrame
    loads: pd.DataFrame
    moved: pd.DataFrame
    findings: dict[str, int]
    residents: int
    names: DisplayNames


def grid_path(work: Workspace, as_of: date) -> Path:
    """The grid of a month end: a row a resident."""
    return work.root / "grid" / f"{as_of}.parquet"


def require_grid(work: Workspace, as_of: date) -> Path:
    """The grid of a month end.

    Raises
    ------
    HistoryError
        If it was not made.
    """
    path = grid_path(work, as_of)
    if not path.exists():
        raise HistoryError(
            _("grid: there is none of {day}.", day=as_of),
            _("Run `goldmine grid --as-of {day}` first.", day=as_of),
        )
    return path


def make_grid(bank: Bank, work: Workspace, as_of: date, rules: GridRules) -> OneGrid:
    """Find what is wrong, propose grids and visitors, and store every resident's.

    Raises
    ------
    ContractError
        If the bank has no grids.
    """
    found = residents(bank, as_of)
    with_proposed_grids(found)
    grids = _grids(found, rules)
    visitors = _visitors(found, rules)
    limit = rules.visitors.max_customers
    grids = assign_visitors(grids, visitors, limit)
    found.connection.con.register("proposed", grids[["grid_id", "proposed_visitor_id"]])
    query = (
        "SELECT l.*, p.proposed_visitor_id::VARCHAR AS visitor_id FROM located AS l "
        "LEFT JOIN proposed AS p ON p.grid_id = l.grid_id"
    )
    path = grid_path(work, as_of)
    write_parquet(found.connection, query, path, order=("visitor_id", "grid_id", "household_id", "customer_id"))
    moved = found.frame(
        "SELECT customer_id, branch_id, grid_id, grid_source FROM located WHERE grid_source IS DISTINCT FROM 'books' "
        "ORDER BY branch_id, grid_id, customer_id"
    )
    loads = _loads(grids, visitors, limit)
    count = int(found.connection.con.execute("SELECT count(*) FROM residents").fetchall()[0][0])
    return OneGrid(as_of, path, grids, loads, moved, _findings(found, grids, loads), count, display_names(bank))


def _grids(found: Residents, rules: GridRules) -> pd.DataFrame:
    """grid_id, branch_id, visitor_id, visitor_state, visitor_branch_id, customers; a grid that stands twice by its
    first visitor."""
    bank, connection = found.bank, found.connection
    for name in ("grids", "staff"):
        rows = bank.read(connection, name)
        connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE bank_{name} AS {connection.compile(rows)}")
    roles = ", ".join(f"'{role}'" for role in rules.visitors.roles)
    checked = "true" if bank.has("staff", "role") else "false"
    return found.frame(
        f"""
        WITH sizes AS (SELECT grid_id, count(*) AS customers, mode(branch_id ORDER BY branch_id) AS branch_id
                       FROM located WHERE grid_id IS NOT NULL GROUP BY ALL),
        one AS (SELECT grid_id, min(branch_id) AS branch_id, min(visitor_id) AS visitor_id
                FROM bank_grids GROUP BY ALL)
        SELECT one.grid_id, coalesce(one.branch_id, sizes.branch_id, '') AS branch_id,
          coalesce(one.visitor_id, '') AS visitor_id, s.branch_id AS visitor_branch_id,
          CASE WHEN one.visitor_id IS NULL THEN 'no_visitor' WHEN s.staff_id IS NULL THEN 'visitor_unknown'
               WHEN s.left_on <= DATE '{found.as_of}' THEN 'visitor_left'
               WHEN {checked} AND s.role NOT IN ({roles}) THEN 'visitor_role' ELSE 'kept' END AS visitor_state,
          coalesce(sizes.customers, 0) AS customers
        FROM one LEFT JOIN sizes USING (grid_id)
        LEFT JOIN (SELECT DISTINCT ON (staff_id) * FROM bank_staff) AS s ON s.staff_id = one.visitor_id ORDER BY 1
        """
    )


def _visitors(found: Residents, rules: GridRules) -> pd.DataFrame:
    """staff_id, branch_id of those who may visit."""
    roles = ", ".join(f"'{role}'" for role in rules.visitors.roles)
    return found.frame(
        f"SELECT staff_id, branch_id FROM (SELECT DISTINCT ON (staff_id) * FROM bank_staff) WHERE role IN ({roles}) "
        f"AND (left_on IS NULL OR left_on > DATE '{found.as_of}') AND branch_id IS NOT NULL ORDER BY staff_id"
    )


def _loads(grids: pd.DataFrame, visitors: pd.DataFrame, limit: int) -> pd.DataFrame:
    now = grids[grids["visitor_state"] == "kept"].groupby("visitor_id")["customers"].agg(["size", "sum"])
    then = grids.dropna(subset="proposed_visitor_id").groupby("proposed_visitor_id")["customers"].agg(["size", "sum"])
    columns = {"size": "grids", "sum": "customers"}
    rows = now.rename(columns=columns).join(then.rename(columns=columns).add_prefix("proposed_"), how="outer")
    rows = rows.fillna(0).astype(int).rename_axis("visitor_id").reset_index()
    home = visitors.set_index("staff_id")["branch_id"]
    home = home.to_dict() | grids.set_index("visitor_id")["visitor_branch_id"].dropna().to_dict()
    rows["branch_id"] = rows["visitor_id"].map(home)
    return rows.assign(max_customers=limit).sort_values(["branch_id", "visitor_id"], ignore_index=True)


def _findings(found: Residents, grids: pd.DataFrame, loads: pd.DataFrame) -> dict[str, int]:
    def count(query: str) -> int:
        return int(found.connection.con.execute(query).fetchall()[0][0])

    limit = int(loads["max_customers"].iloc[0]) if len(loads) else 0
    of_visitor = grids[grids["visitor_state"] == "kept"]
    counts = (
        count("SELECT count(*) FROM residents WHERE grid_id IS NULL"),
        count(
            "SELECT count(*) FROM (SELECT id_number_hash FROM residents WHERE id_number_hash IS NOT NULL "
            "AND grid_id IS NOT NULL GROUP BY ALL HAVING count(DISTINCT grid_id) > 1)"
        ),
        count(
            "SELECT count(*) FROM (SELECT grid_id FROM bank_grids GROUP BY ALL HAVING count(DISTINCT visitor_id) > 1)"
        ),
        int((grids["visitor_state"] != "kept").sum()),
        int((of_visitor["visitor_branch_id"] != of_visitor["branch_id"]).sum()),
        int((grids["customers"] > limit).sum()) if limit else 0,
        int((loads["customers"] > loads["max_customers"]).sum()),
    )
    return dict(zip(FINDINGS, counts, strict=True))
