"""Signed notes (C2SP signed-note): a text, an empty line, and a line for each signature.

A signature line is `— name base64(key id ‖ signature)`; the key id is four bytes of a hash over
name, kind and public key. Checking a signature needs a cipher, which the caller hands in.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import NamedTuple

ED25519, COSIGNATURE, EXTENDED = 0x01, 0x04, 0xFF
"""Kinds of key: a log's Ed25519, a witness's Ed25519 (cosignature/v1), and one without a number."""
SM2 = b"shuqiao/sm2-sm3"
"""How an SM2 key (GB/T 32918) names itself behind the byte EXTENDED."""
NOTE_BYTES_MAX = 1_000_000
SIGNATURES_MAX = 100
TIME_MAX = 253_402_300_799
"""The last second of the year 9999: no calendar of ours goes further, no honest clock either."""
_KEY_ID_BYTES, _TIME_BYTES, _HEX_DIGITS = 4, 8, 8
_DASH = "— "


class NoteError(ValueError):
    """Bytes are not such a note, key or checkpoint; the sentence says why."""


class Signature(NamedTuple):
    """One signature line: whose, by which key, and the bytes."""

    name: str
    key_id: bytes
    blob: bytes


class Note(NamedTuple):
    """A text, which ends with a newline, and the signatures under it."""

    text: str
    signatures: tuple[Signature, ...] = ()


class VerifierKey(NamedTuple):
    """A public key and the name it signs under."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Return the four bytes by which a signature line names this key."""
        return key_id(self.name, self.kind, self.public)

    @property
    def text(self) -> str:
        """Return the key as one word: name+id+key, as Go's sumdb/note writes it."""
        key = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read such a word; raises NoteError."""
        name, first, rest = text.strip().partition("+")
        digits, second, encoded = rest.partition("+")
        key = _decoded(encoded, "the key")
        if not (first and second and _is_name(name)) or len(key) < 2:  # noqa: PLR2004 - kind and key
            raise NoteError("a verifier key is written name+8 hex digits+base64")
        found = cls(name, key[0], key[1:])
        if len(digits) != _HEX_DIGITS or found.key_id.hex() != digits:
            raise NoteError(f"the id of the key of {name} does not belong to the key")
        return found


Verify = Callable[[VerifierKey, bytes, bytes], bool]
"""Say whether a signature over a message is by this key."""


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return the id of a key: the first four bytes of SHA-256(name ‖ newline ‖ kind ‖ key)."""
    hashed = hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public)
    return hashed.digest()[:_KEY_ID_BYTES]


def parse(data: bytes) -> Note:
    """Read a signed note; raises NoteError for anything else."""
    if len(data) > NOTE_BYTES_MAX:
        raise NoteError(f"a note has at most {NOTE_BYTES_MAX} bytes")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise NoteError("a note is text in UTF-8") from error
    if any(ord(each) < ord(" ") and each != "\n" for each in whole):
        raise NoteError("a note holds no control characters")
    text, gap, lines = whole.rpartition("\n\n")
    if not (gap and text and lines.endswith("\n")):
        raise NoteError("a note is a text, an empty line and signature lines, each with a newline")
    signed = lines[:-1].split("\n")
    if len(signed) > SIGNATURES_MAX:
        raise NoteError(f"a note has at most {SIGNATURES_MAX} signatures")
    return Note(text + "\n", tuple(parse_signature(line) for line in signed))


def parse_signature(line: str) -> Signature:
    """Read one signature line without its newline; raises NoteError."""
    name, gap, encoded = line.removeprefix(_DASH).partition(" ")
    blob = _decoded(encoded, "a signature")
    if not (line.startswith(_DASH) and gap and _is_name(name)) or len(blob) <= _KEY_ID_BYTES:
        raise NoteError("a signature line is “— name base64”")
    return Signature(name, blob[:_KEY_ID_BYTES], blob[_KEY_ID_BYTES:])


def render(note: Note) -> bytes:
    """Return a note as its bytes; raises NoteError for a text without its last newline."""
    if not note.text.endswith("\n"):
        raise NoteError("the text of a note ends with a newline")
    return (note.text + "\n" + "".join(map(signature_line, note.signatures))).encode()


def signature_line(signature: Signature) -> str:
    """Return the line of one signature, with its newline."""
    encoded = base64.b64encode(signature.key_id + signature.blob).decode()
    return f"{_DASH}{signature.name} {encoded}\n"


def signature_of(note: Note, key: VerifierKey, verify: Verify) -> Signature | None:
    """Return this key's valid signature under a note, None when there is none.

    One line of the key that does not hold spoils the note for it (signed-note: MUST reject).
    """
    found: Signature | None = None
    for signature in note.signatures:
        if signature.name != key.name or signature.key_id != key.key_id:
            continue
        if not _holds(note.text, signature, key, verify):
            return None
        found = found or signature
    return found


def signed_by(note: Note, key: VerifierKey, verify: Verify) -> bool:
    """Say whether a note bears a valid signature of this key, of a log or of a witness."""
    return signature_of(note, key, verify) is not None


def cosignature_message(text: str, timestamp: int) -> bytes:
    """Return what a witness signs: that it saw this checkpoint at this time (POSIX seconds)."""
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


def cosignature(key: VerifierKey, timestamp: int, signed: bytes) -> Signature:
    """Return a witness's signature line from its time and its 64 bytes."""
    return Signature(key.name, key.key_id, timestamp.to_bytes(_TIME_BYTES, "big") + signed)


def cosigned_at(signature: Signature) -> int:
    """Return when a witness signed, in POSIX seconds."""
    return int.from_bytes(signature.blob[:_TIME_BYTES], "big")


def _holds(text: str, signature: Signature, key: VerifierKey, verify: Verify) -> bool:
    if key.kind != COSIGNATURE:
        return verify(key, text.encode(), signature.blob)
    if len(signature.blob) <= _TIME_BYTES or cosigned_at(signature) > TIME_MAX:
        return False
    message = cosignature_message(text, cosigned_at(signature))
    return verify(key, message, signature.blob[_TIME_BYTES:])


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(each.isspace() for each in name)


def _decoded(encoded: str, what: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError(f"{what} is not base64") from error
