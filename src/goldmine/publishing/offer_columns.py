"""The columns of a campaign's files: code names, Chinese headings, words for codes."""

from dataclasses import replace
from typing import Any

import pyarrow as pa

from goldmine.publishing.list_columns import ListColumn

OFFER_COLUMNS = (
    ListColumn("rank", "序号", "count", 6),
    ListColumn("customer_id", "客户号", "text", 13),
    ListColumn("name", "客户姓名", "mark", 10),
    ListColumn("phone", "联系电话", "mark", 14),
    ListColumn("branch_id", "所属支行", "mark", 10),
    ListColumn("manager_id", "客户经理", "mark", 10),
    ListColumn("campaign_id", "活动代码", "mark", 15),
    ListColumn("offer_name", "推荐内容", "wrapped", 16),
    ListColumn("product_id", "产品代码", "mark", 10),
    ListColumn("channel", "触达渠道", "mark", 11),
    ListColumn("time_band", "最佳时段", "mark", 15),
    ListColumn("valid_until", "有效期至", "day", 12),
    ListColumn("say", "开场话术", "wrapped", 38),
    ListColumn("reason_zh", "入选理由(中文)", "wrapped", 40),
    ListColumn("reason_en", "入选理由(英文)", "wrapped", 40),
    ListColumn("probability", "预测概率", "percent", 10),
    ListColumn("decile", "十分位", "count", 8),
    ListColumn("expected_value", "预期价值(元)", "money", 13),
    ListColumn("group", "组别", "mark", 8),
    ListColumn("use_case", "营销场景", "mark", 11),
    ListColumn("as_of", "数据日期", "day", 12),
    ListColumn("model_version", "模型版本", "mark", 10),
    ListColumn("release_id", "发布编号", "mark", 15),
)
"""What people get, in the order of a call: whom, how, what to say, why; then where it comes from."""

RETURNED = (
    ListColumn("contacted_on", "触达日期", "day", 12),
    ListColumn("answer", "客户答复", "mark", 12),
    ListColumn("note", "备注", "text", 24),
)
"""Columns that stand empty in a workbook, to be filled in and returned to `goldmine outcomes import`."""


def work_columns(language: str, returned: bool) -> tuple[tuple[ListColumn, ...], int]:
    """The columns of a worksheet, and how many of them are printed: what a call needs, the reasons in its language.

    Reasons in the other language take one line, so that rows are no higher than what is printed asks for.

    Parameters
    ----------
    language : str
        ``zh`` or ``en``.
    returned : bool
        Whether the columns to be filled in are among them.
    """
    place = [column.name for column in OFFER_COLUMNS].index("reason_zh")
    before, reasons, after = OFFER_COLUMNS[:place], OFFER_COLUMNS[place : place + 2], OFFER_COLUMNS[place + 2 :]
    own = [column for column in reasons if column.name.endswith(language)]
    others = [replace(column, shown="text") for column in reasons if column not in own]
    printed = (*before, *own, *(RETURNED if returned else ()))
    return (*printed, *others, *after), len(printed)


_ARROW: dict[str, Any] = {
    "probability": pa.float64(),
    "decile": pa.int32(),
    "uplift": pa.float64(),
    "expected_value": pa.float64(),
    "as_of": pa.date32(),
    "valid_until": pa.date32(),
}
SEAM = (
    "campaign_id",
    "customer_id",
    "use_case",
    "offer",
    "product_id",
    "channel",
    "time_band",
    "probability",
    "decile",
    "uplift",
    "expected_value",
    "branch_id",
    "manager_id",
    "stratum",
    "group",
    "as_of",
    "valid_until",
    "model_version",
    "release_id",
)
CONTROL_SCHEMA = pa.schema([(name, _ARROW.get(name, pa.string())) for name in SEAM])
"""A campaign's `control.parquet`; codes are English."""
OFFERS_SCHEMA = pa.schema(
    [
        *CONTROL_SCHEMA,
        *((name, pa.string()) for name in ("name", "phone", "say_zh", "say_en", "reason_zh", "reason_en")),
        ("offer_zh", pa.string()),
        ("offer_en", pa.string()),
    ]
)
"""A campaign's `offers.parquet`: those to be contacted, best first."""
