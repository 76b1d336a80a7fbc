import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from adapters.record.postgres import PostgresRecord
from hub.errors import CommandReused
from hub.record import (
    STATE_BYTES_MAX,
    Appended,
    Overloaded,
    RecordUnavailable,
    Unrecordable,
    VersionConflict,
    Write,
    leaf_hash,
    rfc3339,
)
from tests.adapters.record.writes import event, stream, write
from tests.servers import Database

pytestmark = pytest.mark.anyio


async def test_positions_are_dense_from_1_also_after_conflicts(database: Database) -> None:
    async with PostgresRecord(database.app_url) as record:
        one, other = stream(), stream()
        first = await record.append(write(event(one, 1), event(one, 2)))
        with pytest.raises(VersionConflict) as conflict:
            await record.append(write(event(one, 2)))
        second = await record.append(write(event(other, 1)))

    assert (first.first, first.count) == (1, 2)
    assert conflict.value.stream_id == one
    assert (second.first, second.count) == (3, 1)


async def test_a_failing_write_never_fails_its_batch(database: Database) -> None:
    async with PostgresRecord(database.app_url) as record:
        taken = stream()
        await record.append(write(event(taken, 1)))
        answers = await asyncio.gather(
            record.append(write(event(stream(), 1))),
            record.append(write(event(taken, 1))),
            record.append(write(event(stream(), 1), event(stream(), 7))),
            record.append(write(event(stream(), 1))),
            return_exceptions=True,
        )

    assert [type(answer) for answer in answers] == [
        Appended,
        VersionConflict,
        VersionConflict,
        Appended,
    ]
    assert [a.first for a in answers if isinstance(a, Appended)] == [2, 3]


async def test_a_command_of_many_streams_is_stored_whole_or_not_at_all(
    database: Database,
) -> None:
    async with PostgresRecord(database.app_url) as record:
        one, other = stream(), stream()
        await record.append(write(event(other, 1)))
        with pytest.raises(VersionConflict):
            await record.append(write(event(one, 1), event(other, 1)))

        assert await record.load({one: 0}) == []

        stored = await record.append(write(event(one, 1), event(other, 2), event(one, 2)))
        assert (stored.first, stored.count) == (2, 3)


async def test_a_stream_that_was_only_read_must_be_unchanged_too(database: Database) -> None:
    async with PostgresRecord(database.app_url) as record:
        read, absent = stream(), stream()
        await record.append(write(event(read, 1)))
        for reads in (((read, 0),), ((read, 2),), ((absent, 1),)):
            with pytest.raises(VersionConflict) as conflict:
                await record.append(write(event(stream(), 1), reads=reads))
            assert conflict.value.stream_id == reads[0][0]

        stored = await record.append(write(event(stream(), 1), reads=((read, 1), (absent, 0))))
        assert stored.first == 2


async def test_two_decisions_at_once_on_what_the_other_reads_do_not_both_stand(
    database: Database,
) -> None:
    async with PostgresRecord(database.app_url) as record:
        for _ in range(20):
            one, other = stream(), stream()
            answers = await asyncio.gather(
                record.append(write(event(one, 1), reads=((other, 0),))),
                record.append(write(event(other, 1), reads=((one, 0),))),
                return_exceptions=True,
            )
            assert [type(answer) for answer in answers] == [Appended, VersionConflict]


async def test_a_repeated_command_gets_its_first_answer(database: Database) -> None:
    wish = write(event(stream(), 1), command_id="ask once")
    async with PostgresRecord(database.app_url) as record:
        first = await record.append(wish)
        await record.append(write(event(stream(), 1)))
        again = await record.append(wish)
    async with PostgresRecord(database.app_url) as record:
        after_restart = await record.append(wish)

    assert not first.repeated
    assert again == after_restart == Appended(1, 1, first.recorded_at, repeated=True)


async def test_the_same_command_many_times_at_once_has_one_effect(database: Database) -> None:
    wish = write(event(stream(), 1), command_id="ask at once")
    async with PostgresRecord(database.app_url) as one, PostgresRecord(database.app_url) as other:
        answers = await asyncio.gather(*(r.append(wish) for r in (one, other) for _ in range(10)))
        head = await one.append(write(event(stream(), 1)))

    assert {answer.first for answer in answers} == {1}
    assert sum(not answer.repeated for answer in answers) == 1
    assert head.first == 2


async def test_a_command_id_used_for_another_body_is_refused(database: Database) -> None:
    async with PostgresRecord(database.app_url) as record:
        await record.append(write(event(stream(), 1), command_id="mine"))
        with pytest.raises(CommandReused, match="mine"):
            await record.append(write(event(stream(), 1), command_id="mine", body=b"other"))


async def test_of_a_command_without_events_only_the_answer_is_stored(database: Database) -> None:
    async with PostgresRecord(database.app_url) as record:
        await record.append(write(event(stream(), 1)))
        answer = await record.append(write(command_id="nothing"))
        both = await asyncio.gather(
            record.append(write(command_id="nothing")), record.append(write(event(stream(), 1)))
        )
        found = await record.find("nothing")
        with pytest.raises(CommandReused):
            await record.append(write(event(stream(), 1), command_id="nothing", body=b"other"))

    assert (answer.first, answer.count) == (1, 0)
    assert (both[0].first, both[0].count, both[0].repeated) == (1, 0, True)
    assert both[1].first == 2
    assert found is not None
    assert found.events == ()


