"""国密 The national track: a tree of SM3 (GB/T 32905) and checkpoints signed with SM2 (GB/T 32918).

It stands beside the SHA-256 tree, over the same positions, for systems under assessment of
commercial cryptography (密码法 §27). Its log entry names the SM3 of the state, so that nothing on
this track rests on SHA-256. The library is software, for development and checking; where the law
demands a certified product, the key lies in a device behind the same `Signer`.
"""

from collections.abc import Callable
from pathlib import Path

from gmssl_pyx import sm2_key_generate, sm2_sign, sm2_verify, sm3_hash

from adapters.keys import BadKey, Signer, check_id, read_file, write_file
from adapters.seal.guard import Guard
from adapters.seal.key import gone
from hub.record import NewEvent, Recorded, entry_with
from hub.seal.note import EXTENDED, SM2, VerifierKey

_KIND = bytes([EXTENDED]) + SM2
_PRIVATE_BYTES, _PUBLIC_BYTES = 32, 64
_UNCOMPRESSED = b"\x04"


def sm3(data: bytes) -> bytes:
    """Return the SM3 of some bytes."""
    digest: bytes = sm3_hash(data)
    return digest


def sm3_leaf(event: NewEvent | Recorded, recorded_at: str) -> bytes:
    """Return the event's leaf on this track: SM3 of 0x00 and the entry with the SM3 of the state.

    {"recorded_at":"…","schema_version":1,"state":"sm3:…","stream_id":"…","type":"…","version":1}
    """
    return sm3(b"\x00" + entry_with(event, recorded_at, "sm3:" + sm3(event.state).hex()))


def sm2_public(key: VerifierKey) -> bytes | None:
    """Return the point of an SM2 key (04 ‖ x ‖ y, 65 bytes), None for a key of another kind."""
    point = key.public.removeprefix(SM2)
    fits = len(point) == 1 + _PUBLIC_BYTES and point[:1] == _UNCOMPRESSED
    return point if key.kind == EXTENDED and key.public.startswith(SM2) and fits else None


def verify(key: VerifierKey, message: bytes, signature: bytes) -> bool:
    """Say whether an SM2 signature (DER) holds, with the usual signer id 1234567812345678."""
    point = sm2_public(key)
    if point is None:
        return False
    try:
        return bool(sm2_verify(point[1:], message, signature))
    except (ValueError, RuntimeError):
        return False


class Sm2Signer:
    """An SM2 key from a file."""

    def __init__(self, name: str, private: bytes, public: bytes) -> None:
        """Take up a key: the name it signs under, its number, its point."""
        self._private = private
        self._key = VerifierKey(name, EXTENDED, SM2 + _UNCOMPRESSED + public)

    @property
    def key(self) -> VerifierKey:
        """Return the public key."""
        return self._key

    def sign(self, message: bytes) -> bytes:
        """Return the signature over a message, in DER."""
        public = self._key.public.removeprefix(SM2 + _UNCOMPRESSED)
        signature: bytes = sm2_sign(self._private, public, message)
        return signature

    @classmethod
    def read(cls, path: Path) -> "Sm2Signer":
        """Read a key file; raises BadKey."""
        name, digits, body = read_file(path)
        key = body.removeprefix(_KIND)
        if not body.startswith(_KIND) or len(key) != _PRIVATE_BYTES + _PUBLIC_BYTES:
            raise BadKey(f"the key in {path} is not an SM2 key; bring back its copy")
        signer = cls(name, key[:_PRIVATE_BYTES], key[_PRIVATE_BYTES:])
        check_id(path, signer.key, digits)
        return signer

    @classmethod
    def create(cls, path: Path, name: str) -> "Sm2Signer":
        """Make a key and keep it in a new file that only its owner reads; raises BadKey."""
        public, private = sm2_key_generate()
        signer = cls(name, private, public)
        write_file(path, signer.key, _KIND + private + public)
        return signer


def sm2_signer_for(path: Path, guard: Guard, log_key: Callable[[], Signer]) -> Sm2Signer:
    """Open the key of the national track; raises BadKey with what to do.

    Only a track that never signed gets a new one, under the log's name and `/sm3`.
    """
    if path.exists():
        return Sm2Signer.read(path)
    last = guard.last()
    if last is not None:
        raise gone(path, last.origin)
    return Sm2Signer.create(path, f"{log_key().key.name}/sm3")
