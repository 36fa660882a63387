"""Refusals on files full of planted values: neither what is printed nor a file that is left holds one."""

import csv
import json
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from goldmine.cli import main
from goldmine.contract.intake import open_bank
from goldmine.core.errors import ContractError
from goldmine.core.workspace import Workspace, home
from tests.notebooks.hunt import ROWS, Planted, hunt

NAME, PHONE, ADDRESS, AMOUNT, NUMBER, NOTE = "轩辕埋", "13987654321", "埋名巷", "87654.32", "C7654321", "密语"
PLANTED = Planted(frozenset({NUMBER}), frozenset({PHONE}), frozenset({AMOUNT}), (NAME, ADDRESS, NOTE))
CUSTOMERS = ["customer_id", "name", "phone", "address", "birth_date", "opened_on", "gender"]
CUSTOMER = [NUMBER, NAME, PHONE, f"{ADDRESS}7号", "1980-02-03", "2010-01-01", "female"]
OTHER = ["C0000001", "张三", "13900000001", "东街1号", "1970-02-03", "2011-01-01", "male"]
TRANSACTIONS = ["transaction_id", "customer_id", "time", "amount", "direction", "channel", "kind"]
TRANSACTION = ["T1", NUMBER, "2024-05-05 10:00:00", AMOUNT, "out", "pos", "purchase"]
SECOND = ["T2", "C0000001", "2024-06-05 10:00:00", "100.00", "out", "pos", "purchase"]


def write(path: Path, rows: list[list[str]], encoding: str = "utf-8") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows(rows)


def changed(row: list[str], place: int, value: str) -> list[str]:
    return [value if number == place else cell for number, cell in enumerate(row)]


@pytest.fixture
def project(tmp_path, monkeypatch, store_template):
    """A project's folder with a bank that keeps the contract."""
    for name in ("pipelines", "notebooks", "expectations", "requirements.lock"):
        (tmp_path / name).symlink_to(home() / name)
    shutil.copytree(store_template / "mlruns", tmp_path / "mlruns")
    monkeypatch.setenv("GOLDMINE_HOME", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "bank" / "customers.csv", [CUSTOMERS, CUSTOMER, OTHER])
    write(tmp_path / "bank" / "transactions.csv", [TRANSACTIONS, TRANSACTION, SECOND])
    (tmp_path / "bank" / "bank.yaml").write_text("name: tiny\ndata_until: 2024-06-30\n", "utf-8")
    return tmp_path


@pytest.fixture
def leaks(project, monkeypatch, capfd):
    """Run a command; its exit code, and what it printed or left anywhere that holds a planted value."""

    def run(*words: object) -> tuple[int, dict[str, object]]:
        monkeypatch.setattr(sys, "argv", ["goldmine", *map(str, words)])
        code = 0
        try:
            main()
        except SystemExit as left:
            code = int(left.code or 0)
        printed = "".join(capfd.readouterr())
        found: dict[str, object] = (
            {f"printed: {printed[-2000:]}": PLANTED.found(printed)} if PLANTED.found(printed) else {}
        )
        for name, kinds in hunt(project, PLANTED).items():
            if not name.startswith(("bank/", "in.csv", "data/errors/", *(f"data/{folder}/" for folder in ROWS))):
                found[name] = kinds
        return code, found

    return run


def spoiled_customers(*rows: list[str], encoding: str = "utf-8") -> Callable[[Path], None]:
    return lambda bank: write(bank / "customers.csv", list(rows), encoding)


def spoiled_transactions(*rows: list[str]) -> Callable[[Path], None]:
    return lambda bank: write(bank / "transactions.csv", list(rows))


def yaml(text: str) -> Callable[[Path], None]:
    return lambda bank: (bank / "bank.yaml").write_text(f"name: tiny\ndata_until: 2024-06-30\n{text}", "utf-8")


