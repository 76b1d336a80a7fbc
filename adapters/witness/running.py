"""A witness at work: its folder, when it looks again, what it tells people."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.witness.mirror import Mirror
from adapters.witness.pull import HubLog, Outcome, Puller, Step
from adapters.witness.push import PushServer
from adapters.witness.witness import Witness

KEY, MIRROR = "witness.key", "mirror"
PAUSE_SECONDS_MAX = 60.0
ALARM_AGAIN_SECONDS = 3600.0
Say = Callable[[str], None]


class AlreadyRunning(Exception):
    """Another process is this witness already; two would write into one mirror."""


class Watch:
    """Looks at one log now and then, slower while nothing comes of it, and says what changed."""

    def __init__(
        self,
        puller: Puller,
        every_seconds: float,
        say: Say,
        alarm: Say,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Look every so many seconds; a fork is told by `alarm`, at once and every hour."""
        self._puller = puller
        self._every = every_seconds
        self._say = say
        self._alarm = alarm
        self._clock = clock
        self._next_at = clock()
        self._pause = every_seconds
        self._told: tuple[Outcome, str] | None = None
        self._again_at = 0.0

    @property
    def seconds_left(self) -> float:
        """How long until the next look."""
        return max(0.0, self._next_at - self._clock())

    def look(self) -> Step:
        """Look once and plan the next look."""
        step = self._puller.step()
        good = step.outcome not in {Outcome.REFUSED, Outcome.AWAY}
        self._pause = self._every if good else min(self._pause * 2, PAUSE_SECONDS_MAX)
        self._next_at = self._clock() + self._pause
        self._tell(step)
        return step

    def _tell(self, step: Step) -> None:
        before, self._told = self._told, (step.outcome, step.sentence)
        if step.outcome is Outcome.FORKED:
            if before is None or before[0] is not Outcome.FORKED or self._clock() >= self._again_at:
                self._alarm(step.sentence)
                self._again_at = self._clock() + ALARM_AGAIN_SECONDS
        elif step.outcome in {Outcome.COSIGNED, Outcome.UNCHANGED}:
            if before is None or before[0] not in {Outcome.COSIGNED, Outcome.UNCHANGED}:
                self._say(f"the log is as it should be: {step.size} leaves, {step.outcome}")
        elif before is None or (before[0], _words(before[1])) != (
            step.outcome,
            _words(step.sentence),
        ):
            # The same trouble is said once, not at every look.
            self._alarm(step.sentence)


class Running:
    """`hub witness run`: a watch, a server, or both, on one folder."""

    def __init__(self, folder: Path, witness: Witness, say: Say, alarm: Say) -> None:
        """Begin with neither; `follow` and `listen` add them."""
        self._folder = folder
        self._witness = witness
        self._say = say
        self._alarm = alarm
        self._log: HubLog | None = None
        self._watch: Watch | None = None
        self._server: PushServer | None = None

    def follow(
        self, origin: str, url: str, every_seconds: float, *, mirror: bool, ca_file: Path | None
    ) -> None:
        """Fetch the checkpoints of a log from its hub; raises MirrorDamaged."""
        self._log = HubLog(url, ca_file)
        kept = Mirror(self._folder / MIRROR) if mirror else None
        puller = Puller(self._witness, origin, self._log, kept)
        self._watch = Watch(puller, every_seconds, self._say, self._alarm)

    def listen(self, host: str, port: int) -> str:
        """Take checkpoints at an address; return it."""
        self._server = PushServer(
            (host, port), self._witness, lambda: standing(self._folder, self._witness), self._alarm
        )
        return self._server.url

    def run(self, stop: threading.Event) -> None:
        """Go on until somebody says stop."""
        serving = None
        if self._server is not None:
            serving = threading.Thread(target=self._server.serve_forever, name="witness server")
            serving.start()
        try:
            while not stop.is_set():
                if self._watch is not None:
                    self._watch.look()
                stop.wait(None if self._watch is None else self._watch.seconds_left)
        finally:
            if self._server is not None and serving is not None:
                self._server.shutdown()
                serving.join()

    def close(self) -> None:
        """Let go of the address and the line to the hub."""
        if self._server is not None:
            self._server.server_close()
        if self._log is not None:
            self._log.close()


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Be the only process that works on a witness's folder; raises AlreadyRunning."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = sqlite3.connect(folder / "running.sqlite", isolation_level=None, timeout=0.1)
    try:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as taken:
            raise AlreadyRunning(f"a witness is running on {folder} already") from taken
        yield
    finally:
        lock.close()


def standing(folder: Path, witness: Witness) -> dict[str, Any]:
    """Return how a witness stands, for programs: its key, per log what it cosigned, the forks."""
    return {
        "key": witness.key.text,
        "logs": [_of_log(folder, witness, origin) for origin in witness.logs],
        "forks": [
            {
                "origin": fork.origin,
                "size": fork.size,
                "evidence": Path(fork.file).name,
                "found_at": _moment(fork.found_at),
                "acknowledged_at": _moment(fork.acknowledged_at),
                "acknowledged_by": fork.acknowledged_by,
                "reason": fork.reason,
            }
            for fork in witness.memory.forks()
        ],
    }


def _of_log(folder: Path, witness: Witness, origin: str) -> dict[str, Any]:
    memory = witness.memory
    latest, refusals = memory.latest(origin), memory.refusals(origin)
    return {
        "origin": origin,
        "forked": memory.open_fork(origin) is not None,
        "size": 0 if latest is None else latest.size,
        "cosigned_at": None if latest is None else _moment(latest.at),
        # What `hub verify --witness` holds the record against.
        "checkpoint": "" if latest is None else latest.note.decode(),
        "mirrored": (folder / MIRROR / "checkpoint").exists(),
        "refused": 0 if refusals is None else refusals.times,
        "refused_last": "" if refusals is None else refusals.sentence,
        "refused_at": None if refusals is None else _moment(refusals.last_at),
    }


def _words(sentence: str) -> str:
    """Return a sentence without its numbers: a growing log is no new trouble."""
    return "".join(each for each in sentence if not each.isdigit())


def _moment(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()
