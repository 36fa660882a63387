"""What steps read: fingerprints of their inputs.

Each function takes the snapshot that a step runs for; the table in ``pipelines/definitions.py`` names them.
"""

from pathlib import Path
from time import time_ns
from typing import Any

from goldmine.contract.mapping import FILE, load_mapping
from goldmine.core.errors import ModelError
from goldmine.core.fingerprint import of_file
from goldmine.core.seals import file_sha256
from goldmine.core.workspace import home
from goldmine.customers.table import customers_days, customers_path
from goldmine.features import feature_content, feature_fingerprint
from goldmine.governance.limits import read_limits, read_signatures
from goldmine.identity.linkage.settings import linkage_file
from goldmine.labels.refusal import MODEL, refused
from goldmine.pipeline.selection import use_cases_with_scores
from goldmine.pipeline.snapshot import Snapshot
from goldmine.pipeline.tracked_run import scoring_version
from goldmine.validation.month_limits import signed_limits
from goldmine.validation.month_profiles import MEASURED

SCORED_LISTS = ("longtail", "winback")
"""Use cases whose scores the lists on request read, if there are any."""


def source(run: Snapshot) -> list[Any]:
    """State of a bank's own tables: the mapping, and each file's size and modification time.

    A server shows no such state, so the intake looks at its tables each time.
    """
    mapping = load_mapping(run.source)
    files = [file for source in mapping.sources.values() for file in source.files()]
    states = [[str(file), file.stat().st_size, file.stat().st_mtime_ns] for file in files]
    settings = (run.source / FILE).read_text("utf-8") if (run.source / FILE).exists() else ""
    server = any(source.served for source in mapping.sources.values())
    return [settings, str(mapping.data_until), states, time_ns() if server else 0]


def returned(run: Snapshot) -> str:
    """Contacts that marketing returned."""
    return _of_file(run.work.returned)


def mergers(run: Snapshot) -> str:
    """Mergers of customer numbers that were decided on in the workbench."""
    return _of_file(run.work.mergers)


def visits(run: Snapshot) -> list[str]:
    """Visits and facts that visitors brought back."""
    return [_of_file(run.work.returned_visits(table)) for table in ("visits", "external_facts")]


def tables(run: Snapshot) -> dict[str, Any]:
    """The bank's canonical tables."""
    bank = run.bank
    parts = {name: [table.columns, sorted(f.fingerprint for f in table.files)] for name, table in bank.tables.items()}
    return {"name": bank.name, "data_until": str(bank.data_until), "tables": parts}


def balances(run: Snapshot) -> list[str]:
    """Month-end balances; none where the bank has no such table."""
    return [file.fingerprint for file in run.bank.tables["balances"].files] if run.bank.has("balances") else []


def cutoffs(run: Snapshot) -> list[str]:
    """The month ends whose features are needed."""
    return [str(cutoff) for cutoff in run.cutoffs]


def features(run: Snapshot) -> str:
    """Features at the snapshot."""
    return feature_fingerprint(run.bank, run.work, run.as_of)


def training_features(run: Snapshot) -> list[list[str]]:
    """Features at each cutoff that training needs: what they are built from, and their content as it is stored."""
    tables = [cutoff for cutoff in run.cutoffs if run.work.features(cutoff).exists()]
    content = {cutoff: feature_content(run.work, cutoff) for cutoff in tables}
    return [[feature_fingerprint(run.bank, run.work, cutoff), content.get(cutoff, "")] for cutoff in run.cutoffs]


def customers_features(run: Snapshot) -> list[str]:
    """Features at each month end that has a customers table."""
    return [feature_fingerprint(run.bank, run.work, day) for day in customers_days(run.work, run.as_of)]


def tag_rules(run: Snapshot) -> str:
    """The catalogue of tags."""
    return (home() / "pipelines" / "tags.yaml").read_text("utf-8")


def use_case(run: Snapshot) -> str:
    """The use case's file."""
    return _use_case(run.use_case)


def limits(run: Snapshot) -> dict[str, Any]:
    """Limits that a challenger must meet, and the signatures for its use case: a new one lets a model be promoted."""
    signed = [s.model_dump(mode="json") for s in read_signatures() if s.use_case == run.use_case]
    return read_limits(run.bank_name).model_dump() | {"signed": signed}


