"""Starting a new log where the one before cannot go on: another name, another key, the event of it.

Each step may be the last before a power cut; the same call again does the rest. The guard comes
last: until it says the new name, no sealer signs anything.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

import psycopg

from adapters.keys import BadKey
from adapters.record.postgres import PostgresRecord
from adapters.seal import board, disk
from adapters.seal.key import NextKey
from adapters.seal.opening import alone
from adapters.seal.store import CHECKPOINT, KEY
from adapters.seal.track import SHA256, Track
from adapters.seal.trouble import CannotSeal
from adapters.settings import Settings
from hub.actor import Role, Speaker, Via
from hub.execute import Hub
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.note import NoteError
from hub.supervision.commands import StartLogOrigin
from projections.connect import connect

OPERATOR = Speaker(org_id="hub", person_id="operator", via=Via.CLI, standing=Role.OPERATOR)
ENDED = "ended"
"""The folder of the log in which the files of ended logs stay."""


class Restarted(NamedTuple):
    """What became of it: the new log's key, the log that ended, the position of the event."""

    key: str
    ended: Checkpoint | None
    position: int
    kept: Path | None


async def restart(
    url: str, settings: Settings, track: Track, origin: str, reason: str
) -> Restarted:
    """End a track's log and begin one under a new name; raises SealerAtWork while one signs.

    The sealer lets go of the guard while it stands still. Raises BadKey, or a Refusal for a name
    that was used before.
    """
    if track.name == SHA256 and settings.origin not in {None, origin}:
        raise BadKey(
            f"The setting origin says {settings.origin}. Set it to {origin} first, so that the "
            "sealer takes the new log for its own."
        )
    with (
        connect(url, purpose="sealer") as connection,
        alone(connection, track.name),
        track.guard.held(),
    ):
        ended = _last(track)
        if ended is not None and ended.origin == origin:
            raise used(origin)
        new = track.next_key(origin)
        position = await _record(url, track, new, ended, reason)
        new.install()
        kept = None if ended is None else _put_away(track, ended)
        _begin(connection, track, origin)
    return Restarted(new.signer.key.text, ended, position, kept)


def used(origin: str) -> BadKey:
    """Return what to say to who wants to begin a log that has begun before."""
    return BadKey(
        f"The log {origin} has begun already. A name is good for one log: choose another with "
        "--origin."
    )


def _begin(connection: psycopg.Connection, track: Track, origin: str) -> None:
    board.forget(connection, track.name)
    track.guard.replace(Checkpoint(origin, 0, track.files.digest(b"")))


def _last(track: Track) -> Checkpoint | None:
    """Return what the log signed last, as far as anybody here still knows."""
    try:
        last = track.guard.last()
    except CannotSeal:
        last = None
    published = track.files.checkpoint() if last is None else None
    try:
        return last if published is None else Checkpoint.parse(notes.parse(published).text)
    except NoteError:
        return None


async def _record(
    url: str, track: Track, new: NextKey, ended: Checkpoint | None, reason: str
) -> int:
    """Record that it happened and why, once; return the position of the event."""
    key = new.signer.key
    command_id = f"log-origin:{uuid5(NAMESPACE_URL, f'shuqiao {track.name} {key.text}')}"
    command = StartLogOrigin(
        log_id=f"supervision.log:{track.name}",
        origin=key.name,
        key=key.text,
        reason=reason,
        previous_origin="" if ended is None else ended.origin,
        previous_size=0 if ended is None else ended.size,
        previous_root="" if ended is None else ended.root.hex(),
    )
    async with PostgresRecord(url) as record:
        if (found := await record.find(command_id)) is not None:
            return found.appended.first
        if new.installed:  # not by us: it was the key of a log that nobody remembers any more
            raise used(key.name)
        receipt = await Hub(record).execute(
            command, OPERATOR, datetime.now(UTC), command_id=command_id
        )
    return receipt.position


def _put_away(track: Track, ended: Checkpoint) -> Path:
    """Keep the files of the ended log beside the new one: readers and courts may ask for them."""
    folder = track.files.folder
    kept = folder / ENDED / f"{ended.origin.replace('/', '_')}-{ended.size}"
    kept.mkdir(parents=True, exist_ok=True)
    for name in ("tile", CHECKPOINT, KEY):
        if (folder / name).exists() and not (kept / name).exists():
            (folder / name).replace(kept / name)
    for each in (kept, kept.parent, folder):
        disk.flush(each)
    return kept
