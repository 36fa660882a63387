"""The model on a made-up register: who is found, by which keys, and that a seed gives the same pairs."""

import duckdb
import pytest

from goldmine.core.errors import ModelError
from goldmine.core.settings import typed
from goldmine.identity.linkage.model import PAIRS, score_pairs
from goldmine.identity.linkage.settings import LinkageSettings

RAW = {
    "sure": 0.99,
    "review": 0.2,
    "max_block": 20,
    "blocking": [["name", "born"], ["phone"]],
    "training": [["born"], ["phone"]],
    "known_matches": {"keys": [["name", "born", "phone"]], "recall": 0.6},
    "comparisons": [
        {"column": "name", "kind": "exact", "rare_counts_more": True},
        {"column": "born", "kind": "date"},
        {"column": "phone", "kind": "exact"},
        {"column": "branch", "kind": "exact"},
    ],
}


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """600 people, every tenth twice: with the same telephone, or another one; every 40th is somebody's homonym."""
    connection.execute(
        "CREATE TABLE people AS SELECT 'P' || n AS id, 'name' || (n * 7 % 211) AS name, "
        "DATE '1950-01-01' + (n * 37 % 4000)::INTEGER AS born, 'T' || (n - n % 2) AS phone, 'B' || n % 5 AS branch "
        "FROM range(600) AS t(n)"
    )
    connection.execute(
        "INSERT INTO people SELECT 'Q' || substr(id, 2), name, born, "
        "CASE WHEN row_number() OVER (ORDER BY id) % 3 = 0 THEN 'other' || id ELSE phone END, "
        "branch FROM people WHERE substr(id, 2)::INTEGER % 10 = 0"
    )


def pairs(connection: duckdb.DuckDBPyConnection, **changed: object) -> list[tuple[str, str, float]]:
    score_pairs(connection, ["people"], typed(LinkageSettings, RAW | changed, "x"), unique_id="id")
    return connection.execute(f"SELECT id_l, id_r, probability FROM {PAIRS} ORDER BY ALL").fetchall()


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        register(connection)
        yield connection


def test_people_entered_twice_are_sure_and_those_who_share_a_telephone_are_not(connection):
    rows = pairs(connection)
    twice = {(left, right) for left, right, probability in rows if probability >= 0.99}
    assert twice == {(f"P{n}", f"Q{n}") for n in range(0, 600, 10)}
    assert not [row for row in rows if row[0][0] == row[1][0] == "P" and row[2] >= 0.5]


def test_the_same_seed_gives_the_same_pairs(connection):
    assert pairs(connection) == pairs(connection)


def test_each_pair_stands_once_with_level_and_weight_of_every_column(connection):
    rows = pairs(connection)
    assert len({row[:2] for row in rows}) == len(rows)
    columns = [row[0] for row in connection.execute(f"DESCRIBE {PAIRS}").fetchall()]
    assert columns[3:5] == ["level_name", "weight_name"] and len(columns) == 3 + 2 * 4


def test_a_value_that_too_many_share_brings_nobody_together(connection):
    connection.execute("UPDATE people SET phone = 'firm' WHERE id LIKE 'P%' AND substr(id, 2)::INTEGER % 10 = 1")
    model = score_pairs(connection, ["people"], typed(LinkageSettings, RAW, "x"), unique_id="id")
    assert model.large_blocks == {"name+born": 0, "phone": 1}
    assert model.candidates["name+born"] == 60


def test_records_without_a_common_key_are_refused(connection):
    connection.execute("UPDATE people SET phone = id, name = id")
    with pytest.raises(ModelError, match="no two records share a key"):
        pairs(connection)
