"""The words of the three views in Chinese and English."""

from goldmine.customers.ladder import LEVELS

WORDS = {
    "figure": ("Figure", "指标"),
    "now": ("Now", "本季末"),
    "before": ("A quarter earlier", "上季末"),
    "owner": ("Owner", "归口部门"),
    "missing": ("Missing", "缺少的数据"),
    "branch": ("Branch", "支行"),
    "employee": ("Employee", "员工"),
    "unknown": ("(not known)", "(未归属)"),
    "own": ("This branch", "本行"),
    "bank": ("Whole bank", "全行"),
    "likely": ("True value, most likely (90%)", "真实水平(90%区间)"),
    "rank": ("Rank (likely range)", "排名(可能区间)"),
    "verdict": ("Against the bank", "与全行相比"),
    "better": ("better", "优于全行"),
    "worse": ("worse", "弱于全行"),
    "chance": ("no more than chance", "差异可由偶然解释"),
    "target": ("Target", "目标"),
    "actual": ("Actual", "实际"),
    "reached": ("Reached", "是否达成"),
    "customer_id": ("Customer", "客户号"),
    "level": ("Level", "资产等级"),
    "aum": ("AUM, yuan", "月日均资产(元)"),
    "to_next": ("To the next level, yuan", "距上一级差额(元)"),
    "why": ("Why", "联系原因"),
    "reason": ("Reason", "入选理由"),
    "probability": ("Probability", "预测概率"),
    "last_contact_on": ("Last contact", "上次联系日"),
    "due": ("Contact due on", "应联系日"),
    "overdue_days": ("Days overdue", "逾期天数"),
    "overdue": ("Contact overdue by {} days", "逾期{}天未联系"),
    "core_overdue": ("Core customer, contact overdue by {} days", "核心客户,逾期{}天未联系"),
    "near_next": ("Near the next level", "临界提级"),
    "handed_over": ("Taken over from {}", "由{}移交"),
    "previous_id": ("Carer before", "原维护人"),
    "employee_id": ("Looked after by", "维护人"),
    "campaign": ("Campaign", "营销活动"),
    "contacts": ("Contacts", "触达"),
    "answered": ("Reached", "接通"),
    "converted": ("Converted", "转化"),
    "conversion": ("Conversion of those reached", "接通转化率"),
    "control": ("Control group", "对照组"),
    "effect": ("Effect", "净效果"),
    "low": ("at least", "下限"),
    "high": ("at most", "上限"),
    "use_case": ("Use case", "营销场景"),
    "version": ("Version", "模型版本"),
    "trained_at": ("Trained at", "训练数据日"),
    "age_months": ("Months old", "距今月数"),
    "auc": ("AUC", "AUC"),
    "rule_auc": ("AUC of the one-line rule", "一句话规则AUC"),
    "lift": ("Lift of the list", "名单提升度"),
    "calibration": ("Gap promised to happened", "预测与实际偏差"),
    "from": ("From", "开始日"),
}


def word(name: str, language: str) -> str:
    """A name in words."""
    en, zh = WORDS[name]
    return zh if language == "zh" else en


def level_word(level: int, language: str) -> str:
    """A level of the ladder by where it begins and ends, in yuan."""
    ends = [*LEVELS[1:], None]
    start, end = _yuan(LEVELS[level], language), ends[level]
    if end is None:
        return f"{start}以上" if language == "zh" else f"{start} and more"
    return f"{start}–{_yuan(end, language)}"


def _yuan(amount: int, language: str) -> str:
    if language == "zh":
        return f"{amount // 10_000}万" if amount else "0"
    return f"{amount // 1_000_000}M" if amount >= 1_000_000 else f"{amount // 1_000}k" if amount else "0"
