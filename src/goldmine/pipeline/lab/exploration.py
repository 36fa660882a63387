"""The features of a cutoff, a summary of each, and a trial of a new family of features."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from goldmine.core.dates import parse_month_end
from goldmine.core.errors import ParameterError
from goldmine.core.i18n import _
from goldmine.core.workspace import Workspace, at_home
from goldmine.features.catalogue import try_folder
from goldmine.labels import plan_cutoffs
from goldmine.labels.use_case import load_use_case
from goldmine.pipeline.lab.rows import link_activity, rows_at
from goldmine.pipeline.session import Session


def features(session: Session, use_case: str, cutoff: str = "") -> pd.DataFrame:
    """Features of everyone eligible at a cutoff, with their outcome if it is complete at the snapshot.

    Features that are missing, or whose tables or code have changed, are made first.

    Parameters
    ----------
    use_case : str
        A file of ``pipelines/use_cases``.
    cutoff : str
        A month end; empty for the use case's test cutoff, the latest whose outcome is complete.

    Returns
    -------
    pandas.DataFrame
        A row a customer, by customer_id; every feature, and ``outcome`` (0 or 1) if it is complete.
    """
    case = load_use_case(use_case, session.work)
    day = parse_month_end(cutoff) if cutoff else plan_cutoffs(case, session.as_of, session.bank).test
    return rows_at(session, case, day).drop_columns(["cutoff"]).to_pandas().set_index("customer_id")


def univariate_summary(known: pd.DataFrame, names: list[str] | None = None) -> pd.DataFrame:
    """Summarise each feature alone: how often it is known, its medians and its AUC; never a customer's values.

    Parameters
    ----------
    known : pandas.DataFrame
        The result of `features`, with the outcome.
    names : list of str, optional
        Features to summarise; none means all numeric ones.

    Returns
    -------
    pandas.DataFrame
        A row a feature, the strongest first: known (share of rows), median without and with the outcome, auc (of the
        feature alone; 0.5 is chance, below it a high value makes the outcome less likely).
    """
    if "outcome" not in known.columns:
        raise ParameterError(
            _("univariate_summary: the outcome of this cutoff is not complete yet."), _("Load an earlier cutoff.")
        )
    outcome = known["outcome"].to_numpy()
    numeric = known.drop(columns="outcome").select_dtypes("number")
    rows = {}
    for name in names or list(numeric.columns):
        values = numeric[name].to_numpy(dtype=np.float64)
        known_rows = np.isfinite(values)
        has_both = 0 < outcome[known_rows].sum() < known_rows.sum()
        rows[name] = {
            "known": known_rows.mean(),
            "without": np.median(values[known_rows & (outcome == 0)]) if has_both else np.nan,
            "with": np.median(values[known_rows & (outcome == 1)]) if has_both else np.nan,
            "auc": roc_auc_score(outcome[known_rows], values[known_rows]) if has_both else np.nan,
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.sort_values("auc", key=lambda auc: (auc - 0.5).abs(), ascending=False)


def try_family(session: Session, file: str) -> Session:
    """Open a session that has the features of one more file too, in a folder of its own.

    Lists, champions and the job's own features stay as they are. To take up a change of the file, call it again.

    Parameters
    ----------
    file : str
        A Python file with a function of the file's name; see ``examples/families``.
    """
    source = at_home(file)
    if not source.is_file() or source.suffix != ".py" or not source.stem.isidentifier():
        raise ParameterError(
            _("{file}: is not a Python file of features.", file=file), _("Copy examples/families/spending.py.")
        )
    standing = session.standing or session.work
    apart = Workspace(standing.root / "lab" / source.stem)
    folder = apart.root / "families"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(source, folder)
    link_activity(apart, standing)
    try_folder(folder)
    return replace(session, work=apart, family=file, standing=standing)
