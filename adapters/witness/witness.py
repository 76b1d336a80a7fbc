"""The rules of a witness (C2SP tlog-witness): sign what continues, refuse and keep what forks.

The answer of one request is decided, kept on disk and only then given. A fork stops the witness
for that log until a person has acknowledged it.
"""

import base64
import binascii
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from adapters.keys import Signer, verify
from adapters.witness import contradiction, evidence
from adapters.witness.evidence import Contradiction
from adapters.witness.memory import Change, Cosigned, Fork, Memory
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.merkle import HASH_BYTES, ProofError, check_consistency, sha256
from hub.seal.note import COSIGNATURE, Note, NoteError, VerifierKey

BODY_BYTES_MAX = 64 * 1024
PROOF_LINES_MAX = 63
_EMPTY = sha256(b"")


class Refused(Exception):
    """A checkpoint is not cosigned: the HTTP status of C2SP tlog-witness and a sentence."""

    def __init__(self, status: int, sentence: str, *, size: int | None = None) -> None:
        """Keep the status; `size` is what the witness knows, where the asker was wrong about it."""
        super().__init__(sentence)
        self.status = status
        self.size = size


class ForkFound(Refused):
    """The log has signed two checkpoints that cannot both be true, now or some time ago."""

    def __init__(self, status: int, fork: Fork) -> None:
        """Say where the evidence lies."""
        super().__init__(
            status,
            f"the log {fork.origin} has forked at {fork.size} leaves; this witness keeps the"
            f" evidence ({fork.file}) and signs nothing more for it until a person acknowledges"
            " that: hub witness acknowledge",
        )
        self.fork = fork


