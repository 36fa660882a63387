"""Running one notebook: its parameters checked, a bar by cell, a kept copy, and no kernel left behind."""

import json
import logging
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from io import BytesIO, TextIOWrapper
from pathlib import Path
from types import MappingProxyType
from typing import Any, TextIO

from goldmine.core.errors import NotebookError
from goldmine.core.file_names import file_name
from goldmine.core.files import disk_errors
from goldmine.core.i18n import ERROR_LANGUAGE
from goldmine.core.notebook_text import translated_notebook
from goldmine.core.workspace import Workspace, home
from goldmine.pipeline.environment import QUIET, environment
from goldmine.pipeline.executed import require_executed
from goldmine.pipeline.failure import failure, withhold
from goldmine.pipeline.kernels import kernel_manager
from goldmine.pipeline.left_over import WORK_TAG
from goldmine.pipeline.parameters import check_parameters, run_language
from goldmine.pipeline.stop import check_not_stopped
from goldmine.pipeline.tracked_run import TrackedRun, tracked_run

TIME_LIMIT_SECONDS = 4 * 3600


@dataclass(frozen=True)
class Executed:
    """One notebook's run.

    Parameters
    ----------
    notebook, html : Path
        The executed copy and its export.
    mlflow_run : str
        Id of the MLflow run that holds both.
    """

    notebook: Path
    html: Path
    mlflow_run: str


def notebook_path(name: str) -> Path:
    """Path of one of the project's notebooks, by name without suffix.

    Raises
    ------
    NotebookError
        If there is none of that name.
    """
    path = home() / "notebooks" / f"{name}.ipynb"
    if not path.is_file():
        known = sorted(p.stem for p in path.parent.glob("*.ipynb"))
        raise NotebookError(f"{name}: there is no such notebook.", f"Known: {', '.join(known)}.")
    return path


def run_notebook(  # noqa: PLR0913 - what it runs, for whom, and within which limits
    name: str,
    parameters: Mapping[str, Any],
    work: Workspace,
    as_of: date,
    *,
    bank: str,
    cores: int = 0,
    time_limit_seconds: float = TIME_LIMIT_SECONDS,
) -> Executed:
    """Run one of the project's notebooks in a kernel of its own.

    Parameters
    ----------
    name : str
        Its name without suffix, such as ``4_train``.
    parameters : mapping of str to object
        Values by name; see `check_parameters`.
    work, as_of : Workspace, date
        The executed copy is kept at ``work.notebooks(as_of)``.
    bank : str
        Name of the bank; the run is tracked in the experiment of that name.
    cores : int
        How many cores it uses; 0 is all.
    time_limit_seconds : float
        For the whole run; the kernel is ended when it is over.

    Raises
    ------
    ParameterError
        Before a kernel starts, if a parameter is unknown, missing or of the wrong type.
    GoldmineError
        The one that a cell raised, with a note that names the cell and the kept copy.
    NotebookError
        If a cell failed otherwise, the kernel died, or the time was over.
    """
    check_not_stopped()
    source = notebook_path(name)
    values = check_parameters(source, parameters)
    title = "_".join([name, *(values[key] for key in ("use_case", "campaign", "published") if values.get(key))])
    copy = work.notebooks(as_of) / f"{file_name(title)}.ipynb"
    with disk_errors(copy.parent):
        copy.parent.mkdir(parents=True, exist_ok=True)
    with tracked_run(bank, title, {"as_of": str(as_of), "notebook": name, WORK_TAG: str(work.root.resolve())}) as run:
        try:
            variables = {"MLFLOW_RUN_ID": run.run_id, ERROR_LANGUAGE: values.get("language", "en")}
            variables |= {"OMP_NUM_THREADS": str(cores)} if cores else {}
            with environment(QUIET), disk_errors(copy):
                execute(source, copy, values, time_limit_seconds, variables)
        except Exception as error:
            with suppress(Exception):  # the first failure is the one to report
                _keep_failed(run, copy)
            shown = failure(title, copy, error, time_limit_seconds)
            if shown is error:
                raise
            raise shown from None  # the cause holds the cell's own words
        html = _keep(run, copy)
    return Executed(copy, html, run.run_id)


