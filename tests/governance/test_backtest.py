from datetime import date
from pathlib import Path

import pytest

from goldmine.cli.output import show_backtest
from goldmine.contract.bank import Bank, CanonicalTable, TableFile
from goldmine.core.dates import month_end, month_key
from goldmine.core.errors import HistoryError
from goldmine.core.workspace import Workspace
from goldmine.governance import backtest as room
from goldmine.governance.backtest import backtest
from goldmine.labels import plan_cutoffs
from goldmine.models.training_set import TrainingSet
from tests.models.made import rows, use_case

AS_OF = date(2024, 6, 30)


def books(months):
    """A bank that has transactions in so many months up to the snapshot, and no rows that anyone reads."""
    keys = [month_key(month_end(AS_OF, -back)) for back in range(months)]
    files = tuple(TableFile(Path("none"), "", 0, key) for key in keys)
    return Bank("tiny", AS_OF, {"transactions": CanonicalTable("transactions", files, ())})


@pytest.fixture(scope="module")
def made():
    """Rows are drawn by the snapshot's month; what they follow turns round slowly. Gives what was made and asked."""
    asked = {"features": [], "snapshots": []}

    def read(bank, _work, case, snapshot, _seed):
        asked["snapshots"].append(snapshot)
        plan = plan_cutoffs(case, snapshot, bank)
        skill = {0: 1.0, 1: 1.0, 2: 0.6}.get((AS_OF - snapshot).days // 90, 0.4)
        parts = [rows(1200, snapshot.toordinal() + part, skill=skill) for part in range(3)]
        return TrainingSet(cutoffs=plan, train=parts[0], calibrate=parts[1], test=parts[2])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "build_activity", lambda *_: None)
        patch.setattr(room, "build_features", lambda _bank, _work, cutoffs: asked["features"].extend(cutoffs))
        patch.setattr(room, "read_training_set", read)
        yield asked


@pytest.fixture(scope="module")
def found(made):
    return backtest(books(36), Workspace(Path("nowhere")), use_case(), AS_OF, (3, 3))


def test_each_test_cutoff_has_a_model_trained_before_it(found, made):
    assert found.cutoffs == [date(2023, 8, 31), date(2023, 11, 30), date(2024, 2, 29)]
    assert made["snapshots"][:3] == [date(2023, 12, 31), date(2024, 3, 31), date(2024, 6, 30)]
    assert set(found.cutoffs) < set(made["features"])
    auc = found.over_time[found.over_time.figure == "auc"]
    assert (auc.low < auc.value).all()
    assert (auc.value < auc.high).all()
    assert (auc.value > auc.baseline).all()
    # Outcomes are few, so trees learn from the calibration cutoff too.
    assert auc.trained_to.tolist() == [date(2023, 4, 30), date(2023, 7, 31), date(2023, 10, 31)]


def test_older_models_are_tested_one_and_two_quarters_later(found):
    auc = found.pairs[found.pairs.figure == "auc"]
    assert list(zip(auc.age, auc.test_cutoff, strict=True)) == [
        (1, date(2023, 11, 30)),
        (1, date(2024, 2, 29)),
        (2, date(2024, 2, 29)),
    ]
    assert auc.difference.tolist() == pytest.approx((auc.aged - auc.fresh).tolist())


def test_decay_is_the_mean_over_comparable_cutoffs(found):
    decay = found.decay().set_index(["age", "figure"])
    pairs = found.pairs[(found.pairs.figure == "auc") & (found.pairs.age == 1)]
    assert decay.loc[(1, "auc"), "cutoffs"] == 2
    assert decay.loc[(1, "auc"), "difference"] == pytest.approx(pairs.difference.mean())
    assert decay.loc[(1, "auc"), "low"] < decay.loc[(1, "auc"), "difference"] < decay.loc[(1, "auc"), "high"]


def test_figures_fit_a_screen_of_80_columns(found, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    show_backtest(found)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    last = found.over_time.iloc[-1]
    assert lines[0].startswith("Tested at 2023-08-31, trained to ")
    assert f"lift_list           {last.value:.3f}  {last.low:.3f} to {last.high:.3f}" in "\n".join(lines)
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith(("1 ", "2 ")) for line in lines) == 12


def test_fewer_cutoffs_than_requested_are_reported(made, capsys):
    short = backtest(books(18), Workspace(Path("nowhere")), use_case(), AS_OF, (9, 2))
    assert len(short.cutoffs) == 2
    show_backtest(short)
    said = capsys.readouterr().out
    assert "The books allow 2 of the 9 cutoffs asked for." in said
    assert "No two cutoffs are one, two or three quarters apart" in said


def test_too_little_history_for_one_cutoff_is_an_error(made):
    with pytest.raises(HistoryError, match="too little history for 'mine'"):
        backtest(books(8), Workspace(Path("nowhere")), use_case(), AS_OF, (3, 3))
