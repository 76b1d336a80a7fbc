"""The witness that fetches: it believes what the key signed and what it calculated, no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.keys import verify
from adapters.witness.memory import Memory
from adapters.witness.mirror import Mirror
from adapters.witness.pull import HubLog, Outcome, Puller, Step
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.tiles import Tiles
from tests.adapters.witness.toylog import (
    ORIGIN,
    WITNESS_KEY,
    Served,
    ToyLog,
    served,
    signed,
    witness_at,
)

BOTH = pytest.mark.parametrize("mirrored", [False, True], ids=["bare", "mirror"])


def step(folder: Path, shown: Served, *, mirrored: bool) -> Step:
    """One look of a witness that was just started: all it knows is on its disk."""
    with served(shown) as url:
        log = HubLog(url)
        try:
            mirror = Mirror(folder / "mirror") if mirrored else None
            return Puller(witness_at(folder), ORIGIN, log, mirror).step()
        finally:
            log.close()


def mirrored_root(folder: Path, size: int) -> bytes | None:
    return Mirror(folder / "mirror").root_at(size)


@BOTH
def test_a_growing_log_is_followed_and_each_cosignature_handed_in(
    tmp_path: Path, *, mirrored: bool
) -> None:
    shown = Served(ToyLog(3))
    for more in (0, 1, 252, 1, 500, 66_000):
        shown.log.grow(more)
        looked = step(tmp_path, shown, mirrored=mirrored)
        assert looked.outcome is Outcome.COSIGNED, looked.sentence

    heads = [Checkpoint.parse(each.text) for each in shown.taken]
    assert [head.size for head in heads] == [3, 4, 256, 257, 757, 66_757]
    assert all(notes.signed_by(each, WITNESS_KEY.key, verify) for each in shown.taken)


def test_the_mirror_is_the_log_leaf_by_leaf(tmp_path: Path) -> None:
    shown = Served(ToyLog(3))
    for more in (0, 300, 65_300):
        shown.log.grow(more)
        step(tmp_path, shown, mirrored=True)

    folder = tmp_path / "mirror"
    size = shown.log.size
    held = Tiles(lambda address: (folder / address).read_bytes(), size)
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    leaves = [f"tile/0/{number:03d}" for number in range(256)]
    assert [held.leaf(at) for at in (0, 299, 65_602)] == [
        shown.log.leaves[at] for at in (0, 299, 65_602)
    ]
    assert (folder / "checkpoint").read_bytes() == shown.log.note()
    assert files == {
        *leaves,
        "tile/0/256.p/67",
        "tile/1/000",
        "tile/2/000.p/1",
        "checkpoint",
    }


@BOTH
def test_a_forked_log_is_found_by_looking(tmp_path: Path, *, mirrored: bool) -> None:
    step(tmp_path, Served(ToyLog(256)), mirrored=mirrored)

    looked = step(tmp_path, Served(ToyLog(700, changed_at=42)), mirrored=mirrored)

    forks = Memory(tmp_path).forks()
    evidence = Path(forks[0].file).read_text(encoding="utf-8")
    assert looked.outcome is Outcome.FORKED
    assert ("first-position 42\n" in f"{evidence}\n") is mirrored
    assert step(tmp_path, Served(ToyLog(700)), mirrored=mirrored).outcome is Outcome.FORKED
    if mirrored:
        assert mirrored_root(tmp_path, 256) == ToyLog(256).root()


@BOTH
def test_the_same_size_with_another_root_is_found_by_looking(
    tmp_path: Path, *, mirrored: bool
) -> None:
    step(tmp_path, Served(ToyLog(300)), mirrored=mirrored)

    looked = step(tmp_path, Served(ToyLog(300, changed_at=300)), mirrored=mirrored)

    evidence = Path(Memory(tmp_path).forks()[0].file).read_text(encoding="utf-8")
    assert looked.outcome is Outcome.FORKED
    assert ("first-position 300" in evidence) is mirrored


@BOTH
def test_a_log_that_went_back_is_refused_until_it_is_as_long_again(
    tmp_path: Path, *, mirrored: bool
) -> None:
    shown = Served(ToyLog(300))
    step(tmp_path, shown, mirrored=mirrored)
    shown.size = 200

    looked = step(tmp_path, shown, mirrored=mirrored)
    shown.size = None
    shown.log.grow(5)
    after = step(tmp_path, shown, mirrored=mirrored)

    assert looked.outcome is Outcome.REFUSED
    assert "gone back" in looked.sentence
    assert Memory(tmp_path).forks() == []
    assert after.outcome is Outcome.COSIGNED


def test_with_a_mirror_a_smaller_tree_with_another_root_is_a_fork_at_any_size(
    tmp_path: Path,
) -> None:
    step(tmp_path, Served(ToyLog(300)), mirrored=True)

    looked = step(tmp_path, Served(ToyLog(200, changed_at=42)), mirrored=True)

    assert looked.outcome is Outcome.FORKED
    assert Memory(tmp_path).forks()[0].size == 200


@BOTH
def test_tiles_that_do_not_lead_to_the_checkpoint_are_refused_and_accuse_nobody(
    tmp_path: Path, *, mirrored: bool
) -> None:
    shown = Served(ToyLog(300))
    step(tmp_path, shown, mirrored=mirrored)
    shown.log.grow(500)
    shown.spoil = {"tile/0/002", "tile/1/000.p/3", "tile/0/003.p/32"}

    looked = step(tmp_path, shown, mirrored=mirrored)
    shown.spoil = set()
    after = step(tmp_path, shown, mirrored=mirrored)

    assert looked.outcome is Outcome.REFUSED
    assert Memory(tmp_path).forks() == []
    assert after.outcome is Outcome.COSIGNED


def test_a_hub_that_is_away_or_shows_something_else_is_said_and_survived(tmp_path: Path) -> None:
    away = Puller(witness_at(tmp_path), ORIGIN, HubLog("http://127.0.0.1:9"))
    nonsense = Served(ToyLog(3))
    nonsense.note = b"<html>a login page</html>"

    assert away.step().outcome is Outcome.AWAY
    assert step(tmp_path, nonsense, mirrored=False).outcome is Outcome.REFUSED


def test_a_cosignature_the_hub_does_not_take_is_not_sent_at_every_look(tmp_path: Path) -> None:
    shown, now = Served(ToyLog(3)), [0.0]
    shown.refuses = True
    with served(shown) as url:
        puller = Puller(witness_at(tmp_path), ORIGIN, HubLog(url), None, lambda: now[0])
        first, second = puller.step(), puller.step()
        shown.refuses, now[0] = False, 61.0
        third = puller.step()

    assert first.outcome is second.outcome is Outcome.NOT_TAKEN
    assert "not in the policy" in first.sentence
    assert third.outcome is Outcome.COSIGNED
    assert len(shown.taken) == 1


@pytest.mark.parametrize(
    "reason",
    [bytes(20_000_000), b'{"detail": "\\u001b[2J' + b"x" * 9_000 + b'"}', b"[" * 60_000, b"7"],
)
def test_whatever_a_hub_says_instead_of_thanks_is_a_short_line(
    tmp_path: Path, reason: bytes
) -> None:
    shown = Served(ToyLog(3))
    shown.refuses, shown.reason = True, reason

    found = step(tmp_path, shown, mirrored=False)

    assert found.outcome is Outcome.NOT_TAKEN
    assert len(found.sentence) < 600
    assert found.sentence.isprintable()


def test_a_size_that_no_log_has_is_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    shown = Served(ToyLog(3))
    shown.note = signed(2**62, b"\x07" * 32)

    assert step(tmp_path, shown, mirrored=True).outcome is Outcome.REFUSED


def test_a_checkpoint_that_bears_our_name_already_is_left_alone(tmp_path: Path) -> None:
    shown = Served(ToyLog(3))
    step(tmp_path, shown, mirrored=True)
    log = notes.parse(shown.log.note())
    shown.note = notes.render(log._replace(signatures=log.signatures + shown.taken[0].signatures))

    assert step(tmp_path, shown, mirrored=True).outcome is Outcome.UNCHANGED


def test_a_signature_in_our_name_that_is_not_ours_does_not_keep_us_from_signing(
    tmp_path: Path,
) -> None:
    shown = Served(ToyLog(3))
    step(tmp_path, shown, mirrored=False)
    line = shown.taken[0].signatures[0]
    forged = line._replace(blob=line.blob[:-1] + bytes([line.blob[-1] ^ 1]))
    log = notes.parse(shown.log.note())
    shown.note = notes.render(log._replace(signatures=(*log.signatures, forged)))

    assert step(tmp_path, shown, mirrored=False).outcome is Outcome.COSIGNED


def test_a_mirror_whose_files_were_changed_says_so_and_signs_nothing(tmp_path: Path) -> None:
    step(tmp_path, Served(ToyLog(300)), mirrored=True)
    tile = tmp_path / "mirror" / "tile" / "1" / "000.p" / "1"
    tile.write_bytes(bytes(32))

    with pytest.raises(Exception, match="damaged"):
        Mirror(tmp_path / "mirror")
