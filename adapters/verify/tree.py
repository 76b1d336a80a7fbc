"""The ranges in order: the roots of every tree at every checkpoint's size, and the upper tiles.

Of each tree only the right edge is held, and of the upper tiles the one being filled.
"""

from collections.abc import Iterable
from itertools import zip_longest
from typing import NamedTuple

from adapters.verify.chunk import Checked
from adapters.verify.folder import Folder, subtree
from hub.seal.merkle import HASH_BYTES, node, sha256
from hub.seal.tiles import HEIGHT, WIDTH, path

Hashes = tuple[bytes | None, ...]
"""A hash in the record and in each folder; None where that tree does not reach so far."""
Roots = dict[int, Hashes]
"""The roots of all trees at a size."""


class BadUpperTile(NamedTuple):
    """A hash above the leaves that is not the hash of what lies under it."""

    folder: str
    address: str
    position: int
    until: int


class _Edge:
    """One tree's right edge; a tree with a hole has no roots behind it."""

    def __init__(self) -> None:
        self._peaks: list[tuple[int, bytes]] = []
        self._whole = True

    def add(self, tile: bytes | None) -> None:
        """Add a whole tile by its hash."""
        if tile is None:
            self._whole = False
            return
        level, found = 0, tile
        while self._peaks and self._peaks[-1][0] == level:
            found = node(self._peaks.pop()[1], found)
            level += 1
        self._peaks.append((level, found))

    def root(self, end: bytes | None) -> bytes | None:
        """Return the root; `end` is that of the leaves behind the last whole tile, if any."""
        if not self._whole:
            return None
        hashes = [peak for _, peak in self._peaks] + ([end] if end is not None else [])
        if not hashes:
            return sha256(b"")
        found = hashes.pop()
        while hashes:
            found = node(hashes.pop(), found)
        return found


class Trees:
    """The trees of the record and of each folder, side by side."""

    def __init__(self, folders: tuple[Folder, ...], sizes: Iterable[int]) -> None:
        """Begin before the first tile; roots will be taken at these sizes."""
        self._folders = folders
        self._edges = [_Edge() for _ in range(1 + len(folders))]
        self._sizes = sorted(set(sizes), reverse=True)
        self._ends: dict[int, Hashes] = {}
        self._tiles = 0
        self._rows: list[list[Hashes]] = []
        self._numbers: list[int] = []
        self.roots: Roots = {}
        self.bad: list[BadUpperTile] = []

    def add(self, checked: Checked) -> None:
        """Take up the next range."""
        self._ends.update(checked.edges)
        for tile in checked.tiles:
            self._take_roots((self._tiles + 1) * WIDTH)
            for edge, one in zip(self._edges, tile, strict=True):
                edge.add(one)
            self._tiles += 1
            self._raise(0, tile)

    def finish(self) -> None:
        """Take the roots at the end, and look at the upper tiles that are not full."""
        self._take_roots(None)
        for level in range(len(self._rows)):
            self._compare(level)

    def _take_roots(self, below: int | None) -> None:
        """Take the roots of all sizes that end in the tile which comes next."""
        while self._sizes and (below is None or self._sizes[-1] < below):
            size = self._sizes.pop()
            ends = self._ends.pop(size, None)
            if size % WIDTH == 0 and size == self._tiles * WIDTH:
                self.roots[size] = tuple(edge.root(None) for edge in self._edges)
            elif ends is not None:
                self.roots[size] = tuple(
                    None if end is None else edge.root(end)
                    for edge, end in zip(self._edges, ends, strict=True)
                )

    def _raise(self, level: int, hashes: Hashes) -> None:
        """Put a tile's hash into the tile above it, and so on upwards where that is full."""
        if level == len(self._rows):
            self._rows.append([])
            self._numbers.append(0)
        row = self._rows[level]
        row.append(hashes)
        if len(row) < WIDTH:
            return
        self._compare(level)
        above = tuple(_above(column) for column in zip(*row, strict=True))
        self._rows[level] = []
        self._numbers[level] += 1
        self._raise(level + 1, above)

    def _compare(self, level: int) -> None:
        """Hold an upper tile in each folder against the hashes of what lies under it.

        A damaged tile below is named by itself; above it both its own hash and the right one pass.
        """
        row, number = self._rows[level], self._numbers[level]
        for nth, folder in enumerate(self._folders, 1):
            known = [{each[0], each[nth]} - {None} for each in row]
            due = (folder.size >> HEIGHT * (level + 1)) - number * WIDTH
            held = folder.tile(level + 1, number)
            parts = [held[at : at + HASH_BYTES] for at in range(0, len(held), HASH_BYTES)]
            for at, (have, may) in enumerate(zip_longest(parts[:due], known[: max(due, 0)])):
                if may and have not in may:
                    leaves = WIDTH ** (level + 1)
                    first = (number * WIDTH + at) * leaves
                    self.bad.append(
                        BadUpperTile(
                            folder.name, path(level + 1, number), first + 1, first + leaves
                        )
                    )
                    break


def _above(column: tuple[bytes | None, ...]) -> bytes | None:
    hashes = [one for one in column if one is not None]
    return subtree(b"".join(hashes)) if len(hashes) == len(column) else None
