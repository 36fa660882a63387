"""Reports: the three reporting notebooks run by papermill for the head office, each branch and each person.

A report names customers to those who look after them. So it is kept in the work folder alone: no copy of it goes to the
tracking store, and the executed notebook is removed once its page is written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from goldmine.contract.bank import Bank
from goldmine.core.files import disk_errors
from goldmine.core.progress import track
from goldmine.core.workspace import Workspace
from goldmine.pipeline.environment import QUIET, environment
from goldmine.pipeline.failure import failure
from goldmine.pipeline.notebook import execute, export_html, notebook_path
from goldmine.pipeline.parameters import check_parameters
from goldmine.pipeline.stop import check_not_stopped
from goldmine.reporting import views
from goldmine.reporting.prepare import prepare

TIME_LIMIT_SECONDS = 900.0
"""For one report."""


@dataclass(frozen=True)
class ReportSelection:
    """Which reports to write.

    Parameters
    ----------
    head_office : bool
        The head office's.
    branches, employees : tuple of str
        Whose else, by number.
    everybody : bool
        Every branch's that keeps customers, and every person's at work who looks after any.
    """

    head_office: bool = True
    branches: tuple[str, ...] = ()
    employees: tuple[str, ...] = ()
    everybody: bool = False


def reports_folder(work: Workspace, as_of: date) -> Path:
    """Where the reports of a month end are."""
    return work.root / "reports" / str(as_of)


def write_reports(
    bank: Bank, work: Workspace, as_of: date, selection: ReportSelection, language: str = "zh"
) -> list[Path]:
    """Prepare the figures once, then write the pages that are selected.

    Raises
    ------
    ParameterError
        If a branch keeps no customer, or nobody at work has a number.
    GoldmineError
        The one that a notebook's cell raised, or that the figures could not be made for.
    """
    view = prepare(bank, work, as_of)
    every = selection.everybody
    branches = views.branches(view) if every else [views.branch_or_first(view, one) for one in selection.branches]
    people = views.employees(view) if every else [views.employee_or_first(view, one) for one in selection.employees]
    asked = list(_asked(selection.head_office or every, branches, people))
    made = []
    for notebook, parameter, unit in track(asked, "reports"):
        check_not_stopped()
        name = Path(parameter.removesuffix("_id"), unit) if parameter else Path("head_office")
        page = reports_folder(work, as_of) / name.with_name(f"{name.name}.html")
        values = {"work": str(work.root), "as_of": str(as_of), "language": language}
        _write(notebook, values | ({parameter: unit} if parameter else {}), page)
        made.append(page)
    return made


def _asked(head_office: bool, branches: Sequence[str], people: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Notebook, parameter and value of each report."""
    if head_office:
        yield "12_head_office", "", ""
    for branch in branches:
        yield "13_branch", "branch_id", branch
    for person in people:
        yield "14_employee", "employee_id", person


def _write(notebook: str, given: dict[str, str], page: Path) -> None:
    """Run one notebook and keep its page; where it fails, the notebook stays to be looked at."""
    source = notebook_path(notebook)
    values = check_parameters(source, given)
    copy = page.with_suffix(".ipynb")
    with disk_errors(copy):
        copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        with environment(QUIET), disk_errors(copy):
            execute(source, copy, values, TIME_LIMIT_SECONDS)
    except Exception as error:
        shown = failure(f"{notebook} {page.stem}", copy, error, TIME_LIMIT_SECONDS)
        raise shown from (None if shown is error else error)
    export_html(copy, page, for_staff=True)
    copy.unlink()
