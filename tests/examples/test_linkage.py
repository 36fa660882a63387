"""Linkage of records that nobody here made: FEBRL 3, at least as well as by the model of Splink's manual."""

import os

import duckdb
import pytest

from goldmine.core.settings import typed
from goldmine.core.sql import literal
from goldmine.core.workspace import at_home
from goldmine.identity.linkage.model import PAIRS, score_pairs
from goldmine.identity.linkage.settings import LinkageSettings

SPLINKS_F1 = 0.9926
"""Of pairs from a probability of 0.5 on, measured by ``bench/linkage.py``."""
RAW = {
    "sure": 0.99,
    "review": 0.5,
    "max_block": 1000,
    "blocking": [["soc_sec_id"], ["given_name", "surname"], ["date_of_birth"], ["postcode", "street_number"]],
    "training": [["date_of_birth"], ["postcode"]],
    "known_matches": {"keys": [["soc_sec_id"], ["given_name", "surname", "date_of_birth"]], "recall": 0.9},
    "comparisons": [
        {"column": "given_name", "kind": "latin_name", "rare_counts_more": True},
        {"column": "surname", "kind": "latin_name", "rare_counts_more": True},
        {"column": "date_of_birth", "kind": "date"},
        {"column": "soc_sec_id", "kind": "digits"},
        {"column": "street_number", "kind": "exact", "rare_counts_more": True},
        {"column": "postcode", "kind": "digits", "rare_counts_more": True},
    ],
}


def test_febrl_3_is_linked_at_least_as_well_as_by_splinks_own_model():
    file = at_home(os.environ.get("GOLDMINE_SHARED_DATA") or "../shared/data") / "linkage" / "febrl_dataset3.csv"
    if not file.exists():
        pytest.skip("febrl_dataset3.csv: the folder of this data set is missing (GOLDMINE_SHARED_DATA)")
    with duckdb.connect() as connection:
        rows = f"read_csv({literal(file)}, all_varchar = true, normalize_names = true)"
        connection.execute(
            f"CREATE TABLE people AS SELECT nullif(trim(COLUMNS(* EXCLUDE (date_of_birth))), ''), "
            "try_strptime(trim(date_of_birth), '%Y%m%d')::DATE AS date_of_birth, "
            f"regexp_extract(trim(rec_id), '^rec-[0-9]+') AS person FROM {rows}"
        )
        score_pairs(connection, ["people"], typed(LinkageSettings, RAW, "febrl"), unique_id="rec_id")
        found, right = connection.execute(
            f"SELECT count(*), count(*) FILTER (l.person = r.person) FROM {PAIRS} "
            "JOIN people AS l ON id_l = l.rec_id JOIN people AS r ON id_r = r.rec_id"
        ).fetchall()[0]
    assert 2 * right / (found + 6_538) >= SPLINKS_F1
