"""The made-up city's witnesses: its audit office and two departments watch the hub's log.

Here they run in the demonstration's own process, each with its folder and its key; in a real city
each is a machine of its own (docs/witness.md), or it would prove nothing.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue

from adapters.keys import FileSigner, verify
from adapters.settings import Settings
from adapters.stack.home import Home
from adapters.witness.memory import Memory
from adapters.witness.mirror import Mirror
from adapters.witness.pull import HubLog, Puller
from adapters.witness.running import KEY, MIRROR, Say, Watch
from adapters.witness.witness import Witness
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.note import COSIGNATURE, Note, VerifierKey
from hub.seal.policy import Policy

FOLDER = "witnesses"
AUDIT = "audit.yunze"
DEPARTMENTS = ("civil.yunze", "market.yunze")
WITNESSES = (AUDIT, *DEPARTMENTS)
EVERY_SECONDS = 10.0
WITNESSED_SECONDS_MAX = 30
LOOK, END = "look", "end"
_POLICY = """\
# Whose signatures make a checkpoint of the log witnessed: the audit office and one department.
# 审计机关与任一部门均已签名，检查点方为“已见证”。
{lines}
group departments any {departments}
group both all {audit} departments
quorum both
"""


def appoint(settings: Settings) -> None:
    """Make the witnesses' keys and the hub's policy, on a home where nobody has lived yet."""
    home = settings.home
    if settings.witness_policy.exists() or (home.exists() and any(home.iterdir())):
        return
    Home(home).make(settings.disk_free_mb_min)
    keys = {name: _signer(settings.home, name).key for name in WITNESSES}
    lines = "\n".join(f"witness {name} {key.text}" for name, key in keys.items())
    policy = _POLICY.format(lines=lines, departments=" ".join(DEPARTMENTS), audit=AUDIT)
    settings.witness_policy.write_text(policy, encoding="utf-8")


@contextmanager
def watching(settings: Settings, url: str, alarm: Say) -> Iterator["Office"]:
    """Let the witnesses of this home look at the log while the block runs."""
    office = Office(settings, url, alarm)
    thread = threading.Thread(target=office.run, name="witnesses")
    thread.start()
    try:
        yield office
    finally:
        office.stop()
        thread.join()


class Office:
    """All witnesses of the city in one thread: they look now and then, and when they are called."""

    def __init__(self, settings: Settings, url: str, alarm: Say) -> None:
        """Watch the log of the hub at this address."""
        self._settings = settings
        self._url = url
        self._alarm = alarm
        self._calls: SimpleQueue[str] = SimpleQueue()

    def stop(self) -> None:
        """Let the thread end."""
        self._calls.put(END)

    def await_witnessed(self, size: int) -> bool:
        """Call the witnesses until they have seen the log up to a size; say whether they have."""
        if not (self._settings.home / FOLDER).exists():
            return False
        policy = Policy.parse(self._settings.witness_policy.read_text(encoding="utf-8"))
        pause = threading.Event()
        for _ in range(WITNESSED_SECONDS_MAX):
            note = self._published()
            sealed = 0 if note is None else Checkpoint.parse(note.text).size
            if note is not None and sealed >= size and policy.witnessed(note, verify):
                return True
            self._calls.put(LOOK)
            pause.wait(1.0)
        return False

    def run(self) -> None:
        """Wait for the first checkpoint, then look with each witness in turn."""
        while self._published() is None:
            if not self._may_go_on():
                return
        log_key = (self._settings.log_dir / "key").read_text(encoding="utf-8")
        home, key = self._settings.home, VerifierKey.parse(log_key)
        with ExitStack() as stack:
            watches = []
            for name in WITNESSES:
                if (folder_of(home, name) / KEY).exists():
                    log = HubLog(self._url)
                    stack.callback(log.close)
                    watches.append(_of(home, name, log, key, self._alarm))
            while watches and self._may_go_on():
                for watch in watches:
                    watch.look()

    def _may_go_on(self) -> bool:
        """Wait until it is time to look or somebody calls; False when it is time to end."""
        try:
            return self._calls.get(timeout=EVERY_SECONDS) != END
        except Empty:
            return True

    def _published(self) -> Note | None:
        try:
            return notes.parse((self._settings.log_dir / "checkpoint").read_bytes())
        except FileNotFoundError:
            return None


def folder_of(home: Path, name: str) -> Path:
    """Return where a witness keeps what it has seen."""
    return home / FOLDER / name


def _signer(home: Path, name: str) -> FileSigner:
    return FileSigner.of(folder_of(home, name) / KEY, name, COSIGNATURE)


def _of(home: Path, name: str, log: HubLog, key: VerifierKey, alarm: Say) -> Watch:
    """Return one witness's watch; the audit office mirrors the log as well."""
    folder = folder_of(home, name)
    mirror = Mirror(folder / MIRROR) if name == AUDIT else None
    witness = Witness(Memory(folder), _signer(home, name), [key])

    def tell(sentence: str) -> None:
        alarm(f"witness {name}: {sentence}")

    return Watch(Puller(witness, key.name, log, mirror), EVERY_SECONDS, _quiet, tell)


def _quiet(_sentence: str) -> None:
    """Say nothing while all is well: the demonstration has its own bar."""
