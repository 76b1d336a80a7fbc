"""The beginning of a session: alone, with the right key, from what was signed last."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from adapters.keys import BadKey, Signer
from adapters.seal import board
from adapters.seal.track import Track
from adapters.seal.trouble import SealerAtWork, guard_differs, guard_gone
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.note import Note, NoteError


@contextmanager
def alone(connection: psycopg.Connection, track: str) -> Iterator[None]:
    """Be the only sealer of a track on this database while the connection lasts.

    Raises SealerAtWork. The guard's own lock does not reach another machine.
    """
    row = connection.execute(
        "SELECT pg_try_advisory_lock(hashtext('hub sealer'), hashtext(%s))", (track,)
    ).fetchone()
    if row is None or not row[0]:
        raise SealerAtWork(f"another process seals the track {track} of this database")
    yield


def begin(track: Track, connection: psycopg.Connection) -> tuple[Checkpoint, Signer]:
    """Return what was signed last and the key for the next; raises CannotSeal or BadKey.

    A log that never signed begins with the empty tree.
    """
    last = track.guard.last()
    published = published_by(track)
    if last is None and (published is not None or board.any_of(connection, track.name)):
        raise guard_gone(track.guard.path)
    signer = track.open_signer()
    if last is None:
        last = Checkpoint(signer.key.name, 0, track.files.digest(b""))
        track.guard.advance(None, last, track.files.tiles(0))
    if last.origin != signer.key.name:
        raise BadKey(
            f"The key belongs to the log {signer.key.name}, but {track.guard.path} says that "
            f"{last.origin} was signed last. Bring back the key of that log, or finish the start "
            "of the new one: `hub seal restart --origin "
            f"{signer.key.name} --reason TEXT`."
        )
    if published is not None:
        _check_published(track, published, last, signer)
    return last, signer


def _check_published(track: Track, published: Note, last: Checkpoint, signer: Signer) -> None:
    """Raise unless what is published was signed with this key and is not ahead of the guard."""
    found = Checkpoint.parse(published.text)
    if (
        found.origin != last.origin
        or found.size > last.size
        or (found.size == last.size and found.root != last.root)
    ):
        raise guard_differs(
            track.guard.path,
            f"that {last.origin} signed {last.size} events last",
            f"the checkpoint in {track.files.folder} is of {found.origin} over {found.size} events",
        )
    if all(each.key_id != signer.key.key_id for each in published.signatures):
        raise BadKey(
            f"The checkpoint in {track.files.folder} was signed by another key of the log "
            f"{last.origin} than the one there is now. Bring that key back; a new key begins a "
            "new log: `hub seal restart --origin NAME --reason TEXT`."
        )


def published_by(track: Track) -> Note | None:
    """Return the published checkpoint; one that cannot be read is published again."""
    try:
        data = track.files.checkpoint()  # parses it too
        return None if data is None else notes.parse(data)
    except NoteError:
        return None
