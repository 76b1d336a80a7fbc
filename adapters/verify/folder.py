"""The tiles of the log as they lie in a folder: the hub's own, and every mirror's."""

from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from hub.seal.merkle import HASH_BYTES, Frontier
from hub.seal.tiles import path, width_at


class Folder(NamedTuple):
    """A folder of tiles, and up to which size it claims to hold them."""

    name: str
    place: Path
    size: int

    def tile(self, level: int, number: int) -> bytes:
        """Return the hashes this tile should hold at this size; fewer where they are not there."""
        width = width_at(level, number, self.size)
        if not width:
            return b""
        for address in (path(level, number), path(level, number, width)):
            try:
                with open(f"{self.place}/{address}", "rb") as file:  # noqa: PTH123 - half the time
                    return file.read(width * HASH_BYTES)
            except (FileNotFoundError, NotADirectoryError):
                continue
        return self._widest(level, number)[: width * HASH_BYTES]

    def _widest(self, level: int, number: int) -> bytes:
        """Return the largest part of a tile; a part written for a later size begins the same."""
        parts = (self.place / path(level, number, 1)).parent
        try:
            names = [int(each.name) for each in parts.iterdir() if each.name.isdigit()]
        except (FileNotFoundError, NotADirectoryError):
            return b""
        return (parts / str(max(names))).read_bytes() if names else b""


def subtree(hashes: bytes) -> bytes:
    """Return the hash over a whole tile: 256 hashes, or another power of two of them."""
    while len(hashes) > HASH_BYTES:
        hashes = b"".join(
            [
                sha256(b"\1" + hashes[at : at + 2 * HASH_BYTES]).digest()
                for at in range(0, len(hashes), 2 * HASH_BYTES)
            ]
        )
    return hashes


def edges(hashes: bytes, widths: list[int]) -> list[bytes | None]:
    """Return the root over the first so many hashes, for each of the rising widths.

    None where there are fewer hashes.
    """
    frontier = Frontier()
    found: list[bytes | None] = []
    for width in widths:
        for at in range(frontier.size, min(width, len(hashes) // HASH_BYTES)):
            frontier.append(hashes[at * HASH_BYTES : (at + 1) * HASH_BYTES])
        found.append(frontier.root() if frontier.size == width else None)
    return found
