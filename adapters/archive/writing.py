"""Writing a folder of the archive: beside, then put in place under its name by one rename."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import msgspec
import psycopg
from psycopg.rows import args_row

from adapters.archive import manifest as manifests
from adapters.archive.lookup import Gathering
from adapters.archive.manifest import Events, File, Manifest, Subtree
from adapters.archive.rows import COMMANDS, EVENTS, Command, parquet
from hub.record import Recorded
from hub.seal import merkle
from hub.seal.checkpoint import Checkpoint
from hub.seal.merkle import Frontier, Read
from projections.archived import ArchiveProblem
from projections.reader import pages

PART = 65_536
"""Leaves under a file of events: one subtree, where the range does not begin or end inside it."""
COMMANDS_IN_FILE = 131_072
PARTIAL = ".partial"
"""How the name of a folder ends that is still being written."""

Progress = Callable[[int, int], None]
"""Told the position reached and the position to reach."""

_COMMANDS = """
    SELECT command_id, fingerprint, first, count, recorded_at
      FROM record.commands
     WHERE first BETWEEN %b AND %b
     ORDER BY first, command_id
"""


class Sealed(msgspec.Struct, frozen=True):
    """The log as it was sealed: its checkpoint as a signed note, read, and the tree under it."""

    note: bytes
    checkpoint: Checkpoint
    read: Read


class Range(msgspec.Struct, frozen=True):
    """Positions that go into one folder, `kind` being how its name begins."""

    kind: str
    first: int
    last: int
    partition_rows: int

    @property
    def name(self) -> str:
        """Return the folder's name."""
        return manifests.folder_name(self.kind, self.first, self.last)


def write(
    connection: psycopg.Connection,
    archive: Path,
    chosen: Range,
    sealed: Sealed | None,
    progress: Progress,
) -> Manifest:
    """Write a folder whole and put it in place; nothing of it is under its name before.

    The connection is the owner's or the application's, in autocommit. Raises ArchiveProblem when
    the events are not those that were sealed.
    """
    beside = archive / f"{chosen.name}{PARTIAL}"
    with suppress(FileNotFoundError):
        shutil.rmtree(beside)
    beside.mkdir(parents=True, mode=0o700)
    frontier = _begun(chosen, sealed)
    gathering = Gathering(chosen.first)
    events = tuple(_write_events(connection, beside, chosen, sealed, frontier, gathering, progress))
    covers = sealed is not None and sealed.checkpoint.size >= chosen.last
    if sealed is not None and covers:
        _compare(chosen, frontier, sealed)
    manifest = Manifest(
        format=manifests.FORMAT,
        first=chosen.first,
        last=chosen.last,
        partition_rows=chosen.partition_rows,
        root=frontier.root().hex(),
        checkpoint=None if sealed is None else sealed.note.decode(),
        consistency=() if sealed is None or not covers else _continued(chosen.last, sealed),
        events=events,
        commands=tuple(_write_commands(connection, beside, chosen)),
        index=_put(beside / manifests.INDEX, gathering.table()),
    )
    _put(beside / manifests.NAME, manifests.encode(manifest))
    _sync(beside)
    beside.rename(archive / chosen.name)
    _sync(archive)
    return manifest


def _compare(chosen: Range, frontier: Frontier, sealed: Sealed) -> None:
    if frontier.root() != merkle.root(chosen.last, sealed.read):
        raise ArchiveProblem(
            f"positions {chosen.first} to {chosen.last} of the record are not what was sealed: "
            "run `hub verify`, which names the position; nothing was archived"
        )


def subtrees(start: int, leaves: Sequence[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """Yield level, index and hash of the largest subtrees over leaves from index `start` on."""
    end, taken = start + len(leaves), 0
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        hashes = leaves[taken : taken + (1 << level)]
        for _ in range(level):
            pairs = zip(hashes[::2], hashes[1::2], strict=True)
            hashes = [sha256(b"\1" + left + right).digest() for left, right in pairs]
        yield level, start >> level, hashes[0]
        start, taken = start + (1 << level), taken + (1 << level)


def _begun(chosen: Range, sealed: Sealed | None) -> Frontier:
    """Return the tree over all positions before the range."""
    if chosen.first == 1:
        return Frontier()
    if sealed is None or sealed.checkpoint.size < chosen.first - 1:
        raise ArchiveProblem(
            f"the sealed log does not reach position {chosen.first - 1}: let the sealer finish, "
            "or bring its folder back (setting log_dir)"
        )
    return Frontier.at(chosen.first - 1, sealed.read)


def _write_events(
    connection: psycopg.Connection,
    beside: Path,
    chosen: Range,
    sealed: Sealed | None,
    frontier: Frontier,
    gathering: Gathering,
    progress: Progress,
) -> Iterator[Events]:
    first = chosen.first
    while first <= chosen.last:
        last = min(((first - 1) // PART + 1) * PART, chosen.last)
        events = _read(connection, first, last)
        gathering.add((event.stream_id, event.position) for event in events)
        found = list(subtrees(first - 1, [event.leaf for event in events]))
        for level, _, each in found:
            frontier.add_subtree(level, each)
        over = tuple(Subtree(level, index, each.hex()) for level, index, each in found)
        notes = _notes(first, last, over, events, sealed)
        data = parquet(events, EVENTS, notes)
        file = _put(beside / f"events-{first:012}.parquet", data)
        yield Events(file, first, last, over)
        progress(last, chosen.last)
        first = last + 1


def _read(connection: psycopg.Connection, first: int, last: int) -> list[Recorded]:
    events = [event for page in pages(connection, first - 1, upto=last) for event in page.events]
    for expected, event in enumerate(events, first):
        if event.position != expected:
            raise ArchiveProblem(f"the record lacks position {expected}; run `hub verify`")
    if len(events) <= last - first:
        raise ArchiveProblem(f"the record lacks position {first + len(events)}; run `hub verify`")
    return events


def _notes(
    first: int,
    last: int,
    over: Sequence[Subtree],
    events: Sequence[Recorded],
    sealed: Sealed | None,
) -> dict[str, str]:
    """Return what a file of events says about itself: enough to check it without the rest."""
    leaves = b"".join(event.leaf for event in events)
    return {
        "first": str(first),
        "last": str(last),
        "subtrees": msgspec.json.encode(over).decode(),
        "leaves_sha256": sha256(leaves).hexdigest(),
        "checkpoint": "" if sealed is None else sealed.note.decode(),
    }


def _continued(last: int, sealed: Sealed) -> tuple[str, ...]:
    proof = merkle.consistency(last, sealed.checkpoint.size, sealed.read)
    return tuple(each.hex() for each in proof)


def _write_commands(connection: psycopg.Connection, beside: Path, chosen: Range) -> Iterator[File]:
    """Write the answers whose first event is in the range; those before position 1 go first."""
    start = 0 if chosen.first == 1 else chosen.first
    number = 0
    with (
        connection.transaction(),
        connection.cursor("commands", row_factory=args_row(Command), binary=True) as cursor,
    ):
        cursor.execute(_COMMANDS, (start, chosen.last))
        while commands := cursor.fetchmany(COMMANDS_IN_FILE):
            number += 1
            data = parquet(commands, COMMANDS, {})
            yield _put(beside / f"commands-{number:04}.parquet", data)


def _put(path: Path, data: bytes) -> File:
    """Write a file and wait until it is on the disk."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return File(path.name, len(data), sha256(data).hexdigest())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
