"""One person under two numbers, homonyms, households: what the sample bank plants, and that its truth knows it."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from goldmine.sample import write_bank
from goldmine.sample.arrow import day_number
from goldmine.sample.config import SampleConfig
from goldmine.sample.employers import draw_employers
from goldmine.sample.people import draw_people, relations_table
from goldmine.sample.streams import stream

END = date(2024, 6, 30)


@pytest.fixture(scope="module")
def bank(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("persons") / "bank"
    write_bank(folder, customers=8_000, months=24, seed=5, end=END)
    return folder


@pytest.fixture(scope="module")
def pairs(bank) -> duckdb.DuckDBPyRelation:
    """Every number and the current number of the same person, where they differ."""
    return duckdb.sql(f"""SELECT old, new FROM '{bank}/truth/persons.parquet' AS truth
        JOIN '{bank}/customers.parquet' AS old USING (customer_id)
        JOIN '{bank}/customers.parquet' AS new ON new.customer_id = truth.person_id
        WHERE truth.person_id <> truth.customer_id""")


def row(query: str) -> tuple:
    return duckdb.sql(query).fetchone()


def test_every_number_has_its_person(bank):
    customers, truth = (row(f"SELECT count(*) FROM '{bank}/{name}.parquet'") for name in ("customers", "truth/persons"))
    assert customers == truth


def test_three_of_a_hundred_numbers_are_second_ones(bank, pairs):
    assert pairs.aggregate("count(*)").fetchone()[0] / 8_000 == pytest.approx(0.026, abs=0.006)


def test_a_second_number_was_opened_decades_earlier(pairs):
    gaps = pairs.aggregate("median(new.opened_on - old.opened_on) / 365, min(new.opened_on - old.opened_on)")
    years, least = gaps.fetchone()
    assert years > 12
    assert least >= 0


def test_two_numbers_of_a_person_agree_where_the_books_are_clean_and_else_do_not(pairs):
    agree = pairs.aggregate("""avg((old.birth_date = new.birth_date)::INT), avg((old.gender = new.gender)::INT),
        avg((old.name = new.name)::INT), avg((old.id_number_hash = new.id_number_hash)::INT),
        avg((old.phone_hash = new.phone_hash)::INT), avg((old.address = new.address)::INT)""").fetchone()
    birth, gender, name, number, phone, address = agree
    assert (birth, gender) == (1, 1)
    assert name == pytest.approx(0.94, abs=0.03)
    assert number == pytest.approx(0.75, abs=0.08)
    assert phone == pytest.approx(0.35, abs=0.08)
    assert address == pytest.approx(0.33, abs=0.1)


def test_mergers_in_the_books_are_of_one_person(bank):
    merged, of_one = row(f"""SELECT count(*), count(*) FILTER (merged_into = person_id)
        FROM '{bank}/customers.parquet' JOIN '{bank}/truth/persons.parquet' USING (customer_id)
        WHERE merged_into IS NOT NULL""")
    assert of_one == merged > 5


def test_strangers_share_names_and_some_the_date_of_birth_too(bank):
    people = f"'{bank}/customers.parquet' JOIN '{bank}/truth/persons.parquet' USING (customer_id)"
    names = f"SELECT name FROM {people} GROUP BY ALL HAVING count(DISTINCT person_id) > 1"
    doubles = f"SELECT name, birth_date FROM {people} GROUP BY ALL HAVING count(DISTINCT person_id) > 1"
    assert row(f"SELECT count(*) FROM ({names})")[0] > 300
    assert row(f"SELECT count(*) FROM ({doubles}) WHERE birth_date IS NOT NULL")[0] > 4


def test_one_hash_of_two_persons_is_rare_and_in_the_family(bank):
    shared, homes = row(f"""SELECT count(*), count(*) FILTER (homes = 1) FROM (
        SELECT count(DISTINCT substr(grid_id, 1)) AS homes FROM '{bank}/customers.parquet'
        JOIN '{bank}/truth/persons.parquet' USING (customer_id) WHERE id_number_hash IS NOT NULL
        GROUP BY id_number_hash HAVING count(DISTINCT person_id) > 1)""")
    assert 0 < shared < 25
    assert homes >= shared / 2


def test_a_household_lives_in_one_village_and_some_children_live_elsewhere(bank):
    people = f"""'{bank}/customers.parquet' JOIN '{bank}/truth/persons.parquet' USING (customer_id)"""
    assert row(f"""SELECT max(villages) FROM (SELECT count(DISTINCT grid_id) AS villages FROM {people}
        WHERE household_id IS NOT NULL GROUP BY household_id)""") == (1,)
    across, families = row(f"""SELECT count(*) FILTER (one.grid_id <> two.grid_id), count(*)
        FROM '{bank}/relations.parquet' JOIN '{bank}/customers.parquet' AS one USING (customer_id)
        JOIN '{bank}/customers.parquet' AS two ON two.customer_id = related_id WHERE relation = 'family'""")
    assert across / families == pytest.approx(0.09, abs=0.02)


def test_a_firm_has_no_household(bank):
    assert row(f"""SELECT count(*) FROM '{bank}/customers.parquet' JOIN '{bank}/truth/persons.parquet'
        USING (customer_id) WHERE (kind = 'firm') <> (household_id IS NULL)""") == (0,)


def test_relatives_of_one_house_mostly_share_the_address_and_some_the_telephone(bank):
    people = f"(FROM '{bank}/customers.parquet' JOIN '{bank}/truth/persons.parquet' USING (customer_id))"
    address, phone = row(f"""SELECT avg((right(one.address, 6) = right(two.address, 6))::INT),
        avg((one.phone_hash = two.phone_hash)::INT) FROM {people} AS one JOIN {people} AS two
        ON one.household_id = two.household_id AND one.customer_id < two.customer_id
        AND one.person_id <> two.person_id""")
    assert address > 0.9
    assert 0.03 < phone < 0.1


def test_nothing_of_the_truth_stands_in_the_books(bank):
    columns = {name for name, *_ in duckdb.sql(f"DESCRIBE FROM '{bank}/customers.parquet'").fetchall()}
    assert columns.isdisjoint({"person_id", "household_id"})


def test_a_block_of_customers_who_have_yet_to_join_has_no_relations_of_the_same_columns():
    config = SampleConfig(1_000, 30, 1, date(2024, 6, 30))
    employers, random = draw_employers(config), stream(config, "people", 0)
    joined, to_join = (draw_people(config, block, employers, random) for block in (range(100), range(1_030, 1_050)))
    rows, none = (relations_table(people, employers, day_number(config.end)) for people in (joined, to_join))
    assert rows.num_rows > 0
    assert none.num_rows == 0
    assert none.schema == rows.schema
