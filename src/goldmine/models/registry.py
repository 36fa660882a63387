"""The registry: one registered model for each use case of a bank, and the champion that scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from goldmine.core.errors import ModelError
from goldmine.core.i18n import _
from goldmine.models.champion import Champion, copied_champion, copied_trained_at, copied_version, keep_copy
from goldmine.models.model import Model, load_model
from goldmine.models.tracking import CHAMPION, registered_name, store_of, unreachable, use_tracking

FINGERPRINT = "goldmine.fingerprint"
"""Tag of a run and of a version: what its training depended on."""
AS_OF = "goldmine.as_of"
USE_CASE = "goldmine.use_case"
RUN_NAME = "mlflow.runName"
"""Tag by which MLflow's pages name a run."""
CODE = "goldmine.code"
COMMIT = "goldmine.commit"
MODEL = "goldmine.model"
"""Tag of a run and of a version: the fingerprint of its model."""
EVALUATED = "goldmine.evaluated_model"
"""The same for the evaluated model, where another one, fitted once more on more rows, was logged in its place."""
_TAGS = (FINGERPRINT, AS_OF, USE_CASE, CODE, COMMIT, MODEL, EVALUATED)
_SEAL = "goldmine.journal"
"""Tag of a registered model: the seal of its journal's last line."""


@dataclass(frozen=True)
class Registration:
    """Result of registering a trained model.

    Parameters
    ----------
    name, version : str
        Registered model and its version.
    champion : bool
        Whether it now holds the alias.
    refusals : tuple of str
        Why not, where it does not.
    run : str
        The MLflow run that trained it.
    """

    name: str
    version: str
    champion: bool
    refusals: tuple[str, ...]
    run: str


def register(bank_name: str, use_case: str, run_id: str) -> str:
    """Register the model that a run logged as a new version; the champion does not change.

    A training that was registered before keeps its version: one with the same fingerprint that gave the same model.

    Parameters
    ----------
    run_id : str
        The run, with its model logged by `log_training`.

    Returns
    -------
    str
        The version.

    Raises
    ------
    ModelError
        If the run has no model.
    """
    use_tracking(bank_name)
    import mlflow

    client = mlflow.MlflowClient()
    name = registered_name(bank_name, use_case)
    run = client.get_run(run_id)
    tags = {key: run.data.tags[key] for key in _TAGS if key in run.data.tags}
    return _same_training(client, name, tags) or _new_version(client, name, run, tags)


def set_champion(bank_name: str, use_case: str, version: str) -> None:
    """Make a version the champion, or none where it is empty, and keep a local copy for when the registry is away.

    Only `goldmine.governance.promotion` calls it, which journals the change.

    Raises
    ------
    ModelError
        If the version's model is no longer stored.
    """
    use_tracking(bank_name)
    import mlflow

    client, name = mlflow.MlflowClient(), registered_name(bank_name, use_case)
    if version:
        client.set_registered_model_alias(name, CHAMPION, version)
        champion(bank_name, use_case)
    else:
        client.delete_registered_model_alias(name, CHAMPION)


def version_tags(name: str, version: str) -> dict[str, str]:
    """Tags of a version of a registered model: its snapshot and fingerprints."""
    import mlflow

    return dict(mlflow.MlflowClient().get_model_version(name, version).tags)


def journal_seal(name: str) -> str:
    """Seal of the journal's last line as the registry holds it; empty where there is none."""
    import mlflow

    try:
        return str(mlflow.MlflowClient().get_registered_model(name).tags.get(_SEAL, ""))
    except mlflow.MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return ""
        raise


def set_journal_seal(name: str, seal: str) -> None:
    """Store the seal of the journal's last line with the registered model."""
    import mlflow

    mlflow.MlflowClient().set_registered_model_tag(name, _SEAL, seal)


def champion_version(bank_name: str, use_case: str) -> str:
    """Version of the champion; empty where there is none."""
    use_tracking(bank_name)
    if unreachable():
        return copied_version(registered_name(bank_name, use_case), store_of(bank_name))
    import mlflow

    holder = _champion_version(mlflow.MlflowClient(), registered_name(bank_name, use_case))
    return str(holder.version) if holder else ""


