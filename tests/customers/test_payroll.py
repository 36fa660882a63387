"""Payrolls: which payers are one, whose people theirs are, who is on the month's roll and what they lack."""

from datetime import date

import duckdb
import openpyxl
import pandas as pd
import pytest

from goldmine.contract.intake import open_bank
from goldmine.core.engine import connect
from goldmine.core.workspace import Workspace
from goldmine.customers.employer_rules import ProductWorth, load_employer_rules
from goldmine.customers.employer_staff import employer_staff, firms_without_payroll, key_people, staff_on_books
from goldmine.customers.payroll import find_payrolls
from goldmine.customers.source_tables import SourceTables
from goldmine.publishing.employer_lists import left_list, staff_list, write_proposals
from goldmine.sample import write_bank
from tests.tiny import balance, make_bank, transaction

AS_OF = date(2024, 6, 30)
RULES = load_employer_rules()
MONTHS = ("2024-03", "2024-04", "2024-05", "2024-06")


def paid(payer: str, people: str, day: int = 10, months: tuple[str, ...] = MONTHS, **more) -> list[dict]:
    """Wages of 3,000 yuan that a payer pays each of some people, named by one letter, each month."""
    wage = {"direction": "in", "channel": "batch", "kind": "salary", "counterparty": payer, "amount": "3000.00"} | more
    return [
        transaction(f"{payer}-{who}-{month}", who, f"{month}-{day:02d}T09:00", **wage)
        for month in months
        for who in people
    ]


def sources(tmp_path, moves: list[dict], **tables) -> SourceTables:
    people = sorted({row["customer_id"] for row in moves} | {row["customer_id"] for row in tables.get("customers", [])})
    known = {row["customer_id"]: row for row in tables.pop("customers", [])}
    customers = [{"customer_id": who, "opened_on": date(2015, 1, 1)} | known.get(who, {}) for who in people]
    bank = make_bank(tmp_path, {"customers": customers, "transactions": moves, **tables})
    return SourceTables(connect(), bank, Workspace(tmp_path / "work"))


def payers(tmp_path, moves: list[dict], **tables) -> list[tuple]:
    found = find_payrolls(sources(tmp_path, moves, **tables), AS_OF, RULES).payers
    found = found.astype({"employer_id": object}).where(found.notna(), None)
    return list(found[["payer", "payer_kind", "employer_id", "payees"]].itertuples(index=False, name=None))


def on_record(people: str, employer: str) -> list[dict]:
    return [{"customer_id": who, "employer_id": employer} for who in people]


def test_a_payer_of_several_people_on_one_day_each_month_is_a_payroll(tmp_path):
    assert payers(tmp_path, paid("W1", "ABC")) == [("W1", "own", None, 3)]


@pytest.mark.parametrize(
    "moves",
    [
        paid("W1", "AB"),
        paid("W1", "ABC", months=("2024-06",)),
        paid("W1", "ABC", months=("2024-05",)) + paid("W1", "DEF", months=("2024-06",)),
        paid("W1", "ABC", months=("2024-05",)) + paid("W1", "ABC", months=("2024-06",), amount="9000.00"),
        paid("W1", "ABC", kind="pension"),
        paid("W1", "ABC", kind="transfer", counterparty_name="县社会保险基金"),
        paid("W1", "ABC", direction="out"),
        paid("W1", "ABC", known_on=date(2024, 7, 1)),
        paid("W1", "ABC", months=("2023-10", "2023-11", "2023-12")),
    ],
    ids=["two people", "one month", "others each month", "other amounts", "pension", "public", "out", "later", "past"],
)
def test_what_does_not_repeat_or_is_no_wage_is_no_payroll(tmp_path, moves):
    assert payers(tmp_path, [*moves, transaction(1, "Z", "2024-06-01T09:00")]) == []


def test_an_employer_is_known_by_the_firm_that_pays(tmp_path):
    moves = paid("W1", "ABC", counterparty_customer_id="F")
    firm = [{"customer_id": "F", "kind": "firm"}]
    employers = [{"employer_id": "E1", "name": "Mill", "customer_id": "F"}]
    assert payers(tmp_path, moves, customers=firm, employers=employers) == [("W1", "own", "E1", 3)]


