"""Checkpoints (C2SP tlog-checkpoint): the head of the log, in three lines, to be signed."""

import base64
import binascii
from typing import NamedTuple

from hub.seal.merkle import HASH_BYTES
from hub.seal.note import NoteError

_LINES = 3
SIZE_MAX = 2**63 - 1


class Checkpoint(NamedTuple):
    """Which log, how many leaves, and the root over them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """Return the text that is signed, with its last newline."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read the text of a checkpoint; lines behind the third are left alone. Raises NoteError.

        The size is written as we would write it: no sign, no leading zero.
        """
        lines = text.split("\n")
        if len(lines) <= _LINES or not text.endswith("\n") or not all(lines[:-1]):
            raise NoteError("a checkpoint has the lines origin, size and root")
        origin, digits, encoded = lines[:_LINES]
        if not (digits.isascii() and digits.isdigit()) or (digits[0] == "0" and digits != "0"):
            raise NoteError("the size of a checkpoint is a number without leading zeros")
        if len(digits) > len(str(SIZE_MAX)) or int(digits) > SIZE_MAX:
            raise NoteError("the size of a checkpoint is beyond any log")
        try:
            root = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError) as error:
            raise NoteError("the root of a checkpoint is not base64") from error
        if len(root) != HASH_BYTES:
            raise NoteError(f"the root of a checkpoint has {HASH_BYTES} bytes, not {len(root)}")
        return cls(origin, int(digits), root)
