"""What people do with the portal's rows: claim a customer, record results, opt out, hand over.

This package alone writes `Claim`, `Result`, `CallBack`, `OptOut`, `HandOver` and `ListRow.status`; pages, uploads and
the API call it. Each function is one transaction: when it returns, what it did is stored.
"""

from goldmine.portal.work.claims import claim, claimed_by_others, release_claim
from goldmine.portal.work.contact import ANSWERS, Contact
from goldmine.portal.work.errors import WorkError
from goldmine.portal.work.hand_overs import colleagues, end_hand_over, end_hand_overs_of, hand_over, hand_overs
from goldmine.portal.work.mergers import carry_over
from goldmine.portal.work.results import Recorded, record_result
from goldmine.portal.work.status import apply_results

__all__ = [
    "ANSWERS",
    "Contact",
    "Recorded",
    "WorkError",
    "apply_results",
    "carry_over",
    "claim",
    "claimed_by_others",
    "colleagues",
    "end_hand_over",
    "end_hand_overs_of",
    "hand_over",
    "hand_overs",
    "record_result",
    "release_claim",
]
