"""Limits chosen by a budget of expected loss, within the caps of persons, households, villages and trades."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from goldmine.core.errors import SettingsError
from goldmine.core.seals import sealed_file
from goldmine.credit.allocated_limits import build_allocation
from goldmine.credit.allocation import Allocation, allocate
from goldmine.credit.limits import build_limits
from goldmine.credit.risk import risk_path
from goldmine.credit.rules import CreditRules
from tests.credit.conftest import AS_OF, customer, deposits, loan, rules_of, tables
from tests.tiny import make_bank, workspace

RISK = {"max_probability": 0.2, "loss_given_default": 0.5, "funding_bp": 150, "utilisation": 1.0, "yearly_cost": 0}


def limits(chances: list[float], **more) -> pd.DataFrame:
    rows = pd.DataFrame({"default_probability": chances}).assign(credit_product="nuts", limit_amount=100_000.0)
    rows["customer_id"] = [f"C{place}" for place in range(len(rows))]
    return rows.assign(
        **({"acceptance": None, "owed": 0.0, "household_id": None, "grid_id": None, "trade": None} | more)
    )


def chosen_of(rows: pd.DataFrame, rules: CreditRules, loss_budget: float) -> Allocation:
    """The choice where nobody else owes anything."""
    return allocate(rows, rules, loss_budget, rows)


def test_the_safest_are_offered_until_the_budget_is_spent():
    """A loss of 500, 1,000 and 2,000 yuan is expected of them."""
    chosen = chosen_of(limits([0.01, 0.02, 0.04]), rules_of(risk=RISK), 1_000)
    assert chosen.rows["allocated"].tolist() == [100_000, 50_000, 0]
    assert chosen.expected_loss == pytest.approx(1_000)
    assert chosen.loss_price > 0


def test_what_is_seldom_taken_costs_less_of_the_budget_and_earns_less():
    """Two limits lose 1,000 yuan where they are taken; the first is taken by one in four."""
    rows = limits([0.02, 0.02]).assign(acceptance=[0.25, 1.0])
    chosen = chosen_of(rows, rules_of(risk=RISK), 1_250)
    assert chosen.rows["allocated"].tolist() == [100_000, 100_000]
    assert chosen.expected_loss == pytest.approx(1_250)
    sure = chosen_of(limits([0.02, 0.02]), rules_of(risk=RISK), 1e9).expected_profit
    assert chosen.expected_profit == pytest.approx(sure / 2 * 1.25)


def test_who_would_lose_money_is_not_offered_whatever_the_budget():
    assert chosen_of(limits([0.01, 0.2]), rules_of(risk=RISK), 1e9).rows["allocated"].tolist() == [100_000, 0]


@pytest.mark.parametrize(
    ("name", "column"), [("household", "household_id"), ("village", "grid_id"), ("trade", "trade")]
)
def test_a_groups_cap_less_what_it_owes_is_kept(name, column):
    rows = limits([0.01, 0.02, 0.02], owed=20_000.0, **{column: ["A", "A", "B"]})
    chosen = chosen_of(rows, rules_of(risk=RISK, group_caps={name: 170_000}), 1e9)
    assert chosen.rows["allocated"].tolist() == [100_000, 30_000, 100_000]


@pytest.mark.parametrize("group", ["household", "village", "trade"])
def test_what_a_refused_member_owes_uses_up_the_groups_cap(tmp_path, group):
    """The husband is in arrears and has no limit; of a cap of 500,000 he owes 400,000."""
    owed = loan("L1", "HUSBAND", 400_000, 400_000, late={"2024-06-30": 20}, product_id="L-OTHER")
    family = {"customer_id": "HUSBAND", "related_id": "WIFE", "relation": "family", "since": date(2015, 1, 1)}
    trades = [{"customer_id": name, "trade": "nut_roasting", "since": date(2020, 1, 1)} for name in ("HUSBAND", "WIFE")]
    given = tables([customer("HUSBAND"), customer("WIFE")], deposits("WIFE", 100_000), merchants=trades,
                   loans=[owed["loan"]], loan_months=owed["months"], relations=[family])  # fmt: skip
    bank, work = make_bank(tmp_path / "bank", given), workspace(tmp_path / "work")
    rules = rules_of(risk=RISK, group_caps={group: 500_000})
    build_limits(bank, work, AS_OF, rules)
    risk = {"customer_id": ["WIFE"], "default_probability": [0.01], "acceptance_log_odds": [10.0]}
    with sealed_file(risk_path(work, AS_OF)) as temporary:
        pd.DataFrame(risk | {"acceptance_per_percent": [0.0]}).to_parquet(temporary, index=False)
    chosen, _path = build_allocation(bank, work, AS_OF, rules, 1e9)
    assert chosen.rows.set_index("customer_id")["allocated"].to_dict() == {"WIFE": 100_000}


def test_what_a_trader_owes_counts_whichever_product_comes_first():
    nuts = rules_of().products["nuts"].model_dump()
    products = {"citizen": nuts | {"trades": {}}, "nuts": nuts}
    rows = limits([0.01, 0.01], owed=100_000.0, trade=[None, "nut_roasting"])
    rows = rows.assign(customer_id="C1", credit_product=["citizen", "nuts"], limit_amount=[10_000.0, 100_000.0])
    chosen = chosen_of(rows, rules_of(risk=RISK, group_caps={"trade": 150_000}, products=products), 1e9)
    assert chosen.rows["allocated"].tolist() == [10_000, 50_000]


def test_two_products_of_one_person_keep_the_persons_cap():
    rows = limits([0.01, 0.01]).assign(customer_id="C1")
    assert chosen_of(rows, rules_of(risk=RISK, person_cap=150_000), 1e9).rows["allocated"].sum() == 150_000


def test_a_budget_of_0_offers_nothing_and_a_negative_one_is_refused():
    assert chosen_of(limits([0.01]), rules_of(risk=RISK), 0).rows["allocated"].tolist() == [0]
    with pytest.raises(SettingsError, match="budget of -1 yuan"):
        chosen_of(limits([0.01]), rules_of(risk=RISK), -1)


def test_no_choice_of_whole_limits_beats_the_chosen_one():
    random = np.random.default_rng(1)
    rows = limits(list(random.uniform(0.005, 0.06, 40)), limit_amount=random.integers(20, 200, 40) * 1_000.0)
    rows = rows.assign(grid_id=random.choice(["A", "B", "C"], 40))
    chosen = chosen_of(rows, rules_of(risk=RISK, group_caps={"village": 900_000}), 12_000)
    profit = rows["limit_amount"] * ((1 - rows["default_probability"]) * 0.04 - rows["default_probability"] * 0.5)
    weights = [rows["limit_amount"] * rows["default_probability"] * 0.5]
    weights += [rows["limit_amount"] * (rows["grid_id"] == village) for village in "ABC"]
    whole = milp(-profit, integrality=np.ones(40), bounds=Bounds(0, 1),
                 constraints=LinearConstraint(np.array(weights), ub=[12_000, *[900_000] * 3]))  # fmt: skip
    assert chosen.expected_loss <= 12_000
    assert chosen.best_profit >= -whole.fun
    assert chosen.expected_profit >= 0.98 * chosen.best_profit
