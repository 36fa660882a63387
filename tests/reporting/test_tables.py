from datetime import date

import pandas as pd

from goldmine.reporting.tables import as_page, campaign_table


def test_campaign_table_shows_start_as_a_day():
    found = pd.DataFrame({"campaign_id": ["M1"], "started_on": [pd.Timestamp("2024-06-03")], "conversion": [0.205]})
    assert campaign_table(found, "en").values.tolist() == [["M1", date(2024, 6, 3), "20.5%"]]


def test_empty_table_is_shown_as_dashes():
    page = as_page(pd.DataFrame(columns=["figure", "missing"]))
    assert page.data.values.tolist() == [["—", "—"]]
