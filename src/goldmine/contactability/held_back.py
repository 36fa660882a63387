"""Who is held back at a snapshot, for lists that are made beside the releases."""

from collections.abc import Iterable
from datetime import date

import pandas as pd

from goldmine.contactability.holdout import chance, in_force, salted
from goldmine.contactability.past_offers import offers_of, releases_out
from goldmine.contactability.policy import campaigns_folder, load_policy
from goldmine.core.workspace import Workspace


def held_back(work: Workspace, customers: Iterable[str], as_of: date) -> set[str]:
    """Of some customers, those held out of all campaigns and the control of one whose offers can still be worked."""
    out = offers_of(releases_out(work))
    lasting = pd.to_datetime(out["valid_until"]) >= pd.Timestamp(as_of)
    control = set(out.loc[(out["group"] == "control") & lasting, "customer_id"])
    holdout = in_force(salted(work, load_policy().holdout), as_of) if any(campaigns_folder().glob("*.yaml")) else None
    if holdout is None:
        return control & set(customers)
    return {one for one in customers if one in control or chance(holdout.salt, one) < holdout.share}
