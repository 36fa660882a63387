"""``goldmine train-table``: train, score and list on an external feature table with the job's notebooks."""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from goldmine.core.workspace import Workspace
    from goldmine.governance.drift.reference import Window
    from goldmine.governance.drift.table_drift import TableDrift
    from goldmine.models.external.result import ExternalTableResult
    from goldmine.models.external.table_import import ImportedTable

_TUNE_MINUTES = 3.0
_NAMED = 8
_SHOWN = {
    "auc": "AUC",
    "lift_10pct": "lift at 10%",
    "lift_list": "lift at list size",
    "calibration_error": "calib. error",
}


def train_table(  # noqa: PLR0913, PLR0917 - the command's own options
    file: Annotated[
        Path,
        typer.Argument(readable=False, metavar="FILE", help="Parquet or CSV; a row a customer, missing values empty."),
    ],
    label: Annotated[str, typer.Option("--label", metavar="COL", help="0 or 1; rows where it is empty are scored.")],
    key: Annotated[str, typer.Option("--id", metavar="COL", help="Each row's unique id.")],
    time: Annotated[
        str, typer.Option("--time", metavar="COL", help="Time of a row; the latest fifth is then the test set.")
    ] = "",
    drop: Annotated[
        list[str] | None, typer.Option("--drop", metavar="COL", help="Not a feature; may be repeated.")
    ] = None,
    scores: Annotated[
        Path | None,
        typer.Option(
            "--scores",
            readable=False,
            metavar="OUT.parquet",
            help="Id and probability of every row, labelled ones out of fold.",
        ),
    ] = None,
    tune: Annotated[bool, typer.Option("--tune", help=f"Search for settings, {_TUNE_MINUTES:g} minutes long.")] = False,
    tune_minutes: Annotated[float, typer.Option(help="Search so long instead.", min=0)] = 0.0,
    tune_trials: Annotated[
        int, typer.Option(help="Search so many trials, those of a stopped search included.", min=0)
    ] = 0,
    list_size: Annotated[int, typer.Option(help="Max rows on the list; 0: a tenth of the rows to score.", min=0)] = 0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same model.")] = 20240331,
    language: Annotated[str, typer.Option("--language", help="en or zh: of figures and list.")] = "en",
    work: Annotated[
        Path | None,
        typer.Option("--work", readable=False, help="A work folder for this table; if not given, data/tables/NAME."),
    ] = None,
) -> None:
    """Train on an external feature table, evaluate the model, and score and list the rows without a label."""
    started = monotonic()
    from goldmine.cli.output import errors_in
    from goldmine.pipeline.preloaded_kernels import loaded_kernels

    with errors_in(language), loaded_kernels():
        from goldmine.core.workspace import Workspace, at_home
        from goldmine.models.external.table_import import TableSpec
        from goldmine.pipeline.external_table import run_table
        from goldmine.pipeline.parameters import parse_language

        name = _name(file)
        spec = TableSpec(file, label, key, time, tuple(dict.fromkeys(drop or ())), name)
        workspace = Workspace(work.absolute() if work else at_home(f"data/tables/{name}"))
        say_imported = partial(_say_imported, language=str(parse_language(language)))
        default_minutes = tune and not tune_minutes and not tune_trials
        given = {"seed": seed, "language": str(parse_language(language)), "tune_trials": tune_trials}
        given["tune_minutes"] = _TUNE_MINUTES if default_minutes else tune_minutes
        done = run_table(spec, workspace, given, list_size=list_size, scores=scores, on_import=say_imported)
        _say_result(done.imported, done.result)
        _say_drift(done.drift)
        _say_seconds(monotonic() - started, done.learning_seconds)
        _say_work_folder(workspace)


def _name(file: Path) -> str:
    """Name of a table, its model and its list, from its file's name."""
    plain = re.sub(r"[^a-z0-9]+", "_", file.stem.lower()).strip("_")
    return plain if plain[:1].isalpha() else f"table_{plain}".rstrip("_")


def _say_imported(imported: "ImportedTable", language: str) -> None:
    from goldmine.cli.output import say
    from goldmine.core.i18n import in_language

    labelled = f"{imported.labelled:,} labelled, {imported.positives / imported.labelled:.2%} of them 1"
    say(f"  {imported.rows:,} rows: {labelled}; {imported.to_score:,} to score")
    for note in imported.notes:
        say(f"  {in_language(note, language)}")


def _say_result(imported: "ImportedTable", result: "ExternalTableResult") -> None:
    from rich.console import Console
    from rich.table import Table

    from goldmine.cli.output import say

    baseline = imported.use_case.baseline
    table = Table(
        "On rows held out from training",
        "model",
        f"baseline ({baseline.feature})",
        "no skill",
        box=None,
        pad_edge=False,
    )
    for figure, words in _SHOWN.items():
        figures = [result.figures[who].get(figure) for who in ("model", "baseline", "no_skill")]
        table.add_row(words, *("-" if value is None else f"{value:.4f}" for value in figures))
    Console(highlight=False).print(table)
    for column, count in result.unseen_categories.items():
        say(f"column {column}: {count:,} of the rows to score hold a category that training never saw; they are scored")
    say(f"version {result.version}: {'champion' if result.champion else 'not champion'}")
    for refusal in result.refusals:
        say(f"  {refusal}")


def _say_drift(drift: "TableDrift") -> None:
    from goldmine.cli.output import say

    estimated, observed = drift.estimated, drift.realised
    say(
        f"test rows: rate estimated {estimated.rate:.2%}, observed {observed.rate:.2%}; "
        f"AUC estimated {estimated.auc:.4f}, observed {observed.auc:.4f}"
    )
    for warning in drift.rate_warnings:
        say(f"warning: {warning}")
    say(f"drift of the test rows: {_drifted(drift.tested)}")
    if drift.scored is not None:
        alarms = f", {len(drift.alarms)} alarm{_first(drift.alarms)}"
        say(f"drift of the rows to score: {_drifted(drift.scored)}{alarms}")


def _drifted(window: "Window") -> str:
    return (
        f"{len(window.drifted)} of {len(window.psi)} columns drifted (the score counts as one){_first(window.drifted)}"
    )


def _first(names: Sequence[str]) -> str:
    return f": {', '.join(names[:_NAMED])}{', ...' if len(names) > _NAMED else ''}" if names else ""


def _say_seconds(seconds: float, learning: float) -> None:
    from goldmine.cli.output import say

    say(
        f"time: {seconds:.0f} s; {learning:.0f} s learning (tuning and fitting), "
        f"{seconds - learning:.0f} s notebooks (start, figures, pages, records)"
    )


def _say_work_folder(work: "Workspace") -> None:
    from goldmine.cli.output import near, say

    say(f"{'Work folder':<20}{near(work.root)}")
