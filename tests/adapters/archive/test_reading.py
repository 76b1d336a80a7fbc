"""Old events are read from the archive as if they were still in the database."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.http.question import _version
from adapters.record.library import GroupCommitRecorder
from adapters.record.postgres import PostgresRecord
from projections import archived, reader
from projections.archived import LEASE_SECONDS, ArchiveProblem
from tests.adapters.archive import logs
from tests.adapters.archive.logs import everything
from tests.adapters.record.writes import event, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from hub.record import Recorded
    from tests.servers import Database

pytestmark = pytest.mark.anyio
STREAMS = 30
EVENTS = 450
ZSTD = b"\x28\xb5\x2f\xfd"


@pytest.fixture
async def record(database: Database) -> AsyncIterator[PostgresRecord]:
    """A record of 450 events of 30 streams, 15 each, in partitions of 100."""
    logs.cut_small(database)
    async with PostgresRecord(database.app_url) as opened:
        await logs.fill(opened, STREAMS, EVENTS // STREAMS)
        yield opened


@pytest.fixture
def before(database: Database, record: PostgresRecord) -> list[Recorded]:
    """Every event as it was read from the database."""
    with psycopg.connect(database.app_url) as connection:
        return everything(connection)


async def test_pages_go_on_without_gap_or_double_across_the_archive(
    database: Database, before: list[Recorded], tmp_path: Path
) -> None:
    done = logs.archive_all(database, tmp_path)
    with psycopg.connect(database.app_url) as connection:
        in_database = connection.execute("SELECT count(*) FROM record.events").fetchone()
        assert everything(connection) == before
        found = list(reader.pages(connection, 95, upto=410, positions=30))
        some = list(reader.pages(connection, 95, topics=["a.b.1"], positions=150))

    assert [(one.first, one.last) for one in done] == [(n, n + 99) for n in range(1, 400, 100)]
    assert in_database == (50,)
    assert [e for page in found for e in page.events] == before[95:410]
    assert found[-1].upto == 410
    assert [e for page in some for e in page.events] == [
        e for e in before[95:] if e.topic == "a.b.1"
    ]


async def test_a_reader_that_is_under_way_misses_nothing_when_a_partition_goes(
    database: Database, before: list[Recorded], tmp_path: Path
) -> None:
    with (
        psycopg.connect(database.app_url, autocommit=True) as connection,
        psycopg.connect(database.app_url, autocommit=True) as choosy,
    ):
        pages = reader.pages(connection, 0, positions=40)
        some = reader.pages(choosy, 0, topics=["a.b.2"], positions=40)
        found, chosen = list(next(pages).events), list(next(some).events)
        logs.archive_all(database, tmp_path)
        found += [e for page in pages for e in page.events]
        chosen += [e for page in some for e in page.events]

    assert found == before
    assert chosen == [e for e in before if e.topic == "a.b.2"]


async def test_streams_and_single_events_are_whole(
    database: Database, before: list[Recorded], tmp_path: Path
) -> None:
    logs.archive_all(database, tmp_path)
    name = "sharing.request:07"
    own = [e for e in before if e.stream_id == name]
    with psycopg.connect(database.app_url) as connection:
        for above in range(16):
            assert reader.stream(connection, name, above) == own[above:]
        assert reader.stream(connection, "sharing.request:none") == []
        assert reader.at(connection, [449, 3, 101, 100, 999]) == [
            before[2], before[99], before[100], before[448],
        ]  # fmt: skip


async def test_decisions_load_old_streams_whole_while_partitions_go(
    database: Database, record: PostgresRecord, before: list[Recorded], tmp_path: Path
) -> None:
    old, both, new = "sharing.request:01", "sharing.request:02", "sharing.request:77"
    warm = await record.load({old: 0})  # this process believes that there is no archive
    await asyncio.to_thread(logs.archive_all, database, tmp_path, LEASE_SECONDS)
    await record.append(write(event(both, 16)))
    found = await record.load({old: 0, both: 3, new: 0, "sharing.request:03": 15})

    assert list(warm) == [e for e in before if e.stream_id == old]
    assert [(e.stream_id, e.version) for e in found] == [
        *((old, version) for version in range(1, 16)),
        *((both, version) for version in range(4, 17)),
    ]
    assert {e.position for e in before if e.stream_id == old} == {
        e.position for e in found if e.stream_id == old
    }


async def test_a_repeated_command_gets_its_first_answer_and_events(
    database: Database, record: PostgresRecord, before: list[Recorded], tmp_path: Path
) -> None:
    logs.archive_all(database, tmp_path)
    found = await record.find("c-5-2")
    again = await record.append(write(event("sharing.request:05", 2), command_id="c-5-2"))

    assert found is not None
    assert list(found.events) == [before[35]]
    assert (again.repeated, again.first) == (True, 36)


async def test_a_view_shows_the_version_an_archived_stream_has(
    database: Database, before: list[Recorded], tmp_path: Path
) -> None:
    logs.archive_all(database, tmp_path)
    with psycopg.connect(
        database.app_url, options="-c search_path=views", autocommit=True
    ) as connection:
        for position, version in ((0, 0), (30, 1), (399, 13), (450, 15)):
            connection.execute(
                "INSERT INTO projection_positions (name, version, position) VALUES ('x', 1, %s)"
                " ON CONFLICT (name) DO UPDATE SET position = excluded.position",
                (position,),
            )
            assert _version(connection, "sharing.request:29", "x") == version


async def test_programs_on_the_library_read_on(
    database: Database, before: list[Recorded], tmp_path: Path
) -> None:
    logs.archive_all(database, tmp_path)
    recorder = GroupCommitRecorder(database.app_url, text_ids=True)
    try:
        events = recorder.select_events("sharing.request:04")
        some = recorder.select_events("sharing.request:04", gt=3, lte=14, desc=True, limit=2)
        told = recorder.select_notifications(390, 20, topics=["a.b.1"])
        late = recorder.select_notifications(None, 450)
    finally:
        recorder.close()

    assert [e.originator_version for e in events] == list(range(1, 16))
    assert [e.originator_version for e in some] == [14, 13]
    assert [e.id for e in told] == [e.position for e in before[389:] if e.topic == "a.b.1"][:20]
    assert [e.id for e in late] == list(range(1, 451))


@pytest.mark.parametrize("damage", ["missing", "manifest", "flipped", "swapped", "cut"])
async def test_a_damaged_or_missing_file_is_named_and_never_read_wrong(
    database: Database, before: list[Recorded], tmp_path: Path, damage: str
) -> None:
    logs.archive_all(database, tmp_path)
    folder = tmp_path / "archive" / "events-000000000101-000000000200"
    file = folder / "events-000000000101.parquet"
    data = bytearray(file.read_bytes())
    match damage:
        case "missing":
            file.unlink()
        case "manifest":
            file = folder / "manifest.json"
            file.write_text(file.read_text().replace("101", "102"))
        case "flipped":
            data[data.rindex(ZSTD) + 2_000] ^= 0x40  # in the last column, the leaves
            file.write_bytes(data)
        case "swapped":
            other = tmp_path / "archive/events-000000000001-000000000100"
            file.write_bytes((other / "events-000000000001.parquet").read_bytes())
        case _:
            file.write_bytes(data[: len(data) // 2])
    with psycopg.connect(database.app_url) as connection:
        with pytest.raises(ArchiveProblem) as said:
            everything(connection)
        assert str(file) in str(said.value)
        with pytest.raises(ArchiveProblem):
            reader.stream(connection, "sharing.request:07")
        assert [e for p in reader.pages(connection, 0, upto=100) for e in p.events] == before[:100]


async def test_every_flipped_byte_is_noticed_or_without_effect(
    database: Database, before: list[Recorded], tmp_path: Path
) -> None:
    logs.archive_all(database, tmp_path)
    folder = tmp_path / "archive"
    whole = folder / "events-000000000001-000000000100/events-000000000001.parquet"
    data = whole.read_bytes()
    noticed = 0
    with psycopg.connect(database.app_url) as connection:
        for at in range(0, len(data), 37):
            whole.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
            logs.archiver(connection, folder, None)  # hands in a shelf that has read nothing yet
            try:
                found = [e for p in reader.pages(connection, 0, upto=100) for e in p.events]
            except ArchiveProblem:
                noticed += 1
            else:
                assert found == before[:100]

    assert noticed > len(data) // 37 // 2


async def test_a_process_that_was_not_told_where_the_archive_is_says_so(
    database: Database, before: list[Recorded], tmp_path: Path
) -> None:
    logs.archive_all(database, tmp_path)
    archived.hand_in(None)
    with (
        psycopg.connect(database.app_url) as connection,
        pytest.raises(ArchiveProblem, match="positions 1 to 100 lie in the archive"),
    ):
        everything(connection)
