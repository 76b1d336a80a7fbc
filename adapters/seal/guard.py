"""The guard: the checkpoint signed last, kept outside the database and outside the log's folder.

It is written before a checkpoint is signed, compared before it is written, and held by one
process at a time. So nothing is ever signed that is smaller than or different from what was.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.seal import disk
from adapters.seal.trouble import CannotSeal, SealerAtWork, guard_differs
from hub.seal.checkpoint import Checkpoint
from hub.seal.merkle import Digest, ProofError, Read, check_consistency, consistency
from hub.seal.note import NoteError

LAST = "last-checkpoint"


class Guard:
    """One log's last checkpoint in a folder of its own."""

    def __init__(self, folder: Path, digest: Digest) -> None:
        """Name the folder; the digest is the one of the log's tree."""
        self.path = folder / LAST
        self._digest = digest

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other process from signing; raises SealerAtWork where one does."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.path.parent / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise SealerAtWork(
                    f"another process holds {lock.name}: only one may sign at a time"
                ) from error
            yield

    def last(self) -> Checkpoint | None:
        """Return what was signed last, None before the first; raises CannotSeal when unreadable.

        A signed note will do: an operator may have put a witness's copy here.
        """
        try:
            held = self.path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            text = held.decode().partition("\n\n")[0]
            return Checkpoint.parse(text.removesuffix("\n") + "\n")
        except (NoteError, UnicodeDecodeError) as error:
            raise guard_differs(self.path, str(error), "a checkpoint must stand there") from error

    def advance(self, before: Checkpoint | None, after: Checkpoint, read: Read) -> None:
        """Put the next checkpoint in the place of the one before; only then may it be signed.

        `read` knows the subtrees of the tree after. Raises CannotSeal when the file is not the one
        before any more, when the log is another, or when the tree does not continue the old one.
        """
        found = self.last()
        if found != before:
            held = f"“{_words(before)}” was signed last by this process"
            raise guard_differs(self.path, f"“{_words(found)}”", held)
        if found is not None:
            self._check(found, after, read)
        disk.put(self.path.parent, {LAST: after.text.encode()})

    def replace(self, after: Checkpoint) -> None:
        """Put the beginning of a new log here; only `hub seal restart` may.

        Raises CannotSeal where the log of that name has begun.
        """
        try:
            found = self.last()
        except CannotSeal:  # it cannot be read: whatever it was, it has ended
            found = None
        if found is not None and found.origin == after.origin:
            raise guard_differs(self.path, f"“{_words(found)}”", "it is to begin again")
        disk.put(self.path.parent, {LAST: after.text.encode()})

    def _check(self, found: Checkpoint, after: Checkpoint, read: Read) -> None:
        wanted = f"“{_words(after)}” is to be signed"
        if found.origin != after.origin:
            raise guard_differs(self.path, f"“{_words(found)}”", wanted)
        try:
            proof = consistency(found.size, after.size, read, self._digest)
            check_consistency(found.size, found.root, after.size, after.root, proof, self._digest)
        except ProofError as error:
            raise guard_differs(self.path, f"“{_words(found)}”", f"{wanted}: {error}") from error


def _words(checkpoint: Checkpoint | None) -> str:
    if checkpoint is None:
        return "nothing"
    return f"{checkpoint.origin}, {checkpoint.size} events, root {checkpoint.root.hex()[:16]}"
