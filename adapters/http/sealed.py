"""The sealed log as the desk sees it: its files, who witnesses it, and waiting until it has grown.

However many commands wait for their receipts, the checkpoint is looked at once for all of them.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
import psycopg

from adapters.keys import verify
from adapters.seal import board, history, proofs
from adapters.seal.board import Standing
from adapters.seal.history import Hour, Kept, Lag
from adapters.seal.policy import BadPolicy, is_witnessed, read_policy
from adapters.seal.store import LogFiles
from adapters.seal.track import SHA256
from hub.errors import NotFound
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.note import NoteError
from hub.seal.policy import Policy

WAIT_SECONDS_MAX = 5.0
"""How long a command's answer waits for its receipt."""
KEPT_SECONDS = 1.0
"""How long a look at the log serves everybody who asks."""
DAYS = 7
"""How far back the page and the history by hour look."""
_PAUSE_SECONDS = 0.1


class _Trouble(NamedTuple):
    """What is wrong with the seal, for everybody's eyes."""

    english: str
    chinese: str


_OPERATORS = _Trouble(
    "The signing key, the guard or the disk is not as it should be. On the hub's machine"
    " `hub seal status` says what is wrong and what to do.",
    "签名密钥、守护文件或磁盘状态异常；请在平台主机上运行 hub seal status 查看原因与处理办法。",
)


class Seen(msgspec.Struct, frozen=True):
    """A witness of the policy: its key, and the last checkpoint it cosigned, if it ever did."""

    name: str
    key: str
    cosigned_at: datetime | None
    cosigned_size: int


class Look(msgspec.Struct, frozen=True):
    """The log at one moment, with everything that people ask about it.

    `note` is the signed checkpoint, empty before the first. `witnessed` says whether enough
    witnesses have cosigned just this one, `witnessed_at` and `witnessed_size` when and at which
    size that was so last. `trouble` is why the sealer stands still, or why the policy cannot be
    used, as far as it is for everybody's eyes: it names no file of the hub.
    """

    note: str
    origin: str
    size: int
    root: str
    signed_at: datetime | None
    demands_witnesses: bool
    witnessed: bool
    witnessed_at: datetime | None
    witnessed_size: int
    witnesses: tuple[Seen, ...]
    position: int
    lag_events: int
    lag_seconds: float
    trouble: str | None
    trouble_zh: str | None
    hours: tuple[Hour, ...]
    at: datetime


