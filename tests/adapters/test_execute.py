"""Commands on the real record: one effect per id, no decision on what has moved."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.record.postgres import PostgresRecord
from adapters.seed import SOWER, seeds, sow
from hub.actor import Role, Speaker, Via
from hub.departments import commands as c
from hub.errors import CommandReused, Conflict, Forbidden, NotFound, VersionMoved
from hub.execute import Hub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.servers import Database

pytestmark = pytest.mark.anyio

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
CITY = "departments.organization:city"
TAX = "departments.organization:tax"
HEAD = Speaker(CITY, "li.wei", Via.API)


@pytest.fixture
async def record(database: Database) -> AsyncIterator[PostgresRecord]:
    async with PostgresRecord(database.app_url) as opened:
        yield opened


@pytest.fixture
async def hub(record: PostgresRecord) -> Hub:
    hub = Hub(record)
    await hub.execute(
        c.EstablishAuthority(
            org_id=CITY,
            name="市数据局",
            uscc="91350100M000100Y43",
            region_code="430100",
            head_id="li.wei",
        ),
        SOWER,
        AT,
        command_id="found-the-hub",
    )
    return hub


def register(org_id: str = TAX, name: str = "市税务局") -> c.RegisterOrganization:
    return c.RegisterOrganization.model_validate(
        {
            "org_id": org_id,
            "name": name,
            "kind": "department",
            "uscc": "91350100M000100Y43",
            "region_code": "430100",
        }
    )


async def test_the_same_command_twice_has_one_effect_and_one_answer(hub: Hub) -> None:
    first = await hub.execute(register(), HEAD, AT, command_id="register-tax")
    again = await hub.execute(register(), HEAD, AT, command_id="register-tax")
    assert not first.repeated
    assert again.repeated
    assert (again.position, again.events) == (first.position, first.events)
    assert again.recorded_at == first.recorded_at


async def test_the_same_command_at_once_has_one_effect(hub: Hub) -> None:
    answers = await asyncio.gather(
        *(hub.execute(register(), HEAD, AT, command_id="register-tax") for _ in range(20))
    )
    assert len({answer.position for answer in answers}) == 1
    assert sum(not answer.repeated for answer in answers) == 1


async def test_the_same_command_after_a_restart_has_one_effect(
    hub: Hub, record: PostgresRecord
) -> None:
    first = await hub.execute(register(), HEAD, AT, command_id="register-tax")
    again = await Hub(record).execute(register(), HEAD, AT, command_id="register-tax")
    assert (again.position, again.repeated) == (first.position, True)


async def test_an_id_used_for_another_command_is_refused(hub: Hub) -> None:
    await hub.execute(register(), HEAD, AT, command_id="register-tax")
    with pytest.raises(CommandReused, match="under a new id"):
        await hub.execute(register(name="别名"), HEAD, AT, command_id="register-tax")
    somebody = Speaker(TAX, "zhao.lei", Via.API)
    with pytest.raises(CommandReused):
        await hub.execute(register(), somebody, AT, command_id="register-tax")


async def test_a_refusal_leaves_nothing_behind(hub: Hub, database: Database) -> None:
    rename = c.RenameOrganization(org_id=TAX, name="新名")
    with pytest.raises(NotFound):
        await hub.execute(rename, HEAD, AT, command_id="rename")
    stranger = Speaker(TAX, "zhao.lei", Via.API)
    with pytest.raises(Forbidden):
        await hub.execute(register(), stranger, AT, command_id="register")
    with psycopg.connect(database.app_url) as connection:
        row = connection.execute("SELECT count(*) FROM record.events").fetchone()
    assert row == (5,)  # the founding alone


async def test_two_hubs_on_one_record_never_decide_on_what_has_moved(
    hub: Hub, record: PostgresRecord, database: Database
) -> None:
    await hub.execute(register(), HEAD, AT, command_id="register-tax")
    async with PostgresRecord(database.app_url) as elsewhere:
        hubs = [hub, Hub(elsewhere), Hub(record)]
        appoint = c.AppointOfficer(org_id=TAX, person_id="zhao.lei", role=Role.CATALOGUER)

        async def one(number: int) -> str:
            try:
                await hubs[number % 3].execute(appoint, HEAD, AT, command_id=f"appoint-{number}")
            except Conflict:
                return "refused"
            return "done"

        answers = await asyncio.gather(*(one(number) for number in range(24)))
    assert answers.count("done") == 1


async def test_a_stale_cache_refuses_nobody(hub: Hub, database: Database) -> None:
    await hub.execute(register(), HEAD, AT, command_id="register-tax")
    zhao = Speaker(TAX, "zhao.lei", Via.API)
    unit = c.DesignateSharingUnit(org_id=TAX, unit="数据科", contact_id="zhao.lei")
    with pytest.raises(Forbidden):
        await hub.execute(unit, zhao, AT, command_id="unit-1")
    async with PostgresRecord(database.app_url) as elsewhere:
        appoint = c.AppointOfficer(org_id=TAX, person_id="zhao.lei", role=Role.DEPARTMENT_HEAD)
        await Hub(elsewhere).execute(appoint, HEAD, AT, command_id="appoint")
    receipt = await hub.execute(unit, zhao, AT, command_id="unit-2")
    assert receipt.events[0].version == 3


async def test_a_version_that_moved_is_refused(hub: Hub) -> None:
    await hub.execute(register(), HEAD, AT, command_id="register-tax")
    rename = c.RenameOrganization(org_id=TAX, name="新名")
    with pytest.raises(VersionMoved, match="is at version 1, not 3"):
        await hub.execute(rename, HEAD, AT, command_id="rename-1", expected=3)
    done = await hub.execute(rename, HEAD, AT, command_id="rename-2", expected=1)
    assert done.events[0].version == 2


async def test_several_events_of_one_command_stand_together(hub: Hub, database: Database) -> None:
    with psycopg.connect(database.app_url) as connection:
        rows = connection.execute(
            """
            SELECT position, stream_id, version,
                   convert_from(state, 'UTF8')::json ->> 'causation_id'
              FROM record.events
             ORDER BY position
            """
        ).fetchall()
    assert [row[0] for row in rows] == [1, 2, 3, 4, 5]
    assert [row[2] for row in rows if row[1] == CITY] == [1, 2, 3, 4]
    assert {row[3] for row in rows} == {"found-the-hub"}


async def test_the_seed_is_sown_once(hub: Hub) -> None:
    assert await sow(hub, AT) == len(list(seeds(2026)))
    assert await sow(hub, AT) == 0
