"""The mirror: every leaf hash of the log, 32 bytes an event, held by somebody else than the hub.

The folder is laid out as the log's own: `tile/<level>/<number>[.p/<width>]` and `checkpoint`. What
lies beyond the size of `checkpoint` is a draft of the next step and trusted by nobody. With it the
first position that was ever changed can be named, which a root alone cannot.
"""

import os
from collections.abc import Callable
from pathlib import Path

from adapters.witness.witness import Seen
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.merkle import HASH_BYTES, ProofError, node, root
from hub.seal.note import NoteError
from hub.seal.tiles import WIDTH, Tile, Tiles, path, tiles_of, width_at

STEP_MAX = 2**28
"""More leaves than any log grows by between two looks: 8 GB of hashes."""
Fetch = Callable[[str], bytes]
"""The bytes of a file of the log, by its address below the log's prefix."""


class MirrorDamaged(Exception):
    """The mirror's own files do not belong together; the sentence says what to do."""


class Differs(ProofError):
    """The leaves the log serves do not lead, after those in the mirror, to its checkpoint."""


class Mirror:
    """The leaf hashes of one log in a folder; one writer at a time."""

    def __init__(self, folder: Path) -> None:
        """Take up a mirror or begin one; raises MirrorDamaged."""
        self.folder = folder
        self.size = 0
        file = folder / "checkpoint"
        if file.exists():
            try:
                head = Checkpoint.parse(notes.parse(file.read_bytes()).text)
            except (NoteError, OSError) as wrong:
                raise self._damaged(str(wrong)) from wrong
            self.size = head.size
            if self._root(head.size) != head.root:
                raise self._damaged("its tiles do not lead to its checkpoint")

    @property
    def tiles(self) -> Tiles:
        """Return the tree as far as it was verified."""
        return Tiles(self._read, self.size)

    def continue_to(self, seen: Seen, fetch: Fetch) -> None:
        """Fetch the leaves up to a signed checkpoint and keep them if they lead to its root.

        Raises Differs, and then the mirror is as before.
        """
        size, wanted = seen.checkpoint.size, seen.checkpoint.root
        before = self.size
        if size - before > STEP_MAX:
            raise Differs(f"the log claims to have grown from {before} to {size} leaves at once")
        try:
            if size > before:
                self._draft(size, fetch)
            self._compare(size, wanted)
        except BaseException:
            self._drop(before, size)
            raise
        if size > before:
            _write(self.folder / "checkpoint", seen.data)
            self.size = size
            self._drop_parts(before, size)

    def root_at(self, size: int) -> bytes | None:
        """Return the root of the first `size` leaves, None where the mirror is shorter."""
        return self._root(size) if size <= self.size else None

    def first_difference(self, fetch: Fetch, size: int) -> int | None:
        """Return the first position whose leaf the log now serves differently, None if none does.

        `size` is that of the log's tree now; only what both have is compared.
        """
        both = min(size, self.size)
        for number in range((both + WIDTH - 1) // WIDTH):
            width = width_at(0, number, both)
            ours = self._held(Tile(0, number), width)
            theirs = fetch(path(0, number, width_at(0, number, size)))
            for at in range(width):
                part = slice(at * HASH_BYTES, (at + 1) * HASH_BYTES)
                if ours[part] != theirs[part]:
                    return number * WIDTH + at + 1
        return None

    def _compare(self, size: int, wanted: bytes) -> None:
        if self._root(size) != wanted:
            raise Differs(
                f"the leaves of the log do not lead to the root of its checkpoint of {size} leaves"
            )

    def _root(self, size: int) -> bytes:
        try:
            return root(size, Tiles(self._read, max(size, self.size)))
        except (ValueError, OSError) as wrong:
            raise self._damaged(str(wrong)) from wrong

    def _draft(self, size: int, fetch: Fetch) -> None:
        """Write the tiles from the verified size up to this one: our part, then what is new."""
        for tile in tiles_of(self.size, size):
            ours = self._held(tile, width_at(tile.level, tile.number, self.size))
            if tile.level:
                first = tile.number * WIDTH + len(ours) // HASH_BYTES
                last = tile.number * WIDTH + tile.width
                new = b"".join(self._over(tile.level - 1, each) for each in range(first, last))
            else:
                new = _exactly(fetch(path(*tile)), tile)[len(ours) :]
            _write(self.folder / path(*tile), ours + new)

    def _held(self, tile: Tile, width: int) -> bytes:
        """Return the first hashes of a tile of ours."""
        if not width:
            return b""
        size = max(width_at(tile.level, tile.number, self.size), width)
        return self._read(path(tile.level, tile.number, size))[: width * HASH_BYTES]

    def _over(self, level: int, number: int) -> bytes:
        """Return the one hash over a whole tile."""
        data = self._read(path(level, number))
        hashes = [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]
        while len(hashes) > 1:
            hashes = [node(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=True)]
        return hashes[0]

    def _read(self, address: str) -> bytes:
        """Return a tile of ours, the whole one where a part was outgrown."""
        try:
            return (self.folder / address).read_bytes()
        except FileNotFoundError:
            return (self.folder / address.partition(".p/")[0]).read_bytes()

    def _drop(self, old: int, new: int) -> None:
        """Forget the draft of a step that was not taken."""
        for tile in tiles_of(old, new):
            (self.folder / path(*tile)).unlink(missing_ok=True)

    def _drop_parts(self, old: int, new: int) -> None:
        """Remove the parts of tiles that a step has outgrown."""
        for tile in tiles_of(old, new):
            width = width_at(tile.level, tile.number, old)
            if width:
                (self.folder / path(tile.level, tile.number, width)).unlink(missing_ok=True)

    def _damaged(self, why: str) -> MirrorDamaged:
        return MirrorDamaged(
            f"the mirror in {self.folder} is damaged: {why}. Keep a copy of the folder, then remove"
            " it: the witness fetches the log anew and compares it with what it cosigned."
        )


def _exactly(data: bytes, tile: Tile) -> bytes:
    """Return as many hashes as a tile has to hold; raises Differs when there are fewer."""
    if len(data) < tile.width * HASH_BYTES:
        raise Differs(f"the log's tile {path(*tile)} has {len(data)} bytes: too few")
    return data[: tile.width * HASH_BYTES]


def _write(file: Path, data: bytes) -> None:
    """Put a file in its place whole, and on the disk."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.new")
    with draft.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(file)
