"""What a person must not say to a customer."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.contract.tables import RELATIONSHIP
from goldmine.reporting.prepare import prepare
from goldmine.reporting.untrue_claims import avoided
from tests.reporting.conftest import JUNE, put, tables


def test_claims_of_an_offer_that_are_not_true_of_the_customer_are_named(tmp_path):
    data = prepare(*put(tmp_path, tables()), JUNE)
    path = data.work.features(JUNE)
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"customer_id": ["a0", "a1"], "aum_avg_30d": [9_000.0, 500.0]}), path)
    rows = pd.DataFrame(
        {
            "customer_id": ["a0", "a1", "a2"],
            "campaign_id": ["longtail_2024", "longtail_2024", RELATIONSHIP],
            "offer": ["step_up_deposit", "step_up_deposit", ""],
        }
    )
    assert avoided(data, rows, "zh") == [
        ["资金比以前多", "工资在我行代发"],
        ["资金比以前多", "离1万元不远", "工资在我行代发"],
        [],
    ]
