"""Running one notebook: its parameters checked, a bar by cell, a kept copy, and no kernel left behind."""

import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from goldmine.core.errors import NotebookError
from goldmine.core.files import disk_errors
from goldmine.core.workspace import Workspace, home
from goldmine.pipeline.environment import QUIET, environment
from goldmine.pipeline.failure import failure
from goldmine.pipeline.parameters import check_parameters
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


def run_notebook(
    name: str,
    parameters: Mapping[str, Any],
    work: Workspace,
    as_of: date,
    *,
    bank: str,
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
    title = "_".join([name, *(values[about] for about in ("use_case", "campaign") if values.get(about))])
    copy = work.notebooks(as_of) / f"{title}.ipynb"
    with disk_errors(copy.parent):
        copy.parent.mkdir(parents=True, exist_ok=True)
    with tracked_run(bank, title, {"as_of": str(as_of), "notebook": name}) as run:
        try:
            with environment({**QUIET, "MLFLOW_RUN_ID": run.run_id}), disk_errors(copy):
                execute(source, copy, values, time_limit_seconds)
        except Exception as error:
            with suppress(Exception):  # what failed first is what is to be said
                _keep(run, copy)
            shown = failure(title, copy, error, time_limit_seconds)
            raise shown from (None if shown is error else error)
        html = _keep(run, copy)
    return Executed(copy, html, run.run_id)


def _keep(run: TrackedRun, copy: Path) -> Path:
    """Export an executed copy and attach both to its run."""
    html = export_html(copy)
    run.attach(copy, html)
    return html


def execute(source: Path, copy: Path, values: dict[str, Any], time_limit_seconds: float) -> None:
    """Run papermill with the limit over the whole run, where its own is for each cell."""
    import papermill

    from goldmine.pipeline.kernels import KernelManager

    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # it repeats what `failure` says
    deadline = time.monotonic() + time_limit_seconds
    copy.unlink(missing_ok=True)
    papermill.execute_notebook(
        _literal(source),
        _literal(copy),
        parameters=values,
        kernel_name="python3",
        progress_bar={"desc": f"  {copy.stem:<20}", "bar_format": _BAR},
        cwd=source.parent,
        timeout_func=lambda _: max(1, round(deadline - time.monotonic())),
        shutdown_kernel="immediate",
        kernel_manager_class=KernelManager,
        extra_arguments=["--log-level=40"],  # a kernel warns that it talks over this machine's own TCP
    )


_BAR = "{desc} {bar:24} {n_fmt}/{total_fmt} cells  {elapsed}"


def _literal(path: Path) -> str:
    """A path that papermill takes as it is; it fills in what stands in braces."""
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
