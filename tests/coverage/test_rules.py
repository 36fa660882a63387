import pytest

from goldmine.core.errors import SettingsError
from goldmine.core.settings import typed
from goldmine.coverage.rules import CoverageRules, load_coverage_rules

TIER = {"min_aum": 50_000, "roles": ["staff"], "contact_every_days": 90}
CORE = {"min_aum": 500_000, "roles": ["leader"], "contact_every_days": 30, "core": True}
MOST = {"staff": 10, "leader": 5}


def rules(**changes):
    return typed(CoverageRules, {"tiers": [TIER, CORE], "max_customers": MOST} | changes, "coverage.yaml")


def test_default_rules_tier_levels_from_50_000_yuan_and_core_from_500_000():
    found = load_coverage_rules()
    assert [found.tier_of(level) for level in range(7)] == [-1, -1, 0, 1, 2, 3, 4]
    assert [tier.min_aum for tier in found.tiers if tier.core] == [500_000, 2_000_000, 5_000_000]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tiers": [CORE, TIER]}, "tiers are not in order"),
        ({"tiers": [TIER | {"min_aum": 60_000}]}, "min_aum 60000 is no level of the ladder"),
        ({"tiers": [TIER | {"core": True}, CORE | {"core": False}]}, "a tier above a core tier must be core too"),
        ({"max_customers": {"staff": 1}}, "does not say how many customers a leader may have"),
        ({"max_customers": {"staff": -1, "leader": 1}}, "must not be below zero"),
        ({"tiers": [TIER | {"roles": ["chief"]}]}, r"tiers.0.roles.0: Input should be 'staff', 'manager'"),
        ({"maximum": 3}, "maximum: unknown key"),
    ],
)
def test_contradictory_rules_are_refused(changes, said):
    with pytest.raises(SettingsError, match=said):
        rules(**changes)
