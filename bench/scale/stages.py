"""The stages of a refresh as the notebooks call them, without plots."""

from datetime import date
from pathlib import Path

from bench.scale.quarter import books_until
from goldmine.activity import build_activity
from goldmine.contract.bank import Bank
from goldmine.contract.intake import load_bank, open_bank
from goldmine.contract.mapping import load_mapping
from goldmine.core.dates import month_end
from goldmine.core.workspace import Workspace
from goldmine.features import build_features
from goldmine.governance.scoring_champion import scoring_champion
from goldmine.labels.use_case import load_use_case
from goldmine.models.score import score as score_everyone
from goldmine.pipeline import lab
from goldmine.pipeline.selection import required_cutoffs, selected_use_cases
from goldmine.publishing import publish
from goldmine.sample import write_bank
from goldmine.validation import require, validate_bank

SEED = 20240331


def bank(folder: Path, customers: str, months: str) -> None:
    """Make the sample bank."""
    write_bank(folder / "bank", customers=int(customers), months=int(months), seed=1, end=date(2024, 6, 30))


def first(folder: Path) -> None:
    """Write the bank's tables as of a quarter before their end."""
    books = load_mapping(folder / "bank").data_until
    books_until(folder / "bank", month_end(books, -3), folder / "first")


def validate(folder: Path, bank_folder: str) -> None:
    """Take in the tables of a folder and validate them."""
    work = Workspace(folder / "work")
    tables = open_bank(folder / bank_folder, work)
    require(validate_bank(tables, work))


def activity(folder: Path) -> None:
    """Make the months that are missing."""
    tables, work = opened(folder)
    build_activity(tables, work)


def features(folder: Path) -> None:
    """Make the feature tables of all cutoffs that are missing."""
    tables, work = opened(folder)
    names = selected_use_cases(tables, work, tables.data_until)
    build_features(tables, work, required_cutoffs(tables, names, tables.data_until))


def train(folder: Path, name: str) -> None:
    """Train a use case, evaluate it, register it and make it champion."""
    session = lab.open_session(str(folder / "work"))
    trained = lab.train(session, name, SEED)
    registered = lab.propose(session, trained, lab.compare(session, trained))
    if not registered.champion:
        raise SystemExit(f"{name}: {'; '.join(registered.refusals)}")
    rows, auc = trained.rows.train.num_rows, trained.evaluation.model.auc
    print(
        f"  {name}: {trained.fitted.best_iteration} trees on {rows:,} rows, AUC {auc:.4f}, version {registered.version}"
    )


def score(folder: Path, name: str) -> None:
    """Score every eligible customer."""
    tables, work = opened(folder)
    best = scoring_champion(tables.name, name, tables.data_until)
    score_everyone(tables, work, load_use_case(name), tables.data_until, best)


def release(folder: Path) -> None:
    """Publish all lists."""
    tables, work = opened(folder)
    publish(tables, work, selected_use_cases(tables, work, tables.data_until), tables.data_until)


def opened(folder: Path) -> tuple[Bank, Workspace]:
    """The bank of the last intake, and its work folder."""
    work = Workspace(folder / "work")
    return load_bank(work), work
