"""Whether a returned row can be kept, and if not, why."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from goldmine.campaigns.results.parse_sheet import Cell, Formula
from goldmine.campaigns.texts import ANSWERS, CHANNELS

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
REFUSED = ("the refusal counts all the same", "拒绝联系已登记生效")
"""What is added to the reason of a row that came back and whose refusal stands."""
OPT_OUT = "opt_out"

_REFUSALS = (
    *("不再联系", "请勿联系", "请勿再联系", "勿再联系", "不要再联系", "拒绝联系", "拒绝营销", "勿扰", "免打扰", "退订"),
    *("opt out", "opt-out", "optout", "unsubscribe", "do not call", "do not contact", "never contact"),
)
"""Other words for a refusal: whoever writes one down is understood."""
_OTHER_CHANNELS = {"上门": "visit", "走访": "visit", "打电话": "call", "柜台": "counter", "微信": "wechat"}
_OTHER_ANSWERS = (
    dict.fromkeys(("有意愿", "感兴趣", "同意"), "yes")
    | dict.fromkeys(("无意愿", "没有意向", "不感兴趣", "不需要"), "no")
    | dict.fromkeys(("再联系", "再考虑一下", "考虑一下", "以后再说"), "later")
    | dict.fromkeys(("未接", "无人接听", "关机", "停机", "空号", "联系不上", "no answer"), "not_reached")
)
_CODES = {
    "channel": {word.lower(): code for code, words in CHANNELS.items() for word in (code, *words)} | _OTHER_CHANNELS,
    "answer": {word.lower(): code for code, words in ANSWERS.items() for word in (code, *words)}
    | _OTHER_ANSWERS
    | dict.fromkeys(_REFUSALS, OPT_OUT),
}
_FORMS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日")
_SERIAL = re.compile(r"[45]\d{4}")
_FIRST_DAY = date(1899, 12, 30)
"""A spreadsheet's day 0: what is left of a date whose format was lost is a number of days, 40000 to 59999."""
_TIME = re.compile(r"[ T]\d{1,2}:\d{2}(:\d{2})?(\.\d+)?$")


@dataclass(frozen=True)
class Result:
    """One contact that came back."""

    campaign_id: str
    customer_id: str
    contacted_on: date
    channel: str | None
    answer: str
    note: str | None


@dataclass(frozen=True)
class Checked:
    """What becomes of a row: a result that is kept, a reason why the row goes back, or, of a refusal, both.

    Parameters
    ----------
    result : Result or None
        What is kept.
    fault : str or None
        Name of the reason.
    """

    result: Result | None
    fault: str | None


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
    customers : collection of str
        Everybody whose refusal can be taken down: whoever was on a list, and the bank's customers.
    """

    listed: Mapping[tuple[str, str], date]
    campaigns: frozenset[str]
    today: date
    customers: Collection[str]


def check_row(cells: Mapping[str, Cell], known: Known) -> Checked:
    """A row as it is kept, or the reason why it is not.

    Who asks never to be contacted again is heard, whatever else is wrong with the row: only the customer must be known.
    Where its day cannot be used the day of the import takes its place, and what cannot be used is left empty.

    Parameters
    ----------
    cells : mapping of str to Cell
        By code name of the column.
    known : Known
        What there is.
    """
    formula = any(isinstance(cell, Formula) for cell in cells.values())
    cells = {name: None if isinstance(cell, Formula) else cell for name, cell in cells.items()}
    campaign, customer = _text(cells.get("campaign_id")).strip(), _text(cells.get("customer_id")).strip()
    day = _day(cells.get("contacted_on"))
    channel, answer = (_CODES[name].get(_word(cells.get(name))) for name in ("channel", "answer"))
    first = known.listed.get((campaign, customer))
    faults = {
        "formula": formula,
        "no_campaign": campaign not in known.campaigns,
        "no_customer": not customer,
        "never_listed": first is None,
        "no_date": day is None,
        "before": day is not None and first is not None and day <= first,
        "future": day is not None and day > known.today,
        "channel": channel is None,
        "answer": answer is None,
    }
    fault = next((name for name, broken in faults.items() if broken), None)
    note = _text(cells.get("note")) or None
    if fault is None:
        return Checked(Result(campaign, customer, day, channel, answer, note), None)  # type: ignore[arg-type]
    if answer != OPT_OUT or customer not in known.customers:
        return Checked(None, fault)
    usable = day is not None and not faults["before"] and not faults["future"]
    heard = day if usable and day is not None else known.today
    return Checked(Result(campaign or OPT_OUT, customer, heard, channel, OPT_OUT, note), fault)


def _word(cell: Cell) -> str:
    return _text(cell).strip(" \t\r\n\u3000。.!！").lower()


def _text(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell.is_integer() else repr(cell)
    return "" if cell is None else str(cell)


def _day(cell: Cell) -> date | None:
    if isinstance(cell, date):
        return cell
    text = _TIME.sub("", _text(cell).strip())
    if _SERIAL.fullmatch(text):
        return _FIRST_DAY + timedelta(days=int(text))
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None
