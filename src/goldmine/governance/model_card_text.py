"""The words of a model card, in English and Chinese."""

from typing import Any

from goldmine.governance.groups import BY_ZH
from goldmine.labels.use_case import UseCase

SAY: dict[str, dict[str, Any]] = {
    "en": {
        "title": "Model card: {title}",
        "subtitle": "{name}, version {version} · {bank} · trained at {as_of}",
        "use": "Use",
        "asked": "Asked of customers with {who}: who {what}?",
        "times": "{gap} days after the snapshot are skipped, the next {horizon} count. The list holds up to {size} "
        "customers and may be worked for {valid} days.",
        "meant_for": "Meant for: the order in which customers are called, one ground beside a customer manager's own.",
        "not_for": "Not meant for: granting or refusing credit, setting prices or limits, or any decision about a "
        "customer without a person. The probability says what happens if nothing is done, not what a call changes.",
        "verdict": "State",
        "champion": "Champion: it scores this use case.",
        "refused": "Not champion. What stood against it:",
        "data": "Data",
        "train": "training",
        "calibrate": "calibration",
        "test": "judging",
        "data_columns": ("part", "cutoffs", "rows", "outcomes", "share"),
        "features": "{count} features, each of which sees only what was dated and known by its cutoff.",
        "weighed": "The model weighs protected traits or what stands for them: {names}. None is given as a reason.",
        "weighs_none": "The model weighs no protected trait and nothing that stands for one.",
        "regrown": "Outcomes are few: once it was known when to stop, the trees were grown again with the calibration "
        "rows among what they learn from. The calibration stands on trees that had not seen them.",
        "figures": "Figures out of time",
        "judged_on": "Judged on {rows} customers with {positives} outcomes, at a list of {size}; nothing was fitted on "
        "them. Intervals hold 95 of 100 bootstrap samples of the customers.",
        "figure_columns": ("figure", "model", "95% interval", "one-line rule", "no skill"),
        "names": {
            "auc": "AUC",
            "average_precision": "average precision",
            "brier": "Brier score",
            "calibration_error": "calibration error",
            "lift_10pct": "lift in the top 10%",
            "lift_list": "lift at list size",
        },
        "groups": "Do its probabilities hold in each group?",
        "groups_told": "The groups furthest off. The floor is the error that true probabilities would show among few.",
        "group_columns": ("by", "group", "rows", "promised", "came", "error", "floor", "verdict"),
        "small": "others, together",
        "by": {"all": "all", "branch": "branch", "aum_level": "AUM level", "age_band": "age band"},
        "verdicts": {"kept": "holds", "warning": "warning", "stop": "stops promotion"},
        "guarded": "Does it leave a group behind?",
        "guarded_told": "Outcomes that the champion's list and this model's list catch in each protected group.",
        "guarded_columns": ("by", "group", "champion", "this model", "loss"),
        "looks_at": "What it looks at",
        "looks_columns": ("feature", "share of the trees' gain"),
        "moved": "How far the months after training had moved",
        "estimate": "Estimated from the probabilities alone, the lift at list size was {estimated}; {realised} came.",
        "moved_columns": ("cutoff", "rows", "features moved", "furthest"),
        "limits": "Limits",
        "one_cutoff": "Judged once, by the rows of {cutoff} and {positives} outcomes: another quarter may differ by "
        "more than the intervals say.",
        "limits_told": (
            "Customers who joined lately, and those whom the bank's tables say little of, are scored by what is known.",
            "What customers hold at other banks is not seen.",
            "When products, prices or the season change, it drifts; each scoring run says how far.",
            "Customers who were contacted before behave as contacted customers: it learns from them as they were.",
        ),
        "trace": "Trace",
        "run": "MLflow run",
        "data_mark": "fingerprint of data, code and settings",
        "rows_mark": "fingerprint of the judged customers",
        "seed": "seed",
        "trees": "trees",
    },
    "zh": {
        "title": "模型卡片：{title}",
        "subtitle": "{name} 第{version}版 · {bank} · 数据日期 {as_of}",
        "use": "用途",
        "asked": "对象：{who}的客户；预测：{what}。",
        "times": "数据日期后间隔{gap}天，其后{horizon}天为表现期。名单最多{size}人，有效期{valid}天。",
        "meant_for": "适用：决定联系客户的先后，供客户经理参考。",
        "not_for": "不适用：授信审批、定价定额，以及任何没有人工参与的客户决策。"
        "概率表示不采取行动时的结果，不代表营销带来的改变。",
        "verdict": "状态",
        "champion": "冠军模型：正在为本场景评分。",
        "refused": "未成为冠军模型，原因：",
        "data": "数据",
        "train": "训练",
        "calibrate": "校准",
        "test": "检验",
        "data_columns": ("用途", "观察截止日", "样本数", "目标数", "占比"),
        "features": "共{count}个特征，每个特征只使用观察截止日及以前已发生且已入账的数据。",
        "weighed": "模型使用了受保护属性或其替代信息：{names}；均不作为入选理由。",
        "weighs_none": "模型未使用受保护属性及其替代信息。",
        "regrown": "正样本较少：确定轮数后，将校准样本并入训练样本重新建树；概率校准所用的树未见过校准样本。",
        "figures": "跨期检验结果",
        "judged_on": "检验客户{rows}人，目标{positives}人，名单容量{size}人，未参与任何拟合。"
        "区间为客户自助抽样的95%区间。",
        "figure_columns": ("指标", "模型", "95%区间", "一句话规则", "随机"),
        "names": {
            "auc": "AUC",
            "average_precision": "平均精确率",
            "brier": "Brier分数",
            "calibration_error": "校准误差",
            "lift_10pct": "前10%提升度",
            "lift_list": "名单容量提升度",
        },
        "groups": "各客群概率是否可信",
        "groups_told": "以下为偏差最大的客群。噪声下限为概率完全准确时，该样本量下也会出现的误差。",
        "group_columns": ("维度", "客群", "客户数", "预测", "实际", "误差", "噪声下限", "结论"),
        "small": "其余合并",
        "by": BY_ZH,
        "verdicts": {"kept": "可信", "warning": "警告", "stop": "禁止上线"},
        "guarded": "是否有客群被落下",
        "guarded_told": "冠军模型名单与本模型名单在各受保护客群中覆盖的目标客户数。",
        "guarded_columns": ("维度", "客群", "冠军模型", "本模型", "减少"),
        "looks_at": "主要依据",
        "looks_columns": ("特征", "信息增益占比"),
        "moved": "训练之后的变动",
        "estimate": "仅凭概率估计的名单提升度为{estimated}，实际为{realised}。",
        "moved_columns": ("观察截止日", "客户数", "变动特征数", "变动最大"),
        "limits": "局限",
        "one_cutoff": "仅检验过一次（{cutoff}，{positives}个目标），其他季度的差异可能超出上述区间。",
        "limits_told": (
            "新开户客户及本行数据较少的客户，只能按已知信息评分。",
            "客户在他行的资产与交易不可见。",
            "产品、价格或季节变化会造成漂移，每次评分都会给出漂移程度。",
            "曾被营销触达的客户，其行为已受触达影响，模型按其实际行为学习。",
        ),
        "trace": "追溯",
        "run": "MLflow 运行编号",
        "data_mark": "数据、代码与参数指纹",
        "rows_mark": "检验客户指纹",
        "seed": "随机种子",
        "trees": "树的数量",
    },
}


