"""The job on a table made elsewhere: laid out, then trained, scored and listed by the same notebooks as a bank."""

from collections.abc import Callable, Mapping
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
from goldmine.pipeline.notebook import run_notebook


def run_table(
    ask: TableSpec,
    work: Workspace,
    parameters: Mapping[str, Any],
    *,
    list_size: int,
    scores: Path | None,
    say: Callable[[ImportedTable], None],
) -> tuple[ImportedTable, ExternalTableResult, TableDrift]:
    """Train on a table and, where rows have no label and the model is champion, score and list them.

    Parameters
    ----------
    ask : TableSpec
        The table and what its columns mean.
    work : Workspace
        A work folder of the table's own.
    parameters : mapping
        Of the notebook ``4_train``: seed, language and how long to tune.
    list_size : int
        Most rows on the list; 0: a tenth of the rows without a label.
    scores : Path or None
        Where to write the probability of every row, under the table's own name of the id.
    say : callable
        Is told what was found in the table before the training begins.
    """
    as_of = _last_month_end()
    with work.lock():
        laid = import_table(ask, work, as_of, list_size, parameters["seed"])
        say(laid)
        place = {"work": str(work.root), "as_of": str(as_of), "language": parameters["language"]}
        of_case = {**place, "use_case": ask.name}
        run_notebook("4_train", {**of_case, **parameters}, work, as_of, bank=ask.name)
        result = read_result(work, ask.name)
        use_tracking(ask.name)
        drift = table_drift(work, ask.name, as_of, result.run)
        if scores is not None:
            _write_scores(work, ask, scores)
        if laid.to_score and result.champion:
            run_notebook("5_score", of_case, work, as_of, bank=ask.name)
            run_notebook("6_publish", {**place, "use_cases": [ask.name]}, work, as_of, bank=ask.name)
    return laid, result, drift


def _write_scores(work: Workspace, ask: TableSpec, path: Path) -> None:
    found = pq.read_table(probabilities_path(work, ask.name))
    with whole_file(path.absolute()) as temporary:
        pq.write_table(found.rename_columns([ask.key, "probability"]), temporary)


def _last_month_end() -> date:
    today = datetime.now(UTC).date()
    return today if today == month_end(today) else month_end(today, -1)
