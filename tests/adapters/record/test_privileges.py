"""Append-only, tried as each role: the hub's own, the owner, the superuser."""

import asyncio

import psycopg
import pytest

from adapters.record.postgres import PostgresRecord
from tests.adapters.record.writes import event, stream, write
from tests.servers import Database

CHANGES = [
    "UPDATE record.events SET topic = 'forged'",
    "DELETE FROM record.events",
    "TRUNCATE record.events",
    "UPDATE record.events_0 SET topic = 'forged'",
    "DELETE FROM record.events_0",
    "TRUNCATE record.events_0",
    "UPDATE record.commands SET first = 1",
    "DELETE FROM record.commands",
    "TRUNCATE record.commands",
]
OWNERS_WORK = [
    "INSERT INTO record.events_0 SELECT * FROM record.events",
    "INSERT INTO record.commands VALUES ('x', '', 1, 1, now())",
    "UPDATE record.streams SET version = 9",
    "DELETE FROM record.streams",
    "UPDATE record.log_head SET position = 0",
    "DELETE FROM record.log_head",
    "ALTER TABLE record.events ADD COLUMN note text",
    "ALTER TABLE record.events DISABLE TRIGGER append_only",
    "ALTER TABLE record.events_0 DISABLE TRIGGER ALL",
    "ALTER TABLE record.events DETACH PARTITION record.events_0",
    "DROP TABLE record.events",
    "DROP TABLE record.events_0",
    "DROP TRIGGER append_only ON record.events",
    "DROP FUNCTION record.append_batch",
    "ALTER FUNCTION record.append_batch OWNER TO hub_app",
    "CREATE OR REPLACE FUNCTION record.refuse_change() RETURNS trigger LANGUAGE sql AS ''",
    "CREATE TABLE record.mine (x int)",
    "DROP SCHEMA record CASCADE",
    "SET session_replication_role = replica",
    "SET ROLE hub_owner",
    "LOCK TABLE record.events",
]


@pytest.fixture
def recorded(database: Database) -> Database:
    async def store() -> None:
        async with PostgresRecord(database.app_url) as record:
            await record.append(write(event(stream(), 1)))

    asyncio.run(store())
    return database


@pytest.mark.parametrize("statement", CHANGES + OWNERS_WORK)
def test_the_hub_itself_cannot_change_the_record(recorded: Database, statement: str) -> None:
    with (
        psycopg.connect(recorded.app_url) as hub,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        hub.execute(statement.encode())


@pytest.mark.parametrize("statement", CHANGES)
@pytest.mark.parametrize("role", ["owner", "superuser"])
def test_the_second_fence_stops_the_owner_and_the_superuser(
    recorded: Database, statement: str, role: str
) -> None:
    url = recorded.owner_url if role == "owner" else recorded.superuser_url
    with (
        psycopg.connect(url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"),
    ):
        connection.execute(statement.encode())


def test_the_hub_may_read_everything_and_build_schemas(recorded: Database) -> None:
    with psycopg.connect(recorded.app_url) as hub:
        for table in ("log_head", "streams", "events", "commands", "audit"):
            row = hub.execute(f"SELECT count(*) FROM record.{table}".encode()).fetchone()
            assert row == (1,)
        hub.execute("CREATE TABLE views.test_ledger (x int)")
        hub.execute("CREATE TABLE desk.test_accounts (x int)")
        hub.execute("CREATE SCHEMA as_of_june")


def test_nobody_else_may_append(recorded: Database) -> None:
    with psycopg.connect(recorded.superuser_url) as superuser:
        superuser.execute("CREATE ROLE test_stranger")
        superuser.execute("SET LOCAL ROLE test_stranger")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            superuser.execute("SELECT record.extend()")
        superuser.rollback()