class Sealed:
    """The log's files and policy, for questions, pages, receipts and figures."""

    def __init__(self, log_dir: Path, policy_path: Path) -> None:
        """Read the log in this folder and the policy at this path, when they are asked for."""
        self.files = LogFiles(log_dir)
        self._policy_path = policy_path
        self._look: tuple[float, Look] | None = None
        self._growing: asyncio.Task[None] | None = None

    async def covers(self, position: int) -> bool:
        """Wait until the log covers a position; say whether it does when the time is over."""
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while self.size() < position:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if self._growing is None or self._growing.done():
                self._growing = asyncio.create_task(self._grown(), name="the log grows")
            await asyncio.wait({self._growing}, timeout=left)
        return True

    def look(self, connection: psycopg.Connection) -> Look:
        """Return the log as it stands, at most a second old."""
        held = self._look
        if held is None or time.monotonic() - held[0] > KEPT_SECONDS:
            held = self._look = (time.monotonic(), self._taken(connection))
        return held[1]

    def best_note(self, connection: psycopg.Connection, position: int) -> bytes | None:
        """Return the checkpoint a receipt is best given under: a witnessed one, else the last."""
        last = self.files.checkpoint()
        policy, _ = self._policy()
        if last is None or policy is None or is_witnessed(policy, notes.parse(last)):
            return last
        kept = history.witnessed_note(connection, position)
        return kept if kept is not None and self._holds(kept, policy) else last

    async def _grown(self) -> None:
        """Return when the log has another size, or after the longest time anybody waits."""
        try:
            await self.files.await_sealed(self.size() + 1, WAIT_SECONDS_MAX)
        except (OSError, NoteError):
            await asyncio.sleep(_PAUSE_SECONDS)

    def size(self) -> int:
        """Return how many events are sealed; none where the log cannot be read."""
        try:
            note = self.files.checkpoint()
            return 0 if note is None else proofs.head_of(note).size
        except (OSError, NoteError):
            return 0

    def _published(self) -> tuple[bytes | None, Checkpoint | None, _Trouble | None]:
        """Return the checkpoint and what it says, or what is wrong with its file."""
        try:
            note = self.files.checkpoint()
            return note, None if note is None else proofs.head_of(note), None
        except (OSError, NoteError) as wrong:
            reason = _reason(wrong)
            english = f"the file of the checkpoint is damaged: {reason}"
            return None, None, _Trouble(english, f"检查点文件已损坏：{reason}")

    def _policy(self) -> tuple[Policy | None, _Trouble | None]:
        """Return the policy as it is written now, or what is wrong with it."""
        try:
            return read_policy(self._policy_path), None
        except BadPolicy as wrong:
            reason = _reason(wrong.__cause__)
            english = f"the witness policy cannot be used, so nobody counts as a witness: {reason}"
            return None, _Trouble(english, f"见证规则文件无法使用，暂无见证方计入：{reason}")

    def _holds(self, note: bytes, policy: Policy) -> bool:
        """Say whether a note from the table bears the log's signature and enough cosignatures."""
        try:
            opened = notes.parse(note)
            key = proofs.key_of(self.files)
        except (NoteError, NotFound):
            return False
        return notes.signed_by(opened, key, verify) and is_witnessed(policy, opened)

    def _taken(self, connection: psycopg.Connection) -> Look:
        now = datetime.now(UTC)
        note, head, damaged = self._published()
        size = 0 if head is None else head.size
        since = now - timedelta(days=DAYS)
        kept = history.kept(connection, since)
        lag = history.lag(connection, size)
        stands = _standing(connection)
        policy, wrong = self._policy()
        trouble = _trouble_of(stands) or damaged or wrong
        return Look(
            note="" if note is None else note.decode(),
            origin="" if head is None else head.origin,
            size=size,
            root="" if head is None else head.root.hex(),
            signed_at=next((each.signed_at for each in kept if each.size == size), None),
            demands_witnesses=policy is not None,
            witnessed=note is not None and is_witnessed(policy, notes.parse(note)),
            witnessed_at=None if stands is None else stands.witnessed_at,
            witnessed_size=0 if stands is None else stands.witnessed_size,
            witnesses=() if policy is None else _witnesses(kept, policy),
            position=lag.position,
            lag_events=max(lag.position - size, 0),
            lag_seconds=_seconds(lag, now),
            trouble=None if trouble is None else trouble.english,
            trouble_zh=None if trouble is None else trouble.chinese,
            hours=tuple(history.hours(kept, since, now)),
            at=now,
        )


def _standing(connection: psycopg.Connection) -> Standing | None:
    return next((one for one in board.standings(connection) if one.track == SHA256), None)


def _trouble_of(stands: Standing | None) -> _Trouble | None:
    if stands is None or stands.trouble is None:
        return None
    if stands.trouble_zh is None:  # it may name files, which is nobody's business outside
        return _OPERATORS
    return _Trouble(stands.trouble, stands.trouble_zh)


def _reason(wrong: BaseException | None) -> str:
    return str(wrong) if isinstance(wrong, NoteError) else "it cannot be read"


def _witnesses(kept: list[Kept], policy: Policy) -> tuple[Seen, ...]:
    seen = history.last_seen(kept, policy, verify)
    return tuple(
        Seen(
            name,
            witness.key.text,
            datetime.fromtimestamp(seen[name][0], UTC) if name in seen else None,
            seen[name][1] if name in seen else 0,
        )
        for name, witness in policy.witnesses.items()
    )


def _seconds(lag: Lag, now: datetime) -> float:
    if lag.waiting_since is None:
        return 0.0
    return round(max((now - lag.waiting_since).total_seconds(), 0.0), 3)
