"""Who the customer is: traits, tenure, life-cycle stage, and services in use.

* A year is 365.25 days and a month 30.4375.
* Stages of the life cycle, the first that holds: `new`, with the bank for less than 182 days; `asleep`, no own
  transaction in 6 months; `waking`, more than twice as many in the last 3 months as in the 3 before; `cooling`, less
  than half as many; `steady`.
"""

import ibis

from goldmine.core.i18n import _
from goldmine.features.definition import FeatureDefinition, category, number, real, with_reason_texts
from goldmine.features.reason_text import ReasonText, not_explainable
from goldmine.features.view import View

REASON_TEXTS = {
    # Protected traits, and the identity, which is a proxy of age and origin.
    "age_years": not_explainable("age"),
    "gender": not_explainable("gender"),
    "identity": not_explainable("identity"),
    "customer_kind": ReasonText("customer_kind", positive=_("Kind of customer: {value}"), show_typical=False),
    "life_cycle": ReasonText("activity", positive=_("Stage of activity: {value}"), show_typical=False),
    "tenure_months": ReasonText("tenure", positive=_("With the bank for {value}"), zero=_("New customer")),
    "has_employer": ReasonText("employment", positive=_("Employer on record"), zero=_("No employer on record")),
    "risk_grade_level": ReasonText(
        "risk_grade", positive=_("Risk assessment: {value}"), missing=_("No risk assessment yet"), show_typical=False
    ),
    "risk_grade_age_days": ReasonText(
        "risk_grade", positive=_("Risk assessed {value} ago"), missing=_("No risk assessment yet"), show_typical=False
    ),
    "has_social_security_card": ReasonText(
        "social_security_card", positive=_("Has a social security card"), zero=_("No social security card")
    ),
    "social_security_card_months": ReasonText(
        "social_security_card",
        positive=_("Social security card for {value}"),
        missing=_("No social security card"),
        show_typical=False,
    ),
    "has_mobile_bank": ReasonText(
        "mobile_bank", positive=_("Mobile banking activated"), zero=_("Mobile banking not activated")
    ),
    "mobile_bank_months": ReasonText(
        "mobile_bank",
        positive=_("Mobile banking for {value}"),
        missing=_("Mobile banking not activated"),
        show_typical=False,
    ),
}
"""How a customer manager words each feature."""


AGEING = frozenset(
    {
        "age_years",
        "life_cycle",
        "mobile_bank_months",
        "risk_grade_age_days",
        "social_security_card_months",
        "tenure_months",
    }
)
"""Features that change by the mere passing of time since a day that a bank may stamp on many customers at once."""


def profile(v: View) -> list[FeatureDefinition]:
    """Age, kind, identity, tenure, risk grade, cards and mobile banking as known at the cutoff."""
    t = v.rows
    risk_known = t.risk_grade_on.isnull() | v.known(t.risk_grade_on)
    grade = t.risk_grade.substr(1, 1).try_cast("int64")
    card = v.known(t.social_security_card_on)
    mobile = v.known(t.mobile_bank_on)
    definitions = [
        number(
            "age_years",
            v.days_since(t.birth_date) / real(365.25),
            title=_("Age"),
            unit="years",
            needs=("customers.birth_date",),
        ),
        category("gender", t.gender, title=_("Gender"), needs=("customers.gender",)),
        category("customer_kind", t.kind, title=_("Kind of customer"), needs=("customers.kind",)),
        category("identity", t.identity, title=_("Identity"), needs=("customers.identity",)),
        category(
            "life_cycle", _life_cycle(v), title=_("Life-cycle stage"), needs=("customers.opened_on", "transactions")
        ),
        number(
            "tenure_months",
            v.days_since(t.opened_on) / real(30.4375),
            title=_("Time with the bank"),
            unit="months",
            needs=("customers.opened_on",),
        ),
        number(
            "has_employer",
            t.employer_id.notnull(),
            title=_("Employer known"),
            unit="flag",
            needs=("customers.employer_id",),
        ),
        number(
            "risk_grade_level",
            ibis.cases((risk_known, grade), else_=ibis.null("int64")),
            title=_("Risk grade"),
            unit="grade",
            needs=("customers.risk_grade",),
        ),
        number(
            "risk_grade_age_days",
            v.days_since(t.risk_grade_on),
            title=_("Days since the risk assessment"),
            unit="days",
            needs=("customers.risk_grade_on",),
        ),
        number(
            "has_social_security_card",
            card,
            title=_("Social security card"),
            unit="flag",
            needs=("customers.social_security_card_on",),
        ),
        number(
            "social_security_card_months",
            v.days_since(t.social_security_card_on) / real(30.4375),
            title=_("Time with the social security card"),
            unit="months",
            needs=("customers.social_security_card_on",),
        ),
        number("has_mobile_bank", mobile, title=_("Mobile banking"), unit="flag", needs=("customers.mobile_bank_on",)),
        number(
            "mobile_bank_months",
            v.days_since(t.mobile_bank_on) / real(30.4375),
            title=_("Time with mobile banking"),
            unit="months",
            needs=("customers.mobile_bank_on",),
        ),
    ]
    return with_reason_texts(definitions, REASON_TEXTS)


def _life_cycle(v: View) -> ibis.Value:
    """New within half a year; else asleep, waking, cooling or steady by the customer's own transactions."""
    recent, before = v.total("own_count", 90), v.previous("own_count")
    return ibis.cases(
        ((v.days_since(v.rows.opened_on) < 182).fill_null(False), "new"),
        ((recent == 0) & (before == 0), "asleep"),
        (recent > before * 2, "waking"),
        (recent * 2 < before, "cooling"),
        else_="steady",
    )
