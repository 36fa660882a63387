"""Small literal data for every figure, with texts as long as the real ones."""

from datetime import date
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from goldmine.contract.display_names import DisplayNames
from goldmine.core.columns import column
from goldmine.core.i18n import LocalizedText, in_language, stored_text
from goldmine.customers.ladder import LEVELS, level_title
from goldmine.customers.moves import Moves
from goldmine.grid.travel import Places
from goldmine.grid.week import Week
from goldmine.identity.linkage.model import LinkageModel
from goldmine.measurement.effect import Cut
from goldmine.measurement.predicted_observed import Compliance
from goldmine.measurement.report import Measured
from goldmine.models.uplift.effect import Estimate, NotMeasurable
from goldmine.plots import on_request_lists
from goldmine.plots.style import language
from goldmine.reporting.compare import compare

LABELS = {
    "en": (
        "largest loan repayment flowing out of the account, last 90 days, share of the average balance",
        "month-end AUM less that of the month before",
        "age",
        "transactions at night or at weekends, share of all, last 12 months",
        "days since the last own transaction by mobile bank or counter",
    ),
    "zh": (
        "近90天单笔最大还贷支出占账户平均余额之比（剔除同名账户互转）",
        "月末AUM较上月末变动",
        "年龄",
        "近12个月夜间及周末交易笔数占比",
        "距最近一次本人手机银行或柜面交易天数",
    ),
}
STEPS = {
    "en": (
        "scored by the model",
        "opted out of automated marketing (PIPL art. 24)",
        "cannot be reached by any of its channels, or refused them",
        "ranked below the list's size",
    ),
    "zh": ("模型评分客户", "拒绝自动化营销（个保法第24条）", "所有渠道均无法触达或已拒绝", "排名在名单容量之外"),
}
BRANCHES = {"en": "Branch of Chengguan", "zh": "城关支行"}


def labels(count: int = 20) -> list[str]:
    """Names of features, the longest of the catalogue among them."""
    names = LABELS[language()]
    return [f"{names[n % len(names)]} {n // len(names) + 1}" for n in range(count)]


def titles() -> dict[str, str]:
    """`labels` by the features' code names."""
    return {f"f{n}": name for n, name in enumerate(labels())}


def months() -> pd.DataFrame:
    days = pd.date_range("2022-01-01", periods=27, freq="MS")
    tables = ("balances", "contacts", "product_events", "transactions")
    return pd.concat([pd.DataFrame({"table": name, "month": days, "rows": 1_234_567}) for name in tables])


def suites() -> pd.DataFrame:
    names = ["customers", "accounts", "balances", "transactions", "product_events", "features"]
    return pd.DataFrame({"suite": names, "kept": [31, 12, 9, 22, 8, 160], "warning": [2, 0, 1, 1, 0, 3],
                         "fatal": [0, 1, 0, 0, 0, 0], "skipped": [4, 0, 0, 6, 1, 0]})  # fmt: skip


def aum() -> pd.Series:
    amounts = [0.0, 320, 9_000, 14_000, 30_000, 80_000, 210_000, 700_000, 2_500_000, 6_000_000]
    return pd.Series(np.repeat(amounts, [9_000, 4_000, 3_600, 900, 700, 900, 400, 100, 30, 9]))


def quarters() -> list[Moves]:
    """Few customers move, most stay below the first level, and every level has someone who moves."""
    rows = []
    for before in range(-1, 7):
        for after in range(-1, 7):
            close = abs(before - after) <= 1 or -1 in (before, after)
            if close and (before, after) != (-1, -1):
                stayed = 14_000 if after == 0 else 900 // (max(after, 0) + 1)
                count = stayed if before == after else 40
                held = [LEVELS[max(level, 0)] * count * 100 for level in (before, after)]
                rows.append(("B1", before, after, count, *held))
    columns = ["branch_id", "before", "after", "customers", "aum_before", "aum_after"]
    cells = pd.DataFrame(rows, columns=columns)
    ends = [date(2023, 6, 30), date(2023, 9, 30), date(2023, 12, 31), date(2024, 3, 31), date(2024, 6, 30)]
    return [Moves(begin, end, cells) for begin, end in pairwise(ends)]


