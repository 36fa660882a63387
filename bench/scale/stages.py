"""The stages of a refresh as the notebooks call them, without the pictures."""

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
from goldmine.labels.use_case import load_use_case
from goldmine.models.score import score as score_everyone
from goldmine.pipeline import lab
from goldmine.pipeline.selection import required_cutoffs, selected_use_cases
from goldmine.publishing import publish
from goldmine.sample import write_bank
from goldmine.validation import require, validate_bank

SEED = 20240331


def bank(place: Path, customers: str, months: str) -> None:
    """Make the sample bank."""
    write_bank(place / "bank", customers=int(customers), months=int(months), seed=1, end=date(2024, 6, 30))


def first(place: Path) -> None:
    """Lay the bank's books out as they stood a quarter before their end."""
    books = load_mapping(place / "bank").data_until
    books_until(place / "bank", month_end(books, -3), place / "first")


def validate(place: Path, folder: str) -> None:
    """Take the tables of a folder in and hold them against their suites."""
    work = Workspace(place / "work")
    tables = open_bank(place / folder, work)
    require(validate_bank(tables, work))


def activity(place: Path) -> None:
    """Make the months that are missing."""
    tables, work = opened(place)
    build_activity(tables, work)


def features(place: Path) -> None:
    """Make the feature tables of all cutoffs that are missing."""
    tables, work = opened(place)
    names = selected_use_cases(tables, work, tables.data_until)
    build_features(tables, work, required_cutoffs(tables, names, tables.data_until))


def train(place: Path, name: str) -> None:
    """Train a use case, judge it, keep it and let it become champion."""
    session = lab.open_session(str(place / "work"))
    trained = lab.train(session, name, SEED)
    made = lab.propose(session, trained, lab.compare(session, trained))
    if not made.champion:
        raise SystemExit(f"{name}: {'; '.join(made.refusals)}")
    rows, auc = trained.rows.train.num_rows, trained.evaluation.model.auc
    print(f"  {name}: {trained.fitted.best_iteration} trees on {rows:,} rows, AUC {auc:.4f}, version {made.version}")


def score(place: Path, name: str) -> None:
    """Score everyone eligible."""
    tables, work = opened(place)
    score_everyone(tables, work, load_use_case(name), tables.data_until)


def release(place: Path) -> None:
    """Publish all lists."""
    tables, work = opened(place)
    publish(tables, work, selected_use_cases(tables, work, tables.data_until), tables.data_until)


def opened(place: Path) -> tuple[Bank, Workspace]:
    """The bank that was taken in last, and its work folder."""
    work = Workspace(place / "work")
    return load_bank(work), work
