"""C2SP tlog-witness, rule by rule: what is cosigned, what is refused and how."""

from __future__ import annotations

import base64
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from adapters.keys import FileSigner, verify
from adapters.witness.memory import HISTORY_MAX, Change, Memory
from adapters.witness.witness import Asked, Refused, Witness, read_request
from hub.seal import note as notes
from hub.seal.merkle import sha256
from hub.seal.note import Note, NoteError, Signature
from tests.adapters.witness.toylog import (
    LOG_KEY,
    ORIGIN,
    START,
    WITNESS_KEY,
    ToyLog,
    signed,
    witness_at,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def refusal(witness: Witness, asked: Asked) -> Refused:
    with pytest.raises(Refused) as caught:
        witness.add_checkpoint(asked)
    return caught.value


class PowerCut(Exception):
    """Between the disk and the answer."""


class CutMemory(Memory):
    @contextmanager
    def changing(self) -> Iterator[Change]:
        with super().changing() as change:
            yield change
        raise PowerCut


def test_the_first_checkpoint_of_a_known_log_is_cosigned_with_its_time(tmp_path: Path) -> None:
    log, witness = ToyLog(300), witness_at(tmp_path)

    line = witness.add_checkpoint(log.asks(0))

    signature = notes.parse_signature(line.removesuffix("\n"))
    text = notes.parse(log.note()).text
    assert notes.signed_by(Note(text, (signature,)), WITNESS_KEY.key, verify)
    assert notes.cosigned_at(signature) == START


def test_a_checkpoint_that_continues_the_last_is_cosigned(tmp_path: Path) -> None:
    log, witness = ToyLog(300), witness_at(tmp_path)

    for old, new in ((0, 1), (1, 2), (2, 7), (7, 256), (256, 257), (257, 300), (300, 300)):
        assert witness.add_checkpoint(log.asks(old, new)).startswith("— audit.yunze ")

    latest = witness.memory.latest(ORIGIN)
    assert latest is not None
    assert (latest.size, latest.root) == (300, log.root())


def test_of_a_checkpoint_only_the_logs_own_signature_is_kept(tmp_path: Path) -> None:
    log, witness = ToyLog(300), witness_at(tmp_path)
    asked = log.asks(0)
    line = notes.signature_line(Signature("审计署", b"1234", b"\0" * 500)).encode()

    witness.add_checkpoint(asked._replace(note=asked.note + 90 * line))

    latest = witness.memory.latest(ORIGIN)
    assert latest is not None
    assert latest.note == asked.note


def test_a_log_nobody_named_is_unknown(tmp_path: Path) -> None:
    other = FileSigner("somebody/else", 1, b"x" * 32)
    note = signed(1, sha256(b"x"), other, "somebody/else")

    assert refusal(witness_at(tmp_path), Asked(0, (), note)).status == 404


def test_a_checkpoint_needs_the_logs_own_signature(tmp_path: Path) -> None:
    log, witness = ToyLog(5), witness_at(tmp_path)
    thief = FileSigner(ORIGIN, 1, b"t" * 32)
    note = signed(5, log.root(), thief)
    broken = log.note().replace(b"\n5\n", b"\n4\n")

    assert refusal(witness, Asked(0, (), note)).status == 403
    assert refusal(witness, Asked(0, (), broken)).status == 403


def test_an_old_size_the_witness_does_not_know_is_answered_with_the_one_it_knows(
    tmp_path: Path,
) -> None:
    log, witness = ToyLog(300), witness_at(tmp_path)
    witness.add_checkpoint(log.asks(0, 100))

    for old in (0, 99, 101):
        refused = refusal(witness, log.asks(old, 200))
        assert (refused.status, refused.size) == (409, 100)


def test_an_old_size_beyond_the_checkpoint_is_a_mistake(tmp_path: Path) -> None:
    log, witness = ToyLog(300), witness_at(tmp_path)
    witness.add_checkpoint(log.asks(0, 200))

    refused = refusal(witness, Asked(200, (), log.note(100)))

    assert (refused.status, refused.size) == (400, None)


def test_a_wrong_proof_is_refused_counted_and_does_not_stop_the_log(tmp_path: Path) -> None:
    log, witness = ToyLog(300), witness_at(tmp_path)
    witness.add_checkpoint(log.asks(0, 100))
    honest = log.asks(100, 200)

    for proof in ((), honest.proof[:-1], (sha256(b"x"), *honest.proof[1:]), (*honest.proof,) * 2):
        refused = refusal(witness, honest._replace(proof=proof))
        assert refused.status == 422

    refusals = witness.memory.refusals(ORIGIN)
    assert refusals is not None
    assert refusals.times == 4
    assert witness.memory.forks() == []
    assert witness.add_checkpoint(honest)


def test_a_proof_from_nothing_is_empty(tmp_path: Path) -> None:
    log, witness = ToyLog(300), witness_at(tmp_path)
    asked = Asked(0, (sha256(b"x"),), log.note())

    assert refusal(witness, asked).status == 422


def test_an_answer_that_was_lost_can_be_asked_for_again(tmp_path: Path) -> None:
    log = ToyLog(300)
    witness_at(tmp_path).add_checkpoint(log.asks(0, 100))

    cut = Witness(CutMemory(tmp_path), WITNESS_KEY, [LOG_KEY.key])
    with pytest.raises(PowerCut):
        cut.add_checkpoint(log.asks(100, 200))
    again = witness_at(tmp_path, START + 60)
    refused = refusal(again, log.asks(100, 200))
    line = again.add_checkpoint(log.asks(refused.size or 0, 200))

    assert refused.size == 200
    assert notes.cosigned_at(notes.parse_signature(line[:-1])) == START + 60


def test_of_requests_at_the_same_time_one_wins_and_none_goes_back(tmp_path: Path) -> None:
    log = ToyLog(300)
    witness_at(tmp_path).add_checkpoint(log.asks(0, 100))
    sizes = list(range(101, 141))
    answers: dict[int, object] = {}
    begin = threading.Barrier(len(sizes))

    def ask(size: int) -> None:
        witness, asked = witness_at(tmp_path), log.asks(100, size)
        begin.wait()
        try:
            answers[size] = witness.add_checkpoint(asked)
        except Refused as refused:
            answers[size] = refused

    threads = [threading.Thread(target=ask, args=(size,)) for size in sizes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    won = [size for size, answer in answers.items() if isinstance(answer, str)]
    lost = [answer for answer in answers.values() if isinstance(answer, Refused)]
    latest = Memory(tmp_path).latest(ORIGIN)
    assert len(won) == 1
    assert latest is not None
    assert latest.size == won[0]
    assert {(one.status, one.size) for one in lost} == {(409, won[0])}


def test_a_witness_signs_with_a_key_for_cosignatures_only(tmp_path: Path) -> None:
    with pytest.raises(NoteError, match="cosignatures"):
        Witness(Memory(tmp_path), FileSigner("w", 1, b"w" * 32), [LOG_KEY.key])


def test_checkpoints_far_behind_are_forgotten_the_last_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert HISTORY_MAX >= 1000
    monkeypatch.setattr("adapters.witness.memory.HISTORY_MAX", 3)
    log, witness = ToyLog(9), witness_at(tmp_path)
    for size in range(9):
        witness.add_checkpoint(log.asks(size, size + 1))

    with witness.memory.changing() as change:
        kept = [size for size in range(1, 10) if change.at_size(ORIGIN, size) is not None]

    assert kept == [7, 8, 9]


def test_the_request_is_read_as_the_specification_writes_it() -> None:
    log = ToyLog(300)
    proof = log.asks(100).proof
    lines = "".join(f"{base64.b64encode(each).decode()}\n" for each in proof)

    asked = read_request(f"old 100\n{lines}\n".encode() + log.note())

    assert asked == log.asks(100)


@pytest.mark.parametrize(
    "head",
    [
        "",
        "old",
        "old x",
        "old -1",
        "old 01",
        "old 5 ",
        "old 99999999999999999999",
        "new 5",
        "old 5\nnot base64",
        "old 5\nAAAA",
        "old \uff15",
        "old 5\n" + "\n".join([base64.b64encode(bytes(32)).decode()] * 64),
    ],
)
def test_a_request_written_otherwise_is_refused(head: str) -> None:
    body = f"{head}\n\n".encode() + ToyLog(5).note()

    with pytest.raises(Refused) as caught:
        read_request(body)
    assert caught.value.status == 400


def test_a_checkpoint_that_is_none_is_refused(tmp_path: Path) -> None:
    for note in (b"", b"a\n\nb\n", b"a\n1\nAAAA\n\n\xe2\x80\x94 a AAAA\n", b"\xff"):
        refused = refusal(witness_at(tmp_path), Asked(0, (), note))
        assert refused.status == 400
