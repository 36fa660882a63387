"""The folds that tuning looks at: of past cutoffs in the order of time, or of a table as its blend is checked."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from goldmine.core.errors import HistoryError
from goldmine.labels import outcome_end, selected_features
from goldmine.labels.use_case import UseCase
from goldmine.models.external.ensemble import folds_of
from goldmine.models.folds import Part, Places, parts_of
from goldmine.models.training_set import TrainingSet


def tuning_parts(use_case: UseCase, rows: TrainingSet, seed: int) -> tuple[list[Part], int]:
    """Folds of the rows that a training may learn from and be calibrated on, and how many rows these are.

    Each fold of cutoffs is checked at one, by what was learnt from those whose outcomes were complete by then.

    Raises
    ------
    HistoryError
        If the cutoffs are too few or too close for that.
    """
    table = rows.train
    if rows.calibrate is not None:
        table = pa.concat_tables([rows.train, rows.calibrate], promote_options="default")
        if "weight" in table.column_names:
            place = table.column_names.index("weight")
            table = table.set_column(place, "weight", pc.fill_null(table["weight"], 1.0))
    outcome = table["outcome"].to_numpy().astype(np.int8)
    folds = folds_of(table, outcome, seed) if rows.calibrate is None else cutoff_folds(use_case, table["cutoff"])
    parts = parts_of(table, selected_features(use_case, table.column_names), outcome, folds, seed)
    if not parts:
        raise HistoryError(
            f"{use_case.name}: no two of its past cutoffs lie so far apart that the outcome of one is complete at the "
            "other, so nothing can be tuned.",
            "Raise train_cutoffs in the use case's file, or train without tuning.",
        )
    return parts, table.num_rows


def cutoff_folds(use_case: UseCase, cutoffs: pa.ChunkedArray) -> list[Places]:
    """A fold for each cutoff that others were complete at; the oldest ones are checked by nothing."""
    days = cutoffs.to_numpy().astype("datetime64[D]")
    found = []
    for day in np.unique(days):
        known = [past for past in np.unique(days) if outcome_end(use_case, _date(past)) <= _date(day)]
        fit = np.flatnonzero(np.isin(days, known))
        if len(fit):
            found.append((fit, np.flatnonzero(days == day)))
    return found


def _date(day: np.datetime64) -> date:
    found: date = day.astype(object)
    return found
