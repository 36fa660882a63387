import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from goldmine.campaigns import solver
from goldmine.campaigns.assignment_problem import Problem
from goldmine.campaigns.solver import ClashError, _rows, solve
from tests.campaigns.made import problem


def test_best_options_are_chosen_with_a_shadow_price():
    assignment = problem([(0, 9.0, [0]), (1, 7.0, [0]), (2, 4.0, [0])], [2])
    solution = solve(assignment)
    assert solution.chosen.tolist() == [True, True, False]
    assert solution.shadow[0] == pytest.approx(4.0, abs=3.0)
    assert solve(problem([(0, 9.0, [0]), (1, 7.0, [0])], [5])).shadow.tolist() == [0.0]


def test_customer_takes_one_option_and_yields_to_higher_value():
    # Customer 0 is worth 10 by call and 9 by visit, customer 1 only 8 by call: one place each.
    assignment = problem([(0, 10.0, [0]), (0, 9.0, [1]), (1, 8.0, [0])], [1, 1])
    assert solve(assignment).chosen.tolist() == [False, True, True]


def test_crossing_limits_are_all_met():
    assignment = problem([(0, 10.0, [0, 2]), (1, 9.0, [0, 3]), (2, 8.0, [1, 2]), (3, 1.0, [1, 3])], [1, 1, 1, 1])
    assert solve(assignment).chosen.tolist() == [False, True, True, False]


def test_minimum_is_met_at_the_cost_of_value():
    assignment = problem([(0, 10.0, [0, 1]), (1, 9.0, [0, 1]), (2, 1.0, [0, 2])], [2, 9, 9], [0, 0, 1])
    solution = solve(assignment)
    assert solution.chosen.tolist() == [True, False, True]
    assert solution.shadow[2] < 0


def test_unmet_minimum_names_the_conflicting_limit():
    assignment = problem([(0, 5.0, [0, 1]), (1, 5.0, [0, 1]), (2, 5.0, [0, 1])], [1, 9], [0, 3])
    with pytest.raises(ClashError, match="quotas cannot be met") as caught:
        solve(assignment)
    assert (caught.value.short, caught.value.against) == ({1: 2.0}, [0])


def test_minimum_beyond_all_customers_conflicts_with_no_limit():
    with pytest.raises(ClashError, match="quotas cannot be met") as caught:
        solve(problem([(0, 5.0, [0])], [9], [3]))
    assert (caught.value.short, caught.value.against) == ({0: 2.0}, [])


def test_first_of_equal_customers_are_chosen():
    assignment = problem([(n, 5.0, [0]) for n in range(6)], [2])
    assert np.flatnonzero(solve(assignment).chosen).tolist() == [0, 1]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("quotas", [[0, 0], [5, 4]], ids=["maxima", "quotas"])
@pytest.mark.parametrize("sample", [5, 100], ids=["first prices of a sample", "first prices of all"])
def test_choice_is_optimal(seed, quotas, sample, monkeypatch):
    monkeypatch.setattr(solver, "_SAMPLE", sample)
    random = np.random.default_rng(seed)
    customer = np.unique(np.sort(random.integers(0, 25, 60)), return_inverse=True)[1]
    max_count = np.array([3.0] * 4 + [4.0] * 3 + [8.0, 6.0])
    member = np.stack([random.integers(0, 4, 60), 4 + random.integers(0, 3, 60), 7 + random.integers(0, 2, 60)], 1)
    assignment = Problem(
        customer=customer,
        probability=random.choice([0.1, 0.2, 0.3, 0.5], customer.max() + 1)[customer],
        gain=random.choice([100.0, 60.0], 60),
        cost=random.choice([5.0, 20.0], 60),
        member=member,
        min_count=np.array([0.0] * 7 + quotas),
        max_count=max_count,
    )
    rows, bounds, *_ = _rows(assignment)
    best = milp(
        -assignment.value, constraints=LinearConstraint(rows, ub=bounds), integrality=np.ones(60), bounds=Bounds(0, 1)
    )
    chosen = solve(assignment).chosen
    assert (rows @ chosen <= bounds).all()
    assert assignment.value[chosen].sum() == pytest.approx(-best.fun)
