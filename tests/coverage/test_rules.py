import pytest

from goldmine.contract.yaml_file import typed
from goldmine.core.errors import SettingsError
from goldmine.coverage.rules import CareRules, load_care_rules

TIER = {"aum_from": 50_000, "roles": ["staff"], "contact_every_days": 90}
CORE = {"aum_from": 500_000, "roles": ["leader"], "contact_every_days": 30, "core": True}
MOST = {"staff": 10, "leader": 5}


def rules(**changes):
    return typed(CareRules, {"tiers": [TIER, CORE], "most_customers": MOST} | changes, "care.yaml")


def test_the_projects_rules_give_each_level_from_50_000_yuan_a_tier_and_name_core_carers_from_500_000():
    found = load_care_rules()
    assert [found.tier_of(level) for level in range(7)] == [-1, -1, 0, 1, 2, 3, 4]
    assert [tier.aum_from for tier in found.tiers if tier.core] == [500_000, 2_000_000, 5_000_000]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tiers": [CORE, TIER]}, "tiers are not in order"),
        ({"tiers": [TIER | {"aum_from": 60_000}]}, "aum_from 60000 is no level of the ladder"),
        ({"tiers": [TIER | {"core": True}, CORE | {"core": False}]}, "a tier above a core tier must be core too"),
        ({"most_customers": {"staff": 1}}, "does not say how many customers a leader may have"),
        ({"most_customers": {"staff": -1, "leader": 1}}, "must not be below zero"),
        ({"tiers": [TIER | {"roles": ["chief"]}]}, r"tiers.0.roles.0: Input should be 'staff', 'manager'"),
        ({"maximum": 3}, "maximum: unknown key"),
    ],
)
def test_rules_that_do_not_agree_are_refused(changes, said):
    with pytest.raises(SettingsError, match=said):
        rules(**changes)
