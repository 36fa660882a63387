"""Scores of a use case whose file states the expected rate, and what its rows say without a model."""

from datetime import date

import pandas as pd
import pytest

from goldmine.activity import build_activity
from goldmine.core.errors import UseCaseError
from goldmine.core.files import read_json
from goldmine.core.workspace import Workspace
from goldmine.features import build_features
from goldmine.labels.use_case import load_use_case
from goldmine.models.expected_rate import score_by_expected_rate
from goldmine.publishing.reasons import reasons_in_words
from goldmine.publishing.release_inputs import model_of, read_scored
from tests.tiny import balance, make_bank, transaction

JUNE = date(2024, 6, 30)
PAYROLL = load_use_case("payroll")
SALARY = {"kind": "salary", "channel": "batch", "direction": "in"}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Of employer E1 one of three is paid here, of E2 one of two, of E3 nobody; D has no employer."""
    folder = tmp_path_factory.mktemp("payroll")
    works_at = {"A1": "E1", "B1": "E1", "C1": "E1", "A2": "E2", "B2": "E2", "A3": "E3", "B3": "E3", "D": None}
    tables = {
        "customers": [
            {"customer_id": who, "employer_id": employer, "opened_on": date(2020, 1, 1)}
            for who, employer in works_at.items()
        ],
        "transactions": [transaction(1, "A1", "2024-06-10T09:00", **SALARY),
                         transaction(2, "A2", "2024-06-10T09:00", **SALARY),
                         transaction(3, "D", "2024-06-10T09:00")],
        "balances": [balance("B1", "2024-06-30", "demand", "8200.00")],
    }  # fmt: skip
    bank, work = make_bank(folder / "bank", tables), Workspace(folder / "work")
    build_activity(bank, work)
    build_features(bank, work, [JUNE])
    return bank, work


def test_colleagues_of_the_paid_get_the_rate_in_the_order_of_the_baseline(built):
    bank, work = built
    rated = score_by_expected_rate(bank, work, PAYROLL, JUNE)
    scores = pd.read_parquet(rated.path)
    # Of B2's colleagues all are paid here, of B1's and C1's half.
    assert scores.to_numpy().tolist() == [["B2", 0.1, 1, 1], ["B1", 0.1, 4, 2], ["C1", 0.1, 7, 3]]
    assert rated.rows == 3
    about = read_json(rated.path.with_suffix(".json"))
    assert (about["model_name"], about["model_version"], about["mlflow_run"]) == ("expected_rate", "0.1", "")


def test_a_row_without_a_model_says_facts(built):
    bank, work = built
    score_by_expected_rate(bank, work, PAYROLL, JUNE)
    scored = read_scored(work, "payroll", JUNE)
    assert model_of(bank, work, scored, JUNE) is None
    words = reasons_in_words(None, work, PAYROLL, ["B1", "C1"], as_of=JUNE, languages=["en"])
    assert words.phrases["en"] == [
        [
            "As things stand: employer on record; 8,200 yuan of assets on average over the last month; "
            "with the bank for 4 years"
        ],
        ["As things stand: employer on record; with the bank for 4 years"],
    ]


def test_nobody_eligible_is_an_error(built):
    bank, work = built
    nobody = PAYROLL.model_copy(update={"eligible": _nobody()})
    with pytest.raises(UseCaseError, match="payroll at 2024-06-30: nobody is eligible"):
        score_by_expected_rate(bank, work, nobody, JUNE)


def test_a_use_case_with_a_model_is_refused(built):
    bank, work = built
    with pytest.raises(UseCaseError, match="longtail: its file states no expected_rate"):
        score_by_expected_rate(bank, work, load_use_case("longtail"), JUNE)


def _nobody():
    return [PAYROLL.eligible[0].model_copy(update={"at_least": 2})]
