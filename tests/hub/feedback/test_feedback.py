"""Whoever uses another's data says what it was good for: after first use, yearly, at the end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from hub.actor import CLOCK, Actor, Role, Via
from hub.catalog.kinds import ShareMethod
from hub.departments.due import Due, Duty
from hub.errors import Conflict, Forbidden
from hub.feedback import commands as c
from hub.feedback import events as e
from hub.feedback.feedback_duty import FeedbackDuty
from hub.sharing.grant_events import (
    GrantActivated,
    GrantExpired,
    GrantFirstUsed,
    GrantIssued,
    UsageRecorded,
)
from tests.hub.departments.city import org, who
from tests.hub.feedback.world import BEFORE, ENTRY, WORLD
from tests.hub.kit import Given, given

FEEDBACK = "feedback.feedback:1"
GRANT = "sharing.grant:7"
DUTY = "feedback.duty:7"
IDS = {
    "grant_id": GRANT,
    "request_id": "sharing.request:7",
    "entry_id": ENTRY,
    "requester_id": org("tax"),
    "provider_id": org("civil"),
    "by": Actor(org("tax"), "tax.adapter", Role.ADAPTER, Via.ADAPTER),
}
DAY = timedelta(days=1)
USER = who("tax", Role.BUSINESS_USER)
GIVER = who("civil", Role.SHARING_HEAD)
SUBMIT = c.SubmitFeedback(
    feedback_id=FEEDBACK,
    grant_id=GRANT,
    score=4,
    cases=120,
    materials_saved=120,
    visits_saved=80,
    effect="免于提交婚姻登记证明",
)
ANSWER = c.AnswerFeedback(feedback_id=FEEDBACK, answer="谢谢，已记录")
CLOSE = c.CloseFeedback(feedback_id=FEEDBACK)
OVERDUE = c.RecordFeedbackOverdue(grant_id=GRANT)
ANSWER_OVERDUE = c.RecordFeedbackAnswerOverdue(feedback_id=FEEDBACK)


def _due(started: date, on: date) -> Due:
    ends_at = datetime(on.year, on.month, on.day, 16, tzinfo=UTC)
    return Due(Duty.FEEDBACK, "D-14", org("tax"), started, on, ends_at, 0)


FIRST = _due(date(2026, 1, 20), date(2026, 3, 21))
FINAL = _due(date(2026, 6, 30), date(2026, 8, 29))
ISSUED = GrantIssued(
    **IDS,  # type: ignore[arg-type]  # a dict of ids and the actor, told apart by name
    at=BEFORE,
    items=("姓名",),
    methods=(ShareMethod.TABLE,),
    systems=("tax-system",),
    valid_from=date(2026, 1, 5),
    valid_to=date(2026, 6, 30),
    due=_due(date(2026, 1, 5), date(2026, 6, 30)),
)
ACTIVE = (ISSUED, GrantActivated(**IDS, at=BEFORE))  # type: ignore[arg-type]  # as above
USED = (
    *ACTIVE,
    GrantFirstUsed(**IDS, at=BEFORE, used_on=date(2026, 1, 20)),  # type: ignore[arg-type]  # as above
    UsageRecorded(
        **IDS,  # type: ignore[arg-type]  # as above
        at=BEFORE,
        usage_id="sharing.usage:7",
        day=date(2026, 1, 20),
        sequence=1,
        calls=10,
        rows=10,
        bytes=100,
        ok=10,
        failed=0,
        systems=("tax-system",),
        items=("姓名",),
        log_hash="sha256:" + "e" * 64,
        due=FIRST,
    ),
)
EXPIRED = (
    *USED,
    GrantExpired(**IDS, at=datetime(2026, 6, 30, 16, tzinfo=UTC), due=FINAL),  # type: ignore[arg-type]  # as above
)


def _submitted() -> Given:
    world = given(*WORLD, *USED).when(SUBMIT, USER)
    return world.then(e.FeedbackSubmitted, e.FeedbackDutyMet)


def _duty(world: Given) -> FeedbackDuty:
    duty = world.states[DUTY]
    assert isinstance(duty, FeedbackDuty)
    return duty


def test_feedback_stops_the_grants_clock_and_starts_two_others() -> None:
    submitted, met = given(*WORLD, *USED).when(SUBMIT, USER).events()
    assert isinstance(submitted, e.FeedbackSubmitted)
    assert (submitted.due.duty, submitted.due.owner_id, submitted.due.on) == (
        Duty.ANSWER_FEEDBACK,
        org("civil"),
        date(2026, 3, 16),
    )
    assert isinstance(met, e.FeedbackDutyMet)
    assert met.clock_id == GRANT
    assert met.STOPS == (Duty.FEEDBACK,)
    assert met.met == FIRST
    assert met.due is not None
    assert (met.due.owner_id, met.due.on) == (org("tax"), date(2027, 3, 2))
    assert {submitted.case_id, met.case_id} == {"sharing.request:7"}


def test_feedback_is_answered_and_closed() -> None:
    answered = _submitted().when(ANSWER, GIVER).then(e.FeedbackAnswered)
    answered.when(ANSWER, GIVER).refused(Conflict, "answered")
    closed = answered.when(CLOSE, USER).then(e.FeedbackClosed)
    closed.when(CLOSE, USER).refused(Conflict, "closed")
    _submitted().when(CLOSE, USER).refused(Conflict, "submitted")


def test_the_requester_gives_feedback_and_the_provider_answers() -> None:
    given(*WORLD, *USED).when(SUBMIT, GIVER).refused(Forbidden)
    _submitted().when(ANSWER, who("tax", Role.SHARING_HEAD)).refused(Forbidden)
    _submitted().when(SUBMIT, USER).refused(Conflict, "exists already")


def test_there_is_nothing_to_say_before_the_data_is_there() -> None:
    given(*WORLD, ISSUED).when(SUBMIT, USER).refused(Conflict, "not been provided")
    _, met = given(*WORLD, *ACTIVE).when(SUBMIT, USER).events()
    assert isinstance(met, e.FeedbackDutyMet)
    assert (met.met, met.due) == (None, None)


@pytest.mark.parametrize("score", [0, 6])
def test_the_score_is_1_to_5(score: int) -> None:
    with pytest.raises(ValidationError, match="score"):
        c.SubmitFeedback.model_validate({**SUBMIT.model_dump(), "score": score})


def test_missing_feedback_is_recorded_once() -> None:
    world = given(*WORLD, *USED)
    world.when(OVERDUE, CLOCK, FIRST.ends_at - DAY).refused(Conflict, "runs to the end")
    late = world.when(OVERDUE, CLOCK, FIRST.ends_at).then(e.FeedbackDutyOverdue)
    late.when(OVERDUE, CLOCK, FIRST.ends_at).refused(Conflict, "recorded already")
    given(*WORLD, *ACTIVE).when(OVERDUE, CLOCK, FIRST.ends_at).refused(Conflict, "no term")


def test_feedback_in_time_is_not_called_late_and_the_year_after_is() -> None:
    _submitted().when(OVERDUE, CLOCK, FIRST.ends_at).refused(Conflict, "runs to the end")
    next_year = datetime(2027, 3, 2, 16, tzinfo=UTC)
    (late,) = _submitted().when(OVERDUE, CLOCK, next_year).events()
    assert isinstance(late, e.FeedbackDutyOverdue)
    assert late.due_on == date(2027, 3, 2)


def test_late_feedback_records_its_lateness_before_the_clock_stops() -> None:
    world = given(*WORLD, *USED).when(SUBMIT, USER, FIRST.ends_at + DAY)
    _, late, met = world.events()
    assert isinstance(late, e.FeedbackDutyOverdue)
    assert (late.at, late.due_on) == (FIRST.ends_at, FIRST.on)
    assert isinstance(met, e.FeedbackDutyMet)
    noticed = given(*WORLD, *USED).when(OVERDUE, CLOCK, FIRST.ends_at)
    noticed.then(e.FeedbackDutyOverdue).when(SUBMIT, USER, FIRST.ends_at + DAY).then(
        e.FeedbackSubmitted, e.FeedbackDutyMet
    )


def test_the_end_of_the_grant_asks_for_a_last_feedback_and_no_more() -> None:
    world = given(*WORLD, *EXPIRED).when(OVERDUE, CLOCK, FINAL.ends_at)
    world.then(e.FeedbackDutyOverdue)
    july = datetime(2026, 7, 2, tzinfo=UTC)
    submitted = given(*WORLD, *EXPIRED).when(SUBMIT, USER, july)
    done = submitted.then(e.FeedbackSubmitted, e.FeedbackDutyMet)
    assert (_duty(done).met, _duty(done).due) == (FINAL, None)
    done.when(OVERDUE, CLOCK, FINAL.ends_at).refused(Conflict, "no term")


def test_the_provider_is_late_once() -> None:
    end = datetime(2026, 3, 16, 16, tzinfo=UTC)
    _submitted().when(ANSWER_OVERDUE, CLOCK, end - DAY).refused(Conflict, "runs to the end")
    late = _submitted().when(ANSWER_OVERDUE, CLOCK, end).then(e.FeedbackAnswerOverdue)
    late.when(ANSWER_OVERDUE, CLOCK, end).refused(Conflict, "recorded already")
    answered = _submitted().when(ANSWER, GIVER).then(e.FeedbackAnswered)
    answered.when(ANSWER_OVERDUE, CLOCK, end).refused(Conflict, "done before")


def test_a_provisional_answer_term_becomes_final() -> None:
    confirm = c.ConfirmFeedbackDue(feedback_id=FEEDBACK)
    _submitted().when(confirm, CLOCK).refused(Conflict, "no provisional")
    late_year = given(*WORLD, *USED).when(SUBMIT, USER, datetime(2026, 12, 22, 2, tzinfo=UTC))
    submitted = late_year.events()[0]
    assert isinstance(submitted, e.FeedbackSubmitted)
    assert submitted.due.provisional
