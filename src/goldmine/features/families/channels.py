"""Where the customer makes transactions."""

import ibis

from goldmine.contract.tables import CHANNELS
from goldmine.features.definition import Defined, category, number, ratio, tell
from goldmine.features.reason_text import Told
from goldmine.features.view import View

NEEDS = ("transactions.channel",)
WORDS = {
    "counter": ("the counter", "柜面"),
    "atm": ("cash machines", "自助机具"),
    "pos": ("card terminals", "POS刷卡"),
    "mobile": ("mobile banking", "手机银行"),
    "online": ("online banking", "网上银行"),
    "third_party": ("WeChat and Alipay", "第三方支付"),
    "batch": ("batch entries", "批量代收代付"),
}
SAID = {
    f"{name}_count_90d": Told(
        "channels",
        up=(f"Transactions by {en} over {{window}}: {{value}}", f"{{window}}{zh}交易{{value}}笔"),
        none=(f"No transactions by {en} over {{window}}", f"{{window}}没有{zh}交易"),
    )
    for name, (en, zh) in WORDS.items()
}
SAID |= {
    f"{name}_share_365d": Told(
        "channels",
        up=(f"{{value}} of transactions by {en}", f"近一年{zh}交易占{{value}}"),
        none=(f"No transactions by {en} over {{window}}", f"{{window}}没有{zh}交易"),
        unknown=("No transactions over {window}", "{window}没有交易"),
    )
    for name, (en, zh) in WORDS.items()
}
SAID |= {
    "batch_share_365d": Told(
        "channels",
        up=("{value} of entries are batches, not the customer's own", "近一年交易{value}为批量代收代付"),
        none=("No batch entries over {window}", "{window}没有批量代收代付"),
        unknown=("No transactions over {window}", "{window}没有交易"),
    ),
    "channels_used_365d": Told("channels", up=("Channels used within a year: {value}", "近一年使用{value}种渠道")),
    "main_channel": Told("channels", up=("Mainly uses {value}", "主要使用{value}")),
}
"""How a customer manager says each feature."""


def channels(v: View) -> list[Defined]:
    """Mix of channels over a quarter and a year, and the main one."""
    own = [name for name in CHANNELS if name != "batch"]
    found = []
    for name in CHANNELS:
        en, zh = WORDS[name]
        year = v.total("in_count", 365) + v.total("out_count", 365)
        found += [
            number(
                f"{name}_count_90d",
                v.total(f"{name}_count", 90),
                en=f"Transactions by {en} in 90 days",
                zh=f"近90天{zh}交易笔数",
                unit="count",
                needs=NEEDS,
                window=90,
            ),
            number(
                f"{name}_share_365d",
                ratio(v.total(f"{name}_count", 365), year),
                en=f"Share of transactions by {en}",
                zh=f"近一年{zh}交易占比",
                unit="share",
                needs=NEEDS,
                window=365,
            ),
        ]
    used = [(v.total(f"{name}_count", 365) > 0).cast("int64") for name in own]
    most = ibis.greatest(*[v.total(f"{name}_count", 365) for name in own])
    main = ibis.cases(
        (most == 0, ibis.null("string")),
        *[(v.total(f"{name}_count", 365) == most, name) for name in own],
    )
    found += [
        number(
            "channels_used_365d",
            sum(used[1:], used[0]),
            en="Channels used in a year",
            zh="近一年使用渠道数",
            unit="count",
            needs=NEEDS,
            window=365,
        ),
        category("main_channel", main, en="Main channel", zh="主要交易渠道", needs=NEEDS),
    ]
    return tell(found, SAID)
