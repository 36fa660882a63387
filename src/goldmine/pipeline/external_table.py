"""The job on an external table: imported, then trained, scored and listed by the same notebooks as a bank."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from goldmine.core.dates import month_end
from goldmine.core.files import whole_file
from goldmine.core.workspace import Workspace
from goldmine.governance.drift.table_drift import TableDrift, table_drift
from goldmine.models.external.result import ExternalTableResult, probabilities_path, read_result
from goldmine.models.external.table_import import ImportedTable, TableSpec, import_table
from goldmine.models.tracking import use_tracking
from goldmine.pipeline.cell_times import seconds_of_cells
from goldmine.pipeline.notebook import run_notebook

LEARNING = "learning"
"""Tag of the cells of ``4_train`` that tune, fit and refit."""


@dataclass(frozen=True)
class TableRun:
    """A finished job on an external table.

    Parameters
    ----------
    imported : ImportedTable
        The table in its work folder.
    result : ExternalTableResult
        The model and its metrics.
    drift : TableDrift
        Drift of the test rows and of the rows to score.
    learning_seconds : float
        Time in which models were tuned and fitted.
    """

    imported: ImportedTable
    result: ExternalTableResult
    drift: TableDrift
    learning_seconds: float


def run_table(
    spec: TableSpec,
    work: Workspace,
    parameters: Mapping[str, Any],
    *,
    list_size: int,
    scores: Path | None,
    on_import: Callable[[ImportedTable], None],
) -> TableRun:
    """Train on a table; if the model is champion, score and list the rows without a label.

    Parameters
    ----------
    spec : TableSpec
        The table and what its columns mean.
    work : Workspace
        The table's own work folder.
    parameters : mapping
        Parameters of the notebook ``4_train``: seed, language and how long to tune.
    list_size : int
        Maximal number of rows on the list; 0: a tenth of the rows without a label.
    scores : Path or None
        File for the probability of every row; its id column is named as in the table.
    on_import : callable
        Is called with the imported table before the training begins.
    """
    as_of = _last_month_end()
    with work.lock():
        imported = import_table(spec, work, as_of, list_size, parameters["seed"])
        on_import(imported)
        common = {"work": str(work.root), "as_of": str(as_of), "language": parameters["language"]}
        case_parameters = {**common, "use_case": spec.name}
        trained = run_notebook("4_train", {**case_parameters, **parameters}, work, as_of, bank=spec.name)
        result = read_result(work, spec.name)
        use_tracking(spec.name)
        drift = table_drift(work, spec.name, as_of, result.run)
        if scores is not None:
            _write_scores(work, spec, scores)
        if imported.to_score and result.champion:
            run_notebook("5_score", case_parameters, work, as_of, bank=spec.name)
            run_notebook("6_publish", {**common, "use_cases": [spec.name]}, work, as_of, bank=spec.name)
    return TableRun(imported, result, drift, seconds_of_cells(trained.notebook, LEARNING))


def _write_scores(work: Workspace, spec: TableSpec, path: Path) -> None:
    scores = pq.read_table(probabilities_path(work, spec.name))
    with whole_file(path.absolute()) as temporary:
        pq.write_table(scores.rename_columns([spec.key, "probability"]), temporary)


def _last_month_end() -> date:
    today = datetime.now(UTC).date()
    return today if today == month_end(today) else month_end(today, -1)
