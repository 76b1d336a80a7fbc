"""The meter: every reading of granted data is written down, and reported to the record by day.

The log stays in `desk.accesses` (kept three years at least, D-20); a report to the record holds
its numbers and the digest of its lines, so that the log can be checked against the record later.
"""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import msgspec
import psycopg

from adapters.lake.granted import Opened
from hub.departments.calendar import local_day
from hub.sharing.grant_commands import RecordUsage

OWN_NUMBERS = 500_000
"""The meter's reports of a day are numbered from here, apart from those adapters send."""


class Line(msgspec.Struct, frozen=True):
    """One reading as it stands in the log and in its digest."""

    access_id: int
    batch_id: str
    items: tuple[str, ...]
    system: str
    person_id: str
    at: datetime
    first_byte: int
    bytes: int
    rows: int
    ok: bool


def note(
    connection: psycopg.Connection,
    grant_id: str,
    opened: Opened,
    person_id: str,
    at: datetime,
    *,
    first_byte: int = 0,
    size: int | None = None,
) -> None:
    """Write a reading down before its first byte leaves.

    `first_byte` and `size` are those of the part asked for; rows count where the file begins.
    """
    connection.execute(
        """
        INSERT INTO desk.accesses
               (grant_id, batch_id, items, system, person_id, at, day, first_byte, bytes, rows, ok)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, true)
        """,
        (
            grant_id,
            opened.batch_id,
            list(opened.items),
            opened.system,
            person_id,
            at,
            local_day(at),
            first_byte,
            opened.bytes if size is None else size,
            opened.rows if first_byte == 0 else 0,
        ),
    )


def calls_on(connection: psycopg.Connection, grant_id: str, day: date) -> int:
    """Return how many readings a grant has had on a day; going on with a broken one is none."""
    found = connection.execute(
        """
        SELECT count(*)
          FROM desk.accesses
         WHERE grant_id = %s
           AND day = %s
           AND first_byte = 0
        """,
        (grant_id, day),
    ).fetchone()
    return int(found[0]) if found else 0


def reports(connection: psycopg.Connection, before: date) -> Iterator[tuple[str, RecordUsage]]:
    """Yield what is not yet reported of the days before one, each with its command id.

    The lines of a report are fixed when it is first made, so that a repeated one is the same.
    Send each to the hub as the operator, then `done`.
    """
    connection.execute(
        """
        WITH open AS (
             SELECT DISTINCT grant_id, day
               FROM desk.accesses
              WHERE NOT reported
                AND sequence IS NULL
                AND day < %(before)s)
        UPDATE desk.accesses AS a
           SET sequence = 1 + (SELECT coalesce(max(earlier.sequence), %(first)s)
                                 FROM desk.accesses AS earlier
                                WHERE earlier.grant_id = open.grant_id
                                  AND earlier.day = open.day)
          FROM open
         WHERE a.grant_id = open.grant_id
           AND a.day = open.day
           AND a.sequence IS NULL
        """,
        {"before": before, "first": OWN_NUMBERS},
    )
    unsent = connection.execute(
        """
        SELECT DISTINCT grant_id, day, sequence
          FROM desk.accesses
         WHERE NOT reported
           AND sequence IS NOT NULL
         ORDER BY day, grant_id, sequence
        """
    ).fetchall()
    for grant_id, day, sequence in unsent:
        yield (
            f"usage:{grant_id}:{day}:{sequence}",
            _report(grant_id, day, sequence, lines(connection, grant_id, day, sequence)),
        )


def done(connection: psycopg.Connection, command: RecordUsage) -> None:
    """Mark a report as recorded."""
    connection.execute(
        """
        UPDATE desk.accesses
           SET reported = true
         WHERE grant_id = %s
           AND day = %s
           AND sequence = %s
        """,
        (command.grant_id, command.day, command.sequence),
    )


def lines(connection: psycopg.Connection, grant_id: str, day: date, sequence: int) -> list[Line]:
    """Return the lines of one report, in their order."""
    found = connection.execute(
        """
        SELECT access_id, batch_id, items, system, person_id, at, first_byte, bytes, rows, ok
          FROM desk.accesses
         WHERE grant_id = %s
           AND day = %s
           AND sequence = %s
         ORDER BY access_id
        """,
        (grant_id, day, sequence),
    ).fetchall()
    return [
        # In UTC whatever the session's zone is: the digest of a line must never change.
        Line(
            row[0],
            row[1],
            tuple(row[2]),
            row[3],
            row[4],
            row[5].astimezone(UTC),
            row[6],
            row[7],
            row[8],
            row[9],
        )
        for row in found
    ]


def digest(log: list[Line]) -> str:
    """Return the digest of a report's lines: SHA-256 over one JSON line each."""
    text = b"".join(msgspec.json.encode(line) + b"\n" for line in log)
    return f"sha256:{hashlib.sha256(text).hexdigest()}"


def _report(grant_id: str, day: date, sequence: int, log: list[Line]) -> RecordUsage:
    def distinct(names: Callable[[Line], tuple[str, ...]]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for line in log for name in names(line)))

    return RecordUsage(
        grant_id=grant_id,
        day=day,
        sequence=sequence,
        calls=len(log),
        rows=sum(line.rows for line in log),
        bytes=sum(line.bytes for line in log),
        ok=sum(line.ok for line in log),
        failed=sum(not line.ok for line in log),
        systems=distinct(lambda line: (line.system,)),
        items=distinct(lambda line: line.items),
        log_hash=digest(log),
    )
