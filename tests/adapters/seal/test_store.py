"""Reading a log from its files, while somebody lets it grow."""

from pathlib import Path

import anyio
import pytest

from adapters.keys import FileSigner
from adapters.seal.store import LogFiles, NothingSealed
from hub.seal import merkle
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.tiles import path

LEAVES = [merkle.leaf(str(number).encode()) for number in range(300)]
SIGNER = FileSigner("city.example/log", notes.ED25519, b"7" * 32)


def write(folder: Path, size: int) -> Checkpoint:
    """A log of so many leaves, its level 0 whole, as the simplest program would write it."""
    frontier = merkle.Frontier()
    frontier.extend(LEAVES[:size])
    head = Checkpoint("city.example/log", size, frontier.root())
    signature = notes.Signature(SIGNER.key.name, SIGNER.key.key_id, SIGNER.sign(head.text.encode()))
    for number in range((size + 255) // 256):
        held = LEAVES[number * 256 : min(size, (number + 1) * 256)]
        file = folder / path(0, number, len(held))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"".join(held))
    draft = folder / "new"
    draft.write_bytes(notes.render(notes.Note(head.text, (signature,))))
    draft.replace(folder / "checkpoint")
    return head


def test_before_the_first_checkpoint_there_is_none_and_a_sentence_says_so(tmp_path: Path) -> None:
    log = LogFiles(tmp_path)

    assert log.checkpoint() is None
    with pytest.raises(NothingSealed, match="no event is sealed yet"):
        log.latest()


def test_the_latest_checkpoint_comes_with_the_tree_under_it(tmp_path: Path) -> None:
    head = write(tmp_path, 5)

    found, tiles = LogFiles(tmp_path).latest()

    assert found == head
    assert merkle.root(5, tiles) == head.root


def test_a_new_checkpoint_is_seen_at_once(tmp_path: Path) -> None:
    log = LogFiles(tmp_path)
    write(tmp_path, 5)
    first = log.latest()[0].size
    write(tmp_path, 6)

    assert (first, log.latest()[0].size) == (5, 6)


def test_where_a_part_of_a_tile_is_gone_the_whole_tile_answers(tmp_path: Path) -> None:
    write(tmp_path, 300)

    assert LogFiles(tmp_path).fetch("tile/0/000.p/17")[: 17 * 32] == b"".join(LEAVES[:17])


@pytest.mark.parametrize("address", ["checkpoint", "tile/0/../../secrets/log.key", "/etc/passwd"])
def test_nothing_but_tiles_is_fetched(tmp_path: Path, address: str) -> None:
    write(tmp_path, 5)

    with pytest.raises(ValueError, match="not the address of a tile"):
        LogFiles(tmp_path).fetch(address)


@pytest.mark.anyio
async def test_who_waits_for_a_position_gets_the_checkpoint_that_covers_it(tmp_path: Path) -> None:
    write(tmp_path, 5)
    log = LogFiles(tmp_path)

    async def grow() -> None:
        write(tmp_path, 9)

    found = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(grow)
        found = await log.await_sealed(7, seconds_max=5)

    assert found is not None
    assert found.size == 9


@pytest.mark.anyio
async def test_who_waits_in_vain_is_told_so_in_time(tmp_path: Path) -> None:
    write(tmp_path, 5)

    assert await LogFiles(tmp_path).await_sealed(7, seconds_max=0.05) is None
