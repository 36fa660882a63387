"""A data scientist's desk: one whole idea in a handful of calls, on the functions that the scheduled job runs on.

>>> desk = open_desk("data")                                   # doctest: +SKIP
>>> known = features(desk, "longtail")                         # doctest: +SKIP
>>> trial = try_family(desk, "examples/families/spending.py")  # doctest: +SKIP
>>> trained = train(trial, "longtail")                         # doctest: +SKIP
>>> beside = compare(trial, trained)                           # doctest: +SKIP
>>> propose(trial, trained, beside)                            # doctest: +SKIP
"""

import base64
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from sklearn.metrics import roc_auc_score

from goldmine.activity import build_activity
from goldmine.cards import Subject, card_page, model_card
from goldmine.contract.bank import Bank
from goldmine.contract.intake import load_bank
from goldmine.core.dates import parse_month_end, snapshot_date
from goldmine.core.errors import ParameterError
from goldmine.core.project import at_home
from goldmine.core.said import Said
from goldmine.core.work import Work
from goldmine.drift.reference import Reference, learn_reference, log_reference
from goldmine.features import Feature, build_features, feature_dictionary
from goldmine.features.catalogue import try_folder
from goldmine.governance.compare import Comparison
from goldmine.governance.compare import compare as compare_models
from goldmine.governance.leakage import leak_gate
from goldmine.governance.promotion import propose as propose_model
from goldmine.governance.record import log_comparison
from goldmine.labels import plan_cutoffs
from goldmine.labels.cutoffs import outcome_end
from goldmine.labels.rows import eligible_rows, training_rows
from goldmine.models.drawn import png
from goldmine.models.fit import fit
from goldmine.models.judge import Judgement, judge, reliability
from goldmine.models.log import Training, log_training
from goldmine.models.registry import Registration
from goldmine.models.rows import Rows, read_rows, training_fingerprint
from goldmine.models.tracking import attach_text, tracked
from goldmine.models.train import Fitted
from goldmine.pictures import models as drawings
from goldmine.pictures.governance import against_champion
from goldmine.pictures.style import use_language
from goldmine.usecases import UseCase, load_use_case


@dataclass(frozen=True)
class Desk:
    """Where one works: a bank's tables, a work folder, a snapshot.

    Parameters
    ----------
    bank : Bank
        The bank's canonical tables, as a run took them in.
    work : Work
        Where features are; a desk that tries a family has a folder of its own, so that no list changes by it.
    as_of : date
        The snapshot.
    language : str
        ``en`` or ``zh``, of figures and words.
    family : str
        The file of features that is tried; empty where none is.
    """

    bank: Bank
    work: Work
    as_of: date
    language: str = "en"
    family: str = ""

    @property
    def dictionary(self) -> tuple[Feature, ...]:
        """What the columns of the feature tables mean."""
        return feature_dictionary(self.work)


@dataclass(frozen=True)
class Trained:
    """A model and how it came to be: what it learnt from, the fit, and how it did out of time."""

    use_case: UseCase
    seed: int
    rows: Rows
    fitted: Fitted
    judged: Judgement


@dataclass(frozen=True)
class Beside:
    """A trained model beside the champion; a notebook shows it as a table and a figure."""

    comparison: Comparison
    figure: Figure

    @property
    def table(self) -> pd.DataFrame:
        """A row a figure: the champion's, the challenger's, their difference and its 95% interval."""
        return self.comparison.frame()

    def _repr_html_(self) -> str:
        image = base64.b64encode(png(self.figure)).decode()
        against = f"version {self.comparison.champion}" if self.comparison.champion else self.comparison.alone
        shown = self.table.style.format("{:.4f}", na_rep="").set_caption(against).to_html()
        return f'{shown}<img alt="" src="data:image/png;base64,{image}">'


def open_desk(work: str = "data", as_of: str = "", language: str = "en") -> Desk:
    """Open a work folder that a run has filled.

    Parameters
    ----------
    work : str
        The bank's work folder.
    as_of : str
        Snapshot date, ``YYYY-MM-DD``; empty for the last month end of the books.
    language : str
        ``en`` or ``zh``, of figures and words.
    """
    use_language(language)
    place = Work(at_home(work))
    bank = load_bank(place)
    return Desk(bank, place, snapshot_date(as_of, bank.books_to), language)


def features(desk: Desk, use_case: str, cutoff: str = "") -> pd.DataFrame:
    """Features of everyone eligible at a cutoff, and what became of them where that is known by the snapshot.

    Features that are not there, or whose tables or code have changed, are made first.

    Parameters
    ----------
    use_case : str
        A file of ``pipelines/use_cases``.
    cutoff : str
        A month end; empty for the use case's judging cutoff, the latest whose outcome is complete.

    Returns
    -------
    pandas.DataFrame
        A row a customer, by customer_id; every feature, and ``outcome`` (0 or 1) where it is complete.
    """
    case = load_use_case(use_case, desk.work)
    day = parse_month_end(cutoff) if cutoff else plan_cutoffs(case, desk.as_of, desk.bank.months("transactions")).judge
    _make(desk, [day])
    if outcome_end(case, day) <= desk.as_of:
        rows = training_rows(desk.bank, desk.work, case, day, desk.as_of)
    else:
        rows = eligible_rows(desk.work, case, day)
    return rows.drop_columns(["cutoff"]).to_pandas().set_index("customer_id")


