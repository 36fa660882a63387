"""Every file and page for staff on a small bank names only customers who may be contacted."""

import csv
import json
import shutil
from collections.abc import Iterator
from datetime import date
from fnmatch import fnmatch
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from bs4 import BeautifulSoup

from goldmine.core.columns import all_columns
from goldmine.core.workspace import home as project_home
from goldmine.reporting.metric_definitions import load_metrics
from tests.contactability.staff_files import ON_REQUEST, write_staff_files
from tests.contactability.test_permission import ledger, person
from tests.tiny import balance, transaction

MARCH, JUNE = date(2024, 3, 31), date(2024, 6, 30)
HOME = {"branch_id": "B1", "manager_id": "m1", "opened_on": date(2020, 1, 1)}
CONTACTABLE = [f"ok{n}" for n in range(20)]
HELD_OUT = "H35"
"""In the universal hold-out of the tests' salt."""
REFUSED = [
    "c_no",
    "c_said_no",
    "c_says_no_later",
    "c_imported_no",
    "c_begins_later",
    "c_no_calls",
    "c_colleague",
    "c_minor",
    "c_dead",
]
NOT_FOR_CONTACT = {
    "activity/*": "sums by month",
    "features/*": "what models and conditions read",
    "scores/*": "what the lists are drawn from",
    "reporting/*": "what the figures are counted from",
    "coverage/*.parquet": "who owns whom: held out or not",
    "returned/*": "results that were imported",
    "releases/*/campaigns/*/control.parquet": "read by measurement alone",
    "releases/*/campaigns/*/refusals.parquet": "why an offer did not suit, for auditors",
}
"""Files with customer numbers that ask nobody to contact them; all other files are checked."""
NOT_FOR_CONTACT_SHEETS = ("Hand-over", "Moves")
"""Sheets of the coverage workbook about changes of ownership."""


def contact(number: str, day: date, answer: str = "yes") -> dict[str, object]:
    return {"campaign_id": "K", "customer_id": number, "contacted_on": day, "answer": answer}


def bank_tables(names: list[str]) -> dict[str, list[dict[str, object]]]:
    """Everybody holds 190,000 yuan and was last contacted in January: overdue, and near the next level."""
    changes = {"c_no": {"marketing_consent": False}, "c_minor": {"birth_date": date(2006, 7, 1)}}
    answers = [
        contact("c_said_no", date(2024, 1, 9), "opt_out"),
        contact("c_says_no_later", date(2024, 7, 5), "opt_out"),
    ]
    return {
        "customers": [person(name, **HOME, **changes.get(name, {})) for name in names],
        "transactions": [transaction(n, name, "2024-06-15 10:00:00") for n, name in enumerate(names)],
        "balances": [balance(name, str(day), "time", "190000") for day in (MARCH, JUNE) for name in names],
        "staff": [
            {"staff_id": "m1", "branch_id": "B1", "role": "manager", "customer_id": "c_colleague", "left_on": None}
        ],
        "contacts": [*(contact(name, date(2024, 1, 5)) for name in names), *answers],
        "suppressions": [
            ledger("c_begins_later", "opted_out", start=date(2024, 7, 15)),
            ledger("c_no_calls", "do_not_call", "call"),
            ledger("c_dead", "deceased"),
        ],
    }


@pytest.fixture(scope="module")
def work(tmp_path_factory, store_template):
    """A work folder with everything that names customers to staff."""
    home = tmp_path_factory.mktemp("named")
    shutil.copytree(store_template / "mlruns", home / "mlruns")
    names = [*REFUSED, HELD_OUT, *CONTACTABLE]
    return write_staff_files(home, bank_tables(names), [contact("c_imported_no", date(2024, 6, 3), "opt_out")])


def control(work) -> set[str]:
    files = work.releases.glob("*/*/campaigns/*/control.parquet")
    return {number for file in files for number in pq.read_table(file)["customer_id"].to_pylist()}


