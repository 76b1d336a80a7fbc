"""Both servers together: started by this command, or found running on the same home."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from adapters.archive.door import hand_in
from adapters.settings import Settings
from adapters.stack.account import folder_for, servers_account
from adapters.stack.home import Home, Running
from adapters.stack.nats import LISTEN as NATS_LISTEN
from adapters.stack.nats import USER as NATS_USER
from adapters.stack.nats import NatsServer
from adapters.stack.postgres import LISTEN, Postgres, silent
from adapters.stack.problem import StackProblem
from adapters.stack.provision import APPLICATION, DATABASE, OWNER, provision

# Another command may be in a long crash recovery; a minute later we say so instead of waiting.
WAIT_SECONDS_MAX = 60.0
NATS_PAUSE_SECONDS = 30.0


@dataclass(frozen=True)
class Addresses:
    """Where PostgreSQL and NATS are, with the passwords in the addresses."""

    database_url: str
    # Only migrations need it; a hub on somebody else's server may not have it.
    owner_url: str | None
    nats_url: str
    http_url: str | None = None


class Stack:
    """The servers of one home, as children of this process.

    A server whose address is set (`HUB_DATABASE_URL`, `HUB_NATS_URL`) is not started.
    """

    def __init__(self, settings: Settings, say: Callable[[str], None] = silent) -> None:
        """Prepare the home; `say` hears what takes long or goes wrong."""
        self.home = Home(settings.home)
        self._settings = settings
        self._say = say
        self.postgres: Postgres | None = None
        self.nats: NatsServer | None = None
        self._nats_at = 0.0

    def start(self) -> Addresses:
        """Start what must be started; afterwards the roles and the database exist."""
        account = servers_account()
        home, run = self.home, self.home.run
        if self._settings.database_url is None:
            folder = folder_for(home.path, "pg", account)
            self.postgres = Postgres(
                folder,
                run / "postgres.log",
                home.secret("postgres_superuser"),
                programs=self._settings.pg_bin,
                say=self._say,
            )
            self.postgres.start()
            passwords = {role: home.secret(f"postgres_{role}") for role in (OWNER, APPLICATION)}
            provision(self.postgres.url("postgres"), passwords)
        if self._settings.nats_url is None:
            folder = folder_for(home.path, "nats", account)
            self.nats = NatsServer(folder, run / "nats.log", home.secret("nats"))
            self.nats.start()
        return addresses(self._settings, self.announce(None))

    def announce(self, http_url: str | None) -> Running:
        """Tell other commands of this home where everything is."""
        running = Running(
            pid=os.getpid(),
            verb="hub",
            postgres_port=0 if self.postgres is None else self.postgres.port,
            nats_port=0 if self.nats is None else self.nats.port,
            http_url=http_url,
        )
        self.home.announce(running)
        return running

    def revive(self) -> None:
        """Start again, on the same port, a server that died under us."""
        if self.postgres is not None and not self.postgres.alive:
            self._say(f"PostgreSQL ended; starting it again (log: {self.postgres.log})")
            self.postgres.start()
            self._say("PostgreSQL is back")
        if self.nats is not None and not self.nats.alive and time.monotonic() > self._nats_at:
            self._say(f"NATS ended; starting it again (log: {self.nats.log})")
            try:
                self.nats.start()
            except StackProblem as problem:
                # The hub takes commands without NATS; the relay catches up when it is back.
                self._nats_at = time.monotonic() + NATS_PAUSE_SECONDS
                self._say(f"{problem} The hub goes on without it.")
            else:
                self._say("NATS is back")

    def stop(self) -> None:
        """Stop both, NATS first: it only repeats what PostgreSQL knows."""
        for server in (self.nats, self.postgres):
            if server is not None:
                server.stop()


def addresses(settings: Settings, running: Running) -> Addresses:
    """Put the addresses together from the settings, the ports and the home's secrets."""
    home = Home(settings.home)

    def embedded(role: str) -> str:
        password = home.secret(f"postgres_{role}")
        return f"postgresql://{role}:{password}@{LISTEN}:{running.postgres_port}/{DATABASE}"

    nats_url = settings.nats_url
    if nats_url is None:
        nats = f"nats://{NATS_USER}:{home.secret('nats')}@{NATS_LISTEN}:{running.nats_port}"
    else:
        nats = nats_url.get_secret_value()
    if settings.database_url is None:
        return Addresses(embedded(APPLICATION), embedded(OWNER), nats, running.http_url)
    owner = settings.database_owner_url
    return Addresses(
        settings.database_url.get_secret_value(),
        None if owner is None else owner.get_secret_value(),
        nats,
        running.http_url,
    )


@contextmanager
def stack_for(settings: Settings, say: Callable[[str], None] = silent) -> Iterator[Addresses]:
    """Use the servers running on this home, or start them for the time of the `with` block.

    What reads the record in this process then finds its archive too.
    """
    hand_in(settings)
    home = Home(settings.home)
    home.make(settings.disk_free_mb_min)
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while time.monotonic() < deadline:
        with home.alone() as ours:
            if ours:
                stack = Stack(settings, say)
                try:
                    yield stack.start()
                    home.wait_for_guests()
                finally:
                    stack.stop()
                return
        with home.guest():
            # None when the other command is still starting, or has just ended: then look again.
            running = home.running(seconds=1.0)
            if running is not None:
                yield addresses(settings, running)
                return
    raise StackProblem(
        f"Another hub command holds {home.path} but its servers are not ready. "
        f"See the logs in {home.run}."
    )
