"""A record is made again of its archive alone, or its lost tail of the stream; or not at all."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

import msgspec
import psycopg
import pytest

from adapters.archive import reading
from adapters.archive.restoring import CannotRestore, append_tail, restore
from adapters.migrate import migrate
from adapters.nats.relay import Relay
from adapters.nats.tail import tail_of
from adapters.record.postgres import PostgresRecord
from adapters.stack.provision import provision
from hub.seal.merkle import Frontier
from projections.archived import ArchiveProblem
from projections.catch_up import catch_up
from projections.connect import connect
from projections.registry import PROJECTIONS
from tests.adapters.archive import logs
from tests.adapters.archive.logs import archiver, everything, seal
from tests.adapters.record.writes import event, write
from tests.hub.catalog.world import FOUNDED_CITY
from tests.projections import kit
from tests.servers import PASSWORDS, Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from adapters.archive.restoring import Restored
    from adapters.stack.nats import NatsServer
    from hub.record import Recorded

TABLES = ("events", "commands", "streams", "log_head")


@pytest.fixture
def empty(database: Database) -> Iterator[Database]:
    """A second migrated database, as a new home has it."""
    other = Database(database.server, f"{database.name}_new")
    provision(database.server.url("postgres"), PASSWORDS, other.name)
    migrate(other.owner_url)
    yield other
    with psycopg.connect(database.server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {other.name} WITH (FORCE)".encode())


def filled(database: Database, tmp_path: Path) -> Path:
    """Record a city and 250 events more, archive what is whole, copy the rest; sealed up to 240."""
    logs.cut_small(database)
    with connect(database.app_url) as connection:
        kit.record(connection, FOUNDED_CITY)

    async def more() -> None:
        async with PostgresRecord(database.app_url) as record:
            await logs.fill(record, 25, 10)
            await record.append(write(command_id="nothing-to-record"))

    asyncio.run(more())
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        keeper = archiver(owner, tmp_path / "archive", seal(owner, tmp_path / "log", 240))
        assert [one.last for one in keeper.archive(keep=0)] == [100, 200]
        keeper.copy()
    return tmp_path / "archive"


def restored(database: Database, archive: Path) -> Restored:
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        return restore(connection, archive, lambda _position, _goal: None)


def dump(database: Database, table: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database.owner_url) as connection:
        return connection.execute(f"SELECT * FROM record.{table} ORDER BY 1".encode()).fetchall()


def shown(database: Database) -> dict[str, bytes]:
    with connect(database.app_url) as connection:
        catch_up(connection, PROJECTIONS)
        return {one.name: kit.dump(connection, one) for one in PROJECTIONS}


def test_a_new_home_has_everything_from_the_archive_alone(
    database: Database, empty: Database, tmp_path: Path
) -> None:
    archive = filled(database, tmp_path)
    with psycopg.connect(database.app_url) as connection:
        before = everything(connection)
    tables = {table: dump(database, table) for table in TABLES[1:]}
    views = shown(database)

    found = restored(empty, archive)

    frontier = Frontier()
    frontier.extend(one.leaf for one in before)
    assert (found.position, found.root) == (len(before), frontier.root().hex())
    assert found.sealed == 240
    with psycopg.connect(empty.app_url) as connection:
        assert everything(connection) == before
    assert {table: dump(empty, table) for table in TABLES[1:]} == tables
    assert shown(empty) == views
    assert any(views.values())


def test_the_restored_record_goes_on_and_remembers_its_answers(
    database: Database, empty: Database, tmp_path: Path
) -> None:
    restored(empty, filled(database, tmp_path))
    with psycopg.connect(empty.app_url) as connection:
        before = everything(connection)

    async def go_on() -> None:
        async with PostgresRecord(empty.app_url) as record:
            again = await record.append(
                write(event(logs.name(3), 2, b'{"n":2}', "a.b.0"), command_id="c-3-2")
            )
            assert again.repeated
            assert before[again.first - 1].stream_id == logs.name(3)
            assert (await record.append(write(command_id="nothing-to-record"))).repeated
            new = await record.append(write(event(logs.name(3), 11)))
            assert new.first == len(before) + 1

    asyncio.run(go_on())


def test_the_restored_record_can_be_archived_again_into_the_same_folder(
    database: Database, empty: Database, tmp_path: Path
) -> None:
    archive = filled(database, tmp_path)
    restored(empty, archive)
    said: list[str] = []
    with psycopg.connect(empty.owner_url, autocommit=True) as owner:
        before = everything(owner)
        keeper = archiver(owner, archive, logs.sealed_at(tmp_path / "log"), said)
        assert [one.last for one in keeper.archive(keep=0)] == [100, 200]
        assert everything(owner) == before
    assert "is there already; reading it back" in said[0]


def test_a_younger_partition_and_an_older_tail_fit_together(
    database: Database, empty: Database, tmp_path: Path
) -> None:
    archive = filled(database, tmp_path)
    tail = next(archive.glob("tail-*"))
    kept = tmp_path / tail.name
    shutil.copytree(tail, kept)

    async def more() -> None:
        async with PostgresRecord(database.app_url) as record:
            await logs.fill(record, 25, 2, after=10)

    asyncio.run(more())
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        before = everything(owner)
        keeper = archiver(owner, archive, seal(owner, tmp_path / "log"))
        keeper.copy()
    assert [one.path.name[:4] for one in reading.folders(archive)] == ["even"] * 3 + ["tail"]
    shutil.copytree(kept, archive / kept.name)  # an older one that somebody brought back
    assert restored(empty, archive).position == len(before)
    with psycopg.connect(empty.app_url) as connection:
        assert everything(connection) == before


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        ("gap", "lacks the positions 101 to 200"),
        ("first", "lacks the positions 1 to 100"),
        ("byte", "damaged: its SHA-256"),
        ("manifest", "manifest.json is damaged"),
        ("commands", "commands-0001.parquet"),
        ("root", "do not give the root"),
        ("checkpoint", "not those of its checkpoint"),
        ("nothing", "holds no archive"),
    ],
)
def test_what_does_not_fit_restores_nothing(
    database: Database, empty: Database, tmp_path: Path, harm: str, sentence: str
) -> None:
    archive = filled(database, tmp_path)
    folder = archive / "events-000000000101-000000000200"
    manifest = folder / "manifest.json"
    match harm:
        case "gap":
            shutil.rmtree(folder)
        case "first":
            shutil.rmtree(archive / "events-000000000001-000000000100")
        case "byte":
            file = next(folder.glob("events-*.parquet"))
            file.write_bytes(file.read_bytes().replace(b"PAR1", b"PAR2", 1))
        case "manifest":
            manifest.write_bytes(manifest.read_bytes()[:-20])
        case "commands":
            next(folder.glob("commands-*")).unlink()
        case "root":
            said = reading.folders(archive)[1].manifest.root
            manifest.write_text(manifest.read_text().replace(said, "00" * 32))
        case "checkpoint":
            before, word, after = manifest.read_text().partition('"consistency"')
            proof = reading.folders(archive)[1].manifest.consistency[0]
            manifest.write_text(before + word + after.replace(proof, "11" * 32, 1))
        case _:
            shutil.rmtree(archive)
            archive.mkdir()
    with pytest.raises((ArchiveProblem, CannotRestore), match=sentence):
        restored(empty, archive)
    assert dump(empty, "events") == dump(empty, "commands") == []
    assert dump(empty, "log_head")[0][1] == 0


def test_a_record_that_holds_something_is_not_restored_over(
    database: Database, tmp_path: Path
) -> None:
    archive = filled(database, tmp_path)
    with pytest.raises(CannotRestore, match="already holds a record"):
        restored(database, archive)


def test_a_lost_tail_comes_back_from_the_stream(
    database: Database, empty: Database, nats_server: NatsServer, tmp_path: Path
) -> None:
    archive = filled(database, tmp_path)
    restored(empty, archive)  # the old backup

    async def go_on() -> int:
        async with PostgresRecord(database.app_url) as record:
            await logs.fill(record, 25, 2, after=10)
            for name in ("sharing.request:新", "sharing.request:new"):
                await record.append(write(event(name, 1, '{"目的":"办证"}'.encode())))
        relay = Relay(database.app_url, nats_server.url)
        task = asyncio.create_task(relay.run())
        async with asyncio.timeout(30):
            while relay.relayed < 50:  # noqa: ASYNC110 - what is watched lies in a server
                await asyncio.sleep(0.02)
            with psycopg.connect(database.app_url) as connection:
                before = len(everything(connection))
            while relay.relayed < before:  # noqa: ASYNC110 - what is watched lies in a server
                await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return before

    last = asyncio.run(go_on())
    with (
        psycopg.connect(database.owner_url, autocommit=True) as old,
        psycopg.connect(empty.owner_url, autocommit=True) as connection,
    ):
        start = len(everything(connection))
        assert start < last
        sealed = seal(old, tmp_path / "log2")
        reached = append_tail(connection, tail_of(nats_server.url, start), (last, sealed.read))
        assert reached == last
        assert everything(connection) == everything(old)
        assert append_tail(connection, tail_of(nats_server.url, last), (0, sealed.read)) == last
    assert dump(empty, "streams") == dump(database, "streams")
    assert dump(empty, "log_head") == dump(database, "log_head")


def test_a_tail_that_is_not_what_was_sealed_is_refused(
    database: Database, empty: Database, tmp_path: Path
) -> None:
    archive = filled(database, tmp_path)
    restored(empty, archive)
    with psycopg.connect(database.owner_url) as old:
        some = everything(old)
    head = len(some)

    async def go_on() -> None:
        async with PostgresRecord(database.app_url) as record:
            await logs.fill(record, 25, 2, after=10)

    asyncio.run(go_on())
    with (
        psycopg.connect(database.owner_url, autocommit=True) as old,
        psycopg.connect(empty.owner_url, autocommit=True) as connection,
    ):
        tail = everything(old)[head:]
        sealed = seal(old, tmp_path / "log2")
        size = sealed.checkpoint.size
        other = b"\1" * 32
        for events, read, sentence in (
            (tail[1:], sealed.read, f"goes on at position {head + 2}"),
            (tail, lambda _level, _index: other, "is not what was sealed"),
            ([_other_state(tail[0])], sealed.read, "does not fit its leaf"),
        ):
            with pytest.raises(CannotRestore, match=sentence):
                append_tail(connection, iter([events]), (size, read))
        assert len(everything(connection)) == head


def _other_state(one: Recorded) -> Recorded:
    return msgspec.structs.replace(one, state=b'{"n":99}')