def conditions(case: UseCase, language: str) -> str:
    """Who is eligible, in the features' own names."""
    parts = []
    for one in case.eligible:
        parts += [f"{one.feature} < {one.below:,.10g}"] if one.below is not None else []
        parts += [f"{one.feature} ≥ {one.at_least:,.10g}"] if one.at_least is not None else []
        parts += [f"{one.feature} = {one.equals}"] if one.equals is not None else []
    return ("、" if language == "zh" else ", ").join(parts)


def outcome_words(case: UseCase, language: str) -> str:
    """What is to happen."""
    outcome, zh = case.outcome, language == "zh"
    if outcome.kind == "average_aum_at_least":
        return (
            f"表现期末月日均资产达到{outcome.yuan:,.0f}元"
            if zh
            else f"reaches {outcome.yuan:,.0f} yuan of average daily AUM"
        )
    if outcome.kind == "no_own_transaction":
        return "表现期内无主动交易" if zh else "makes no transaction of their own"
    if outcome.kind == "comes_back":
        return "表现期内重新往来" if zh else "comes back to the bank"
    if outcome.kind == "external_label":
        return "其结果已在表中给出" if zh else "has the outcome that the table holds"
    events = {
        "bought": ("buys a product", "购买产品"),
        "redeemed": ("redeems a product", "赎回产品"),
        "loan_drawn": ("draws a loan", "用信"),
        "loan_repaid": ("pays off a loan", "结清贷款"),
    }
    words = events[outcome.event][zh]
    classes = {"demand": "活期", "time": "定期", "wealth": "理财", "loan": "贷款", "other": "其他"}
    if outcome.product_class is None:
        return words
    return f"{words}（{classes[outcome.product_class]}）" if zh else f"{words} (class {outcome.product_class})"