def groups() -> pd.DataFrame:
    places = [("all", "")] + [("branch", f"B{n:03}") for n in range(8)]
    places += [("aum_level", "10k-50k"), ("age_band", "30-39")]
    count = len(places)
    verdicts = ["ok", "warning", "stop"] * count
    return pd.DataFrame(places, columns=["by", "group"]).assign(
        predicted=np.linspace(0.11, 0.3, count), observed=np.linspace(0.08, 0.31, count),
        error=np.linspace(0.01, 0.06, count), floor=0.02, verdict=verdicts[:count])  # fmt: skip


def one_group() -> pd.DataFrame:
    return groups().head(1).assign(predicted=0.102, observed=0.104)


def challenge(paired: bool) -> pd.DataFrame:
    names = ["lift_list", "lift_10pct", "auc", "average_precision", "brier", "calibration_error"]
    value = "difference" if paired else "challenger"
    rows = {value: [0.31, -0.2, 0.012, 0.0213, -0.0004, 0.0011], "low": [0.1, -0.3, -0.001, 0.011, -0.0009, -0.0007],
            "high": [0.52, -0.1, 0.025, 0.032, 0.0001, 0.0029]}  # fmt: skip
    return pd.DataFrame(rows, index=names)


def backtest() -> tuple[pd.DataFrame, pd.DataFrame]:
    days = pd.date_range("2022-06-30", periods=6, freq="QE")
    names = ["auc", "lift_list", "lift_10pct", "calibration_error"]
    over_time = pd.DataFrame(
        [(day, name, 0.8, 0.75, 0.85, 0.7 if name == "auc" else np.nan) for name in names for day in days],
        columns=["test_cutoff", "figure", "value", "low", "high", "baseline"],
    )
    decay = pd.DataFrame(
        [(age, name, -0.01 * age, -0.02 * age, 0.002) for name in names for age in (1, 2, 3)],
        columns=["age", "figure", "difference", "low", "high"],
    )
    return over_time, decay


def drifted() -> pd.DataFrame:
    states = ["alarm"] * 3 + ["drifted"] * 5 + ["stable"] * 12
    return pd.DataFrame({"feature": [f"f{n}" for n in range(20)], "psi": np.geomspace(1.2, 0.01, 20),
                         "limit": 0.15, "state": states})  # fmt: skip


def group_names() -> dict[str, LocalizedText]:
    """What people call the groups of `measured`."""
    texts = {
        "longtail": ("Long-tail conversion", "长尾客户提级"),
        "call": ("phone call", "电话"),
        "large_deposit_certificate_three_years": ("Certificate of deposit, 3 years", "大额存单三年期"),
    }
    return {code: stored_text({"en": en, "zh": zh}) for code, (en, zh) in texts.items()}


def measured() -> Measured:
    def group(name: str, value: float) -> Cut:
        return Cut(name, 900, 180, 0.2, 0.15, Estimate(value, value - 0.04, value + 0.04, 0.02))

    missing = NotMeasurable("too few")
    by = {
        "use_case": (group("longtail", 0.05),),
        "decile": tuple(group(str(n), 0.08 - n / 90) for n in range(1, 11)),
        "branch": tuple(group(f"B{n:03}", n / 100 - 0.1) for n in range(20)),
        "channel": (group("call", 0.05), Cut("sms", 9, 2, None, None, missing)),
        "offer": (group("large_deposit_certificate_three_years", 0.05),),
    }
    curve = pd.DataFrame({"depth": np.linspace(0, 1, 11), "gained": np.linspace(0, 1, 11) ** 0.5 * 5,
                          "chance": np.linspace(0, 5, 11)})  # fmt: skip
    predicted = pd.DataFrame({"decile": range(1, 11), "predicted": np.linspace(0.5, 0.02, 10)})
    predicted = predicted.assign(control=predicted.predicted * 0.9, control_low=predicted.predicted * 0.7,
                                 control_high=predicted.predicted * 1.2, contact=predicted.predicted * 1.1)  # fmt: skip
    fifths = tuple(group(str(n), 0.1 - n / 50) for n in range(1, 6))
    whole = group("all", 0.05)
    money = SimpleNamespace(cost=3_000.0, moved=missing, converted=missing)
    compliance = Compliance(
        contact=900, worked=700, reached=500, control=180, contaminated=3, late=1, by_known_channel=700, elsewhere=9
    )
    return Measured(whole, by, "probability", fifths, curve, missing, money, predicted, compliance, 40)


