"""Reports: the three reporting notebooks run by papermill for the head office, each branch and each person.

A report names customers to their owners, so only the work folder keeps it: no copy goes to the tracking store, and the
executed notebook is removed once its page is written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from goldmine.campaigns.queue_settings import load_queue_settings
from goldmine.contract.bank import Bank
from goldmine.core.file_names import file_names
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
from goldmine.reporting.queue_pages import employee_queue, first_day
from goldmine.reporting.queue_workbook import write_queue

TIME_LIMIT_SECONDS = 900.0
"""Time limit of one report."""


@dataclass(frozen=True)
class ReportSelection:
    """Which reports to write.

    Parameters
    ----------
    head_office : bool
        The head office's report.
    branches, employees : tuple of str
        Numbers of branches and employees.
    everybody : bool
        Every branch that keeps customers, and every employee at work who owns any.
    day : str
        First day of the employees' queues, ``YYYY-MM-DD``; empty for the first working day after the snapshot.
    """

    head_office: bool = True
    branches: tuple[str, ...] = ()
    employees: tuple[str, ...] = ()
    everybody: bool = False
    day: str = ""


def reports_folder(work: Workspace, as_of: date) -> Path:
    """Folder of the reports of a month end."""
    return work.root / "reports" / str(as_of)


def write_reports(
    bank: Bank, work: Workspace, as_of: date, selection: ReportSelection, language: str = "zh"
) -> list[Path]:
    """Prepare the figures once, then write the pages that are selected, and each person's queue as a workbook.

    Raises
    ------
    ParameterError
        If a branch keeps no customer, nobody at work has a number, or the day is not after the snapshot.
    GoldmineError
        If a notebook's cell raised it, or the figures could not be made.
    """
    if selection.day:
        first_day(load_queue_settings(), as_of, selection.day)  # refused before the figures are made
    view = prepare(bank, work, as_of)
    everybody = selection.everybody
    branches = (
        views.branches(view) if everybody else [views.branch_or_first(view, number) for number in selection.branches]
    )
    people = (
        views.employees(view)
        if everybody
        else [views.employee_or_first(view, number) for number in selection.employees]
    )
    reports = list(_reports(selection.head_office or everybody, branches, people))
    names = {"branch_id": file_names(views.branches(view)), "employee_id": file_names(views.employees(view))}
    pages = []
    for notebook, parameter, unit in track(reports, "reports"):
        check_not_stopped()
        name = f"{parameter.removesuffix('_id')}/{names[parameter][unit]}" if parameter else "head_office"
        page = reports_folder(work, as_of) / f"{name}.html"
        values = {"work": str(work.root), "as_of": str(as_of), "language": language}
        of_employee = parameter == "employee_id"
        values |= ({parameter: unit} if parameter else {}) | ({"day": selection.day} if of_employee else {})
        _write(notebook, values, page)
        pages.append(page)
        if of_employee:
            write_queue(page.with_suffix(".xlsx"), employee_queue(view, unit, selection.day, language), as_of, language)
            pages.append(page.with_suffix(".xlsx"))
    return pages


def _reports(head_office: bool, branches: Sequence[str], people: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Notebook, parameter and value of each report."""
    if head_office:
        yield "12_head_office", "", ""
    for branch in branches:
        yield "13_branch", "branch_id", branch
    for person in people:
        yield "14_employee", "employee_id", person


def _write(notebook: str, given: dict[str, str], page: Path) -> None:
    """Run one notebook and keep its page; if it fails, the notebook stays for inspection."""
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
        copy.chmod(0o600)
        if shown is error:
            raise
        raise shown from None  # the cause holds the cell's own words
    export_html(copy, page, for_staff=True)
    copy.unlink()
