"""The columns of a published list: code names, Chinese headings, how wide and how shown."""

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

Shown = Literal["text", "wrapped", "mark", "count", "percent", "day", "money"]
"""How a cell is shown; a mark is a short text, centred; a wrapped text keeps its column's width."""
TEXTS = ("text", "wrapped", "mark")

REASONS = 3


@dataclass(frozen=True)
class ListColumn:
    """One column of a list.

    Parameters
    ----------
    name, zh : str
        Its code name, which is its English heading too, and its Chinese heading.
    shown : str
        How a worksheet shows it.
    width : int
        Characters that fit in its cell, at least; a text's cell grows with it.
    """

    name: str
    zh: str
    shown: Shown
    width: int

    def heading(self, language: str) -> str:
        """Its heading in English (``en``) or Chinese (``zh``)."""
        return self.zh if language == "zh" else self.name


LIST_COLUMNS = (
    ListColumn("rank", "排名", "count", 7),
    ListColumn("customer_id", "客户号", "text", 18),
    ListColumn("branch_id", "所属支行", "mark", 12),
    ListColumn("manager_id", "客户经理", "mark", 12),
    ListColumn("use_case", "营销场景", "mark", 12),
    ListColumn("probability", "预测概率", "percent", 12),
    ListColumn("decile", "十分位", "count", 9),
    *(ListColumn(f"reason_{n}", f"入选理由{n}", "text", 40) for n in range(1, REASONS + 1)),
    ListColumn("as_of", "数据日期", "day", 12),
    ListColumn("valid_until", "有效期至", "day", 12),
    ListColumn("model_version", "模型版本", "mark", 14),
    ListColumn("release_id", "发布编号", "mark", 16),
)

_ARROW = {
    "rank": pa.int32(),
    "probability": pa.float64(),
    "decile": pa.int32(),
    "as_of": pa.date32(),
    "valid_until": pa.date32(),
}

LIST_SCHEMA = pa.schema([(c.name, _ARROW.get(c.name, pa.string())) for c in LIST_COLUMNS])
COLUMN_NAMES = tuple(LIST_SCHEMA.names)
