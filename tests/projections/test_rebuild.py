"""Rebuilding beside the live tables, and the past beside the present."""

from __future__ import annotations

from threading import Event as Flag
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from projections.audit_trail import AUDIT_TRAIL
from projections.catch_up import Memory, catch_up
from projections.connect import connect, look_at
from projections.directory import DIRECTORY, organization
from projections.positions import standings
from projections.rebuild import CannotRebuild, rebuild, replay, replays
from tests.projections import kit
from tests.projections.stories import CIVIL, CORE, TAX, registered, renamed

if TYPE_CHECKING:
    import psycopg

    from tests.projections.kit import Given
    from tests.servers import Database


def test_readers_never_see_an_empty_or_a_half_built_table(given: Given, database: Database) -> None:
    given(*(registered(f"departments.organization:{n:03}") for n in range(400)))
    given.shown_by(*CORE)
    seen: set[int] = set()
    stop, looked = Flag(), Flag()

    def read() -> None:
        with connect(database.app_url) as reader:
            while not stop.is_set():
                row = reader.execute("SELECT count(*) FROM directory").fetchone()
                seen.add(row[0] if row else -1)
                looked.set()

    reader = Thread(target=read)
    reader.start()
    assert looked.wait(30)
    for _ in range(5):
        rebuild(given.connection, CORE)
    stop.set()
    reader.join()
    assert seen == {400}
    assert {one.generation for one in standings(given.connection)} == {6}


def test_a_follower_goes_on_with_the_tables_that_were_put_in(
    given: Given, database: Database
) -> None:
    given(registered(CIVIL))
    memory = Memory([DIRECTORY])
    catch_up(given.connection, memory)
    with connect(database.app_url) as other:
        rebuild(other, [DIRECTORY])
    given(renamed(CIVIL, "新名"))
    catch_up(given.connection, memory)
    [row] = kit.rows(given.connection, DIRECTORY)
    assert (row.name, row.former_names) == ("新名", ("民政局",))


def test_events_that_come_in_during_a_rebuild_are_in_it(given: Given, database: Database) -> None:
    given(registered(CIVIL)).shown_by(DIRECTORY)
    late = iter([registered(TAX)])

    def somebody_acts(position: int, goal: int) -> None:
        kit.record(given.connection, list(late))

    with connect(database.app_url) as other:
        rebuild(other, [DIRECTORY], progress=somebody_acts)
    assert len(kit.rows(given.connection, DIRECTORY)) == 2


def shape_of(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    return (
        connection.execute(
            """
        SELECT c.relname, c.relkind::text, c.reloptions, pg_get_userbyid(c.relowner),
               pg_get_indexdef(c.oid) AS definition
          FROM pg_class AS c
         WHERE c.relnamespace = 'views'::regnamespace AND c.relkind IN ('r', 'i')
         ORDER BY 1
        """
        ).fetchall()
        + connection.execute(
            """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
          FROM pg_constraint
         WHERE connamespace = 'views'::regnamespace
         ORDER BY 1, 2
        """
        ).fetchall()
    )


def test_a_rebuilt_table_is_made_as_the_migration_made_it(given: Given) -> None:
    before = shape_of(given.connection)
    given(registered(CIVIL))
    rebuild(given.connection, CORE)
    assert shape_of(given.connection) == before


def test_two_rebuilds_do_not_run_at_once(given: Given, database: Database) -> None:
    given(registered(CIVIL))

    def another(position: int, goal: int) -> None:
        with (
            connect(database.app_url) as other,
            pytest.raises(CannotRebuild, match="another rebuild"),
        ):
            rebuild(other, [DIRECTORY])

    rebuild(given.connection, [DIRECTORY], progress=another)
    assert len(kit.rows(given.connection, DIRECTORY)) == 1


def test_what_a_killed_rebuild_left_is_swept_away(given: Given) -> None:
    given(registered(CIVIL))
    given.connection.execute("CREATE SCHEMA views_next CREATE TABLE directory (half int)")
    rebuild(given.connection, [DIRECTORY])
    assert len(kit.rows(given.connection, DIRECTORY)) == 1
    gone = given.connection.execute("SELECT to_regnamespace('views_next')").fetchone()
    assert gone == (None,)


def test_queries_work_over_a_replayed_schema(given: Given) -> None:
    connection = given(registered(CIVIL), renamed(CIVIL, "新名")).shown_by(*CORE)
    replay(connection, CORE, "june", until=1)
    then = organization(connection, CIVIL)
    look_at(connection, "views")
    now = organization(connection, CIVIL)
    assert then is not None
    assert now is not None
    assert (then.name, now.name) == ("民政局", "新名")
    assert replays(connection) == [("june", "position 1")]


def test_a_replay_replaces_only_a_replay(given: Given) -> None:
    connection = given(registered(CIVIL)).connection
    connection.execute("CREATE SCHEMA somebody_elses")
    replay(connection, CORE, "june")
    replay(connection, CORE, "june")
    for name in ("views", "record", "desk", "public", "pg_x", "somebody_elses", 'a"b', "É", ""):
        with pytest.raises(CannotRebuild):
            replay(connection, CORE, name)
    with pytest.raises(CannotRebuild, match="the record ends at 1"):
        replay(connection, [AUDIT_TRAIL], "june", until=2)
