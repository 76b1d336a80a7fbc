"""`hub verify` hashes archived events like any others, and rebuilding reads them too."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import polars as pl
import psycopg
import pytest

from adapters.record.postgres import PostgresRecord
from adapters.verify.run import Asked, verify
from hub.record import leaf_hash, rfc3339
from projections.archived import ArchiveProblem
from projections.catch_up import catch_up
from projections.connect import connect
from projections.rebuild import rebuild
from projections.registry import PROJECTIONS
from tests.adapters.archive import logs
from tests.hub.catalog.world import FOUNDED_CITY
from tests.projections import kit

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.verify.finding import Report
    from hub.record import Recorded
    from tests.servers import Database


@pytest.fixture
def before(database: Database, tmp_path: Path) -> list[Recorded]:
    """A city and some 700 events more, in partitions of 300, sealed; the whole ones archived."""
    logs.cut_small(database, 300)
    with connect(database.app_url) as connection:
        kit.record(connection, FOUNDED_CITY)

    async def more() -> None:
        async with PostgresRecord(database.app_url) as record:
            await logs.fill(record, 35, 20)

    asyncio.run(more())
    with psycopg.connect(database.app_url) as connection:
        found = logs.everything(connection)
    assert [one.last for one in logs.archive_all(database, tmp_path)] == [300, 600]
    return found


def verified(database: Database, tmp_path: Path, processes: int | None = None) -> Report:
    return verify(
        Asked(
            database_url=database.app_url,
            log=tmp_path / "log",
            guard=tmp_path / "guard",
            key=logs.SIGNER.key,
            archive=tmp_path / "archive",
        ),
        processes=processes,
    )


def changed(tmp_path: Path, position: int, **values: object) -> None:
    """Change columns of one archived event, as somebody would who knows Parquet."""
    folder = next((tmp_path / "archive").glob("events-000000000301-*"))
    path = next(folder.glob("events-*.parquet"))
    frame = pl.read_parquet(path)
    for name, value in values.items():
        column = frame.get_column(name).to_list()
        column[position - 301] = value
        frame = frame.with_columns(pl.Series(name, column, dtype=frame.schema[name]))
    frame.write_parquet(path)


@pytest.mark.parametrize("processes", [0, 2])
def test_an_archived_record_is_verified_whole(
    database: Database, before: list[Recorded], tmp_path: Path, processes: int
) -> None:
    report = verified(database, tmp_path, processes)
    assert report.wrong == []
    assert report.events == len(before)
    assert report.archives == [
        "events-000000000001-000000000300 (1–300)",
        "events-000000000301-000000000600 (301–600)",
    ]


@pytest.mark.parametrize(
    "column", ["recorded_at", "version", "schema_version", "stream_id", "topic", "state", "leaf"]
)
def test_a_change_in_any_column_of_an_archived_event_is_found(
    database: Database, before: list[Recorded], tmp_path: Path, column: str
) -> None:
    other = before[432 if column != "recorded_at" else 10]
    values = {"version": 99, "schema_version": 7, "topic": "a.b.z", "state": b"{}"}
    changed(tmp_path, 432, **{column: values.get(column, getattr(other, column))})
    report = verified(database, tmp_path)
    assert report.first_wrong is not None
    assert report.first_wrong.position == 432


def test_a_change_with_a_leaf_that_fits_is_found(
    database: Database, before: list[Recorded], tmp_path: Path
) -> None:
    one = before[431]
    forged = type(one)(
        *(one.position, one.stream_id, one.version, one.topic, one.schema_version),
        *(one.recorded_at, b'{"forged":true}', b""),
    )
    leaf = leaf_hash(forged, rfc3339(one.recorded_at))
    changed(tmp_path, 432, state=forged.state, leaf=leaf)
    report = verified(database, tmp_path)
    assert report.first_wrong is not None
    assert report.first_wrong.position == 432


def test_a_lost_file_is_named(database: Database, before: list[Recorded], tmp_path: Path) -> None:
    folder = next((tmp_path / "archive").glob("events-000000000301-*"))
    next(folder.glob("events-*.parquet")).unlink()
    with pytest.raises(ArchiveProblem, match=r"events-000000000301\.parquet .positions 301 to 600"):
        verified(database, tmp_path)


def test_rebuilding_over_archive_and_rest_gives_equal_tables(
    database: Database, tmp_path: Path
) -> None:
    logs.cut_small(database, 20)
    with connect(database.app_url) as connection:
        for start in range(0, len(FOUNDED_CITY), 20):
            kit.record(connection, FOUNDED_CITY[start : start + 20])
            connection.execute("SELECT record.extend()")
        assert not catch_up(connection, PROJECTIONS).parked
        live = {one.name: kit.dump(connection, one) for one in PROJECTIONS}
        assert len(logs.archive_all(database, tmp_path)) == (len(FOUNDED_CITY) - 1) // 20
        rebuild(connection, PROJECTIONS)
        assert {one.name: kit.dump(connection, one) for one in PROJECTIONS} == live
    assert live["directory"]
