"""Inputs of a release: its scores, and the fingerprint of everything that it depends on."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from goldmine.campaigns.load import campaign_texts
from goldmine.campaigns.stored_uplift import uplift_path
from goldmine.contactability.holdout import salt_mark
from goldmine.contactability.past_offers import newest_releases, releases_fingerprint
from goldmine.contract.bank import Bank
from goldmine.core import fingerprint
from goldmine.core.code_fingerprint import code_fingerprint
from goldmine.core.errors import ReleaseError
from goldmine.core.files import read_json
from goldmine.core.fingerprint import of_file
from goldmine.core.i18n import LOCALE, _
from goldmine.core.seals import file_sha256
from goldmine.core.workspace import Workspace, home
from goldmine.customers.table import customers_path
from goldmine.governance.scoring_champion import scoring_champion
from goldmine.labels.refusal import refused
from goldmine.labels.use_case import UseCase, load_use_case, use_case_names
from goldmine.models.model import Model
from goldmine.publishing.manifest import CustomersFile, ModelRef

_RULE_TABLES = (
    *("customers", "contacts", "suppressions", "staff", "products", "branches", "grids"),
    *("loans", "loan_months"),  # a campaign asks nobody in arrears about credit
)
_ID_DIGITS = 12


@dataclass(frozen=True)
class Scored:
    """One use case's scores.

    Parameters
    ----------
    use_case : UseCase
        The use case.
    path : Path
        Its scores: `customer_id`, `probability`, `decile`, `rank`.
    model : ModelRef
        The model that scored.
    scores_fingerprint, features_fingerprint : str
        Fingerprints of the scores, and of the features that were scored.
    """

    use_case: UseCase
    path: Path
    model: ModelRef
    scores_fingerprint: str
    features_fingerprint: str


def read_scored(work: Workspace, name: str, as_of: date) -> Scored:
    """Find a use case's scores at a snapshot.

    Raises
    ------
    ReleaseError
        If there are none, or they are damaged.
    UseCaseError
        If there is no such use case.
    """
    use_case = load_use_case(name, work)
    path = work.scores(as_of, name)
    beside = read_json(path.with_suffix(".json"), {})
    if not beside or not path.exists():
        raise ReleaseError(
            _("{name} at {as_of}: there are no scores to publish.", name=name, as_of=as_of),
            _("Run `goldmine score` for it first."),
        )
    scores = file_sha256(path)
    if scores != beside["sha256"]:
        raise ReleaseError(
            _("{name} at {as_of}: the scores are not whole.", name=name, as_of=as_of),
            _("Run `goldmine score` for it again."),
        )
    model = ModelRef(**{key: beside[key] for key in ModelRef.model_fields})
    return Scored(use_case, path, model, scores, beside["features_fingerprint"])


def require_current_scores(work: Workspace, name: str, as_of: date, champion: str) -> Path:
    """Path of a use case's scores at a snapshot, if they are whole, by its champion and of the features that are there.

    Raises
    ------
    ReleaseError
        If they are not.
    """
    scored = read_scored(work, name, as_of)
    of_today = read_json(work.features(as_of).with_suffix(".json")) == scored.features_fingerprint
    if scored.model.model_version != champion or not of_today:
        raise ReleaseError(
            _("{name} at {as_of}: the scores are not those of today's champion and features.", name=name, as_of=as_of),
            _("Run `goldmine score` for it again."),
        )
    return scored.path


def left_out(work: Workspace, as_of: date, listed: Iterable[str]) -> dict[str, str]:
    """Use cases that are not listed because their scores were refused, and why."""
    missing = set(use_case_names()) - set(listed)
    return {name: entry.what for name, entry in refused(work, as_of).items() if name in missing}


def model_of(bank: Bank, work: Workspace, scored: Scored, as_of: date) -> Model | None:
    """The model that scored, for explaining its scores; None where the use case's file states the expected rate.

    Raises
    ------
    ReleaseError
        If another model became champion since, or the features were made again.
    ModelError
        If the model is no longer there.
    """
    if not scored.use_case.has_model:
        return None
    best = scoring_champion(bank.name, scored.use_case.name, as_of)
    if (best.name, best.version) != (scored.model.model_name, scored.model.model_version):
        changed = f"version {best.version} became champion after version {scored.model.model_version} had scored"
    elif read_json(work.features(as_of).with_suffix(".json")) != scored.features_fingerprint:
        changed = "the features were made again after the scores"
    else:
        return best.model
    raise ReleaseError(
        _(
            "{name} at {as_of}: {changed}, so its reasons cannot be given.",
            name=scored.use_case.name,
            as_of=as_of,
            changed=changed,
        ),
        _("Run `goldmine features` and `goldmine score` for it again; what is unchanged is kept."),
    )


def campaigns_fingerprint(work: Workspace, as_of: date) -> list[object]:
    """Fingerprints of what the campaigns depend on, besides the scores.

    Settings of campaigns, offers of earlier releases, results that marketing returned.
    """
    returned = fingerprint.of_file(work.returned) if work.returned.exists() else ""
    return [campaign_texts(), releases_fingerprint(newest_releases(work, as_of)), returned]


def uplift_fingerprint(work: Workspace, as_of: date, names: list[str]) -> list[str]:
    """Fingerprints of the learned uplift of some use cases, verdict and values; empty if there is none."""
    paths = [uplift_path(work, as_of, name).with_suffix(kind) for name in names for kind in (".json", ".parquet")]
    return [fingerprint.of_file(path) if path.exists() else "" for path in paths]


_CUSTOMERS_FILE = "customers.parquet"


def customers_fingerprint(work: Workspace, as_of: date) -> str | None:
    """Fingerprint of a snapshot's customers table; None if there is none."""
    path = customers_path(work, as_of)
    recorded: str | None = read_json(path.with_suffix(".json")) if path.exists() else None
    return recorded


