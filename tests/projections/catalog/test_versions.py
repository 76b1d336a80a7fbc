"""Every version that was in force, and the catalogue of any day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given as always
from hypothesis import settings
from hypothesis import strategies as st

from hub.catalog.commands import HandOverCatalogEntry
from hub.catalog.events import (
    CatalogEntryHandedOver,
    CatalogEntryPublished,
    CatalogEntryWithdrawn,
)
from hub.record import Recorded
from projections.catalogue_versions import (
    CATALOGUE_VERSIONS,
    VersionRow,
    fold,
    in_force_at,
    keys,
    to_release,
    version_of,
    versions_of,
)
from projections.directory import DIRECTORY
from tests.hub.catalog.test_ending import MOVED
from tests.hub.catalog.world import ENTRY, NOON, OTHER, REVIEWER, org
from tests.projections.catalog.story import Story

if TYPE_CHECKING:
    from hub.event import Event
    from tests.projections.kit import Given

DAY = timedelta(days=1)
_READ = (CatalogEntryPublished, CatalogEntryHandedOver, CatalogEntryWithdrawn)


def three_days() -> Story:
    """Listed on day 0, changed on day 1, removed on day 2, listed again on day 4."""
    story = Story().imported(ENTRY, NOON).imported(ENTRY, NOON + DAY, abstract="新")
    story.removed(ENTRY, NOON + 2 * DAY)
    return story.imported(ENTRY, NOON + 4 * DAY, abstract="新")


def test_each_version_says_from_when_until_when_and_why_it_ended(given: Given) -> None:
    connection = given(*three_days().events).shown_by(CATALOGUE_VERSIONS)
    versions = versions_of(connection, ENTRY)
    assert [(v.version, v.valid_from, v.valid_to, v.ended_by) for v in versions] == [
        (1, NOON, NOON + DAY, "version"),
        (2, NOON + DAY, NOON + 2 * DAY, "withdrawal"),
        (3, NOON + 4 * DAY, None, ""),
    ]
    assert versions[1].reason == "来源已删除"
    assert all(v.imported for v in versions)
    second = version_of(connection, ENTRY, 2)
    assert second is not None
    assert second.content.abstract == "新"
    assert version_of(connection, ENTRY, 4) is None
    assert [v.version for v in versions_of(connection, ENTRY, after=1, limit=1)] == [2]


def test_the_catalogue_of_a_day_is_what_was_in_force_then(given: Given) -> None:
    story = three_days().imported(
        OTHER, NOON + 3 * DAY, title="死亡证明", catalog_code="307012/000002"
    )
    connection = given(*story.events).shown_by(CATALOGUE_VERSIONS)

    def on(moment: datetime) -> list[tuple[str, int]]:
        return [(v.entry_id, v.version) for v in in_force_at(connection, moment)]

    assert on(NOON - DAY) == []
    assert on(NOON) == [(ENTRY, 1)]
    assert on(NOON + DAY) == [(ENTRY, 2)]
    assert on(NOON + 2 * DAY) == []
    assert on(NOON + 3 * DAY) == [(OTHER, 1)]
    assert on(NOON + 9 * DAY) == [(ENTRY, 3), (OTHER, 1)]
    first = in_force_at(connection, NOON + 9 * DAY, limit=1)[-1]
    after = (first.catalog_code, first.entry_id)
    rest = in_force_at(connection, NOON + 9 * DAY, after=after)
    assert [v.entry_id for v in rest] == [OTHER]
    assert in_force_at(connection, NOON, provider_id=org("tax")) == []
    assert len(in_force_at(connection, NOON, class_prefix="307")) == 1


def test_a_release_of_today_is_what_is_in_force_in_the_region(given: Given) -> None:
    connection = given(*three_days().events).shown_by(CATALOGUE_VERSIONS, DIRECTORY)
    assert to_release(connection) == {ENTRY: 3}
    assert to_release(connection, "4301") == {ENTRY: 3}
    assert to_release(connection, "4305") == {}


def test_history_stays_under_the_department_that_had_it(given: Given) -> None:
    hand = HandOverCatalogEntry(entry_id=ENTRY, receiver_id=org("tax"), reason="机构改革")
    story = Story().drafted().through_review().happened(MOVED).do(hand, REVIEWER, NOON + DAY)
    connection = given(*story.events).shown_by(CATALOGUE_VERSIONS)
    found = [(v.version, v.provider_id, v.imported) for v in versions_of(connection, ENTRY)]
    assert found == [(1, org("civil"), False), (2, org("tax"), False)]


CHANGES = st.lists(st.sampled_from(["甲", "乙", "丙", ""]), max_size=12)
"""What a source says of one entry, day by day: its text, or that it is gone."""


@settings(max_examples=60, deadline=None)
@always(CHANGES)
def test_the_catalogue_of_any_day_equals_a_fold_of_the_source(changes: list[str]) -> None:
    story, expected, listed = Story(), [], False
    for day, text in enumerate(changes):
        if text:
            story.imported(ENTRY, NOON + day * DAY, abstract=text)
        elif listed:
            story.removed(ENTRY, NOON + day * DAY)
        listed = listed or bool(text)
        expected.append(text)
    rows = folded(story.events)
    for day, text in enumerate(expected):
        moment = NOON + day * DAY
        held = [
            row.content.abstract
            for row in rows
            if row.valid_from <= moment and (row.valid_to is None or row.valid_to > moment)
        ]
        assert held == ([text] if text else [])


def folded(events: list[Event]) -> list[VersionRow]:
    """The projection over these events, in memory."""
    rows: dict[tuple[object, ...], VersionRow | None] = {}
    for position, event in enumerate(events, 1):
        if isinstance(event, _READ):
            recorded = Recorded(position, event.stream_id, 1, event.TOPIC, 1, NOON, b"", b"")
            for key in keys(event, recorded):
                rows[key] = fold(key, rows.get(key), event, recorded)
    return [row for row in rows.values() if row is not None]
