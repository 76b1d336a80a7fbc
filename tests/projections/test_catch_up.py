"""The runner: rows follow from events, whatever the split into batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections.directory import DIRECTORY, OFFICERS
from tests.projections.stories import AWKWARD, CIVIL, TAX, appointed, registered, relieved, renamed

if TYPE_CHECKING:
    from tests.projections.kit import Given


def test_rows_follow_from_events(given: Given) -> None:
    world = given(registered(CIVIL), registered(TAX, "税务局"), renamed(CIVIL, AWKWARD))
    civil, tax = world.rows(DIRECTORY)
    assert (civil.name, civil.former_names) == (AWKWARD, ("民政局",))
    assert tax.name == "税务局"
    [civil, _] = world.and_then(renamed(CIVIL, "新名")).rows(DIRECTORY)
    assert civil.former_names == ("民政局", AWKWARD)


def test_a_row_that_a_fold_takes_away_is_gone(given: Given) -> None:
    world = given(registered(CIVIL), appointed(CIVIL, "li.na"), appointed(CIVIL, "wu.di"))
    assert [row.person_id for row in world.rows(OFFICERS)] == ["li.na", "wu.di"]
    world.and_then(relieved(CIVIL, "li.na"))
    assert [row.person_id for row in world.rows(OFFICERS)] == ["wu.di"]
    world.and_then(appointed(CIVIL, "li.na"), relieved(CIVIL, "wu.di"))
    assert [row.person_id for row in world.rows(OFFICERS)] == ["li.na"]
