"""The stages of a refresh as the notebooks call them, without the pictures."""

from datetime import date
from pathlib import Path

from bench.scale.quarter import books_until
from goldmine.activity import build_activity
from goldmine.contract.bank import Bank
from goldmine.contract.intake import load_bank, open_bank
from goldmine.contract.mapping import load_mapping
from goldmine.core.dates import month_end
from goldmine.core.work import Work
from goldmine.execution.wanted import wanted_cutoffs, wanted_use_cases
from goldmine.features import build_features
from goldmine.lists import publish
from goldmine.models.judge import judge
from goldmine.models.log import Training, log_training
from goldmine.models.registry import register
from goldmine.models.rows import read_rows, training_fingerprint
from goldmine.models.score import score as score_everyone
from goldmine.models.tracking import tracked
from goldmine.models.train import train as fit
from goldmine.sample import write_bank
from goldmine.usecases import load_use_case
from goldmine.validation import require, validate_bank

SEED = 20240331


def bank(place: Path, customers: str, months: str) -> None:
    """Make the sample bank."""
    write_bank(place / "bank", customers=int(customers), months=int(months), seed=1, end=date(2024, 6, 30))


def first(place: Path) -> None:
    """Lay the bank's books out as they stood a quarter before their end."""
    books = load_mapping(place / "bank").books_to
    books_until(place / "bank", month_end(books, -3), place / "first")


def validate(place: Path, folder: str) -> None:
    """Take the tables of a folder in and hold them against their suites."""
    work = Work(place / "work")
    tables = open_bank(place / folder, work)
    require(validate_bank(tables, work))


def activity(place: Path) -> None:
    """Make the months that are missing."""
    tables, work = opened(place)
    build_activity(tables, work)


def features(place: Path) -> None:
    """Make the feature tables of all cutoffs that are missing."""
    tables, work = opened(place)
    names = wanted_use_cases(tables, work, tables.books_to)
    build_features(tables, work, wanted_cutoffs(tables, names, tables.books_to))


def train(place: Path, name: str) -> None:
    """Train a use case, judge it and register it."""
    tables, work = opened(place)
    case, as_of = load_use_case(name), tables.books_to
    learnt = read_rows(tables, work, case, as_of, SEED)
    fitted = fit(case, learnt.train, learnt.calibrate, SEED)
    judged = judge(fitted.model, learnt.judge, case)
    mark = training_fingerprint(tables, work, case, as_of, SEED)
    with tracked(tables.name) as run_id:
        log_training(Training(tables, case, str(as_of), mark, learnt, fitted, judged), {})
    outcome = register(tables.name, name, run_id, judged)
    print(f"  {name}: {fitted.rounds} trees on {learnt.train.num_rows:,} rows, AUC {judged.model.auc:.4f}, {outcome}")


def score(place: Path, name: str) -> None:
    """Score everyone eligible."""
    tables, work = opened(place)
    score_everyone(tables, work, load_use_case(name), tables.books_to)


def release(place: Path) -> None:
    """Publish all lists."""
    tables, work = opened(place)
    publish(tables, work, wanted_use_cases(tables, work, tables.books_to), tables.books_to)


def opened(place: Path) -> tuple[Bank, Work]:
    """The bank that was taken in last, and its work folder."""
    work = Work(place / "work")
    return load_bank(work), work
