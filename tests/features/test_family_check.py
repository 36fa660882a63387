"""A family that reads anything but its view is refused, however it reads it."""

import sys
from functools import cache

import ibis
import pandas as pd
import pytest

from goldmine.core.errors import LeakError
from goldmine.features.catalogue import catalogue, plan, try_folder
from goldmine.features.customer_aggregates import CUSTOMER_AGGREGATES
from goldmine.features.family_check import view_names
from goldmine.features.view import view

HEAD = """
import ibis
import pandas as pd
from goldmine.features.definition import number

def next_month(v):
    path = {path!r}
    {lines}
    return [number("aum_next_month", value, title="AUM", unit="yuan", needs=("balances",))]
"""
CORRELATED = "value = later.filter(later.customer_id == v.rows.customer_id).aum.max().as_scalar()"
READS = {
    "read_parquet": (f"later = ibis.read_parquet(path)\n    {CORRELATED}", "the table or file 'ibis_read_parquet_"),
    "read_csv": (
        "later = ibis.read_csv(path.replace('parquet', 'csv'))\n    value = later.aum.max().as_scalar()",
        "the table or file 'ibis_read_csv_",
    ),
    "name_that_is_a_path": (
        f"later = ibis.table(dict(customer_id='string', aum='int64'), name=path)\n    {CORRELATED}",
        r"the table or file '.*next\.parquet', which is no view of the cutoff",
    ),
    "table_of_another_schema": (
        "value = ibis.table(dict(aum='int64'), name='spine', database='other').aum.max().as_scalar()",
        "the table or file 'spine'",
    ),
    "memtable_of_pandas": (
        f"later = ibis.memtable(pd.read_parquet(path))\n    {CORRELATED}",
        "data in memory",
    ),
    "raw_sql": (
        "later = ibis.duckdb.connect().sql(f\"SELECT * FROM '{path}'\")\n    value = later.aum.max().as_scalar()",
        "an SQL query of its own",
    ),
    "numbers_in_the_code": (
        "known = pd.read_parquet(path)\n    "
        "value = v.rows.customer_id.cases(*zip(known.customer_id, known.aum), else_=None)",
        "customer_id, which tells customers one by one",
    ),
    "list_of_numbers": (
        "value = v.rows.customer_id.isin(pd.read_parquet(path).customer_id.tolist())",
        "customer_id, which tells customers one by one",
    ),
    "python_function": (
        "held = pd.read_parquet(path).set_index('customer_id').aum\n    "
        "look_up = ibis.udf.scalar.python(lambda day: 1, name='look_up', signature=(('date',), 'int64'))\n    "
        "value = look_up(v.rows.cutoff)",
        "what the Python function 'look_up' returns",
    ),
    "join_with_a_view": (
        "from goldmine.features.sources import table\n    "
        "rows = v.rows.left_join(table('accounts'), 'customer_id')\n    value = rows.product_class == 'wealth'",
        "rows that are not the view's",
    ),
}


@pytest.fixture
def tried(tmp_path):
    """Try a family with these lines; its file of the next month is there."""
    held = pd.DataFrame({"customer_id": ["C1", "C2"], "aum": [100, 200]})
    held.to_parquet(tmp_path / "next.parquet")
    held.to_csv(tmp_path / "next.csv")

    def use(lines):
        folder = tmp_path / "families"
        folder.mkdir()
        (folder / "next_month.py").write_text(HEAD.format(path=str(tmp_path / "next.parquet"), lines=lines))
        try_folder(folder)

    yield use
    try_folder(None)


@pytest.mark.parametrize("way", READS)
def test_family_that_reads_beside_its_view_is_refused(tried, way):
    lines, reads = READS[way]
    tried(lines.replace("{{", "{").replace("}}", "}"))
    with pytest.raises(
        LeakError, match=f"^features: 'aum_next_month' of the family 'next_month' reads {reads}"
    ) as caught:
        plan()
    assert str(caught.value).splitlines()[1] == (
        "Compute it from the columns of the View that the family is given: only they are cut off in time. "
        "Further data comes in through a table of the contract."
    )


def test_family_of_the_views_columns_is_taken(tried):
    tried("value = v.total('in_sum', 90) / 100")
    assert "aum_next_month" in {feature.name for feature in catalogue()}


def test_aggregate_of_a_small_table_that_reads_a_file_is_refused(tried, tmp_path, monkeypatch):
    """The tables that all families share are checked too."""
    tried("value = v.zero('contacts_90d')")
    later = ibis.table({"customer_id": "string", "contacts_90d": "int64"}, name=str(tmp_path / "next.parquet"))
    usual = CUSTOMER_AGGREGATES["contacts"]
    added = lambda rows: usual(rows).drop("contacts_90d").join(later, "customer_id")  # noqa: E731
    monkeypatch.setitem(CUSTOMER_AGGREGATES, "contacts", added)
    module = sys.modules[plan.__module__]
    monkeypatch.setattr(module, "_view", cache(view))  # not the one of before, nor what families gave for it
    monkeypatch.setattr(module, "_definitions", module._definitions.__wrapped__)
    with pytest.raises(LeakError, match=r"the plan of all features reads the table or file '.*next\.parquet'"):
        plan()


def test_views_are_those_of_the_cutoff():
    assert {"spine", "at_accounts", "at_relations", "months_transactions_6", "months_balances_5"} <= view_names()
    assert len(view_names()) == 1 + 8 + 7 + 6
