from functools import partial
from threading import Barrier

import pytest

from goldmine.core.parallel import in_parallel


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    monkeypatch.setattr("goldmine.core.parallel.cores", lambda: 2)


def test_results_come_in_the_order_of_the_jobs_which_run_at_the_same_time():
    together = Barrier(2, timeout=20)

    def wait(number: int) -> int:
        together.wait()
        return number

    assert list(in_parallel(partial(wait, number) for number in range(6))) == [0, 1, 2, 3, 4, 5]


def test_jobs_are_taken_as_cores_become_free():
    taken = []

    def jobs():
        for number in range(9):
            taken.append(number)
            yield partial(int, number)

    results = in_parallel(jobs())
    assert next(results) == 0
    assert taken == [0, 1, 2]
    results.close()
    assert taken == [0, 1, 2]


def test_a_job_that_fails_ends_the_others():
    def fail() -> None:
        raise ValueError("no")

    begun = []
    with pytest.raises(ValueError, match="no"):
        list(in_parallel([fail, *(partial(begun.append, number) for number in range(9))]))
    assert len(begun) <= 2
