"""终止服务 Termination: notified, negotiated with each grantee, filed, then unmounted.

Decree 809 §27: the provider does not end a service at will; ending one without a filing is an
outage the hub cannot prevent, and an act it names (P7).
"""

from datetime import datetime

from hub.actor import Actor
from hub.catalog.use import grants_on
from hub.convergence.commands import (
    FileResourceTermination,
    NotifyResourceTermination,
    RecordTerminationNegotiation,
    UnmountResource,
)
from hub.convergence.events import (
    ResourceTerminationFiled,
    ResourceTerminationNegotiated,
    ResourceTerminationNotified,
    ResourceUnmounted,
)
from hub.convergence.freshness import silent_breaches
from hub.convergence.kinds import ResourceStatus as Status
from hub.convergence.resource import Resource, about, ended
from hub.departments.calendar import local_day
from hub.errors import Conflict, Invalid
from hub.event import Event
from hub.state import States
from hub.term import zh

_NEVER_SERVED = frozenset({Status.MOUNTED, Status.TESTED})


def notify(
    command: NotifyResourceTermination, states: States, by: Actor, at: datetime
) -> ResourceTerminationNotified:
    """Announce the day on which the service ends, with the reason."""
    resource = states.the(Resource, command.resource_id)
    if resource.status is not Status.ACTIVE:
        raise Conflict(
            f"“{resource.title}” is {resource.status}; only an active service is given notice",
            f"“{resource.title}”当前状态为{zh(resource.status)}，仅可对使用中的资源告知终止",
            where="resource_id",
        )
    if command.ends_on <= local_day(at):
        raise Invalid(
            "the day on which the service ends must lie ahead: grantees are told beforehand",
            "终止日期须晚于今日：终止服务须事先告知",
            where="ends_on",
        )
    return ResourceTerminationNotified(
        ends_on=command.ends_on,
        reason=command.reason,
        **about(command.resource_id, states, by, at),
    )


def record_negotiation(
    command: RecordTerminationNegotiation, states: States, by: Actor, at: datetime
) -> ResourceTerminationNegotiated:
    """Record what was agreed with one grantee; a later record replaces an earlier one."""
    resource = _ending(states, command.resource_id)
    if command.grant_id not in grants_on(states, resource.entry_id):
        raise Invalid(
            f"{command.grant_id} does not stand on this resource's entry",
            f"{command.grant_id}不是该资源目录条目下的有效授权",
            where="grant_id",
        )
    return ResourceTerminationNegotiated(
        grant_id=command.grant_id,
        requester_id=command.requester_id,
        agreed=command.agreed,
        outcome=command.outcome,
        **about(command.resource_id, states, by, at),
    )


def file(
    command: FileResourceTermination, states: States, by: Actor, at: datetime
) -> ResourceTerminationFiled:
    """File the end with the authority, once it was negotiated with every grantee (§27)."""
    resource = _ending(states, command.resource_id)
    if resource.filed:
        raise Conflict("the end is filed already", "终止事项已备案", where="resource_id")
    running = sorted(grants_on(states, resource.entry_id))
    open_ = [grant_id for grant_id in running if grant_id not in resource.negotiated]
    if open_:
        raise Conflict(
            f"{open_[0]} has not been negotiated; record the negotiation with its grantee first"
            " (Decree 809 §27)",
            f"{open_[0]}尚未与使用方协商，请先登记协商情况(条例第二十七条)",
            where="resource_id",
        )
    return ResourceTerminationFiled(
        filing_number=command.filing_number,
        grant_ids=tuple(running),
        **about(command.resource_id, states, by, at),
    )


def unmount(command: UnmountResource, states: States, by: Actor, at: datetime) -> tuple[Event, ...]:
    """Take the resource away; the event says when nothing filed covered it (P7)."""
    resource = states.the(Resource, command.resource_id)
    if resource.status is Status.ENDED:
        raise ended(resource)
    breaches, _ = silent_breaches(command.resource_id, states, resource, at)
    due_to_end = resource.ends_on is not None and resource.ends_on <= local_day(at)
    unmounted = ResourceUnmounted(
        reason=command.reason,
        without_filing=resource.status not in _NEVER_SERVED and not (resource.filed and due_to_end),
        **about(command.resource_id, states, by, at),
    )
    return (*breaches, unmounted)


def _ending(states: States, resource_id: str) -> Resource:
    resource = states.the(Resource, resource_id)
    if resource.status is not Status.ENDING:
        raise Conflict(
            f"“{resource.title}” is {resource.status}; announce its end first",
            f"“{resource.title}”当前状态为{zh(resource.status)}，请先告知终止",
            where="resource_id",
        )
    return resource
