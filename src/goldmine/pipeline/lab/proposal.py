"""Log a training, register its model, and promote it if every gate passes."""

from collections.abc import Mapping
from dataclasses import replace

from matplotlib.figure import Figure

from goldmine.core.i18n import _
from goldmine.features import feature_dictionary
from goldmine.governance.compare import Comparison
from goldmine.governance.drift.reference import Reference, learn_reference, log_reference
from goldmine.governance.model_card import Subject, model_card
from goldmine.governance.model_card_page import card_html
from goldmine.governance.promotion import propose as propose_model
from goldmine.governance.run_log import log_comparison
from goldmine.models.evaluation import reliability
from goldmine.models.external.result import keep_result
from goldmine.models.registry import Registration
from goldmine.models.run_log import TrainingRecord, log_training
from goldmine.models.tracking import attach_text, tracked
from goldmine.models.training_set import training_fingerprint
from goldmine.pipeline.lab.rows import made_for
from goldmine.pipeline.lab.training import ChampionChallenge, Trained
from goldmine.pipeline.session import Session
from goldmine.plots.models import beaten, reliability_figure


def propose(session: Session, trained: Trained, challenge: ChampionChallenge) -> Registration:
    """Log a training and promote its model if every gate passes; see `submit`.

    A model with features of a file on trial is always refused, since the job does not make those features.
    """
    evaluation, compared = trained.evaluation, challenge.comparison
    if session.family:
        adopt = _(
            "its features in {family} are only tried: move the file to src/goldmine/features/families first",
            family=session.family,
        )
        compared = replace(compared, refusals=(*compared.refusals, adopt))
    figures = {
        "comparison": beaten(evaluation.frame()),
        "calibration": reliability_figure(reliability(evaluation.outcome, evaluation.probability)),
        "champion_challenge": challenge.figure,
    }
    reference = learn_reference(trained.fitted, trained.rows, evaluation.probability, evaluation.list_size)
    return submit(made_for(session, trained.use_case), trained, compared, reference, figures)


def submit(
    session: Session, trained: Trained, compared: Comparison, reference: Reference, figures: Mapping[str, Figure]
) -> Registration:
    """Log a training to an MLflow run with its model card, register its model and promote it if every gate passes.

    Refusal is the default; the journal records the decision either way.

    Parameters
    ----------
    trained, compared, reference : Trained, Comparison, Reference
        The training, its comparison with the champion, and the reference that later scores are compared with.
    figures : mapping of str to Figure
        Figures by file name without suffix; ``comparison`` and ``calibration`` are on the model card too.
    """
    fingerprint = training_fingerprint(
        session.bank, session.work, trained.use_case, session.as_of, trained.seed, tuned=trained.tuned
    )
    training = TrainingRecord(
        session.bank,
        trained.use_case,
        str(session.as_of),
        fingerprint,
        trained.rows,
        trained.fitted,
        trained.evaluation,
    )
    with tracked(session.bank.name) as run_id:
        log_reference(reference)
        log_comparison(compared)
        log_training(training, figures)
    registered = propose_model(session.bank.name, trained.use_case.name, run_id, trained.evaluation, compared)
    subject = Subject(training, compared, registered, reference, feature_dictionary(session.work), run_id)
    attach_text(run_id, "model_card.html", card_html(model_card(subject, figures), session.language))
    keep_result(session.work, training, registered)
    return registered
