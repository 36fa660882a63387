import json
import sys
from datetime import date
from importlib import import_module

import duckdb
import pytest

from goldmine.activity import build_activity
from goldmine.activity.measures import PEAKS, SUMS
from goldmine.core.errors import HistoryError, SettingsError
from goldmine.core.files import write_json
from goldmine.core.workspace import Workspace, home
from goldmine.features import (
    Feature,
    build_features,
    catalogue,
    families,
    feature_titles,
    require_current,
    switched_off,
)
from goldmine.features.docs import features_page
from goldmine.features.measure_docs import MEASURES, measures_page
from tests.tiny import balance, make_bank, transaction

catalogue_module = import_module("goldmine.features.catalogue")

CUTOFF = date(2024, 5, 31)
CUSTOMER = {"customer_id": "A", "birth_date": date(1984, 5, 31), "opened_on": date(2020, 5, 31)}


def features_of(tmp_path, tables, *names, cutoff=CUTOFF):
    """Values of some features, a tuple a customer in the order of their numbers."""
    work = Workspace(tmp_path / "work")
    bank = make_bank(tmp_path / "bank", tables)
    build_activity(bank, work)
    build_features(bank, work, [cutoff])
    columns = ", ".join(names)
    return duckdb.sql(f"SELECT {columns} FROM '{work.features(cutoff)}' ORDER BY customer_id").fetchall()


def test_flows_are_running_totals_of_months(tmp_path):
    tables = {
        "customers": [CUSTOMER],
        "transactions": [
            transaction(1, "A", "2024-05-03T09:00", amount="10.00"),
            transaction(2, "A", "2024-03-03T09:00", amount="20.00"),
            transaction(3, "A", "2023-12-03T09:00", amount="40.00"),
            transaction(4, "A", "2023-06-03T09:00", amount="80.00"),
            transaction(5, "A", "2023-05-03T09:00", amount="160.00"),
        ],
    }
    names = [f"outflow_sum_{days}d" for days in (30, 90, 180, 365)]
    assert features_of(tmp_path, tables, *names) == [(10.0, 30.0, 70.0, 150.0)]


def test_recency_and_active_days_count_own_transactions_only(tmp_path):
    tables = {
        "customers": [CUSTOMER],
        "transactions": [
            transaction(1, "A", "2024-05-21T09:00"),
            transaction(2, "A", "2024-05-21T17:00"),
            transaction(3, "A", "2024-03-01T09:00"),
            transaction(4, "A", "2024-05-30T09:00", kind="interest", channel="batch", direction="in"),
        ],
    }
    names = ["days_since_own", "own_days_90d", "own_count_90d", "own_months_365d", "active_months_streak"]
    assert features_of(tmp_path, tables, *names) == [(10.0, 2.0, 3.0, 2.0, 1.0)]


def test_habits_are_rates_over_the_months_known_of_two_years(tmp_path):
    tables = {
        "customers": [
            CUSTOMER,
            CUSTOMER | {"customer_id": "B", "opened_on": None},
            CUSTOMER | {"customer_id": "C", "opened_on": date(2024, 4, 30)},
        ],
        "transactions": [
            transaction(1, "A", "2024-05-03T09:00"),
            transaction(2, "A", "2022-08-03T09:00"),
            transaction(3, "A", "2022-08-03T10:00"),
            transaction(4, "A", "2022-08-05T09:00"),
            transaction(5, "B", "2024-04-03T09:00"),
            transaction(6, "B", "2022-05-03T09:00"),
            transaction(7, "C", "2024-05-03T09:00"),
        ],
    }
    names = ["own_count_per_month", "own_days_per_month", "own_months_share"]
    a, b, c = features_of(tmp_path, tables, *names)
    assert a == pytest.approx((4 / 22, 3 / 22, 2 / 22))
    assert b == pytest.approx((1 / 22, 1 / 22, 1 / 22))
    assert c == (0.5, 0.5, 0.5)


