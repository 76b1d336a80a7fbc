"""What was read on a day is an event the day after, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.lake import meter
from adapters.lake.granted import Opened
from adapters.record.postgres import PostgresRecord
from adapters.use_reports import UseReports
from hub.execute import Hub
from projections.connect import connect
from tests.adapters.connectors.running import GRANT, events
from tests.projections.kit import record

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Database

ROWS, SIZE = 3, 90


def read_something(database: Database, folder: Path, at: datetime) -> None:
    opened = Opened(
        path=folder,
        sha256="",
        bytes=SIZE,
        rows=ROWS,
        content_type="text/csv",
        file_name="births.csv",
        items=("zjh",),
        batch_id="convergence.batch:b1",
        system="综合窗口",
    )
    with psycopg.connect(database.app_url) as connection:
        meter.note(connection, GRANT, opened, "tax.adapter", at)


def recorded(database: Database) -> list[tuple[str, int]]:
    with psycopg.connect(database.app_url) as connection:
        return connection.execute(
            "SELECT topic, position FROM record.events"
            " WHERE topic IN ('sharing.usage.recorded', 'sharing.grant.first_used')"
            " ORDER BY position"
        ).fetchall()


@pytest.mark.anyio
async def test_a_day_is_reported_once_when_it_is_over(database: Database, tmp_path: Path) -> None:
    with connect(database.app_url) as connection:
        record(connection, events())
    read_at = datetime.now(UTC)
    said: list[str] = []
    now = [read_at]
    read_something(database, tmp_path, read_at)
    async with PostgresRecord(database.app_url) as stored:

        async def look() -> int:
            reports = UseReports(
                Hub(stored), database.app_url, say=said.append, now=lambda _: now[0]
            )
            try:
                return await reports.tick()
            finally:
                reports.close()

        assert await look() == 0, "the day is not over"
        now[0] = read_at + timedelta(days=1)
        assert await look() == 1
        assert await look() == 0, "a second process has nothing to say"
    assert [topic for topic, _ in recorded(database)] == [
        "sharing.usage.recorded",
        "sharing.grant.first_used",
    ]
    assert said == []


@pytest.mark.anyio
async def test_what_the_hub_refuses_is_said_and_does_not_come_again(
    database: Database, tmp_path: Path
) -> None:
    with connect(database.app_url) as connection:
        record(connection, events())
    read_something(database, tmp_path, datetime.now(UTC) - timedelta(days=30))
    said: list[str] = []
    async with PostgresRecord(database.app_url) as stored:
        reports = UseReports(
            Hub(stored), database.app_url, say=said.append, now=lambda _: datetime.now(UTC)
        )
        assert await reports.tick() == 1
        reports.close()
    assert len(said) == 1
    assert "was refused" in said[0]
    assert recorded(database) == []
