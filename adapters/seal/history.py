"""What the log did lately: by hour, by witness, by day; and how far the record is ahead of it.

For pages and questions. The table it reads is a convenience; signatures count, and are checked.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import psycopg
from psycopg.rows import args_row

from hub.seal import note as notes
from hub.seal.note import NoteError, Verify
from hub.seal.policy import Policy

HOUR = timedelta(hours=1)
RECENT = 60
"""How many of the newest checkpoints are looked through for cosignatures, beside one an hour."""


class Lag(NamedTuple):
    """How far the record is ahead: its last position, and when the first unsealed event came."""

    position: int
    waiting_since: datetime | None


class Kept(NamedTuple):
    """A checkpoint that is kept: when it was signed, witnessed, stamped; empty for not at all."""

    size: int
    signed_at: datetime
    witnessed_at: datetime | None
    stamped_at: datetime | None
    note: bytes


class HourState(StrEnum):
    """How an hour of the log went."""

    WITNESSED = "witnessed"
    UNWITNESSED = "unwitnessed"
    ABSENT = "absent"


class Hour(NamedTuple):
    """One hour: its last checkpoint, and whether anybody outside had seen the log by its end."""

    begins_at: datetime
    state: HourState
    size: int
    grew: bool
    stamped_at: datetime | None


def lag(connection: psycopg.Connection, size: int) -> Lag:
    """Return how far the record is beyond a log of `size` events."""
    row = connection.execute(
        """
        SELECT head.position, first.recorded_at
          FROM record.log_head AS head
          LEFT JOIN record.events AS first ON first.position = %s
        """,
        (size + 1,),
    ).fetchone()
    return Lag(row[0], row[1]) if row else Lag(0, None)


def kept(connection: psycopg.Connection, since: datetime, track: str = "sha256") -> list[Kept]:
    """Return the newest checkpoints and, since a moment, of each hour the last and the last seen.

    Seen means witnessed. Oldest first; the last one before the moment leads them.
    """
    with connection.cursor(row_factory=args_row(Kept)) as cursor:
        return cursor.execute(
            """
            WITH ours AS MATERIALIZED (
                SELECT size, signed_at, witnessed_at, stamped_at, note,
                       date_trunc('hour', signed_at) AS hour
                  FROM desk.checkpoints
                 WHERE track = %(track)s
                   AND signed_at >= coalesce((SELECT max(signed_at)
                                                FROM desk.checkpoints
                                               WHERE track = %(track)s
                                                 AND signed_at < %(since)s), %(since)s)
            ), chosen AS (
                (SELECT size FROM ours ORDER BY size DESC LIMIT %(recent)s)
                UNION
                SELECT max(size) FROM ours GROUP BY hour
                UNION
                SELECT max(size) FROM ours WHERE witnessed_at IS NOT NULL GROUP BY hour
                UNION
                SELECT size FROM ours WHERE stamped_at IS NOT NULL
            )
            SELECT size, signed_at, witnessed_at, stamped_at, note
              FROM ours
              JOIN chosen USING (size)
             ORDER BY size
            """,
            {"track": track, "since": since, "recent": RECENT},
        ).fetchall()


def witnessed_note(connection: psycopg.Connection, position: int) -> bytes | None:
    """Return the newest witnessed checkpoint that covers a position, None when none does."""
    row = connection.execute(
        """
        SELECT note
          FROM desk.checkpoints
         WHERE track = 'sha256'
           AND size >= %s
           AND witnessed_at IS NOT NULL
         ORDER BY size DESC
         LIMIT 1
        """,
        (position,),
    ).fetchone()
    return None if row is None else bytes(row[0])


def hours(checkpoints: Sequence[Kept], since: datetime, until: datetime) -> list[Hour]:
    """Return each hour from the one of `since` to the one of `until`, oldest first.

    An hour is witnessed when enough witnesses had cosigned by its end what the log was at some
    moment of it: the last checkpoint before, where it did not grow. It is absent when there was
    no log yet. The hour that is not over is judged by what was seen so far.
    """
    found: list[Hour] = []
    begins = since.replace(minute=0, second=0, microsecond=0)
    before: Kept | None = None
    left = list(checkpoints)
    while begins <= until:
        ends = begins + HOUR
        while left and left[0].signed_at < begins:
            before = left.pop(0)
        own = [each for each in left if each.signed_at < ends]
        stood = own or ([before] if before else [])
        seen = any(each.witnessed_at is not None and each.witnessed_at < ends for each in stood)
        state = HourState.WITNESSED if seen else HourState.UNWITNESSED
        stamps = [each.stamped_at for each in own if each.stamped_at is not None]
        last = stood[-1].size if stood else 0
        found.append(
            Hour(
                begins,
                state if stood else HourState.ABSENT,
                last,
                bool(own),
                stamps[-1] if stamps else None,
            )
        )
        begins = ends
    return found


def last_seen(
    checkpoints: Sequence[Kept], policy: Policy, verify: Verify
) -> dict[str, tuple[int, int]]:
    """Return of each witness when it last cosigned (POSIX seconds) and at which size.

    Only valid cosignatures count.
    """
    found: dict[str, tuple[int, int]] = {}
    wanted = {name: witness.key for name, witness in policy.witnesses.items()}
    for each in reversed(checkpoints):
        if not wanted:
            break
        try:
            note = notes.parse(each.note)
        except NoteError:
            continue
        there = {(line.name, line.key_id) for line in note.signatures}
        for name, key in list(wanted.items()):
            if (key.name, key.key_id) not in there:
                continue
            signature = notes.signature_of(note, key, verify)
            if signature is not None:
                found[name] = (notes.cosigned_at(signature), each.size)
                del wanted[name]
    return found
