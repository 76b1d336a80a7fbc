"""Tiles: the tree as files of up to 256 hashes (C2SP tlog-tiles).

Tile L/N holds the hashes of the complete subtrees of 256**L leaves with the numbers 256 N up to
256 N + 255. A tile that is not full yet has its width in its name.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from hub.seal.merkle import HASH_BYTES, Digest, node, sha256

WIDTH = 256
HEIGHT = 8
LEVEL_MAX = 63
_CACHED_MAX = 64
_GROUP = 1_000


class Tile(NamedTuple):
    """A tile's place: level (in steps of 256), number, and how many hashes it holds."""

    level: int
    number: int
    width: int = WIDTH


class BadTile(ValueError):
    """A tile is not what its place in the tree demands."""


def path(level: int, number: int, width: int = WIDTH, prefix: str = "tile") -> str:
    """Return a tile's address: `tile/0/x001/x234/067`, not full yet `tile/0/067.p/5`."""
    name = f"{number % _GROUP:03d}"
    while number >= _GROUP:
        number //= _GROUP
        name = f"x{number % _GROUP:03d}/{name}"
    partial = "" if width == WIDTH else f".p/{width}"
    return f"{prefix}/{level}/{name}{partial}"


def entries_path(number: int, width: int = WIDTH) -> str:
    """Return the address of the entries under tile 0/number."""
    return path(0, number, width).replace("tile/0/", "tile/entries/", 1)


def parse(address: str) -> Tile:
    """Return the place an address names; raises ValueError for anything `path` does not write.

    `tile/entries/…` names level -1, the level under the leaves' hashes.
    """
    kind, _, rest = address.removeprefix("tile/").partition("/")
    name, _, width = rest.partition(".p/")
    digits = name.replace("/", "").replace("x", "")
    fine = digits.isascii() and digits.isdigit() and len(digits) <= 18  # noqa: PLR2004 - 10**18 leaves
    if fine and (kind == "entries" or (kind.isascii() and kind.isdigit() and len(kind) < 3)):  # noqa: PLR2004
        level = -1 if kind == "entries" else int(kind)
        count = int(width) if width.isascii() and width.isdigit() and len(width) < 4 else WIDTH  # noqa: PLR2004
        tile = Tile(level, int(digits), count)
        written = entries_path(*tile[1:]) if level < 0 else path(*tile)
        if written == address and 0 < count <= WIDTH and level <= LEVEL_MAX:
            return tile
    raise ValueError(f"“{address}” is not the address of a tile")


def width_at(level: int, number: int, size: int) -> int:
    """Return how many hashes a tile holds in a tree of `size` leaves (0: it is not there)."""
    have = (size >> HEIGHT * level) - number * WIDTH
    return max(0, min(have, WIDTH))


def tiles_of(old: int, new: int) -> list[Tile]:
    """Return the tiles that a tree growing from `old` to `new` leaves changes, leaves first."""
    changed: list[Tile] = []
    level = 0
    while new >> HEIGHT * level:
        first, last = old >> HEIGHT * level, new >> HEIGHT * level
        if first < last:
            numbers = range(first // WIDTH, (last - 1) // WIDTH + 1)
            changed += [Tile(level, n, width_at(level, n, new)) for n in numbers]
        level += 1
    return changed


class Tiles:
    """The hashes of complete subtrees of a tree of `size` leaves, read from tiles.

    `fetch` returns the bytes of a tile by its address; the whole tile will do where a part was
    asked for but is gone, as C2SP lets a log delete parts. Raises BadTile when one is too short.
    """

    def __init__(self, fetch: Callable[[str], bytes], size: int, digest: Digest = sha256) -> None:
        """Keep where tiles come from and how large the tree is."""
        self._fetch = fetch
        self._digest = digest
        self._cached: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self.size = size

    def __call__(self, level: int, index: int) -> bytes:
        """Return the hash over the leaves index * 2**level … (index + 1) * 2**level - 1."""
        tile_level, inside = divmod(level, HEIGHT)
        first = index << inside
        count = 1 << inside
        number, offset = divmod(first, WIDTH)
        tile = self._tile(tile_level, number)
        if len(tile) < (offset + count) * HASH_BYTES:
            raise BadTile(f"a tree of {self.size} leaves has no subtree {index} at level {level}")
        hashes = [
            tile[at * HASH_BYTES : (at + 1) * HASH_BYTES] for at in range(offset, offset + count)
        ]
        while len(hashes) > 1:
            pairs = zip(hashes[::2], hashes[1::2], strict=True)
            hashes = [node(left, right, self._digest) for left, right in pairs]
        return hashes[0]

    def leaf(self, index: int) -> bytes:
        """Return the hash of one leaf."""
        return self(0, index)

    def _tile(self, level: int, number: int) -> bytes:
        held = self._cached.get((level, number))
        if held is None:
            width = width_at(level, number, self.size)
            if width == 0:
                raise BadTile(f"a tree of {self.size} leaves has no tile {level}/{number}")
            held = self._fetch(path(level, number, width))
            if len(held) < width * HASH_BYTES or len(held) % HASH_BYTES:
                raise BadTile(
                    f"tile {path(level, number, width)} has {len(held)} bytes,"
                    f" not {width * HASH_BYTES}"
                )
            held = held[: width * HASH_BYTES]
            self._cached[level, number] = held
            while len(self._cached) > _CACHED_MAX:
                self._cached.popitem(last=False)
        else:
            self._cached.move_to_end((level, number))
        return held
