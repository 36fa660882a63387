"""The short part: a small bank, made by the project's own steps, is recomputed from its raw tables."""

import ast
from pathlib import Path

import pandas as pd
import pytest

from goldmine.core.workspace import home
from tests.audit.compare import compare
from tests.audit.conftest import AS_OF, CUTOFFS, LOST, disagreements
from tests.audit.contacts import first_rule, held_back
from tests.audit.customers import recompute_customers, transition_matrix
from tests.audit.features import recompute_features
from tests.audit.lists import lost as recompute_lost
from tests.audit.outcomes import recompute_labels, use_case
from tests.audit.reasons import borne_out, units

RUNNERS = ("conftest.py", "test_audit.py", "test_campaigns.py", "test_limits.py", "__main__.py")
"""Modules that make a bank and have it worked on; all others recompute and compare."""


def test_auditor_imports_nothing_of_the_project():
    modules = [path for path in Path(__file__).parent.glob("*.py") if path.name not in RUNNERS]
    assert len(modules) >= 4
    for path in modules:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not [name for name in names if name.startswith(("goldmine", "importlib"))], path.name


def test_a_cell_that_differs_is_counted():
    written = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", None]}, index=["A", "B"])
    recomputed = pd.DataFrame({"a": [1.0, 2.1], "b": ["x", None]}, index=["A", "B"])
    assert [(column.column, column.agreed) for column in compare(written, recomputed)] == [("a", 1), ("b", 2)]
    assert [column.agreed for column in compare(written, recomputed.drop(index="B"))] == [1, 1]
    assert [column.agreed for column in compare(written, recomputed[["b"]])] == [0, 2]


def test_every_feature_of_every_customer_is_as_documented(work, books):
    for cutoff in CUTOFFS:
        written = pd.read_parquet(work / "features" / f"{cutoff}.parquet").drop(columns="cutoff")
        recomputed = recompute_features(books, pd.Timestamp(cutoff))
        assert len(recomputed) > 800
        assert disagreements(written.set_index("customer_id"), recomputed) == [], cutoff


def test_levels_and_tags_of_every_customer_are_as_declared(work, books):
    before = pd.read_parquet(work / "customers" / f"{CUTOFFS[1]}.parquet").set_index("customer_id")
    written = pd.read_parquet(work / "customers" / f"{AS_OF}.parquet").set_index("customer_id")
    features = recompute_features(books, pd.Timestamp(AS_OF))
    recomputed = recompute_customers(books, pd.Timestamp(AS_OF), features, home() / "pipelines" / "tags.yaml", before)
    assert disagreements(written, recomputed) == []


@pytest.mark.parametrize("name", ["dormancy", "longtail", "wealth", "winback"])
def test_labels_of_every_eligible_customer_are_as_documented(work, books, name):
    features = recompute_features(books, pd.Timestamp(CUTOFFS[1]))
    case = use_case(home() / "pipelines" / "use_cases" / f"{name}.yaml")
    recomputed = recompute_labels(books, case, features, pd.Timestamp(CUTOFFS[1]), pd.Timestamp(AS_OF))
    written = pd.read_parquet(work / f"labels_{name}.parquet").set_index("customer_id")
    assert 0 < recomputed.sum() < len(recomputed)
    assert disagreements(written, recomputed.to_frame("outcome")) == []


def test_lost_customers_who_may_be_called_are_as_documented(work, books):
    customers = pd.read_parquet(work / "customers" / f"{AS_OF}.parquet").set_index("customer_id")
    kept = held_back(books, work, home() / "pipelines", pd.Timestamp(AS_OF))
    for kind in LOST:
        recomputed = recompute_lost(books, customers, pd.Timestamp(AS_OF), kind)
        rules = first_rule(books, recomputed.index, pd.Timestamp(AS_OF), kept, "on_request_list")
        written = pd.read_parquet(work / "on_request_lists" / str(AS_OF) / f"{kind}.parquet").set_index("customer_id")
        assert kind == "lost_loan" or 0 < rules.notna().sum() < len(rules)
        assert disagreements(written, recomputed[rules.isna()]) == [], kind


def test_moves_between_levels_are_as_documented(work, books):
    written = pd.read_parquet(work / "matrix.parquet")
    recomputed = transition_matrix(books, pd.Timestamp("2024-03-31"), pd.Timestamp(AS_OF))
    assert recomputed.to_numpy().sum() > 800
    assert (written.to_numpy() == recomputed.to_numpy()).all()


def test_a_figure_that_no_feature_bears_out_is_found():
    features = pd.DataFrame(
        {"inflow_sum_90d": [1234.4], "own_days_90d": [3.0], "demand_share_30d": [0.456]}, index=["A"]
    )
    said = pd.DataFrame(
        {
            "reason_1": ["1,200 yuan came in over the last 3 months (typical: 900 yuan)"],
            "reason_2": ["1,300 yuan came in over the last 3 months"],
            "reason_3": ["Demand deposits are 46% of all assets"],
            "reason_4": ["Active on 4 days over the last 3 months"],
            "reason_5": ["Mobile banking activated"],
            "reason_6": ["No assets in the third quarter of 2023"],
            "reason_7": ["Salary stopped arriving in November 2023"],
        },
        index=["A"],
    )
    found = borne_out(said, features, units(home() / "docs" / "features.md"))
    assert found.loc["A"].tolist() == [True, False, True, False, True, True, True]


def test_a_figure_of_another_feature_than_the_words_name_is_found():
    features = pd.DataFrame(
        {"aum_change_365d": [9_930.0], "aum_slope_365d": [1_912.0], "tenure_months": [117.2]}, index=["A"]
    )
    said = pd.DataFrame(
        {
            "reason_1": ["Average assets up 9,900 yuan over the last year"],
            "reason_2": ["Average assets up 1,900 yuan over the last year"],
            "reason_3": ["With the bank for 9 years"],
            "reason_4": ["With the bank for 10 years"],
        },
        index=["A"],
    )
    found = borne_out(said, features, units(home() / "docs" / "features.md"))
    assert found.loc["A"].tolist() == [True, False, True, False]
