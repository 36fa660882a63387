"""How much of what the customer does is about investments: the taste for them that shows before a first purchase."""

from goldmine.features.definition import Defined, number, ratio, tell
from goldmine.features.reason_text import Told
from goldmine.features.view import View

NEEDS = ("transactions.kind",)
SAID = {
    "investing_count_*": Told(
        "investing",
        up=("Investment transactions over {window}: {value}", "{window}投资理财类交易{value}笔"),
        none=("No investment transactions over {window}", "{window}没有投资理财类交易"),
    ),
    "investing_share_*": Told(
        "investing",
        up=("{value} of their transactions over {window} were investments", "{window}投资理财类交易占{value}"),
        none=("No investment transactions over {window}", "{window}没有投资理财类交易"),
        unknown=("Not active over {window}", "{window}没有主动交易"),
    ),
}
"""How a customer manager says each feature."""


def investing(v: View) -> list[Defined]:
    """Transactions of the kind investment, in or out, and their share of the customer's own, over each window.

    A sum in yuan follows the customer's wealth; how often, among all that they do, follows what they like.
    """
    found = []
    for days in (30, 90, 180, 365):
        count = v.total("in_investment_count", days) + v.total("out_investment_count", days)
        found += [
            number(
                f"investing_count_{days}d",
                count,
                en=f"Investment transactions over {days} days",
                zh=f"近{days}天投资理财类交易笔数",
                unit="count",
                needs=NEEDS,
                window=days,
            ),
            number(
                f"investing_share_{days}d",
                ratio(count, v.total("own_count", days)),
                en=f"Investment transactions' share of own ones over {days} days",
                zh=f"近{days}天投资理财类交易占主动交易比例",
                unit="share",
                needs=NEEDS,
                window=days,
            ),
        ]
    return tell(found, SAID)
