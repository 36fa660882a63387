"""What a training on a table made elsewhere comes to, beside its MLflow run: a probability for every row."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.core.dates import parse_month_end
from goldmine.core.files import read_json, whole_file, write_json
from goldmine.core.workspace import Workspace
from goldmine.models.external.ensemble import Blended
from goldmine.models.external.table import INTEGER_IDS, table_path
from goldmine.models.registry import Registration
from goldmine.models.run_log import TrainingRecord


@dataclass(frozen=True)
class ExternalTableResult:
    """What is told of a training on a table.

    Parameters
    ----------
    version, run : str
        Of the model in the registry, and the MLflow run that trained it.
    champion : bool
        Whether it is in use now.
    refusals : tuple of str
        Why not, where it is not.
    figures : dict of str to dict of str to float
        Of model, baseline and no skill on the test rows.
    unseen_categories : dict of str to int
        For each text column how many rows without a label hold a category that no labelled row has.
    """

    version: str
    run: str
    champion: bool
    refusals: tuple[str, ...]
    figures: dict[str, dict[str, float]]
    unseen_categories: dict[str, int]


def probabilities_path(work: Workspace, use_case: str) -> Path:
    """Where the probabilities of all rows of a table lie: customer_id, as its file has it, and probability."""
    return table_path(work, use_case).with_name(f"{use_case}_probabilities.parquet")


def keep_result(work: Workspace, training: TrainingRecord, registered: Registration) -> None:
    """Write every row's probability and what became of the model; of a training on cutoffs there is nothing to write.

    A labelled row's probability comes from trees that had not seen it, any other row's from the model that is kept.
    """
    fitted, case, judged = training.fitted, training.use_case, training.evaluation
    if not isinstance(fitted, Blended):
        return
    rows = pq.read_table(work.features(parse_month_end(training.as_of)))
    labelled = pa.concat_tables([training.rows.train, training.rows.test])
    found = pa.table(
        {
            "customer_id": pa.concat_arrays([*labelled["customer_id"].chunks, *rows["customer_id"].chunks]),
            "probability": np.concatenate([fitted.model.calibrator.apply(fitted.held_out), fitted.model.predict(rows)]),
        }
    )
    order = pq.read_table(table_path(work, case.name), columns=["customer_id"])
    places = pa.compute.index_in(order["customer_id"], value_set=found["customer_id"])
    found = found.take(places)
    if INTEGER_IDS.encode() in (order.schema.metadata or {}):
        found = found.set_column(0, "customer_id", found["customer_id"].cast(pa.int64()))
    with whole_file(probabilities_path(work, case.name)) as temporary:
        pq.write_table(found, temporary, compression="zstd")
    result = ExternalTableResult(
        registered.version,
        registered.run,
        registered.champion,
        registered.refusals,
        {"model": judged.model.flat(), "baseline": judged.baseline.flat(), "no_skill": judged.no_skill.flat()},
        fitted.model.encoding.unseen_categories(rows),
    )
    write_json(_path(work, case.name), asdict(result))


def scored_probabilities(work: Workspace, use_case: str, keys: pa.ChunkedArray) -> np.ndarray:
    """Probabilities of some rows of a table, by the model last trained on it, champion or not."""
    found = pq.read_table(probabilities_path(work, use_case))
    places = pa.compute.index_in(keys, value_set=found["customer_id"].cast(keys.type))
    return found["probability"].take(places).to_numpy()


def read_result(work: Workspace, use_case: str) -> ExternalTableResult:
    """What the last training on a table came to."""
    stored = read_json(_path(work, use_case))
    return ExternalTableResult(**{**stored, "refusals": tuple(stored["refusals"])})


def _path(work: Workspace, use_case: str) -> Path:
    return table_path(work, use_case).with_name(f"{use_case}_result.json")
