"""The request board, built from what the rules really make; its clocks and traffic light."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from hub.actor import Role
from hub.catalog.kinds import Grade, ShareType
from hub.departments.due import Duty
from hub.sharing.commands import (
    ApproveSharingRequestInternally,
    AskReplyExtension,
    AskSharingRequestSupplement,
    CountersignSharingRequest,
    GrantReplyExtension,
    RecordProvisionOverdue,
    RecordReplyOverdue,
    SubmitSharingRequest,
    SupplementSharingRequest,
    WithdrawSharingRequest,
)
from hub.sharing.kinds import AgreedVia, DeclineReason, ExtensionStatus, RequestStatus
from projections.request_board import REQUEST_BOARD
from projections.request_questions import (
    RequestLight,
    counts,
    light,
    request,
    requests,
    running,
)
from projections.work_calendars import WORK_CALENDARS, calendars, work_calendars
from tests.hub.departments.city import org, who
from tests.hub.sharing.world import (
    ASKER,
    ASKER_HEAD,
    GIVER_ADAPTER,
    GIVER_HEAD,
    GRANT,
    LIMITED,
    MONDAY,
    OPEN,
    REPLY_ON,
    REQUEST,
    REVIEWER,
    TIME,
    WORLD,
    after,
    agree,
    china,
    content,
    decline,
    draft,
    entry,
    fulfil,
)
from tests.projections.feedback.play import Play

if TYPE_CHECKING:
    from projections.request_board import RequestRow
    from tests.projections.kit import Given


def asked(
    request_id: str = REQUEST, at: datetime = MONDAY, play: Play | None = None, **changes: Any
) -> Play:
    """A request that has reached its provider."""
    play = play or Play(*WORLD)
    ids = {"request_id": request_id}
    play.does(draft(**ids, **changes), ASKER, at)
    play.does(ApproveSharingRequestInternally(**ids), ASKER_HEAD, at)
    return play.does(SubmitSharingRequest(**ids), ASKER_HEAD, at)


def shown(given: Given, play: Play) -> RequestRow:
    row = request(given(*play.events).shown_by(REQUEST_BOARD), REQUEST)
    assert row is not None
    return row


def test_a_draft_shows_what_is_asked_and_no_clock(given: Given) -> None:
    row = shown(given, Play(*WORLD).does(draft(), ASKER, MONDAY))
    assert (row.status, row.duty, row.ends_at) == (RequestStatus.DRAFT, None, None)
    assert (row.items, row.article) == (("姓名", "证号"), "第五条")
    assert [method.value for method in row.methods] == ["table", "interface"]
    assert request(given.connection, "sharing.request:none") is None


def test_a_received_request_shows_who_must_answer_until_when(given: Given) -> None:
    row = shown(given, asked())
    assert (row.status, row.duty, row.late_id) == (
        RequestStatus.REVIEWING,
        Duty.REPLY,
        org("civil"),
    )
    assert (row.started_on, row.due_on, row.received_at) == (
        date(2026, 3, 2),
        REPLY_ON,
        MONDAY,
    )


def test_the_clock_stands_still_while_the_requester_supplements(given: Given) -> None:
    play = asked().does(
        AskSharingRequestSupplement(request_id=REQUEST, missing=("用途说明",)),
        GIVER_HEAD,
        china(3, 4),
    )
    row = shown(given, play)
    assert (row.status, row.duty, row.due_on, row.missing) == (
        RequestStatus.WAITING,
        None,
        None,
        ("用途说明",),
    )


def test_supplement_and_extension_move_the_clock(given: Given) -> None:
    play = asked().does(
        AskSharingRequestSupplement(request_id=REQUEST, missing=("用途说明",)),
        GIVER_HEAD,
        china(3, 4),
    )
    play.does(
        SupplementSharingRequest(request_id=REQUEST, answers="缩小", items=("姓名",)),
        ASKER_HEAD,
        china(3, 9),
    )
    play.does(
        AskReplyExtension(request_id=REQUEST, days=5, reason="协调"), GIVER_HEAD, china(3, 10)
    )
    play.does(
        GrantReplyExtension(request_id=REQUEST, days=5, notice="延期"), REVIEWER, china(3, 11)
    )
    row = shown(given, play)
    assert (row.items, row.extension, row.due_on) == (
        ("姓名",),
        ExtensionStatus.GRANTED,
        date(2026, 3, 30),
    )


def test_an_agreed_request_shows_the_provision_and_then_nothing_runs(given: Given) -> None:
    play = asked().does(agree(conditions=("加密存储",)), GIVER_HEAD, china(3, 9))
    row = shown(given, play)
    assert (row.duty, row.due_on, row.reply_days) == (Duty.PROVIDE, date(2026, 4, 7), 5)
    assert (row.agreed_via, row.conditions, row.grant_id) == (
        AgreedVia.REVIEW,
        ("加密存储",),
        GRANT,
    )
    before = len(play.events)
    play.does(fulfil(), GIVER_ADAPTER, china(3, 12))
    given.and_then(*play.events[before:]).shown_by(REQUEST_BOARD)
    done = request(given.connection, REQUEST)
    assert done is not None
    assert (done.status, done.duty, done.provision_days) == (RequestStatus.FULFILLED, None, 3)


def test_a_declined_and_a_withdrawn_request_say_why(given: Given) -> None:
    play = asked().does(decline(), GIVER_HEAD, china(3, 9))
    asked("sharing.request:r2", play=play).does(
        WithdrawSharingRequest(request_id="sharing.request:r2", reason="不再需要"), ASKER, MONDAY
    )
    row = shown(given, play)
    assert (row.status, row.decline_reason, row.reason, row.ends_at) == (
        RequestStatus.DECLINED,
        DeclineReason.EXCEEDS_NEED,
        "超出履职所需",
        None,
    )
    gone = request(given.connection, "sharing.request:r2")
    assert gone is not None
    assert (gone.status, gone.reason, gone.duty) == (RequestStatus.WITHDRAWN, "不再需要", None)


def test_the_second_approval_of_important_data_is_shown(given: Given) -> None:
    important = content(ShareType.CONDITIONAL, grade=Grade.IMPORTANT)
    play = asked(play=Play(*WORLD, *entry(LIMITED, important, version=2)))
    count = len(play.events)
    assert not shown(given, play).countersigned
    chief = who("civil", Role.DEPARTMENT_HEAD)
    play.does(CountersignSharingRequest(request_id=REQUEST), chief, china(3, 4))
    row = request(given(*play.events[count:]).shown_by(REQUEST_BOARD), REQUEST)
    assert row is not None
    assert row.countersigned


def test_lateness_stays_on_the_board(given: Given) -> None:
    play = asked().does(RecordReplyOverdue(request_id=REQUEST), TIME, after(REPLY_ON))
    play.does(agree(), GIVER_HEAD, china(3, 18))
    late = RecordProvisionOverdue(request_id=REQUEST)
    row = shown(given, play.does(late, TIME, after(date(2026, 4, 16))))
    assert (row.reply_overdue, row.provision_overdue, row.status) == (
        True,
        True,
        RequestStatus.AGREED,
    )


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (china(3, 2), RequestLight.GREEN),
        (china(3, 6), RequestLight.GREEN),  # 6 of 10 working days are left
        (china(3, 9), RequestLight.YELLOW),  # half
        (china(3, 12), RequestLight.YELLOW),  # 2
        (china(3, 13), RequestLight.RED),  # Friday before the last day: 1
        (china(3, 15), RequestLight.RED),  # Sunday
        (china(3, 16, 23), RequestLight.RED),  # the last day itself
        (after(REPLY_ON), RequestLight.BLACK),
    ],
)
def test_the_light_follows_the_working_days_left(
    given: Given, at: datetime, expected: RequestLight
) -> None:
    connection = given(*asked().events).shown_by(REQUEST_BOARD, WORK_CALENDARS)
    row = request(connection, REQUEST)
    assert row is not None
    assert light(row, at, calendars(connection)) is expected


def test_without_a_clock_the_light_is_off_and_a_provisional_date_never_turns_black(
    given: Given,
) -> None:
    december = datetime.fromisoformat("2026-12-21T02:00:00+00:00")
    play = asked(at=december, period_from=date(2027, 1, 1), period_to=date(2027, 6, 30))
    play.does(draft(request_id="sharing.request:r2"), ASKER, MONDAY)
    connection = given(*play.events).shown_by(REQUEST_BOARD, WORK_CALENDARS)
    row, off = request(connection, REQUEST), request(connection, "sharing.request:r2")
    assert row is not None
    assert off is not None
    assert row.provisional
    assert light(row, after(date(2027, 1, 31)), calendars(connection)) is RequestLight.RED
    assert light(off, MONDAY, calendars(connection)) is RequestLight.OFF


def test_the_board_lists_the_newest_first_and_pages(given: Given) -> None:
    play = Play(*WORLD)
    for number in range(3):
        asked(f"sharing.request:r{number}", MONDAY + timedelta(days=number), play)
    connection = given(*play.events).shown_by(REQUEST_BOARD)
    first = requests(connection, limit=2)
    assert [row.request_id[-1] for row in first] == ["2", "1"]
    last = (first[-1].drafted_at, first[-1].request_id)
    assert [row.request_id[-1] for row in requests(connection, after=last)] == ["0"]
    assert len(requests(connection, entry_id=LIMITED)) == 3
    assert requests(connection, entry_id=OPEN) == []
    assert requests(connection, status=RequestStatus.AGREED) == []
    assert len(requests(connection, requester_id=org("tax"))) == 3


def test_a_provider_sees_no_request_that_has_not_left_its_requester(given: Given) -> None:
    play = asked().does(draft(request_id="sharing.request:r2"), ASKER, MONDAY)
    connection = given(*play.events).shown_by(REQUEST_BOARD)
    assert [row.request_id for row in requests(connection, provider_id=org("civil"))] == [REQUEST]
    assert len(requests(connection, requester_id=org("tax"))) == 2
    ours = {line.status: line.count for line in counts(connection, department_id=org("tax"))}
    theirs = {line.status: line.count for line in counts(connection, department_id=org("civil"))}
    assert ours == {RequestStatus.DRAFT: 1, RequestStatus.REVIEWING: 1}
    assert theirs == {RequestStatus.REVIEWING: 1}


def test_what_runs_out_next_comes_first(given: Given) -> None:
    play = asked()
    asked("sharing.request:quick", MONDAY, play, entry_id=OPEN)
    asked("sharing.request:done", MONDAY, play)
    play.does(decline().model_copy(update={"request_id": "sharing.request:done"}), GIVER_HEAD)
    connection = given(*play.events).shown_by(REQUEST_BOARD)
    both = running(connection)
    assert [row.request_id for row in both] == ["sharing.request:quick", REQUEST]
    first = both[0]
    assert first.ends_at is not None
    assert running(connection, after=(first.ends_at, first.request_id)) == both[1:]
    assert running(connection, late_id=org("civil"), limit=1) == both[:1]
    assert running(connection, late_id=org("tax")) == []


def test_the_calendars_are_those_that_were_published(given: Given) -> None:
    connection = given(*WORLD).shown_by(WORK_CALENDARS)
    assert [(row.year, row.version) for row in work_calendars(connection)] == [(2025, 1), (2026, 1)]
    known = calendars(connection)[2026]
    assert known is not None
    assert date(2026, 10, 1) in known.holidays
    assert date(2026, 2, 14) in known.makeup_days
