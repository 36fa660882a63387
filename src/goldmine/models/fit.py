"""The fit of one training, whatever its rows are: of past cutoffs, or of a table made elsewhere."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from goldmine.labels.use_case import Training, UseCase
from goldmine.models.external.ensemble import Blended, again, blend
from goldmine.models.train import Fitted, train
from goldmine.models.training_set import TrainingSet


def fit(use_case: UseCase, rows: TrainingSet, seed: int, tuned: Sequence[Training] = ()) -> Fitted:
    """Fit what is to be judged; the rows to judge by are not looked at.

    Parameters
    ----------
    use_case : UseCase
        Its training settings count, unless others were found by tuning.
    rows : TrainingSet
        Cutoffs: trees are stopped and calibrated on the later one. A table: on folds of its rows.
    seed : int
        Same rows and seed, same model to the bit.
    tuned : sequence of Training
        From `goldmine.models.tuning`, best first.

    Raises
    ------
    UseCaseError
        If the rows hold one class only or too few outcomes.
    """
    if rows.calibrate is None:
        return blend(use_case, rows.train, seed, tuned)
    asked = use_case.model_copy(update={"training": tuned[0]}) if tuned else use_case
    return train(asked, rows.train, rows.calibrate, seed)


def keep(use_case: UseCase, rows: TrainingSet, fitted: Fitted, seed: int) -> Fitted:
    """The fit that is kept once it has been judged.

    Of cutoffs it is the one that was judged. A table may be small, so there the judged recipe is learnt once more, now
    from the judged rows too.
    """
    if not isinstance(fitted, Blended):
        return fitted
    held_out = np.concatenate([fitted.held_out, fitted.model.log_odds(rows.test)])
    return again(use_case, pa.concat_tables([rows.train, rows.test]), fitted, held_out, seed)
