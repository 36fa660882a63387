"""Where the customer makes transactions.

* Shares are of all transactions of the year, in and out, batch entries and unknown channels among them.
* The main channel and the number of channels used leave out batch entries, which are not the customer's own. The main
  one has the most transactions of the year; of equals the first in the order of the contract.
"""

import ibis

from goldmine.contract.tables import CHANNELS
from goldmine.core.i18n import _
from goldmine.features.definition import FeatureDefinition, category, numbers, ratio, sum_of, with_reason_texts
from goldmine.features.reason_text import LATER, ReasonText
from goldmine.features.view import View

NEEDS = ("transactions.channel",)
CHANNEL_NAMES = {
    "counter": _("the counter"),
    "atm": _("cash machines"),
    "pos": _("card terminals"),
    "mobile": _("mobile banking"),
    "online": _("online banking"),
    "third_party": _("WeChat and Alipay"),
    "batch": _("batch entries"),
}
REASON_TEXTS = {
    f"{name}_count_90d": ReasonText(
        "channels",
        positive=_("Transactions by {channel} over {window}: {value}", channel=channel, **LATER),
        zero=_("No transactions by {channel} over {window}", channel=channel, **LATER),
    )
    for name, channel in CHANNEL_NAMES.items()
}
REASON_TEXTS |= {
    f"{name}_share_365d": ReasonText(
        "channels",
        positive=_("{value} of transactions by {channel}", channel=channel, **LATER),
        zero=_("No transactions by {channel} over {window}", channel=channel, **LATER),
        missing=_("No transactions over {window}"),
    )
    for name, channel in CHANNEL_NAMES.items()
}
REASON_TEXTS |= {
    "batch_share_365d": ReasonText(
        "channels",
        positive=_("{value} of the year's entries are payroll and direct debits"),
        mostly=_("Hardly anything but payroll and direct debits on the account"),
        zero=_("No batch entries over {window}"),
        missing=_("No transactions over {window}"),
    ),
    "channels_used_365d": ReasonText("channels", positive=_("Channels used within a year: {value}")),
    "main_channel": ReasonText("channels", positive=_("Mainly uses {value}")),
}
"""How a customer manager words each feature."""


def channels(v: View) -> list[FeatureDefinition]:
    """Mix of channels over a quarter and a year, and the main one."""
    year = v.total("in_count", 365) + v.total("out_count", 365)
    definitions = []
    for name in CHANNELS:
        channel, count = CHANNEL_NAMES[name], v.total(f"{name}_count", 365)
        definitions += numbers(
            NEEDS,
            (
                f"{name}_count_90d",
                v.total(f"{name}_count", 90),
                _("Transactions by {channel} in 90 days", channel=channel),
                "count",
                90,
            ),
            (
                f"{name}_share_365d",
                ratio(count, year),
                _("Share of transactions by {channel}", channel=channel),
                "share",
                365,
            ),
        )
    counts = {name: v.total(f"{name}_count", 365) for name in CHANNELS if name != "batch"}
    used = sum_of([(count > 0).cast("int64") for count in counts.values()])
    max_count = ibis.greatest(*counts.values())
    main = ibis.cases(
        (max_count == 0, ibis.null("string")), *[(count == max_count, name) for name, count in counts.items()]
    )
    definitions += [
        *numbers(NEEDS, ("channels_used_365d", used, _("Channels used in a year, batch entries aside"), "count", 365)),
        category("main_channel", main, title=_("Main channel"), needs=NEEDS),
    ]
    return with_reason_texts(definitions, REASON_TEXTS)
