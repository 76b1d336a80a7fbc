"""数据处置 Disposal: what happens to the data when a grant is over (Decree 809 §27; D-10)."""

from datetime import datetime

from hub.actor import Actor
from hub.departments.calendar import calendars_at, local_day, working_days_between
from hub.departments.due import Duty
from hub.departments.lapse import confirm, require_lapsed
from hub.departments.ruleset import due
from hub.errors import Invalid
from hub.sharing.grant import Grant, about
from hub.sharing.grant_commands import (
    ConfirmDisposal,
    ConfirmGrantDue,
    RecordDisposalOverdue,
    RequireDisposal,
)
from hub.sharing.grant_events import (
    DisposalConfirmed,
    DisposalOverdue,
    DisposalRequired,
    GrantDueConfirmed,
)
from hub.sharing.kinds import GrantStatus as Status
from hub.state import States


def require(command: RequireDisposal, states: States, by: Actor, at: datetime) -> DisposalRequired:
    """Say how the data is disposed of; the term is the provider's, else the rule's (D-10)."""
    grant = states.the(Grant, command.grant_id)
    grant.require(Status.TERMINATED, Status.EXPIRED, Status.ENDED)
    days = command.days or grant.disposal_days
    return DisposalRequired(
        **about(grant, by, at, states),
        manner=command.manner,
        due=due(states, Duty.DISPOSE, "D-10", grant.requester_id, local_day(at), at, days=days),
        days=command.days,
    )


def confirm_disposal(
    command: ConfirmDisposal, states: States, by: Actor, at: datetime
) -> DisposalConfirmed:
    """Prove that the data was disposed of as required; the grant is closed."""
    grant = states.the(Grant, command.grant_id)
    grant.require(Status.DISPOSING)
    if command.disposed_on > local_day(at):
        raise Invalid(
            f"{command.disposed_on} is still to come; confirm what was done",
            f"{command.disposed_on}尚未到来，请在处置完成后确认",
            where="disposed_on",
        )
    started = grant.dispose_due.started_on if grant.dispose_due else local_day(at)
    return DisposalConfirmed(
        **about(grant, by, at),
        method=command.method,
        proof=command.proof,
        disposed_on=command.disposed_on,
        took_days=working_days_between(started, local_day(at), calendars_at(states, at)),
        proof_hash=command.proof_hash or "",
    )


def disposal_overdue(
    command: RecordDisposalOverdue, states: States, by: Actor, at: datetime
) -> DisposalOverdue:
    """Record that the requester did not prove the disposal in time (R4)."""
    grant = states.the(Grant, command.grant_id)
    lapsed = require_lapsed(
        grant.dispose_due, grant.disposed_at, at, recorded=grant.disposal_overdue
    )
    return DisposalOverdue(**about(grant, by, at), due_on=lapsed.on)


def confirm_due(
    command: ConfirmGrantDue, states: States, by: Actor, at: datetime
) -> GrantDueConfirmed:
    """Give the disposal term its final date once the calendar is published."""
    grant = states.the(Grant, command.grant_id)
    grant.require(Status.DISPOSING)
    final = confirm(states, grant.dispose_due, at, days=grant.disposal_days)
    return GrantDueConfirmed(**about(grant, by, at), due=final)
