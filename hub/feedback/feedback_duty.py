"""反馈义务 The duty to give feedback on a grant: after first use, yearly, at its end (D-14).

The first and the last term are started by the chapter of sharing, where use and end are recorded;
the yearly terms between start here, each with the feedback before it.
"""

from datetime import date, datetime
from typing import Any, assert_never

import msgspec

from hub.actor import Actor
from hub.departments.calendar import local_day
from hub.departments.due import Due, Duty
from hub.departments.lapse import require_lapsed
from hub.departments.ruleset import due
from hub.feedback import commands as c
from hub.feedback import events as e
from hub.sharing.grant import Grant
from hub.sharing.kinds import GrantStatus
from hub.sharing.usage import UsageRegister
from hub.state import State, States

_RUNNING = frozenset({GrantStatus.ACTIVE, GrantStatus.SUSPENDED})


class FeedbackDuty(State, frozen=True, kw_only=True):
    """The duty as it stands: the next yearly term, the term last met, the days recorded missed."""

    STREAM = "feedback.duty"

    due: Due | None = None
    met: Due | None = None
    missed: frozenset[date] = frozenset()


def evolve(state: FeedbackDuty | None, event: e.DutyEvents) -> FeedbackDuty:
    """Fold the duty's events."""
    duty = state or FeedbackDuty()
    match event:
        case e.FeedbackDutyMet():
            return msgspec.structs.replace(duty, due=event.due, met=event.met)
        case e.FeedbackDutyOverdue():
            return msgspec.structs.replace(duty, missed=duty.missed | {event.due_on})
        case _:
            assert_never(event)


def meet(
    command: c.SubmitFeedback, states: States, by: Actor, at: datetime, ids: dict[str, Any]
) -> tuple[e.DutyEvents, ...]:
    """Record that feedback was given, and first that it was late where nobody had noticed."""
    grant = states.the(Grant, command.grant_id)
    running = _running(command, states)
    ids = {**ids, "duty_id": command.duty_id}
    used = grant.first_used_on is not None and grant.status in _RUNNING
    today = local_day(at)
    met = e.FeedbackDutyMet(
        **ids,
        feedback_id=command.feedback_id,
        met=running,
        due=due(states, Duty.FEEDBACK, "D-14a", grant.requester_id, today, at) if used else None,
    )
    missed = _duty(command, states).missed
    if running is None or at < running.ends_at or running.on in missed:
        return (met,)
    # The clock stops with `met`: the lateness is recorded here or never.
    late = {**ids, "at": running.ends_at}
    return (e.FeedbackDutyOverdue(**late, due_on=running.on), met)


def record_overdue(
    command: c.RecordFeedbackOverdue, states: States, by: Actor, at: datetime
) -> e.FeedbackDutyOverdue:
    """Record that no feedback came in time."""
    grant = states.the(Grant, command.grant_id)
    running = _running(command, states)
    missed = _duty(command, states).missed
    recorded = running is not None and running.on in missed
    lapsed = require_lapsed(running, None, at, recorded=recorded)
    return e.FeedbackDutyOverdue(
        at=at,
        by=by,
        correlation_id=grant.request_id,
        duty_id=command.duty_id,
        grant_id=command.grant_id,
        request_id=grant.request_id,
        entry_id=grant.entry_id,
        requester_id=grant.requester_id,
        provider_id=grant.provider_id,
        due_on=lapsed.on,
    )


def _duty(command: c.SubmitFeedback | c.RecordFeedbackOverdue, states: States) -> FeedbackDuty:
    return states.maybe(FeedbackDuty, command.duty_id) or FeedbackDuty()


def _running(command: c.SubmitFeedback | c.RecordFeedbackOverdue, states: States) -> Due | None:
    """Return the term that runs: the grant's last where it has ended, the yearly, or the first."""
    duty = _duty(command, states)
    final = states.the(Grant, command.grant_id).feedback_due
    if final is not None:
        return None if duty.met == final else final
    if duty.due is not None:
        return duty.due
    register = states.maybe(UsageRegister, command.usage_id)
    first = register.feedback_due if register is not None else None
    return None if duty.met == first else first
