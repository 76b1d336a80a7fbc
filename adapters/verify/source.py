"""The rows of the record by ranges of positions, wherever they lie.

A source is a plain description that travels to another process and is opened there. PostgreSQL
is one; archived partitions are others. Together they cover positions 1 to the head.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from struct import Struct
from typing import Any, NamedTuple, Protocol

import psycopg
from psycopg import pq, sql

from hub.seal.tiles import WIDTH

Row = tuple[int, Any, Any, Any, Any, Any, Any, Any]
"""position, recorded_at (µs since 1970 UTC), version, schema_version, leaf, stream_id, topic,
state; the last four as bytes. Only a damaged record has None for any of the last seven."""

_COLUMNS = b"position, recorded_at, version, schema_version, leaf, stream_id, topic, state"
_EPOCH = 946_684_800_000_000
"""PostgreSQL counts from 2000-01-01."""

# A row of COPY BINARY: the number of columns, then each as its length and its bytes.
_HEAD = Struct(">hiqiqiiihi32si")
_LENGTH = Struct(">i")
_NUMBERS = {2: Struct(">h"), 4: Struct(">i"), 8: Struct(">q")}
_CONSTANTS = (_HEAD.size, (8, 8, 8, 4, 2, 32))
"""Bytes before the first text, and what the number of columns and their lengths must be there."""
_BEFORE_FIRST_ROW = 19
_END = 2
_FAILED = -2
"""What libpq answers where a COPY fails on its way."""
_TEXT_COLUMNS_FROM = 4


class Source(Protocol):
    """Rows of a range of positions."""

    @property
    def first(self) -> int:
        """Return the first position it may hold."""
        ...

    @property
    def last(self) -> int:
        """Return the last position it may hold."""
        ...

    def tiles(self, after: int, upto: int) -> Iterator[tuple[int, list[Row]]]:
        """Yield the rows it has with after < position ≤ upto, in order, by their level-0 tile.

        Tiles without a row may be left out.
        """
        ...


class FromPostgres(NamedTuple):
    """Rows in the table record.events, as one exported snapshot sees them."""

    url: str
    snapshot: str
    first: int
    last: int

    def tiles(self, after: int, upto: int) -> Iterator[tuple[int, list[Row]]]:
        """Yield the rows with after < position ≤ upto, in order, by their level-0 tile."""
        line = _connection(self.url, self.snapshot).pgconn
        question = b"""
            COPY (SELECT %b
                    FROM record.events
                   WHERE position > %d
                     AND position <= %d
                   ORDER BY position)
              TO STDOUT (FORMAT BINARY)
        """ % (_COLUMNS, max(after, self.first - 1), min(upto, self.last))
        answer = line.exec_(question)
        if answer.status != pq.ExecStatus.COPY_OUT:
            raise psycopg.OperationalError(answer.get_error_message())
        yield from _parsed(line)
        while line.get_result() is not None:
            pass


def sources(
    url: str, snapshot: str, head: int, shelved: Sequence[Source] = ()
) -> tuple[Source, ...]:
    """Return what holds the positions behind the archived ones up to the head."""
    return (FromPostgres(url, snapshot, shelved[-1].last + 1 if shelved else 1, head),)


def tiles_of_rows(
    held: tuple[Source, ...], after: int, upto: int
) -> Iterator[tuple[int, list[Row]]]:
    """Yield (number of the level-0 tile, its rows) for all tiles of a range that begins with one.

    A tile at the border of two sources has rows of both.
    """
    number, tile = after // WIDTH, list[Row]()
    for source in held:
        if source.first > upto or source.last <= after:
            continue
        for of_rows, rows in source.tiles(after, upto):
            while number < of_rows:
                yield number, tile
                number, tile = number + 1, []
            tile = tile + rows if tile else rows
    while number * WIDTH < upto:
        yield number, tile
        number, tile = number + 1, []


def by_tile(rows: Iterable[Row]) -> Iterator[tuple[int, list[Row]]]:
    """Put rows in order of position into their tiles; for sources that read row by row."""
    for number, tile in groupby(rows, lambda row: (row[0] - 1) // WIDTH):
        yield number, list(tile)


_connections: dict[tuple[str, str], psycopg.Connection] = {}


def _connection(url: str, snapshot: str) -> psycopg.Connection:
    """Return this process's line to the snapshot; it lives as long as the process needs it."""
    held = _connections.get((url, snapshot))
    if held is None or held.closed:
        held = snapshot_of(url, snapshot)
        _connections[url, snapshot] = held
    return held


def forget(url: str, snapshot: str) -> None:
    """Hang up this process's line to a snapshot, if there is one."""
    held = _connections.pop((url, snapshot), None)
    if held is not None:
        held.close()


def snapshot_of(url: str, snapshot: str | None = None) -> psycopg.Connection:
    """Open a connection that sees one moment of the database: this snapshot's, or now."""
    connection = psycopg.connect(
        url, application_name="hub verify", client_encoding="UTF8", options="-c timezone=UTC"
    )
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    if snapshot is not None:
        connection.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot)))
    return connection


def _parsed(line: pq.abc.PGconn) -> Iterator[tuple[int, list[Row]]]:
    """Parse a COPY by hand as it comes, in a third of the time a cursor takes."""
    unpack, length_at, head_bytes, widths = _HEAD.unpack_from, _LENGTH.unpack_from, *_CONSTANTS
    receive = line.get_copy_data
    number, end, tile = 0, 0, list[Row]()
    size, data = receive(0)
    row = data.tobytes()[_BEFORE_FIRST_ROW:]
    while size > _END:
        if len(row) <= _END:
            break  # only the head and the end: there is no row
        parsed: Row | None = None
        if len(row) >= head_bytes:
            columns, a, position, b, at, c, version, d, schema, e, leaf, length = unpack(row)
            if (columns, a, b, c, d, e) == widths and length >= 0:
                stream_end = head_bytes + length
                topic_end = stream_end + 4 + length_at(row, stream_end)[0]
                state = row[topic_end + 4 :]
                if state and topic_end >= stream_end + 4:
                    stream_id, topic = row[head_bytes:stream_end], row[stream_end + 4 : topic_end]
                    at += _EPOCH
                    parsed = (position, at, version, schema, leaf, stream_id, topic, state)
        if parsed is None:
            parsed = _odd(row)
        if parsed[0] > end:
            if tile:
                yield number, tile
            number, tile = (parsed[0] - 1) // WIDTH, []
            end = (number + 1) * WIDTH
        tile.append(parsed)
        size, data = receive(0)
        row = data.tobytes()
    _finish(line, size)
    if tile:
        yield number, tile


def _finish(line: pq.abc.PGconn, size: int) -> None:
    while size >= 0:
        size, _ = line.get_copy_data(0)
    if size == _FAILED:
        raise psycopg.OperationalError(line.get_error_message())


def _odd(data: bytes) -> Row:
    """Read a row in which a column is NULL or has another width than it should, column by column.

    Such a column is None.
    """
    found: list[Any] = []
    at = 2
    for number in range(8):
        (length,) = _LENGTH.unpack_from(data, at)
        at += 4
        if length < 0:
            found.append(None)
            continue
        part = data[at : at + length]
        at += length
        if number < _TEXT_COLUMNS_FROM:
            found.append(_NUMBERS[length].unpack(part)[0] if length in _NUMBERS else None)
        else:
            found.append(part)
    if found[1] is not None:
        found[1] += _EPOCH
    position, at_time, version, schema, leaf, stream_id, topic, state = found
    return position, at_time, version, schema, leaf, stream_id, topic, state