@pytest.mark.parametrize("name", ["青泉板材有限公司代发工资户", "青泉板材有限", "青泉板材有限公司"])
def test_an_employer_is_known_by_the_payers_name_even_if_it_was_cut_off(tmp_path, name):
    employers = [{"employer_id": "E1", "name": "青泉板材有限公司"}, {"employer_id": "E2", "name": "青泉小学"}]
    assert payers(tmp_path, paid("W1", "ABC", counterparty_name=name), employers=employers) == [("W1", "own", "E1", 3)]


def test_a_name_of_two_employers_tells_neither(tmp_path):
    employers = [{"employer_id": number, "name": "青泉板材有限公司"} for number in ("E1", "E2")]
    moves = paid("W1", "ABC", counterparty_name="青泉板材有限公司")
    assert payers(tmp_path, moves, employers=employers) == [("W1", "own", None, 3)]


def test_one_account_may_pay_for_two_employers(tmp_path):
    moves = paid("W1", "ABCDE", 10, counterparty_name="Mill Group") + paid("W1", "FGHIJ", 20)
    employers = [{"employer_id": "E1", "name": "Mill Group"}, {"employer_id": "E2", "name": "Mill Sawing"}]
    customers = on_record("ABCDE", "E1") + on_record("FGHIJ", "E2")
    found = payers(tmp_path, moves, customers=customers, employers=employers)
    assert found == [("W1", "shared", "E1", 5), ("W1", "shared", "E2", 5)]


def test_an_agency_is_told_by_its_name_and_its_people_by_their_employer_on_record(tmp_path):
    moves = paid("W1", "ABCDEFG", counterparty_name="平安人力资源有限公司")
    customers = on_record("ABC", "E1") + on_record("DEF", "E2")
    employers = [{"employer_id": number, "name": f"Firm {number}"} for number in ("E1", "E2")]
    found = payers(tmp_path, moves, customers=customers, employers=employers)
    assert found == [("W1", "agency", "E1", 3), ("W1", "agency", "E2", 3), ("W1", "agency", None, 1)]


def test_an_agency_is_told_by_the_many_employers_of_its_people(tmp_path):
    moves = paid("W1", "ABCDEFGHI", counterparty_name="平安服务有限公司")
    customers = on_record("ABC", "E1") + on_record("DEF", "E2") + on_record("GHI", "E3")
    kinds = {kind for _, kind, *_ in payers(tmp_path, moves, customers=customers)}
    assert kinds == {"agency"}


def test_an_owners_private_account_pays_for_the_employer_on_record(tmp_path):
    moves = paid("P1", "ABC", kind="transfer", counterparty_customer_id="O", counterparty_name="王伟")
    customers = [*on_record("ABC", "E1"), {"customer_id": "O", "kind": "person"}]
    employers = [{"employer_id": "E1", "name": "Mill"}]
    assert payers(tmp_path, moves, customers=customers, employers=employers) == [("P1", "private", "E1", 3)]


def test_a_persons_account_is_no_agencys_though_its_people_have_many_employers_on_record(tmp_path):
    moves = paid("P1", "ABCDEFGHI", kind="transfer", counterparty_customer_id="O", counterparty_name="王伟")
    customers = [
        *on_record("ABCDE", "E1"),
        *on_record("FG", "E2"),
        *on_record("HI", "E3"),
        {"customer_id": "O", "kind": "person"},
    ]
    employers = [{"employer_id": number, "name": f"Firm {number}"} for number in ("E1", "E2", "E3")]
    assert {kind for _, kind, *_ in payers(tmp_path, moves, customers=customers, employers=employers)} == {"private"}


def test_two_numbers_of_one_person_are_one_payee(tmp_path):
    moves = paid("W1", "ABC") + paid("W1", "D")
    customers = [{"customer_id": "D", "merged_into": "C", "merged_on": date(2024, 1, 1)}]
    assert payers(tmp_path, moves, customers=customers) == [("W1", "own", None, 3)]


