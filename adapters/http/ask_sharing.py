"""Questions about sharing 共享: requests with their clocks, grants, the registers of use."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from adapters.http.described import listing, single
from adapters.http.places import PLACES
from adapters.http.question import A, Asked
from adapters.http.reading import check_officer, is_wide, whose
from hub.command import EntryId, GrantId, OrgId, RequestId
from hub.departments.calendar import local_day
from hub.sharing.kinds import GrantStatus, RequestStatus
from hub.supervision.audit import Subject
from projections import request_questions, sharing_ledger, use_register
from projections.request_board import REQUEST_BOARD, RequestRow
from projections.sharing_ledger import SHARING_LEDGER, LedgerRow
from projections.use_register import USE_REGISTER, UseKind, UseRow

router = APIRouter(prefix="/api/v1/sharing", tags=["sharing"])
PLACES["sharing.request"] = "/api/v1/sharing/requests"
PLACES["sharing.grant"] = "/api/v1/sharing/grants"
Party = Annotated[OrgId | Literal["me"] | None, Query(description="An organisation, or me 本部门")]
INSIDE = frozenset({RequestStatus.DRAFT, RequestStatus.OK_INSIDE})
"""States in which a request has not left its requester."""


def of_request(row: RequestRow) -> Subject:
    """Return whom a request concerns: the provider only once it has been sent."""
    sent = row.status not in INSIDE and row.submitted_at is not None
    parties = (row.requester_id, row.provider_id) if sent else (row.requester_id,)
    return Subject(row.request_id, row.entry_id, parties, local_day(row.drafted_at))


def of_grant(row: LedgerRow | UseRow) -> Subject:
    """Return whom a grant or its use concerns."""
    on = local_day(row.issued_at if isinstance(row, LedgerRow) else row.at)
    return Subject(row.request_id, row.entry_id, (row.requester_id, row.provider_id), on)


def parties_asked(asked: Asked, requester: str | None, provider: str | None) -> tuple[str, str]:
    """Return requester and provider to ask for; a department asks for what it is party to."""
    check_officer(asked.reader)
    own = asked.reader.org_id
    from_, by = (own if each == "me" else each or "" for each in (requester, provider))
    if own not in (from_, by) and not is_wide(asked.reader):
        if provider and not requester:
            from_ = own
        elif requester and not provider:
            by = own
        else:
            from_ = own
    return from_, by


@router.get("/requests", summary="Sharing requests 共享申请", **listing(RequestRow))
async def requests(
    asked: A,
    requester: Party = None,
    provider: Party = None,
    entry_id: EntryId | None = None,
    status: RequestStatus | None = None,
) -> Response:
    """List requests, the newest first; without a party, those of one's own department."""
    from_, by = parties_asked(asked, requester, provider)
    last = asked.key(datetime, str)
    return await asked.page(
        lambda connection: request_questions.requests(
            connection,
            requester_id=from_,
            provider_id=by,
            entry_id=entry_id or "",
            status=status,
            after=last,
            limit=asked.limit,
        ),
        RequestRow,
        key=lambda row: (row.drafted_at, row.request_id),
        view=REQUEST_BOARD.name,
        about=of_request,
    )


@router.get("/requests-running", summary="Clocks that run 在办申请", **listing(RequestRow))
async def running(asked: A, department_id: OrgId | None = None) -> Response:
    """List requests with a running clock, the next to end first: who has to act until when."""
    now = asked.desk.clock()
    late = await whose(asked.reader, asked.desk.standings, department_id or "", now)
    last = asked.key(datetime, str)
    return await asked.page(
        lambda c: request_questions.running(c, late_id=late, after=last, limit=asked.limit),
        RequestRow,
        key=lambda row: (row.ends_at, row.request_id),
        view=REQUEST_BOARD.name,
        about=of_request,
    )


@router.get("/requests/{request_id}", summary="One request 申请件", **single(RequestRow))
async def request(
    asked: A, request_id: Annotated[RequestId, Path(description="sharing.request:…")]
) -> Response:
    """Show one request as it stands."""
    check_officer(asked.reader)
    return await asked.one(
        lambda connection: request_questions.request(connection, request_id),
        request_id,
        view=REQUEST_BOARD.name,
        about=of_request,
    )


@router.get("/grants", summary="Grants 共享授权台账", **listing(LedgerRow))
async def grants(
    asked: A,
    requester: Party = None,
    provider: Party = None,
    entry_id: EntryId | None = None,
    status: GrantStatus | None = None,
) -> Response:
    """List grants with the sums of their use, the newest first; `requester=me`: what we may use."""
    from_, by = parties_asked(asked, requester, provider)
    last = asked.key(datetime, str)
    return await asked.page(
        lambda connection: sharing_ledger.grants(
            connection,
            requester_id=from_,
            provider_id=by,
            entry_id=entry_id or "",
            status=status,
            after=last,
            limit=asked.limit,
        ),
        LedgerRow,
        key=lambda row: (row.issued_at, row.grant_id),
        view=SHARING_LEDGER.name,
        about=of_grant,
    )


@router.get("/grants/{grant_id}", summary="One grant 授权", **single(LedgerRow))
async def grant(
    asked: A, grant_id: Annotated[GrantId, Path(description="sharing.grant:…")]
) -> Response:
    """Show one grant as it stands."""
    check_officer(asked.reader)
    return await asked.one(
        lambda connection: sharing_ledger.grant(connection, grant_id),
        grant_id,
        view=SHARING_LEDGER.name,
        about=of_grant,
    )


@router.get("/uses", summary="Registers of use 使用台账", **listing(UseRow))
async def uses(
    asked: A,
    grant_id: GrantId | None = None,
    department_id: OrgId | None = None,
    kind: UseKind | None = None,
) -> Response:
    """List what was used: daily reports, entries, linked services, anomalies, in order."""
    now = asked.desk.clock()
    department = await whose(asked.reader, asked.desk.standings, department_id or "", now)
    (last,) = asked.key(int) or (0,)
    return await asked.page(
        lambda connection: use_register.register(
            connection,
            grant_id=grant_id or "",
            department_id=department,
            kind=kind,
            after=last,
            limit=asked.limit,
        ),
        UseRow,
        key=lambda row: (row.position,),
        view=USE_REGISTER.name,
        about=of_grant,
    )
