import pandas as pd

from goldmine.contactability.funnel import Funnel, FunnelStep, SkippedRule
from goldmine.core.i18n import LocalizedText
from goldmine.plots import release, style

FUNNELS = {
    "longtail": Funnel(
        scored=1200,
        steps=(
            FunnelStep(
                name="closed",
                who=LocalizedText("has left the books", translations={"zh": "已销户"}),
                left=200,
                remain=1000,
            ),
            FunnelStep(
                name="beyond_list",
                who=LocalizedText("ranked below the list's size", translations={"zh": "排名在名单容量之外"}),
                left=500,
                remain=500,
            ),
        ),
        skipped=(
            SkippedRule(
                name="staff",
                who=LocalizedText("own staff", translations={"zh": "本行员工"}),
                missing=("staff.customer_id",),
            ),
        ),
    )
}


def test_funnel_counts_have_a_row_per_step():
    style.use_language("en")
    assert release.funnel_counts(FUNNELS).values.tolist() == [
        ["Long-tail conversion", "scored by the model", 0, 1200],
        ["Long-tail conversion", "has left the books", 200, 1000],
        ["Long-tail conversion", "ranked below the list's size", 500, 500],
    ]


def test_skipped_rules_are_listed_with_missing_columns():
    style.use_language("en")
    expected = pd.DataFrame({"list": ["Long-tail conversion"], "not checked": ["own staff"]})
    expected["missing"] = "staff.customer_id"
    pd.testing.assert_frame_equal(release.rules_off(FUNNELS), expected)


def test_list_funnel_has_a_bar_per_step_and_counts_removed():
    style.use_language("en")
    figure = release.list_funnel(release.funnel_counts(FUNNELS))
    (axis,) = figure.axes
    remaining, leaving = axis.containers
    assert [bar.get_width() for bar in remaining] == [1200, 1000, 500, 500]
    assert [bar.get_width() for bar in leaving] == [0, 200, 500, 0]
    assert [text.get_text() for text in axis.texts] == ["1,200", "1,000", "−200", "500", "−500", "500"]


def test_last_bar_of_a_funnel_is_the_list_and_the_others_are_named_after_who_leaves():
    style.use_language("en")
    (axis,) = release.list_funnel(release.funnel_counts(FUNNELS)).axes
    assert [label.get_text() for label in axis.get_yticklabels()] == [
        "scored by the model",
        "has left the books",
        "ranked below the list's size",
        "on the list",
    ]
    (legend,) = axis.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["remain", "leave, for the reason beside the bar"]


def test_empty_funnel_is_drawn():
    empty = Funnel(scored=0, steps=(), skipped=())
    assert release.list_funnel(release.funnel_counts({"longtail": empty})).axes


def test_funnel_axis_ticks_do_not_overlap():
    counts = pd.DataFrame({"list": "a", "step": ["scored", "left"], "left": [0, 99], "remain": [12199, 12100]})
    axis = release.list_funnel(counts).axes[0]
    assert [f"{tick:,.0f}" for tick in axis.get_xticks()] == ["0", "3,000", "6,000", "9,000", "12,000", "15,000"]