def test_fading_rate_halves_the_weight_of_older_months(tmp_path):
    tables = {
        "customers": [CUSTOMER, CUSTOMER | {"customer_id": "B"}],
        "transactions": [
            transaction(1, "A", "2024-05-03T09:00"),
            transaction(2, "A", "2024-01-03T09:00"),
            transaction(3, "B", "2024-01-03T09:00"),
            transaction(4, "B", "2024-01-04T09:00"),
        ],
    }
    # Five months of weights 1, 0.71, 0.5, 0.35, 0.25: the oldest counts a quarter of the latest.
    a, b = features_of(tmp_path, tables, "own_count_per_month_half_2m")
    assert a == pytest.approx((1.25 / 2.81066,), rel=1e-5)
    assert b == pytest.approx((0.5 / 2.81066,), rel=1e-5)


def test_investing_counts_both_directions_and_the_share_of_own(tmp_path):
    tables = {
        "customers": [CUSTOMER, CUSTOMER | {"customer_id": "B"}],
        "transactions": [
            transaction(1, "A", "2024-05-03T09:00", kind="investment"),
            transaction(2, "A", "2024-03-03T09:00", kind="investment", direction="in"),
            transaction(3, "A", "2024-03-04T09:00"),
            transaction(4, "A", "2024-03-05T09:00"),
            transaction(5, "B", "2023-01-05T09:00", kind="investment"),
        ],
    }
    names = ["investing_count_30d", "investing_count_90d", "investing_share_90d"]
    assert features_of(tmp_path, tables, *names) == [(1.0, 2.0, 0.5), (0.0, 0.0, None)]


def test_rows_known_after_the_cutoff_are_ignored(tmp_path):
    late = transaction(1, "A", "2024-05-30T09:00", known_on="2024-06-01")
    tables = {"customers": [CUSTOMER], "transactions": [late, transaction(2, "A", "2024-06-03T09:00")]}
    assert features_of(tmp_path / "may", tables, "own_count_90d") == [(0.0,)]
    assert features_of(tmp_path / "june", tables, "own_count_90d", cutoff=date(2024, 6, 30)) == [(2.0,)]


def test_windows_are_whole_months_over_a_leap_day(tmp_path):
    """The 12 months to 2024-06-30 have 366 days, the 3 months 91."""
    days = ("2023-06-30", "2023-07-01", "2024-03-31", "2024-04-01")
    tables = {
        "customers": [CUSTOMER],
        "transactions": [transaction(1, "A", "2024-06-03T09:00")],
        "product_events": [
            {"event_id": day, "customer_id": "A", "happened_on": date.fromisoformat(day), "event": "bought"}
            | {"product_class": "wealth"}
            for day in days
        ],
        "contacts": [{"campaign_id": "c", "customer_id": "A", "contacted_on": date.fromisoformat(day)} for day in days],
        "accounts": [
            {"account_id": day, "customer_id": "A", "opened_on": date.fromisoformat(day)}
            | {"closed_on": date.fromisoformat(day)}
            for day in days
        ],
    }
    names = ["bought_count_365d", "wealth_bought_count_365d", "contacts_count_365d", "contacts_count_90d"]
    names += ["accounts_opened_count", "accounts_closed_count"]
    assert features_of(tmp_path, tables, *names, cutoff=date(2024, 6, 30)) == [(3.0, 3.0, 3.0, 1.0, 3.0, 3.0)]


def test_balances_level_trend_and_share(tmp_path):
    tables = {
        "customers": [CUSTOMER],
        "transactions": [transaction(1, "A", "2024-05-21T09:00")],
        "balances": [
            balance("A", "2024-05-31", "demand", "3000.00"),
            balance("A", "2024-05-31", "wealth", "9000.00"),
            balance("A", "2024-02-29", "demand", "4000.00"),
        ],
    }
    names = ["aum_avg_30d", "aum_change_90d", "wealth_share_30d", "demand_change_90d", "aum_peak_365d"]
    names.append("months_below_level_365d")
    assert features_of(tmp_path, tables, *names) == [(12000.0, 8000.0, 0.75, -1000.0, 12000.0, 11.0)]


def test_months_since_salary_are_exact(tmp_path):
    paid = {"direction": "in", "kind": "salary", "channel": "batch"}
    tables = {
        "customers": [CUSTOMER, CUSTOMER | {"customer_id": "B"}],
        "transactions": [
            transaction(1, "A", "2023-11-10T09:00", **paid),
            transaction(2, "A", "2024-01-10T09:00", **paid),
            transaction(3, "A", "2024-05-10T09:00"),
            transaction(4, "B", "2024-05-10T09:00", **paid),
        ],
    }
    names = ["in_salary_months_since", "in_merchant_months_since"]
    assert features_of(tmp_path, tables, *names) == [(4.0, None), (0.0, None)]


