"""Whether a returned row can be kept, and if not, why."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from goldmine.offers.words import ANSWERS, CHANNELS
from goldmine.outcomes.sheet import Cell, Formula

REASONS = {
    "formula": ("a cell holds a formula", "单元格为公式"),
    "no_campaign": ("no such campaign in any release", "无此活动"),
    "no_customer": ("customer number is missing", "缺少客户号"),
    "never_listed": (
        "customer was never on a list of this campaign (are leading zeros lost?)",
        "客户从未列入该活动名单(请检查客户号前导零)",
    ),
    "no_date": ("contacted on is missing or no date", "触达日期缺失或无法识别"),
    "before": ("contacted before the release", "触达日期早于名单发布"),
    "future": ("contacted in the future", "触达日期晚于今天"),
    "channel": ("channel is not known", "触达渠道无法识别"),
    "answer": ("answer is not known", "客户答复无法识别"),
    "twice": ("stands twice in the file, with different results", "文件内重复且结果不一致"),
    "other": ("another result of this contact was imported before", "该次触达已导入过不同结果"),
}
"""Why a row is not kept, in English and Chinese."""

_CODES = {
    "channel": {word.lower(): code for code, words in CHANNELS.items() for word in (code, *words)} | {"上门": "visit"},
    "answer": {word.lower(): code for code, words in ANSWERS.items() for word in (code, *words)}
    | {"未接": "not_reached"},
}
_FORMS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日")
_TIME = re.compile(r"[ T]\d{1,2}:\d{2}(:\d{2})?(\.\d+)?$")


@dataclass(frozen=True)
class Result:
    """One contact that came back."""

    campaign_id: str
    customer_id: str
    contacted_on: date
    channel: str
    answer: str
    note: str | None


@dataclass(frozen=True)
class Known:
    """What rows are checked against.

    Parameters
    ----------
    listed : mapping of (str, str) to date
        Campaign and customer of every offer ever released, and the first snapshot that listed it.
    campaigns : frozenset of str
        Every campaign of a release.
    today : date
        The day of the import.
    """

    listed: Mapping[tuple[str, str], date]
    campaigns: frozenset[str]
    today: date


def check_row(cells: Mapping[str, Cell], known: Known) -> Result | str:
    """A row as it is kept, or the name of the reason why it is not.

    Parameters
    ----------
    cells : mapping of str to Cell
        By code name of the column.
    known : Known
        What there is.
    """
    if any(isinstance(cell, Formula) for cell in cells.values()):
        return "formula"
    campaign, customer = _text(cells.get("campaign_id")).strip(), _text(cells.get("customer_id"))
    day = _day(cells.get("contacted_on"))
    channel, answer = (_CODES[name].get(_text(cells.get(name)).strip().lower()) for name in ("channel", "answer"))
    first = known.listed.get((campaign, customer))
    faults = {
        "no_campaign": campaign not in known.campaigns,
        "no_customer": not customer,
        "never_listed": first is None,
        "no_date": day is None,
        "before": day is not None and first is not None and day <= first,
        "future": day is not None and day > known.today,
        "channel": channel is None,
        "answer": answer is None,
    }
    for name, broken in faults.items():
        if broken:
            return name
    note = _text(cells.get("note"))
    return Result(campaign, customer, day, channel, answer, note or None)  # type: ignore[arg-type]


def _text(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell.is_integer() else repr(cell)
    return "" if cell is None else str(cell)


def _day(cell: Cell) -> date | None:
    if isinstance(cell, date):
        return cell
    text = _TIME.sub("", _text(cell).strip())
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None