def test_the_roll_tells_paid_new_left_and_elsewhere(tmp_path):
    moves = paid("W1", "ABC", counterparty_name="Mill") + paid("W1", "D", months=("2024-03", "2024-04"))
    moves += [*paid("W1", "N", months=("2024-06",)), transaction(1, "X", "2024-06-01T09:00")]
    customers = on_record("ABCDX", "E1")
    given = sources(tmp_path, moves, customers=customers, employers=[{"employer_id": "E1", "name": "Mill"}])
    staff = employer_staff(given, find_payrolls(given, AS_OF, RULES), AS_OF, RULES)
    status = staff.needs.set_index("customer_id")["pay_status"].to_dict()
    assert status == {"A": "paid", "B": "paid", "C": "paid", "D": "left", "N": "new", "X": "elsewhere"}
    assert staff.needs.set_index("customer_id").loc["X", "next_best"] == "payroll"
    assert pd.isna(staff.needs.set_index("customer_id").loc["D", "next_best"])
    (row,) = staff.employers.to_dict("records")
    counts = ("paid_staff", "new_staff", "left_staff", "elsewhere_staff", "lacks_payroll")
    assert [row[name] for name in counts] == [4, 1, 1, 1, 1]
    left = left_list(staff.needs, staff.employers)
    assert left[["customer_id", "employer_name", "last_paid"]].to_numpy().tolist() == [["D", "Mill", "2024-04"]]


def test_who_is_paid_by_another_employer_now_has_not_left(tmp_path):
    moves = [*paid("W1", "ABCD", counterparty_name="Mill", months=("2024-03", "2024-04")), *paid("W1", "ABC")]
    moves += [*paid("W2", "EFG", counterparty_name="Saw"), *paid("W2", "D", months=("2024-06",))]
    employers = [{"employer_id": "E1", "name": "Mill"}, {"employer_id": "E2", "name": "Saw"}]
    given = sources(tmp_path, moves, customers=on_record("ABCD", "E1") + on_record("EFG", "E2"), employers=employers)
    staff = employer_staff(given, find_payrolls(given, AS_OF, RULES), AS_OF, RULES)
    assert "left" in set(staff.needs["pay_status"])
    assert left_list(staff.needs, staff.employers).empty


def test_who_moves_to_another_account_of_the_employer_is_not_new(tmp_path):
    moves = [*paid("W1", "ABC", counterparty_name="Mill"), *paid("W1", "M", months=MONTHS[:3])]
    moves += [*paid("W2", "DEF", 15, counterparty_name="Mill"), *paid("W2", "MN", 15, months=MONTHS[3:])]
    customers = on_record("ABCDEFMN", "E1")
    given = sources(tmp_path, moves, customers=customers, employers=[{"employer_id": "E1", "name": "Mill"}])
    staff = employer_staff(given, find_payrolls(given, AS_OF, RULES), AS_OF, RULES)
    status = staff.needs.set_index("customer_id")["pay_status"]
    assert status.to_dict() == dict.fromkeys("ABCDEFM", "paid") | {"N": "new"}


def test_who_is_paid_by_two_payers_of_an_employer_counts_once_there(tmp_path):
    bonus = {"amount": "700.00", "counterparty_name": "Mill"}
    moves = [*paid("W1", "ABCD", counterparty_name="Mill", months=MONTHS[:2]), *paid("W1", "ABC", months=MONTHS[2:])]
    moves += [*paid("B1", "ABD", 25, MONTHS[:3], **bonus), *paid("B1", "AB", 25, MONTHS[3:], **bonus)]
    moves += [*paid("B1", "N", 25, MONTHS[3:], **bonus)]
    employers = [{"employer_id": "E1", "name": "Mill"}]
    customers = [row | {"mobile_bank_on": date(2024, 7, 1)} for row in on_record("ABCDN", "E1")]
    given = sources(tmp_path, moves, customers=customers, employers=employers)
    rules = RULES.model_copy(update={"products": {"mobile_bank": ProductWorth(value=100, rate=0.1)}})
    payrolls = find_payrolls(given, AS_OF, rules)
    assert set(payrolls.payers["payer"]) == {"B1", "W1"}
    staff = employer_staff(given, payrolls, AS_OF, rules)
    columns = ["customer_id", "payer", "pay_status", "last_paid"]
    assert staff.needs.sort_values("customer_id")[columns].to_numpy().tolist() == [
        ["A", "W1", "paid", "2024-06"],
        ["B", "W1", "paid", "2024-06"],
        ["C", "W1", "paid", "2024-06"],
        ["D", "B1", "left", "2024-05"],
        ["N", "B1", "new", "2024-06"],
    ]
    (row,) = staff.employers.to_dict("records")
    assert [row[name] for name in ("paid_staff", "left_staff", "lacks_mobile_bank")] == [4, 1, 4]
    assert row["expected_value"] == 40.0


