"""`hub demo` at work: found the hub, live the year, wait for the clock, write the report."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from adapters.cli.account import found
from adapters.clock import RecordedTime
from adapters.demo.client import City
from adapters.demo.names import AUTHORITY, CITY, REGION
from adapters.demo.people import credit_code, person
from adapters.demo.reports import file_reports
from adapters.demo.step import FIRST_DAY, moment, org_id
from adapters.demo.year import Year
from adapters.identity.accounts import create_account
from adapters.identity.passwords import hash_password
from adapters.main import RunningHub
from hub.actor import Role
from hub.departments.commands import EstablishAuthority
from projections.connect import connect
from projections.deadlines import to_lapse
from projections.positions import standings
from projections.reader import head

PASSWORD = "yunze-city-2025"  # noqa: S105 - of made-up people, on a home made for them
OPERATOR = "operator"
QUIET_SECONDS_MAX = 90.0
"""How long the projections and the clock are waited for when the year is over."""
Done = Callable[[int], None]


class Lived(msgspec.Struct, frozen=True):
    """What a lived year left: how much, how long it took, where the report is."""

    seed: int
    scale: float
    steps: int
    events: int
    refused: int
    seconds: float
    late_request: str
    report: str


class DemoBroken(Exception):
    """The year could not be lived to its end; the sentence says what is in the way."""


def lived_before(home: Path) -> Lived | None:
    """Return what was lived on this home, None when nothing was (or not to the end)."""
    try:
        return msgspec.json.decode(_memory(home).read_bytes(), type=Lived)
    except (OSError, msgspec.MsgspecError):
        return None


async def live(
    hub: RunningHub, home: Path, year: Year, seed: int, scale: float, done: Done
) -> Lived:
    """Live the year on a running hub, looking after its processes; return what it left.

    Raises DemoBroken on a home where somebody else's hub lives.
    """
    started, url, database_url = time.perf_counter(), hub.url, hub.addresses.database_url
    tending = asyncio.create_task(_tend(hub))
    with connect(database_url, purpose="demo") as connection:
        if head(connection):
            raise DemoBroken(
                f"{home} already holds a record. The made-up city needs a home of its own:"
                " choose another folder with --home."
            )
        await _begin(database_url)
        city = City(url, PASSWORD)
        try:
            await city.live(year.steps, done)
            await _quiet(connection)
            page, _ = await file_reports(city, database_url, home / "reports", url)
            await _quiet(connection)
        finally:
            tending.cancel()
            await city.close()
        lived = Lived(
            seed=seed,
            scale=scale,
            steps=len(year.steps),
            events=head(connection),
            refused=len(city.refused),
            seconds=round(time.perf_counter() - started, 1),
            late_request=year.late_request,
            report=str(page),
        )
    _memory(home).write_bytes(msgspec.json.encode(lived))
    return lived


async def _tend(hub: RunningHub) -> None:
    """Start again what ends by itself, as `hub up` does while it serves."""
    while True:
        await asyncio.sleep(0.5)
        await asyncio.to_thread(hub.look_after)


def _memory(home: Path) -> Path:
    return home / "demo.json"


async def _begin(database_url: str) -> None:
    """Found the hub with the made-up authority and open its first two accounts."""
    chief = person(AUTHORITY, "head")
    command = EstablishAuthority(
        org_id=org_id(AUTHORITY),
        name=f"{CITY}数据局",
        uscc=credit_code(1),
        region_code=REGION,
        head_id=chief,
    )
    await found(database_url, command, at=moment(FIRST_DAY, -30))
    hashed = hash_password(PASSWORD)
    with psycopg.connect(database_url) as connection:
        create_account(connection, chief, org_id(AUTHORITY), "周明远", password_hash=hashed)
        create_account(
            connection, OPERATOR, "hub", "平台运维", standing=Role.OPERATOR, password_hash=hashed
        )


async def _quiet(connection: psycopg.Connection) -> None:
    """Wait until the projections stand at the head and the clock has nothing left to record."""
    now = RecordedTime()
    deadline = time.monotonic() + QUIET_SECONDS_MAX
    while time.monotonic() < deadline:
        at = head(connection)
        parked = [one for one in standings(connection) if one.parked]
        if parked:
            raise DemoBroken(f"the projection {parked[0].name} is parked: {parked[0].parked}")
        behind = [one for one in standings(connection) if one.position < at]
        # The reports move the recorded time on: the clock has its say about that as well.
        lapsing = to_lapse(connection, now(connection), limit=1)
        if not behind and not lapsing and head(connection) == at:
            return
        await asyncio.sleep(0.2)


def facts(lived: Lived, url: str) -> dict[str, Any]:
    """Return what there is to look at, for programs and people."""
    return {
        "city": CITY,
        "url": url,
        "api_docs": f"{url}/api/docs",
        **json.loads(msgspec.json.encode(lived)),
        "password": PASSWORD,
        "accounts": {
            "data.head": "市数据局局长 / head of the data authority",
            "data.reviewer": "目录审核员 / reviewer of entries",
            "data.supervisor": "监督员 / supervisor",
            "market.office": "市场监管局共享机构负责人 / sharing office, market supervision",
            "civil.clerk": "民政局经办人 / clerk of civil affairs",
            "audit.auditor": "审计人员 / auditor",
            OPERATOR: "平台运维 / operator of the hub",
        },
    }
