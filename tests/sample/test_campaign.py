"""Campaigns played forward in the sample bank: who is worked, who is moved, and what then stands in the bank_files."""

from datetime import date
from types import SimpleNamespace

import duckdb
import numpy as np
import pandas as pd
import pytest

from goldmine.campaigns.results import import_outcomes
from goldmine.cli.campaigns import sample_campaign
from goldmine.core.errors import HistoryError, SettingsError
from goldmine.core.workspace import Workspace
from goldmine.sample import bank_files, write_bank
from goldmine.sample.persuasion import effect
from goldmine.sample.simulated_responses import LEAKED, WORKED, known_use_cases, simulate_campaign, work_campaign
from tests.campaigns.made import release

AS_OF = date(2024, 2, 29)


def campaign(**columns) -> pd.DataFrame:
    """Ten thousand customers, all contacted, reached and moved by nobody unless told otherwise."""
    size = 10_000
    plain = {
        "campaign_id": "spring",
        "customer_id": [f"C{n}" for n in range(size)],
        "channel": "call",
        "group": "contact",
        "aim": 0.2,
        "effect": 0.0,
        "reach": 1.0,
        "came": np.arange(size) % 5 == 0,
    }
    return pd.DataFrame(plain | columns)


def played(rows: pd.DataFrame) -> pd.DataFrame:
    return simulate_campaign(rows, AS_OF, np.random.default_rng(1)).rows


def test_most_offers_are_worked_and_a_little_of_the_control():
    assert played(campaign())["contacted"].mean() == pytest.approx(WORKED, abs=0.01)
    assert played(campaign(group="control"))["contacted"].mean() == pytest.approx(LEAKED, abs=0.005)


def test_number_of_moved_customers_equals_true_effect():
    rows = played(campaign(effect=0.16))
    assert rows["extra"].mean() == pytest.approx(WORKED * 0.16, abs=0.01)
    assert not (rows["extra"] & rows["came"]).any()
    assert (rows.loc[rows["extra"], "answer"] == "bought").all()


def test_who_is_not_reached_is_not_moved():
    rows = played(campaign(effect=0.8, reach=0.0))
    assert not rows["extra"].any()
    assert set(rows["answer"]) == {"not_reached", ""}


def test_the_same_customer_does_the_same_in_either_group():
    contact, control = played(campaign(effect=0.16)), played(campaign(effect=0.16, group="control"))
    contacted_in_both = contact["contacted"] & control["contacted"]
    assert contact.loc[contacted_in_both, "extra"].tolist() == control.loc[contacted_in_both, "extra"].tolist()


def test_true_effect_is_of_the_group_and_not_of_being_reached():
    whole = simulate_campaign(campaign(effect=0.1, reach=0.5), AS_OF, np.random.default_rng(1))
    assert whole.true_effect == pytest.approx((WORKED - LEAKED) * 0.05)


def test_contacts_are_dated_within_the_month_after_the_snapshot():
    contacts = simulate_campaign(campaign(), AS_OF, np.random.default_rng(1)).contacts()
    assert (min(contacts["contacted_on"]), max(contacts["contacted_on"])) == (date(2024, 3, 3), date(2024, 3, 29))
    assert len(contacts) == played(campaign())["contacted"].sum()


def test_a_contact_moves_the_open_more_and_nobody_away():
    added = effect("longtail", np.array([0.1, 0.1, 0.1]), np.array([-3.0, 0.0, 2.0]))
    assert 0 < added[0] < 0.01 < added[1] < added[2]


def test_for_dormancy_the_aim_is_that_it_does_not_come():
    assert effect("dormancy", np.array([0.9]), np.array([0.0])) > effect("dormancy", np.array([0.01]), np.array([0.0]))


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    folder = tmp_path_factory.mktemp("field") / "bank"
    write_bank(folder, customers=600, months=10, seed=3)
    return folder


def files(bank, folder, use_case: str, as_of: date = AS_OF):
    """A campaign on all customers of whom the aim has not come by itself; every fifth is control."""
    came = bank_files.happened(bank, use_case, AS_OF)
    rows = duckdb.sql(
        f"SELECT customer_id FROM '{bank}/customers.parquet' WHERE opened_on <= '{AS_OF}' ORDER BY ALL"
    ).df()
    rows = rows[~rows["customer_id"].isin(came)].assign(
        campaign_id=f"try_{use_case}", use_case=use_case, product_id="W-R1", channel="call", as_of=as_of
    )
    control = np.arange(len(rows)) % 5 == 0
    rows[~control].assign(group="contact").to_parquet(folder / "offers.parquet")
    rows[control].assign(group="control").to_parquet(folder / "control.parquet")
    return folder / "offers.parquet", folder / "control.parquet"


@pytest.mark.parametrize("use_case", ["longtail", "dormancy", "wealth", "payroll", "association"])
def test_moved_customers_are_in_the_bank_files(bank, tmp_path, use_case):
    before = bank_files.happened(bank, use_case, AS_OF)
    done = work_campaign(bank, *files(bank, tmp_path, use_case), seed=1)
    assert done.extra > 0
    assert len(bank_files.happened(bank, use_case, AS_OF) - before) == done.extra
    written = duckdb.sql(f"SELECT count(*) FROM '{bank}/contacts.parquet' WHERE campaign_id = 'try_{use_case}'")
    assert written.fetchone() == (done.contacts,)


