"""An idea to start from: which share of the inflow do customers spend themselves, and is that share changing?

Try it from `notebooks/0_start_here.ipynb`; change it here and run the notebook again. Once it is worth keeping, move
the file to `src/goldmine/features/families/`: a family is one file with a function of the file's name.

A text is a plain string, in Chinese alone where that is enough, or a `LocalizedText` with a translation.
"""

from goldmine.core.i18n import LocalizedText
from goldmine.features.definition import FeatureDefinition, number, ratio, with_reason_texts
from goldmine.features.reason_text import ReasonText
from goldmine.features.view import View

NEEDS = ("transactions",)
REASON_TEXTS = {
    "spent_share_change": ReasonText(
        "spending",
        positive=LocalizedText(
            "Spends more of what comes in than in the 3 months before",
            translations={"zh": "近3个月主动支出占比较前3个月上升"},
        ),
        negative=LocalizedText(
            "Spends less of what comes in than in the 3 months before",
            translations={"zh": "近3个月主动支出占比较前3个月下降"},
        ),
        show_typical=False,
    ),
    "spent_share_*": ReasonText(
        "spending",
        positive=LocalizedText(
            "Spends {value} of what comes in over {window}", translations={"zh": "{window}主动支出占流入的{value}"}
        ),
        zero=LocalizedText(
            "Spends nothing of what comes in over {window}", translations={"zh": "{window}没有主动支出"}
        ),
        missing=LocalizedText("Nothing came in over {window}", translations={"zh": "{window}没有资金流入"}),
    ),
}
"""What a customer manager says about each feature; the first pattern that matches counts."""
TITLES = {
    "spent_share_90d": LocalizedText("Share spent of 90 days' inflow", translations={"zh": "近90天主动支出占流入比例"}),
    "spent_share_365d": LocalizedText(
        "Share spent of a year's inflow", translations={"zh": "近一年主动支出占流入比例"}
    ),
    "spent_share_change": LocalizedText(
        "Share spent: quarter less the one before", translations={"zh": "主动支出占比近一季变动"}
    ),
}


def spending(v: View) -> list[FeatureDefinition]:
    """Own outflow over all inflow, for a quarter and a year, and its change against the quarter before."""
    quarter, year = (ratio(v.total("own_out_sum", days), v.total("in_sum", days)) for days in (90, 365))
    before = ratio(v.previous("own_out_sum"), v.previous("in_sum"))
    table = (
        ("spent_share_90d", quarter, 90),
        ("spent_share_365d", year, 365),
        ("spent_share_change", quarter - before, 180),
    )
    return with_reason_texts(
        [
            number(name, value, title=TITLES[name], unit="share", needs=NEEDS, window=window)
            for name, value, window in table
        ],
        REASON_TEXTS,
    )
