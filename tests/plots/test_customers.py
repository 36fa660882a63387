from datetime import date
from types import SimpleNamespace

import pandas as pd

from goldmine.activity import build_activity
from goldmine.core.workspace import Workspace
from goldmine.customers.moves import KINDS
from goldmine.customers.table import build_customers, read_customers
from goldmine.features import build_features
from goldmine.plots.bank_tables import aum_of, ladder
from goldmine.plots.customers import growth
from tests.plots.gallery import DRAWN
from tests.tiny import balance, make_bank, transaction

JUNE = date(2024, 6, 30)


def test_sankey_counts_and_shows_those_who_stayed():
    """14,000 stayed below the first level: their band is cut short, and the levels' counts include them."""
    (figure,) = DRAWN["customers.sankey"]()
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert "14,000 stayed below 10k (band cut short)" in texts
    assert texts.count("below 10k  14,080") == 2


def test_ladder_of_the_features_is_that_of_the_customers_table(tmp_path):
    """A customer with 12,000 at the month end and 9,000 on average stands below the first level in both."""
    people = [{"customer_id": name, "opened_on": date(2020, 1, 1), "branch_id": "B1"} for name in ("001", "002")]
    held = [balance(name, str(JUNE), "demand", "12000.00") for name in ("001", "002")]
    held[0]["average_daily_balance"] = "9000.00"
    moves = [transaction(1, "002", "2024-06-05T09:00")]
    bank = make_bank(tmp_path / "bank", {"customers": people, "transactions": moves, "balances": held})
    work = Workspace(tmp_path / "work")
    build_activity(bank, work)
    build_features(bank, work, [JUNE])
    build_customers(bank, work, [JUNE])
    counted = ladder(aum_of(work.features(JUNE)))["customers"].tolist()
    assert counted == [1, 1, 0, 0, 0, 0, 0]
    levels = read_customers(work, JUNE)["level"].value_counts()
    assert [int(levels.get(level, 0)) for level in range(7)] == counted


def test_growth_leaves_a_margin_below_bars_that_end_with_nothing_lost():
    def moves(end: str, **change: float) -> SimpleNamespace:
        table = pd.DataFrame({"kind": list(KINDS), "change": [change.get(kind, 0.0) * 10_000 for kind in KINDS]})
        return SimpleNamespace(end=end, decomposed=lambda: table)

    (axis,) = growth([moves("2024-03-31", down=-400.0), moves("2024-06-30", joined=300.0)]).axes
    low, high = axis.get_ylim()
    assert low < -400 < 300 < high
