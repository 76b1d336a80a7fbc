from collections.abc import AsyncIterator
from contextlib import aclosing

import psycopg
import pytest

from adapters.record.head import heads
from adapters.record.postgres import PostgresRecord
from projections.reader import head, pages, stream
from tests.adapters.record import writes
from tests.adapters.record.writes import event, write
from tests.servers import Database

pytestmark = pytest.mark.anyio


@pytest.fixture
async def record(database: Database) -> AsyncIterator[PostgresRecord]:
    async with PostgresRecord(database.app_url) as opened:
        yield opened


async def test_pages_follow_one_another_without_hole_or_double(
    database: Database, record: PostgresRecord
) -> None:
    one = writes.stream()
    await record.append(write(*(event(one, v) for v in range(1, 24))))
    with psycopg.connect(database.app_url) as reader:
        assert head(reader) == 23
        found = list(pages(reader, 3, positions=5))
        until = list(pages(reader, 3, upto=11, positions=5))
        assert list(pages(reader, 23)) == []

    assert [page.upto for page in found] == [8, 13, 18, 23]
    assert [e.position for page in found for e in page.events] == list(range(4, 24))
    assert [e.position for page in until for e in page.events] == list(range(4, 12))


async def test_pages_of_some_topics_still_advance_over_the_others(
    database: Database, record: PostgresRecord
) -> None:
    one = writes.stream()
    topics = ["a.b.c", "a.b.d", "a.b.e"] * 4
    await record.append(write(*(event(one, v, topic=topic) for v, topic in enumerate(topics, 1))))
    with psycopg.connect(database.app_url) as reader:
        found = list(pages(reader, 0, topics=["a.b.d", "a.b.e"], positions=4))
        none = list(pages(reader, 0, topics=["x.y.z"], positions=6))

    assert [[e.position for e in page.events] for page in found] == [[2, 3], [5, 6, 8], [9, 11, 12]]
    assert [(page.upto, page.events) for page in none] == [(6, []), (12, [])]


async def test_a_page_carries_the_events_as_stored(
    database: Database, record: PostgresRecord
) -> None:
    one = writes.stream()
    await record.append(write(event(one, 1), event(one, 2)))
    loaded = await record.load({one: 0})
    with psycopg.connect(database.app_url) as reader:
        (page,) = pages(reader, 0)
        assert page.events == stream(reader, one) == loaded
        assert stream(reader, one, above=1) == loaded[1:]


async def test_the_record_calls_when_it_has_grown(
    database: Database, record: PostgresRecord
) -> None:
    async with aclosing(heads(database.app_url, poll_seconds=60)) as told:
        await record.append(write(event(writes.stream(), 1)))
        assert await anext(told) == 1  # what was there before anybody listened
        await record.append(write(event(writes.stream(), 1)))
        assert await anext(told) == 2


async def test_a_listener_who_was_not_called_looks_for_himself(
    database: Database, record: PostgresRecord
) -> None:
    async with aclosing(heads(database.app_url, poll_seconds=0.05)) as told:
        await record.append(write(event(writes.stream(), 1)))
        assert await anext(told) == 1
        with psycopg.connect(database.superuser_url) as superuser:  # grows without calling
            superuser.execute("UPDATE record.log_head SET position = 7")
        assert await anext(told) == 7
