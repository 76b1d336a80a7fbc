"""Releases, what they list, and the difference between two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.catalog.commands import CompileCatalogRelease, PublishCatalogRelease
from hub.catalog.kinds import EntryChange, ReleaseStatus
from projections.catalogue_releases import (
    CATALOGUE_RELEASE_LINES,
    CATALOGUE_RELEASES,
    FieldChange,
    differences,
    lines_of,
    releases,
)
from projections.catalogue_versions import CATALOGUE_VERSIONS
from tests.hub.catalog.world import ENTRY, NOON, OTHER, REVIEWER, org
from tests.projections.catalog.story import Story

if TYPE_CHECKING:
    from tests.projections.kit import Given

FIRST = "catalog.release:430100-2026-1"
SECOND = "catalog.release:430100-2026-2"
THIRD_ENTRY = "catalog.entry:unchanged"
PROJECTIONS = (CATALOGUE_RELEASES, CATALOGUE_RELEASE_LINES, CATALOGUE_VERSIONS)


def compiled(release_id: str, entries: dict[str, int]) -> CompileCatalogRelease:
    return CompileCatalogRelease(
        release_id=release_id, org_id=org("city"), title="统一目录", entries=entries
    )


def two_releases() -> Story:
    story = (
        Story()
        .imported(ENTRY)
        .imported(OTHER, title="死亡证明", catalog_code="307012/2")
        .imported(THIRD_ENTRY, title="不变", catalog_code="307012/3")
        .do(compiled(FIRST, {ENTRY: 1, OTHER: 1, THIRD_ENTRY: 1}), REVIEWER)
        .do(PublishCatalogRelease(release_id=FIRST, document="公告1号"), REVIEWER)
        .imported(ENTRY, abstract="新摘要", update_cycle="weekly")
        .removed(OTHER)
        .imported("catalog.entry:new", title="新目录", catalog_code="307012/4")
    )
    second = {ENTRY: 2, THIRD_ENTRY: 1, "catalog.entry:new": 1}
    return story.do(compiled(SECOND, second), REVIEWER)


def test_a_release_says_its_number_and_whether_it_is_published(given: Given) -> None:
    connection = given(*two_releases().events).shown_by(*PROJECTIONS)
    first, second = releases(connection)
    assert (first.number, first.status, first.entries) == (
        "430100-2026-1",
        ReleaseStatus.PUBLISHED,
        3,
    )
    assert (first.document, first.published_at) == ("公告1号", NOON)
    assert (second.status, second.published_at) == (ReleaseStatus.COMPILED, None)
    assert releases(connection, after=FIRST) == [second]


def test_a_release_lists_entries_with_their_versions(given: Given) -> None:
    connection = given(*two_releases().events).shown_by(*PROJECTIONS)
    lines = lines_of(connection, SECOND)
    assert [(line.entry_id, line.version) for line in lines] == [
        (ENTRY, 2),
        ("catalog.entry:new", 1),
        (THIRD_ENTRY, 1),
    ]
    assert lines_of(connection, SECOND, after=ENTRY, limit=1) == [lines[1]]


def test_the_difference_of_two_releases_names_every_field(given: Given) -> None:
    connection = given(*two_releases().events).shown_by(*PROJECTIONS)
    changed, removed, added = differences(connection, FIRST, SECOND)
    assert (changed.entry_id, changed.change) == (ENTRY, EntryChange.CHANGED)
    assert (changed.version_before, changed.version_after) == (1, 2)
    assert changed.fields == (
        FieldChange("abstract", "本市出生医学证明签发信息", "新摘要"),
        FieldChange("update_cycle", "daily", "weekly"),
    )
    assert (removed.entry_id, removed.change, removed.title) == (
        OTHER,
        EntryChange.REMOVED,
        "死亡证明",
    )
    assert removed.version_after is None
    assert (added.entry_id, added.change) == ("catalog.entry:new", EntryChange.ADDED)
    assert FieldChange("title", None, "新目录") in added.fields


def test_differences_are_read_page_by_page(given: Given) -> None:
    connection = given(*two_releases().events).shown_by(*PROJECTIONS)
    first = differences(connection, FIRST, SECOND, limit=1)
    rest = differences(connection, FIRST, SECOND, after=first[-1].entry_id)
    assert first + rest == differences(connection, FIRST, SECOND)
    assert differences(connection, FIRST, FIRST) == []


def test_the_same_difference_backwards_swaps_added_and_removed(given: Given) -> None:
    connection = given(*two_releases().events).shown_by(*PROJECTIONS)
    back = {d.entry_id: d.change for d in differences(connection, SECOND, FIRST)}
    assert back == {
        ENTRY: EntryChange.CHANGED,
        OTHER: EntryChange.ADDED,
        "catalog.entry:new": EntryChange.REMOVED,
    }
