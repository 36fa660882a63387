from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from goldmine.core.errors import ParameterError
from goldmine.core.i18n import in_language
from goldmine.customers.ladder import level_title
from goldmine.plots.branch_comparisons import branch_funnel, branch_ranking, branch_rankings
from goldmine.plots.reporting import change_steps, growth, ladder_levels, own_results
from goldmine.reporting import call_sheets, views
from goldmine.reporting import tables as figures
from goldmine.reporting.metric_definitions import Target
from goldmine.reporting.prepare import prepare
from goldmine.reporting.queue_pages import employee_queue
from goldmine.reporting.texts import remedy_text, verdict_text
from tests.reporting.conftest import CUSTOMERS, JUNE, customer, put, tables
from tests.reporting.conftest import STAFF as STAFF_OF_ALL
from tests.tiny import balance

MORE = [
    customer("dull", "B1", "m3", marketing_consent=False),
    customer("held", "B1", "m3"),
    customer("ok", "B1", "m3"),
    customer("astray", "B2", "m3"),
]
LEDGER = [
    {"customer_id": "held", "reason": "complaint", "start_date": date(2024, 6, 1), "end_date": None, "channel": None}
]
CONTACTS = [
    {"campaign_id": "M", "customer_id": who, "contacted_on": day, "answer": answer, "outcome": None}
    for who, day, answer in (("b0", date(2024, 1, 5), "yes"), ("a2", date(2024, 1, 5), "opt_out"))
]
STAFF = [
    {"staff_id": "m1", "branch_id": "B1", "role": "manager", "left_on": date(2024, 6, 1)},
    {"staff_id": "m2", "branch_id": "B2", "role": "manager", "left_on": None},
    {"staff_id": "m3", "branch_id": "B1", "role": "manager", "left_on": None},
    {"staff_id": "h2", "branch_id": "B2", "role": "branch_head", "left_on": None},
]


@pytest.fixture(scope="module")
def later(tmp_path_factory):
    """Manager m1 has left; m3 keeps some, one of them of the other branch; some may not be called."""
    made = tables(customers=[*CUSTOMERS, *MORE], suppressions=LEDGER, contacts=CONTACTS, staff=STAFF)
    return prepare(*put(tmp_path_factory.mktemp("later"), made), JUNE)


def test_branch_with_three_customers_is_suppressed(view):
    shown = figures.unit_table(view, "branch", ["customers"], ["B1", "B2"], "en")
    assert shown.values.tolist() == [["B1", "*"], ["B2", "*"]]
    assert dict(figures.key_figures(view, "branch", "B2", "en").iloc[:, :2].values)["Customers on the books"] == "<5"
    assert "B2" not in figures.branches_compared(view, "active_share").index


def test_small_change_steps_are_merged_and_still_add_up(view):
    steps = figures.steps_of_change(view, "branch", "B1", "en")
    assert steps["step"].tolist() == ["customers on the same level, and few others"]
    assert round(steps["yuan"].sum() * 100) == view.figures.at("branch", "B1").loc["aum_change", "above"]


def test_small_levels_are_merged_and_still_add_up(view):
    """Of B1's seven one is on each of two higher levels."""
    found = figures.ladder(view, "branch", "B1", "zh")
    assert found["level"].iloc[0] == "1万元以下及以上"
    assert found["now"].sum() == 7
    assert not found["now"].between(1, 4).any()


def test_employee_sees_no_customers_of_another_branch(later):
    """The books name m3 for astray, whom B2 keeps."""
    assert set(call_sheets.of_employee(later, "m3").index) == {"dull", "held", "ok", "new"}
    assert views.employees_of(later, "B1") == ["m3"]


def test_remedy_list_holds_only_own_branch(view):
    assert call_sheets.remedy_rows(view, "B2", "overdue", 10).empty
    with pytest.raises(ParameterError, match="branch_id: no customer is kept by branch 'B9'"):
        call_sheets.of_branch(view, "B9")


def test_opted_out_customers_are_not_called(later):
    """Of B1's, a2 said so to a caller, dull gave no consent, and held stands in the ledger."""
    allowed = call_sheets.may_be_called(later, call_sheets.of_branch(later, "B1"))
    assert set(allowed.index) == {"a0", "a1", "a3", "a4", "a5", "new", "ok"}


def test_near_customers_show_amount_to_next_level(view):
    """But for a2, who told a caller not to call again."""
    assert call_sheets.near_next(view, call_sheets.of_employee(view, "m1")).empty
    tables = {name: table for name, table in view.bank.tables.items() if name != "contacts"}
    never_asked = replace(view, bank=replace(view.bank, tables=tables))
    found = call_sheets.near_next(never_asked, call_sheets.of_employee(view, "m1"))
    assert found[["customer_id", "to_next"]].round(2).values.tolist() == [["a2", 4_999.90]]


