"""The rows of a session; where a family is tried, its features are joined to rows that are read once a kernel."""

import json
import os
import re
from dataclasses import replace
from datetime import date
from functools import partial

import pyarrow as pa

from goldmine.activity import build_activity
from goldmine.contract.bank import Bank
from goldmine.core.kept import Kept
from goldmine.core.workspace import Workspace
from goldmine.features import build_features
from goldmine.features.build import stale_cutoffs
from goldmine.features.catalogue import plan_on_trial, without_trial
from goldmine.features.trial import build_trial_features, joined
from goldmine.governance.row_figures import Standing, measured, parts_of
from goldmine.labels import feature_days, plan_cutoffs, selected_features
from goldmine.labels.cutoffs import last_month_end, outcome_end
from goldmine.labels.eligibility import eligible_rows, training_rows
from goldmine.labels.outcomes.later_features import BEFORE
from goldmine.labels.use_case import UseCase
from goldmine.models.training_set import TrainingSet, read_training_set, training_fingerprint
from goldmine.pipeline.session import Session

_rows = Kept[tuple[TrainingSet, Standing]]()
"""The rows of the last training without what is tried, and their figures for the leakage gate, by work folder."""


def rows_at(session: Session, case: UseCase, day: date) -> pa.Table:
    """Everyone eligible at a cutoff with every feature, and the labels where the outcome is complete."""
    session = made_for(session, case)
    complete = outcome_end(case, day) <= session.as_of
    later = [last_month_end(outcome_end(case, day))] if complete and case.outcome.reads_features else []
    make_features(session, [*later, day])
    work = session.standing or session.work
    rows = training_rows(session.bank, work, case, day, session.as_of) if complete else eligible_rows(work, case, day)
    return joined(rows, session.bank, session.work) if session.standing else rows


def training_set(session: Session, case: UseCase, seed: int) -> tuple[TrainingSet, Standing | None]:
    """The rows of a training, and what the leakage gate knows of them; missing features are made first."""
    bank, standing, as_of = session.bank, session.standing, session.as_of
    make_features(session, list(feature_days(case, plan_cutoffs(case, as_of, bank))))
    if standing is None:
        return read_training_set(bank, session.work, case, as_of, seed), None
    with without_trial():
        made_of = training_fingerprint(bank, standing, case, as_of, seed)
        rows, known = _rows.get(standing, made_of, partial(_read, bank, standing, case, as_of, seed))
    parts = {name: joined(table, bank, session.work) for name, table in parts_of(rows).items()}
    return replace(rows, **parts), known


def made_for(session: Session, case: UseCase) -> Session:
    """The session whose tables a use case is read from.

    Who is eligible, and the outcome, are found in the tables that stand. Where they depend on a feature that is tried,
    tables of all features are made in a folder apart.
    """
    if session.standing is None or not _depends(case, plan_on_trial()[1]):
        return session
    whole = Workspace(session.work.root / "whole")
    link_activity(whole, session.standing)
    return replace(session, work=whole, standing=None)


def make_features(session: Session, cutoffs: list[date]) -> None:
    """Bring activity and the features of some cutoffs up to date.

    Parameters
    ----------
    cutoffs : list of date
        Month ends; features that are unchanged are not made again. Where a file is tried, its own are made alone, after
        the job's, which are brought up to date first.
    """
    bank, standing = session.bank, session.standing
    if standing:
        with without_trial():
            if stale_cutoffs(bank, standing, cutoffs):
                make_features(replace(session, work=standing, standing=None), cutoffs)
    with session.work.lock():
        build_activity(bank, session.work)
        if standing:
            build_trial_features(bank, standing, session.work, cutoffs)
        else:
            build_features(bank, session.work, cutoffs)


def link_activity(apart: Workspace, standing: Workspace) -> None:
    """Let a folder read the activity of another."""
    apart.root.mkdir(parents=True, exist_ok=True)
    if not apart.activity.exists():
        apart.activity.symlink_to(os.path.relpath(standing.activity, apart.root))


def _read(bank: Bank, work: Workspace, case: UseCase, as_of: date, seed: int) -> tuple[TrainingSet, Standing]:
    rows = read_training_set(bank, work, case, as_of, seed)
    return rows, Standing(work, measured(parts_of(rows), selected_features(case, rows.train.column_names)))


def _depends(case: UseCase, features: tuple[str, ...]) -> bool:
    """Whether who is eligible, or the outcome, depends on some features."""
    conditions = json.dumps(case.model_dump(mode="json", include={"eligible", "any_of", "outcome"}))
    words = re.findall(r"\w+", conditions)
    return not {*words, *(word.removesuffix(BEFORE) for word in words)}.isdisjoint(features)
