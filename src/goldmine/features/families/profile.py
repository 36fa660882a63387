"""Who the customer is, and where in life and in the relation with the bank."""

import ibis

from goldmine.features.define import Defined, category, number
from goldmine.features.view import View


def profile(v: View) -> list[Defined]:
    """Age, kind, identity, tenure, risk grade, cards and mobile banking as known at the cutoff."""
    t = v.rows
    risk_known = t.risk_grade_on.isnull() | v.known(t.risk_grade_on)
    grade = t.risk_grade.substr(1, 1).try_cast("int64")
    card = v.known(t.social_security_card_on)
    mobile = v.known(t.mobile_bank_on)
    return [
        number(
            "age_years",
            v.days_since(t.birth_date) / 365.25,
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
            v.days_since(t.opened_on) / 30.4375,
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
            v.days_since(t.social_security_card_on) / 30.4375,
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
            v.days_since(t.mobile_bank_on) / 30.4375,
            en="Time with mobile banking",
            zh="手机银行开通时长",
            unit="months",
            needs=("customers.mobile_bank_on",),
        ),
    ]


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
