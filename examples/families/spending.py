"""An idea to start from: how much of what comes in do customers spend by themselves, and is that changing?

Try it from `notebooks/0_start_here.ipynb`; change it here and run the notebook again. Once it is worth keeping, move
the file to `src/goldmine/features/families/`: a family is one file with a function of the file's name.
"""

from goldmine.features.definition import Defined, number, ratio, tell
from goldmine.features.reason_text import Told
from goldmine.features.view import View

NEEDS = ("transactions",)
SAID = {
    "spent_share_change": Told(
        "spending",
        up=("Spends more of what comes in than in the 3 months before", "近3个月主动支出占比较前3个月上升"),
        down=("Spends less of what comes in than in the 3 months before", "近3个月主动支出占比较前3个月下降"),
        usual=False,
    ),
    "spent_share_*": Told(
        "spending",
        up=("Spends {value} of what comes in over {window}", "{window}主动支出占流入的{value}"),
        none=("Spends nothing of what comes in over {window}", "{window}没有主动支出"),
        unknown=("Nothing came in over {window}", "{window}没有资金流入"),
    ),
}
"""How a customer manager says each feature; the first pattern that fits counts, so the narrow one stands first."""


def spending(v: View) -> list[Defined]:
    """Own outflow over all inflow, for a quarter and a year, and its change against the quarter before."""
    quarter, year = (ratio(v.total("own_out_sum", days), v.total("in_sum", days)) for days in (90, 365))
    before = ratio(v.previous("own_out_sum"), v.previous("in_sum"))
    table = (
        ("spent_share_90d", quarter, "Share spent of 90 days' inflow", "近90天主动支出占流入比例", 90),
        ("spent_share_365d", year, "Share spent of a year's inflow", "近一年主动支出占流入比例", 365),
        (
            "spent_share_change",
            quarter - before,
            "Share spent: quarter less the one before",
            "主动支出占比近一季变动",
            180,
        ),
    )
    return tell(
        [
            number(name, value, en=en, zh=zh, unit="share", needs=NEEDS, window=window)
            for name, value, en, zh, window in table
        ],
        SAID,
    )
