from datetime import date

import pandas as pd

from goldmine.reporting.tables import as_page, campaign_table


def test_a_campaign_began_on_a_day():
    found = pd.DataFrame({"campaign": ["M1"], "from": [pd.Timestamp("2024-06-03")], "conversion": [0.205]})
    assert campaign_table(found, "en").values.tolist() == [["M1", date(2024, 6, 3), "20.5%"]]


def test_a_table_without_rows_is_one_of_dashes():
    page = as_page(pd.DataFrame(columns=["figure", "missing"]))
    assert page.data.values.tolist() == [["—", "—"]]