def test_identity_share_uses_the_coming_quarter_of_last_year(tmp_path):
    held = {
        "A": ("100.00", "300.00"),
        "B": ("100.00", "50.00"),
        "C": ("100.00", "200.00"),
        "D": ("10.00", "20.00"),
        "F": ("70.00", "70.00"),
    }
    people = [CUSTOMER | {"customer_id": name, "identity": "farmer"} for name in "ABCF"]
    tables = {
        "customers": [
            *people,
            CUSTOMER | {"customer_id": "D", "identity": "migrant"},
            CUSTOMER | {"customer_id": "E", "identity": "farmer"},
        ],
        "transactions": [transaction(1, "A", "2024-05-21T09:00")],
        "balances": [
            row
            for name, (before, after) in held.items()
            for row in (balance(name, "2023-05-31", "demand", before), balance(name, "2023-08-31", "demand", after))
        ],
    }
    values = features_of(tmp_path, tables, "identity_coming_rose_share")
    two_of_three = pytest.approx((2 / 3,), rel=1e-6)
    assert values == [(0.5,), (1.0,), (0.5,), (None,), two_of_three, two_of_three]


def test_peer_means_leave_out_the_customer(tmp_path):
    people = [CUSTOMER | {"customer_id": name, "grid_id": "G1"} for name in "ABC"]
    tables = {
        "customers": [*people, CUSTOMER | {"customer_id": "D", "grid_id": None}],
        "transactions": [transaction(1, "A", "2024-05-21T09:00")],
        "balances": [balance("A", "2024-05-31", "demand", "100.00"), balance("B", "2024-05-31", "demand", "300.00")],
    }
    values = features_of(tmp_path, tables, "village_aum_mean", "village_own_days_mean")
    assert values == [(150.0, 0.0), (50.0, 0.5), (200.0, 0.5), (None, None)]


def test_the_share_of_colleagues_paid_here_leaves_out_the_customer(tmp_path):
    people = [CUSTOMER | {"customer_id": name, "employer_id": "E1"} for name in "ABC"]
    salary = {"kind": "salary", "channel": "batch", "direction": "in"}
    moves = [
        transaction(1, "A", "2024-03-10T09:00", **salary),
        transaction(2, "B", "2024-02-10T09:00", **salary),  # more than three months ago
        transaction(3, "C", "2024-05-10T09:00"),
    ]
    alone = CUSTOMER | {"customer_id": "D", "employer_id": "E2"}
    values = features_of(tmp_path, {"customers": [*people, alone], "transactions": moves}, "employer_salary_share")
    assert values == [(0.0,), (0.5,), (0.5,), (None,)]


def test_a_membership_counts_from_the_day_it_is_known_until_it_ends(tmp_path):
    member = {"association_id": "A001", "joined_on": date(2020, 1, 1), "left_on": None}
    tables = {
        "customers": [CUSTOMER | {"customer_id": name} for name in "ABCD"],
        "transactions": [transaction(1, "A", "2024-05-21T09:00")],
        "association_members": [
            member | {"customer_id": "A", "left_on": date(2024, 6, 1)},
            member | {"customer_id": "B", "left_on": date(2024, 5, 31)},
            member | {"customer_id": "C", "joined_on": date(2024, 6, 1)},
        ],
    }
    assert features_of(tmp_path, tables, "association_member") == [(1.0,), (0.0,), (0.0,), (0.0,)]


