"""Numbered releases: what is in force, once, in parts that fit the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from hub.actor import Actor, Role, Via
from hub.catalog.commands import CompileCatalogRelease, PublishCatalogRelease
from hub.catalog.content import EntryContent
from hub.catalog.events import (
    CatalogEntryDrafted,
    CatalogEntryPublished,
    CatalogReleaseCompiled,
    CatalogReleasePublished,
)
from hub.catalog.release import PART_ENTRIES_MAX, CatalogRelease
from hub.codec import encode
from hub.errors import Conflict, Forbidden, Invalid, NotFound
from hub.record import STATE_BYTES_MAX
from tests.hub.catalog.world import (
    CATALOGUER,
    ENTRY,
    FOUNDED_CITY,
    HEAD,
    NOON,
    REVIEWER,
    given,
    happened,
    org,
    published,
    submitted,
)

if TYPE_CHECKING:
    from tests.hub.kit import Given

RELEASE = "catalog.release:430100-2026-1"
BY = Actor(org("city"), "city.authority_reviewer", Role.AUTHORITY_REVIEWER, Via.API)
PUBLISH = PublishCatalogRelease(release_id=RELEASE, document="市数据局公告2026年第1号")


def compiled(entries: dict[str, int] | None = None, by_org: str = "city") -> CompileCatalogRelease:
    return CompileCatalogRelease(
        release_id=RELEASE,
        org_id=org(by_org),
        title="2026年第一批",
        entries=entries or {ENTRY: 1},
    )


def listed(world: Given, entry_id: str, provider: str = "civil") -> Given:
    """An entry in force, without its way there."""
    text = EntryContent(title=entry_id)
    return happened(
        world,
        CatalogEntryDrafted(
            at=NOON, by=BY, entry_id=entry_id, provider_id=org(provider), content=text
        ),
        CatalogEntryPublished(
            at=NOON, by=BY, entry_id=entry_id, provider_id=org(provider), version=1, content=text
        ),
    )


def test_a_release_is_compiled_and_published_under_its_number() -> None:
    world = published().when(compiled(), REVIEWER).then(CatalogReleaseCompiled)
    event = world.when(PUBLISH, REVIEWER).events()[0]
    assert isinstance(event, CatalogReleasePublished)
    assert event.number == "430100-2026-1"
    world.when(PUBLISH, REVIEWER).then(CatalogReleasePublished)
    world.when(PUBLISH, REVIEWER).refused(Conflict, "is published")


def test_a_number_is_used_once() -> None:
    world = published().when(compiled(), REVIEWER).then(CatalogReleaseCompiled)
    world.when(compiled(), REVIEWER).refused(Conflict, "next number")


def test_only_what_is_in_force_is_compiled() -> None:
    published().when(compiled({ENTRY: 2}), REVIEWER).refused(Invalid, "version 1")
    submitted().when(compiled(), REVIEWER).refused(Conflict, "no version of it is in force")
    missing = {ENTRY: 1, "catalog.entry:none": 1}
    published().when(compiled(missing), REVIEWER).refused(NotFound)


def test_only_entries_of_the_region_are_compiled() -> None:
    elsewhere = listed(given(*FOUNDED_CITY), "catalog.entry:far", "elsewhere")
    command = compiled({"catalog.entry:far": 1})
    elsewhere.when(command, REVIEWER).refused(Forbidden, "outside the region")


def test_the_authority_compiles_and_publishes() -> None:
    for by in (HEAD, CATALOGUER):
        published().when(compiled(), by).refused(Forbidden)
    world = published().when(compiled(), REVIEWER).then(CatalogReleaseCompiled)
    world.when(PUBLISH, HEAD).refused(Forbidden)


def test_a_large_release_is_saved_in_parts_that_fit_and_nothing_is_lost() -> None:
    world, entries = given(*FOUNDED_CITY), {}
    for n in range(1_201):
        entry_id = f"catalog.entry:{n:080}"
        listed(world, entry_id)
        entries[entry_id] = 1
    outcome = world.when(compiled(entries), REVIEWER)
    events = [e for e in outcome.events() if isinstance(e, CatalogReleaseCompiled)]
    assert [len(e.entries) for e in events] == [PART_ENTRIES_MAX, PART_ENTRIES_MAX, 201]
    assert [(e.part, e.parts) for e in events] == [(1, 3), (2, 3), (3, 3)]
    assert all(len(encode(e)) <= STATE_BYTES_MAX for e in events)
    assert {k for e in events for k in e.entries} == set(entries)
    state = outcome.then(*[CatalogReleaseCompiled] * 3).states[RELEASE]
    assert isinstance(state, CatalogRelease)
    assert state.entries == 1_201


@pytest.mark.parametrize("entries", [{}, {f"catalog.entry:{n}": 1 for n in range(5_001)}])
def test_a_release_has_at_least_one_and_at_most_5000_entries(entries: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        CompileCatalogRelease(release_id=RELEASE, org_id=org("city"), title="x", entries=entries)
