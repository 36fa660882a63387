"""By what a campaign ranks: uplift where it may, else propensity; and what an offer is then worth."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.campaigns.plan import Plan
from goldmine.campaigns.stored_uplift import uplift_path
from goldmine.core.files import write_json
from goldmine.core.i18n import in_language
from goldmine.core.workspace import Workspace
from tests.campaigns.made import AS_OF, campaign, left, offer, person, plan_of, policy, rows_of

TWO = {"call": {"cost": 6.0, "reach": 0.6, "max": 9}, "sms": {"cost": 0.0, "reach": 0.2, "max": 9}}


def teach(folder: Path, uplift: dict[str, float] | None, *, use_case: str = "longtail", **more: object) -> None:
    """Keep what past campaigns taught; without uplift the verdict alone."""
    path = uplift_path(Workspace(folder / "work"), AS_OF, use_case)
    verdict = "history too small" if uplift is None else "uplift ranks"
    record = {"verdict": verdict, "rows": 900, "rows_needed": 4000, "channels": {"call": 30, "sms": 10}}
    write_json(path.with_suffix(".json"), record | more)
    if uplift is not None:
        pq.write_table(pa.table({"customer_id": list(uplift), "uplift": list(uplift.values())}), path)


def planned(folder: Path, *campaigns: object, probability: dict[str, float] | None = None) -> Plan:
    chances = probability or {"sure": 0.9, "moved": 0.3}
    tables = {"customers": [person(number) for number in chances]}
    return plan_of(folder, tables, chances, *(campaigns or (campaign(channels=TWO),)), rules=policy())


def values(plan: Plan) -> dict[str, tuple[float, str]]:
    rows = rows_of(plan)
    return dict(
        zip(rows["customer_id"], zip(rows["expected_value"].tolist(), rows["channel"], strict=True), strict=True)
    )


def test_uplift_ranks_persuadable_before_sure_customers(tmp_path):
    teach(tmp_path, {"sure": 0.01, "moved": 0.1})
    plan = planned(tmp_path)
    # A mean reach of (30 x 0.6 + 10 x 0.2) / 40 = 0.5 stands in the uplift: reaching `moved` adds 0.2.
    # A call: 0.2 x 0.6 x 100 - 6 = 6; a text: 0.2 x 0.2 x 100 = 4. `sure`: 1.2 - 6 by call, 0.4 by text.
    assert values(plan) == {"moved": (6.0, "call"), "sure": (0.4, "sms")}
    assert rows_of(plan)["uplift"].tolist() == [0.1, 0.01]
    assert rows_of(plan)["probability"].tolist() == [0.3, 0.9]
    ranking = plan.planned[0].record.ranking
    assert (ranking.by, ranking.why) == (
        "uplift",
        "past campaigns show which customers a contact persuades: 900 customers; an effect on half of the customers "
        "would need about 4,000 customers to show, so this one is larger and concentrated in fewer",
    )


@pytest.mark.parametrize("needed", [None, 900, 100])
def test_uplift_ranks_without_more_words_on_a_large_history(tmp_path, needed):
    teach(tmp_path, {"sure": 0.01, "moved": 0.1}, rows_needed=needed)
    ranking = planned(tmp_path).planned[0].record.ranking
    assert ranking.why == "past campaigns show which customers a contact persuades: 900 customers"


def test_propensity_ranks_with_a_reason_on_small_history(tmp_path):
    teach(tmp_path, None)
    plan = planned(tmp_path)
    assert values(plan) == {"sure": (48.0, "call"), "moved": (12.0, "call")}
    assert rows_of(plan)["uplift"].isna().all()
    ranking = plan.planned[0].record.ranking
    assert (ranking.by, ranking.why, in_language(ranking.why, "zh")) == (
        "propensity",
        "Long-tail conversion: too few customers of complete campaigns: 900, about 4,000 needed",
        "长尾客户提级：已完成活动的客户数不足，尚不能按增益排序：现有900户，约需4,000户",
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"verdict": "propensity ranks"}, "Long-tail conversion: the history is large enough, but no order by uplift"),
        ({"rows_needed": None}, "Long-tail conversion: too few customers of complete campaigns: 900"),
        (
            {"missed": 2},
            "Long-tail conversion: too few customers of complete campaigns: 900, about 4,000 needed; "
            "left out, since they cannot be read: 2",
        ),
    ],
)
def test_propensity_ranks_on_other_verdicts(tmp_path, more, said):
    teach(tmp_path, None, **more)
    ranking = planned(tmp_path).planned[0].record.ranking
    assert ranking.by == "propensity"
    assert ranking.why.startswith(said)


def test_propensity_ranks_without_past_campaigns(tmp_path):
    ranking = planned(tmp_path).planned[0].record.ranking
    assert (ranking.by, ranking.why) == (
        "propensity",
        "Long-tail conversion: too few customers of complete campaigns: 0",
    )


def test_campaign_may_request_propensity(tmp_path):
    teach(tmp_path, {"sure": 0.01, "moved": 0.1})
    plan = planned(tmp_path, campaign(channels=TWO, rank_by="propensity"))
    assert values(plan)["sure"] == (48.0, "call")
    assert "rank_by: propensity" in plan.planned[0].record.ranking.why


def test_customer_with_negative_uplift_is_excluded(tmp_path):
    teach(tmp_path, {"sure": -0.02, "moved": 0.1})
    plan = planned(tmp_path)
    assert list(values(plan)) == ["moved"]
    assert left(plan) == {"not_worth": 1}


def test_incomplete_uplift_ranks_nobody(tmp_path):
    teach(tmp_path, {"moved": 0.1})
    plan = planned(tmp_path)
    assert plan.planned[0].record.ranking.why == "uplift is not known of everyone scored"
    assert values(plan)["sure"] == (48.0, "call")


def test_uplift_ranks_only_if_all_use_cases_allow_it(tmp_path):
    teach(tmp_path, {"sure": 0.01, "moved": 0.1})
    two_cases = campaign(channels=TWO, use_cases=["longtail", "dormancy"])
    ranking = planned(tmp_path, two_cases).planned[0].record.ranking
    assert (ranking.by, ranking.why) == ("propensity", "Dormancy churn: too few customers of complete campaigns: 0")


def test_best_reach_counts_if_no_channel_is_shared(tmp_path):
    teach(tmp_path, {"sure": 0.01, "moved": 0.3}, channels={"visit": 40})
    # 0.3 / 0.6 = 0.5 on being reached; by call 0.5 x 0.6 x 100 - 6 = 24.
    assert values(planned(tmp_path))["moved"] == (24.0, "call")


def test_mixed_campaigns_are_compared_by_propensity(tmp_path):
    wake = campaign("wake", channels=TWO, use_cases=["dormancy"], offers=[offer("gift", value=30.0)])
    teach(tmp_path, {"sure": 0.01, "moved": 0.1})
    plan = planned(tmp_path, campaign(channels=TWO), wake)
    # `sure` by propensity: 0.9 x 0.6 x 100 - 6 = 48 against 0.9 x 0.6 x 30 - 6 = 10.2; by uplift only 0.4 in `tail`.
    assert values(plan) == {"moved": (6.0, "call"), "sure": (0.4, "sms")}
    assert left(plan, 1) == {"other_campaign": 2}
    teach(tmp_path, {"sure": 0.3, "moved": 0.0}, use_case="dormancy")
    plan = planned(tmp_path, campaign(channels=TWO), wake)
    # Both by uplift: `sure` is worth 0.6 x 0.6 x 30 - 6 = 4.8 to `wake`.
    assert list(values(plan)) == ["moved"]
    assert rows_of(plan, 1)[["customer_id", "expected_value"]].values.tolist() == [["sure", 4.8]]
