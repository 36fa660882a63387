"""A training is kept, registered, and becomes champion if it may."""

from collections.abc import Mapping
from dataclasses import replace

from matplotlib.figure import Figure

from goldmine.core.i18n import _
from goldmine.governance.compare import Comparison
from goldmine.governance.drift.reference import Reference, learn_reference, log_reference
from goldmine.governance.model_card import Subject, model_card
from goldmine.governance.model_card_page import card_html
from goldmine.governance.promotion import propose as propose_model
from goldmine.governance.run_log import log_comparison
from goldmine.models.evaluation import reliability
from goldmine.models.registry import Registration
from goldmine.models.run_log import Training, log_training
from goldmine.models.tracking import attach_text, tracked
from goldmine.models.training_set import training_fingerprint
from goldmine.pipeline.lab.session import Desk
from goldmine.pipeline.lab.training import Beside, Trained
from goldmine.plots import models as drawings


def propose(desk: Desk, trained: Trained, beside: Beside) -> Registration:
    """Keep a training and let it become champion, if it may; see `submit`.

    A model with the features of a file that is only tried is always refused: the job does not make them.
    """
    judged, case, compared = trained.judged, trained.use_case, beside.comparison
    if desk.family:
        adopt = _(
            "its features in {family} are only tried: move the file to src/goldmine/features/families first",
            family=desk.family,
        )
        compared = replace(compared, refusals=(*compared.refusals, adopt))
    figures = {
        "comparison": drawings.beaten(judged.frame()),
        "calibration": drawings.reliability_figure(reliability(judged.outcome, judged.probability)),
        "beside_champion": beside.figure,
    }
    mark = training_fingerprint(desk.bank, desk.work, case, desk.as_of, trained.seed)
    training = Training(desk.bank, case, str(desk.as_of), mark, trained.rows, trained.fitted, judged)
    reference = learn_reference(trained.fitted, trained.rows, judged.probability, judged.list_size)
    return submit(desk, training, compared, reference, figures)


def submit(
    desk: Desk, training: Training, compared: Comparison, reference: Reference, figures: Mapping[str, Figure]
) -> Registration:
    """Keep a training on an MLflow run with its model card, register it and let it become champion, if it may.

    Refusal is the default; either way the journal says so.

    Parameters
    ----------
    training, compared, reference : Training, Comparison, Reference
        What was learnt from what, how it stands beside the champion, and what later scores are compared with.
    figures : mapping of str to Figure
        Pictures to keep, by file name without ending; ``comparison`` and ``calibration`` stand on the card too.
    """
    with tracked(desk.bank.name) as run_id:
        log_reference(reference)
        log_comparison(compared)
        log_training(training, figures)
    made = propose_model(desk.bank.name, training.use_case.name, run_id, training.evaluation, compared)
    subject = Subject(training, compared, made, reference, desk.dictionary, run_id)
    attach_text(run_id, "model_card.html", card_html(model_card(subject, figures), desk.language))
    return made
