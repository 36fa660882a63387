"""Signs of income and trade: salary, pension, subsidy, shop takings, bills and loan service."""

import ibis

from goldmine.activity.measures import month_index
from goldmine.features.definition import Defined, number, ratio, tell, yuan
from goldmine.features.reason_text import Told, unsaid
from goldmine.features.view import View
from goldmine.features.windows import BUCKETS, REGULAR

NEEDS = ("transactions.kind",)
WORDS = {
    "in_salary": ("Salary", "代发工资"),
    "in_pension": ("Pension", "养老金"),
    "in_subsidy": ("Subsidies", "惠农补贴"),
    "in_merchant": ("Shop takings", "商户收款"),
    "out_utility": ("Utility bills", "生活缴费"),
    "out_loan": ("Loan service", "贷款还款"),
    "in_loan": ("Loan pay-outs", "贷款放款"),
}

SAID = {
    "in_salary_sum_90d": Told(
        "salary",
        up=("{value} of salary came in over {window}", "{window}代发工资{value}"),
        none=("No salary came in over {window}", "{window}没有代发工资"),
        instead="in_salary_months_since",
    ),
    "in_salary_count_365d": Told(
        "salary",
        up=("Salary entries over {window}: {value}", "{window}代发工资{value}笔"),
        none=("No salary came in over {window}", "{window}没有代发工资"),
    ),
    "in_salary_months_since": Told(
        "salary",
        up=("Salary stopped arriving in {since}", "{since}起工资未到账"),
        once=("No salary arrived in {since}", "{since}工资未到账"),
        none=("Salary arrived in {since}", "{since}工资已到账"),
        unknown=("No salary on the books", "本行账上没有代发工资"),
        usual=False,
    ),
    "in_salary_change_90d": Told(
        "salary",
        up=("Salary up {value} on the 3 months before", "近3个月工资较前3个月增加{value}"),
        down=("Salary down {value} on the 3 months before", "近3个月工资较前3个月减少{value}"),
        none=("Salary the same as in the 3 months before", "近3个月工资与前3个月持平"),
        instead="in_salary_months_since",
        usual=False,
    ),
    # Pensions stand for age.
    "in_pension_*": unsaid("pension"),
    "in_subsidy_sum_90d": Told(
        "subsidy",
        up=("{value} of subsidies came in over {window}", "{window}惠农补贴到账{value}"),
        none=("No subsidies came in over {window}", "{window}没有惠农补贴"),
    ),
    "in_subsidy_count_365d": Told(
        "subsidy",
        up=("Subsidy entries over {window}: {value}", "{window}惠农补贴{value}笔"),
        none=("No subsidies came in over {window}", "{window}没有惠农补贴"),
    ),
    "in_merchant_sum_90d": Told(
        "shop_takings",
        up=("Shop takings of {value} over {window}", "{window}商户收款{value}"),
        none=("No shop takings over {window}", "{window}没有商户收款"),
        instead="in_merchant_months_since",
    ),
    "in_merchant_count_365d": Told(
        "shop_takings",
        up=("Shop takings entries over {window}: {value}", "{window}商户收款{value}笔"),
        none=("No shop takings over {window}", "{window}没有商户收款"),
    ),
    "in_merchant_months_since": Told(
        "shop_takings",
        up=("Shop takings stopped in {since}", "{since}起商户收款中断"),
        once=("No shop takings in {since}", "{since}没有商户收款"),
        none=("Shop takings came in during {since}", "{since}有商户收款"),
        unknown=("No shop takings on the books", "本行账上没有商户收款"),
        usual=False,
    ),
    "in_merchant_change_90d": Told(
        "shop_takings",
        up=("Shop takings up {value} on the 3 months before", "近3个月商户收款较前3个月增加{value}"),
        down=("Shop takings down {value} on the 3 months before", "近3个月商户收款较前3个月减少{value}"),
        none=("Shop takings the same as in the 3 months before", "近3个月商户收款与前3个月持平"),
        instead="in_merchant_months_since",
        usual=False,
    ),
    "out_utility_sum_90d": Told(
        "utility_bills",
        up=("{value} of utility bills paid over {window}", "{window}生活缴费{value}"),
        none=("No utility bills paid over {window}", "{window}没有生活缴费"),
    ),
    "out_utility_count_365d": Told(
        "utility_bills",
        up=("Utility bills paid over {window}: {value}", "{window}生活缴费{value}笔"),
        none=("No utility bills paid over {window}", "{window}没有生活缴费"),
    ),
    "out_loan_sum_90d": Told(
        "loan",
        up=("{value} of loans paid back over {window}", "{window}贷款还款{value}"),
        none=("No loan payments over {window}", "{window}没有贷款还款"),
    ),
    "out_loan_count_365d": Told(
        "loan",
        up=("Loan payments over {window}: {value}", "{window}贷款还款{value}笔"),
        none=("No loan payments over {window}", "{window}没有贷款还款"),
    ),
    "in_loan_sum_90d": Told(
        "loan",
        up=("{value} of loans paid out over {window}", "{window}贷款放款{value}"),
        none=("No loan paid out over {window}", "{window}没有贷款放款"),
    ),
    "in_loan_count_365d": Told(
        "loan",
        up=("Loans paid out over {window}: {value}", "{window}贷款放款{value}笔"),
        none=("No loan paid out over {window}", "{window}没有贷款放款"),
    ),
    "income_kept_365d": Told(
        "income_kept",
        up=("{percent} of the year's income stayed here", "近一年收入的{percent}留存本行"),
        down=("More went out than came in over the year", "近一年支出大于收入"),
        none=("As much went out as came in over the year", "近一年收支相抵"),
        unknown=("No regular income on the books", "本行账上没有固定收入"),
        usual=False,
    ),
}
"""How a customer manager says each feature."""