def test_the_trade_whose_season_is_next_counts(tmp_path):
    shop = {"season_start": 9, "season_end": 2, "since": date(2020, 1, 1), "ended_on": None}
    tables = {
        "customers": [CUSTOMER | {"customer_id": name} for name in "ABCDEFG"],
        "transactions": [transaction(1, "A", "2024-05-21T09:00")],
        "merchants": [
            shop | {"customer_id": "A", "trade": "nut_roasting"},
            # Begins in the month after the cutoff of 31 May; began in the cutoff's own month.
            shop | {"customer_id": "B", "trade": "ice", "season_start": 6, "season_end": 8},
            shop | {"customer_id": "C", "trade": "garlic_trade", "season_start": 5, "season_end": 8},
            # All year is no season, nor are months that are not known.
            shop | {"customer_id": "D", "trade": "catering", "season_start": 1, "season_end": 12},
            shop | {"customer_id": "E", "trade": "repairs", "season_start": None, "season_end": None},
            # Of two trades the next one; not one that ended, nor one that was not known yet.
            shop | {"customer_id": "F", "trade": "garlic_trade", "season_start": 5, "season_end": 8},
            shop | {"customer_id": "F", "trade": "grocery", "season_start": 12, "season_end": 2},
            shop | {"customer_id": "F", "trade": "ice", "season_start": 7, "ended_on": date(2024, 5, 31)},
            shop | {"customer_id": "F", "trade": "toys", "season_start": 8, "since": date(2024, 6, 1)},
        ],
    }
    assert features_of(tmp_path, tables, "trade", "season_months_until") == [
        ("nut_roasting", 4.0),
        ("ice", 1.0),
        ("garlic_trade", 12.0),
        ("catering", None),
        ("repairs", None),
        ("grocery", 7.0),
        (None, None),
    ]


def test_what_runs_at_the_cutoff_and_ends_within_30_days_is_counted(tmp_path):
    held = {"product_class": "time", "amount": "20000.50", "started_on": date(2023, 6, 1), "closed_on": None}
    rows = [
        held | {"customer_id": "A", "matures_on": date(2024, 6, 1)},
        held | {"customer_id": "A", "matures_on": date(2024, 6, 30), "product_class": "wealth", "amount": "1000.25"},
        # Ended on the cutoff, ends later than 30 days after it, was paid out, had not begun.
        held | {"customer_id": "B", "matures_on": date(2024, 5, 31)},
        held | {"customer_id": "B", "matures_on": date(2024, 7, 1)},
        held | {"customer_id": "B", "matures_on": date(2024, 6, 10), "closed_on": date(2024, 5, 31)},
        held | {"customer_id": "B", "matures_on": date(2024, 6, 10), "started_on": date(2024, 6, 1)},
        # Paid out after the cutoff, which nobody knew yet; the first day is not known.
        held | {"customer_id": "C", "matures_on": date(2024, 6, 10), "closed_on": date(2024, 6, 10)},
        held | {"customer_id": "C", "matures_on": date(2024, 6, 10), "started_on": None},
        # A loan that is due is no money that comes back; a class that is not known may be a deposit's.
        held | {"customer_id": "D", "matures_on": date(2024, 6, 10), "product_class": "loan"},
        held | {"customer_id": "D", "matures_on": date(2024, 6, 10), "product_class": None, "amount": "300"},
    ]
    tables = {
        "customers": [CUSTOMER | {"customer_id": name} for name in "ABCD"],
        "transactions": [transaction(1, "A", "2024-05-21T09:00")],
        "term_holdings": [row | {"holding_id": str(number)} for number, row in enumerate(rows)],
    }
    assert features_of(tmp_path, tables, "ending_sum_next_30d", "ending_wealth_sum_next_30d") == [
        (21000.75, 1000.25),
        (0.0, 0.0),
        (40001.0, 0.0),
        (300.0, 0.0),
    ]


def test_of_equal_rows_one_counts(tmp_path):
    rows = {
        "accounts": {"account_id": "1", "opened_on": date(2020, 5, 31), "closed_on": None},
        "product_events": {"event_id": "1", "happened_on": CUTOFF, "event": "bought", "product_class": "wealth"},
        "contacts": {"campaign_id": "1", "contacted_on": CUTOFF, "answer": "no"},
        "term_holdings": {"holding_id": "1", "amount": 500, "matures_on": date(2024, 6, 7)},
    }
    tables = {name: [{"customer_id": "A", **row}] * 2 for name, row in rows.items()}
    tables |= {"customers": [CUSTOMER], "transactions": [transaction(1, "A", "2024-05-03T09:00")]}
    names = ["accounts_open_count", "bought_count_365d", "contacts_count_90d", "ending_sum_next_30d"]
    assert features_of(tmp_path, tables, *names) == [(1.0, 1.0, 1.0, 500.0)]


