"""The social security card on literal residents: who has one, who uses it, who lacks it, events of life."""

from datetime import date

import pytest

from goldmine.contract.display_names import display_names
from goldmine.core.errors import ContractError
from goldmine.grid.card_rules import CardRules
from goldmine.grid.card_sheets import card_lists, write_cards
from goldmine.grid.cards import Cards, card_table
from goldmine.grid.one_grid import make_grid
from goldmine.grid.rules import load_grid_rules
from tests.grid.test_one_grid import manager, village
from tests.grid.test_visits import consenting
from tests.tiny import Row, make_bank, workspace

JUNE = date(2024, 6, 30)
RULES = CardRules.model_validate(
    {
        "entitled": {"human_resources": {"ages": [60, 120]}, "agriculture": {"identities": ["farmer"]}},
        "event_days": 180,
        "pension_age": 60,
    }
)


def card(customer: str, issued: date, activated: date | None = None) -> Row:
    return {"customer_id": customer, "issued_on": issued, "activated_on": activated}


def use(customer: str, agency: str, since: date, ended: date | None = None) -> Row:
    return {"customer_id": customer, "agency": agency, "since": since, "ended_on": ended}


def found(tmp_path, customers: list[Row], cards: list[Row], uses: list[Row]) -> Cards:
    tables = {"customers": customers, "grids": [village("G1")], "staff": [manager("S1")]}
    tables |= {"social_security_cards": cards, "card_uses": uses}
    bank, work = make_bank(tmp_path / "bank", tables), workspace(tmp_path / "work")
    make_grid(bank, work, JUNE, load_grid_rules())
    return card_table(bank, work, JUNE, RULES)


OLD, NEW, LATER = date(2020, 1, 1), date(2024, 5, 1), date(2024, 7, 1)


def test_a_card_is_none_not_activated_unused_or_used_by_the_snapshot(tmp_path):
    customers = [consenting(number) for number in "ABCDEFG"] + [consenting("H", social_security_card_on=OLD)]
    cards = [card("B", OLD), card("C", OLD, OLD), card("D", OLD, OLD), card("E", LATER, LATER), card("F", OLD, LATER)]
    cards += [card("G", OLD, OLD)]
    uses = [use("D", "finance", NEW), use("G", "finance", LATER)]
    rows = found(tmp_path, customers, cards, uses)
    assert rows.people.set_index("customer_id")["card_status"].to_dict() == {
        "A": "none",
        "B": "not_activated",
        "C": "unused",
        "D": "used",
        "E": "none",
        "F": "not_activated",
        "G": "unused",
        "H": "not_activated",
    }
    counts = rows.by_village.iloc[0]
    assert counts[["residents", "card_holders", "active_cards", "used_cards"]].tolist() == [8, 6, 3, 1]
    assert (counts["card_share"], counts["active_share"]) == (0.75, 0.5)


def test_a_card_whose_payments_have_ended_is_used_before_and_not_in_use(tmp_path):
    customers = [consenting(number, birth_date=date(1950, 1, 1)) for number in "ABC"]
    uses = [use("A", "human_resources", OLD, date(2021, 1, 1)), use("B", "human_resources", OLD)]
    uses += [use("C", "human_resources", OLD)]
    rows = found(tmp_path, customers, [card("A", OLD, OLD), card("B", OLD, OLD)], uses)
    assert rows.people[["card_status", "agencies"]].values.tolist() == [
        ["used_before", ""],
        ["used", "human_resources"],
        ["none", "human_resources"],
    ]
    for counts in (rows.by_village, rows.by_agency):
        counted = counts.iloc[0][["residents", "card_holders", "active_cards", "used_cards"]].tolist()
        assert counted == [3, 2, 2, 1]
    assert rows.unused.empty


def test_who_is_entitled_and_has_none_is_told_by_agency(tmp_path):
    customers = [
        consenting("A", birth_date=date(1960, 1, 1), identity="farmer"),
        consenting("B", birth_date=date(1990, 1, 1), identity="farmer"),
        consenting("C", birth_date=date(1990, 1, 1), identity="worker"),
        consenting("D", birth_date=date(1960, 1, 1), identity="worker"),
        consenting("E", birth_date=None, identity="worker"),
    ]
    uses = [use("D", "human_resources", OLD), use("B", "agriculture", OLD, NEW)]
    rows = found(tmp_path, customers, [card("D", OLD, OLD), card("B", OLD, OLD)], uses)
    assert rows.people.set_index("customer_id")["entitled_by"].to_dict() == {
        "A": "agriculture,human_resources",
        "B": "agriculture",  # the payments have ended
        "C": "",
        "D": "",
        "E": "",
    }
    assert rows.entitled["customer_id"].tolist() == ["A"]
    by_agency = rows.by_agency.set_index("agency")
    assert by_agency[["residents", "card_holders", "used_cards"]].values.tolist() == [[2, 1, 0], [2, 1, 1]]


def test_events_of_life_are_those_of_the_last_half_year(tmp_path):
    customers = [
        consenting("A", birth_date=date(2012, 1, 1)),
        consenting("B", birth_date=date(2006, 6, 1)),
        consenting("C", birth_date=date(1964, 4, 1)),
        consenting("D", birth_date=date(1960, 1, 1)),
        consenting("E", birth_date=date(1980, 1, 1)),
        consenting("F", birth_date=date(1980, 1, 1)),
    ]
    cards = [card("A", NEW), card("D", OLD, OLD), card("E", NEW), card("F", OLD)]
    rows = found(tmp_path, customers, cards, [use("D", "human_resources", NEW)])
    events = rows.events.set_index("customer_id")["life_event"].to_dict()
    assert events == {
        "A": "first_card",
        "B": "comes_of_age",
        "C": "pension_age",
        "D": "pension_card",
        "E": "card",
    }


def test_lists_and_sheets_have_words(tmp_path):
    import openpyxl

    customers = [consenting("A", birth_date=date(1960, 1, 1), identity="farmer")]
    rows = found(tmp_path, customers, [], [])
    assert card_lists(rows, "zh")["cards_entitled"]["entitled_by"].tolist() == ["农业农村部门、人社部门"]
    bank = make_bank(tmp_path / "names", {"customers": customers, "grids": [village("G1")]})
    book = openpyxl.load_workbook(write_cards(tmp_path / "cards.xlsx", rows, JUNE, (display_names(bank), "zh")))
    assert book.sheetnames == ["按村", "按年龄", "按部门"]
    assert [cell.value for cell in book["按部门"]["A"]][1:] == ["农业农村部门", "人社部门"]


def test_a_bank_that_knows_no_cards_is_told(tmp_path):
    bank = make_bank(tmp_path / "bank", {"customers": [consenting("A")]})
    with pytest.raises(ContractError, match="neither social_security_cards"):
        card_table(bank, workspace(tmp_path / "work"), JUNE, RULES)
