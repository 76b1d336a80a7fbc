"""The chapter's lines of the write side: command → function, what it loads, who may (§3.4).

`hub.decide` puts them beside the other chapters'; it explains how to read a line. Whoever holds
the entry's duty today answers for it, so the provider is found through the entry (S-22).
"""

from hub.actor import Role
from hub.command import Command
from hub.permit import anywhere, over, own
from hub.rule import Rule, rule
from hub.sharing import commands as s
from hub.sharing import (
    disposal,
    grant,
    grant_life,
    provision,
    replying,
    request,
    requesting,
    standing,
    usage,
)
from hub.sharing import grant_commands as g
from hub.state import Evolve

SHARING_HEAD = Role.SHARING_HEAD
BUSINESS = Role.BUSINESS_USER
CATALOGUER = Role.CATALOGUER
ADAPTER = Role.ADAPTER
REVIEWER = Role.AUTHORITY_REVIEWER
SUPERVISOR = Role.AUTHORITY_SUPERVISOR

_ASKER = "request_id.requester_id"
_GIVER = "request_id.entry_id.provider_id"
_USER = "grant_id.requester_id"
_OWNER = "grant_id.entry_id.provider_id"
_ISSUE = "request_id.entry_id.use_id grant_id @time"
"""What is looked at where a grant may be issued."""
_END = "grant_id grant_id.entry_id.use_id @time"
"""What is looked at where a grant ends."""

_clock = anywhere(Role.CLOCK)
# The hub's own meter and delivery speak as the operator: facts of running, no approval (§3.4).
_meter = anywhere(Role.OPERATOR)

STATES: dict[str, Evolve] = {
    request.SharingRequest.STREAM: request.evolve,
    standing.StandingApproval.STREAM: standing.evolve,
    grant.Grant.STREAM: grant.evolve,
    usage.UsageRegister.STREAM: usage.evolve,
}

REQUESTS: dict[type[Command], Rule] = {
    s.DraftSharingRequest: rule(
        requesting.draft, "request_id entry_id legal_basis_id", own("requester_id", BUSINESS)
    ),
    s.ApproveSharingRequestInternally: rule(
        requesting.approve_internally, "request_id", own(_ASKER, SHARING_HEAD)
    ),
    s.SubmitSharingRequest: rule(
        requesting.submit,
        "request_id request_id.requester_id.superior_id founding_id request_id.legal_basis_id"
        f" request_id.standing_id {_ISSUE}",
        own(_ASKER, SHARING_HEAD, BUSINESS),
    ),
    s.ForwardSharingRequest: rule(
        requesting.forward, f"request_id request_id.standing_id {_ISSUE}", over(_ASKER, REVIEWER)
    ),
    s.AskSharingRequestSupplement: rule(
        replying.ask_supplement, "request_id request_id.entry_id", own(_GIVER, SHARING_HEAD)
    ),
    s.SupplementSharingRequest: rule(
        requesting.supplement,
        "request_id request_id.entry_id legal_basis_id @time",
        own(_ASKER, SHARING_HEAD),
    ),
    s.AskReplyExtension: rule(
        replying.ask_extension, "request_id request_id.entry_id @time", own(_GIVER, SHARING_HEAD)
    ),
    s.GrantReplyExtension: rule(
        replying.grant_extension, "request_id request_id.entry_id @time", over(_GIVER, REVIEWER)
    ),
    s.RefuseReplyExtension: rule(
        replying.refuse_extension, "request_id request_id.entry_id", over(_GIVER, REVIEWER)
    ),
    s.CountersignSharingRequest: rule(
        replying.countersign, "request_id request_id.entry_id", own(_GIVER, Role.DEPARTMENT_HEAD)
    ),
    s.AgreeSharingRequest: rule(replying.agree, f"request_id {_ISSUE}", own(_GIVER, SHARING_HEAD)),
    s.DeclineSharingRequest: rule(
        replying.decline,
        "request_id request_id.entry_id legal_basis_id @time",
        own(_GIVER, SHARING_HEAD),
    ),
    s.WithdrawSharingRequest: rule(
        requesting.withdraw, "request_id", own(_ASKER, BUSINESS, SHARING_HEAD)
    ),
    s.FulfilSharingRequest: rule(
        provision.fulfil,
        "request_id request_id.entry_id grant_id resource_id batch_id @time",
        own(_GIVER, SHARING_HEAD, CATALOGUER, ADAPTER),
        _meter,
    ),
    s.RecordScreeningOverdue: rule(provision.screening_overdue, "request_id", _clock),
    s.RecordReplyOverdue: rule(provision.reply_overdue, "request_id", _clock),
    s.RecordProvisionOverdue: rule(provision.provision_overdue, "request_id", _clock),
    s.ConfirmRequestDue: rule(provision.confirm_due, "request_id @time", _clock),
    s.GiveStandingApproval: rule(
        standing.give, "standing_id entry_id", own("entry_id.provider_id", SHARING_HEAD)
    ),
    s.RevokeStandingApproval: rule(
        standing.revoke, "standing_id entry_id", own("entry_id.provider_id", SHARING_HEAD)
    ),
}

GRANTS: dict[type[Command], Rule] = {
    g.ExtendGrantScope: rule(
        grant_life.extend_scope, "grant_id grant_id.entry_id @time", own(_OWNER, SHARING_HEAD)
    ),
    g.SuspendGrant: rule(
        grant_life.suspend,
        "grant_id grant_id.entry_id",
        own(_OWNER, SHARING_HEAD),
        over(_USER, SUPERVISOR),
    ),
    g.ResumeGrant: rule(
        grant_life.resume,
        "grant_id grant_id.entry_id",
        own(_OWNER, SHARING_HEAD),
        over(_USER, SUPERVISOR),
    ),
    g.TerminateGrant: rule(
        grant_life.terminate, _END, own(_OWNER, SHARING_HEAD), over(_USER, SUPERVISOR)
    ),
    g.ExpireGrant: rule(grant_life.expire, _END, _clock),
    g.RelinquishGrant: rule(grant_life.relinquish, _END, own(_USER, SHARING_HEAD)),
    g.EndGrant: rule(grant_life.end, _END, own(_OWNER, SHARING_HEAD)),
    g.RequireDisposal: rule(
        disposal.require, "grant_id grant_id.entry_id @time", own(_OWNER, SHARING_HEAD)
    ),
    g.ConfirmDisposal: rule(disposal.confirm_disposal, "grant_id @time", own(_USER, SHARING_HEAD)),
    g.RecordDisposalOverdue: rule(disposal.disposal_overdue, "grant_id", _clock),
    g.ConfirmGrantDue: rule(disposal.confirm_due, "grant_id @time", _clock),
    g.RecordUsage: rule(
        usage.record,
        "usage_id grant_id grant_id.entry_id @time",
        own(_OWNER, ADAPTER),
        own(_USER, ADAPTER),
        _meter,
    ),
    g.FileUsageEntry: rule(
        usage.file_entry, "usage_id grant_id", own(_USER, BUSINESS, SHARING_HEAD)
    ),
    g.LinkServiceItem: rule(
        usage.link_service_item, "usage_id grant_id", own(_USER, BUSINESS, SHARING_HEAD)
    ),
    g.DetectAnomalousUse: rule(
        usage.detect_anomaly,
        "usage_id grant_id grant_id.entry_id",
        own(_OWNER, SHARING_HEAD, ADAPTER),
        over(_USER, SUPERVISOR),
        _meter,
    ),
}

SHARING: dict[type[Command], Rule] = {**REQUESTS, **GRANTS}
"""Every command of the chapter."""
