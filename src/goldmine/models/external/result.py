"""The result of a training on an external table, beside its MLflow run: a probability for every row."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.core.dates import parse_month_end
from goldmine.core.files import read_record, write_json
from goldmine.core.seals import sealed_file
from goldmine.core.workspace import Workspace
from goldmine.models.external.ensemble import Blended
from goldmine.models.external.table import INTEGER_IDS, table_path
from goldmine.models.registry import Registration
from goldmine.models.run_log import TrainingRecord


@dataclass(frozen=True)
class ExternalTableResult:
    """Result of a training on an external table.

    Parameters
    ----------
    version, run : str
        Version of the registered model, and the MLflow run that trained it.
    champion : bool
        Whether the model is champion.
    refusals : tuple of str
        Why it is not, where it is not.
    figures : dict of str to dict of str to float
        Metrics of model, baseline and no skill on the test rows.
    unseen_categories : dict of str to int
        Rows without a label that hold a category unseen in training, by text column.
    """

    version: str
    run: str
    champion: bool
    refusals: tuple[str, ...]
    figures: dict[str, dict[str, float]]
    unseen_categories: dict[str, int]


def probabilities_path(work: Workspace, use_case: str) -> Path:
    """File of the probabilities of all rows of a table: customer_id, as in the table's file, and probability."""
    return table_path(work, use_case).with_name(f"{use_case}_probabilities.parquet")


def keep_result(work: Workspace, training: TrainingRecord, registered: Registration) -> None:
    """Write the result of a training on an external table; a training on cutoffs has none.

    The probability of a labelled row is out-of-fold; any other row's comes from the final model.
    """
    fitted, case, evaluation = training.fitted, training.use_case, training.evaluation
    if not isinstance(fitted, Blended):
        return
    rows = pq.read_table(work.features(parse_month_end(training.as_of)))
    labelled = pa.concat_tables([training.rows.train, training.rows.test])
    probabilities = pa.table(
        {
            "customer_id": pa.concat_arrays([*labelled["customer_id"].chunks, *rows["customer_id"].chunks]),
            "probability": np.concatenate([fitted.model.calibrator.apply(fitted.held_out), fitted.model.predict(rows)]),
        }
    )
    table = pq.read_table(table_path(work, case.name), columns=["customer_id"])
    positions = pa.compute.index_in(table["customer_id"], value_set=probabilities["customer_id"])
    probabilities = probabilities.take(positions)
    if INTEGER_IDS.encode() in (table.schema.metadata or {}):
        probabilities = probabilities.set_column(0, "customer_id", probabilities["customer_id"].cast(pa.int64()))
    with sealed_file(probabilities_path(work, case.name)) as temporary:
        pq.write_table(probabilities, temporary, compression="zstd")
    result = ExternalTableResult(
        registered.version,
        registered.run,
        registered.champion,
        registered.refusals,
        {
            "model": evaluation.model.flat(),
            "baseline": evaluation.baseline.flat(),
            "no_skill": evaluation.no_skill.flat(),
        },
        fitted.model.encoding.unseen_categories(rows),
    )
    write_json(_path(work, case.name), asdict(result))


def scored_probabilities(work: Workspace, use_case: str, keys: pa.ChunkedArray) -> np.ndarray:
    """Probabilities of some rows of a table by the last model trained on it, champion or not."""
    probabilities = pq.read_table(probabilities_path(work, use_case))
    positions = pa.compute.index_in(keys, value_set=probabilities["customer_id"].cast(keys.type))
    return probabilities["probability"].take(positions).to_numpy()


def read_result(work: Workspace, use_case: str) -> ExternalTableResult:
    """Read the result of the last training on a table."""
    stored = read_record(_path(work, use_case), {}, "Run `goldmine train-table` on the table again.")
    return ExternalTableResult(**{**stored, "refusals": tuple(stored["refusals"])})


def _path(work: Workspace, use_case: str) -> Path:
    return table_path(work, use_case).with_name(f"{use_case}_result.json")
