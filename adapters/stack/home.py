"""The folder of one hub: where it keeps things, its secrets, and who is running on it."""

import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from adapters.stack.problem import StackProblem

MEGABYTE = 1_000_000
FOLDERS = ("lake", "reports", "run", "secrets")


@dataclass(frozen=True)
class Running:
    """What the command that runs the servers tells the next one: `run/stack.json`."""

    pid: int
    verb: str
    postgres_port: int
    nats_port: int
    http_url: str | None = None


class Home:
    """One hub's folder `.shuqiao/{pg,nats,lake,reports,secrets,run}`."""

    def __init__(self, path: Path) -> None:
        """Name the folder; nothing is made yet."""
        self.path = path
        self.run = path / "run"
        self.reports = path / "reports"
        self.lake = path / "lake"

    def make(self, disk_free_mb_min: int = 0) -> None:
        """Make the folders, refusing a place that is not ours or has no room."""
        try:
            # The servers' account must pass through root's home folder, but may not list it.
            self.path.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, exist_ok=True, parents=True)
            for name in FOLDERS:
                (self.path / name).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StackProblem(
                f"The home {self.path} cannot be used: {error.strerror}. "
                "Choose another with --home or HUB_HOME."
            ) from error
        free = shutil.disk_usage(self.path).free // MEGABYTE
        if free < disk_free_mb_min:
            raise StackProblem(
                f"The disk that holds {self.path} has only {free} MB free and the hub needs "
                f"{disk_free_mb_min} MB to start. Free some space and start again."
            )

    def secret(self, name: str) -> str:
        """Return a secret of this home, made at random the first time; only we can read it."""
        path = self.path / "secrets" / name
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text(encoding="ascii").strip()
        with os.fdopen(handle, "w", encoding="ascii") as file:
            # URL-safe, because it becomes part of a server's address.
            file.write(secrets.token_urlsafe(32))
            file.flush()
            os.fsync(file.fileno())
        return path.read_text(encoding="ascii").strip()

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Hold this home for ourselves; yields False when another command holds it."""
        with (self.run / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            try:
                yield True
            finally:
                (self.run / "stack.json").unlink(missing_ok=True)

    @contextmanager
    def guest(self) -> Iterator[None]:
        """Be counted as a user of servers that another command runs."""
        with (self.run / "guests").open("a") as guests:
            fcntl.flock(guests, fcntl.LOCK_SH)
            yield

    def wait_for_guests(self) -> None:
        """Wait until no other command uses the servers we are about to stop."""
        with (self.run / "guests").open("a") as guests:
            fcntl.flock(guests, fcntl.LOCK_EX)

    def announce(self, running: Running) -> None:
        """Tell other commands where the servers are."""
        draft = self.run / "stack.json.new"
        draft.write_text(json.dumps(asdict(running)), encoding="utf-8")
        draft.replace(self.run / "stack.json")

    def running(self, seconds: float = 0.0) -> Running | None:
        """Return what the holder of this home announced, waiting while it is still starting."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                said = json.loads((self.run / "stack.json").read_text(encoding="utf-8"))
            except FileNotFoundError:
                if time.monotonic() >= deadline:
                    return None
                time.sleep(0.05)
            else:
                return Running(**said)
