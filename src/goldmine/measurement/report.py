"""One campaign measured: every figure that the notebook shows and the model's run keeps."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from goldmine.measurement.curves import qini, qini_curve, uplift_by_score
from goldmine.measurement.effect import Cut, cut, cuts
from goldmine.measurement.money import Money, money
from goldmine.measurement.predicted_observed import Compliance, compliance, promise
from goldmine.models.uplift.effect import Estimate, NotMeasurable

CUTS = {"use_case": "use_case", "decile": "decile", "branch": "branch_id", "channel": "channel", "offer": "offer"}


@dataclass(frozen=True)
class Measured:
    """What a campaign changed.

    Parameters
    ----------
    whole : Cut
        All of its customers.
    by : dict of str to tuple of Cut
        By use case, decile, branch, channel and offer.
    score : str
        What the list was ordered by: ``uplift`` where all of the campaign's customers have one, else ``probability``.
    by_score : tuple of Cut
        Fifths by it, 1 the highest.
    curve : DataFrame
        See `qini_curve`.
    qini : Estimate or NotMeasurable
        What the list's order gained over chance.
    money : Money
        Cost, and what came of it.
    promise : DataFrame
        See `promise`.
    compliance : Compliance
        Whether the field did as it was asked.
    """

    whole: Cut
    by: dict[str, tuple[Cut, ...]]
    score: str
    by_score: tuple[Cut, ...]
    curve: pd.DataFrame
    qini: Estimate | NotMeasurable
    money: Money
    promise: pd.DataFrame
    compliance: Compliance


def measure(rows: pd.DataFrame, costs: Mapping[str, float]) -> Measured:
    """Measure a campaign from its results.

    Parameters
    ----------
    rows : DataFrame
        From `goldmine.measurement.campaign_results.read_results`.
    costs : mapping of str to float
        Yuan a contact, by channel.
    """
    score = "uplift" if rows["uplift"].notna().all() else "probability"
    return Measured(
        cut(rows, "all"),
        {name: cuts(rows, column) for name, column in CUTS.items()},
        score,
        cuts(rows.assign(fifth=uplift_by_score(rows, score)), "fifth"),
        qini_curve(rows, score),
        qini(rows, score),
        money(rows, costs),
        promise(rows),
        compliance(rows),
    )


def figures(found: Measured) -> dict[str, float]:
    """The figures by name, as a run keeps them; what is not measurable is not there."""
    told: dict[str, float] = {"contact": found.whole.contact, "control": found.whole.control, "cost": found.money.cost}
    estimates = {
        "effect": found.whole.effect,
        "qini": found.qini,
        "aum_moved": found.money.moved,
        "extra_customers": found.money.converted,
    }
    for name, one in estimates.items():
        if isinstance(one, Estimate):
            told |= {name: one.value, f"{name}_low": one.low, f"{name}_high": one.high}
    kept = found.compliance
    shares = {
        "worked_share": kept.worked / kept.contact if kept.contact else None,
        "contaminated_share": kept.contaminated / kept.control if kept.control else None,
        "cost_per_extra_yuan": found.money.per_yuan,
        "cost_per_extra_customer": found.money.per_customer,
    }
    return {name: float(value) for name, value in (told | shares).items() if value is not None}


def compliance_table(found: Compliance) -> pd.DataFrame:
    """Counts of compliance, a row a figure: what (a code), customers, of."""
    lines = [
        ("worked", found.worked, found.contact),
        ("reached", found.reached, found.contact),
        ("not_worked", found.contact - found.worked, found.contact),
        ("late", found.late, found.worked),
        ("other_channel", found.elsewhere, found.worked),
        ("contaminated", found.contaminated, found.control),
    ]
    return pd.DataFrame(lines, columns=["what", "customers", "of"])
