"""The table `desk.checkpoints`, and `desk.seal_troubles`: what pages and questions look at."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import psycopg
from psycopg.rows import namedtuple_row

from hub.seal.checkpoint import Checkpoint

KEEP = "1 hour"
"""How long every checkpoint is kept; of older ones the last of each hour."""


class Standing(NamedTuple):
    """Where a track stands: what is sealed, and why it stands still, if it does."""

    track: str
    size: int
    signed_at: datetime | None
    witnessed_size: int
    witnessed_at: datetime | None
    lag_events: int
    trouble: str | None
    trouble_position: int | None
    trouble_since: datetime | None
    trouble_zh: str | None


def enter(
    connection: psycopg.Connection, track: str, head: Checkpoint, note: bytes, *, witnessed: bool
) -> None:
    """Keep a checkpoint that was just signed; the trouble there was is over.

    Entered again, as when cosignatures came later, it keeps its time.
    """
    connection.execute(
        """
        WITH well AS (DELETE FROM desk.seal_troubles WHERE track = %(track)s)
        INSERT INTO desk.checkpoints AS known (track, size, root, signed_at, note, witnessed_at)
        VALUES (%(track)s, %(size)s, %(root)s, now(), %(note)s,
                CASE WHEN %(witnessed)s THEN now() END)
            ON CONFLICT (track, size) DO UPDATE
           SET root = excluded.root,
               note = excluded.note,
               witnessed_at = coalesce(known.witnessed_at, excluded.witnessed_at)
        """,
        {
            "track": track,
            "size": head.size,
            "root": head.root,
            "note": note,
            "witnessed": witnessed,
        },
    )


def note_of(connection: psycopg.Connection, track: str, size: int) -> bytes | None:
    """Return the note of one checkpoint if it is still kept."""
    row = connection.execute(
        "SELECT note FROM desk.checkpoints WHERE track = %s AND size = %s", (track, size)
    ).fetchone()
    return None if row is None else bytes(row[0])


def thin_out(connection: psycopg.Connection, track: str) -> None:
    """Remove checkpoints older than an hour.

    Of each hour the last stays, and the last that was witnessed; and whatever is stamped.
    """
    connection.execute(
        """
        DELETE FROM desk.checkpoints AS old
         WHERE track = %s
           AND signed_at < now() - %s::interval
           AND stamp IS NULL
           AND EXISTS (SELECT
                         FROM desk.checkpoints AS later
                        WHERE later.track = old.track
                          AND later.size > old.size
                          AND (old.witnessed_at IS NULL OR later.witnessed_at IS NOT NULL)
                          AND date_trunc('hour', later.signed_at)
                              = date_trunc('hour', old.signed_at))
        """,
        (track, KEEP),
    )


async def stamped(connection: psycopg.AsyncConnection, track: str, size: int, stamp: bytes) -> bool:
    """Keep a checkpoint's time stamp; False when its line is not there (yet)."""
    cursor = await connection.execute(
        """
        UPDATE desk.checkpoints
           SET stamp = %s, stamped_at = now()
         WHERE track = %s
           AND size = %s
        """,
        (stamp, track, size),
    )
    return cursor.rowcount == 1


def any_of(connection: psycopg.Connection, track: str) -> bool:
    """Say whether this track has ever published a checkpoint, as far as the table remembers."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM desk.checkpoints WHERE track = %s)", (track,)
    ).fetchone()
    return row is not None and bool(row[0])


def forget(connection: psycopg.Connection, track: str) -> None:
    """Remove a track's lines: its log has ended and another one begins."""
    connection.execute("DELETE FROM desk.checkpoints WHERE track = %s", (track,))
    well(connection, track)


def troubled(
    connection: psycopg.Connection,
    track: str,
    words: str,
    position: int | None,
    chinese: str = "",
) -> None:
    """Keep why a track stands still, and since when.

    The Chinese is given for what everybody may read: words without it may name files of the hub.
    """
    connection.execute(
        """
        INSERT INTO desk.seal_troubles AS known (track, position, words, chinese, since)
        VALUES (%s, %s, %s, %s, now())
            ON CONFLICT (track) DO UPDATE
           SET position = excluded.position,
               words = excluded.words,
               chinese = excluded.chinese
        """,
        (track, position, words, chinese),
    )


def well(connection: psycopg.Connection, track: str) -> None:
    """Note that a track goes on."""
    connection.execute("DELETE FROM desk.seal_troubles WHERE track = %s", (track,))


def standings(connection: psycopg.Connection) -> Sequence[Standing]:
    """Return where every track stands that has ever sealed or wanted to."""
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        found = cursor.execute(
            """
            SELECT track,
                   coalesce(latest.size, 0) AS size,
                   latest.signed_at,
                   coalesce(seen.size, 0) AS witnessed_size,
                   seen.witnessed_at,
                   greatest(head.position - coalesce(latest.size, 0), 0) AS lag_events,
                   trouble.words AS trouble,
                   trouble.position AS trouble_position,
                   trouble.since AS trouble_since,
                   nullif(trouble.chinese, '') AS trouble_zh
              FROM record.log_head AS head,
                   (SELECT track FROM desk.checkpoints
                     UNION
                    SELECT track FROM desk.seal_troubles) AS tracks
              LEFT JOIN desk.seal_troubles AS trouble USING (track)
              LEFT JOIN LATERAL (SELECT size, signed_at
                                   FROM desk.checkpoints AS one
                                  WHERE one.track = tracks.track
                                  ORDER BY size DESC
                                  LIMIT 1) AS latest ON true
              LEFT JOIN LATERAL (SELECT size, witnessed_at
                                   FROM desk.checkpoints AS one
                                  WHERE one.track = tracks.track
                                    AND witnessed_at IS NOT NULL
                                  ORDER BY size DESC
                                  LIMIT 1) AS seen ON true
             ORDER BY track
            """
        ).fetchall()
    return [Standing(*row) for row in found]
