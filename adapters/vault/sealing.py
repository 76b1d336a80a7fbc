"""The arithmetic of the vault: key-encryption key, data keys, salts, sealed texts.

A data key belongs to one subject and generation; the key-encryption key wraps it (AES-256-GCM,
bound to both). Salt and sealing key are derived from it, so destroying it destroys every salt. The
salt follows from the command's id too: the same command sent again makes the same commitment.
"""

import base64
import binascii
import os
import tempfile
from hashlib import sha256
from hmac import digest
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.personal import commitment

KEY_BYTES = 32
NONCE_BYTES = 12
SALT_BYTES = 32


class VaultProblem(Exception):
    """The vault cannot be used; the sentence says why and what to do."""


class DataKey:
    """The key of one subject: makes salts, seals and opens texts."""

    def __init__(self, subject_id: str, generation: int, key: bytes) -> None:
        """Derive what salts and what seals."""
        self.subject_id = subject_id
        self.generation = generation
        self._salting = digest(key, b"shuqiao personal salt", "sha256")
        self._sealing = AESGCM(digest(key, b"shuqiao personal seal", "sha256"))

    def seal(self, command_id: str, command: str, field: str, text: str) -> tuple[str, bytes]:
        """Return the commitment to a text, and the text with its salt, sealed."""
        about = f"{command_id}\0{command}\0{field}\0{text}".encode()
        salt = digest(self._salting, about, "sha256")
        committed = commitment(salt, text)
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._sealing.encrypt(nonce, salt + text.encode(), self._bound_to(committed))
        return committed, nonce + sealed

    def open(self, committed: str, sealed: bytes) -> str | None:
        """Return the text behind a commitment; None where the sealed text is not that text."""
        nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            plain = self._sealing.decrypt(nonce, rest, self._bound_to(committed))
            text = plain[SALT_BYTES:].decode()
        except (InvalidTag, ValueError):
            return None
        return text if commitment(plain[:SALT_BYTES], text) == committed else None

    def _bound_to(self, committed: str) -> bytes:
        return f"{self.subject_id}\0{self.generation}\0{committed}".encode()


class MasterKey:
    """The key-encryption key: wraps data keys; `key_id` says which key-encryption key it is."""

    def __init__(self, key: bytes) -> None:
        """Take the 32 bytes of the key file."""
        self.key_id = sha256(b"shuqiao personal key " + key).hexdigest()[:16]
        self._wrapping = AESGCM(key)

    @classmethod
    def at(cls, path: Path) -> "MasterKey":
        """Read the key file, made at random the first time, readable by its owner alone.

        Several threads and processes may ask at once: whoever links its draft first has made it.
        """
        try:
            if not path.exists():
                _make(path)
            text = path.read_text(encoding="ascii").strip()
            key = base64.b64decode(text, validate=True)
        except OSError as error:
            raise VaultProblem(
                f"The key of personal data {path} cannot be read or made: {error.strerror}."
                " Name another file in the setting personal_key."
            ) from error
        except (UnicodeDecodeError, binascii.Error) as error:
            raise _damaged(path) from error
        if len(key) != KEY_BYTES:
            raise _damaged(path)
        return cls(key)

    def new_key(self, subject_id: str, generation: int) -> bytes:
        """Return a new data key, wrapped."""
        nonce = os.urandom(NONCE_BYTES)
        about = _wrapped_for(subject_id, generation)
        return nonce + self._wrapping.encrypt(nonce, os.urandom(KEY_BYTES), about)

    def unwrap(self, subject_id: str, generation: int, wrapped: bytes) -> DataKey | None:
        """Return the data key; None where another key-encryption key wrapped it."""
        nonce, rest = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        try:
            key = self._wrapping.decrypt(nonce, rest, _wrapped_for(subject_id, generation))
        except (InvalidTag, ValueError):
            return None
        return DataKey(subject_id, generation, key)


def throw_away(subject_id: str) -> DataKey:
    """Return a data key that nobody keeps: what it seals can be opened by nobody."""
    return DataKey(subject_id, 0, os.urandom(KEY_BYTES))


def _wrapped_for(subject_id: str, generation: int) -> bytes:
    return f"{subject_id}\0{generation}".encode()


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)  # mode 0600
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return  # another process was faster: its key is the key
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        draft.unlink(missing_ok=True)


def _damaged(path: Path) -> VaultProblem:
    return VaultProblem(
        f"{path} is not a key of personal data: 32 bytes in base64 are expected. Put the right"
        " file back from your backup of the secrets; a new one cannot open what the old one sealed."
    )