def test_family_relations_count_in_both_directions(tmp_path):
    tables = {
        "customers": [CUSTOMER | {"customer_id": name} for name in "ABC"],
        "transactions": [transaction(1, "A", "2024-05-21T09:00")],
        "balances": [balance("A", "2024-05-31", "demand", "100.00")],
        "relations": [
            {"customer_id": "A", "related_id": "B", "relation": "family", "since": date(2020, 1, 1)},
            {"customer_id": "A", "related_id": "C", "relation": "family", "since": date(2024, 6, 1)},
        ],
    }
    assert features_of(tmp_path, tables, "family_aum_mean") == [(0.0,), (100.0,), (None,)]


def test_a_family_relation_that_has_ended_by_the_cutoff_counts_no_more(tmp_path):
    relation = {"customer_id": "A", "relation": "family", "since": date(2020, 1, 1)}
    tables = {
        "customers": [CUSTOMER | {"customer_id": name} for name in "ABC"],
        "transactions": [transaction(1, "A", "2024-05-21T09:00")],
        "balances": [balance("B", "2024-05-31", "demand", "100.00"), balance("C", "2024-05-31", "demand", "40.00")],
        "relations": [
            relation | {"related_id": "B", "ended_on": date(2024, 5, 31)},
            relation | {"related_id": "C", "ended_on": date(2024, 6, 1)},
        ],
    }
    assert features_of(tmp_path, tables, "family_aum_mean") == [(40.0,), (None,), (0.0,)]


def test_closed_and_merged_customers_have_no_row_of_their_own(tmp_path):
    people = [
        CUSTOMER,
        CUSTOMER | {"customer_id": "gone", "closed_on": date(2024, 5, 1)},
        CUSTOMER | {"customer_id": "later", "opened_on": date(2024, 6, 1)},
        CUSTOMER | {"customer_id": "merged", "merged_into": "A", "merged_on": date(2024, 4, 1)},
    ]
    moves = [transaction(1, "A", "2024-05-21T09:00"), transaction(2, "merged", "2024-03-21T09:00")]
    tables = {"customers": people, "transactions": moves}
    assert features_of(tmp_path, tables, "customer_id", "own_count_90d") == [("A", 2.0)]


def test_absent_tables_switch_off_only_their_features(tmp_path):
    bank = make_bank(tmp_path, {"customers": [CUSTOMER], "transactions": [transaction(1, "A", "2024-05-21T09:00")]})
    off = switched_off(bank)
    assert "aum_avg_30d" in off["balances"]
    assert "gender" in off["customers.gender"]
    assert not any("days_since_own" in names for names in off.values())


def test_cutoff_without_transactions_is_refused(tmp_path):
    bank = make_bank(tmp_path, {"customers": [CUSTOMER], "transactions": [transaction(1, "A", "2024-05-21T09:00")]})
    with pytest.raises(HistoryError, match=r"features at 2023-05-31: the books hold no transactions of that month"):
        build_features(bank, Workspace(tmp_path / "work"), [date(2023, 5, 31)])


def test_unchanged_cutoffs_are_kept(tmp_path):
    work = Workspace(tmp_path / "work")
    bank = make_bank(tmp_path, {"customers": [CUSTOMER], "transactions": [transaction(1, "A", "2024-05-21T09:00")]})
    build_activity(bank, work)
    assert build_features(bank, work, [CUTOFF]).made == (CUTOFF,)
    assert build_features(bank, work, [CUTOFF]).kept == (CUTOFF,)


def test_features_have_unique_names_and_titles_in_both_languages():
    names = [feature.name for feature in catalogue()]
    assert len(names) == len(set(names)) >= 150
    assert all(feature.title and feature.unit and feature.needs for feature in catalogue())
    english, chinese = (feature_titles(catalogue(), language) for language in ("en", "zh"))
    assert len(set(english.values())) == len(set(chinese.values())) == len(names)
    assert not set(english.values()) & set(chinese.values())


def test_measures_page_is_up_to_date_and_names_every_measure_of_a_view():
    page = (home() / "docs" / "measures.md").read_text("utf-8")
    assert page == measures_page()
    assert "| `in_salary_sum` | fen | amount of inflows of the kind salary |" in page
    unnamed = [name for name in (*SUMS, *PEAKS) if f"| `{name}` |" not in page]
    assert unnamed == []
    assert MEASURES.in_salary_sum == "in_salary_sum"


