"""Under which checkpoint a bundle is made: one that covers it, stamped and witnessed if there is.

The table of checkpoints is a convenience, so nothing of it is taken on trust: a checkpoint must
bear the log's signature and be the root of the log's own tiles, or another one is taken.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path

import msgspec
import psycopg

from adapters.keys import verify
from adapters.seal.proofs import key_of
from adapters.seal.store import LogFiles, NothingSealed
from hub.errors import Conflict
from hub.record import Recorded, leaf_hash, rfc3339
from hub.seal import merkle
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.merkle import ProofError, Read, sha256
from hub.seal.note import Note, NoteError, VerifierKey
from hub.seal.policy import Policy
from hub.seal.proof import Receipt, render
from hub.seal.tiles import BadTile

NO_POLICY = "quorum none\n"
SUBTREES_CACHED = 8_192


class Seal(msgspec.Struct, frozen=True):
    """A checkpoint with what belongs to it: the log's key, the policy, the stamp."""

    note: bytes
    key: VerifierKey
    policy: str
    stamp: bytes | None = None

    @property
    def signed(self) -> Note:
        """Return the checkpoint as a signed note."""
        return notes.parse(self.note)

    @property
    def head(self) -> Checkpoint:
        """Return what the checkpoint says."""
        return Checkpoint.parse(self.signed.text)

    @property
    def stamped(self) -> bytes | None:
        """Return the checkpoint as it was stamped, before later cosignatures; None for no stamp."""
        signed, stamp = self.signed, self.stamp or b""
        for count in range(len(signed.signatures), 0, -1):
            data = notes.render(Note(signed.text, signed.signatures[:count]))
            if sha256(data) in stamp:
                return data
        return None

    @property
    def witnesses(self) -> dict[str, tuple[VerifierKey, int]]:
        """Return the witnesses whose cosignatures hold: key and time (POSIX seconds), by name."""
        policy = Policy.parse(self.policy)
        seen = policy.seen_by(self.signed, verify)
        return {name: (policy.witnesses[name].key, at) for name, at in seen.items()}

    @property
    def witnessed(self) -> bool:
        """Say whether enough witnesses cosigned; never without a policy."""
        policy = Policy.parse(self.policy)
        return policy.needs_witnesses and policy.witnessed(self.signed, verify)


def newest(files: LogFiles) -> Checkpoint:
    """Return the last checkpoint; raises Conflict when nothing is sealed yet."""
    try:
        return files.latest()[0]
    except NothingSealed as error:
        raise Conflict(
            "nothing is sealed yet: run the hub (`hub up`), whose process “sealer” makes the first"
            " checkpoint within two seconds, and export again",
            "尚无检查点：请启动平台（hub up），存证进程将在两秒内生成首个检查点，然后重新导出",
        ) from error


def choose(
    connection: psycopg.Connection, files: LogFiles, policy_path: Path, last: int | None
) -> Seal:
    """Return the best checkpoint that covers a position, or the best of the whole log for None.

    The first that is both stamped and witnessed, so that a closed case gives the same bundle ever
    after; else, and for the whole log, the newest witnessed; else the newest. Raises Conflict.
    """
    key, policy = key_of(files), _policy(policy_path)
    newest(files)
    published = Seal(files.checkpoint() or b"", key, policy)
    kept = [Seal(note, key, policy, stamp) for note, stamp in _kept(connection, last or 0)]
    stamped = (seal for seal in kept if last is not None and _is_stamped(seal))
    witnessed = (seal for seal in reversed(kept) if seal.witnessed)
    for seal in chain(stamped, [published] if published.witnessed else witnessed, [published]):
        if _holds(seal, files):
            return seal if _is_stamped(seal) else msgspec.structs.replace(seal, stamp=None)
    raise Conflict(
        "no checkpoint agrees with the log's files and key; tell the operator to run `hub verify`",
        "没有检查点与日志文件及密钥相符，请运维人员运行 hub verify 核查",
    )


class Prover:
    """Inclusion proofs under one checkpoint, each checked before it is handed out."""

    def __init__(self, files: LogFiles, seal: Seal) -> None:
        """Read the tiles as they were under this checkpoint."""
        self._note, self._head = seal.note, seal.head
        self._read: Read = lru_cache(SUBTREES_CACHED)(files.tiles(self._head.size))

    def proof(self, event: Recorded) -> bytes:
        """Return the `.tlog-proof` of an event; raises Conflict when it is not what was sealed."""
        index, head = event.position - 1, self._head
        leaf = leaf_hash(event, rfc3339(event.recorded_at))
        try:
            path = merkle.inclusion(index, head.size, self._read)
            merkle.check_inclusion(leaf, index, head.size, path, head.root, sha256)
        except (ProofError, BadTile, OSError) as error:
            raise Conflict(
                f"the event at position {event.position} is not the one that was sealed:"
                f" {_said(error)}. Tell the operator to run `hub verify`",
                f"位置{event.position}的事件与封存内容不一致，请运维人员运行 hub verify 核查",
            ) from error
        return render(Receipt(index, tuple(path), self._note))


def _said(error: Exception) -> str:
    return "a file of the log is missing" if isinstance(error, OSError) else str(error)


def _policy(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
        Policy.parse(text)
    except FileNotFoundError:
        return NO_POLICY
    except (OSError, UnicodeDecodeError, NoteError) as wrong:
        raise Conflict(
            f"the witness policy cannot be used: {wrong}",
            f"见证规则文件无法使用：{wrong}",
        ) from wrong
    return text if text.endswith("\n") else f"{text}\n"


def _kept(connection: psycopg.Connection, last: int) -> Iterator[tuple[bytes, bytes | None]]:
    """Yield the kept checkpoints that cover a position and may be the best, oldest first."""
    yield from connection.execute(
        """
        SELECT note, stamp
          FROM desk.checkpoints
         WHERE track = 'sha256'
           AND size >= %s
           AND (stamp IS NOT NULL OR witnessed_at IS NOT NULL)
         ORDER BY size
        """,
        (last,),
    )


def _is_stamped(seal: Seal) -> bool:
    """Say whether the stamp is this checkpoint's, which is as witnessed as the policy demands."""
    return seal.stamped is not None and (
        seal.witnessed or not Policy.parse(seal.policy).needs_witnesses
    )


def _holds(seal: Seal, files: LogFiles) -> bool:
    """Say whether a checkpoint is the log's own: signed by its key, the root of its tiles."""
    try:
        head = seal.head
        if head.origin != seal.key.name or not notes.signed_by(seal.signed, seal.key, verify):
            return False
        return merkle.root(head.size, files.tiles(head.size)) == head.root
    except (NoteError, BadTile, ProofError, OSError):
        return False
