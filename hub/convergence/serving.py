"""服务状态 Serving: a tested resource is activated, suspended with a reason, resumed.

A suspension ordered by the authority is lifted by an authority, not by the provider.
"""

from datetime import datetime

from hub.actor import Actor, Role
from hub.catalog.entry import CatalogEntry
from hub.convergence.commands import ActivateResource, ResumeResource, SuspendResource
from hub.convergence.events import ResourceActivated, ResourceResumed, ResourceSuspended
from hub.convergence.freshness import first_expected, silent_breaches
from hub.convergence.kinds import ResourceStatus as Status
from hub.convergence.resource import Resource, about
from hub.errors import Conflict, Forbidden
from hub.event import Event
from hub.state import States
from hub.term import zh

_PROVIDER_ROLES = frozenset({Role.SHARING_HEAD})


def activate(
    command: ActivateResource, states: States, by: Actor, at: datetime
) -> ResourceActivated:
    """Let a tested resource serve while its entry is in force."""
    resource = states.the(Resource, command.resource_id)
    if resource.status is not Status.TESTED:
        raise Conflict(
            f"“{resource.title}” is {resource.status}; a resource is activated after a good test",
            f"“{resource.title}”当前状态为{zh(resource.status)}，测试通过后方可启用",
            where="resource_id",
        )
    states.the(CatalogEntry, resource.entry_id).in_force()
    expectation = first_expected(states, resource, at)
    return ResourceActivated(
        expects=expectation.expects,
        due=expectation.due,
        **about(command.resource_id, states, by, at),
    )


def suspend(command: SuspendResource, states: States, by: Actor, at: datetime) -> tuple[Event, ...]:
    """Stop serving for the time being; what was overdue by now stays recorded."""
    resource = states.the(Resource, command.resource_id)
    if resource.status is not Status.ACTIVE:
        raise Conflict(
            f"“{resource.title}” is {resource.status}; only an active resource is suspended",
            f"“{resource.title}”当前状态为{zh(resource.status)}，仅可暂停使用中的资源",
            where="resource_id",
        )
    breaches, _ = silent_breaches(command.resource_id, states, resource, at)
    suspended = ResourceSuspended(
        reason=command.reason,
        **about(command.resource_id, states, by, at),
    )
    return (*breaches, suspended)


def resume(command: ResumeResource, states: States, by: Actor, at: datetime) -> ResourceResumed:
    """Serve again; data is expected again from the running period on."""
    resource = states.the(Resource, command.resource_id)
    if resource.status is not Status.SUSPENDED:
        raise Conflict(
            f"“{resource.title}” is {resource.status}, not suspended",
            f"“{resource.title}”当前状态为{zh(resource.status)}，未被暂停",
            where="resource_id",
        )
    if resource.suspended_by_authority and by.role in _PROVIDER_ROLES:
        raise Forbidden(
            "the authority suspended this resource; the authority lifts the suspension",
            "该资源由主管部门暂停，须由主管部门恢复",
            where="resource_id",
        )
    states.the(CatalogEntry, resource.entry_id).in_force()
    expectation = first_expected(states, resource, at)
    return ResourceResumed(
        expects=expectation.expects,
        due=expectation.due,
        **about(command.resource_id, states, by, at),
    )
