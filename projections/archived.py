"""Reading what lies in the archive as if it were still in the database.

`record.archives` says which positions are in files; how to open them only an adapter knows, who
hands that in once when a process starts (`hand_in`). A reader looks here when a position or a
version is missing in `record.events`, and never gets an event whose leaf does not fit its bytes.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec
import psycopg
from psycopg.rows import args_row

from hub.record import Recorded, RecordUnavailable

LEASE_SECONDS = 2.0
"""Who looked and found no archive may believe it for so long: nothing leaves the database sooner
after the first archive was announced."""
VOLUMES = """
    SELECT first, last, folder, manifest
      FROM record.archives
     ORDER BY first
"""
"""The columns of `Volume`."""


class ArchiveProblem(RecordUnavailable):
    """A file of the archive is missing or damaged; the sentence names it and its positions."""


class Volume(msgspec.Struct, frozen=True):
    """A folder of the archive: its positions, its name, and the SHA-256 of its manifest."""

    first: int
    last: int
    folder: str
    manifest: bytes


class Shelf(Protocol):
    """Where volumes stand and can be opened. What it returns is in order and checked."""

    def between(
        self, volume: Volume, first: int, last: int, topics: Sequence[str] | None
    ) -> list[Recorded]:
        """Return the events of a volume from position `first` to `last`, of some topics or all."""
        ...

    def at(self, volume: Volume, positions: Sequence[int]) -> list[Recorded]:
        """Return the events of a volume at these positions, all of them."""
        ...

    def positions_of(self, volume: Volume, stream_id: str) -> list[int]:
        """Return where the events of a stream stand in a volume, a few others among them."""
        ...


class _Opened(msgspec.Struct):
    opener: Callable[[], Shelf] | None = None
    shelf: Shelf | None = None


_opened = _Opened()


def hand_in(opener: Callable[[], Shelf] | None) -> None:
    """Say how the archive is opened in this process; it is opened when first needed."""
    _opened.opener, _opened.shelf = opener, None


def reach(connection: psycopg.Connection) -> int:
    """Return the last position that lies in the archive, 0 when none does."""
    row = connection.execute("SELECT max(last) FROM record.archives").fetchone()
    return int(row[0] or 0) if row else 0


def volumes(connection: psycopg.Connection) -> list[Volume]:
    """Return the volumes there are now, oldest first; they follow one another from position 1."""
    with connection.cursor(row_factory=args_row(Volume), binary=True) as cursor:
        return cursor.execute(VOLUMES).fetchall()


def between(
    shelved: Iterable[Volume], first: int, last: int, topics: Sequence[str] | None = None
) -> list[Recorded]:
    """Return the archived events from position `first` to `last`."""
    found: list[Recorded] = []
    for volume in shelved:
        if volume.first <= last and volume.last >= first:
            start, end = max(first, volume.first), min(last, volume.last)
            found += _shelf(volume).between(volume, start, end, topics)
    return found


def at(shelved: Iterable[Volume], positions: Sequence[int]) -> list[Recorded]:
    """Return the archived events at these positions, in order; others are left out."""
    found: list[Recorded] = []
    for volume in shelved:
        wanted = sorted({one for one in positions if volume.first <= one <= volume.last})
        if wanted:
            found += _shelf(volume).at(volume, wanted)
    return found


def stream(shelved: Sequence[Volume], stream_id: str, above: int, upto: int) -> list[Recorded]:
    """Return a stream's events in the archive: those above one version, up to another.

    Raises ArchiveProblem when one of them is not to be found.
    """
    found: list[Recorded] = []
    for volume in reversed(shelved):
        shelf = _shelf(volume)
        positions = shelf.positions_of(volume, stream_id)
        if positions:
            events = shelf.at(volume, positions)
            found = [event for event in events if event.stream_id == stream_id] + found
        if found and found[0].version <= above + 1:
            break
    found = [event for event in found if above < event.version <= upto]
    missing = set(range(max(above, 0) + 1, upto + 1)) - {event.version for event in found}
    if missing:
        last = shelved[-1].last if shelved else 0
        raise ArchiveProblem(
            f"version {min(missing)} of {stream_id} is neither in the database nor in the archive "
            f"of positions 1 to {last}; run `hub verify`"
        )
    return found


def _shelf(volume: Volume) -> Shelf:
    if _opened.shelf is None:
        if _opened.opener is None:
            raise ArchiveProblem(
                f"positions {volume.first} to {volume.last} lie in the archive, and this program "
                "was not told how to open it"
            )
        _opened.shelf = _opened.opener()
    return _opened.shelf
