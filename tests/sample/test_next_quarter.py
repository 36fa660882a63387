"""A sample bank a quarter later: longer, with what its campaigns moved."""

from datetime import date

import duckdb
import pytest

from goldmine.core.errors import SettingsError
from goldmine.sample import bank_files, write_bank
from goldmine.sample.next_quarter import lengthen_to_next_quarter
from goldmine.sample.simulated_responses import work_campaign
from tests.sample.test_campaign import files

AS_OF = date(2024, 2, 29)


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    """A bank in which all three use cases' campaigns of February were worked, then made longer."""
    folder = tmp_path_factory.mktemp("quarter")
    write_bank(folder / "bank", customers=600, months=10, seed=3)
    for use_case in ("longtail", "dormancy", "wealth"):
        work_campaign(folder / "bank", *files(folder / "bank", folder, use_case), seed=1)
    reached = {
        use_case: bank_files.happened(folder / "bank", use_case, AS_OF)
        for use_case in ("longtail", "dormancy", "wealth")
    }
    contacts = duckdb.sql(
        f"FROM '{folder}/bank/contacts.parquet' WHERE campaign_id LIKE 'try%' ORDER BY ALL"
    ).fetchall()
    assert lengthen_to_next_quarter(folder / "bank", date(2024, 6, 30)) == date(2024, 9, 30)
    return folder / "bank", reached, contacts


def test_books_end_a_month_after_the_quarter(bank):
    text = (bank[0] / "bank.yaml").read_text("utf-8")
    assert text == "name: sample-600-2023-09-3\ndata_until: 2024-10-31\n"
    assert (bank[0] / "transactions" / "2024-10.parquet").exists()


@pytest.mark.parametrize("use_case", ["longtail", "dormancy", "wealth"])
def test_the_longer_bank_keeps_what_campaigns_moved(bank, use_case):
    folder, reached, _ = bank
    assert bank_files.happened(folder, use_case, AS_OF) == reached[use_case]
    assert (folder / "truth" / "campaigns" / f"try_{use_case}-{AS_OF}.parquet").exists()


def test_the_longer_bank_keeps_the_campaigns_contacts(bank):
    folder, _, contacts = bank
    kept = duckdb.sql(f"FROM '{folder}/contacts.parquet' WHERE campaign_id LIKE 'try%' ORDER BY ALL").fetchall()
    assert kept == contacts
    assert len(kept) > 800


def test_a_bank_that_is_long_enough_is_left_as_it_is(bank):
    folder = bank[0]
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}
    assert lengthen_to_next_quarter(folder, date(2024, 6, 30)) == date(2024, 9, 30)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")} == before


def test_a_bank_that_does_not_say_how_it_was_made_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="does not say how it was made, so it cannot be made longer"):
        lengthen_to_next_quarter(tmp_path, date(2024, 6, 30))
