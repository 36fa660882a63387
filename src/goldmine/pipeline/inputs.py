"""What steps read and make: fingerprints of inputs, files of outputs, reasons why a step is switched off for a bank.

Each function takes the snapshot that a step runs for; the table in ``pipelines/definitions.py`` names them.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from time import time_ns
from typing import Any

from goldmine.contract.mapping import FILE, load_mapping
from goldmine.contract.sources import PostgresSource
from goldmine.contract.tables import TABLES
from goldmine.core.errors import SettingsError
from goldmine.core.fingerprint import of_file
from goldmine.core.i18n import _
from goldmine.core.parquet import parquet_files
from goldmine.core.workspace import home
from goldmine.customers.graph.consent import has_link_consent
from goldmine.customers.payroll import has_payers
from goldmine.customers.table import customers_days, customers_path, require_current_customers
from goldmine.features import feature_content, feature_fingerprint, require_current
from goldmine.governance.limits import read_limits, read_signatures
from goldmine.identity.household_table import households_path
from goldmine.identity.linkage.settings import linkage_file, load_linkage
from goldmine.labels.refusal import refused
from goldmine.labels.use_case import load_use_case
from goldmine.pipeline.selection import missing, use_cases_with_scores
from goldmine.pipeline.snapshot import Snapshot
from goldmine.pipeline.tracked_run import scoring_version
from goldmine.validation.month_limits import signed_limits
from goldmine.validation.month_profiles import MEASURED

SCORED_LISTS = ("longtail", "winback")
"""Use cases whose scores the lists on request read, if there are any."""


def source(run: Snapshot) -> list[Any]:
    """State of a bank's own tables: the mapping, and each file's size and modification time.

    A database server shows no such state, so its tables are read each time.
    """
    mapping = load_mapping(run.source)
    files = [file for source in mapping.sources.values() for file in source.files()]
    states = [[str(file), file.stat().st_size, file.stat().st_mtime_ns] for file in files]
    settings = (run.source / FILE).read_text("utf-8") if (run.source / FILE).exists() else ""
    server = any(isinstance(source, PostgresSource) for source in mapping.sources.values())
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
    return [of_file(path) for path in paths if path.exists()]


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
    return [_of_file(path) for path in (customers_path(run.work, run.as_of), *paths)]


def listed(run: Snapshot) -> list[str]:
    """Use cases of the release: those of the run that have scores which were not refused.

    Raises
    ------
    GoldmineError
        What refused the first, if all were.
    """
    kept = refused(run.work, run.as_of)
    left = [name for name in run.selected if name not in kept]
    if not left:
        raise kept[run.selected[0]].error()
    return use_cases_with_scores(run.bank, left, run.work)


def canonical_files(run: Snapshot) -> Iterable[Path]:
    """The canonical tables, their manifest and the results of their suites."""
    validations = (run.work.validation(name) for name in run.bank.tables)
    return [run.work.root / "tables.json", *run.work.tables.rglob("*.parquet"), *validations]


def feature_files(run: Snapshot) -> Iterable[Path]:
    """The feature tables of the run's cutoffs, each of today's tables and code."""
    require_current(run.bank, run.work, run.cutoffs)
    return [file for cutoff in run.cutoffs for file in parquet_files(run.work.features(cutoff))]


def customers_files(run: Snapshot) -> Iterable[Path]:
    """The customers tables, each of today's features."""
    days = customers_days(run.work, run.as_of)
    require_current_customers(run.bank, run.work, days)
    return [customers_path(run.work, day) for day in days]


def score_files(run: Snapshot) -> Iterable[Path]:
    """The use case's scores, their origin and their drift report; by the champion, of today's features, and whole."""
    from goldmine.publishing.release_inputs import require_current_scores

    path = require_current_scores(run.work, run.use_case, run.as_of, champion(run))
    return [path, path.with_suffix(".json"), run.work.drift(run.as_of, run.use_case)]


def release_files(run: Snapshot) -> Iterable[Path]:
    """Every file of the release that today's inputs make."""
    from goldmine.publishing.release_inputs import read_scored, release_id_of

    scored = [read_scored(run.work, name, run.as_of) for name in listed(run)]
    folder = run.work.releases / str(run.as_of) / release_id_of(run.bank, run.work, scored, run.as_of, run.language)
    return sorted({folder / "manifest.json", *(path for path in folder.rglob("*") if path.is_file())})


def list_files(name: str) -> Callable[[Snapshot], Iterable[Path]]:
    """Files of a list on request, whose names begin with its name."""

    def files(run: Snapshot) -> Iterable[Path]:
        paths = (run.work.root / "on_request_lists").glob(f"*{run.as_of}*/*")
        return [path for path in paths if path.stem.startswith(name)]

    return files


def segment_files(run: Snapshot) -> Iterable[Path]:
    """Segments of the snapshot."""
    return (run.work.root / "segments").glob(f"{run.as_of}.*")


def write_staff_reports(run: Snapshot) -> dict[str, Any]:
    """Write the workbook of owners and every report, in Chinese, for the bank's staff."""
    from goldmine.coverage import load_coverage_rules, make_coverage, missing_for_coverage
    from goldmine.coverage.workbook import write_workbook
    from goldmine.pipeline.reports import ReportSelection, write_reports

    if not missing_for_coverage(run.bank):
        coverage = make_coverage(run.bank, run.work, run.as_of, load_coverage_rules())
        write_workbook(run.work.root / "coverage" / f"{run.as_of}.xlsx", coverage, "zh")
    return {"reports": len(write_reports(run.bank, run.work, run.as_of, ReportSelection(everybody=True)))}


