"""What a release is made from: its scores, and the fingerprint of everything that shapes it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import goldmine.models
from goldmine.contract.bank import Bank
from goldmine.core import fingerprint
from goldmine.core.errors import ReleaseError
from goldmine.core.files import read_json
from goldmine.core.project import home
from goldmine.core.work import Work
from goldmine.lists.manifest import Origin
from goldmine.usecases import UseCase, load_use_case

_RULE_TABLES = ("customers", "contacts", "staff", "products")
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
    origin : Origin
        The model that scored.
    mark : str
        Fingerprint of the scores and of the features under them.
    """

    use_case: UseCase
    path: Path
    origin: Origin
    mark: str


def read_scored(work: Work, name: str, as_of: date) -> Scored:
    """Find a use case's scores at a snapshot.

    Raises
    ------
    ReleaseError
        If there are none, or what stands beside them does not say whose they are.
    UseCaseError
        If there is no such use case.
    """
    use_case = load_use_case(name)
    path = work.scores(as_of, name)
    beside = read_json(path.with_suffix(".json"))
    if beside is None or not path.exists():
        raise ReleaseError(f"{name} at {as_of}: there are no scores to publish.", "Run `goldmine score` for it first.")
    try:
        origin = Origin(**{key: str(beside[key]) for key in Origin.model_fields})
        mark = fingerprint.of_value([fingerprint.of_file(path), beside["features_fingerprint"]])
    except KeyError as error:
        raise ReleaseError(
            f"{name} at {as_of}: the scores do not say where they come from.", "Run `goldmine score` for it again."
        ) from error
    return Scored(use_case, path, origin, mark)


def release_id_of(bank: Bank, scored: list[Scored], as_of: date, language: str) -> str:
    """Id of the release that these inputs make; the same inputs give the same id.

    It covers the scores, the models' versions, the use cases' settings, the tables that the rules look at, the suite
    that the lists must pass, and the code that makes lists and reasons.
    """
    tables = {
        name: [bank.tables[name].columns, sorted(file.fingerprint for file in bank.tables[name].files)]
        for name in _RULE_TABLES
        if bank.has(name)
    }
    models = Path(goldmine.models.__file__).parent
    code = [Path(__file__).parent, models / "explain.py", models / "words.py", home() / "expectations" / "lists.json"]
    lists = {s.use_case.name: [s.use_case.model_dump(mode="json"), s.origin.model_dump(), s.mark] for s in scored}
    everything = [bank.name, bank.books_to, as_of, language, lists, tables, fingerprint.of_code(*code)]
    return fingerprint.of_value(everything)[:_ID_DIGITS]
