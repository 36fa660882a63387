"""Which limits to offer so that their expected loss keeps within a budget: the most profitable, by HiGHS.

Each limit may be offered whole or in part. What it earns and loses counts with the chance that it is taken at its
rate. Expected profit is largest while the expected loss of all keeps within the
budget, and what is lent within the caps of a person, household, village and trade. Parts are rounded down to whole
steps, so that no cap is broken; how much profit that costs at most is told.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _
from goldmine.credit.rules import CreditRules

CAPPED = {"household": "household_id", "village": "grid_id", "trade": "trade"}
"""Groups that a cap is kept for, and the column that names them."""


@dataclass(frozen=True)
class Allocation:
    """The limits chosen.

    Parameters
    ----------
    rows : pandas.DataFrame
        The rows given with `allocated`, yuan in whole steps.
    expected_loss, expected_profit, best_profit : float
        Yuan a year: of what was chosen, and the profit that no choice within the caps can beat.
    loss_price : float
        What one more yuan of the budget would add to the profit.
    """

    rows: pd.DataFrame
    expected_loss: float
    expected_profit: float
    best_profit: float
    loss_price: float


def allocate(rows: pd.DataFrame, rules: CreditRules, loss_budget: float, debts: pd.DataFrame) -> Allocation:
    """Choose limits within the budget and the caps.

    Parameters
    ----------
    rows : pandas.DataFrame
        A row a product and customer with a limit: customer_id, credit_product, limit_amount, default_probability,
        acceptance (chance to take it at its rate; empty counts as 1), and the columns of `CAPPED` (empty: no cap).
    loss_budget : float
        Yuan a year that may be expected to be lost.
    debts : pandas.DataFrame
        What all customers owe, those without a limit too: customer_id, owed (yuan in all) and the columns of `CAPPED`;
        a row a customer and trade.

    Raises
    ------
    SettingsError
        If the rules have no risk, or the budget is negative.
    """
    risk = rules.risk
    if risk is None or loss_budget < 0:
        raise SettingsError(
            _("credit: limits cannot be chosen by a budget of {budget} yuan.", budget=f"{loss_budget:,.0f}"),
            _("Give a budget of 0 or more, and risk in pipelines/credit.yaml."),
        )
    rows = rows.reset_index(drop=True)
    chance = rows["default_probability"].fillna(1.0).to_numpy()
    taken = rows["acceptance"].fillna(1.0).to_numpy(dtype=np.float64)
    used = rows["limit_amount"].to_numpy(dtype=np.float64) * risk.utilisation * taken
    rate = np.array([rules.products[name].rate_bp for name in rows["credit_product"]], dtype=np.float64)
    loss = used * chance * risk.loss_given_default
    profit = used * (1 - chance) * (rate - risk.funding_bp) / 10_000 - loss - risk.yearly_cost * taken
    table, limit = _caps(rows, rules, debts)
    matrix = vstack([csr_array(loss[None, :]), table]).tocsr()
    worth = np.flatnonzero(profit > 0)
    share = np.zeros(len(rows))
    price = 0.0
    if len(worth):
        solved = linprog(
            -profit[worth], A_ub=matrix[:, worth], b_ub=np.concatenate([[loss_budget], limit]), bounds=(0, 1),
            method="highs",
        )  # fmt: skip
        share[worth], price = solved.x, -float(solved.ineqlin.marginals[0])
    steps = np.array([rules.products[name].step for name in rows["credit_product"]], dtype=np.float64)
    least = np.array([rules.products[name].minimum for name in rows["credit_product"]], dtype=np.float64)
    given = np.floor(rows["limit_amount"].to_numpy(dtype=np.float64) * share / steps + 1e-9) * steps
    given = np.where(given < least, 0.0, given)
    part = np.divide(given, rows["limit_amount"].to_numpy(dtype=np.float64))
    made = part * (profit + risk.yearly_cost * taken) - np.where(given > 0, risk.yearly_cost * taken, 0)
    return Allocation(rows.assign(allocated=given), float(part @ loss), float(made.sum()), float(share @ profit), price)


def _caps(rows: pd.DataFrame, rules: CreditRules, debts: pd.DataFrame) -> tuple[csr_array, NDArray]:
    """Groups x rows with each row's limit, and the yuan that each group may still be lent."""
    tables, limits = [csr_array((0, len(rows)))], [np.zeros(0)]
    amounts = rows["limit_amount"].to_numpy(dtype=np.float64)
    caps = {"person": ("customer_id", rules.person_cap)} | {
        name: (CAPPED[name], cap) for name, cap in rules.group_caps.items()
    }
    for column, cap in caps.values():
        group, names = pd.factorize(rows[column])
        named = np.flatnonzero(group >= 0)
        table = csr_array((amounts[named], (group[named], named)), shape=(len(names), len(rows)))
        # A customer of two trades has two rows: what is owed counts once a customer and group.
        once = debts.dropna(subset=[column]).drop_duplicates(list({"customer_id", column}))
        owed = once["owed"].groupby(once[column]).sum()
        left = np.maximum(cap - owed.reindex(names).fillna(0).to_numpy(dtype=np.float64), 0)
        binding = np.flatnonzero(np.asarray(table.sum(axis=1)).ravel() > left)
        tables.append(table[binding])
        limits.append(left[binding])
    return vstack(tables).tocsr(), np.concatenate(limits)
