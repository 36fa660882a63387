"""Small literal data for the figures of credit and of field work."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from goldmine.core.i18n import in_language
from goldmine.credit.exclusions import REFUSALS
from goldmine.credit.limits import Limits
from goldmine.credit.risk_evaluation import RiskEvaluation
from goldmine.credit.rules import load_credit_rules
from goldmine.plots.style import language


def limits() -> Limits:
    """Every product of the project's rules, every refusal at least once."""
    rules = load_credit_rules()
    refused = {name: {rule: 3 + 40 * place for place, rule in enumerate(REFUSALS)} for name in rules.products}
    offered = {name: (200 * place, 9e6) for place, name in enumerate(rules.products)}
    return Limits(date(2024, 6, 30), rules, Path("limits.parquet"), offered, refused, {}, ())


def risk() -> RiskEvaluation:
    """Ten tenths, the last far above the others."""
    predicted = np.geomspace(0.005, 0.31, 10)
    rows = {"decile": range(1, 11), "loans": 29, "predicted": predicted, "observed": predicted * 1.1}
    figures = {"auc": 0.71, "auc_low": 0.6, "ks": 0.3, "approved": 0.7, "approved_bad": 0.03, "psi": 0.1}
    return RiskEvaluation(loans=290, bad=22, deciles=pd.DataFrame(rows), profit=1e5, profit_all=5e4, **figures)


def credit_titles() -> dict[str, str]:
    """Titles of the products."""
    return {name: str(in_language(product.title, language())) for name, product in load_credit_rules().products.items()}


def approvals() -> pd.DataFrame:
    """Groups of every product on both sides of the line."""
    rows = [
        (name, trait, group, share)
        for name in credit_titles()
        for trait, group, share in (("age", "young", 0.7), ("age", "senior", 1.0), ("gender", "F", 0.95),
                                    ("gender", "M", 1.0), ("village", "G00001", 0.4), ("village", "G00002", 0.81))
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["credit_product", "compared_by", "group_name", "four_fifths"])


def ending_holdings() -> pd.DataFrame:
    """Deposits and wealth products that end on four days."""
    days = [date(2024, 7, day) for day in (1, 1, 12, 30)]
    classes = ["time", "wealth", "time", "wealth"]
    return pd.DataFrame({"matures_on": days, "ending_class": classes, "ending_amount": [5e6, 2e6, 9e5, 1.2e7]})


def visitor_loads() -> pd.DataFrame:
    """Sixteen visitors, two of them overloaded."""
    return pd.DataFrame({"customers": np.linspace(2_900, 100, 16), "proposed_customers": np.linspace(1_500, 900, 16)})


def card_ages() -> pd.DataFrame:
    """Cards by every age band."""
    rows = {"age": ["minor", "young", "middle", "mature", "senior"], "residents": [300, 900, 1200, 800, 700]}
    return pd.DataFrame(rows | {"card_holders": [20, 700, 1000, 780, 690], "active_cards": [5, 500, 800, 600, 650],
                                "used_cards": [0, 90, 200, 250, 640]})  # fmt: skip


def village_rolls() -> tuple[pd.DataFrame, dict[str, str]]:
    """Twenty-five villages, of which the largest are drawn."""
    grids = [f"G{number:05}" for number in range(25)]
    counts = np.arange(25, 0, -1)
    rows = pd.DataFrame({"grid_id": grids, "banked_households": counts * 12, "listed_households": counts * 5,
                         "waiting_households": counts * 4, "refused_households": counts * 3})  # fmt: skip
    name = {"en": "Upper Mill Village {}", "zh": "上磨村{}"}[language()]
    return rows, {grid: name.format(place) for place, grid in enumerate(grids)}
