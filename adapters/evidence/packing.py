"""Writing the ZIP: stored, in the order given, without times of its own, so that it is repeatable.

Python's zipfile keeps an object per member until the end; here the directory goes to a temporary
file meanwhile, so that a bundle of the whole record needs no more memory than one of a case.
"""

import hashlib
import struct
import tempfile
import zlib
from typing import IO

from hub.errors import Invalid

PIECE_BYTES = 1024 * 1024
BYTES_MAX = 0xFFFF_FFFF - PIECE_BYTES
"""4 GiB less a little: beyond it a member's offset needs an extra field."""
_LOCAL, _CENTRAL = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I")
_END64, _LOCATOR = struct.Struct("<4sQ2H2I4Q"), struct.Struct("<4sIQI")
_END = struct.Struct("<4s4H2IH")
_NEEDS, _NEEDS64, _MADE_BY = 20, 45, 0x0314  # ZIP 2.0, 4.5; written as on Unix
_UTF8 = 0x0800
_NO_TIME, _FIRST_DAY = 0, 0x0021  # midnight of 1 January 1980, the earliest a ZIP can say
_PLAIN_FILE = 0o100644 << 16
_SHORT_MAX = 0xFFFF


class Packing:
    """A ZIP being written, and the list of the SHA-256 of its members."""

    def __init__(self, out: IO[bytes]) -> None:
        """Write to this file, from where it stands."""
        self._out = out
        self._directory: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        self.sums: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - likewise
        self._count = 0
        self._at = 0

    def add(self, name: str, data: bytes) -> str:
        """Add a member; return its SHA-256 in hexadecimal."""
        digest = hashlib.sha256(data).hexdigest()
        self._begin(name, zlib.crc32(data), len(data), digest)
        self._write(data)
        return digest

    def add_file(self, name: str, file: IO[bytes]) -> str:
        """Add what stands in a file, whole; return its SHA-256."""
        digest, crc, size = hashlib.sha256(), 0, 0
        file.seek(0)
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
            crc = zlib.crc32(piece, crc)
            size += len(piece)
        self._begin(name, crc, size, digest.hexdigest())
        file.seek(0)
        while piece := file.read(PIECE_BYTES):
            self._write(piece)
        return digest.hexdigest()

    def close(self) -> None:
        """Write the directory and the end."""
        start, count = self._at, self._count
        self._directory.seek(0)
        while piece := self._directory.read(PIECE_BYTES):
            self._write(piece)
        size = self._at - start
        if count >= _SHORT_MAX:
            versions = (_MADE_BY, _NEEDS64, 0, 0)
            self._write(_END64.pack(b"PK\6\6", 44, *versions, count, count, size, start))
            self._write(_LOCATOR.pack(b"PK\6\7", 0, start + size, 1))
        short = min(count, _SHORT_MAX)
        self._write(_END.pack(b"PK\5\6", 0, 0, short, short, size, start, 0))
        self.abandon()

    def abandon(self) -> None:
        """Let go of the temporary files."""
        self._directory.close()
        self.sums.close()

    def _begin(self, name: str, crc: int, size: int, digest: str) -> None:
        raw = name.encode()
        if self._at + size > BYTES_MAX:
            raise Invalid(
                "a bundle holds at most 4 GiB; export the record period by period",
                "证据包最大4GiB，请分期间导出",
            )
        common = (_UTF8, 0, _NO_TIME, _FIRST_DAY, crc, size, size, len(raw))
        self._directory.write(
            _CENTRAL.pack(b"PK\1\2", _MADE_BY, _NEEDS, *common, 0, 0, 0, 0, _PLAIN_FILE, self._at)
            + raw
        )
        self._write(_LOCAL.pack(b"PK\3\4", _NEEDS, *common, 0) + raw)
        self.sums.write(f"{digest}  {name}\n".encode())
        self._count += 1

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._at += len(data)
