"""Long-tail screening: groups of a workable size, and conversions as the bank reports them."""

import json
from datetime import date

import pandas as pd
import pytest

from goldmine.contactability import ContactTables
from goldmine.core.workspace import Workspace
from goldmine.customers import screening
from goldmine.customers.screening import conversions, last_list, screen
from goldmine.customers.table import build_customers
from goldmine.features import build_features
from tests.customers.quarter import sources_of

MARCH, JUNE = date(2024, 3, 31), date(2024, 6, 30)
HELD = {
    "won": ("9999.99", "10000.00"),
    "tried": ("500.00", "600.00"),
    "alone": (None, "20000.00"),
    "still": ("100.00", None),
    "rich": ("10000.00", "90000.00"),
}


def contact(name, day):
    return {"campaign_id": "C1", "customer_id": name, "contacted_on": date.fromisoformat(day)}


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    met = [contact("won", "2024-04-01"), contact("won", "2024-05-01"), contact("tried", "2024-06-30")]
    missed = [contact("still", "2024-03-31"), contact("alone", "2024-07-01"), contact("rich", "2024-05-01")]
    return sources_of(tmp_path_factory.mktemp("screening"), HELD, contacts=met + missed)


def test_rate_is_converted_over_worked(sources):
    table = conversions(sources, JUNE, None).set_index("part")
    assert table.customers.to_dict() == {"all": 4, "worked": 2, "not_worked": 2}
    assert table.converted.to_dict() == {"all": 2, "worked": 1, "not_worked": 1}
    assert table.rate["worked"] == 0.5


def test_conversions_are_split_by_the_last_list(sources):
    table = conversions(sources, JUNE, pd.DataFrame({"customer_id": ["won", "still", "rich"]})).set_index("part")
    assert table.loc[["listed", "listed_worked", "listed_not_worked"], "customers"].tolist() == [2, 1, 1]
    assert table.loc["listed_worked", "converted"] == 1


def test_who_was_merged_since_the_list_counts_under_the_surviving_number(tmp_path):
    days = {"opened_on": date(2020, 1, 1), "merged_into": None, "merged_on": None}
    people = [{"customer_id": name, **days} for name in ("OLD", "NEW", "X")]
    people[0] |= {"merged_into": "NEW", "merged_on": date(2024, 5, 1)}
    held = {"OLD": ("5000", "20000"), "NEW": ("100", None), "X": ("100", "100")}
    sources = sources_of(tmp_path, held, customers=people)
    table = conversions(sources, JUNE, pd.DataFrame({"customer_id": ["OLD", "X"]})).set_index("part")
    assert table.loc["listed", ["customers", "converted", "rate"]].tolist() == [2, 1, 0.5]


def test_without_contacts_worked_is_unknown(tmp_path):
    table = conversions(sources_of(tmp_path, HELD), JUNE, None)
    assert table.part.tolist() == ["all"]


def test_last_list_is_of_the_newest_release(tmp_path):
    for name, made_at, customer in (("aa", "2024-04-03", "new"), ("bb", "2024-04-02", "old")):
        folder = tmp_path / "releases" / "2024-03-31" / name
        (folder / "lists").mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps({"created_at": made_at}))
        pd.DataFrame({"customer_id": [customer]}).to_parquet(folder / "lists" / "longtail.parquet")
    assert last_list(Workspace(tmp_path), MARCH).customer_id.tolist() == ["new"]
    assert last_list(Workspace(tmp_path), JUNE) is None


def test_groups_have_expected_conversions(sources, monkeypatch):
    monkeypatch.setattr(screening, "MIN_GROUP", 1)
    build_features(sources.bank, sources.work, [JUNE])
    build_customers(sources.bank, sources.work, [JUNE])
    scores = pd.DataFrame({"customer_id": ["tried"], "probability": [0.25], "decile": [1], "rank": [1]})
    path = sources.work.scores(JUNE, "longtail")
    path.parent.mkdir(parents=True)
    scores.to_parquet(path)
    found = screen(sources, JUNE)
    assert (found.customer_share, found.converted_mean) == (0.4, 15_000.0)
    assert found.aum_share == pytest.approx(600 / 120_600)
    best = found.groups.iloc[0]
    assert (best.band, best.customers, best.expected_conversions, best.expected_aum) == ("high", 1, 0.25, 3_750.0)
    tables = ContactTables.open(sources.bank, sources.work, JUNE)
    assert found.best(tables, 10).customer_id.tolist() == ["tried"]
    asleep = found.groups.iloc[1]
    assert (asleep.band, asleep.customers) == ("unscored", 1)
    assert pd.isna(asleep.expected_conversions)


def test_small_groups_are_merged(sources):
    build_features(sources.bank, sources.work, [JUNE])
    build_customers(sources.bank, sources.work, [JUNE])
    sources.work.scores(JUNE, "longtail").unlink(missing_ok=True)
    found = screen(sources, JUNE)
    assert found.best(ContactTables.open(sources.bank, sources.work, JUNE), 10).empty
    groups = found.groups
    assert set(groups.age) == set(groups.kind) == {"other"}
    assert groups.customers.sum() == 2


def test_who_closed_the_account_is_not_converted(tmp_path):
    """Its money of June came and went before the account was closed on the 20th."""
    people = [
        {"customer_id": "went", "opened_on": date(2020, 1, 1), "closed_on": date(2024, 6, 20)},
        {"customer_id": "stays", "opened_on": date(2020, 1, 1), "closed_on": None},
    ]
    held = {"went": ("100", "15000"), "stays": ("100", "15000")}
    table = conversions(sources_of(tmp_path, held, customers=people), JUNE, None).set_index("part")
    assert table.loc["all", ["customers", "converted", "rate"]].tolist() == [2, 1, 0.5]
