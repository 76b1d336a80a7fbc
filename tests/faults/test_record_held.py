"""Sessions in the way: a held lock, an insert held open, a full disk, a cut line."""

import asyncio
from contextlib import aclosing

import psycopg
import pytest

from adapters.record.head import heads
from adapters.record.postgres import PostgresRecord
from hub.record import RecordUnavailable
from projections.reader import head, pages
from tests.adapters.record.writes import event, stream, write
from tests.faults.history import History
from tests.servers import Database

pytestmark = pytest.mark.anyio


def _positions(url: str) -> list[int]:
    with psycopg.connect(url) as reader:
        return [e.position for page in pages(reader, 0) for e in page.events]


async def _until_waiting(superuser: psycopg.Connection, sessions: int) -> None:
    """Wait until so many sessions of this database stand before a lock."""
    while True:
        row = superuser.execute(
            """
            SELECT count(*)
              FROM pg_stat_activity
             WHERE wait_event_type = 'Lock'
               AND datname = current_database()
            """
        ).fetchone()
        if row == (sessions,):
            return
        await asyncio.sleep(0.01)


async def test_a_reader_never_passes_over_a_position_while_a_batch_is_held_open(
    database: Database,
) -> None:
    history = History()
    async with (
        PostgresRecord(database.app_url) as one,
        PostgresRecord(database.app_url) as other,
    ):
        await history.ask(one, write(event(stream(), 1)))
        with psycopg.connect(database.superuser_url, autocommit=True) as superuser:
            superuser.execute(
                """
                CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NEW; END $$
                """
            )
            superuser.execute(
                """
                CREATE TRIGGER hold BEFORE INSERT ON record.events_0
                   FOR EACH ROW WHEN (NEW.stream_id = 'held') EXECUTE FUNCTION public.hold()
                """
            )
            superuser.execute("SELECT pg_advisory_lock(42)")
            held = asyncio.create_task(history.ask(one, write(event("held", 1))))
            await _until_waiting(superuser, 1)
            later = asyncio.create_task(history.ask(other, write(event(stream(), 1))))
            await _until_waiting(superuser, 2)

            assert _positions(database.app_url) == [1]

            superuser.execute("SELECT pg_advisory_unlock(42)")
            await asyncio.gather(held, later)

    assert _positions(database.app_url) == [1, 2, 3]
    await history.check(database.app_url)


async def test_an_append_that_was_rolled_back_leaves_no_hole(database: Database) -> None:
    history = History()
    async with PostgresRecord(database.app_url) as record:
        with psycopg.connect(database.app_url) as somebody:
            somebody.execute(
                """
                SELECT record.append_batch(
                       now(), '{1}', '{gone}', ARRAY[sha256('')], '{1}', '{gone}', '{1}',
                       '{topic}', '{1}', ARRAY['x'::bytea], ARRAY[sha256('')],
                       '{}', '{}', '{}', '{}', '{}', '{}')
                """
            )
            waiting = asyncio.create_task(history.ask(record, write(event(stream(), 1))))
            with psycopg.connect(database.superuser_url, autocommit=True) as superuser:
                await _until_waiting(superuser, 1)
            somebody.rollback()
        answer = await waiting

    assert answer is not None
    assert answer.first == 1
    await history.check(database.app_url)


async def test_a_session_that_sits_on_the_lock_is_named_and_nothing_is_lost(
    database: Database,
) -> None:
    history = History()
    async with PostgresRecord(database.app_url, lock_seconds=0.1) as record:
        with psycopg.connect(database.superuser_url) as sitter:
            sitter.execute("SELECT FROM record.log_head FOR UPDATE")
            wishes = [write(event(stream(), 1)) for _ in range(5)]
            await asyncio.gather(*(history.ask(record, wish) for wish in wishes))
            told = {str(error) for _, error in history.unknown.values()}
        assert len(history.unknown) == 5
        assert all("idle in transaction" in sentence for sentence in told)

        answer = await history.ask(record, write(event(stream(), 1)))

    assert answer is not None
    assert answer.first == 1
    await history.check(database.app_url)


async def test_a_full_disk_is_said_and_appending_goes_on_when_there_is_space(
    database: Database,
) -> None:
    history = History()
    async with PostgresRecord(database.app_url) as record:
        await history.ask(record, write(event(stream(), 1)))
        with psycopg.connect(database.superuser_url, autocommit=True) as superuser:
            superuser.execute(
                """
                CREATE FUNCTION public.full() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$
                """
            )
            superuser.execute(
                """
                CREATE TRIGGER disk_full BEFORE INSERT ON record.events_0
                   FOR EACH ROW EXECUTE FUNCTION public.full()
                """
            )
            wishes = [write(event(stream(), 1)) for _ in range(5)]
            await asyncio.gather(*(history.ask(record, wish) for wish in wishes))
            superuser.execute("DROP TRIGGER disk_full ON record.events_0")
        told = [error for _, error in history.unknown.values()]
        answer = await history.ask(record, write(event(stream(), 1)))

    assert len(told) == 5
    assert all(isinstance(e, RecordUnavailable) and "disk is full" in str(e) for e in told)
    assert answer is not None
    assert answer.first == 2
    await history.check(database.app_url)


async def test_a_listener_whose_line_is_cut_hears_again(database: Database) -> None:
    async with (
        PostgresRecord(database.app_url) as record,
        aclosing(heads(database.app_url, poll_seconds=60)) as told,
    ):
        await record.append(write(event(stream(), 1)))
        assert await anext(told) == 1
        waiting = asyncio.ensure_future(anext(told))
        with psycopg.connect(database.superuser_url, autocommit=True) as superuser:
            cut = superuser.execute(
                """
                SELECT pg_terminate_backend(pid, 5000)
                  FROM pg_stat_activity
                 WHERE application_name = 'hub listener'
                   AND datname = current_database()
                """
            )
            assert cut.fetchall() == [(True,)]
        await record.append(write(event(stream(), 1)))
        assert await waiting == 2


async def test_every_session_of_the_record_may_be_cut_and_the_callers_do_not_notice(
    database: Database,
) -> None:
    history = History()
    async with PostgresRecord(database.app_url) as record:
        one = stream()
        for version in range(1, 21):
            await history.ask(record, write(event(one, version)))
            assert len(await record.load({one: 0})) == version
            with psycopg.connect(database.superuser_url, autocommit=True) as superuser:
                superuser.execute(
                    """
                    SELECT pg_terminate_backend(pid)
                      FROM pg_stat_activity
                     WHERE application_name IN ('hub committer', 'hub loader')
                       AND datname = current_database()
                    """
                )

    assert len(history.stored) == 20
    await history.check(database.app_url)
    with psycopg.connect(database.app_url) as reader:
        assert head(reader) == 20