def test_who_takes_a_product_once_asked_is_moved_as_the_truth_says(bank):
    accepts = pd.read_parquet(bank / "truth" / "prospects.parquet")
    wages = accepts[accepts["product_id"] == "payroll"].set_index("customer_id")["probability"]
    known = bank_files.truth(bank, "payroll", AS_OF).set_index("customer_id")
    some = known.index.intersection(wages.index)
    assert len(some) > 0
    assert (known.loc[some, "effect"] == wages[some]).all()
    assert (known.drop(some)["effect"] == 0).all()


def test_a_bank_without_prospects_knows_the_three_use_cases_with_models(bank, tmp_path):
    assert known_use_cases(bank) == ("longtail", "dormancy", "wealth", "payroll", "association")
    assert known_use_cases(tmp_path) == ("longtail", "dormancy", "wealth")


def test_a_campaign_is_played_once(bank, tmp_path):
    given = files(bank, tmp_path, "longtail")
    work_campaign(bank, *given, seed=1)
    before = {path: path.read_bytes() for path in bank.rglob("*.parquet")}
    again = work_campaign(bank, *given, seed=2)
    assert (again.contacts, again.kept) == (0, True)
    assert {path: path.read_bytes() for path in bank.rglob("*.parquet")} == before


def test_campaign_with_incomplete_horizon_is_refused(bank, tmp_path):
    given = files(bank, tmp_path, "wealth", date(2024, 5, 31))
    with pytest.raises(HistoryError, match="its books end before 2024-09-13, when the campaign's horizon does"):
        work_campaign(bank, *given, seed=1)


def test_a_use_case_without_truth_is_refused(bank, tmp_path):
    offers, control = files(bank, tmp_path, "longtail")
    for path in (offers, control):
        pd.read_parquet(path).assign(use_case="winback", campaign_id="w").to_parquet(path)
    with pytest.raises(SettingsError, match="winback: the sample bank does not know what a contact would do"):
        work_campaign(bank, offers, control, seed=1)


def test_the_command_leaves_out_a_campaign_without_truth_and_works_the_others(bank, tmp_path, monkeypatch, capsys):
    for name, use_case in (("a_staff", "staff"), ("b_wealth", "wealth")):
        folder = tmp_path / "campaigns" / name
        folder.mkdir(parents=True)
        for path in files(bank, folder, "wealth"):
            pd.read_parquet(path).assign(use_case=use_case, campaign_id=name).to_parquet(path)
    monkeypatch.setattr("goldmine.publishing.read_latest", lambda _work: SimpleNamespace(folder=tmp_path))
    monkeypatch.setattr("goldmine.cli.campaigns._require_bank", lambda *_: None)
    sample_campaign(bank, tmp_path, seed=1, results=None)
    staff, wealth = capsys.readouterr().out.splitlines()
    assert staff == f"{'a_staff':<24}not simulated: the bank does not know what a contact does for staff"
    assert wealth.startswith(f"{'b_wealth':<24}") and "contacts" in wealth


def test_contacts_may_come_back_as_a_file_of_results(tmp_path):
    folder = tmp_path / "bank"
    write_bank(folder, customers=300, months=10, seed=3)
    before = (folder / "contacts.parquet").read_bytes()
    given = files(folder, tmp_path, "longtail")
    done = work_campaign(folder, *given, seed=1, results=tmp_path / "returned")
    (path,) = (tmp_path / "returned").iterdir()
    returned = pd.read_csv(path)
    assert path.name == "try_longtail-2024-02-29.csv"
    assert list(returned.columns) == ["campaign_id", "customer_id", "contacted_on", "channel", "answer"]
    assert len(returned) == done.contacts > 0
    assert (folder / "contacts.parquet").read_bytes() == before
    path.unlink()
    assert work_campaign(folder, *given, seed=1, results=tmp_path / "returned").kept
    assert pd.read_csv(path).equals(returned)


def test_the_file_of_results_is_imported_without_a_bad_row(tmp_path):
    folder, work = tmp_path / "bank", Workspace(tmp_path / "work")
    write_bank(folder, customers=300, months=10, seed=3)
    offers, control = files(folder, tmp_path, "longtail")
    groups = {path: pd.read_parquet(path).assign(campaign_id="tail") for path in (offers, control)}
    for path, rows in groups.items():
        rows.to_parquet(path)
    listed = pd.concat(groups.values())[["customer_id", "group"]]
    release(work, listed.to_dict("records"), as_of=str(AS_OF))
    done = work_campaign(folder, offers, control, seed=1, results=tmp_path / "returned")
    imported = import_outcomes(tmp_path / "returned" / f"tail-{AS_OF}.csv", work)
    assert (imported.new, imported.bad_file) == (done.contacts, None)
    assert imported.control > 0
