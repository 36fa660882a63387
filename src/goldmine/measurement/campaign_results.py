"""Results of a campaign: its two published files, its contacts, and its customers' outcomes since."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import ibis
import pandas as pd
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from goldmine.activity.build import partition
from goldmine.contactability.past_offers import newest_releases, releases_out
from goldmine.contract.bank import Bank
from goldmine.core.columns import column
from goldmine.core.dates import month_end, month_key
from goldmine.core.engine import connect
from goldmine.core.errors import HistoryError, ReleaseError
from goldmine.core.files import read_json
from goldmine.core.i18n import LocalizedText, _, stored_text
from goldmine.core.workspace import Workspace
from goldmine.identity import merged_numbers, under_survivors
from goldmine.labels.cutoffs import outcome_end
from goldmine.labels.outcome_window import outcome_customers, outcome_window
from goldmine.labels.use_case import UseCase, load_use_case, readable_use_cases

COLUMNS = (
    "campaign_id",
    "customer_id",
    "use_case",
    "offer",
    "channel",
    "probability",
    "decile",
    "uplift",
    "branch_id",
    "stratum",
    "group",
    "as_of",
    "valid_until",
    "model_version",
    "release_id",
)


@dataclass(frozen=True)
class Campaign:
    """A published campaign.

    Parameters
    ----------
    folder : Path
        Of its files.
    name : str
        Its id.
    as_of : date
        Snapshot of its release.
    complete_on : date
        The last day of its horizon, over all its use cases: from then on it can be measured.
    use_cases : tuple of str
        Those whose customers it holds.
    """

    folder: Path
    name: str
    as_of: date
    complete_on: date
    use_cases: tuple[str, ...]


def campaigns(work: Workspace) -> list[Campaign]:
    """All campaigns that were handed out, by date of completion; of two releases of a snapshot the later counts.

    A release made when a later month had one already was worked by nobody: it is not measured, and nothing is learnt
    from it. Nor is one of a use case whose file is no longer there.
    """
    by_release: dict[tuple[str, str], Campaign] = {}
    not_worked = set(releases_out(work)) - set(newest_releases(work))
    offers = work.releases.glob("*/*/campaigns/*/offers.parquet")
    paths = [path for path in offers if path.parents[2] not in not_worked]
    for path in sorted(paths, key=lambda path: path.stat().st_mtime_ns):
        rows = pq.read_table(path, columns=["use_case"])
        control = pq.read_table(path.with_name("control.parquet"), columns=["use_case"])
        as_of = date.fromisoformat(path.parents[3].name)
        names = set(rows["use_case"].to_pylist()) | set(control["use_case"].to_pylist())
        if names and not _unreadable(names):
            ends = [outcome_end(load_use_case(name), as_of) for name in names]
            by_release[path.parent.name, str(as_of)] = Campaign(
                path.parent, path.parent.name, as_of, max(ends), tuple(sorted(names))
            )
    return sorted(by_release.values(), key=lambda campaign: (campaign.complete_on, campaign.name))


def _unreadable(use_cases: set[str]) -> bool:
    """Whether a use case's file cannot be read or was removed: without its horizon the campaign has no last day."""
    return not use_cases <= set(readable_use_cases())


def group_titles(campaign: Campaign) -> dict[str, LocalizedText]:
    """What people call the groups that a campaign is measured by: its use cases and offers by title, channels in words.

    Branches and deciles have none; nor has an offer of a release that does not hold its title.
    """
    record = (read_json(campaign.folder.parents[1] / "manifest.json", {}).get("campaigns") or {}).get(campaign.name, {})
    offers = {offer["offer"]: stored_text(offer["title"]) for offer in record.get("offers", ())}
    cases = {name: load_use_case(name).title for name in campaign.use_cases}
    return {**column("channel").words, **offers, **cases}


