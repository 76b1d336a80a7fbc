"""审计轨迹 Audit trail: who did what, when, in which case; one line per event, never changed.

What was said exactly stands in the record itself at the line's position (`projections.reader.at`).
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache
from itertools import chain
from operator import attrgetter
from typing import Any

import msgspec
import psycopg

import hub.decide  # noqa: F401 - its chapters enter their events in the registry
from hub.event import Event
from hub.record import Recorded
from projections.projection import Key, Projection
from projections.query import as_row


class AuditRow(msgspec.Struct, frozen=True):
    """One event: who spoke for which organisation in which role, and every id it names.

    `at` is the legal time, `recorded_at` the record's own.
    """

    position: int
    topic: str
    at: datetime
    recorded_at: datetime
    org_id: str
    person_id: str
    role: str
    case_id: str
    subjects: tuple[str, ...]


@cache
def _ids_of(event: type[Event]) -> tuple[Callable[[Event], Any], bool]:
    """Return what gets all ids an event of this class names, and whether some are lists of ids."""
    own = [
        name
        for name in event.__struct_fields__
        if name.endswith(("_id", "_ids")) and name not in ("causation_id", "correlation_id")
    ]
    return attrgetter(*own, "correlation_id"), any(name.endswith("_ids") for name in own)


def subjects_of(event: Event) -> tuple[str, ...]:
    """Return the ids an event names, each once, in the order of its fields."""
    get, with_lists = _ids_of(type(event))
    if with_lists:
        parts = [(ids,) if isinstance(ids, str) else ids or () for ids in get(event)]
        return tuple(dict.fromkeys(filter(None, chain.from_iterable(parts))))
    return tuple(dict.fromkeys(filter(None, get(event))))


def keys(event: Event, recorded: Recorded) -> Iterable[Key]:
    """Return the one line an event makes."""
    del event
    return ((recorded.position,),)


def fold(key: Key, row: AuditRow | None, event: Event, recorded: Recorded) -> AuditRow:
    """Make an event's line."""
    del key, row
    by = event.by
    return AuditRow(
        recorded.position,
        recorded.topic,
        event.at,
        recorded.recorded_at,
        by.org_id,
        by.person_id,
        by.role,
        event.case_id,
        subjects_of(event),
    )


AUDIT_TRAIL = Projection(
    name="audit_trail",
    version=1,
    row=AuditRow,
    key=("position",),
    reads=(Event,),
    keys=keys,
    fold=fold,
    insert_only=True,
)


def of_case(
    connection: psycopg.Connection, case_id: str, *, after: int = 0, limit: int = 100
) -> list[AuditRow]:
    """Return a case's events in the order of the record; the next page is `after` a position."""
    with connection.cursor(row_factory=as_row(AuditRow)) as cursor:
        return cursor.execute(
            """
            SELECT position, topic, at, recorded_at, org_id, person_id, role, case_id, subjects
              FROM audit_trail
             WHERE case_id = %s
               AND position > %s
             ORDER BY position
             LIMIT %s
            """,
            (case_id, after, limit),
        ).fetchall()


def of_subject(
    connection: psycopg.Connection, subject_id: str, *, after: int = 0, limit: int = 100
) -> list[AuditRow]:
    """Return every event that names an id (entry, organisation, grant, …), in order."""
    with connection.cursor(row_factory=as_row(AuditRow)) as cursor:
        return cursor.execute(
            """
            SELECT position, topic, at, recorded_at, org_id, person_id, role, case_id, subjects
              FROM audit_trail
             WHERE subjects @> ARRAY[%s::text]
               AND position > %s
             ORDER BY position
             LIMIT %s
            """,
            (subject_id, after, limit),
        ).fetchall()


def by_person(
    connection: psycopg.Connection, person_id: str, *, after: int = 0, limit: int = 100
) -> list[AuditRow]:
    """Return everything a person did, in order."""
    with connection.cursor(row_factory=as_row(AuditRow)) as cursor:
        return cursor.execute(
            """
            SELECT position, topic, at, recorded_at, org_id, person_id, role, case_id, subjects
              FROM audit_trail
             WHERE person_id = %s
               AND position > %s
             ORDER BY position
             LIMIT %s
            """,
            (person_id, after, limit),
        ).fetchall()


def at_positions(connection: psycopg.Connection, positions: Sequence[int]) -> list[AuditRow]:
    """Return the lines of these positions, in order: the events behind a figure."""
    with connection.cursor(row_factory=as_row(AuditRow)) as cursor:
        return cursor.execute(
            """
            SELECT position, topic, at, recorded_at, org_id, person_id, role, case_id, subjects
              FROM audit_trail
             WHERE position = ANY (%s)
             ORDER BY position
            """,
            (list(positions),),
        ).fetchall()
