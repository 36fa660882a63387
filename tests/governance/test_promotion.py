import json
import subprocess
import sys
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from goldmine.contract.bank import Bank
from goldmine.core.errors import ModelError
from goldmine.core.fingerprint import of_value
from goldmine.core.i18n import in_language
from goldmine.governance import compare as comparing
from goldmine.governance import journal_check, promotion
from goldmine.governance.compare import compare
from goldmine.governance.journal import Journal
from goldmine.governance.journal_check import history
from goldmine.governance.promotion import propose, rollback
from goldmine.models.champion import Champion
from goldmine.models.evaluation import evaluate
from goldmine.models.model import Calibrator
from goldmine.models.registry import AS_OF, EVALUATED, FINGERPRINT, MODEL, champion, champion_version
from goldmine.models.store import Store
from goldmine.models.train import train
from tests.models.logged_run import logged_run
from tests.models.made import rows, use_case

BANK = Bank("tiny", date(2024, 6, 30), {})
JUDGED_ON = rows(2000, seed=3)
STORE = Store("a1", "sqlite:mlruns/mlflow.db")


class Registry:
    """A registry in memory, in place of MLflow's."""

    def __init__(self):
        self.runs, self.tags, self.holder, self.seal = {}, {}, "", ""

    def keep(self, model, fingerprint, as_of):
        run = f"run{len(self.runs)}"
        self.runs[run] = (model, {FINGERPRINT: fingerprint, AS_OF: as_of, MODEL: model.fingerprint})
        return run

    def register(self, _bank, _case, run):
        same = [version for version, (_, tags) in self.tags.items() if tags == self.runs[run][1]]
        version = same[0] if same else str(len(self.tags) + 1)
        self.tags[version] = self.runs[run]
        return version

    def champion(self, _bank, _case):
        return Champion("tiny.mine", self.holder, "run", "", self.tags[self.holder][0])

    def stored_model(self, _name, version):
        return self.tags[version][0]

    def set_champion(self, _bank, _case, version):
        self.holder = version

    def set_journal_seal(self, _name, seal):
        self.seal = seal

    def __call__(self, model, fingerprint, as_of="2024-06-30"):
        """Train, compare and propose, as the notebook does."""
        run = self.keep(model, fingerprint, as_of)
        judged = evaluate(model, JUDGED_ON, use_case())
        return propose("tiny", "mine", run, judged, compare(BANK, use_case(), judged, JUDGED_ON))


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Propose models to a registry in memory; the journal is a file."""
    monkeypatch.setenv("GOLDMINE_HOME", str(tmp_path))
    made = Registry()
    stands_in = {
        "register": made.register,
        "champion": made.champion,
        "champion_version": lambda *_: made.holder,
        "set_champion": made.set_champion,
        "stored_model": made.stored_model,
        "version_tags": lambda _, version: made.tags[version][1],
        "journal_seal": lambda _: made.seal,
        "set_journal_seal": made.set_journal_seal,
        "store_of": lambda _: STORE,
        "unreachable": lambda: "",
    }
    for name, call in stands_in.items():
        replace_call(monkeypatch, name, call)
    return made


def replace_call(monkeypatch, name, call):
    """Replace a function in every module that imported it."""
    for module in (promotion, journal_check, comparing):
        if hasattr(module, name):
            monkeypatch.setattr(module, name, call)


@pytest.fixture(scope="session")
def poor():
    """A model that sees only a part of the cause, so that there is something to be better than."""
    case = use_case(exclude=["inflow_sum_90d"])
    return train(case, rows(seed=5), rows(seed=6), seed=1).model


@pytest.fixture(scope="session")
def useless():
    """A model of rows in which nothing causes anything."""
    return train(use_case(), rows(seed=5, skill=0), rows(seed=6, skill=0), seed=1).model


def told():
    return [(e.event.action, e.event.version, e.event.champion) for e in history("tiny", "mine")]


def test_first_model_that_beats_the_baseline_becomes_champion(ask, fitted):
    made = ask(fitted.model, "f1")
    assert (made.name, made.version, made.champion, made.refusals) == ("tiny.mine", "1", True, ())
    assert ask.holder == "1"
    (entry,) = history("tiny", "mine")
    assert entry.event.why == ("beats no skill and the baseline; there is no champion yet",)
    assert entry.event.figures["challenger_lift_list"] > entry.event.figures["baseline_lift_list"]
    assert set(entry.event.fingerprints) == {"run", "rows", "training", "model", "as_of"}


def test_first_model_without_skill_is_refused(ask, useless):
    made = ask(useless, "f1")
    assert (made.champion, ask.holder) == (False, "")
    assert any("of the baseline" in refusal for refusal in made.refusals)
    assert told() == [("refused", "1", "")]


def test_better_challenger_is_promoted(ask, fitted, poor):
    ask(poor, "f1")
    made = ask(fitted.model, "f2")
    assert (made.version, made.champion) == ("2", True)
    assert told() == [("promoted", "1", "1"), ("promoted", "2", "2")]
    assert history("tiny", "mine")[-1].event.why[0].startswith("lift at list size +")


def test_equal_challenger_is_refused(ask, fitted):
    ask(fitted.model, "f1")
    made = ask(fitted.model, "f2")
    assert made.refusals == (
        "lift at list size is +0.00 beside champion version 1, with a 95% interval of +0.00 to +0.00, which is not "
        "above zero",
    )
    zh = "名单容量提升度与冠军模型第1版相比为+0.00，95%区间+0.00至+0.00，未高于零"
    assert [in_language(why, "zh") for why in made.refusals] == [zh]
    assert told() == [("promoted", "1", "1"), ("refused", "2", "1")]


def test_better_ranking_with_poor_calibration_is_refused(ask, fitted, poor):
    ask(poor, "f1")
    boastful = replace(fitted.model, calibrator=Calibrator(fitted.model.calibrator.slope, 1.5))
    made = ask(boastful, "f2")
    assert (made.champion, len(made.refusals)) == (False, 1)
    assert made.refusals[0].startswith("calibration error of all is")


def test_unsigned_warning_of_the_gate_refuses_a_first_champion_and_a_challenger(ask, fitted, poor):
    judged = evaluate(fitted.model, JUDGED_ON, use_case())
    wait = ("answered alone has an AUC of 0.81; let a person sign for it",)
    assert compare(BANK, use_case(), judged, JUDGED_ON, wait).refusals == wait
    assert ask(poor, "f1").champion
    assert compare(BANK, use_case(), judged, JUDGED_ON).refusals == ()
    assert compare(BANK, use_case(), judged, JUDGED_ON, wait).refusals == wait


def test_challenger_that_leaves_a_group_behind_is_refused(ask, fitted, poor, monkeypatch):
    ask(poor, "f1")
    judged = evaluate(fitted.model, JUDGED_ON, use_case())
    chance = np.random.default_rng(1)
    women = chance.random(JUDGED_ON.num_rows) < 0.5
    sunk = np.where(women, judged.probability * 0.2, judged.probability)
    table = JUDGED_ON.append_column("gender", [np.where(women, "F", "M").tolist()])
    found = compare(BANK, use_case(), replace(judged, probability=sunk), table)
    assert [refusal for refusal in found.refusals if refusal.startswith("gender F loses")]
    assert not [refusal for refusal in found.refusals if refusal.startswith("gender M loses")]


def test_champion_without_its_features_is_replaced(ask, fitted):
    ask(fitted.model, "f1")
    fewer = JUDGED_ON.drop_columns(["village"])
    model = train(use_case(), rows(seed=1).drop_columns(["village"]), rows(seed=2).drop_columns(["village"]), 7).model
    judged = evaluate(model, fewer, use_case())
    found = compare(BANK, use_case(), judged, fewer)
    assert found.not_compared == (
        "champion version 1 cannot score: rows to score: 1 of the model's 6 features are not there: village."
    )
    assert propose("tiny", "mine", ask.keep(model, "f2", "2024-06-30"), judged, found).champion


def test_champion_that_cannot_be_loaded_is_replaced(ask, fitted, monkeypatch):
    def lost(*_):
        raise ModelError("model.json: no whole model is stored there.", "Train the use case again.")

    ask(fitted.model, "f1")
    monkeypatch.setattr(comparing, "champion", lost)
    made = ask(fitted.model, "f2")
    assert made.champion
    assert (
        history("tiny", "mine")[-1]
        .event.why[0]
        .endswith("champion version 1 cannot score: model.json: no whole model is stored there.")
    )


def test_earlier_snapshot_does_not_replace_a_later_champion(ask, fitted, poor):
    ask(poor, "f1")
    made = ask(fitted.model, "f2", "2024-05-31")
    assert made.refusals == ("the champion was trained at 2024-06-30, later than this model's 2024-05-31",)


def test_one_of_two_concurrent_promotions_wins_and_both_are_journalled(ask, fitted, poor):
    ask(poor, "f1")
    judged = evaluate(fitted.model, JUDGED_ON, use_case())
    compared = compare(BANK, use_case(), judged, JUDGED_ON)
    runs = [ask.keep(fitted.model, mark, "2024-06-30") for mark in ("f2", "f3")]
    made = [propose("tiny", "mine", run, judged, compared) for run in runs]
    assert [one.champion for one in made] == [True, False]
    assert made[1].refusals[-1] == (
        "it was compared with version 1, but version 2 has become champion since; train it again"
    )
    assert told() == [("promoted", "1", "1"), ("promoted", "2", "2"), ("refused", "3", "2")]


def test_concurrent_writers_lose_no_line(ask):
    code = (
        "from goldmine.governance.journal import Event, Journal\n"
        "from goldmine.models.store import Store\n"
        "journal = Journal('tiny', 'mine')\n"
        "for number in range(20):\n"
        "    with journal.locked():\n"
        "        journal.append(Event('refused', str(number), '', (), {}, {}), Store('a1', 'sqlite:mlflow.db'))"
    )
    both = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert [entry.number for entry in Journal("tiny", "mine").entries()] == list(range(1, 41))


def test_same_training_proposed_again_adds_no_line(ask, fitted):
    ask(fitted.model, "f1")
    again = ask(fitted.model, "f1")
    assert (again.version, again.champion) == ("1", True)
    assert told() == [("promoted", "1", "1")]


class TestGoingBack:
    @pytest.fixture
    def two(self, ask, fitted, poor):
        ask(poor, "f1")
        ask(fitted.model, "f2")

    def test_rollback_restores_the_previous_champion_and_keeps_the_reason(self, two, ask):
        entry = rollback("tiny", "mine", "branches complained")
        assert (entry.event.version, entry.event.champion, entry.event.why) == ("2", "1", ("branches complained",))
        assert ask.holder == "1"

    def test_rolled_back_version_is_not_promoted_again(self, two, ask, fitted):
        rollback("tiny", "mine", "branches complained")
        assert ask(fitted.model, "f2").refusals == ("version 2 was rolled back before; train anew",)
        assert ask(fitted.model, "f3").champion

    def test_rollback_to_a_named_version(self, two):
        rollback("tiny", "mine", "branches complained")
        rollback("tiny", "mine", "they were wrong", to="2")
        assert told()[-2:] == [("rolled_back", "2", "1"), ("rolled_back", "1", "2")]

    def test_rollback_before_the_first_champion_is_refused(self, two):
        rollback("tiny", "mine", "branches complained")
        with pytest.raises(ModelError, match=r"tiny\.mine: there is no earlier champion"):
            rollback("tiny", "mine", "again")

    def test_rollback_only_to_former_champions(self, two):
        with pytest.raises(ModelError, match=r"version 7 was never the champion\.\nFormer champions: 1\."):
            rollback("tiny", "mine", "why not", to="7")


def test_champion_set_by_hand_is_journalled_first(ask, fitted, poor):
    ask(poor, "f1")
    ask(fitted.model, "f2")
    ask.holder = "1"
    ask(fitted.model, "f3")
    assert told()[-2:] == [("found", "1", "1"), ("promoted", "3", "3")]


def test_truncated_journal_is_detected(ask, fitted, poor):
    ask(poor, "f1")
    ask(fitted.model, "f2")
    path = Journal("tiny", "mine").path
    path.write_text(path.read_text("utf-8").splitlines(keepends=True)[0], "utf-8")
    with pytest.raises(ModelError, match="lines that the registry knows are missing"):
        history("tiny", "mine")


class TestAnotherStore:
    @pytest.fixture
    def elsewhere(self, ask, fitted, poor, monkeypatch):
        """Version 1 was promoted in one store; another store is in use since."""
        ask(poor, "f1")
        replace_call(monkeypatch, "store_of", lambda _: Store("b2", "http://tracking:5000"))

    def test_nothing_is_registered_or_promoted(self, elsewhere, ask, fitted):
        with pytest.raises(
            ModelError, match=r"tiny\.mine belongs to the store sqlite:mlruns/mlflow\.db; in use is http"
        ):
            ask(fitted.model, "f2")
        assert (list(ask.tags), ask.holder) == (["1"], "1")

    def test_store_created_anew_at_the_same_address_is_another(self, elsewhere, monkeypatch):
        replace_call(monkeypatch, "store_of", lambda _: Store("c3", STORE.address))
        with pytest.raises(ModelError, match="in use is another store, created later at the same address"):
            history("tiny", "mine")

    def test_run_is_refused_before_it_makes_anything_for_the_other_store(self, elsewhere, monkeypatch):
        monkeypatch.setattr(journal_check, "use_case_names", lambda: ["longtail", "mine"])
        with pytest.raises(ModelError, match=r"journal of tiny\.mine belongs to the store"):
            journal_check.require_own_store("tiny")
        replace_call(monkeypatch, "store_of", lambda _: Store("a1", "http://tracking:5000"))
        journal_check.require_own_store("tiny")

    def test_store_that_moved_is_the_same(self, elsewhere, monkeypatch):
        replace_call(monkeypatch, "store_of", lambda _: Store("a1", "http://tracking:5000"))
        assert told() == [("promoted", "1", "1")]

    def test_store_that_is_away_is_known_by_its_address(self, elsewhere, monkeypatch):
        replace_call(monkeypatch, "unreachable", lambda: STORE.address)
        replace_call(monkeypatch, "store_of", lambda _: Store("", STORE.address))
        assert told() == [("promoted", "1", "1")]


def test_line_that_names_no_store_belongs_to_the_store_with_its_seal(ask, poor, monkeypatch):
    ask(poor, "f1")
    journal = Journal("tiny", "mine")
    line = json.loads(journal.path.read_text("utf-8"))
    old = {key: value for key, value in line.items() if key not in ("store", "seal")}
    ask.seal = of_value(old)
    text = json.dumps({**old, "seal": ask.seal}, ensure_ascii=False, sort_keys=True)
    journal.path.write_text(text + "\n", "utf-8")
    assert told() == [("promoted", "1", "1")]
    ask.seal = ""
    with pytest.raises(ModelError, match="belongs to an unknown store; in use is sqlite"):
        history("tiny", "mine")


def test_promotion_is_undone_if_the_journal_cannot_be_written(ask, fitted, poor, monkeypatch):
    ask(poor, "f1")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(promotion.Journal, "append", full)
    with pytest.raises(OSError, match="No space left"):
        ask(fitted.model, "f2")
    assert ask.holder == "1"


def test_nothing_is_promoted_without_the_registry(ask, evaluation, monkeypatch):
    compared = compare(BANK, use_case(), evaluation, rows(seed=3))
    replace_call(monkeypatch, "unreachable", lambda: "http://server")
    made = propose("tiny", "mine", "any", evaluation, compared)
    assert (made.champion, made.version) == (False, "")
    assert made.refusals[0].startswith("the registry http://server cannot be reached")


def test_challenger_is_promoted_in_mlflow_and_a_lost_model_is_not_restored(store, fitted, poor):
    for model, mark in ((poor, "f1"), (fitted.model, "f2")):
        judged = evaluate(model, JUDGED_ON, use_case())
        found = compare(BANK, use_case(), judged, JUDGED_ON)
        assert propose("tiny", "mine", logged_run(model, mark), judged, found).champion
    oldest = min((store / "mlruns" / "artifacts" / "models").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    oldest.rename(store / "away")
    with pytest.raises(ModelError, match="version 1: its stored model cannot be read"):
        rollback("tiny", "mine", "branches complained")
    assert (champion_version("tiny", "mine"), told()[-1]) == ("2", ("promoted", "2", "2"))
    (store / "away").rename(oldest)
    rollback("tiny", "mine", "branches complained")
    assert champion("tiny", "mine").model == poor


def test_good_retraining_after_a_spoiled_one_is_a_version_of_its_own(store, fitted, useless):
    """Both trainings have one fingerprint: the feature tables were spoiled, and then brought back."""
    decisions = []
    for model in (useless, fitted.model):
        judged = evaluate(model, JUDGED_ON, use_case())
        compared = compare(BANK, use_case(), judged, JUDGED_ON)
        decisions.append(propose("tiny", "mine", logged_run(model, "f1"), judged, compared))
    assert [(made.version, made.champion) for made in decisions] == [("1", False), ("2", True)]
    assert champion("tiny", "mine").model == fitted.model
    fingerprints = history("tiny", "mine")[-1].event.fingerprints
    assert (fingerprints["training"], fingerprints["model"]) == ("f1", fitted.model.fingerprint)


def test_model_that_was_not_the_evaluated_one_is_refused(store, fitted, useless):
    judged = evaluate(fitted.model, JUDGED_ON, use_case())
    compared = compare(BANK, use_case(), judged, JUDGED_ON)
    with pytest.raises(ModelError, match=r"tiny\.mine version 1: its model is not the one that was evaluated"):
        propose("tiny", "mine", logged_run(useless, "f1"), judged, compared)
    assert told() == [("refused", "1", "")]
    assert history("tiny", "mine")[0].event.why == ("the stored model of version 1 is not the evaluated one",)


def test_refit_of_the_evaluated_model_is_promoted(store, fitted, poor):
    import mlflow

    judged = evaluate(fitted.model, JUDGED_ON, use_case())
    run = logged_run(poor, "f1")
    mlflow.MlflowClient().set_tag(run, EVALUATED, fitted.model.fingerprint)
    assert propose("tiny", "mine", run, judged, compare(BANK, use_case(), judged, JUDGED_ON)).champion


def test_rollback_without_a_champion_is_refused(ask):
    with pytest.raises(ModelError, match=r"tiny\.mine: no model is champion"):
        rollback("tiny", "mine", "why not")


def test_champion_trained_on_the_test_rows_is_not_compared(ask, fitted, evaluation):
    from goldmine.labels.outcomes.external_label import ExternalLabel

    ask(fitted.model, "f1")
    found = compare(BANK, use_case(outcome=ExternalLabel(kind="external_label")), evaluation, rows(seed=3))
    assert (found.champion, found.refusals) == ("1", ())
    assert found.not_compared == "champion version 1 was trained on the test rows of its table"