def complete_campaign(work: Workspace, snapshot: date, name: str = "", published: str = "") -> Campaign:
    """The campaign to measure: the last of those asked for whose horizon has ended by the snapshot.

    Parameters
    ----------
    name : str
        Its id; empty for any.
    published : str
        Snapshot of its release, ``YYYY-MM-DD``; empty for any.

    Raises
    ------
    ReleaseError
        If nothing of that name and snapshot was published.
    HistoryError
        If none is complete yet.
    """
    known = [campaign for campaign in campaigns(work) if name in ("", campaign.name)]
    known = [campaign for campaign in known if published in ("", str(campaign.as_of))]
    if not known:
        asked = {"folder": work.releases, "name": repr(name), "day": published}
        what = _("{folder}: no campaign {name} has been published.", **asked)
        if name and published:
            what = _("{folder}: no campaign {name} has been published for {day}.", **asked)
        elif not name:
            what = _("{folder}: no campaign has been published.", **asked)
            what = _("{folder}: no campaign has been published for {day}.", **asked) if published else what
        raise ReleaseError(what, _("Publish one first."))
    completed = [campaign for campaign in known if campaign.complete_on <= snapshot]
    if not completed:
        raise HistoryError(
            _(
                "{name}: its horizon ends on {complete_on}, after the snapshot {snapshot}.",
                name=known[0].name,
                complete_on=known[0].complete_on,
                snapshot=snapshot,
            ),
            _("Measure at a month end from that day on."),
        )
    return completed[-1]


def read_results(bank: Bank, work: Workspace, campaign: Campaign, snapshot: date) -> pd.DataFrame:
    """Contacts, outcomes and change of AUM of a campaign's customers.

    Parameters
    ----------
    snapshot : date
        The tables are read as known by then.

    Returns
    -------
    DataFrame
        One row per person of the campaign, of whose numbers merged by its completion one in control counts, else the
        surviving one: the published columns, ``contacted_on``, ``contacted_by``, ``answer`` (the
        first contact between the snapshot of the release and the campaign's completion; empty where none),
        ``contact_channels`` (tuple of the channels of all contacts in that time, the first one first), ``reached``
        (whether any of them did reach the customer), ``outcome`` (0 or 1: whether the predicted outcome happened),
        ``aim`` (0 or 1: whether what the campaign wanted happened, the opposite for a use case whose outcome is to be
        prevented), ``aum_change`` (yuan, average daily AUM of the horizon's last full month less that of the
        snapshot's; empty where the bank has no balances) and ``drawn_before`` (whether the campaign's release of an
        earlier snapshot held the customer already).

    Raises
    ------
    ReleaseError
        If the campaign's files lack a column.
    """
    files = [campaign.folder / "offers.parquet", campaign.folder / "control.parquet"]
    rows = pd.concat([_published(path) for path in files], ignore_index=True)
    connection = connect()
    contacts = _contacts(connection, bank, campaign)
    survivors = _survivors(connection, bank, rows["customer_id"], campaign.complete_on).rename("survivor_id")
    before = _drawn_before(connection, bank, work, campaign)
    rows = _one_a_person(rows.join(survivors)).merge(contacts, on="survivor_id", how="left")
    rows = rows.assign(
        drawn_before=rows["survivor_id"].isin(before),
        reached=rows["reached"].eq(True),
        contact_channels=[found if isinstance(found, tuple) else () for found in rows["contact_channels"]],
    ).drop(columns="survivor_id")
    parts = []
    for name, some in rows.groupby("use_case", sort=True):
        use_case = load_use_case(str(name))
        reached = _reached_aim(connection, bank, work, use_case, (campaign.as_of, snapshot))
        end = outcome_end(use_case, campaign.as_of)
        survivors = _survivors(connection, bank, some["customer_id"], end)
        last = end if end == month_end(end) else month_end(end, -1)
        before, after = (_aum(connection, bank, work, month, end) for month in (campaign.as_of, last))
        reached_aim = survivors.isin(reached).astype(int)
        parts.append(
            some.assign(
                aim=reached_aim,
                outcome=1 - reached_aim if use_case.prevents else reached_aim,
                aum_change=_yuan(survivors, after) - _yuan(survivors, before),
            )
        )
    return pd.concat(parts, ignore_index=True)


def _one_a_person(rows: pd.DataFrame) -> pd.DataFrame:
    """One row of each surviving number: one in control if there is one, as later releases hold the person."""
    order = pd.DataFrame({"contact": rows["group"] != "control", "merged": rows["customer_id"] != rows["survivor_id"]})
    order = order.assign(number=rows["customer_id"]).sort_values(["contact", "merged", "number"])
    return rows.loc[order.index].drop_duplicates("survivor_id").sort_index()


