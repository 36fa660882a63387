import pytest
import yaml

from goldmine.core.errors import SettingsError
from goldmine.core.i18n import all_languages
from goldmine.reporting.customer_mart import COLUMNS
from goldmine.reporting.metric_definitions import load_metrics

COUNT = {"kind": "count", "where": [{"column": "on_books", "equals": True}]}
SHARE = {"kind": "share", "where": [{"column": "active", "equals": True}], "among": COUNT["where"]}


def load(tmp_path, *metrics, **more):
    whole = [
        {"name": f"m{n}", "title": {"en": "M", "zh": "指标"}, "unit": "customers", "owner": "retail",
         "grain": ["branch"], "formula": COUNT} | metric
        for n, metric in enumerate(metrics or [{}])
    ]  # fmt: skip
    owners = {"retail": {"en": "Retail", "zh": "零售"}}
    file = tmp_path / "metrics.yaml"
    file.write_text(yaml.safe_dump({"moved_in_quarter": "new_branch", "owners": owners, "metrics": whole} | more))
    return load_metrics(file)


def test_metric_definitions_have_both_languages_ladder_and_change_steps():
    found = load_metrics().by_name
    assert all(set(all_languages(metric.title)) == {"en", "zh"} for metric in found.values())
    assert {*(f"level_{n}" for n in range(7)), "change_joined", "change_up", "change_same", "change_down",
            "change_closed"} <= set(found)  # fmt: skip
    assert found["conversion_share"].remedy_list == "longtail"


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ({"colour": "red"}, r"metrics\.0\.colour: unknown key"),
        ({"formula": {"kind": "python", "code": "1"}}, "does not match any of the expected tags"),
        (
            {"formula": COUNT | {"where": [{"column": "activ", "equals": True}]}},
            "activ is no column; did you mean active",
        ),
        ({"formula": COUNT | {"where": [{"column": "level", "equals": "high"}]}}, "level is whole, and equals gives"),
        ({"formula": COUNT | {"where": [{"column": "layer", "below": 3}]}}, "layer is no number"),
        ({"formula": COUNT | {"where": [{"column": "level"}]}}, "needs either equals, or at_least or below"),
        ({"formula": {"kind": "sum", "of": "layer"}}, "layer is no number, so it cannot be added up"),
        ({"formula": {"kind": "sum", "of": "aum_fen"}}, "a sum of this kind is in yuan, not in customers"),
        ({"formula": {"kind": "ratio", "of": "m0", "to": "aum"}, "unit": "share"}, "m0: m0 is no counted"),
        ({"owner": "retial"}, "m0: retial is no owner; did you mean retail"),
        ({"remedy_list": "wealth"}, "remedy_list goes with a share that says what is better"),
    ],
)
def test_invalid_metric_is_refused(tmp_path, metric, said):
    with pytest.raises(SettingsError, match=said):
        load(tmp_path, metric)


def test_duplicate_metric_name_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="the metric same stands twice"):
        load(tmp_path, {"name": "same"}, {"name": "same"})


def test_target_of_long_tail_conversion_is_of_all_long_tail_customers():
    """40,000 a quarter of the 84% of 2,000,000 customers that are long tail."""
    target = next(target for target in load_metrics().targets if target.metric == "conversion_share")
    assert target.share == 0.024 == round(40_000 / (2_000_000 * 0.84), 3)


def test_unknown_moved_in_quarter_rule_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="moved_in_quarter: Input should be 'new_branch' or 'old_branch'"):
        load(tmp_path, moved_in_quarter="both")


def test_only_shares_with_a_direction_rank_branches(tmp_path):
    found = load(tmp_path, {"formula": SHARE, "unit": "share", "better": "more"}, {"formula": SHARE, "unit": "share"})
    assert [metric.ranked for metric in found.metrics] == [True, False]


def test_documentation_lists_every_mart_column():
    from goldmine.core.workspace import home

    page = (home() / "docs" / "reporting.md").read_text("utf-8")
    missing = [c.name for c in COLUMNS.values() if f"| `{c.name}` | {c.kind} | {c.meaning} |" not in page]
    assert missing == []
