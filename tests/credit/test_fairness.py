"""Limits by age band, gender and village: counts, the four-fifths line, small groups left out."""

from datetime import date

import openpyxl
import pytest

from goldmine.contract.display_names import DisplayNames
from goldmine.core.errors import UseCaseError
from goldmine.credit.fairness import fairness_table, write_fairness
from goldmine.credit.limits import build_limits
from goldmine.credit.why import adverse_reasons, why
from goldmine.plots.credit import four_fifths_figure, limits_by_product
from tests.credit.conftest import AS_OF, customer, deposits, rules_of, tables
from tests.tiny import make_bank, workspace


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """40 women and 40 men in trade, 10 of the women and 20 of the men too poor for a limit; 5 of no known gender."""
    folder = tmp_path_factory.mktemp("fairness")
    people, held, traders = [], [], []
    for number in range(85):
        gender = "F" if number < 40 else "M" if number < 80 else None
        name, poor = f"C{number:02}", number < 10 or 40 <= number < 60
        born = date(1995, 1, 1) if number % 2 else date(1960, 1, 1)
        people.append(customer(name, gender=gender, birth_date=born, grid_id="G1" if number < 84 else "G2"))
        held += deposits(name, 100 if poor else 20_000, months=["2024-06-30"]) if poor else deposits(name, 20_000)
        traders.append({"customer_id": name, "trade": "nut_roasting", "since": date(2020, 1, 1), "ended_on": None})
    bank, work = make_bank(folder / "bank", tables(people, held, merchants=traders)), workspace(folder / "work")
    build_limits(bank, work, AS_OF, rules_of())
    return bank, work, fairness_table(bank, work, AS_OF)


def test_groups_are_counted_and_held_against_the_best(compared):
    rows = compared[2].query("compared_by == 'gender'").set_index("group_name")
    assert rows["asked_about"].to_dict() == {"F": 40, "M": 40}
    assert rows["approval"].to_dict() == {"F": 0.75, "M": 0.5}
    assert rows["four_fifths"].round(3).to_dict() == {"F": 1.0, "M": 0.667}
    assert rows["mean_limit"].to_dict() == {"F": 100_000, "M": 100_000}
    assert set(rows["main_refusal"]) == {"too_small"}


def test_age_bands_and_villages_are_compared_and_groups_of_few_are_left_out(compared):
    rows = compared[2]
    assert set(rows.query("compared_by == 'age'")["group_name"]) == {"young", "senior"}
    assert set(rows.query("compared_by == 'village'")["group_name"]) == {"G1"}


def test_customers_of_no_known_age_are_in_no_age_band(tmp_path):
    """35 are 64 years old; of 35 others nobody knows the age, and the rules refuse them."""
    people = [customer(f"C{number:02}", birth_date=date(1960, 1, 1) if number < 35 else None) for number in range(70)]
    names = [one["customer_id"] for one in people]
    traders = [{"customer_id": name, "trade": "nut_roasting", "since": date(2020, 1, 1)} for name in names]
    given = tables(people, [row for name in names for row in deposits(name, 20_000)], merchants=traders)
    bank, work = make_bank(tmp_path / "bank", given), workspace(tmp_path / "work")
    build_limits(bank, work, AS_OF, rules_of())
    rows = fairness_table(bank, work, AS_OF).query("compared_by == 'age'").set_index("group_name")
    assert rows[["asked_about", "approval"]].to_dict("index") == {"senior": {"asked_about": 35, "approval": 1.0}}


def test_the_workbook_has_words_and_no_customer(compared):
    _bank, work, rows = compared
    names = DisplayNames({"grids": {"G1": "上磨村"}})
    sheet = openpyxl.load_workbook(write_fairness(work, rows, rules_of(), (names, "zh"), as_of=AS_OF)).active
    cells = {cell.value for row in sheet.iter_rows() for cell in row}
    assert {"女", "男", "性别", "获额比例", "Nuts", "上磨村（G1）"} <= cells
    assert not [value for value in cells if str(value).startswith("C0")]


def test_where_nobody_has_a_limit_no_group_is_called_the_best(compared, tmp_path):
    bank, work = compared[0], workspace(tmp_path / "work")
    build_limits(bank, work, AS_OF, rules_of(exclusions={"min_months": 600}))
    rows = fairness_table(bank, work, AS_OF)
    assert rows["with_limit"].sum() == 0
    assert rows["four_fifths"].isna().all()


def test_where_every_product_is_off_there_is_nothing_to_compare_and_nothing_to_explain(tmp_path):
    bank, work = make_bank(tmp_path / "bank", tables([customer("C1")], deposits("C1", 1))), workspace(tmp_path / "work")
    built = build_limits(bank, work, AS_OF, rules_of())
    assert list(built.switched_off) == ["nuts"]
    rows = fairness_table(bank, work, AS_OF)
    assert rows.empty
    write_fairness(work, rows, rules_of(), (DisplayNames({}), "en"), as_of=AS_OF)
    assert [str(line) for line in why(bank, work, AS_OF, "C1")] == [
        "no credit product has anything to work a limit out from for this customer"
    ]
    assert adverse_reasons(work, AS_OF, "C1") == []
    assert [
        figure.axes[0].get_title("left") for figure in (limits_by_product(built), four_fifths_figure(rows, {}))
    ] == [
        "Who gets a limit, by product",
        "Share with a limit against the best group; the line is four fifths",
    ]


def test_without_limits_the_comparison_says_what_to_run(tmp_path):
    bank = make_bank(tmp_path / "bank", tables([customer("C1")], deposits("C1", 1)))
    with pytest.raises(UseCaseError, match="there are no limits"):
        fairness_table(bank, workspace(tmp_path / "work"), AS_OF)
