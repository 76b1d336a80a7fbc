"""The chapter's lines of the write side: command → function, what it loads, who may.

`hub.decide` puts them beside the other chapters'; it explains how to read a line.
"""

from hub.actor import Role
from hub.command import Command
from hub.convergence import batch, freshness, intake, resource, serving, termination
from hub.convergence import commands as v
from hub.permit import anywhere, over, own
from hub.rule import Rule, rule
from hub.state import Evolve

REVIEWER = Role.AUTHORITY_REVIEWER
SUPERVISOR = Role.AUTHORITY_SUPERVISOR
CATALOGUER = Role.CATALOGUER
SHARING_HEAD = Role.SHARING_HEAD
ADAPTER = Role.ADAPTER
CLOCK = Role.CLOCK
OPERATOR = Role.OPERATOR

STATES: dict[str, Evolve] = {
    resource.Resource.STREAM: resource.evolve,
    batch.DataBatch.STREAM: batch.evolve,
}

_SERVED = "resource_id.entry_id.provider_id"
"""Who provides a resource: its entry's provider, to whom duties may have moved."""

CONVERGENCE: dict[type[Command], Rule] = {
    v.MountResource: rule(
        resource.mount, "resource_id entry_id", own("entry_id.provider_id", CATALOGUER)
    ),
    v.TestResource: rule(
        resource.test, "resource_id resource_id.entry_id", own(_SERVED, CATALOGUER, ADAPTER)
    ),
    v.ChangeResource: rule(
        resource.change,
        "resource_id resource_id.entry_id",
        own(_SERVED, CATALOGUER, SHARING_HEAD),
    ),
    v.ActivateResource: rule(
        serving.activate,
        "resource_id resource_id.entry_id @time",
        own(_SERVED, SHARING_HEAD, CATALOGUER),
    ),
    v.SuspendResource: rule(
        serving.suspend,
        "resource_id resource_id.entry_id @time",
        own(_SERVED, SHARING_HEAD),
        over(_SERVED, SUPERVISOR, REVIEWER),
    ),
    v.ResumeResource: rule(
        serving.resume,
        "resource_id resource_id.entry_id @time",
        own(_SERVED, SHARING_HEAD),
        over(_SERVED, SUPERVISOR, REVIEWER),
    ),
    v.NotifyResourceTermination: rule(
        termination.notify, "resource_id resource_id.entry_id", own(_SERVED, SHARING_HEAD)
    ),
    v.RecordTerminationNegotiation: rule(
        termination.record_negotiation,
        "resource_id resource_id.entry_id.use_id requester_id",
        own(_SERVED, SHARING_HEAD),
    ),
    v.FileResourceTermination: rule(
        termination.file, "resource_id resource_id.entry_id.use_id", own(_SERVED, SHARING_HEAD)
    ),
    v.UnmountResource: rule(
        termination.unmount,
        "resource_id resource_id.entry_id @time",
        own(_SERVED, SHARING_HEAD),
    ),
    v.RecordFreshnessBreach: rule(
        freshness.record_breach, "resource_id resource_id.entry_id @time", anywhere(CLOCK)
    ),
    v.DeliverBatch: rule(
        intake.deliver,
        "batch_id resource_id.entry_id supersedes @time",
        own(_SERVED, ADAPTER, CATALOGUER),
    ),
    v.ReceiveBatch: rule(intake.receive, "batch_id", anywhere(OPERATOR)),
    v.VerifyBatch: rule(intake.verify, "batch_id", anywhere(OPERATOR)),
    v.AcceptBatch: rule(intake.accept, "batch_id", anywhere(OPERATOR)),
    v.RejectBatch: rule(
        intake.reject,
        "batch_id batch_id.resource_id.entry_id",
        anywhere(OPERATOR),
        over("batch_id.resource_id.entry_id.provider_id", REVIEWER),
    ),
    v.PublishBatch: rule(
        intake.publish, "batch_id batch_id.resource_id.entry_id @time", anywhere(OPERATOR)
    ),
    v.ReconcileBatch: rule(
        intake.reconcile,
        "batch_id batch_id.resource_id.entry_id",
        own("batch_id.resource_id.entry_id.provider_id", ADAPTER, CATALOGUER),
    ),
}