def texts_of(path: Path) -> set[str]:
    """Texts of all cells of a file."""
    if path.suffix == ".parquet":
        return {str(cell) for column in pq.read_table(path).columns for cell in column.to_pylist()}
    if path.suffix == ".xlsx":
        sheets = [sheet for sheet in openpyxl.load_workbook(path) if sheet.title not in NOT_FOR_CONTACT_SHEETS]
        return {str(cell) for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row}
    if path.suffix == ".csv":
        return {cell.strip('"') for line in path.read_text("utf-8-sig").splitlines() for cell in line.split(",")}
    if path.suffix == ".html":
        cells = BeautifulSoup(path.read_text("utf-8"), "html.parser").find_all(["td", "th"])
        return {cell.get_text(strip=True) for cell in cells}
    return set(json.dumps(path.read_text("utf-8", "ignore")).split('\\"'))


def named(work) -> Iterator[tuple[str, set[str]]]:
    """Files for staff, and the customers they name."""
    everybody = {*REFUSED, HELD_OUT, *CONTACTABLE}
    for path in sorted(work.root.rglob("*")):
        name = path.relative_to(work.root).as_posix()
        if path.is_file() and not any(fnmatch(name, pattern) for pattern in NOT_FOR_CONTACT):
            customers = texts_of(path) & everybody
            if customers:
                yield name, customers


def test_excluded_customers_are_named_nowhere(work):
    held_back = control(work)
    assert HELD_OUT in held_back
    assert 2 <= len(held_back - {HELD_OUT}) <= 5
    # A released list names no channel, so who refused calls alone may still be visited or written to.
    excluded = {*REFUSED, *held_back} - {"c_no_calls"}
    assert {name: sorted(customers & excluded) for name, customers in named(work) if customers & excluded} == {}
    calls = {name for name, customers in named(work) if "c_no_calls" in customers}
    assert all(fnmatch(name, "releases/*/lists/*") or "offers" in name for name in calls), calls


def test_every_kind_of_file_names_contactable_customers(work):
    files = {name.split("/")[-1] for name, _ in named(work)}
    lists = {f"{name}.{suffix}" for name in ON_REQUEST for suffix in ("xlsx", "parquet")}
    released = {"longtail.csv", "longtail.parquet", "longtail.xlsx", "offers.parquet", "head_office.xlsx", "m1.csv"}
    assert files >= lists | released | {"coverage.xlsx", "m1.html", "B1.html"}


def test_notebooks_write_no_customer_lists_themselves():
    """No notebook writes a list of customers by itself."""
    for path in (project_home() / "notebooks").glob("*.ipynb"):
        code = "".join("".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"])
        assert not {"to_excel", "to_csv", "to_parquet"} & set(code.replace("(", ".").split(".")), path.name


def headings_of(path: Path) -> list[set[str]]:
    """Headings of each sheet or table of a file."""
    if path.suffix == ".csv":
        return [set(next(csv.reader([path.read_text("utf-8-sig").splitlines()[0]])))]
    if path.suffix == ".xlsx":
        rows = [next(iter(sheet.rows)) for sheet in openpyxl.load_workbook(path)]
        return [{cell.value for cell in row} for row in rows if row[0].fill.fgColor.rgb == "FF1F4E79"]
    page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
    return [{cell.get_text(strip=True) for cell in top.find_all("th")} for top in page.select("table thead")]


def test_all_headings_come_from_the_column_catalogue(work):
    metrics = {metric.title for metric in load_metrics().metrics}
    known = [{column.heading(language) for column in all_columns()} for language in ("en", "zh")]
    seen, unknown = set(), {}
    for path in sorted(work.root.rglob("*")):
        name = path.relative_to(work.root).as_posix()
        if path.suffix in (".csv", ".xlsx") or fnmatch(name, "reports/*.html"):
            for heads in headings_of(path):
                seen.add(path.name)
                if not any(heads - metrics <= headings for headings in known):
                    unknown[name] = heads - metrics - set.union(*known)
    assert unknown == {}
    assert seen >= {"longtail.csv", "longtail.xlsx", "head_office.xlsx", "coverage.xlsx", "screening.xlsx", "B1.html"}
