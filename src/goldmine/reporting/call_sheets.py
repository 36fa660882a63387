"""Call sheets: overdue contacts, customers near the next level, remedy lists.

A branch sees only its own customers; an employee, only theirs.
"""

from datetime import date

import pandas as pd
import pyarrow.parquet as pq

from goldmine.contract.display_names import DisplayNames
from goldmine.core.columns import columns, headings
from goldmine.core.errors import ParameterError, ReleaseError
from goldmine.core.i18n import _, in_language
from goldmine.core.workspace import Workspace
from goldmine.coverage import load_coverage_rules
from goldmine.customers.ladder import LEVELS, level_title
from goldmine.publishing.release_store import read_latest
from goldmine.reporting.metric_definitions import Remedy
from goldmine.reporting.prepare import ReportData

_LISTED = ["customer_id", "use_case", "probability", "reason_1", "valid_until"]


def of_branch(data: ReportData, branch_id: str) -> pd.DataFrame:
    """The customers whom one branch keeps by the books: rows of the customer mart, by customer_id.

    Raises
    ------
    ParameterError
        If the branch has no customer.
    """
    rows = data.customers[data.customers["books_branch_id"] == branch_id]
    if rows.empty:
        raise ParameterError(
            _("branch_id: no customer is kept by branch {branch_id}.", branch_id=repr(branch_id)),
            _("Give a branch of the books."),
        )
    return rows


def of_employee(data: ReportData, employee_id: str) -> pd.DataFrame:
    """The customers that one employee owns; those of other branches only for roles of the whole bank.

    Raises
    ------
    ParameterError
        If nobody at work has that number.
    """
    if employee_id not in data.staff.index:
        raise ParameterError(
            _("employee_id: nobody at work has the number {employee_id}.", employee_id=repr(employee_id)),
            _("Give a staff_id of somebody at work."),
        )
    person = data.staff.loc[employee_id]
    rows = data.customers[data.customers["employee_id"] == employee_id]
    if person["role"] in load_coverage_rules().whole_bank:
        return rows
    return rows[rows["books_branch_id"] == person["branch_id"]]


def may_be_called(data: ReportData, customers: pd.DataFrame) -> pd.DataFrame:
    """The customers whom staff may contact by telephone; see `goldmine.contactability`."""
    return customers[customers.index.isin(data.contactable)]


def listed(work: Workspace, as_of: date) -> pd.DataFrame:
    """Every list of the month end's release: customer_id, use_case, probability, reason_1, valid_until.

    No rows if the current release is of another month end.
    """
    try:
        release = read_latest(work)
    except ReleaseError:
        return pd.DataFrame(columns=_LISTED)
    if release.manifest.as_of != as_of:
        return pd.DataFrame(columns=_LISTED)
    files = sorted((release.folder / "lists").glob("*.parquet"))
    rows = pd.concat([pq.read_table(file, columns=_LISTED).to_pandas() for file in files], ignore_index=True)
    return rows.sort_values(["probability", "customer_id"], ascending=[False, True], ignore_index=True)


def near_next(data: ReportData, customers: pd.DataFrame) -> pd.DataFrame:
    """Customers to contact near the next level, the nearest first: level, aum_avg and to_next in yuan, owner_id."""
    rows = may_be_called(data, customers)
    rows = rows[rows["near_next"].fillna(False).astype(bool)]
    start = rows["level"].map(dict(enumerate(LEVELS[1:])))
    near = rows.assign(
        owner_id=rows["employee_id"], aum_avg=rows["aum_fen"] / 100, to_next=start - rows["aum_fen"] / 100
    )
    near = near.assign(share=near["to_next"] / start).sort_values(["share", "level"], kind="stable")
    return near.reset_index()[["customer_id", "level", "aum_avg", "to_next", "owner_id"]]


