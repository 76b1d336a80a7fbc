"""Receipts (C2SP tlog-proof, `.tlog-proof`): all that is needed to check one event offline."""

import base64
import binascii
from dataclasses import dataclass

from hub.seal import note as notes
from hub.seal.checkpoint import SIZE_MAX, Checkpoint
from hub.seal.merkle import HASH_BYTES, Digest, ProofError, check_inclusion, sha256
from hub.seal.note import NoteError, VerifierKey, Verify

HEADER = "c2sp.org/tlog-proof@v1"
_STEPS_MAX, _DIGITS_MAX = 63, len(str(SIZE_MAX))


@dataclass(frozen=True)
class Receipt:
    """A leaf's index (position - 1), its path, and the signed checkpoint it leads to."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""

    @property
    def head(self) -> Checkpoint:
        """Return the checkpoint this receipt leads to; raises NoteError."""
        return Checkpoint.parse(notes.parse(self.checkpoint).text)


def render(receipt: Receipt) -> bytes:
    """Return a receipt as the text of a `.tlog-proof` file."""
    lines = [HEADER]
    if receipt.extra:
        lines.append(f"extra {base64.b64encode(receipt.extra).decode()}")
    lines.append(f"index {receipt.index}")
    lines += [base64.b64encode(each).decode() for each in receipt.hashes]
    return ("\n".join(lines) + "\n\n").encode() + receipt.checkpoint


def parse(data: bytes) -> Receipt:
    """Read a `.tlog-proof`; raises NoteError for anything else."""
    head, gap, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise NoteError("a receipt begins with lines of plain ASCII") from error
    if not gap or lines.pop(0) != HEADER:
        raise NoteError(f"a receipt begins with the line {HEADER}")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = _decoded(lines.pop(0).removeprefix("extra "))
    word, _, digits = lines.pop(0).partition(" ") if lines else ("", "", "")
    # It has one spelling, without leading zeros.
    fine = digits.isdigit() and len(digits) <= _DIGITS_MAX and digits == str(int(digits))
    if word != "index" or not fine or int(digits) >= SIZE_MAX:
        raise NoteError("a receipt names the index of its event: “index N”")
    hashes = tuple(_decoded(line) for line in lines)
    if len(hashes) > _STEPS_MAX or any(len(each) != HASH_BYTES for each in hashes):
        raise NoteError(f"the path of a receipt has at most {_STEPS_MAX} hashes of 32 bytes")
    return Receipt(int(digits), hashes, checkpoint, extra)


def check(
    receipt: Receipt,
    leaf_hash: bytes,
    key: VerifierKey,
    verify: Verify,
    digest: Digest = sha256,
) -> Checkpoint:
    """Return the checkpoint that proves this leaf; raises ProofError or NoteError if none does."""
    signed = notes.parse(receipt.checkpoint)
    head = Checkpoint.parse(signed.text)
    if head.origin != key.name:
        raise ProofError(f"the checkpoint is of the log {head.origin}, the key of {key.name}")
    if not notes.signed_by(signed, key, verify):
        raise ProofError(f"the checkpoint bears no valid signature of {key.name}")
    check_inclusion(leaf_hash, receipt.index, head.size, receipt.hashes, head.root, digest)
    return head


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("a line of the receipt is not base64") from error
