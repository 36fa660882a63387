"""Whatever a bank's ids hold, a job's files stay in their folders as text; personal data stays in tables of rows."""

import base64
import csv
import re
import shutil
import unicodedata
import zipfile
from datetime import date
from itertools import chain
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from bs4 import BeautifulSoup

from goldmine.contract.tables import RELATIONSHIP, TABLES
from tests.contactability.staff_files import write_staff_files
from tests.contactability.test_named_customers import CONTACTABLE, bank_tables, contact

HOSTILE = (
    "../../../../../../outside/",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=HYPERLINK(1)+邳州/东湖 ",
    "[x](javascript:alert(1)) $\\frac{{ *_",
    "CON.",
)
"""What stands before every id."""
BRANCHES = ("B0", "B1", "B3")
"""Behind the first, the second and the fourth."""
NAME, PHONE, NOTE, AMOUNT = "Zhangsanfeng", "1390000", "asks for a loan before the wedding", "187654.32"
"""Planted personal data, which the hunt looks for."""
ROW_FILES = (".parquet", ".csv", ".xlsx")


def hostile(text: str) -> str:
    """The same hostile id for the same id in every column."""
    return text if text == RELATIONSHIP else HOSTILE[sum(text.encode()) % len(HOSTILE)] + text


def of_strangers(tables):
    """The tables with hostile texts in every column of free text: ids, names, notes."""

    def changed(table, row):
        free = {column.name for column in TABLES[table].columns if column.kind == "text" and not column.codes}
        return {key: hostile(value) if key in free and value is not None else value for key, value in row.items()}

    return {table: [changed(table, row) for row in rows] for table, rows in tables.items()}


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def work(outside, store_template):
    """What a job writes for staff, far enough down that a path out of it ends in the test's own folder."""
    home = outside / "a" / "b" / "c" / "home"
    shutil.copytree(store_template / "mlruns", home / "mlruns")
    tables = bank_tables(CONTACTABLE)
    for position, row in enumerate(tables["customers"]):
        row |= {"branch_id": BRANCHES[position % 3], "manager_id": "m3", "grid_id": "g", "employer_id": "e"}
        row |= {"name": f"{NAME}{position}", "phone": f"{PHONE}{position:04}"}
    tables["contacts"] = [{**row, "note": NOTE} for row in tables["contacts"]]
    tables["balances"] = [
        {**row, "average_daily_balance": AMOUNT} if row["customer_id"] == "ok3" else row for row in tables["balances"]
    ]
    tables["staff"] = [{"staff_id": "m3", "branch_id": "B0", "role": "manager", "name": "s", "left_on": None}]
    tables["branches"] = [{"branch_id": branch, "name": branch.lower()} for branch in BRANCHES]
    returned = {"contacts": [{**contact("ok1", date(2024, 6, 3), "opt_out"), "note": NOTE}]}
    return write_staff_files(home, of_strangers(tables), of_strangers(returned)["contacts"])


def test_no_file_lies_outside_the_folders_of_the_project(outside, work):
    home = work.root.parent
    known = {home / name for name in ("work", "bank", "imported", "mlruns", "pipelines", "notebooks", "expectations")}
    files = [path for path in outside.rglob("*") if not path.is_dir()]
    assert [path for path in files if not any(path == one or path.is_relative_to(one) for one in known)] == []


def test_every_folder_of_ids_holds_files_alone_with_harmless_names(work):
    folders = [*work.root.glob("releases/*/*/offers/*/"), *work.root.glob("reports/*/*/")]
    assert {folder.name for folder in folders} == {"branches", "managers", "branch", "employee"}
    for path in chain.from_iterable(folder.iterdir() for folder in folders):
        assert path.is_file(), path
    for path in work.root.rglob("*"):
        assert {unicodedata.category(letter)[0] for letter in path.name} & {"C"} == set()
        assert set(path.name) & set("<>:\"|?*'$") == set(), path
        assert len(path.name.encode()) <= 255
    assert len(list(work.root.glob("reports/*/branch/*.html"))) == 3
    assert any("邳州_东湖" in path.name for path in work.root.rglob("*"))


def test_pages_hold_ids_as_text(work):
    pages = list(work.root.rglob("*.html"))
    assert len(pages) > 4
    named = 0
    for path in pages:
        page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        assert [script for script in page.find_all("script") if "alert" in script.get_text()] == [], path
        links = [link["href"] for link in page.find_all("a", href=True) if not link["href"].startswith("#")]
        assert [link for link in links if "alert" in link] == [], path
        handlers = [text for tag in page.find_all(True) for name, text in tag.attrs.items() if name.startswith("on")]
        assert [text for text in handlers if "alert" in text] == [], path
        named += any(entry in page.get_text() for entry in HOSTILE[1:3])
    assert named > 1


def cells(path: Path):
    """The texts of a table for people, and how a spreadsheet understands them."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return [("f" if text[:1] in "=+@" and text else "s", text) for row in csv.reader(stream) for text in row]
    rows = chain.from_iterable(sheet.iter_rows() for sheet in openpyxl.load_workbook(path))
    return [(cell.data_type, str(cell.value)) for row in rows for cell in row]


def test_tables_hold_ids_as_text_and_no_formula(work):
    tables = [path for path in work.root.rglob("*") if path.suffix in (".csv", ".xlsx")]
    assert len(tables) > 10
    for path in tables:
        assert [text for kind, text in cells(path) if kind == "f"] == [], path


def test_tables_for_programs_hold_ids_unchanged(work):
    (path,) = work.root.glob("releases/*/*/lists/longtail.parquet")
    listed = pq.read_table(path).to_pydict()
    assert set(listed["customer_id"]) <= {hostile(name) for name in CONTACTABLE}
    assert set(listed["branch_id"]) <= {hostile(branch) for branch in BRANCHES}
    assert len(listed["customer_id"]) > 5


def unpacked(path: Path) -> str:
    """All that a file holds as text: Parquet and zips opened, pictures inside pages decoded, anything else as bytes."""
    if path.suffix == ".parquet":
        return str(pq.read_table(path).to_pylist()) + str(pq.read_schema(path).metadata)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            return "".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())
    content = path.read_bytes()
    pictures = re.findall(rb"base64,([A-Za-z0-9+/=]+)", content)
    return b"".join([content, *map(base64.b64decode, pictures)]).decode("utf-8", "replace")


def made(work) -> dict[Path, str]:
    """What stands in each file that was made, the tracking store's too; the bank's own tables are not made."""
    folders = (work.root, work.root.parent / "mlruns")
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(work.root.parent): unpacked(path) for path in files}


def test_no_full_name_telephone_or_note_is_in_any_file(work):
    holders = {path.parts[1] for path, text in made(work).items() if NOTE in text}
    assert holders == {"returned"}  # the contacts themselves
    named = {path: text.count(NAME) + text.count(PHONE) for path, text in made(work).items()}
    assert {path: count for path, count in named.items() if count} == {}


def test_only_tables_of_customers_and_pages_for_staff_hold_a_customer_or_an_amount(work):
    """Marks, results of suites, their pages, logs and the tracking store hold columns, rules and counts."""
    found = set()
    for path, text in made(work).items():
        planted = [word for word in (*map(hostile, CONTACTABLE), AMOUNT, "187,654") if word in text]
        if planted:
            found.add(path.suffix)
            assert path.suffix in ROW_FILES or path.parts[:2] == ("work", "reports"), (path, planted)
    assert found >= set(ROW_FILES)
