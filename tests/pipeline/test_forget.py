"""A forgotten customer is nowhere in what was derived, stays out of every later intake, and releases say so."""

import json
import shutil
import sqlite3
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.cli.findings import show_findings
from goldmine.contract.intake import open_bank
from goldmine.contract.manifest import load_bank, read_intake
from goldmine.core.audit.log import AuditLog
from goldmine.core.customer_rows import Person, count_rows, take_out
from goldmine.core.errors import ParameterError
from goldmine.core.files import write_json
from goldmine.core.fingerprint import of_file
from goldmine.core.forgotten import read_forgotten, register_path
from goldmine.core.seals import is_sealed, seal
from goldmine.core.workspace import Workspace
from goldmine.pipeline.forget import Place, find_person, forget_person, person_of
from goldmine.pipeline.run_flow import intake_flows
from goldmine.publishing.redaction import redact, rows_in_releases
from goldmine.publishing.release_store import finish_replacements, read_latest, read_release
from tests.portal.made import AS_OF, publish, work_folder
from tests.publishing.literal import publish_literal

PLANTED = ("C1", "C3", "张三", "欧阳娜娜", "13800000001", "4711.37")
"""The person's two numbers, names, telephone, and an amount that only the person has."""


def texts_of(path: Path) -> list[str]:
    """A file as texts: cells of Parquet, parts of a zip, tables of SQLite, else its bytes."""
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        footer = str(pq.read_metadata(path).row_group(0).to_dict()) if table.num_rows else ""
        return [str(table.to_pylist()), str(table.schema.metadata), footer]
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return [archive.read(name).decode("utf-8", "replace") for name in archive.namelist()]
    return [path.read_bytes().decode("utf-8", "replace")]


def naming(root: Path, planted: tuple[str, ...] = PLANTED) -> dict[str, list[str]]:
    """The files below a folder that hold a planted value, and which."""
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_file():
            texts = texts_of(path)
            held = [value for value in planted if any(value in text for text in texts)]
            if held:
                found[str(path.relative_to(root))] = held
    return found


@pytest.fixture
def work(store, tmp_path, monkeypatch) -> Workspace:
    """A work folder in which C1, who was C3 too, is in every kind of file."""
    monkeypatch.setenv("GOLDMINE_USER", "wang")
    made = work_folder(tmp_path, merged={"C3": "C1"})
    made.claim("tiny", tmp_path / "bank")
    (tmp_path / "bank" / "bank.yaml").write_text("name: tiny\ndata_until: 2024-06-30\n", "utf-8")
    open_bank(tmp_path / "bank", made)
    publish(made)
    scores = made.scores(AS_OF, "longtail")
    scores.parent.mkdir(parents=True)
    pq.write_table(pa.table({"customer_id": ["C1", "C2"], "probability": [0.471137, 0.5]}), scores)
    seal(scores)
    write_json(scores.with_suffix(".json"), {"sha256": of_file(scores)})
    made.returned.parent.mkdir()
    contact = {"campaign_id": "tail", "contacted_on": AS_OF, "channel": "call", "answer": "opt_out"}
    answers = [contact | {"customer_id": "C3", "note": "13800000001"}, contact | {"customer_id": "C4", "note": "no"}]
    pq.write_table(pa.Table.from_pylist(answers), made.returned)
    households = made.root / "households" / "2024-06-30.parquet"
    households.parent.mkdir()
    pq.write_table(pa.table({"customer_id": ["C1", "C2"], "household_id": ["C1", "C1"]}), households)
    notebook = made.notebooks(AS_OF) / "3_customers.ipynb"
    notebook.parent.mkdir(parents=True)
    cells = [
        {"cell_type": "code", "source": "show()", "metadata": {}, "outputs": [{"text": "C1 张三 4711.37"}]},
        {"cell_type": "code", "source": "count()", "metadata": {}, "outputs": [{"text": "5 customers"}]},
    ]
    notebook.write_text(json.dumps({"cells": cells}, ensure_ascii=False), "utf-8")
    notebook.with_suffix(".html").write_text("<td>C1</td><td>张三</td>", "utf-8")
    return made


def contents(work: Workspace) -> dict[Path, bytes]:
    # The lock says since which minute it was held.
    files = (path for path in work.root.rglob("*") if path.is_file() and path.name != ".lock")
    return {path: path.read_bytes() for path in files}


def forget(work: Workspace, number: str = "C3"):
    with work.lock():
        return forget_person(work, person_of(work, number))


