"""Mergers decided in the workbench beside those of the bank's own books, which count first."""

from datetime import date

import duckdb
import pytest

from goldmine.contract.returned_mergers import join_mergers
from goldmine.contract.tables import TABLES

JUNE = date(2024, 6, 30)


def joined(tmp_path, own: dict[str, str | None], decided: dict[str, str]) -> dict[str, str | None]:
    """The number that each customer is merged into, by the bank's own mergers and the decided ones."""
    with duckdb.connect() as connection:
        for name, mergers in (("own", own), ("decided", decided)):
            rows = ", ".join(f"('{one}', {repr(into) if into else 'NULL'})" for one, into in mergers.items())
            connection.execute(
                f"COPY (SELECT customer_id, other AS merged_into, DATE '2024-05-01' AS merged_on FROM (VALUES {rows}) "
                f"AS rows(customer_id, other)) TO '{tmp_path / name}.parquet' (FORMAT parquet)"
            )
        paths = [tmp_path / "own.parquet"], tmp_path / "decided.parquet"
        join_mergers(connection, TABLES["customers"], *paths, JUNE)
        return dict(connection.execute("SELECT customer_id, merged_into FROM joined").fetchall())


def test_a_decided_merger_joins_the_banks_own_ones(tmp_path):
    own = {"A": None, "B": None, "C": "D", "D": None}
    assert joined(tmp_path, own, {"B": "A", "C": "B"}) == {"A": None, "B": "A", "C": "D", "D": None}


@pytest.mark.parametrize("own", [{"A": "B"}, {"A": "C", "C": "B"}], ids=["at once", "by a chain"])
def test_a_merger_that_the_bank_made_the_other_way_leaves_no_circle_in_which_nobody_survives(tmp_path, own):
    """Staff decided that B is A; the bank then merged A into B, so that a circle would keep both off every list."""
    own = {"A": None, "B": None, "C": None} | own
    assert joined(tmp_path, own, {"B": "A"}) == own