def test_what_an_employers_people_lack_is_worth_a_visit(tmp_path):
    moves = [*paid("W1", "ABC", counterparty_name="Mill"), transaction(1, "A", "2024-06-01T09:00", kind="utility")]
    card = {"customer_id": "B", "social_security_card_on": date(2020, 1, 1), "mobile_bank_on": date(2024, 7, 1)}
    customers = [{**row, **(card if row["customer_id"] == "B" else {})} for row in on_record("ABC", "E1")]
    given = sources(tmp_path, moves, customers=customers, employers=[{"employer_id": "E1", "name": "Mill"}])
    staff = employer_staff(given, find_payrolls(given, AS_OF, RULES), AS_OF, RULES)
    needs = staff.needs.set_index("customer_id")
    assert needs["lacks_social_security_card"].to_dict() == {"A": True, "B": False, "C": True}
    assert needs["lacks_mobile_bank"].to_dict() == {"A": True, "B": True, "C": True}
    assert needs["lacks_utilities"].to_dict() == {"A": False, "B": True, "C": True}
    assert needs["next_best"].to_dict() == {
        "A": "social_security_card",
        "B": "mobile_bank",
        "C": "social_security_card",
    }
    lacking = {"social_security_card": 2, "mobile_bank": 3, "utilities": 2, "wallet": 3}
    worth = sum(RULES.products[name].value * RULES.products[name].rate * count for name, count in lacking.items())
    assert staff.employers["expected_value"].tolist() == [pytest.approx(worth)]


def test_a_card_is_known_by_its_day_under_any_number_of_the_person_and_not_asked_about_without_the_column(tmp_path):
    moves = paid("W1", "ABC", counterparty_name="Mill")
    days = {"A": date(2024, 6, 30), "B": date(2024, 7, 1), "C": None}
    customers = [row | {"credit_card_on": days[row["customer_id"]]} for row in on_record("ABC", "E1")]
    old = {"customer_id": "O", "merged_into": "C", "merged_on": date(2024, 1, 1), "credit_card_on": date(2020, 1, 1)}
    tables = {"employers": [{"employer_id": "E1", "name": "Mill"}]}
    given = sources(tmp_path / "with", moves, customers=[*customers, old], **tables)
    staff = employer_staff(given, find_payrolls(given, AS_OF, RULES), AS_OF, RULES)
    assert dict(zip(staff.needs["customer_id"], staff.needs["lacks_credit_card"], strict=True)) == {
        "A": False,
        "B": True,
        "C": False,
    }
    missing = staff_list(staff.needs, staff.employers, "zh").set_index("customer_id")["lacking"]
    assert missing["B"] == missing["A"] + "、信用卡"
    given = sources(tmp_path / "without", moves, customers=on_record("ABC", "E1"), **tables)
    assert "lacks_credit_card" not in employer_staff(given, find_payrolls(given, AS_OF, RULES), AS_OF, RULES).needs
    card_alone = RULES.model_copy(update={"products": {"credit_card": ProductWorth()}})
    needs = employer_staff(given, find_payrolls(given, AS_OF, card_alone), AS_OF, card_alone).needs
    assert needs["next_best"].tolist() == [None, None, None]


def test_wages_paid_here_are_worth_the_margin_on_what_the_paid_hold_more(tmp_path):
    moves = [*paid("W1", "ABC", counterparty_name="Mill"), transaction(1, "X", "2024-06-01T09:00")]
    held = [
        *(balance(who, "2024-06-30", "demand", "9000.00") for who in "ABC"),
        balance("A", "2024-06-30", "loan", "500000.00"),
        balance("X", "2024-06-30", "time", "1000.00"),
        balance("X", "2024-05-31", "time", "90000.00"),
    ]
    employers = [{"employer_id": "E1", "name": "Mill"}]
    given = sources(tmp_path, moves, customers=on_record("ABCX", "E1"), employers=employers, balances=held)
    only_payroll = {"payroll": ProductWorth(rate=0.25)}
    rules = RULES.model_copy(update={"products": only_payroll, "deposit_margin": 0.01})
    staff = employer_staff(given, find_payrolls(given, AS_OF, rules), AS_OF, rules)
    assert staff.employers["expected_value"].tolist() == [(9_000 - 1_000) * 0.01 * 0.25]


