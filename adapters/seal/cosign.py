"""Asking witnesses (C2SP tlog-witness): the hub's side of `add-checkpoint`.

Each witness of the policy that has an address is asked about each new checkpoint, by itself, for a
second at most. One that does not answer is left alone for a while, longer each time; what it
missed is in the next proof.
"""

import asyncio
import base64
from collections.abc import Callable, Sequence
from time import monotonic

import httpx2

from adapters.keys import verify
from adapters.seal.store import LogFiles
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.merkle import ProofError, consistency
from hub.seal.note import Note, NoteError, Signature
from hub.seal.policy import Policy, Witness
from hub.seal.tiles import BadTile

SECONDS_MAX = 1.0
REST_SECONDS_MIN, REST_SECONDS_MAX = 1.0, 60.0
ANSWER_BYTES_MAX = 64 * 1024
_SIZE, _CONFLICT, _OK = "text/x.tlog.size", 409, 200
_TRIES = 2
"""The second with the size that the witness says it knows."""
Say = Callable[[str], None]


class Unanswered(Exception):
    """A witness gave no cosignature; the sentence says why."""


def hooks(policy: Policy | None, files: LogFiles, say: Say) -> "list[AskedWitness]":
    """Return one AfterSigning for each witness of a policy that wants to be asked."""
    if policy is None:
        return []
    return [
        AskedWitness(name, witness, files, say)
        for name, witness in policy.witnesses.items()
        if witness.url
    ]


class AskedWitness:
    """One witness, how much of the log it knows, and how long it is left alone."""

    def __init__(
        self,
        name: str,
        witness: Witness,
        files: LogFiles,
        say: Say,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Keep who it is and where proofs are read from."""
        self._name = name
        self._witness = witness
        self._files = files
        self._say = say
        self._clock = clock
        self._known = 0
        self._rest = 0.0
        self._rest_until = 0.0
        self._said = ""
        self._client: httpx2.AsyncClient | None = None

    async def __call__(self, data: bytes) -> Sequence[Signature]:
        """Return the witness's cosignature of a checkpoint, or nothing."""
        if self._clock() < self._rest_until:
            return ()
        try:
            async with asyncio.timeout(SECONDS_MAX):
                found = await self._ask(data)
        except TimeoutError:
            self._leave_alone(f"does not answer within {SECONDS_MAX:g} s")
        except (httpx2.RequestError, httpx2.InvalidURL) as wrong:
            self._leave_alone(f"cannot be reached ({str(wrong) or type(wrong).__name__})")
        except (Unanswered, BadTile, ProofError, NoteError, OSError) as wrong:
            self._leave_alone(str(wrong))
        else:
            if self._rest:
                self._say(f"witness {self._name} answers again")
            self._rest, self._said = 0.0, ""
            return (found,)
        return ()

    async def close(self) -> None:
        """Hang up."""
        if self._client is not None:
            await self._client.aclose()

    async def _ask(self, data: bytes) -> Signature:
        note = notes.parse(data)
        head = Checkpoint.parse(note.text)
        for _ in range(_TRIES):
            status, kind, answer = await self._post(self._request(head, data))
            if status == _OK:
                found = self._signature(note, answer)
                self._known = head.size
                return found
            if status != _CONFLICT or kind != _SIZE:
                words = answer.decode(errors="replace").strip()[:500]
                raise Unanswered(
                    f"refuses the checkpoint of {head.size} leaves ({status}): {words}"
                )
            self._known = _size(answer)
            if self._known > head.size:
                raise Unanswered(
                    f"has cosigned {self._known} leaves of this log, which shows {head.size} now:"
                    " the log has gone back. Run `hub verify`"
                )
        raise Unanswered("says another size each time")

    def _request(self, head: Checkpoint, data: bytes) -> bytes:
        proof = consistency(self._known, head.size, self._files.tiles(head.size))
        lines = [f"old {self._known}", *(base64.b64encode(each).decode() for each in proof)]
        return ("\n".join(lines) + "\n\n").encode() + data

    async def _post(self, body: bytes) -> tuple[int, str, bytes]:
        if self._client is None:
            self._client = httpx2.AsyncClient(headers={"User-Agent": "hub"})
        url = f"{self._witness.url.rstrip('/')}/add-checkpoint"
        answer = bytearray()
        async with self._client.stream("POST", url, content=body) as response:
            async for piece in response.aiter_bytes():
                answer += piece
                if len(answer) > ANSWER_BYTES_MAX:
                    raise Unanswered(f"answers more than {ANSWER_BYTES_MAX} bytes")
        kind = response.headers.get("content-type", "").partition(";")[0].strip()
        return response.status_code, kind, bytes(answer)

    def _signature(self, note: Note, answer: bytes) -> Signature:
        lines = answer.decode(errors="replace").splitlines()
        signatures = tuple(notes.parse_signature(line) for line in lines)
        found = notes.signature_of(Note(note.text, signatures), self._witness.key, verify)
        if found is None:
            raise Unanswered("answers without a valid cosignature of the key in the policy")
        return found

    def _leave_alone(self, why: str) -> None:
        self._rest = min(max(self._rest * 2, REST_SECONDS_MIN), REST_SECONDS_MAX)
        self._rest_until = self._clock() + self._rest
        if why != self._said:
            self._said = why
            self._say(f"witness {self._name} {why}")


def _size(answer: bytes) -> int:
    digits = answer.strip()
    if not digits.isdigit() or len(digits) > 19:  # noqa: PLR2004 - 2**63
        raise Unanswered("answers 409 without a size")
    return int(digits)
