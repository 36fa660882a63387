from datetime import date

import pytest

from goldmine.activity import build_activity
from goldmine.core.errors import HistoryError, UseCaseError
from goldmine.core.workspace import Workspace
from goldmine.features import build_features
from goldmine.labels import cutoffs_within, eligible_rows, plan_cutoffs, selected_features, training_rows
from goldmine.labels.use_case import load_use_case
from tests.tiny import balance, make_bank, transaction

CUTOFF, AS_OF = date(2024, 2, 29), date(2024, 6, 30)
MONTHS = [f"{year}-{month:02}" for year in (2022, 2023) for month in range(1, 13)] + ["2024-01", "2024-02", "2024-03"]


def outcomes(tmp_path, use_case, tables, months=("2024-03", "2024-04", "2024-05", "2024-06")):
    """Outcome of each eligible customer at the cutoff; somebody else makes a transaction in some months after it."""
    work = Workspace(tmp_path / "work")
    others = [transaction(900 + n, "Z", f"{month}-01T09:00") for n, month in enumerate(months)]
    bank = make_bank(tmp_path / "bank", tables | {"transactions": [*tables["transactions"], *others]})
    build_activity(bank, work)
    build_features(bank, work, [CUTOFF])
    rows = training_rows(bank, work, load_use_case(use_case), CUTOFF, AS_OF).select(["customer_id", "outcome"])
    return dict(zip(*(column.to_pylist() for column in rows.columns), strict=True))


def people(names, **more):
    return [{"customer_id": n, "birth_date": date(1980, 1, 1), "opened_on": date(2020, 1, 1)} | more for n in names]


def test_dormancy_counts_own_transactions_within_the_horizon(tmp_path):
    active = [transaction(i, name, "2024-02-10T09:00") for i, name in enumerate("ABCDE")]
    later = [
        transaction(11, "A", "2024-03-15T09:00"),  # last day of the gap
        transaction(12, "B", "2024-03-16T09:00"),  # first day of the horizon
        transaction(13, "C", "2024-06-13T09:00"),  # last day of the horizon
        transaction(14, "D", "2024-06-14T09:00"),  # after it
        transaction(15, "E", "2024-04-21T09:00", kind="interest", channel="batch", direction="in"),
    ]
    tables = {"customers": people("ABCDE"), "transactions": active + later}
    assert outcomes(tmp_path, "dormancy", tables) == {"A": 1, "B": 0, "C": 0, "D": 1, "E": 1}


def test_month_without_any_transaction_is_refused_where_silence_is_counted(tmp_path):
    tables = {"customers": people("A"), "transactions": [transaction(1, "A", "2024-02-10T09:00")]}
    lacking = r"transactions: none of 2024-04, 2024-05, in which the outcome of 2024-02-29 is counted"
    with pytest.raises(HistoryError, match=lacking):
        outcomes(tmp_path, "dormancy", tables, ("2024-03", "2024-06"))


def test_longtail_reads_the_last_full_month_of_the_horizon(tmp_path):
    active = [transaction(i, name, "2024-02-10T09:00") for i, name in enumerate("ABCD")]
    held = [
        balance("A", "2024-05-31", "demand", "10000.00"),
        balance("B", "2024-05-31", "demand", "9999.99"),
        balance("C", "2024-04-30", "demand", "50000.00"),
        balance("D", "2024-02-29", "demand", "10000.00"),  # above the level already: not eligible
    ]
    tables = {"customers": people("ABCD"), "transactions": active, "balances": held}
    assert outcomes(tmp_path, "longtail", tables) == {"A": 1, "B": 0, "C": 0}


def test_wealth_counts_only_purchases_of_wealth_products(tmp_path):
    names = "ABCDE"
    held = [balance(name, "2024-02-29", "demand", "20000.00") for name in names]

    def bought(name, day, product_class="wealth", event="bought"):
        number = f"{name}{day}"
        return {"event_id": number, "customer_id": name, "happened_on": date.fromisoformat(day), "event": event,
                "product_class": product_class}  # fmt: skip

    events = [
        bought("A", "2024-04-01"),
        bought("B", "2024-04-01", product_class="other"),
        bought("C", "2024-04-01", event="redeemed"),
        bought("D", "2024-03-10"),
        bought("E", "2023-12-01"),
        bought("E", "2024-04-01"),
    ]
    moves = [transaction(1, "A", "2024-02-10T09:00")]
    tables = {"customers": people(names), "transactions": moves, "balances": held, "product_events": events}
    assert outcomes(tmp_path, "wealth", tables) == {"A": 1, "B": 0, "C": 0, "D": 0}


def test_winback_counts_sleeping_and_lost_customers_who_come_back(tmp_path):
    names = ["sleeper", "idle", "poor", "lost", "active", "borrower"]
    held = [balance(name, "2024-02-29", "demand", "1000.00") for name in names if name != "active"]
    held += [balance("lost", "2023-08-31", "demand", "10000.00"), balance("active", "2024-02-29", "demand", "9000.00")]
    held += [balance("borrower", "2023-09-30", "loan", "50000.00")]
    after = {"sleeper": "2000.00", "idle": "5000.00", "poor": "1999.99", "lost": "4000.00", "active": "90000.00"}
    held += [balance(name, "2024-05-31", "demand", amount) for name, amount in after.items()]
    moves = [transaction(n, name, "2024-02-10T09:00") for n, name in enumerate(["lost", "active", "borrower"])]
    moves += [transaction(10 + n, name, "2024-04-10T09:00") for n, name in enumerate(["sleeper", "poor", "lost"])]
    drawn = {"event_id": "1", "customer_id": "borrower", "happened_on": date(2024, 5, 2), "event": "loan_drawn"}
    tables = {"customers": people(names), "transactions": moves, "balances": held, "product_events": [drawn]}
    # The active is not eligible; the idle has the money but made no transaction; the poor is a fen short.
    expected = {"sleeper": 1, "idle": 0, "poor": 0, "lost": 1, "borrower": 1}
    assert outcomes(tmp_path, "winback", tables) == expected


