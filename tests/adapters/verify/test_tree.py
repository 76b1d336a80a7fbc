"""Roots at any size and damaged upper tiles, however the record is cut into ranges."""

from __future__ import annotations

from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from adapters.seal import disk
from adapters.seal.growth import Growth
from adapters.seal.store import LogFiles
from adapters.verify.chunk import Checked, Task, check
from adapters.verify.folder import Folder
from adapters.verify.tree import Trees
from hub.seal.merkle import Frontier
from hub.seal.tiles import path

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 256 * 258 + 77
"""Enough for a whole upper tile, a begun one, and one above both."""
LEAVES = [sha256(b"%d" % nth).digest() for nth in range(SIZE)]
SIZES = (0, 1, 255, 256, 257, 65_535, 65_536, 65_537, SIZE - 1, SIZE)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log")
    disk.put(folder, Growth(LogFiles(folder), 0).add(LEAVES).files)
    return folder


def roots() -> dict[int, bytes]:
    frontier, found = Frontier(), {}
    for size in SIZES:
        frontier.extend(LEAVES[frontier.size : size])
        found[size] = frontier.root()
    return found


def trees(*folders: Folder, ends: tuple[int, ...] = (SIZE,)) -> Trees:
    found = Trees(folders, SIZES)
    for after, upto in pairwise((0, *ends)):
        sizes = tuple(size for size in SIZES if after < size <= upto)
        found.add(check(Task(after, upto, 0, (), folders, sizes)))
    found.finish()
    return found


@pytest.mark.parametrize("ends", [(SIZE,), (256, 512, 65_536, SIZE), (65_536, 65_536 + 512, SIZE)])
def test_the_roots_of_a_log_are_those_of_its_leaves(log: Path, ends: tuple[int, ...]) -> None:
    found = trees(Folder("log", log, SIZE), ends=ends)

    assert {size: root[1] for size, root in found.roots.items()} == roots()
    assert {size for size, root in found.roots.items() if root[0] is not None} == {0}
    assert found.bad == []


def test_a_shorter_mirror_has_the_roots_it_reaches(log: Path) -> None:
    found = trees(Folder("log", log, SIZE), Folder("mirror", log, 65_537))

    mirrored = {size: root[2] for size, root in found.roots.items() if root[2] is not None}
    assert mirrored == {size: root for size, root in roots().items() if size <= 65_537}
    assert found.bad == []


@pytest.mark.parametrize(
    ("address", "at", "position", "until"),
    [
        (path(1, 0), 3, 769, 1_024),
        (path(1, 1, 2), 0, 65_537, 65_792),
        (path(2, 0, 1), 0, 1, 65_536),
    ],
)
def test_a_damaged_upper_tile_is_named(
    log: Path, address: str, at: int, position: int, until: int
) -> None:
    tile = log / address
    whole = tile.read_bytes()
    damaged = bytearray(whole)
    damaged[at * 32] ^= 1
    tile.write_bytes(bytes(damaged))
    try:
        found = trees(Folder("log", log, SIZE)).bad
        tile.unlink()
        gone = trees(Folder("log", log, SIZE)).bad
    finally:
        tile.write_bytes(whole)

    assert [(one.address.split(".")[0], one.position, one.until) for one in found] == [
        (address.split(".", maxsplit=1)[0], position, until)
    ]
    assert [one.address.split(".")[0] for one in gone] == [address.split(".", maxsplit=1)[0]]


def test_behind_a_missing_tile_there_are_no_roots(log: Path) -> None:
    whole = trees(Folder("log", log, SIZE))
    found = Trees((Folder("log", log, SIZE),), SIZES)
    checked = check(Task(0, SIZE, 0, (), (Folder("log", log, SIZE),), SIZES[1:]))
    gone = [(None, None), *checked.tiles[1:]]
    found.add(Checked(list(gone), checked.edges, [], checked.counts, []))
    found.finish()

    assert found.roots[255] == whole.roots[255]
    assert all(found.roots[size] == (None, None) for size in SIZES if size > 255)
