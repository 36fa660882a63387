"""The campaigns of a release: planned from its scores, with what is said of every contact."""

from collections import defaultdict

import pandas as pd

from goldmine.campaigns.candidates import Scores
from goldmine.campaigns.load import live, load_campaigns
from goldmine.campaigns.masking import masked
from goldmine.campaigns.plan import Plan, plan_campaigns
from goldmine.contactability import ContactTables
from goldmine.contactability.holdout import keep_holdout, salted
from goldmine.contactability.policy import load_policy
from goldmine.core.i18n import LANGUAGES, _, in_language
from goldmine.core.workspace import Workspace
from goldmine.publishing.campaigns import ContactTexts
from goldmine.publishing.reasons import reasons_in_words
from goldmine.publishing.release_inputs import Scored, model_of

_BETWEEN = _("; ")


def plan_release(tables: ContactTables, work: Workspace, scored: list[Scored]) -> tuple[Plan, str]:
    """Plan the campaigns that are live at the snapshot.

    Returns
    -------
    tuple of Plan and str
        The plan, empty where there is no campaign at all, and the language of the campaigns' files.

    Raises
    ------
    SettingsError
        If a campaign cannot be carried out as it is set.
    """
    campaigns = load_campaigns()
    if not campaigns:
        return Plan(), "zh"
    said = load_policy()
    policy = said.model_copy(update={"holdout": salted(work, said.holdout)})
    keep_holdout(work, policy.holdout, tables.as_of)
    scores = [Scores(one.use_case, one.path, one.model.model_version) for one in scored]
    return plan_campaigns(tables, work, live(campaigns, tables.as_of), policy, scores), policy.lang


def contact_texts(tables: ContactTables, work: Workspace, scored: list[Scored], plan: Plan) -> ContactTexts:
    """What is said of every contact: masked name and telephone, reasons in Chinese and English."""
    parts = [one.rows.loc[one.rows["group"] == "contact", ["customer_id", "use_case"]] for one in plan.planned]
    contacts = pd.concat(parts) if parts else pd.DataFrame({"customer_id": [], "use_case": []})
    reasons: dict[str, dict[str, str]] = defaultdict(dict)
    for one in scored:
        mine = contacts.loc[contacts["use_case"] == one.use_case.name, "customer_id"].to_list()
        if not mine:
            continue
        model = model_of(tables.bank, work, one, tables.as_of)
        words = reasons_in_words(model, work, one.use_case, mine, as_of=tables.as_of, languages=list(LANGUAGES))
        for language in LANGUAGES:
            between = in_language(_BETWEEN, language)
            reasons[language] |= {who: between.join(said) for who, said in zip(mine, words[language], strict=True)}
    return ContactTexts(masked(tables, list(contacts["customer_id"])), {name: reasons[name] for name in LANGUAGES})