def champion(run: Snapshot) -> str:
    """Version of the model that scores the use case at the snapshot."""
    return scoring_version(run.bank_name, run.use_case, run.as_of)


def scores(run: Snapshot) -> list[str]:
    """Scores of the use cases that are listed."""
    paths = [run.work.scores(run.as_of, name) for name in listed(run)]
    return [file_sha256(path) for path in paths if path.exists()]


def use_cases(run: Snapshot) -> list[str]:
    """Files of the use cases that are listed."""
    return [_use_case(name) for name in listed(run)]


def campaigns(run: Snapshot) -> list[object]:
    """Settings of campaigns, offers of earlier releases and results that marketing returned."""
    from goldmine.publishing.release_inputs import campaigns_fingerprint  # lists take two seconds to load

    return campaigns_fingerprint(run.work, run.as_of)


def customers(run: Snapshot) -> str:
    """The customers table; empty if there is none."""
    from goldmine.publishing.release_inputs import customers_fingerprint

    return customers_fingerprint(run.work, run.as_of) or ""


def campaign(run: Snapshot) -> list[str]:
    """Files of the campaign that is measured."""
    return [of_file(path) for path in sorted(run.campaign.folder.glob("*.parquet"))] if run.campaign else []


def campaign_settings(run: Snapshot) -> list[str]:
    """Settings of campaigns; a measurement reads their costs."""
    from goldmine.campaigns.load import campaign_texts

    return campaign_texts()


def customers_and_scores(run: Snapshot) -> list[str]:
    """What lists on request read besides features: the customers table and scores; empty if there are none."""
    paths = [run.work.scores(run.as_of, name) for name in SCORED_LISTS]
    return [file_sha256(path) if path.exists() else "" for path in (customers_path(run.work, run.as_of), *paths)]


def listed(run: Snapshot) -> list[str]:
    """Use cases of the release: those of the run that have scores which were not refused.

    Raises
    ------
    GoldmineError
        What refused the first, if all were; its training, if that is why none has a model.
    """
    kept = refused(run.work, run.as_of)
    left = [name for name in run.selected if name not in kept]
    if not left:
        raise kept[run.selected[0]].error()
    try:
        return use_cases_with_scores(run.bank, left, run.work)
    except ModelError:
        untrained = refused(run.work, run.as_of, MODEL)
        for name in left:
            if name in untrained:
                raise untrained[name].error() from None
        raise


def month_limits(run: Snapshot) -> list[dict[str, Any]]:
    """Limits of months that the owners of the tables have signed: another one lets a month pass, or stops it."""
    return [limit.model_dump(mode="json") for table in MEASURED for limit in signed_limits(run.bank_name, table)]


def linkage_rules(_run: Snapshot) -> str:
    """Which columns are compared, and from where a pair counts as one person."""
    return _of_file(linkage_file())


def linkage_decisions(run: Snapshot) -> str:
    """What staff decided on pairs before."""
    return _of_file(run.work.same_person)


def credit_rules(_run: Snapshot) -> str:
    """The rules of limits, and of what is offered for money that ends or lies idle."""
    return "".join(_of_file(home() / "pipelines" / name) for name in ("credit.yaml", "wealth_match.yaml"))


def grid_rules(_run: Snapshot) -> str:
    """The rules of the grid, of cards, and of credit by village."""
    names = ("grid.yaml", "cards.yaml", "village_credit.yaml", "credit.yaml")
    return "".join(_of_file(home() / "pipelines" / name) for name in names)


def employer_rules(_run: Snapshot) -> str:
    """What a payroll looks like, and what each product is worth."""
    return _of_file(home() / "pipelines" / "employers.yaml")


def graph_rules(_run: Snapshot) -> list[str]:
    """Which ties count, and which products lead to whom."""
    return [_of_file(home() / "pipelines" / name) for name in ("graph.yaml", "prospects.yaml")]


def wealth_champion(run: Snapshot) -> str:
    """Version of the model that look-alikes are evaluated against."""
    return scoring_version(run.bank_name, "wealth", run.as_of)


def _of_file(path: Path) -> str:
    return of_file(path) if path.exists() else ""


def _use_case(name: str) -> str:
    return (home() / "pipelines" / "use_cases" / f"{name}.yaml").read_text("utf-8")
