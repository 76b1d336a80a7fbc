"""When a law changes, whoever cites it must update: once each, from the day of the change."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from adapters import law_changes
from adapters.law_changes import LawChanges
from adapters.record.postgres import PostgresRecord
from hub.actor import Role
from hub.catalog.commands import (
    ApproveCatalogEntry,
    ApproveCatalogEntryInternally,
    PublishCatalogEntry,
    SubmitCatalogEntry,
)
from hub.catalog.events import CatalogUpdateDutyRaised
from hub.codec import decode
from hub.departments.calendar import end_of
from hub.departments.commands import AmendLegalBasis, RepealLegalBasis
from hub.event import Basis
from hub.execute import Hub
from projections import reader
from projections.catalogue import CATALOGUE
from projections.catch_up import catch_up
from projections.connect import connect
from tests.hub.catalog.world import (
    CATALOGUER,
    FOUNDED_CITY,
    HEAD,
    NOON,
    REVIEWER,
    SECURITY,
    attach,
    draft,
)
from tests.hub.departments.city import DECREE, LAW
from tests.projections import kit

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from hub.actor import Speaker
    from hub.command import Command
    from tests.servers import Database

pytestmark = pytest.mark.anyio

LATER = NOON + timedelta(days=30)


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with connect(database.app_url) as opened:
        kit.record(opened, FOUNDED_CITY)
        yield opened


class World:
    """A hub on the test's record, its catalogue, and the reader that has just been started."""

    def __init__(self, database: Database, connection: psycopg.Connection) -> None:
        self.url = database.app_url
        self.connection = connection
        self.said: list[str] = []

    async def does(self, command: Command, by: Speaker, at: datetime = NOON) -> None:
        async with PostgresRecord(self.url) as record:
            await Hub(record).execute(command, by, at, command_id=str(uuid4()))

    async def published(self, number: int, **changes: object) -> str:
        entry_id = f"catalog.entry:{number}"
        fields = {"title": f"目录{number}", "catalog_code": f"307012/{number:06}"}
        await self.does(draft(entry_id, **(fields | changes)), CATALOGUER)
        await self.does(attach(entry_id), SECURITY)
        await self.does(ApproveCatalogEntryInternally(entry_id=entry_id), HEAD)
        await self.does(SubmitCatalogEntry(entry_id=entry_id), CATALOGUER)
        await self.does(ApproveCatalogEntry(entry_id=entry_id), REVIEWER)
        await self.does(PublishCatalogEntry(entry_id=entry_id), REVIEWER)
        return entry_id

    async def tick(self, now: datetime, *, shown: bool = True) -> int:
        if shown:
            assert not catch_up(self.connection, [CATALOGUE]).parked
        async with PostgresRecord(self.url) as record:
            laws = LawChanges(Hub(record), self.url, say=self.said.append, now=lambda _: now)
            given = await laws.tick()
            laws.close()
        return given

    def raised(self) -> list[CatalogUpdateDutyRaised]:
        topics = [CatalogUpdateDutyRaised.TOPIC]
        events = [
            decode(one.topic, one.schema_version, one.state)
            for page in reader.pages(self.connection, 0, topics=topics)
            for one in page.events
        ]
        return [event for event in events if isinstance(event, CatalogUpdateDutyRaised)]

    def kept(self) -> int:
        row = self.connection.execute(
            "SELECT position FROM desk.readers WHERE name = %s", (law_changes.NAME,)
        ).fetchone()
        return 0 if row is None else int(row[0])


@pytest.fixture
def world(database: Database, connection: psycopg.Connection) -> World:
    return World(database, connection)


def amended(changed_on: date) -> AmendLegalBasis:
    return AmendLegalBasis(legal_basis_id=LAW, changed_on=changed_on, summary="第十四条修订")


async def test_every_entry_that_cites_an_amended_law_must_be_updated_from_the_day_it_changed(
    world: World,
) -> None:
    citing = [await world.published(number, duty_basis_id=LAW) for number in (1, 2)]
    await world.published(3, duty_basis_id=DECREE)
    await world.does(draft("catalog.entry:4", title="草稿", duty_basis_id=LAW), CATALOGUER)
    noticed, changed_on = LATER, (LATER - timedelta(days=9)).date()
    await world.does(amended(changed_on), REVIEWER, noticed)

    assert await world.tick(noticed) == 2

    raised = world.raised()
    assert [event.entry_id for event in raised] == citing
    for event in raised:
        assert (event.changed_on, event.at) == (changed_on, noticed)
        assert event.by.role is Role.CLOCK
        assert event.basis == Basis(LAW)
        assert event.due.started_on == changed_on
    assert world.said == []


async def test_a_reader_that_starts_again_raises_nothing_twice(world: World) -> None:
    await world.published(1, duty_basis_id=LAW)
    await world.does(amended(LATER.date()), REVIEWER, LATER)
    assert await world.tick(LATER) == 1
    kept = world.kept()
    assert kept == reader.head(world.connection) - 1  # all but what it has just caused itself

    assert await world.tick(LATER) == 0
    world.connection.execute("DELETE FROM desk.readers")
    assert await world.tick(LATER) == 1  # told again, answered as before

    assert len(world.raised()) == 1
    assert world.kept() >= kept


async def test_a_repeal_announced_beforehand_waits_for_its_day(world: World) -> None:
    await world.published(1, duty_basis_id=LAW)
    day = (LATER + timedelta(days=10)).date()
    repealed = RepealLegalBasis(legal_basis_id=LAW, repealed_on=day, reason="由新法取代")
    await world.does(repealed, REVIEWER, LATER)
    announced = reader.head(world.connection)
    begins_at = end_of(day - timedelta(days=1))

    assert await world.tick(begins_at - timedelta(seconds=1)) == 0
    assert world.kept() == announced - 1
    assert await world.tick(begins_at) == 1

    [event] = world.raised()
    assert (event.changed_on, event.at) == (day, begins_at)
    assert world.kept() == announced


async def test_what_the_catalogue_does_not_show_yet_is_waited_for(world: World) -> None:
    await world.published(1, duty_basis_id=LAW)
    await world.does(amended(LATER.date()), REVIEWER, LATER)

    assert await world.tick(LATER, shown=False) == 0
    assert world.kept() == 0
    assert await world.tick(LATER) == 1


async def test_a_version_published_after_the_change_was_reviewed_in_its_light(
    world: World,
) -> None:
    before = NOON - timedelta(days=1)
    await world.does(amended(before.date()), REVIEWER, before)
    await world.published(1, duty_basis_id=LAW)

    assert await world.tick(LATER) == 0
    assert world.raised() == []


async def test_an_update_that_is_due_already_answers_a_second_change(world: World) -> None:
    await world.published(1, duty_basis_id=LAW)
    await world.does(amended(LATER.date()), REVIEWER, LATER)
    again = LATER + timedelta(days=1)
    await world.does(amended(again.date()), REVIEWER, again)

    assert await world.tick(again) == 2

    assert len(world.raised()) == 1
    assert world.said == []
    assert await world.tick(again) == 0
