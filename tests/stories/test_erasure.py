"""A person's data goes in by the front door; after the erasure it is nowhere, and all still proves.

On a whole hub with every process it has: what was entered through the API is looked for in every
table of every schema, in a dump, in the answers, the stream, the reports, and in every file of
the home.
"""

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
import pytest

from adapters.identity.accounts import create_account
from adapters.identity.passwords import hash_password
from adapters.settings import load
from adapters.stack.postgres import Postgres
from hub.actor import Role
from projections.connect import connect
from tests.adapters.test_up import HUB, hears
from tests.hub.departments.city import LAW, org, who
from tests.hub.sharing.world import LIMITED, REQUEST, WORLD, draft
from tests.projections import kit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
PASSWORD = "correct horse battery"  # noqa: S105 - of a throw-away city
GONE, STAYS = "tax.gone", "tax.stays"
CITIZEN = "citizen:0198c0de-0000-7000-8000-000000000001"
SECRETS = {
    "name": "欧阳若兰",
    "phone": "13873104457",
    "contact": "13973108899",
    "statement": "本人去年迁至岳麓区，婚姻登记地址有误",
    "account": "欧阳若兰（账号）",
}
"""What is entered about those who will be erased."""
KNOWN = "司马长青"
"""What is entered about somebody else."""
TAX = {"org_id": org("tax")}
ERASE = {
    **TAX,
    "ground": "purpose_ended",
    "basis": {"legal_basis_id": LAW, "article": "第四十七条"},
}
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


