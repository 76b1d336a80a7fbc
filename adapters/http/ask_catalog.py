"""Questions about the catalogue 目录: entries now and then, their versions, releases."""

from typing import Annotated

import msgspec
import psycopg
from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, BeforeValidator, Field

from adapters.http.described import listing, single
from adapters.http.places import PLACES
from adapters.http.question import A
from adapters.http.reading import check_officer
from hub.catalog.kinds import EntryStatus, Grade, ShareType
from hub.command import EntryId, OrgId, ReleaseId, clean
from hub.departments.calendar import local_day
from hub.supervision.audit import Subject
from projections import catalogue_releases, catalogue_search, catalogue_versions
from projections.catalogue import CATALOGUE, CatalogueRow
from projections.catalogue_releases import (
    CATALOGUE_RELEASE_LINES,
    CATALOGUE_RELEASES,
    Difference,
    ReleaseLine,
    ReleaseRow,
)
from projections.catalogue_search import Counted, Wanted
from projections.catalogue_versions import CATALOGUE_VERSIONS, VersionRow

router = APIRouter(prefix="/api/v1/catalog", tags=["catalog"])
PLACES["catalog.entry"] = "/api/v1/catalog/entries"
EntryPath = Annotated[EntryId, Path(description="catalog.entry:…")]
ReleasePath = Annotated[ReleaseId, Path(description="catalog.release:…")]
ClassPrefix = Annotated[str, Field(max_length=40, pattern=r"^[\w./:~-]*$")]
Text = Annotated[str, BeforeValidator(clean), Field(max_length=200)]


class Search(BaseModel):
    """What is looked for in the catalogue; what is left out does not matter."""

    q: Text = Field("", description="Words in Chinese or English 检索词")
    provider_id: OrgId | None = None
    class_prefix: ClassPrefix = ""
    share_type: ShareType | None = None
    grade: Grade | None = None
    theme: Text = ""
    status: EntryStatus | None = None
    in_force: bool | None = Field(default=True, description="false: drafts 未生效的条目")


def of_entry(row: CatalogueRow) -> Subject:
    """Return whom an entry concerns."""
    on = local_day(row.published_at or row.drafted_at)
    return Subject(entry_id=row.entry_id, department_ids=(row.provider_id,), on=on)


def _shown(row: CatalogueRow) -> CatalogueRow:
    """Leave out what only the search needs."""
    return msgspec.structs.replace(row, words="", grams=())


def published(row: CatalogueRow) -> CatalogueRow | None:
    """Show others what is in force, without the working copy and what is said about it."""
    if not row.in_force:
        return None
    return msgspec.structs.replace(row, working=None, findings=(), reason="")


def _in_force(row: VersionRow) -> VersionRow:
    """Leave out how a version ended: at the moment it was in force nobody knew."""
    return msgspec.structs.replace(row, valid_to=None, ended_by="", reason="")


@router.get("/entries", summary="Catalogue entries 目录条目", **listing(CatalogueRow))
async def entries(asked: A, search: Annotated[Search, Query()]) -> Response:
    """Search the catalogue in force, or the drafts of one's own department, by code."""
    check_officer(asked.reader)
    wanted = Wanted(
        words=search.q,
        provider_id=search.provider_id or "",
        class_prefix=search.class_prefix,
        share_type=search.share_type or "",
        grade=search.grade or "",
        theme=search.theme,
        status=search.status or "",
        in_force=search.in_force,
    )
    last = asked.key(str, str)
    return await asked.page(
        lambda connection: [
            _shown(row)
            for row in catalogue_search.entries(connection, wanted, after=last, limit=asked.limit)
        ],
        CatalogueRow,
        key=lambda row: (row.catalog_code, row.entry_id),
        view=CATALOGUE.name,
        about=of_entry,
        veil=published,
    )


