"""Reading the log as it lies on the disk: the checkpoint, the tiles, waiting for a position."""

import asyncio
from contextlib import suppress
from pathlib import Path
from time import monotonic

from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.merkle import Digest, sha256
from hub.seal.note import NoteError
from hub.seal.tiles import WIDTH, Tiles, parse, path

CHECKPOINT = "checkpoint"
KEY = "key"
"""The file beside the checkpoint that holds the log's public key."""
LOOK_SECONDS = 0.02
"""How often somebody who waits looks whether the checkpoint is another."""


class NothingSealed(Exception):
    """The log has no checkpoint yet; the sealer makes one as soon as the record has an event."""


class LogFiles:
    """One log: `checkpoint` and `tile/…` in a folder. Many may read while the sealer writes."""

    def __init__(self, folder: Path, digest: Digest = sha256) -> None:
        """Name the folder, and the hash its tree is made with."""
        self.folder = folder
        self.digest = digest
        self._seen: tuple[tuple[int, int], bytes, Checkpoint] | None = None

    def checkpoint(self) -> bytes | None:
        """Return the last published checkpoint as the signed note it is, None before the first."""
        found = self._look()
        return None if found is None else found[0]

    def fetch(self, address: str) -> bytes:
        """Return a tile by its address (`tile/0/x001/067.p/5`).

        The whole tile where a part is gone. Raises FileNotFoundError for a tile that is not there
        and ValueError for an address that is none.
        """
        level, number, _ = parse(address)
        try:
            return (self.folder / address).read_bytes()
        except FileNotFoundError:
            return (self.folder / path(level, number, WIDTH)).read_bytes()

    def tiles(self, size: int) -> Tiles:
        """Return the subtrees of the log as it was with so many leaves."""
        return Tiles(self.fetch, size, self.digest)

    def latest(self) -> tuple[Checkpoint, Tiles]:
        """Return the last checkpoint and the tree under it; raises NothingSealed before one."""
        found = self._look()
        if found is None:
            raise NothingSealed(
                f"no event is sealed yet: {self.folder / CHECKPOINT} does not exist. It appears "
                "with the first event while the process “sealer” runs; `hub seal status` says more."
            )
        return found[1], self.tiles(found[1].size)

    async def await_sealed(self, position: int, seconds_max: float) -> Checkpoint | None:
        """Return the first checkpoint that covers a position, None when the time is over."""
        deadline = monotonic() + seconds_max
        while True:
            with suppress(NoteError):  # a damaged one is put right when the sealer starts
                found = self._look()
                if found is not None and found[1].size >= position:
                    return found[1]
            if monotonic() >= deadline:
                return None
            await asyncio.sleep(LOOK_SECONDS)

    def _look(self) -> tuple[bytes, Checkpoint] | None:
        """Read the checkpoint, but only when the file is another one than last time."""
        path = self.folder / CHECKPOINT
        try:
            # Each checkpoint is a new file put in the place of the one before.
            status = path.stat()
            mark = (status.st_mtime_ns, status.st_ino)
            seen = self._seen  # other threads look too
            if seen is None or seen[0] != mark:
                data = path.read_bytes()
                seen = self._seen = (mark, data, Checkpoint.parse(notes.parse(data).text))
        except FileNotFoundError:
            self._seen = None
            return None
        return seen[1:]
