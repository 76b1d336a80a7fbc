"""Who is late, from when, and who is not (DOMAIN D-04 to D-08, §3.5; trap 5)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from hub.departments.due import Due, Duty
from hub.departments.events import PolicyChanged, WorkCalendarPublished
from hub.errors import Conflict, Forbidden
from hub.sharing.commands import (
    AskReplyExtension,
    AskSharingRequestSupplement,
    ConfirmRequestDue,
    ForwardSharingRequest,
    GrantReplyExtension,
    RecordReplyOverdue,
    RecordScreeningOverdue,
    SubmitSharingRequest,
    WithdrawSharingRequest,
)
from hub.sharing.events import (
    ReplyExtensionGranted,
    ReplyExtensionRequested,
    ReplyOverdue,
    RequestDeclined,
    RequestDueConfirmed,
    RequestForwarded,
    RequestReceived,
    RequestSubmitted,
    RequestWithdrawn,
    ScreeningOverdue,
    SupplementRequested,
)
from tests.hub.departments.city import FOUNDED, OPERATOR
from tests.hub.sharing.world import (
    ASKER_HEAD,
    GIVER_HEAD,
    MONDAY,
    REPLY_ON,
    REQUEST,
    REVIEWER,
    TIME,
    WORLD,
    after,
    approved,
    china,
    decline,
    happen,
    one,
    received,
)

if TYPE_CHECKING:
    from tests.hub.kit import Given

LATE = RecordReplyOverdue(request_id=REQUEST)


# Replying


def test_silence_past_the_last_day_is_recorded_once() -> None:
    event = one(received(), LATE, TIME, after(REPLY_ON), ReplyOverdue)
    assert (event.due_on, event.LAPSES) == (REPLY_ON, "reply")
    late = received().when(LATE, TIME, after(REPLY_ON)).then(ReplyOverdue)
    late.when(LATE, TIME, after(REPLY_ON, 5)).refused(Conflict, "recorded already")


def test_on_the_last_day_nobody_is_late() -> None:
    received().when(LATE, TIME, after(REPLY_ON) - timedelta(seconds=1)).refused(
        Conflict, "runs to the end of 2026-03-16"
    )


def test_who_answered_in_time_is_not_late() -> None:
    answered = received().when(decline(), GIVER_HEAD, china(3, 16, 23)).then(RequestDeclined)
    answered.when(LATE, TIME, after(REPLY_ON)).refused(Conflict, "was done before")


def test_an_answer_that_came_late_is_overdue_all_the_same() -> None:
    answered = received().when(decline(), GIVER_HEAD, china(3, 17, 0)).then(RequestDeclined)
    answered.when(LATE, TIME, after(REPLY_ON)).then(ReplyOverdue)


def test_whoever_is_late_must_still_answer() -> None:
    late = received().when(LATE, TIME, after(REPLY_ON)).then(ReplyOverdue)
    late.when(decline(), GIVER_HEAD, china(3, 18)).then(RequestDeclined)


def test_while_the_requester_supplements_the_provider_is_not_late() -> None:
    ask = AskSharingRequestSupplement(request_id=REQUEST, missing=("说明",))
    waiting = received().when(ask, GIVER_HEAD, china(3, 5)).then(SupplementRequested)
    waiting.when(LATE, TIME, after(REPLY_ON)).refused(Conflict, "no term is running")


def test_an_extension_granted_in_time_moves_the_lapse() -> None:
    extended = (
        received()
        .when(AskReplyExtension(request_id=REQUEST, days=10, reason="协调"), GIVER_HEAD, MONDAY)
        .then(ReplyExtensionRequested)
        .when(
            GrantReplyExtension(request_id=REQUEST, days=10, notice="延期"), REVIEWER, china(3, 6)
        )
        .then(ReplyExtensionGranted)
    )
    extended.when(LATE, TIME, after(REPLY_ON)).refused(Conflict, "runs to the end of 2026-03-30")
    extended.when(LATE, TIME, after(date(2026, 3, 30))).then(ReplyOverdue)


def test_a_consent_that_did_not_come_does_not_extend() -> None:
    ask = AskReplyExtension(request_id=REQUEST, days=10, reason="协调")
    asked = received().when(ask, GIVER_HEAD, china(3, 5)).then(ReplyExtensionRequested)
    asked.when(LATE, TIME, after(REPLY_ON)).then(ReplyOverdue)


def test_a_request_withdrawn_in_time_leaves_nobody_late() -> None:
    withdraw = WithdrawSharingRequest(request_id=REQUEST, reason="不再需要")
    gone = received().when(withdraw, ASKER_HEAD, china(3, 5)).then(RequestWithdrawn)
    gone.when(LATE, TIME, after(REPLY_ON)).refused(Conflict, "was done before")


def test_only_the_clock_records_a_lapse() -> None:
    received().when(LATE, GIVER_HEAD, after(REPLY_ON)).refused(Forbidden, "clock")


def test_before_receipt_no_term_runs() -> None:
    approved().when(LATE, TIME, after(REPLY_ON)).refused(Conflict, "no term is running")


# Screening


def screening() -> Given:
    on = PolicyChanged(
        at=FOUNDED,
        by=OPERATOR,
        rule_set_id="departments.rules:city",
        policy="screening",
        value="on",
        document="本市办法",
    )
    submit = SubmitSharingRequest(request_id=REQUEST)
    return approved(world=(*WORLD, on)).when(submit, ASKER_HEAD, MONDAY).then(RequestSubmitted)


def test_an_authority_that_does_not_forward_is_late() -> None:
    late = RecordScreeningOverdue(request_id=REQUEST)
    screening().when(late, TIME, after(date(2026, 3, 3))).refused(Conflict, "runs to the end")
    screening().when(late, TIME, after(date(2026, 3, 4))).then(ScreeningOverdue)
    forwarded = (
        screening()
        .when(ForwardSharingRequest(request_id=REQUEST), REVIEWER, china(3, 3))
        .then(RequestForwarded, RequestReceived)
    )
    forwarded.when(late, TIME, after(date(2026, 3, 4))).refused(Conflict, "was done before")


def test_the_providers_term_starts_when_the_authority_forwards() -> None:
    event = one(
        screening(),
        ForwardSharingRequest(request_id=REQUEST),
        REVIEWER,
        china(3, 4),
        RequestReceived,
    )
    assert event.due.started_on == date(2026, 3, 4)


# A year whose calendar is not published

DECEMBER = datetime(2026, 12, 21, 2, 0, tzinfo=UTC)
CALENDAR_2027 = WorkCalendarPublished(
    at=DECEMBER,
    by=OPERATOR,
    calendar_id="departments.calendar:2027",
    year=2027,
    holidays=(date(2027, 1, 1), date(2027, 1, 4)),
    makeup_days=(),
    document="国务院办公厅关于2027年部分节假日安排的通知",
)
CONFIRM = ConfirmRequestDue(request_id=REQUEST)


def across_the_year() -> Given:
    return received(at=DECEMBER, period_from=date(2027, 1, 1), period_to=date(2027, 6, 30))


def test_nobody_is_late_on_a_provisional_date() -> None:
    state = across_the_year().states[REQUEST]
    due: Due = state.reply_due  # type: ignore[union-attr]  # a request that was received
    assert (due.provisional, due.on) == (True, date(2027, 1, 5))
    across_the_year().when(LATE, TIME, after(date(2027, 1, 5), 3)).refused(Conflict, "provisional")


def test_the_published_calendar_gives_the_final_date() -> None:
    world = across_the_year()
    world.when(CONFIRM, TIME, DECEMBER).refused(Conflict, "still not published")
    happen(world, CALENDAR_2027)
    event = one(world, CONFIRM, TIME, DECEMBER, RequestDueConfirmed)
    # Monday 4 January is off in this calendar: one day later than was guessed.
    assert (event.due.duty, event.due.on, event.due.provisional) == (
        Duty.REPLY,
        date(2027, 1, 6),
        False,
    )
    confirmed = world.when(CONFIRM, TIME, DECEMBER).then(RequestDueConfirmed)
    confirmed.when(CONFIRM, TIME, DECEMBER).refused(Conflict, "no provisional term")
    confirmed.when(LATE, TIME, after(date(2027, 1, 6))).then(ReplyOverdue)


def test_a_final_date_counts_the_extension_too() -> None:
    world = (
        across_the_year()
        .when(AskReplyExtension(request_id=REQUEST, days=5, reason="协调"), GIVER_HEAD, DECEMBER)
        .then(ReplyExtensionRequested)
        .when(GrantReplyExtension(request_id=REQUEST, days=5, notice="延期"), REVIEWER, DECEMBER)
        .then(ReplyExtensionGranted)
    )
    happen(world, CALENDAR_2027)
    event = one(world, CONFIRM, TIME, DECEMBER, RequestDueConfirmed)
    assert event.due.on == date(2027, 1, 13)


def test_an_answered_request_has_no_term_to_confirm() -> None:
    world = across_the_year().when(decline(), GIVER_HEAD, DECEMBER).then(RequestDeclined)
    happen(world, CALENDAR_2027)
    world.when(CONFIRM, TIME, DECEMBER).refused(Conflict, "no provisional term")
