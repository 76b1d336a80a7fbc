"""统一目录发布 Release: the numbered catalogue of a region, the same for everybody (§12, §16).

A release lists entries with the version in force when it was compiled, so that it can be set up
again at any time. It is saved in parts, because an event holds 65,536 bytes.
"""

from datetime import datetime
from itertools import islice
from typing import assert_never

import msgspec

from hub.actor import Actor
from hub.catalog.commands import CompileCatalogRelease, PublishCatalogRelease
from hub.catalog.entry import CatalogEntry
from hub.catalog.events import CatalogReleaseCompiled, CatalogReleasePublished, ReleaseEvents
from hub.catalog.kinds import ReleaseStatus
from hub.departments.kinds import OrganizationKind
from hub.departments.organization import Organization
from hub.errors import Conflict, Forbidden, Invalid
from hub.state import State, States, begun

PART_ENTRIES_MAX = 500
"""Entries in one event of a release: 500 ids of at most 93 characters fit."""


class CatalogRelease(State, frozen=True, kw_only=True):
    """A release as it stands; the list itself is in its events."""

    STREAM = "catalog.release"

    org_id: str
    title: str
    status: ReleaseStatus
    entries: int


def evolve(state: CatalogRelease | None, event: ReleaseEvents) -> CatalogRelease:
    """Fold a release's events."""
    match event:
        case CatalogReleaseCompiled():
            return CatalogRelease(
                org_id=event.org_id,
                title=event.title,
                status=ReleaseStatus.COMPILED,
                entries=len(event.entries) + (state.entries if state else 0),
            )
        case CatalogReleasePublished():
            state = begun(state, event)
            return msgspec.structs.replace(state, status=ReleaseStatus.PUBLISHED)
        case _:
            assert_never(event)


def compile_release(
    command: CompileCatalogRelease, states: States, by: Actor, at: datetime
) -> tuple[CatalogReleaseCompiled, ...]:
    """Compile a release once; every entry must be of the region and at the version in force."""
    if states.maybe(CatalogRelease, command.release_id) is not None:
        raise Conflict(
            f"{command.release_id} was compiled already; compile the next number",
            f"{command.release_id}已编制，请使用新的编号",
            where="release_id",
        )
    authority = states.the(Organization, command.org_id)
    if authority.kind is not OrganizationKind.AUTHORITY:
        raise Forbidden(
            f"{authority.name} is no authority", f"{authority.name}不是主管部门", where="org_id"
        )
    for entry_id, version in command.entries.items():
        _require_in_force(states, authority, entry_id, version)
    listed = iter(sorted(command.entries.items()))
    parts = [dict(part) for part in iter(lambda: list(islice(listed, PART_ENTRIES_MAX)), [])]
    return tuple(
        CatalogReleaseCompiled(
            at=at,
            by=by,
            release_id=command.release_id,
            org_id=command.org_id,
            title=command.title,
            part=number,
            parts=len(parts),
            entries=part,
        )
        for number, part in enumerate(parts, 1)
    )


def publish_release(
    command: PublishCatalogRelease, states: States, by: Actor, at: datetime
) -> CatalogReleasePublished:
    """Publish a compiled release; the departments' pages show it from now on."""
    release = states.the(CatalogRelease, command.release_id)
    if release.status is ReleaseStatus.PUBLISHED:
        raise Conflict(f"{command.release_id} is published", f"{command.release_id}已发布")
    return CatalogReleasePublished(
        at=at,
        by=by,
        release_id=command.release_id,
        org_id=release.org_id,
        number=command.release_id.partition(":")[2],
        document=command.document,
    )


def _require_in_force(states: States, authority: Organization, entry_id: str, version: int) -> None:
    entry = states.the(CatalogEntry, entry_id)
    entry.in_force()
    if entry.published_version != version:
        raise Invalid(
            f"version {entry.published_version} of “{entry.content.title}” is in force,"
            f" not {version}; compile the release anew",
            f"“{entry.content.title}”现行版本为{entry.published_version}，不是{version}，请重新编制",
            where=entry_id,
        )
    provider = states.the(Organization, entry.provider_id)
    if not authority.covers(provider.region_code):
        raise Forbidden(
            f"{provider.name} lies outside the region of {authority.name}",
            f"{provider.name}不在{authority.name}管辖区域内",
            where=entry_id,
        )
