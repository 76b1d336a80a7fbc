"""The update term (D-01, D-02) and the review term (D-03, D-03a), to the day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from hub.actor import CLOCK
from hub.catalog.commands import (
    ApproveCatalogEntry,
    ApproveCatalogEntryInternally,
    ConfirmCatalogEntryDue,
    ExtendCatalogUpdate,
    PublishCatalogEntry,
    RaiseCatalogUpdateDuty,
    RecordReviewOverdue,
    RecordUpdateOverdue,
    ReturnCatalogEntry,
    ReviseCatalogEntry,
    SubmitCatalogEntry,
)
from hub.catalog.events import (
    CatalogEntryApproved,
    CatalogEntryApprovedInternally,
    CatalogEntryDueConfirmed,
    CatalogEntryPublished,
    CatalogEntryReturned,
    CatalogEntryRevised,
    CatalogEntrySubmitted,
    CatalogReviewOverdue,
    CatalogUpdateDutyRaised,
    CatalogUpdateExtended,
    CatalogUpdateOverdue,
)
from hub.catalog.kinds import EntryStatus
from hub.command import BasisRef
from hub.departments.events import (
    WorkCalendarPublished,
)
from hub.errors import Conflict, Forbidden, Invalid
from tests.hub.catalog.world import (
    CATALOGUER,
    CLASS_3,
    ENTRY,
    HEAD,
    NOON,
    REVIEWER,
    STRANGER,
    drafted,
    entry_of,
    form,
    happened,
    org,
    published,
    submitted,
)
from tests.hub.departments.city import FOUNDED, LAW, LOCAL_RULE, OPERATOR

if TYPE_CHECKING:
    from hub.departments.due import Due
    from tests.hub.kit import Given

DAY = timedelta(days=1)


def raised(changed_on: date, **more: object) -> RaiseCatalogUpdateDuty:
    return RaiseCatalogUpdateDuty.model_validate(
        {"entry_id": ENTRY, "changed_on": changed_on, "cause": "职责调整", **more}
    )


def due_world(changed_on: date = date(2026, 3, 2), at: datetime = NOON) -> Given:
    return published().when(raised(changed_on), CATALOGUER, at).then(CatalogUpdateDutyRaised)


def update_due(world: Given) -> Due:
    due = entry_of(world).update_due
    assert due is not None
    return due


def resubmitted(world: Given, at: datetime) -> Given:
    revise = ReviseCatalogEntry(entry_id=ENTRY, content=form(abstract=f"新{at}"))
    world.when(revise, CATALOGUER, at).then(CatalogEntryRevised)
    inside = ApproveCatalogEntryInternally(entry_id=ENTRY)
    world.when(inside, HEAD, at).then(CatalogEntryApprovedInternally)
    return world.when(SubmitCatalogEntry(entry_id=ENTRY), CATALOGUER, at).then(
        CatalogEntrySubmitted
    )


def overdue(world: Given, at: datetime) -> Given:
    return world.when(RecordUpdateOverdue(entry_id=ENTRY), CLOCK, at).then(CatalogUpdateOverdue)


@pytest.mark.parametrize(
    ("changed_on", "on"),
    [
        (date(2026, 2, 13), date(2026, 3, 5)),
        (date(2026, 2, 16), date(2026, 3, 6)),
        (date(2025, 9, 26), date(2025, 10, 16)),
        (date(2025, 8, 1), date(2025, 8, 15)),
    ],
)
def test_the_update_term_starts_on_the_day_of_the_change(changed_on: date, on: date) -> None:
    # Trap 2: noticed on 10 March 2026, counted from the change, over two Spring Festivals.
    due = update_due(due_world(changed_on, at=NOON + 8 * DAY))
    assert (due.started_on, due.on, due.rule) == (changed_on, on, "D-01")
    assert due.owner_id == org("civil")
    assert not due.provisional


def test_the_entry_stays_usable_while_its_update_is_due() -> None:
    entry = entry_of(due_world())
    assert entry.status is EntryStatus.UPDATE_DUE
    assert entry.in_force().title == "出生医学证明信息"


def test_a_duty_is_raised_for_what_has_happened_to_what_is_in_force() -> None:
    published().when(raised(date(2026, 3, 3)), CATALOGUER).refused(Invalid, "has not come yet")
    drafted().when(raised(date(2026, 3, 2)), CATALOGUER).refused(Conflict, "in force")
    published().when(raised(date(2026, 3, 2)), STRANGER).refused(Forbidden)


def test_one_update_answers_two_changes_unless_the_second_was_earlier() -> None:
    world = due_world(date(2026, 2, 27))
    world.when(raised(date(2026, 3, 2)), REVIEWER).refused(Conflict, "one update answers both")
    world.when(raised(date(2026, 2, 25)), REVIEWER).then(CatalogUpdateDutyRaised)
    assert update_due(world).started_on == date(2026, 2, 25)


def test_the_reader_of_changed_laws_raises_it_only_where_the_law_is_cited() -> None:
    law = raised(date(2026, 3, 2), basis=BasisRef(legal_basis_id=LAW, article="第二十五条"))
    other = raised(date(2026, 3, 2), basis=BasisRef(legal_basis_id=LOCAL_RULE))
    world = published(**CLASS_3)
    world.when(other, CLOCK).refused(Invalid, "does not cite")
    world.when(raised(date(2026, 3, 2)), CLOCK).refused(Invalid, "does not cite")
    event = world.when(law, CLOCK).events()[0]
    assert event.basis is not None
    assert event.basis.legal_basis_id == LAW


def test_submission_in_time_ends_the_update_term() -> None:
    world = resubmitted(due_world(), NOON + DAY)
    assert entry_of(world).update_due is None
    late = RecordUpdateOverdue(entry_id=ENTRY)
    world.when(late, CLOCK, NOON + 90 * DAY).refused(Conflict)


def test_a_change_of_law_during_review_is_due_after_publication() -> None:
    world = submitted_update()
    world.when(raised(date(2026, 3, 2)), REVIEWER).then(CatalogUpdateDutyRaised)
    assert entry_of(world).status is EntryStatus.IN_REVIEW
    world.when(ApproveCatalogEntry(entry_id=ENTRY), REVIEWER).then(CatalogEntryApproved)
    world.when(PublishCatalogEntry(entry_id=ENTRY), REVIEWER).then(CatalogEntryPublished)
    assert entry_of(world).status is EntryStatus.UPDATE_DUE


def submitted_update() -> Given:
    return resubmitted(published(), NOON)


def test_when_nothing_needs_changing_the_update_says_so() -> None:
    same = ReviseCatalogEntry(entry_id=ENTRY, content=form(), reason="内容无需调整")
    due_world().when(same, CATALOGUER).then(CatalogEntryRevised)


def extension(days: int = 5) -> ExtendCatalogUpdate:
    return ExtendCatalogUpdate(entry_id=ENTRY, days=days, reason="涉及多部门核对")


def test_the_authority_extends_an_update_once_by_five_working_days() -> None:
    world = due_world()
    assert update_due(world).on == date(2026, 3, 16)
    world.when(extension(6), REVIEWER).refused(Invalid, "at most 5")
    world.when(extension(), HEAD).refused(Forbidden)
    world.when(extension(), REVIEWER).then(CatalogUpdateExtended)
    assert update_due(world).on == date(2026, 3, 23)
    world.when(extension(1), REVIEWER).refused(Conflict, "once")


def test_a_late_extension_does_not_cure() -> None:
    world = due_world()
    ends = update_due(world).ends_at
    world.when(extension(), REVIEWER, ends).refused(Conflict, "only before")
    world.when(extension(), REVIEWER, ends - timedelta(seconds=1)).then(CatalogUpdateExtended)


def test_without_a_duty_there_is_nothing_to_extend_or_miss() -> None:
    published().when(extension(), REVIEWER).refused(Conflict, "no update term")
    command = RecordUpdateOverdue(entry_id=ENTRY)
    published().when(command, CLOCK).refused(Conflict, "no term is running")


def test_the_clock_records_a_missed_update_once_and_not_early() -> None:
    world, command = due_world(), RecordUpdateOverdue(entry_id=ENTRY)
    ends = update_due(world).ends_at
    assert ends == datetime(2026, 3, 16, 16, 0, tzinfo=UTC)
    world.when(command, CLOCK, ends - timedelta(seconds=1)).refused(Conflict, "runs to the end")
    world.when(command, REVIEWER, ends).refused(Forbidden)
    overdue(world, ends)
    world.when(command, CLOCK, ends).refused(Conflict, "recorded already")
    resubmitted(world, ends + DAY)
    world.when(command, CLOCK, ends + 9 * DAY).refused(Conflict)


def test_an_update_submitted_late_before_the_clock_noticed_is_still_recorded() -> None:
    world = due_world()
    ends = update_due(world).ends_at
    resubmitted(world, ends + DAY)
    overdue(world, ends)
    world.when(RecordUpdateOverdue(entry_id=ENTRY), CLOCK, ends).refused(Conflict)


def review(world: Given, at: datetime, kind: type[object]) -> None:
    command = RecordReviewOverdue(entry_id=ENTRY)
    if kind is CatalogReviewOverdue:
        world.when(command, CLOCK, at).then(CatalogReviewOverdue)
    else:
        world.when(command, CLOCK, at).refused(Conflict)


def test_the_authority_too_can_be_late() -> None:
    world = submitted()
    due = entry_of(world).review_due
    assert due is not None
    review(world, due.ends_at - timedelta(seconds=1), Conflict)
    review(world, due.ends_at, CatalogReviewOverdue)
    review(world, due.ends_at, Conflict)


def test_a_review_done_late_and_asked_again_keeps_its_delay() -> None:
    world = submitted()
    first = entry_of(world).review_due
    assert first is not None
    back = ReturnCatalogEntry(entry_id=ENTRY, reason="补充摘要")
    world.when(back, REVIEWER, first.ends_at + DAY).then(CatalogEntryReturned)
    resubmitted(world, first.ends_at + 2 * DAY)
    event = world.when(RecordReviewOverdue(entry_id=ENTRY), CLOCK, first.ends_at).events()[0]
    assert isinstance(event, CatalogReviewOverdue)
    assert event.missed == first


def test_a_term_into_2027_is_provisional_until_the_calendar_is_published() -> None:
    at = datetime(2026, 12, 21, 4, 0, tzinfo=UTC)
    world = due_world(date(2026, 12, 21), at)
    confirm = ConfirmCatalogEntryDue(entry_id=ENTRY)
    due = update_due(world)
    assert due.provisional
    late = RecordUpdateOverdue(entry_id=ENTRY)
    world.when(late, CLOCK, due.ends_at + 9 * DAY).refused(Conflict, "provisional")
    world.when(confirm, CLOCK, at + DAY).refused(Conflict, "still not published")
    world.when(extension(2), REVIEWER, at + DAY).then(CatalogUpdateExtended)
    happened(world, calendar_2027())
    world.when(confirm, CLOCK, at + 2 * DAY).then(CatalogEntryDueConfirmed)
    due = update_due(world)
    # 10 + 2 working days after 21 December: 1 January is off, Saturday the 2nd is worked.
    assert (due.on, due.provisional) == (date(2027, 1, 6), False)
    world.when(confirm, CLOCK, at + 2 * DAY).refused(Conflict, "no provisional term")


def calendar_2027() -> WorkCalendarPublished:
    return WorkCalendarPublished(
        at=FOUNDED,
        by=OPERATOR,
        calendar_id="departments.calendar:2027",
        year=2027,
        holidays=(date(2027, 1, 1),),
        makeup_days=(date(2027, 1, 2),),
        document="国务院办公厅关于2027年部分节假日安排的通知",
    )
