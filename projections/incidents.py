"""安全事件台账 Incidents: what went wrong, what is affected, and how it ended."""

from collections.abc import Iterable
from datetime import datetime
from typing import assert_never

import msgspec
import psycopg

from hub.record import Recorded
from hub.security.events import IncidentClosed, IncidentDetected, IncidentEvents
from hub.security.kinds import IncidentKind, IncidentStatus
from projections.projection import Key, Projection
from projections.query import as_row


class IncidentRow(msgspec.Struct, frozen=True, kw_only=True):
    """An incident; `position` is that of its detection, `details` names what is affected."""

    incident_id: str
    org_id: str
    kind: IncidentKind
    title: str
    description: str
    details: tuple[str, ...]
    status: IncidentStatus
    position: int
    detected_at: datetime
    closed_at: datetime | None = None
    cause: str = ""
    loss: str = ""
    lessons: str = ""


def keys(event: IncidentEvents, recorded: Recorded) -> Iterable[Key]:
    """Return the incident."""
    del recorded
    return ((event.incident_id,),)


def fold(
    key: Key, row: IncidentRow | None, event: IncidentEvents, recorded: Recorded
) -> IncidentRow | None:
    """Fold one event into an incident's line."""
    del key
    match event:
        case IncidentDetected():
            return IncidentRow(
                incident_id=event.incident_id,
                org_id=event.org_id,
                kind=event.kind,
                title=event.title,
                description=event.description,
                details=event.details,
                status=IncidentStatus.DETECTED,
                position=recorded.position,
                detected_at=event.at,
            )
        case IncidentClosed():
            return row and msgspec.structs.replace(
                row,
                status=IncidentStatus.CLOSED,
                closed_at=event.at,
                cause=event.cause,
                loss=event.loss,
                lessons=event.lessons,
            )
        case _:
            assert_never(event)


INCIDENTS = Projection(
    name="incidents",
    version=1,
    row=IncidentRow,
    key=("incident_id",),
    reads=(IncidentDetected, IncidentClosed),
    keys=keys,
    fold=fold,
)


def incidents(
    connection: psycopg.Connection,
    *,
    status: str = "",
    kind: str = "",
    after: int | None = None,
    limit: int = 100,
) -> list[IncidentRow]:
    """Return incidents, the latest first; the next page begins `after` a position."""
    with connection.cursor(row_factory=as_row(IncidentRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM incidents
             WHERE (%(status)s = '' OR status = %(status)s)
               AND (%(kind)s = '' OR kind = %(kind)s)
               AND (%(after)s::bigint IS NULL OR position < %(after)s)
             ORDER BY position DESC
             LIMIT %(limit)s
            """,
            {"status": status, "kind": kind, "after": after, "limit": limit},
        ).fetchall()


def incident(connection: psycopg.Connection, incident_id: str) -> IncidentRow | None:
    """Return one incident; None if there is none of this id."""
    with connection.cursor(row_factory=as_row(IncidentRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM incidents
             WHERE incident_id = %s
            """,
            (incident_id,),
        ).fetchone()
