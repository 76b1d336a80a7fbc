"""Rows come out of PostgreSQL as they stand, tile by tile, also where a column is damaged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.verify.source import FromPostgres, Row, forget, snapshot_of, tiles_of_rows
from projections import reader
from projections.connect import connect
from tests.adapters.record.writes import event, stream
from tests.projections import kit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import Database


@pytest.fixture
def snapshot(database: Database) -> Iterator[str]:
    with connect(database.app_url) as connection:
        kit.store(connection, [event(stream(), 1, b"{}" * nth) for nth in range(1, 601)])
    with snapshot_of(database.app_url) as connection:
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        yield row[0]
        forget(database.app_url, row[0])


def read(database: Database, snapshot: str, after: int, upto: int) -> dict[int, list[Row]]:
    source = FromPostgres(database.app_url, snapshot, 1, 600)
    return dict(tiles_of_rows((source,), after, upto))


def test_every_column_is_what_the_reader_says(database: Database, snapshot: str) -> None:
    with connect(database.app_url) as connection:
        events = [one for page in reader.pages(connection, 0) for one in page.events]

    tiles = read(database, snapshot, 0, 600)

    rows = [row for tile in tiles.values() for row in tile]
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert {number: len(tile) for number, tile in tiles.items()} == {0: 256, 1: 256, 2: 88}
    assert [
        (
            position,
            stream_id.decode(),
            version,
            topic.decode(),
            schema_version,
            epoch + timedelta(microseconds=at),
            state,
            leaf,
        )
        for position, at, version, schema_version, leaf, stream_id, topic, state in rows
    ] == [
        (
            one.position,
            one.stream_id,
            one.version,
            one.topic,
            one.schema_version,
            one.recorded_at,
            one.state,
            one.leaf,
        )
        for one in events
    ]


def test_a_range_ends_where_it_ends_and_an_empty_tile_is_a_tile(
    database: Database, snapshot: str
) -> None:
    assert [row[0] for row in read(database, snapshot, 256, 300)[1]] == list(range(257, 301))
    assert read(database, snapshot, 512, 1_024) == {
        2: read(database, snapshot, 512, 600)[2],
        3: [],
    }
    assert read(database, snapshot, 1_024, 1_300) == {4: [], 5: []}


def test_a_tile_at_the_border_of_two_sources_has_rows_of_both(
    database: Database, snapshot: str
) -> None:
    halves = (
        FromPostgres(database.app_url, snapshot, 1, 300),
        FromPostgres(database.app_url, snapshot, 301, 600),
    )
    assert dict(tiles_of_rows(halves, 0, 600)) == read(database, snapshot, 0, 600)
    assert dict(tiles_of_rows(halves, 256, 512)) == read(database, snapshot, 256, 512)


def test_it_sees_one_moment(database: Database, snapshot: str) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("DELETE FROM record.events WHERE position = 5")

    assert [row[0] for row in read(database, snapshot, 0, 10)[0]] == list(range(1, 11))


def test_damaged_columns_are_read_as_nothing(database: Database) -> None:
    with connect(database.app_url) as connection:
        kit.store(connection, [event(stream(), 1) for _ in range(8)])
    damage = ("recorded_at", "version", "schema_version", "leaf", "stream_id", "topic", "state")
    with psycopg.connect(database.superuser_url, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        for nth, column in enumerate(damage, 1):
            superuser.execute(f"ALTER TABLE record.events ALTER {column} DROP NOT NULL".encode())
            superuser.execute(
                f"UPDATE record.events SET {column} = NULL WHERE position = {nth}".encode()
            )
    with snapshot_of(database.app_url) as connection:
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        rows = read(database, row[0], 0, 8)[0]
        forget(database.app_url, row[0])

    assert [[nth for nth, one in enumerate(row) if one is None] for row in rows] == [
        [1], [2], [3], [4], [5], [6], [7], [],
    ]  # fmt: skip
    assert all(row[1] == rows[7][1] for row in rows[1:])
    assert [row[0] for row in rows] == list(range(1, 9))


def test_a_copy_that_fails_is_said(database: Database, snapshot: str) -> None:
    source = FromPostgres(database.app_url, snapshot, 1, 600)
    with psycopg.connect(database.superuser_url, autocommit=True) as superuser:
        superuser.execute("REVOKE SELECT ON record.events FROM hub_app")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        list(source.tiles(0, 600))