def test_departed_employee_has_no_report_and_successor_calls(later):
    assert views.employees(later) == ["h2", "m2", "m3"]
    assert "m1" not in set(later.customers["employee_id"])
    with pytest.raises(ParameterError, match="employee_id: nobody at work has the number 'm1'"):
        views.employee_or_first(later, "m1")
    queue = employee_queue(later, "m3", "", "en")
    assert queue[["customer_id", "why"]].values.tolist() == [["new", "Taken over from m1"]]


def test_branch_target_overrides_the_general_one(view):
    aims = [
        Target(metric="customers", growth=0.5),
        Target(metric="active_share", share=0.5),
        Target(metric="active_share", share=0.1, branch="B1"),
    ]
    changed = type(view)(
        view.bank, view.work, view.as_of, view.metrics.model_copy(update={"targets": aims}), view.history
    )
    assert figures.targets(changed, "branch", "B1", "en").values.tolist() == [
        ["Customers on the books", "12", "7", "✗"],
        ["Active in the quarter", "10.0%", "14.3%", "✓"],
    ]
    assert figures.targets(changed, "branch", "B2", "en").empty


def test_figures_of_half_a_year_ago_are_none_of_a_quarter_earlier(tmp_path):
    """The books hold December and June, but no March."""
    held = [
        balance(f"a{n}", day, "time", yuan)
        for day, yuan in (("2023-12-31", "100000"), ("2024-06-30", "101000"))
        for n in range(6)
    ]
    data = prepare(*put(tmp_path, tables(balances=held)), JUNE)
    assert [quarter.as_of for quarter in data.history] == [date(2023, 12, 31), JUNE]
    shown = figures.key_figures(data, "head_office", "", "en").set_index("Figure")
    assert shown.loc["AUM (average daily)", ["Now", "A quarter earlier"]].tolist() == ["0.61M", "—"]
    assert "AUM (average daily)" not in set(figures.targets(data, "head_office", "", "en")["Figure"])
    ladder = figures.ladder(data, "head_office", "", "en")
    assert ladder["now"].tolist() == [5, 0, 6, 0, 0, 0, 0]
    assert ladder["before"].isna().all()


@pytest.fixture
def standings(view, monkeypatch):
    """Makes a branch stand as given, by figure (z and verdict), with rows in the named lists; its weakest link."""

    def weakest(figures_of_branch, *lists):
        rows = pd.DataFrame.from_dict(figures_of_branch, orient="index", columns=["z", "verdict"])
        monkeypatch.setattr(views, "standing", lambda *_: rows)
        listed = pd.DataFrame({"customer_id": ["a1"]})
        monkeypatch.setattr(call_sheets, "remedy_rows", lambda *given: listed if given[2] in lists else listed[:0])
        link = views.weakest_link(view, "B1", 5)
        return link.metric, link.verdict, link.remedied, link.remedy

    return weakest


def test_verdict_is_on_the_weakest_figure_also_if_it_has_no_list(standings):
    found = standings({"mobile_share": (-6.0, "worse"), "overdue_share": (2.5, "better")}, "overdue")
    assert found == ("mobile_share", "worse", "overdue_share", "other")


def test_verdict_is_on_the_weakest_figure_also_if_its_list_is_empty(standings):
    figures_of_branch = {"overdue_share": (-9.0, "worse"), "wealth_share": (0.5, "chance")}
    assert standings(figures_of_branch) == ("overdue_share", "worse", "", "none")
    assert standings(figures_of_branch, "overdue") == ("overdue_share", "worse", "overdue_share", "own")


def test_branch_without_figures_has_no_verdict_on_them(standings):
    assert standings({}) == ("", "none", "", "none")
    assert verdict_text("none", "en") == "No figure of the branch can be compared with the bank's."


def test_list_says_which_figure_it_is_for():
    assert remedy_text("other", "逾期未联系率", "zh") == (
        "该指标暂无可用名单，下列本支行客户名单对应有名单的指标中最弱的一项：逾期未联系率。"
    )


def test_every_figure_is_drawn_from_little_data(view):
    compared = figures.branches_compared(view, "active_share")
    drawn = [
        growth(figures.history(view, ["aum", "deposits", "wealth"], "head_office")),
        change_steps(figures.steps_of_change(view, "head_office", "", "en")),
        ladder_levels(figures.ladder(view, "head_office", "", "en")),
        branch_ranking(compared, "Active"),
        branch_funnel(compared, "Active"),
        branch_rankings(figures.all_compared(view, "en")),
        branch_rankings({}),
        own_results(views.own_shares(view, "h2", "en")),
    ]
    assert all(figure.axes for figure in drawn)