def test_customers_merged_within_the_horizon_are_left_out(tmp_path):
    merged = people("B", merged_into="A", merged_on=date(2024, 4, 1))
    active = [transaction(i, name, "2024-02-10T09:00") for i, name in enumerate("AB")]
    assert outcomes(tmp_path, "dormancy", {"customers": people("A") + merged, "transactions": active}) == {"A": 1}


def test_incomplete_outcome_is_refused(tmp_path):
    bank = make_bank(tmp_path, {"customers": people("A")})
    with pytest.raises(HistoryError, match="its outcome is complete on 2024-09-13, after the snapshot 2024-06-30"):
        training_rows(bank, Workspace(tmp_path), load_use_case("dormancy"), date(2024, 5, 31), AS_OF)


def test_outcome_without_its_table_is_refused(tmp_path):
    active = [transaction(1, "A", "2024-02-10T09:00")]
    with pytest.raises(UseCaseError, match="asks for the feature 'aum_avg_30d'"):
        outcomes(tmp_path, "longtail", {"customers": people("A"), "transactions": active})


def test_missing_feature_table_is_refused(tmp_path):
    with pytest.raises(HistoryError, match="no feature table of that cutoff"):
        eligible_rows(Workspace(tmp_path), load_use_case("dormancy"), CUTOFF)


def test_outcomes_of_cutoffs_do_not_overlap():
    use_case = load_use_case("dormancy").model_copy(update={"gap_days": 0, "train_cutoffs": 2})
    cutoffs = cutoffs_within(use_case, date(2024, 3, 31), MONTHS)
    assert cutoffs.test == date(2023, 12, 31)
    assert cutoffs.calibrate == date(2023, 9, 30)
    assert cutoffs.train == (date(2023, 3, 31), date(2023, 6, 30))
    monthly = use_case.model_copy(update={"train_every_months": 1})
    assert cutoffs_within(monthly, date(2024, 3, 31), MONTHS).train == (date(2023, 7, 31), date(2023, 8, 31))


def test_gap_moves_the_test_cutoff_back():
    cutoffs = cutoffs_within(load_use_case("dormancy"), date(2024, 3, 31), MONTHS)
    assert (cutoffs.test, cutoffs.calibrate) == (date(2023, 11, 30), date(2023, 7, 31))


@pytest.mark.parametrize("as_of", [date(2024, 4, 30), date(2021, 12, 31)])
def test_snapshot_without_transactions_is_refused(as_of):
    with pytest.raises(
        HistoryError, match=r"the books hold no transactions of that month \(they hold 2022-01 to 2024-03\)"
    ):
        cutoffs_within(load_use_case("dormancy"), as_of, MONTHS)


def test_too_little_history_names_the_first_usable_snapshot():
    with pytest.raises(HistoryError, match="The earliest snapshot that works is 2023-03-31"):
        cutoffs_within(load_use_case("dormancy"), date(2022, 12, 31), MONTHS)
    assert cutoffs_within(load_use_case("dormancy"), date(2023, 3, 31), MONTHS).train == (date(2022, 6, 30),)


def test_cutoffs_whose_outcome_months_lack_transactions_are_not_trained_on():
    use_case = load_use_case("dormancy").model_copy(update={"gap_days": 0, "train_cutoffs": 3, "horizon_days": 90})
    assert cutoffs_within(use_case, date(2024, 3, 31), MONTHS).train == (
        date(2022, 12, 31),
        date(2023, 3, 31),
        date(2023, 6, 30),
    )
    held = [month for month in MONTHS if month != "2023-05"]
    assert cutoffs_within(use_case, date(2024, 3, 31), held).train == (date(2022, 12, 31), date(2023, 6, 30))


def test_cutoffs_before_the_first_product_event_are_not_trained_on(tmp_path):
    use_case = load_use_case("wealth").model_copy(
        update={"gap_days": 0, "horizon_days": 90, "train_cutoffs": 3, "train_every_months": 3}
    )
    moves = [transaction(n, "A", f"{month}-01T09:00") for n, month in enumerate(MONTHS)]

    def plan(first):
        bought = {"event_id": "1", "customer_id": "A", "happened_on": first, "event": "bought"}
        tables = {"customers": people("A"), "transactions": moves, "product_events": [bought]}
        return plan_cutoffs(use_case, date(2024, 3, 31), make_bank(tmp_path / str(first), tables))

    assert plan(date(2022, 1, 3)).train == (date(2022, 12, 31), date(2023, 3, 31), date(2023, 6, 30))
    assert plan(date(2023, 4, 20)).train == (date(2023, 3, 31), date(2023, 6, 30))
    with pytest.raises(HistoryError, match="from rows that begin in 2023-10, so no cutoff before 2023-09-30 tells"):
        plan(date(2023, 10, 9))


def test_features_are_selected_by_pattern():
    use_case = load_use_case("dormancy").model_copy(update={"include": ["own_*", "age_years"], "exclude": ["*_30d"]})
    columns = ["customer_id", "cutoff", "own_days_30d", "own_days_90d", "age_years", "aum_end", "outcome"]
    assert selected_features(use_case, columns) == ["own_days_90d", "age_years"]
