"""Rebuild equals live, byte for byte, for any history and any split into batches."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.actor import Role
from projections import writer
from projections.catch_up import Memory, catch_up
from projections.connect import connect, look_at
from projections.deadlines import DEADLINES
from projections.rebuild import rebuild, replay
from tests.projections import kit, stories
from tests.projections.stories import CORE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from hub.event import Event
    from projections.projection import Projection
    from tests.servers import Database

ORGS = st.sampled_from([stories.CIVIL, stories.TAX, stories.CITY])
PEOPLE = st.sampled_from(["li.na", "wu.di", "zhao.min"])
ROLES = st.sampled_from([Role.CATALOGUER, Role.SHARING_HEAD])
NAMES = st.sampled_from(
    ["民政局", stories.AWKWARD, "null", "\\.", "{}", '""', "税,务\r\n局", "\\n"]
)
PROMISES = st.sampled_from(["tests.promise:1", "tests.promise:2"])
MOMENTS = st.integers(0, 40).map(lambda days: stories.NOON + timedelta(days=days))
DUES = st.none() | st.builds(stories.due, st.integers(1, 30), provisional=st.booleans())
EVENTS = st.one_of(
    st.builds(stories.registered, ORGS, NAMES),
    st.builds(stories.renamed, ORGS, NAMES),
    st.builds(stories.moved, ORGS, ORGS, NAMES),
    st.builds(stories.designated, ORGS, NAMES),
    st.builds(stories.appointed, ORGS, PEOPLE, ROLES),
    st.builds(stories.relieved, ORGS, PEOPLE, ROLES),
    st.builds(stories.closed, ORGS),
    st.builds(stories.made, PROMISES, DUES, MOMENTS),
    st.builds(stories.kept, PROMISES, MOMENTS),
    st.builds(stories.lapsed, PROMISES, MOMENTS),
)
LIVE_BATCHES = st.lists(st.lists(EVENTS, min_size=1, max_size=8), min_size=1, max_size=8)


@pytest.mark.parametrize("as_json_max", [writer.ROWS_AS_JSON_MAX, 0])
def test_rebuild_equals_live_for_any_split_into_batches(
    database: Database, monkeypatch: pytest.MonkeyPatch, as_json_max: int
) -> None:
    monkeypatch.setattr(writer, "ROWS_AS_JSON_MAX", as_json_max)

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        derandomize=True,
    )
    @given(parts=LIVE_BATCHES, size=st.integers(1, 9), forgets=st.booleans())
    def check(parts: list[list[Event]], size: int, *, forgets: bool) -> None:
        kit.empty(database)
        with connect(database.app_url) as connection:
            memory = Memory(CORE)
            for part in parts:
                kit.record(connection, part)
                if forgets:
                    memory.forget()
                assert not catch_up(connection, memory, batch=size).parked
            live = [kit.dump(connection, one) for one in CORE]
            replay(connection, CORE, "past")
            assert [kit.dump(connection, one) for one in CORE] == live
            look_at(connection, "views")
            rebuild(connection, CORE)
            assert [kit.dump(connection, one) for one in CORE] == live

    check()


def test_the_past_is_what_was_live_then(database: Database) -> None:
    story: list[list[Event]] = [
        [stories.registered(stories.CIVIL), stories.made("tests.promise:1", stories.due(10))],
        [stories.renamed(stories.CIVIL, "新名"), stories.appointed(stories.CIVIL, "li.na")],
        [stories.kept("tests.promise:1"), stories.relieved(stories.CIVIL, "li.na")],
    ]
    with connect(database.app_url) as connection:
        seen: list[tuple[int, list[bytes]]] = []
        for part in story:
            position = kit.record(connection, part)
            catch_up(connection, CORE)
            seen.append((position, dumps(connection, CORE)))
        for position, live in seen:
            replay(connection, CORE, "past", until=position)
            assert dumps(connection, CORE) == live
        look_at(connection, "views")
        assert dumps(connection, CORE) == seen[-1][1]


def test_the_past_by_legal_time_leaves_out_what_had_not_happened(database: Database) -> None:
    day_5 = stories.NOON + timedelta(days=5)
    with connect(database.app_url) as connection:
        kit.record(connection, [stories.made("tests.promise:1", stories.due(10))])
        kit.record(connection, [stories.kept("tests.promise:1", stories.NOON + timedelta(days=9))])
        # Recorded last, but it had happened by then.
        kit.record(connection, [stories.made("tests.promise:2", stories.due(10), day_5)])
        replay(connection, CORE, "past", as_of=stories.NOON + timedelta(days=6))
        rows = kit.rows(connection, DEADLINES)
        assert [(row.clock_id, row.stopped_at) for row in rows] == [
            ("tests.promise:1", None),
            ("tests.promise:2", None),
        ]


def dumps(connection: psycopg.Connection, projections: Sequence[Projection[Any]]) -> list[bytes]:
    return [kit.dump(connection, one) for one in projections]
