"""接收入库 Intake: the steps a batch takes, and the one step that delivers it (DOMAIN §3.3).

The numbers of the manifest are checked here against the hub's own, whatever the machine reports.
"""

from datetime import datetime

from hub.actor import Actor
from hub.catalog.entry import CatalogEntry
from hub.catalog.kinds import ShareMethod
from hub.convergence import steps
from hub.convergence.batch import DataBatch, about, batch_in, evolve
from hub.convergence.commands import (
    AcceptBatch,
    DeliverBatch,
    PublishBatch,
    ReceiveBatch,
    ReconcileBatch,
    RejectBatch,
    Verification,
    VerifyBatch,
)
from hub.convergence.events import (
    BatchAccepted,
    BatchDelivered,
    BatchPublished,
    BatchReceived,
    BatchReconciled,
    BatchRejected,
    BatchVerified,
    DataPublished,
)
from hub.convergence.freshness import is_timely, next_expected, silent_breaches
from hub.convergence.kinds import BatchStatus as Status
from hub.convergence.period import KIND_OF_CYCLE, read_period
from hub.convergence.resource import Resource, provider_of
from hub.departments.calendar import local_day
from hub.errors import Conflict, Invalid
from hub.event import Event
from hub.state import States
from hub.term import zh


def deliver(command: DeliverBatch, states: States, by: Actor, at: datetime) -> tuple[Event, ...]:
    """Take a file for a period of a serving resource; the same file is taken once.

    With the edge's own verification the batch is received, verified and accepted or rejected in
    the same breath; an accepted one is published.
    """
    if states.maybe(DataBatch, command.batch_id) is not None:
        return ()
    resource = _fed(states, command.resource_id)
    _require_period(states, resource, command.period, at)
    if command.supersedes is not None:
        _require_superseded(states, command, command.supersedes)
    delivered = BatchDelivered(
        at=at,
        by=by,
        batch_id=command.batch_id,
        resource_id=command.resource_id,
        entry_id=resource.entry_id,
        provider_id=provider_of(states, resource),
        period=command.period,
        rows=command.rows,
        bytes=command.bytes,
        sha256=command.sha256,
        file_name=command.file_name,
        content_type=command.content_type,
        standard_version=command.standard_version,
        supersedes=command.supersedes or "",
    )
    if command.verification is None:
        return (delivered,)
    return (delivered, *_taken_in(delivered, command.verification, states))


def receive(command: ReceiveBatch, states: States, by: Actor, at: datetime) -> BatchReceived:
    """Record that the payload is here, as the hub itself counted and hashed it."""
    batch = batch_in(states, command.batch_id, Status.DELIVERED)
    return steps.received(command.batch_id, batch, command, by, at)


def verify(command: VerifyBatch, states: States, by: Actor, at: datetime) -> BatchVerified:
    """Record what the checks found."""
    batch = batch_in(states, command.batch_id, Status.RECEIVED)
    return steps.verified(command.batch_id, batch, command.checks, command.findings, by, at)


def accept(command: AcceptBatch, states: States, by: Actor, at: datetime) -> BatchAccepted:
    """Accept a batch that passed every check; no failed one is waved through."""
    batch = batch_in(states, command.batch_id, Status.CHECKED)
    if batch.failed_rules:
        raise Conflict(
            f"the batch failed {', '.join(batch.failed_rules)}; reject it",
            f"批次未通过{'、'.join(batch.failed_rules)}检查，只能退回",
            where="batch_id",
        )
    return steps.accepted(command.batch_id, batch, by, at)


def reject(command: RejectBatch, states: States, by: Actor, at: datetime) -> BatchRejected:
    """Turn a checked batch back, e.g. because it lies outside what the provider answers for."""
    batch = batch_in(states, command.batch_id, Status.CHECKED)
    return steps.rejected(command.batch_id, batch, command.reason, by, at)


def publish(command: PublishBatch, states: States, by: Actor, at: datetime) -> tuple[Event, ...]:
    """Make an accepted batch the newest data of its resource."""
    batch = batch_in(states, command.batch_id, Status.ACCEPTED)
    return _published(command.batch_id, batch, states, by, at)


def reconcile(command: ReconcileBatch, states: States, by: Actor, at: datetime) -> BatchReconciled:
    """Compare the provider's books with the hub's and keep whether they agree."""
    batch = batch_in(states, command.batch_id, Status.LIVE)
    same_file = command.sha256 in {None, batch.sha256}
    return BatchReconciled(
        rows=command.rows,
        sha256=command.sha256 or "",
        matches=same_file and command.rows == batch.rows,
        note=command.note,
        **about(command.batch_id, batch, by, at),
    )