def test_without_worths_the_value_of_a_visit_is_missing_and_the_largest_employers_come_first(tmp_path):
    moves = [*paid("W1", "ABC", counterparty_name="Mill"), *paid("W2", "DEFG", counterparty_name="Saw")]
    employers = [{"employer_id": "E1", "name": "Mill"}, {"employer_id": "E2", "name": "Saw"}]
    given = sources(tmp_path, moves, customers=on_record("ABC", "E1") + on_record("DEFG", "E2"), employers=employers)
    rules = RULES.model_copy(update={"products": {"payroll": ProductWorth()}})
    staff = employer_staff(given, find_payrolls(given, AS_OF, rules), AS_OF, rules)
    assert staff.employers["employer_id"].tolist() == ["E2", "E1"]
    assert staff.employers["expected_value"].isna().all()


def test_firms_that_pay_no_wages_here_and_their_executives_are_listed(tmp_path):
    moves = paid("W1", "ABC", counterparty_customer_id="F")
    firms = [{"customer_id": name, "kind": "firm"} for name in "FGH"]
    customers = [*firms, *on_record("A", "E2"), {"customer_id": "O", "kind": "person"}, {"customer_id": "Q"}]
    employers = [{"employer_id": "E2", "name": "Saw", "industry": "board", "customer_id": "G"}]
    led = {"relation": "executive", "since": date(2020, 1, 1)}
    relations = [
        {"customer_id": "G", "related_id": "O", **led},
        {"customer_id": "G", "related_id": "Q", **led, "ended_on": date(2024, 1, 1)},
    ]
    given = sources(tmp_path, moves, customers=customers, employers=employers, relations=relations)
    payrolls = find_payrolls(given, AS_OF, RULES)
    staff = employer_staff(given, payrolls, AS_OF, RULES)
    rows = firms_without_payroll(given, staff.people, payrolls, AS_OF)
    assert rows[["customer_id", "staff_on_record"]].to_numpy().tolist() == [["G", 1], ["H", 0]]
    assert key_people(given, staff.people, AS_OF)["customer_id"].tolist() == ["O"]


def test_a_firm_pays_under_each_of_its_numbers(tmp_path):
    """Its wages come from a number that was merged away, or its employer stands under that one."""
    firms = [{"customer_id": "OLD", "kind": "firm", "name": "Saw Mill", "merged_into": "NEW"}]
    firms += [{"customer_id": "NEW", "kind": "firm", "name": "Saw Mill"}]
    for pays, owns in (("OLD", "NEW"), ("NEW", "OLD"), ("OLD", "OLD")):
        moves = paid("W1", "ABC", counterparty_customer_id=pays)
        employers = [{"employer_id": "E1", "name": "River Mill", "industry": "board", "customer_id": owns}]
        given = sources(tmp_path / pays / owns, moves, customers=firms, employers=employers)
        payrolls = find_payrolls(given, AS_OF, RULES)
        assert payrolls.payers[["payer_customer_id", "employer_id"]].to_numpy().tolist() == [["NEW", "E1"]]
        assert firms_without_payroll(given, staff_on_books(given, AS_OF), payrolls, AS_OF).empty


def test_an_employer_under_a_number_that_was_merged_away_is_named(tmp_path):
    firms = [{"customer_id": "OLD", "kind": "firm", "merged_into": "NEW"}, {"customer_id": "NEW", "kind": "firm"}]
    employers = [{"employer_id": "E1", "name": "River Mill", "industry": "board", "customer_id": "OLD"}]
    given = sources(tmp_path, paid("W1", "ABC"), customers=[*firms, *on_record("X", "E1")], employers=employers)
    rows = firms_without_payroll(given, staff_on_books(given, AS_OF), find_payrolls(given, AS_OF, RULES), AS_OF)
    columns = ["customer_id", "employer_name", "industry", "staff_on_record"]
    assert rows[columns].to_numpy().tolist() == [["NEW", "River Mill", "board", 1]]


