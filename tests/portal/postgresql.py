"""A PostgreSQL server of the tests' own, on this machine, where one is installed."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest


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
