"""What several rooms' tests stand on: a small model, and a tracking store of a test's own, quickly made."""

import os
import tempfile

import pytest


@pytest.fixture(autouse=True)
def english_figures():
    """Figures in English after a test that chose another language for them."""
    yield
    from goldmine.plots.style import language, use_language

    if language() != "en":
        use_language("en")


@pytest.fixture(autouse=True)
def own_temporary_folder():
    """The temporary folder as it was, after a test whose command took one of its own for this process."""
    names = ("TMPDIR", "JUPYTER_RUNTIME_DIR")
    before = {name: os.environ.get(name) for name in names}
    yield
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    tempfile.tempdir = None


@pytest.fixture(scope="session")
def fitted():
    """A model that found what there is to find."""
    from goldmine.models.train import train
    from tests.models.made import rows, use_case

    return train(use_case(), rows(seed=1), rows(seed=2), seed=7)


@pytest.fixture(scope="session")
def evaluation(fitted):
    """How that model did on later rows."""
    from goldmine.models.evaluation import evaluate
    from tests.models.made import rows, use_case

    return evaluate(fitted.model, rows(seed=3), use_case())


@pytest.fixture(scope="session")
def store_template(tmp_path_factory):
    """A project folder with an empty tracking store; making one takes seconds."""
    from goldmine.models.tracking import use_tracking

    place = tmp_path_factory.mktemp("template")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOLDMINE_HOME", str(place))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        use_tracking("nobody")
    return place


@pytest.fixture
def store(store_template, tmp_path, monkeypatch):
    """A project folder of the test's own, whose tracking store is empty."""
    import shutil

    shutil.copytree(store_template / "mlruns", tmp_path / "mlruns")
    monkeypatch.setenv("GOLDMINE_HOME", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("MLFLOW_RUN_ID", raising=False)
    return tmp_path


@pytest.fixture
def own_home(tmp_path, monkeypatch):
    """A project folder of the test's own with the project's settings, for what is logged there."""
    from goldmine.core.workspace import home

    (tmp_path / "pipelines").symlink_to(home() / "pipelines")
    monkeypatch.setenv("GOLDMINE_HOME", str(tmp_path))
    monkeypatch.setenv("GOLDMINE_USER", "wang")
    return tmp_path
