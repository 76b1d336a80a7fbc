"""提供 Providing, and the lapses of a request's three clocks (Decree 809 §22; D-04 to D-08)."""

from datetime import datetime

from hub.actor import Actor
from hub.convergence.batch import DataBatch
from hub.convergence.kinds import BatchStatus
from hub.convergence.resource import Resource
from hub.departments.calendar import calendars_at, local_day, working_days_between
from hub.departments.due import Duty
from hub.departments.lapse import confirm, require_lapsed
from hub.departments.ruleset import rules_of
from hub.errors import Conflict, Invalid
from hub.event import Event
from hub.sharing.commands import (
    ConfirmRequestDue,
    FulfilSharingRequest,
    RecordProvisionOverdue,
    RecordReplyOverdue,
    RecordScreeningOverdue,
)
from hub.sharing.events import (
    ProvisionOverdue,
    ReplyOverdue,
    RequestDueConfirmed,
    RequestFulfilled,
    ScreeningOverdue,
)
from hub.sharing.grant import Grant
from hub.sharing.grant_events import GrantActivated
from hub.sharing.kinds import FulfilledVia, GrantStatus
from hub.sharing.kinds import RequestStatus as Status
from hub.sharing.request import SharingRequest, about
from hub.state import States
from hub.term import zh


def fulfil(
    command: FulfilSharingRequest, states: States, by: Actor, at: datetime
) -> tuple[Event, ...]:
    """Provide the first time through a serving resource of the entry; the grant becomes active."""
    request = states.the(SharingRequest, command.request_id)
    request.require(Status.AGREED)
    grant = states.the(Grant, command.grant_id)
    grant.require(GrantStatus.ISSUED)
    _require_resource(states.the(Resource, command.resource_id), grant)
    if command.via is FulfilledVia.DELIVERY and not (command.batch_id or command.evidence):
        raise Invalid(
            "name the batch that was delivered, or other evidence of the delivery",
            "请写明交付的批次或其他交付凭证",
            where="batch_id",
        )
    if command.batch_id is not None:
        _require_batch(states.the(DataBatch, command.batch_id), command.resource_id)
    facts = about(command.request_id, states, by, at, follow=True)
    agreed_on = local_day(request.agreed_at or at)
    fulfilled = RequestFulfilled(
        **facts,
        via=command.via,
        resource_id=command.resource_id,
        took_days=working_days_between(agreed_on, local_day(at), calendars_at(states, at)),
        batch_id=command.batch_id or "",
        evidence=command.evidence,
    )
    activated = GrantActivated(
        **facts, correlation_id=command.request_id, grant_id=command.grant_id
    )
    return fulfilled, activated


def _require_resource(resource: Resource, grant: Grant) -> None:
    if resource.entry_id != grant.entry_id:
        raise Invalid(
            f"“{resource.title}” is not a resource of {grant.entry_id}",
            f"“{resource.title}”不属于{grant.entry_id}",
            where="resource_id",
        )
    if not resource.serving:
        raise Conflict(
            f"“{resource.title}” is {resource.status} and serves nobody; activate it first",
            f"“{resource.title}”当前状态为{zh(resource.status)}，请先启用",
            where="resource_id",
        )
    if resource.kind not in grant.methods:
        raise Invalid(
            f"“{resource.title}” is shared as {resource.kind}; the grant is for"
            f" {', '.join(grant.methods)}",
            f"“{resource.title}”的共享方式为{zh(resource.kind)}，"
            f"授权方式为{'、'.join(map(zh, grant.methods))}",
            where="resource_id",
        )


def _require_batch(batch: DataBatch, resource_id: str) -> None:
    if batch.resource_id != resource_id or batch.status is not BatchStatus.LIVE:
        raise Invalid(
            f"the batch is {batch.status}, of {batch.resource_id}; name one that is live on the"
            " resource delivered from",
            f"该批次属于{batch.resource_id}，状态为{zh(batch.status)}；请填写所交付资源的已发布批次",
            where="batch_id",
        )


def screening_overdue(
    command: RecordScreeningOverdue, states: States, by: Actor, at: datetime
) -> ScreeningOverdue:
    """Record that the authority did not forward in time (D-07)."""
    request = states.the(SharingRequest, command.request_id)
    recorded = Duty.SCREEN in request.overdue
    lapsed = require_lapsed(request.screen_due, request.screened_at, at, recorded=recorded)
    return ScreeningOverdue(**about(command.request_id, states, by, at), due_on=lapsed.on)


def reply_overdue(
    command: RecordReplyOverdue, states: States, by: Actor, at: datetime
) -> ReplyOverdue:
    """Record that the provider did not answer in time (D-04, D-05); it must still answer."""
    request = states.the(SharingRequest, command.request_id)
    recorded = Duty.REPLY in request.overdue
    lapsed = require_lapsed(request.reply_due, request.answered_at, at, recorded=recorded)
    return ReplyOverdue(**about(command.request_id, states, by, at), due_on=lapsed.on)


def provision_overdue(
    command: RecordProvisionOverdue, states: States, by: Actor, at: datetime
) -> ProvisionOverdue:
    """Record that the provider agreed and did not provide in time (D-08)."""
    request = states.the(SharingRequest, command.request_id)
    recorded = Duty.PROVIDE in request.overdue
    lapsed = require_lapsed(request.provide_due, request.fulfilled_at, at, recorded=recorded)
    return ProvisionOverdue(**about(command.request_id, states, by, at), due_on=lapsed.on)


def confirm_due(
    command: ConfirmRequestDue, states: States, by: Actor, at: datetime
) -> RequestDueConfirmed:
    """Give the running clock its final date; an extension granted is counted again with it."""
    request = states.the(SharingRequest, command.request_id)
    running = request.due
    days = None
    if running is not None and running.duty is Duty.REPLY and request.extra_days:
        rule = rules_of(states).in_force(running.rule, running.started_on)
        days = rule.term + request.extra_days
    final = confirm(states, running, at, days=days)
    return RequestDueConfirmed(**about(command.request_id, states, by, at), due=final)
