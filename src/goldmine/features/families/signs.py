"""Signs of income and trade: salary, pension, subsidy, shop takings, bills and loan service."""

from goldmine.features.define import Defined, number, ratio, yuan
from goldmine.features.view import View

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


def signs(v: View) -> list[Defined]:
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
    for flow in ("in_salary", "in_merchant"):
        en, zh = WORDS[flow]
        found.append(
            number(
                f"{flow}_change_90d",
                yuan(v.total(f"{flow}_sum", 90) - v.previous(f"{flow}_sum")),
                en=f"{en}: last 90 days less the 90 before",
                zh=f"{zh}：近90天较前90天变动",
                unit="yuan",
                needs=NEEDS,
                window=180,
            )
        )
    income = v.total("in_salary_sum", 365) + v.total("in_pension_sum", 365)
    kept = ratio(v.total("in_sum", 365) - v.total("out_sum", 365), income)
    return [
        *found,
        number(
            "income_kept_365d",
            kept,
            en="Net inflow over salary and pension in a year",
            zh="近一年净流入与工资养老金之比",
            unit="ratio",
            needs=NEEDS,
            window=365,
        ),
    ]
