"""使用反馈 Usage feedback: what the data was good for, in the words of who used it (S-13)."""

from datetime import datetime
from typing import Any, assert_never

import msgspec

from hub.actor import Actor
from hub.catalog.entry import CatalogEntry
from hub.departments.calendar import local_day
from hub.departments.due import Due, Duty
from hub.departments.lapse import confirm, require_lapsed
from hub.departments.ruleset import due
from hub.errors import Conflict
from hub.event import Event
from hub.feedback import commands as c
from hub.feedback import events as e
from hub.feedback.feedback_duty import meet
from hub.feedback.kinds import FeedbackStatus as Status
from hub.sharing.grant import Grant
from hub.sharing.kinds import GrantStatus
from hub.state import State, States, begun
from hub.term import zh


class UsageFeedback(State, frozen=True, kw_only=True):
    """A piece of feedback as it stands."""

    STREAM = "feedback.feedback"

    grant_id: str
    request_id: str
    entry_id: str
    requester_id: str
    provider_id: str
    status: Status
    due: Due
    answered_at: datetime | None = None
    overdue: bool = False

    def require(self, *allowed: Status) -> None:
        """Refuse what may be done only while the feedback stands otherwise."""
        if self.status not in allowed:
            raise Conflict(
                f"the feedback is {self.status}; this is possible only while it is"
                f" {' or '.join(allowed)}",
                f"反馈当前状态为{zh(self.status)}，仅在{'、'.join(map(zh, allowed))}状态下可以办理",
                where="feedback_id",
            )


def evolve(state: UsageFeedback | None, event: e.FeedbackEvents) -> UsageFeedback:
    """Fold the events of a piece of feedback."""
    if isinstance(event, e.FeedbackSubmitted):
        return UsageFeedback(
            grant_id=event.grant_id,
            request_id=event.request_id,
            entry_id=event.entry_id,
            requester_id=event.requester_id,
            provider_id=event.provider_id,
            status=Status.SUBMITTED,
            due=event.due,
        )
    state = begun(state, event)
    change = msgspec.structs.replace
    match event:
        case e.FeedbackAnswered():
            return change(state, status=Status.ANSWERED, answered_at=event.at)
        case e.FeedbackClosed():
            return change(state, status=Status.CLOSED)
        case e.FeedbackAnswerOverdue():
            return change(state, overdue=True)
        case e.FeedbackDueConfirmed():
            return change(state, due=event.due)
        case _:
            assert_never(event)


def submit(command: c.SubmitFeedback, states: States, by: Actor, at: datetime) -> tuple[Event, ...]:
    """Tell what the data was used for; the provider answers within D-15."""
    if states.maybe(UsageFeedback, command.feedback_id) is not None:
        raise Conflict(
            f"{command.feedback_id} exists already",
            f"{command.feedback_id}已存在",
            where="feedback_id",
        )
    grant = states.the(Grant, command.grant_id)
    if grant.status is GrantStatus.ISSUED:
        raise Conflict(
            "the data has not been provided yet; there is nothing to give feedback on",
            "数据尚未提供，无可反馈内容",
            where="grant_id",
        )
    provider = states.the(CatalogEntry, grant.entry_id).provider_id
    ids: dict[str, Any] = {
        "at": at,
        "by": by,
        "correlation_id": grant.request_id,
        "grant_id": command.grant_id,
        "request_id": grant.request_id,
        "entry_id": grant.entry_id,
        "requester_id": grant.requester_id,
        "provider_id": provider,
    }
    submitted = e.FeedbackSubmitted(
        **ids,
        feedback_id=command.feedback_id,
        score=command.score,
        cases=command.cases,
        materials_saved=command.materials_saved,
        visits_saved=command.visits_saved,
        effect=command.effect,
        problems=command.problems,
        due=due(states, Duty.ANSWER_FEEDBACK, "D-15", provider, local_day(at), at),
    )
    return (submitted, *meet(command, states, by, at, ids))


def answer(
    command: c.AnswerFeedback, states: States, by: Actor, at: datetime
) -> e.FeedbackAnswered:
    """Answer as provider; a late answer is taken too, the delay stays recorded."""
    states.the(UsageFeedback, command.feedback_id).require(Status.SUBMITTED)
    return e.FeedbackAnswered(**_about(command.feedback_id, states, by, at), answer=command.answer)


def close(command: c.CloseFeedback, states: States, by: Actor, at: datetime) -> e.FeedbackClosed:
    """Close as requester, once answered."""
    states.the(UsageFeedback, command.feedback_id).require(Status.ANSWERED)
    return e.FeedbackClosed(**_about(command.feedback_id, states, by, at), note=command.note)


def record_overdue(
    command: c.RecordFeedbackAnswerOverdue, states: States, by: Actor, at: datetime
) -> e.FeedbackAnswerOverdue:
    """Record that the provider did not answer in time."""
    given = states.the(UsageFeedback, command.feedback_id)
    lapsed = require_lapsed(given.due, given.answered_at, at, recorded=given.overdue)
    return e.FeedbackAnswerOverdue(**_about(command.feedback_id, states, by, at), due_on=lapsed.on)


def confirm_due(
    command: c.ConfirmFeedbackDue, states: States, by: Actor, at: datetime
) -> e.FeedbackDueConfirmed:
    """Count the provisional term anew on the published calendar."""
    given = states.the(UsageFeedback, command.feedback_id)
    return e.FeedbackDueConfirmed(
        **_about(command.feedback_id, states, by, at), due=confirm(states, given.due, at)
    )


def _about(feedback_id: str, states: States, by: Actor, at: datetime) -> dict[str, Any]:
    given = states.the(UsageFeedback, feedback_id)
    return {
        "at": at,
        "by": by,
        "correlation_id": given.request_id,
        "feedback_id": feedback_id,
        "grant_id": given.grant_id,
        "request_id": given.request_id,
        "entry_id": given.entry_id,
        "requester_id": given.requester_id,
        "provider_id": states.the(CatalogEntry, given.entry_id).provider_id,
    }
