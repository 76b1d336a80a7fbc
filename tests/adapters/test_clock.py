"""The clock: it says that a term ended, once, and makes provisional terms final."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from adapters.bench.life import life
from adapters.clock import CONFIRMS, LAPSES, Clock, RecordedTime
from adapters.record.postgres import PostgresRecord
from hub import actor
from hub.actor import Role
from hub.codec import EVENTS, decode
from hub.decide import RULES
from hub.departments.events import OrganizationRegistered, WorkCalendarPublished
from hub.departments.kinds import OrganizationKind
from hub.execute import Hub
from hub.sharing.events import ReplyOverdue, RequestEvent, RequestReceived, RequestWithdrawn
from projections import reader
from projections.audit_trail import AUDIT_TRAIL
from projections.catch_up import catch_up
from projections.connect import connect
from projections.deadlines import DEADLINES
from projections.directory import DIRECTORY
from tests.projections import kit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import psycopg

    from hub.event import Event
    from tests.servers import Database

pytestmark = pytest.mark.anyio


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with connect(database.app_url) as opened:
        yield opened


def received(**changes: object) -> list[Event]:
    """A request that waits for its answer."""
    told: list[Event] = []
    for event in life():
        if isinstance(event, RequestEvent):
            told.append(event)
            if isinstance(event, RequestReceived):
                due = msgspec.structs.replace(event.due, **changes)
                told[-1] = msgspec.structs.replace(event, due=due)
                return told
    raise AssertionError


def the_due(told: list[Event]) -> RequestReceived:
    assert isinstance(told[-1], RequestReceived)
    return told[-1]


async def tick(database: Database, now: Callable[[psycopg.Connection], datetime]) -> list[str]:
    """One look of a clock that has just been started; what it had to complain about."""
    said: list[str] = []
    with connect(database.app_url) as connection:
        caught = catch_up(connection, [DEADLINES, DIRECTORY, AUDIT_TRAIL])
        assert not caught.parked
    async with PostgresRecord(database.app_url) as record:
        clock = Clock(Hub(record), database.app_url, say=said.append, now=now)
        await clock.tick()
        clock.close()
    return said


def recorded(connection: psycopg.Connection, after: int) -> list[Event]:
    return [
        decode(one.topic, one.schema_version, one.state)
        for page in reader.pages(connection, after)
        for one in page.events
    ]


async def test_a_duty_that_ended_undone_is_recorded_once_at_the_moment_it_ended(
    database: Database, connection: psycopg.Connection
) -> None:
    told = received()
    head = kit.record(connection, told)
    ends_at = the_due(told).due.ends_at
    for _ in range(2):
        assert await tick(database, lambda _: ends_at) == []
    [overdue] = recorded(connection, head)
    assert isinstance(overdue, ReplyOverdue)
    assert (overdue.at, overdue.by.role) == (ends_at, Role.CLOCK)


async def test_nobody_is_late_before_the_term_ended(
    database: Database, connection: psycopg.Connection
) -> None:
    told = received()
    head = kit.record(connection, told)
    await tick(database, lambda _: the_due(told).due.ends_at - timedelta(seconds=1))
    assert recorded(connection, head) == []


async def test_imported_history_is_late_by_its_own_time_only(
    database: Database, connection: psycopg.Connection
) -> None:
    told = received()
    head = kit.record(connection, told)
    now = RecordedTime()
    await tick(database, now)
    assert recorded(connection, head) == []
    later = OrganizationRegistered(
        at=the_due(told).due.ends_at + timedelta(days=1),
        by=told[0].by,
        org_id="departments.organization:new",
        name="新局",
        kind=OrganizationKind.OTHER_ORGAN,
        uscc="11100000000013127D",
        region_code="330100",
    )
    head = kit.record(connection, [later])
    await tick(database, now)
    [overdue] = recorded(connection, head)
    assert isinstance(overdue, ReplyOverdue)


async def test_a_published_calendar_makes_provisional_terms_final_and_then_they_may_lapse(
    database: Database, connection: psycopg.Connection
) -> None:
    told = received(provisional=True)
    kit.record(connection, told)
    later = the_due(told).due.ends_at + timedelta(days=90)
    head = reader.head(connection)
    await tick(database, lambda _: later)
    assert recorded(connection, head) == []
    head = kit.record(connection, [calendar(2026), calendar(2027), calendar(2025)])
    await tick(database, lambda _: later)
    [confirmed] = recorded(connection, head)
    assert confirmed.TOPIC == "sharing.request.due_confirmed"
    head = reader.head(connection)
    await tick(database, lambda _: later)
    assert [event.TOPIC for event in recorded(connection, head)] == [
        "sharing.request.reply_overdue"
    ]


def withdrawn(told: list[Event]) -> RequestWithdrawn:
    received = the_due(told)
    return RequestWithdrawn(
        at=received.at + timedelta(days=1),
        by=received.by,
        request_id=received.request_id,
        entry_id=received.entry_id,
        requester_id=received.requester_id,
        provider_id=received.provider_id,
        reason="不再需要",
    )


def calendar(year: int) -> WorkCalendarPublished:
    return WorkCalendarPublished(
        at=datetime(year, 1, 1, tzinfo=UTC),
        by=life()[0].by,
        calendar_id=f"departments.calendar:{year}",
        year=year,
        holidays=(date(year, 1, 1),),
        makeup_days=(),
        document="放假通知",
    )


async def test_departments_owe_a_report_from_the_first_of_january_china_time(
    database: Database, connection: psycopg.Connection
) -> None:
    registered = [
        OrganizationRegistered(
            at=datetime(2025, 6, 1, tzinfo=UTC),
            by=life()[0].by,
            org_id=f"departments.organization:{kind.value}",
            name=f"某{kind.value}",
            kind=kind,
            uscc="11100000000013127D",
            region_code="330100",
        )
        for kind in (OrganizationKind.DEPARTMENT, OrganizationKind.AUDIT_OFFICE)
    ]
    head = kit.record(connection, registered)
    new_year = datetime(2025, 12, 31, 16, 0, tzinfo=UTC)
    await tick(database, lambda _: new_year - timedelta(seconds=1))
    assert recorded(connection, head) == []
    for _ in range(2):
        assert await tick(database, lambda _: new_year) == []
    [raised] = recorded(connection, head)
    assert raised.TOPIC == "supervision.report.duty_raised"
    assert raised.at == new_year


async def test_a_refusal_is_said_once_and_the_clock_goes_on(
    database: Database, connection: psycopg.Connection
) -> None:
    told = received()
    kit.record(connection, told)
    catch_up(connection, [DEADLINES, DIRECTORY, AUDIT_TRAIL])
    # What the deadlines do not show yet: the request is gone, in time.
    head = kit.record(connection, [withdrawn(told)])
    said: list[str] = []
    async with PostgresRecord(database.app_url) as record:
        clock = Clock(
            Hub(record),
            database.app_url,
            say=said.append,
            now=lambda _: the_due(told).due.ends_at,
        )
        assert await clock.tick() == 1
        assert await clock.tick() == 0
        clock.close()
    assert len(said) == 1
    assert recorded(connection, head) == []


def test_every_duty_that_can_lapse_has_a_command_the_clock_may_give() -> None:
    can_lapse = {
        event.LAPSES
        for event in EVENTS.values()
        if event.LAPSES and not event.TOPIC.startswith("tests.")
    }
    assert can_lapse == {duty for _, duty in LAPSES}
    for command in (*LAPSES.values(), *CONFIRMS.values()):
        roles = {role for permit in RULES[command].permits for role in permit.roles}
        assert roles == {actor.CLOCK.standing}, command
        assert len(command.model_fields) == 1, command