def _drawn_before(connection: Backend, bank: Bank, work: Workspace, campaign: Campaign) -> pd.Series:
    """Surviving numbers of those whom the campaign's releases of earlier snapshots drew."""
    earlier = [other for other in campaigns(work) if other.name == campaign.name and other.as_of < campaign.as_of]
    files = [other.folder / name for other in earlier for name in ("offers.parquet", "control.parquet")]
    numbers = [pq.read_table(file, columns=["customer_id"])["customer_id"].to_pandas() for file in files]
    if not numbers:
        return pd.Series(dtype="object")
    return _survivors(connection, bank, pd.concat(numbers), campaign.complete_on)


def _survivors(connection: Backend, bank: Bank, numbers: pd.Series, day: date) -> pd.Series:
    """Surviving numbers of some customers at a day, since their later rows may carry another number."""
    merged = merged_numbers(connection, bank.read(connection, "customers"), day).to_pyarrow()
    survivors = dict(zip(merged["merged_id"].to_pylist(), merged["survivor_id"].to_pylist(), strict=True))
    return numbers.map(lambda number: survivors.get(number, number))


def _published(path: Path) -> pd.DataFrame:
    """A file of a campaign; `uplift` is empty if the release has none."""
    columns = pq.read_schema(path).names
    missing = [name for name in COLUMNS if name not in columns and name != "uplift"]
    if missing:
        raise ReleaseError(
            _(
                "{file} of {campaign}: has no column {column}, so this campaign cannot be measured.",
                file=path.name,
                campaign=path.parent.name,
                column=repr(missing[0]),
            ),
            _("Measure a campaign that was published by this version."),
        )
    rows = pq.read_table(path, columns=[name for name in COLUMNS if name in columns]).to_pandas()
    return rows if "uplift" in columns else rows.assign(uplift=float("nan"))


def _reached_aim(
    connection: Backend, bank: Bank, work: Workspace, use_case: UseCase, dates: tuple[date, date]
) -> set[str]:
    """Customers who reached the aim, which is the opposite of an outcome that is to be prevented."""
    customers = outcome_customers(use_case, outcome_window(connection, bank, work, use_case, dates))
    return set(customers.select("customer_id").to_pyarrow()["customer_id"].to_pylist())


def _contacts(connection: Backend, bank: Bank, campaign: Campaign) -> pd.DataFrame:
    """Each customer's contacts within a campaign, by the number that survives at its completion.

    Day, channel and answer are the first one's, from which a campaign works on the customer; each contact costs, and
    any of them may reach the customer.
    """
    names = ["survivor_id", "contacted_on", "contacted_by", "answer", "contact_channels", "reached"]
    if not bank.has("contacts"):
        return pd.DataFrame(columns=names)
    rows = bank.read(connection, "contacts").distinct()
    rows = rows.filter(
        rows.campaign_id == campaign.name,
        rows.contacted_on > campaign.as_of,
        rows.contacted_on <= campaign.complete_on,
    )
    contacts = rows.order_by(["customer_id", "contacted_on", "channel"]).to_pyarrow().to_pandas()
    contacts = contacts.assign(survivor_id=_survivors(connection, bank, contacts["customer_id"], campaign.complete_on))
    contacts = contacts.assign(reached=contacts["answer"].notna() & (contacts["answer"] != "not_reached"))
    by_customer = contacts.sort_values("contacted_on", kind="stable").groupby("survivor_id", sort=False)
    found = by_customer.head(1).rename(columns={"channel": "contacted_by"}).set_index("survivor_id")
    found = found.assign(contact_channels=by_customer["channel"].agg(tuple), reached=by_customer["reached"].any())
    return found.reset_index()[names]


def _aum(connection: Backend, bank: Bank, work: Workspace, month: date, day: date) -> pd.Series | None:
    """Average daily AUM of a month in yuan, by the number that survives at a day; None where the bank has none."""
    if not bank.has("balances") or month_key(month) not in bank.months("balances"):
        return None
    rows: ibis.Table = connection.read_parquet(str(partition(work, "balances", month_key(month))))
    merged = merged_numbers(connection, bank.read(connection, "customers"), day)
    rows = under_survivors(rows.select("customer_id", "aum_avg"), merged)
    totals = rows.group_by("customer_id").agg(aum=rows.aum_avg.sum()).to_pyarrow().to_pandas()
    return totals.set_index("customer_id")["aum"].astype("float64") / 100


def _yuan(numbers: pd.Series, by_customer: pd.Series | None) -> pd.Series:
    if by_customer is None:
        return pd.Series(float("nan"), index=numbers.index)
    return numbers.map(by_customer).fillna(0.0)