def write_customers(folder: Path, work: Workspace, as_of: date) -> CustomersFile | None:
    """Copy a snapshot's customers table into a release's folder; None if there is none."""
    if customers_fingerprint(work, as_of) is None:
        return None
    path = Path(shutil.copyfile(customers_path(work, as_of), folder / _CUSTOMERS_FILE))
    return CustomersFile(path=_CUSTOMERS_FILE, sha256=of_file(path), rows=pq.read_metadata(path).num_rows)


def release_id_of(bank: Bank, work: Workspace, scored: list[Scored], as_of: date, language: str) -> str:
    """Id of the release that these inputs make; the same inputs give the same id: see `release_marks`."""
    return fingerprint.of_value(release_marks(bank, work, scored, as_of, language))[:_ID_DIGITS]


def input_title(name: str) -> str:
    """An input of a release as people are told of it; see `release_marks`.

    Examples
    --------
    >>> input_title("scores of dormancy"), input_title("code")
    ('scores of dormancy', 'code')
    """
    kind, _space, subject = name.rpartition(" ")
    titles: dict[str, str] = {
        "bank, month and language": _("bank, month and language"),
        "customers table": _("customers table"),
        "settings of campaigns": _("settings of campaigns"),
        "salt of hold-out and groups": _("salt of hold-out and groups"),
        "past offers": _("past offers"),
        "returned results": _("returned results"),
        "learned uplift": _("learned uplift"),
        "refused use cases": _("refused use cases"),
        "code": _("code"),
        "texts and suites": _("texts and suites"),
    }
    of_kind: dict[str, str] = {
        "use case": _("use case {name}", name=subject),
        "model of": _("model of {name}", name=subject),
        "scores of": _("scores of {name}", name=subject),
        "features of": _("features of {name}", name=subject),
        "table": _("table {name}", name=subject),
    }
    return titles[name] if name in titles else of_kind.get(kind, name)


def release_marks(bank: Bank, work: Workspace, scored: list[Scored], as_of: date, language: str) -> dict[str, str]:
    """Fingerprint of each input of a release, by name.

    They do not depend on folders, on the store, on the time or its zone, or on who runs it. They cover the scores,
    the models' versions, the settings of use cases and campaigns, the salt, past offers, learned uplift, the customers
    table, the tables that the rules read, the suites of lists and offers, the code that makes lists and reasons, the
    translations, and the use cases that were refused.
    """
    names = sorted(entry.use_case.name for entry in scored)
    settings, past, returned = campaigns_fingerprint(work, as_of)
    suites = [home() / "expectations" / f"{name}.json" for name in ("lists", "offers", "control")]
    inputs: dict[str, object] = {
        "bank, month and language": [bank.name, bank.data_until, as_of, language],
        "customers table": customers_fingerprint(work, as_of),
        "settings of campaigns": settings,
        "salt of hold-out and groups": salt_mark(work),
        "past offers": past,
        "returned results": returned,
        "learned uplift": uplift_fingerprint(work, as_of, names),
        "refused use cases": left_out(work, as_of, names),
        "code": code_fingerprint("goldmine.publishing.publish"),
        "texts and suites": fingerprint.of_code(LOCALE, *suites),
    }
    for entry in scored:
        name = entry.use_case.name
        inputs[f"use case {name}"] = entry.use_case.model_dump(mode="json")
        inputs[f"model of {name}"] = entry.model.model_dump(exclude={"mlflow_run"})
        inputs[f"scores of {name}"] = entry.scores_fingerprint
        inputs[f"features of {name}"] = entry.features_fingerprint
    for name in _RULE_TABLES:
        if bank.has(name):
            table = bank.tables[name]
            inputs[f"table {name}"] = [table.columns, sorted(file.fingerprint for file in table.files)]
    return {name: fingerprint.of_value(value) for name, value in inputs.items()}
