"""Nothing is ever signed that is smaller than or different from what was signed before."""

import shutil

import pytest

from adapters.seal.guard import Guard
from adapters.seal.trouble import CannotSeal, SealerAtWork
from hub.seal import merkle
from hub.seal.checkpoint import Checkpoint
from tests.adapters.seal.sealing import Log

LEAVES = [merkle.leaf(str(number).encode()) for number in range(8)]


def tree(leaves: list[bytes], origin: str = "city/log") -> tuple[Checkpoint, merkle.Read]:
    def read(level: int, index: int) -> bytes:
        if level == 0:
            return leaves[index]
        return merkle.node(read(level - 1, 2 * index), read(level - 1, 2 * index + 1))

    return Checkpoint(origin, len(leaves), merkle.root(len(leaves), read)), read


FIVE, _ = tree(LEAVES[:5])
SEVEN, READ_SEVEN = tree(LEAVES[:7])


@pytest.fixture
def guard(log: Log) -> Guard:
    """A guard that knows five events."""
    guard = log.track.guard
    guard.path.parent.mkdir(parents=True)
    guard.advance(None, *tree([]))
    guard.advance(guard.last(), *tree(LEAVES[:5]))
    return guard


def test_the_next_checkpoint_continues_the_one_before(guard: Guard) -> None:
    guard.advance(FIVE, SEVEN, READ_SEVEN)

    assert guard.last() == SEVEN


@pytest.mark.parametrize(
    "wrong",
    [
        tree(LEAVES[:4]),
        tree([*LEAVES[:4], LEAVES[7]]),
        tree([*LEAVES[:4], *LEAVES[5:8]]),
        tree(LEAVES[:7], "another/log"),
    ],
    ids=["smaller", "same size, other root", "larger, other history", "another log"],
)
def test_any_other_is_refused(guard: Guard, wrong: tuple[Checkpoint, merkle.Read]) -> None:
    with pytest.raises(CannotSeal, match="is to be signed"):
        guard.advance(FIVE, *wrong)

    assert guard.last() == FIVE


def test_a_guard_that_moved_meanwhile_is_not_overwritten(guard: Guard) -> None:
    guard.advance(FIVE, *tree(LEAVES[:6]))

    with pytest.raises(CannotSeal, match="was signed last by this process"):
        guard.advance(FIVE, SEVEN, READ_SEVEN)


def test_a_log_never_begins_again_under_its_name(guard: Guard) -> None:
    with pytest.raises(CannotSeal, match="to begin again"):
        guard.replace(tree([])[0])


def test_one_process_holds_the_guard(guard: Guard) -> None:
    with guard.held(), pytest.raises(SealerAtWork), guard.held():
        pass


def test_a_sealer_never_signs_over_a_lost_guard(log: Log) -> None:
    log.append(5)
    log.seal_all()
    shutil.rmtree(log.settings.guard_dir)
    log.append(5)

    assert "is gone, though this log has signed" in log.trouble()
    assert log.check().size == 5


def test_a_witness_s_copy_in_the_place_of_the_lost_guard_will_do(log: Log) -> None:
    log.append(5)
    log.seal_all()
    log.guard_file.write_bytes(log.files.checkpoint() or b"")
    log.append(5)

    log.seal_all()

    assert log.check().size == 10


@pytest.mark.parametrize("size", [3, 5])
def test_an_older_guard_than_the_published_checkpoint_stops_the_sealer(log: Log, size: int) -> None:
    log.append(3)
    log.seal_all()
    older = log.guard_file.read_bytes()
    log.append(2)
    log.seal_all()
    log.guard_file.write_bytes(older if size == 3 else older.replace(b"\n3\n", b"\n5\n"))

    assert "was brought back from an older copy" in log.trouble()


def test_a_lost_key_is_not_made_again(log: Log) -> None:
    log.append(5)
    log.seal_all()
    (log.settings.home / "secrets" / "log.key").unlink()

    assert "Bring its copy back, or start a new log" in log.trouble()


def test_another_key_under_the_same_name_signs_nothing(log: Log) -> None:
    log.append(5)
    origin = log.seal_all().origin
    key = log.settings.home / "secrets" / "log.key"
    key.unlink()
    log.guard_file.rename(log.guard_file.with_name("aside"))
    log.settings = log.settings.model_copy(update={"origin": origin})
    log.track.open_signer()  # a new key of the old name
    log.guard_file.with_name("aside").rename(log.guard_file)

    assert "a new key begins a new log" in log.trouble()
