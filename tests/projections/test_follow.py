"""Following live: wakes at once, looks every second, survives cut connections."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event as Flag
from threading import Thread
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg

from projections.catch_up import BATCH_POSITIONS, catch_up
from projections.directory import DIRECTORY
from projections.follow import follow
from projections.positions import standings, wait_for
from projections.reader import POLL_SECONDS
from tests.projections import kit
from tests.projections.counts import COUNTS, make_counts
from tests.projections.stories import CIVIL, made, registered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from projections.projection import Projection
    from tests.projections.kit import Given
    from tests.servers import Database


@contextmanager
def following(
    database: Database, *projections: Projection[Any], passes: Flag | None = None
) -> Iterator[list[str]]:
    """A follower in a thread; what it has said so far."""
    said: list[str] = []
    stop = Flag()

    def passed(caught: object) -> None:
        if passes is not None:
            passes.set()

    thread = Thread(
        target=follow,
        args=(database.app_url, projections, stop),
        kwargs={"passed": passed, "say": said.append},
    )
    thread.start()
    try:
        yield said
    finally:
        stop.set()
        thread.join()


def counted(connection: psycopg.Connection) -> int:
    return sum(row.events for row in kit.rows(connection, COUNTS))


def test_rows_follow_within_a_moment_of_the_commit(given: Given, database: Database) -> None:
    idle = Flag()
    with following(database, DIRECTORY, passes=idle):
        assert idle.wait(30)
        for number in range(20):
            given(registered(f"departments.organization:{number:02}"))
            # Far less than the poll: it was woken.
            wait_for(
                given.connection, number + 1, names=["directory"], seconds_max=POLL_SECONDS / 2
            )
        assert len(kit.rows(given.connection, DIRECTORY)) == 20


def test_a_lost_call_costs_a_second_at_most(given: Given, database: Database) -> None:
    idle = Flag()
    with (
        psycopg.connect(database.superuser_url, autocommit=True) as superuser,
        following(database, DIRECTORY, passes=idle),
    ):
        assert idle.wait(30)
        body = superuser.execute(
            "SELECT pg_get_functiondef('record.append_batch'::regproc)"
        ).fetchone()
        assert body is not None
        superuser.execute(body[0].replace("PERFORM pg_notify", "PERFORM concat").encode())
        given(registered(CIVIL))
        wait_for(given.connection, 1, names=["directory"], seconds_max=3 * POLL_SECONDS)


def test_cut_connections_lose_and_double_nothing(given: Given, database: Database) -> None:
    make_counts(given.connection)
    cuts = 8
    with (
        psycopg.connect(database.superuser_url, autocommit=True) as superuser,
        following(database, COUNTS, DIRECTORY) as said,
    ):
        for number in range(cuts):
            given(*(made(f"tests.promise:{number}-{n}", None) for n in range(100)))
            superuser.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'hub follower' AND datname = %s",
                (database.name,),
            )
        wait_for(given.connection, cuts * 100, names=["counts"], seconds_max=60)
    assert counted(given.connection) == cuts * 100
    assert any("lost PostgreSQL" in words for words in said)


def test_a_newer_version_is_built_beside_while_the_rest_follows(
    given: Given, database: Database
) -> None:
    make_counts(given.connection)
    given(registered(CIVIL))
    catch_up(given.connection, [DIRECTORY, COUNTS])
    newer = msgspec.structs.replace(DIRECTORY, version=DIRECTORY.version + 1)
    with following(database, newer, COUNTS) as said:
        given(registered("departments.organization:late"))
        wait_for(given.connection, 2, seconds_max=30)
    assert {one.name: one.version for one in standings(given.connection)} == {
        "directory": newer.version,
        "counts": 1,
    }
    assert len(kit.rows(given.connection, DIRECTORY)) == 2
    assert any("put in place" in words for words in said)


def test_a_new_projection_on_a_long_record_is_built_beside(
    given: Given, database: Database
) -> None:
    make_counts(given.connection)
    many: Sequence[Any] = [made(f"tests.promise:{n}", None) for n in range(BATCH_POSITIONS + 1)]
    half = len(many) // 2
    given(*many[:half]).and_then(*many[half:])
    with following(database, COUNTS) as said:
        wait_for(given.connection, len(many), seconds_max=60)
    assert counted(given.connection) == len(many)
    assert any("building anew" in words for words in said)


def test_what_stands_still_is_said_once(given: Given, database: Database) -> None:
    def stumbling(*_: object) -> None:
        raise ValueError("I cannot fold this")

    broken = msgspec.structs.replace(DIRECTORY, fold=stumbling)
    given(registered(CIVIL), registered("departments.organization:b"))
    make_counts(given.connection)
    with following(database, broken, COUNTS) as said:
        wait_for(given.connection, 2, names=["counts"], seconds_max=30)
        given(registered("departments.organization:c"))
        wait_for(given.connection, 3, names=["counts"], seconds_max=30)
    told = [words for words in said if "directory stands still at 0" in words]
    assert len(told) == 1
    assert "I cannot fold this" in told[0]


def test_it_says_when_there_is_no_database() -> None:
    said: list[str] = []
    stop = Flag()

    def say(words: str) -> None:
        said.append(words)
        stop.set()

    follow("postgresql://nobody@127.0.0.1:1/none", [DIRECTORY], stop, passed=print, say=say)
    assert "lost PostgreSQL" in said[0]