@pytest.fixture
def hub(server_folder: Path) -> Iterator[Hub]:
    """A hub that stands in the middle of a city's life."""
    home = server_folder / "erasure"
    command = [*HUB, "up", "--home", str(home), "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=CLEAN)
    try:
        running = Hub(home, process, hears(process, "The hub is up at").split()[-1])
        with connect(running.app_url) as connection:
            kit.record(connection, WORLD)
            hashed = hash_password(PASSWORD)
            for speaker in (
                *(who("tax", role) for role in OFFICES),
                who("city", Role.AUTHORITY_SUPERVISOR),
                who("civil", Role.SHARING_HEAD),
            ):
                person = speaker.person_id
                create_account(connection, person, speaker.org_id, person, password_hash=hashed)
        yield running
        running.http.close()
    finally:
        process.kill()
        process.communicate()


OFFICES = (Role.DEPARTMENT_HEAD, Role.BUSINESS_USER, Role.SHARING_HEAD, Role.SECURITY_OFFICER)
HEAD, CLERK, OFFICE, SECURITY = (who("tax", role).person_id for role in OFFICES)
PROVIDER = who("civil", Role.SHARING_HEAD).person_id


def enter(hub: Hub) -> None:
    """Enter everything personal there is, through the API."""
    name, phone = SECRETS["name"], SECRETS["phone"]
    role = Role.CATALOGUER.value
    hub.does(HEAD, "departments/appoint-officer", **TAX, person_id=GONE, role=role, name=name,
             phone=phone)  # fmt: skip
    hub.does(HEAD, "departments/appoint-officer", **TAX, person_id=STAYS, role=role, name=KNOWN)
    account = {"person_id": GONE, **TAX, "display_name": SECRETS["account"], "password": PASSWORD}
    opened = hub.http.post("identity/accounts", json=account, headers=hub.as_(HEAD))
    assert opened.status_code == 201, opened.text
    hub.as_(GONE)
    hub.does(HEAD, "departments/designate-sharing-unit", **TAX, unit="数据股", contact_id=GONE,
             contact_name=name, contact_phone=phone)  # fmt: skip
    asked = draft(handler_id=GONE, handler_name=name, handler_phone=phone)
    body = asked.model_dump(mode="json") | {"period_from": "2026-11-01", "period_to": "2027-10-31"}
    hub.does(CLERK, "sharing/draft-sharing-request", **body)
    hub.does(CLERK, "feedback/request-correction", correction_id="feedback.correction:c1",
             entry_id=LIMITED, raiser_id=org("tax"), defect="inaccurate", what="地址与证照不一致",
             records=1, citizen_id=CITIZEN, contact=SECRETS["contact"],
             statement=SECRETS["statement"])  # fmt: skip
    hub.does(HEAD, "departments/relieve-officer", **TAX, person_id=GONE, role=role)


def answers(hub: Hub) -> dict[str, str]:
    """What those concerned read: each list and thing that showed something personal."""
    after = hub.head()
    held = f"security/personal-data?subject_id=person:{GONE}"
    return {
        "unit": hub.reads(HEAD, f"departments/organizations/{org('tax')}?after={after}"),
        "units": hub.reads(PROVIDER, f"departments/organizations?after={after}"),
        "units, CSV": hub.reads(PROVIDER, "departments/organizations", accept="text/csv"),
        "request": hub.reads(CLERK, f"sharing/requests/{REQUEST}?after={after}"),
        "requests, CSV": hub.reads(CLERK, "sharing/requests", accept="text/csv"),
        "correction": hub.reads(
            PROVIDER, f"feedback/corrections/feedback.correction:c1?after={after}"
        ),
        "held": hub.reads(SECURITY, held),
        "held, citizen": hub.reads(SECURITY, f"security/personal-data?subject_id={CITIZEN}"),
        "accounts": hub.reads(HEAD, f"identity/accounts?org_id={org('tax')}"),
    }


def cli(hub: Hub, *words: str) -> None:
    command = [sys.executable, "-m", "adapters.cli", *words, "--home", str(hub.home), "--json"]
    answer = subprocess.run(command, check=False, capture_output=True, text=True, env=CLEAN)
    assert answer.returncode == 0, answer.stderr


def found_in(content: bytes) -> list[str]:
    """Which of the texts stand in some bytes, as UTF-8 or in hexadecimal."""
    forms = {key: text.encode() for key, text in SECRETS.items()}
    return [key for key, text in forms.items() if text in content or text.hex().encode() in content]


def files_of(home: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of a home but the write-ahead log, which is kept as long as backups are."""
    for path in sorted(home.rglob("*")):
        if path.is_file() and "pg_wal" not in path.parts:
            yield str(path.relative_to(home)), path.read_bytes()


@pytest.mark.timeout(600)
def test_after_an_erasure_the_data_is_nowhere_and_everything_still_proves(hub: Hub) -> None:
    enter(hub)
    before = answers(hub)
    for name, text in SECRETS.items():
        assert any(text in answer for answer in before.values()), name
    assert {name for name, answer in before.items() if not found_in(answer.encode())} == set()
    key = load(home=hub.home).personal_key
    assert (key.parent, key.stat().st_mode & 0o777) == (hub.home / "secrets", 0o600)
    # Before any erasure the record, the views, the stream and the log hold nothing personal.
    cli(hub, "replay", "--until", str(hub.head()), "--schema", "before")
    open_tables = {name for name, content in hub.tables() if found_in(content)}
    assert open_tables == {"desk.accounts"}
    assert found_in(b"".join(hub.messages())) == []
    leaves = hub.leaves()
    assert all(intact for _, _, intact in leaves)

    for subject_id in (f"person:{GONE}", CITIZEN):
        receipt = hub.does(SECURITY, "security/erase-personal-data", **ERASE, subject_id=subject_id)
        assert [event["topic"] for event in receipt["events"]] == ["security.personal.erased"]
    at_once = answers(hub)
    hub.wait_until_carried_out(f"person:{GONE}", CITIZEN)

    cli(hub, "rebuild")
    cli(hub, "replay", "--until", str(hub.head()), "--schema", "afterwards")
    cli(hub, "report", "annual", "2026", "-o", str(hub.home / "reports" / "2026.html"))
    rebuilt = answers(hub)
    for name, answer in at_once.items():
        if name != "accounts":  # the account's name goes with the deletion, a moment later
            assert found_in(answer.encode()) == [], name
    assert {name: found_in(answer.encode()) for name, answer in rebuilt.items()} == {
        name: [] for name in rebuilt
    }
    for name in ("unit", "units, CSV", "request", "correction", "accounts"):
        assert "已删除" in rebuilt[name], name
    officers = hub.reads(HEAD, f"departments/officers?org_id={org('tax')}")
    assert KNOWN in officers, "somebody else's data went with it"

    assert {name: found for name, content in hub.tables() if (found := found_in(content))} == {}
    assert found_in(hub.dump()) == []
    assert found_in(b"".join(hub.messages())) == []
    after = hub.leaves()
    assert after[: len(leaves)] == leaves
    assert all(intact for _, _, intact in after)
    assert hub.http.get("identity/me", headers=hub.as_(GONE)).status_code == 401

    hub.stop()
    left = {name: found for name, content in files_of(hub.home) if (found := found_in(content))}
    assert left == {}
