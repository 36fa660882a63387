"""Taking results in: good rows into the work folder's contacts, bad rows back in a file with the reason."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.campaigns.results.parse_sheet import Sheet, read_sheet
from goldmine.campaigns.results.rejected_rows import write_bad
from goldmine.campaigns.results.result_check import OPT_OUT, Known, Result, check_row
from goldmine.contactability.past_offers import offers_of, releases_out
from goldmine.contract.intake import load_bank
from goldmine.core.engine import connect
from goldmine.core.errors import ReleaseError, WorkFolderError
from goldmine.core.files import disk_errors, whole_file
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
    ]
)
_KEY = ("campaign_id", "customer_id", "contacted_on")


@dataclass(frozen=True)
class Imported:
    """What became of a file's rows.

    Parameters
    ----------
    new, known : int
        Kept now, and kept before already.
    not_worked : int
        Without day and answer: not worked yet.
    control : int
        Of those kept now, customers of a control group, who should not have been contacted.
    refused : int
        Of those kept now, customers who asked never to be contacted again.
    bad : Counter of str
        Rows that went back, by reason; of some the refusal was kept all the same.
    bad_file : Path or None
        Where they are.
    """

    new: int
    known: int
    not_worked: int
    control: int
    refused: int
    bad: Counter[str]
    bad_file: Path | None


def import_outcomes(file: Path, work: Workspace, *, today: date | None = None) -> Imported:
    """Take the results of campaigns in.

    The same file twice changes nothing. Rows of control customers are kept: that they were contacted has to be known.
    The intake adds what is kept to the bank's contacts; refusals count from the next release on, before any intake. A
    refusal is kept whatever else is wrong with its row, and in place of another result of the same contact.

    Parameters
    ----------
    file : Path
        CSV or XLSX with campaign, customer, day, channel, answer and, if there is one, a note.
    work : Workspace
        The bank's work folder; its releases say who was listed.
    today : date, optional
        The day of the import; a contact cannot be later.

    Raises
    ------
    ContractError
        If the file cannot be read or lacks a column.
    ReleaseError
        If no campaign was ever released.
    """
    sheet = read_sheet(file)
    with work.lock(), disk_errors(work.root):
        out = offers_of(releases_out(work))
        if out.empty:
            raise ReleaseError(f"{work.root}: no campaign has been released.", "Run `goldmine publish` first.")
        firsts = out.groupby(["campaign_id", "customer_id"])["as_of"].min()
        named = {str(row[at]).strip() for at in [sheet.columns["customer_id"]] for row in sheet.rows if at < len(row)}
        customers = frozenset(out["customer_id"]) | _of_the_bank(work, named)
        known = Known(firsts.to_dict(), frozenset(out["campaign_id"]), today or date.today(), customers)
        kept = pq.read_table(work.returned).to_pylist() if work.returned.exists() else []
        standing = {tuple(row[name] for name in _KEY): row for row in kept}
        taken = _sorted(sheet, known, standing)
        new = {key: row for key, row in taken.good.items() if standing.get(key) != row}
        if new:
            _write(work.returned, list((standing | new).values()))
        control = set(
            out.loc[out["group"] == "control", ["campaign_id", "customer_id"]].itertuples(index=False, name=None)
        )
        contacted = sum((row["campaign_id"], row["customer_id"]) in control for row in new.values())
        place = write_bad(file, sheet, taken.bad, taken.heard) if taken.bad else None
    refused = sum(_refuses(row) for row in new.values())
    counts = (len(new), len(taken.good) - len(new), taken.idle, contacted, refused)
    return Imported(*counts, Counter(taken.bad.values()), place)


def _of_the_bank(work: Workspace, named: set[str]) -> frozenset[str]:
    """Which of some numbers are customers of the bank, where its tables have been taken in."""
    try:
        bank = load_bank(work)
    except WorkFolderError:
        return frozenset()
    connection = connect()
    customers = bank.read(connection, "customers")
    found = customers.filter(customers.customer_id.isin(sorted(named))).select("customer_id").to_pyarrow()
    return frozenset(found["customer_id"].to_pylist())


_Key = tuple[object, ...]
_Row = dict[str, object]


@dataclass(frozen=True)
class _Taken:
    """Rows kept by key, reasons of rows that go back by place, those of them that were heard, rows not worked."""

    good: dict[_Key, _Row]
    bad: dict[int, str]
    heard: frozenset[int]
    idle: int


def _sorted(sheet: Sheet, known: Known, standing: dict[_Key, _Row]) -> _Taken:
    good: dict[_Key, _Row] = {}
    refusals: dict[_Key, _Row] = {}
    places: dict[_Key, list[int]] = {}
    bad: dict[int, str] = {}
    heard: set[int] = set()
    idle = 0
    for place, cells in enumerate(sheet.rows):
        named = {name: cells[at] if at < len(cells) else None for name, at in sheet.columns.items()}
        if not named.get("contacted_on") and not named.get("answer"):
            idle += 1
            continue
        found = check_row(named, known)
        if found.fault is not None:
            bad[place] = found.fault
        if found.result is None:
            continue
        row = _as_row(found.result)
        key = tuple(row[name] for name in _KEY)
        if _refuses(row):
            heard.add(place)
            refusals.setdefault(key, row)
        if found.fault is not None:
            continue
        places.setdefault(key, []).append(place)
        if good.setdefault(key, row) != row:
            bad |= dict.fromkeys(places[key], "twice")
        elif standing.get(key, row) != row and not (_refuses(row) and not _refuses(standing[key])):
            bad[place] = "other"
    spoilt = {key for key, at in places.items() if any(place in bad for place in at)}
    bad |= {place: bad.get(place, "twice") for key in spoilt for place in places[key]}
    kept = {key: row for key, row in good.items() if key not in spoilt}
    return _Taken(_refusals(refusals, standing) | kept, bad, frozenset(heard), idle)


def _refusals(found: dict[_Key, _Row], standing: dict[_Key, _Row]) -> dict[_Key, _Row]:
    """Refusals as they are to stand: each takes the place of another result of its contact, and stands once."""
    stand = {key[:2] for key, row in standing.items() if _refuses(row)}
    kept = {}
    for key, row in found.items():
        before = standing.get(key)
        if before is not None and _refuses(before):
            kept[key] = before
        elif before is not None:
            kept[key] = before | {name: value for name, value in row.items() if value is not None}
        elif key[:2] not in stand:
            kept[key] = row
    return kept


def _refuses(row: _Row) -> bool:
    return row["answer"] == OPT_OUT


def _as_row(result: Result) -> dict[str, object]:
    return {**asdict(result), "outcome": "open"}


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    rows = sorted(rows, key=lambda row: tuple(str(row[name]) for name in _KEY))
    with whole_file(path) as temporary, temporary.open("wb") as stream:
        pq.write_table(pa.Table.from_pylist(rows, _SCHEMA), stream, compression="zstd")