def workbook(bank: Path) -> None:
    book = openpyxl.Workbook()
    for row in ([NAME, PHONE], CUSTOMERS, CUSTOMER):
        book.active.append(row)
    book.save(bank / "customers.xlsx")
    (bank / "customers.csv").unlink()
    yaml("sources: {c: {xlsx: customers.xlsx}, t: {csv: transactions.csv}}\n"
         "tables: {customers: {source: c}, transactions: {source: t}}\n")(bank)  # fmt: skip


def database(bank: Path) -> None:
    with sqlite3.connect(bank / "core.db") as connection:
        connection.execute("CREATE TABLE c (customer_id TEXT, birth_date INTEGER)")
        connection.execute("INSERT INTO c VALUES (?, ?)", (NUMBER, NAME))
    yaml("sources: {c: {sqlite: core.db}, t: {csv: transactions.csv}}\n"
         "tables: {customers: {source: c, select: 'SELECT customer_id, CAST(birth_date AS DATE) AS birth_date FROM c'},"
         " transactions: {source: t}}\n")(bank)  # fmt: skip


def cut_short(bank: Path) -> None:
    (bank / "customers.csv").write_text(f'{",".join(CUSTOMERS)}\n{",".join(CUSTOMER)}\n{NUMBER},"{NAME}', "utf-8")


SPOILED = {
    "a date that is none": spoiled_customers(CUSTOMERS, OTHER, changed(CUSTOMER, 4, NAME)),
    "an amount that is none": spoiled_transactions(TRANSACTIONS, SECOND, changed(TRANSACTION, 3, f"{AMOUNT}{NOTE}")),
    "a code that is unknown": spoiled_transactions(TRANSACTIONS, SECOND, changed(TRANSACTION, 4, NAME)),
    "a gender that is unknown": spoiled_customers(CUSTOMERS, OTHER, changed(CUSTOMER, 6, NAME)),
    "a customer twice": spoiled_customers(CUSTOMERS, CUSTOMER, CUSTOMER),
    "no line of headers": spoiled_customers(CUSTOMER, OTHER),
    "no line of headers in transactions": spoiled_transactions(TRANSACTION, SECOND),
    "a cell too many": spoiled_customers(CUSTOMERS, [*CUSTOMER, NOTE]),
    "an empty number": spoiled_customers(CUSTOMERS, changed(CUSTOMER, 0, "")),
    "another encoding": spoiled_customers(CUSTOMERS, CUSTOMER, encoding="gb18030"),
    "a file that is cut short": cut_short,
    "a workbook with a line above its headers": workbook,
    "a database with another type": database,
    "a SELECT that fails": yaml("sources: {c: {csv: customers.csv}, t: {csv: transactions.csv}}\ntables: {customers: "
                                "{source: c, select: 'SELECT customer_id, CAST(name AS INT) AS gender FROM c'}, "
                                "transactions: {source: t}}\n"),
}  # fmt: skip


@pytest.mark.parametrize("spoiled", SPOILED)
def test_a_table_that_breaks_the_contract_is_refused_without_its_values(project, spoiled, capfd):
    SPOILED[spoiled](project / "bank")
    try:
        open_bank(project / "bank", Workspace(project / "data"))
    except ContractError as error:
        assert PLANTED.found(f"{error.what} {error.do}") == {}
    assert PLANTED.found("".join(capfd.readouterr())) == {}
    left = [
        name
        for name in hunt(project, PLANTED)
        if not name.startswith(("bank/", *(f"data/{folder}/" for folder in ROWS)))
    ]
    assert left == []