@router.get("/entries/{entry_id}", summary="One entry 条目", **single(CatalogueRow))
async def entry(asked: A, entry_id: EntryPath) -> Response:
    """Show one entry as it stands; to others than its department, what is in force."""
    check_officer(asked.reader)

    def question(connection: psycopg.Connection) -> CatalogueRow | None:
        row = catalogue_search.entry(connection, entry_id)
        return None if row is None else _shown(row)

    return await asked.one(question, entry_id, view=CATALOGUE.name, about=of_entry, veil=published)


@router.get("/entries/{entry_id}/versions", summary="Versions 历史版本", **listing(VersionRow))
async def versions(asked: A, entry_id: EntryPath) -> Response:
    """List the versions of an entry that were in force, from when until when."""
    check_officer(asked.reader)
    (last,) = asked.key(int) or (0,)
    return await asked.page(
        lambda connection: catalogue_versions.versions_of(
            connection, entry_id, after=last, limit=asked.limit
        ),
        VersionRow,
        key=lambda row: (row.version,),
        view=CATALOGUE_VERSIONS.name,
    )


@router.get("/versions", summary="The catalogue as of a time 某时目录", **listing(VersionRow))
async def as_of(
    asked: A,
    *,
    provider_id: OrgId | None = None,
    class_prefix: ClassPrefix = "",
) -> Response:
    """List the catalogue as it stood at a moment: every entry in the version then in force.

    The versions keep their dates, so a day is answered without building the views of that day.
    """
    check_officer(asked.reader)
    moment = asked.stood.by_dates()
    last = asked.key(str, str)
    return await asked.page(
        lambda connection: [
            _in_force(row)
            for row in catalogue_versions.in_force_at(
                connection,
                moment,
                provider_id=provider_id or "",
                class_prefix=class_prefix,
                after=last,
                limit=asked.limit,
            )
        ],
        VersionRow,
        key=lambda row: (row.catalog_code, row.entry_id),
        view=CATALOGUE_VERSIONS.name,
    )


@router.get("/counts", summary="Entries counted 目录统计", **listing(Counted))
async def counts(asked: A) -> Response:
    """Count the entries in force by department and class of sharing."""
    check_officer(asked.reader)
    return await asked.page(
        catalogue_search.counted,
        Counted,
        key=lambda row: (row.provider_id, row.share_type),
        view=CATALOGUE.name,
        whole=True,
    )


@router.get("/releases", summary="Catalogue releases 统一目录发布", **listing(ReleaseRow))
async def releases(asked: A) -> Response:
    """List the numbered releases of the unified catalogue."""
    check_officer(asked.reader)
    (last,) = asked.key(str) or ("",)
    return await asked.page(
        lambda c: catalogue_releases.releases(c, after=last, limit=asked.limit),
        ReleaseRow,
        key=lambda row: (row.release_id,),
        view=CATALOGUE_RELEASES.name,
    )


@router.get(
    "/releases/{release_id}/lines", summary="What a release lists 发布清单", **listing(ReleaseLine)
)
async def release_lines(asked: A, release_id: ReleasePath) -> Response:
    """List the entries of a release with the version that was in force."""
    check_officer(asked.reader)
    (last,) = asked.key(str) or ("",)
    return await asked.page(
        lambda c: catalogue_releases.lines_of(c, release_id, after=last, limit=asked.limit),
        ReleaseLine,
        key=lambda row: (row.entry_id,),
        view=CATALOGUE_RELEASE_LINES.name,
    )


@router.get("/differences", summary="Between two releases 发布差异", **listing(Difference))
async def differences(asked: A, earlier: ReleaseId, later: ReleaseId) -> Response:
    """List what was added, changed and removed from one release to another, field by field."""
    check_officer(asked.reader)
    (last,) = asked.key(str) or ("",)
    return await asked.page(
        lambda c: catalogue_releases.differences(c, earlier, later, after=last, limit=asked.limit),
        Difference,
        key=lambda row: (row.entry_id,),
        view=CATALOGUE_RELEASE_LINES.name,
    )