def champion(bank_name: str, use_case: str) -> Champion:
    """Load the champion of a use case; if the registry is unreachable, the last one that was loaded here.

    Raises
    ------
    ModelError
        If no version has passed the gate yet, its stored model is missing, or the copy here is of another store.
    """
    use_tracking(bank_name)
    import mlflow

    name = registered_name(bank_name, use_case)
    if unreachable():
        return copied_champion(name, store_of(bank_name))
    holder = _champion_version(mlflow.MlflowClient(), name)
    if holder is None:
        raise ModelError(
            _("{name}: no model is champion; none was trained, or none beat its baseline.", name=name),
            _("Run `goldmine train --use-case {use_case}` and read why in its notebook.", use_case=use_case),
        )
    loaded = load_version(bank_name, use_case, str(holder.version))
    keep_copy(loaded, store_of(bank_name))
    return loaded


def champion_trained_at(bank_name: str, use_case: str) -> str:
    """The snapshot that the champion was trained at; empty where there is none."""
    version = champion_version(bank_name, use_case)
    name = registered_name(bank_name, use_case)
    if unreachable():
        return copied_trained_at(name)
    return version_tags(name, version).get(AS_OF, "") if version else ""


def load_version(bank_name: str, use_case: str, version: str) -> Champion:
    """Load a version that is champion, or was.

    Raises
    ------
    ModelError
        If its stored model cannot be read or was changed, or the registry is unreachable.
    """
    use_tracking(bank_name)
    import mlflow

    name = registered_name(bank_name, use_case)
    if unreachable():
        raise ModelError(
            _(
                "{name}: the registry {unreachable} cannot be reached, so version {version} cannot be loaded.",
                name=name,
                unreachable=unreachable(),
                version=version,
            ),
            _("Only the last champion is kept on this machine; bring the tracking server back."),
        )
    found = mlflow.MlflowClient().get_model_version(name, version)
    return Champion(name, version, str(found.run_id), found.tags.get(AS_OF, ""), stored_model(name, version))


def stored_model(name: str, version: str) -> Model:
    """Load the model of a version, checked against the fingerprint that it was registered with.

    Raises
    ------
    ModelError
        If it cannot be read, or is another model than the one that was registered.
    """
    import mlflow

    remedy = "Bring mlruns/artifacts back from a backup, or train the use case again."
    try:
        folder = Path(mlflow.artifacts.download_artifacts(f"models:/{name}/{version}"))
    except (mlflow.MlflowException, OSError) as error:
        raise ModelError(
            _("{name} version {version}: its stored model cannot be read.", name=name, version=version), remedy
        ) from error
    model = load_model(folder / "data" / "model.json")
    registered = version_tags(name, version).get(MODEL, model.fingerprint)
    if model.fingerprint != registered:
        raise ModelError(
            _(
                "{name} version {version}: its stored model is not the one that was registered (fingerprint "
                "{model}, registered {registered}).",
                name=name,
                version=version,
                model=model.fingerprint[:12],
                registered=registered[:12],
            ),
            remedy,
        )
    return model


def _champion_version(client: Any, name: str) -> Any | None:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version_by_alias(name, CHAMPION)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def _same_training(client: Any, name: str, tags: Mapping[str, str]) -> str | None:
    """The latest version of a training with the same fingerprint and model, if that model is still stored."""
    if not {FINGERPRINT, MODEL} <= tags.keys():
        return None
    same = " and ".join(f"tags.`{tag}` = '{tags[tag]}'" for tag in (FINGERPRINT, MODEL))
    versions = client.search_model_versions(f"name = '{name}' and {same}")
    if not versions:
        return None
    latest = str(max(int(version.version) for version in versions))
    try:
        stored_model(name, latest)
    except ModelError:
        return None
    return latest


def _new_version(client: Any, name: str, run: Any, tags: dict[str, str]) -> str:
    from mlflow.exceptions import MlflowException

    logged = [output.model_id for output in (run.outputs.model_outputs if run.outputs else [])]
    if not logged:
        raise ModelError(
            _("{name}: the run has no logged model to register.", name=name), _("Train the use case again.")
        )
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    source = client.get_logged_model(logged[-1])
    version = client.create_model_version(name, source.model_uri, run.info.run_id, tags=tags, model_id=source.model_id)
    client.set_tag(run.info.run_id, RUN_NAME, f"{name} version {version.version}, {tags.get(AS_OF, '')}".rstrip(", "))
    return str(version.version)
