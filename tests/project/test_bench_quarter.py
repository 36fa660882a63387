"""The first of the bench's two quarters: a bank's tables as of an earlier day, which intake takes."""

from datetime import date

import duckdb

from bench.scale.quarter import books_until
from goldmine.contract.intake import open_bank
from goldmine.core.workspace import Workspace
from goldmine.sample import write_bank


def test_tables_of_an_earlier_quarter_are_taken_in_whole(tmp_path):
    write_bank(tmp_path / "bank", customers=400, months=12, seed=1, end=date(2024, 6, 30))
    books_until(tmp_path / "bank", date(2024, 3, 31), tmp_path / "first")
    bank = open_bank(tmp_path / "first", Workspace(tmp_path / "work"))
    assert bank.data_until == date(2024, 3, 31)
    assert bank.months("transactions")[-1] == "2024-03"
    of_both = [
        duckdb.sql(f"SELECT count(*) FROM '{tmp_path / books / 'turnover.parquet'}' WHERE month_end > '2024-03-31'")
        for books in ("bank", "first")
    ]
    later, none = (found.fetchall()[0][0] for found in of_both)
    assert later > 0
    assert none == 0