def test_a_person_is_found_under_every_number_before_anything_changes(work):
    before = contents(work)
    person = person_of(work, "C3")
    assert person.numbers == {"C1", "C3"}
    found = {(place.kind, place.name): place.count for place in find_person(work, person)}
    assert {name: count for (kind, name), count in found.items() if kind == "table"} == {
        "customers": 2,
        "balances": 4,
        "transactions": 2,
    }
    assert {name for kind, name in found if kind == "file"} == {
        "activity/balances/2024-05.parquet",
        "activity/balances/2024-06.parquet",
        "activity/transactions/2024-05.parquet",
        "activity/transactions/2024-06.parquet",
        "households/2024-06-30.parquet",
        "notebooks/2024-06-30/3_customers.html",
        "notebooks/2024-06-30/3_customers.ipynb",
        "returned/contacts.parquet",
        "scores/2024-06-30/longtail.parquet",
    }
    assert {name: count for (kind, name), count in found.items() if kind == "release"} == {
        "releases/2024-06-30/r1/campaigns/longtail_2024/offers.parquet": 1,
        "releases/2024-06-30/r1/customers.parquet": 2,
        "releases/2024-06-30/r1/lists/dormancy.parquet": 1,
    }
    assert contents(work) == before


def test_nothing_of_the_person_is_left_in_the_work_folder(work):
    forget(work)
    assert naming(work.root) == {}


def test_others_keep_their_rows_and_the_files_their_seals(work):
    forget(work)
    scores = work.scores(AS_OF, "longtail")
    assert pq.read_table(scores)["customer_id"].to_pylist() == ["C2"]
    assert is_sealed(scores)
    assert json.loads(scores.with_suffix(".json").read_text())["sha256"] == of_file(scores)
    household = pq.read_table(work.root / "households" / "2024-06-30.parquet").to_pylist()
    assert [row["customer_id"] for row in household] == ["C2"]
    assert household[0]["household_id"] not in ("C1", None)
    cells = json.loads((work.notebooks(AS_OF) / "3_customers.ipynb").read_text())["cells"]
    assert [cell["outputs"] for cell in cells] == [[], [{"text": "5 customers"}]]


def test_no_later_intake_brings_the_person_back(work, tmp_path):
    forget(work)
    bank = open_bank(tmp_path / "bank", work)
    assert bank.tables["customers"].rows == 3
    assert not bank.has("transactions")
    assert naming(work.root) == {}
    other = Workspace(tmp_path / "other")
    assert open_bank(tmp_path / "bank", other).tables["customers"].rows == 3
    assert naming(other.root) == {}


def test_an_intake_counts_the_rows_of_forgotten_customers_apart(work, tmp_path, capsys):
    forget(work)
    for _intake in range(3):
        (told,) = [table for table in read_intake(work)[0] if table.table == "customers"]
        assert (told.written, told.forgotten) == (5, 2)
        open_bank(tmp_path / "bank", work)
    (flow,) = [flow for flow in intake_flows(work) if flow.step == "intake of customers"]
    assert (flow.entered, flow.came_out, flow.unexplained) == (5, 3, 0)
    show_findings(work, "zh")
    assert "  其中 2 行属于已遗忘的客户，已剔除\n" in capsys.readouterr().out


def test_the_banks_own_files_stay_as_they_are(work, tmp_path):
    before = {path: path.read_bytes() for path in (tmp_path / "bank").rglob("*.parquet")}
    forget(work)
    open_bank(tmp_path / "bank", work)
    assert {path: path.read_bytes() for path in (tmp_path / "bank").rglob("*.parquet")} == before


def test_the_release_is_whole_and_its_manifest_states_the_redaction(work):
    before = of_file(work.releases / "2024-06-30" / "r1" / "manifest.json")
    done = forget(work)
    release = read_latest(work)
    assert release.manifest.release_id == "r1"
    (redaction,) = release.manifest.redactions
    assert (redaction.manifest_sha256, redaction.person) == (before, done.person.pseudonym)
    assert sorted(redaction.files) == ["campaigns/longtail_2024/offers.parquet", "customers.parquet",
                                       "lists/dormancy.parquet"]  # fmt: skip
    assert (release.manifest.customers.rows, release.manifest.files[0].rows) == (3, 1)
    control = release.folder / "campaigns" / "longtail_2024" / "control.parquet"
    assert pq.read_table(control)["customer_id"].to_pylist() == ["C5"]


def test_the_audit_log_names_the_person_by_a_hash_and_the_register_holds_no_number(work):
    done = forget(work)
    (line,) = [line for line in AuditLog.of_bank("tiny").newest_first() if line.action == "forgotten"]
    assert (line.who, line.subject) == ("wang", f"person:{done.person.pseudonym}")
    assert line.details["numbers"] == 2
    forgotten = read_forgotten("tiny")
    assert [number for number in ("C1", "C2", "C3") if forgotten.knows(number)] == ["C1", "C3"]
    text = register_path("tiny").read_text("utf-8")
    assert not any(value in text for value in ("C1", "C3", "张三"))