class Asked(NamedTuple):
    """What a log asks of a witness: its last known size, the proof from there, the checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes


class Seen(NamedTuple):
    """A signed checkpoint whose log and signature are good.

    `data` is what is kept of it: the text under the log's own signature. Other lines may be
    anybody's, and a stranger could fill the disk, or a page of evidence, with them.
    """

    checkpoint: Checkpoint
    note: Note
    data: bytes


class Witness:
    """One witness: its name and key, the logs it knows, its memory."""

    def __init__(
        self,
        memory: Memory,
        signer: Signer,
        logs: Iterable[VerifierKey],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Serve these logs, each named by its key; a cosignature's key is of kind 04."""
        if signer.key.kind != COSIGNATURE:
            raise NoteError(f"the key of {signer.key.name} is not one for cosignatures (kind 04)")
        self.memory = memory
        self.key = signer.key
        self.logs: dict[str, list[VerifierKey]] = {}
        for key in logs:
            self.logs.setdefault(key.name, []).append(key)
        self._signer = signer
        self._clock = clock

    def add_checkpoint(self, asked: Asked) -> str:
        """Cosign a checkpoint that continues the last one; return the signature line.

        Raises Refused. Asking again after a lost answer is safe: the witness then says the size it
        knows (409), and from that size the same checkpoint is cosigned again.
        """
        seen = self.seen(asked.note)
        with self.memory.changing() as change:
            answer = self._decided(change, seen, asked)
        # What was refused is kept as well: raise only after the memory is on the disk.
        if isinstance(answer, Refused):
            raise answer
        return answer

    def seen(self, data: bytes) -> Seen:
        """Read a signed checkpoint of a log this witness knows; raises Refused (400, 403, 404)."""
        try:
            note = notes.parse(data)
            checkpoint = Checkpoint.parse(note.text)
        except NoteError as wrong:
            raise Refused(400, str(wrong)) from wrong
        keys = self.logs.get(checkpoint.origin)
        if keys is None:
            raise Refused(404, "this witness does not know such a log")
        own = [notes.signature_of(note, key, verify) for key in keys]
        signed = Note(note.text, tuple(each for each in own if each is not None))
        if not signed.signatures:
            raise Refused(403, "the checkpoint bears no valid signature of the log's known key")
        return Seen(checkpoint, note, notes.render(signed))

    def keep_fork(self, seen: Seen, why: Contradiction) -> Fork:
        """Keep the evidence of a fork from the last checkpoint; return it, the open one if any."""
        with self.memory.changing() as change:
            first = change.latest(seen.checkpoint.origin)
            assert first is not None, "a fork needs a first checkpoint"
            return change.open_fork(seen.checkpoint.origin) or self._keep(change, first, seen, why)

    def keep_refusal(self, seen: Seen, sentence: str) -> None:
        """Count a checkpoint of the log that was refused for another reason than a fork."""
        with self.memory.changing() as change:
            change.keep_refusal(seen.checkpoint.origin, sentence, seen.data, int(self._clock()))

    def acknowledge(self, origin: str, by: str, reason: str) -> int:
        """Go on after a fork, from the last checkpoint cosigned; return how many forks that was."""
        return self.memory.acknowledge(origin, by, reason, int(self._clock()))

    def _decided(self, change: Change, seen: Seen, asked: Asked) -> str | Refused:
        """Return the cosignature or why there is none, in the order of the specification."""
        checkpoint = seen.checkpoint
        before = change.open_fork(checkpoint.origin)
        if before is not None:
            return ForkFound(403, before)
        signed = change.at_size(checkpoint.origin, checkpoint.size)
        if signed is not None and signed.root != checkpoint.root:
            why = contradiction.same_size(checkpoint)
            return ForkFound(409, self._keep(change, signed, seen, why))
        known = change.latest(checkpoint.origin)
        old, old_root = (0, _EMPTY) if known is None else (known.size, known.root)
        if asked.old > checkpoint.size:
            return Refused(400, "the old size is larger than the checkpoint's")
        if asked.old != old:
            return Refused(409, f"the last checkpoint cosigned has {old} leaves", size=old)
        try:
            check_consistency(old, old_root, checkpoint.size, checkpoint.root, asked.proof)
        except ProofError as wrong:
            return self._unproven(change, seen, asked, known, wrong)
        return self._cosign(change, seen)

    def _unproven(
        self, change: Change, seen: Seen, asked: Asked, known: Cosigned | None, wrong: ProofError
    ) -> Refused:
        """Refuse a proof that does not hold; it may itself be the evidence of a fork."""
        if known is not None:
            why = contradiction.from_proof(known.size, known.root, seen.checkpoint, asked.proof)
            if why is not None:
                return ForkFound(422, self._keep(change, known, seen, why))
        change.keep_refusal(seen.checkpoint.origin, str(wrong), seen.data, int(self._clock()))
        return Refused(422, str(wrong))

    def _cosign(self, change: Change, seen: Seen) -> str:
        at = int(self._clock())
        signed = self._signer.sign(notes.cosignature_message(seen.note.text, at))
        size, root = seen.checkpoint.size, seen.checkpoint.root
        change.cosign(seen.checkpoint.origin, Cosigned(size, root, seen.data, at))
        return notes.signature_line(notes.cosignature(self.key, at, signed))

    def _keep(self, change: Change, first: Cosigned, seen: Seen, why: Contradiction) -> Fork:
        """Write the evidence, then the note that it is there: never the other way round."""
        at, origin = int(self._clock()), seen.checkpoint.origin
        text = evidence.page(self.key.name, origin, first.note, seen.data, why, at)
        file = evidence.keep(self.memory.folder, seen.checkpoint.size, text, at)
        change.keep_fork(origin, seen.checkpoint.size, seen.checkpoint.root, str(file), at)
        kept = change.open_fork(origin)
        assert kept is not None, "it was just written"
        return kept


def read_request(body: bytes) -> Asked:
    """Read the body of add-checkpoint; raises Refused (400)."""
    head, gap, note = body.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as wrong:
        raise Refused(400, "the lines before the checkpoint are plain ASCII") from wrong
    word, _, digits = lines[0].partition(" ")
    number = digits.isascii() and digits.isdigit() and len(digits) <= 19  # noqa: PLR2004 - 2**63
    if not gap or word != "old" or not number or (digits[0] == "0" and digits != "0"):
        raise Refused(400, "the request begins with “old N”, proof lines and an empty line")
    if len(lines) - 1 > PROOF_LINES_MAX:
        raise Refused(400, f"a proof has at most {PROOF_LINES_MAX} lines")
    return Asked(int(digits), tuple(_hash(line) for line in lines[1:]), note)


def _hash(line: str) -> bytes:
    try:
        found = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise Refused(400, "a line of the proof is not base64") from wrong
    if len(found) != HASH_BYTES:
        raise Refused(400, f"a line of the proof is a hash of {HASH_BYTES} bytes")
    return found
