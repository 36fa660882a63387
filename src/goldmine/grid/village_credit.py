"""Whole-village credit: each household's limits by rule, and their sum against the village's cap by priority."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from goldmine.contactability import ContactTables, may_contact
from goldmine.contract.bank import Bank
from goldmine.contract.display_names import DisplayNames, display_names
from goldmine.core.audit.log import AuditLog, system_user
from goldmine.core.errors import ContractError, HistoryError
from goldmine.core.i18n import _
from goldmine.core.seals import sealed_file
from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace
from goldmine.credit.bases import months_of_deposits_lacking
from goldmine.credit.rules import load_credit_rules
from goldmine.grid.household_facts import store_facts, store_lending
from goldmine.grid.one_grid import require_grid
from goldmine.grid.residents import residents
from goldmine.grid.village_rules import PARTS, LimitRule, VillageRules, ten_thousandths

STATUSES = (
    *("granted", "reduced", "waiting", "no_village", "no_cap", "not_rated", "refused_rating", "ledger", "staff"),
    *("unchecked", "arrears", "age", "not_contactable", "too_small"),
)
"""What became of a household: a limit as worked out; what was left of the cap; nothing left of it. Or why it must not
be on the roll: its grid is no village; the village has no cap; the committee did not rate it, or refused it; a member
is on the ledger, or own staff; arrears cannot be checked, or a member is or was in arrears; the head's age; the head
may not be contacted; the limits are below the least."""
ON_ROLL = STATUSES[:3]


@dataclass(frozen=True)
class VillageCredit:
    """The limits of a snapshot.

    Parameters
    ----------
    path : Path
        Parquet with `households`.
    households : pandas.DataFrame
        A row a household: household_id, head_id, head_name, members, branch_id, grid_id, rating, priority (within the
        village, from 1), deposits, land_mu, tax, provident_fund, property, owed, business, consumption (worked out),
        business_limit, consumption_limit (granted; yuan) and limit_status (`STATUSES`).
    villages : pandas.DataFrame
        Progress, a row a village: grid_id, branch_id (the grid's, else that of most households), households (the
        village's own count), banked_households, rated_households, listed_households, waiting_households,
        refused_households, borrowers, limits_yuan, credit_cap, cap_used.
    names : DisplayNames
        Of staff, branches and grids.
    """

    path: Path
    households: pd.DataFrame
    villages: pd.DataFrame
    names: DisplayNames


def village_folder(work: Workspace, as_of: date) -> Path:
    """Where the limits and roll calls of a month end are."""
    return work.root / "grid" / "villages" / str(as_of)


def make_village_credit(bank: Bank, work: Workspace, as_of: date, rules: VillageRules) -> VillageCredit:
    """Work out the limits of all villages, and store them.

    Raises
    ------
    ContractError
        If the bank has no villages, or no ratings.
    HistoryError
        If the grid of the month end was not made, or balances lack that month, or one of the year whose deposits the
        limits are worked out from.
    """
    for table in ("villages", "village_ratings"):
        if not bank.has(table):
            raise ContractError(
                _("village: this bank has no table {table}.", table=table), _("Map what is missing in bank.yaml.")
            )
    grid = literal(require_grid(work, as_of))
    bank.require_balances(as_of)
    _require_deposits(bank, as_of, rules)
    found = residents(bank, as_of)
    tables = ContactTables.open(bank, work, as_of, connection=found.connection)
    checked = store_lending(tables, load_credit_rules())
    store_facts(found, grid, rules)
    permitted = may_contact(tables, found.connection.sql(f"SELECT customer_id FROM {grid}"), "visit")
    found.connection.con.register("may_visit", permitted.allowed.select("customer_id").to_pyarrow())
    villages, grids = (found.connection.compile(bank.read(found.connection, name)) for name in ("villages", "grids"))
    found.connection.raw_sql(
        f"""
        CREATE OR REPLACE TEMP TABLE village AS
        SELECT grid_id, max(households) AS households,
          max((CASE WHEN credit_cap < 0 THEN 0 ELSE credit_cap END * 100)::BIGINT) AS cap,
          coalesce(bool_or(rating = 'credit_village' AND (rated_on IS NULL OR rated_on <= DATE '{as_of}')), false)
            AS is_credit, any_value(g.branch_id) AS branch_id
        FROM ({villages}) LEFT JOIN (SELECT grid_id, min(branch_id) AS branch_id FROM ({grids}) GROUP BY ALL) AS g
          USING (grid_id) GROUP BY grid_id
        """
    )
    households = found.frame(_limits(rules, checked=checked))
    path = village_folder(work, as_of) / "households.parquet"
    with sealed_file(path) as temporary:
        households.to_parquet(temporary, index=False)
    found.connection.con.register("limits", households)
    details = {"rows": len(households)}
    AuditLog.of_bank(bank.name).append("download", who=system_user(), subject=f"villages:{as_of}", details=details)
    return VillageCredit(path, households, found.frame(_PROGRESS), display_names(bank))


def _require_deposits(bank: Bank, as_of: date, rules: VillageRules) -> None:
    parts = rules.business.parts.keys() | rules.consumption.parts.keys()
    lacking = months_of_deposits_lacking(bank, as_of) if "deposits" in parts else []
    if lacking:
        raise HistoryError(
            _(
                "village: balances hold no rows of {months}, of the twelve that are averaged.",
                months=", ".join(lacking),
            ),
            _("Deliver these months, or leave deposits out of the parts in village_credit.yaml."),
        )


def _limits(rules: VillageRules, *, checked: bool) -> str:
    """SQL of the households with their limits; all amounts are whole fen until the last step."""
    order = [*rules.rating_factor]
    rank = " ".join(f"WHEN '{rating}' THEN {place}" for place, rating in enumerate(order))
    factor = " ".join(f"WHEN '{rating}' THEN {ten_thousandths(value)}" for rating, value in rules.rating_factor.items())
    refused = ", ".join(f"'{rating}'" for rating in rules.refused_ratings) or "NULL"
    youngest, oldest = rules.ages
    step, room = rules.round_to * 100, rules.household_max * 100
    business, consumption = rules.business, rules.consumption
    return f"""
    WITH judged AS (
      SELECT f.*, v.cap, CASE f.rating {factor} END AS rating_factor,
        CASE WHEN v.is_credit THEN {ten_thousandths(rules.credit_village_factor)} ELSE 10000 END AS village_factor,
        CASE f.rating {rank} END AS rating_rank,
        CASE WHEN v.grid_id IS NULL THEN 'no_village' WHEN v.cap IS NULL THEN 'no_cap'
             WHEN f.rating IS NULL THEN 'not_rated' WHEN f.rating IN ({refused}) THEN 'refused_rating'
             WHEN f.on_ledger THEN 'ledger' WHEN f.staff THEN 'staff'
             WHEN {not checked} THEN 'unchecked' WHEN f.in_arrears THEN 'arrears'
             WHEN f.age IS NULL OR f.age NOT BETWEEN {youngest} AND {oldest} THEN 'age'
             WHEN f.head_id NOT IN (SELECT customer_id FROM may_visit) THEN 'not_contactable' END AS refusal
      FROM facts AS f LEFT JOIN village AS v USING (grid_id)
    ),
    rated AS (
      SELECT *, {_raw(business)} AS business_raw, {_raw(consumption)} AS consumption_raw FROM judged
    ),
    limited AS (
      SELECT *, CASE WHEN refusal IS NULL THEN {_limited("business_raw", business)} ELSE 0 END AS business_rule,
        CASE WHEN refusal IS NULL THEN {_limited("consumption_raw", consumption)} ELSE 0 END AS consumption_rule,
        greatest({room} - owed, 0) AS room
      FROM rated
    ),
    roomed AS (
      SELECT *, {_stepped("least(business_rule, room)", step, business)} AS business FROM limited
    ),
    worked_out AS (
      SELECT *, {_stepped("least(consumption_rule, room - business)", step, consumption)} AS consumption FROM roomed
    ),
    queued AS (
      SELECT *, CASE WHEN business + consumption > 0 THEN row_number() OVER (
          PARTITION BY grid_id, business + consumption > 0 ORDER BY rating_rank, deposits DESC, household_id
        ) END AS priority FROM worked_out
    ),
    summed AS (
      SELECT *, greatest(cap - coalesce(sum(business + consumption) OVER (
          PARTITION BY grid_id ORDER BY priority NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0), 0)::BIGINT AS left_of_cap FROM queued
    ),
    granted AS (
      SELECT *, {_stepped("least(business, left_of_cap)", step, business)} AS business_granted FROM summed
    ),
    done AS (
      SELECT *, {_stepped("least(consumption, left_of_cap - business_granted)", step, consumption)}
        AS consumption_granted FROM granted
    )
    SELECT household_id, head_id, head_name, members, branch_id, grid_id, age, rating, priority,
      {", ".join(f"{part} / 100 AS {part}" for part in (*PARTS, "owed"))},
      rating_factor / 10000 AS rating_factor, village_factor / 10000 AS village_factor,
      business / 100 AS business, consumption / 100 AS consumption,
      coalesce(business_granted, 0) / 100 AS business_limit,
      coalesce(consumption_granted, 0) / 100 AS consumption_limit,
      CASE WHEN refusal IS NOT NULL THEN refusal WHEN business + consumption = 0 THEN 'too_small'
           WHEN business_granted + consumption_granted = business + consumption THEN 'granted'
           WHEN business_granted + consumption_granted > 0 THEN 'reduced' ELSE 'waiting' END AS limit_status
    FROM done ORDER BY grid_id, priority NULLS LAST, household_id
    """


def _raw(rule: LimitRule) -> str:
    """The parts' sum times the ratings' factors, rounded down to a fen after each step."""
    parts = []
    for name, multiple in rule.parts.items():
        # A hundredth of a mu times yuan a mu is fen.
        parts.append(f"{name}::HUGEINT * {ten_thousandths(multiple)} // 10000")
    return f"(({' + '.join(f'({part})' for part in parts)}) * rating_factor // 10000 * village_factor // 10000)::BIGINT"


def _limited(raw: str, rule: LimitRule) -> str:
    return f"least({raw}, {rule.max * 100})"


def _stepped(amount: str, step: int, rule: LimitRule) -> str:
    """Rounded down to whole steps; nothing below the least."""
    rounded = f"({amount}) // {step} * {step}"
    return f"CASE WHEN {rounded} >= {max(rule.min * 100, 1)} THEN {rounded} ELSE 0 END"


_PROGRESS = """
SELECT v.grid_id, coalesce(v.branch_id, mode(l.branch_id ORDER BY l.branch_id)) AS branch_id, v.households,
  count(l.household_id) AS banked_households,
  count(l.rating) AS rated_households, count(*) FILTER (l.limit_status IN ('granted', 'reduced')) AS listed_households,
  count(*) FILTER (l.limit_status = 'waiting') AS waiting_households,
  count(*) FILTER (l.household_id IS NOT NULL AND l.limit_status NOT IN ('granted', 'reduced', 'waiting'))
    AS refused_households,
  count(*) FILTER (l.owed > 0) AS borrowers,
  coalesce(sum(l.business_limit + l.consumption_limit), 0) AS limits_yuan, v.cap / 100 AS credit_cap,
  CASE WHEN v.cap > 0 THEN coalesce(sum(l.business_limit + l.consumption_limit), 0) / (v.cap / 100) END AS cap_used
FROM village AS v LEFT JOIN limits AS l USING (grid_id) GROUP BY v.grid_id, v.branch_id, v.households, v.cap
ORDER BY v.grid_id
"""
