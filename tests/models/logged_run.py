"""MLflow runs with a logged model, as a training leaves them."""

from goldmine.models.registry import AS_OF, FINGERPRINT, USE_CASE
from goldmine.models.run_log import log_model
from goldmine.models.tracking import use_tracking


def logged_run(model, fingerprint="f1", as_of="2024-06-30"):
    """A finished run with a logged model; returns its id."""
    import mlflow

    use_tracking("tiny")
    with mlflow.start_run() as run:
        mlflow.set_tags({FINGERPRINT: fingerprint, AS_OF: as_of, USE_CASE: "mine"})
        log_model(model)
    return run.info.run_id
