"""Head office's first sheet: the funnel of each campaign, what it can measure, and what one more place is worth."""

from collections.abc import Mapping
from typing import Any

import xlsxwriter

from goldmine.campaigns.arbitration import TIE_BREAK
from goldmine.campaigns.record import CampaignRecord, Limit, Power
from goldmine.campaigns.texts import CHANNELS, KINDS, RANKED_BY
from goldmine.contactability.funnel import STAGES
from goldmine.core.i18n import in_language

_WORDS = {
    "sheet": ("Funnel", "筛选漏斗"),
    "stage": ("Stage", "环节"),
    "why": ("Who left", "剔除原因"),
    "left": ("Left", "剔除人数"),
    "remain": ("Remain", "剩余人数"),
    "scored": ("Scored by the models", "模型评分客户"),
    "ranked": ("Ranked by", "排序依据"),
    "measure": ("What can be measured", "效果可测性"),
    "contact": ("Contacted", "触达人数"),
    "control": ("Control, held-out customers included", "对照人数(含全行保留对照)"),
    "held_out": ("of these held out of all campaigns", "其中:全行保留对照客户"),
    "base": ("Rate that the model promises", "模型预测基准转化率"),
    "effect": ("Smallest effect found at 80% power", "80%检验效能下可测最小提升"),
    "useful": ("Smallest effect worth knowing", "有业务意义的最小提升"),
    "verdict": ("Verdict", "结论"),
    "good": ("A useful effect can be detected.", "可以检出有业务意义的提升。"),
    "bad": (
        "NOT MEASURABLE: too few customers to detect anything useful.",
        "效果不可测:样本量不足,无法检出有业务意义的提升。",
    ),
    "value": ("Expected value of all contacts, yuan", "触达预期价值合计(元)"),
    "until": ("Valid until", "有效期至"),
    "limits": ("Capacity", "触达能力:多一个名额的价值"),
    "kind": ("Limit", "限制对象"),
    "used": ("Used", "已用"),
    "most": ("At most", "上限"),
    "worth": ("One more is worth, yuan", "多一个名额的价值(元)"),
    "off": ("Campaigns that this bank's tables do not carry", "因缺少数据未开展的活动"),
    "unchecked": ("Not checked: the bank has no such data", "未核查(缺少数据)"),
    "all": ("all campaigns", "全部活动"),
}
_MOST_LIMITS = 40


def write_report(
    book: xlsxwriter.Workbook, records: Mapping[str, CampaignRecord], off: Mapping[str, str], language: str
) -> None:
    """Add the sheet, in a language (``en`` or ``zh``)."""
    _Report(book, language).write(records, off)


class _Report:
    """The sheet while it is written, line by line."""

    def __init__(self, book: xlsxwriter.Workbook, language: str) -> None:
        self.language, self.zh = language, language == "zh"
        self.words = {key: pair[self.zh] for key, pair in _WORDS.items()}
        self.sheet = book.add_worksheet(self.words["sheet"])
        self.line = 0
        look = {"bold": True, "bg_color": "#DCE6F1", "bottom": 1}
        self.looks: dict[str, Any] = {
            "title": book.add_format({"bold": True, "font_size": 14, "font_color": "#1F4E79"}),
            "head": book.add_format(look),
            "over": book.add_format({**look, "align": "right"}),
            "text": book.add_format({"num_format": "@", "quote_prefix": True}),
            "day": book.add_format({"num_format": "@", "align": "right"}),
            "count": book.add_format({"num_format": "#,##0"}),
            "money": book.add_format({"num_format": "#,##0.00"}),
            "percent": book.add_format({"num_format": "0.0%"}),
            "alarm": book.add_format({"bold": True, "font_color": "#C00000"}),
        }
        self.sheet.hide_gridlines(2)
        for place, width in enumerate((24, 46, 14, 14, 22)):
            self.sheet.set_column(place, place, width)
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)

    def write(self, records: Mapping[str, CampaignRecord], off: Mapping[str, str]) -> None:
        for name, record in records.items():
            self.row([(f"{record.zh if self.zh else record.en}  ({name})", "title")])
            ranked = record.ranking
            why = f"{RANKED_BY[ranked.by][self.zh]}: {ranked.zh if self.zh else ranked.en}"
            self.row([(self.words["ranked"], "text"), (why, "text")])
            self.line += 1
            self.funnel(record)
            self.measure(record, record.power)
            self.limits(record.limits)
            if record.funnel.skipped:
                self.row([(self.words["unchecked"], "head"), ("", "head")])
                for rule in record.funnel.skipped:
                    self.row([(in_language(rule.who, self.language), "text"), (", ".join(rule.missing), "text")])
            self.line += 2
        if off:
            self.row([(self.words["off"], "head"), ("", "head")])
            for name, why in off.items():
                self.row([(name, "text"), (why, "text")])
            self.line += 1
        self.row([(in_language(TIE_BREAK, self.language), "text")])

    def row(self, cells: list[tuple[Any, str]]) -> None:
        for place, (value, look) in enumerate(cells):
            if isinstance(value, str):
                self.sheet.write_string(self.line, place, value, self.looks[look])
            else:
                self.sheet.write_number(self.line, place, value, self.looks[look])
        self.line += 1

    def funnel(self, record: CampaignRecord) -> None:
        heads = [(self.words[key], "head") for key in ("stage", "why")]
        self.row([*heads, (self.words["left"], "over"), (self.words["remain"], "over")])
        self.row([("", "text"), (self.words["scored"], "text"), (0, "count"), (record.funnel.scored, "count")])
        told = ""
        for step in record.funnel.steps:
            stage = in_language(STAGES[step.stage], self.language) if step.stage != told else ""
            told = step.stage
            why = in_language(step.who, self.language)
            self.row([(stage, "text"), (why, "text"), (step.left, "count"), (step.remain, "count")])
        self.line += 1

    def measure(self, record: CampaignRecord, power: Power) -> None:
        self.row([(self.words["measure"], "head"), ("", "head"), ("", "head")])
        effect = [] if power.smallest_effect is None else [("effect", power.smallest_effect, "percent")]
        lines: list[tuple[str, Any, str]] = [
            ("contact", power.contact, "count"),
            ("control", power.control, "count"),
            ("held_out", power.held_out, "count"),
            ("base", power.base_rate, "percent"),
            *effect,
            ("useful", power.useful, "percent"),
            ("value", record.expected_value, "money"),
        ]
        for key, value, look in lines:
            self.row([("", "text"), (self.words[key], "text"), (value, look)])
        self.row([("", "text"), (self.words["until"], "text"), (str(record.valid_until), "day")])
        verdict = ("good", "text") if power.detects else ("bad", "alarm")
        self.row([(self.words["verdict"], "text"), (self.words[verdict[0]], verdict[1])])
        self.line += 1

    def limits(self, limits: tuple[Limit, ...]) -> None:
        heads = [(self.words["limits"], "head"), (self.words["kind"], "head")]
        self.row([*heads, *((self.words[key], "over") for key in ("used", "most", "worth"))])
        for one in limits[:_MOST_LIMITS]:
            key = CHANNELS[one.key][self.zh] if one.kind == "channel" else one.key
            whose = "" if one.campaign_id else self.words["all"]
            most = (one.most, "count") if one.most is not None else ("", "text")
            named = f"{KINDS[one.kind][self.zh]} {key}"
            self.row([(whose, "text"), (named, "text"), (one.used, "count"), most, (one.worth, "money")])
        self.line += 1
