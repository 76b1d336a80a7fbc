"""Who is late, from when, and who is not (DOMAIN D-04 to D-08, §3.5; trap 5)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from hub.actor import Role
from hub.catalog.events import CatalogUseClosed
from hub.catalog.kinds import ShareMethod
from hub.convergence.events import ResourceSuspended
from hub.departments.due import Due, Duty
from hub.departments.events import PolicyChanged, WorkCalendarPublished
from hub.errors import Conflict, Forbidden, Invalid
from hub.sharing.commands import (
    AskReplyExtension,
    AskSharingRequestSupplement,
    ConfirmRequestDue,
    ForwardSharingRequest,
    GrantReplyExtension,
    RecordProvisionOverdue,
    RecordReplyOverdue,
    RecordScreeningOverdue,
    SubmitSharingRequest,
    WithdrawSharingRequest,
)
from hub.sharing.events import (
    ProvisionOverdue,
    ReplyExtensionGranted,
    ReplyExtensionRequested,
    ReplyOverdue,
    RequestDeclined,
    RequestDueConfirmed,
    RequestForwarded,
    RequestFulfilled,
    RequestReceived,
    RequestSubmitted,
    RequestWithdrawn,
    ScreeningOverdue,
    SupplementRequested,
)
from hub.sharing.grant_commands import ExpireGrant
from hub.sharing.grant_events import GrantActivated, GrantExpired
from hub.sharing.kinds import FulfilledVia
from tests.hub.departments.city import FOUNDED, OPERATOR, org, who
from tests.hub.sharing.world import (
    ASKER_HEAD,
    GIVER_ADAPTER,
    GIVER_HEAD,
    GRANT,
    METER,
    MONDAY,
    OPEN_API,
    REPLY_ON,
    REQUEST,
    REVIEWER,
    TABLE,
    TIME,
    WORLD,
    active,
    after,
    agreed,
    approved,
    china,
    decline,
    fulfil,
    happen,
    received,
)

if TYPE_CHECKING:
    from tests.hub.kit import Given

LATE = RecordReplyOverdue(request_id=REQUEST)
PROVISION_LATE = RecordProvisionOverdue(request_id=REQUEST)
PROVIDE_ON = date(2026, 4, 7)
"""Twenty working days after 9 March 2026, over Qingming."""


def one(world: Given, command: Any, speaker: Any, at: datetime, kind: type) -> Any:
    (event,) = (e for e in world.when(command, speaker, at).events() if isinstance(e, kind))
    return event


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


# Providing


def test_fulfilment_stops_the_clock_and_activates_the_grant() -> None:
    event = one(agreed(), fulfil(), GIVER_ADAPTER, china(3, 12), RequestFulfilled)
    assert (event.STOPS, event.took_days) == (("provide",), 3)
    done = agreed().when(fulfil(), METER, china(3, 12)).then(RequestFulfilled, GrantActivated)
    done.when(PROVISION_LATE, TIME, after(PROVIDE_ON)).refused(Conflict, "was done before")


def test_data_agreed_to_and_not_provided_is_overdue() -> None:
    agreed().when(PROVISION_LATE, TIME, after(PROVIDE_ON) - timedelta(seconds=1)).refused(
        Conflict, "runs to the end of 2026-04-07"
    )
    late = agreed().when(PROVISION_LATE, TIME, after(PROVIDE_ON)).then(ProvisionOverdue)
    late.when(PROVISION_LATE, TIME, after(PROVIDE_ON)).refused(Conflict, "recorded already")
    late.when(fulfil(), GIVER_ADAPTER, china(4, 9)).then(RequestFulfilled, GrantActivated)


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"resource_id": OPEN_API}, Invalid, "is not a resource of"),
        ({"via": FulfilledVia.DELIVERY}, Invalid, "name the batch"),
    ],
)
def test_provision_needs_a_resource_of_the_entry_and_evidence(
    changes: dict[str, Any], kind: type, words: str
) -> None:
    agreed().when(fulfil(**changes), GIVER_ADAPTER, china(3, 12)).refused(kind, words)


def test_a_resource_that_does_not_serve_fulfils_nothing() -> None:
    world = agreed()
    happen(
        world,
        ResourceSuspended(
            at=MONDAY,
            by=OPERATOR,
            resource_id=TABLE,
            entry_id="catalog.entry:limited",
            provider_id=org("civil"),
            reason="检修",
        ),
    )
    world.when(fulfil(), GIVER_ADAPTER, china(3, 12)).refused(Conflict, "serves nobody")


def test_the_way_of_sharing_is_one_that_was_granted() -> None:
    world = agreed(methods=(ShareMethod.INTERFACE,))
    world.when(fulfil(), GIVER_ADAPTER, china(3, 12)).refused(Invalid, "the grant is for interface")


def test_only_what_was_agreed_is_provided_and_once() -> None:
    received().when(fulfil(), GIVER_ADAPTER, china(3, 12)).refused(Conflict, "agreed")
    active().when(fulfil(), GIVER_ADAPTER, china(3, 12)).refused(Conflict, "is fulfilled")


def test_the_requester_does_not_declare_the_data_provided() -> None:
    agreed().when(fulfil(), ASKER_HEAD, china(3, 12)).refused(Forbidden)
    agreed().when(fulfil(), who("tax", Role.ADAPTER), china(3, 12)).refused(Forbidden)


def test_nothing_is_provided_under_a_grant_that_expired() -> None:
    world = agreed(period_to=date(2026, 3, 20))
    expired = world.when(ExpireGrant(grant_id=GRANT), TIME, after(date(2026, 3, 20))).then(
        GrantExpired, CatalogUseClosed
    )
    expired.when(fulfil(), GIVER_ADAPTER, china(3, 24)).refused(Conflict, "the grant is expired")


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
