import pytest

from goldmine.pipeline.notebook import Executed
from goldmine.pipeline.step import StepLedger
from goldmine.pipeline.tracked_run import tracked_run
from tests.pipeline.conftest import AS_OF


class Maker:
    """Makes a step's files, and counts how often."""

    def __init__(self, work):
        self.work, self.times = work, 0

    def __call__(self):
        self.times += 1
        folder = self.work.notebooks(AS_OF)
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("x.ipynb", "x.html"):
            (folder / name).write_text("executed", "utf-8")
        (self.work.root / "made.txt").write_text("result", "utf-8")
        with tracked_run("tiny", "x", {}) as run:
            return Executed(folder / "x.ipynb", folder / "x.html", run.run_id)


@pytest.fixture
def make(home, work):
    return Maker(work)


def run(make, **inputs):
    step = StepLedger(make.work, AS_OF, "x", inputs or {"rows": "1"})
    return step.run("tiny", make, lambda: [make.work.root / "made.txt"])


def test_unchanged_step_is_reused(make):
    first, _ = run(make)
    assert run(make) == (first, True)
    assert make.times == 1


def test_a_changed_input_makes_the_step_again(make):
    run(make, rows="1")
    assert run(make, rows="2")[1] is False
    assert make.times == 2


@pytest.mark.parametrize("name", ["made.txt", "notebooks/2024-06-30/x.html"])
def test_an_output_that_was_changed_or_removed_is_made_again(make, name):
    run(make)
    (make.work.root / name).write_text("cut", "utf-8")
    assert run(make)[1] is False
    (make.work.root / name).unlink()
    assert run(make)[1] is False
    assert make.times == 3


def test_a_step_whose_tracked_run_is_gone_is_made_again(make):
    import mlflow

    gone, _ = run(make)
    mlflow.MlflowClient().delete_run(gone)
    assert run(make)[1] is False


def test_failed_step_is_not_reused(make, work):
    run(make, rows="1")

    def fail():
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        StepLedger(work, AS_OF, "x", {"rows": "2"}).run("tiny", fail, list)
    assert run(make, rows="1")[1] is False
