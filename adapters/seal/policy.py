"""Whose cosignatures count: the policy file, and what a checkpoint has of them."""

from datetime import datetime
from pathlib import Path

import psycopg

from adapters.keys import verify
from adapters.seal.key import with_more
from adapters.seal.store import LogFiles
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.note import Note, NoteError, Signature
from hub.seal.policy import Policy

NOBODY = "no witness is configured"


class BadPolicy(Exception):
    """The policy file cannot be used; the sentence names the line."""


def read_policy(path: Path) -> Policy | None:
    """Return the policy of a hub, None where it has no witnesses; raises BadPolicy."""
    try:
        policy = Policy.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, NoteError) as wrong:
        raise BadPolicy(f"the witness policy {path} cannot be used: {wrong}") from wrong
    return policy if policy.needs_witnesses else None


def is_witnessed(policy: Policy | None, note: Note) -> bool:
    """Say whether enough witnesses signed a checkpoint; without a policy none is witnessed."""
    return policy is not None and policy.witnessed(note, verify)


def valid_of(policy: Policy, note: Note) -> dict[str, Signature]:
    """Return the cosignatures of the policy's witnesses that hold, by the witness's name."""
    found = {
        name: notes.signature_of(note, witness.key, verify)
        for name, witness in policy.witnesses.items()
    }
    return {name: each for name, each in found.items() if each is not None}


def add_to_board(
    connection: psycopg.Connection,
    track: str,
    cosigned: Note,
    more: list[Signature],
    policy: Policy | None,
) -> Note | None:
    """Put cosignatures under a checkpoint on the board; return it with all it has now.

    None when the board has no such checkpoint.
    """
    size = Checkpoint.parse(cosigned.text).size
    with connection.transaction():
        row = connection.execute(
            "SELECT note FROM desk.checkpoints WHERE track = %s AND size = %s FOR UPDATE",
            (track, size),
        ).fetchone()
        kept = None if row is None else _readable(bytes(row[0]))
        if kept is None or kept.text != cosigned.text:
            return None
        merged = with_more(kept, more)
        connection.execute(
            """
            UPDATE desk.checkpoints
               SET note = %s,
                   witnessed_at = coalesce(witnessed_at, CASE WHEN %s THEN now() END)
             WHERE track = %s
               AND size = %s
            """,
            (notes.render(merged), is_witnessed(policy, merged), track, size),
        )
    return merged


def put_on_board(connection: psycopg.Connection, track: str, published: Note) -> None:
    """Enter a checkpoint that was published a moment ago and is not on the board yet."""
    head = Checkpoint.parse(published.text)
    connection.execute(
        """
        INSERT INTO desk.checkpoints (track, size, root, signed_at, note)
        VALUES (%s, %s, %s, now(), %s)
            ON CONFLICT (track, size) DO NOTHING
        """,
        (track, head.size, head.root, notes.render(published)),
    )


def unwitnessed_since(connection: psycopg.Connection, track: str) -> datetime | None:
    """Return since when what is sealed waits for enough witnesses, None when it does not wait.

    A witnessed checkpoint covers all before it: the wait begins with the first one after.
    """
    row = connection.execute(
        """
        SELECT min(signed_at)
          FROM desk.checkpoints
         WHERE track = %(track)s
           AND size > (SELECT coalesce(max(size), -1)
                         FROM desk.checkpoints
                        WHERE track = %(track)s
                          AND witnessed_at IS NOT NULL)
        """,
        {"track": track},
    ).fetchone()
    return None if row is None else row[0]


def current(files: LogFiles) -> Note | None:
    """Return the published checkpoint, None before the first."""
    data = files.checkpoint()
    return None if data is None else notes.parse(data)


def _readable(data: bytes) -> Note | None:
    try:
        return notes.parse(data)
    except NoteError:
        return None  # the board is nobody's word; what cannot be read there is not there
