"""Ed25519 keys of logs and witnesses: in a file, and checking by public keys.

A key file holds one line, as Go's sumdb/note writes it: `PRIVATE+KEY+name+id+base64`.
"""

import base64
import binascii
import os
import secrets
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hub.seal.note import COSIGNATURE, ED25519, VerifierKey

_PREFIX = "PRIVATE+KEY+"
_SEED_BYTES = 32


class BadKey(Exception):
    """A key file cannot be used; the sentence says why and what to do."""


class Signer(Protocol):
    """What signs: a key in a file, or in a device that never gives it away."""

    @property
    def key(self) -> VerifierKey:
        """Return the public key that belongs to it."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the signature over a message."""
        ...


def verify(key: VerifierKey, message: bytes, signature: bytes) -> bool:
    """Say whether an Ed25519 signature holds; of another kind of key, no."""
    if key.kind not in {ED25519, COSIGNATURE}:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


class FileSigner:
    """An Ed25519 key from a file."""

    def __init__(self, name: str, kind: int, seed: bytes) -> None:
        """Take up a key: the name it signs under, its kind, its 32 secret bytes."""
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._key = VerifierKey(name, kind, self._private.public_key().public_bytes_raw())

    @property
    def key(self) -> VerifierKey:
        """Return the public key."""
        return self._key

    def sign(self, message: bytes) -> bytes:
        """Return the signature over a message, 64 bytes."""
        return self._private.sign(message)

    @classmethod
    def read(cls, path: Path) -> "FileSigner":
        """Read a key file; raises BadKey."""
        try:
            line = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadKey(f"the key file {path} cannot be read: {error}") from error
        parts = line.removeprefix(_PREFIX).split("+", 2)
        if not line.startswith(_PREFIX) or len(parts) != 3:  # noqa: PLR2004 - name, id, key
            raise BadKey(f"{path} is not a key file: it holds no line “{_PREFIX}name+id+key”")
        name, digits, encoded = parts
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadKey(f"the key in {path} is not base64; bring back its copy") from error
        if len(key) != 1 + _SEED_BYTES or key[0] not in {ED25519, COSIGNATURE}:
            raise BadKey(f"the key in {path} is not an Ed25519 key; bring back its copy")
        signer = cls(name, key[0], key[1:])
        if signer.key.key_id.hex() != digits:
            raise BadKey(f"the key in {path} is damaged (its id differs); bring back its copy")
        return signer

    @classmethod
    def create(cls, path: Path, name: str, kind: int = ED25519) -> "FileSigner":
        """Make a key and keep it in a new file that only its owner reads; raises BadKey."""
        seed = secrets.token_bytes(_SEED_BYTES)
        signer = cls(name, kind, seed)
        encoded = base64.b64encode(bytes([kind]) + seed).decode()
        line = f"{_PREFIX}{name}+{signer.key.key_id.hex()}+{encoded}\n"
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise BadKey(f"the key file {path} cannot be written: {error}") from error
        return signer

    @classmethod
    def of(cls, path: Path, name: str, kind: int = ED25519) -> "FileSigner":
        """Read the key file, making it when there is none yet; raises BadKey."""
        return cls.read(path) if path.exists() else cls.create(path, name, kind)
