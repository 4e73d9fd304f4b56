"""Places for a store: a SQLite file, and a real PostgreSQL server where one can be started."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

_SOURCE = Path(__file__).parents[3] / "src"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of this test session, without network, in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="shoal-pg-"))
    try:
        server = _started(folder)
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            server.terminate()
            server.wait(timeout=20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _started(folder: Path) -> subprocess.Popen[bytes]:
    """Start a server that listens on a socket in the folder."""
    if find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed: pip install 'shoal[postgres]'")
    missing = [name for name in ("initdb", "postgres") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"no PostgreSQL server here: {' and '.join(missing)} not found")
    as_user = _as_another_user(folder)
    quick = ["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"]
    made = subprocess.run(
        [*as_user, "initdb", *quick, "-D", str(folder / "data")], capture_output=True, text=True, cwd=folder
    )
    if made.returncode != 0:
        pytest.skip(f"no PostgreSQL server here: initdb says {made.stderr.strip().splitlines()[-1]}")
    options = [f"-cunix_socket_directories={folder}", "-clisten_addresses=", "-cfsync=off"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*as_user, "postgres", "-D", str(folder / "data"), *options], stdout=log, stderr=log, cwd=folder
        )
    _wait_for(server, folder)
    return server


def _as_another_user(folder: Path) -> list[str]:
    """Return the words that run a command as a user whom PostgreSQL serves: it refuses root."""
    import os
    import pwd

    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("PostgreSQL does not run as root, and setpriv is not there to run it as somebody else")
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _wait_for(server: subprocess.Popen[bytes], folder: Path) -> None:
    import psycopg

    for _ in range(200):
        try:
            psycopg.connect(f"host={folder} user=postgres dbname=postgres").close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None:
                pytest.skip(f"the PostgreSQL server ended: {(folder / 'log').read_text()[-300:]}")
            time.sleep(0.05)
    server.terminate()
    pytest.skip("the PostgreSQL server did not answer within ten seconds")


@pytest.fixture
def empty_postgres(postgres: str) -> Iterator[str]:
    """The URL of an empty schema of the server."""
    import psycopg

    name = f"s{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
        yield f"{postgres}&options=-csearch_path%3D{name}"
        connection.execute(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new store may be made."""
    if request.param == "sqlite":
        return str(tmp_path / "run")
    return request.getfixturevalue("empty_postgres")


@pytest.fixture
def another_process():
    """Start a Python program with shoal on its path; what is still running afterwards is ended."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(_SOURCE), "PATH": "/usr/bin:/bin"},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
