"""What is wrong with the tracking store is said in two lines; a damaged store is no store that is away for a while."""

import sqlite3
from contextlib import closing
from datetime import date

import pytest

from goldmine.core.errors import ModelError, SettingsError
from goldmine.governance import scoring_champion
from goldmine.models import tracking
from goldmine.models.tracking import tracking_uri, unreachable


@pytest.fixture(autouse=True)
def unchecked(monkeypatch):
    monkeypatch.setattr(tracking, "_last_checks", {})


@pytest.mark.parametrize("address", ["garbage", "wang:secret@tracking", "ftp://wang:secret@tracking", "/some/folder"])
def test_what_is_no_address_of_a_store_is_refused_and_not_repeated(store, monkeypatch, address):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    with pytest.raises(SettingsError, match="MLFLOW_TRACKING_URI: is no address") as raised:
        tracking_uri()
    assert address not in str(raised.value)
    assert "secret" not in str(raised.value)


def test_damaged_database_stops_the_run_and_no_run_goes_elsewhere(store):
    (store / "mlruns" / "mlflow.db").write_bytes(b"no database" * 100)
    with pytest.raises(ModelError, match=r"tracking store mlflow\.db: is damaged"):
        unreachable()
    assert not (store / "mlruns" / "offline.db").exists()


def test_locked_database_is_waited_for_and_then_named(store, monkeypatch):
    monkeypatch.setattr("goldmine.models.store_fault._LOCK_SECONDS", 0.2)
    with closing(sqlite3.connect(store / "mlruns" / "mlflow.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ModelError, match="another program has kept it locked"):
            unreachable()
        other.execute("ROLLBACK")
    assert unreachable() == ""


def test_deleted_store_is_told_from_one_without_champions_by_the_journal(monkeypatch):
    def foreign(bank, use_case):
        raise ModelError("journal belongs to another store.", "Bring the store back.")

    monkeypatch.setattr(scoring_champion, "champion_version", lambda bank, use_case: "")
    monkeypatch.setattr(scoring_champion, "history", lambda bank, use_case: [])
    assert scoring_champion.scoring_version("tiny", "longtail", date(2024, 6, 30)) == ""
    monkeypatch.setattr(scoring_champion, "history", foreign)
    with pytest.raises(ModelError, match="belongs to another store"):
        scoring_champion.scoring_version("tiny", "longtail", date(2024, 6, 30))
