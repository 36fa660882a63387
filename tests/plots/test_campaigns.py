from datetime import date

from goldmine.campaigns.record import CampaignRecord, Limit, Power, Ranking
from goldmine.contactability.funnel import Funnel, FunnelStep
from goldmine.core.i18n import LocalizedText
from goldmine.plots import release
from goldmine.publishing.campaign_report import verdict


def step(name: str, left: int, remain: int, stage: str) -> FunnelStep:
    return FunnelStep(
        name=name, who=LocalizedText(name, translations={"zh": name}), left=left, remain=remain, stage=stage
    )


RECORDS = {
    "tail": CampaignRecord(
        title=LocalizedText("Tail", translations={"zh": "长尾"}),
        start_date=date(2024, 1, 1),
        end_date=date(2024, 12, 31),
        valid_until=date(2024, 8, 29),
        models={"longtail": "1"},
        ranking=Ranking(by="propensity", why=LocalizedText("longtail: too few", translations={"zh": "longtail: 不足"})),
        funnel=Funnel(
            scored=10,
            steps=(
                step("closed", 0, 10, "eligible"),
                step("capacity", 4, 6, "capacity"),
                step("control", 0, 6, "control"),
            ),
            skipped=(),
        ),
        limits=(
            Limit(campaign_id="tail", kind="channel", key="call", min=0, max=9, used=6, worth=0.0),
            Limit(campaign_id="tail", kind="branch", key="B1", min=0, max=6, used=6, worth=4.5),
        ),
        power=Power(contact=6, control=0, held_out=0, base_rate=0.1, smallest_effect=None, min_effect_of_interest=0.02),
        expected_value=120.0,
        settings="x",
    )
}


def test_campaign_counts_have_a_row_per_step_with_its_stage():
    assert release.campaign_counts(RECORDS).values.tolist() == [
        ["Tail", "", "scored by the models", 0, 10],
        ["Tail", "Eligible", "closed", 0, 10],
        ["Tail", "Capacity", "capacity", 4, 6],
        ["Tail", "Control", "control", 0, 6],
    ]


def test_campaign_funnel_shows_only_steps_that_removed_customers():
    figure = release.campaign_funnel(release.campaign_counts(RECORDS))
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [
        "scored by the models",
        "capacity",
        "control",
        "on the list",
    ]
    assert release.campaign_funnel(release.campaign_counts({})) is None


def test_campaign_without_control_is_not_measurable():
    table = release.campaign_table(RECORDS)
    assert table[["campaign", "contact", "control", "verdict"]].values.tolist() == [["tail", 6, 0, "NOT MEASURABLE"]]


def test_ranking_table_gives_method_and_reason():
    table = release.ranking_table(RECORDS)
    assert table.values.tolist() == [["tail", "propensity (calibrated probability)", "longtail: too few"]]


def test_limit_table_sorts_by_worth():
    assert release.limit_table(RECORDS)[["limit", "worth"]].values.tolist() == [
        ["branch B1", 4.5],
        ["channel phone call", 0.0],
    ]


def test_campaign_too_small_for_a_useful_effect_is_told_what_it_lacks():
    """It is not called unmeasurable: what is measured has a number, and a large effect shows."""
    power = Power(
        contact=960,
        control=170,
        held_out=0,
        base_rate=0.15,
        smallest_effect=0.1,
        min_effect_of_interest=0.06,
        more_contacts=1_900,
    )
    records = {"tail": RECORDS["tail"].model_copy(update={"power": power})}
    table = release.campaign_table(records)
    assert table[["more_contacts", "verdict"]].values.tolist() == [["1,900", "TOO FEW"]]
    assert str(verdict(power)).endswith("1,900 more contacts would find it.")
    assert str(verdict(power.model_copy(update={"control": 20}))).startswith("NOT MEASURABLE")
    assert str(verdict(power.model_copy(update={"smallest_effect": 0.05}))) == "A useful effect can be detected."
