"""Every registered projection: its table is its row class, and a rebuild gives the same bytes."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from adapters.bench.lives import new_events
from projections import writer
from projections.catch_up import Memory, catch_up
from projections.connect import connect
from projections.rebuild import rebuild, replay
from projections.registry import PROJECTIONS
from projections.shape import Shape
from tests.projections import kit
from tests.projections.rule_stories import DECREE, MAY, REGISTER, RULES, amended

if TYPE_CHECKING:
    from projections.projection import Projection
    from tests.servers import Database

EVENTS = 900


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda one: one.name)
def test_a_table_has_the_columns_and_the_key_of_its_rows(
    database: Database, projection: Projection[Any]
) -> None:
    shape = Shape(projection)
    with connect(database.app_url) as connection:
        columns = connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass"
            " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
            (f"views.{projection.name}",),
        ).fetchall()
        key = connection.execute(
            "SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid"
            " AND attnum = ANY (indkey) WHERE indrelid = %s::regclass AND indisprimary",
            (f"views.{projection.name}",),
        ).fetchall()
        owner = connection.execute(
            "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = %s::regclass",
            (f"views.{projection.name}",),
        ).fetchone()
    assert [name for (name,) in columns] == list(shape.columns)
    assert {name for (name,) in key} == set(shape.key)
    assert owner == ("hub_app",), "write SET LOCAL ROLE hub_app in its migration"


@pytest.mark.parametrize("as_json_max", [writer.ROWS_AS_JSON_MAX, 0])
def test_all_of_them_rebuild_to_the_bytes_they_had_live(
    database: Database, monkeypatch: pytest.MonkeyPatch, as_json_max: int
) -> None:
    monkeypatch.setattr(writer, "ROWS_AS_JSON_MAX", as_json_max)
    chance = random.Random(7)  # noqa: S311 - the same splits each time
    events = list(new_events(EVENTS, lives_at_a_time=20))
    with connect(database.app_url) as connection:
        memory = Memory(PROJECTIONS)
        kit.record(connection, (*REGISTER, amended(DECREE, MAY, "新条例"), *RULES))
        while events:
            size = chance.choice([1, 2, 5, 40])
            kit.store(connection, events[:size])
            del events[:size]
            if chance.random() < 0.2:
                memory.forget()
            caught = catch_up(connection, memory, batch=chance.choice([1, 3, 10_000]))
            assert not caught.parked, caught.parked
        live = [kit.dump(connection, one) for one in PROJECTIONS]
        assert sum(map(bool, live)) > len(live) / 2
        rebuild(connection, PROJECTIONS)
        assert [kit.dump(connection, one) for one in PROJECTIONS] == live
        replay(connection, PROJECTIONS, "past")
        assert [kit.dump(connection, one) for one in PROJECTIONS] == live
