"""Import results: good rows go into the work folder's contacts, bad rows into a file with the reason."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.campaigns.results.parse_sheet import read_sheet
from goldmine.campaigns.results.rejected_rows import write_rejected
from goldmine.campaigns.results.result_check import Known, Listing, names_customer_care
from goldmine.campaigns.results.sort_rows import KEY, Key, Row, SortedRows, outcome_of, refuses, sort_rows
from goldmine.contactability.past_offers import campaign_names, offers_of, releases_out
from goldmine.contract.intake import load_bank
from goldmine.core import dates
from goldmine.core.engine import connect
from goldmine.core.errors import ReleaseError, WorkFolderError
from goldmine.core.files import disk_errors, whole_file
from goldmine.core.i18n import _
from goldmine.core.sheet import Sheet
from goldmine.core.workspace import Workspace

_SCHEMA = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("customer_id", pa.string()),
        ("contacted_on", pa.date32()),
        ("channel", pa.string()),
        ("answer", pa.string()),
        ("outcome", pa.string()),
        ("note", pa.string()),
        ("certain", pa.bool_()),
        ("amount", pa.decimal128(18, 2)),
        ("product", pa.string()),
    ]
)


@dataclass(frozen=True)
class Imported:
    """Counts of a file's rows after the import.

    Parameters
    ----------
    new, known : int
        Newly stored, and stored before.
    not_worked : int
        Without day and answer: not yet worked.
    control : int
        Newly stored rows of control customers, who should not have been contacted.
    refused : int
        Newly stored rows of customers who opted out.
    bad : Counter of str
        Rejected rows by reason; the refusal in some of them was stored all the same.
    bad_file : Path or None
        The file of rejected rows.
    """

    new: int
    known: int
    not_worked: int
    control: int
    refused: int
    bad: Counter[str]
    bad_file: Path | None


def import_outcomes(file: Path, work: Workspace, *, today: date | None = None) -> Imported:
    """Import the results of campaigns.

    Importing a file twice changes nothing. Rows of control customers are stored, since contamination must be known. The
    intake adds stored rows to the bank's contacts; refusals count from the next release on, before any intake. A
    refusal is stored whatever else is wrong with its row, and replaces another result of the same contact. A
    possible refusal is stored as one too; a corrected row takes it back.

    Parameters
    ----------
    file : Path
        CSV or XLSX with campaign, customer, day, channel, answer and, if there is one, a note.
    work : Workspace
        The bank's work folder; its releases say who was listed.
    today : date, optional
        The day of the import; a contact cannot be later. Words such as yesterday are counted from the day on which the
        file was last saved, if that is known and earlier.

    Raises
    ------
    ContractError
        If the file cannot be read or lacks a column.
    ReleaseError
        If no campaign was ever released, and no row is of customer care.
    """
    sheet = read_sheet(file)
    taken = take_results(sheet, work, today=today)
    if not taken.sorted_rows.bad:
        return taken.imported
    with disk_errors(file.parent):
        bad_file = write_rejected(file, sheet, taken.sorted_rows.bad, taken.sorted_rows.heard)
    return replace(taken.imported, bad_file=bad_file)


@dataclass(frozen=True)
class Taken:
    """What became of the rows of a sheet.

    Parameters
    ----------
    imported : Imported
        Counts.
    sorted_rows : SortedRows
        Which rows were taken, and why the others were not.
    """

    imported: Imported
    sorted_rows: SortedRows


def take_results(sheet: Sheet, work: Workspace, *, today: date | None = None, newest: bool = False) -> Taken:
    """Store the results of a sheet in a work folder, as `import_outcomes` says.

    Parameters
    ----------
    newest : bool
        The sheet is the portal's, which knows the order of results: another result of the same contact replaces the
        stored one, unless that is a refusal. A refusal is taken although nothing was released yet.

    Raises
    ------
    ReleaseError
        If no campaign was ever released, and no row is of customer care.
    """
    with work.lock(), disk_errors(work.root):
        offers = offers_of(releases_out(work))
        if offers.empty and not newest and not names_customer_care(sheet):
            raise ReleaseError(
                _("{work}: no campaign has been released.", work=work.root), _("Run `goldmine publish` first.")
            )
        spans = offers.groupby(["campaign_id", "customer_id"]).agg({"as_of": "min", "valid_until": "max"})
        listed = {offer: Listing(*span) for offer, span in zip(spans.index, spans.to_numpy(), strict=True)}
        index = sheet.columns["customer_id"]
        named = {str(row[index]).strip() for row in sheet.rows if index < len(row)}
        customers = frozenset(offers["customer_id"]) | _customers_of_bank(work, named)
        campaigns = campaign_names(releases_out(work), frozenset(offers["campaign_id"]))
        known = Known(listed, campaigns, today or dates.today(), customers, sheet.saved_on)
        stored_rows = pq.read_table(work.returned).to_pylist() if work.returned.exists() else []
        # Work folders hold rows of before answers said what came of them, each of them open.
        stored_rows = [row | {"outcome": outcome_of(row["answer"])} for row in stored_rows]
        stored = {tuple(row[name] for name in KEY): row for row in stored_rows}
        sorted_rows = sort_rows(sheet, known, stored, newest=newest)
        new = {key: row for key, row in sorted_rows.good.items() if stored.get(key) != row}
        if new:
            _write(work.returned, list((_without_corrected(stored, new) | new).values()))
        control = set(
            offers.loc[offers["group"] == "control", ["campaign_id", "customer_id"]].itertuples(index=False, name=None)
        )
    contacted = sum((row["campaign_id"], row["customer_id"]) in control for row in new.values())
    refused = sum(refuses(row) for row in new.values())
    counts = (len(new), len(sorted_rows.good) - len(new), sorted_rows.idle, contacted, refused)
    return Taken(Imported(*counts, Counter(sorted_rows.bad.values()), None), sorted_rows)


def _customers_of_bank(work: Workspace, numbers: set[str]) -> frozenset[str]:
    """The customer numbers that the bank has; none before its first intake."""
    try:
        bank = load_bank(work)
    except WorkFolderError:
        return frozenset()
    connection = connect()
    customers = bank.read(connection, "customers")
    known = customers.filter(customers.customer_id.isin(sorted(numbers))).select("customer_id").to_pyarrow()
    return frozenset(known["customer_id"].to_pylist())


def _without_corrected(stored: dict[Key, Row], new: dict[Key, Row]) -> dict[Key, Row]:
    """Stored results but the possible refusals that new rows of the same customer and campaign correct."""
    corrected = {key[:2] for key, row in new.items() if row["certain"]}
    return {key: row for key, row in stored.items() if row["certain"] or key[:2] not in corrected}


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    rows = sorted(rows, key=lambda row: tuple(str(row[name]) for name in KEY))
    with whole_file(path) as temporary, temporary.open("wb") as stream:
        pq.write_table(pa.Table.from_pylist(rows, _SCHEMA), stream, compression="zstd")
