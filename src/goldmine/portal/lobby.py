"""Which customers are made offers at the counter: drawn by a salted hash, so that their effect can be measured."""

from functools import cache
from typing import NamedTuple

from django.conf import settings

from goldmine.contactability.holdout import chance, salt_of
from goldmine.contactability.policy import load_policy
from goldmine.core.workspace import Workspace
from goldmine.portal.clock import today
from goldmine.portal.policy import portal_policy


class Draw(NamedTuple):
    """Whether a customer is made offers at the counter, and the probability of that."""

    drawn: bool
    chance: float


def draw(customer_id: str) -> Draw:
    """The draw of a customer, the same at each look-up; before the policy's first day everybody is made offers."""
    lobby = portal_policy().lobby
    if lobby.start_date is None or today() < lobby.start_date:
        return Draw(True, 1.0)
    return Draw(chance(lobby.salt or _bank_salt(), "lobby", customer_id) < lobby.share, lobby.share)


@cache
def _bank_salt() -> str:
    return salt_of(Workspace(settings.GOLDMINE_WORK), load_policy().holdout)
