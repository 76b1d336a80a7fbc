"""The catalogue's tables are the same however the record is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections.catalogue import CATALOGUE
from projections.catalogue_releases import CATALOGUE_RELEASE_LINES, CATALOGUE_RELEASES
from projections.catalogue_versions import CATALOGUE_VERSIONS
from projections.rebuild import rebuild
from tests.hub.catalog.world import CLASS_2, CLASS_3, CLASS_3_LOCAL, ENTRY
from tests.projections.catalog.test_releases import two_releases
from tests.projections.kit import dump

if TYPE_CHECKING:
    from tests.projections.kit import Given

ALL = (CATALOGUE, CATALOGUE_VERSIONS, CATALOGUE_RELEASES, CATALOGUE_RELEASE_LINES)


def test_a_rebuild_equals_what_was_followed_event_by_event(given: Given) -> None:
    story = (
        two_releases()
        .imported("catalog.entry:2", title='甲 \\ "乙"\n', catalog_code="307012/11", **CLASS_2)
        .imported("catalog.entry:3", title="丙", catalog_code="307012/12", **CLASS_3)
        .imported("catalog.entry:4", title="丁", catalog_code="307012/13", **CLASS_3_LOCAL)
        .removed(ENTRY)
    )
    for event in story.events:
        given(event).shown_by(*ALL)
    followed = [dump(given.connection, projection) for projection in ALL]
    assert all(followed)
    rebuild(given.connection, ALL)
    assert [dump(given.connection, projection) for projection in ALL] == followed
