"""Visit lists: households that a visit is worth more than a call, each once, under the contact rules."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from goldmine.contactability import ContactTables, may_contact
from goldmine.contract.bank import Bank
from goldmine.contract.display_names import DisplayNames, display_names
from goldmine.core.audit.log import AuditLog, system_user
from goldmine.core.i18n import LocalizedText, _
from goldmine.core.seals import sealed_file
from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace
from goldmine.grid.one_grid import require_grid
from goldmine.grid.residents import Residents, residents
from goldmine.grid.rules import VisitRules
from goldmine.grid.workbook import write_sheets
from goldmine.grid.worth import store_assets, store_worth

COLUMNS = (
    *("branch_id", "visitor_id", "grid_id", "customer_id", "members", "visit_reason", "household_aum", "visit_reach"),
    *("call_reach", "visit_yuan", "call_yuan", "last_met_on"),
)
"""Columns of the list; customer_id is the member to ask for."""


@dataclass(frozen=True)
class VisitList:
    """Households worth a visit.

    Parameters
    ----------
    path : Path
        Parquet: `COLUMNS` with household_id, use_case and ranked_by, the best first within a visitor.
    rows : pandas.DataFrame
        The same.
    left_out : dict of str to (LocalizedText, int)
        By rule: whom it leaves out, and how many households for whom no other member may be visited.
    households : int
        Households with a visitor.
    use_cases : list of str
        Use cases whose scores count; none where only care for assets does.
    names : DisplayNames
        Of staff, branches and grids.
    """

    path: Path
    rows: pd.DataFrame
    left_out: dict[str, tuple[LocalizedText, int]]
    households: int
    use_cases: list[str]
    names: DisplayNames


def visits_path(work: Workspace, as_of: date) -> Path:
    """The visit list of a month end."""
    return work.root / "grid" / "visits" / f"{as_of}.parquet"


def make_visit_list(bank: Bank, work: Workspace, as_of: date, rules: VisitRules) -> VisitList:
    """List the households that a visit is worth more than a call, and store the list.

    A call's worth is the household's gain times the chance to reach the member asked for, less its cost; a visit's
    likewise, with a gain that is larger by `VisitRules.effect_over_call`. The gain is the best offer of each member
    who may be contacted, and care for the household's assets if nobody spoke to it for a while. A household that was
    met within the days of rest, or has moved away, is left out.

    Raises
    ------
    HistoryError
        If the grid of the month end was not made, or balances lack that month.
    """
    grid = require_grid(work, as_of)
    bank.require_balances(as_of)
    found = residents(bank, as_of)
    use_cases = store_worth(found, work, rules)
    store_assets(found)
    tables = ContactTables.open(bank, work, as_of, connection=found.connection)
    asked = found.connection.sql(
        f"SELECT customer_id FROM {literal(grid)} WHERE visitor_id IS NOT NULL AND grid_id IS NOT NULL"
    )
    permitted = may_contact(tables, asked, "visit")
    ruled = permitted.rows.to_pyarrow()
    found.connection.con.register("ruled", ruled)
    rows = found.frame(_QUERY.format(grid=literal(grid), day=as_of, **rules.model_dump()))
    path = visits_path(work, as_of)
    with sealed_file(path) as temporary:
        rows.to_parquet(temporary, index=False)
    AuditLog.of_bank(bank.name).append(
        "download", who=system_user(), subject=f"visits:{as_of}", details={"rows": len(rows)}
    )
    left_out = _left_out(found, literal(grid))
    words = {name: (permitted.rules[name][0], count) for name, count in left_out.items()}
    number = f"SELECT count(DISTINCT household_id) FROM {literal(grid)} WHERE visitor_id IS NOT NULL"
    households = int(found.connection.con.execute(number).fetchall()[0][0])
    return VisitList(path, rows, words, households, use_cases, display_names(bank))


def _left_out(found: Residents, grid: str) -> dict[str, int]:
    """By rule, the households of which no member may be visited; the rule is that of the member asked first."""
    rows = found.frame(
        f"SELECT rule, count(*) AS households FROM (SELECT household_id, bool_and(rule IS NOT NULL) AS nobody, "
        f"arg_min(rule, (NOT is_head, customer_id)) AS rule FROM {grid} JOIN ruled USING (customer_id) GROUP BY ALL) "
        "WHERE nobody GROUP BY ALL ORDER BY households DESC, rule"
    )
    return dict(zip(rows["rule"], rows["households"].astype(int), strict=True))


_QUERY = """
WITH members AS (
  SELECT g.household_id, g.customer_id, g.is_head, g.members, g.branch_id, g.grid_id, g.visitor_id,
    ruled.rule IS NULL AS allowed, o.offer_yuan, o.use_case, o.ranked_by, coalesce(a.aum, 0) AS aum,
    r.call_reach, r.visit_reach, r.last_met_on, r.last_contact_on, r.moved
  FROM {grid} AS g JOIN ruled USING (customer_id) JOIN reach AS r USING (customer_id)
  LEFT JOIN offered AS o USING (customer_id) LEFT JOIN assets AS a USING (customer_id)
),
one AS (
  SELECT household_id, arg_min(customer_id, (NOT is_head, -coalesce(offer_yuan, 0), customer_id))
      FILTER (allowed) AS customer_id,
    max(last_met_on) AS last_met_on, max(last_contact_on) AS last_contact_on, bool_or(moved AND is_head) AS moved,
    sum(aum) FILTER (allowed) AS household_aum, coalesce(sum(offer_yuan) FILTER (allowed), 0) AS offers,
    arg_max(use_case, offer_yuan) FILTER (allowed) AS use_case,
    arg_max(ranked_by, offer_yuan) FILTER (allowed) AS ranked_by
  FROM members GROUP BY ALL
),
gains AS (
  SELECT *, CASE WHEN last_contact_on IS NULL OR last_contact_on <= DATE '{day}' - {care_days}
    THEN {care_rate} * household_aum ELSE 0 END AS care FROM one WHERE customer_id IS NOT NULL
),
priced AS (
  SELECT g.household_id, m.branch_id, m.visitor_id, m.grid_id, g.customer_id, m.members, g.household_aum,
    m.visit_reach, m.call_reach, g.last_met_on, g.use_case, g.ranked_by,
    CASE WHEN g.offers >= g.care THEN 'offer' ELSE 'care' END AS visit_reason,
    round((g.offers + g.care) * {effect_over_call} * m.visit_reach - {minutes} * {yuan_per_minute}, 2) AS visit_yuan,
    round((g.offers + g.care) * m.call_reach - {call_yuan}, 2) AS call_yuan
  FROM gains AS g JOIN members AS m USING (customer_id)
  WHERE NOT g.moved AND (g.last_met_on IS NULL OR g.last_met_on <= DATE '{day}' - {rest_days})
)
SELECT branch_id, visitor_id, grid_id, customer_id, members, visit_reason, household_aum, visit_reach, call_reach,
  visit_yuan, call_yuan, last_met_on, household_id, use_case, ranked_by
FROM priced WHERE visit_yuan > 0 AND visit_yuan - greatest(call_yuan, 0) >= {min_gain}
ORDER BY visitor_id, visit_yuan DESC, household_id
"""


def write_visits(path: Path, visits: VisitList, as_of: date, language: str) -> Path:
    """The list as a workbook: the visits, and whom the rules left out."""
    counts = pd.DataFrame(
        {
            "figure": [str(text.to(language)) for text, _count in visits.left_out.values()],
            "now": [f"{count:,}" for _text, count in visits.left_out.values()],
        }
    )
    village = visits.names.by_table.get("grids", {})
    rows = visits.rows.assign(grid_name=visits.rows["grid_id"].map(village))
    layout = [*COLUMNS[:3], "grid_name", *COLUMNS[3:]]
    sheets = {_("Visits"): (rows, layout), _("Households left out"): (counts, ["figure", "now"])}
    return write_sheets(path, _("Visit list"), as_of, sheets, (visits.names, language))