def overdue(data: ReportData, customers: pd.DataFrame) -> pd.DataFrame:
    """Customers to contact as their owner's contact is overdue, core customers first, then the longest overdue."""
    rows = data.coverage[data.coverage["overdue_days"] > 0].set_index("customer_id")
    rows = rows[rows.index.isin(may_be_called(data, customers).index)]
    rows = rows.sort_values(["core", "overdue_days", "aum_fen"], ascending=False, kind="stable")
    late = rows.assign(aum_avg=rows["aum_fen"] / 100).reset_index()
    names = ["customer_id", "level", "aum_avg", "core", "last_contact_on", "due_on", "overdue_days", "owner_id"]
    return late[names].assign(due_on=late["due_on"].dt.date, last_contact_on=late["last_contact_on"].dt.date)


def handed_over(data: ReportData, customers: pd.DataFrame) -> pd.DataFrame:
    """Customers to contact who were taken over this time from a person who left: who had them before."""
    rows = data.coverage[data.coverage["change_reason"] == "staff_left"].set_index("customer_id")
    rows = rows[rows.index.isin(may_be_called(data, customers).index)].sort_values(
        "aum_fen", ascending=False, kind="stable"
    )
    taken = rows.assign(aum_avg=rows["aum_fen"] / 100).reset_index()
    return taken[["customer_id", "level", "aum_avg", "previous_id", "owner_id"]]


def remedy_rows(data: ReportData, branch_id: str, remedy: Remedy, max_rows: int) -> pd.DataFrame:
    """The remedy list of a branch's weak figure, of its own customers: the best `max_rows` of it.

    Parameters
    ----------
    data : ReportData
        Report data of the bank.
    branch_id : str
        The branch.
    remedy : str
        `Metric.remedy_list`: overdue contacts, customers near the next level, or a use case's list.
    max_rows : int
        Maximum rows.
    """
    customers = may_be_called(data, of_branch(data, branch_id))
    if remedy == "overdue":
        return overdue(data, customers).head(max_rows)[
            ["customer_id", "level", "aum_avg", "due_on", "overdue_days", "owner_id"]
        ]
    if remedy == "near_next":
        return near_next(data, customers[customers["level"] > 0]).head(max_rows)
    lists = listed(data.work, data.as_of)
    rows = lists[(lists["use_case"] == remedy) & lists["customer_id"].isin(customers.index)].head(max_rows)
    attributes = customers.loc[rows["customer_id"]]
    return pd.DataFrame(
        {
            "customer_id": rows["customer_id"].to_numpy(),
            "level": attributes["level"].to_numpy(),
            "aum_avg": attributes["aum_fen"].to_numpy() / 100,
            "probability": rows["probability"].to_numpy(),
            "reason": rows["reason_1"].fillna("").to_numpy(),
            "owner_id": attributes["employee_id"].to_numpy(),
        }
    )


def in_words(rows: pd.DataFrame, language: str, names: DisplayNames) -> pd.DataFrame:
    """A call sheet as staff read it: headings and names in words, amounts and probabilities written out."""
    shown = names.in_frame(rows.drop(columns="core", errors="ignore"), language)
    for entry in columns(shown.columns):
        if entry.words:
            shown[entry.name] = entry.in_words(shown[entry.name], language)
    if "level" in shown:
        shown["level"] = [in_language(level_title(int(level)), language) for level in shown["level"]]
    for name in ("aum_avg", "to_next", "expected_value"):
        if name in shown:
            shown[name] = [f"{yuan:,.0f}" for yuan in shown[name]]
    if "probability" in shown:
        shown["probability"] = ["" if pd.isna(share) else f"{share:.0%}" for share in shown["probability"]]
    if "last_contact_on" in shown:
        shown["last_contact_on"] = ["" if pd.isna(day) else day for day in shown["last_contact_on"]]
    if "reason" in shown:
        shown["reason"] = shown["reason"].fillna("")
    return shown.rename(columns=headings(shown.columns, language))
