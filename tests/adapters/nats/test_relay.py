"""The stream is a copy of the record, position by position, whatever happens to NATS."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import nats
import orjson
import psycopg
import pytest
from nats.js.errors import APIError, NotFoundError

from adapters.nats.envelope import STREAM, department_token
from adapters.nats.relay import Relay
from adapters.record.postgres import PostgresRecord
from adapters.seed import sow
from hub.codec import encode
from hub.execute import Hub
from hub.record import NewEvent, Write
from tests.adapters.test_execute import AT
from tests.hub.departments.city import CITY as EVENTS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nats.js import JetStreamContext

    from adapters.stack.nats import NatsServer
    from tests.servers import Database

pytestmark = pytest.mark.anyio


async def store(record: PostgresRecord, count: int, *, prefix: str = "s") -> None:
    """Store as many events, each the first of a stream of its own."""
    sample = EVENTS[0]

    async def one(number: int) -> None:
        name = f"{prefix}-{number}"
        event = NewEvent(f"departments.organization:{name}", 1, sample.TOPIC, 1, encode(sample))
        await record.append(Write(name, name.encode().ljust(32), (event,)))

    await asyncio.gather(*(one(number) for number in range(count)))


@asynccontextmanager
async def running(database: Database, server: NatsServer) -> AsyncIterator[Relay]:
    relay = Relay(database.app_url, server.url)
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def jetstream(server: NatsServer) -> AsyncIterator[JetStreamContext]:
    client = await nats.connect(server.url, allow_reconnect=False)
    try:
        yield client.jetstream()
    finally:
        await client.close()


async def until(relay: Relay, position: int) -> None:
    async with asyncio.timeout(20):
        while relay.relayed < position:  # noqa: ASYNC110 - what is watched lies in a server
            await asyncio.sleep(0.02)


async def last(server: NatsServer) -> int:
    async with jetstream(server) as stream:
        try:
            return (await stream.stream_info(STREAM)).state.last_seq
        except NotFoundError:
            return 0


async def test_stream_sequence_is_position_and_the_body_is_the_stored_event(
    database: Database, nats_server: NatsServer
) -> None:
    async with PostgresRecord(database.app_url) as record:
        await sow(Hub(record), AT)
        async with running(database, nats_server) as relay:
            await until(relay, 19)
            await store(record, 700)
            await until(relay, 719)
    with psycopg.connect(database.app_url) as connection:
        rows = connection.execute(
            "SELECT position, topic, stream_id, state, leaf FROM record.events"
        ).fetchall()
    assert len(rows) == 719
    async with jetstream(nats_server) as stream:
        assert (await stream.stream_info(STREAM)).state.messages == 719
        for position, topic, stream_id, state, _ in rows[::50]:
            message = await stream.get_msg(STREAM, position)
            assert message.data is not None
            body = orjson.loads(message.data)
            assert (body["id"], body["type"], body["subject"]) == (str(position), topic, stream_id)
            assert bytes(state) in message.data  # byte for byte
            assert body["specversion"] == "1.0"
            assert message.subject is not None
            assert message.subject == f"hub.events.{message.subject.split('.')[2]}.{topic}"


async def test_the_relay_resumes_where_the_stream_stands(
    database: Database, nats_server: NatsServer
) -> None:
    async with PostgresRecord(database.app_url) as record:
        await store(record, 300)
        async with running(database, nats_server) as relay:
            await until(relay, 300)
        await store(record, 300, prefix="t")
        async with running(database, nats_server) as again, running(database, nats_server) as twin:
            await asyncio.gather(until(again, 600), until(twin, 600))
    assert await last(nats_server) == 600


async def test_a_lost_tail_is_filled_again(database: Database, nats_server: NatsServer) -> None:
    kept = nats_server.folder.parent / "kept"
    async with PostgresRecord(database.app_url) as record:
        await store(record, 200)
        async with running(database, nats_server) as relay:
            await until(relay, 200)
        nats_server.stop()
        shutil.copytree(nats_server.folder, kept, symlinks=True)
        nats_server.start()
        async with running(database, nats_server) as relay:
            await store(record, 300, prefix="t")
            await until(relay, 500)
            nats_server.stop()  # and the disk forgets the last 300 messages
            owner = nats_server.folder.stat()
            shutil.rmtree(nats_server.folder)
            shutil.copytree(kept, nats_server.folder, symlinks=True)
            _own(nats_server, owner.st_uid, owner.st_gid)
            nats_server.start()
            assert await last(nats_server) == 200
            await store(record, 1, prefix="u")
            await until_last(nats_server, 501)


async def test_a_deleted_stream_is_made_again_with_its_numbers(
    database: Database, nats_server: NatsServer
) -> None:
    async with PostgresRecord(database.app_url) as record:
        await store(record, 50)
        async with running(database, nats_server) as relay:
            await until(relay, 50)
        async with jetstream(nats_server) as stream:
            await stream.delete_stream(STREAM)
        async with running(database, nats_server):
            await until_last(nats_server, 50)


async def test_the_hub_works_without_nats_and_the_relay_catches_up(
    database: Database, nats_server: NatsServer
) -> None:
    nats_server.stop()
    async with PostgresRecord(database.app_url) as record, running(database, nats_server) as relay:
        await store(record, 100)
        assert relay.relayed == 0
        nats_server.start()
        await until(relay, 100)


async def test_nobody_can_remove_a_message(database: Database, nats_server: NatsServer) -> None:
    async with PostgresRecord(database.app_url) as record:
        await store(record, 10)
        async with running(database, nats_server) as relay:
            await until(relay, 10)
    async with jetstream(nats_server) as stream:
        with pytest.raises(APIError):
            await stream.purge_stream(STREAM)
        with pytest.raises(APIError):
            await stream.delete_msg(STREAM, 5)


async def test_a_stream_ahead_of_the_record_is_left_alone(
    database: Database, nats_server: NatsServer
) -> None:
    async with jetstream(nats_server) as stream:
        await stream.add_stream(name=STREAM, subjects=["hub.events.>"], first_seq=1000)
        async with PostgresRecord(database.app_url) as record:
            await store(record, 5)
            async with running(database, nats_server):
                await asyncio.sleep(0.5)
        assert (await stream.stream_info(STREAM)).state.messages == 0


def test_a_department_is_one_token_of_the_subject() -> None:
    assert department_token("departments.organization:civil.affairs") == "civil_affairs"
    assert department_token("") == "hub"


async def until_last(server: NatsServer, position: int) -> None:
    async with asyncio.timeout(20):
        while await last(server) != position:  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0.1)


def _own(server: NatsServer, uid: int, gid: int) -> None:
    for path in (server.folder, *server.folder.rglob("*")):
        shutil.chown(path, uid, gid)
