"""A view that is no longer what the record says is found, with its rows."""

from __future__ import annotations

import json
from threading import Event as Flag
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace
from psycopg import sql

from projections import drift
from projections.audit_trail import AUDIT_TRAIL
from projections.catch_up import catch_up
from projections.connect import connect
from projections.directory import DIRECTORY
from projections.drift import Drifted, NotComparable, compare
from projections.follow import follow
from projections.rebuild import rebuild
from projections.registry import PROJECTIONS
from tests.projections.stories import CIVIL, CORE, TAX, registered, renamed

if TYPE_CHECKING:
    import psycopg

    from projections.projection import Projection
    from tests.projections.kit import Given
    from tests.servers import Database

ORGS = [f"departments.organization:{n:03}" for n in range(300)]

MADE_UP = {
    "text": "x",
    "bool": True,
    "date": "2026-01-01",
    "timestamptz": "2026-01-01",
    "jsonb": {},
}


def key(*values: object) -> str:
    return json.dumps(list(values), ensure_ascii=False)


def test_views_that_follow_the_record_do_not_differ(given: Given, database: Database) -> None:
    given(*map(registered, ORGS)).shown_by(*CORE)
    found = compare(database.app_url, CORE)
    assert (found.position, found.views, found.differing, found.named) == (300, len(CORE), 0, ())
    assert found.rows >= 600
    row = given.connection.execute("SELECT to_regnamespace(%s)", (drift.SCHEMA,)).fetchone()
    assert row == (None,)


def test_every_kind_of_difference_is_named_with_its_row(given: Given, database: Database) -> None:
    given(*map(registered, ORGS)).shown_by(*CORE)
    for statement in (
        "UPDATE directory SET name = '错' WHERE org_id = 'departments.organization:007'",
        "DELETE FROM directory WHERE org_id = 'departments.organization:299'",
        """
        INSERT INTO directory
        SELECT (jsonb_populate_record(d, '{"org_id": "x:y"}')).*
          FROM directory AS d
         WHERE org_id = 'departments.organization:000'
        """,
        "DELETE FROM audit_trail WHERE position = 5",
    ):
        given.connection.execute(statement.encode())
    found = compare(database.app_url, CORE)
    assert found.differing == 4
    assert set(found.named) == {
        Drifted("directory", key("departments.organization:007"), "changed"),
        Drifted("directory", key("departments.organization:299"), "missing"),
        Drifted("directory", key("x:y"), "surplus"),
        Drifted("audit_trail", key(5), "missing"),
    }


def test_many_differing_rows_are_counted_and_a_hundred_named(
    given: Given, database: Database
) -> None:
    given(*map(registered, ORGS)).shown_by(DIRECTORY)
    given.connection.execute("UPDATE directory SET name = name || '局'")
    found = compare(database.app_url, [DIRECTORY])
    assert (found.differing, len(found.named)) == (300, drift.NAMED_MAX)


def test_a_hub_at_work_does_not_differ(given: Given, database: Database) -> None:
    given(*map(registered, ORGS)).shown_by(*CORE)
    stop = Flag()
    follower = Thread(
        target=follow,
        args=(database.app_url, CORE, stop),
        kwargs={"passed": id, "say": print},
    )
    follower.start()
    somebody = iter(range(1, 40))

    def acts(position: int, goal: int) -> None:
        del position, goal
        given(renamed(CIVIL, f"第{next(somebody)}个名字"))

    try:
        given(registered(CIVIL))
        assert compare(database.app_url, CORE, progress=acts).differing == 0
    finally:
        stop.set()
        follower.join()


def test_a_view_that_stands_still_is_left_out_and_said(given: Given, database: Database) -> None:
    given(registered(CIVIL)).shown_by(*CORE)
    given.connection.execute(
        "UPDATE projection_positions SET parked_position = 1, parked_reason = 'x'"
        " WHERE name = 'directory'"
    )
    found = compare(database.app_url, CORE)
    assert found.left_out == ("directory",)
    assert found.views == len(CORE) - 1


def test_a_rebuild_meanwhile_is_no_difference(
    given: Given, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(*map(registered, ORGS)).shown_by(*CORE)
    seen: list[str] = []
    counted = drift._sum  # noqa: SLF001 - the place where a rebuild could slip in
    with connect(database.app_url, purpose="rebuild") as other:
        rebuilding = Thread(target=rebuild, args=(other, [AUDIT_TRAIL]))

        def slowly(live: psycopg.Connection, schema: str, one: Projection[Any]) -> tuple[int, int]:
            if not seen:
                rebuilding.start()
                while rebuilding.is_alive() and not _waits(given.connection, other):
                    pass
            seen.append(one.name)
            return counted(live, schema, one)

        monkeypatch.setattr(drift, "_sum", slowly)
        assert compare(database.app_url, CORE).differing == 0
        rebuilding.join()
    assert seen[-1] == "audit_trail"


def _waits(connection: psycopg.Connection, other: psycopg.Connection) -> bool:
    row = connection.execute(
        "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s",
        (other.info.backend_pid,),
    ).fetchone()
    return row == (True,)


def test_a_view_that_cannot_be_built_anew_is_left_out_and_said(
    given: Given, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(registered(CIVIL)).shown_by(*CORE)

    def stumbles(*_: object) -> None:
        raise ValueError("the fold knows better now")

    newer = replace(DIRECTORY, fold=stumbles)
    found = compare(database.app_url, [newer, AUDIT_TRAIL])
    assert (found.left_out, found.differing, found.views) == (("directory",), 0, 1)


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda each: each.name)
def test_a_row_nobody_recorded_is_found_in_every_view(
    given: Given, database: Database, projection: Projection[Any]
) -> None:
    given(registered(CIVIL)).shown_by(projection)
    plant(given.connection, projection)
    found = compare(database.app_url, [projection])
    assert [(one.view, one.how) for one in found.named] == [(projection.name, "surplus")]


def plant(connection: psycopg.Connection, projection: Projection[Any]) -> None:
    """Put a row of made-up values into a view."""
    columns = connection.execute(
        """
        SELECT column_name, udt_name
          FROM information_schema.columns
         WHERE table_schema = 'views'
           AND table_name = %s
           AND is_nullable = 'NO'
        """,
        (projection.name,),
    ).fetchall()
    values = {name: MADE_UP.get(kind, [] if kind[0] == "_" else 0) for name, kind in columns}
    connection.execute(
        sql.SQL("INSERT INTO {t} SELECT (jsonb_populate_record(NULL::{t}, %s)).*").format(
            t=sql.Identifier("views", projection.name)
        ),
        (json.dumps(values),),
    )


def test_views_far_behind_are_not_compared(
    given: Given, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drift, "LIVE_SECONDS_MAX", 0.2)
    given(registered(CIVIL)).shown_by(*CORE)
    given(registered(TAX))
    with pytest.raises(NotComparable, match="see that the follower runs"):
        compare(database.app_url, CORE)
    catch_up(given.connection, CORE)
    assert compare(database.app_url, [AUDIT_TRAIL]).differing == 0
