"""The reader that deletes what the record says is erased: once, for good, with the account."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters import erasure
from adapters.clock import Clock
from adapters.erasure import Erasure
from adapters.identity.accounts import create_account, find_account
from adapters.identity.credentials import create_api_key, start_session
from adapters.record.postgres import PostgresRecord
from adapters.vault import door
from adapters.vault.sealing import MasterKey
from hub.actor import Role
from hub.errors import Conflict
from hub.execute import Hub
from projections import deadlines, reader
from projections.audit_trail import AUDIT_TRAIL
from projections.catch_up import catch_up
from projections.connect import connect
from projections.deadlines import DEADLINES
from projections.directory import DIRECTORY
from tests.adapters.vault.told import APPOINT, NAME, TAX, appointed, erased, restricted
from tests.hub.departments.city import CITY
from tests.projections import kit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from tests.servers import Database

pytestmark = pytest.mark.anyio
PERSON = "tax.clerk"


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with connect(database.app_url) as opened:
        yield opened


@pytest.fixture
def master(tmp_path: Path) -> MasterKey:
    return MasterKey.at(tmp_path / "personal.key")


async def tick(database: Database, said: list[str] | None = None) -> int:
    """One look of a reader that has just been started."""
    look = Erasure(database.app_url, say=([] if said is None else said).append)
    carried = await look.tick()
    look.close()
    return carried


def kept(connection: psycopg.Connection) -> int:
    row = connection.execute(
        "SELECT position FROM desk.readers WHERE name = %s", (erasure.NAME,)
    ).fetchone()
    return 0 if row is None else int(row[0])


def left(connection: psycopg.Connection) -> tuple[int, int]:
    """How many keys and texts are left."""
    keys = connection.execute("SELECT count(wrapped_key) FROM desk.personal_keys").fetchone()
    texts = connection.execute("SELECT count(ciphertext) FROM desk.personal_values").fetchone()
    assert keys is not None
    assert texts is not None
    return keys[0], texts[0]


async def test_an_erasure_deletes_key_texts_and_the_accounts_name_and_shuts_its_doors(
    database: Database, connection: psycopg.Connection, master: MasterKey
) -> None:
    create_account(connection, PERSON, TAX, NAME, password_hash="a hash")  # noqa: S106 - no secret
    start_session(connection, PERSON)
    create_api_key(connection, PERSON, "电脑")
    command = door.exchange(connection, master, APPOINT, "command-1")
    kit.record(connection, [appointed(command), erased()])
    said: list[str] = []

    assert await tick(database, said) == 1

    assert left(connection) == (0, 0)
    account = find_account(connection, PERSON)
    assert (account.display_name, account.active) == ("", False)
    for table in ("sessions", "api_keys", "signing_keys"):
        rows = connection.execute(f"SELECT FROM desk.{table}".encode()).fetchall()
        assert rows == [], table
    assert len(said) == 1
    assert NAME not in said[0]
    assert kept(connection) == reader.head(connection)


async def test_a_reader_that_lost_its_position_touches_nothing_that_came_after(
    database: Database, connection: psycopg.Connection, master: MasterKey
) -> None:
    create_account(connection, PERSON, TAX, NAME)
    kit.record(connection, [erased()])
    assert await tick(database) == 1
    create_account(connection, PERSON, TAX, "欧阳若兰（返聘）")
    door.exchange(connection, master, APPOINT, "command-2")
    connection.execute("DELETE FROM desk.readers")

    assert await tick(database) == 0

    assert find_account(connection, PERSON).active
    assert left(connection) == (1, 2)


async def test_an_erased_account_is_opened_anew_only_in_its_own_organisation(
    database: Database, connection: psycopg.Connection
) -> None:
    create_account(connection, PERSON, TAX, NAME)
    kit.record(connection, [erased()])
    await tick(database)
    with pytest.raises(Conflict):
        create_account(connection, PERSON, "departments.organization:civil", "别人")
    create_account(connection, PERSON, TAX, "欧阳若兰")
    with pytest.raises(Conflict):
        create_account(connection, PERSON, TAX, "再来一次")


async def test_the_operator_is_not_made_out_of_an_erased_account(
    database: Database, connection: psycopg.Connection
) -> None:
    create_account(connection, PERSON, TAX, NAME)
    kit.record(connection, [erased()])
    await tick(database)
    with pytest.raises(Conflict):
        create_account(connection, PERSON, TAX, NAME, standing=Role.OPERATOR)


async def test_a_restriction_keeps_key_text_and_account(
    database: Database, connection: psycopg.Connection, master: MasterKey
) -> None:
    create_account(connection, PERSON, TAX, NAME)
    door.exchange(connection, master, APPOINT, "command-1")
    kit.record(connection, [restricted()])
    assert await tick(database) == 1
    assert left(connection) == (1, 2)
    assert find_account(connection, PERSON).display_name == NAME


async def test_a_table_held_by_somebody_delays_the_position_not_the_deletion(
    database: Database, connection: psycopg.Connection, master: MasterKey
) -> None:
    door.exchange(connection, master, APPOINT, "command-1")
    kit.record(connection, [erased()])
    with psycopg.connect(database.app_url) as reading:
        reading.execute("SELECT FROM desk.personal_keys")
        assert await tick(database) == 0
        assert left(connection) == (0, 0)
        assert kept(connection) == 0
    assert await tick(database) == 0
    assert kept(connection) == reader.head(connection)


async def test_the_space_of_deleted_keys_and_names_is_given_up(
    database: Database, connection: psycopg.Connection, master: MasterKey
) -> None:
    create_account(connection, PERSON, TAX, NAME)
    door.exchange(connection, master, APPOINT, "command-1")
    row = connection.execute("SELECT wrapped_key FROM desk.personal_keys").fetchone()
    assert row is not None
    kit.record(connection, [erased()])
    await tick(database)
    with psycopg.connect(database.superuser_url, autocommit=True) as superuser:
        superuser.execute("CHECKPOINT")
        for table in ("personal_keys", "accounts", "personal_values"):
            path = superuser.execute(
                "SELECT pg_relation_filepath(%s::regclass)", (f"desk.{table}",)
            ).fetchone()
            assert path is not None
            content = superuser.execute("SELECT pg_read_binary_file(%s)", (path[0],)).fetchone()
            assert content is not None
            assert bytes(row[0]) not in bytes(content[0]), table
            assert NAME.encode() not in bytes(content[0]), table


async def test_the_clock_erases_on_the_day_the_term_of_keeping_ends(
    database: Database, connection: psycopg.Connection, master: MasterKey
) -> None:
    door.exchange(connection, master, APPOINT, "command-1")
    kit.record(connection, [*CITY, restricted()])
    assert not catch_up(connection, [DEADLINES, DIRECTORY, AUDIT_TRAIL]).parked
    case_id = f"security.personal:person~{PERSON}"
    [term] = deadlines.of_case(connection, case_id)
    said: list[str] = []

    async def look(at: datetime) -> tuple[int, int]:
        async with PostgresRecord(database.app_url) as record:
            clock = Clock(Hub(record), database.app_url, say=said.append, now=lambda _: at)
            await clock.tick()
            clock.close()
        await tick(database)
        return left(connection)

    assert await look(term.ends_at - timedelta(seconds=1)) == (1, 2)
    assert await look(term.ends_at) == (0, 0)
    assert said == []
    assert not catch_up(connection, [DEADLINES]).parked
    [done] = deadlines.of_case(connection, case_id)
    assert (done.stopped_at, done.lapsed_at) == (term.ends_at, term.ends_at)
