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

from hub.seal.note import COSIGNATURE, ED25519, EXTENDED, SM2, VerifierKey

_PREFIX = "PRIVATE+KEY+"
# The DER in front of the key itself: an Ed25519 key (RFC 8410), a point on the curve SM2.
_ED25519_INFO = bytes.fromhex("302a300506032b6570032100")
_SM2_INFO = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
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
        name, digits, key = read_file(path)
        if len(key) != 1 + _SEED_BYTES or key[0] not in {ED25519, COSIGNATURE}:
            raise BadKey(f"the key in {path} is not an Ed25519 key; bring back its copy")
        signer = cls(name, key[0], key[1:])
        check_id(path, signer.key, digits)
        return signer

    @classmethod
    def create(cls, path: Path, name: str, kind: int = ED25519) -> "FileSigner":
        """Make a key and keep it in a new file that only its owner reads; raises BadKey."""
        seed = secrets.token_bytes(_SEED_BYTES)
        signer = cls(name, kind, seed)
        write_file(path, signer.key, bytes([kind]) + seed)
        return signer

    @classmethod
    def of(cls, path: Path, name: str, kind: int = ED25519) -> "FileSigner":
        """Read the key file, making it when there is none yet; raises BadKey."""
        return cls.read(path) if path.exists() else cls.create(path, name, kind)


def read_file(path: Path) -> tuple[str, str, bytes]:
    """Return a key file's name, id (8 hex digits) and bytes, the kind first; raises BadKey."""
    try:
        line = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadKey(f"the key file {path} cannot be read: {error}") from error
    parts = line.removeprefix(_PREFIX).split("+", 2)
    if not line.startswith(_PREFIX) or len(parts) != 3:  # noqa: PLR2004 - name, id, key
        raise BadKey(f"{path} is not a key file: it holds no line “{_PREFIX}name+id+key”")
    name, digits, encoded = parts
    try:
        return name, digits, base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadKey(f"the key in {path} is not base64; bring back its copy") from error


def check_id(path: Path, key: VerifierKey, digits: str) -> None:
    """Raise BadKey when the key in a file is not the one its id belongs to."""
    if key.key_id.hex() != digits:
        raise BadKey(f"the key in {path} is damaged (its id differs); bring back its copy")


def write_file(path: Path, key: VerifierKey, secret: bytes) -> None:
    """Keep a secret key, its kind first, in a new file that only its owner reads; raises BadKey."""
    encoded = base64.b64encode(secret).decode()
    line = f"{_PREFIX}{key.name}+{key.key_id.hex()}+{encoded}\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            path.unlink(missing_ok=True)  # half a key would be taken for a damaged one
            raise
    except OSError as error:
        raise BadKey(f"the key file {path} cannot be written: {error}") from error


def public_pem(key: VerifierKey) -> str:
    """Return a public key as OpenSSL reads it (SubjectPublicKeyInfo in PEM)."""
    if key.kind == EXTENDED and key.public.startswith(SM2):
        head, point = _SM2_INFO, key.public.removeprefix(SM2)
    else:
        head, point = _ED25519_INFO, key.public
    encoded = base64.encodebytes(head + point).decode().replace("\n", "")
    lines = [encoded[start : start + 64] for start in range(0, len(encoded), 64)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----\n"])
