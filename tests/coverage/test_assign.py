import pandas as pd

from goldmine.coverage.assign import People, assign
from goldmine.coverage.rules import CoverageRules

RULES = CoverageRules.model_validate(
    {
        "tiers": [
            {"min_aum": 50_000, "roles": ["staff", "manager"], "contact_every_days": 90},
            {"min_aum": 500_000, "roles": ["branch_head", "leader"], "contact_every_days": 30, "core": True},
        ],
        "max_customers": {"staff": 2, "manager": 3, "branch_head": 1, "leader": 2},
        "whole_bank": ["leader"],
    }
)
STAFF = [("s1", "B1", "staff"), ("m1", "B1", "manager"), ("h1", "B1", "branch_head"), ("m2", "B2", "manager"),
         ("l1", "", "leader")]  # fmt: skip


def people(*rows):
    return People(pd.DataFrame(rows or STAFF, columns=["staff_id", "branch_id", "role"]))


def customers(*rows):
    """Each: customer, branch, level, owner so far; the first has most."""
    frame = pd.DataFrame(rows, columns=["customer_id", "branch_id", "level", "previous_id"])
    held = range(len(frame), 0, -1)
    return frame.assign(aum_fen=held, previous_branch_id=frame["branch_id"], previous_above=False)


def owners(found):
    return dict(zip(found["customer_id"], found["owner_id"], strict=True))


def reasons(found):
    return dict(zip(found["customer_id"], found["change_reason"], strict=True))


def test_every_tier_customer_has_one_owner_of_an_allowed_role_and_branch():
    found = assign(
        customers(("a", "B1", 1, ""), ("b", "B1", 2, ""), ("c", "B2", 3, ""), ("d", "B2", 4, "")), people(), RULES
    )
    assert owners(found) == {"b": "s1", "c": "m2", "d": "l1"}
    assert found["core"].tolist() == [False, False, True]
    assert set(reasons(found).values()) == {"new"}


def test_unchanged_inputs_move_nobody():
    first = assign(customers(*[(str(n), "B1", 2, "") for n in range(5)]), people(), RULES)
    again = assign(customers(*[(c, "B1", 2, by) for c, by in owners(first).items()]), people(), RULES)
    assert owners(again) == owners(first)
    assert set(reasons(again).values()) == {"kept"}


def test_owner_stays_while_the_role_may_own_the_new_level():
    found = assign(customers(("a", "B1", 2, "m1"), ("b", "B1", 3, "m1"), ("c", "B1", 4, "m1")), people(), RULES)
    assert reasons(found) == {"a": "kept", "b": "kept", "c": "level"}
    assert owners(found)["c"] == "h1"


def test_branch_change_assigns_an_owner_at_the_new_branch():
    moved = customers(("a", "B2", 2, "m1")).assign(previous_branch_id="B1")
    found = assign(moved, people(), RULES)
    assert (owners(found), reasons(found)) == ({"a": "m2"}, {"a": "branch"})


def test_customers_of_a_person_who_left_are_handed_over():
    found = assign(customers(("a", "B1", 2, "gone"), ("b", "B1", 2, "m1")), people(), RULES)
    assert reasons(found) == {"a": "staff_left", "b": "kept"}
    assert owners(found) == {"a": "s1", "b": "m1"}


def test_owner_over_the_limit_hands_over_few_and_small_customers():
    found = assign(customers(*[(c, "B1", 2, "m1") for c in "abcde"]), people(), RULES)
    assert owners(found) == {"a": "m1", "b": "m1", "c": "m1", "d": "s1", "e": "s1"}
    assert [c for c, why in reasons(found).items() if why == "limit"] == ["d", "e"]


def test_move_makes_room_only_as_the_last_resort():
    """Branch head h1 is full with a; b may only have h1 or the leader, and takes the leader, so that a stays."""
    found = assign(customers(("a", "B1", 4, "h1"), ("b", "B1", 4, "")), people(), RULES)
    assert owners(found) == {"a": "h1", "b": "l1"}


def test_work_is_spread_evenly_over_people_of_one_role():
    two = people(("s1", "B1", "staff"), ("s2", "B1", "staff"))
    found = assign(customers(("a", "B1", 2, ""), ("b", "B1", 2, "")), two, RULES)
    assert sorted(owners(found).values()) == ["s1", "s2"]


def test_overflow_goes_to_the_next_role_above_for_as_few_as_possible():
    found = assign(customers(*[(c, "B1", 2, "") for c in "abcdef"]), people(), RULES)
    assert sorted(owners(found).values()) == ["h1", "m1", "m1", "m1", "s1", "s1"]
    assert found["above"].sum() == 1


def test_branch_without_staff_goes_to_whole_bank_roles_and_others_stay():
    found = assign(customers(("a", "B9", 2, ""), ("b", "B1", 2, "m1")), people(), RULES)
    assert (owners(found), reasons(found)) == ({"a": "l1", "b": "m1"}, {"a": "new", "b": "kept"})
    assert found["above"].tolist() == [True, False]


def test_smallest_customers_of_the_lowest_tier_stay_without_owner():
    """At B2 m2 takes three, the leader two, and these two are core customers first."""
    rows = [("core", "B2", 4, ""), *[(c, "B2", 2, "") for c in "abcde"]]
    found = assign(customers(*rows), people(), RULES).set_index("customer_id")
    assert found["owner_id"].dropna().to_dict() == {"a": "m2", "b": "m2", "c": "m2", "core": "l1", "d": "l1"}
    assert found.loc[found["owner_id"].isna()].index.tolist() == ["e"]


def test_core_customer_has_the_leader_before_a_present_lower_tier_one():
    rows = customers(("x", "B2", 4, ""), ("y", "B2", 4, ""), ("was", "B9", 2, "l1"))
    found = assign(rows, people(), RULES).set_index("customer_id")
    assert found["owner_id"].dropna().to_dict() == {"x": "l1", "y": "l1"}
    assert found.loc["was", "owner_id"] != "l1"


def test_a_role_above_gives_the_customers_back_once_there_is_room():
    rows = customers(("a", "B1", 2, "h1"), ("b", "B1", 2, "m1")).assign(previous_above=[True, False])
    found = assign(rows, people(), RULES)
    assert (owners(found), reasons(found)) == ({"a": "s1", "b": "m1"}, {"a": "relieved", "b": "kept"})
    assert not found["above"].any()


def test_customer_who_falls_to_a_lower_tier_moves_for_the_level():
    found = assign(customers(("a", "B1", 2, "h1")), people(), RULES)
    assert (owners(found), reasons(found)) == ({"a": "s1"}, {"a": "level"})


def test_a_role_above_keeps_its_customers_while_there_is_none():
    found = assign(customers(("a", "B9", 2, "l1")), people(), RULES)
    assert (owners(found), reasons(found)) == ({"a": "l1"}, {"a": "kept"})


def test_bank_without_staff_at_work_assigns_no_owners():
    nobody = People(people().serving.head(0))
    found = assign(customers(("a", "B1", 2, "m1")), nobody, RULES)
    assert (found["owner_id"].isna().tolist(), reasons(found)) == ([True], {"a": "staff_left"})


def test_customers_below_the_tiers_are_not_assigned():
    assert assign(customers(("a", "B1", 1, "")), people(), RULES).empty


def test_row_order_does_not_matter():
    rows = customers(*[(str(n), "B1", 2, "m1" if n % 2 else "") for n in range(5)])
    first, second = (assign(one, people(), RULES) for one in (rows, rows.sample(frac=1, random_state=1)))
    pd.testing.assert_frame_equal(first, second)