def test_features_page_is_up_to_date():
    assert (home() / "docs" / "features.md").read_text("utf-8") == features_page()


FAMILY = """
from goldmine.features.definition import number, with_reason_texts
from goldmine.features.reason_text import ReasonText


def moon(v):
    nights = v.zero("own_count_0")
    (moon,) = [number("moon_days_30d", nights, title="满月天数", unit="days", needs=("customers",))]
    return with_reason_texts([moon], {"moon_*": ReasonText("moon", positive="{window}有{value}满月")})
"""


@pytest.fixture
def dropped(tmp_path, monkeypatch):
    """A folder whose files count as families too; what was imported from it is forgotten after."""
    monkeypatch.setattr(families, "__path__", [*families.__path__, str(tmp_path)])
    yield tmp_path
    sys.modules.pop("goldmine.features.families.moon", None)


def test_file_dropped_into_the_folder_is_a_family(dropped):
    (dropped / "moon.py").write_text(FAMILY)
    _base, _sums, full, features = catalogue_module._expressions.__wrapped__("")
    (moon,) = (feature for feature in features if feature.name == "moon_days_30d")
    assert (moon.title, moon.behaviour, moon.explainable) == ("满月天数", "moon", True)
    assert "moon_days_30d" in full.columns


def test_family_without_its_function_is_refused(dropped):
    (dropped / "moon.py").write_text("sun = 1")
    with pytest.raises(SettingsError, match=r"features/families/moon\.py: has no function 'moon'"):
        catalogue_module.families()


def test_features_of_other_code_are_refused_until_rebuilt(tmp_path):
    work = Workspace(tmp_path / "work")
    bank = make_bank(
        tmp_path / "bank", {"customers": [CUSTOMER], "transactions": [transaction(1, "A", "2024-05-03T09:00")]}
    )
    build_activity(bank, work)
    build_features(bank, work, [CUTOFF])
    require_current(bank, work, [CUTOFF])
    write_json(work.features(CUTOFF).with_suffix(".json"), "of other code")
    with pytest.raises(HistoryError, match="features at 2024-05-31: they were made from other tables or by other code"):
        require_current(bank, work, [CUTOFF])
    assert build_features(bank, work, [CUTOFF]).made == (CUTOFF,)
    require_current(bank, work, [CUTOFF])


def test_features_survive_being_stored_as_json():
    for feature in catalogue():
        stored = json.loads(json.dumps(feature.stored()))
        restored = Feature.read(stored)
        assert restored == feature
        assert json.loads(json.dumps(restored.stored())) == stored


def test_months_before_the_balances_begin_are_unknown(tmp_path):
    """Balances of four months beside transactions of 14 months."""
    averages = {"2024-05-31": "500.00", "2024-04-30": "400.00", "2024-03-31": "300.00", "2024-02-29": "200.00"}
    tables = {
        "customers": [CUSTOMER],
        "transactions": [transaction(1, "A", "2024-05-03T09:00"), transaction(2, "A", "2023-04-03T09:00")],
        "balances": [balance("A", day, "demand", average) for day, average in averages.items()],
    }
    known = {"aum_avg_90d": 400.0, "aum_change_90d": 300.0, "demand_change_90d": 300.0, "aum_peak_365d": 500.0}
    unknown = [
        "aum_avg_180d",
        "aum_year_ago",
        "aum_next_quarter_year_ago",
        "aum_trough_365d",
        "months_below_level_365d",
        "aum_change_180d",
        "aum_growth_365d",
        "aum_slope_180d",
        "aum_volatility_365d",
        "aum_biggest_rise_180d",
        "demand_change_365d",
    ]
    assert features_of(tmp_path / "known", tables, *known) == [tuple(known.values())]
    assert features_of(tmp_path / "unknown", tables, *unknown) == [(None,) * len(unknown)]
    # A bank whose books begin four months ago has what they hold.
    tables["transactions"] = [transaction(1, "A", "2024-02-03T09:00"), transaction(2, "A", "2024-05-03T09:00")]
    assert features_of(tmp_path / "young", tables, "aum_avg_365d", "aum_year_ago") == [(pytest.approx(1400 / 12), 0.0)]
