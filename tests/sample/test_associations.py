"""Associations, supplies and turnover in the sample bank, and what its truth knows of them."""

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest

from goldmine.sample import write_bank
from goldmine.sample.associations import EMIGRANT_CREDIT_MEAN, draw_associations, takes_emigrant_credit
from goldmine.sample.config import SampleConfig
from goldmine.sample.employers import draw_employers
from goldmine.sample.people import draw_people
from goldmine.sample.streams import stream

END = date(2024, 6, 30)


@pytest.fixture(scope="module")
def bank(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("associations") / "bank"
    write_bank(folder, customers=8_000, months=20, seed=6, end=END)
    return folder


def row(query: str) -> tuple:
    return duckdb.sql(query).fetchone()


@pytest.mark.parametrize("seed", [1, 2])
def test_as_many_emigrants_have_credit_as_the_field_text_has(seed):
    """585 households of 2,000,000 customers with 560 million yuan; here of 150,000 customers."""
    config, taken = SampleConfig(150_000, 30, seed, END), 0
    employers = draw_employers(config)
    for block in config.blocks:
        people = draw_people(config, block, employers, stream(config, "people", block.start))
        people |= draw_associations(config, block, people, employers)
        taken += int((takes_emigrant_credit(people) & (people["opened"] <= config.reference)).sum())
    assert taken * 2_000_000 / 150_000 == pytest.approx(585, rel=0.4)
    assert pytest.approx(560e6) == 585 * EMIGRANT_CREDIT_MEAN


def test_emigrants_credit_is_drawn_by_members_only(bank):
    drawn, members = row(f"""SELECT count(*), count(*) FILTER (customer_id IN
        (SELECT customer_id FROM '{bank}/truth/groups.parquet' WHERE association_id >= 'A004'))
        FROM '{bank}/product_events.parquet' WHERE product_id = 'L-EMIGRANT'""")
    assert drawn == members


def test_the_bank_knows_four_of_five_members(bank):
    known, members = (row(f"SELECT count(*) FROM '{bank}/{name}.parquet'")[0]
                      for name in ("association_members", "truth/groups"))  # fmt: skip
    assert members > 200
    assert known / members == pytest.approx(0.8, abs=0.07)
    assert row(f"""SELECT count(*) FROM '{bank}/association_members.parquet'
        ANTI JOIN '{bank}/truth/groups.parquet' USING (customer_id, association_id)""") == (0,)


def test_there_is_an_association_a_trade_and_one_a_place_elsewhere(bank):
    kinds = duckdb.sql(f"SELECT kind, count(*) FROM '{bank}/associations.parquet' GROUP BY ALL ORDER BY 1").fetchall()
    assert kinds == [("emigrant", 5), ("trade", 4)]


def test_firms_have_suppliers_with_dates_and_some_supplies_ended(bank):
    rows, ended, wrong = row(f"""SELECT count(*), count(ended_on), count(*) FILTER (ended_on < since)
        FROM '{bank}/relations.parquet' WHERE relation = 'supplier'""")
    assert rows > 100
    assert 0 < ended < rows / 2
    assert wrong == 0


def test_what_one_firm_is_invoiced_another_invoices(bank):
    sold, bought = (row(f"SELECT sum(amount) FROM '{bank}/turnover.parquet' WHERE kind = '{kind}'")[0]
                    for kind in ("sales_invoices", "purchase_invoices"))  # fmt: skip
    assert sold == bought > 0


def test_takings_are_those_of_the_transactions(bank):
    month = "month_end = DATE '2024-05-31' AND kind = 'acquiring'"
    taken = row(f"SELECT sum(amount) FROM '{bank}/turnover.parquet' WHERE {month}")[0]
    moved = row(f"""SELECT sum(amount) FROM (SELECT DISTINCT ON (transaction_id) amount
        FROM '{bank}/transactions/2024-05.parquet' WHERE kind = 'merchant')""")[0]
    assert float(taken) == pytest.approx(float(moved), rel=0.01)


def test_members_are_likelier_to_take_what_their_association_is_offered(bank):
    truth = f"FROM '{bank}/truth/prospects.parquet'"
    chances = dict(duckdb.sql(f"SELECT product_id, avg(probability) {truth} GROUP BY ALL").fetchall())
    assert set(chances) <= {"L-EMIGRANT", "L-NUTS", "payroll"}
    member, other = (row(f"""SELECT avg(probability) {truth} WHERE product_id = 'L-EMIGRANT' AND customer_id {inside} IN
        (SELECT customer_id FROM '{bank}/truth/groups.parquet')""")[0] for inside in ("", "NOT"))  # fmt: skip
    assert (member, other) == (pytest.approx(0.22, abs=0.03), pytest.approx(0.03, abs=0.005))
    assert np.isfinite(list(chances.values())).all()
