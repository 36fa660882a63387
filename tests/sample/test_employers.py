"""Employers, who pays their wages, and the other sides of transactions in the sample bank."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from goldmine.sample import write_bank

END = date(2024, 6, 30)


@pytest.fixture(scope="module")
def bank(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("employers") / "bank"
    write_bank(folder, customers=10_000, months=30, seed=4, end=END)
    return folder


def row(query: str) -> tuple:
    return duckdb.sql(query).fetchone()


def wages(bank: Path, month: str = "2024-06") -> str:
    """SQL of a month's wages with the truth: employer and payer of each customer."""
    return f"""(SELECT moves.*, employment.employer_id, payers.payer, payer_kind, industry
        FROM '{bank}/transactions/{month}.parquet' AS moves JOIN '{bank}/truth/employment.parquet' AS employment
        ON employment.customer_id = moves.customer_id AND paid_here
        AND first_day <= time::DATE AND coalesce(last_day, DATE '2099-01-01') >= time::DATE
        JOIN '{bank}/truth/payers.parquet' AS payers USING (employer_id)
        JOIN '{bank}/employers.parquet' USING (employer_id)
        WHERE channel = 'batch' AND direction = 'in' AND kind IN ('salary', 'transfer'))"""


def test_health_staff_paid_here_are_as_many_as_the_field_text_has(bank):
    staff = row(f"SELECT count(DISTINCT customer_id) FROM {wages(bank)} WHERE industry = 'health'")[0]
    assert staff * 2_000_000 / 10_000 == pytest.approx(30_000, abs=7_000)


def test_wages_come_from_the_employers_payer(bank):
    paid, right = row(f"SELECT count(*), count(*) FILTER (counterparty = payer) FROM {wages(bank)}")
    assert right == paid > 1_000


def test_an_employer_pays_all_on_one_day_and_most_the_same_as_last_month(bank):
    days = f"SELECT employer_id, count(DISTINCT time::DATE) AS days FROM {wages(bank)} GROUP BY ALL"
    assert row(f"SELECT max(days) FROM ({days})") == (1,)
    same = row(f"""SELECT avg((one.amount = two.amount)::INT) FROM {wages(bank)} AS one
        JOIN {wages(bank, "2024-05")} AS two USING (customer_id, employer_id)""")[0]
    assert same == pytest.approx(0.6, abs=0.05)


def test_an_agency_pays_for_several_employers_and_some_employers_share_a_payer(bank):
    several = f"""SELECT payer_kind, max(employers) FROM (SELECT payer, max(payer_kind) AS payer_kind,
        count(*) AS employers FROM '{bank}/truth/payers.parquet' GROUP BY payer) GROUP BY ALL"""
    most = dict(duckdb.sql(several).fetchall())
    assert most["agency"] > 3
    assert most["shared"] == 2
    assert most["owner"] == 1


def test_owners_pay_by_transfer_from_an_account_of_their_own(bank):
    kinds = f"""SELECT DISTINCT payer_kind, kind, counterparty_customer_id = substr(payer, 2)
        FROM {wages(bank)} WHERE payer_kind = 'owner'"""
    assert {found[:2] for found in duckdb.sql(kinds).fetchall()} == {("owner", "transfer")}
    persons = f"""SELECT DISTINCT customers.kind FROM {wages(bank)} AS wages
        JOIN '{bank}/customers.parquet' AS customers ON
        customers.customer_id = counterparty_customer_id WHERE payer_kind = 'owner'"""
    assert duckdb.sql(persons).fetchall() == [("person",)]


def test_a_client_employer_is_a_firm_of_the_same_name_with_an_executive(bank):
    clients, firms, led = row(f"""SELECT count(*), count(*) FILTER (kind = 'firm' AND customers.name = employers.name),
        count(*) FILTER (relation = 'executive') FROM '{bank}/employers.parquet' AS employers
        JOIN '{bank}/customers.parquet' AS customers USING (customer_id)
        LEFT JOIN (FROM '{bank}/relations.parquet' WHERE relation = 'executive') AS relations USING (customer_id)""")
    assert clients == firms == led > 40
    assert clients / row(f"SELECT count(*) FROM '{bank}/employers.parquet'")[0] == pytest.approx(0.57, abs=0.06)


def test_who_left_is_paid_no_longer_and_half_of_them_by_another_employer(bank):
    left, again = row(f"""SELECT count(*), count(*) FILTER (EXISTS (FROM '{bank}/truth/employment.parquet' AS next
        WHERE next.customer_id = gone.customer_id AND next.first_day > gone.last_day))
        FROM '{bank}/truth/employment.parquet' AS gone WHERE paid_here AND last_day IS NOT NULL""")
    assert left > 100
    assert again / left == pytest.approx(0.5, abs=0.12)


def test_payers_are_no_longer_told_by_the_customers_number(bank):
    customers = row(f"""SELECT max(payers) FROM (SELECT customer_id, count(DISTINCT counterparty) AS payers
        FROM {wages(bank)} GROUP BY ALL)""")[0]
    assert customers <= 2
    assert row(f"SELECT count(DISTINCT counterparty) FROM '{bank}/transactions/*.parquet'")[0] > 2_000


def test_the_other_side_is_named_and_ours_where_it_banks_here(bank):
    moves = f"FROM '{bank}/transactions/*.parquet'"
    cash = row(f"SELECT count(counterparty) {moves} WHERE kind IN ('cash', 'interest', 'fee', 'investment')")
    assert cash == (0,)
    named, ours = row(f"""SELECT avg((counterparty_name IS NOT NULL)::INT),
        avg((counterparty_customer_id IS NOT NULL)::INT) {moves} WHERE kind = 'transfer'""")
    assert named == pytest.approx(0.95, abs=0.01)
    assert ours == pytest.approx(0.6, abs=0.03)
    unknown = f"counterparty_customer_id NOT IN (SELECT customer_id FROM '{bank}/customers.parquet')"
    assert row(f"SELECT count(*) {moves} WHERE {unknown}") == (0,)


def test_a_payers_name_has_several_forms(bank):
    forms = f"""SELECT count(DISTINCT counterparty_name) AS forms FROM '{bank}/transactions/*.parquet'
        WHERE kind = 'salary' GROUP BY counterparty"""
    assert row(f"SELECT max(forms) FROM ({forms})")[0] >= 3


def test_relatives_send_money_to_each_other(bank):
    moves = f"'{bank}/transactions/*.parquet' AS moves"
    within = row(f"""SELECT avg((one.household_id = two.household_id)::INT) FROM {moves}
        JOIN '{bank}/truth/persons.parquet' AS one USING (customer_id)
        JOIN '{bank}/truth/persons.parquet' AS two ON two.customer_id = counterparty_customer_id
        WHERE kind = 'transfer' AND channel <> 'batch'""")[0]
    assert within == pytest.approx(0.37, abs=0.06)