async def test_a_command_of_5000_events_is_stored(database: Database) -> None:
    state = b'{"text":"' + b"x" * 2_000 + b'"}'
    batch = stream()
    async with PostgresRecord(database.app_url) as record:
        stored = await record.append(write(*(event(batch, v, state) for v in range(1, 5_001))))
        loaded = await record.load({batch: 0})

    assert stored.count == len(loaded) == 5_000
    assert [e.version for e in loaded] == list(range(1, 5_001))
    assert [e.position for e in loaded] == list(range(1, 5_001))
    assert {e.state for e in loaded} == {state}


async def test_what_no_event_may_be_is_refused_before_the_database(database: Database) -> None:
    wrong = (
        write(event("", 1)),
        write(event("a" * 201, 1)),
        write(event("nul\0", 1)),
        write(event("lone surrogate \ud800", 1)),
        write(event(stream(), 1, topic="")),
        write(event(stream(), 1), command_id="line\nbreak"),
        write(event(stream(), 1, b"x" * (STATE_BYTES_MAX + 1))),
    )
    async with PostgresRecord(database.app_url) as record:
        for wish in wrong:
            with pytest.raises(Unrecordable):
                await record.append(wish)
        largest = await record.append(write(event(stream(), 1, b"x" * STATE_BYTES_MAX)))

    assert largest.first == 1


async def test_what_only_the_database_refuses_is_borne_by_the_one_at_fault(
    database: Database,
) -> None:
    short = Write("no fingerprint", b"short", (event(stream(), 1),))
    async with PostgresRecord(database.app_url) as record:
        answers = await asyncio.gather(
            record.append(write(event(stream(), 1))),
            record.append(short),
            record.append(write(event(stream(), 1))),
            return_exceptions=True,
        )

    assert [type(answer) for answer in answers] == [Appended, RecordUnavailable, Appended]


async def test_too_many_waiting_commands_are_told_to_come_back(database: Database) -> None:
    async with PostgresRecord(database.app_url, waiting_max=10) as record:
        answers = await asyncio.gather(
            *(record.append(write(event(stream(), 1))) for _ in range(30)), return_exceptions=True
        )

    assert [type(answer) for answer in answers] == [Appended] * 10 + [Overloaded] * 20


async def test_a_closed_record_says_so(database: Database) -> None:
    record = PostgresRecord(database.app_url)
    await record.open()
    waiting = asyncio.create_task(record.append(write(event(stream(), 1))))
    await asyncio.sleep(0)
    await record.close()

    assert (await waiting).first == 1
    with pytest.raises(RecordUnavailable):
        await record.append(write(event(stream(), 1)))


async def test_the_records_time_never_runs_backwards(database: Database) -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    times = [noon, noon - timedelta(hours=1), noon + timedelta(seconds=1)]
    async with PostgresRecord(database.app_url, clock=lambda: times.pop(0)) as record:
        stored = [await record.append(write(event(stream(), 1))) for _ in range(3)]

    assert [s.recorded_at for s in stored] == [noon, noon, noon + timedelta(seconds=1)]
    with psycopg.connect(database.app_url) as auditor:
        assert auditor.execute("SELECT intact FROM record.audit").fetchall() == [(True,)] * 3


async def test_an_auditor_finds_the_same_leaf_with_sql_alone(database: Database) -> None:
    odd = 'sharing.request:"引号"\\и é'
    async with PostgresRecord(database.app_url) as record:
        wish = write(event(odd, 1, '{"目的":"核验"}'.encode(), topic='a "topic"'))
        stored = await record.append(wish)
    with psycopg.connect(database.app_url) as auditor:
        row = auditor.execute("SELECT leaf, intact, state::json->>'目的' FROM record.audit")
        assert row.fetchone() == (
            leaf_hash(wish.events[0], rfc3339(stored.recorded_at)),
            True,
            "核验",
        )


async def test_a_changed_event_is_found_by_its_leaf(database: Database) -> None:
    async with PostgresRecord(database.app_url) as record:
        for _ in range(3):
            await record.append(write(event(stream(), 1)))
    with psycopg.connect(database.superuser_url) as superuser:
        superuser.execute("SET session_replication_role = replica")  # takes the fence down
        superuser.execute("UPDATE record.events SET state = '{}' WHERE position = 2")
        changed = superuser.execute("SELECT position FROM record.audit WHERE NOT intact").fetchall()

    assert changed == [(2,)]


async def test_partitions_are_there_before_they_are_needed(database: Database) -> None:
    with psycopg.connect(database.superuser_url) as superuser:
        superuser.execute("UPDATE record.log_head SET position = 4999990")
    async with PostgresRecord(database.app_url) as record:
        for size in (9, 5, 5):
            one = stream()
            await record.append(write(*(event(one, v) for v in range(1, size + 1))))
    with psycopg.connect(database.superuser_url) as superuser:
        rows = superuser.execute(
            """
            SELECT inhrelid::regclass::text,
                   (SELECT count(*) FROM record.events e WHERE e.tableoid = inhrelid)
              FROM pg_inherits
             WHERE inhparent = 'record.events'::regclass
             ORDER BY 1
            """
        ).fetchall()

    assert rows == [
        ("record.events_0", 10),
        ("record.events_1", 9),
        ("record.events_2", 0),
    ]
