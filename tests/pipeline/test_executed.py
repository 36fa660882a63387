import json
from dataclasses import replace

import pytest

from goldmine.contract.bank import file_state
from goldmine.core.errors import ContractError, NotebookError, ReleaseError
from goldmine.core.files import write_json
from goldmine.pipeline.notebook import run_notebook
from goldmine.pipeline.snapshot import Snapshot
from goldmine.pipeline.step import Step, run_step
from tests.pipeline.conftest import AS_OF
from tests.tiny import make_bank


def run(work, name):
    return run_notebook(name, {}, work, AS_OF, bank="tiny")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("import sys\nsys.exit(0)", r"ended the notebook by SystemExit, so not every cell ran to its end"),
        ("!exit 3", r"a command of the cell \(!\) ended with code 3"),
        ("lines = !exit 3", r"a command of the cell \(!\) ended with code 3"),
        ("print('x' * 100_000_000)", "the cell printed more than 1,000,000 characters"),
        ("import os\nos.system('yes | head -c 9000000')", "the cell printed more than 1,000,000 characters"),
        ("try:\n    print('x' * 6_000_000)\nexcept Exception:\n    pass", "the cell printed more than 1,000,000"),
    ],
)
def test_notebook_whose_cells_did_not_all_run_well_has_failed(write, work, monkeypatch, cell, said):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # with it a kernel takes no notice of what programs print
    write("1_odd", cell, "print('the end')")
    with pytest.raises(NotebookError, match=said) as raised:
        run(work, "1_odd")
    assert "[2] (Part 1)" in " ".join([str(raised.value), *getattr(raised.value, "__notes__", ())])
    assert (work.notebooks(AS_OF) / "1_odd.ipynb").stat().st_size < 10_000_000


def test_what_programs_print_stays_in_the_notebook(write, work, monkeypatch, capfd):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # with it a kernel takes no notice of what programs print
    write("1_print", "import os\nos.write(1, b'customer A1\\n')\nos.system('echo customer A2; echo customer A3 >&2')")
    kept = run(work, "1_print").notebook.read_text("utf-8")
    printed = capfd.readouterr()
    for customer in ("customer A1", "customer A2", "customer A3"):
        assert customer in kept.replace("echo customer", "")
        assert customer not in printed.out + printed.err


def test_command_that_succeeds_and_its_lines_are_as_ever(write, work):
    write("1_good", "word = 'seen'\nlines = !echo {word}\n!echo $word", "assert lines == ['seen']")
    cells = json.loads(run(work, "1_good").notebook.read_text("utf-8"))["cells"]
    assert "".join(cells[2]["outputs"][0]["text"]).split() == ["seen"]


def test_picture_beyond_measure_is_cut_and_fails(write, work):
    write("1_big", "from IPython.display import HTML\nHTML('x' * 21_000_000)")
    with pytest.raises(NotebookError, match=r"1_big, cell \[2\] \(Part 1\): has 21,\d+,\d+ characters of output"):
        run(work, "1_big")
    assert (work.notebooks(AS_OF) / "1_big.ipynb").stat().st_size < 10_000


class TestStepWhoseCellsRan:
    @pytest.fixture
    def try_step(self, write, work, tmp_path, monkeypatch):
        monkeypatch.setattr(Snapshot, "bank_name", "tiny")
        monkeypatch.setattr(Snapshot, "bank", make_bank(tmp_path / "bank", {"customers": [{"customer_id": "a"}]}))
        monkeypatch.setattr("goldmine.pipeline.step.code_inputs", lambda notebook: {})

        def attempt(cell, suites=(), makes=lambda run: [run.work.root / "made.txt"], after=()):
            write("1_makes", cell)
            step = Step("made", "", "", notebook="1_makes", makes=makes, suites=suites, after=after)
            return run_step(step, Snapshot(tmp_path / "bank", work, AS_OF))

        return attempt

    def test_file_that_is_not_there_fails_it(self, try_step, work):
        with pytest.raises(NotebookError, match=r"1_makes: its cells ran, but made\.txt is not there\."):
            try_step("1")
        assert not (work.root / "steps" / str(AS_OF) / "1_makes.json").exists()

    def test_step_that_makes_files_and_made_none_fails(self, try_step):
        with pytest.raises(NotebookError, match="its cells ran, but it made no file"):
            try_step("1", makes=lambda run: [])

    def test_file_that_was_made_from_something_else_fails_it(self, try_step, work):
        def makes(run):
            raise ReleaseError("the scores are not whole.", "Score again.")

        with pytest.raises(ReleaseError, match="not whole"):
            try_step("1", makes=makes)

    @pytest.mark.parametrize("then", ["open('made.txt', 'w').close()", "raise OSError('no such rows')"])
    def test_table_that_changed_meanwhile_fails_it(self, try_step, work, monkeypatch, then):
        bank = Snapshot.bank
        (file,) = bank.tables["customers"].files
        known = replace(file, state=file_state(file.path))
        tables = {"customers": replace(bank.tables["customers"], files=(known,))}
        monkeypatch.setattr(Snapshot, "bank", replace(bank, tables=tables))
        with pytest.raises(ContractError, match=r"customers: customers\.parquet changed while"):
            try_step(f"open({str(file.path)!r}, 'ab').write(b'more')\n{then}", after=("tables",))
        assert not (work.root / "steps" / str(AS_OF) / "1_makes.json").exists()

    @pytest.mark.parametrize(
        ("success", "said"), [(None, "did not run"), (True, "did not run"), (False, "did not run")]
    )
    def test_suite_that_did_not_run_in_this_run_fails_it(self, try_step, work, success, said):
        if success is not None:
            write_json(work.validation("lists"), {"success": success})
        with pytest.raises(NotebookError, match=f"its suite lists {said}"):
            try_step(f"open({str(work.root / 'made.txt')!r}, 'w').close()", suites=("lists",))

    def test_suite_that_ran_must_have_passed(self, try_step, work):
        made = f"open({str(work.root / 'made.txt')!r}, 'w').close()\n"
        ran = "from goldmine.core.files import write_json\nfrom pathlib import Path\n"
        ran += f"path = Path({str(work.validation('lists'))!r})\n"
        with pytest.raises(NotebookError, match="its suite lists did not pass"):
            try_step(f"{made}{ran}write_json(path, {{'success': False}})", suites=("lists",))
        assert try_step(f"{made}{ran}write_json(path, {{'success': True}})", suites=("lists",)).reused is False
