import ast
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import goldmine.cli as goldmine_cli
from goldmine.cli import main
from goldmine.contract.intake import open_bank
from goldmine.core.files import write_json
from goldmine.core.workspace import Workspace
from tests.tiny import make_bank, transaction


@pytest.fixture
def bank(tmp_path):
    """A canonical folder with customers and transactions from January to June 2024."""
    rows = [transaction(n, "a", f"2024-{n:02d}-15 10:00:00") for n in range(1, 7)]
    make_bank(tmp_path / "bank", {"customers": [{"customer_id": "a"}], "transactions": rows})
    (tmp_path / "bank" / "bank.yaml").write_text("name: tiny\ndata_until: 2024-06-30\n")
    return tmp_path / "bank"


@pytest.fixture
def goldmine(tmp_path, monkeypatch, capsys):
    """Call the command in a folder of its own; gives exit code and lines on standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["goldmine", *map(str, words)])
        with pytest.raises(SystemExit, match=r"^\d+$") as left:
            main()
        return left.value.code, capsys.readouterr().err.splitlines()

    return call


def test_help_imports_nothing_heavy():
    heavy = ["dagster", "mlflow", "great_expectations", "lightgbm", "matplotlib", "pandas", "ibis", "papermill"]
    code = f"import sys, goldmine.cli.commands; print(sorted(set({heavy!r}) & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


def test_every_command_is_there(goldmine, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["goldmine", "--help"])
    with pytest.raises(SystemExit, match="0"):
        main()
    output = capsys.readouterr().out
    names = ["sample-bank", "validate", "features", "train", "score", "publish", "run", "lists"]
    assert [name for name in names if f" {name} " not in output] == []


def test_work_folder_of_another_user_is_refused_as_such(goldmine, bank, tmp_path, monkeypatch):
    read = Path.read_bytes

    def forbidden(path):
        if path.name == "bank.json":
            raise PermissionError(13, "Permission denied")
        return read(path)

    (tmp_path / "work").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode, **given: Path(path).name != "work")
    monkeypatch.setattr(Path, "read_bytes", forbidden)
    code, lines = goldmine("run", "--bank", "bank", "--work", "work")
    assert code == 16
    assert lines[-2:] == [f"{tmp_path}/work/bank.json: may not be read.", "Permit reading it, or run as its owner."]


@pytest.mark.parametrize(
    ("words", "code", "what"),
    [
        (["--as-of", "2024-06-29"], 12, "as_of: 2024-06-29 is not a month end; books are read at month ends only."),
        (["--as-of", "yesterday"], 12, "as_of: 'yesterday' is not a date of the form YYYY-MM-DD."),
        (["--as-of", "2024-07-31"], 12, "as_of: 2024-07-31 is after the books' last month end."),
        (["--use-case", "loans"], 13, "use case 'loans': there is no such use case."),
        (["-p", "branch"], 14, "-p branch: is not of the form name=value."),
        (["--language", "fr"], 14, "language: 'fr' is not known."),
    ],
)
def test_wrong_argument_gives_two_lines_and_its_exit_code(goldmine, bank, words, code, what):
    exit_code, lines = goldmine("run", "--bank", "bank", "--work", "work", *words)
    assert (exit_code, lines[0], len(lines)) == (code, what, 2)
    assert not (bank.parent / "work" / "tables.json").exists()


def test_missing_bank_is_reported(goldmine):
    code, lines = goldmine("validate", "--bank", "nowhere")
    assert (code, lines[1]) == (10, "Give the folder of the bank's tables with --bank.")


def test_bank_folder_defaults_to_the_work_folders_source(goldmine, bank, tmp_path):
    open_bank(bank, Workspace(tmp_path / "work"))
    code, lines = goldmine("score", "--work", "work", "--as-of", "2024-07-31")
    assert (code, lines[0]) == (12, "as_of: 2024-07-31 is after the books' last month end.")
    code, lines = goldmine("score", "--work", "other", "--as-of", "2024-07-31")
    assert (code, lines[0]) == (10, f"{tmp_path / 'data/sample_bank'}: there is no such folder.")


@pytest.mark.parametrize(
    "words",
    [
        ["features"],
        ["score"],
        ["train"],
        ["publish"],
        ["run"],
        ["validate"],
        ["measure"],
        ["sample-campaign"],
        ["sample-quarter"],
        ["schedule"],
    ],
    ids=lambda words: words[0],
)
def test_another_banks_tables_are_refused_at_once(goldmine, bank, tmp_path, words):
    open_bank(bank, Workspace(tmp_path / "work"))
    shutil.copytree(bank, tmp_path / "other")
    (tmp_path / "other" / "bank.yaml").write_text("name: other\ndata_until: 2024-06-30\n")
    code, lines = goldmine(*words, "--bank", "other", "--work", "work")
    assert (code, lines[0]) == (16, f"{tmp_path / 'work'}: holds the bank 'tiny', not 'other'.")


@pytest.mark.parametrize("command", ["features", "score", "customers", "measure", "sample-campaign"])
def test_same_banks_tables_in_another_folder_are_taken_in_or_refused_and_never_passed_over(
    goldmine, bank, tmp_path, monkeypatch, command
):
    ran = []
    monkeypatch.setattr("goldmine.pipeline.dagster_job.run_job", lambda *given: ran.append(command))
    open_bank(bank, Workspace(tmp_path / "work"))
    shutil.copytree(bank, tmp_path / "newer")
    code, lines = goldmine(command, "--bank", "newer", "--work", "work")
    if command == "measure":  # takes the tables in first
        assert ran == ["measure"]
    else:
        said = f"{tmp_path / 'work'}: its tables came from {bank}, not from {tmp_path / 'newer'}."
        assert (code, lines[0], ran) == (16, said, [])


def test_a_work_folder_that_another_run_holds_is_refused(goldmine, bank, tmp_path):
    path = repr(str(tmp_path / "work"))
    hold = f"from goldmine.core.workspace import Workspace; from pathlib import Path; w = Workspace(Path({path}))"
    code = f"{hold}\nwith w.lock():\n    print('held', flush=True)\n    input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        exit_code, lines = goldmine("run", "--bank", "bank", "--work", "work")
        other.communicate(b"\n")
    assert exit_code == 16
    assert "work: another run is at work here (process " in lines[0]


def test_work_folder_that_cannot_be_created_is_refused(goldmine, bank):
    code, lines = goldmine("run", "--bank", "bank", "--work", "/proc/none")
    assert (code, lines) == (16, ["/proc/none: no folder can be made there.", "Give another with --work."])


def test_fail_on_drift_exits_with_drift_code(goldmine, bank, tmp_path, monkeypatch):
    monkeypatch.setattr("goldmine.pipeline.dagster_job.run_job", lambda *given: None)
    write_json(tmp_path / "work" / "drift" / "2024-06-30" / "dormancy.json", {"alarms": ["inflow_sum_90d"]})
    words = ["score", "--bank", "bank", "--work", "work"]
    code, lines = goldmine(*words, "--fail-on-drift")
    assert (code, lines[0]) == (24, "Drift at 2024-06-30: dormancy: 1 drifted, first inflow_sum_90d.")
    assert goldmine(*words)[0] == 0


def test_unknown_error_is_kept_for_its_owner_and_its_text_withheld(goldmine, bank, tmp_path, monkeypatch):
    def fail(*given):
        raise RuntimeError("Zhang San 13900001111")

    monkeypatch.setattr("goldmine.pipeline.dagster_job.run_job", fail)
    monkeypatch.setattr("goldmine.cli.output.home", lambda: tmp_path)
    code, lines = goldmine("score", "--bank", "bank", "--work", "work")
    (kept,) = (tmp_path / "data" / "errors").iterdir()
    assert (code, len(lines)) == (1, 2)
    assert lines[0].startswith("An unknown error: RuntimeError; its text is withheld")
    assert "13900001111" in kept.read_text("utf-8")
    assert kept.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("cause", "why"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (RuntimeError("(OperationalError) database or disk is full"), "No space left on device"),
        (RuntimeError("(OperationalError) disk I/O error"), "Input/output error"),
    ],
)
def test_error_that_came_from_the_disk_says_so(goldmine, bank, monkeypatch, cause, why):
    def fail(*given):
        raise ValueError("something else") from cause

    monkeypatch.setattr("goldmine.pipeline.dagster_job.run_job", fail)
    code, lines = goldmine("score", "--bank", "bank", "--work", "work")
    assert (code, lines[0]) == (17, f"A disk could not be written ({why}).")


def test_file_that_may_not_be_read_is_named_without_a_traceback(goldmine, bank, monkeypatch):
    def fail(*given):
        raise PermissionError(13, "Permission denied", "/srv/export/matrix.csv")

    monkeypatch.setattr("goldmine.pipeline.dagster_job.run_job", fail)
    code, lines = goldmine("score", "--bank", "bank", "--work", "work")
    assert (code, lines) == (
        17, ["/srv/export/matrix.csv: permission is denied.", "Permit reading and writing it, or run as its owner."]
    )  # fmt: skip


def test_bank_that_may_not_be_read_is_a_contract_error_in_both_languages(goldmine, bank, monkeypatch):
    """Root may read everything, so that the refusal is made here."""
    real = open

    def refuse(path, *given, **more):
        if str(path).endswith("bank.yaml"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *given, **more)

    monkeypatch.setattr("io.open", refuse)
    monkeypatch.setattr("builtins.open", refuse)
    code, lines = goldmine("validate", "--bank", "bank", "--work", "work")
    assert (code, lines) == (10, [f"{bank / 'bank.yaml'}: may not be read.", "Permit reading it, or run as its owner."])
    code, lines = goldmine("validate", "--bank", "bank", "--work", "work", "--language", "zh")
    assert (code, lines[1]) == (10, "请允许读取，或以其所有者身份运行。")


def test_no_path_is_refused_by_the_option_itself_as_that_would_be_said_in_english_alone():
    found = []
    for file in Path(goldmine_cli.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Tuple) and len(node.elts) > 1 and ast.unparse(node.elts[0]).startswith("Path"):
                option = ast.unparse(node.elts[1])
                if option.startswith("typer."):
                    found.append((file.name, "readable=False" in option))
    assert len(found) > 20
    assert [name for name, left_to_us in found if not left_to_us] == []


def test_errors_that_name_each_other_as_their_causes_end(goldmine, bank, monkeypatch):
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first

    def fail(*given):
        raise first

    monkeypatch.setattr("goldmine.pipeline.dagster_job.run_job", fail)
    assert goldmine("score", "--bank", "bank", "--work", "work")[0] == 1


def test_damaged_store_of_dagster_is_named(goldmine, bank, tmp_path):
    (tmp_path / "work" / "dagster" / "history").mkdir(parents=True)
    (tmp_path / "work" / "dagster" / "history" / "runs.db").write_bytes(b"no database" * 100)
    code, lines = goldmine("features", "--bank", "bank", "--work", "work")
    assert (code, len(lines)) == (16, 2)
    assert lines[0].startswith(f"{tmp_path / 'work' / 'dagster'}: Dagster's store of runs cannot be used")


def test_lists_of_a_work_folder_without_a_release_is_an_error(goldmine):
    code, lines = goldmine("lists", "--work", "work")
    assert (code, lines[1]) == (19, "Run `goldmine run` first.")


def test_status_of_a_bank_without_a_release_says_so_and_a_check_fails(goldmine, bank, tmp_path, capsys):
    Workspace(tmp_path / "work").claim("tiny")
    assert goldmine("status", "--work", "work") == (0, [])
    code, lines = goldmine("status", "--work", "work", "--check", "--language", "zh")
    assert (code, lines[0].endswith("，但目前没有任何当前发布。")) == (29, True)


def test_a_path_in_utf8_is_read_in_a_locale_of_another_encoding(bank, tmp_path):
    work = tmp_path / "\u90b3\u5dde"  # 邳州
    Workspace(work).claim("tiny")
    variables = {**os.environ, "LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    call = [sys.executable, "-c", "from goldmine.cli import main; main()", "lists", "--work", os.fsencode(work)]
    done = subprocess.run(call, env=variables, capture_output=True, check=False)
    assert (done.returncode, b"Traceback" in done.stderr) == (19, False)
    assert rb"\u90b3\u5dde/releases: nothing has been published yet." in done.stderr


def test_status_says_the_rest_where_dagsters_store_cannot_be_opened(bank, tmp_path, capsys, monkeypatch):
    """As on a disk that has become read-only: what is current and due is what somebody asks for then."""

    def refuse(*given):
        raise sqlite3.OperationalError("unable to open database file")

    Workspace(tmp_path / "work").claim("tiny")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("goldmine.pipeline.run_status.last_runs", refuse)
    monkeypatch.setattr(sys, "argv", ["goldmine", "status", "--work", "work"])
    with pytest.raises(SystemExit, match="0"):
        main()
    lines = capsys.readouterr().out.splitlines()
    store = tmp_path / "work" / "dagster"
    assert lines[lines.index("Last run") + 2] == (
        f"  whether a run is at work cannot be told: {store}: could not write (Permission denied)."
    )
    assert "Due" in lines


def test_status_of_a_folder_that_is_no_work_folder_is_an_error(goldmine):
    code, lines = goldmine("status", "--work", "nowhere")
    assert (code, lines[0].endswith("is no bank's work folder yet.")) == (16, True)


def test_a_sample_bank_is_written_where_it_was_asked_for(goldmine, tmp_path):
    code, _ = goldmine("sample-bank", "made", "--customers", 200, "--months", 6, "--end", "2024-03-31")
    assert code == 0
    assert (tmp_path / "made" / "customers.parquet").exists()
    assert (tmp_path / "made" / "bank.yaml").read_text("utf-8").endswith("data_until: 2024-03-31\n")


def test_a_sample_bank_to_a_day_that_is_no_month_end_is_refused(goldmine):
    code, lines = goldmine("sample-bank", "made", "--end", "2024-03-30")
    assert (code, len(lines)) == (12, 2)
    assert not Path("made").exists()


def test_map_proposes_a_bank_yaml_and_replaces_none(goldmine, tmp_path, capsys):
    folder = tmp_path / "village"
    folder.mkdir()
    (folder / "customer.csv").write_text("cust_no,sex\nc1,F\n", "utf-8")
    (folder / "flow.csv").write_text("lsh,khh,jyrq,jyje,jdbz\nt1,c1,20240630,1.25,C\n", "utf-8")
    assert goldmine("map", "village")[0] == 0
    text = (folder / "bank.yaml").read_text("utf-8")
    assert "data_until: 2024-06-30  # guessed" in text
    (folder / "bank.yaml").write_text("name: mine\n", "utf-8")
    code, lines = goldmine("map", "village")
    assert (code, lines) == (10, ["village/bank.yaml: is there already.", "Move it away, or replace it with --force."])
    assert (folder / "bank.yaml").read_text("utf-8") == "name: mine\n"
    assert goldmine("map", "village", "--force")[0] == 0
    assert (folder / "bank.yaml").read_text("utf-8") == text
