"""The three views' pages on the tiny bank: what they show, the same on each, and to whom."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
from bs4 import BeautifulSoup

from goldmine.contract.intake import open_bank
from goldmine.core.errors import NotebookError, ParameterError
from goldmine.core.workspace import home as project_home
from goldmine.coverage import load_coverage_rules, make_coverage
from goldmine.coverage.workbook import write_workbook
from goldmine.pipeline.preloaded_kernels import loaded_kernels
from goldmine.pipeline.reports import ReportSelection, write_reports
from goldmine.reporting.prepare import ReportData, prepare
from tests.reporting.conftest import JUNE, put, tables

PAGES = {"head_office": "head_office.html", "branch": "branch/B1.html", "employee": "employee/m1.html"}


@dataclass(frozen=True)
class Written:
    """The pages of the head office, branch B1 and manager m1, and what they were made from."""

    folder: Path
    view: ReportData

    def text(self, grain):
        return (self.folder / PAGES[grain]).read_text("utf-8")

    def table(self, grain, heading):
        """Rows of the first table whose first column is so named, by their first cell."""
        for table in BeautifulSoup(self.text(grain), "html.parser").find_all("table"):
            lines = table.find_all("tr")
            cells = [[cell.get_text(strip=True) for cell in line.find_all(["th", "td"])] for line in lines]
            if cells and cells[0][0] == heading:
                return {row[0]: dict(zip(cells[0][1:], row[1:], strict=True)) for row in cells[1:]}
        raise LookupError(heading)


@pytest.fixture(scope="module")
def pages(tmp_path_factory, store_template):
    project = tmp_path_factory.mktemp("reports")
    for name in ("pipelines", "notebooks"):
        (project / name).symlink_to(project_home() / name)
    shutil.copytree(store_template / "mlruns", project / "mlruns")
    _, work = put(project, tables())
    (project / "bank" / "bank.yaml").write_text("name: tiny\ndata_until: 2024-06-30\n", "utf-8")
    bank = open_bank(project / "bank", work)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOLDMINE_HOME", str(project))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        with loaded_kernels():
            written = write_reports(bank, work, JUNE, ReportSelection(branches=("B1",), employees=("m1",)), "en")
        folder = work.root / "reports" / "2024-06-30"
        assert written == [folder / page for page in (*PAGES.values(), "employee/m1.xlsx")]
        yield Written(folder, prepare(bank, work, JUNE))


def test_a_figure_is_the_same_on_every_page_that_shows_it(pages):
    bank, branch, person = (pages.table(grain, "Figure") for grain in PAGES)
    names = {m.title for m in pages.view.metrics.metrics if {"branch", "head_office"} <= set(m.grain)}
    assert len(names & set(bank) & set(branch)) > 15
    in_bank, in_branch = (
        pages.table(grain, head) for grain, head in (("head_office", "Branch"), ("branch", "Employee"))
    )
    for name, shown in in_bank["B1"].items():
        assert shown in (branch[name]["Now"], "*"), name
    for name, shown in in_branch["m1"].items():
        assert shown in (person[name]["Now"], "*"), name
    assert bank["AUM (average daily)"] == {"Now": "0.73M", "A quarter earlier": "0.67M", "Department": "Finance"}
    assert branch["Customers on the books"]["Now"] == in_bank["B1"]["Customers on the books"] == "7"


def test_coverage_workbook_counts_the_same_customers_as_pages(pages, tmp_path):
    coverage = make_coverage(pages.view.bank, pages.view.work, JUNE, load_coverage_rules())
    write_workbook(tmp_path / "coverage.xlsx", coverage, "en")
    head, *rows = openpyxl.load_workbook(tmp_path / "coverage.xlsx")["Load"].iter_rows(values_only=True)
    by_person = {row[head.index("Employee")]: row[head.index("Customers looked after")] for row in rows}
    figures = pages.view.figures.of("has_owner", "employee")["above"]
    assert {person: count for person, count in by_person.items() if count} == {"m1": 1, "h2": 1}
    assert {person: count for person, count in figures.items() if count} == {"m1": 1, "h2": 1}


def test_person_page_names_own_customers_and_head_office_page_none(pages):
    named = {grain: {c for c in pages.view.customers.index if f">{c}<" in pages.text(grain)} for grain in PAGES}
    assert named["head_office"] == set()
    own = pages.view.customers
    assert named["branch"] <= set(own.index[own["branch_id"] == "B1"])
    assert named["employee"] <= set(own.index[own["employee_id"] == "m1"])


def test_pages_are_for_staff_without_code_and_no_copy_is_left(pages):
    assert list(pages.folder.rglob("*.ipynb")) == []
    assert all("import use_language" not in pages.text(grain) for grain in PAGES)


def test_unknown_branch_or_employee_gets_no_report(pages):
    for wanted, message in (
        (ReportSelection(branches=("B9",)), "no customer is kept by branch 'B9'"),
        (ReportSelection(employees=("m9",)), "nobody at work has the number 'm9'"),
        (ReportSelection(employees=("m1",), day="2024-06-30"), "day: 2024-06-30 is not after the snapshot"),
    ):
        with pytest.raises(ParameterError, match=message):
            write_reports(pages.view.bank, pages.view.work, JUNE, wanted)


def test_a_notebook_that_fails_leaves_its_copy_and_no_page(write, home, tmp_path, monkeypatch):
    write("13_branch", "1 / 0", parameters='work: str = ""\nas_of: str = ""\nbranch_id: str = ""\nlanguage: str = ""\n')
    monkeypatch.delenv("GOLDMINE_HOME")
    monkeypatch.setattr("goldmine.pipeline.reports.notebook_path", lambda name: home / "notebooks" / f"{name}.ipynb")
    bank, work = put(tmp_path, tables())
    with pytest.raises(NotebookError, match=r"13_branch B1, cell \[3\] \(Part 1\): ZeroDivisionError"):
        write_reports(bank, work, JUNE, ReportSelection(head_office=False, branches=("B1",)))
    folder = work.root / "reports" / "2024-06-30" / "branch"
    assert [path.name for path in folder.iterdir()] == ["B1.ipynb"]
