"""Which stream stands at which positions: a sorted table in a file, searched where it lies.

    8 bytes "SQINDEX1", the number of streams n, the number of events m      (64 bits each)
    n hashes of stream ids, ascending                                        (64 bits each)
    n + 1 numbers: where the offsets of each stream begin                    (32 bits each)
    m offsets of events from the folder's first position                     (32 bits each)

All numbers little-endian. A hash is the first 8 bytes of the SHA-256 of the id: two streams may
share one, so who reads the events compares the id.
"""

import mmap
import struct
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from hashlib import sha256
from itertools import chain
from pathlib import Path

from projections.archived import ArchiveProblem

_MAGIC = b"SQINDEX1"
_HEAD = struct.Struct("<8sQQ")
_HASH, _NUMBER = struct.Struct("<Q"), struct.Struct("<I")


class Gathering:
    """Collects the positions of streams while a folder is written."""

    def __init__(self, first: int) -> None:
        """Begin at the folder's first position."""
        self._first = first
        self._offsets: dict[int, array[int]] = {}

    def add(self, events: Iterable[tuple[str, int]]) -> None:
        """Take up events in order: stream and position of each."""
        known: dict[str, array[int]] = {}
        for stream_id, position in events:
            offsets = known.get(stream_id)
            if offsets is None:
                offsets = self._offsets.setdefault(_hash(stream_id), array("I"))
                known[stream_id] = offsets
            offsets.append(position - self._first)

    def table(self) -> bytes:
        """Return the file."""
        hashes = sorted(self._offsets)
        starts = array("I", [0])
        for one in hashes:
            starts.append(starts[-1] + len(self._offsets[one]))
        offsets = array("I", chain.from_iterable(self._offsets[one] for one in hashes))
        columns = [array("Q", hashes), starts, offsets]
        if sys.byteorder == "big":
            for column in columns:
                column.byteswap()
        head = _HEAD.pack(_MAGIC, len(hashes), len(offsets))
        return head + b"".join(column.tobytes() for column in columns)


class Lookup:
    """The file, mapped into memory: a search touches some twenty of its pages."""

    def __init__(self, path: Path, first: int) -> None:
        """Open it; raises ArchiveProblem when it is not such a file."""
        try:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise ArchiveProblem(
                f"the archive's index {path} cannot be read ({error}); bring back its copy"
            ) from error
        size = len(self._map)
        head = bytes(self._map[: _HEAD.size]).ljust(_HEAD.size, b"\0")
        magic, self._streams, events = _HEAD.unpack(head)
        self._starts_at = _HEAD.size + self._streams * _HASH.size
        self._offsets_at = self._starts_at + (self._streams + 1) * _NUMBER.size
        if magic != _MAGIC or size != self._offsets_at + events * _NUMBER.size:
            raise ArchiveProblem(f"the archive's index {path} is damaged; bring back its copy")
        self._path, self._first, self._events = path, first, events

    def positions(self, stream_id: str) -> list[int]:
        """Return where events of a stream stand, ascending; none where it has none here."""
        wanted = _hash(stream_id)
        at = bisect_left(range(self._streams), wanted, key=self._hash_at)
        if at == self._streams or self._hash_at(at) != wanted:
            return []
        start, end = (self._number(self._starts_at, one) for one in (at, at + 1))
        if not start < end <= self._events:
            raise ArchiveProblem(
                f"the archive's index {self._path} is damaged; bring back its copy"
            )
        return [self._first + self._number(self._offsets_at, one) for one in range(start, end)]

    def _hash_at(self, index: int) -> int:
        return int(_HASH.unpack_from(self._map, _HEAD.size + index * _HASH.size)[0])

    def _number(self, base: int, index: int) -> int:
        return int(_NUMBER.unpack_from(self._map, base + index * _NUMBER.size)[0])


def _hash(stream_id: str) -> int:
    return int.from_bytes(sha256(stream_id.encode()).digest()[:8])
