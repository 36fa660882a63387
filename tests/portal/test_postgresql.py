"""The portal on PostgreSQL: its tables' tests once more, on a server of their own where one can be started."""

import os
import subprocess
import sys
from pathlib import Path

from tests.portal.made import CODE, publish, work_folder
from tests.portal.postgresql import server

__all__ = ["server"]

ON_POSTGRESQL = ("row_security", "scope", "loading", "numbers", "merged_numbers", "results", "claims", "api")


def _run(arguments, address, **more):
    environment = os.environ | {"PYTHONPATH": CODE} | more
    environment["GOLDMINE_DATABASE_URL"] = address
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=580
    )


def test_the_tests_of_tables_and_row_security_pass_on_postgresql(server):
    files = [str(Path(__file__).with_name(f"test_{name}.py")) for name in ON_POSTGRESQL]
    done = _run(["-m", "pytest", "-q", "-p", "no:cacheprovider", *files], f"postgresql://portal@{server}/portal")
    assert done.returncode == 0, done.stdout[-3000:]
    assert "skipped" not in done.stdout


def test_a_database_user_whom_row_security_does_not_bind_is_refused(server, tmp_path):
    work = work_folder(tmp_path)
    publish(work)
    command = ["-c", "from goldmine.cli import main; main()", "portal", "load", "--work", str(work.root)]
    done = _run(command, f"postgresql://postgres@{server}/postgres")
    assert done.returncode == 3
    assert "the database user postgres is exempt from row security" in done.stderr
