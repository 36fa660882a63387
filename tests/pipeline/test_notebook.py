import json
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

import mlflow
import nbformat
import psutil
import pytest

from goldmine.core.errors import NotebookError, ParameterError, ValidationError
from goldmine.core.workspace import home
from goldmine.models.tracking import tracking_uri
from goldmine.pipeline.notebook import execute, run_notebook
from goldmine.pipeline.preloaded_kernels import loaded_kernels
from tests.pipeline.conftest import AS_OF


def run(work, name, parameters=None, **settings):
    return run_notebook(name, parameters or {}, work, AS_OF, bank="tiny", **settings)


def last_run():
    mlflow.set_tracking_uri(tracking_uri())
    return mlflow.search_runs(experiment_names=["tiny"], order_by=["start_time DESC"], output_format="list")[0]


def kernels(process=None):
    below = (process or psutil.Process()).children(recursive=True)
    return [child for child in below if "ipykernel_launcher" in " ".join(child.cmdline())]


def test_the_executed_copy_and_its_page_are_kept_and_attached(write, work):
    write("1_good", "import os\nprint(work, os.environ['MLFLOW_RUN_ID'])")
    done = run(work, "1_good", {"work": "0012"})
    assert done.notebook == work.notebooks(AS_OF) / "1_good.ipynb"
    cells = json.loads(done.notebook.read_text("utf-8"))["cells"]
    assert cells[-1]["outputs"][0]["text"] == [f"0012 {done.mlflow_run}\n"]
    cell = last_run()
    assert (cell.info.run_id, cell.info.status, cell.data.tags["as_of"]) == (
        done.mlflow_run,
        "FINISHED",
        "2024-06-30",
    )
    attached = mlflow.MlflowClient().list_artifacts(done.mlflow_run, "notebook")
    assert [file.path for file in attached] == ["notebook/1_good.html", "notebook/1_good.ipynb"]
    assert "<script" not in done.html.read_text("utf-8")
    assert kernels() == []


def test_preloaded_kernel_sees_its_own_parameters_and_ends_after_the_run(write, work):
    write("1_good", "import os, sys\nprint(work, os.environ['MLFLOW_RUN_ID'], 'seaborn' in sys.modules, os.getpid())")
    with loaded_kernels():
        runs = [run(work, "1_good", {"work": name}) for name in ("a", "b")]
        output = json.loads(runs[-1].notebook.read_text("utf-8"))["cells"][-1]["outputs"][0]["text"][0].split()
    assert output[:3] == ["b", runs[1].mlflow_run, "True"]
    assert not psutil.pid_exists(int(output[3]))


def test_figure_of_a_notebook_is_drawn_and_shown_once(write, work):
    write(
        "1_figure",
        "from goldmine.plots.style import use_language\nuse_language('en')\ndraws = []",
        "from matplotlib import pyplot\n"
        "figure, axis = pyplot.subplots(layout='constrained')\n"
        "number = figure.canvas.mpl_connect('draw_event', draws.append)",
        "print(len(draws))",
    )
    cells = json.loads(run(work, "1_figure").notebook.read_text("utf-8"))["cells"]
    shown = [output for cell in cells for output in cell.get("outputs", [])]
    assert [sorted(output.get("data", output)) for output in shown if "data" in output] == [["image/png", "text/plain"]]
    assert shown[-1]["text"] == ["1\n"]


def test_notebook_uses_no_more_cores_than_it_is_given(write, work):
    write("1_cores", "from goldmine.core.progress import cores\nprint(cores())")
    cells = json.loads(run(work, "1_cores", cores=1).notebook.read_text("utf-8"))["cells"]
    assert cells[-1]["outputs"][0]["text"] == ["1\n"]


def test_notebook_logs_to_the_mlflow_run_created_for_it(write, work):
    track = "import mlflow\nfrom goldmine.models.tracking import use_tracking\nuse_tracking('tiny')\n"
    write("1_logs", f"{track}with mlflow.start_run():\n    mlflow.log_metric('rows', 3)")
    done = run(work, "1_logs")
    assert mlflow.get_run(done.mlflow_run).data.metrics == {"rows": 3.0}


def test_a_wrong_parameter_fails_before_a_kernel_starts(write, work):
    write("1_good", "1")
    with pytest.raises(ParameterError, match="parameter 'branch' is not known"):
        run(work, "1_good", {"branch": "0012"})
    assert not work.notebooks(AS_OF).exists()


def test_a_failed_cell_is_named_and_its_notebook_kept(write, work):
    write("1_bad", "1", "{}['no such key']")
    with pytest.raises(
        NotebookError, match=r"1_bad, cell \[3\] \(Part 2\): KeyError; its text is withheld.*\nRead it in .*1_bad.ipynb"
    ):
        run(work, "1_bad")
    copy = json.loads((work.notebooks(AS_OF) / "1_bad.ipynb").read_text("utf-8"))
    assert [o["ename"] for c in copy["cells"] for o in c.get("outputs", ()) if o["output_type"] == "error"] == [
        "KeyError"
    ]
    assert last_run().info.status == "FAILED"
    assert (
        last_run()
        .data.tags["mlflow.note.content"]
        .startswith("**Failed.** 1_bad, cell [3] (Part 2): KeyError; its text is withheld")
    )
    assert kernels() == []


