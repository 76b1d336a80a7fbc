"""安全事件 Incident: something is wrong with data or with the hub; it stays open until explained.

Decree 809 §35: who has an incident acts at once. The hub itself reports what it finds by itself,
such as a view that is no longer what the record says.
"""

from datetime import datetime
from typing import assert_never

import msgspec

from hub.actor import Actor
from hub.departments.organization import Organization
from hub.errors import Conflict
from hub.security.commands import CloseIncident, DetectIncident
from hub.security.events import IncidentClosed, IncidentDetected, IncidentEvents
from hub.security.kinds import IncidentStatus
from hub.state import State, States, begun


class Incident(State, frozen=True, kw_only=True):
    """An incident as it stands."""

    STREAM = "security.incident"

    org_id: str
    status: IncidentStatus = IncidentStatus.DETECTED


def evolve(state: Incident | None, event: IncidentEvents) -> Incident:
    """Fold the events of an incident."""
    match event:
        case IncidentDetected():
            return Incident(org_id=event.org_id)
        case IncidentClosed():
            return msgspec.structs.replace(begun(state, event), status=IncidentStatus.CLOSED)
        case _:
            assert_never(event)


def detect(command: DetectIncident, states: States, by: Actor, at: datetime) -> IncidentDetected:
    """Record that something is wrong; the same incident once."""
    if states.maybe(Incident, command.incident_id) is not None:
        raise Conflict(
            f"{command.incident_id} is recorded already",
            f"{command.incident_id}已登记",
            where="incident_id",
        )
    states.the(Organization, command.org_id)
    return IncidentDetected(
        at=at,
        by=by,
        incident_id=command.incident_id,
        org_id=command.org_id,
        kind=command.kind,
        title=command.title,
        description=command.description,
        details=command.details,
    )


def close(command: CloseIncident, states: States, by: Actor, at: datetime) -> IncidentClosed:
    """Say what it was and what follows; once."""
    incident = states.the(Incident, command.incident_id)
    if incident.status is IncidentStatus.CLOSED:
        raise Conflict(f"{command.incident_id} is closed already", f"{command.incident_id}已办结")
    return IncidentClosed(
        at=at,
        by=by,
        incident_id=command.incident_id,
        org_id=incident.org_id,
        cause=command.cause,
        loss=command.loss,
        lessons=command.lessons,
    )
