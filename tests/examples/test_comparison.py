"""Dormancy on a real shop's customers, beside what others have published."""

import os
from datetime import date
from pathlib import Path

import pytest

from goldmine.activity import build_activity
from goldmine.contract.intake import open_bank
from goldmine.core.workspace import Workspace, at_home
from goldmine.features import build_features
from goldmine.labels import plan_cutoffs
from goldmine.labels.use_case import UseCase, load_use_case
from goldmine.models.evaluation import evaluate
from goldmine.models.train import train
from goldmine.models.training_set import read_training_set

AS_OF = date(2011, 11, 30)
BG_NBD = 0.754
"""AUC of the BG/NBD model on the same 1,934 customers."""


def without_gap() -> UseCase:
    """The published comparison's dormancy: bought in the last 90 days or at the cutoff, nothing in 90 days after."""
    said = load_use_case("dormancy").model_dump()
    changed = {"eligible": [{"feature": "days_since_own", "below": 91}], "gap_days": 0, "train_cutoffs": 12}
    return UseCase.model_validate(said | changed)


def test_dormancy_of_online_retail_beats_recency_and_bg_nbd(tmp_path: Path) -> None:
    data = at_home(os.environ.get("GOLDMINE_SHARED_DATA") or "../shared/data") / "online_retail"
    if not data.is_dir():
        pytest.skip("online_retail: the folder of this data set is missing (GOLDMINE_SHARED_DATA)")
    work, case = Workspace(tmp_path), without_gap()
    bank = open_bank(at_home("examples") / "online_retail", work)
    cutoffs = plan_cutoffs(case, AS_OF, bank)
    assert (cutoffs.calibrate, cutoffs.test) == (date(2011, 5, 31), date(2011, 8, 31))
    build_activity(bank, work)
    build_features(bank, work, list(cutoffs.all))
    rows = read_training_set(bank, work, case, AS_OF)
    fitted = train(case, rows.train, rows.calibrate, seed=1)
    found = evaluate(fitted.model, rows.test, case)
    print(f"\nOnline Retail II, {rows.test.num_rows:,} customers at {cutoffs.test}, AUC of dormancy in 90 days")  # noqa: T201
    for name, auc in (("recency rule", found.baseline.auc), ("BG/NBD", BG_NBD), ("Goldmine", found.model.auc)):
        print(f"  {name:<13}{auc:.3f}")  # noqa: T201
    assert (rows.test.num_rows, round(found.baseline.auc, 3)) == (1_934, 0.597)
    assert found.model.auc > BG_NBD
