"""Between two days: what was added, removed and changed, in every view alike."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from projections.connect import LIVE
from projections.day_diff import counted, difference, pairs
from projections.directory import DIRECTORY, OFFICERS
from projections.moment import Moment
from projections.past import build
from projections.registry import PROJECTIONS
from projections.sharing_ledger import SHARING_LEDGER
from tests.hub.sharing.world import GRANT
from tests.projections.sharing.test_sharing_ledger import granted, suspended
from tests.projections.stories import (
    CIVIL,
    CORE,
    NOON,
    TAX,
    appointed,
    registered,
    relieved,
    renamed,
)

if TYPE_CHECKING:
    from tests.projections.kit import Given
    from tests.servers import Database


@pytest.fixture
def two_days(given: Given, database: Database) -> tuple[str, str]:
    """On the first an officer; on the second another name, another office, the officer gone."""
    given(registered(CIVIL), appointed(CIVIL, "li.na"))
    given.and_then(renamed(CIVIL, "新名"), registered(TAX), relieved(CIVIL, "li.na"))
    given.shown_by(*CORE)
    moments = (Moment(until=2), Moment(until=5))
    first, second = (build(database.app_url, moment, CORE).schema_name for moment in moments)
    return first, second


def test_rows_are_added_removed_and_changed(given: Given, two_days: tuple[str, str]) -> None:
    found = [
        difference(projection, pair)
        for projection in (DIRECTORY, OFFICERS)
        for pair in pairs(given.connection, projection, *two_days)
    ]
    [changed, added, removed] = [each for each in found if each is not None]
    assert (changed.change, changed.key) == ("changed", {"org_id": CIVIL})
    assert changed.fields == ("name", "former_names")
    assert changed.before == {"name": "民政局", "former_names": []}
    assert changed.after == {"name": "新名", "former_names": ["民政局"]}
    assert (added.change, added.key, added.before) == ("added", {"org_id": TAX}, None)
    assert added.after is not None
    assert added.after["registered_at"] == NOON.isoformat()
    assert (removed.change, removed.after) == ("removed", None)
    assert counted(given.connection, DIRECTORY, *two_days) == {
        "added": 1,
        "removed": 0,
        "changed": 1,
    }


def test_they_are_paged_by_key(given: Given, two_days: tuple[str, str]) -> None:
    first = pairs(given.connection, DIRECTORY, *two_days, limit=1)
    second = pairs(given.connection, DIRECTORY, *two_days, after=first[-1].key, limit=1)
    assert [pair.key for pair in first + second] == [(CIVIL,), (TAX,)]
    assert pairs(given.connection, DIRECTORY, *two_days, after=second[-1].key) == []


def test_the_present_is_compared_like_a_past(given: Given, two_days: tuple[str, str]) -> None:
    assert pairs(given.connection, DIRECTORY, two_days[1], LIVE) == []
    assert len(pairs(given.connection, DIRECTORY, two_days[0], LIVE)) == 2


def test_every_view_can_be_compared(given: Given, database: Database) -> None:
    given(*suspended().events).shown_by(*PROJECTIONS)
    before = Moment(as_of=NOON - timedelta(days=1))
    at_grant = Moment(as_of=granted().events[-1].at)
    first, second = (
        build(database.app_url, moment, PROJECTIONS).schema_name for moment in (before, at_grant)
    )
    for projection in PROJECTIONS:
        found = pairs(given.connection, projection, first, LIVE, limit=1_000)
        if found:
            key = found[-1].key
            assert pairs(given.connection, projection, first, LIVE, after=key) == []
        assert sum(counted(given.connection, projection, first, LIVE).values()) == len(
            [pair for pair in found if difference(projection, pair)]
        )
    [pair] = pairs(given.connection, SHARING_LEDGER, second, LIVE)
    changed = difference(SHARING_LEDGER, pair)
    assert changed is not None
    assert changed.key == {"grant_id": GRANT}
    assert changed.after is not None
    assert changed.after["status"] == "suspended"
