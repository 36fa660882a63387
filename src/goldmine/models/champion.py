"""The champion of a use case, and its copy on this machine for when the tracking store is away."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from goldmine.core.errors import ModelError
from goldmine.core.file_names import file_name
from goldmine.core.files import read_json, whole_folder, write_json
from goldmine.core.i18n import LocalizedText, _
from goldmine.core.notice import shout
from goldmine.core.workspace import home
from goldmine.models.model import Model, load_model
from goldmine.models.store import Store, require_same_store


@dataclass(frozen=True)
class Champion:
    """The model in use.

    Parameters
    ----------
    name, version : str
        Registered model and its version.
    run_id : str
        The MLflow run that trained it.
    as_of : str
        The snapshot it was trained at.
    model : Model
        The model itself.
    """

    name: str
    version: str
    run_id: str
    as_of: str
    model: Model


def younger_model(version: str, trained_at: str, as_of: date) -> LocalizedText | None:
    """What a release says of a model that was trained at a later snapshot than it scores; None if it was not.

    >>> str(younger_model("2", "2024-06-30", date(2024, 5, 31)))
    'no model was champion on 2024-05-31: version 2 scored, the first one after, trained at 2024-06-30'
    >>> younger_model("2", "2024-03-31", date(2024, 5, 31))
    """
    if trained_at <= str(as_of):
        return None
    return _(
        "no model was champion on {as_of}: version {version} scored, the first one after, trained at {trained_at}",
        as_of=as_of,
        version=version,
        trained_at=trained_at,
    )


def keep_copy(best: Champion, store: Store) -> None:
    """Keep a champion on this machine in place of the one before.

    Raises
    ------
    ModelError
        If the copy there is of another store.
    """
    kept, folder = _kept(best.name), _folder(best.name)
    if kept.get("store"):
        _require_same_store(best.name, kept, store)
    about: dict[str, Any] = {"version": best.version, "run_id": best.run_id, "as_of": best.as_of}
    about |= {"model": best.model.fingerprint, "store": {"id": store.id, "address": store.address}}
    if kept != about:
        with whole_folder(folder) as temporary:
            best.model.save(temporary / "model.json")
            write_json(temporary / "champion.json", about)


def copied_version(name: str, store: Store) -> str:
    """Version of the copy of a store's champion; empty if there is no copy.

    Raises
    ------
    ModelError
        If the copy is of another store.
    """
    kept = _kept(name)
    if kept:
        _require_same_store(name, kept, store)
    return str(kept.get("version", ""))


def copied_trained_at(name: str) -> str:
    """The snapshot that the copy was trained at; empty if there is no copy."""
    return str(_kept(name).get("as_of", ""))


def copied_champion(name: str, store: Store) -> Champion:
    """Load the copy of a store's champion, and say aloud that it scores.

    Raises
    ------
    ModelError
        If there is no copy, it is of another store, or its model was changed.
    """
    version = copied_version(name, store)
    if not version:
        raise ModelError(
            _(
                "{name}: the registry {address} cannot be reached, and no champion was ever loaded here.",
                name=name,
                address=store.address,
            ),
            _("Bring the tracking server back, or correct MLFLOW_TRACKING_URI."),
        )
    kept, model = _kept(name), load_model(_folder(name) / "model.json")
    if model.fingerprint != kept["model"]:
        raise ModelError(
            _(
                "{name} version {version}: its copy in mlruns/champions is not the model that was stored there.",
                name=name,
                version=version,
            ),
            _("Bring the tracking server back; the copy is then written again."),
        )
    shout(f"{name}: the last champion on disk scores: version {version}, trained at {kept['as_of']}.")
    return Champion(name, version, kept["run_id"], kept["as_of"], model)


def _folder(name: str) -> Path:
    return home() / "mlruns" / "champions" / file_name(name)


def _kept(name: str) -> dict[str, Any]:
    """What the copy says of itself; empty if there is none."""
    return dict(read_json(_folder(name) / "champion.json", {}))


def _require_same_store(name: str, kept: dict[str, Any], now: Store) -> None:
    store = Store(**kept["store"]) if "store" in kept else None
    require_same_store(f"{name}: the champion kept on this machine", _folder(name), store, now)