def test_levels_are_named_by_their_ends():
    assert [in_language(level_title(level), "zh") for level in (0, 3, 6)] == ["0–1万", "20万–50万", "500万以上"]
    assert [level_title(level) for level in (0, 3, 6)] == ["0–10k", "200k–500k", "5M and more"]


def test_shares_of_branches_are_compared_with_the_whole_banks(tmp_path):
    """Of thirteen customers one was active; homeless, of no known branch, counts in the bank's share too."""
    more = [customer(f"b{n}", "B2", "m2") for n in (3, 4)]
    data = prepare(*put(tmp_path, tables(customers=[*CUSTOMERS, *more])), JUNE)
    assert set(figures.branches_compared(data, "active_share")["bank"]) == {1 / 13}
    assert data.figures.at("head_office").loc["active_share", "value"] == 1 / 13


def grown(view, then, now, growth):
    """The row of a target of growth, of which the figure was and is as given."""
    rows = view.figures.at("head_office").reset_index()
    made = [
        replace(
            view.figures, as_of=day, rows=rows.assign(grain="head_office", unit_id="", value=count, customers=count)
        )
        for day, count in ((date(2024, 3, 31), then), (JUNE, now))
    ]
    aims = view.metrics.model_copy(update={"targets": [Target(metric="core_customers", growth=growth)]})
    return figures.targets(replace(view, metrics=aims, history=tuple(made)), "head_office", "", "en").values.tolist()


def test_target_of_customers_is_a_whole_number_that_reaches_it(view):
    """110 x 1.1 is 121.00000000000001 to a machine; 103 are fewer than 101 x 1.02 = 103.02."""
    assert grown(view, 110, 121, 0.1) == [["Core customers (500k and more)", "121", "121", "✓"]]
    assert grown(view, 101, 103, 0.02) == [["Core customers (500k and more)", "104", "103", "✗"]]


def test_missed_target_is_told_apart_from_what_came(view):
    """2.4% twice would say that 2.3999% reached it."""
    rows = view.figures.at("head_office").reset_index().assign(grain="head_office", unit_id="", customers=50)
    aims = view.metrics.model_copy(update={"targets": [Target(metric="conversion_share", share=0.024)]})
    found = []
    for share in (0.0241, 0.023999, 0.021):
        figures_now = replace(view.figures, rows=rows.assign(value=share))
        shown = figures.targets(replace(view, metrics=aims, history=(figures_now,)), "head_office", "", "en")
        found.append(shown.values.tolist()[0][1:])
    assert found == [["2.4%", "2.4%", "✓"], ["2.4000%", "2.3999%", "✗"], ["2.4%", "2.1%", "✗"]]


def test_target_tells_no_count_of_fewer_than_five(view):
    assert grown(view, 4, 9, 0.5) == []


def test_who_works_at_no_branch_is_compared_with_none(tmp_path):
    """h2 of no branch is not beside homeless, the customer of no known branch."""
    staff = [row | ({"branch_id": None} if row["staff_id"] == "m1" else {}) for row in STAFF_OF_ALL]
    data = prepare(*put(tmp_path, tables(staff=staff)), JUNE)
    rows = views.own_shares(data, "m1", "en")
    assert len(rows)
    assert rows["branch"].isna().all()


def test_lowest_level_of_few_is_merged_with_the_one_above(tmp_path):
    held = [balance(f"a{n}", "2024-06-30", "time", "5" if n < 2 else "20000") for n in range(6)]
    held += [balance(name, "2024-06-30", "time", "20000") for name in ("b0", "b1", "b2", "new", "homeless")]
    data = prepare(*put(tmp_path, tables(balances=held)), JUNE)
    found = figures.ladder(data, "head_office", "", "en")
    assert found[["level", "now"]].values.tolist()[0] == ["Below 10k yuan, and above", 11]
    assert found["now"].sum() == 11


def test_customers_are_named_to_the_branch_of_the_books_also_where_the_old_one_counts_them(view):
    """By `moved_in_quarter: old_branch` a5, whom B1 keeps now, counts for B2 in the quarter of the move."""
    counted = replace(view)
    moved = view.customers.assign(branch_id=view.customers["branch_id"].where(view.customers.index != "a5", "B2"))
    vars(counted)["customers"] = moved
    assert "a5" in call_sheets.of_branch(counted, "B1").index
    assert "a5" not in call_sheets.of_branch(counted, "B2").index
    assert "a5" in call_sheets.of_employee(counted, "m1").index
