"""Outcomes that a use case's file expresses: rows of a table, and features at a later month end."""

from datetime import date
from pathlib import Path

import pytest

from goldmine.activity import build_activity
from goldmine.core.errors import HistoryError, SettingsError, UseCaseError
from goldmine.core.workspace import Workspace, home
from goldmine.features import build_features
from goldmine.labels import Cutoffs, feature_days, labelled
from goldmine.labels.use_case import UseCase, read_use_case
from tests.tiny import balance, make_bank, transaction

CUTOFF, LATER, AS_OF = date(2024, 2, 29), date(2024, 5, 31), date(2024, 6, 30)
MOBILE = {"A": date(2024, 4, 2), "B": date(2024, 3, 10), "C": None}
"""B activates in the gap of 15 days."""
TABLES = {
    "customers": [
        {"customer_id": name, "opened_on": date(2020, 1, 1), "birth_date": date(1980, 1, 1), "mobile_bank_on": day}
        for name, day in MOBILE.items()
    ],
    "transactions": [
        transaction(1, "A", "2024-02-10T09:00", channel="counter"),
        transaction(2, "B", "2024-02-10T09:00", channel="pos"),
        transaction(3, "B", "2024-04-10T09:00", channel="pos"),
        transaction(4, "C", "2024-02-10T09:00", channel="counter"),
        transaction(5, "C", "2024-04-10T09:00", channel="pos"),
        transaction(6, "C", "2024-05-10T09:00", channel="counter"),
    ],
    "balances": [
        *(balance(name, "2024-02-29", "demand", "10000.00") for name in "ABC"),
        *(
            balance(name, "2024-05-31", "demand", amount)
            for name, amount in zip("AB", ("20000.00", "19999.99"), strict=True)
        ),
    ],
    "product_events": [
        {"customer_id": name, "happened_on": day, "event": event, "product_class": "loan", "product_id": "L"}
        for name, day, event in (
            ("A", date(2024, 1, 5), "loan_drawn"),
            ("A", date(2024, 4, 5), "loan_drawn"),
            ("B", date(2024, 4, 5), "loan_drawn"),
            ("C", date(2024, 4, 5), "loan_repaid"),
        )
    ],
}


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outcomes")
    bank, work = make_bank(folder / "bank", TABLES), Workspace(folder / "work")
    build_activity(bank, work)
    build_features(bank, work, [CUTOFF, LATER])
    return bank, work


def example(name: str) -> UseCase:
    return read_use_case(home() / "examples" / "use_cases" / f"{name}.yaml")


@pytest.mark.parametrize(
    ("name", "outcomes"),
    [
        ("mobile_bank", {"A": 1, "B": 0, "C": 0}),
        ("first_loan", {"A": 0, "B": 1, "C": 0}),
        ("aum_doubles", {"A": 1, "B": 0, "C": 0}),
        ("first_card_payment", {"A": 0, "B": 0, "C": 1}),
    ],
)
def test_example_outcomes_are_counted(books, name, outcomes):
    bank, work = books
    rows = labelled(bank, work, example(name), CUTOFF, AS_OF).to_pydict()
    assert dict(zip(rows["customer_id"], rows["outcome"], strict=True)) == outcomes


def test_later_features_are_made_with_those_of_the_cutoffs():
    cutoffs = Cutoffs((date(2023, 8, 31),), date(2023, 11, 30), CUTOFF)
    assert feature_days(example("aum_doubles"), cutoffs) == (date(2023, 8, 31), date(2023, 11, 30), CUTOFF, LATER)
    assert feature_days(example("mobile_bank"), cutoffs) == cutoffs.all


def test_missing_features_are_named(books, tmp_path):
    bank, work = books
    case = example("aum_doubles")
    unknown = case.model_copy(
        update={"outcome": case.outcome.model_copy(update={"when": "wealth >= 2 * aum_end_before"})}
    )
    with pytest.raises(UseCaseError, match="do not carry the feature wealth"):
        labelled(bank, work, unknown, CUTOFF, AS_OF)
    longer = case.model_copy(update={"horizon_days": 92})
    with pytest.raises(HistoryError, match="features at 2024-04-30: not made"):
        labelled(bank, work, longer.model_copy(update={"horizon_days": 60}), CUTOFF, AS_OF)


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (
            "{kind: table_row, table: clients, day: x, says: {en: a, zh: b}}",
            "table: .clients. is not one .*customers",
        ),
        (
            "{kind: table_row, table: customers, day: name, says: {en: a, zh: b}}",
            "day: .name. is not one .*mobile_bank",
        ),
        (
            "{kind: table_row, table: customers, day: mobile_bank_on, when: age > 3, says: {en: a, zh: b}}",
            "has no column age",
        ),
        ("{kind: later_features, when: aum_end, says: {en: a, zh: b}}", "neither true nor false"),
    ],
)
def test_wrong_settings_are_refused(tmp_path, outcome, said):
    text = (home() / "examples" / "use_cases" / "mobile_bank.yaml").read_text("utf-8")
    before, _outcome, after = text.partition("outcome:")
    path = Path(tmp_path / "mobile_bank.yaml")
    path.write_text(f"{before}outcome: {outcome}\n{after[after.index('gap_days') :]}", "utf-8")
    with pytest.raises(SettingsError, match=said):
        read_use_case(path)
