"""`hub up`: PostgreSQL, the schema, NATS, then the hub's own processes, in this order.

Everything is a child of this process: it stops with it, in the reverse order, and a child that
ends by itself is started again, after a pause that doubles while it keeps ending.
"""

import http.client
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from adapters import migrate, serve
from adapters.settings import PREFIX, Settings
from adapters.stack import child
from adapters.stack.home import Home
from adapters.stack.problem import StackProblem
from adapters.stack.running import Addresses, Stack

READY_SECONDS_MAX = 60.0
# How often a process may end while the hub is still starting.
STARTS_MAX = 3
STOP_SECONDS_MAX = 15.0
PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX = 0.5, 30.0


@dataclass(frozen=True)
class Role:
    """A kind of process of the hub: its name, the module that runs it, and what it serves."""

    name: str
    module: str
    needs: str
    listens: bool = False


# To add a process to `hub up` and to compose.yaml, add it here.
ROLES = (
    Role("follower", "adapters.follower", needs="adapters.follower"),
    Role("relay", "adapters.nats", needs="adapters.nats"),
    Role("sealer", "adapters.seal", needs="adapters.seal"),
    Role("api", "adapters.serve", needs="adapters.http.app", listens=True),
)


@dataclass
class Process:
    """One running process of the hub, and how often it ended by itself."""

    role: Role
    name: str
    log: Path
    child: subprocess.Popen[bytes] | None = None
    pause: float = PAUSE_SECONDS_MIN
    again_at: float = 0.0
    ends: int = 0
    started_at: float = 0.0


@dataclass
class RunningHub:
    """The hub as `hub up` and `hub demo` hold it: its addresses, and waiting for the end."""

    settings: Settings
    stack: Stack
    say: Callable[[str], None]
    addresses: Addresses
    listener: socket.socket
    processes: list[Process] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address of the HTTP server."""
        host, port = self.listener.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self) -> None:
        """Start every process there is and wait until the API says it is ready."""
        for role in ROLES:
            if importlib.util.find_spec(role.needs) is None:
                continue
            for number in range(1, 1 + (self.settings.workers if role.listens else 1)):
                name = f"{role.name}-{number}" if role.listens else role.name
                process = Process(role, name, self.stack.home.run / f"{name}.log")
                self.processes.append(process)
                self._spawn(process)
        if any(process.role.listens for process in self.processes):
            self._wait_until_ready()
        self.stack.announce(self.url)

    def serve_until(self, stopped: Callable[[float], bool]) -> None:
        """Keep everything running until `stopped(seconds)`, a wait, says it is time to end."""
        while not stopped(0.3):
            self.stack.revive()
            self.look_after()

    def look_after(self) -> None:
        """Start again what ended by itself, once its pause is over."""
        for process in self.processes:
            now = time.monotonic()
            if process.child is not None and process.child.poll() is not None:
                self._note_end(process, process.child.returncode, now)
            if process.child is None and now >= process.again_at:
                self._spawn(process)

    def stop(self) -> None:
        """Stop taking requests, then the rest; nothing acknowledged is lost."""
        self.listener.close()
        running = [process.child for process in self.processes if process.child is not None]
        for one in reversed(running):
            if not child.stop(one, signal.SIGTERM, STOP_SECONDS_MAX):
                child.stop(one, signal.SIGKILL, STOP_SECONDS_MAX)

    def _note_end(self, process: Process, code: int, now: float) -> None:
        if now - process.started_at > PAUSE_SECONDS_MAX:
            process.pause = PAUSE_SECONDS_MIN
        process.child, process.again_at = None, now + process.pause
        process.ends += 1
        self.say(
            f"{process.name} ended with code {code}; starting it again in {process.pause:g} s "
            f"(log: {process.log})"
        )
        process.pause = min(process.pause * 2, PAUSE_SECONDS_MAX)

    def _spawn(self, process: Process) -> None:
        environment = _as_environment(self.settings, self.addresses)
        fds: tuple[int, ...] = ()
        if process.role.listens:
            fds = (self.listener.fileno(),)
            environment[serve.FD] = str(fds[0])
        process.child = child.start(
            [sys.executable, "-m", process.role.module],
            process.log,
            environment=environment,
            keep=fds,
        )
        process.started_at = time.monotonic()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not _ready(self.listener):
            self.stack.revive()
            self.look_after()
            for process in self.processes:
                if process.ends >= STARTS_MAX:
                    raise StackProblem(f"{process.name} does not start; see {process.log}.")
            if time.monotonic() > deadline:
                raise StackProblem(
                    f"The API did not become ready within {READY_SECONDS_MAX:g} s; "
                    f"see the logs in {self.stack.home.run}."
                )
            time.sleep(0.05)


@contextmanager
def running_hub(settings: Settings, say: Callable[[str], None]) -> Iterator[RunningHub]:
    """Start the whole hub on its home, and stop it in order when the block ends."""
    home = Home(settings.home)
    home.make(settings.disk_free_mb_min)
    with home.alone() as ours:
        if not ours:
            raise StackProblem(_already(home))
        listener = _listen(settings)
        stack = Stack(settings, say)
        try:
            addresses = stack.start()
            bring_up_to_date(addresses, say)
            hub = RunningHub(settings, stack, say, addresses, listener)
            try:
                hub.start()
                yield hub
            finally:
                hub.stop()
        finally:
            listener.close()
            stack.stop()


def bring_up_to_date(addresses: Addresses, say: Callable[[str], None]) -> None:
    """Apply the migrations, or say who has to where we are not the owner."""
    if addresses.owner_url is not None:
        for name in migrate.migrate(addresses.owner_url):
            say(f"applied migrations/{name}")
        return
    missing = migrate.pending(addresses.database_url)
    if missing:
        raise StackProblem(
            f"The database still needs {', '.join(missing)}. Run `hub migrate` with "
            "HUB_DATABASE_OWNER_URL set to the same database for the role hub_owner."
        )


def _already(home: Home) -> str:
    running = home.running()
    where = "" if running is None or running.http_url is None else f" at {running.http_url}"
    who = "" if running is None else f" (process {running.pid})"
    return (
        f"A hub is already running on {home.path}{where}{who}. "
        "Stop it first, or choose another home with --home."
    )


def _listen(settings: Settings) -> socket.socket:
    """Open the port first of all: a taken one must be said before anything starts."""
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise StackProblem(
            f"Cannot listen on {settings.host} port {settings.port}: {_reason(error)}. "
            "Choose another port with --port or HUB_PORT, or stop what uses this one."
        ) from error


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno is not None else str(error)


def _ready(listener: socket.socket) -> bool:
    host: str
    host, port = listener.getsockname()[:2]
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    connection = http.client.HTTPConnection(local, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def _as_environment(settings: Settings, addresses: Addresses) -> dict[str, str]:
    """Hand every setting down, so that a child needs neither hub.toml nor our arguments.

    All but the owner's address: what serves the public must not be able to change the schema.
    """
    owner = f"{PREFIX}DATABASE_OWNER_URL"
    inherited = {
        name: value for name, value in os.environ.items() if name not in (owner, f"{owner}_FILE")
    }
    plain = settings.model_dump(mode="json", exclude_none=True, exclude={"database_owner_url"})
    own = {f"{PREFIX}{name.upper()}": _text(value) for name, value in plain.items()}
    return (
        inherited
        | own
        | {
            f"{PREFIX}DATABASE_URL": addresses.database_url,
            f"{PREFIX}NATS_URL": addresses.nats_url,
        }
    )


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
