"""The partitions of record.events as their owner sees them: which there are, and letting go."""

import re
import time
from collections.abc import Callable

import msgspec
import psycopg
from psycopg import sql

from projections.archived import ArchiveProblem, Volume

LOCK = 0x61726368
"""One archiver at a time; "arch" in ASCII."""
PATIENCE_SECONDS = 60.0
"""How long sessions are waited for that began before the archive was announced."""
_LOOK_SECONDS = 0.05

_BOUND = re.compile(r"FROM \('?(\d+)'?\) TO \('?(\d+)'?\)")
_PARTITIONS = """
    SELECT c.relname, pg_get_expr(c.relpartbound, c.oid), i.inhdetachpending
      FROM pg_inherits i
      JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'record.events'::regclass
"""
_ANNOUNCE = """
    INSERT INTO record.archives (first, last, folder, manifest, root)
    VALUES (%s, %s, %s, %s, %s)
"""
_SESSIONS = """
    SELECT virtualtransaction
      FROM pg_locks
     WHERE locktype = 'virtualxid'
       AND pid <> pg_backend_pid()
       AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())
"""


class Partition(msgspec.Struct, frozen=True):
    """A partition: its table, its positions, and whether letting it go was begun."""

    table: str
    first: int
    last: int
    going: bool


def partitions(connection: psycopg.Connection) -> list[Partition]:
    """Return the partitions of record.events, oldest first."""
    found = []
    for table, bound, going in connection.execute(_PARTITIONS).fetchall():
        match = _BOUND.search(bound or "")
        if match is None:
            raise ArchiveProblem(f"record.{table} is not a partition by position ({bound})")
        found.append(Partition(table, int(match[1]), int(match[2]) - 1, going))
    return sorted(found, key=lambda one: one.first)


def announce(connection: psycopg.Connection, volume: Volume, root: bytes) -> None:
    """Tell every reader, for good, that these positions lie in the archive too."""
    connection.execute(_ANNOUNCE, (volume.first, volume.last, volume.folder, volume.manifest, root))


def await_lease(connection: psycopg.Connection, lease: float) -> None:
    """Return when nobody can still believe that there is no archive at all."""
    while True:
        row = connection.execute(
            "SELECT clock_timestamp() - min(archived_at) FROM record.archives"
        ).fetchone()
        left = lease if row is None or row[0] is None else lease - row[0].total_seconds()
        if left <= 0:
            return
        time.sleep(left)


def await_older_sessions(
    connection: psycopg.Connection, patience: float = PATIENCE_SECONDS
) -> None:
    """Return when no transaction runs any more that began before the announcement.

    Such a one may still not see it, and must find the events in their partition until it ends.
    """
    older = set(connection.execute(_SESSIONS).fetchall())
    deadline = time.monotonic() + patience
    while older:
        older &= set(connection.execute(_SESSIONS).fetchall())
        if older and time.monotonic() > deadline:
            raise ArchiveProblem(
                f"a session has been in one transaction for more than {patience:g} s (a backup?); "
                "the archive is complete, the partition stays attached: run `hub archive` again"
            )
        if older:
            time.sleep(_LOOK_SECONDS)


def let_go(
    connection: psycopg.Connection,
    volume: Volume,
    say: Callable[[str], None],
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Detach and drop what of a volume is still in the database; goes on where it was stopped.

    Appends and readers go on: detaching takes no lock they wait for. Raises ArchiveProblem when a
    session keeps the partition for longer than the patience.
    """
    connection.execute(
        sql.SQL("SET lock_timeout = {}").format(sql.Literal(round(patience * 1_000)))
    )
    try:
        _let_go(connection, volume, say)
    except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as error:
        raise ArchiveProblem(
            f"a session has read positions {volume.first} to {volume.last} for more than "
            f"{patience:g} s; they are in the archive: run `hub archive` again to let them go"
        ) from error


def _let_go(connection: psycopg.Connection, volume: Volume, say: Callable[[str], None]) -> None:
    for one in partitions(connection):
        if volume.first <= one.first and one.last <= volume.last:
            table = sql.Identifier("record", one.table)
            # What was stopped in the middle is finished; what was not begun is begun.
            how = "FINALIZE" if one.going else "CONCURRENTLY"
            connection.execute(
                sql.SQL("ALTER TABLE record.events DETACH PARTITION {} {}").format(
                    table, sql.SQL(how)
                )
            )
            say(f"positions {one.first} to {one.last} are read from the archive from now on")
    for table_name in _detached(connection, volume):
        connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier("record", table_name)))


def _detached(connection: psycopg.Connection, volume: Volume) -> list[str]:
    """Return tables that were partitions with positions of a volume and hang on nothing now."""
    names = connection.execute(
        """
        SELECT c.relname
          FROM pg_class c
         WHERE c.relnamespace = 'record'::regnamespace
           AND c.relkind = 'r'
           AND c.relname ~ '^events_[0-9]+$'
           AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid)
        """
    ).fetchall()
    found = []
    for (name,) in names:
        row = connection.execute(
            sql.SQL("SELECT min(position), max(position) FROM {}").format(
                sql.Identifier("record", name)
            )
        ).fetchone()
        if (
            row is not None
            and row[0] is not None
            and volume.first <= row[0] <= row[1] <= volume.last
        ):
            found.append(name)
    return found