def _fed(states: States, resource_id: str) -> Resource:
    """Return a resource that takes batches, or refuse."""
    resource = states.the(Resource, resource_id)
    if resource.kind is ShareMethod.INTERFACE:
        raise Conflict(
            f"“{resource.title}” is an interface; it is called, not fed with batches",
            f"“{resource.title}”为服务接口，不接收批次",
            where="resource_id",
        )
    if not resource.serving:
        raise Conflict(
            f"“{resource.title}” is {resource.status}; batches are taken while it is active",
            f"“{resource.title}”当前状态为{zh(resource.status)}，启用后方可报送",
            where="resource_id",
        )
    return resource


def _require_period(states: States, resource: Resource, code: str, at: datetime) -> None:
    content = states.the(CatalogEntry, resource.entry_id).in_force()
    period = read_period(code)
    kind = KIND_OF_CYCLE.get(content.update_cycle or "")
    if kind is not None and period.kind is not kind:
        raise Invalid(
            f"“{content.title}” is updated {content.update_cycle}: its periods are a {kind} each,"
            f" {code} is a {period.kind}",
            f"“{content.title}”的更新周期与数据周期不符：应按{kind}报送，而{code}不是",
            where="period",
        )
    if period.first > local_day(at):
        raise Invalid(f"{code} has not begun yet", f"{code}尚未开始", where="period")


def _require_superseded(states: States, command: DeliverBatch, batch_id: str) -> None:
    """Let a batch replace a rejected or a live one of the same resource and period."""
    old = states.the(DataBatch, batch_id)
    if (old.resource_id, old.period) != (command.resource_id, command.period):
        raise Invalid(
            f"{batch_id} is of another resource or period",
            f"{batch_id}属于其他资源或其他数据周期",
            where="supersedes",
        )
    if old.status not in {Status.REJECTED, Status.LIVE}:
        raise Conflict(
            f"{batch_id} is {old.status}; what is rejected or live can be superseded",
            f"{batch_id}当前状态为{zh(old.status)}，仅可替换已退回或已发布的批次",
            where="supersedes",
        )
    if old.status is Status.LIVE and old.sha256 == command.sha256:
        raise Conflict(
            f"{batch_id} is live and is this very file; there is nothing to replace",
            f"{batch_id}已发布且为同一文件，无需替换",
            where="supersedes",
        )


def _taken_in(delivered: BatchDelivered, found: Verification, states: States) -> tuple[Event, ...]:
    """Return the steps after delivery of a batch whose payload the edge has read already."""
    batch_id, by, at = delivered.batch_id, delivered.by, delivered.at
    batch = evolve(None, delivered)
    received = steps.received(batch_id, batch, found, by, at)
    batch = evolve(batch, received)
    verified = steps.verified(batch_id, batch, found.checks, found.findings, by, at)
    batch = evolve(batch, verified)
    if batch.failed_rules:
        reason = f"checks failed: {', '.join(batch.failed_rules)}"
        return received, verified, steps.rejected(batch_id, batch, reason, by, at)
    accepted = steps.accepted(batch_id, batch, by, at)
    return (
        received,
        verified,
        accepted,
        *_published(batch_id, evolve(batch, accepted), states, by, at),
    )


def _published(
    batch_id: str, batch: DataBatch, states: States, by: Actor, at: datetime
) -> tuple[Event, ...]:
    """Return the publication on the batch and on its resource, after breaches still unrecorded."""
    resource = _fed(states, batch.resource_id)
    breaches, resource = silent_breaches(batch.resource_id, states, resource, at)
    period = read_period(batch.period)
    following = next_expected(states, resource, period, at)
    version = resource.data_version + 1
    live = BatchPublished(
        data_version=version,
        **about(batch_id, batch, by, at),
    )
    data = DataPublished(
        at=at,
        by=by,
        resource_id=batch.resource_id,
        entry_id=batch.entry_id,
        provider_id=batch.provider_id,
        batch_id=batch_id,
        period=batch.period,
        data_version=version,
        rows=batch.rows,
        bytes=batch.bytes,
        sha256=batch.sha256,
        timely=is_timely(resource, period),
        expects=following.expects,
        due=following.due,
    )
    return (*breaches, live, data)
