"""A PostgreSQL server for the portal's benchmarks, on this machine and for this user alone; its databases stay."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "4GB"}
"""What differs from the server's own defaults; it waits for the disk as in a bank."""
_DATABASES = {"GOLDMINE_DATABASE_URL": "goldmine", "GOLDMINE_NUMBERS_URL": "numbers"}


@contextmanager
def server(folder: Path, *, fresh: bool = False) -> Iterator[None]:
    """Run the server in a folder, and let this process and its children find the portal's databases there.

    Parameters
    ----------
    folder : Path
        Made at first, for the user ``postgres`` if this one is root, as the server refuses to run as root.
    fresh : bool
        Begin with empty databases.
    """
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))[-1]
    user = "postgres" if os.geteuid() == 0 else None
    folder.mkdir(parents=True, exist_ok=True)
    if user:
        shutil.chown(folder, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(program: str, *arguments: str) -> None:
        subprocess.run([str(programs / program), "-D", f"{folder}/data", *arguments], user=user, check=True, cwd=folder,
                       stdout=subprocess.DEVNULL)  # fmt: skip

    if not (folder / "data").exists():
        run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
    given = SETTINGS | {"listen_addresses": "127.0.0.1", "unix_socket_directories": str(folder)}
    options = " ".join(f"-c {name}={value}" for name, value in given.items())
    run("pg_ctl", "-o", f"-p {port} {options}", "-l", f"{folder}/log", "-w", "start")
    try:
        _make_databases(port, fresh=fresh)
        addresses = {name: f"postgresql://goldmine@127.0.0.1:{port}/{base}" for name, base in _DATABASES.items()}
        os.environ.update(addresses)
        yield
    finally:
        run("pg_ctl", "-m", "fast", "-w", "stop")


def _make_databases(port: int, *, fresh: bool) -> None:
    """Make the databases' user and the databases, as far as they are not there."""
    with psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'goldmine'").fetchone():
            connection.execute("CREATE ROLE goldmine LOGIN")
        for base in _DATABASES.values():
            if fresh:
                connection.execute(f"DROP DATABASE IF EXISTS {base}")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [base]).fetchone():
                connection.execute(f"CREATE DATABASE {base} OWNER goldmine")
