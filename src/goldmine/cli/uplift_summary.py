"""A study in words, for people."""

from goldmine.models.uplift.effect import Estimate, NotMeasurable
from goldmine.models.uplift.study import Study
from goldmine.models.uplift.table import TrialTable

LANGUAGES = ("en", "zh")
_WORDS = {
    "yes": ("yes", "有"),
    "no": ("none shown", "未见效果"),
    "not measurable": ("not measurable", "不可测量"),
    "effect": ("Effect on average", "平均效果"),
    "by": ("{value} ({low} to {high}, {level:.0%} interval)", "{value}（{level:.0%} 置信区间 {low} 至 {high}）"),
    "rows": ("Rows", "行数"),
    "arms": ("{treated:,} treated, {control:,} control", "处理组 {treated:,}，对照组 {control:,}"),
    "detect": ("Would have shown", "可检出的最小效果"),
    "detected": ("{value} or more, four times out of five", "{value} 以上（检验效能 80%）"),
    "ranks": ("Uplift ranks", "可否按增益排序"),
    "may": ("yes", "可以"),
    "may_not": ("no: the interval holds zero, rank by propensity", "不可以：区间包含零，请按倾向概率排序"),
    "qini": ("Qini a row", "Qini（每行）"),
    "fifth": ("By uplift", "增益分组"),
    "treated": ("treated", "处理组"),
    "control": ("control", "对照组"),
    "difference": ("difference", "差异"),
    "two_model": ("two models", "双模型"),
    "transformed_outcome": ("transformed outcome", "结果变换"),
}


def in_words(table: TrialTable, found: Study, level: float, language: str) -> str:
    """A study as lines of text in English or Chinese; what was not measured has no figure."""
    words = {key: pair[language == "zh"] for key, pair in _WORDS.items()}
    arms = words["arms"].format(treated=int(table.treated.sum()), control=int((~table.treated).sum()))
    lines = [(words["rows"], arms)]
    if isinstance(found.effect, NotMeasurable):
        why = found.effect.zh if language == "zh" else found.effect.why
        return _lines([*lines, (words["effect"], f"{words['not measurable']}: {why}")])
    share = bool(((table.outcome == 0) | (table.outcome == 1)).all())
    lines.append((words["effect"], f"{words[found.verdict]}: {_figure(words['by'], found.effect, share, level)}"))
    if found.detectable is not None:
        lines.append((words["detect"], words["detected"].format(value=_number(found.detectable, share))))
    if found.ranking is None:
        return _lines(lines)
    lines.append((words["ranks"], words["may" if found.ranks else "may_not"]))
    qini = f"{words[found.ranking.method]}: {_figure(words['by'], found.ranking.qini, share, level)}"
    return "\n".join([_lines([*lines, (words["qini"], qini)]), "", *_fifths(found, words, share)])


def _fifths(found: Study, words: dict[str, str], share: bool) -> list[str]:
    head = [words[name] for name in ("fifth", "rows", "treated", "control", "difference")]
    rows = []
    for one in found.fifths:
        missing = isinstance(one.effect, NotMeasurable)
        figures = [words["not measurable"]] if isinstance(one.effect, NotMeasurable) else [_ends(one.effect, share)]
        means = ["-", "-"] if missing else [_number(one.treated, share, sign=""), _number(one.control, share, sign="")]
        rows.append([str(one.fifth), f"{one.rows:,}", *means, *figures])
    return ["  ".join(f"{cell:>12}" for cell in row) for row in [head, *rows]]


def _lines(pairs: list[tuple[str, str]]) -> str:
    return "\n".join(f"{what:<20}{value}" for what, value in pairs)


def _figure(form: str, found: Estimate, share: bool, level: float) -> str:
    value, low, high = (_number(number, share) for number in (found.value, found.low, found.high))
    return form.format(value=value, low=low, high=high, level=level)


def _ends(found: Estimate, share: bool) -> str:
    return f"{_number(found.value, share)} ({_number(found.low, share)} .. {_number(found.high, share)})"


def _number(value: float, share: bool, sign: str = "+") -> str:
    return format(value, f"{sign}.2%" if share else f"{sign},.4g")
