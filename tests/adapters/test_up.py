"""`hub up` as a person meets it: a process, its words, its signals."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from adapters.seal.store import LogFiles

HUB = [sys.executable, "-m", "adapters.cli"]
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
Start = Callable[[], subprocess.Popen[str]]


def hub(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*HUB, *words], check=False, capture_output=True, text=True, env=CLEAN)


@pytest.fixture(scope="module")
def home(server_folder: Path) -> Path:
    return server_folder / "up"


@pytest.fixture
def start(home: Path) -> Iterator[Start]:
    """Start `hub up` on any free port; whatever still runs afterwards is killed."""
    started: list[subprocess.Popen[str]] = []

    def up() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*HUB, "up", "--home", str(home), "--port", "0"],
            stderr=subprocess.PIPE,
            text=True,
            env=CLEAN,
        )
        started.append(process)
        return process

    yield up
    for process in started:
        process.kill()
        process.communicate()


def hears(process: subprocess.Popen[str], words: str) -> str:
    """Read what the hub says until these words."""
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if words in line:
            return line
    raise AssertionError(f"the hub ended without saying {words!r}:\n{said}")


def database_of(home: Path) -> str:
    port = json.loads((home / "run" / "stack.json").read_text())["postgres_port"]
    password = (home / "secrets" / "postgres_hub_owner").read_text()
    return f"postgresql://hub_owner:{password}@127.0.0.1:{port}/hub"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_hub_that_is_told_to_stop_stops_cleanly(
    start: Start, home: Path, how: signal.Signals
) -> None:
    up = start()
    hears(up, "The hub is up at")
    up.send_signal(how)

    assert "Stopped." in hears(up, "Stopped.")
    assert up.wait(30) == 0
    assert not (home / "run" / "stack.json").exists()
    assert not (home / "pg" / "postmaster.pid").exists()


def test_what_was_there_before_a_kill_is_there_after_the_next_start(
    start: Start, home: Path
) -> None:
    up = start()
    hears(up, "The hub is up at")
    with psycopg.connect(database_of(home), autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS public.kept AS SELECT 42 AS answer")
    up.kill()
    up.wait()

    again = start()
    hears(again, "The hub is up at")
    with psycopg.connect(database_of(home)) as connection:
        assert connection.execute("SELECT answer FROM public.kept").fetchone() == (42,)


def test_what_is_recorded_is_sealed_within_moments(start: Start, home: Path) -> None:
    hears(start(), "The hub is up at")
    authority = "--org departments.organization:city --name City --region 330100 --head data.head"
    founded = hub(
        "init", *authority.split(), "--uscc", "11330100002489354R", "--home", str(home), "--json"
    )
    position = json.loads(founded.stdout)["position"]

    found = asyncio.run(LogFiles(home / "log").await_sealed(position, seconds_max=10))

    assert found is not None
    assert found.size == position
    status = json.loads(hub("seal", "status", "--home", str(home), "--json").stdout)["sha256"]
    assert (status["sealed"], status["behind_events"], status["trouble"]) == (position, 0, None)


def test_a_second_hub_on_one_home_says_where_the_first_is(start: Start, home: Path) -> None:
    up = start()
    url = hears(up, "The hub is up at").split()[-1]

    second = hub("up", "--home", str(home), "--port", "0")

    assert second.returncode == 1
    assert second.stderr.strip() == (
        f"A hub is already running on {home} at {url} (process {up.pid}). "
        "Stop it first, or choose another home with --home."
    )


def test_status_finds_the_running_hub(start: Start, home: Path) -> None:
    url = hears(start(), "The hub is up at").split()[-1]

    answer = hub("status", "--home", str(home), "--json")

    assert answer.returncode == 0, answer.stderr
    facts = json.loads(answer.stdout)
    assert facts["http"] == url
    assert facts["position"] >= 0
    assert facts["missing_migrations"] == []


def test_an_api_process_that_dies_is_started_again_and_no_request_is_refused(
    start: Start, home: Path
) -> None:
    up = start()
    url = hears(up, "The hub is up at").split()[-1]
    api = next(pid for pid in children_of(up.pid) if "adapters.serve" in words_of(pid))

    os.kill(api, signal.SIGKILL)
    hears(up, "api-1 ended with code -9; starting it again")

    # The listening socket is the parent's: a request made meanwhile waits for the new process.
    with urllib.request.urlopen(f"{url}/healthz", timeout=30) as answer:
        assert answer.status == 200


def children_of(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def words_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def test_a_taken_port_is_said_with_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = hub("up", "--home", str(tmp_path / "home"), "--port", str(port))

    assert answer.returncode == 1
    assert answer.stderr.strip() == (
        f"Cannot listen on 127.0.0.1 port {port}: Address already in use. "
        "Choose another port with --port or HUB_PORT, or stop what uses this one."
    )


def test_the_doctor_finds_a_fresh_home_well_once_it_is_migrated(home: Path) -> None:
    hub("migrate", "--home", str(home))
    answer = hub("doctor", "--home", str(home), "--json")

    assert answer.returncode == 0, answer.stdout
    looked_at = [one["what"] for one in json.loads(answer.stdout)]
    base = ["python", "account", "home", "postgresql", "schema", "record", "nats"]
    assert looked_at == [*base, "witnesses"]


def test_wrong_use_is_answered_with_code_2(tmp_path: Path) -> None:
    assert hub("no-such-verb").returncode == 2
    answer = hub("up", "--home", str(tmp_path / "home"), "--workers", "0")
    assert answer.returncode == 2
    assert answer.stderr.startswith("A setting is wrong:\n  workers: ")
