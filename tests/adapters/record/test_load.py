import asyncio
from datetime import UTC

import pytest

from adapters.record.postgres import PostgresRecord
from hub.record import Appended, Recorded, leaf_hash, rfc3339
from tests.adapters.record.writes import event, stream, write
from tests.servers import Database

pytestmark = pytest.mark.anyio


async def test_streams_are_loaded_above_the_given_versions_in_order(database: Database) -> None:
    async with PostgresRecord(database.app_url) as record:
        b, a, other = "sharing.request:b", "sharing.request:a", stream()
        await record.append(write(event(b, 1), event(a, 1), event(b, 2), event(other, 1)))
        await record.append(write(event(a, 2), event(b, 3)))

        loaded = await record.load({b: 1, a: 0, "sharing.request:none": 0})

    assert [(e.stream_id, e.version) for e in loaded] == [(a, 1), (a, 2), (b, 2), (b, 3)]


async def test_a_loaded_event_is_what_was_stored(database: Database) -> None:
    one = stream()
    new = event(one, 1, '{"目的":"核验"}'.encode())
    async with PostgresRecord(database.app_url) as record:
        stored = await record.append(write(new))
        (loaded,) = await record.load({one: 0})

    leaf = leaf_hash(new, rfc3339(stored.recorded_at))
    assert loaded == Recorded(1, one, 1, new.topic, 1, stored.recorded_at, new.state, leaf)
    assert loaded.recorded_at.tzinfo is UTC


async def test_callers_who_ask_at_once_share_a_select_and_get_their_own(
    database: Database,
) -> None:
    async with PostgresRecord(database.app_url) as record:
        shared = stream()
        await record.append(write(event(shared, 1), event(shared, 2), event(shared, 3)))
        own = [stream() for _ in range(50)]
        await asyncio.gather(*(record.append(write(event(s, 1))) for s in own))
        answers = await asyncio.gather(
            *(record.load({s: 0, shared: n % 4}) for n, s in enumerate(own))
        )
        figures = record.figures()

    for number, (one, loaded) in enumerate(zip(own, answers, strict=True)):
        assert [e.version for e in loaded if e.stream_id == one] == [1]
        assert [e.version for e in loaded if e.stream_id == shared] == [
            v for v in (1, 2, 3) if v > number % 4
        ]
    assert (figures["loads"], figures["selects"]) == (50, 1)


async def test_the_first_answer_is_found_by_its_command_id(database: Database) -> None:
    one, other = stream(), stream()
    wish = write(event(one, 1), event(other, 1))
    async with PostgresRecord(database.app_url) as record:
        await record.append(write(event(stream(), 1)))
        stored = await record.append(wish)
        found = await record.find(wish.command_id)
        assert await record.find("never sent") is None

    assert found is not None
    assert found.appended == Appended(2, 2, stored.recorded_at, repeated=True)
    assert found.fingerprint == wish.fingerprint
    assert [(e.position, e.stream_id, e.version) for e in found.events] == [
        (2, one, 1),
        (3, other, 1),
    ]


async def test_nothing_asked_is_nothing_loaded(database: Database) -> None:
    async with PostgresRecord(database.app_url) as record:
        assert await record.load({}) == []
