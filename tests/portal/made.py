"""Small releases on disk, with the bank that they are of."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.activity.build import build_activity
from goldmine.contract.manifest import Hashes, write_manifest
from goldmine.core import columns as catalogue
from goldmine.core import fingerprint
from goldmine.core.layouts import CONTROL, LISTS, OFFERS
from goldmine.publishing.manifest import CampaignFile, CustomersFile, ListFile, Manifest
from goldmine.publishing.release_store import release_once
from tests.tiny import balance, make_bank, transaction, workspace

ROOT = Path(__file__).parents[2]
# Not sys.path: MLflow adds the code that a loaded model carries, a part of the project that hides the whole.
CODE = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
AS_OF, VALID_UNTIL = date(2024, 6, 30), date(2099, 12, 31)
NAMES = {"C1": "张三", "C2": "单雄信", "C3": "欧阳娜娜", "C4": "John Smith", "C5": None}
MANAGERS = {"C1": ("B1", "S1"), "C2": ("B1", "S1"), "C3": ("B1", "S2"), "C4": ("B2", "S3"), "C5": (None, None)}


def work_folder(folder, merged=None):
    """A work folder that holds the bank of C1 to C5, of whom C5 has neither name nor number, branch nor manager.

    Parameters
    ----------
    merged : mapping of str to str, optional
        Numbers that were merged away, and into which.
    """
    people = [
        {
            "customer_id": number,
            "branch_id": branch,
            "manager_id": manager,
            "grid_id": "G1" if number == "C1" else None,
            "opened_on": date(2020, 1, 1),
            "name": NAMES[number],
            "phone": f"1380000000{number[1]}" if NAMES[number] else None,
        }
        | ({"merged_into": merged.get(number)} if merged else {})
        for number, (branch, manager) in MANAGERS.items()
    ]
    held = [
        balance("C1", "2024-05-31", "demand", "900.00", end="1000.00"),
        balance("C1", "2024-06-30", "demand", "100.50"),
        balance("C1", "2024-06-30", "wealth", "5000"),
        balance("C1", "2024-06-30", "loan", "700"),
    ]
    moves = [transaction(1, "C1", "2024-05-15 10:00:00"), transaction(2, "C1", "2024-06-15 10:00:00")]
    bank = make_bank(folder / "bank", {"customers": people, "balances": held, "transactions": moves})
    work = workspace(folder / "work")
    build_activity(bank, work)
    write_manifest(work, bank, {}, Hashes({}))
    return work


def publish(work, release_id="r1", *, offers=("C1", "C2"), control=("C5",), listed=("C3", "C4"), as_of=AS_OF):
    """Publish a release: a campaign's offers and control, a list, and the customers table."""

    def fill(folder):
        row = {
            "campaign_id": "longtail_2024",
            "use_case": "longtail",
            "offer": "step_up_deposit",
            "channel": "call",
            "time_band": "evening",
            "probability": 0.5,
            "decile": 1,
            "as_of": as_of,
            "valid_until": VALID_UNTIL,
            "model_version": "1",
            "release_id": release_id,
            "reason_zh": "近三个月进账增加",
            "reason_en": "more came in",
            "offer_zh": "万元起存提级存款",
            "reason_1": "Saves",
            "reason_2": "",
            "reason_3": "Is near",
        }

        def write(path, customers, names, **more):
            rows = [
                {**row, **more, "customer_id": number, "branch_id": MANAGERS[number][0]}
                | {"manager_id": MANAGERS[number][1], "rank": rank, "expected_value": 10.0 + rank}
                for rank, number in enumerate(customers, start=1)
            ]
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            schema = catalogue.schema(names)
            plain = [{name: each.get(name) for name in schema.names} for each in rows]
            pq.write_table(pa.Table.from_pylist(plain, schema), folder / path)
            return {"path": path, "sha256": fingerprint.of_file(folder / path), "rows": len(rows)}

        made = [
            write("campaigns/longtail_2024/offers.parquet", offers, OFFERS.columns, group="contact"),
            write("campaigns/longtail_2024/control.parquet", control, CONTROL.columns, group="control"),
        ]
        of_list = write("lists/dormancy.parquet", listed, LISTS.columns, use_case="dormancy")
        model = {"model_name": "m", "model_version": "1", "mlflow_run": "run", "validation": {}, "columns": ()}
        return Manifest(
            as_of=as_of,
            release_id=release_id,
            created_at=datetime(2024, 7, 1, tzinfo=UTC),
            bank="Test Bank",
            language="en",
            funnels={},
            files=(ListFile(**of_list, use_case="dormancy", **model),),
            campaign_files=tuple(CampaignFile(**file) for file in made),
            customers=_customers(folder),
        )

    return release_once(work, as_of, release_id, fill)


def _customers(folder):
    numbers = list(MANAGERS)
    columns = {
        "customer_id": pa.array(numbers),
        "branch_id": pa.array([MANAGERS[number][0] for number in numbers]),
        "manager_id": pa.array([MANAGERS[number][1] for number in numbers]),
        "aum_avg": pa.array([5100.5, 0.0, 0.0, 0.0, 0.0]),
        "level": pa.array([0] * 5, pa.int32()),
        "layer": pa.array(["basic"] * 5),
        "previous_aum_avg": pa.array([900.0, 0.0, 0.0, 0.0, 0.0]),
        "previous_level": pa.array([0] * 5, pa.int32()),
        "tag_value": pa.array(["longtail", None, None, None, None]),
        "tag_value_since": pa.array([AS_OF] * 5),
        "tag_holding_loan": pa.array([False, True, None, False, False]),
        "tag_holding_loan_since": pa.array([AS_OF] * 5),
    }
    path = folder / "customers.parquet"
    pq.write_table(pa.table(columns), path)
    return CustomersFile(path="customers.parquet", sha256=fingerprint.of_file(path), rows=5)
