"""Sources of income and trade: salary, pension, subsidy, shop takings, bills and loan service.

* Months since the last are counted from the cutoff's month, which is 0; the last is looked for in 15 months.
* The share of income that stays is all that came in less all that went out, over salary and pension.
"""

import ibis

from goldmine.activity.measures import month_index
from goldmine.core.i18n import _
from goldmine.features.definition import FeatureDefinition, numbers, ratio, with_reason_texts, yuan
from goldmine.features.reason_text import ReasonText, not_explainable
from goldmine.features.view import View
from goldmine.features.windows import BUCKETS, REGULAR

NEEDS = ("transactions.kind",)
INCOME_TITLES = {
    "in_salary": _("Salary"),
    "in_pension": _("Pension"),
    "in_subsidy": _("Subsidies"),
    "in_merchant": _("Shop takings"),
    "out_utility": _("Utility bills"),
    "out_loan": _("Loan service"),
    "in_loan": _("Loan pay-outs"),
}

REASON_TEXTS = {
    "in_salary_sum_90d": ReasonText(
        "salary",
        positive=_("{value} of salary came in over {window}"),
        zero=_("No salary came in over {window}"),
        fallback="in_salary_months_since",
    ),
    "in_salary_count_365d": ReasonText(
        "salary", positive=_("Salary entries over {window}: {value}"), zero=_("No salary came in over {window}")
    ),
    "in_salary_months_since": ReasonText(
        "salary",
        positive=_("Salary stopped arriving in {since}"),
        one=_("No salary arrived in {since}"),
        zero=_("Salary arrived in {since}"),
        missing=_("No salary on the books"),
        show_typical=False,
    ),
    "in_salary_change_90d": ReasonText(
        "salary",
        positive=_("Salary up {value} on the 3 months before"),
        negative=_("Salary down {value} on the 3 months before"),
        zero=_("Salary the same as in the 3 months before"),
        fallback="in_salary_months_since",
        show_typical=False,
    ),
    # Pensions are a proxy of age.
    "in_pension_*": not_explainable("pension"),
    "in_subsidy_sum_90d": ReasonText(
        "subsidy",
        positive=_("{value} of subsidies came in over {window}"),
        zero=_("No subsidies came in over {window}"),
    ),
    "in_subsidy_count_365d": ReasonText(
        "subsidy", positive=_("Subsidy entries over {window}: {value}"), zero=_("No subsidies came in over {window}")
    ),
    "in_merchant_sum_90d": ReasonText(
        "shop_takings",
        positive=_("Shop takings of {value} over {window}"),
        zero=_("No shop takings over {window}"),
        fallback="in_merchant_months_since",
    ),
    "in_merchant_count_365d": ReasonText(
        "shop_takings",
        positive=_("Shop takings entries over {window}: {value}"),
        zero=_("No shop takings over {window}"),
    ),
    "in_merchant_months_since": ReasonText(
        "shop_takings",
        positive=_("Shop takings stopped in {since}"),
        one=_("No shop takings in {since}"),
        zero=_("Shop takings came in during {since}"),
        missing=_("No shop takings on the books"),
        show_typical=False,
    ),
    "in_merchant_change_90d": ReasonText(
        "shop_takings",
        positive=_("Shop takings up {value} on the 3 months before"),
        negative=_("Shop takings down {value} on the 3 months before"),
        zero=_("Shop takings the same as in the 3 months before"),
        fallback="in_merchant_months_since",
        show_typical=False,
    ),
    "out_utility_sum_90d": ReasonText(
        "utility_bills",
        positive=_("{value} of utility bills paid over {window}"),
        zero=_("No utility bills paid over {window}"),
    ),
    "out_utility_count_365d": ReasonText(
        "utility_bills",
        positive=_("Utility bills paid over {window}: {value}"),
        zero=_("No utility bills paid over {window}"),
    ),
    "out_loan_sum_90d": ReasonText(
        "loan", positive=_("{value} of loans paid back over {window}"), zero=_("No loan payments over {window}")
    ),
    "out_loan_count_365d": ReasonText(
        "loan", positive=_("Loan payments over {window}: {value}"), zero=_("No loan payments over {window}")
    ),
    "in_loan_sum_90d": ReasonText(
        "loan", positive=_("{value} of loans paid out over {window}"), zero=_("No loan paid out over {window}")
    ),
    "in_loan_count_365d": ReasonText(
        "loan", positive=_("Loans paid out over {window}: {value}"), zero=_("No loan paid out over {window}")
    ),
    "income_kept_365d": ReasonText(
        "income_kept",
        positive=_("{percent} of the year's income stayed here"),
        mostly=_("Nearly all of the year's income stayed here"),
        negative=_("More went out than came in over the year"),
        zero=_("As much went out as came in over the year"),
        missing=_("No regular income on the books"),
        show_typical=False,
    ),
}
"""How a customer manager words each feature."""


def sources_of_income(v: View) -> list[FeatureDefinition]:
    """Sum and count of each source, the change of regular ones, and the share of income that stays."""
    definitions = []
    for flow, title in INCOME_TITLES.items():
        amount, count = v.total(f"{flow}_sum", 90), v.total(f"{flow}_count", 365)
        definitions += numbers(
            NEEDS,
            (f"{flow}_sum_90d", yuan(amount), _("{income} over 90 days", income=title), "yuan", 90),
            (f"{flow}_count_365d", count, _("{income}: entries in a year", income=title), "count", 365),
        )
    for flow in REGULAR:
        title = INCOME_TITLES[flow]
        last = ibis.greatest(*[v.rows[f"{flow}_month_{bucket}"] for bucket in range(len(BUCKETS))])
        definitions += numbers(
            NEEDS,
            (
                f"{flow}_months_since",
                month_index(v.rows.cutoff) - last,
                _("{income}: months since the last", income=title),
                "count",
                None,
            ),
            (
                f"{flow}_change_90d",
                yuan(v.total(f"{flow}_sum", 90) - v.previous(f"{flow}_sum")),
                _("{income}: last 90 days less the 90 before", income=title),
                "yuan",
                180,
            ),
        )
    income = v.total("in_salary_sum", 365) + v.total("in_pension_sum", 365)
    share_kept = ratio(v.total("in_sum", 365) - v.total("out_sum", 365), income)
    definitions += numbers(
        NEEDS, ("income_kept_365d", share_kept, _("Net inflow over salary and pension in a year"), "ratio", 365)
    )
    return with_reason_texts(definitions, REASON_TEXTS)
