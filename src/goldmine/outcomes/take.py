"""Taking results in: good rows into the work folder's contacts, bad rows back in a file with the reason."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.core.errors import ReleaseError
from goldmine.core.files import disk_errors, whole_file
from goldmine.core.work import Work
from goldmine.offers.out import offers_of, releases_out
from goldmine.outcomes.bad import write_bad
from goldmine.outcomes.check import Known, Result, check_row
from goldmine.outcomes.sheet import Sheet, read_sheet

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
    bad : Counter of str
        Rows that were not kept, by reason.
    bad_file : Path or None
        Where they are.
    """

    new: int
    known: int
    not_worked: int
    control: int
    bad: Counter[str]
    bad_file: Path | None


def import_outcomes(file: Path, work: Work, *, today: date | None = None) -> Imported:
    """Take the results of campaigns in.

    The same file twice changes nothing. Rows of control customers are kept: that they were contacted has to be known.
    The intake adds what is kept to the bank's contacts; refusals count from the next release on, before any intake.

    Parameters
    ----------
    file : Path
        CSV or XLSX with campaign, customer, day, channel, answer and, if there is one, a note.
    work : Work
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
        known = Known(firsts.to_dict(), frozenset(out["campaign_id"]), today or date.today())
        kept = pq.read_table(work.returned).to_pylist() if work.returned.exists() else []
        standing = {tuple(row[name] for name in _KEY): row for row in kept}
        good, bad, idle = _sorted(sheet, known, standing)
        new = {key: row for key, row in good.items() if key not in standing}
        if new:
            _write(work.returned, [*kept, *new.values()])
        control = set(
            out.loc[out["group"] == "control", ["campaign_id", "customer_id"]].itertuples(index=False, name=None)
        )
        contacted = sum((row["campaign_id"], row["customer_id"]) in control for row in new.values())
        place = write_bad(file, sheet, bad) if bad else None
    return Imported(len(new), len(good) - len(new), idle, contacted, Counter(bad.values()), place)


def _sorted(
    sheet: Sheet, known: Known, standing: dict[tuple[object, ...], dict[str, object]]
) -> tuple[dict[tuple[object, ...], dict[str, object]], dict[int, str], int]:
    """Good rows by key, reasons of bad rows by place, and how many were not worked."""
    good: dict[tuple[object, ...], dict[str, object]] = {}
    places: dict[tuple[object, ...], list[int]] = {}
    bad: dict[int, str] = {}
    idle = 0
    for place, cells in enumerate(sheet.rows):
        named = {name: cells[at] if at < len(cells) else None for name, at in sheet.columns.items()}
        if not named.get("contacted_on") and not named.get("answer"):
            idle += 1
            continue
        found = check_row(named, known)
        if isinstance(found, str):
            bad[place] = found
            continue
        row = _as_row(found)
        key = tuple(row[name] for name in _KEY)
        places.setdefault(key, []).append(place)
        if good.setdefault(key, row) != row:
            bad |= dict.fromkeys(places[key], "twice")
        elif standing.get(key, row) != row:
            bad[place] = "other"
    spoilt = {key for key, at in places.items() if any(place in bad for place in at)}
    bad |= {place: bad.get(place, "twice") for key in spoilt for place in places[key]}
    return {key: row for key, row in good.items() if key not in spoilt}, bad, idle


def _as_row(result: Result) -> dict[str, object]:
    return {**asdict(result), "outcome": "open"}


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    rows = sorted(rows, key=lambda row: tuple(str(row[name]) for name in _KEY))
    with whole_file(path) as temporary, temporary.open("wb") as stream:
        pq.write_table(pa.Table.from_pylist(rows, _SCHEMA), stream, compression="zstd")
