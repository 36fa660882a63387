"""Train a model as the job does, and compare it with the champion."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import escape
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from pydantic import ValidationError

from goldmine.core.errors import ParameterError
from goldmine.core.figure_png import png
from goldmine.core.i18n import _
from goldmine.governance.compare import Comparison
from goldmine.governance.compare import compare as compare_models
from goldmine.governance.leakage import leak_gate
from goldmine.labels.training_settings import Training
from goldmine.labels.use_case import UseCase, load_use_case
from goldmine.models.evaluation import Evaluation, evaluate
from goldmine.models.model import Fitted
from goldmine.models.train import fit
from goldmine.models.training_set import TrainingSet
from goldmine.pipeline.lab.rows import made_for, training_set
from goldmine.pipeline.session import Session
from goldmine.plots.governance import against_champion
from goldmine.plots.notebook_tables import show_table
from goldmine.plots.style import localized


@dataclass(frozen=True)
class Trained:
    """A trained model: its training set, fit and out-of-time evaluation, tuned settings, and unsigned warnings."""

    use_case: UseCase
    seed: int
    rows: TrainingSet
    fitted: Fitted
    evaluation: Evaluation
    tuned: Sequence[Training] = ()
    unsigned: Sequence[str] = ()


@dataclass(frozen=True)
class ChampionChallenge:
    """A trained model compared with the champion; a notebook shows it as a table and a figure."""

    comparison: Comparison
    figure: Figure

    @property
    def table(self) -> pd.DataFrame:
        """A row a figure: champion, challenger, their difference and its 95% interval."""
        return self.comparison.frame()

    def _repr_html_(self) -> str:
        image = base64.b64encode(png(self.figure)).decode()
        version, reason = self.comparison.champion, self.comparison.not_compared
        against = _("compared with version {version}", version=version) if version and not reason else reason
        shown = show_table(self.table, "{:.4f}", index=True).set_caption(str(escape(localized(against)))).to_html()
        return f'{shown}<img alt="" src="data:image/png;base64,{image}">'


def train(session: Session, use_case: str, seed: int | None = None, *, max_rows: int = 0) -> Trained:
    """Train a use case as the job does: several past cutoffs, a later one to calibrate, the latest to test.

    Parameters
    ----------
    seed : int, optional
        The same seed gives the same model; the use case's own seed if none is given.
    max_rows : int
        Training rows at most, in place of the use case's own number, for a quick look; 0 means as many as the job.

    Raises
    ------
    ParameterError
        If `max_rows` is too small to learn from.
    LeakError
        If the rows hold what was not known at their cutoff.
    """
    case = _with_max_rows(load_use_case(use_case, session.work), max_rows)
    chosen = case.training.seed if seed is None else seed
    session = made_for(session, case)
    rows, standing = training_set(session, case, chosen)
    gate = leak_gate(session.bank, session.work, case, rows, session.as_of, standing=standing)
    fitted = fit(gate.use_case, rows, chosen)
    evaluation = evaluate(fitted.model, rows.test, gate.use_case)
    return Trained(gate.use_case, chosen, rows, fitted, evaluation, unsigned=gate.unsigned)


def _with_max_rows(case: UseCase, max_rows: int) -> UseCase:
    if not max_rows:
        return case
    try:
        training = Training.model_validate({**case.training.model_dump(), "max_rows": max_rows})
    except ValidationError as error:
        raise ParameterError(
            _("max_rows: {n} rows are too few to learn from.", n=max_rows), _("Give 1,000 or more, or 0 for the job's.")
        ) from error
    return case.model_copy(update={"training": training})


def compare(session: Session, trained: Trained) -> ChampionChallenge:
    """Evaluate the champion on the model's test rows, and decide whether the model may replace it."""
    comparison = compare_models(session.bank, trained.use_case, trained.evaluation, trained.rows.test, trained.unsigned)
    figure = against_champion(comparison.frame())
    plt.close(figure)  # shown once, beside its table
    return ChampionChallenge(comparison, figure)
