"""Making a record again of an archive alone, or of a lost tail: in one transaction, or not at all.

Every leaf is computed again from the bytes, every root compared, before anything is committed.
The owner's right: the application may only append what is new.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psycopg

from adapters.archive import reading
from adapters.archive.reading import Audit, Folder
from adapters.archive.rows import Command, Leaves
from hub.record import Recorded
from hub.seal.merkle import Read

Progress = Callable[[int, int], None]

_EVENTS = """
    COPY record.events
         (position, recorded_at, version, schema_version, stream_id, topic, state, leaf)
    FROM STDIN (FORMAT BINARY)
"""
_EVENT_TYPES = ("int8", "timestamptz", "int4", "int2", "text", "text", "bytea", "bytea")
_COMMANDS = """
    COPY record.commands (command_id, fingerprint, first, count, recorded_at)
    FROM STDIN (FORMAT BINARY)
"""
_COMMAND_TYPES = ("text", "bytea", "int8", "int4", "timestamptz")
_STREAMS = """
    INSERT INTO record.streams AS s (stream_id, version)
    SELECT stream_id, max(version)
      FROM record.events
     WHERE position > %s
     GROUP BY stream_id
        ON CONFLICT (stream_id) DO UPDATE SET version = excluded.version
"""
_HEAD = """
    UPDATE record.log_head
       SET position = %s,
           recorded_at = %s
"""
_EMPTY = """
    SELECT position = 0
           AND NOT EXISTS (SELECT FROM record.events)
           AND NOT EXISTS (SELECT FROM record.commands)
           AND NOT EXISTS (SELECT FROM record.streams)
           AND NOT EXISTS (SELECT FROM record.archives)
      FROM record.log_head
"""


class CannotRestore(Exception):
    """A sentence for the operator: why nothing was restored, and what to do."""


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What was restored: up to which position, how many answers, and the log's root there.

    `checkpoint` is the last one the archive carries, `sealed` its size; both checked.
    """

    position: int
    events: int
    commands: int
    root: str
    sealed: int = 0
    checkpoint: str | None = None


def restore(connection: psycopg.Connection, archive: Path, progress: Progress) -> Restored:
    """Fill an empty record from an archive; `connection` is the owner's, in autocommit.

    Raises CannotRestore when the record is not empty or the archive holds nothing, ArchiveProblem
    for a gap or a damaged file. Then nothing was changed.
    """
    folders = reading.folders(archive)
    if not folders:
        raise CannotRestore(f"{archive} holds no archive that begins at position 1")
    goal = folders[-1].manifest.last
    audit = Audit()
    answers = 0
    with _alone_with(connection):
        _refuse_full(connection)
        _set_partition_rows(connection, folders[-1].manifest.partition_rows)
        last: Recorded | None = None
        for folder in folders:
            start = audit.frontier.size
            for events in audit.events(folder):
                if events:
                    _insert(connection, events)
                    last = events[-1]
                    progress(last.position, goal)
            answers += _insert_commands(connection, folder, start)
        assert last is not None
        connection.execute(_STREAMS, (0,))
        connection.execute(_HEAD, (last.position, last.recorded_at))
        _call(connection, last.position)
    note = folders[-1].manifest.checkpoint
    checkpoint = reading.checkpoint_of(folders[-1])
    return Restored(
        position=goal,
        events=goal,
        commands=answers,
        root=audit.frontier.root().hex(),
        sealed=0 if checkpoint is None else checkpoint.size,
        checkpoint=note,
    )


def append_tail(
    connection: psycopg.Connection, tail: Iterator[Sequence[Recorded]], sealed: tuple[int, Read]
) -> int:
    """Put events behind the head that a copy still had; return the last position.

    `sealed` is the size of the sealed log and its tree: as far as it reaches, each leaf must be
    the one that was sealed. The answers of their commands are not in such a copy. Raises
    CannotRestore, and then nothing was changed.
    """
    size, read = sealed
    leaf = Leaves()
    with _alone_with(connection):
        row = connection.execute("SELECT position, recorded_at FROM record.log_head").fetchone()
        assert row is not None
        head, moment = row
        start = head
        for events in tail:
            for event in events:
                if event.recorded_at < moment:
                    raise CannotRestore(f"position {event.position} of the copy is of another time")
                if event.position != head + 1:
                    raise CannotRestore(
                        f"the copy goes on at position {event.position}, the record ends at "
                        f"{head}: what lies between is in neither; restore a younger backup first"
                    )
                if leaf(event) != event.leaf:
                    raise CannotRestore(f"position {head + 1} of the copy does not fit its leaf")
                if event.position <= size and read(0, head) != event.leaf:
                    raise CannotRestore(f"position {head + 1} of the copy is not what was sealed")
                head, moment = event.position, event.recorded_at
            if events:
                _insert(connection, events)
        _check_versions(connection, start)
        connection.execute(_STREAMS, (start,))
        connection.execute(_HEAD, (head, moment))
        _call(connection, head)
    return int(head)


