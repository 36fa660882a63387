"""Wherever the disk fails, the next job ends well with the rows of an undisturbed one."""

import pytest

from tests.faults.tiny_job import FAILURES, failing_disks, undisturbed


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("disk")
    return {row.fault: row for row in failing_disks(undisturbed(folder), folder, moments=2)}


@pytest.mark.parametrize("failure", FAILURES)
def test_job_after_a_failing_disk_makes_what_an_undisturbed_one_makes(rows, failure):
    assert rows[failure].wrong == ()
