"""What a customer who asks about credit is told: why a product gives nothing, or less."""

from datetime import date

import pyarrow as pa
from django.conf import settings

from goldmine.core.errors import GoldmineError
from goldmine.core.workspace import Workspace
from goldmine.credit.why import WITHHELD, Adverse, adverse_reasons
from goldmine.portal.models import User
from goldmine.portal.roles import may


def credit_answers(user: User, customer_id: str, as_of: date) -> list[Adverse]:
    """The reasons of each product at a month end; none for roles without credit, and where no limits can be read.

    Whoever asks has checked that the customer may be seen. Limits that nothing lowered are no part of it: they stand on
    the lists of limits, which leave out whom the bank does not offer anything now.
    """
    if not may(user.role, "credit"):
        return []
    withheld = () if may(user.role, "head_office") else WITHHELD
    work = Workspace(settings.GOLDMINE_WORK)
    try:
        return adverse_reasons(work, as_of, customer_id, withheld=withheld)
    except (GoldmineError, pa.ArrowException):
        return []
