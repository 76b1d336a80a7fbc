"""Taking up a log from its tiles, and making tiles anew from the record where they are damaged.

What is made anew counts only when it gives the root that was signed; so neither a damaged disk
nor an altered record can change what stands in the log.
"""

import shutil
from collections.abc import Callable, Iterator

import psycopg

from adapters.seal import disk, rows
from adapters.seal.growth import TILE_BYTES, Growth, root_of
from adapters.seal.rows import Leaf
from adapters.seal.store import LogFiles
from adapters.seal.trouble import CannotSeal, other_root, replaced
from hub.seal import merkle
from hub.seal.checkpoint import Checkpoint
from hub.seal.merkle import HASH_BYTES
from hub.seal.tiles import HEIGHT, WIDTH, BadTile, Tiles, parse, path, width_at

STEP = 20_000
"""Events taken from the record at a time: some 20 MB, a fifth of a second."""
_TILES, _ANEW, _DAMAGED = "tile", "anew", "tile.damaged"

Say = Callable[[str], None]


def take_up(
    connection: psycopg.Connection, files: LogFiles, signed: Checkpoint, leaf: Leaf, say: Say
) -> Growth:
    """Return the tree as it was signed last, from its tiles or else from the record.

    Raises CannotSeal where neither gives the signed root, or where the record now ends with other
    events than those that were sealed.
    """
    if not _stands(files, signed):
        say(f"the tiles in {files.folder} do not give the signed root; making them anew")
        _make_anew(connection, files, signed, leaf)
    _sweep(files, signed.size)
    _compare_end(connection, files.tiles(signed.size), leaf)
    return Growth(files, signed.size)


def _stands(files: LogFiles, signed: Checkpoint) -> bool:
    try:
        return merkle.root(signed.size, files.tiles(signed.size), files.digest) == signed.root
    except (OSError, BadTile):
        return False


def _make_anew(
    connection: psycopg.Connection, files: LogFiles, signed: Checkpoint, leaf: Leaf
) -> None:
    """Make the whole tree from the record beside the damaged one, then put it in its place."""
    beside = LogFiles(files.folder / _ANEW, files.digest)
    shutil.rmtree(beside.folder, ignore_errors=True)
    growth = Growth(beside, 0)
    root = files.digest(b"")
    while growth.size < signed.size:
        upto = min(growth.size + STEP, signed.size)
        found = rows.read(connection, growth.size, upto, leaf)
        if found.trouble is not None:
            raise found.trouble
        grown = growth.add(found.hashes)
        disk.put(beside.folder, grown.files)
        growth.take(grown)
        root = grown.root
    if root != signed.root:
        raise other_root(signed.size)
    damaged = files.folder / _DAMAGED  # the last damaged tiles stay, for whoever looks into it
    shutil.rmtree(damaged, ignore_errors=True)
    if (files.folder / _TILES).exists():
        (files.folder / _TILES).replace(damaged)
    if signed.size:
        (beside.folder / _TILES).replace(files.folder / _TILES)
        disk.flush(files.folder)
        beside.folder.rmdir()


def _sweep(files: LogFiles, size: int) -> None:
    """Remove what an unfinished step left: drafts, and tiles of a tree that was never signed."""
    for file in list((files.folder / _TILES).rglob("*")):
        if not file.is_file():
            continue
        try:
            tile = parse(file.relative_to(files.folder).as_posix())
        except ValueError:
            file.unlink()
            continue
        have = width_at(tile.level, tile.number, size)
        beyond = have < tile.width if tile.width < WIDTH else have == 0
        if beyond or (have == WIDTH and tile.width < WIDTH):
            file.unlink()


def _compare_end(connection: psycopg.Connection, tiles: Tiles, leaf: Leaf) -> None:
    """Raise CannotSeal unless the record's events are still those that the last tile holds."""
    size = tiles.size
    start = max(0, (size - 1) // WIDTH * WIDTH)
    if size and not _same(connection, tiles, start, size, leaf):
        for first in range(0, size, STEP):
            upto = min(first + STEP, size)
            found = rows.read(connection, first, upto, leaf)
            for nth, each in enumerate(found.hashes):
                if each != tiles.leaf(first + nth):
                    raise replaced(first + nth + 1, size)
            if found.trouble is not None:
                raise found.trouble


def _same(connection: psycopg.Connection, tiles: Tiles, start: int, end: int, leaf: Leaf) -> bool:
    found = rows.read(connection, start, end, leaf)
    return found.trouble is None and all(
        each == tiles.leaf(start + nth) for nth, each in enumerate(found.hashes)
    )


def inspect(
    connection: psycopg.Connection, files: LogFiles, size: int, leaf: Leaf, say: Say
) -> Iterator[None]:
    """Look through all whole tiles once, from the top down, and make damaged ones anew.

    Yields after each, so that sealing goes on meanwhile. The edge was compared with the signed
    root, so each tile below is known by its hash in the one above.
    """
    tiles = files.tiles(size)
    for level in range(size.bit_length() // HEIGHT, -1, -1):
        for number in range((size >> HEIGHT * level) // WIDTH):
            wanted = tiles(HEIGHT * (level + 1), number)
            if _root(files, level, number) != wanted:
                say(f"{files.folder / path(level, number)} is damaged; making it anew")
                _mend(connection, files, (level, number), wanted, leaf)
            yield


def _root(files: LogFiles, level: int, number: int) -> bytes | None:
    try:
        tile = (files.folder / path(level, number)).read_bytes()
    except OSError:
        return None
    return root_of(tile, files.digest) if len(tile) == TILE_BYTES else None


def _mend(
    connection: psycopg.Connection,
    files: LogFiles,
    place: tuple[int, int],
    wanted: bytes,
    leaf: Leaf,
) -> None:
    level, number = place
    if level == 0:
        found = rows.read(connection, number * WIDTH, (number + 1) * WIDTH, leaf)
        if found.trouble is not None:
            raise found.trouble
        hashes = found.hashes
    else:
        below = range(number * WIDTH, (number + 1) * WIDTH)
        roots = [_root(files, level - 1, child) for child in below]
        hashes = [each for each in roots if each is not None]
    tile = b"".join(hashes)
    if len(tile) != WIDTH * HASH_BYTES or root_of(tile, files.digest) != wanted:
        first = number * WIDTH ** (level + 1) + 1
        last = (number + 1) * WIDTH ** (level + 1)
        raise CannotSeal(
            f"The tile {path(level, number)} is damaged, and the record's positions {first} to "
            f"{last} do not give it again: they too are not what was sealed. Run `hub verify`, "
            "and bring the tile or the events back from a copy.",
            first,
            f"分块{path(level, number)}已损坏，而卷宗位置{first}至{last}也算不出该分块："
            "这些事件同样不是封存时的事件。请运行 hub verify，并从副本恢复分块或事件。",
        )
    disk.put(files.folder, {path(level, number): tile})
