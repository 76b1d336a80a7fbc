"""The witness that fetches: it asks the hub for its checkpoint, looks, cosigns, hands in.

It believes the hub nothing but what its key has signed: the proof that the new tree continues the
old one is calculated here, from the hub's tiles, or with a mirror from every leaf.
"""

import json
import sqlite3
import ssl
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import httpx2

from adapters.keys import verify
from adapters.witness import contradiction
from adapters.witness.evidence import Contradiction
from adapters.witness.memory import Cosigned
from adapters.witness.mirror import Mirror, MirrorDamaged
from adapters.witness.witness import Asked, ForkFound, Refused, Seen, Witness
from hub.seal import note as notes
from hub.seal.merkle import ProofError, check_consistency, consistency
from hub.seal.note import NOTE_BYTES_MAX
from hub.seal.tiles import WIDTH, BadTile, Tiles

SECONDS_MAX = 10.0
HAND_IN_AGAIN_SECONDS = 60.0
_TILE_BYTES_MAX = WIDTH * 32
_REASON_BYTES_MAX, _REASON_MAX = 64 * 1024, 500
_NOT_FOUND = 404


class Away(Exception):
    """The hub does not answer now; the same question is worth asking later."""


class Outcome(StrEnum):
    """What one look at the log came to."""

    COSIGNED = "cosigned"
    NOT_TAKEN = "not taken"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    FORKED = "forked"
    AWAY = "away"


class Step(NamedTuple):
    """One look: what it came to, at which size, and a sentence for people."""

    outcome: Outcome
    size: int
    sentence: str


class HubLog:
    """The log of a hub over HTTP: public files, no login."""

    def __init__(self, url: str, ca_file: Path | None = None) -> None:
        """Speak to the hub at this address; `ca_file` where its certificate is the house's own."""
        trusted = ssl.create_default_context(cafile=ca_file) if ca_file else True
        self._client = httpx2.Client(
            base_url=url.rstrip("/"),
            timeout=SECONDS_MAX,
            verify=trusted,
            headers={"User-Agent": "hub-witness", "Accept-Language": "zh"},
        )

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def checkpoint(self) -> bytes:
        """Return the last checkpoint as the hub serves it; raises Away."""
        return self._get("checkpoint", NOTE_BYTES_MAX)

    def tile(self, address: str) -> bytes:
        """Return a tile, the whole one where the part is gone; raises Away."""
        try:
            return self._get(address, _TILE_BYTES_MAX)
        except _NotThere:
            whole, part, _ = address.partition(".p/")
            if not part:
                raise
            return self._get(whole, _TILE_BYTES_MAX)

    def hand_in(self, note: bytes) -> str:
        """Give the hub a cosigned checkpoint; return why it was not taken, empty when it was."""
        found = bytearray()
        kind = {"Content-Type": "text/plain"}
        to = "/log/add-cosignature"
        try:
            with self._client.stream("POST", to, content=note, headers=kind) as answer:
                if answer.is_success:
                    return ""
                for piece in answer.iter_bytes():
                    found += piece
                    if len(found) > _REASON_BYTES_MAX:
                        break
        except (httpx2.RequestError, httpx2.InvalidURL) as wrong:
            raise Away(_words(wrong)) from wrong
        try:
            said = str(json.loads(found)["detail"])[:_REASON_MAX]
            return "".join(each if each.isprintable() else " " for each in said)
        except (ValueError, KeyError, TypeError, RecursionError):
            return f"the hub answers {answer.status_code}"

    def _get(self, address: str, bytes_max: int) -> bytes:
        found = bytearray()
        try:
            with self._client.stream("GET", f"/log/{address}") as answer:
                if answer.status_code == _NOT_FOUND:
                    raise _NotThere(f"the hub has no /log/{address}")
                if not answer.is_success:
                    raise Away(f"the hub answers {answer.status_code} to /log/{address}")
                for piece in answer.iter_bytes():
                    found += piece
                    if len(found) > bytes_max:
                        raise Away(f"/log/{address} is longer than {bytes_max} bytes")
        except (httpx2.RequestError, httpx2.InvalidURL) as wrong:
            raise Away(_words(wrong)) from wrong
        return bytes(found)


class _NotThere(Away):
    """The hub answers, but has no such file."""


