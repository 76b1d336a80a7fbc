"""授权变更 A grant's life: widened, suspended, resumed, terminated, expired, ended (§25, §27).

Suspension may be ordered by authority or provider; ending a service needs negotiation and filing
(trap 7). Every end closes the grant's mark on the entry and starts the final feedback (D-14).
"""

from datetime import date, datetime

from hub.actor import Actor, Role
from hub.catalog.entry import CatalogEntry
from hub.catalog.use import close_use
from hub.departments.calendar import end_of, local_day
from hub.departments.due import Due, Duty
from hub.departments.ruleset import due
from hub.errors import Conflict, Forbidden, Invalid
from hub.event import Event
from hub.sharing.grant import Grant, about
from hub.sharing.grant_commands import (
    EndGrant,
    ExpireGrant,
    ExtendGrantScope,
    RelinquishGrant,
    ResumeGrant,
    SuspendGrant,
    TerminateGrant,
)
from hub.sharing.grant_events import (
    GrantEnded,
    GrantExpired,
    GrantResumed,
    GrantScopeExtended,
    GrantSuspended,
    GrantTerminated,
)
from hub.sharing.granting import end_of_grant
from hub.sharing.kinds import EndCause, RectificationFailure
from hub.sharing.kinds import GrantStatus as Status
from hub.sharing.scope import require_period, require_scope, require_shareable
from hub.state import States


def extend_scope(
    command: ExtendGrantScope, states: States, by: Actor, at: datetime
) -> GrantScopeExtended:
    """Consent as provider to what is added; only what the entry offers can be (§25)."""
    grant = states.the(Grant, command.grant_id)
    grant.require(Status.ACTIVE)
    content = states.the(CatalogEntry, grant.entry_id).in_force()
    require_shareable(content)
    items = tuple(n for n in dict.fromkeys(command.items) if n not in grant.items)
    methods = tuple(m for m in dict.fromkeys(command.methods) if m not in grant.methods)
    systems = tuple(s for s in dict.fromkeys(command.systems) if s not in grant.systems)
    later = command.valid_to
    if not (items or methods or systems or later):
        raise Conflict(
            "the grant covers this already; there is nothing to add",
            "授权已包含上述范围，无需扩大",
            where="grant_id",
        )
    require_scope(content, items, methods)
    if later is not None:
        if later <= grant.valid_to:
            raise Invalid(
                f"the grant runs to {grant.valid_to}; {later} is not later",
                f"授权有效期至{grant.valid_to}，{later}并未延长",
                where="valid_to",
            )
        require_period(content, grant.valid_from, later)
    return GrantScopeExtended(
        **about(grant, by, at, states),
        reason=command.reason,
        items=items,
        methods=methods,
        systems=systems,
        valid_to=later,
        due=end_of_grant(states, grant.requester_id, grant.valid_from, later) if later else None,
    )


def suspend(command: SuspendGrant, states: States, by: Actor, at: datetime) -> GrantSuspended:
    """Let the right rest for misuse, passing on or danger, and order rectification (§27)."""
    grant = states.the(Grant, command.grant_id)
    grant.require(Status.ACTIVE)
    if command.rectify_by < local_day(at):
        raise Invalid(
            f"{command.rectify_by} is past; order rectification by a day to come",
            f"{command.rectify_by}已过，整改期限须在今后",
            where="rectify_by",
        )
    return GrantSuspended(
        **about(grant, by, at, states),
        reason_code=command.reason_code,
        reason=command.reason,
        rectify_by=command.rectify_by,
    )


