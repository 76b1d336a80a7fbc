"""A partition goes only when it is whole, sealed, written and read back; a kill loses nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from itertools import count
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.archive import partitions, reading
from adapters.record.postgres import PostgresRecord
from hub.seal.merkle import Frontier
from projections import reader
from projections.archived import ArchiveProblem
from tests.adapters.archive import logs
from tests.adapters.archive.logs import archiver, everything, seal, tables
from tests.house.walk import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from adapters.archive.writing import Sealed
    from hub.record import Recorded
    from tests.servers import Database

KILLED = """
import os, signal, sys
from pathlib import Path
import psycopg
from adapters.archive import writing
from tests.adapters.archive.logs import archiver, sealed_at
owner_url, folder, log = sys.argv[1:]

def counted(do):
    def step(*values, **named):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return do(*values, **named)
    return step

psycopg.Connection.execute = counted(psycopg.Connection.execute)
writing._put, writing._sync = counted(writing._put), counted(writing._sync)
Path.rename = counted(Path.rename)
for line in sys.stdin:  # a process of its own for each step, without importing everything anew
    left = int(line)
    child = os.fork()
    if child == 0:
        connection = psycopg.connect(owner_url, autocommit=True)
        archiver(connection, Path(folder), sealed_at(Path(log))).archive(keep=0)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def await_end_of_killed(owner: psycopg.Connection) -> None:
    """Return when PostgreSQL has noticed the kill; until then its session holds the lock."""
    owner.execute("SELECT pg_advisory_lock(%s)", (partitions.LOCK,))
    owner.execute("SELECT pg_advisory_unlock(%s)", (partitions.LOCK,))


@pytest.fixture
def before(database: Database) -> list[Recorded]:
    """A record of 350 events in partitions of 100."""
    logs.cut_small(database)

    async def fill() -> None:
        async with PostgresRecord(database.app_url) as record:
            await logs.fill(record, 35, 10)

    asyncio.run(fill())
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        return everything(connection)


