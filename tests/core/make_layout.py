"""Write a small work folder of the present layout: ``python -m tests.core.make_layout tests/core/layouts/N``.

To be run once, when `goldmine.core.work_layout.LAYOUT` is raised, by the code before that; what it wrote is kept.
"""

import os
import shutil
import sys
import tempfile
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.contract.intake import open_bank
from goldmine.core.files import write_json
from goldmine.core.fingerprint import of_file
from goldmine.core.seals import seal
from goldmine.core.workspace import Workspace
from goldmine.measurement.kept_figures import KeptFigures, keep_figures
from tests.portal.made import AS_OF, NAMES, publish

_TABLES = {
    "customers": "customer_id,opened_on\n" + "".join(f"{number},2020-01-01\n" for number in NAMES),
    "transactions": "transaction_id,customer_id,time,amount,direction\n1,C1,2024-06-15 10:00:00,100.00,out\n",
}


def make(folder: Path) -> None:
    """Write the folder; its tables come from CSV, so that they stand in it."""
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as place:
        bank = Path(place)
        lines = ["name: tiny", "data_until: 2024-06-30", "sources:"]
        for name, text in _TABLES.items():
            (bank / f"{name}.csv").write_text(text, "utf-8")
            lines.append(f"  {name}: {{csv: {name}.csv}}")
        lines += ["tables:", *(f"  {name}: {{source: {name}}}" for name in _TABLES)]
        (bank / "bank.yaml").write_text("\n".join(lines) + "\n", "utf-8")
        work = Workspace(folder)
        open_bank(bank, work)
        for path in (folder / "bank.json", folder / "tables.json"):
            text = path.read_text("utf-8").replace(str(bank), "/bank").replace(str(folder), "/work")
            path.write_text(text, "utf-8")
    publish(work, "r1")
    scores = work.scores(AS_OF, "longtail")
    scores.parent.mkdir(parents=True)
    rows = {"customer_id": ["C1", "C2"], "probability": [0.5, 0.4], "decile": [10, 9], "rank": [1, 2]}
    pq.write_table(pa.table(rows), scores)
    seal(scores)
    write_json(scores.with_suffix(".json"), {"sha256": of_file(scores)})
    work.returned.parent.mkdir()
    contact = {
        "campaign_id": "longtail_2024",
        "customer_id": "C2",
        "contacted_on": date(2024, 6, 20),
        "answer": "opt_out",
    }
    pq.write_table(pa.Table.from_pylist([contact]), work.returned)
    (work.root / "holdout.salt").write_text("of a fixture", "utf-8")
    write_json(
        work.root / "holdout.json",
        [{"salt": "0" * 64, "share": 0.02, "start_date": "2024-01-01", "end_date": "2024-12-31"}],
    )
    keep_figures(work, KeptFigures("longtail_2024", str(AS_OF), "2024-12-31", {"effect": 0.05}))
    write_json(work.root / "steps" / str(AS_OF) / "1_validate.json", {"bank": "tiny", "inputs": {}, "outputs": {}})
    (work.root / ".lock").unlink(missing_ok=True)
    (work.root / ".kernels.lock").unlink(missing_ok=True)


if __name__ == "__main__":
    os.environ.setdefault("GOLDMINE_HOME", tempfile.mkdtemp())
    make(Path(sys.argv[1]).absolute())
