import asyncio

import nats
import psycopg
import pytest

from adapters.stack.nats import NatsServer
from tests.servers import Database


def test_a_test_has_a_migrated_database_of_its_own(database: Database) -> None:
    with psycopg.connect(database.app_url) as connection:
        row = connection.execute("SELECT current_user, current_database()").fetchone()
        applied = connection.execute("SELECT count(*) FROM public.migrations").fetchone()

    assert row == ("hub_app", database.name)
    assert applied is not None
    assert applied[0] >= 1


def test_nobody_enters_without_the_password(database: Database) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(database.server.url(database.name, "hub_app", "guessed"))


def test_jetstream_keeps_what_it_acknowledged_through_a_kill(nats_server: NatsServer) -> None:
    async def publish() -> int:
        client = await nats.connect(nats_server.url)
        stream = client.jetstream()
        await stream.add_stream(name="T", subjects=["t"])
        acknowledged = await stream.publish("t", b"one")
        await client.close()
        return acknowledged.seq

    async def stored() -> bytes | None:
        client = await nats.connect(nats_server.url)
        message = await client.jetstream().get_msg("T", 1)
        await client.close()
        return message.data

    assert asyncio.run(publish()) == 1
    port = nats_server.port
    nats_server.kill()
    nats_server.start()

    assert nats_server.port == port
    assert asyncio.run(stored()) == b"one"