def curves() -> pd.DataFrame:
    depth = np.linspace(0.05, 1, 20)
    parts = {"model": depth**0.4, "baseline": depth**0.7, "no_skill": depth}
    return pd.concat([
        pd.DataFrame({"who": who, "depth": depth, "recall": recall, "lift": recall / depth})
        for who, recall in parts.items()
    ])  # fmt: skip


def evaluation(auc: float = 0.8123) -> pd.DataFrame:
    names = ["auc", "lift_1pct", "lift_5pct", "lift_10pct", "lift_20pct", "lift_list"]
    return pd.DataFrame({"model": [auc, 12.3, 8.4, 6.1, 3.9, 11.2], "baseline": [0.39, 7.7, 5.5, 4.1, 3.0, 7.1],
                         "no_skill": [0.5, 1, 1, 1, 1, 1]}, index=names)  # fmt: skip


def effects() -> pd.DataFrame:
    rows = [(name, (n - 20) / 20, n / 40) for name in labels(15) for n in range(40)]
    return pd.DataFrame(rows, columns=["feature", "effect", "standing"])


def funnel_rows() -> pd.DataFrame:
    counts = ((0, 4_811), (1_240, 3_571), (2_411, 1_160), (660, 500))
    rows = [
        (title, step, *count)
        for title in ("Long-tail conversion", "First wealth product")
        for step, count in zip(STEPS[language()], counts, strict=True)
    ]
    return pd.DataFrame(rows, columns=["list", "step", "left", "remain"])


def branches(count: int = 18) -> pd.DataFrame:
    numbers = np.arange(count)
    units = pd.DataFrame({"above": 5 + 7 * numbers % 40, "below": 60 + 37 * numbers})
    return compare(units.set_axis([f"{BRANCHES[language()]} {n}" for n in numbers]), "more")


def reliability_bins() -> pd.DataFrame:
    return pd.DataFrame({"rows": 400, "predicted": np.linspace(0.01, 0.5, 10), "observed": np.linspace(0.02, 0.45, 10)})


def change() -> pd.DataFrame:
    names = {"en": ("new customers", "rose a level", "stayed on their level, and few others", "fell a level", "left"),
             "zh": ("新客户", "升级客户", "等级不变，及少量其他客户", "降级客户", "销户客户")}  # fmt: skip
    return pd.DataFrame({"step": names[language()], "yuan": [41_500_000.0, 117_176_042.23, -9_000_000, -150e6, -3e6]})


def history() -> pd.DataFrame:
    days = pd.to_datetime(["2023-06-30", "2023-09-30", "2023-12-31", "2024-03-31"])
    values = {"aum": 1_171_760_422.3, "deposits": 900_000_000.0, "wealth": 200_000_000.0}
    return pd.DataFrame([(day, name, yuan) for day in days for name, yuan in values.items()],
                        columns=["as_of", "metric", "value"])  # fmt: skip


def levels() -> pd.DataFrame:
    names = [in_language(level_title(level), language()) for level in range(7)]
    return pd.DataFrame({"level": names, "now": [16_659, 900, 700, 300, 90, 20, 6],
                         "before": [16_616, 870, np.nan, 310, 88, 22, 6]})  # fmt: skip


def staff() -> pd.DataFrame:
    lacks = {f"lacks_{name}": [900, 120, 30] for name in column("next_best").words}
    people = {"paid_staff": [1_450, 240, 31], "elsewhere_staff": [320, 60, 4]}
    return pd.DataFrame({"industry": ["health and social work", "education", None], **people, **lacks})


