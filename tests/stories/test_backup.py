"""Backup and restore as docs/operating.md says it: the record whole, the views built anew."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import psycopg
import pytest

from projections import reader
from projections.audit_trail import AUDIT_TRAIL
from projections.catch_up import catch_up
from projections.connect import connect
from projections.directory import DIRECTORY
from tests.house.walk import ROOT
from tests.hub.catalog.world import FOUNDED_CITY
from tests.projections import kit

if TYPE_CHECKING:
    from pathlib import Path

    from hub.record import Recorded
    from tests.servers import Database

SHOWN = (DIRECTORY, AUDIT_TRAIL)
DUMP = "pg_dump --format=custom --exclude-table-data='views.*' --file=hub.dump"
RESTORE = "pg_restore --create --exit-on-error --dbname=postgres hub.dump"


def recorded(connection: psycopg.Connection) -> list[Recorded]:
    return [event for page in reader.pages(connection, 0) for event in page.events]


def shown(connection: psycopg.Connection) -> list[bytes]:
    assert not catch_up(connection, SHOWN).parked
    return [kit.dump(connection, projection) for projection in SHOWN]


def test_a_restored_hub_holds_everything_and_goes_on(database: Database, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    assert DUMP in page
    assert RESTORE in page
    dump = tmp_path / "hub.dump"
    with connect(database.app_url) as connection:
        kit.record(connection, FOUNDED_CITY)
        rows, events = shown(connection), recorded(connection)

    run(database, *DUMP.replace("'", "").replace("hub.dump", str(dump)).split(), "superuser")
    with psycopg.connect(database.server.url("postgres"), autocommit=True) as superuser:
        superuser.execute(f"DROP DATABASE {database.name} WITH (FORCE)".encode())
    run(database, *RESTORE.replace("hub.dump", str(dump)).split())

    with connect(database.app_url) as connection:
        assert recorded(connection) == events
        assert shown(connection) == rows
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM record.events")
        assert kit.record(connection, FOUNDED_CITY[:1]) == len(events) + 1


def run(database: Database, program: str, *words: str) -> None:
    url = database.superuser_url
    words = tuple(
        url
        if word == "superuser"
        else word.replace("--dbname=postgres", f"--dbname={database.server.url('postgres')}")
        for word in words
    )
    programs = database.server._programs  # noqa: SLF001 - the server's own, of its version
    answer = subprocess.run(
        [programs / program, *words], check=False, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr
