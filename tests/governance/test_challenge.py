"""A better challenger is promoted, rolled back, and the journal is tampered with; read and driven by the command."""

import json
import re
import sys
from datetime import date

import pytest

from goldmine.cli import main
from goldmine.contract.bank import Bank
from goldmine.core.workspace import home
from goldmine.governance.compare import compare
from goldmine.governance.promotion import propose
from goldmine.models.evaluation import evaluate
from goldmine.models.registry import champion
from goldmine.models.train import train
from tests.models.logged_run import logged_run
from tests.models.made import rows, use_case

BANK = Bank("tiny", date(2024, 6, 30), {})
WEALTH = use_case(name="wealth")
TEST_ROWS = rows(2000, seed=3)
SETTINGS = home() / "pipelines" / "use_cases"


def proposed(model, fingerprint):
    """Compare a model with the champion on the test rows, and propose it."""
    evaluation = evaluate(model, TEST_ROWS, WEALTH)
    compared = compare(BANK, WEALTH, evaluation, TEST_ROWS)
    return propose("tiny", "wealth", logged_run(model, fingerprint), evaluation, compared)


@pytest.fixture
def goldmine(store, monkeypatch, capsys):
    """Call the command on the work folder of the bank; gives exit code, output lines and error lines."""
    (store / "pipelines").mkdir()
    (store / "pipelines" / "use_cases").symlink_to(SETTINGS)
    (store / "work").mkdir()
    (store / "work" / "bank.json").write_text(json.dumps({"bank": "tiny"}))
    monkeypatch.setenv("GOLDMINE_USER", "wang")
    monkeypatch.setenv("COLUMNS", "300")

    def call(*words):
        asked = ["goldmine", "models", *words, "--use-case", "wealth", "--work", str(store / "work")]
        monkeypatch.setattr(sys, "argv", asked)
        with pytest.raises(SystemExit, match=r"^\d+$") as left:
            main()
        printed = capsys.readouterr()
        return left.value.code, printed.out.splitlines(), printed.err.splitlines()

    return call


def test_better_challenger_rollback_and_tampered_journal(goldmine, store, fitted):
    poor = train(use_case(exclude=["inflow_sum_90d"]), rows(seed=5), rows(seed=6), seed=1).model
    decisions = [proposed(poor, "f1"), proposed(fitted.model, "f2"), proposed(fitted.model, "f3")]
    assert [(made.version, made.champion) for made in decisions] == [("1", True), ("2", True), ("3", False)]

    _, (_, first, second, third), _ = goldmine("history")
    assert re.search(r"wang +promoted +1 +1 +beats no skill and the baseline; there is no champion yet", first)
    promoted = re.search(
        r"promoted +2 +2 +lift at list size (\S+) beside version 1, 95% interval (\S+) to (\S+);", second
    )
    lift, low, high = map(float, promoted.groups())
    assert 0 < low < lift < high
    assert re.search(r"refused +3 +2 +lift at list size is \+0\.00 beside champion version 2", third)

    code, lines, _ = goldmine("rollback", "--why", "branches complained")
    assert (code, lines[0]) == (0, "wealth: version 1 is champion again; version 2 left.")
    assert goldmine("champion")[1][1].split()[:3] == ["wealth", "version", "1"]
    assert champion("tiny", "wealth").model == poor

    journal = store / "mlruns" / "journal" / "tiny.wealth.jsonl"
    journal.write_text(journal.read_text("utf-8").replace("branches complained", "nobody complained"), "utf-8")
    for words in (["history"], ["champion"], ["rollback", "--why", "again"]):
        code, _, errors = goldmine(*words)
        assert (code, errors[0]) == (18, "journal of tiny.wealth: line 4 is not as it was written.")
        assert errors[1].endswith("nothing is promoted until it is whole.")
    assert champion("tiny", "wealth").model == poor
