import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from goldmine.core.code_fingerprint import package_folder
from goldmine.core.errors import SettingsError, UseCaseError
from goldmine.core.i18n import in_language
from goldmine.labels import outcomes
from goldmine.labels.outcome import outcome_kinds
from goldmine.labels.outcomes.average_aum_at_least import AverageAumAtLeast
from goldmine.labels.outcomes.external_label import ExternalLabel
from goldmine.labels.outcomes.product_event import ProductEvent

AUM_FALLS = '''
from typing import ClassVar, Literal

from goldmine.core.i18n import _
from goldmine.labels.outcome import Outcome


class AumFalls(Outcome):
    """Average daily AUM falls by at least so many yuan."""

    kind: Literal["aum_falls"]
    yuan: float

    needs: ClassVar[tuple[str, ...]] = ("balances",)

    def customers(self, window):
        growth = window.aum_growth()
        return growth.filter(growth.gained <= -round(self.yuan * 100)).select("customer_id")

    def description(self):
        return _("loses AUM")
'''
USE_CASE = """
name: leavers
title: {en: Leavers, zh: 资产下降}
eligible: [{feature: aum_avg_30d, at_least: 1000}]
outcome: {kind: aum_falls, yuan: 1000}
gap_days: 15
horizon_days: 90
baseline: {feature: aum_avg_30d, highest_first: true}
list_size: 10
"""
LABEL = """
import sys
from datetime import date
from pathlib import Path

from goldmine.activity import build_activity
from goldmine.core.workspace import Workspace
from goldmine.features import build_features
from goldmine.labels import labelled
from goldmine.labels.use_case import read_use_case
from tests.tiny import balance, make_bank, transaction

folder, cutoff = Path(sys.argv[1]), date(2024, 2, 29)
before = [balance(name, "2024-02-29", "demand", "5000.00") for name in "ABC"]
after = [balance(name, "2024-05-31", "demand", amount) for name, amount in zip("AB", ("4000.00", "4000.01"))]
tables = {
    "customers": [{"customer_id": name, "opened_on": date(2020, 1, 1)} for name in "ABC"],
    "transactions": [transaction(1, "A", "2024-02-10T09:00")],
    "balances": before + after,
}
bank, work = make_bank(folder / "bank", tables), Workspace(folder / "work")
build_activity(bank, work)
build_features(bank, work, [cutoff])
use_case = read_use_case(folder / "leavers.yaml")
rows = labelled(bank, work, use_case, cutoff, date(2024, 6, 30))
print(rows.to_pydict(), use_case.needs, use_case.prevents, use_case.outcome.description())
"""


def test_new_outcome_kind_is_one_file(tmp_path):
    code = tmp_path / "src"
    shutil.copytree(package_folder(), code / "goldmine", ignore=shutil.ignore_patterns("__pycache__"))
    (code / "goldmine" / "labels" / "outcomes" / "aum_falls.py").write_text(AUM_FALLS)
    (tmp_path / "leavers.yaml").write_text(USE_CASE, "utf-8")
    path = os.pathsep.join([str(code), str(Path(__file__).parents[2])])
    done = subprocess.run(
        [sys.executable, "-c", LABEL, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    labels = {"customer_id": ["A", "B", "C"], "outcome": [1, 0, 1]}
    assert done.stdout.decode().splitlines()[-1] == f"{labels} ('balances',) False loses AUM"


def test_outcome_kinds_are_the_files_of_their_folder():
    names = [
        "average_aum_at_least",
        "comes_back",
        "external_label",
        "later_features",
        "no_own_transaction",
        "product_event",
        "table_row",
    ]
    assert [kind.model_fields["kind"].annotation.__args__ for kind in outcome_kinds()] == [(name,) for name in names]


def test_file_without_its_outcome_kind_is_refused(tmp_path, monkeypatch):
    (tmp_path / "moon.py").write_text("sun = 1")
    monkeypatch.setattr(outcomes, "__path__", [*outcomes.__path__, str(tmp_path)])
    with pytest.raises(SettingsError, match=r"labels/outcomes/moon\.py: defines no outcome of the kind 'moon'"):
        outcome_kinds()
    sys.modules.pop("goldmine.labels.outcomes.moon")


@pytest.mark.parametrize(
    ("outcome", "en", "zh"),
    [
        (
            AverageAumAtLeast(kind="average_aum_at_least", yuan=10_000),
            "reaches 10,000 yuan of average daily AUM",
            "表现期末月日均资产达到10,000元",
        ),
        (ProductEvent(kind="product_event", event="loan_drawn"), "draws a loan", "用信"),
        (
            ProductEvent(kind="product_event", event="bought", product_class="wealth"),
            "buys a product (class wealth)",
            "购买产品（理财）",
        ),
    ],
)
def test_outcomes_describe_themselves_in_both_languages(outcome, en, zh):
    assert outcome.description() == en
    assert in_language(outcome.description(), "zh") == zh


def test_external_label_cannot_be_counted():
    with pytest.raises(UseCaseError, match="outcome external_label: it is in the external table"):
        ExternalLabel(kind="external_label").customers(None)
