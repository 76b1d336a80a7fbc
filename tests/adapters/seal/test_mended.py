"""A damaged disk never changes the log: tiles are made anew as they were, or nothing is signed."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.seal import board, mend
from adapters.seal.growth import Growth
from hub.seal.tiles import path
from projections.connect import connect
from tests.adapters.seal.sealing import Log


def torn(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-7])


def flipped(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[5] ^= 1
    file.write_bytes(data)


def gone(file: Path) -> None:
    file.unlink()


@pytest.fixture
def sealed(log: Log) -> Log:
    """A log of 700 events: two whole tiles, and the edge."""
    log.append(700)
    log.seal_all()
    return log


@pytest.mark.parametrize("harm", [torn, flipped, gone])
@pytest.mark.parametrize("tile", ["tile/0/002.p/188", "tile/1/000.p/2", "tile/0/001"])
def test_a_damaged_tile_is_found_and_made_anew(
    sealed: Log, tile: str, harm: Callable[[Path], None]
) -> None:
    harm(sealed.settings.log_dir / tile)
    sealed.append(1)

    with sealed.sealer():
        sealed.sealed(701)
        while not any("anew" in words for words in sealed.said):
            sealed.sealed(sealed.append(1))  # old tiles are looked through between two rounds

    sealed.check()


def test_the_whole_log_can_be_made_anew_from_the_record(sealed: Log) -> None:
    before = sealed.check()
    shutil.rmtree(sealed.settings.log_dir)

    assert sealed.seal_all() == before
    assert sealed.check() == before


@pytest.mark.parametrize("harm", [torn, gone])
def test_a_damaged_checkpoint_is_signed_again_as_it_was(
    sealed: Log, harm: Callable[[Path], None]
) -> None:
    before = sealed.files.checkpoint()
    harm(sealed.settings.log_dir / "checkpoint")

    with sealed.sealer():
        sealed.sealed(sealed.append(1) - 1)
    sealed.check()
    assert before is not None

    with connect(sealed.database.app_url) as connection:
        assert board.note_of(connection, "sha256", 700) == before


def test_what_a_power_cut_left_is_swept_away(sealed: Log) -> None:
    folder = sealed.settings.log_dir
    left = [folder / "tile/0/002.p/190", folder / "tile/0/003", folder / "tile/1/000.p/2.new"]
    for file in left:
        file.write_bytes(b"x" * 32)

    sealed.append(100)
    sealed.seal_all()

    assert [file for file in left if file.exists()] == []
    sealed.check()


def test_tiles_are_not_made_anew_from_an_altered_record(sealed: Log) -> None:
    """Someone changes a row and its leaf, and hopes the damaged tile is made anew from it."""
    sealed.superuser(
        """
        UPDATE record.events SET state = '{"days":1}' WHERE position = 700
        """,
        "UPDATE record.events SET leaf = other.leaf FROM record.events AS other"
        " WHERE events.position = 700 AND other.position = 699",
    )
    damaged = sealed.settings.log_dir / "tile/0/002.p/188"
    torn(damaged)
    kept = damaged.read_bytes()

    assert "position 700 is not the one that was recorded" in sealed.trouble()
    assert damaged.read_bytes() == kept


def test_an_honest_looking_record_that_gives_another_root_is_refused(sealed: Log) -> None:
    swap_last_two(sealed)
    torn(sealed.settings.log_dir / "tile/0/002.p/188")

    assert "Neither the tiles nor the record give the root that was signed" in sealed.trouble()


def test_other_events_at_the_end_of_the_record_are_named(sealed: Log) -> None:
    swap_last_two(sealed)

    assert "From position 699 on the record holds other events" in sealed.trouble()


def test_all_whole_tiles_are_looked_through_from_the_top(log: Log) -> None:
    """256 x 256 events take too long here; the same code on a tree grown from made-up leaves."""
    growth = Growth(log.files, 0)
    leaves = [str(number).encode().rjust(32, b"0") for number in range(66_000)]
    grown = growth.add(leaves)
    for name, data in grown.files.items():
        (log.settings.log_dir / name).parent.mkdir(parents=True, exist_ok=True)
        (log.settings.log_dir / name).write_bytes(data)
    torn(log.settings.log_dir / path(1, 0))

    with connect(log.database.app_url) as connection:
        looked = list(mend.inspect(connection, log.files, 66_000, lambda *_: b"", log.said.append))

    assert len(looked) == 1 + 257
    assert log.said == [f"{log.settings.log_dir}/tile/1/000 is damaged; making it anew"]
    assert (log.settings.log_dir / path(1, 0)).read_bytes() == grown.files[path(1, 0)]


def swap_last_two(log: Log) -> None:
    """The last two events change places: each row stays as intact as it was."""
    log.superuser(
        "UPDATE record.events SET position = 10000 WHERE position = 700",
        "UPDATE record.events SET position = 700 WHERE position = 699",
        "UPDATE record.events SET position = 699 WHERE position = 10000",
    )
