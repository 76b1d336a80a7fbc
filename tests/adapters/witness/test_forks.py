"""A fork is refused, kept for good, and stops the witness until a person has seen it."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from adapters.keys import verify
from adapters.witness.witness import Asked, ForkFound, Refused, Witness
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.merkle import check_consistency
from tests.adapters.witness.toylog import LOG_KEY, ORIGIN, ToyLog, signed, witness_at

TRUE, LIE = ToyLog(300), ToyLog(300, changed_at=42)


def fork(witness: Witness, asked: Asked) -> ForkFound:
    with pytest.raises(ForkFound) as caught:
        witness.add_checkpoint(asked)
    return caught.value


def notes_in(evidence: str) -> tuple[bytes, bytes]:
    _, _, rest = evidence.partition("===== FIRST: cosigned by this witness =====\n")
    first, _, rest = rest.partition("\n===== SECOND: refused =====\n")
    second, _, _ = rest.partition("\n===== WHY")
    return first.encode(), second.encode()


def test_the_same_size_with_another_root_is_a_fork(tmp_path: Path) -> None:
    witness = witness_at(tmp_path)
    witness.add_checkpoint(TRUE.asks(0))

    found = fork(witness, Asked(300, (), LIE.note()))

    evidence = Path(found.fork.file)
    first, second = notes_in(evidence.read_text(encoding="utf-8"))
    heads = [Checkpoint.parse(notes.parse(each).text) for each in (first, second)]
    assert found.status == 409
    assert evidence.parent == tmp_path / "evidence"
    assert evidence.name == "20260921T141320Z-300.txt"
    assert all(notes.signed_by(notes.parse(each), LOG_KEY.key, verify) for each in (first, second))
    assert heads[0].size == heads[1].size
    assert heads[0].root != heads[1].root


@pytest.mark.parametrize("old", [100, 255, 257])
def test_a_larger_tree_with_another_beginning_is_a_fork_anybody_can_recalculate(
    tmp_path: Path, old: int
) -> None:
    witness = witness_at(tmp_path)
    witness.add_checkpoint(TRUE.asks(0, old))

    found = fork(witness, LIE.asks(old))

    text = Path(found.fork.file).read_text(encoding="utf-8")
    first, second = (Checkpoint.parse(notes.parse(each).text) for each in notes_in(text))
    facts = [line.split(" ") for line in text.partition("===== WHY")[2].splitlines()]
    other = next(base64.b64decode(line[1]) for line in facts if line[0] == "other-root")
    proof = [base64.b64decode(line[1]) for line in facts if line[0] == "proof"]
    assert found.status == 422
    assert other != first.root
    check_consistency(first.size, other, second.size, second.root, proof)


def test_a_liar_whose_proof_hides_the_beginning_is_refused_without_evidence(tmp_path: Path) -> None:
    """From 256 leaves a proof carries no beginning: it can be wrong, but it cannot accuse."""
    witness = witness_at(tmp_path)
    witness.add_checkpoint(TRUE.asks(0, 256))

    with pytest.raises(Refused) as caught:
        witness.add_checkpoint(LIE.asks(256))

    refusals = witness.memory.refusals(ORIGIN)
    assert not isinstance(caught.value, ForkFound)
    assert refusals is not None
    assert refusals.note == LIE.note()


def test_a_smaller_tree_signed_later_with_another_root_is_a_fork(tmp_path: Path) -> None:
    witness = witness_at(tmp_path)
    witness.add_checkpoint(TRUE.asks(0, 100))
    witness.add_checkpoint(TRUE.asks(100, 200))

    found = fork(witness, Asked(0, (), LIE.note(100)))

    assert found.status == 409
    assert found.fork.size == 100


def test_a_log_that_goes_back_to_what_it_was_is_refused_and_no_fork(tmp_path: Path) -> None:
    witness = witness_at(tmp_path)
    witness.add_checkpoint(TRUE.asks(0, 100))
    witness.add_checkpoint(TRUE.asks(100, 200))

    with pytest.raises(Refused) as caught:
        witness.add_checkpoint(TRUE.asks(0, 100))

    assert (caught.value.status, caught.value.size) == (409, 200)
    assert witness.memory.forks() == []


def test_after_a_fork_even_the_true_log_waits_for_a_person(tmp_path: Path) -> None:
    witness = witness_at(tmp_path)
    witness.add_checkpoint(TRUE.asks(0, 100))
    fork(witness, LIE.asks(100))

    for asked in (TRUE.asks(100), TRUE.asks(100, 100), LIE.asks(100)):
        # A witness started anew remembers as well.
        assert fork(witness_at(tmp_path), asked).status == 403
    assert witness.acknowledge(ORIGIN, "审计局 李审计", "backup brought back by mistake") == 1

    assert witness.add_checkpoint(TRUE.asks(100))
    kept = witness.memory.forks()
    assert [(one.acknowledged_by, one.size) for one in kept] == [("审计局 李审计", 300)]
    assert Path(kept[0].file).exists()


def test_a_history_that_was_refused_once_is_refused_again_after_the_acknowledgement(
    tmp_path: Path,
) -> None:
    witness = witness_at(tmp_path)
    witness.add_checkpoint(TRUE.asks(0, 100))
    fork(witness, LIE.asks(100))
    witness.acknowledge(ORIGIN, "a", "b")

    fork(witness, LIE.asks(100))

    files = sorted(path.name for path in (tmp_path / "evidence").iterdir())
    assert files == ["20260921T141320Z-300-1.txt", "20260921T141320Z-300.txt"]


def test_a_fork_needs_the_logs_signature_strangers_cannot_stop_a_witness(tmp_path: Path) -> None:
    witness = witness_at(tmp_path)
    witness.add_checkpoint(TRUE.asks(0, 100))
    forged = signed(100, LIE.root(100)).replace(b"300", b"100")
    spoiled = bytearray(forged)
    spoiled[-6] ^= 1

    for note in (bytes(spoiled), TRUE.note(100).replace(b"yunze", b"other")):
        with pytest.raises(Refused) as caught:
            witness.add_checkpoint(Asked(100, (), note))
        assert not isinstance(caught.value, ForkFound)

    assert witness.memory.forks() == []
    assert witness.add_checkpoint(TRUE.asks(100))
