"""What the reports say above each of their figures and tables, in Chinese and English."""

from IPython.display import Markdown

_TEXTS = {
    "head_office": (
        (
            "# Head office · {as_of}\nOne table of definitions stands behind every figure here and in the "
            "branches' and employees' reports; the branches' add up to these to the fen."
        ),
        ("# 总行经营视图 · {as_of}\n本报告与支行、员工报告使用同一张指标定义表;各支行数据加总与总行数据分毫不差。"),
    ),
    "branch": (
        ("# Branch {unit} · {as_of}\nFor the branch head. Figures about fewer than five customers are not shown."),
        ("# 支行经营视图 · {unit} · {as_of}\n供支行长使用。不足5户的数据不予展示。内部资料,严禁外传。"),
    ),
    "employee": (
        ("# {unit} ({role}) · {as_of}\nOwn customers only. Internal: personal data, must not leave the bank."),
        ("# 员工工作台 · {unit}({role}) · {as_of}\n仅含本人维护的客户。内部资料,含客户个人信息,严禁外传。"),
    ),
    "key_figures": (
        "## Key figures\nEach with the department that answers for its meaning.",
        ("## 核心指标\n每项指标均注明口径归口部门。"),
    ),
    "growth": (
        (
            "## Growth\nThe change of the quarter is split by what became of the customers: came, moved up, "
            "same level, moved down, left."
        ),
        ("## 增长\n本季净增按客户去向拆分:新增、提级、同级、降级、流失,五项之和即净增。"),
    ),
    "ladder": (
        ("## The ladder\nCustomers on each of the seven levels of average daily AUM, now and a quarter earlier."),
        ("## 等级成长\n按月日均资产七个等级的客户数,与上季末对比。"),
    ),
    "branches": (
        (
            "## Branches\nA branch with fewer than five customers in a figure is not shown, nor is the "
            "smallest other one where the total would give it away."
        ),
        ("## 支行一览\n某指标不足5户的支行不展示;若可由合计反推,则次小的一家同样隐去。"),
    ),
    "ranking": (
        (
            "## Branches compared\nSmall branches swing by chance. Each is drawn towards the whole bank's "
            "figure, the more the smaller it is; red and green stand only where chance alone would not "
            "explain the difference."
        ),
        ("## 支行对比\n小支行受偶然波动影响大:客户越少,估计越向全行水平收缩;只有偶然难以解释的差异才标为红色或绿色。"),
    ),
    "campaigns": (
        (
            "## Campaigns\nConversion of those who answered. What would have come by itself is in it; the effect is "
            "what being contacted added, measured against the control group where a campaign has one."
        ),
        (
            "## 营销活动\n接通客户的转化率包含客户自然转化;净效果为与对照组相比,"
            "因触达而增加的部分,仅对设有对照组的活动测算。"
        ),
    ),
    "models": (
        (
            "## Model health\nChampions in the registry, as judged out of time. A model older than six "
            "months, or barely better than its one-line rule, is due for retraining."
        ),
        ("## 模型健康度\n当前在用模型及跨期检验结果。超过6个月、或与一句话规则相差无几的模型应重新训练。"),
    ),
    "not_made": (
        (
            "## What could not be computed\nFor want of months or tables; such a figure is left out rather "
            "than made of half."
        ),
        ("## 未能计算的指标\n因缺少月份或数据表;宁可不展示,也不以残缺数据计算。"),
    ),
    "targets": (
        "## Targets\nOf the quarter, from the table of definitions, against what has been reached.",
        "## 目标完成情况\n本季目标(见指标定义表)与实际完成值对比。",
    ),
    "standing": (
        "## Where the branch stands\nThe weakest figure first. A rank with a wide range says little.",
        ("## 支行所处位置\n最弱的指标排在最前;可能区间很宽的排名不足为凭。"),
    ),
    "weakest": (
        (
            "## The weakest link: {metric}\n{verdict} The list below, of the branch's own customers, is what "
            "would mend it."
        ),
        ("## 最薄弱环节:{metric}\n{verdict}下列本支行客户名单可用于改善该指标。"),
    ),
    "employees": (
        "## Who looks after the customers",
        "## 员工维护情况",
    ),
    "calls": (
        (
            "## Today's calls\nCore customers whose contact is overdue first, then those taken over, other "
            "overdue ones, then the lists' best."
        ),
        (
            "## 今日联系客户\n"
            "依次为:逾期未联系的核心客户、移交客户、其他逾期客户、名单中概率最高的客户;已拒绝营销的客户不在其"
            "中。"
        ),
    ),
    "overdue": (
        "## Overdue contacts\nAll of them, by the rhythm of the customer's level.",
        ("## 逾期未联系客户\n按客户等级的联系频次计算,全部列出。"),
    ),
    "near": (
        "## Near the next level\nWithin 20% below it; the nearest first.",
        ("## 临界提级客户\n距上一等级不足20%,差额最小者在前。"),
    ),
    "own": (
        "## Own results\nThe customers whom you look after, beside the branch's and the whole bank's.",
        ("## 本人业绩\n本人维护客户的指标,与本支行、全行对比。"),
    ),
}
_VERDICTS = {
    "worse": (
        "Worse than the bank by more than chance.",
        "弱于全行,且非偶然所致。",
    ),
    "chance": (
        "The lowest of the branch's figures, though chance could explain it.",
        "为本支行相对最弱的指标,但差异可由偶然解释。",
    ),
    "better": (
        "No figure is weaker than the whole bank's.",
        "本支行各项指标均不弱于全行。",
    ),
}


def section(name: str, language: str, **words: object) -> Markdown:
    """Heading and explanation of a part of a report; `words` fill in what stands in braces."""
    en, zh = _TEXTS[name]
    return Markdown((zh if language == "zh" else en).format(**words))


def verdict_text(verdict: str, language: str) -> str:
    """What a verdict on the weakest figure means."""
    en, zh = _VERDICTS[verdict]
    return zh if language == "zh" else en
