"""Every yuan of every limit of a sample bank agrees with the auditor's own working."""

from datetime import date

import pandas as pd
import pytest

from goldmine.contract.intake import open_bank
from goldmine.core.workspace import Workspace, home
from goldmine.credit.limits import build_limits
from goldmine.credit.rules import load_credit_rules
from goldmine.sample import write_bank
from tests.audit.books import Books
from tests.audit.limits import recompute_limits

AS_OF = date(2024, 6, 30)
AMOUNTS = ("base_amount", "calculated", "owed_product", "owed", "limit_amount")


@pytest.fixture(scope="module")
def both(tmp_path_factory) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The limits as they were written and as they were worked out again."""
    folder = tmp_path_factory.mktemp("limits")
    write_bank(folder / "bank", customers=4_000, months=30, seed=5, end=AS_OF)
    work = Workspace(folder / "work")
    names = pd.read_parquet(folder / "bank" / "customers.parquet", columns=["customer_id"])["customer_id"]
    chances = {name: number % 13 / 100 for number, name in enumerate(names) if number % 17}
    risk = folder / "risk.parquet"
    columns = {"customer_id": list(chances), "default_probability": list(chances.values()), "risk_reasons": "tax"}
    pd.DataFrame(columns).to_parquet(risk)
    built = build_limits(open_bank(folder / "bank", work), work, AS_OF, load_credit_rules(), risk=risk)
    written = pd.read_parquet(built.path).set_index(["credit_product", "customer_id"]).sort_index()
    again = recompute_limits(Books(folder / "bank"), pd.Timestamp(AS_OF), home() / "pipelines" / "credit.yaml", chances)
    return written, again


def test_the_same_customers_have_rows(both):
    written, again = both
    assert list(written.index) == list(again.index)
    assert len(written) > 1_000
    assert (written["limit_amount"] > 0).sum() > 300


@pytest.mark.parametrize("name", AMOUNTS)
def test_every_amount_agrees_to_the_fen(both, name):
    written, again = both
    fen = [int(amount * 100) for amount in written[name]]
    assert fen == again[name].tolist()


def test_every_refusal_agrees(both):
    written, again = both
    assert written["refusal"].fillna("").tolist() == again["refusal"].fillna("").tolist()
    assert set(written["refusal"].dropna()) >= {
        "too_small",
        "too_new",
        "arrears",
        "age_unknown",
        "age_outside",
        "risk",
        "risk_unknown",
    }
