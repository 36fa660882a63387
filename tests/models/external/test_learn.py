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
    """A table whose columns do not predict the label, with a text of many levels that invites overfitting."""
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
    """The noise, trained without and with a time column."""
    folder = tmp_path_factory.mktemp("table")
    pq.write_table(noise(), folder / "made.parquet")
    work = Workspace(folder / "work")
    imported = import_table(
        TableSpec(folder / "made.parquet", "y", "no", request.param, (), "made"), work, AS_OF, 0, seed=1
    )
    rows = read_training_set(None, work, imported.use_case, AS_OF)
    fitted = fit(imported.use_case, rows, seed=1)
    evaluation = evaluate(fitted.model, rows.test, imported.use_case)
    final = final_fit(imported.use_case, rows, fitted, seed=1)
    training = TrainingRecord(None, imported.use_case, str(AS_OF), "fingerprint", rows, final, evaluation)
    keep_result(work, training, Registration("made.made", "1", False, ("AUC 0.5 does not beat 0.5",), "run"))
    return work, rows, final, training


def test_every_row_has_a_probability_in_the_tables_order(learnt):
    table = pq.read_table(probabilities_path(learnt[0], "made"))
    assert table["customer_id"].to_pylist() == [f"{n:05}" for n in range(700)]
    assert np.all((table["probability"].to_numpy() > 0) & (table["probability"].to_numpy() < 1))


def test_integer_ids_are_written_as_integers(learnt):
    work, _, _, training = learnt
    path = table_path(work, "made")
    before = path.read_bytes()
    pq.write_table(pq.read_table(path).replace_schema_metadata({INTEGER_IDS: "yes"}), path)
    keep_result(work, training, Registration("made.made", "1", False, ("AUC 0.5 does not beat 0.5",), "run"))
    assert pq.read_table(probabilities_path(work, "made"))["customer_id"].to_pylist() == list(range(700))
    path.write_bytes(before)


def test_probability_of_a_labelled_row_does_not_leak_its_label(learnt):
    table = noise()
    labels = table["y"].to_numpy()[:600]
    probabilities = pq.read_table(probabilities_path(learnt[0], "made"))["probability"].to_numpy()[:600]
    assert abs(roc_auc_score(labels, probabilities) - 0.5) < 0.08


def test_list_is_evaluated_at_the_share_that_it_takes_of_the_rows_to_score(learnt):
    """Ten of the hundred rows to score are listed, so twelve of the 120 test rows are looked at."""
    evaluation = learnt[3].evaluation
    assert (learnt[3].use_case.list_size, len(evaluation.outcome), evaluation.list_size) == (10, 120, 12)
    assert evaluation.model.lift["list"] == evaluation.model.lift["10pct"]


def test_list_of_a_table_without_rows_to_score_is_a_tenth_of_the_test_rows(tmp_path, learnt):
    table = noise(600)
    tier = table.column_names.index("tier")
    pq.write_table(table.set_column(tier, "tier", pa.array(["gold", "new"] * 300)), tmp_path / "all.parquet")
    work = Workspace(tmp_path / "work")
    imported = import_table(TableSpec(tmp_path / "all.parquet", "y", "no", "", (), "all"), work, AS_OF, 0, seed=1)
    test = read_training_set(None, work, imported.use_case, AS_OF).test
    assert imported.use_case.list_size == 60
    assert evaluate(learnt[3].fitted.model, test, imported.use_case).list_size == 12


def test_final_model_learns_from_the_test_rows_too(learnt):
    _, rows, final, training = learnt
    assert len(final.held_out) == rows.train.num_rows + rows.test.num_rows == 600
    assert final.refit_of == training.evaluation.model_fingerprint != final.model.fingerprint
    assert final.model.predict(rows.test).mean() == pytest.approx(0.3, abs=0.06)


def test_result_holds_refusals_and_unseen_categories(learnt):
    result = read_result(learnt[0], "made")
    assert (result.version, result.champion, result.refusals) == ("1", False, ("AUC 0.5 does not beat 0.5",))
    assert set(result.figures) == {"model", "baseline", "no_skill"}
    assert result.unseen_categories["tier"] == 10
