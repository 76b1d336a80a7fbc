"""A whole hub with all its processes, as its people use it and as its superuser sees it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx2
import nats
import psycopg

from adapters.stack.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
PASSWORD = "correct horse battery"  # noqa: S105 - of a throw-away city
SECONDS_MAX = 60.0
_numbers = count(1)


class Hub:
    """A running hub: its API as its people use it, its database as its superuser sees it."""

    def __init__(self, home: Path, process: subprocess.Popen[str], url: str) -> None:
        self.home = home
        self.process = process
        self.http = httpx2.Client(base_url=f"{url}/api/v1/", timeout=30)
        stack = json.loads((home / "run" / "stack.json").read_text())
        secrets = home / "secrets"
        self.nats_url = (
            f"nats://hub:{(secrets / 'nats').read_text()}@127.0.0.1:{stack['nats_port']}"
        )
        port = stack["postgres_port"]
        self.app_url, self.superuser_url = (
            f"postgresql://{role}:{(secrets / file).read_text()}@127.0.0.1:{port}/hub"
            for role, file in (
                ("hub_app", "postgres_hub_app"),
                ("hub_super", "postgres_superuser"),
            )
        )
        self.tokens: dict[str, str] = {}

    def as_(self, person: str) -> dict[str, str]:
        if person not in self.tokens:
            form = {"person_id": person, "password": PASSWORD}
            answer = self.http.post("identity/sessions", json=form)
            self.tokens[person] = answer.raise_for_status().json()["token"]
        return {"authorization": f"Bearer {self.tokens[person]}", "accept-language": "zh"}

    def does(self, person: str, path: str, **body: Any) -> dict[str, Any]:
        headers = self.as_(person) | {"idempotency-key": f"story-{next(_numbers):06d}"}
        answer = self.http.post(path, json=body, headers=headers)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())

    def reads(self, person: str, path: str, **headers: str) -> str:
        answer = self.http.get(path, headers=self.as_(person) | headers)
        assert answer.status_code == 200, answer.text
        return str(answer.text)

    def tables(self) -> Iterator[tuple[str, bytes]]:
        """Every table of every schema but PostgreSQL's own, as COPY writes it."""
        with psycopg.connect(self.superuser_url) as connection:
            names = connection.execute(
                "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
                " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
                " AND NOT starts_with(schemaname, 'pg_temp_')"
            ).fetchall()
            for (name,) in names:
                statement = f"COPY (SELECT * FROM {name}) TO STDOUT".encode()
                with connection.cursor().copy(statement) as copy:
                    yield name, b"".join(bytes(part) for part in copy)

    def dump(self) -> bytes:
        """What `pg_dump` writes, uncompressed, as the page on operating says."""
        server = Postgres(self.home / "pg", self.home / "unused.log", "")
        program = str(server._programs / "pg_dump")  # noqa: SLF001 - of its version
        command = [program, self.superuser_url]
        return subprocess.run(command, check=True, capture_output=True).stdout

    def messages(self) -> list[bytes]:
        """Every message of the stream, once it holds the whole record."""

        async def collect() -> list[bytes]:
            client = await nats.connect(self.nats_url)
            try:
                stream = client.jetstream()
                last = self.head()
                consumer = await stream.subscribe("hub.events.>", ordered_consumer=True)
                found = [await consumer.next_msg(timeout=SECONDS_MAX) for _ in range(last)]
            finally:
                await client.close()
            return [each.data for each in found]

        return asyncio.run(collect())

    def head(self) -> int:
        with psycopg.connect(self.app_url) as connection:
            row = connection.execute("SELECT position FROM record.log_head").fetchone()
        assert row is not None
        return int(row[0])

    def leaves(self) -> list[tuple[int, bytes, bool]]:
        """Position, leaf, and whether the leaf is that of the stored bytes."""
        with psycopg.connect(self.app_url) as connection:
            return connection.execute(
                "SELECT position, leaf, intact FROM record.audit ORDER BY position"
            ).fetchall()

    def wait_until_carried_out(self, *subject_ids: str) -> None:
        """Wait until the erasure reader has deleted and given up the space, position kept."""
        deadline = time.monotonic() + SECONDS_MAX
        with psycopg.connect(self.app_url, autocommit=True) as connection:
            while time.monotonic() < deadline:
                row = connection.execute(
                    "SELECT (SELECT count(*) FROM desk.personal_subjects"
                    " WHERE subject_id = ANY (%s) AND erased > 0),"
                    " (SELECT position FROM desk.readers WHERE name = 'erasure'),"
                    " (SELECT max(position) FROM record.events"
                    " WHERE topic = 'security.personal.erased'), pg_sleep(0.05)",
                    (list(subject_ids),),
                ).fetchone()
                assert row is not None
                if row[0] == len(subject_ids) and (row[1] or 0) >= row[2]:
                    return
        raise AssertionError("the erasure was not carried out")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0

    def cli(self, *words: str) -> None:
        """Run `hub` on the home while it runs."""
        command = [sys.executable, "-m", "adapters.cli", *words, "--home", str(self.home), "--json"]
        answer = subprocess.run(command, check=False, capture_output=True, text=True, env=CLEAN)
        assert answer.returncode == 0, answer.stderr
