"""Every checkpoint there is: the log's own, the guard's, daily ones, the desk's, those given.

A checkpoint counts only with a valid signature of the log's key. The guard's copy lies outside
the database and outside the log, and need not carry one.
"""

import json
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

import psycopg

from adapters.keys import verify
from adapters.seal.guard import LAST
from adapters.seal.store import CHECKPOINT
from adapters.verify.finding import Kind, Wrong
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.note import NOTE_BYTES_MAX, NoteError, VerifierKey
from hub.seal.policy import Policy

LOG, GUARD, DESK, DAILY = "log", "guard", "desk", "daily"
SECONDS_MAX = 3.0
"""How long a log that is being written may lie behind its guard."""


class Known(NamedTuple):
    """A checkpoint that counts: where it was found, what it says, and who cosigned it when.

    `outside` says that it was brought from outside the hub's own home.
    """

    where: str
    head: Checkpoint
    seen_by: dict[str, int]
    witnessed: bool
    outside: bool = False


class Checkpoints:
    """Collects checkpoints; what does not count is kept as wrong."""

    def __init__(self, key: VerifierKey | None, policy: Policy | None) -> None:
        """Trust this key of the log (None: none is known), and these witnesses."""
        self._key, self._policy = key, policy
        self.found: list[Known] = []
        self.wrong: list[Wrong] = []
        self.elsewhere: list[str] = []
        """Where checkpoints of an earlier log of this home lie."""

    def size(self, where: str) -> int:
        """Return the largest size known from one place, 0 for none."""
        return max((one.head.size for one in self.found if one.where == where), default=0)

    def add(self, where: str, data: bytes, *, outside: bool = False) -> Checkpoint | None:
        """Take up a signed note; None when it does not count."""
        try:
            note = notes.parse(data)
            head = Checkpoint.parse(note.text)
        except NoteError as error:
            self._spoilt(where, f"is not a checkpoint: {error}", None)
            return None
        if self._key is None:
            self._spoilt(where, "cannot be checked: no key of the log is known; give --key", head)
            return None
        if head.origin != self._key.name:
            if outside:
                self._spoilt(where, f"is of the log {head.origin}, not {self._key.name}", head)
            else:
                self.elsewhere.append(where)
            return None
        if not notes.signed_by(note, self._key, verify):
            self._spoilt(where, f"bears no valid signature of {self._key.name}", head)
            return None
        policy = self._policy
        seen_by = {} if policy is None else policy.seen_by(note, verify)
        witnessed = policy is not None and policy.needs_witnesses and policy.met(set(seen_by))
        self.found.append(Known(where, head, seen_by, witnessed, outside))
        return head

    def of_home(self, log: Path, guard: Path) -> None:
        """Take up what lies in the folders of the log and of the guard."""
        until = monotonic() + SECONDS_MAX
        while True:
            published, kept = _read(log / CHECKPOINT), _read(guard / LAST)
            ahead = _size(kept) > _size(published)
            # The sealer writes the guard first and publishes a moment later.
            if not ahead or monotonic() > until or published is None:
                break
            sleep(0.05)
        if published is not None:
            self.add(LOG, published)
        if kept is not None:
            self._add_guard(kept)
        for each in sorted((log / DAILY).glob(f"*.{CHECKPOINT}")):
            self.add(f"{DAILY}/{each.name}", each.read_bytes())
        self._behind(log, _size(published))

    def of_desk(self, connection: psycopg.Connection) -> None:
        """Take up the rows of desk.checkpoints."""
        row = connection.execute("SELECT to_regclass('desk.checkpoints')").fetchone()
        if row is None or row[0] is None:
            return
        with connection.cursor("checkpoints") as cursor:
            cursor.execute(
                """
                SELECT size, root, note
                  FROM desk.checkpoints
                 WHERE track = 'sha256'
                 ORDER BY size
                """
            )
            for size, root, note in cursor:
                head = self.add(DESK, bytes(note))
                if head is not None and (head.size, head.root) != (size, bytes(root)):
                    self.found.pop()
                    what = f"says size {size} where its own signed note says another size or root"
                    self._spoilt(DESK, what, head._replace(size=min(size, head.size)))

    def of_witness(self, url: str, body: bytes) -> None:
        """Take up what a witness answers: a note, or its standing with a note for each log."""
        try:
            logs = json.loads(body)["logs"]
            kept = [str(one["checkpoint"]) for one in logs if one.get("checkpoint")]
        except (ValueError, KeyError, TypeError, AttributeError):
            self.add(url, body, outside=True)
            return
        ours = [one for one in kept if self._key is None or one.startswith(f"{self._key.name}\n")]
        for one in ours:
            self.add(url, one.encode(), outside=True)
        if not ours:
            self._spoilt(url, "holds no checkpoint of this log", None)

    def _add_guard(self, data: bytes) -> None:
        text = data.decode("utf-8", "replace").partition("\n\n")[0]
        try:
            head = Checkpoint.parse(text.removesuffix("\n") + "\n")
        except NoteError as error:
            self._spoilt(GUARD, f"is not a checkpoint: {error}", None)
            return
        if self._key is not None and head.origin != self._key.name:
            self._spoilt(GUARD, f"is of the log {head.origin}, not {self._key.name}", head)
            return
        self.found.append(Known(GUARD, head, {}, witnessed=False))

    def _behind(self, log: Path, published: int) -> None:
        """The log must have published what the guard says was signed last."""
        kept = self.size(GUARD)
        if published >= kept:
            return
        has = "is missing" if not published else f"covers only {published} events"
        self.wrong.append(
            Wrong(
                kind=Kind.LOG_BEHIND,
                position=published + 1,
                until=kept,
                sentence=f"{log / CHECKPOINT} {has}, but the guard kept that {kept} were signed",
                proves="the newest checkpoint was taken away or replaced by an older one; "
                "the sealer publishes it again when it starts",
            )
        )

    def _spoilt(self, where: str, what: str, head: Checkpoint | None) -> None:
        size = None if head is None else head.size
        of_size = "" if size is None else f" of {size} events"
        self.wrong.append(
            Wrong(
                kind=Kind.SIGNATURE,
                position=size or None,
                sentence=f"the checkpoint{of_size} in {where} {what}",
                proves="that checkpoint proves nothing: it was damaged or made by somebody "
                "who has not the log's key",
            )
        )


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(NOTE_BYTES_MAX)
    except FileNotFoundError:
        return None


def _size(data: bytes | None) -> int:
    """Return the size a checkpoint claims, before anybody has looked at its signature."""
    lines = (data or b"").split(b"\n")
    return int(lines[1]) if len(lines) > 1 and lines[1].isdigit() else 0