@contextmanager
def _alone_with(connection: psycopg.Connection) -> Iterator[None]:
    """Begin a transaction that holds the record's head: nobody appends meanwhile."""
    with connection.transaction():
        connection.execute("SET LOCAL synchronous_commit = on")
        connection.execute("SELECT FROM record.log_head FOR UPDATE")
        yield


def _refuse_full(connection: psycopg.Connection) -> None:
    row = connection.execute(_EMPTY).fetchone()
    if row is None or not row[0]:
        raise CannotRestore(
            "this database already holds a record; an archive is restored into an empty one "
            "(another --home, or a new database after `hub migrate`)"
        )


def _set_partition_rows(connection: psycopg.Connection, rows: int) -> None:
    """Cut partitions as the archived record did; the empty ones made before would overlap."""
    row = connection.execute("SELECT partition_rows FROM record.log_head").fetchone()
    if row is not None and row[0] == rows:
        return
    tables = connection.execute(
        """
        SELECT c.oid::regclass::text
          FROM pg_inherits i
          JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = 'record.events'::regclass
        """
    ).fetchall()
    for (name,) in tables:
        connection.execute(f"DROP TABLE {name}".encode())
    connection.execute("UPDATE record.log_head SET partition_rows = %s", (rows,))
    connection.execute("SELECT record.extend()")


def _insert(connection: psycopg.Connection, events: Sequence[Recorded]) -> None:
    _make_room(connection, events[0].position, events[-1].position)
    with connection.cursor() as cursor, cursor.copy(_EVENTS) as copy:
        copy.set_types(_EVENT_TYPES)
        for e in events:
            copy.write_row(
                (
                    *(e.position, e.recorded_at, e.version, e.schema_version),
                    *(e.stream_id, e.topic, e.state, e.leaf),
                )
            )


def _make_room(connection: psycopg.Connection, first: int, last: int) -> None:
    """Have the partitions for these positions: extend() makes those at the head and behind it."""
    row = connection.execute("SELECT partition_rows FROM record.log_head").fetchone()
    assert row is not None
    for position in (*range(first - 1, last, row[0]), last):
        connection.execute("UPDATE record.log_head SET position = %s", (position,))
        connection.execute("SELECT record.extend()")


def _insert_commands(connection: psycopg.Connection, folder: Folder, after: int) -> int:
    """Insert the answers of a folder; of an overlapping tail only those behind a position."""
    count = 0
    for commands in reading.commands(folder):
        fresh: list[Command] = [one for one in commands if one.first > after or after == 0]
        with connection.cursor() as cursor, cursor.copy(_COMMANDS) as copy:
            copy.set_types(_COMMAND_TYPES)
            for one in fresh:
                copy.write_row(
                    (one.command_id, one.fingerprint, one.first, one.count, one.recorded_at)
                )
        count += len(fresh)
    return count


def _check_versions(connection: psycopg.Connection, start: int) -> None:
    """Raise CannotRestore when a stream of the tail does not go on where the record left it."""
    row = connection.execute(
        """
        SELECT stream_id
          FROM (SELECT stream_id,
                       version - row_number() OVER (PARTITION BY stream_id ORDER BY position)
                       AS before
                  FROM record.events
                 WHERE position > %s) AS tail
          LEFT JOIN record.streams AS s USING (stream_id)
         GROUP BY stream_id, s.version
        HAVING min(before) <> max(before)
            OR max(before) <> coalesce(s.version, least(max(before), 0))
         LIMIT 1
        """,
        (start,),
    ).fetchone()
    if row is not None:
        raise CannotRestore(
            f"the events of {row[0]} in the copy do not go on where the record ends: the copy "
            "belongs to another record"
        )


def _call(connection: psycopg.Connection, position: int) -> None:
    """Wake who follows the record, as an append does."""
    connection.execute("SELECT pg_notify('record', %s::text)", (position,))
