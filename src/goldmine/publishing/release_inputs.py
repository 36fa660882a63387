"""What a release is made from: its scores, and the fingerprint of everything that shapes it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from goldmine.campaigns.load import campaign_texts
from goldmine.campaigns.stored_uplift import uplift_path
from goldmine.contactability.past_offers import mark_of, newest_releases
from goldmine.contract.bank import Bank
from goldmine.core import fingerprint
from goldmine.core.code_fingerprint import code_fingerprint
from goldmine.core.errors import ReleaseError
from goldmine.core.files import read_json
from goldmine.core.i18n import LOCALE
from goldmine.core.project import home
from goldmine.core.workspace import Workspace
from goldmine.labels.use_case import UseCase
from goldmine.labels.use_case_files import load_use_case
from goldmine.models.model import Model
from goldmine.models.registry import champion
from goldmine.publishing.customer_snapshot import customers_mark
from goldmine.publishing.manifest import ModelRef

_RULE_TABLES = ("customers", "contacts", "suppressions", "staff", "products", "branches", "grids")
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
    mark, features : str
        Fingerprints of the scores, and of the features that were scored.
    """

    use_case: UseCase
    path: Path
    model: ModelRef
    mark: str
    features: str


def read_scored(work: Workspace, name: str, as_of: date) -> Scored:
    """Find a use case's scores at a snapshot.

    Raises
    ------
    ReleaseError
        If there are none, or they are not whole.
    UseCaseError
        If there is no such use case.
    """
    use_case = load_use_case(name, work)
    path = work.scores(as_of, name)
    beside = read_json(path.with_suffix(".json"))
    if beside is None or not path.exists():
        raise ReleaseError(f"{name} at {as_of}: there are no scores to publish.", "Run `goldmine score` for it first.")
    mark = fingerprint.of_file(path)
    if mark != beside["sha256"]:
        raise ReleaseError(f"{name} at {as_of}: the scores are not whole.", "Run `goldmine score` for it again.")
    model = ModelRef(**{key: beside[key] for key in ModelRef.model_fields})
    return Scored(use_case, path, model, mark, beside["features_fingerprint"])


def model_of(bank: Bank, work: Workspace, scored: Scored, as_of: date) -> Model:
    """The model that scored, for explaining its scores.

    Raises
    ------
    ReleaseError
        If another model became champion since, or the features were made again.
    ModelError
        If the model is no longer there.
    """
    best = champion(bank.name, scored.use_case.name)
    if (best.name, best.version) != (scored.model.model_name, scored.model.model_version):
        changed = f"version {best.version} became champion after version {scored.model.model_version} had scored"
    elif read_json(work.features(as_of).with_suffix(".json")) != scored.features:
        changed = "the features were made again after the scores"
    else:
        return best.model
    raise ReleaseError(
        f"{scored.use_case.name} at {as_of}: {changed}, so its reasons cannot be given.",
        "Run `goldmine features` and `goldmine score` for it again; what is unchanged is kept.",
    )


def campaigns_mark(work: Workspace, as_of: date) -> list[object]:
    """Fingerprints of what shapes the campaigns beside the scores.

    Their settings, offers of earlier releases, what came back from the field.
    """
    returned = fingerprint.of_file(work.returned) if work.returned.exists() else ""
    return [campaign_texts(), mark_of(newest_releases(work, as_of)), returned]


def uplift_mark(work: Workspace, as_of: date, names: list[str]) -> list[str]:
    """Fingerprints of what past campaigns taught of some use cases: verdict and uplift; empty where there is none."""
    paths = [uplift_path(work, as_of, name).with_suffix(kind) for name in names for kind in (".json", ".parquet")]
    return [fingerprint.of_file(path) if path.exists() else "" for path in paths]


def release_id_of(bank: Bank, work: Workspace, scored: list[Scored], as_of: date, language: str) -> str:
    """Id of the release that these inputs make; the same inputs give the same id.

    It covers the scores, the models' versions, the use cases' and the campaigns' settings, offers that are out, what
    past campaigns taught, the customers table, the tables that the rules look at, the suites that lists and offers must
    pass, the code that makes lists and reasons, and their texts in other languages.
    """
    tables = {
        name: [bank.tables[name].columns, sorted(file.fingerprint for file in bank.tables[name].files)]
        for name in _RULE_TABLES
        if bank.has(name)
    }
    suites = [home() / "expectations" / f"{name}.json" for name in ("lists", "offers", "control")]
    lists = {
        s.use_case.name: [s.use_case.model_dump(mode="json"), s.model.model_dump(), s.mark, s.features] for s in scored
    }
    about = [bank.name, bank.data_until, as_of, language, customers_mark(work, as_of)]
    everything = [*about, lists, tables, campaigns_mark(work, as_of), uplift_mark(work, as_of, sorted(lists))]
    everything += [code_fingerprint("goldmine.publishing.publish"), fingerprint.of_code(LOCALE, *suites)]
    return fingerprint.of_value(everything)[:_ID_DIGITS]
