"""A model of risk in words: how good it is, what the refused would have done, and what it does not use."""

from collections.abc import Iterator
from math import exp, isnan

from goldmine.core.i18n import LocalizedText, _, join_texts, pgettext
from goldmine.credit.risk import BuiltRisk
from goldmine.credit.risk_evaluation import RiskEvaluation
from goldmine.credit.risk_features import PROTECTED, RISK_FEATURES
from goldmine.credit.rules import CreditRules, RiskRules


def risk_lines(built: BuiltRisk, rules: CreditRules) -> Iterator[LocalizedText]:
    """The lines that the command prints."""
    found, risk = built.evaluation, rules.risk
    if risk is None:
        return
    yield _("Failed: {days} days in arrears within {months} months. Evaluated on {loans} loans from {day}, "
            "{bad} failed.",
            days=risk.outcome.days_overdue, months=risk.outcome.months, loans=f"{found.loans:,}",
            day=built.judged_from, bad=found.bad)  # fmt: skip
    yield _("AUC {auc} (at least {low}), KS {ks}, PSI {psi}; pairs ordered the wrong way: {wrong} of 10,000 a feature",
            auc=f"{found.auc:.3f}", low=f"{found.auc_low:.3f}", ks=f"{found.ks:.3f}", psi=f"{found.psi:.3f}",
            wrong=sum(built.violations.values()))  # fmt: skip
    for row in found.deciles.to_dict("records"):
        yield _("  tenth {decile}: {loans} loans, predicted {predicted}, failed {observed}", decile=int(row["decile"]),
                loans=int(row["loans"]), predicted=f"{row['predicted']:.1%}",
                observed=f"{row['observed']:.1%}")  # fmt: skip
    yield cut_off_line(found, risk)
    refused = int((built.applications.known["decision"] == "refused").sum())
    if refused:
        yield _("{n} of {all} applicants were refused. Of all, {chance} would fail under the bank's assumption "
                "(the refused with {factor} times the odds), {known} by granted loans alone. "
                "Nobody knows the truth: the factor is the bank's own judgement.",
                n=f"{refused:,}", all=f"{len(built.applications.known):,}", chance=f"{built.chance:.1%}",
                factor=f"{risk.reject_factor:g}", known=f"{built.chance_granted_only:.1%}")  # fmt: skip
    else:
        yield _("No refused applicants are known: the model is too kind to those who would have been refused.")
    if built.acceptance:
        model, judged = built.acceptance
        yield _("Offers: of {offers} later ones {taken} were taken, {predicted} predicted (AUC {auc}); a percentage "
                "point more multiplies the odds to take one by {factor}",
                offers=f"{judged.offers:,}", taken=f"{judged.taken / judged.offers:.1%}",
                predicted=f"{judged.predicted:.1%}", auc=f"{judged.auc:.3f}",
                factor=f"{exp(model.per_percent):.2f}")  # fmt: skip
    else:
        yield _("Past offers do not tell who takes one at which rate: each offer counts as taken.")
    comma = pgettext("list", ", ")
    yield _("It uses {used}. It does not use {unused}.",
            used=join_texts([RISK_FEATURES[name].title for name in built.model.features], comma),
            unused=join_texts(list(PROTECTED.values()), comma))  # fmt: skip


def cut_off_line(found: RiskEvaluation, risk: RiskRules) -> LocalizedText:
    """What granting up to the cut-off would have come to, in money where the loans' rates are known."""
    told = {"cut": f"{risk.max_probability:.0%}", "share": f"{found.approved:.0%}", "bad": f"{found.approved_bad:.1%}"}
    if isnan(found.profit_all):
        return _("At the cut-off {cut}: {share} of them, {bad} failed; no rate of these loans is known, so nothing of "
                 "what they earn", **told)  # fmt: skip
    return _("At the cut-off {cut}: {share} of them, {bad} failed; yearly profit {profit} yuan, "
             "or {all} yuan if all are granted",
             **told, profit=f"{found.profit:,.0f}", all=f"{found.profit_all:,.0f}")  # fmt: skip
