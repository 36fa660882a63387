"""Places, visits, villages and cards of the sample bank agree with its customers."""

from datetime import date

import duckdb
import pytest

from goldmine.sample import write_bank


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    folder = tmp_path_factory.mktemp("field") / "bank"
    write_bank(folder, customers=1_500, months=30, seed=1, end=date(2024, 6, 30))
    return folder


def values(bank, query: str) -> tuple:
    return duckdb.sql(query.format(bank=bank)).fetchone()


def test_every_grid_and_branch_has_a_place_within_an_hours_drive(bank):
    query = """SELECT count(*), max(abs(g.latitude_e6 - b.latitude_e6)) FROM '{bank}/grids.parquet'
        JOIN '{bank}/places.parquet' AS g ON g.place_id = grid_id AND g.kind = 'grid'
        JOIN '{bank}/places.parquet' AS b ON b.place_id = branch_id AND b.kind = 'branch'"""
    grids, distance = values(bank, query)
    assert (grids, distance <= 35_000) == (20, True)


def test_visitors_go_to_grids_of_their_own(bank):
    query = """SELECT count(*), count(*) FILTER (v.visitor_id = g.visitor_id) FROM '{bank}/visits.parquet' AS v
        JOIN '{bank}/customers.parquet' USING (customer_id) JOIN '{bank}/grids.parquet' AS g USING (grid_id)"""
    visits, own = values(bank, query)
    assert visits == own > 60


def test_better_rated_households_hold_more(bank):
    query = """SELECT median(aum) FILTER (rating = 'excellent') > median(aum) FILTER (rating = 'not_recommended')
        FROM '{bank}/village_ratings.parquet' JOIN (SELECT customer_id, sum(balance) AS aum
        FROM '{bank}/balances/2024-06.parquet' WHERE product_class <> 'loan' GROUP BY ALL) USING (customer_id)"""
    assert values(bank, query) == (True,)


def test_cards_are_those_of_the_customers_and_used_only_once_active(bank):
    query = """SELECT count(*) FILTER (issued_on <> social_security_card_on), avg((activated_on IS NOT NULL)::INT)
        FROM '{bank}/social_security_cards.parquet' JOIN '{bank}/customers.parquet' USING (customer_id)"""
    other, active = values(bank, query)
    assert other == 0
    assert 0.6 < active < 0.8
    query = """SELECT count(*) FROM '{bank}/card_uses.parquet' JOIN '{bank}/social_security_cards.parquet'
        USING (customer_id) WHERE activated_on IS NULL OR since < activated_on"""
    assert values(bank, query) == (0,)
