"""kill -9 of the hub itself in the middle of batches."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from hub.record import Appended
from tests.adapters.record.writes import event, write
from tests.faults.history import History
from tests.servers import Database

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]


async def test_what_a_killed_hub_acknowledged_is_stored_and_can_be_asked_again(
    database: Database,
) -> None:
    command = [sys.executable, "-m", "tests.faults.writer", database.app_url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as hub:  # noqa: ASYNC220 - this test does nothing else meanwhile
        assert hub.stdout is not None
        lines = [hub.stdout.readline() for _ in range(500)]
        hub.kill()
        lines += hub.stdout.readlines()
    acknowledged = [line.split() for line in lines if line.endswith("\n")]

    history = History()
    times = _times(database.app_url)
    for command_id, stream_id, version, first in acknowledged:
        wish = write(event(stream_id, int(version)), command_id=command_id)
        history.stored[command_id] = (wish, Appended(int(first), 1, times[int(first)]))
    for name in range(16):  # each caller may have had one more command under way
        done = sum(stream_id == f"own:{name}" for _, stream_id, *_ in acknowledged)
        wish = write(event(f"own:{name}", done + 1), command_id=f"{name}/{done + 1}")
        history.unknown[wish.command_id] = (wish, TimeoutError("the hub was killed"))

    assert len(acknowledged) >= 500
    await history.check(database.app_url)


def _times(url: str) -> dict[int, datetime]:
    with psycopg.connect(url) as auditor:
        return dict(auditor.execute("SELECT position, recorded_at FROM record.events").fetchall())
