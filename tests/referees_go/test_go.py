"""Go's own sumdb/note and sumdb/tlog accept what the seal makes, and nothing that was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from adapters.keys import FileSigner
from hub.seal import merkle, note, proof
from hub.seal.checkpoint import Checkpoint
from hub.seal.note import COSIGNATURE, ED25519, Note, cosignature, cosignature_message
from hub.seal.tiles import Tiles
from tests.hub.seal.naive import entries, entry, mth
from tests.hub.seal.test_tiles import published
from tests.referees_go.program import ask

if TYPE_CHECKING:
    from pathlib import Path

LOG = FileSigner("shuqiao/city", ED25519, b"\x05" * 32)
WITNESS = FileSigner("audit.city", COSIGNATURE, b"\x06" * 32)
SIZES = (1, 2, 3, 5, 8, 70, 255, 256, 257, 600)


def checkpoint(size: int) -> bytes:
    """Return a checkpoint as the sealer signs it, with a witness's line that Go does not know."""
    text = Checkpoint("shuqiao/city", size, mth(entries(size))).text
    ours = note.Signature(LOG.key.name, LOG.key.key_id, LOG.sign(text.encode()))
    seen = cosignature(
        WITNESS.key, 1_700_000_000, WITNESS.sign(cosignature_message(text, 1_700_000_000))
    )
    return note.render(Note(text, (ours, seen)))


def tree(size: int) -> Tiles:
    return Tiles(published(size).__getitem__, size)


def inclusion(size: int, index: int) -> dict[str, Any]:
    steps = merkle.inclusion(index, size, tree(size))
    found = {"kind": "inclusion", "note": checkpoint(size), "index": index, "proof": steps}
    return {**found, "entry": entry(index)}


def consistency(old: int, new: int) -> dict[str, Any]:
    steps = merkle.consistency(old, new, tree(new))
    return {
        "kind": "consistency",
        "old": checkpoint(old),
        "note": checkpoint(new),
        "proof": steps,
    }


def receipt(size: int, index: int, extra: bytes = b"") -> dict[str, Any]:
    steps = tuple(merkle.inclusion(index, size, tree(size)))
    made = proof.render(proof.Receipt(index, steps, checkpoint(size), extra))
    return {"kind": "receipt", "receipt": made, "entry": entry(index)}


def test_go_opens_our_checkpoints_and_finds_size_and_root(referee: Path) -> None:
    checks = [{"kind": "checkpoint", "note": checkpoint(size)} for size in SIZES]
    for size, found in zip(SIZES, ask(referee, LOG.key.text, checks), strict=True):
        assert (found.ok, found.size, found.root) == (True, size, mth(entries(size))), found.reason


def test_go_accepts_every_inclusion_proof(referee: Path) -> None:
    checks = [inclusion(size, i) for size in SIZES for i in range(0, size, max(1, size // 9))]
    assert [each.reason for each in ask(referee, LOG.key.text, checks) if not each.ok] == []


def test_go_accepts_every_consistency_proof(referee: Path) -> None:
    checks = [consistency(old, new) for new in SIZES for old in SIZES if old <= new]
    assert [each.reason for each in ask(referee, LOG.key.text, checks) if not each.ok] == []


def test_go_accepts_our_receipts(referee: Path) -> None:
    checks = [receipt(size, i, b"x" * i) for size in SIZES for i in {0, size // 2, size - 1}]
    assert [each.reason for each in ask(referee, LOG.key.text, checks) if not each.ok] == []


@pytest.mark.parametrize("size", SIZES)
def test_go_proves_every_event_and_every_earlier_size_from_our_tiles(
    referee: Path, tmp_path: Path, size: int
) -> None:
    lay(published(size), tmp_path)
    leaves = [merkle.leaf(each) for each in entries(size)]
    sizes = list(range(1, size + 1))
    check = {"kind": "tiles", "note": checkpoint(size), "leaves": leaves, "sizes": sizes}
    (found,) = ask(referee, LOG.key.text, [check], log=str(tmp_path))

    assert found.ok, found.reason
    assert found.checks == 2 * size


def test_go_rejects_every_note_with_a_byte_flipped(referee: Path) -> None:
    whole = checkpoint(70)
    # The witness's line is not the log's: Go was not given its key, so it says nothing about it.
    end = whole.index("— audit.city".encode())
    checks = [{"kind": "checkpoint", "note": flipped(whole, at)} for at in range(end)]
    accepted = [at for at, found in enumerate(ask(referee, LOG.key.text, checks)) if found.ok]
    assert accepted == []


def test_go_rejects_every_receipt_with_a_byte_flipped(referee: Path) -> None:
    check = receipt(70, 33)
    whole: bytes = check["receipt"]
    end = whole.index("— audit.city".encode())
    checks = [{**check, "receipt": flipped(whole, at)} for at in range(end)]
    accepted = [at for at, found in enumerate(ask(referee, LOG.key.text, checks)) if found.ok]
    assert accepted == []


def test_go_rejects_proofs_with_a_byte_flipped(referee: Path) -> None:
    checks = []
    for good in (inclusion(600, 333), consistency(255, 600)):
        for step in range(len(good["proof"])):
            steps = [*good["proof"]]
            steps[step] = flipped(steps[step], step % 32)
            checks.append({**good, "proof": steps})
        checks += [
            {**good, "proof": good["proof"][:-1]},
            {**good, "proof": [*good["proof"], b"\0" * 32]},
        ]
    checks += [{**inclusion(600, 333), "entry": b"another"}, {**inclusion(600, 333), "index": 334}]

    assert [each for each in ask(referee, LOG.key.text, checks) if each.ok] == []


def test_go_rejects_tiles_with_a_byte_flipped(referee: Path, tmp_path: Path) -> None:
    files = published(600)
    leaves = [merkle.leaf(each) for each in entries(600)]
    check = {"kind": "tiles", "note": checkpoint(600), "leaves": leaves, "sizes": []}
    for number, name in enumerate(files):
        folder = tmp_path / str(number)
        lay({**files, name: flipped(files[name], 40 % len(files[name]))}, folder)
        (found,) = ask(referee, LOG.key.text, [check], log=str(folder))
        assert not found.ok, name


def test_go_rejects_another_logs_key(referee: Path) -> None:
    for thief in (
        FileSigner("shuqiao/city", ED25519, b"\x07" * 32),
        FileSigner("shuqiao/other", ED25519, b"\x05" * 32),
    ):
        (found,) = ask(referee, thief.key.text, [{"kind": "checkpoint", "note": checkpoint(5)}])
        assert not found.ok


def lay(files: dict[str, bytes], folder: Path) -> None:
    for name, held in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(held)


def flipped(whole: bytes, at: int) -> bytes:
    return whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
