"""Once a night, and on demand, the views are compared; what differs becomes an incident."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from adapters import drift
from adapters.drift import Nightly, check
from adapters.record.postgres import PostgresRecord
from adapters.settings import Settings
from hub.codec import decode
from hub.record import RecordUnavailable
from hub.security.events import IncidentDetected
from hub.security.kinds import IncidentKind
from projections import reader
from projections.catch_up import catch_up
from projections.connect import connect
from projections.drift import NotComparable
from projections.incidents import incidents
from projections.registry import PROJECTIONS
from tests.hub.departments.city import CITY, org
from tests.projections import kit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

    from tests.servers import Database

pytestmark = pytest.mark.anyio

HALF_PAST_TWO = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)
"""02:30 on 3 March in China."""


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with connect(database.app_url) as opened:
        kit.record(opened, CITY)
        catch_up(opened, PROJECTIONS)
        yield opened


async def test_a_row_somebody_changed_becomes_an_incident_that_names_it(
    connection: psycopg.Connection, database: Database, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path)
    assert (await check(database.app_url, settings, print)).differing == 0
    assert reader.head(connection) == len(CITY)
    connection.execute("UPDATE directory SET name = '错' WHERE org_id = %s", (org("tax"),))
    assert (await check(database.app_url, settings, print)).differing == 1
    [recorded] = reader.at(connection, [len(CITY) + 1])
    event = decode(recorded.topic, recorded.schema_version, recorded.state)
    assert isinstance(event, IncidentDetected)
    assert (event.org_id, event.kind) == (org("city"), IncidentKind.VIEW_DRIFT)
    assert event.details == ('directory ["departments.organization:tax"] 不符 changed',)
    catch_up(connection, PROJECTIONS)
    [row] = incidents(connection)
    assert (row.incident_id, row.details) == (event.incident_id, event.details)


async def test_no_key_and_no_number_of_rows_keeps_an_incident_from_being_recorded(
    connection: psycopg.Connection, database: Database, tmp_path: Path
) -> None:
    connection.execute(
        """
        INSERT INTO directory
        SELECT (jsonb_populate_record(d, jsonb_build_object('org_id', id))).*
          FROM directory AS d,
               (SELECT chr(127) || n || repeat('"长', 150) AS id
                  FROM generate_series(1, 300) AS n) AS many
         WHERE org_id = %s
        """,
        (org("tax"),),
    )
    connection.execute("DELETE FROM audit_trail WHERE position = 1")
    said: list[str] = []
    found = await check(database.app_url, Settings(home=tmp_path), said.append)
    assert found.differing == 301
    [recorded] = reader.at(connection, [len(CITY) + 1])
    event = decode(recorded.topic, recorded.schema_version, recorded.state)
    assert isinstance(event, IncidentDetected)
    assert "audit_trail [1] 缺失 missing" in event.details
    assert any(line.startswith('directory ["\\u007f') for line in event.details)
    assert all(line.endswith("surplus") for line in event.details if "directory" in line)
    assert said[-1].endswith(f"the incident is {event.incident_id}")


async def test_what_could_not_be_recorded_is_not_said_to_be(
    connection: psycopg.Connection,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connection.execute("DELETE FROM audit_trail WHERE position = 1")

    async def unavailable(*_: object, **__: object) -> None:
        raise RecordUnavailable("gone")

    monkeypatch.setattr(PostgresRecord, "append", unavailable)
    with pytest.raises(RecordUnavailable, match="could not be recorded"):
        await check(database.app_url, Settings(home=tmp_path), print)


async def test_nothing_is_compared_before_the_hub_is_founded(
    database: Database, tmp_path: Path
) -> None:
    with connect(database.app_url) as opened:
        catch_up(opened, PROJECTIONS)
        opened.execute("INSERT INTO city_policies VALUES ('x', 'y', 'z', now())")
    with pytest.raises(NotComparable, match="not founded"):
        await check(database.app_url, Settings(home=tmp_path), print)


async def test_it_starts_once_a_night_and_a_night_slept_through_is_made_up_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started = tmp_path / "started"
    script = f"open({str(started)!r}, 'a').write('x')"
    monkeypatch.setattr(drift, "COMMAND", (sys.executable, "-c", script))
    now = HALF_PAST_TWO - timedelta(hours=1)
    said: list[str] = []
    nightly = Nightly(time(2, 30), said.append, now=lambda: now)

    async def nights() -> int:
        await nightly.tick()
        await nightly.ended()
        await nightly.tick()
        return len(started.read_text()) if started.exists() else 0

    assert await nights() == 0
    now = HALF_PAST_TWO
    assert await nights() == 1
    assert await nights() == 1
    now += timedelta(days=3, hours=5)
    assert await nights() == 2
    assert len(said) == 2
