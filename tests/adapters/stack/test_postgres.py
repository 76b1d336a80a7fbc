import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from adapters.stack.account import folder_for, servers_account
from adapters.stack.home import Home
from adapters.stack.postgres import Postgres
from adapters.stack.problem import StackProblem

DISCARDED = "superuser-of-a-test"


@pytest.fixture(scope="module")
def cluster(server_folder: Path) -> Iterator[Postgres]:
    data = folder_for(server_folder, "own", servers_account())
    server = Postgres(data, server_folder / "own.log", DISCARDED, options={"fsync": "off"})
    yield server
    server.stop()


@pytest.fixture
def running(cluster: Postgres) -> Postgres:
    if not cluster.alive:
        cluster.start()
    return cluster


def scalar(server: Postgres, question: bytes) -> object:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        row = connection.execute(question).fetchone()
    return None if row is None else row[0]


def test_the_cluster_sorts_the_same_everywhere_and_checks_its_pages(running: Postgres) -> None:
    assert scalar(running, b"SHOW server_encoding") == "UTF8"
    assert scalar(running, b"SHOW data_checksums") == "on"
    assert scalar(running, b"SHOW listen_addresses") == "127.0.0.1"
    provider = b"SELECT datlocprovider::text || datlocale FROM pg_database LIMIT 1"
    assert scalar(running, provider) == "bC.UTF-8"


def test_after_a_kill_it_comes_back_on_the_same_port_with_everything(running: Postgres) -> None:
    with psycopg.connect(running.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    port = running.port

    running.kill()
    assert not running.alive
    running.start()

    assert running.port == port
    assert scalar(running, b"SELECT answer FROM kept") == 42


def test_a_cluster_of_another_version_is_refused_with_the_way_out(cluster: Postgres) -> None:
    cluster.stop()
    version = cluster.data / "PG_VERSION"
    mine = version.read_text()
    version.write_text("17\n")
    try:
        with pytest.raises(StackProblem, match="made by PostgreSQL 17, but the binaries are 18"):
            cluster.start()
    finally:
        version.write_text(mine)


def test_a_server_that_cannot_start_says_why(cluster: Postgres) -> None:
    cluster.stop()
    broken = Postgres(cluster.data, cluster.log, DISCARDED, options={"shared_buffers": "a lot"})
    with pytest.raises(StackProblem, match=r"did not start: .*shared_buffers"):
        broken.start()


def test_postgres_and_nats_do_not_outlive_a_killed_hub(server_folder: Path) -> None:
    program = """
import sys, time
from pathlib import Path
from adapters.settings import Settings
from adapters.stack.running import Stack

stack = Stack(Settings(home=Path(sys.argv[1])))
stack.home.make()
stack.start()
print(stack.postgres.pid, stack.nats.pid, flush=True)
time.sleep(600)
"""
    home = server_folder / "killed"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(home)], stdout=subprocess.PIPE, text=True
    ) as hub:
        assert hub.stdout is not None
        pids = [int(word) for word in hub.stdout.readline().split()]
        hub.send_signal(signal.SIGKILL)
    assert len(pids) == 2
    for pid in pids:
        ended(pid)
    # The lock died with its process: the next command starts anew at once.
    with Home(home).alone() as ours:
        assert ours


def ended(pid: int) -> None:
    """Wait, by the kernel's word, until a process that is not our child has gone."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    assert select.select([handle], [], [], 30)[0], f"process {pid} still runs"