def homes() -> pd.DataFrame:
    """Four members of two households, and one who lives alone."""
    return pd.DataFrame({"customer_id": list("ABCDE"), "household_id": list("AACCE"),
                         "is_head": [True, False, True, False, True], "members": [2, 2, 6, 6, 1],
                         "household_products": [2, 2, 5, 5, 0],
                         "household_aum": [60_000.0, 60_000.0, 900_000.0, 900_000.0, 10.0],
                         "customer_aum": [30_000.0, 30_000.0, 900_000.0, 0.0, 10.0]})  # fmt: skip


def linkage_model() -> LinkageModel:
    levels = [("name", "same_sound", 6.1), ("id_number_hash", "same", 19.5), ("birth_date", "within_ten_years", -4.2),
              ("address", "part_of", 8.0), ("phone_hash", "different", -0.4)]  # fmt: skip
    weights = [{"column": name, "level": level, "weight": weight} for name, level, weight in levels]
    return LinkageModel(
        {"id_number_hash": 1_200, "birth_date+branch_id+name:1": 98_765, "name_sound": 7}, {}, weights, 1e-6
    )


def linkage_pairs() -> pd.DataFrame:
    return pd.DataFrame({"probability": [0.55, 0.98, 0.999, 1.0], "zone": ["review", "review", "sure", "sure"]})


def resolutions() -> pd.DataFrame:
    steps = 2.0 ** np.arange(12)
    return pd.DataFrame({"resolution": steps, "agreement": np.exp(-(((np.arange(12) - 4) / 4) ** 2))})


def rankers() -> pd.DataFrame:
    return pd.DataFrame({"ranker": ["model", "lookalikes"], "listed": [400, 400], "converted": [60, 31],
                         "lift": [3.4, 1.6], "others": [0, 340], "others_converted": [0, 20],
                         "others_lift": [np.nan, 1.3]})  # fmt: skip


def campaigns() -> pd.DataFrame:
    return pd.DataFrame({"campaign_id": ["longtail_2024q1", "first_wealth_2024q1"], "settled": [420, 61],
                         "converted": [40, 2], "conversion": [40 / 420, 2 / 61],
                         "started_on": [date(2024, 1, 8), date(2024, 2, 1)]})  # fmt: skip


def shares() -> pd.DataFrame:
    names = {"en": ("share of the contacts of the quarter that were overdue", "customers with 50,000 yuan and more"),
             "zh": ("本季度逾期未联系客户占比", "5万元及以上客户占比")}  # fmt: skip
    return pd.DataFrame({"figure": names[language()], "own": [0.3, 0.1], "branch": [0.25, 0.12], "bank": [0.2, 0.14]})


def parts() -> pd.DataFrame:
    return pd.DataFrame({"part": list(on_request_lists.part_words()), "customers": [16_659] * 6,
                         "converted": [1_131, 900, 200, 190, 100, 90],
                         "rate": [0.068, 0.08, 0.03, 0.1, 0.12, 0.05]})  # fmt: skip


def narrow_scores() -> np.ndarray:
    """Probabilities between 3% and 40%, less than a decade and a half."""
    return np.linspace(0.03, 0.4, 4_000) ** 1.2


def week() -> Week:
    """Two days of one visitor in three villages."""
    names = {"en": ("Upper Mill Village", "River Bend", "East Lake"), "zh": ("上磨村", "河湾村", "东湖村")}[language()]
    grids = {"G01": (34.31, 117.95), "G02": (34.36, 117.99), "G03": (34.33, 118.04)}
    visits = pd.DataFrame({
        "visitor_id": "S00007", "grid_id": ["G01", "G01", "G02", "G03", "G03"],
        "on_day": pd.to_datetime(["2024-07-01"] * 3 + ["2024-07-02"] * 2), "visit_order": [1, 2, 3, 1, 2],
        "arrive_at": ["08:40", "09:30", "15:10", "09:00", "15:00"],
    })  # fmt: skip
    total = {"visitor_id": ["S00007"], "branch_id": ["B001"], "kilometres": [41.2], "hours": [9.5]}
    places = Places(grids, {"B001": (34.30, 118.0)})
    return Week(Path("week.parquet"), visits, pd.DataFrame(total), 0, places,
                DisplayNames({"grids": dict(zip(grids, names, strict=True))}))  # fmt: skip
