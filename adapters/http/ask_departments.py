"""Questions about who takes part 总则: organisations, their officers and offices."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from adapters.http.described import listing, single
from adapters.http.places import PLACES
from adapters.http.question import A
from adapters.http.reading import check_officer
from hub.command import OrgId, PersonId
from projections import directory
from projections import work_calendars as calendars
from projections.directory import DIRECTORY, OFFICERS, DirectoryRow, OfficerRow
from projections.work_calendars import WORK_CALENDARS, WorkCalendarRow

router = APIRouter(prefix="/api/v1/departments", tags=["departments"])
PLACES["departments.organization"] = "/api/v1/departments/organizations"
OrgPath = Annotated[OrgId, Path(description="departments.organization:…")]


@router.get("/organizations", summary="Organisations 部门名录", **listing(DirectoryRow))
async def organizations(
    asked: A,
    *,
    region_code: Annotated[str, Query(pattern=r"^\d{0,12}$", description="Leading digits")] = "",
    active: bool | None = None,
) -> Response:
    """List the organisations of a region with their sharing offices."""
    check_officer(asked.reader)
    (last,) = asked.key(str) or ("",)
    return await asked.page(
        lambda connection: directory.organizations(
            connection, region_code=region_code, active=active, after=last, limit=asked.limit
        ),
        DirectoryRow,
        key=lambda row: (row.org_id,),
        view=DIRECTORY.name,
    )


@router.get("/organizations/{org_id}", summary="One organisation 机构", **single(DirectoryRow))
async def organization(asked: A, org_id: OrgPath) -> Response:
    """Show one organisation as it stands."""
    check_officer(asked.reader)
    return await asked.one(
        lambda connection: directory.organization(connection, org_id),
        org_id,
        view=DIRECTORY.name,
    )


@router.get("/officers", summary="Officers 任职", **listing(OfficerRow))
async def officers(
    asked: A, org_id: OrgId | None = None, person_id: PersonId | None = None
) -> Response:
    """List who holds which role in an organisation, or which roles a person holds."""
    check_officer(asked.reader)
    wanted = org_id or asked.reader.org_id
    return await asked.page(
        lambda connection: (
            directory.roles_of(connection, person_id)
            if person_id
            else directory.officers_of(connection, wanted)
        ),
        OfficerRow,
        key=lambda row: (row.org_id, row.person_id, row.role),
        view=OFFICERS.name,
        whole=True,
    )


@router.get("/calendars", summary="Work calendars 工作日历", **listing(WorkCalendarRow))
async def work_calendars(asked: A) -> Response:
    """List every year's holidays and make-up days; a provisional year is said to be one."""
    check_officer(asked.reader)
    return await asked.page(
        calendars.work_calendars,
        WorkCalendarRow,
        key=lambda row: (row.year,),
        view=WORK_CALENDARS.name,
        whole=True,
    )
