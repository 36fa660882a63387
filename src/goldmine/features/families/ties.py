"""Ties to associations, as known at the cutoff.

* A membership counts from the day it is known until it ends; one without a day counts from the beginning.
"""

from goldmine.core.i18n import _
from goldmine.features.definition import FeatureDefinition, numbers, with_reason_texts
from goldmine.features.reason_text import ReasonText
from goldmine.features.view import View

REASON_TEXTS = {
    "association_member": ReasonText(
        "association", positive=_("Member of an association"), zero=_("Member of no association")
    )
}
"""How a customer manager words each feature."""


def ties(v: View) -> list[FeatureDefinition]:
    """Whether the customer is a member of an association."""
    member = (v.zero("associations") > 0).cast("int64")
    title = _("Member of an association")
    definitions = numbers(("association_members",), ("association_member", member, title, "flag", None))
    return with_reason_texts(definitions, REASON_TEXTS)
