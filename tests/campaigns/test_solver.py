import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from goldmine.campaigns.assignment_problem import Problem
from goldmine.campaigns.solver import ClashError, _rows, solve
from tests.campaigns.made import problem


def test_the_most_valuable_are_chosen_and_one_more_place_is_worth_the_next():
    made = problem([(0, 9.0, [0]), (1, 7.0, [0]), (2, 4.0, [0])], [2])
    found = solve(made)
    assert found.chosen.tolist() == [True, True, False]
    assert found.shadow[0] == pytest.approx(4.0, abs=3.0)
    assert solve(problem([(0, 9.0, [0]), (1, 7.0, [0])], [5])).shadow.tolist() == [0.0]


def test_a_customer_has_one_option_and_gives_way_where_a_place_is_worth_more_to_another():
    # Customer 0 is worth 10 by call and 9 by visit, customer 1 only 8 by call: one place each.
    made = problem([(0, 10.0, [0]), (0, 9.0, [1]), (1, 8.0, [0])], [1, 1])
    assert solve(made).chosen.tolist() == [False, True, True]


def test_limits_that_cross_are_all_kept():
    made = problem([(0, 10.0, [0, 2]), (1, 9.0, [0, 3]), (2, 8.0, [1, 2]), (3, 1.0, [1, 3])], [1, 1, 1, 1])
    assert solve(made).chosen.tolist() == [False, True, True, False]


def test_a_minimum_is_kept_at_the_cost_of_value():
    made = problem([(0, 10.0, [0, 1]), (1, 9.0, [0, 1]), (2, 1.0, [0, 2])], [2, 9, 9], [0, 0, 1])
    found = solve(made)
    assert found.chosen.tolist() == [True, False, True]
    assert found.shadow[2] < 0


def test_minima_that_cannot_be_kept_say_what_stands_in_the_way():
    made = problem([(0, 5.0, [0, 1]), (1, 5.0, [0, 1]), (2, 5.0, [0, 1])], [1, 9], [0, 3])
    with pytest.raises(ClashError, match="quotas cannot be met") as caught:
        solve(made)
    assert (caught.value.short, caught.value.against) == ({1: 2.0}, [0])


def test_a_minimum_that_too_few_customers_could_fill_clashes_with_nothing():
    with pytest.raises(ClashError, match="quotas cannot be met") as caught:
        solve(problem([(0, 5.0, [0])], [9], [3]))
    assert (caught.value.short, caught.value.against) == ({0: 2.0}, [])


def test_of_equals_those_who_stand_first_are_taken():
    made = problem([(n, 5.0, [0]) for n in range(6)], [2])
    assert np.flatnonzero(solve(made).chosen).tolist() == [0, 1]


@pytest.mark.parametrize("seed", range(8))
def test_no_other_whole_choice_is_worth_more(seed):
    random = np.random.default_rng(seed)
    owner = np.unique(np.sort(random.integers(0, 25, 60)), return_inverse=True)[1]
    most = np.array([3.0] * 4 + [4.0] * 3 + [8.0, 6.0])
    member = np.stack([random.integers(0, 4, 60), 4 + random.integers(0, 3, 60), 7 + random.integers(0, 2, 60)], 1)
    made = Problem(
        owner=owner,
        probability=random.choice([0.1, 0.2, 0.3, 0.5], owner.max() + 1)[owner],
        gain=random.choice([100.0, 60.0], 60),
        cost=random.choice([5.0, 20.0], 60),
        member=member,
        least=np.zeros(9),
        most=most,
    )
    rows, bounds, *_ = _rows(made)
    best = milp(
        -made.value, constraints=LinearConstraint(rows, ub=bounds), integrality=np.ones(60), bounds=Bounds(0, 1)
    )
    chosen = solve(made).chosen
    assert (rows @ chosen <= bounds).all()
    assert made.value[chosen].sum() == pytest.approx(-best.fun)
