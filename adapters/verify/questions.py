"""What SQL answers better than a stream of rows: the head, and the versions of streams.

Asked on the same snapshot as the rows. Each question names the first few that are wrong.
"""

from typing import LiteralString

import psycopg

from adapters.verify.finding import Kind, Wrong

_HEADS = "SELECT position FROM record.log_head"
_LAST = "SELECT coalesce(max(position), 0) FROM record.events"

_STREAMS = """
    SELECT stream_id, e.starts_at, e.reached, e.count, e.different, s.version
      FROM (SELECT stream_id,
                   min(version) AS starts_at,
                   max(version) AS reached,
                   count(*) AS count,
                   count(DISTINCT version) AS different
              FROM record.events
             GROUP BY stream_id) AS e
      FULL JOIN record.streams AS s USING (stream_id)
     WHERE (s.version IS DISTINCT FROM e.reached AND (%(whole)s OR e.count IS NOT NULL))
        OR e.count <> e.different
        OR e.count <> e.reached - e.starts_at + 1
        OR (e.starts_at > 1 AND %(whole)s)
     LIMIT 5
"""
_FIRST_OF_STREAM = """
    SELECT position, topic
      FROM (SELECT position, topic, version,
                   lag(version) OVER (ORDER BY version, position) AS before,
                   lead(version) OVER (ORDER BY version, position) AS after
              FROM record.events
             WHERE stream_id = %s) AS e
     WHERE version <> before + 1
        OR (before IS NULL AND version > 1)
        OR (after IS NULL AND version IS DISTINCT FROM %s)
     ORDER BY position
     LIMIT 1
"""


def extent(connection: psycopg.Connection) -> tuple[int, list[Wrong]]:
    """Return up to which position the record goes, and whether its head row says so."""
    heads = [int(row[0]) for row in connection.execute(_HEADS).fetchall()]
    last = _number(connection, _LAST)
    if heads == [last]:
        return last, []
    end = max([last, *heads])
    if len(heads) != 1:
        sentence = f"the record's head has {len(heads)} rows, not one"
        return end, [_head(sentence, last)]
    if heads[0] > last:
        return end, []  # every position without a row is named by itself
    sentence = f"the head says {heads[0]}, but there are events up to {last}"
    return end, [_head(sentence, heads[0] + 1, last)]


def streams(connection: psycopg.Connection, *, whole: bool) -> list[Wrong]:
    """Every stream's versions are 1 … n (0 … n for other programs), and record.streams says n.

    Unless the record is `whole` in PostgreSQL, the older events of a stream may lie elsewhere.
    """
    found: list[Wrong] = []
    for stream_id, starts_at, reached, count, different, said in connection.execute(
        _STREAMS, {"whole": whole}
    ):
        there = 0 if count is None else count
        row = connection.execute(_FIRST_OF_STREAM, (stream_id, said)).fetchone()
        position, topic = (None, "") if row is None else (int(row[0]), str(row[1]))
        versions = f" with versions {starts_at} to {reached}" if there else ""
        twice = f", {there - different} of them twice" if there and different < there else ""
        found.append(
            Wrong(
                kind=Kind.STREAM,
                position=position,
                sentence=f"{stream_id} has {there} events{versions}{twice}; record.streams says "
                f"{'nothing' if said is None else said}",
                proves="a version was changed, events were removed or added, or record.streams "
                "was changed",
                stream_id=stream_id,
                topic=topic,
            )
        )
    return found


def _head(sentence: str, position: int, until: int | None = None) -> Wrong:
    proves = "record.log_head was changed, or events were added behind it"
    return Wrong(kind=Kind.HEAD, position=position, until=until, sentence=sentence, proves=proves)


def _number(connection: psycopg.Connection, question: LiteralString) -> int:
    row = connection.execute(question).fetchone()
    return 0 if row is None else int(row[0])
