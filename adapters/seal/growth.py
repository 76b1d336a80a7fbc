"""How the tree grows: new leaves become changed tiles and a new root, in memory, by one page."""

from collections.abc import Sequence
from typing import NamedTuple

from adapters.seal.store import LogFiles
from hub.seal import merkle
from hub.seal.merkle import HASH_BYTES, Digest
from hub.seal.tiles import HEIGHT, WIDTH, Tiles, path

TILE_BYTES = WIDTH * HASH_BYTES


class Grown(NamedTuple):
    """What a page of leaves brings: the tiles to write, the new size and root, the new tree."""

    files: dict[str, bytes]
    size: int
    root: bytes
    tiles: Tiles
    edge: dict[int, bytes]


class Growth:
    """The right edge of a log's tree: the one unfinished tile of each level."""

    def __init__(self, files: LogFiles, size: int) -> None:
        """Take up the tree of this size from its tiles; raises OSError or BadTile."""
        self._files = files
        self.size = size
        self.edge: dict[int, bytes] = {}
        level = 0
        while have := size >> HEIGHT * level:
            number, width = divmod(have, WIDTH)
            held = files.fetch(path(level, number, width)) if width else b""
            self.edge[level] = held[: width * HASH_BYTES]
            level += 1

    def add(self, leaves: Sequence[bytes]) -> Grown:
        """Return what these leaves would bring; the tree stays as it is until `take`."""
        edge, size = dict(self.edge), self.size + len(leaves)
        files: dict[str, bytes] = {}
        level, new = 0, b"".join(leaves)
        while new:
            number = (self.size >> HEIGHT * level) // WIDTH
            held = edge.get(level, b"") + new
            whole = len(held) // TILE_BYTES
            roots: list[bytes] = []
            for nth in range(whole):
                tile = held[nth * TILE_BYTES : (nth + 1) * TILE_BYTES]
                files[path(level, number + nth)] = tile
                roots.append(root_of(tile, self._files.digest))
            edge[level] = held[whole * TILE_BYTES :]
            if edge[level]:
                width = len(edge[level]) // HASH_BYTES
                files[path(level, number + whole, width)] = edge[level]
            level, new = level + 1, b"".join(roots)

        known = files | _addresses(edge, size)

        def fetch(address: str) -> bytes:
            return known.get(address) or self._files.fetch(address)

        tiles = Tiles(fetch, size, self._files.digest)
        return Grown(files, size, merkle.root(size, tiles, self._files.digest), tiles, edge)

    def take(self, grown: Grown) -> None:
        """Go on from what is written and signed now."""
        self.size, self.edge = grown.size, grown.edge


def _addresses(edge: dict[int, bytes], size: int) -> dict[str, bytes]:
    return {
        path(level, (size >> HEIGHT * level) // WIDTH, len(held) // HASH_BYTES): held
        for level, held in edge.items()
        if held
    }


def root_of(tile: bytes, digest: Digest) -> bytes:
    """Return the hash over a whole tile."""
    hashes = [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=True)
        hashes = [merkle.node(left, right, digest) for left, right in pairs]
    return hashes[0]
