"""Everything that a job writes for staff, made in process for a tiny bank."""

import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.activity.build import build_activity
from goldmine.contactability import ContactTables
from goldmine.contract.intake import open_bank
from goldmine.core.files import write_json
from goldmine.core.fingerprint import of_file
from goldmine.core.workspace import Workspace
from goldmine.core.workspace import home as project_home
from goldmine.coverage import load_coverage_rules, make_coverage
from goldmine.coverage.workbook import write_workbook
from goldmine.pipeline.preloaded_kernels import loaded_kernels
from goldmine.pipeline.reports import ReportSelection, write_reports
from goldmine.publishing import publish
from goldmine.publishing.on_request_list import write_on_request_lists
from goldmine.publishing.reasons import ReasonsInWords
from tests.tiny import Row, make_bank, workspace

JUNE = date(2024, 6, 30)
ON_REQUEST = ("near_threshold", "lost_deposit", "lost_loan", "screening")


def write_staff_files(home: Path, tables: dict[str, list[Row]], returned: list[Row]) -> Workspace:
    """Release, lists on request, owners and reports of a bank, in the work folder of a project's folder."""
    for name in ("pipelines", "notebooks", "expectations"):
        (home / name).symlink_to(project_home() / name)
    names = [row["customer_id"] for row in tables["customers"]]
    work = workspace(home / "work")
    make_bank(home / "bank", tables)
    (home / "bank" / "bank.yaml").write_text("name: tiny\ndata_until: 2024-07-31\n", "utf-8")
    bank = open_bank(home / "bank", work)
    build_activity(bank, work)
    work.returned.parent.mkdir(parents=True, exist_ok=True)
    imported = make_bank(home / "imported", {"contacts": returned})
    connection = ContactTables.open(bank, work, JUNE).connection
    pq.write_table(imported.read(connection, "contacts").to_pyarrow(), work.returned)
    write_scores(work, names)
    write_features(work, names)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOLDMINE_HOME", str(home))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        for room in ("publish", "campaigns"):
            patch.setattr(sys.modules[f"goldmine.publishing.{room}"], "model_of", lambda *_: None)
            patch.setattr(sys.modules[f"goldmine.publishing.{room}"], "reasons_in_words", no_reasons)
        publish(bank, work, ["longtail"], JUNE)
        outflow = {"outflow_amount": 5000.0, "outflow_month": "2024-05"}
        rows = pd.DataFrame({"customer_id": names, "probability": 0.5, **outflow})
        write_on_request_lists(bank, work, JUNE, dict.fromkeys(ON_REQUEST, rows), "en")
        coverage = make_coverage(bank, work, JUNE, load_coverage_rules())
        write_workbook(work.root / "coverage" / "coverage.xlsx", coverage, "en")
        with loaded_kernels():
            write_reports(bank, work, JUNE, ReportSelection(everybody=True), "en")
    return work


def write_scores(work, names: list[str]) -> None:
    path = work.scores(JUNE, "longtail")
    path.parent.mkdir(parents=True)
    ranks = pa.array(range(1, len(names) + 1), pa.int32())
    probability = [0.9 - index / 100 for index in range(len(names))]
    decile = pa.array([1 + index * 10 // len(names) for index in range(len(names))], pa.int32())
    columns = {"customer_id": names, "probability": probability, "decile": decile, "rank": ranks}
    pq.write_table(pa.table(columns), path)
    origin = {"model_name": "tiny.longtail", "model_version": "1", "mlflow_run": "r", "model_as_of": "2024-03-31"}
    write_json(path.with_suffix(".json"), origin | {"sha256": of_file(path), "features_fingerprint": "f"})


def write_features(work, names: list[str]) -> None:
    path = work.features(JUNE)
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"customer_id": names, "aum_peak_365d": [190_000.0] * len(names)}), path)


def no_reasons(_model, _work, _use_case, customers, *, as_of, languages):
    phrases = {language: [["Salary"] for _ in customers] for language in languages}
    return ReasonsInWords(phrases, [[("in_salary_sum_90d", "positive")] for _ in customers])