def resume(command: ResumeGrant, states: States, by: Actor, at: datetime) -> GrantResumed:
    """Let the grant be used again; what the authority suspended, the authority resumes."""
    grant = states.the(Grant, command.grant_id)
    grant.require(Status.SUSPENDED)
    if grant.suspended_by is Role.AUTHORITY_SUPERVISOR and by.role is not grant.suspended_by:
        raise Forbidden(
            "the authority suspended this grant; only the authority resumes it",
            "该授权由主管部门暂停，须由主管部门恢复",
        )
    if local_day(at) > grant.valid_to:
        raise Conflict(
            f"the grant's period ended on {grant.valid_to}; a new request is needed",
            f"授权期限已于{grant.valid_to}届满，须重新申请",
            where="grant_id",
        )
    return GrantResumed(**about(grant, by, at, states), rectification=command.rectification)


def terminate(
    command: TerminateGrant, states: States, by: Actor, at: datetime
) -> tuple[Event, ...]:
    """End a suspended grant: rectification was refused, or insufficient when its day had passed."""
    grant = states.the(Grant, command.grant_id)
    grant.require(Status.SUSPENDED)
    rectify_by = grant.rectify_by or date.min
    if command.failure is RectificationFailure.INSUFFICIENT and local_day(at) <= rectify_by:
        raise Conflict(
            f"the requester may rectify until {rectify_by}; judge it afterwards",
            f"整改期限至{rectify_by}，期满后方可认定整改不到位",
            where="failure",
        )
    event = GrantTerminated(
        **about(grant, by, at, states),
        failure=command.failure,
        reason=command.reason,
        due=_final_feedback(states, grant, local_day(at), at),
    )
    return (event, *_close(states, grant, by, at))


def expire(command: ExpireGrant, states: States, by: Actor, at: datetime) -> tuple[Event, ...]:
    """Record that the period ended."""
    grant = states.the(Grant, command.grant_id)
    grant.require(Status.ISSUED, Status.ACTIVE, Status.SUSPENDED)
    if at < end_of(grant.valid_to):
        raise Conflict(
            f"the grant runs to the end of {grant.valid_to}",
            f"授权有效期至{grant.valid_to}，尚未届满",
            where="grant_id",
        )
    event = GrantExpired(
        **about(grant, by, at, states), due=_final_feedback(states, grant, grant.valid_to, at)
    )
    return (event, *_close(states, grant, by, at))


def relinquish(
    command: RelinquishGrant, states: States, by: Actor, at: datetime
) -> tuple[Event, ...]:
    """End the grant as requester: purpose reached, unreachable, or no longer needed (§27)."""
    grant = states.the(Grant, command.grant_id)
    grant.require(Status.ACTIVE)
    if command.cause is EndCause.SERVICE_ENDED:
        raise Invalid(
            "only the provider ends the service; say whether the purpose was reached, cannot be"
            " reached, or the need has gone",
            "终止服务由提供方办理；请说明目的已实现、无法实现或不再需要",
            where="cause",
        )
    event = GrantEnded(
        **about(grant, by, at, states),
        cause=command.cause,
        reason=command.reason,
        due=_final_feedback(states, grant, local_day(at), at),
    )
    return (event, *_close(states, grant, by, at))


def end(command: EndGrant, states: States, by: Actor, at: datetime) -> tuple[Event, ...]:
    """End the service as provider, with the negotiation and the filing on record (trap 7)."""
    grant = states.the(Grant, command.grant_id)
    grant.require(Status.ACTIVE)
    event = GrantEnded(
        **about(grant, by, at, states),
        cause=EndCause.SERVICE_ENDED,
        reason=command.reason,
        negotiation=command.negotiation,
        filing_number=command.filing_number,
        due=_final_feedback(states, grant, local_day(at), at),
    )
    return (event, *_close(states, grant, by, at))


def _final_feedback(states: States, grant: Grant, ended_on: date, at: datetime) -> Due | None:
    """Return when the last feedback is due; none where nothing was used."""
    if grant.first_used_on is None:
        return None
    return due(states, Duty.FEEDBACK, "D-14", grant.requester_id, ended_on, at)


def _close(states: States, grant: Grant, by: Actor, at: datetime) -> tuple[Event, ...]:
    return close_use(states, grant.entry_id, grant.provider_id, grant.grant_id, by, at)
