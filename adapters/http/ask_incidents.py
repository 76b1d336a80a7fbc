"""Questions about incidents 安全事件: what went wrong, in whose house, and how it ended."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from adapters.http.described import listing, single
from adapters.http.places import PLACES
from adapters.http.question import A
from adapters.http.reading import check_officer
from hub.command import IncidentId
from hub.departments.calendar import local_day
from hub.security.kinds import IncidentKind, IncidentStatus
from hub.supervision.audit import Subject
from projections import incidents as ledger
from projections.incidents import INCIDENTS, IncidentRow

router = APIRouter(prefix="/api/v1/security", tags=["security"])
PLACES["security.incident"] = "/api/v1/security/incidents"
IncidentPath = Annotated[IncidentId, Path(description="security.incident:…")]


def of_incident(row: IncidentRow) -> Subject:
    """Return whom an incident concerns: who has it, on the day it was noticed."""
    return Subject(row.incident_id, "", (row.org_id,), local_day(row.detected_at))


@router.get("/incidents", summary="Incidents 安全事件", **listing(IncidentRow))
async def incidents(
    asked: A, status: IncidentStatus | None = None, kind: IncidentKind | None = None
) -> Response:
    """List incidents, the latest first, those of one's own house or of the region overseen."""
    check_officer(asked.reader)
    (last,) = asked.key(int) or (None,)
    return await asked.page(
        lambda connection: ledger.incidents(
            connection, status=status or "", kind=kind or "", after=last, limit=asked.limit
        ),
        IncidentRow,
        key=lambda row: (row.position,),
        view=INCIDENTS.name,
        about=of_incident,
    )


@router.get("/incidents/{incident_id}", summary="One incident 安全事件", **single(IncidentRow))
async def incident(asked: A, incident_id: IncidentPath) -> Response:
    """Show one incident with everything it names as affected."""
    check_officer(asked.reader)
    return await asked.one(
        lambda connection: ledger.incident(connection, incident_id),
        incident_id,
        view=INCIDENTS.name,
        about=of_incident,
    )