@pytest.fixture
def owner(database: Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def sealed(owner: psycopg.Connection, before: list[Recorded], tmp_path: Path) -> Sealed:
    return seal(owner, tmp_path / "log")


def test_the_youngest_partitions_stay(
    owner: psycopg.Connection, sealed: Sealed, tmp_path: Path
) -> None:
    keeper = archiver(owner, tmp_path / "archive", sealed)
    assert [one.last for one in keeper.archive(keep=2)] == [100]
    assert keeper.archive(keep=2) == []
    assert keeper.archive(before=200) == []
    assert [one.last for one in keeper.archive(before=201)] == [200]
    assert tables(owner) == ["events_2", "events_3", "events_4"]


def test_a_partition_is_not_archived_before_it_is_sealed_whole(
    owner: psycopg.Connection, before: list[Recorded], tmp_path: Path
) -> None:
    said: list[str] = []
    assert archiver(owner, tmp_path / "archive", None, said).archive(keep=0) == []
    assert "sealed up to position 0" in said[0]
    partly = seal(owner, tmp_path / "log", 250)
    done = archiver(owner, tmp_path / "archive", partly).archive(keep=0)
    assert [one.last for one in done] == [100, 200]


def test_what_is_not_what_was_sealed_is_not_archived(
    database: Database, owner: psycopg.Connection, sealed: Sealed, tmp_path: Path
) -> None:
    with psycopg.connect(database.superuser_url) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("UPDATE record.events SET state = '{}' WHERE position = 42")
    with pytest.raises(ArchiveProblem, match="position 42"):
        archiver(owner, tmp_path / "archive", sealed).archive(keep=0)
    with psycopg.connect(database.superuser_url) as superuser:  # and now with a leaf that fits it
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(
            "UPDATE record.events e SET leaf = sha256('\\x00'::bytea || convert_to(format("
            '\'{"recorded_at":"%s","schema_version":%s,"state":"sha256:%s",'
            '"stream_id":%s,"type":%s,"version":%s}\','
            "to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'),"
            "schema_version, encode(sha256(state), 'hex'), to_json(stream_id), to_json(topic),"
            "version), 'UTF8')) WHERE position = 42"
        )
    with pytest.raises(ArchiveProblem, match="hub verify"):
        archiver(owner, tmp_path / "archive2", sealed).archive(keep=0)
    assert tables(owner)[0] == "events_0"
    assert owner.execute("SELECT count(*) FROM record.archives").fetchone() == (0,)


def test_a_lost_event_stops_the_archive(
    database: Database, owner: psycopg.Connection, sealed: Sealed, tmp_path: Path
) -> None:
    with psycopg.connect(database.superuser_url) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("DELETE FROM record.events WHERE position = 7")
    with pytest.raises(ArchiveProblem, match="lacks position 7"):
        archiver(owner, tmp_path / "archive", sealed).archive(keep=0)


def test_who_began_before_the_announcement_still_finds_the_partition(
    database: Database,
    owner: psycopg.Connection,
    before: list[Recorded],
    sealed: Sealed,
    tmp_path: Path,
) -> None:
    keeper = archiver(owner, tmp_path / "archive", sealed, patience=0.2)
    with psycopg.connect(database.app_url) as backup:
        backup.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        backup.execute("SELECT 1")
        with pytest.raises(ArchiveProblem, match="in one transaction"):
            keeper.archive(keep=0)
        assert everything(backup) == before
    assert "events_0" in tables(owner)
    assert [one.first for one in keeper.archive(keep=0)] == [101, 201]
    assert tables(owner) == ["events_3", "events_4"]


def test_a_detach_that_was_cut_short_is_finished_by_the_next_run(
    database: Database,
    owner: psycopg.Connection,
    before: list[Recorded],
    sealed: Sealed,
    tmp_path: Path,
) -> None:
    keeper = archiver(owner, tmp_path / "archive", sealed, patience=0.3)
    holder = psycopg.connect(database.app_url, autocommit=True)

    def hold(_connection: object, _patience: float) -> None:
        """Read on in a transaction that begins when the archive is announced."""
        holder.autocommit = False
        holder.execute("SELECT FROM record.events LIMIT 1")

    with pytest.MonkeyPatch.context() as patch, holder:
        patch.setattr(partitions, "await_older_sessions", hold)
        with pytest.raises(ArchiveProblem, match="has read positions 1 to 100"):
            keeper.archive(keep=0)
        assert partitions.partitions(owner)[0].going
        assert everything(holder) == before
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        assert everything(connection) == before
        assert [one.first for one in keeper.archive(keep=0)] == [101, 201]
        assert everything(connection) == before
    assert tables(owner) == ["events_3", "events_4"]


def test_a_kill_at_any_step_loses_nothing_and_the_next_run_goes_on(
    database: Database,
    owner: psycopg.Connection,
    before: list[Recorded],
    sealed: Sealed,
    tmp_path: Path,
) -> None:
    archive, log = tmp_path / "archive", tmp_path / "log"
    archiver(owner, archive, sealed)  # this process reads from there
    kills = 0
    with (
        subprocess.Popen(
            [sys.executable, "-c", KILLED, database.owner_url, str(archive), str(log)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        ) as runs,
        psycopg.connect(database.app_url, autocommit=True) as connection,
    ):
        assert runs.stdin is not None
        assert runs.stdout is not None
        for step in count(1):
            print(step, file=runs.stdin, flush=True)
            code = int(runs.stdout.readline())
            assert everything(connection) == before
            assert len(reader.stream(connection, logs.name(3))) == 10
            if code == 0:
                break
            assert code == -signal.SIGKILL
            await_end_of_killed(owner)
            kills += 1
        runs.stdin.close()
    assert kills > 15
    assert tables(owner) == ["events_3", "events_4"]
    assert not list(archive.glob("*.partial"))
    assert [one.manifest.last for one in reading.folders(archive)] == [100, 200, 300]


def test_what_the_folder_says_about_itself_can_be_checked_without_the_hub(
    owner: psycopg.Connection, before: list[Recorded], sealed: Sealed, tmp_path: Path
) -> None:
    archiver(owner, tmp_path / "archive", sealed).archive(keep=0)
    frontier = Frontier()
    for folder in reading.folders(tmp_path / "archive"):
        for part in folder.manifest.events:
            for one in part.subtrees:
                frontier.add_subtree(one.level, bytes.fromhex(one.hash))
        assert frontier.root().hex() == folder.manifest.root
        assert folder.manifest.checkpoint == sealed.note.decode()
        assert reading.check(folder, Frontier.at(folder.manifest.first - 1, sealed.read)) == 100


def test_only_the_owner_may_say_what_is_archived(database: Database) -> None:
    with (
        psycopg.connect(database.app_url, autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("INSERT INTO record.archives VALUES (1, 1, 'x', '', '')")


def test_two_archivers_do_not_work_at_once(
    database: Database, owner: psycopg.Connection, sealed: Sealed, tmp_path: Path
) -> None:
    with psycopg.connect(database.owner_url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (0x61726368,))
        with pytest.raises(ArchiveProblem, match="another `hub archive`"):
            archiver(owner, tmp_path / "archive", sealed).archive(keep=0)
