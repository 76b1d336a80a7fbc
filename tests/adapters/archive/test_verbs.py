"""`hub archive` and `hub restore` as an operator meets them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.record.postgres import PostgresRecord
from tests.adapters.archive import logs
from tests.house.walk import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Database


def hub(
    database: Database, home: Path, *words: str, code: int = 0, owner: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run `hub` on this database; NATS is somewhere else and not there."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")} | {
        "HUB_HOME": str(home),
        "HUB_DATABASE_URL": database.app_url,
        "HUB_NATS_URL": "nats://127.0.0.1:1",
    }
    if owner:
        env["HUB_DATABASE_OWNER_URL"] = database.owner_url
    done = subprocess.run(
        [sys.executable, "-m", "adapters.cli", *words],
        check=False,
        capture_output=True,
        text=True,
        env=env,
        cwd=ROOT,
    )
    assert done.returncode == code, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def home(database: Database, tmp_path: Path) -> Path:
    """A home whose record has 350 events in partitions of 100, all sealed."""
    logs.cut_small(database)

    async def fill() -> None:
        async with PostgresRecord(database.app_url) as record:
            await logs.fill(record, 35, 10)

    asyncio.run(fill())
    with psycopg.connect(database.app_url) as connection:
        logs.seal(connection, tmp_path / "home" / "log")
    return tmp_path / "home"


def test_partitions_go_and_the_hub_reads_on(database: Database, home: Path) -> None:
    done = hub(database, home, "archive", "--keep", "1", "--json")
    archived = json.loads(done.stdout)["archived"]
    assert [(one["first"], one["last"]) for one in archived] == [(1, 100), (101, 200)]
    assert "read from the archive from now on" in done.stderr
    verified = json.loads(hub(database, home, "verify", "--json", code=1).stdout)
    assert verified["events"] == 350
    assert len(verified["archives"]) == 2
    assert {one["kind"] for one in verified["wrong"]} <= {"unsealed", "signature"}  # no key here
    said = hub(database, home, "archive", "--keep", "1").stdout
    assert "No partition is whole, sealed and old enough" in said


def test_a_copy_holds_everything_and_lets_nothing_go(database: Database, home: Path) -> None:
    said = hub(database, home, "archive", "--copy").stdout
    assert "positions 301 to 350" in said
    with psycopg.connect(database.app_url) as connection:
        assert connection.execute("SELECT count(*) FROM record.events").fetchone() == (350,)
    again = hub(database, home, "restore", "--archive", str(home / "archive"), code=1)
    assert "already holds a record" in again.stderr


def test_a_record_without_one_whole_partition_is_copied_and_restored(
    database: Database, tmp_path: Path
) -> None:
    async def fill() -> None:
        async with PostgresRecord(database.app_url) as record:
            await logs.fill(record, 5, 10)

    asyncio.run(fill())
    home = tmp_path / "home"
    with psycopg.connect(database.app_url) as connection:
        logs.seal(connection, home / "log")
    assert "positions 1 to 50" in hub(database, home, "archive", "--copy").stdout
    assert len(list((home / "archive").glob("tail-*"))) == 1


@pytest.mark.parametrize(
    ("words", "sentence", "code"),
    [
        (("archive", "--copy", "--keep", "1"), "--copy lets nothing go", 2),
        (("archive", "--before", "9", "--keep", "1"), "not both", 2),
        (("restore",), "say --archive DIR or --tail-from-nats", 2),
        (("restore", "--archive", "nowhere"), "nowhere is not a folder of an archive", 1),
        (("restore", "--tail-from-nats"), "HUB_EVENTS cannot be read", 1),
    ],
)
def test_what_cannot_be_done_is_said(
    database: Database, tmp_path: Path, words: tuple[str, ...], sentence: str, code: int
) -> None:
    assert sentence in hub(database, tmp_path / "home", *words, code=code).stderr


def test_only_the_owner_archives(database: Database, tmp_path: Path) -> None:
    said = hub(database, tmp_path / "home", "archive", code=2, owner=False).stderr
    assert "HUB_DATABASE_OWNER_URL is not" in said
