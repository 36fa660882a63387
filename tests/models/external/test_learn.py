"""A table through fit, evaluation and result, in process."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import roc_auc_score

from goldmine.core.workspace import Workspace
from goldmine.models.evaluation import evaluate
from goldmine.models.external.result import keep_result, probabilities_path, read_result
from goldmine.models.external.table import INTEGER_IDS, table_path
from goldmine.models.external.table_import import TableSpec, import_table
from goldmine.models.registry import Registration
from goldmine.models.run_log import TrainingRecord
from goldmine.models.train import final_fit, fit
from goldmine.models.training_set import read_training_set

AS_OF = date(2024, 6, 30)


def noise(rows=700, labelled=600):
    """A table in which nothing tells the label, with a text of many levels that invites learning by heart."""
    chance = np.random.default_rng(2)
    outcome = (chance.random(rows) < 0.3).astype(int).tolist()
    return pa.table(
        {
            "no": [f"{n:05}" for n in range(rows)],
            "when": list(range(rows)),
            "x": chance.normal(size=rows),
            "place": [f"P{n}" for n in chance.integers(0, 120, rows)],
            "tier": [["gold", "new"][n >= labelled and n % 10 == 0] for n in range(rows)],
            "y": [outcome[n] if n < labelled else None for n in range(rows)],
        }
    )


@pytest.fixture(scope="module", params=["", "when"])
def learnt(request, tmp_path_factory):
    """The noise learnt without and with an order in time."""
    place = tmp_path_factory.mktemp("table")
    pq.write_table(noise(), place / "made.parquet")
    work = Workspace(place / "work")
    laid = import_table(TableSpec(place / "made.parquet", "y", "no", request.param, (), "made"), work, AS_OF, 0, seed=1)
    rows = read_training_set(None, work, laid.use_case, AS_OF)
    fitted = fit(laid.use_case, rows, seed=1)
    judged = evaluate(fitted.model, rows.test, laid.use_case)
    kept = final_fit(laid.use_case, rows, fitted, seed=1)
    training = TrainingRecord(None, laid.use_case, str(AS_OF), "mark", rows, kept, judged)
    keep_result(work, training, Registration("made.made", "1", False, ("AUC 0.5 does not beat 0.5",), "run"))
    return work, rows, kept, training


def test_every_row_has_a_probability_in_the_tables_order(learnt):
    found = pq.read_table(probabilities_path(learnt[0], "made"))
    assert found["customer_id"].to_pylist() == [f"{n:05}" for n in range(700)]
    assert np.all((found["probability"].to_numpy() > 0) & (found["probability"].to_numpy() < 1))


def test_whole_numbers_come_back_as_such(learnt):
    work, _, _, training = learnt
    place = table_path(work, "made")
    before = place.read_bytes()
    pq.write_table(pq.read_table(place).replace_schema_metadata({INTEGER_IDS: "yes"}), place)
    keep_result(work, training, Registration("made.made", "1", False, ("AUC 0.5 does not beat 0.5",), "run"))
    assert pq.read_table(probabilities_path(work, "made"))["customer_id"].to_pylist() == list(range(700))
    place.write_bytes(before)


def test_a_labelled_rows_probability_knows_nothing_of_its_label(learnt):
    table = noise()
    known = table["y"].to_numpy()[:600]
    found = pq.read_table(probabilities_path(learnt[0], "made"))["probability"].to_numpy()[:600]
    assert abs(roc_auc_score(known, found) - 0.5) < 0.08


def test_the_model_kept_learnt_from_the_judged_rows_too(learnt):
    _, rows, kept, _ = learnt
    assert len(kept.held_out) == rows.train.num_rows + rows.test.num_rows == 600
    assert kept.model.predict(rows.test).mean() == pytest.approx(0.3, abs=0.06)


def test_the_result_tells_refusals_and_categories_never_seen(learnt):
    result = read_result(learnt[0], "made")
    assert (result.version, result.champion, result.refusals) == ("1", False, ("AUC 0.5 does not beat 0.5",))
    assert set(result.figures) == {"model", "baseline", "no_skill"}
    assert result.unseen_categories["tier"] == 10
