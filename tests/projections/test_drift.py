"""A view that is no longer what the record says is found, with its rows."""

from __future__ import annotations

import json
from threading import Event as Flag
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from projections import drift
from projections.audit_trail import AUDIT_TRAIL
from projections.catch_up import catch_up
from projections.directory import DIRECTORY
from projections.drift import Drifted, NotComparable, compare
from projections.follow import follow
from tests.projections.stories import CIVIL, CORE, TAX, registered, renamed

if TYPE_CHECKING:
    from tests.projections.kit import Given
    from tests.servers import Database

ORGS = [f"departments.organization:{n:03}" for n in range(300)]


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
