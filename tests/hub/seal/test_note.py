"""Signed notes, checkpoints and receipts: read as the standard says, refused otherwise."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.keys import FileSigner, verify
from hub.seal import merkle, note, proof
from hub.seal.checkpoint import Checkpoint
from hub.seal.merkle import ProofError
from hub.seal.note import (
    COSIGNATURE,
    ED25519,
    Note,
    NoteError,
    VerifierKey,
    cosignature,
    cosignature_message,
    cosigned_at,
    signature_of,
    signed_by,
)
from hub.seal.proof import Receipt
from tests.hub.seal.naive import entries, mth, path

# The example in the documentation of Go's sumdb/note.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb"
    "6KE6RyyBwJnAM=\n"
).encode()
LOG = FileSigner("shuqiao/city", ED25519, b"\x01" * 32)
WITNESS = FileSigner("audit.city", COSIGNATURE, b"\x02" * 32)


def signed(text: str, by: FileSigner = LOG) -> Note:
    return Note(text, (note.Signature(by.key.name, by.key.key_id, by.sign(text.encode())),))


def cosigned(of: Note, at: int = 1_700_000_000) -> Note:
    line = cosignature(WITNESS.key, at, WITNESS.sign(cosignature_message(of.text, at)))
    return Note(of.text, (*of.signatures, line))


def receipt(size: int, index: int) -> tuple[Receipt, bytes]:
    d = entries(size)
    head = Checkpoint("shuqiao/city", size, mth(d))
    made = Receipt(index, tuple(path(index, d)), note.render(cosigned(signed(head.text))))
    return made, merkle.leaf(d[index])


def test_the_example_of_gos_notes_is_read_and_holds() -> None:
    key = VerifierKey.parse(GO_KEY)

    assert key.text == GO_KEY
    assert signed_by(note.parse(GO_NOTE), key, verify)
    assert note.render(note.parse(GO_NOTE)) == GO_NOTE
    assert not signed_by(note.parse(GO_NOTE.replace(b"answer", b"ANSWER")), key, verify)


def test_a_witness_signs_when_it_saw_the_checkpoint() -> None:
    both = cosigned(signed("shuqiao/city\n1\nx\n"), at=1_700_000_123)
    found = signature_of(both, WITNESS.key, verify)

    assert found is not None
    assert cosigned_at(found) == 1_700_000_123
    assert signed_by(both, LOG.key, verify)
    later = found._replace(blob=(1_700_000_124).to_bytes(8, "big") + found.blob[8:])
    assert not signed_by(both._replace(signatures=(later,)), WITNESS.key, verify)


def test_a_time_that_no_calendar_has_is_no_cosignature() -> None:
    """It would be shown to people: a witness could stop the page that shows it."""
    plain = signed(Checkpoint("shuqiao/city", 1, b"\x07" * 32).text)

    assert signed_by(cosigned(plain, note.TIME_MAX), WITNESS.key, verify)
    for at in (note.TIME_MAX + 1, 2**63 - 1, 2**64 - 1):
        assert not signed_by(cosigned(plain, at), WITNESS.key, verify)


def test_one_bad_line_of_a_key_spoils_its_good_one() -> None:
    good = signed("a text\n")
    bad = good.signatures[0]._replace(blob=b"\0" * 64)
    for lines in ((bad, good.signatures[0]), (good.signatures[0], bad)):
        assert not signed_by(Note(good.text, lines), LOG.key, verify)


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_a_note_with_one_bit_flipped_is_not_signed(data: st.DataObject) -> None:
    whole = note.render(signed("shuqiao/city\n5\n" + base64.b64encode(mth(())).decode() + "\n"))
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    changed = bytearray(whole)
    changed[bit // 8] ^= 1 << bit % 8
    try:
        opened = note.parse(bytes(changed))
    except NoteError:
        return
    found = signature_of(opened, LOG.key, verify)
    # The last bits of base64 mean nothing: such a flip leaves the signature as it was.
    assert found is None or (opened.text, found) == (
        note.parse(whole).text,
        note.parse(whole).signatures[0],
    )


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"\n", b"\n\n", b"text\n", b"text\n\n", b"text\n\n\xe2\x80\x94 name", b"\xff\n\n"),
        *(b"text\n\nname AAAAAAAA\n", "text\n\n— name AAAA\n".encode(), "text\n\n—\n".encode()),
        *("text\n\n— na+me AAAAAAAA\n".encode(), "text\n\n— n !!!!\n".encode()),
        *("te\txt\n\n— n AAAAAAAA\n".encode(), b"a\n\n" + "— n AAAAAAAA\n".encode() * 101),
    ],
)
def test_what_is_no_note_is_refused(data: bytes) -> None:
    with pytest.raises(NoteError):
        note.parse(data)


@pytest.mark.parametrize(
    "text",
    [
        *("", "name", "name+00000000", "name+00000000+", f"+{GO_KEY[13:]}", f" x y{GO_KEY[12:]}"),
        *(GO_KEY.replace("c74f20a3", "c74f20a4"), GO_KEY.replace("PeterN", "PeterM")),
        *(GO_KEY[:-4] + "????", GO_KEY.replace("c74f20a3", "C74F20A3")),
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey.parse(text)


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_is_read_as_it_was_written(size: int, root: bytes) -> None:
    head = Checkpoint("shuqiao/city", size, root)
    assert Checkpoint.parse(head.text) == head


@pytest.mark.parametrize(
    "text",
    [
        *("", "o\n", "o\n1\n", "o\n1\nAAAA", "o\n01\n{r}\n", "o\n-1\n{r}\n", "o\n+1\n{r}\n"),
        *(
            "o\n 1\n{r}\n",
            "o\n\n{r}\n",
            "\n1\n{r}\n",
            "o\n1\nAAAA\n",
            "o\n1\n{r}",
            "o\n\u0661\n{r}\n",
        ),
        *("o\n1\n!\n", "o\n9223372036854775808\n{r}\n", "o\n1\n{r}\n\n"),
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text.replace("{r}", base64.b64encode(b"\0" * 32).decode()))


@given(st.data())
@settings(deadline=None, max_examples=30)
def test_a_receipt_is_read_as_it_was_written_and_proves_its_event(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 400))
    index = data.draw(st.integers(0, size - 1))
    made, leaf = receipt(size, index)
    made = replace(made, extra=data.draw(st.binary(max_size=40)))

    read = proof.parse(proof.render(made))
    assert read == made
    assert proof.check(read, leaf, LOG.key, verify) == made.head
    with pytest.raises(ProofError):
        proof.check(read, merkle.leaf(b"another event"), LOG.key, verify)


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_a_receipt_with_one_bit_flipped_never_proves_another_event(data: st.DataObject) -> None:
    made, leaf = receipt(200, 77)
    whole = proof.render(made)
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    changed = bytearray(whole)
    changed[bit // 8] ^= 1 << bit % 8
    try:
        read = proof.parse(bytes(changed))
        head = proof.check(read, leaf, LOG.key, verify)
    except (ProofError, NoteError):
        return
    # What still holds says the same: a flip in a cosignature, which the log's key does not check.
    assert (read.index, head) == (77, made.head)


def test_a_receipt_under_another_key_or_of_another_log_proves_nothing() -> None:
    made, leaf = receipt(20, 3)
    thief = FileSigner("shuqiao/city", ED25519, b"\x09" * 32)
    other = FileSigner("shuqiao/other", ED25519, b"\x01" * 32)
    for key in (thief.key, other.key):
        with pytest.raises(ProofError):
            proof.check(made, leaf, key, verify)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"),
        *(("index 3", "index 03"), ("index 3", "index -3"), ("index 3", "index"), ("index 3", "3")),
        *(("index 3", "index \u0663"), ("index 3", "index 3 "), ("index 3", "index 3\nAAAA")),
        *(("index 3", "extra !!\nindex 3"), ("index 3", "index 3\n" + ("A" * 43 + "=\n") * 64)),
        ("index 3", "index 9223372036854775807"),
        ("\n\n", "\n"),
    ],
)
def test_what_is_no_receipt_is_refused(old: str, new: str) -> None:
    whole = proof.render(receipt(20, 3)[0]).decode()
    with pytest.raises(NoteError):
        proof.parse(whole.replace(old, new, 1 if old != "\n\n" else -1).encode())