def test_words_of_an_unknown_error_stay_in_the_work_folder_for_its_owner_alone(write, work, home):
    write("1_leaks", "raise ValueError('Zhang San ' + '139' + '0000' + '1111')")
    with pytest.raises(NotebookError) as raised:
        run(work, "1_leaks")
    copy = work.notebooks(AS_OF) / "1_leaks.ipynb"
    assert "13900001111" in copy.read_text("utf-8")
    assert copy.stat().st_mode & 0o777 == 0o600
    assert "13900001111" not in "".join(traceback.format_exception(raised.value))
    elsewhere = [copy.with_suffix(".html"), *(path for path in (home / "mlruns").rglob("*") if path.is_file())]
    assert [str(path) for path in elsewhere if b"13900001111" in path.read_bytes()] == []
    assert any(path.name == "1_leaks.ipynb" for path in elsewhere)


def test_goldmine_error_keeps_its_lines_and_exit_code(write, work):
    write("1_ours", "from goldmine.core.errors import ValidationError\nraise ValidationError('3 rows.', 'Mend: them.')")
    with pytest.raises(ValidationError, match=r"^3 rows\.\nMend: them\.") as raised:
        run(work, "1_ours")
    assert raised.value.exit_code == 11
    assert "1_ours, cell [2] (Part 1); kept at " in raised.value.__notes__[0]


def test_foreign_error_of_the_same_name_is_no_goldmine_error(write, work):
    write("1_like", "class ValidationError(Exception): pass\nraise ValidationError('other')")
    with pytest.raises(NotebookError, match="ValidationError; its text is withheld"):
        run(work, "1_like")


def test_a_run_that_takes_too_long_is_ended(write, work):
    write("1_slow", "1", "import time\ntime.sleep(60)")
    start = time.monotonic()
    with pytest.raises(NotebookError, match="1_slow: was not done after 5 s and was ended"):
        run(work, "1_slow", time_limit_seconds=5)
    assert time.monotonic() - start < 40
    assert kernels() == []


def test_dead_kernel_is_reported(write, work):
    write("1_dies", "import os\nos._exit(9)")
    with pytest.raises(NotebookError, match="1_dies: its kernel died"):
        run(work, "1_dies")


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_stopped_run_leaves_no_kernel_and_begins_no_further_notebook(write, work, home, asked):
    write("1_waits", f"open({str(work.root / 'here')!r}, 'w').close()\nimport time\ntime.sleep(120)")
    work.root.mkdir()
    code = (
        # Tests that run in the background are told to ignore Ctrl-C, and so would be their children.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from goldmine.pipeline.notebook import run_notebook; from goldmine.core.workspace import Workspace;"
        "from goldmine.pipeline.stop import run_stoppable; from pathlib import Path; from datetime import date\n"
        "from goldmine.pipeline.run_record import failed_for\n"
        "def job():\n"
        "    for _ in range(2):\n"
        "        try:\n"
        f"            work = Workspace(Path({str(work.root)!r}))\n"
        "            run_notebook('1_waits', {}, work, date(2024, 6, 30), bank='tiny')\n"
        "        except Exception as error: print(failed_for(error), flush=True)\n"
        "run_stoppable(job)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (work.root / "here").exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    started = kernels(psutil.Process(process.pid))
    assert len(started) == 1
    process.send_signal(asked)
    output, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    told = ["1_waits: was ended, since the run was stopped.", "the run was stopped"]
    assert output.decode().splitlines() == told
    assert not psutil.wait_procs(started, timeout=10)[1]


def test_killed_run_ends_its_preloaded_kernels(write, work, home):
    write("1_waits", f"open({str(work.root / 'here')!r}, 'w').close()\nimport time\ntime.sleep(120)")
    work.root.mkdir()
    code = (
        "from goldmine.pipeline.preloaded_kernels import loaded_kernels\n"
        "from goldmine.pipeline.notebook import run_notebook\n"
        "from goldmine.core.workspace import Workspace; from pathlib import Path; from datetime import date\n"
        "with loaded_kernels():\n"
        f"    run_notebook('1_waits', {{}}, Workspace(Path({str(work.root)!r})), date(2024, 6, 30), bank='tiny')"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 180
    while not (work.root / "here").exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    started = psutil.Process(process.pid).children(recursive=True)
    assert len(started) >= 2
    process.kill()
    process.wait()
    _, left = psutil.wait_procs(started, timeout=60)
    for process in left:
        process.kill()
    assert left == []


def test_an_unknown_notebook_is_refused_with_the_known_ones(write, work):
    write("1_good", "1")
    with pytest.raises(NotebookError, match=r"9_none: there is no such notebook.\nKnown: .*1_good"):
        run(work, "9_none")


def test_a_run_in_chinese_starts_from_a_notebook_whose_prose_is_chinese(monkeypatch, tmp_path):
    given = {}

    def record(source, copy, **settings):
        given.update(json.loads(Path(source).read_text("utf-8")), folder=settings["kernel_manager_class"].folder)
        return nbformat.v4.new_notebook()

    monkeypatch.setattr("papermill.execute_notebook", record)
    execute(home() / "notebooks" / "14_employee.ipynb", tmp_path / "copy.ipynb", {"language": "zh"}, 60)
    assert given["cells"][0]["source"].startswith("# 14 · 一位员工的一天\n")
    assert given["folder"] == home() / "notebooks"
