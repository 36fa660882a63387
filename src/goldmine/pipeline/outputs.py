"""What steps make: the files that a step must leave behind.

Each function takes the snapshot that a step runs for; the table in ``pipelines/definitions.py`` names them.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from goldmine.core.parquet import parquet_files
from goldmine.customers.table import customers_days, customers_path, require_current_customers
from goldmine.features import require_current
from goldmine.identity.household_table import households_path
from goldmine.pipeline import inputs
from goldmine.pipeline.snapshot import Snapshot


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

    path = require_current_scores(run.work, run.use_case, run.as_of, inputs.champion(run))
    return [path, path.with_suffix(".json"), run.work.drift(run.as_of, run.use_case)]


def release_files(run: Snapshot) -> Iterable[Path]:
    """Every file of the release that today's inputs make."""
    from goldmine.publishing.release_inputs import read_scored, release_id_of

    scored = [read_scored(run.work, name, run.as_of) for name in inputs.listed(run)]
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


def linkage_files(run: Snapshot) -> Iterable[Path]:
    """The pairs and the weights; not the review sheet, which staff fill in."""
    return [run.work.linkage(run.as_of) / name for name in ("pairs.parquet", "model.json")]


def household_files(run: Snapshot) -> Iterable[Path]:
    """The households of the snapshot."""
    return [households_path(run.work, run.as_of)]


def credit_files(run: Snapshot) -> Iterable[Path]:
    """Limits, and the lists of credit and of money that ends or lies idle."""
    lists = [path for name in ("credit_", "wealth_") for path in list_files(name)(run)]
    return [run.work.root / "credit" / str(run.as_of) / "limits.parquet", *lists]


def grid_files(run: Snapshot) -> Iterable[Path]:
    """The grid, and the lists of cards."""
    return [run.work.root / "grid" / f"{run.as_of}.parquet", *list_files("cards_")(run)]
