"""The portal on PostgreSQL: its tables' tests once more, on a server of their own where one can be started."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from tests.portal.made import CODE, publish, work_folder

ON_POSTGRESQL = ("row_security", "scope", "loading", "numbers", "results", "claims", "api")


def _programs():
    """Folder of the newest server's programs; None if there is none."""
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    return Path(found).resolve().parent if found else (folders[-1] if folders else None)


@pytest.fixture(scope="module")
def server():
    """Address of a server on this machine, without the database's name; it ends with the tests."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    # The server refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    if user:
        shutil.chown(folder, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(program, *arguments):
        command = [str(programs / program), *arguments]
        subprocess.run(command, user=user, check=True, capture_output=True, cwd=folder, timeout=120)

    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    try:
        run("initdb", "-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        run("pg_ctl", "-D", f"{folder}/data", "-o", options, "-l", f"{folder}/log", "-w", "start")
        with psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres", autocommit=True) as connection:
            connection.execute("CREATE ROLE portal LOGIN CREATEDB")
            connection.execute("CREATE DATABASE portal OWNER portal")
        yield f"127.0.0.1:{port}"
    finally:
        subprocess.run(
            [str(programs / "pg_ctl"), "-D", f"{folder}/data", "-m", "immediate", "stop"],
            user=user,
            check=False,
            capture_output=True,
            cwd=folder,
        )
        shutil.rmtree(folder, ignore_errors=True)


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