def test_an_employer_whose_row_stands_twice_is_known_by_its_name(tmp_path):
    employers = [{"employer_id": "E1", "name": "River Mill", "industry": "board"}] * 2
    given = sources(tmp_path, paid("W1", "ABC", counterparty_name="River Mill"), employers=employers)
    found = employer_staff(given, find_payrolls(given, AS_OF, RULES), AS_OF, RULES).employers
    assert found[["employer_id", "industry", "paid_staff"]].to_numpy().tolist() == [["E1", "board", 3]]


@pytest.mark.parametrize(("months", "have"), [(MONTHS, 1), (MONTHS[:3], None)], ids=["paid", "all have left"])
def test_of_nobody_no_share_has_a_product(tmp_path, months, have):
    moves = paid("W1", "ABC", months=months, counterparty_name="River Mill")
    given = sources(tmp_path, moves, employers=[{"employer_id": "E1", "name": "River Mill", "industry": "board"}])
    found = employer_staff(given, find_payrolls(given, AS_OF, RULES), AS_OF, RULES)
    page = openpyxl.load_workbook(write_proposals(given.work, AS_OF, found.employers, "en")).active
    assert ("wages paid here", 0, have) in list(page.iter_rows(values_only=True))


def test_a_bank_of_transactions_alone_has_payrolls_of_employers_it_cannot_name(tmp_path):
    given = sources(tmp_path, paid("W1", "ABC"))
    payrolls = find_payrolls(given, AS_OF, RULES)
    staff = employer_staff(given, payrolls, AS_OF, RULES)
    assert payrolls.payers[["payer", "payees"]].to_numpy().tolist() == [["W1", 3]]
    assert payrolls.payments["employer_id"].isna().all()
    assert firms_without_payroll(given, staff.people, payrolls, AS_OF).empty
    assert key_people(given, staff.people, AS_OF).empty


def test_the_name_of_a_client_that_is_no_firm_is_masked(tmp_path):
    customers = [
        {"customer_id": "F", "kind": "firm", "name": "榆泉木业有限公司"},
        {"customer_id": "T", "kind": "sole_trader", "name": "王小明"},
        *({"customer_id": who, "kind": "person"} for who in "AO"),
    ]
    led = {"relation": "shareholder", "since": date(2020, 1, 1), "related_id": "O"}
    relations = [{"customer_id": client, **led} for client in "FT"]
    given = sources(tmp_path, paid("W1", "A"), customers=customers, relations=relations)
    staff = employer_staff(given, find_payrolls(given, AS_OF, RULES), AS_OF, RULES)
    assert key_people(given, staff.people, AS_OF)["employer_name"].tolist() == ["榆泉木业有限公司", "王**"]


@pytest.mark.parametrize("seed", [2, 3])
def test_the_sample_banks_employers_are_found(tmp_path, seed):
    """Of employers with ten payees 95% are found, 2% of payees at most go to a wrong one, agencies are told apart."""
    write_bank(tmp_path / "bank", customers=6_000, months=24, seed=seed, end=date(2023, 12, 31))
    bank = open_bank(tmp_path / "bank", Workspace(tmp_path / "work"))
    day = bank.data_until
    found = find_payrolls(SourceTables(connect(), bank, Workspace(tmp_path / "work")), day, RULES)
    truth = duckdb.sql(f"""SELECT customer_id, employer_id AS works_at, payer, payer_kind AS true_kind
        FROM '{tmp_path}/bank/truth/employment.parquet' JOIN '{tmp_path}/bank/truth/payers.parquet' USING (employer_id)
        WHERE paid_here AND first_day <= DATE '{day}' - 20 AND coalesce(last_day, DATE '2099-01-01') > '{day}'""").df()
    sizes = truth["works_at"].value_counts()
    large = set(sizes[sizes >= 10].index)
    assert len(large) > 20
    assert len(large & set(found.payers["employer_id"])) >= 0.95 * len(large)
    now = found.payments[found.payments["month"] == f"{day:%Y-%m}"].merge(truth, on="customer_id")
    assert len(now) > 0.9 * len(truth)
    assert (now["employer_id"].notna() & (now["employer_id"] != now["works_at"])).mean() <= 0.02
    kinds = found.payers.merge(truth[["payer", "true_kind"]].drop_duplicates(), on="payer")
    assert ((kinds["payer_kind"] == "agency") == (kinds["true_kind"] == "agency")).all()
