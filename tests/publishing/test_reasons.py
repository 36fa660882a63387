"""Reasons on literal customers: what a reason claims has to be true of the customer."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.core.files import write_json
from goldmine.core.workspace import Workspace
from goldmine.features import catalogue
from goldmine.labels.use_case import load_use_case
from goldmine.models.encoding import Encoding
from goldmine.publishing.reasons import _evenly, reasons_in_words

AS_OF = date(2024, 6, 30)
TAIL = load_use_case("longtail")
PLAIN = {"aum_avg_30d": 1_000.0, "own_days_365d": 12.0, "tenure_months": 120.0, "investing_share_180d": 0.1}


@pytest.fixture
def reasons(tmp_path):
    """First reasons of customers, Chinese; the model goes by one feature, and five plain customers are typical."""

    def told(feature: str, use_case=TAIL, plain=PLAIN, **customers: dict[str, float]) -> dict[str, str]:
        names = sorted({feature, *PLAIN, *(name for row in customers.values() for name in row)})
        typical = {f"plain{n}": dict.fromkeys(names, 5.0) | PLAIN | plain for n in range(5)}
        rows = {number: PLAIN | row for number, row in customers.items()} | typical
        columns = {name: pa.array([row.get(name) for row in rows.values()], pa.float32()) for name in names}
        work = Workspace(tmp_path)
        work.features(AS_OF).parent.mkdir(parents=True, exist_ok=True)
        table = {"customer_id": list(rows), "cutoff": [AS_OF] * len(rows), **columns}
        pq.write_table(pa.table(table), work.features(AS_OF))
        write_json(work.features(AS_OF).with_name("dictionary.json"), [f.stored() for f in catalogue()])
        model = SimpleNamespace(
            encoding=Encoding((feature,), {}), effects=lambda rows: np.full((rows.num_rows, 1), 0.5)
        )
        words = reasons_in_words(model, work, use_case, list(customers), as_of=AS_OF, languages=["zh"])
        return {number: phrases[0] for number, phrases in zip(customers, words.phrases["zh"], strict=True)}

    return told


def test_money_that_came_is_a_reason_only_where_the_balances_rose_with_it(reasons):
    net = {"netflow_sum_365d": 18_000.0}
    found = reasons(
        "netflow_sum_365d",
        rose=net | {"aum_change_365d": 9_000.0},
        hardly=net | {"aum_change_365d": 8_000.0},
        fell=net | {"aum_change_365d": -3_700.0},
        unknown=net | {"aum_change_365d": None},
    )
    assert found["rose"] == found["unknown"] == "近一年进账比转出多1.8万元"
    assert found["hardly"] == found["fell"] == "客户现状：近1个月日均资产1,000元；开户10年"


def test_nothing_went_out_is_no_reason_where_the_balances_fell_steeply(reasons):
    found = reasons(
        "outflow_count_365d",
        load_use_case("dormancy").model_copy(update={"eligible": []}),
        steep={"outflow_count_365d": 0.0, "aum_biggest_fall_180d": 44_000.0},
        little={"outflow_count_365d": 0.0, "aum_biggest_fall_180d": 20.0},
    )
    assert found["little"] == "近一年没有转出"
    assert "没有转出" not in found["steep"]


def test_a_claim_without_its_column_restricts_no_reason(reasons):
    assert reasons("netflow_sum_365d", one={"netflow_sum_365d": 18_000.0})["one"] == "近一年进账比转出多1.8万元"


def test_share_of_a_few_transactions_is_no_reason(reasons):
    wealth = load_use_case("wealth").model_copy(update={"eligible": []})
    one, some = ({"investing_share_180d": 1.0, "own_count_180d": own} for own in (4.0, 5.0))
    found = reasons("investing_share_180d", wealth, one=one, some=some)
    assert found["some"] == "近半年主动交易几乎都是投资类"
    assert "投资类" not in found["one"]


def test_what_nobody_has_a_value_of_is_no_reason(reasons):
    """On books of less than 15 months nobody has a quarter a year ago, which says nothing about anybody's money."""
    any_reason = load_use_case("dormancy").model_copy(update={"eligible": [], "reasons": None})
    one = {"one": {"inflow_to_year_ago": None}}
    assert reasons("inflow_to_year_ago", any_reason, **one)["one"] == "去年同期没有进账"
    assert (
        reasons("inflow_to_year_ago", any_reason, plain={"inflow_to_year_ago": None}, **one)["one"] == "无单项突出行为"
    )


def test_typical_values_of_many_are_those_of_an_evenly_spaced_part(monkeypatch):
    monkeypatch.setattr("goldmine.publishing.reasons._TYPICAL_ROWS", 4)
    customers = pa.table({"customer_id": [f"C{number}" for number in range(10)]})
    assert _evenly(customers)["customer_id"].to_pylist() == ["C0", "C3", "C6", "C9"]
    assert _evenly(customers.slice(0, 4)).num_rows == 4