def _keep_failed(run: TrackedRun, copy: Path) -> None:
    """Attach what a failed notebook came to, without the text of an unknown error: that stays in the work folder."""
    copy.chmod(0o600)
    with tempfile.TemporaryDirectory() as folder:
        shown = Path(folder) / copy.name
        withhold(copy, shown)
        page = export_html(shown)
        run.attach(shown, page)
        shutil.copyfile(page, copy.with_suffix(".html"))


def _keep(run: TrackedRun, copy: Path) -> Path:
    """Export an executed copy and attach both to its run."""
    html = export_html(copy)
    run.attach(copy, html)
    return html


def execute(
    source: Path,
    copy: Path,
    values: dict[str, Any],
    time_limit_seconds: float,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Run papermill on the notebook in the run's language, with one time limit; papermill's own is for each cell.

    Parameters
    ----------
    source, copy : Path
        The notebook, and where the executed one is kept.
    values : dict
        Its parameters, checked.
    time_limit_seconds : float
        For the whole run.
    variables : mapping of str to str
        Environment variables of its kernel alone.

    Raises
    ------
    NotebookError
        If not every cell ran to its end although papermill reports no error.
    """
    import papermill

    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # it repeats what `failure` reports
    deadline = time.monotonic() + time_limit_seconds
    copy.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder, _bar_on() as terminal:
        translated = Path(folder) / source.name
        translated.write_text(json.dumps(translated_notebook(source, run_language(source, values))), "utf-8")
        executed = papermill.execute_notebook(
            _literal(translated),
            _literal(copy),
            parameters=values,
            kernel_name="python3",
            progress_bar={"desc": f"  {copy.stem:<20}", "bar_format": _BAR, "file": terminal},
            timeout_func=lambda _: max(1, round(deadline - time.monotonic())),
            shutdown_kernel="immediate",
            kernel_manager_class=kernel_manager(source.parent, variables),
            extra_arguments=_KERNEL_ARGUMENTS,
        )
    require_executed(executed, copy)


_KERNEL_ARGUMENTS = [
    "--log-level=40",  # a kernel warns that it uses TCP on this machine
    "--ext=goldmine.pipeline.kernel_rules",
    "--InteractiveShellApp.reraise_ipython_extension_failures=True",
]
_BAR = "{desc} {bar:24} {n_fmt}/{total_fmt} cells  {elapsed}"
_moving_bar = threading.Lock()


@contextmanager
def _bar_on() -> Iterator[TextIO]:
    """Where a notebook's bar goes: one at a time moves on the terminal, of others the last state is printed."""
    if _moving_bar.acquire(blocking=False):
        try:
            yield sys.stderr
        finally:
            _moving_bar.release()
    else:
        from tqdm import tqdm

        kept = TextIOWrapper(BytesIO(), sys.stderr.encoding, newline="")
        yield kept
        kept.seek(0)
        tqdm.write(kept.read().rstrip().rpartition("\r")[2], file=sys.stderr)


def _literal(path: Path) -> str:
    """A path with its braces escaped, since papermill fills in what is in braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


_PAGE = """{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}"""
"""Jupyter's own page without its scripts, which a browser would fetch from the internet."""


def export_html(notebook: Path, html: Path | None = None, *, for_staff: bool = False) -> Path:
    """Write a notebook as one HTML file that needs nothing from a network.

    Parameters
    ----------
    notebook : Path
        The notebook.
    html : Path, optional
        Where to; if not given, beside it.
    for_staff : bool
        Show results alone, without code and without the notebook's own narration.
    """
    from nbconvert import HTMLExporter

    page = HTMLExporter(raw_template=_PAGE)
    page.exclude_input = page.exclude_output_prompt = page.exclude_markdown = for_staff
    content, _ = page.from_filename(str(notebook))
    html = html or notebook.with_suffix(".html")
    with disk_errors(html):
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(content, "utf-8")
    return html
