"""Tiles are where C2SP says, hold what it says, and give every hash of the tree back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.seal import merkle
from hub.seal.tiles import BadTile, Tile, Tiles, entries_path, parse, tiles_of, width_at
from hub.seal.tiles import path as address
from tests.hub.seal.naive import entries, mth, path, proof


def published(size: int) -> dict[str, bytes]:
    """Return every tile of a tree, straight from the definition in C2SP tlog-tiles."""
    d, files, level = entries(size), {}, 0
    while size >> 8 * level:
        span = 256**level
        hashes = [mth(d[i : i + span]) for i in range(0, size - span + 1, span)]
        for number in range(0, len(hashes), 256):
            held = hashes[number : number + 256]
            files[address(level, number // 256, len(held))] = b"".join(held)
        level += 1
    return files


@pytest.mark.parametrize(
    ("tile", "written"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile(0, 1_234_067), "tile/0/x001/x234/067"),
        (Tile(2, 0, 1), "tile/2/000.p/1"),
        (Tile(63, 1_000, 255), "tile/63/x001/000.p/255"),
        (Tile(-1, 0), "tile/entries/000"),
        (Tile(-1, 1_234_067, 7), "tile/entries/x001/x234/067.p/7"),
    ],
)
def test_addresses_are_those_of_the_standard(tile: Tile, written: str) -> None:
    made = entries_path(*tile[1:]) if tile.level < 0 else address(*tile)
    assert made == written
    assert parse(written) == tile


@pytest.mark.parametrize(
    "written",
    [
        *("", "tile", "tile/", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000"),
        *("tile/00/000", "tile/64/000", "tile/-1/000", "tile/+1/000", "tile/0/x000/001"),
        *("tile/0/x1/000", "tile/0/001/000", "tile/0/000.p/0", "tile/0/000.p/256"),
        *("tile/0/000.p/01", "tile/0/000.p/", "tile/0/000.p/1.p/1", "tile/0/000/", "/tile/0/000"),
        *("tile/0/../000", "tile/0/%2e%2e", "tile/0/..", "../secrets/log.key", "checkpoint"),
        *(
            "tile/0/\u0660\u0660\u0660",
            "tile/\u0660/000",
            "tile/0/000.p/\u0665",
            "tile/0/000\n",
            "tile/0/000\0",
        ),
        *("tile/entries", "tile/entries/", "tile/data/000", "tile/8/0/000", "tile/0/" + "9" * 40),
    ],
)
def test_nothing_else_is_an_address(written: str) -> None:
    with pytest.raises(ValueError, match="is not the address of a tile"):
        parse(written)


@given(st.text(alphabet="tile/entris0123456789x.p-", max_size=40))
def test_an_address_that_is_read_is_the_one_that_would_be_written(text: str) -> None:
    for written in (text, f"tile/{text}", f"tile/0/{text}"):
        try:
            tile = parse(written)
        except ValueError:
            continue
        again = entries_path(*tile[1:]) if tile.level < 0 else address(*tile)
        assert again == written
        assert ".." not in written


@given(st.integers(0, 63), st.integers(0, 10**15), st.integers(1, 256))
def test_every_address_is_read_as_it_was_written(level: int, number: int, width: int) -> None:
    assert parse(address(level, number, width)) == Tile(level, number, width)
    assert parse(entries_path(number, width)) == Tile(-1, number, width)


def test_the_example_of_the_standard() -> None:
    changed = tiles_of(0, 70_000)
    count = {level: [t for t in changed if t.level == level] for level in range(3)}
    assert [len([t for t in count[level] if t.width == 256]) for level in range(3)] == [273, 1, 0]
    assert [count[level][-1].width for level in range(3)] == [112, 17, 1]


@given(st.integers(0, 2_000), st.integers(0, 2_000))
@settings(deadline=None, max_examples=40)
def test_growing_changes_just_the_tiles_that_differ(old: int, more: int) -> None:
    before, after = published(old), published(old + more)
    changed = {address(*tile) for tile in tiles_of(old, old + more)}

    assert changed == {name for name in after if before.get(name) != after[name]}
    for name in changed:
        tile = parse(name)
        assert tile.width == width_at(tile.level, tile.number, old + more)


@given(st.data())
@settings(deadline=None, max_examples=40)
def test_proofs_from_tiles_are_the_definitions(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 3_000))
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    d = entries(size)
    read = Tiles(published(size).__getitem__, size)

    assert merkle.root(size, read) == mth(d)
    assert merkle.inclusion(index, size, read) == path(index, d)
    assert merkle.consistency(old, size, read) == proof(old, d)
    assert read.leaf(index) == merkle.leaf(d[index])


def test_an_older_size_is_read_from_the_tiles_of_a_newer_one() -> None:
    files = published(600)

    def fetch(name: str) -> bytes:
        return (
            files[name]
            if name in files
            else next(
                held for other, held in files.items() if other.startswith(name.partition(".p/")[0])
            )
        )

    for size in (1, 255, 256, 300, 512, 599):
        assert merkle.root(size, Tiles(fetch, size)) == mth(entries(size))


@pytest.mark.parametrize("damage", ["short", "ragged", "empty"])
def test_a_damaged_tile_is_no_tile(damage: str) -> None:
    files = published(300)
    whole = files["tile/0/000"]
    files["tile/0/000"] = {"short": whole[:-32], "ragged": whole[:-1], "empty": b""}[damage]
    with pytest.raises(BadTile, match="tile/0/000 has"):
        Tiles(files.__getitem__, 300).leaf(3)


def test_what_the_tree_does_not_have_is_not_read() -> None:
    read = Tiles(published(300).__getitem__, 300)
    for level, index in ((0, 300), (8, 1), (9, 0), (16, 0)):
        with pytest.raises(BadTile, match="a tree of 300 leaves has no"):
            read(level, index)


def test_old_tiles_are_let_go_so_that_memory_stays_small() -> None:
    size = 100 * 256
    hashes, fetched = bytes(8_192), 0

    def fetch(name: str) -> bytes:
        nonlocal fetched
        fetched += 1
        return hashes

    read = Tiles(fetch, size)
    for number in range(100):
        read.leaf(number * 256)
        read.leaf(number * 256 + 1)
    assert fetched == 100
    read.leaf(0)
    assert fetched == 101, "the first tile is still held"