def test_a_forgetting_that_was_killed_is_ended_by_the_same_call(work, monkeypatch):
    def die(*_arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("goldmine.pipeline.forget.forget.rows_in_releases", die)
        found = [Place("table", "customers", 1)]
        patch.setattr("goldmine.pipeline.forget.forget.find_person", lambda *_arguments: found)
        forget(work)
    assert naming(work.releases)
    assert person_of(work, "C1").numbers == {"C1", "C3"}
    forget(work, "C1")
    assert naming(work.root) == {}


def test_forgetting_twice_changes_nothing(work):
    forget(work)
    before = contents(work)
    assert forget(work, "C1").places == ()
    assert contents(work) == before


def test_a_number_that_nobody_has_is_not_entered(work):
    with pytest.raises(ParameterError, match="CUSTOMER: C77 is nowhere in"):
        forget(work, "C77")
    assert not register_path("tiny").exists()
    assert not list(work.root.glob(".forgetting*"))


def test_an_empty_number_is_refused(work):
    with pytest.raises(ParameterError, match="CUSTOMER: is empty"):
        person_of(work, " ")


def test_workbooks_and_csv_of_a_release_lose_the_row_and_keep_the_others(tmp_path, monkeypatch):
    monkeypatch.setenv("GOLDMINE_SIGNING_KEY", "k" * 32)
    work = Workspace(tmp_path)
    publish_literal(work, "r1")
    person = Person(frozenset({"00000001"}), "pseudonym")
    ((release, files),) = rows_in_releases(work, person)
    assert files == {"lists/longtail.parquet": 1, "lists/longtail.csv": 1, "lists/longtail.xlsx": 1}
    redact(work, release, person, files)
    assert naming(tmp_path, ("00000001",)) == {}
    folder = read_latest(work).folder
    lines = (folder / "lists" / "longtail.csv").read_text("utf-8-sig").splitlines()
    assert [line.split(",")[1].strip('"') for line in lines[1:]] == ["00000000", "00000002"]
    sheet = openpyxl.load_workbook(folder / "lists" / "longtail.xlsx").worksheets[0]
    assert [row[1].value for row in sheet.iter_rows(2, 4)] == ["00000000", None, "00000002"]
    assert (folder / "manifest.sig").exists()


@pytest.mark.parametrize("step", ["made", "renamed away", "in place"])
def test_a_release_whose_exchange_was_killed_is_whole_again(tmp_path, step):
    work = Workspace(tmp_path)
    publish_literal(work, "r1")
    person = Person(frozenset({"00000001"}), "pseudonym")
    ((release, files),) = rows_in_releases(work, person)
    other = Workspace(tmp_path / "other")
    shutil.copytree(work.releases, other.releases)
    made = redact(other, read_release(other.releases / "2024-06-30" / "r1"), person, files).folder
    hidden = release.folder.with_name(".r1.replaced")
    if step != "made":
        release.folder.rename(hidden)
    made.rename(release.folder.with_name(".r1.replacement") if step != "in place" else release.folder)
    finish_replacements(work)
    assert len(read_latest(work).manifest.redactions) == 1
    assert not list(work.releases.glob("*/.*"))


def test_a_rank_of_the_same_digits_is_no_customer(tmp_path):
    person = Person(frozenset({"2"}), "pseudonym")
    table = tmp_path / "list.csv"
    table.write_text("rank,customer_id,note\n1,2,a\n2,17,b\n", "utf-8")
    assert count_rows(table, person) == 1
    take_out(table, tmp_path / "after.csv", person)
    assert (tmp_path / "after.csv").read_text() == "rank,customer_id,note\n2,17,b\n"
    pq.write_table(pa.table({"customer_id": ["2", "17"], "branch_id": ["9", "2"]}), tmp_path / "list.parquet")
    take_out(tmp_path / "list.parquet", tmp_path / "after.parquet", person)
    assert pq.read_table(tmp_path / "after.parquet").to_pylist() == [{"customer_id": "17", "branch_id": "2"}]


def test_csv_of_gateways_in_gb18030_and_with_breaks_in_cells_is_read(tmp_path):
    table = tmp_path / "sms.csv"
    table.write_text('客户号,短信内容\nC1,"您好\n张三"\nC2,您好\n', "gb18030")
    take_out(table, tmp_path / "after.csv", Person(frozenset({"C1"}), "pseudonym"))
    assert (tmp_path / "after.csv").read_text("gb18030") == "客户号,短信内容\nC2,您好\n"


def test_the_tables_that_are_read_before_the_next_intake_are_without_the_person(work):
    forget(work)
    bank = load_bank(work)
    rows = pq.read_table(bank.tables["customers"].files[0].path).to_pylist()
    assert [row["customer_id"] for row in rows] == ["C2", "C4", "C5"]


def test_a_database_that_names_the_person_is_said_to(work):
    with sqlite3.connect(work.root / "kept.db") as connection:
        connection.execute("CREATE TABLE t AS SELECT 'C1' AS customer")
    done = forget(work)
    assert [Path(name).name for name in done.kept] == ["kept.db"]
