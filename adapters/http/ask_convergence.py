"""Questions about data on its way 汇聚: resources, batches, and how fresh the data is."""

from datetime import date
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Query, Response

from adapters.http.described import listing, single
from adapters.http.places import PLACES
from adapters.http.question import A
from adapters.http.reading import check_officer, whose
from hub.command import BatchId, EntryId, OrgId, ResourceId
from hub.convergence.kinds import BatchStatus, ResourceStatus
from hub.departments.calendar import local_day
from hub.supervision.audit import Subject
from projections import batches, freshness, resources
from projections.batches import BATCHES, BatchRow
from projections.freshness import FRESHNESS, BoardLine, FreshnessRow
from projections.resources import RESOURCES, ResourceRow

router = APIRouter(prefix="/api/v1/convergence", tags=["convergence"])
PLACES["convergence.resource"] = "/api/v1/convergence/resources"
PLACES["convergence.batch"] = "/api/v1/convergence/batches"
ResourcePath = Annotated[ResourceId, Path(description="convergence.resource:…")]
BatchPath = Annotated[BatchId, Path(description="convergence.batch:…")]
PUBLISHED = frozenset(
    {ResourceStatus.ACTIVE, ResourceStatus.SUSPENDED, ResourceStatus.ENDING, ResourceStatus.ENDED}
)
"""States in which others know of a resource; before, it is its department's own affair."""


def of_resource(row: ResourceRow) -> Subject:
    """Return whom a resource concerns."""
    return _of_provider(row.entry_id, row.provider_id, local_day(row.mounted_at))


def seen_by_others(row: ResourceRow) -> ResourceRow | None:
    """Show others a resource once it serves, without where it lies in its department."""
    return msgspec.structs.replace(row, locator="") if row.status in PUBLISHED else None


def _of_provider(entry_id: str, provider_id: str, on: date | None = None) -> Subject:
    return Subject(entry_id=entry_id, department_ids=(provider_id,), on=on)


def of_batch(row: BatchRow) -> Subject:
    """Return whom a batch concerns."""
    return _of_provider(row.entry_id, row.provider_id, local_day(row.delivered_at))


@router.get("/resources", summary="Resources 数据资源", **listing(ResourceRow))
async def list_resources(
    asked: A,
    entry_id: EntryId | None = None,
    provider_id: OrgId | None = None,
    status: ResourceStatus | None = None,
) -> Response:
    """List what is mounted: tables, files, interfaces; what is not active yet only to its own."""
    check_officer(asked.reader)
    (last,) = asked.key(str) or ("",)
    return await asked.page(
        lambda connection: resources.resources(
            connection,
            entry_id=entry_id or "",
            provider_id=provider_id or "",
            status=status or "",
            after=last,
            limit=asked.limit,
        ),
        ResourceRow,
        key=lambda row: (row.resource_id,),
        view=RESOURCES.name,
        about=of_resource,
        veil=seen_by_others,
    )


@router.get("/resources/{resource_id}", summary="One resource 资源", **single(ResourceRow))
async def one_resource(asked: A, resource_id: ResourcePath) -> Response:
    """Show one resource as it stands."""
    check_officer(asked.reader)
    return await asked.one(
        lambda connection: resources.resource(connection, resource_id),
        resource_id,
        view=RESOURCES.name,
        about=of_resource,
        veil=seen_by_others,
    )


@router.get(
    "/resources/{resource_id}/periods", summary="Its periods 更新周期", **listing(FreshnessRow)
)
async def periods(asked: A, resource_id: ResourcePath) -> Response:
    """List the periods of a resource: when each was due and when it came."""
    check_officer(asked.reader)
    (last,) = asked.key(str) or ("",)
    return await asked.page(
        lambda c: freshness.periods(c, resource_id, after=last, limit=asked.limit),
        FreshnessRow,
        key=lambda row: (row.period,),
        view=FRESHNESS.name,
    )


@router.get("/freshness", summary="Freshness board 更新时效台账", **listing(BoardLine))
async def freshness_board(asked: A, provider_id: OrgId | None = None) -> Response:
    """List the serving resources, the next due first, with how they kept their periods."""
    check_officer(asked.reader)
    last = asked.key(date, str)
    return await asked.page(
        lambda connection: freshness.board(
            connection, provider_id=provider_id or "", after=last, limit=asked.limit
        ),
        BoardLine,
        key=lambda row: (row.due_on or date.max, row.resource_id),
        view=FRESHNESS.name,
    )


@router.get("/batches", summary="Batches 汇聚批次", **listing(BatchRow))
async def list_batches(
    asked: A,
    resource_id: ResourceId | None = None,
    entry_id: EntryId | None = None,
    provider_id: OrgId | None = None,
    status: Annotated[BatchStatus | None, Query()] = None,
) -> Response:
    """List what was delivered, the newest first, with checks and findings."""
    now = asked.desk.clock()
    provider = await whose(asked.reader, asked.desk.standings, provider_id or "", now)
    (last,) = asked.key(int) or (None,)
    return await asked.page(
        lambda connection: batches.batches(
            connection,
            resource_id=resource_id or "",
            entry_id=entry_id or "",
            provider_id=provider,
            status=status or "",
            before=last,
            limit=asked.limit,
        ),
        BatchRow,
        key=lambda row: (row.position,),
        view=BATCHES.name,
        about=of_batch,
    )


@router.get("/batches/{batch_id}", summary="One batch 批次", **single(BatchRow))
async def one_batch(asked: A, batch_id: BatchPath) -> Response:
    """Show one batch as it stands, with every check and finding."""
    check_officer(asked.reader)
    return await asked.one(
        lambda connection: batches.batch(connection, batch_id),
        batch_id,
        view=BATCHES.name,
        about=of_batch,
    )
