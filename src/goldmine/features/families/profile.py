"""Who the customer is, and where in life and in the relation with the bank."""

import ibis

from goldmine.features.definition import Defined, category, number, real, tell
from goldmine.features.reason_text import Told, unsaid
from goldmine.features.view import View

SAID = {
    # Protected traits, and the status that stands for age and origin.
    "age_years": unsaid("age"),
    "gender": unsaid("gender"),
    "identity": unsaid("identity"),
    "customer_kind": Told("customer_kind", up=("Kind of customer: {value}", "客户类型：{value}"), usual=False),
    "life_cycle": Told("activity", up=("Stage of activity: {value}", "活跃阶段：{value}"), usual=False),
    "tenure_months": Told(
        "tenure", up=("With the bank for {value}", "开户{value}"), none=("New customer", "新开户客户")
    ),
    "has_employer": Told(
        "employment", up=("Employer on record", "已登记工作单位"), none=("No employer on record", "未登记工作单位")
    ),
    "risk_grade_level": Told(
        "risk_grade",
        up=("Risk assessment: {value}", "风险测评{value}"),
        unknown=("No risk assessment yet", "未做风险测评"),
        usual=False,
    ),
    "risk_grade_age_days": Told(
        "risk_grade",
        up=("Risk assessed {value} ago", "{value}前做过风险测评"),
        unknown=("No risk assessment yet", "未做风险测评"),
        usual=False,
    ),
    "has_social_security_card": Told(
        "social_security_card",
        up=("Has a social security card", "已持有社保卡"),
        none=("No social security card", "未持有社保卡"),
    ),
    "social_security_card_months": Told(
        "social_security_card",
        up=("Social security card for {value}", "社保卡持卡{value}"),
        unknown=("No social security card", "未持有社保卡"),
        usual=False,
    ),
    "has_mobile_bank": Told(
        "mobile_bank",
        up=("Mobile banking activated", "已开通手机银行"),
        none=("Mobile banking not activated", "未开通手机银行"),
    ),
    "mobile_bank_months": Told(
        "mobile_bank",
        up=("Mobile banking for {value}", "手机银行已开通{value}"),
        unknown=("Mobile banking not activated", "未开通手机银行"),
        usual=False,
    ),
}
"""How a customer manager says each feature."""


def profile(v: View) -> list[Defined]:
    """Age, kind, identity, tenure, risk grade, cards and mobile banking as known at the cutoff."""
    t = v.rows
    risk_known = t.risk_grade_on.isnull() | v.known(t.risk_grade_on)
    grade = t.risk_grade.substr(1, 1).try_cast("int64")
    card = v.known(t.social_security_card_on)
    mobile = v.known(t.mobile_bank_on)
    found = [
        number(
            "age_years",
            v.days_since(t.birth_date) / real(365.25),
            en="Age",
            zh="年龄",
            unit="years",
            needs=("customers.birth_date",),
        ),
        category("gender", t.gender, en="Gender", zh="性别", needs=("customers.gender",)),
        category("customer_kind", t.kind, en="Kind of customer", zh="客户类型", needs=("customers.kind",)),
        category("identity", t.identity, en="Identity", zh="身份属性", needs=("customers.identity",)),
        category(
            "life_cycle",
            _life_cycle(v),
            en="Life-cycle stage",
            zh="生命周期阶段",
            needs=("customers.opened_on", "transactions"),
        ),
        number(
            "tenure_months",
            v.days_since(t.opened_on) / real(30.4375),
            en="Time with the bank",
            zh="开户时长",
            unit="months",
            needs=("customers.opened_on",),
        ),
        number(
            "has_employer",
            t.employer_id.notnull(),
            en="Employer known",
            zh="有工作单位登记",
            unit="flag",
            needs=("customers.employer_id",),
        ),
        number(
            "risk_grade_level",
            ibis.cases((risk_known, grade), else_=ibis.null("int64")),
            en="Risk grade",
            zh="风险测评等级",
            unit="grade",
            needs=("customers.risk_grade",),
        ),
        number(
            "risk_grade_age_days",
            v.days_since(t.risk_grade_on),
            en="Days since the risk assessment",
            zh="距上次风险测评天数",
            unit="days",
            needs=("customers.risk_grade_on",),
        ),
        number(
            "has_social_security_card",
            card,
            en="Social security card",
            zh="持有社保卡",
            unit="flag",
            needs=("customers.social_security_card_on",),
        ),
        number(
            "social_security_card_months",
            v.days_since(t.social_security_card_on) / real(30.4375),
            en="Time with the social security card",
            zh="社保卡持卡时长",
            unit="months",
            needs=("customers.social_security_card_on",),
        ),
        number(
            "has_mobile_bank",
            mobile,
            en="Mobile banking",
            zh="已开通手机银行",
            unit="flag",
            needs=("customers.mobile_bank_on",),
        ),
        number(
            "mobile_bank_months",
            v.days_since(t.mobile_bank_on) / real(30.4375),
            en="Time with mobile banking",
            zh="手机银行开通时长",
            unit="months",
            needs=("customers.mobile_bank_on",),
        ),
    ]
    return tell(found, SAID)


def _life_cycle(v: View) -> ibis.Value:
    """New within half a year; else asleep, waking, cooling or steady by the customer's own transactions."""
    recent, before = v.total("own_count", 90), v.previous("own_count")
    return ibis.cases(
        ((v.days_since(v.rows.opened_on) < 182).fill_null(False), "new"),
        ((recent == 0) & (v.total("own_count", 365) == 0), "asleep"),
        (recent > before * 2, "waking"),
        (recent * 2 < before, "cooling"),
        else_="steady",
    )