class Puller:
    """Follows one log: each step is one look at it."""

    def __init__(
        self,
        witness: Witness,
        origin: str,
        log: HubLog,
        mirror: Mirror | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Follow the log with this origin, keeping its leaf hashes in `mirror` where given."""
        self._witness = witness
        self._origin = origin
        self._log = log
        self._mirror = mirror
        self._clock = clock
        self._not_taken: tuple[str, float, str] = ("", 0.0, "")

    def step(self) -> Step:
        """Look once; whatever goes wrong at the hub is an outcome, not an exception."""
        try:
            return self._look()
        except ForkFound as forked:
            return Step(Outcome.FORKED, forked.fork.size, str(forked))
        except Refused as refused:
            return Step(Outcome.REFUSED, 0, str(refused))
        except (Away, MirrorDamaged) as wrong:
            return Step(Outcome.AWAY, 0, str(wrong))
        except (OSError, sqlite3.Error) as wrong:
            return Step(Outcome.AWAY, 0, f"the witness's own disk does not do: {wrong}")

    def _look(self) -> Step:
        before = self._witness.memory.open_fork(self._origin)
        if before is not None:
            raise ForkFound(403, before)
        seen = self._witness.seen(self._log.checkpoint())
        checkpoint = seen.checkpoint
        if checkpoint.origin != self._origin:
            raise Refused(404, f"the hub shows the log {checkpoint.origin}")
        known = self._witness.memory.latest(self._origin)
        if known is not None and checkpoint.size < known.size:
            self._gone_back(seen, known)
        same = known is not None and (checkpoint.size, checkpoint.root) == known[:2]
        mirrored = self._mirror is None or self._mirror.size == checkpoint.size
        if same and mirrored and notes.signed_by(seen.note, self._witness.key, verify):
            return Step(Outcome.UNCHANGED, checkpoint.size, "nothing new")
        text, until, sentence = self._not_taken
        if same and mirrored and text == seen.note.text and self._clock() < until:
            return Step(Outcome.NOT_TAKEN, checkpoint.size, sentence)
        proof = self._proven(seen, known)
        old = 0 if known is None else known.size
        line = self._witness.add_checkpoint(Asked(old, tuple(proof), seen.data))
        return self._handed_in(seen, line)

    def _handed_in(self, seen: Seen, line: str) -> Step:
        size = seen.checkpoint.size
        why = self._log.hand_in(f"{seen.note.text}\n{line}".encode())
        if not why:
            return Step(Outcome.COSIGNED, size, f"cosigned {size} leaves")
        sentence = f"cosigned {size} leaves, but the hub does not take it: {why}"
        self._not_taken = (seen.note.text, self._clock() + HAND_IN_AGAIN_SECONDS, sentence)
        return Step(Outcome.NOT_TAKEN, size, sentence)

    def _proven(self, seen: Seen, known: Cosigned | None) -> list[bytes]:
        """Return the proof that a checkpoint continues the known one; raises Refused, ForkFound."""
        checkpoint = seen.checkpoint
        if known is not None and known.size == checkpoint.size and known.root != checkpoint.root:
            why = contradiction.same_size(checkpoint)._replace(position=self._position(seen))
            raise ForkFound(409, self._witness.keep_fork(seen, why))
        try:
            if self._mirror is None:
                return self._by_tiles(seen, known)
            self._mirror.continue_to(seen, self._log.tile)
            if known is None:
                return []
            proof = consistency(known.size, checkpoint.size, self._mirror.tiles)
            check_consistency(known.size, known.root, *checkpoint[1:], proof)
        except (ProofError, BadTile) as wrong:
            if known is not None and self._mirror is not None:
                self._by_tiles_anew(seen, known)
            self._witness.keep_refusal(seen, str(wrong))
            raise Refused(422, str(wrong)) from wrong
        return proof

    def _by_tiles(self, seen: Seen, known: Cosigned | None) -> list[bytes]:
        if known is None:
            return []
        tiles = Tiles(self._log.tile, seen.checkpoint.size)
        why, proof = contradiction.from_tree(known.size, known.root, seen.checkpoint, tiles)
        if why is not None:
            raise ForkFound(422, self._witness.keep_fork(seen, why))
        return proof

    def _by_tiles_anew(self, seen: Seen, known: Cosigned) -> None:
        """Raise ForkFound when the log's own tree begins otherwise, with the position if known."""
        try:
            tiles = Tiles(self._log.tile, seen.checkpoint.size)
            why, _ = contradiction.from_tree(known.size, known.root, seen.checkpoint, tiles)
        except (ProofError, BadTile):
            return
        if why is not None:
            why = why._replace(position=self._position(seen))
            raise ForkFound(422, self._witness.keep_fork(seen, why))

    def _position(self, seen: Seen) -> int | None:
        """Return the first position that was changed, where a mirror can tell."""
        if self._mirror is None:
            return None
        try:
            return self._mirror.first_difference(self._log.tile, seen.checkpoint.size)
        except (Away, OSError):
            return None

    def _gone_back(self, seen: Seen, known: Cosigned) -> None:
        """Refuse a smaller tree; with a mirror, one with another root is a fork."""
        checkpoint = seen.checkpoint
        if self._mirror is not None and self._mirror.size >= known.size:
            ours = self._mirror.root_at(checkpoint.size)
            if ours is not None and ours != checkpoint.root:
                proof = consistency(checkpoint.size, known.size, self._mirror.tiles)
                sentence = (
                    f"the tree of {known.size} leaves begins with another tree of"
                    f" {checkpoint.size} leaves."
                )
                why = Contradiction(sentence, checkpoint.size, ours, tuple(proof))
                raise ForkFound(409, self._witness.keep_fork(seen, why))
        try:
            self._witness.add_checkpoint(Asked(known.size, (), seen.data))
        except ForkFound:
            raise
        except Refused:
            pass  # a size the witness never signed itself: it can only say that it is smaller
        sentence = (
            f"the log shows {checkpoint.size} leaves after {known.size} were cosigned: it has gone"
            " back, as after a restored backup"
        )
        self._witness.keep_refusal(seen, sentence)
        raise Refused(409, sentence)


def _words(wrong: Exception) -> str:
    return f"the hub cannot be reached ({str(wrong) or type(wrong).__name__})"