def score_by_expected_rate(run: Snapshot) -> dict[str, Any]:
    """Score a use case without a model, and check its scores."""
    from goldmine.models.expected_rate import score_by_expected_rate as rate
    from goldmine.validation import require, validate_file

    case = load_use_case(run.use_case, run.work)
    rated = rate(run.bank, run.work, case, run.as_of)
    require([validate_file("scores", rated.path, run.work, bank=run.bank)])
    text = _("no model: {rate:.1%} of {n:,} eligible are expected", rate=case.expected_rate, n=rated.rows)
    run.tell(run.use_case, text)
    return {"rows": rated.rows}


def no_balances(run: Snapshot) -> str:
    """Why a list of balances is not made."""
    return "" if run.bank.has("balances") else _("switched off: this bank has no table {table}", table="balances")


def no_payers(run: Snapshot) -> str:
    """Why employers are not looked for."""
    if has_payers(run.bank):
        return ""
    return _("switched off: transactions do not say who paid ({column})", column="counterparty")


def nothing_to_link(run: Snapshot) -> str:
    """Why customers are not compared: the bank has too few of the columns."""
    from goldmine.identity.linkage.comparisons import SOUND  # Splink takes seconds to load

    settings = load_linkage()
    columns = {
        name for name in (column.name for column in TABLES["customers"].columns) if run.bank.has("customers", name)
    }
    try:
        settings.within(frozenset(columns | {f"{name}{SOUND}" for name in columns}), "")
    except SettingsError:
        return _("switched off: customers have too few of the columns that {file} compares", file="linkage.yaml")
    return ""


def month_limits(run: Snapshot) -> list[dict[str, Any]]:
    """Limits of months that the owners of the tables have signed: another one lets a month pass, or stops it."""
    return [limit.model_dump(mode="json") for table in MEASURED for limit in signed_limits(run.bank_name, table)]


def linkage_rules(_run: Snapshot) -> str:
    """Which columns are compared, and from where a pair counts as one person."""
    return _of_file(linkage_file())


def linkage_decisions(run: Snapshot) -> str:
    """What staff decided on pairs before."""
    return _of_file(run.work.same_person)


def linkage_files(run: Snapshot) -> Iterable[Path]:
    """The pairs and the weights; not the review sheet, which staff fill in."""
    return [run.work.linkage(run.as_of) / name for name in ("pairs.parquet", "model.json")]


def household_files(run: Snapshot) -> Iterable[Path]:
    """The households of the snapshot."""
    return [households_path(run.work, run.as_of)]


def credit_rules(_run: Snapshot) -> str:
    """The rules of limits, and of what is offered for money that ends or lies idle."""
    return "".join(_of_file(home() / "pipelines" / name) for name in ("credit.yaml", "wealth_match.yaml"))


def credit_files(run: Snapshot) -> Iterable[Path]:
    """Limits, and the lists of credit and of money that ends or lies idle."""
    lists = [path for name in ("credit_", "wealth_") for path in list_files(name)(run)]
    return [run.work.root / "credit" / str(run.as_of) / "limits.parquet", *lists]


def grid_rules(_run: Snapshot) -> str:
    """The rules of the grid, of cards, and of credit by village."""
    names = ("grid.yaml", "cards.yaml", "village_credit.yaml", "credit.yaml")
    return "".join(_of_file(home() / "pipelines" / name) for name in names)


def grid_files(run: Snapshot) -> Iterable[Path]:
    """The grid, and the lists of cards."""
    return [run.work.root / "grid" / f"{run.as_of}.parquet", *list_files("cards_")(run)]


def no_grids(run: Snapshot) -> str:
    """Why there is no grid."""
    if not run.bank.has("grids"):
        return _("switched off: this bank has no table {table}", table="grids")
    return no_balances(run)


def employer_rules(_run: Snapshot) -> str:
    """What a payroll looks like, and what each product is worth."""
    return _of_file(home() / "pipelines" / "employers.yaml")


def no_link_consent(run: Snapshot) -> str:
    """Why nobody's ties are used."""
    if has_link_consent(run.bank):
        return ""
    column = "customers.link_consent"
    return _("switched off: this bank does not say whose ties may be used ({column})", column=column)


def graph_rules(_run: Snapshot) -> list[str]:
    """Which ties count, and which products lead to whom."""
    return [_of_file(home() / "pipelines" / name) for name in ("graph.yaml", "prospects.yaml")]


def wealth_champion(run: Snapshot) -> str:
    """Version of the model that look-alikes are judged against."""
    return scoring_version(run.bank_name, "wealth", run.as_of)


def not_served(run: Snapshot) -> str:
    """Why a use case is not trained; a use case that was asked for by name raises an error later on instead."""
    if run.use_case in run.use_cases:
        return ""
    if run.use_cases:
        return _("not among the use cases asked for")
    absent = missing(run.bank, load_use_case(run.use_case), run.work, run.as_of)
    return _("switched off: this bank lacks {absent}", absent=", ".join(absent)) if absent else ""


def not_scored(run: Snapshot) -> str:
    """Why a use case is not scored."""
    if not_served(run) or champion(run):
        return not_served(run)
    return _("no champion, so no scores and no list; the notebook 4_train says why")


def _of_file(path: Path) -> str:
    return of_file(path) if path.exists() else ""


def _use_case(name: str) -> str:
    return (home() / "pipelines" / "use_cases" / f"{name}.yaml").read_text("utf-8")