def sources_of_income(v: View) -> list[Defined]:
    """Sum and count of each sign over a quarter, its change, and what salary does to the account."""
    found = []
    for flow, (en, zh) in WORDS.items():
        now = v.total(f"{flow}_sum", 90)
        found += [
            number(
                f"{flow}_sum_90d",
                yuan(now),
                en=f"{en} over 90 days",
                zh=f"近90天{zh}金额",
                unit="yuan",
                needs=NEEDS,
                window=90,
            ),
            number(
                f"{flow}_count_365d",
                v.total(f"{flow}_count", 365),
                en=f"{en}: entries in a year",
                zh=f"近一年{zh}笔数",
                unit="count",
                needs=NEEDS,
                window=365,
            ),
        ]
    for flow in REGULAR:
        en, zh = WORDS[flow]
        last = ibis.greatest(*[v.rows[f"{flow}_month_{bucket}"] for bucket in range(len(BUCKETS))])
        found += [
            number(
                f"{flow}_months_since",
                month_index(v.rows.cutoff) - last,
                en=f"{en}: months since the last",
                zh=f"距上次{zh}月数",
                unit="count",
                needs=NEEDS,
            ),
            number(
                f"{flow}_change_90d",
                yuan(v.total(f"{flow}_sum", 90) - v.previous(f"{flow}_sum")),
                en=f"{en}: last 90 days less the 90 before",
                zh=f"{zh}：近90天较前90天变动",
                unit="yuan",
                needs=NEEDS,
                window=180,
            ),
        ]
    income = v.total("in_salary_sum", 365) + v.total("in_pension_sum", 365)
    kept = ratio(v.total("in_sum", 365) - v.total("out_sum", 365), income)
    found.append(
        number(
            "income_kept_365d",
            kept,
            en="Net inflow over salary and pension in a year",
            zh="近一年净流入与工资养老金之比",
            unit="ratio",
            needs=NEEDS,
            window=365,
        )
    )
    return tell(found, SAID)