COLUMNS = ["campaign_id", "customer_id", "contacted_on", "channel", "answer", "note"]
MANY = [*[CUSTOMER, OTHER] * 40]
COMMANDS: dict[str, tuple[int, list[list[str]], list[str]]] = {
    "lists": (19, [], ["lists"]),
    "measurement": (14, [], ["measure", "-p", f"campaign={NAME}"]),
    "outcomes without headings": (10, [["tail", *CUSTOMER], ["tail", *OTHER]], ["outcomes", "import", "in.csv"]),
    "outcomes of no campaign": (
        19,
        [COLUMNS, [NAME, NUMBER, PHONE, NAME, NOTE, ADDRESS], ["tail", NUMBER, "2024-07-01", "call", "yes", PHONE]],
        ["outcomes", "import", "in.csv"],
    ),
    "visits": (10, [CUSTOMERS, CUSTOMER], ["visit-results", "in.csv"]),
    "limits": (13, [CUSTOMER, OTHER], ["credit", "decide", "in.csv", "--by", "S1"]),
    "links": (10, [CUSTOMER, OTHER], ["link", "import", "in.csv"]),
    "a table without headings": (13, [CUSTOMER, *MANY], ["train-table", "in.csv", "--label", "gone", "--id", "id"]),
    "a table whose label is a name": (
        13,
        [[*CUSTOMERS, "row"], *([*row, str(place)] for place, row in enumerate(MANY))],
        ["train-table", "in.csv", "--label", "name", "--id", "row"],
    ),
    "a table whose number stands twice": (
        13,
        [[*CUSTOMERS, "gone"], *([*row, str(place % 2)] for place, row in enumerate(MANY))],
        ["train-table", "in.csv", "--label", "gone", "--id", "customer_id"],
    ),
    "an experiment without headings": (
        10,
        [CUSTOMER, *MANY],
        ["uplift-table", "in.csv", "--treatment", "a", "--outcome", "b"],
    ),
    "an experiment of odd arms": (
        10,
        [CUSTOMERS, *MANY],
        ["uplift-table", "in.csv", "--treatment", "name", "--outcome", "phone"],
    ),
    "an experiment of odd outcomes": (
        10,
        [CUSTOMERS, *MANY],
        ["uplift-table", "in.csv", "--treatment", "gender", "--treated", "male", "--outcome", "name"],
    ),
    "a mapping": (10, [], ["map", "bank"]),
    "a bank that cannot be read": (10, [], ["validate", "--bank", "none"]),
    "a day that is none": (12, [], ["features", "--as-of", "2024-06-29"]),
    "a use case that is none": (13, [], ["train", "--use-case", "none"]),
}


@pytest.mark.parametrize("refused", COMMANDS)
def test_a_command_that_refuses_names_nobody(project, leaks, refused):
    expected, rows, words = COMMANDS[refused]
    open_bank(project / "bank", Workspace(project / "data"))
    write(project / "in.csv", rows)
    code, found = leaks(*words)
    assert (code, found) == (expected, {})


def test_a_run_that_a_fatal_rule_stops_names_nobody(project, leaks):
    """Transactions of customers whom the bank does not have, with planted numbers and amounts."""
    unknown = [changed(changed(TRANSACTION, 0, f"T{n}"), 1, f"C765432{n}") for n in range(9)]
    write(project / "bank" / "transactions.csv", [TRANSACTIONS, SECOND, *unknown])
    code, found = leaks("run", "--bank", "bank")
    assert (code, found) == (11, {})


def test_a_cell_that_raises_with_rows_in_its_hands_names_nobody(project, leaks):
    """What it says stays in the executed copy and in the text of the error, which only their owner may open."""
    source = project / "notebooks"
    shared = source.resolve()
    source.unlink()
    shutil.copytree(shared, source)
    notebook = source / "1_validate.ipynb"
    cells = json.loads(notebook.read_text("utf-8"))
    bad = f"raise ValueError(open({str(project / 'bank' / 'customers.csv')!r}).read())"
    cell = {"cell_type": "code", "id": "bad", "metadata": {}, "source": bad, "outputs": [], "execution_count": None}
    cells["cells"].append(cell)
    notebook.write_text(json.dumps(cells), "utf-8")
    code, found = leaks("run", "--bank", "bank")
    copy = "data/notebooks/2024-06-30/1_validate.ipynb"
    assert (code, set(found)) == (15, {copy})
    assert (project / copy).stat().st_mode & 0o777 == 0o600
