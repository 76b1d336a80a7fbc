"""A hub of two real processes with a small city in its record, and adapters that speak to it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from adapters.connectors.config import read_config
from adapters.connectors.run import Adapter
from adapters.connectors.say import logger_for
from adapters.identity.accounts import Kind, create_account
from adapters.identity.credentials import create_api_key
from hub.catalog.content import EntryContent, Item
from hub.catalog.events import CatalogEntryDrafted, CatalogEntryPublished
from hub.catalog.kinds import ItemType, ShareMethod, ShareType, UpdateCycle
from hub.convergence.events import ResourceActivated, ResourceMounted, ResourceTested
from hub.departments.due import Due, Duty
from hub.sharing.grant_events import GrantActivated, GrantIssued
from projections.connect import connect
from tests.hub.departments.city import CITY, OPERATOR, org
from tests.projections.kit import record

if TYPE_CHECKING:
    from pathlib import Path

    from hub.event import Event
    from tests.servers import Database

ENTRY = "catalog.entry:births"
TABLE = "convergence.resource:births"
GRANT = "sharing.grant:tax-births"
CONTENT = EntryContent(
    title="出生登记",
    catalog_code="3070120001/000123",
    items=(
        Item(name="zjh", title="证号", data_type=ItemType.CHARACTER, length=18, is_key=True),
        Item(name="姓名", data_type=ItemType.CHARACTER, length=4, sensitive=True),
        Item(name="日期", data_type=ItemType.DATE),
    ),
    share_type=ShareType.CONDITIONAL,
    share_methods=(ShareMethod.TABLE,),
    update_cycle=UpdateCycle.MONTHLY,
)
GOOD = "证号,姓名,日期\nA1,张三,2026-03-01\nA2,李四,2026-03-02\n"
SECONDS_MAX = 40.0


def events() -> list[Event]:
    now = datetime.now(UTC) - timedelta(minutes=1)
    civil, tax, today = org("civil"), org("tax"), now.date()
    entry = {"entry_id": ENTRY, "provider_id": civil, "at": now, "by": OPERATOR}
    table = {**entry, "resource_id": TABLE}
    grant = {
        **entry,
        "grant_id": GRANT,
        "request_id": "sharing.request:r1",
        "requester_id": tax,
        "correlation_id": "sharing.request:r1",
    }
    due = Due(
        duty=Duty.GRANT_END,
        rule="grant",
        owner_id=tax,
        started_on=today,
        on=today + timedelta(days=90),
        ends_at=now + timedelta(days=90),
        rule_version=0,
    )
    return [
        *CITY,
        CatalogEntryDrafted(content=CONTENT, **entry),  # type: ignore[arg-type]  # as built above
        CatalogEntryPublished(version=1, content=CONTENT, **entry),  # type: ignore[arg-type]
        ResourceMounted(kind=ShareMethod.TABLE, title="出生登记表", locator="", items=(), **table),  # type: ignore[arg-type]
        ResourceTested(ok=True, **table),  # type: ignore[arg-type]
        ResourceActivated(**table),  # type: ignore[arg-type]
        GrantIssued(
            items=("zjh", "日期"),
            methods=(ShareMethod.TABLE,),
            systems=("综合窗口",),
            valid_from=date(2026, 1, 1),
            valid_to=today + timedelta(days=90),
            due=due,
            **grant,  # type: ignore[arg-type]
        ),
        GrantActivated(**grant),  # type: ignore[arg-type]
    ]


@dataclass
class RunningHub:
    """API and follower as processes of their own; they can be stopped and started again."""

    database: Database
    home: Path
    port: int = 0
    keys: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def seed(self) -> None:
        with connect(self.database.app_url) as connection:
            record(connection, events())
        with psycopg.connect(self.database.app_url) as connection:
            for name in ("civil", "tax"):
                person = f"{name}.adapter"
                create_account(connection, person, org(name), person, kind=Kind.ADAPTER)
                self.keys[name] = create_api_key(connection, person, "test")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def start(self) -> None:
        environment = {
            **os.environ,
            "HUB_DATABASE_URL": self.database.app_url,
            "HUB_HOME": str(self.home),
            "HUB_PORT": str(self.port),
        }
        for module in ("adapters.serve", "adapters.follower"):
            self.processes.append(subprocess.Popen([sys.executable, "-m", module], env=environment))
        until(self._answers, "the hub to answer")

    def stop(self) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGKILL)
            process.wait()
        self.processes.clear()

    def topics(self, topic: str) -> int:
        with psycopg.connect(self.database.app_url) as connection:
            found = connection.execute(
                "SELECT count(*) FROM record.events WHERE topic = %s", (topic,)
            ).fetchone()
        assert found is not None
        return int(found[0])

    def batches(self) -> list[dict[str, Any]]:
        with psycopg.connect(self.database.app_url) as connection:
            rows = connection.execute(
                "SELECT convert_from(state, 'UTF8') FROM record.events"
                " WHERE topic = 'convergence.batch.delivered' ORDER BY position"
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    def record(self, *more: Event) -> None:
        with connect(self.database.app_url) as connection:
            record(connection, more)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=1) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


@dataclass
class Department:
    """A department's machine: a folder, a configuration, the adapter as a process."""

    hub: RunningHub
    folder: Path
    name: str = "civil"
    adapter_lines: str = "poll_seconds = 0.2\nretry_seconds_max = 1\nlog = 'json'"
    hub_lines: str = ""

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def into(self) -> Path:
        return self.folder / "in"

    @property
    def config(self) -> Path:
        return self.folder / "adapter.toml"

    def deliver(self, **more: str) -> Department:
        self.out.mkdir(parents=True)
        lines = "\n".join(f'{key} = "{value}"' for key, value in more.items())
        return self._write(f'[[deliver]]\nresource = "{TABLE}"\nfolder = "out"\n{lines}\n')

    def receive(self) -> Department:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self._write(f'[[receive]]\ngrant = "{GRANT}"\nfolder = "in"\nevery_seconds = 1\n')

    def put(self, name: str, text: str = GOOD, encoding: str = "utf-8") -> Path:
        path = self.out / name
        path.write_bytes(text.encode(encoding))
        return path

    def verb(self, verb: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._program(), verb, str(self.config)], capture_output=True, text=True, check=False
        )

    def once(self) -> int:
        """What `hub-adapter once` does, without a process of its own; return its exit code."""
        adapter = Adapter(read_config(self.config), logger_for("json"), watched=False)
        try:
            return 0 if adapter.once(threading.Event()) else 1
        finally:
            adapter.close()

    def running(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*self._program(), "run", str(self.config)])

    def _program(self) -> list[str]:
        return [sys.executable, "-m", "adapters.connectors.main"]

    def _write(self, part: str) -> Department:
        key = self.folder / "hub.key"
        key.write_text(self.hub.keys[self.name])
        key.chmod(0o600)
        identity = self.hub_lines or 'api_key_file = "hub.key"'
        self.config.write_text(
            f'[hub]\nurl = "{self.hub.url}"\n{identity}\n[adapter]\n{self.adapter_lines}\n{part}',
            encoding="utf-8",
        )
        return self


def until(happened: Any, what: str, seconds: float = SECONDS_MAX) -> None:
    """Wait for something of another process; fail with its name when it does not happen."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)