def look(known: pd.DataFrame, names: list[str] | None = None) -> pd.DataFrame:
    """What each feature says by itself, without showing a customer.

    Parameters
    ----------
    known : pandas.DataFrame
        From `features`, with its outcome.
    names : list of str, optional
        Features to look at; none means all numbers.

    Returns
    -------
    pandas.DataFrame
        A row a feature, the most telling first: known (share of rows), median of those without and with the outcome,
        auc (of the feature alone; 0.5 says nothing, below it a high value speaks against the outcome).
    """
    if "outcome" not in known.columns:
        raise ParameterError("look: the outcome of this cutoff is not complete yet.", "Load an earlier cutoff.")
    outcome = known["outcome"].to_numpy()
    numeric = known.drop(columns="outcome").select_dtypes("number")
    rows = {}
    for name in names or list(numeric.columns):
        values = numeric[name].to_numpy(dtype=np.float64)
        here = np.isfinite(values)
        both = 0 < outcome[here].sum() < here.sum()
        rows[name] = {
            "known": here.mean(),
            "without": np.median(values[here & (outcome == 0)]) if both else np.nan,
            "with": np.median(values[here & (outcome == 1)]) if both else np.nan,
            "auc": roc_auc_score(outcome[here], values[here]) if both else np.nan,
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.sort_values("auc", key=lambda auc: (auc - 0.5).abs(), ascending=False)


def try_family(desk: Desk, file: str) -> Desk:
    """Open a desk where the features of one more file are there too, in a folder of its own.

    Lists, champions and the job's own features stay as they are. Called again after the file was changed, it takes the
    change up.

    Parameters
    ----------
    file : str
        A Python file with a function of the file's name; see ``examples/families``.
    """
    source = at_home(file)
    if not source.is_file() or source.suffix != ".py" or not source.stem.isidentifier():
        raise ParameterError(f"{file}: is not a Python file of features.", "Copy examples/families/spending.py.")
    apart = Work(desk.work.root / "lab" / source.stem)
    folder = apart.root / "families"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(source, folder)
    if not apart.activity.exists():
        apart.activity.symlink_to(os.path.relpath(desk.work.activity, apart.root))
    try_folder(folder)
    return replace(desk, work=apart, family=file)


def train(desk: Desk, use_case: str, seed: int | None = None) -> Trained:
    """Train a use case as the job does: several past cutoffs, a later one to calibrate, the latest to judge.

    Parameters
    ----------
    seed : int, optional
        Same seed, same model; the use case's own where none is given.

    Raises
    ------
    LeakError
        If the rows know what they could not have known.
    """
    case = load_use_case(use_case, desk.work)
    chosen = case.training.seed if seed is None else seed
    _make(desk, list(plan_cutoffs(case, desk.as_of, desk.bank.months("transactions")).all))
    rows = read_rows(desk.bank, desk.work, case, desk.as_of, chosen)
    leak_gate(desk.bank, desk.work, case, rows, desk.as_of)
    fitted = fit(case, rows, chosen)
    return Trained(case, chosen, rows, fitted, judge(fitted.model, rows.judge, case))


def compare(desk: Desk, trained: Trained) -> Beside:
    """Score the champion on the model's judging rows, and say whether the model may take over."""
    found = compare_models(desk.bank, trained.use_case, trained.judged, trained.rows.judge)
    figure = against_champion(found.frame())
    plt.close(figure)  # shown once, beside its table
    return Beside(found, figure)


def propose(desk: Desk, trained: Trained, beside: Beside) -> Registration:
    """Keep a training and let it become champion, if it may; see `submit`.

    A model with the features of a file that is only tried is always refused: the job does not make them.
    """
    judged, case, compared = trained.judged, trained.use_case, beside.comparison
    if desk.family:
        adopt = Said(
            f"its features in {desk.family} are only tried: move the file to src/goldmine/features/families first",
            f"{desk.family}中的特征仅供试用，请先将文件移至src/goldmine/features/families",
        )
        compared = replace(compared, refusals=(*compared.refusals, adopt))
    figures = {
        "comparison": drawings.beaten(judged.frame()),
        "calibration": drawings.reliability_figure(reliability(judged.outcome, judged.probability)),
        "beside_champion": beside.figure,
    }
    mark = training_fingerprint(desk.bank, desk.work, case, desk.as_of, trained.seed)
    training = Training(desk.bank, case, str(desk.as_of), mark, trained.rows, trained.fitted, judged)
    reference = learn_reference(trained.fitted, trained.rows, judged.probability, case.list_size)
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
    made = propose_model(desk.bank.name, training.use_case.name, run_id, training.judgement, compared)
    subject = Subject(training, compared, made, reference, desk.dictionary, run_id)
    attach_text(run_id, "model_card.html", card_page(model_card(subject, figures, desk.language)))
    return made


def _make(desk: Desk, cutoffs: list[date]) -> None:
    """Bring activity and the features of some cutoffs up to date."""
    with desk.work.lock():
        build_activity(desk.bank, desk.work)
        build_features(desk.bank, desk.work, cutoffs)
