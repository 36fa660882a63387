"""What the notebooks ask for: a branch's weakest link, a person's own results, who gets a report."""

from dataclasses import dataclass

import pandas as pd

from goldmine.core.columns import column
from goldmine.core.errors import ParameterError
from goldmine.core.i18n import _, in_language
from goldmine.reporting import call_sheets
from goldmine.reporting.prepare import ReportData
from goldmine.reporting.tables import ranked_metrics, standing


@dataclass(frozen=True)
class WeakestLink:
    """A branch's weakest figure, and a list of its customers that can remedy a weak one.

    Parameters
    ----------
    metric : str
        The weakest figure's name; empty where no figure of the branch can be compared.
    verdict : str
        worse, chance or better, see `goldmine.reporting.compare.compare`; none where there is no figure.
    remedied : str
        The figure that the list is for, the weakest that has one; empty where none has.
    rows : pandas.DataFrame
        Its remedy list.
    """

    metric: str
    verdict: str
    remedied: str
    rows: pd.DataFrame

    @property
    def remedy(self) -> str:
        """Which figure the list is for: ``own`` (the weakest), ``other``, or ``none`` where there is no list."""
        if not self.remedied:
            return "none"
        return "own" if self.remedied == self.metric else "other"


def weakest_link(data: ReportData, branch_id: str, max_rows: int) -> WeakestLink:
    """The weakest of all figures of a branch, and the best `max_rows` customers of the first list that has any."""
    figures = standing(data, branch_id)
    if figures.empty:
        return WeakestLink("", "none", "", pd.DataFrame())
    weakest, verdict = str(figures.index[0]), str(figures["verdict"].iloc[0])
    for name in map(str, figures.index):
        remedy = data.metrics.by_name[name].remedy_list
        rows = pd.DataFrame() if remedy is None else call_sheets.remedy_rows(data, branch_id, remedy, max_rows)
        if len(rows):
            return WeakestLink(weakest, verdict, name, rows)
    return WeakestLink(weakest, verdict, "", pd.DataFrame())


def branch_or_first(data: ReportData, branch_id: str) -> str:
    """The requested branch, or the first one.

    Raises
    ------
    ParameterError
        If the branch has no customer, or no branch is known.
    """
    known = branches(data)
    if branch_id and branch_id not in known:
        raise ParameterError(
            _("branch_id: no customer is kept by branch {branch_id}.", branch_id=repr(branch_id)),
            _("Give a branch of the books."),
        )
    if not known:
        raise ParameterError(
            _("branch_id: the books do not say which branch keeps whom."), _("Map customers.branch_id.")
        )
    return branch_id or known[0]


def employee_or_first(data: ReportData, employee_id: str) -> str:
    """The person who was asked for, or the first who looks after anybody.

    Raises
    ------
    ParameterError
        If nobody at work has that number, or nobody looks after anybody.
    """
    known = employees(data)
    if not employee_id and not known:
        raise ParameterError(_("employee_id: nobody at work looks after a customer."), _("Map the table staff."))
    call_sheets.of_employee(data, employee_id or known[0])
    return employee_id or known[0]


def branches(data: ReportData) -> list[str]:
    """Branches that keep customers, by number."""
    return sorted(set(data.customers["branch_id"]) - {""})


def employees(data: ReportData) -> list[str]:
    """Persons at work who look after customers, by number."""
    return sorted(set(data.customers["employee_id"]) & set(data.staff.index))


def employees_of(data: ReportData, branch_id: str) -> list[str]:
    """Persons at work in a branch who look after customers, by number."""
    return [employee for employee in employees(data) if data.staff.loc[employee, "branch_id"] == branch_id]


def role_of(data: ReportData, employee_id: str, language: str) -> str:
    """A person's role in words."""
    return str(column("role").in_words([data.staff.loc[employee_id, "role"]], language)[0])


def own_shares(data: ReportData, employee_id: str, language: str) -> pd.DataFrame:
    """One person's shares beside those of their branch and of the bank: figure, own, branch, bank (0 to 1).

    Shares of fewer than five of their customers are left out; who works at no branch has none beside them.
    """
    branch_id = data.staff.loc[employee_id, "branch_id"]
    branch = data.figures.at("branch", branch_id)
    sides = {
        "own": data.figures.at("employee", employee_id),
        # Without a number these are the customers of no known branch.
        "branch": branch if branch_id else branch.iloc[:0],
        "bank": data.figures.at("head_office"),
    }
    rows = []
    for metric in ranked_metrics(data):
        own = sides["own"]
        if "employee" in metric.grain and metric.name in own.index and own.loc[metric.name, "below"] >= 5:
            values = [side["value"].get(metric.name, float("nan")) for side in sides.values()]
            rows.append([in_language(metric.title, language), *values])
    return pd.DataFrame(rows, columns=["figure", *sides])
