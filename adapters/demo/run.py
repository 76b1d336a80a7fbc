"""`hub demo` at work: found the hub, live the year, wait for the clock, write the report."""

from collections.abc import Callable

import psycopg
import structlog

from adapters.cli.account import found
from adapters.demo.client import City
from adapters.demo.names import AUTHORITY, CITY, REGION
from adapters.demo.people import credit_code, person
from adapters.demo.step import FIRST_DAY, moment, org_id
from adapters.demo.year import Year
from adapters.identity.accounts import Kind, create_account
from adapters.identity.passwords import hash_password
from hub.actor import Role
from hub.departments.commands import EstablishAuthority

PASSWORD = "yunze-city-2025"  # noqa: S105 - of made-up people, on a home made for them
OPERATOR = "operator"
log = structlog.get_logger(__name__)


async def begin(database_url: str) -> None:
    """Found the hub with the made-up authority and open the first two accounts."""
    head = person(AUTHORITY, "head")
    command = EstablishAuthority(
        org_id=org_id(AUTHORITY),
        name=f"{CITY}数据局",
        uscc=credit_code(1),
        region_code=REGION,
        head_id=head,
    )
    await found(database_url, command, at=moment(FIRST_DAY, -30))
    hashed = hash_password(PASSWORD)
    with psycopg.connect(database_url) as connection:
        create_account(connection, head, org_id(AUTHORITY), "局长", password_hash=hashed)
        create_account(
            connection,
            OPERATOR,
            "hub",
            "平台运维",
            kind=Kind.PERSON,
            standing=Role.OPERATOR,
            password_hash=hashed,
        )


async def live(url: str, year: Year, done: Callable[[int], None]) -> City:
    """Live the year through the API; return the city, still connected."""
    city = City(url, {}, PASSWORD)
    try:
        await city.live(year.steps, done)
    except BaseException:
        await city.close()
        raise
    return city
