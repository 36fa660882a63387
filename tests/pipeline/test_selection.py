from datetime import date

import pytest

from goldmine.core.errors import HistoryError, ModelError, UseCaseError
from goldmine.core.workspace import Workspace
from goldmine.pipeline.selection import required_cutoffs, selected_use_cases, use_cases_with_scores
from tests.tiny import balance, make_bank, transaction

AS_OF = date(2024, 6, 30)
CUSTOMERS = [{"customer_id": "a"}]
MOVES = [transaction(n, "a", f"2023-{n:02d}-15 10:00:00") for n in range(1, 13)] + [
    transaction(12 + n, "a", f"2024-{n:02d}-15 10:00:00") for n in range(1, 7)
]


@pytest.fixture
def work(tmp_path):
    return Workspace(tmp_path / "work")


def test_customers_and_transactions_alone_support_dormancy(tmp_path, work):
    bank = make_bank(tmp_path, {"customers": CUSTOMERS, "transactions": MOVES})
    assert selected_use_cases(bank, work, AS_OF) == ["dormancy"]


def test_balances_switch_long_tail_on(tmp_path, work):
    tables = {"customers": CUSTOMERS, "transactions": MOVES, "balances": [balance("a", "2024-06-30", "demand", "1.00")]}
    assert selected_use_cases(make_bank(tmp_path, tables), work, AS_OF) == ["dormancy", "longtail"]


def test_quarterly_use_case_runs_on_schedule_or_on_request(tmp_path, work):
    tables = {"customers": CUSTOMERS, "transactions": MOVES, "balances": [balance("a", "2024-06-30", "demand", "1.00")]}
    bank = make_bank(tmp_path, tables)
    # association needs product events
    supported = ["card_use", "dormancy", "longtail", "maturity", "payroll", "staff", "winback"]
    assert selected_use_cases(bank, work, AS_OF, quarterly=True) == supported
    assert selected_use_cases(bank, work, AS_OF, ["winback"]) == ["winback"]


def test_unsupported_use_case_asked_for_by_name_is_an_error(tmp_path, work):
    bank = make_bank(tmp_path, {"customers": CUSTOMERS, "transactions": MOVES})
    with pytest.raises(UseCaseError, match="longtail: this bank's tables do not support it; it needs table balances"):
        selected_use_cases(bank, work, AS_OF, ["dormancy", "longtail"])


def test_an_unknown_use_case_is_an_error_with_the_known_ones(tmp_path, work):
    bank = make_bank(tmp_path, {"customers": CUSTOMERS, "transactions": MOVES})
    with pytest.raises(
        UseCaseError,
        match=(
            r"'loans': there is no such use case.\nKnown: association, card_use, dormancy, facts_credit, longtail, "
            "maturity, payroll, season_credit, staff, wealth"
        ),
    ):
        selected_use_cases(bank, work, AS_OF, ["loans"])


def test_features_are_needed_at_training_cutoffs_and_the_snapshot(tmp_path):
    bank = make_bank(tmp_path, {"customers": CUSTOMERS, "transactions": MOVES})
    cutoffs = required_cutoffs(bank, ["dormancy"], AS_OF)
    # The outcome takes 105 days: judged at the end of February, calibrated at the end of October.
    assert cutoffs[-3:] == [date(2023, 10, 31), date(2024, 2, 29), AS_OF]
    assert cutoffs[:-3] == [date(2023, 7, 31)]  # a quarter before; another quarter before that sees too little


def test_an_expected_rate_needs_the_features_of_the_snapshot_alone(tmp_path):
    bank = make_bank(tmp_path, {"customers": CUSTOMERS, "transactions": MOVES[-6:]})
    assert required_cutoffs(bank, ["payroll"], AS_OF) == [AS_OF]


def test_an_expected_rate_is_listed_without_a_champion(tmp_path, monkeypatch):
    monkeypatch.setattr("goldmine.pipeline.selection.champion_version", lambda bank, use_case: "")
    bank = make_bank(tmp_path, {"customers": CUSTOMERS, "transactions": MOVES})
    assert use_cases_with_scores(bank, ["dormancy", "payroll"]) == ["payroll"]
    with pytest.raises(ModelError, match="dormancy: no model is champion"):
        use_cases_with_scores(bank, ["dormancy"])


def test_books_that_are_too_short_to_train_on_are_refused(tmp_path):
    bank = make_bank(tmp_path, {"customers": CUSTOMERS, "transactions": MOVES[-6:]})
    with pytest.raises(HistoryError, match="too little history for 'dormancy'"):
        required_cutoffs(bank, ["dormancy"], AS_OF)
